// WSPRecv and WSPRecvFrom.
import {
  FD_OOB,
  MSG_OOB,
  MSG_PARTIAL,
  MSG_PEEK,
  MSG_WAITALL,
  SO_RCVTIMEO,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINTR,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type LPWSPRECV,
  type LPWSPRECVFROM,
  type Ref,
  type WSABUF,
  type WSAOVERLAPPED,
  type WSATHREADID,
} from '../../spi/index.js';
import { captureBuffers, Readiness, remaining, State, totalLength } from '../core/index.js';
import {
  bytesOfError,
  completeOperation,
  copySource,
  ReceiveOperation,
  REENABLED,
  EventRegistration,
  sourceSlot,
  type FrontSocket,
  type SocketTable,
} from '../socket/index.js';
import { fail } from './failure.js';
import { takesParts } from './sending.js';

const RECEIVE_FLAGS = MSG_PEEK | MSG_OOB | MSG_PARTIAL | MSG_WAITALL;
/** What a core is told. */
const CORE_FLAGS = MSG_PEEK | MSG_OOB | MSG_PARTIAL;
const READ_ENDS = Readiness.READABLE | Readiness.PEER_CLOSED | Readiness.RESET;

/** Makes `WSPRecv` and `WSPRecvFrom` over a table of sockets. */
export function createReceives(table: SocketTable) {
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
    if (from !== null && !socket.stream && !(fromlen !== null && fromlen.value >= socket.entry.iMinSockAddr)) {
      return failReceive(socket, lpErrno, WSAEFAULT);
    }
    if (overlapped !== null && socket.overlapped) {
      const operation = new ReceiveOperation(
        socket,
        captureBuffers(buffers, count),
        flags & CORE_FLAGS,
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
    } else if (result > 0 && (flags & MSG_WAITALL) !== 0 && socket.blocking && ofBytes(socket) && !socket.serving) {
      result = receiveRest(socket, buffers, count, flags, result);
    }
    if (result < 0) return receiveFailed(socket, buffers, count, lpBytes, lpErrno, -result);
    if (lpBytes !== null) lpBytes.value = result;
    lpFlags.value = socket.keepsBoundaries && socket.core.receivedPart === true ? MSG_PARTIAL : 0;
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
    const error = socket.receivesWait(operation.urgent) ? WSAEWOULDBLOCK : operation.attempt();
    // A failure at once queues no completion (measured behaviour 31.1).
    if (error !== 0 && error !== WSAEWOULDBLOCK && operation.transferred === 0 && bytesOfError(error, 1) === 0) {
      return failReceive(socket, lpErrno, error);
    }
    host.beginOverlapped(socket.handle, overlapped, operation.routine);
    if (error === WSAEWOULDBLOCK) {
      socket.queueReceive(operation);
      return fail(lpErrno, WSA_IO_PENDING);
    }
    host.ref();
    completeOperation(socket, operation, error);
    socket.afterReceive();
    if (error !== 0) return fail(lpErrno, error);
    if (lpBytes !== null) lpBytes.value = operation.transferred;
    lpFlags.value = operation.resultFlags;
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
    socket.receiveBlocked();
    try {
      return waitForData(socket, buffers, count, flags, from, fromlen);
    } finally {
      socket.receiveUnblocked();
    }
  }

  function waitForData(
    socket: FrontSocket,
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: Uint8Array | null,
    fromlen: Ref<number> | null,
  ): number {
    const deadline = socket.deadline(SO_RCVTIMEO);
    const wanted = (flags & MSG_OOB) !== 0 ? Readiness.OUT_OF_BAND | Readiness.RESET : READ_ENDS;
    for (;;) {
      const ended = host.wait(
        () =>
          socket.state === State.CLOSED ||
          socket.waitingReceiveError !== 0 ||
          (!socket.receivesWait((flags & MSG_OOB) !== 0) && (socket.core.readiness & wanted) !== 0),
        deadline,
        'continue',
        `recv on socket ${socket.handle} (${socket.entry.szProtocol})`,
      );
      if (ended === 'timeout') return -WSAETIMEDOUT;
      if (ended === 'interrupted' || socket.state === State.CLOSED) return -WSAEINTR;
      if (socket.waitingReceiveError !== 0) return -socket.waitingReceiveError;
      const result = tryOnce(socket, buffers, count, flags, from, fromlen);
      if (result === -WSAEWOULDBLOCK) continue;
      if (result > 0 && (flags & MSG_WAITALL) !== 0 && ofBytes(socket)) {
        return receiveRest(socket, buffers, count, flags, result);
      }
      return result;
    }
  }

  /** MSG_WAITALL: fills the buffers before it returns, unless the stream ends, fails or times out first. */
  function receiveRest(socket: FrontSocket, buffers: WSABUF[], count: number, flags: number, first: number): number {
    const total = totalLength(buffers, count);
    const plain = flags & ~MSG_WAITALL;
    let received = first;
    socket.receiveBlocked();
    while (received < total && (flags & MSG_PEEK) === 0) {
      const rest = remaining(buffers, count, received);
      if (rest === null) break;
      let result = tryOnce(socket, rest, rest.length, plain, null, null);
      if (result === -WSAEWOULDBLOCK) result = waitToReceive(socket, rest, rest.length, plain, null, null);
      if (result <= 0) break;
      received += result;
    }
    socket.receiveUnblocked();
    return received;
  }

  const lpWSPRecv: LPWSPRECV = (s, buffers, count, lpBytes, lpFlags, overlapped, routine, thread, lpErrno) => {
    const socket = table.find(s);
    // The path of an event-driven program: a ready socket, nothing waiting, no flags.
    if (socket !== undefined && socket.receiveError === 0 && lpFlags.value === 0 && !socket.hasReceives) {
      if (
        overlapped === null &&
        count > 0 &&
        !socket.keepsBoundaries &&
        (socket.stream || socket.state !== State.UNBOUND)
      ) {
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

  return { lpWSPRecv, lpWSPRecvFrom };
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
  const bytes = bytesOfError(error, totalLength(buffers, count));
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

/**
 * A receive without buffers is none. To a window it re-enables FD_READ and FD_OOB, to an event object it does not
 * (19.4.4).
 */
function failWithoutBuffers(socket: FrontSocket, lpErrno: Ref<number>): number {
  if (socket.record?.registration === EventRegistration.MESSAGE) socket.afterReceive();
  return fail(lpErrno, WSAEINVAL);
}

function receiveRefusal(socket: FrontSocket, flags: number, overlapped: boolean): number {
  if ((flags & ~RECEIVE_FLAGS) !== 0) return WSAEINVAL;
  if ((flags & MSG_PARTIAL) !== 0 && !takesParts(socket)) return WSAEOPNOTSUPP;
  if ((flags & MSG_PEEK) !== 0 && overlapped && (flags & MSG_WAITALL) !== 0) return WSAEOPNOTSUPP;
  if ((flags & MSG_OOB) !== 0 && !socket.stream) return WSAEOPNOTSUPP;
  if (!socket.stream && socket.state === State.UNBOUND) return WSAEINVAL;
  return socket.receiveError;
}

/** Whether it is a stream of bytes, in which no message ends. */
function ofBytes(socket: FrontSocket): boolean {
  return socket.stream && !socket.keepsBoundaries;
}

function tryOnce(
  socket: FrontSocket,
  buffers: WSABUF[],
  count: number,
  flags: number,
  from: Uint8Array | null,
  fromlen: Ref<number> | null,
): number {
  if (socket.stream || from === null) return socket.core.tryReceive(buffers, count, flags & CORE_FLAGS, null);
  const result = socket.core.tryReceive(buffers, count, flags & CORE_FLAGS, sourceSlot);
  if (result >= 0 || bytesOfError(-result, 1) > 0) copySource(from, fromlen);
  return result;
}
