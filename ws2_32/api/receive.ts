import {
  areBytes,
  isAddressRoom,
  isEmptyBuffer,
  isNull,
  isRef,
  isScalar,
  NO_BYTES,
  noBytes,
} from '../../spi/arguments.js';
import {
  MSG_PARTIAL,
  ref,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type Ref,
  type SOCKET,
  type WSABUF,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { Dispatcher, SocketRecord, TransferFrame } from '../dispatcher/index.js';
import { endTransfer, isConnectionless, isToldByBoth, isTransferRoom } from './transfers.js';

/** Receiving. */
export type ReceiveFunctions = ReturnType<typeof createReceiveFunctions>;

/** Makes the functions that receive (specification: recv, recvfrom, WSARecv, WSARecvFrom). */
export function createReceiveFunctions(dispatcher: Dispatcher) {
  const { handed, host } = dispatcher;
  const { thread } = host;

  /**
   * Refuses a receive for its arguments. Where events are posted to a window the provider is told of the call, by one
   * without buffers, because a call that fails re-enables FD_READ and FD_OOB as well (specification: WSAAsyncSelect).
   */
  function refuseReceive(record: SocketRecord, error: number): number {
    if (record.postsMessages) {
      const { provider, handle } = record;
      const frame = dispatcher.enter();
      try {
        const { lpWSPRecv } = provider.procedures;
        const result = lpWSPRecv(handle, [], 0, ref(0), ref(0), null, null, thread, frame.errno);
        dispatcher.leave(frame, provider, 'WSPRecv', result, handle);
      } catch (cause) {
        dispatcher.contain(frame, provider, 'WSPRecv', cause, handle);
      }
    }
    return dispatcher.fail(error);
  }

  /** 0, or what a receive into these buffers fails with: WSAEFAULT, or WSAEINVAL. */
  function receiveRefusal(total: number, count: number, s: SOCKET, overlapped: unknown, routine: unknown): number {
    if (total < 0) return WSAEFAULT;
    return count === 0 || isToldByBoth(dispatcher, s, overlapped, routine) ? WSAEINVAL : 0;
  }

  /** Gives the frame of a refused receive back. A window is told, but not of a call that both would have told of. */
  function refuseCaptured(frame: TransferFrame, record: SocketRecord, error: number, count: number): number {
    frame.release();
    return error === WSAEFAULT || count === 0 ? refuseReceive(record, error) : dispatcher.fail(error);
  }

  return {
    /**
     * Receives on a socket (specification: recv).
     *
     * @param s a connected socket, or a datagram socket with a name
     * @param buf filled from its start; `null` if `len` is 0
     * @param len how many bytes to take at most, 0 to `buf.length`
     * @param flags MSG_PEEK, MSG_OOB, MSG_PARTIAL
     * @returns the number of bytes received, 0 when the peer has ended a stream, or SOCKET_ERROR with
     *   WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (no room for `len` bytes), WSAENOTCONN, WSAESHUTDOWN, WSAEWOULDBLOCK
     *   (non-blocking, nothing there), WSAEMSGSIZE (message cut off), WSAEINVAL, WSAEOPNOTSUPP, WSAECONNRESET,
     *   WSAECONNABORTED, WSAEINTR, WSAETIMEDOUT
     */
    recv(s: SOCKET, buf: Uint8Array | null, len: number, flags: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!areBytes(buf, len) && !isEmptyBuffer(buf, len)) return refuseReceive(record, WSAEFAULT);
      if (!isScalar(flags)) return refuseReceive(record, WSAEINVAL);
      const { provider } = record;
      const { lpWSPRecv } = provider.procedures;
      const frame = dispatcher.enterTransfer(record, buf ?? noBytes(), len, flags);
      const { buffers, bytes, flags: lpFlags, errno } = frame;
      try {
        const result = lpWSPRecv(s, buffers, 1, bytes, lpFlags, null, null, thread, errno);
        const partial = isPartial(lpFlags.value);
        const count = dispatcher.leaveTransfer(frame, provider, 'WSPRecv', result, len, s);
        return partial && count >= 0 ? dispatcher.fail(WSAEMSGSIZE) : count;
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPRecv', cause, s);
      }
    },

    /**
     * Receives a datagram and its source (specification: recvfrom).
     *
     * @param s a socket with a name
     * @param buf filled from its start; `null` if `len` is 0
     * @param len how many bytes to take at most, 0 to `buf.length`
     * @param flags MSG_PEEK, MSG_OOB, MSG_PARTIAL
     * @param from filled with the source's sockaddr, or `null`; untouched on connection-oriented sockets
     * @param fromlen in: room in `from`; out: length of the sockaddr
     * @returns the number of bytes received, or SOCKET_ERROR with the errors of `recv`, WSAEFAULT for bad or too little
     *   room for the address, WSAEINVAL (no name yet), WSAECONNRESET (an earlier datagram found no one)
     */
    recvfrom(
      s: SOCKET,
      buf: Uint8Array | null,
      len: number,
      flags: number,
      from: Uint8Array | null,
      fromlen: Ref<number> | null,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!areBytes(buf, len) && !isEmptyBuffer(buf, len)) return refuseReceive(record, WSAEFAULT);
      if (!isScalar(flags)) return refuseReceive(record, WSAEINVAL);
      const wanted = isConnectionless(record) && !isNull(from);
      if (wanted && !isAddressRoom(from, fromlen)) return refuseReceive(record, WSAEFAULT);
      const { provider } = record;
      const { lpWSPRecvFrom } = provider.procedures;
      const source = wanted ? from : null;
      const sourceLength = wanted ? fromlen : null;
      const frame = dispatcher.enterTransfer(record, buf ?? noBytes(), len, flags);
      const { bytes, buffers, flags: lpFlags, errno } = frame;
      try {
        const result = lpWSPRecvFrom(s, buffers, 1, bytes, lpFlags, source, sourceLength, null, null, thread, errno);
        const partial = isPartial(lpFlags.value);
        const count = dispatcher.leaveTransfer(frame, provider, 'WSPRecvFrom', result, len, s);
        return partial && count >= 0 ? dispatcher.fail(WSAEMSGSIZE) : count;
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPRecvFrom', cause, s);
      }
    },

    /**
     * Receives into several buffers, overlapped if asked to (specification: WSARecv).
     *
     * @param s a connected socket, or a datagram socket with a name
     * @param lpBuffers the buffers, captured at the call, filled in order
     * @param dwBufferCount how many of them count, at least 1
     * @param lpNumberOfBytesRecvd the bytes received, when the call ends at once; may be `null` with `lpOverlapped`
     * @param lpFlags in: MSG_PEEK, MSG_OOB, MSG_PARTIAL; out: MSG_PARTIAL, MSG_OOB
     * @param lpOverlapped the operation's state, or `null`
     * @param lpCompletionRoutine called in an alertable wait when the operation has ended, or `null`
     * @returns 0, or SOCKET_ERROR with the errors of `recv`, WSAEFAULT (bad buffers or flags, or nowhere to put the
     *   count), WSAEINVAL (no buffers), WSAEDISCON (the peer has ended a message-oriented connection), or
     *   WSA_IO_PENDING
     */
    WSARecv(
      s: SOCKET,
      lpBuffers: WSABUF[],
      dwBufferCount: number,
      lpNumberOfBytesRecvd: Ref<number> | null,
      lpFlags: Ref<number>,
      lpOverlapped: WSAOVERLAPPED | null,
      lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isRef(lpFlags) || !isTransferRoom(lpNumberOfBytesRecvd, lpOverlapped, lpCompletionRoutine)) {
        return refuseReceive(record, WSAEFAULT);
      }
      const asked = lpFlags.value;
      if (!isScalar(asked)) return refuseReceive(record, WSAEINVAL);
      const frame = dispatcher.enterTransfer(record, NO_BYTES, 0, asked);
      const total = frame.capture(lpBuffers, dwBufferCount);
      const refused = receiveRefusal(total, dwBufferCount, s, lpOverlapped, lpCompletionRoutine);
      if (refused !== 0) return refuseCaptured(frame, record, refused, dwBufferCount);
      const { provider } = record;
      const { lpWSPRecv } = provider.procedures;
      const received = lpNumberOfBytesRecvd ?? null;
      const operation = handed.handOver(provider, lpOverlapped, total);
      const { buffers, bytes, flags, errno } = frame;
      try {
        const result = lpWSPRecv(
          s,
          buffers,
          dwBufferCount,
          received === null ? null : bytes,
          flags,
          lpOverlapped ?? null,
          lpCompletionRoutine ?? null,
          thread,
          errno,
        );
        if (flags.value !== asked) lpFlags.value = flags.value;
        return endTransfer(dispatcher, frame, provider, 'WSPRecv', result, received, total, s, operation);
      } catch (cause) {
        if (operation !== null) operation.over = true;
        return dispatcher.contain(frame, provider, 'WSPRecv', cause, s);
      }
    },

    /**
     * Receives a datagram into several buffers, with its source, overlapped if asked to (specification: WSARecvFrom).
     *
     * @param s a socket with a name
     * @param lpBuffers the buffers, captured at the call, filled in order
     * @param dwBufferCount how many of them count, at least 1
     * @param lpNumberOfBytesRecvd the bytes received, when the call ends at once; may be `null` with `lpOverlapped`
     * @param lpFlags in: MSG_PEEK, MSG_OOB, MSG_PARTIAL; out: MSG_PARTIAL, MSG_OOB
     * @param lpFrom filled with the source's sockaddr at completion, or `null`; untouched on connection-oriented
     *   sockets
     * @param lpFromlen in: room in `lpFrom`; out: length of the sockaddr
     * @param lpOverlapped the operation's state, or `null`
     * @param lpCompletionRoutine called in an alertable wait when the operation has ended, or `null`
     * @returns 0, or SOCKET_ERROR with the errors of `recvfrom`, WSAEFAULT (bad buffers, flags or address, or nowhere
     *   to put the count), WSAEINVAL (no buffers), or WSA_IO_PENDING
     */
    WSARecvFrom(
      s: SOCKET,
      lpBuffers: WSABUF[],
      dwBufferCount: number,
      lpNumberOfBytesRecvd: Ref<number> | null,
      lpFlags: Ref<number>,
      lpFrom: Uint8Array | null,
      lpFromlen: Ref<number> | null,
      lpOverlapped: WSAOVERLAPPED | null,
      lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      const wanted = isConnectionless(record) && !isNull(lpFrom);
      if (
        !isRef(lpFlags) ||
        !isTransferRoom(lpNumberOfBytesRecvd, lpOverlapped, lpCompletionRoutine) ||
        (wanted && !isAddressRoom(lpFrom, lpFromlen))
      ) {
        return refuseReceive(record, WSAEFAULT);
      }
      const asked = lpFlags.value;
      if (!isScalar(asked)) return refuseReceive(record, WSAEINVAL);
      const frame = dispatcher.enterTransfer(record, NO_BYTES, 0, asked);
      const total = frame.capture(lpBuffers, dwBufferCount);
      const refused = receiveRefusal(total, dwBufferCount, s, lpOverlapped, lpCompletionRoutine);
      if (refused !== 0) return refuseCaptured(frame, record, refused, dwBufferCount);
      const { provider } = record;
      const { lpWSPRecvFrom } = provider.procedures;
      const received = lpNumberOfBytesRecvd ?? null;
      const operation = handed.handOver(provider, lpOverlapped, total);
      const { buffers, bytes, flags, errno } = frame;
      try {
        const result = lpWSPRecvFrom(
          s,
          buffers,
          dwBufferCount,
          received === null ? null : bytes,
          flags,
          wanted ? lpFrom : null,
          wanted ? lpFromlen : null,
          lpOverlapped ?? null,
          lpCompletionRoutine ?? null,
          thread,
          errno,
        );
        if (flags.value !== asked) lpFlags.value = flags.value;
        return endTransfer(dispatcher, frame, provider, 'WSPRecvFrom', result, received, total, s, operation);
      } catch (cause) {
        if (operation !== null) operation.over = true;
        return dispatcher.contain(frame, provider, 'WSPRecvFrom', cause, s);
      }
    },
  };
}

// recv and recvfrom have no flags to tell of MSG_PARTIAL, so they fail.
function isPartial(flags: number): boolean {
  return (flags & MSG_PARTIAL) !== 0;
}
