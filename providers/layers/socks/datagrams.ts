import {
  requestedHost,
  type CodecConnection,
  type ConnectionName,
  type DatagramCodec,
  type DatagramName,
  type DatagramOutput,
  type LayerContext,
  type WayByProxy,
  readSocksAddress,
  writeSocksAddress,
} from '../../../chain/index.js';
import {
  AF_INET,
  AF_INET6,
  parseSockaddr,
  sockaddr_in,
  sockaddr_in6,
  WSAEAFNOSUPPORT,
  WSAHOST_NOT_FOUND,
} from '../../../spi/index.js';
import { Association, type AssociationUser, type Relay } from './association.js';
import type { Credentials } from './handshake-5.js';

/** Datagrams, and bytes of them, that wait for the association. */
const MOST_HELD = 64;
const MOST_HELD_BYTES = 256 * 1024;
/** Names that a socket has sent to, whose answers are told from them. */
const MOST_NAMES = 256;

/** What every socket of one start of the layer has in common. */
export interface DatagramWay {
  readonly context: LayerContext;
  readonly way: WayByProxy;
  readonly credentials: Credentials | null;
  readonly timeout: number;
}

/** The datagrams of one socket, by way of a proxy of SOCKS 5. */
export class SocksDatagrams implements DatagramCodec, AssociationUser {
  readonly unconnected = true;
  #association: Association | null = null;
  #relay: DatagramName | null = null;
  #output: DatagramOutput | null = null;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** The destination of the last datagram, and the header of all that go there. */
  #lastTo: ConnectionName | null = null;
  #header = new Uint8Array(0);
  /** The address that stands for the name by which a destination with this port was asked for; the last of each. */
  readonly #named = new Map<number, DatagramName>();
  /** The addresses that datagrams were sent to as such: theirs are told from them. */
  readonly #literals = new Set<string>();

  constructor(
    private readonly shared: DatagramWay,
    private readonly connection: CodecConnection,
  ) {}

  send(bytes: Uint8Array, to: ConnectionName, output: DatagramOutput): void {
    this.#output = output;
    if (to !== this.#lastTo && !this.#readDestination(to, output)) return;
    const packet = Buffer.concat([this.#header, bytes]);
    if (this.#relay !== null) return output.encoded(packet, this.#relay);
    if (this.#held.length >= MOST_HELD || this.#heldBytes + packet.length > MOST_HELD_BYTES) return;
    this.#held.push(packet);
    this.#heldBytes += packet.length;
    if (this.#association !== null) return;
    const { context, way, credentials, timeout } = this.shared;
    this.#association = new Association(context, way, credentials, this);
    this.#association.start(timeout);
  }

  /** Spells a destination as the proxy reads it: two zeros, no fragment, the address. */
  #readDestination(to: ConnectionName, output: DatagramOutput): boolean {
    const { names } = this.shared.context.host;
    const sockaddr = to.family === AF_INET6 ? sockaddr_in6(to.address, 0) : sockaddr_in(to.address, 0);
    const stands = names.isAssignable(sockaddr);
    const name = stands ? names.nameOf(sockaddr) : null;
    const host = stands && name === null ? null : requestedHost({ name, address: to.address }, true);
    if (host === null) {
      output.failed(WSAHOST_NOT_FOUND, `${to.address} stands for no name that a proxy can be asked for`);
      return false;
    }
    if (name === null && this.#literals.size < MOST_NAMES) this.#literals.add(host.text);
    if (name !== null && (this.#named.has(to.port) || this.#named.size < MOST_NAMES)) {
      this.#named.set(to.port, { address: to.address, port: to.port });
    }
    this.#header = Buffer.concat([Uint8Array.of(0, 0, 0), writeSocksAddress(host, to.port)]);
    this.#lastTo = to;
    return true;
  }

  receive(bytes: Uint8Array, from: ConnectionName, output: DatagramOutput): void {
    this.#output = output;
    const relay = this.#relay;
    // Nothing comes but by way of the proxy; and no fragments (RFC 1928, 7: who does not support them drops them).
    if (relay === null || from.address !== relay.address || from.port !== relay.port) return;
    if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 0) return;
    const source = readSocksAddress(bytes, 3);
    if (source === null) return;
    const name = this.#sourceOf(source.address, source.port, source.isName, from.family);
    if (name !== null) output.decoded(bytes.subarray(3 + source.length), name);
  }

  /** Where a datagram is said to come from, as the program knows it. */
  #sourceOf(address: string, port: number, isName: boolean, family: number): DatagramName | null {
    const { names } = this.shared.context.host;
    if (isName) {
      const sockaddr = names.addressOf(address, family);
      return sockaddr === null ? null : { address: parseSockaddr(sockaddr).address, port };
    }
    const named = this.#named.get(port);
    if (named !== undefined && !this.#literals.has(address)) return named;
    const isIPv6 = address.includes(':');
    if (family === AF_INET) return isIPv6 ? null : { address, port };
    return { address: isIPv6 ? address : `::ffff:${address}`, port };
  }

  close(): void {
    this.#association?.close();
    this.#held = [];
  }

  // — The association —

  opened({ address, port }: Relay): void {
    const isIPv6Socket = this.connection.entry.iAddressFamily === AF_INET6;
    const isIPv6 = address.includes(':');
    if (isIPv6 && !isIPv6Socket) {
      this.#association?.close();
      return this.ended(
        WSAEAFNOSUPPORT,
        `${this.shared.way.text} takes datagrams over IPv6 alone: use a socket of AF_INET6`,
      );
    }
    this.#relay = { address: isIPv6Socket && !isIPv6 ? `::ffff:${address}` : address, port };
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const packet of held) this.#output!.encoded(packet, this.#relay);
  }

  ended(error: number, reason: string): void {
    this.#association = null;
    this.#relay = null;
    this.#held = [];
    this.#heldBytes = 0;
    this.#output?.failed(error, reason);
  }
}
