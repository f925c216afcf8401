// The multicast groups that sockets are in: more than Linux lets one socket join.
import { networkInterfaces } from 'node:os';
import * as spi from '../../spi/index.js';
import { pinMemory, writeWord, type PinnedMemory } from '../native-memory.js';
import { interfaceIndexOf, withoutLabel } from '../posix/interfaces.js';
import { GroupChange, type SocketGroups } from '../posix/options.js';
import type { Libc } from './libc.js';
import { winsockError } from './errors.js';
import { groupFilter, INSTRUCTION_SIZE, MOST_INSTRUCTIONS, type FilteredGroup } from './group-filter.js';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SOL_IP = 0;
const IP_MULTICAST_ALL = 49;
const MCAST_MSFILTER = 48;
const MCAST_INCLUDE = 1;

const [ENODEV, EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOBUFS, ENOMEM] = [19, 98, 99, 22, 105, 12];

// `struct group_source_req`, whose beginning is a `struct group_req`, and `struct group_filter`: where the members
// begin.
const GROUP = 8;
const SOURCE = 136;
const REQUEST_SIZE = 264;
const MODE = 136;
const COUNT = 140;
const SOURCES = 144;
const NAME_SIZE = 128;
/** Where names have addresses. */
const ADDRESS_V4 = 4;
const ADDRESS_V6 = 8;
/** More than either family's limit on the sources of a group. */
const MOST_SOURCES = 256;

/** Groups that a socket may be in: as many as in the memory provider. */
const MOST_GROUPS = 256;

/** A group that a socket is in. */
interface Membership extends FilteredGroup {
  /** The address in hexadecimal. */
  readonly address: string;
  /** The socket that joined it: the user's own, or a holder. */
  readonly descriptor: number;
}

/** What is known of one socket. */
class GroupsOfSocket {
  memberships: Membership[] = [];
  /** Sockets that receive nothing, and are in groups for the user's. */
  holders: number[] = [];
  /** IP_MULTICAST_ALL as it was before there were holders. */
  all = false;
}

/**
 * The groups of a thread's sockets.
 *
 * Linux lets a socket into 20 groups of IPv4. Further ones are joined by sockets that are bound to nothing, the
 * holders: then the machine receives what is sent to these groups, IP_MULTICAST_ALL hands it to the user's socket, and
 * a filter there drops what is sent to groups that others are in, not this socket.
 */
export class GroupMemberships implements SocketGroups {
  readonly #libc: Libc;
  readonly #sockets = new Map<number, GroupsOfSocket>();
  /**
   * Descriptors of sockets that have others as well, here or in another process: not all of their groups are known
   * here.
   */
  readonly #shared = new Set<number>();
  readonly #request = pinMemory(REQUEST_SIZE);
  readonly #length = pinMemory(8);
  readonly #integer = pinMemory(8);
  #answer: PinnedMemory | null = null;
  #filter: PinnedMemory | null = null;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  change(
    descriptor: number,
    level: number,
    change: number,
    group: Uint8Array,
    source: Uint8Array,
    place: number | Uint8Array,
  ): spi.ErrorCode {
    const index = typeof place === 'number' ? place : interfaceIndexOf(this.#libc, place);
    if (index < 0) return winsockError(ENODEV);
    this.#describe(level, index, group, source);
    const request: Request = { level, change, address: Buffer.from(group).toString('hex'), index };
    const groups = this.#sockets.get(descriptor) ?? new GroupsOfSocket();
    const joins = change === GroupChange.JOIN || change === GroupChange.JOIN_SOURCE;
    const errno = joins ? this.#join(descriptor, groups, request) : this.#alter(descriptor, groups, request);
    if (groups.memberships.length > 0) this.#sockets.set(descriptor, groups);
    else this.#sockets.delete(descriptor);
    const limit = errno === ENOBUFS || errno === ENOMEM;
    return limit || errno === EADDRINUSE ? spi.WSAEINVAL : errno === 0 ? 0 : winsockError(errno);
  }

  /** The socket has other descriptors from now on, by which groups may be joined and left. */
  share(descriptor: number): void {
    this.#shared.add(descriptor);
  }

  /** The descriptor is about to be closed. */
  forget(descriptor: number): void {
    this.#shared.delete(descriptor);
    const groups = this.#sockets.get(descriptor);
    if (groups === undefined) return;
    this.#sockets.delete(descriptor);
    for (const holder of groups.holders) this.#libc.close(holder);
  }

  /** Returns 0 or an error number, as the others do. */
  #join(descriptor: number, groups: GroupsOfSocket, request: Request): number {
    const members = descriptorsOf(groups, request);
    for (const each of members) {
      const errno = this.#try(each, groups, request);
      if (errno !== ENOBUFS) return errno === 0 ? this.#joined(descriptor, each, groups, request) : errno;
      // It is full: either of sources of this group, or of groups, because it is in this one on another interface.
      if (this.#set(each, request.level, GroupChange.JOIN) === EADDRINUSE) return ENOBUFS;
    }
    if (groups.memberships.length >= MOST_GROUPS) return ENOBUFS;
    const alone = !this.#shared.has(descriptor);
    for (const each of alone ? [descriptor, ...groups.holders] : [descriptor]) {
      if (members.includes(each)) continue;
      const errno = this.#try(each, groups, request);
      if (errno !== ENOBUFS) return errno === 0 ? this.#joined(descriptor, each, groups, request) : errno;
    }
    if (request.level !== SOL_IP || !alone) return ENOBUFS;
    const holder = this.#libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
    if (holder < 0) return this.#libc.errno();
    if (groups.holders.length === 0) groups.all = this.#isGivenAll(descriptor);
    groups.holders.push(holder);
    const errno = this.#try(holder, groups, request);
    if (errno === 0) return this.#joined(descriptor, holder, groups, request);
    this.#dropHolders(descriptor, groups);
    return errno;
  }

  #alter(descriptor: number, groups: GroupsOfSocket, request: Request): number {
    const notIn = request.change === GroupChange.LEAVE ? EADDRNOTAVAIL : EINVAL;
    let errno = 0;
    for (const each of descriptorsOf(groups, request, descriptor)) {
      errno = this.#try(each, groups, request);
      if (errno !== notIn) break;
    }
    if (errno !== 0 || groups.holders.length === 0) return errno;
    this.#dropHolders(descriptor, groups);
    return groups.holders.length === 0 ? 0 : this.#attachFilter(descriptor, groups);
  }

  /** Sees to it that the user's socket gets what is sent to the group that has just been joined, or leaves it again. */
  #joined(descriptor: number, member: number, groups: GroupsOfSocket, request: Request): number {
    if (groups.holders.length === 0) return 0;
    const errno = this.#attachFilter(descriptor, groups);
    if (errno === 0) return 0;
    const back = request.change === GroupChange.JOIN ? GroupChange.LEAVE : GroupChange.LEAVE_SOURCE;
    this.#try(member, groups, { ...request, change: back });
    this.#dropHolders(descriptor, groups);
    return errno;
  }

  #try(descriptor: number, groups: GroupsOfSocket, request: Request): number {
    const errno = this.#set(descriptor, request.level, request.change);
    if (errno === 0) this.#learn(descriptor, groups, request);
    return errno;
  }

  #set(descriptor: number, level: number, change: number): number {
    const size = change === GroupChange.JOIN || change === GroupChange.LEAVE ? SOURCE : REQUEST_SIZE;
    const { address } = this.#request;
    return this.#libc.setsockopt(descriptor, level, change, address, size) === 0 ? 0 : this.#libc.errno();
  }

  /** Asks the kernel what has come of a change: which interface it chose, and which sources are wanted there. */
  #learn(descriptor: number, groups: GroupsOfSocket, request: Request): void {
    const { address, index } = request;
    const isKnown = (each: Membership): boolean => each.descriptor === descriptor && each.address === address;
    const known = groups.memberships.filter(isKnown);
    groups.memberships = groups.memberships.filter((each) => !isKnown(each));
    const indexes = new Set([index, ...known.map((each) => each.interfaceIndex), ...this.#indexes()]);
    indexes.delete(0);
    for (const each of indexes) {
      const membership = this.#ask(descriptor, request, each);
      if (membership !== null) groups.memberships.push(membership);
    }
    const joins = request.change === GroupChange.JOIN || request.change === GroupChange.JOIN_SOURCE;
    // An interface that is not listed: what comes by any passes.
    if (joins && !groups.memberships.some(isKnown)) {
      const group = this.#request.view.getUint32(GROUP + ADDRESS_V4);
      groups.memberships.push({ address, group, descriptor, interfaceIndex: 0, including: false, sources: [] });
    }
  }

  /** What the kernel knows of a socket's membership; `null` when there is none. */
  #ask(descriptor: number, { level, address }: Request, interfaceIndex: number): Membership | null {
    const answer = (this.#answer ??= pinMemory(SOURCES + MOST_SOURCES * NAME_SIZE));
    answer.bytes.set(this.#request.bytes.subarray(0, MODE));
    answer.view.setUint32(0, interfaceIndex, true);
    answer.view.setUint32(COUNT, MOST_SOURCES, true);
    this.#length.ints[0] = answer.bytes.length;
    if (this.#libc.getsockopt(descriptor, level, MCAST_MSFILTER, answer.address, this.#length.address) !== 0)
      return null;
    const count = Math.min(answer.view.getUint32(COUNT, true), MOST_SOURCES);
    const sourceAt = (which: number): number => answer.view.getUint32(SOURCES + which * NAME_SIZE + ADDRESS_V4);
    return {
      address,
      group: answer.view.getUint32(GROUP + ADDRESS_V4),
      descriptor,
      interfaceIndex,
      including: answer.view.getUint32(MODE, true) === MCAST_INCLUDE,
      sources: Array.from({ length: count }, (_, which) => sourceAt(which)),
    };
  }

  #attachFilter(descriptor: number, groups: GroupsOfSocket): number {
    const program = groupFilter(groups.memberships);
    if (program.length > MOST_INSTRUCTIONS) return ENOBUFS;
    // Behind the structure that describes it.
    const filter = (this.#filter ??= pinMemory(16 + MOST_INSTRUCTIONS * INSTRUCTION_SIZE));
    filter.view.setUint16(0, program.length, true);
    writeWord(filter.ints, 2, filter.address + 16);
    program.forEach(([code, whenEqual, otherwise, value], which) => {
      const at = 16 + which * INSTRUCTION_SIZE;
      filter.view.setUint16(at, code, true);
      filter.view.setUint8(at + 2, whenEqual);
      filter.view.setUint8(at + 3, otherwise);
      filter.view.setUint32(at + 4, value >>> 0, true);
    });
    if (this.#libc.setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, filter.address, 16) !== 0) {
      return this.#libc.errno();
    }
    if (!groups.all) this.#giveAll(descriptor, true);
    return 0;
  }

  /** Closes holders that are in no group any more; with the last of them the socket is as it was before the first. */
  #dropHolders(descriptor: number, groups: GroupsOfSocket): void {
    const used = new Set(groups.memberships.map((each) => each.descriptor));
    const unused = groups.holders.filter((holder) => !used.has(holder));
    groups.holders = groups.holders.filter((holder) => used.has(holder));
    for (const holder of unused) this.#libc.close(holder);
    if (unused.length === 0 || groups.holders.length > 0) return;
    if (!groups.all) this.#giveAll(descriptor, false);
    this.#libc.setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, this.#integer.address, 4);
  }

  /** Whether a socket gets what is sent to any group that the machine is in. */
  #isGivenAll(descriptor: number): boolean {
    const { ints, address } = this.#integer;
    ints[0] = 0;
    this.#length.ints[0] = 4;
    this.#libc.getsockopt(descriptor, SOL_IP, IP_MULTICAST_ALL, address, this.#length.address);
    return ints[0] !== 0;
  }

  #giveAll(descriptor: number, on: boolean): void {
    this.#integer.ints[0] = on ? 1 : 0;
    this.#libc.setsockopt(descriptor, SOL_IP, IP_MULTICAST_ALL, this.#integer.address, 4);
  }

  #describe(level: number, index: number, group: Uint8Array, source: Uint8Array): void {
    const { bytes, view } = this.#request;
    const [family, at] = level === SOL_IP ? [AF_INET, ADDRESS_V4] : [AF_INET6, ADDRESS_V6];
    bytes.fill(0);
    view.setUint32(0, index, true);
    view.setUint16(GROUP, family, true);
    bytes.set(group, GROUP + at);
    view.setUint16(SOURCE, family, true);
    bytes.set(source, SOURCE + at);
  }

  /** The indexes of the interfaces that have addresses. */
  #indexes(): number[] {
    return Object.keys(networkInterfaces()).map((name) => this.#libc.if_nametoindex(withoutLabel(name)));
  }
}

/** A change, whose addresses have been written for the kernel. */
interface Request {
  readonly level: number;
  readonly change: number;
  /** The group's address in hexadecimal. */
  readonly address: string;
  readonly index: number;
}

/** The sockets that may be in the group on the interface of a request; those given first if there are none. */
function descriptorsOf(groups: GroupsOfSocket, { address, index }: Request, ...otherwise: number[]): number[] {
  const found = groups.memberships
    .filter((each) => each.address === address)
    .filter((each) => index === 0 || each.interfaceIndex === 0 || each.interfaceIndex === index)
    .map((each) => each.descriptor);
  return found.length > 0 ? [...new Set(found)] : otherwise;
}
