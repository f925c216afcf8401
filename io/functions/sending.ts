// WSPSend and WSPSendTo.
import {
  copyOfBytes,
  FD_WRITE,
  FD_WRITE_BIT,
  MSG_DONTROUTE,
  MSG_OOB,
  MSG_PARTIAL,
  SO_SNDTIMEO,
  SOCK_DGRAM,
  WSA_IO_PENDING,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAEDESTADDRREQ,
  WSAEFAULT,
  WSAEINTR,
  WSAEINVAL,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  XP1_PARTIAL_MESSAGE,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type LPWSPSEND,
  type LPWSPSENDTO,
  type Ref,
  type WSABUF,
  type WSAOVERLAPPED,
  type WSATHREADID,
} from '../../spi/index.js';
import { captureBuffers, familyOf, lacksPort, Readiness, State, totalLength } from '../core/index.js';
import {
  completeOperation,
  REENABLED,
  EventRegistration,
  SendOperation,
  stalled,
  type FrontSocket,
  type SocketTable,
} from '../socket/index.js';
import { fail } from './failure.js';

const SEND_FLAGS = MSG_OOB | MSG_DONTROUTE | MSG_PARTIAL;

/** Makes `WSPSend` and `WSPSendTo` over a table of sockets. */
export function createSends(table: SocketTable) {
  const host = table.host;

  /** Sends now what fits; queues an overlapped send; waits until all is gone if the socket is blocking. */
  function send(
    s: number,
    buffers: WSABUF[],
    count: number,
    lpBytes: Ref<number> | null,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    overlapped: WSAOVERLAPPED | null,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID | null,
    lpErrno: Ref<number>,
  ): number {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const record = socket.record;
    if (record !== null) record.reenable(REENABLED.send);
    const refused = sendRefusal(socket, flags, to, tolen);
    if (refused !== 0) return fail(lpErrno, refused);
    if (!socket.stream && socket.state === State.UNBOUND) {
      socket.enter(State.BOUND);
      // As bind does (measured behaviour 19.2.6); a window was told when it was registered.
      if (record !== null && record.registration !== EventRegistration.MESSAGE)
        record.indicate(FD_WRITE, FD_WRITE_BIT, 0);
    }
    const destination = socket.stream ? null : to;
    if (overlapped !== null && socket.overlapped) {
      return beginSend(
        socket,
        buffers,
        count,
        lpBytes,
        flags,
        destination,
        tolen,
        overlapped,
        routine,
        thread,
        lpErrno,
      );
    }
    const waits = socket.hasSends && !socket.serving;
    const blocking = socket.blocking && !socket.serving;
    let result = -WSAEWOULDBLOCK;
    if (!waits) {
      const { core } = socket;
      result =
        blocking || !socket.stream || core.trySendWhole === undefined
          ? core.trySend(buffers, count, flags, destination, tolen, 0)
          : core.trySendWhole(buffers, count, flags);
    }
    if (blocking && socket.stream) {
      if (result === -WSAEWOULDBLOCK || (result >= 0 && result < totalLength(buffers, count))) {
        result = waitToSend(socket, buffers, count, flags, destination, tolen, Math.max(result, 0));
      }
    } else if (result === -WSAEWOULDBLOCK) {
      if (blocking) result = waitToSend(socket, buffers, count, flags, destination, tolen, 0);
      else socket.sendFoundNoRoom();
    }
    if (result < 0) return fail(lpErrno, -result);
    if (lpBytes !== null) lpBytes.value = result;
    return 0;
  }

  function beginSend(
    socket: FrontSocket,
    buffers: WSABUF[],
    count: number,
    lpBytes: Ref<number> | null,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    overlapped: WSAOVERLAPPED,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID | null,
    lpErrno: Ref<number>,
  ): number {
    const operation = new SendOperation(
      socket,
      captureBuffers(buffers, count),
      flags,
      totalLength(buffers, count),
      to === null ? null : copyOfBytes(to, tolen),
      overlapped,
      routine,
      thread,
    );
    const error = socket.hasSends ? WSAEWOULDBLOCK : operation.attempt();
    if (error !== 0 && error !== WSAEWOULDBLOCK && operation.transferred === 0) return fail(lpErrno, error);
    host.beginOverlapped(socket.handle, overlapped, routine);
    if (error === WSAEWOULDBLOCK) {
      socket.queueSend(operation);
      return fail(lpErrno, WSA_IO_PENDING);
    }
    host.ref();
    completeOperation(socket, operation, error);
    if (error !== 0) return fail(lpErrno, error);
    if (lpBytes !== null) lpBytes.value = operation.transferred;
    return 0;
  }

  function waitToSend(
    socket: FrontSocket,
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    already: number,
  ): number {
    const total = totalLength(buffers, count);
    const deadline = socket.deadline(SO_SNDTIMEO);
    let sent = already;
    for (;;) {
      const ended = host.wait(
        () =>
          socket.state === State.CLOSED ||
          socket.sendError !== 0 ||
          (!socket.hasSends && (socket.core.readiness & (Readiness.WRITABLE | Readiness.RESET)) !== 0),
        deadline,
        'continue',
        `send on socket ${socket.handle} (${socket.entry.szProtocol})`,
      );
      if (ended === 'timeout') return sent > 0 ? sent : -WSAETIMEDOUT;
      if (ended === 'interrupted' || socket.state === State.CLOSED) return sent > 0 ? sent : -WSAEINTR;
      if (socket.sendError !== 0) return -socket.sendError;
      const result = socket.core.trySend(buffers, count, flags, to, tolen, sent);
      if (result === -WSAEWOULDBLOCK) continue;
      if (result < 0) return result;
      if (result === 0 && sent < total) return -stalled(socket);
      sent += result;
      if (sent >= total || !socket.stream) return sent;
    }
  }

  const lpWSPSend: LPWSPSEND = (s, buffers, count, lpBytes, flags, overlapped, routine, thread, lpErrno) => {
    const socket = table.find(s);
    // The path of an event-driven program: one buffer, which all goes out.
    if (socket !== undefined && socket.sendError === 0 && flags === 0 && count === 1 && overlapped === null) {
      if (socket.stream && !socket.hasSends) {
        if (socket.record !== null) socket.record.reenable(REENABLED.send);
        const wanted = buffers[0]!.len;
        const { core } = socket;
        const result =
          socket.blocking || core.trySendWhole === undefined
            ? core.trySend(buffers, 1, 0, null, 0, 0)
            : core.trySendWhole(buffers, 1, 0);
        if (result === wanted || (result >= 0 && !socket.blocking)) {
          if (lpBytes !== null) lpBytes.value = result;
          return 0;
        }
        return sendSlowly(socket, buffers, result, lpBytes, lpErrno);
      }
    }
    return send(s, buffers, count, lpBytes, flags, null, 0, overlapped, routine, thread, lpErrno);
  };

  /** What becomes of one buffer that did not all go out at once. */
  function sendSlowly(
    socket: FrontSocket,
    buffers: WSABUF[],
    first: number,
    lpBytes: Ref<number> | null,
    lpErrno: Ref<number>,
  ): number {
    let result = first;
    if (socket.blocking && (result >= 0 || result === -WSAEWOULDBLOCK)) {
      result = waitToSend(socket, buffers, 1, 0, null, 0, Math.max(result, 0));
    } else if (result === -WSAEWOULDBLOCK) {
      socket.sendFoundNoRoom();
    }
    if (result < 0) return fail(lpErrno, -result);
    if (lpBytes !== null) lpBytes.value = result;
    return 0;
  }

  const lpWSPSendTo: LPWSPSENDTO = send;

  return { lpWSPSend, lpWSPSendTo };
}

/** Whether its protocol carries a message in parts (MSG_PARTIAL). */
export function takesParts({ stream, entry }: FrontSocket): boolean {
  return stream && (entry.dwServiceFlags1 & XP1_PARTIAL_MESSAGE) !== 0;
}

function sendRefusal(socket: FrontSocket, flags: number, to: Uint8Array | null, tolen: number): number {
  if ((flags & ~SEND_FLAGS) !== 0) return WSAEINVAL;
  if ((flags & MSG_PARTIAL) !== 0 && !takesParts(socket)) return WSAEOPNOTSUPP;
  if (socket.stream) return socket.sendError;
  if ((flags & MSG_OOB) !== 0) return WSAEOPNOTSUPP;
  if (socket.sendShutdown) return WSAESHUTDOWN;
  if (to === null) return socket.state === State.CONNECTED ? 0 : tolen === 0 ? WSAENOTCONN : WSAEDESTADDRREQ;
  return tolen < socket.entry.iMinSockAddr ? WSAEFAULT : destinationError(socket, to);
}

/**
 * Tells what is wrong with the address that a datagram is to go to, before systems give answers of their own
 * (specification: sendto).
 *
 * @param to a sockaddr, as long as those of the socket's family
 * @returns 0; WSAEAFNOSUPPORT for another family, WSAEADDRNOTAVAIL for a datagram to port 0
 */
export function destinationError(socket: FrontSocket, to: Uint8Array): number {
  if (familyOf(to) !== socket.family) return WSAEAFNOSUPPORT;
  return socket.type === SOCK_DGRAM && lacksPort(to) ? WSAEADDRNOTAVAIL : 0;
}
