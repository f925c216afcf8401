// The multicast groups that one socket is in.
import {
  AF_INET,
  AF_INET6,
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_UNBLOCK_SOURCE,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_DROP_MEMBERSHIP,
  MCAST_BLOCK_SOURCE,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_UNBLOCK_SOURCE,
  WSAEADDRNOTAVAIL,
  WSAEFAULT,
  WSAEINVAL,
} from '../../../spi/index.js';
import { isMulticast, ONLY_INTERFACE, parseEndpoint, type Endpoint } from '../wire/index.js';

/** Groups that a socket may be in: as many as natively. */
const MOST_GROUPS = 256;
/** Sources that may be named of a group, by the stack: the native limits, so that both providers have the same. */
const MOST_SOURCES = { 4: 10, 6: 64 } as const;

type Change = 'join' | 'leave' | 'join source' | 'leave source' | 'block' | 'unblock';

const CHANGES_4 = new Map<number, Change>([
  [IP_ADD_MEMBERSHIP, 'join'],
  [IP_DROP_MEMBERSHIP, 'leave'],
  [IP_ADD_SOURCE_MEMBERSHIP, 'join source'],
  [IP_DROP_SOURCE_MEMBERSHIP, 'leave source'],
  [IP_BLOCK_SOURCE, 'block'],
  [IP_UNBLOCK_SOURCE, 'unblock'],
]);

const CHANGES_6 = new Map<number, Change>([
  [IPV6_ADD_MEMBERSHIP, 'join'],
  [IPV6_DROP_MEMBERSHIP, 'leave'],
  [MCAST_JOIN_SOURCE_GROUP, 'join source'],
  [MCAST_LEAVE_SOURCE_GROUP, 'leave source'],
  [MCAST_BLOCK_SOURCE, 'block'],
  [MCAST_UNBLOCK_SOURCE, 'unblock'],
]);

/** Bytes of a GROUP_SOURCE_REQ, and where the addresses in it are. */
const GROUP_SOURCE_SIZE = 264;
const GROUP_AT = 16;
const SOURCE_AT = 144;

/** A group that the socket is in. */
interface Membership {
  /** Whether the sources are those wanted, not those blocked. */
  including: boolean;
  /** Hosts; `null` as long as none was ever named. */
  sources: Set<string> | null;
}

/** The groups of a socket. All of the network is one interface. @internal */
export class Memberships {
  readonly #groups = new Map<string, Membership>();
  readonly #hasAddress: (endpoint: Endpoint) => boolean;

  /** @param hasAddress whether an endpoint is the wildcard or one of the network's addresses */
  constructor(hasAddress: (endpoint: Endpoint) => boolean) {
    this.#hasAddress = hasAddress;
  }

  /** Whether an option is about memberships. */
  static isOption(level: number, optname: number): boolean {
    return (level === IPPROTO_IP && CHANGES_4.has(optname)) || (level === IPPROTO_IPV6 && CHANGES_6.has(optname));
  }

  /** Whether the socket is in the group, and wants what a source sends to it. */
  wants(group: Endpoint, source: Endpoint): boolean {
    const membership = this.#groups.get(group.host);
    if (membership === undefined) return false;
    return (membership.sources?.has(source.host) ?? false) === membership.including;
  }

  /**
   * Joins or leaves a group, or changes which sources are wanted of it.
   *
   * @param value the option's structure, `length` bytes
   * @returns 0, WSAEFAULT (too short), WSAEINVAL (no group; in it already, or not in it when that is what a source
   *   needs; beyond a limit), WSAEADDRNOTAVAIL (not in it; no such interface; a source that is named already, or is
   *   not)
   */
  change(level: number, optname: number, value: Uint8Array, length: number): number {
    const change = (level === IPPROTO_IP ? CHANGES_4 : CHANGES_6).get(optname)!;
    const parts = level === IPPROTO_IP ? partsOf4(change, value, length) : partsOf6(change, value, length);
    if (parts === null) return WSAEFAULT;
    const { group, source, place } = parts;
    if (!isMulticast(group)) return WSAEINVAL;
    const exists = typeof place === 'number' ? place === 0 || place === ONLY_INTERFACE : this.#hasAddress(place);
    if (!exists) return WSAEADDRNOTAVAIL;
    const membership = this.#groups.get(group.host);
    switch (change) {
      case 'join':
        if (membership !== undefined || this.#groups.size >= MOST_GROUPS) return WSAEINVAL;
        this.#groups.set(group.host, { including: false, sources: null });
        return 0;
      case 'leave':
        return this.#groups.delete(group.host) ? 0 : WSAEADDRNOTAVAIL;
      case 'join source':
        if (membership === undefined) {
          if (this.#groups.size >= MOST_GROUPS) return WSAEINVAL;
          this.#groups.set(group.host, { including: true, sources: new Set([source.host]) });
          return 0;
        }
        return addSource(membership, true, source);
      case 'block':
        return membership === undefined ? WSAEINVAL : addSource(membership, false, source);
      case 'leave source':
      case 'unblock': {
        const including = change === 'leave source';
        if (membership === undefined || !changesSources(membership, including)) return WSAEINVAL;
        if (membership.sources?.delete(source.host) !== true) return WSAEADDRNOTAVAIL;
        if (including && membership.sources.size === 0) this.#groups.delete(group.host);
        return 0;
      }
    }
  }
}

/** Whether sources may be named, wanted or blocked: a group of which none was named yet takes both. */
function changesSources(membership: Membership, including: boolean): boolean {
  if (membership.sources === null) membership.including = including;
  return membership.including === including;
}

function addSource(membership: Membership, including: boolean, source: Endpoint): number {
  if (!changesSources(membership, including)) return WSAEINVAL;
  const sources = (membership.sources ??= new Set());
  if (sources.has(source.host)) return WSAEADDRNOTAVAIL;
  if (sources.size >= MOST_SOURCES[source.stack]) return WSAEINVAL;
  sources.add(source.host);
  return 0;
}

interface Parts {
  readonly group: Endpoint;
  /** As good as none where the change is about none. */
  readonly source: Endpoint;
  /** The interface: its address, or its index; 0 for any. */
  readonly place: Endpoint | number;
}

/** An `ip_mreq` or `ip_mreq_source`: an interface is an address, or an index as 0.x.x.x, which 0.0.0.0 leaves open. */
function partsOf4(change: Change, value: Uint8Array, length: number): Parts | null {
  const size = change === 'join' || change === 'leave' ? 8 : 12;
  if (length < size) return null;
  const place = value.subarray(size - 4, size);
  return {
    group: endpointOf(AF_INET, value.subarray(0, 4)),
    source: endpointOf(AF_INET, value.subarray(4, 8)),
    place: place[0] === 0 ? (place[1]! << 16) | (place[2]! << 8) | place[3]! : endpointOf(AF_INET, place),
  };
}

/** An `ipv6_mreq` or GROUP_SOURCE_REQ: an interface is an index. */
function partsOf6(change: Change, value: Uint8Array, length: number): Parts | null {
  const plain = change === 'join' || change === 'leave';
  if (length < (plain ? 20 : GROUP_SOURCE_SIZE)) return null;
  const group = endpointOf(AF_INET6, plain ? value.subarray(0, 16) : value.subarray(GROUP_AT, GROUP_AT + 16));
  const source = plain ? group : endpointOf(AF_INET6, value.subarray(SOURCE_AT, SOURCE_AT + 16));
  const place = new DataView(value.buffer, value.byteOffset).getUint32(plain ? 16 : 0, true);
  return { group, source, place };
}

function endpointOf(family: number, address: Uint8Array): Endpoint {
  const name = new Uint8Array(28);
  name[0] = family;
  name.set(address, family === AF_INET ? 4 : 8);
  return parseEndpoint(name);
}
