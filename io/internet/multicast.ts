// Multipoint sessions as TCP/IP has them: every node is a leaf, and to join a session is to join an IP multicast group.
import {
  AF_INET,
  AF_INET6,
  IP_ADD_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  JL_SENDER_ONLY,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSAEADDRNOTAVAIL,
  WSAEISCONN,
} from '../../spi/index.js';
import { addressSlot, type SocketCore } from '../core/index.js';
/** Where a family has what multicasting needs: in its addresses, and among its options. */
export interface MulticastFamily {
  readonly size: number;
  readonly level: number;
  readonly interfaceOption: number;
  readonly loopOption: number;
  readonly hopsOption: number;
  readonly joinOption: number;
  isGroup(name: Uint8Array): boolean;
  /** The group of a sockaddr, as the option that joins it wants it, with four bytes behind it for the interface. */
  membership(name: Uint8Array): Uint8Array;
}

const IPV4: MulticastFamily = {
  size: 16,
  level: IPPROTO_IP,
  interfaceOption: IP_MULTICAST_IF,
  loopOption: IP_MULTICAST_LOOP,
  hopsOption: IP_MULTICAST_TTL,
  joinOption: IP_ADD_MEMBERSHIP,
  isGroup: (name) => (name[4]! & 0xf0) === 0xe0,
  membership(name) {
    const request = new Uint8Array(8);
    request.set(name.subarray(4, 8));
    return request;
  },
};

const IPV6: MulticastFamily = {
  size: 28,
  level: IPPROTO_IPV6,
  interfaceOption: IPV6_MULTICAST_IF,
  loopOption: IPV6_MULTICAST_LOOP,
  hopsOption: IPV6_MULTICAST_HOPS,
  joinOption: IPV6_ADD_MEMBERSHIP,
  isGroup: (name) => name[8] === 0xff,
  membership(name) {
    const request = new Uint8Array(20);
    request.set(name.subarray(8, 24));
    // The scope of the address is the interface, if it has one.
    request.set(name.subarray(24, 28), 16);
    return request;
  },
};

/** What an address family has; `null` for those that are not TCP/IP's. */
export function multicastFamily(family: number): MulticastFamily | null {
  return family === AF_INET ? IPV4 : family === AF_INET6 ? IPV6 : null;
}

const LEAF = WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_C_LEAF;

/** The sessions that one socket has joined. */
class MulticastSessions {
  readonly #core: SocketCore;
  readonly #family: MulticastFamily;
  readonly #joined = new Set<string>();
  /** IP_MULTICAST_IF or IPV6_MULTICAST_IF, as it was set. */
  #interface: Uint8Array | null = null;

  constructor(core: SocketCore, family: MulticastFamily) {
    this.#core = core;
    this.#family = family;
  }

  /** Takes note of an option that is set: it may be the interface. */
  noteOption(level: number, optname: number, value: Uint8Array): void {
    const { level: own, interfaceOption } = this.#family;
    if (level === own && optname === interfaceOption) this.#interface = value.slice(0, 4);
  }

  /** As `SocketCore.joinLeaf`. */
  join(name: Uint8Array, dwFlags: number): number {
    const family = this.#family;
    if (!family.isGroup(name)) return WSAEADDRNOTAVAIL;
    const request = family.membership(name);
    const group = request.slice(0, -4).join('.');
    if (this.#joined.has(group)) return WSAEISCONN;
    const unbound = this.#bindIfNeeded();
    if (unbound !== 0) return unbound;
    if (dwFlags !== JL_SENDER_ONLY) {
      const place = request.subarray(-4);
      if (this.#interface !== null && place.every((byte) => byte === 0)) place.set(this.#interface);
      const error = this.#core.setOption(family.level, family.joinOption, request, request.length);
      if (error !== 0) return error;
    }
    this.#joined.add(group);
    return 0;
  }

  #bindIfNeeded(): number {
    if (this.#core.localName(addressSlot()) === 0) return 0;
    const any = new Uint8Array(this.#family.size);
    any[0] = this.#family.level === IPPROTO_IP ? AF_INET : AF_INET6;
    return this.#core.bind(any, any.length);
  }
}

/**
 * Makes the core of a datagram socket over TCP/IP that of a leaf in multipoint sessions, if the flags of `WSASocket`
 * say that it is to be one.
 *
 * @param core a fresh core
 * @param af its family
 * @param dwFlags the flags of `WSASocket`
 * @returns the same core
 */
export function leafIfAsked(core: SocketCore, af: number, dwFlags: number): SocketCore {
  const family = multicastFamily(af);
  if (family === null || (dwFlags & LEAF) === 0) return core;
  const sessions = new MulticastSessions(core, family);
  const setOption = core.setOption.bind(core);
  return Object.assign(core, {
    joinLeaf: (name: Uint8Array, _namelen: number, flags: number) => sessions.join(name, flags),
    setOption(level: number, optname: number, value: Uint8Array, length: number) {
      const error = setOption(level, optname, value, length);
      if (error === 0 && length >= 4) sessions.noteOption(level, optname, value);
      return error;
    },
  });
}
