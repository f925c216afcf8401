// The datagrams of one client of SOCKS 5 (RFC 1928, 7).
import { isIP } from 'node:net';
import { readSocksAddress, requestedHost, writeSocksAddress } from '../chain/index.js';
import {
  AF_INET,
  AF_INET6,
  FD_READ,
  INSTANCE,
  parseSockaddr,
  WSAECONNRESET,
  WSAENETRESET,
  WSAEWOULDBLOCK,
  type Ws2_32,
} from '../index.js';
import type { AddressInfo, ChainSocket } from '../node/index.js';
import { addressForName, lookUp, systemError, type ChainChoice, type ChainError } from '../node/instance/index.js';
import { ChainHandle, sockaddr } from '../node/transfers/index.js';
import { shownDestination } from './destination.js';
import type { Gateway } from './gateway.js';

/** Names that are known at once, and datagrams that wait for one of them. */
const MOST_NAMES = 256;
const MOST_WAITING = 64;
/** Datagrams taken in one go; then others have theirs. */
const RECEIVES_PER_NOTICE = 64;
const LONGEST_DATAGRAM = 65_536;
/** Nobody took what was sent before: that is for who sent it, and not told by SOCKS. */
const NOBODY_THERE: ReadonlySet<number> = new Set([WSAECONNRESET, WSAENETRESET]);

const room = Buffer.alloc(LONGEST_DATAGRAM);
const nameRoom = new Uint8Array(28);
const nameLength = { value: 0 };

interface Address {
  readonly address: string;
  readonly family: number;
}

/** One socket of datagrams, and who takes what it receives. */
class DatagramSocket {
  private constructor(
    private readonly handle: ChainHandle,
    private readonly took: (bytes: Buffer, from: Uint8Array) => void,
  ) {
    handle.giveTo(this);
  }

  static open(
    ws2: Ws2_32,
    chain: ChainChoice | undefined,
    address: string,
    took: (bytes: Buffer, from: Uint8Array) => void,
  ): DatagramSocket | ChainError {
    const family = isIP(address) === 6 ? AF_INET6 : AF_INET;
    const handle = ChainHandle.openDatagrams(ws2, chain, family, 'UDPWRAP');
    if (handle instanceof Error) return handle;
    const error = handle.bind(address, 0) || handle.select(FD_READ);
    if (error === 0) return new DatagramSocket(handle, took);
    handle.close();
    return systemError(error, 'bind', address);
  }

  get name(): AddressInfo {
    return this.handle.name('getsockname')!;
  }

  /** Sends a datagram; returns 0 or an error. One that finds no room is lost, as on the way. */
  send(bytes: Uint8Array, address: string, port: number): number {
    const { ws2, s, family } = this.handle;
    const to = sockaddr(address, port, family);
    if (ws2.sendto(s, bytes, bytes.length, 0, to, to.length) >= 0) return 0;
    const error = ws2.WSAGetLastError();
    return error === WSAEWOULDBLOCK || NOBODY_THERE.has(error) ? 0 : error;
  }

  /** Told by the handle. */
  networkEvents(): void {
    const { ws2, s } = this.handle;
    for (let receives = 0; receives < RECEIVES_PER_NOTICE && this.handle.owner === this; receives++) {
      nameLength.value = nameRoom.length;
      const count = ws2.recvfrom(s, room, room.length, 0, nameRoom, nameLength);
      if (count >= 0) this.took(room.subarray(0, count), nameRoom.subarray(0, nameLength.value));
      else if (!NOBODY_THERE.has(ws2.WSAGetLastError())) return;
    }
  }

  /** Told by the handle. */
  instanceEnded(): void {
    this.close();
  }

  close(): void {
    if (this.handle.owner === this) this.handle.close();
  }
}

/** What a client's datagrams go through, until the connection that it was asked for by ends. */
export class Association {
  readonly #ws2: Ws2_32;
  readonly #clientAddress: string;
  #inner: DatagramSocket | null = null;
  readonly #outer = new Map<number, DatagramSocket>();
  /** The addresses of names; those that are being looked up have the datagrams that wait. */
  readonly #names = new Map<string, Address | { bytes: Buffer; port: number }[]>();

  /**
   * @param client the connection that it was asked for by
   * @param clientPort the port that the client sends from; 0 for that of its first datagram
   */
  constructor(
    private readonly gateway: Gateway,
    private readonly client: ChainSocket,
    private clientPort: number,
  ) {
    this.#ws2 = gateway.settings.ws2;
    this.#clientAddress = withoutMapping(client.remoteAddress ?? '');
    client.once('close', () => this.close());
  }

  /** Opens what it needs; returns where the client is to send to. */
  open(): AddressInfo | ChainError {
    const { accepting, connecting } = this.gateway.settings;
    const here = withoutMapping(this.client.localAddress ?? '');
    const inner = DatagramSocket.open(this.#ws2, accepting, here, (bytes, from) => this.#fromClient(bytes, from));
    if (inner instanceof Error) return inner;
    this.#inner = inner;
    let failure: ChainError | null = null;
    for (const [family, any] of [
      [4, '0.0.0.0'],
      [6, '::'],
    ] as const) {
      const outer = DatagramSocket.open(this.#ws2, connecting, any, (bytes, from) => this.#toClient(bytes, from));
      if (outer instanceof Error) failure ??= outer;
      else this.#outer.set(family, outer);
    }
    if (this.#outer.size > 0) return inner.name;
    this.close();
    return failure!;
  }

  close(): void {
    this.#inner?.close();
    for (const outer of this.#outer.values()) outer.close();
    this.#outer.clear();
    this.#names.clear();
  }

  // — From the client —

  #fromClient(bytes: Buffer, from: Uint8Array): void {
    const { address, port } = parseSockaddr(from);
    if (withoutMapping(address) !== this.#clientAddress || (this.clientPort !== 0 && port !== this.clientPort)) return;
    // Two zeros, and no fragments: who does not support them drops them.
    if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 0) return;
    const to = readSocksAddress(bytes, 3);
    if (to === null || to.port === 0) return;
    this.clientPort = port;
    const data = bytes.subarray(3 + to.length);
    const family = isIP(to.address);
    if (family !== 0) return this.#send(data, { address: to.address, family }, to.port, to.address);
    const host = requestedHost({ name: to.address, address: '' }, true);
    if (host !== null && host.text !== '') this.#sendToName(data, host.text, to.port);
  }

  #sendToName(data: Buffer, name: string, port: number): void {
    const known = this.#names.get(name);
    if (Array.isArray(known)) {
      if (known.length < MOST_WAITING) known.push({ bytes: Buffer.from(data), port });
      return;
    }
    if (known !== undefined) return this.#send(data, known, port, name);
    if (this.#names.size >= MOST_NAMES) this.#names.delete(this.#names.keys().next().value!);
    const { connecting } = this.gateway.settings;
    const families = [...this.#outer.keys()];
    const stands = addressForName(this.#ws2, connecting, name, families);
    if (stands !== null) {
      this.#names.set(name, stands);
      return this.#send(data, stands, port, name);
    }
    const waiting = [{ bytes: Buffer.from(data), port }];
    this.#names.set(name, waiting);
    lookUp(this.#ws2, connecting, name, {}, (found) => {
      if (this.#names.get(name) !== waiting) return;
      this.#names.delete(name);
      if (found instanceof Error) return this.gateway.problem(`datagrams to ${name} are lost: ${found.message}`);
      const fitting = found.find(({ family }) => families.includes(family)) ?? found[0]!;
      this.#names.set(name, fitting);
      for (const each of waiting) this.#send(each.bytes, fitting, each.port, name);
    });
  }

  #send(data: Uint8Array, { address, family }: Address, port: number, host: string): void {
    const error = this.#outer.get(family)?.send(data, address, port) ?? 0;
    if (error === 0) return;
    const to = shownDestination({ host, port });
    this.gateway.problem(`datagrams to ${to} are lost: ${systemError(error, 'send').message}`);
  }

  // — To the client —

  #toClient(bytes: Buffer, from: Uint8Array): void {
    if (this.clientPort === 0) return;
    const { names } = this.#ws2[INSTANCE].providerHost;
    const { address, port } = parseSockaddr(from);
    const name = names.isAssignable(from) ? names.nameOf(from) : null;
    const source = requestedHost({ name, address: withoutMapping(address) }, true);
    if (source === null) return;
    const packet = Buffer.concat([Uint8Array.of(0, 0, 0), writeSocksAddress(source, port), bytes]);
    this.#inner!.send(packet, this.#clientAddress, this.clientPort);
  }
}

/** An address of IPv4 in IPv6's clothes, without them. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
