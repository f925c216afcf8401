// The multicast groups that one socket is in.
import {
  AF_INET,
  AF_INET6,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_DROP_MEMBERSHIP,
  WSAEADDRNOTAVAIL,
  WSAEFAULT,
  WSAEINVAL,
} from '../../spi/index.js';
import { type Endpoint, isMulticast, parseEndpoint } from './address.js';

/** Bytes of the group in `ip_mreq` and `ipv6_mreq`; four more name the interface. */
const GROUP4_SIZE = 4;
const GROUP6_SIZE = 16;
const INTERFACE_SIZE = 4;

/** The groups of a socket. All of the network is one interface. @internal */
export class Memberships {
  readonly #groups = new Set<string>();
  readonly #hasAddress: (endpoint: Endpoint) => boolean;

  /** @param hasAddress whether an endpoint is the wildcard or one of the network's addresses */
  constructor(hasAddress: (endpoint: Endpoint) => boolean) {
    this.#hasAddress = hasAddress;
  }

  /** Whether an option is about memberships. */
  static isOption(level: number, optname: number): boolean {
    if (level === IPPROTO_IP) return optname === IP_ADD_MEMBERSHIP || optname === IP_DROP_MEMBERSHIP;
    return level === IPPROTO_IPV6 && (optname === IPV6_ADD_MEMBERSHIP || optname === IPV6_DROP_MEMBERSHIP);
  }

  /** Whether the socket is in the group. */
  has(group: Endpoint): boolean {
    return this.#groups.has(group.host);
  }

  /**
   * Joins or leaves a group.
   *
   * @param value an `ip_mreq` or `ipv6_mreq`, `length` bytes
   * @returns 0, WSAEFAULT (too short), WSAEINVAL (no group, or in it already), WSAEADDRNOTAVAIL (not in it, or no such interface)
   */
  change(level: number, optname: number, value: Uint8Array, length: number): number {
    const size = level === IPPROTO_IP ? GROUP4_SIZE : GROUP6_SIZE;
    if (length < size + INTERFACE_SIZE) return WSAEFAULT;
    const group = endpointOf(value.subarray(0, size));
    if (!isMulticast(group)) return WSAEINVAL;
    // An IPv4 interface is an address, or an index as 0.x.x.x, which 0.0.0.0 leaves open; an IPv6 one is an index.
    const place = value.subarray(size, size + INTERFACE_SIZE);
    if (level === IPPROTO_IP && place[0] !== 0 && !this.#hasAddress(endpointOf(place))) return WSAEADDRNOTAVAIL;
    // Both families give joining and leaving the same numbers.
    if (optname === IP_ADD_MEMBERSHIP) {
      if (this.#groups.has(group.host)) return WSAEINVAL;
      this.#groups.add(group.host);
      return 0;
    }
    return this.#groups.delete(group.host) ? 0 : WSAEADDRNOTAVAIL;
  }
}

function endpointOf(address: Uint8Array): Endpoint {
  const name = new Uint8Array(28);
  name[0] = address.length === GROUP4_SIZE ? AF_INET : AF_INET6;
  name.set(address, address.length === GROUP4_SIZE ? 4 : 8);
  return parseEndpoint(name);
}
