// The multicast groups that a thread's sockets have joined: no more of them than on every other system.
import * as spi from '../../spi/index.js';

/** Groups that a socket may be in: as many as in the memory provider. */
const MOST_GROUPS = 256;

/** Where an option's value has an address or an interface: the first byte, and how many. */
type Place = readonly [at: number, length: number];

/** An option by which a group is joined or left. */
interface GroupOption {
  readonly joins: boolean;
  readonly group: Place;
  readonly interface: Place;
  readonly source: Place | null;
}

const option = (joins: boolean, group: Place, of: Place, source: Place | null = null): GroupOption => ({
  joins,
  group,
  interface: of,
  source,
});

/** GROUP_REQ and GROUP_SOURCE_REQ, whose addresses are of this length and begin there in their structure. */
function requests(length: number, at: number): [number, GroupOption][] {
  const [group, source]: [Place, Place] = [
    [8 + at, length],
    [136 + at, length],
  ];
  return [
    [spi.MCAST_JOIN_GROUP, option(true, group, [0, 4])],
    [spi.MCAST_LEAVE_GROUP, option(false, group, [0, 4])],
    [spi.MCAST_JOIN_SOURCE_GROUP, option(true, group, [0, 4], source)],
    [spi.MCAST_LEAVE_SOURCE_GROUP, option(false, group, [0, 4], source)],
  ];
}

const OPTIONS: ReadonlyMap<number, ReadonlyMap<number, GroupOption>> = new Map([
  [
    spi.IPPROTO_IP,
    new Map([
      [spi.IP_ADD_MEMBERSHIP, option(true, [0, 4], [4, 4])],
      [spi.IP_DROP_MEMBERSHIP, option(false, [0, 4], [4, 4])],
      [spi.IP_ADD_SOURCE_MEMBERSHIP, option(true, [0, 4], [8, 4], [4, 4])],
      [spi.IP_DROP_SOURCE_MEMBERSHIP, option(false, [0, 4], [8, 4], [4, 4])],
      ...requests(4, 4),
    ]),
  ],
  [
    spi.IPPROTO_IPV6,
    new Map([
      [spi.IPV6_ADD_MEMBERSHIP, option(true, [0, 16], [16, 4])],
      [spi.IPV6_DROP_MEMBERSHIP, option(false, [0, 16], [16, 4])],
      ...requests(16, 8),
    ]),
  ],
]);

/** What is counted is what was joined by this thread: a socket that was taken from another process may be in more. */
export class JoinedGroups {
  /** By socket, then by group and interface: the sources that were asked for; none for all of them. */
  readonly #sockets = new Map<number, Map<string, Set<string>>>();

  /**
   * Sets an option, which may join or leave a group.
   *
   * @param set has the system set it
   * @returns what that returns; WSAEINVAL beyond the most groups
   */
  change(
    descriptor: number,
    level: number,
    optname: number,
    value: Uint8Array,
    length: number,
    set: () => spi.ErrorCode,
  ): spi.ErrorCode {
    const found = OPTIONS.get(level)?.get(optname);
    if (found === undefined) return set();
    const read = ([at, size]: Place): string =>
      Buffer.from(value.subarray(at, Math.min(at + size, length))).toString('hex');
    const group = `${read(found.group)}/${read(found.interface)}`;
    const source = found.source === null ? null : read(found.source);
    return found.joins ? this.#join(descriptor, group, source, set) : this.#leave(descriptor, group, source, set);
  }

  /** A socket is closed, and its number will be another's. */
  forget(descriptor: number): void {
    this.#sockets.delete(descriptor);
  }

  #join(descriptor: number, group: string, source: string | null, set: () => spi.ErrorCode): spi.ErrorCode {
    const groups = this.#sockets.get(descriptor) ?? new Map<string, Set<string>>();
    const sources = groups.get(group);
    if (sources === undefined && groups.size >= MOST_GROUPS) return spi.WSAEINVAL;
    const code = set();
    if (code === 0) {
      groups.set(group, (sources ?? new Set()).add(source ?? ''));
      this.#sockets.set(descriptor, groups);
      return 0;
    }
    // Wine has one word for all that goes wrong here.
    const isKnown = source !== null && sources?.has(source) === true;
    return isKnown && code === spi.WSAEINVAL ? spi.WSAEADDRNOTAVAIL : code;
  }

  #leave(descriptor: number, group: string, source: string | null, set: () => spi.ErrorCode): spi.ErrorCode {
    const groups = this.#sockets.get(descriptor);
    const sources = groups?.get(group);
    const code = set();
    if (code === 0) {
      this.#left(descriptor, group, source);
      return 0;
    }
    const isUnknown = source === null ? sources === undefined : sources?.has(source) === false;
    return isUnknown && code === spi.WSAEINVAL ? spi.WSAEADDRNOTAVAIL : code;
  }

  #left(descriptor: number, group: string, source: string | null): void {
    const groups = this.#sockets.get(descriptor);
    if (groups === undefined) return;
    // It may have been joined under another name of its interface.
    const address = group.slice(0, group.indexOf('/') + 1);
    const name = groups.has(group) ? group : [...groups.keys()].find((each) => each.startsWith(address));
    if (name === undefined) return;
    if (source !== null) groups.get(name)!.delete(source);
    if (source === null || groups.get(name)!.size === 0) groups.delete(name);
    if (groups.size === 0) this.#sockets.delete(descriptor);
  }
}
