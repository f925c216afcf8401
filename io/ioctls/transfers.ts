// Ioctls about sending, receiving and how a socket waits.
import { WSAEFAULT, WSAEINVAL, WSAENOTCONN, WSAEOPNOTSUPP } from '../../spi/index.js';
import { Readiness, State } from '../core/index.js';
import { EventRegistration } from '../socket/index.js';
import { askBelow, type IoctlHandler } from './request.js';

/** Bytes of a `tcp_keepalive`. */
const TCP_KEEPALIVE_SIZE = 12;
/** What Windows keeps in flight on a connection it knows nothing of yet (measured behaviour 17.6). */
const IDEAL_SEND_BACKLOG = 0x10000;

/** FIONBIO. Measured behaviour 17.2: a socket with a registration stays non-blocking. */
export const setNonBlocking: IoctlHandler = (socket, request) => {
  const value = request.dword;
  if (value === null) return -WSAEFAULT;
  const registered = socket.record !== null && socket.record.registration !== EventRegistration.NONE;
  if (value === 0 && registered) return request.refuse(WSAEINVAL, 0);
  socket.setBlocking(value === 0);
  return 0;
};

/** FIONREAD: what a receive can get; of datagrams the first one (specification: WSAIoctl). */
export const countReadable: IoctlHandler = (socket, request) => request.giveDword(socket.core.available());

/** SIOCATMARK. */
export const tellMark: IoctlHandler = (socket, request) => request.giveDword(socket.core.atMark() ? 1 : 0);

/**
 * SIO_PEER_ENDED: the core's own bit, which stays when the connection breaks. It is the end of what was received only if
 * nothing before it is lost.
 */
export const tellPeerEnded: IoctlHandler = (socket, request) => {
  if (!socket.stream) return -WSAEOPNOTSUPP;
  const ends = socket.core.readiness & (Readiness.PEER_CLOSED | Readiness.RECEIVED_LOST);
  return request.giveDword(ends === Readiness.PEER_CLOSED ? 1 : 0);
};

/** SIO_KEEPALIVE_VALS (measured behaviour 17.3). */
export const setKeepAlive: IoctlHandler = (socket, request, table) => {
  if (!socket.stream) return -WSAEOPNOTSUPP;
  if (request.inputLength < TCP_KEEPALIVE_SIZE) return request.refuse(WSAEFAULT, 0);
  return askBelow(socket, request, table);
};

/**
 * SIO_FLUSH: the sends that wait are cancelled. The specification says so twice, at WSAIoctl and at
 * WSA_OPERATION_ABORTED of WSASend; Windows' TCP has no such ioctl (measured behaviour 17.4). Bytes that have left the
 * front are past discarding: a stream must not have holes.
 */
export const flushSends: IoctlHandler = (socket) => {
  socket.cancelSends();
  return 0;
};

/** SIO_IDEAL_SEND_BACKLOG_QUERY (measured behaviour 17.6). */
export const tellIdealBacklog: IoctlHandler = (socket, request) => {
  if (!socket.stream) return -WSAEOPNOTSUPP;
  if (socket.state !== State.CONNECTED) return -WSAENOTCONN;
  return request.giveDword(IDEAL_SEND_BACKLOG);
};

/** SIO_ENABLE_CIRCULAR_QUEUEING: only for what may lose messages (specification: WSAIoctl). */
export const queueInCircles: IoctlHandler = (socket, request, table) => {
  if (socket.stream) return -WSAEINVAL;
  return askBelow(socket, request, table);
};

/** An ioctl of datagram sockets whose input is a BOOL of one byte or more. */
export const takeDatagramSwitch: IoctlHandler = (socket, request, table) => {
  if (socket.stream) return -WSAEOPNOTSUPP;
  return request.inputLength < 1 ? -WSAEFAULT : askBelow(socket, request, table);
};

/** SIO_LOOPBACK_FAST_PATH: taken before there is a connection; what runs inside one machine is fast here anyway. */
export const takeFastPath: IoctlHandler = (socket, request) => {
  if (!socket.stream) return -WSAEOPNOTSUPP;
  if (request.dword === null) return -WSAEFAULT;
  const early = socket.state === State.UNBOUND || socket.state === State.BOUND;
  return early ? 0 : -WSAEINVAL;
};
