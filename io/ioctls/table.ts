// The table of ioctls.
import {
  FIONBIO,
  FIONREAD,
  SIO_ACQUIRE_PORT_RESERVATION,
  SIO_ADDRESS_LIST_CHANGE,
  SIO_ADDRESS_LIST_QUERY,
  SIO_ADDRESS_LIST_SORT,
  SIO_ASSOCIATE_HANDLE,
  SIO_ASSOCIATE_PORT_RESERVATION,
  SIO_BASE_HANDLE,
  SIO_BSP_HANDLE,
  SIO_BSP_HANDLE_POLL,
  SIO_BSP_HANDLE_SELECT,
  SIO_CHK_QOS,
  SIO_ENABLE_CIRCULAR_QUEUEING,
  SIO_ENTER_SOCKET_GROUP,
  SIO_FIND_ROUTE,
  SIO_FLUSH,
  SIO_GET_BROADCAST_ADDRESS,
  SIO_GET_GROUP_QOS,
  SIO_GET_INTERFACE_LIST,
  SIO_GET_INTERFACE_LIST_EX,
  SIO_GET_QOS,
  SIO_IDEAL_SEND_BACKLOG_CHANGE,
  SIO_IDEAL_SEND_BACKLOG_QUERY,
  SIO_KEEPALIVE_VALS,
  SIO_LOOPBACK_FAST_PATH,
  SIO_MULTICAST_SCOPE,
  SIO_MULTIPOINT_LOOPBACK,
  SIO_KEEP_RECEIVED,
  SIO_PEER_ENDED,
  SIO_QUERY_TARGET_PNP_HANDLE,
  SIO_RCVALL,
  SIO_RELEASE_PORT_RESERVATION,
  SIO_ROUTING_INTERFACE_CHANGE,
  SIO_ROUTING_INTERFACE_QUERY,
  SIO_SET_GROUP_QOS,
  SIO_SET_QOS,
  SIO_TCP_INFO,
  SIO_TRANSLATE_HANDLE,
  SIO_UDP_CONNRESET,
  SIO_UDP_NETRESET,
  SIOCATMARK,
  WSAEFAULT,
  WSAENOPROTOOPT,
} from '../../spi/index.js';
import { enterGroupLate } from '../socket/index.js';
import {
  findRoute,
  listInterfaces,
  queryAddresses,
  queryRoute,
  sortAddressList,
  tellBroadcastAddress,
} from './addresses.js';
import { MULTIPOINT_IOCTLS } from './multipoint.js';
import { receiveAll, tellTcpInfo } from './packets.js';
import { acquirePorts, associatePorts, releasePorts } from './port-reservations.js';
import { beginFlows, quality, setGroupQuality, setQuality, SIO_BEGIN_FLOWS } from './quality.js';
import { askBelow, type IoctlHandler } from './request.js';
import {
  countReadable,
  flushSends,
  queueInCircles,
  setKeepAlive,
  setNonBlocking,
  takeDatagramSwitch,
  takeFastPath,
  tellIdealBacklog,
  tellMark,
  tellPeerEnded,
} from './transfers.js';

/**
 * What becomes of an ioctl that is overlapped:
 * `at once`: it is done in the call, which returns 0, and a completion of 0 bytes follows (measured behaviour 16.2);
 * `pends`: the call returns WSA_IO_PENDING, and the outcome is a completion (32.2);
 * `unsupported`: as `pends`, and the outcome is WSAEOPNOTSUPP (17.7);
 * `change`: it pends until something changes, and blocks when it is not overlapped (30.2).
 */
export type IoctlKind = 'at once' | 'pends' | 'unsupported' | 'change';

/** One row of the table of ioctls. */
export interface IoctlRow {
  readonly name: string;
  readonly code: number;
  /** What becomes of it when it is overlapped. */
  readonly overlapped: IoctlKind;
  readonly handler: IoctlHandler;
  /** What it does, for the documentation. */
  readonly meaning: string;
  /**
   * The operation is marked as under way before its arguments are looked at, and `lpcbBytesReturned` is left alone
   * (17.3).
   */
  readonly marksFirst?: true;
}

function row(
  name: string,
  code: number,
  overlapped: IoctlKind,
  handler: IoctlHandler,
  meaning: string,
  more: Pick<IoctlRow, 'marksFirst'> = {},
): IoctlRow {
  return { name, code, overlapped, handler, meaning, ...more };
}

/** The socket's own handle, by which calls pass through this provider. */
const giveOwnHandle: IoctlHandler = (socket, request) => request.giveDword(socket.handle);

/** SIO_BASE_HANDLE, SIO_QUERY_TARGET_PNP_HANDLE: a layer with handles of its own is passed by, and never answers. */
const giveHandleBelow: IoctlHandler = (socket, request, table) => {
  if (request.output === null || request.room < 4) return -WSAEFAULT;
  return table.ownHandles ? askBelow(socket, request, table) : giveOwnHandle(socket, request, table);
};

const MULTIPOINT = new Map(MULTIPOINT_IOCTLS);
const multipoint: IoctlHandler = (socket, { code, input, inputLength }) =>
  MULTIPOINT.get(code)!(socket, input, inputLength);

/** Of the specification, for providers that have no companion interfaces: as none here has. */
const missing: IoctlHandler = () => -WSAENOPROTOOPT;

/** The group that a layer names for a connection that it has accepted. */
const enterSocketGroup: IoctlHandler = (socket, request, table) => {
  const g = request.dword;
  return g === null ? -WSAEFAULT : -enterGroupLate(table, socket, g);
};

/**
 * The table of ioctls (specification: WSAIoctl; the later ones: winsock2.h and mstcpip.h). Codes that are not in it are
 * put to the core, and are WSAEOPNOTSUPP when it does not know them either.
 */
export const IOCTLS: readonly IoctlRow[] = [
  row('FIONBIO', FIONBIO, 'at once', setNonBlocking, 'whether calls wait; not while network events are selected'),
  row('FIONREAD', FIONREAD, 'at once', countReadable, 'bytes that can be received; of datagrams those of the first'),
  row(
    'SIO_PEER_ENDED',
    SIO_PEER_ENDED,
    'at once',
    tellPeerEnded,
    'of this package: whether the peer had ended its sending, before the connection broke or without that, and nothing before that end is lost',
  ),
  row(
    'SIO_KEEP_RECEIVED',
    SIO_KEEP_RECEIVED,
    'at once',
    askBelow,
    'of this package: a stream gives what was received before a reset, where the system keeps it; Windows forgets it',
  ),
  row('SIOCATMARK', SIOCATMARK, 'at once', tellMark, 'whether no out-of-band data waits'),
  row('SIO_ASSOCIATE_HANDLE', SIO_ASSOCIATE_HANDLE, 'at once', missing, 'WSAENOPROTOOPT: no companion interfaces'),
  row(
    'SIO_ENABLE_CIRCULAR_QUEUEING',
    SIO_ENABLE_CIRCULAR_QUEUEING,
    'at once',
    queueInCircles,
    'the oldest datagram gives way to a new one; native sockets drop the new one all the same. WSAEINVAL on streams',
  ),
  row(
    'SIO_ENTER_SOCKET_GROUP',
    SIO_ENTER_SOCKET_GROUP,
    'at once',
    enterSocketGroup,
    'of this package: puts an open socket into a group, as WSASocket and WSAAccept do',
  ),
  row('SIO_FIND_ROUTE', SIO_FIND_ROUTE, 'at once', findRoute, 'whether there is a way to an address'),
  row('SIO_FLUSH', SIO_FLUSH, 'at once', flushSends, 'cancels the overlapped sends that wait'),
  row(
    'SIO_GET_BROADCAST_ADDRESS',
    SIO_GET_BROADCAST_ADDRESS,
    'at once',
    tellBroadcastAddress,
    'the broadcast address; WSAEINVAL on streams and over IPv6',
  ),
  row(
    'SIO_GET_QOS',
    SIO_GET_QOS,
    'at once',
    quality,
    'the quality of service, as a QOS; WSAENOPROTOOPT on TCP/IP without the layer `qos`',
  ),
  row(
    'SIO_GET_GROUP_QOS',
    SIO_GET_GROUP_QOS,
    'at once',
    quality,
    "the group's quality of service; zeros where there is no group, and WSAENOPROTOOPT as for SIO_GET_QOS",
  ),
  row(
    'SIO_SET_QOS',
    SIO_SET_QOS,
    'at once',
    setQuality,
    'asks for a quality of service: a WSA_QOS_E… code for what cannot be meant, WSAEOPNOTSUPP for what cannot be given; WSAENOPROTOOPT as for SIO_GET_QOS',
  ),
  row(
    'SIO_SET_GROUP_QOS',
    SIO_SET_GROUP_QOS,
    'at once',
    setGroupQuality,
    'the same for a group; WSAENOPROTOOPT by a socket that has not made it, and as for SIO_GET_QOS',
  ),
  row(
    'SIO_CHK_QOS',
    SIO_CHK_QOS,
    'at once',
    quality,
    'what there is of quality of service: ALLOWED_TO_SEND_DATA, LINE_RATE and their like',
  ),
  row(
    'SIO_BEGIN_FLOWS',
    SIO_BEGIN_FLOWS,
    'at once',
    beginFlows,
    'has a socket of TCP/IP hold to flow specifications: for layers',
  ),
  row('SIO_TRANSLATE_HANDLE', SIO_TRANSLATE_HANDLE, 'at once', missing, 'WSAENOPROTOOPT: no companion interfaces'),
  row(
    'SIO_ROUTING_INTERFACE_QUERY',
    SIO_ROUTING_INTERFACE_QUERY,
    'at once',
    queryRoute,
    'the local address from which an address is reached',
  ),
  row(
    'SIO_ROUTING_INTERFACE_CHANGE',
    SIO_ROUTING_INTERFACE_CHANGE,
    'change',
    askBelow,
    'ends when the answer of SIO_ROUTING_INTERFACE_QUERY has changed; FD_ROUTING_INTERFACE_CHANGE',
  ),
  row(
    'SIO_ADDRESS_LIST_QUERY',
    SIO_ADDRESS_LIST_QUERY,
    'at once',
    queryAddresses,
    "the local addresses of the socket's family; loopback only where there is nothing else",
  ),
  row(
    'SIO_ADDRESS_LIST_CHANGE',
    SIO_ADDRESS_LIST_CHANGE,
    'change',
    askBelow,
    'ends when the local addresses have changed; FD_ADDRESS_LIST_CHANGE',
  ),
  row(
    'SIO_ADDRESS_LIST_SORT',
    SIO_ADDRESS_LIST_SORT,
    'at once',
    sortAddressList,
    'a list of addresses, the best destination first (RFC 6724)',
  ),
  row('SIO_BASE_HANDLE', SIO_BASE_HANDLE, 'unsupported', giveHandleBelow, "the base provider's handle"),
  row('SIO_BSP_HANDLE', SIO_BSP_HANDLE, 'at once', giveOwnHandle, 'the handle by which calls pass through'),
  row('SIO_BSP_HANDLE_SELECT', SIO_BSP_HANDLE_SELECT, 'at once', giveOwnHandle, 'the same, for `select`'),
  row(
    'SIO_BSP_HANDLE_POLL',
    SIO_BSP_HANDLE_POLL,
    'at once',
    giveOwnHandle,
    'the same, for `WSAPoll`; never overlapped',
  ),
  row(
    'SIO_QUERY_TARGET_PNP_HANDLE',
    SIO_QUERY_TARGET_PNP_HANDLE,
    'at once',
    giveHandleBelow,
    'the handle of the layer below',
  ),
  row('SIO_GET_INTERFACE_LIST', SIO_GET_INTERFACE_LIST, 'pends', listInterfaces, 'the interfaces, as INTERFACE_INFO'),
  row(
    'SIO_GET_INTERFACE_LIST_EX',
    SIO_GET_INTERFACE_LIST_EX,
    'pends',
    listInterfaces,
    'the interfaces, as INTERFACE_INFO_EX',
  ),
  row(
    'SIO_IDEAL_SEND_BACKLOG_QUERY',
    SIO_IDEAL_SEND_BACKLOG_QUERY,
    'at once',
    tellIdealBacklog,
    'how much should be in flight: 65536 on every connection',
  ),
  row(
    'SIO_IDEAL_SEND_BACKLOG_CHANGE',
    SIO_IDEAL_SEND_BACKLOG_CHANGE,
    'change',
    askBelow,
    'ends when that has changed, which it never does',
  ),
  row('SIO_KEEPALIVE_VALS', SIO_KEEPALIVE_VALS, 'at once', setKeepAlive, 'keep-alive and its times', {
    marksFirst: true,
  }),
  row(
    'SIO_UDP_CONNRESET',
    SIO_UDP_CONNRESET,
    'at once',
    takeDatagramSwitch,
    'whether a receive tells of a closed port (WSAECONNRESET)',
  ),
  row(
    'SIO_UDP_NETRESET',
    SIO_UDP_NETRESET,
    'at once',
    takeDatagramSwitch,
    'whether a receive tells of an expired time to live (WSAENETRESET); in memory none expires',
  ),
  row(
    'SIO_LOOPBACK_FAST_PATH',
    SIO_LOOPBACK_FAST_PATH,
    'at once',
    takeFastPath,
    'taken before there is a connection, and without effect',
  ),
  row(
    'SIO_RCVALL',
    SIO_RCVALL,
    'at once',
    receiveAll,
    'of raw sockets: may be turned off; it cannot be turned on (WSAEOPNOTSUPP), since no binding gives what passes by',
  ),
  row(
    'SIO_MULTIPOINT_LOOPBACK',
    SIO_MULTIPOINT_LOOPBACK,
    'at once',
    multipoint,
    'whether what is sent to a group comes back: IP_MULTICAST_LOOP',
  ),
  row(
    'SIO_MULTICAST_SCOPE',
    SIO_MULTICAST_SCOPE,
    'at once',
    multipoint,
    'how far what is sent to a group goes: IP_MULTICAST_TTL',
  ),
  row('SIO_TCP_INFO', SIO_TCP_INFO, 'at once', tellTcpInfo, 'state and counts of a connection, as TCP_INFO_v0'),
  row(
    'SIO_ACQUIRE_PORT_RESERVATION',
    SIO_ACQUIRE_PORT_RESERVATION,
    'at once',
    acquirePorts,
    'reserves a block of ports for as long as the socket lives',
  ),
  row(
    'SIO_ASSOCIATE_PORT_RESERVATION',
    SIO_ASSOCIATE_PORT_RESERVATION,
    'at once',
    associatePorts,
    'has the socket get its port from a reserved block, by its token; before it is bound',
  ),
  row(
    'SIO_RELEASE_PORT_RESERVATION',
    SIO_RELEASE_PORT_RESERVATION,
    'at once',
    releasePorts,
    'gives back a block that a socket of this process acquired',
  ),
];

const byCode = new Map(IOCTLS.map((ioctl) => [ioctl.code, ioctl]));

/** The ioctl's row, or `undefined`. */
export function findIoctl(code: number): IoctlRow | undefined {
  return byCode.get(code);
}
