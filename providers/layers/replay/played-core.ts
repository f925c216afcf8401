// What every socket that is played has: it lies on no network, and has made-up names.
import { Readiness, type AddressSlot, type CoreNotice } from '../../../io/index.js';
import type { Endpoint } from '../../../recordings/index.js';
import type { Stage } from './stage.js';
import {
  AF_INET6,
  IPPROTO_TCP,
  parseSockaddr,
  SIO_TAKES_NAMES,
  sockaddr_in,
  sockaddr_in6,
  TCP_MAXSEG,
  WSAEADDRINUSE,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../../spi/index.js';

const LOOPBACK_SEGMENT = 65_495;

/** A name as Windows writes it; that of nobody where a socket of IPv4 has to do with an address of IPv6. */
export function nameOf(family: number, { address, port }: Endpoint): Uint8Array {
  const isIPv6 = address.includes(':');
  if (family !== AF_INET6) return sockaddr_in(isIPv6 ? '0.0.0.0' : address, port);
  return sockaddr_in6(isIPv6 ? address : `::ffff:${address}`, port);
}

/** Puts a name into a slot; WSAENOTCONN, or another code, where there is none. */
function fill(slot: AddressSlot, name: Uint8Array | null, otherwise: ErrorCode): ErrorCode {
  if (name === null) return otherwise;
  slot.bytes.set(name);
  slot.length = name.length;
  return 0;
}

/** A socket that is played, of either kind. */
export abstract class PlayedCore {
  notice: CoreNotice | null = null;
  readiness = 0;
  error = 0;
  protected local: Uint8Array | null = null;
  protected peer: Uint8Array | null = null;
  #port = 0;

  /** @param kind whose ports it has: `tcp` or `udp`, with the family */
  protected constructor(
    protected readonly family: number,
    private readonly kind: string,
    private readonly common: Pick<Stage, 'ports' | 'takesNames'>,
  ) {}

  confirm(_bits: number): number {
    return this.readiness;
  }

  bind(name: Uint8Array, namelen: number): ErrorCode {
    if (this.local !== null) return WSAEINVAL;
    const { address, port } = parseSockaddr(name, namelen);
    const taken = port === 0 ? this.portOfChoice() : this.common.ports.take(this.kind, port) ? port : 0;
    return this.#standAt(address, taken);
  }

  #standAt(address: string, port: number): ErrorCode {
    if (port === 0) return WSAEADDRINUSE;
    this.#port = port;
    this.local = nameOf(this.family, { address, port });
    return 0;
  }

  /** A port for a socket that is bound to any; 0 when there is none. */
  protected portOfChoice(): number {
    return this.common.ports.takeAny(this.kind);
  }

  /** It was accepted by who has this name. */
  protected standAt(name: Uint8Array): void {
    this.local = name;
    this.haveName();
  }

  /** Gives it a name, if it has none, or one of no interface. */
  protected haveName(): void {
    const any = this.family === AF_INET6 ? '::' : '0.0.0.0';
    const loopback = this.family === AF_INET6 ? '::1' : '127.0.0.1';
    if (this.local === null) this.#standAt(any, this.common.ports.takeAny(this.kind));
    if (this.local === null) return;
    const { address, port } = parseSockaddr(this.local);
    if (address === any) this.local = nameOf(this.family, { address: loopback, port });
  }

  protected giveBackPort(): void {
    if (this.#port !== 0) this.common.ports.giveBack(this.kind, this.#port);
    this.#port = 0;
  }

  protected tell(edges: number): void {
    this.readiness |= edges;
    this.notice?.changed(edges);
  }

  /** The connection is gone. */
  protected fail(code: ErrorCode): void {
    this.error = code;
    this.tell(Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
  }

  unsent(): number {
    return 0;
  }

  atMark(): boolean {
    return true;
  }

  localName(slot: AddressSlot): ErrorCode {
    return fill(slot, this.local, WSAEINVAL);
  }

  peerName(slot: AddressSlot): ErrorCode {
    return fill(slot, this.peer, WSAENOTCONN);
  }

  /** The front keeps the value, and there is nobody else to tell. */
  setOption(): ErrorCode {
    return 0;
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode {
    if (level !== IPPROTO_TCP || optname !== TCP_MAXSEG || length < 4) return -WSAENOPROTOOPT;
    new DataView(value.buffer, value.byteOffset).setUint32(0, LOOPBACK_SEGMENT, true);
    return 4;
  }

  ioctl(
    code: number,
    _input: Uint8Array | null,
    _inputLength: number,
    output: Uint8Array | null,
    room: number,
  ): CountOrNegatedCode {
    if (code !== SIO_TAKES_NAMES || !this.common.takesNames || output === null || room < 4) return -WSAEOPNOTSUPP;
    output.set([1, 0, 0, 0]);
    return 4;
  }
}
