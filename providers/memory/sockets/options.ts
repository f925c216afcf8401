// The options that cores know: one table of their forms and first values, and the values of one socket.
import { Sharing } from '../../../io/index.js';
import {
  IP_DONTFRAGMENT,
  IP_MTU,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_DONTFRAG,
  IPV6_HOPLIMIT,
  IPV6_MTU,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_PKTINFO,
  IPV6_RECVTCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_BROADCAST,
  SO_DONTROUTE,
  SO_EXCLUSIVEADDRUSE,
  SO_KEEPALIVE,
  SO_OOBINLINE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_KEEPALIVE,
  TCP_KEEPCNT,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NODELAY,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTCONN,
} from '../../../spi/index.js';

/**
 * The shapes that Windows gives option values:
 * `boolean`: any length is taken, even none, 4 bytes are given, or 1 where there is no room for 4;
 * `flag`: any length but none is taken, only the lowest byte counts, and 1 byte is given;
 * `byte`: any length but none is taken, 0 to 255, 4 bytes are given, or 1;
 * `integer`: 4 bytes, any value; `switch`: 4 bytes, 0 or 1.
 */
type Form = 'boolean' | 'flag' | 'byte' | 'integer' | 'switch';

interface OptionRule {
  readonly form: Form;
  /** The value of a new socket; -1 where sockets of the type have no such option. */
  readonly stream: number;
  readonly datagram: number;
}

const NONE = -1;
const DEFAULT_BUFFER = 65_536;
/** The longest packet. */
const LOOPBACK_MTU = 65_535;
/** The longest segment. */
export const LOOPBACK_SEGMENT = LOOPBACK_MTU - 40;

const RULES = new Map<number, OptionRule>();

/** One number for level and name; both fit in 16 bits, the names' sign put aside. */
function keyOf(level: number, optname: number): number {
  return (level & 0xffff) * 0x1_0000 + (optname & 0xffff);
}

function rules(level: number, ...table: readonly (readonly [number, Form, number, number])[]): void {
  for (const [optname, form, stream, datagram] of table) RULES.set(keyOf(level, optname), { form, stream, datagram });
}

rules(
  SOL_SOCKET,
  [SO_RCVBUF, 'integer', DEFAULT_BUFFER, DEFAULT_BUFFER],
  [SO_SNDBUF, 'integer', DEFAULT_BUFFER, DEFAULT_BUFFER],
  [SO_REUSEADDR, 'boolean', 0, 0],
  [SO_EXCLUSIVEADDRUSE, 'boolean', 0, 0],
  [SO_OOBINLINE, 'boolean', 0, NONE],
  [SO_BROADCAST, 'boolean', NONE, 0],
  [SO_KEEPALIVE, 'flag', 0, NONE],
  [SO_DONTROUTE, 'flag', 0, 0],
);
rules(
  IPPROTO_TCP,
  [TCP_NODELAY, 'flag', 0, NONE],
  [TCP_KEEPALIVE, 'integer', 7200, NONE],
  [TCP_KEEPINTVL, 'integer', 1, NONE],
  [TCP_KEEPCNT, 'integer', 10, NONE],
);
rules(
  IPPROTO_IP,
  [IP_TTL, 'byte', 128, 128],
  [IP_TOS, 'byte', 0, 0],
  [IP_DONTFRAGMENT, 'boolean', 1, 0],
  [IP_MULTICAST_IF, 'integer', NONE, 0],
  [IP_MULTICAST_TTL, 'byte', NONE, 1],
  [IP_MULTICAST_LOOP, 'boolean', NONE, 1],
  [IP_PKTINFO, 'switch', NONE, 0],
  [IP_RECVTTL, 'switch', NONE, 0],
  [IP_RECVTOS, 'switch', NONE, 0],
);
rules(
  IPPROTO_IPV6,
  [IPV6_V6ONLY, 'flag', 1, 1],
  [IPV6_UNICAST_HOPS, 'byte', 128, 128],
  [IPV6_DONTFRAG, 'boolean', 1, 0],
  [IPV6_MULTICAST_IF, 'integer', NONE, 0],
  [IPV6_MULTICAST_HOPS, 'byte', NONE, 1],
  [IPV6_MULTICAST_LOOP, 'boolean', NONE, 1],
  [IPV6_PKTINFO, 'switch', NONE, 0],
  [IPV6_HOPLIMIT, 'switch', NONE, 0],
  [IPV6_RECVTCLASS, 'switch', NONE, 0],
);

const REUSEADDR = keyOf(SOL_SOCKET, SO_REUSEADDR);
const EXCLUSIVEADDRUSE = keyOf(SOL_SOCKET, SO_EXCLUSIVEADDRUSE);
const V6ONLY = keyOf(IPPROTO_IPV6, IPV6_V6ONLY);

/** What the path is asked for: as on a loopback, which carries the longest packets that there are. */
const PATH = new Map<number, { readonly value: number; readonly connected: boolean }>([
  [keyOf(IPPROTO_TCP, TCP_MAXSEG), { value: LOOPBACK_SEGMENT, connected: false }],
  [keyOf(IPPROTO_IP, IP_MTU), { value: LOOPBACK_MTU, connected: true }],
  [keyOf(IPPROTO_IPV6, IPV6_MTU), { value: LOOPBACK_MTU, connected: true }],
]);

function writeInteger(number: number, value: Uint8Array, length: number): number {
  if (length < 4) return -WSAEFAULT;
  for (let byte = 0; byte < 4; byte++) value[byte] = number >>> (8 * byte);
  return 4;
}

function readInteger(value: Uint8Array, length: number): number {
  let number = 0;
  for (let byte = 0; byte < length; byte++) number |= value[byte]! << (8 * byte);
  return number;
}

/** What a value of a given form becomes when it is set; `null` when the form does not allow it. */
function accept(form: Form, given: number): number | null {
  switch (form) {
    case 'integer':
      return given;
    case 'flag':
      return (given & 0xff) === 0 ? 0 : 1;
    case 'byte':
      return given >= 0 && given <= 255 ? given : null;
    case 'boolean':
    case 'switch':
      return given === 0 ? 0 : 1;
  }
}

/** The option values of one socket. */
export class SocketOptions {
  readonly #type: number;
  /** Only what was set; new sockets have none. */
  readonly #values: Map<number, number>;

  /**
   * Makes the options of a socket.
   *
   * @param type SOCK_STREAM or SOCK_DGRAM
   * @param parent the listener's options, for an accepted socket
   */
  constructor(type: number, parent: SocketOptions | null = null) {
    this.#type = type;
    this.#values = new Map(parent === null ? [] : parent.#values);
  }

  #rule(key: number): OptionRule | null {
    const rule = RULES.get(key);
    return rule === undefined || this.#initial(rule) === NONE ? null : rule;
  }

  #initial(rule: OptionRule): number {
    return this.#type === SOCK_STREAM ? rule.stream : this.#type === SOCK_DGRAM ? rule.datagram : NONE;
  }

  #value(key: number): number {
    const rule = RULES.get(key)!;
    return this.#values.get(key) ?? this.#initial(rule);
  }

  /** The value of an option that sockets of this type have. */
  value(level: number, optname: number): number {
    return this.#value(keyOf(level, optname));
  }

  /** How the socket wants to share its address now. */
  get sharing(): Sharing {
    if (this.#value(EXCLUSIVEADDRUSE) !== 0) return Sharing.EXCLUSIVE;
    return this.#value(REUSEADDR) !== 0 ? Sharing.REUSE : Sharing.DEFAULT;
  }

  /** Whether an IPv6 socket leaves IPv4 alone. */
  get v6only(): boolean {
    return this.#value(V6ONLY) !== 0;
  }

  /**
   * Sets an option.
   *
   * @param value the option's bytes, `length` of them
   * @param bound whether the socket has a name, after which IPV6_V6ONLY is fixed
   * @returns 0, WSAENOPROTOOPT, WSAEFAULT or WSAEINVAL
   */
  set(level: number, optname: number, value: Uint8Array, length: number, bound: boolean): number {
    const key = keyOf(level, optname);
    const rule = this.#rule(key);
    if (rule === null) return WSAENOPROTOOPT;
    const { form } = rule;
    const least = form === 'boolean' ? 0 : form === 'flag' || form === 'byte' ? 1 : 4;
    if (length < least) return WSAEFAULT;
    const accepted = accept(form, readInteger(value, Math.min(length, 4)));
    if (accepted === null) return WSAEINVAL;
    if (key === V6ONLY && bound) return WSAEINVAL;
    if (accepted !== 0 && key === REUSEADDR && this.#value(EXCLUSIVEADDRUSE) !== 0) return WSAEINVAL;
    if (accepted !== 0 && key === EXCLUSIVEADDRUSE && this.#value(REUSEADDR) !== 0) return WSAEINVAL;
    this.#values.set(key, accepted);
    return 0;
  }

  /**
   * Reads an option.
   *
   * @param value room for `length` bytes
   * @param connected whether the socket has a peer, and so a path
   * @returns the bytes that count as written, -WSAENOPROTOOPT, -WSAEFAULT or -WSAENOTCONN
   */
  get(level: number, optname: number, value: Uint8Array, length: number, connected: boolean): number {
    const key = keyOf(level, optname);
    const path = PATH.get(key);
    if (path !== undefined)
      return path.connected && !connected ? -WSAENOTCONN : writeInteger(path.value, value, length);
    const rule = this.#rule(key);
    if (rule === null) return -WSAENOPROTOOPT;
    const { form } = rule;
    if (length < 1) return -WSAEFAULT;
    const number = this.#value(key);
    if (form === 'flag' || (length < 4 && form !== 'integer' && form !== 'switch')) {
      value[0] = number;
      // Windows says 1 byte, yet clears a second one for these.
      if (form === 'boolean' && length >= 2) value[1] = 0;
      return 1;
    }
    if (length < 4) {
      if (form === 'integer') value.fill(0, 0, length);
      return -WSAEFAULT;
    }
    return writeInteger(number, value, length);
  }
}
