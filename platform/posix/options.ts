// Socket options: Windows' levels, names and values, and how a system of the Unix family has them.
import * as spi from '../../spi/index.js';

/** How an option's value is carried over. */
export const OptionForm = {
  /** A 32-bit integer, the same on both sides. */
  INTEGER: 0,
  /** A BOOL: anything but 0 is 1. */
  FLAG: 1,
  /** A BOOL of which Windows looks at the low byte alone. */
  LOW_BYTE_FLAG: 2,
  /** A buffer's size as Linux has it, which doubles it for its bookkeeping and reports it doubled. */
  BUFFER_SIZE: 3,
  /** Milliseconds; a `struct timeval` below. */
  MILLISECONDS: 4,
  /** Seconds; milliseconds on Linux. */
  SECONDS_AS_MILLISECONDS: 5,
  /** An error number. */
  ERROR: 6,
  /** "Do not fragment", 0 or 1; Linux' path MTU discovery, whose default means 1 for streams and 0 otherwise. */
  DONT_FRAGMENT: 7,
  /** A mode of path MTU discovery. */
  MTU_DISCOVERY: 8,
  /** An IPv4 address, or an interface's index in network order as 0.x.x.x. */
  INTERFACE_ADDRESS: 9,
  /** A change of the groups that the socket is in: an `ip_mreq`, `ip_mreq_source`, `ipv6_mreq` or GROUP_SOURCE_REQ. */
  GROUP: 10,
  /** A hop count, 0 to 255 or -1. */
  HOPS: 11,
  /** Bytes, the same on both sides. */
  BYTES: 12,
  /** An interface's index in the one order on this side of the border, in the other below. */
  INTERFACE_INDEX: 13,
  /** A number of keep-alives: Linux counts to 127. */
  COUNT: 14,
  /** The most bytes of a datagram: of no option of Linux', but known by the socket's type and family. */
  DATAGRAM_SIZE: 15,
  /** A priority in a group of sockets, 0 being the highest; a class of the kernel's queues on Linux. */
  GROUP_PRIORITY: 16,
} as const;

/** A socket option on both sides. */
export interface SocketOption {
  readonly level: number;
  readonly name: number;
  /** One of `OptionForm`. */
  readonly form: number;
  /** It can be read only. */
  readonly readOnly: boolean;
}

const F = OptionForm;

/** An option's row in a system's table: Windows' name, the system's level and name, how its value is carried over. */
export type OptionRow = readonly [name: number, level: number, systemName: number, form: number, access?: 'read'];

/** Finds an option's counterpart by Windows' level and name. */
export type OptionFinder = (level: number, name: number) => SocketOption | undefined;

/** Makes a finder of a system's tables, by Windows' levels. */
export function optionFinder(tables: readonly (readonly [level: number, rows: readonly OptionRow[]])[]): OptionFinder {
  const byLevel = new Map<number, Map<number, SocketOption>>();
  for (const [level, rows] of tables) {
    const names = new Map<number, SocketOption>();
    for (const [name, systemLevel, systemName, form, access] of rows) {
      names.set(name, { level: systemLevel, name: systemName, form, readOnly: access === 'read' });
    }
    byLevel.set(level, names);
  }
  return (level, name) => byLevel.get(level)?.get(name);
}

/**
 * Changes of the groups that a socket is in; the numbers are those that Linux has for both families.
 */
export const GroupChange = { JOIN: 42, BLOCK: 43, UNBLOCK: 44, LEAVE: 45, JOIN_SOURCE: 46, LEAVE_SOURCE: 47 } as const;

/** The multicast groups that the sockets of a thread are in. */
export interface SocketGroups {
  /**
   * Joins or leaves a group, or changes which sources are wanted of it.
   *
   * @param level the family's level
   * @param change one of `GroupChange`
   * @param group the group's address
   * @param source the source's address; empty when it is about none
   * @param place the interface: its index, or an IPv4 address of its own
   * @returns 0 or a WinSock code: WSAEINVAL for a group that the socket is in already, and beyond the limits
   */
  change(
    descriptor: number,
    level: number,
    change: number,
    group: Uint8Array,
    source: Uint8Array,
    place: number | Uint8Array,
  ): spi.ErrorCode;
}

const MOST_KEEP_ALIVES = 127;

/**
 * The kernel's class for each priority in a group: best effort, bulk, filler. A group orders its own sockets: its first
 * are served as everybody else's, the others after those, so that nobody gains over others by making a group.
 */
const GROUP_CLASSES: readonly number[] = [0, 2, 1];
const IP_PMTUDISC_DONT = 0;
const IP_PMTUDISC_WANT = 1;
const IP_PMTUDISC_DO = 2;

/** Windows' mode of path MTU discovery for each of Linux': DONT, WANT, DO, PROBE. */
const MTU_MODES: readonly number[] = [
  spi.IP_PMTUDISC_DONT,
  spi.IP_PMTUDISC_NOT_SET,
  spi.IP_PMTUDISC_DO,
  spi.IP_PMTUDISC_PROBE,
];

/** An option's integer as WinSock programs write it: 1, 2 or 4 bytes, the rest ignored. */
function windowsInteger(value: Uint8Array, length: number): number {
  let integer = 0;
  for (let index = Math.min(length, 4) - 1; index >= 0; index--) integer = (integer << 8) | value[index]!;
  return integer;
}

/**
 * Writes an option's value in the system's layout.
 *
 * @param room at least 264 bytes
 * @returns the bytes written, or a negated WinSock code
 */
export function toSystemOption(
  form: number,
  value: Uint8Array,
  length: number,
  room: DataView,
): spi.CountOrNegatedCode {
  if (form === F.BYTES) {
    if (length > room.byteLength) return -spi.WSAEINVAL;
    for (let index = 0; index < length; index++) room.setUint8(index, value[index]!);
    return length;
  }
  if (length < 1) return -spi.WSAEFAULT;
  const integer = windowsInteger(value, length);
  room.setInt32(0, integer, true);
  switch (form) {
    case F.FLAG:
      room.setInt32(0, integer === 0 ? 0 : 1, true);
      return 4;
    case F.LOW_BYTE_FLAG:
      room.setInt32(0, (integer & 0xff) === 0 ? 0 : 1, true);
      return 4;
    case F.BUFFER_SIZE:
      // Linux doubles the number; more than half of the largest integer would overflow.
      room.setInt32(0, Math.min(integer >>> 0, 0x3fffffff), true);
      return 4;
    case F.MILLISECONDS:
      room.setBigInt64(0, BigInt(Math.floor((integer >>> 0) / 1000)), true);
      room.setBigInt64(8, BigInt(((integer >>> 0) % 1000) * 1000), true);
      return 16;
    case F.SECONDS_AS_MILLISECONDS:
      room.setInt32(0, Math.min(Math.max(integer, 0) * 1000, 0x7fffffff), true);
      return 4;
    case F.DONT_FRAGMENT:
      room.setInt32(0, integer === 0 ? IP_PMTUDISC_DONT : IP_PMTUDISC_DO, true);
      return 4;
    case F.MTU_DISCOVERY:
      if (!MTU_MODES.includes(integer)) return -spi.WSAEINVAL;
      room.setInt32(0, MTU_MODES.indexOf(integer), true);
      return 4;
    case F.HOPS:
      return integer < -1 || integer > 255 ? -spi.WSAEINVAL : 4;
    case F.INTERFACE_INDEX:
      room.setInt32(0, integer);
      return 4;
    case F.GROUP_PRIORITY:
      room.setInt32(0, GROUP_CLASSES[integer] ?? GROUP_CLASSES.at(-1)!, true);
      return 4;
    case F.COUNT:
      room.setInt32(0, Math.min(integer, MOST_KEEP_ALIVES), true);
      return 4;
    case F.INTERFACE_ADDRESS:
      if (length < 4) return -spi.WSAEFAULT;
      room.setInt32(0, 0, true);
      return writeInterface(value, 0, room, 4);
    default:
      return 4;
  }
}

/** Writes the address and index members of an `ip_mreqn`, whose size is 12. */
function writeInterface(value: Uint8Array, from: number, room: DataView, at: number): number {
  const byIndex = value[from] === 0;
  for (let index = 0; index < 4; index++) room.setUint8(at + index, byIndex ? 0 : value[from + index]!);
  const number = (value[from + 1]! << 16) | (value[from + 2]! << 8) | value[from + 3]!;
  room.setInt32(at + 4, byIndex ? number : 0, true);
  return 12;
}

/**
 * Reads an integer option from the system's layout.
 *
 * @param stream whether the socket is a stream
 * @param errors maps error numbers
 */
export function fromSystemOption(
  form: number,
  room: DataView,
  stream: boolean,
  errors: (errno: number) => number,
): number {
  const integer = room.getInt32(0, true);
  switch (form) {
    case F.FLAG:
    case F.LOW_BYTE_FLAG:
      return integer === 0 ? 0 : 1;
    case F.BUFFER_SIZE:
      return integer >>> 1;
    case F.MILLISECONDS:
      return Number(room.getBigInt64(0, true)) * 1000 + Math.ceil(room.getInt32(8, true) / 1000);
    case F.SECONDS_AS_MILLISECONDS:
      return Math.ceil(integer / 1000);
    case F.ERROR:
      return integer === 0 ? 0 : errors(integer);
    case F.DONT_FRAGMENT:
      return integer === IP_PMTUDISC_DO || (integer === IP_PMTUDISC_WANT && stream) ? 1 : 0;
    case F.INTERFACE_INDEX:
      return room.getInt32(0);
    case F.GROUP_PRIORITY:
      return Math.max(GROUP_CLASSES.indexOf(integer), 0);
    case F.MTU_DISCOVERY:
      return MTU_MODES[integer] ?? spi.IP_PMTUDISC_NOT_SET;
    default:
      return integer;
  }
}
