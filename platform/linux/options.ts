// Linux' counterparts of Windows' socket options.
import * as spi from '../../spi/index.js';
import { GroupChange, OptionForm, optionFinder, type OptionRow } from '../posix/options.js';
import { SOL_IP, SOL_IPV6, SOL_TCP } from '../posix/system-numbers.js';

const SOL_SOCKET = 1;
const SO_PRIORITY = 12;
const F = OptionForm;

// SO_LINGER and SO_DONTLINGER are missing on purpose: lingering is done above, and Linux would block in close(2).
const SOCKET_ROWS: readonly OptionRow[] = [
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

const TCP_ROWS: readonly OptionRow[] = [
  [spi.TCP_NODELAY, SOL_TCP, 1, F.LOW_BYTE_FLAG],
  [spi.TCP_KEEPALIVE, SOL_TCP, 4, F.INTEGER],
  [spi.TCP_MAXSEG, SOL_TCP, 2, F.INTEGER],
  [spi.TCP_MAXRT, SOL_TCP, 18, F.SECONDS_AS_MILLISECONDS],
  [spi.TCP_MAXRTMS, SOL_TCP, 18, F.INTEGER],
  [spi.TCP_FASTOPEN, SOL_TCP, 23, F.INTEGER],
  [spi.TCP_KEEPCNT, SOL_TCP, 6, F.COUNT],
  [spi.TCP_KEEPINTVL, SOL_TCP, 5, F.INTEGER],
];

const UDP_ROWS: readonly OptionRow[] = [[spi.UDP_NOCHECKSUM, SOL_SOCKET, 11, F.LOW_BYTE_FLAG]];

const IP_ROWS: readonly OptionRow[] = [
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

const IPV6_ROWS: readonly OptionRow[] = [
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

/** An option's counterpart on Linux, by Windows' level and name. */
export const findSocketOption = optionFinder([
  [spi.SOL_SOCKET, SOCKET_ROWS],
  [spi.IPPROTO_TCP, TCP_ROWS],
  [spi.IPPROTO_UDP, UDP_ROWS],
  [spi.IPPROTO_IP, IP_ROWS],
  [spi.IPPROTO_IPV6, IPV6_ROWS],
]);
