// macOS' counterparts of Windows' socket options, after its public headers. What has none is left out: path MTU
// discovery by modes, the MTU itself, IPV6_HDRINCL, priorities in a group.
import * as spi from '../../spi/index.js';
import { GroupChange, OptionForm, optionFinder, type OptionRow } from '../posix/options.js';
import { SOL_IP, SOL_IPV6, SOL_TCP } from '../posix/system-numbers.js';

const SOL_SOCKET = 0xffff;
const SOL_UDP = 17;
const F = OptionForm;

// SO_LINGER and SO_DONTLINGER are missing on purpose: lingering is done above.
const SOCKET_ROWS: readonly OptionRow[] = [
  [spi.SO_DEBUG, SOL_SOCKET, 0x1, F.FLAG],
  [spi.SO_ACCEPTCONN, SOL_SOCKET, 0x2, F.FLAG, 'read'],
  [spi.SO_MAX_MSG_SIZE, SOL_SOCKET, 0x1008, F.DATAGRAM_SIZE, 'read'],
  [spi.SO_KEEPALIVE, SOL_SOCKET, 0x8, F.LOW_BYTE_FLAG],
  [spi.SO_DONTROUTE, SOL_SOCKET, 0x10, F.LOW_BYTE_FLAG],
  [spi.SO_BROADCAST, SOL_SOCKET, 0x20, F.FLAG],
  [spi.SO_OOBINLINE, SOL_SOCKET, 0x100, F.FLAG],
  [spi.SO_SNDBUF, SOL_SOCKET, 0x1001, F.INTEGER],
  [spi.SO_RCVBUF, SOL_SOCKET, 0x1002, F.INTEGER],
  [spi.SO_SNDTIMEO, SOL_SOCKET, 0x1005, F.MILLISECONDS],
  [spi.SO_RCVTIMEO, SOL_SOCKET, 0x1006, F.MILLISECONDS],
  [spi.SO_ERROR, SOL_SOCKET, 0x1007, F.ERROR, 'read'],
  [spi.SO_TYPE, SOL_SOCKET, 0x1008, F.INTEGER, 'read'],
];

const TCP_ROWS: readonly OptionRow[] = [
  [spi.TCP_NODELAY, SOL_TCP, 0x1, F.LOW_BYTE_FLAG],
  [spi.TCP_KEEPALIVE, SOL_TCP, 0x10, F.INTEGER],
  [spi.TCP_MAXSEG, SOL_TCP, 0x2, F.INTEGER],
  // TCP_RXT_CONNDROPTIME, in seconds as well.
  [spi.TCP_MAXRT, SOL_TCP, 0x80, F.INTEGER],
  [spi.TCP_FASTOPEN, SOL_TCP, 0x105, F.INTEGER],
  [spi.TCP_KEEPCNT, SOL_TCP, 0x102, F.COUNT],
  [spi.TCP_KEEPINTVL, SOL_TCP, 0x101, F.INTEGER],
];

const UDP_ROWS: readonly OptionRow[] = [[spi.UDP_NOCHECKSUM, SOL_UDP, 0x1, F.LOW_BYTE_FLAG]];

const IP_ROWS: readonly OptionRow[] = [
  [spi.IP_OPTIONS, SOL_IP, 1, F.BYTES],
  [spi.IP_HDRINCL, SOL_IP, 2, F.FLAG],
  [spi.IP_TOS, SOL_IP, 3, F.HOPS],
  [spi.IP_TTL, SOL_IP, 4, F.HOPS],
  [spi.IP_MULTICAST_IF, SOL_IP, 9, F.INTERFACE_ADDRESS],
  [spi.IP_MULTICAST_TTL, SOL_IP, 10, F.HOPS],
  [spi.IP_MULTICAST_LOOP, SOL_IP, 11, F.FLAG],
  [spi.IP_ADD_MEMBERSHIP, SOL_IP, GroupChange.JOIN, F.GROUP],
  [spi.IP_DROP_MEMBERSHIP, SOL_IP, GroupChange.LEAVE, F.GROUP],
  [spi.IP_DONTFRAGMENT, SOL_IP, 28, F.FLAG],
  [spi.IP_ADD_SOURCE_MEMBERSHIP, SOL_IP, GroupChange.JOIN_SOURCE, F.GROUP],
  [spi.IP_DROP_SOURCE_MEMBERSHIP, SOL_IP, GroupChange.LEAVE_SOURCE, F.GROUP],
  [spi.IP_BLOCK_SOURCE, SOL_IP, GroupChange.BLOCK, F.GROUP],
  [spi.IP_UNBLOCK_SOURCE, SOL_IP, GroupChange.UNBLOCK, F.GROUP],
  [spi.IP_PKTINFO, SOL_IP, 26, F.FLAG],
  [spi.IP_RECVTTL, SOL_IP, 24, F.FLAG],
  // IP_BOUND_IF, whose index is in host order.
  [spi.IP_UNICAST_IF, SOL_IP, 25, F.INTERFACE_INDEX],
  [spi.IP_RECVTOS, SOL_IP, 27, F.FLAG],
];

const IPV6_ROWS: readonly OptionRow[] = [
  [spi.IPV6_UNICAST_HOPS, SOL_IPV6, 4, F.HOPS],
  [spi.IPV6_MULTICAST_IF, SOL_IPV6, 9, F.INTEGER],
  [spi.IPV6_MULTICAST_HOPS, SOL_IPV6, 10, F.HOPS],
  [spi.IPV6_MULTICAST_LOOP, SOL_IPV6, 11, F.FLAG],
  [spi.IPV6_ADD_MEMBERSHIP, SOL_IPV6, GroupChange.JOIN, F.GROUP],
  [spi.IPV6_DROP_MEMBERSHIP, SOL_IPV6, GroupChange.LEAVE, F.GROUP],
  [spi.IPV6_DONTFRAG, SOL_IPV6, 62, F.FLAG],
  // IPV6_RECVPKTINFO and IPV6_RECVHOPLIMIT.
  [spi.IPV6_PKTINFO, SOL_IPV6, 61, F.FLAG],
  [spi.IPV6_HOPLIMIT, SOL_IPV6, 37, F.FLAG],
  [spi.IPV6_CHECKSUM, SOL_IPV6, 26, F.INTEGER],
  [spi.IPV6_V6ONLY, SOL_IPV6, 27, F.LOW_BYTE_FLAG],
  // IPV6_BOUND_IF.
  [spi.IPV6_UNICAST_IF, SOL_IPV6, 125, F.INTEGER],
  [spi.IPV6_TCLASS, SOL_IPV6, 36, F.HOPS],
  [spi.IPV6_RECVTCLASS, SOL_IPV6, 35, F.FLAG],
  [spi.MCAST_BLOCK_SOURCE, SOL_IPV6, GroupChange.BLOCK, F.GROUP],
  [spi.MCAST_UNBLOCK_SOURCE, SOL_IPV6, GroupChange.UNBLOCK, F.GROUP],
  [spi.MCAST_JOIN_SOURCE_GROUP, SOL_IPV6, GroupChange.JOIN_SOURCE, F.GROUP],
  [spi.MCAST_LEAVE_SOURCE_GROUP, SOL_IPV6, GroupChange.LEAVE_SOURCE, F.GROUP],
];

/** An option's counterpart on macOS, by Windows' level and name. */
export const findSocketOption = optionFinder([
  [spi.SOL_SOCKET, SOCKET_ROWS],
  [spi.IPPROTO_TCP, TCP_ROWS],
  [spi.IPPROTO_UDP, UDP_ROWS],
  [spi.IPPROTO_IP, IP_ROWS],
  [spi.IPPROTO_IPV6, IPV6_ROWS],
]);

/** What a socket that takes another's place takes over from it. */
export const LASTING_OPTIONS: readonly (readonly [level: number, name: number])[] = [
  [SOL_SOCKET, 0x4],
  [SOL_SOCKET, 0x200],
  [SOL_SOCKET, 0x8],
  [SOL_SOCKET, 0x10],
  [SOL_SOCKET, 0x100],
  [SOL_SOCKET, 0x1001],
  [SOL_SOCKET, 0x1002],
  [SOL_TCP, 0x1],
  [SOL_TCP, 0x10],
  [SOL_TCP, 0x101],
  [SOL_TCP, 0x102],
  [SOL_TCP, 0x80],
  [SOL_IP, 3],
  [SOL_IP, 4],
  [SOL_IP, 25],
  [SOL_IP, 28],
  [SOL_IPV6, 27],
  [SOL_IPV6, 4],
  [SOL_IPV6, 36],
  [SOL_IPV6, 62],
  [SOL_IPV6, 125],
];
