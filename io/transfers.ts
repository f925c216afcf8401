import {
  FD_OOB,
  FD_WRITE,
  FD_WRITE_BIT,
  MSG_DONTROUTE,
  MSG_OOB,
  MSG_PARTIAL,
  MSG_PEEK,
  MSG_WAITALL,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  WSA_INVALID_HANDLE,
  WSA_IO_INCOMPLETE,
  WSA_IO_PENDING,
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
  winsockErrorOfStatus,
  WSS_OPERATION_IN_PROGRESS,
  type LPWSPGETOVERLAPPEDRESULT,
  type LPWSPRECV,
  type LPWSPRECVFROM,
  type LPWSPSEND,
  type LPWSPSENDTO,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type Ref,
  type WSABUF,
  type WSAOVERLAPPED,
  type WSATHREADID,
} from '../spi/index.js';
import { fail } from './failure.js';
import { Readiness } from './core.js';
import { REENABLED, Registration } from './network-events.js';
import { captureBuffers, ReceiveOperation, remaining, SendOperation, totalLength } from './operations.js';
import { timeoutOf } from './option-values.js';
import type { FrontSocket } from './socket.js';
import type { SocketTable } from './socket-table.js';
import { destinationError } from './destination-address.js';
import { copySource, sourceSlot } from './source-address.js';
import { State } from './states.js';

const RECEIVE_FLAGS = MSG_PEEK | MSG_OOB | MSG_PARTIAL | MSG_WAITALL;
const SEND_FLAGS = MSG_OOB | MSG_DONTROUTE | MSG_PARTIAL;
const READ_ENDS = Readiness.READABLE | Readiness.PEER_CLOSED | Readiness.RESET;

/** Makes `WSPSend`, `WSPSendTo`, `WSPRecv`, `WSPRecvFrom` and `WSPGetOverlappedResult` over a table of sockets. */
export function createTransfers(table: SocketTable) {
  const host = table.host;

  /** Receives now if that can be; queues an overlapped receive; waits if the socket is blocking. */
  function receive(
    s: number,
    buffers: WSABUF[],
    count: number,
    lpBytes: Ref<number> | null,
    lpFlags: Ref<number>,
    from: Uint8Array | null,
    fromlen: Ref<number> | null,
    overlapped: WSAOVERLAPPED | null,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID | null,
    lpErrno: Ref<number>,
  ): number {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    if (count === 0) return failWithoutBuffers(socket, lpErrno);
    const flags = lpFlags.value;
    const refused = receiveRefusal(socket, flags, overlapped !== null && socket.overlapped);
    if (refused !== 0) return failReceive(socket, lpErrno, refused);
    if (from !== null && !socket.stream && !(fromlen !== null && fromlen.value >= addressSize(socket))) {
      return failReceive(socket, lpErrno, WSAEFAULT);
    }
    if (overlapped !== null && socket.overlapped) {
      const operation = new ReceiveOperation(
        captureBuffers(buffers, count),
        flags & (MSG_PEEK | MSG_OOB),
        totalLength(buffers, count),
        socket.stream ? null : from,
        socket.stream ? null : fromlen,
        overlapped,
        routine,
        thread,
      );
      return beginReceive(socket, operation, lpBytes, lpFlags, lpErrno);
    }
    // Called back for an operation that is being served, it does not wait behind that.
    const waits = !socket.serving && socket.receivesWait((flags & MSG_OOB) !== 0);
    let result = waits ? -WSAEWOULDBLOCK : tryOnce(socket, buffers, count, flags, from, fromlen);
    if (result === -WSAEWOULDBLOCK && socket.blocking && !socket.serving) {
      result = waitToReceive(socket, buffers, count, flags, from, fromlen);
    } else if (result > 0 && (flags & MSG_WAITALL) !== 0 && socket.blocking && socket.stream && !socket.serving) {
      result = receiveRest(socket, buffers, count, flags, result);
    }
    if (result < 0) return receiveFailed(socket, buffers, count, lpBytes, lpErrno, -result);
    if (lpBytes !== null) lpBytes.value = result;
    lpFlags.value = 0;
    socket.afterReceive();
    return 0;
  }

  function beginReceive(
    socket: FrontSocket,
    operation: ReceiveOperation,
    lpBytes: Ref<number> | null,
    lpFlags: Ref<number>,
    lpErrno: Ref<number>,
  ): number {
    const overlapped = operation.overlapped!;
    const error = socket.receivesWait(operation.urgent) ? WSAEWOULDBLOCK : operation.attempt(socket);
    // A failure at once queues no completion (measured behaviour 31.1).
    if (error !== 0 && error !== WSAEWOULDBLOCK && operation.transferred === 0 && socket.bytesOfError(error, 1) === 0) {
      return failReceive(socket, lpErrno, error);
    }
    host.beginOverlapped(socket.handle, overlapped, operation.routine);
    if (error === WSAEWOULDBLOCK) {
      socket.queueReceive(operation);
      return fail(lpErrno, WSA_IO_PENDING);
    }
    host.ref();
    socket.complete(operation, error);
    socket.afterReceive();
    if (error !== 0) return fail(lpErrno, error);
    if (lpBytes !== null) lpBytes.value = operation.transferred;
    lpFlags.value = 0;
    return 0;
  }

  function waitToReceive(
    socket: FrontSocket,
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: Uint8Array | null,
    fromlen: Ref<number> | null,
  ): number {
    const deadline = deadlineOf(socket, SO_RCVTIMEO);
    const wanted = (flags & MSG_OOB) !== 0 ? Readiness.OUT_OF_BAND | Readiness.RESET : READ_ENDS;
    let received = 0;
    for (;;) {
      const ended = host.wait(
        () =>
          socket.state === State.CLOSED ||
          socket.receiveError !== 0 ||
          (!socket.receivesWait((flags & MSG_OOB) !== 0) && (socket.core.readiness & wanted) !== 0),
        deadline,
        'continue',
        `recv on socket ${socket.handle} (${socket.entry.szProtocol})`,
      );
      if (ended === 'timeout') return received > 0 ? received : -WSAETIMEDOUT;
      if (ended === 'interrupted' || socket.state === State.CLOSED) return -WSAEINTR;
      if (socket.receiveError !== 0) return -socket.receiveError;
      const result = tryOnce(socket, buffers, count, flags, from, fromlen);
      if (result === -WSAEWOULDBLOCK) continue;
      if (result > 0 && (flags & MSG_WAITALL) !== 0 && socket.stream) {
        received = receiveRest(socket, buffers, count, flags, result);
        return received;
      }
      return result;
    }
  }

  /** MSG_WAITALL: fills the buffers before it returns, unless the stream ends, fails or times out first. */
  function receiveRest(socket: FrontSocket, buffers: WSABUF[], count: number, flags: number, first: number): number {
    const total = totalLength(buffers, count);
    const plain = flags & ~MSG_WAITALL;
    let received = first;
    while (received < total && (flags & MSG_PEEK) === 0) {
      const rest = remaining(buffers, count, received);
      let result = tryOnce(socket, rest, rest.length, plain, null, null);
      if (result === -WSAEWOULDBLOCK) result = waitToReceive(socket, rest, rest.length, plain, null, null);
      if (result <= 0) break;
      received += result;
    }
    return received;
  }

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
      if (record !== null && record.registration !== Registration.MESSAGE) record.indicate(FD_WRITE, FD_WRITE_BIT, 0);
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
    const waits = socket.sends !== null && !socket.serving;
    const blocking = socket.blocking && !socket.serving;
    let result = waits ? -WSAEWOULDBLOCK : socket.core.trySend(buffers, count, flags, destination, tolen, 0);
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
      captureBuffers(buffers, count),
      flags,
      totalLength(buffers, count),
      to === null ? null : to.slice(0, tolen),
      overlapped,
      routine,
      thread,
    );
    const error = socket.sends !== null ? WSAEWOULDBLOCK : operation.attempt(socket);
    if (error !== 0 && error !== WSAEWOULDBLOCK && operation.transferred === 0) return fail(lpErrno, error);
    host.beginOverlapped(socket.handle, overlapped, routine);
    if (error === WSAEWOULDBLOCK) {
      socket.queueSend(operation);
      return fail(lpErrno, WSA_IO_PENDING);
    }
    host.ref();
    socket.complete(operation, error);
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
    const deadline = deadlineOf(socket, SO_SNDTIMEO);
    let sent = already;
    for (;;) {
      const ended = host.wait(
        () =>
          socket.state === State.CLOSED ||
          socket.sendError !== 0 ||
          (socket.sends === null && (socket.core.readiness & (Readiness.WRITABLE | Readiness.RESET)) !== 0),
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
      sent += result;
      if (sent >= total || !socket.stream) return sent;
    }
  }

  const lpWSPRecv: LPWSPRECV = (s, buffers, count, lpBytes, lpFlags, overlapped, routine, thread, lpErrno) => {
    const socket = table.find(s);
    // The path of an event-driven program: a ready socket, nothing waiting, no flags.
    if (socket !== undefined && socket.receiveError === 0 && lpFlags.value === 0 && socket.receives === null) {
      if (overlapped === null && count > 0 && (socket.stream || socket.state !== State.UNBOUND)) {
        const result = socket.core.tryReceive(buffers, count, 0, null);
        if (result >= 0) {
          if (lpBytes !== null) lpBytes.value = result;
          if (socket.record !== null) socket.afterReceive();
          return 0;
        }
        if (result !== -WSAEWOULDBLOCK || !socket.blocking)
          return receiveFailed(socket, buffers, count, lpBytes, lpErrno, -result);
      }
    }
    return receive(s, buffers, count, lpBytes, lpFlags, null, null, overlapped, routine, thread, lpErrno);
  };

  const lpWSPRecvFrom: LPWSPRECVFROM = receive;

  const lpWSPSend: LPWSPSEND = (s, buffers, count, lpBytes, flags, overlapped, routine, thread, lpErrno) => {
    const socket = table.find(s);
    // The path of an event-driven program: one buffer, which all goes out.
    if (socket !== undefined && socket.sendError === 0 && flags === 0 && count === 1 && overlapped === null) {
      if (socket.stream && socket.sends === null) {
        if (socket.record !== null) socket.record.reenable(REENABLED.send);
        const wanted = buffers[0]!.len;
        const result = socket.core.trySend(buffers, 1, 0, null, 0, 0);
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

  const lpWSPGetOverlappedResult: LPWSPGETOVERLAPPEDRESULT = (
    s,
    overlapped,
    lpcbTransfer,
    fWait,
    lpdwFlags,
    lpErrno,
  ) => {
    if (table.find(s) === undefined) return fail(lpErrno, WSAENOTSOCK) === 0;
    if (overlapped.Internal === WSS_OPERATION_IN_PROGRESS && !fWait) {
      host.poll();
    } else if (overlapped.Internal === WSS_OPERATION_IN_PROGRESS) {
      // Without an event object the socket itself is waited on (measured behaviour 36.1); the lowest bit is no part of it (31.5).
      const event = (overlapped.hEvent ?? 0) & ~1;
      if (event !== 0 && !host.isEvent(event)) return fail(lpErrno, WSA_INVALID_HANDLE) === 0;
      const done = (): boolean => overlapped.Internal !== WSS_OPERATION_IN_PROGRESS;
      const ended = host.wait(done, Infinity, 'no', `WSAGetOverlappedResult on socket ${s}`);
      if (ended !== 'condition') return fail(lpErrno, WSAEINTR) === 0;
    }
    if (overlapped.Internal === WSS_OPERATION_IN_PROGRESS) return fail(lpErrno, WSA_IO_INCOMPLETE) === 0;
    lpcbTransfer.value = overlapped.InternalHigh;
    const error = winsockErrorOfStatus(overlapped.Internal);
    if (error !== 0) return fail(lpErrno, error) === 0;
    lpdwFlags.value = host.overlappedFlags(overlapped);
    return true;
  };

  function deadlineOf(socket: FrontSocket, optname: number): number {
    const timeout = timeoutOf(socket, optname);
    return timeout === 0 ? Infinity : host.clock.now() + timeout;
  }

  return { lpWSPRecv, lpWSPRecvFrom, lpWSPSend, lpWSPSendTo, lpWSPGetOverlappedResult };
}

/** A receive failed; of a datagram that was too long, what fits is there all the same. */
function receiveFailed(
  socket: FrontSocket,
  buffers: WSABUF[],
  count: number,
  lpBytes: Ref<number> | null,
  lpErrno: Ref<number>,
  error: number,
): number {
  const bytes = socket.bytesOfError(error, totalLength(buffers, count));
  if (lpBytes !== null && bytes > 0) lpBytes.value = bytes;
  return failReceive(socket, lpErrno, error);
}

/** A receive that fails re-enables FD_READ all the same. It says nothing of out-of-band data, which stays recorded. */
function failReceive(socket: FrontSocket, lpErrno: Ref<number>, error: number): number {
  if (error !== WSAEWOULDBLOCK) {
    socket.afterReceive();
  } else if (socket.record !== null) {
    const left = (socket.core.readiness & Readiness.OUT_OF_BAND) !== 0 ? FD_OOB : 0;
    socket.record.reenable(REENABLED.receive, left);
  }
  return fail(lpErrno, error);
}

/** A receive without buffers is none. To a window it re-enables FD_READ and FD_OOB, to an event object it does not (19.4.4). */
function failWithoutBuffers(socket: FrontSocket, lpErrno: Ref<number>): number {
  if (socket.record?.registration === Registration.MESSAGE) socket.afterReceive();
  return fail(lpErrno, WSAEINVAL);
}

function receiveRefusal(socket: FrontSocket, flags: number, overlapped: boolean): number {
  if ((flags & ~RECEIVE_FLAGS) !== 0) return WSAEINVAL;
  if ((flags & MSG_PARTIAL) !== 0) return WSAEOPNOTSUPP;
  if ((flags & MSG_PEEK) !== 0 && overlapped && (flags & MSG_WAITALL) !== 0) return WSAEOPNOTSUPP;
  if ((flags & MSG_OOB) !== 0 && !socket.stream) return WSAEOPNOTSUPP;
  if (!socket.stream && socket.state === State.UNBOUND) return WSAEINVAL;
  return socket.receiveError;
}

function sendRefusal(socket: FrontSocket, flags: number, to: Uint8Array | null, tolen: number): number {
  if ((flags & ~SEND_FLAGS) !== 0) return WSAEINVAL;
  if ((flags & MSG_PARTIAL) !== 0) return WSAEOPNOTSUPP;
  if (socket.stream) return socket.sendError;
  if ((flags & MSG_OOB) !== 0) return WSAEOPNOTSUPP;
  if (socket.sendShutdown) return WSAESHUTDOWN;
  if (to === null) return socket.state === State.CONNECTED ? 0 : tolen === 0 ? WSAENOTCONN : WSAEDESTADDRREQ;
  return tolen < addressSize(socket) ? WSAEFAULT : destinationError(socket, to);
}

function addressSize(socket: FrontSocket): number {
  return socket.entry.iMinSockAddr;
}

function tryOnce(
  socket: FrontSocket,
  buffers: WSABUF[],
  count: number,
  flags: number,
  from: Uint8Array | null,
  fromlen: Ref<number> | null,
): number {
  if (socket.stream || from === null) return socket.core.tryReceive(buffers, count, flags & (MSG_PEEK | MSG_OOB), null);
  const result = socket.core.tryReceive(buffers, count, flags & (MSG_PEEK | MSG_OOB), sourceSlot);
  if (result >= 0 || socket.bytesOfError(-result, 1) > 0) copySource(from, fromlen);
  return result;
}
