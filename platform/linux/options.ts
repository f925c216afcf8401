// Socket options: Windows' levels, names and values, and Linux' counterparts.
import * as spi from '../../spi/index.js';
import { GroupChange } from './groups.js';

/** How an option's value is carried over. */
export const OptionForm = {
  /** A 32-bit integer, the same on both sides. */
  INTEGER: 0,
  /** A BOOL: anything but 0 is 1. */
  FLAG: 1,
  /** A BOOL of which Windows looks at the low byte alone. */
  LOW_BYTE_FLAG: 2,
  /** A buffer's size: Linux doubles it for its bookkeeping and reports it doubled. */
  BUFFER_SIZE: 3,
  /** Milliseconds; a `struct timeval` on Linux. */
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
  /** An interface's index in host order; in network order on Linux. */
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

const SOL_SOCKET = 1;
const SO_PRIORITY = 12;
const SOL_TCP = 6;
const SOL_IP = 0;
const SOL_IPV6 = 41;
const F = OptionForm;

type Row = readonly [name: number, linuxLevel: number, linuxName: number, form: number, readOnly?: 'read'];

// SO_LINGER and SO_DONTLINGER are missing on purpose: lingering is done above, and Linux would block in close(2).
const SOCKET_ROWS: readonly Row[] = [
  [spi.SO_DEBUG, SOL_SOCKET, 1, F.FLAG],
  [spi.SO_ACCEPTCONN, SOL_SOCKET, 30, F.FLAG, 'read'],
  [spi.SO_MAX_MSG_SIZE, SOL_SOCKET, 3, F.DATAGRAM_SIZE, 'read'],
  [spi.SO_KEEPALIVE, SOL_SOCKET, 9, F.LOW_BYTE_FLAG],
  [spi.SO_DONTROUTE, SOL_SOCKET, 5, F.LOW_BYTE_FLAG],
  [spi.SO_BROADCAST, SOL_SOCKET, 6, F.FLAG],
  [spi.SO_OOBINLINE, SOL_SOCKET, 10, F.FLAG],
  [spi.SO_SNDBUF, SOL_SOCKET, 7, F.BUFFER_SIZE],
  [spi.SO_RCVBUF, SOL_SOCKET, 8, F.BUFFER_SIZE],
  [spi.SO_SNDTIMEO, SOL_SOCKET, 21, F.MILLISECONDS],
  [spi.SO_RCVTIMEO, SOL_SOCKET, 20, F.MILLISECONDS],
  [spi.SO_ERROR, SOL_SOCKET, 4, F.ERROR, 'read'],
  [spi.SO_TYPE, SOL_SOCKET, 3, F.INTEGER, 'read'],
  [spi.SO_GROUP_PRIORITY, SOL_SOCKET, SO_PRIORITY, F.GROUP_PRIORITY],
];

const TCP_ROWS: readonly Row[] = [
  [spi.TCP_NODELAY, SOL_TCP, 1, F.LOW_BYTE_FLAG],
  [spi.TCP_KEEPALIVE, SOL_TCP, 4, F.INTEGER],
  [spi.TCP_MAXSEG, SOL_TCP, 2, F.INTEGER],
  [spi.TCP_MAXRT, SOL_TCP, 18, F.SECONDS_AS_MILLISECONDS],
  [spi.TCP_MAXRTMS, SOL_TCP, 18, F.INTEGER],
  [spi.TCP_FASTOPEN, SOL_TCP, 23, F.INTEGER],
  [spi.TCP_KEEPCNT, SOL_TCP, 6, F.COUNT],
  [spi.TCP_KEEPINTVL, SOL_TCP, 5, F.INTEGER],
];

const UDP_ROWS: readonly Row[] = [[spi.UDP_NOCHECKSUM, SOL_SOCKET, 11, F.LOW_BYTE_FLAG]];

const IP_ROWS: readonly Row[] = [
  [spi.IP_OPTIONS, SOL_IP, 4, F.BYTES],
  [spi.IP_HDRINCL, SOL_IP, 3, F.FLAG],
  [spi.IP_TOS, SOL_IP, 1, F.HOPS],
  [spi.IP_TTL, SOL_IP, 2, F.HOPS],
  [spi.IP_MULTICAST_IF, SOL_IP, 32, F.INTERFACE_ADDRESS],
  [spi.IP_MULTICAST_TTL, SOL_IP, 33, F.HOPS],
  [spi.IP_MULTICAST_LOOP, SOL_IP, 34, F.FLAG],
  [spi.IP_ADD_MEMBERSHIP, SOL_IP, GroupChange.JOIN, F.GROUP],
  [spi.IP_DROP_MEMBERSHIP, SOL_IP, GroupChange.LEAVE, F.GROUP],
  [spi.IP_DONTFRAGMENT, SOL_IP, 10, F.DONT_FRAGMENT],
  [spi.IP_ADD_SOURCE_MEMBERSHIP, SOL_IP, GroupChange.JOIN_SOURCE, F.GROUP],
  [spi.IP_DROP_SOURCE_MEMBERSHIP, SOL_IP, GroupChange.LEAVE_SOURCE, F.GROUP],
  [spi.IP_BLOCK_SOURCE, SOL_IP, GroupChange.BLOCK, F.GROUP],
  [spi.IP_UNBLOCK_SOURCE, SOL_IP, GroupChange.UNBLOCK, F.GROUP],
  [spi.IP_PKTINFO, SOL_IP, 8, F.FLAG],
  [spi.IP_RECVTTL, SOL_IP, 12, F.FLAG],
  [spi.IP_UNICAST_IF, SOL_IP, 50, F.INTEGER],
  [spi.IP_RECVTOS, SOL_IP, 13, F.FLAG],
  [spi.IP_MTU_DISCOVER, SOL_IP, 10, F.MTU_DISCOVERY],
  [spi.IP_MTU, SOL_IP, 14, F.INTEGER, 'read'],
];

const IPV6_ROWS: readonly Row[] = [
  [spi.IPV6_HDRINCL, SOL_IPV6, 36, F.FLAG],
  [spi.IPV6_UNICAST_HOPS, SOL_IPV6, 16, F.HOPS],
  [spi.IPV6_MULTICAST_IF, SOL_IPV6, 17, F.INTEGER],
  [spi.IPV6_MULTICAST_HOPS, SOL_IPV6, 18, F.HOPS],
  [spi.IPV6_MULTICAST_LOOP, SOL_IPV6, 19, F.FLAG],
  [spi.IPV6_ADD_MEMBERSHIP, SOL_IPV6, GroupChange.JOIN, F.GROUP],
  [spi.IPV6_DROP_MEMBERSHIP, SOL_IPV6, GroupChange.LEAVE, F.GROUP],
  [spi.IPV6_DONTFRAG, SOL_IPV6, 23, F.DONT_FRAGMENT],
  [spi.IPV6_PKTINFO, SOL_IPV6, 49, F.FLAG],
  [spi.IPV6_HOPLIMIT, SOL_IPV6, 51, F.FLAG],
  [spi.IPV6_CHECKSUM, SOL_IPV6, 7, F.INTEGER],
  [spi.IPV6_V6ONLY, SOL_IPV6, 26, F.LOW_BYTE_FLAG],
  [spi.IPV6_UNICAST_IF, SOL_IPV6, 76, F.INTERFACE_INDEX],
  [spi.IPV6_TCLASS, SOL_IPV6, 67, F.HOPS],
  [spi.IPV6_RECVTCLASS, SOL_IPV6, 66, F.FLAG],
  [spi.IPV6_MTU_DISCOVER, SOL_IPV6, 23, F.MTU_DISCOVERY],
  [spi.IPV6_MTU, SOL_IPV6, 24, F.INTEGER, 'read'],
  [spi.MCAST_BLOCK_SOURCE, SOL_IPV6, GroupChange.BLOCK, F.GROUP],
  [spi.MCAST_UNBLOCK_SOURCE, SOL_IPV6, GroupChange.UNBLOCK, F.GROUP],
  [spi.MCAST_JOIN_SOURCE_GROUP, SOL_IPV6, GroupChange.JOIN_SOURCE, F.GROUP],
  [spi.MCAST_LEAVE_SOURCE_GROUP, SOL_IPV6, GroupChange.LEAVE_SOURCE, F.GROUP],
];

const byLevel = new Map<number, Map<number, SocketOption>>();
for (const [level, rows] of [
  [spi.SOL_SOCKET, SOCKET_ROWS],
  [spi.IPPROTO_TCP, TCP_ROWS],
  [spi.IPPROTO_UDP, UDP_ROWS],
  [spi.IPPROTO_IP, IP_ROWS],
  [spi.IPPROTO_IPV6, IPV6_ROWS],
] as const) {
  const names = new Map<number, SocketOption>();
  for (const [name, linuxLevel, linuxName, form, access] of rows) {
    names.set(name, { level: linuxLevel, name: linuxName, form, readOnly: access === 'read' });
  }
  byLevel.set(level, names);
}

/** An option's counterpart on Linux, by Windows' level and name. */
export function findSocketOption(level: number, name: number): SocketOption | undefined {
  return byLevel.get(level)?.get(name);
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
 * Writes an option's value in Linux' layout.
 *
 * @param room at least 264 bytes
 * @returns the bytes written, or a negated WinSock code
 */
export function toLinuxOption(form: number, value: Uint8Array, length: number, room: DataView): spi.CountOrNegatedCode {
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
 * Reads an integer option from Linux' layout.
 *
 * @param stream whether the socket is a stream
 * @param errors maps error numbers
 */
export function fromLinuxOption(
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
      return Number(room.getBigInt64(0, true)) * 1000 + Math.ceil(Number(room.getBigInt64(8, true)) / 1000);
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
