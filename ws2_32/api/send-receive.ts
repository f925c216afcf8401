import {
  areBytes,
  areOverlappedArguments,
  isAddressRoom,
  isByteArray,
  isEmptyBuffer,
  isLength,
  isNull,
  isRef,
  NO_BYTES,
  noBytes,
  seemBytes,
} from '../../spi/arguments.js';
import {
  MSG_PARTIAL,
  ref,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  XP1_CONNECTIONLESS,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type Ref,
  type SOCKET,
  type WSABUF,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type {
  Dispatcher,
  HandedOperation,
  SocketRecord,
  TransferFrame,
  TransportProvider,
} from '../dispatcher/index.js';

/** Sending and receiving. */
export type SendReceiveFunctions = ReturnType<typeof createSendReceiveFunctions>;

/** Makes the functions that send and receive (specification: send, recv, WSASend, WSARecv and their like). */
export function createSendReceiveFunctions(dispatcher: Dispatcher) {
  const { handed, host } = dispatcher;
  const { thread } = host;

  // NT takes no completion routine for a handle whose completions go to a port.
  const isToldByBoth = (s: SOCKET, overlapped: unknown, routine: unknown): boolean =>
    !isNull(routine) && !isNull(overlapped) && host.ports.isAssociated(s);

  /**
   * Refuses a receive for its arguments. Where events are posted to a window the provider is told of the call, by one
   * without buffers, because a call that fails re-enables FD_READ and FD_OOB as well (specification: WSAAsyncSelect).
   */
  function refuseReceive(record: SocketRecord, error: number): number {
    if (record.postsMessages === true) {
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
    return count === 0 || isToldByBoth(s, overlapped, routine) ? WSAEINVAL : 0;
  }

  /** Gives the frame of a refused receive back. A window is told, but not of a call that both would have told of. */
  function refuseCaptured(frame: TransferFrame, record: SocketRecord, error: number, count: number): number {
    frame.release();
    return error === WSAEFAULT || count === 0 ? refuseReceive(record, error) : dispatcher.fail(error);
  }

  /**
   * Ends a call that transfers bytes, and tells their number where the caller wants it: of a failure what the provider told,
   * if that can be.
   */
  function endTransfer(
    frame: TransferFrame,
    provider: TransportProvider,
    name: string,
    result: number,
    lpBytes: Ref<number> | null,
    limit: number,
    s: SOCKET,
    operation: HandedOperation | null,
  ): number {
    if (operation !== null && result !== 0 && frame.errno.value !== WSA_IO_PENDING) operation.over = true;
    const told = frame.bytes.value;
    const count = dispatcher.leaveTransfer(frame, provider, name, result, limit, s);
    if (lpBytes !== null) {
      if (result === 0) lpBytes.value = Math.max(count, 0);
      else if (told > 0 && isLength(told, limit)) lpBytes.value = told;
    }
    return count < 0 ? -1 : 0;
  }

  return {
    /**
     * Sends on a connected socket (specification: send).
     *
     * @param s a connected socket
     * @param buf the bytes; `null` if `len` is 0
     * @param len how many of them, 0 to `buf.length`
     * @param flags MSG_OOB, MSG_DONTROUTE, MSG_PARTIAL
     * @returns the number of bytes sent, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (`len` bytes are not
     *   there), WSAENOTCONN, WSAESHUTDOWN, WSAEWOULDBLOCK (non-blocking, no room), WSAEMSGSIZE, WSAEINVAL (unknown
     *   flag), WSAEOPNOTSUPP, WSAECONNRESET, WSAECONNABORTED, WSAEINTR, WSAETIMEDOUT
     */
    send(s: SOCKET, buf: Uint8Array | null, len: number, flags: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!seemBytes(buf, len) && !isEmptyBuffer(buf, len)) return dispatcher.fail(WSAEFAULT);
      const { provider } = record;
      const { lpWSPSend } = provider.procedures;
      const frame = dispatcher.enterTransfer(record, buf ?? noBytes(), len, 0);
      const { buffers, bytes, errno } = frame;
      try {
        const result = lpWSPSend(s, buffers, 1, bytes, flags, null, null, thread, errno);
        return dispatcher.leaveTransfer(frame, provider, 'WSPSend', result, len, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPSend', cause, s);
      }
    },

    /**
     * Sends to an address (specification: sendto).
     *
     * @param s a socket; a datagram socket that has no name yet gets one
     * @param buf the bytes; `null` if `len` is 0
     * @param len how many of them, 0 to `buf.length`
     * @param flags MSG_OOB, MSG_DONTROUTE, MSG_PARTIAL
     * @param to the sockaddr to send to; ignored on connection-oriented sockets
     * @param tolen its length in bytes
     * @returns the number of bytes sent, or SOCKET_ERROR with the errors of `send`, WSAEFAULT for a bad or short address,
     *   WSAEDESTADDRREQ (no address, and none connected), WSAEAFNOSUPPORT, WSAEADDRNOTAVAIL, WSAENETUNREACH, WSAEACCES
     */
    sendto(
      s: SOCKET,
      buf: Uint8Array | null,
      len: number,
      flags: number,
      to: Uint8Array | null,
      tolen: number,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!seemBytes(buf, len) && !isEmptyBuffer(buf, len)) return dispatcher.fail(WSAEFAULT);
      if (!isDestination(record, to, tolen)) return dispatcher.fail(WSAEFAULT);
      const { provider } = record;
      const { lpWSPSendTo } = provider.procedures;
      const target = destination(record, to);
      const targetLength = isConnectionless(record) ? tolen | 0 : 0;
      const frame = dispatcher.enterTransfer(record, buf ?? noBytes(), len, 0);
      const { bytes, buffers, errno } = frame;
      try {
        const result = lpWSPSendTo(s, buffers, 1, bytes, flags, target, targetLength, null, null, thread, errno);
        return dispatcher.leaveTransfer(frame, provider, 'WSPSendTo', result, len, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPSendTo', cause, s);
      }
    },

    /**
     * Receives on a socket (specification: recv).
     *
     * @param s a connected socket, or a datagram socket with a name
     * @param buf filled from its start; `null` if `len` is 0
     * @param len how many bytes to take at most, 0 to `buf.length`
     * @param flags MSG_PEEK, MSG_OOB, MSG_PARTIAL
     * @returns the number of bytes received, 0 when the peer has ended a stream, or SOCKET_ERROR with WSANOTINITIALISED,
     *   WSAENOTSOCK, WSAEFAULT (no room for `len` bytes), WSAENOTCONN, WSAESHUTDOWN, WSAEWOULDBLOCK (non-blocking, nothing
     *   there), WSAEMSGSIZE (message cut off), WSAEINVAL, WSAEOPNOTSUPP, WSAECONNRESET, WSAECONNABORTED, WSAEINTR, WSAETIMEDOUT
     */
    recv(s: SOCKET, buf: Uint8Array | null, len: number, flags: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!seemBytes(buf, len) && !isEmptyBuffer(buf, len)) return refuseReceive(record, WSAEFAULT);
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
     * @returns the number of bytes received, or SOCKET_ERROR with the errors of `recv`, WSAEFAULT for bad or too little room
     *   for the address, WSAEINVAL (no name yet), WSAECONNRESET (an earlier datagram found no one)
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
      if (!seemBytes(buf, len) && !isEmptyBuffer(buf, len)) return refuseReceive(record, WSAEFAULT);
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
     * Sends from several buffers, overlapped if asked to (specification: WSASend).
     *
     * @param s a connected socket
     * @param lpBuffers the buffers, captured at the call
     * @param dwBufferCount how many of them count
     * @param lpNumberOfBytesSent the bytes sent, when the call ends at once; may be `null` with `lpOverlapped`
     * @param dwFlags MSG_OOB, MSG_DONTROUTE, MSG_PARTIAL
     * @param lpOverlapped the operation's state, or `null`
     * @param lpCompletionRoutine called in an alertable wait when the operation has ended, or `null`
     * @returns 0, or SOCKET_ERROR with the errors of `send`, WSAEFAULT (bad buffers, or nowhere to put the count), or
     *   WSA_IO_PENDING, after which the completion tells the rest
     */
    WSASend(
      s: SOCKET,
      lpBuffers: WSABUF[],
      dwBufferCount: number,
      lpNumberOfBytesSent: Ref<number> | null,
      dwFlags: number,
      lpOverlapped: WSAOVERLAPPED | null,
      lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isTransferRoom(lpNumberOfBytesSent, lpOverlapped, lpCompletionRoutine)) return dispatcher.fail(WSAEFAULT);
      const frame = dispatcher.enterTransfer(record, NO_BYTES, 0, 0);
      const total = frame.capture(lpBuffers, dwBufferCount);
      if (total < 0) return dispatcher.failTransfer(frame, WSAEFAULT);
      if (isToldByBoth(s, lpOverlapped, lpCompletionRoutine)) return dispatcher.failTransfer(frame, WSAEINVAL);
      const { provider } = record;
      const { lpWSPSend } = provider.procedures;
      const sent = lpNumberOfBytesSent ?? null;
      const operation = handed.handOver(provider, lpOverlapped, total);
      const { buffers, bytes, errno } = frame;
      try {
        const result = lpWSPSend(
          s,
          buffers,
          dwBufferCount,
          sent === null ? null : bytes,
          dwFlags,
          lpOverlapped ?? null,
          lpCompletionRoutine ?? null,
          thread,
          errno,
        );
        return endTransfer(frame, provider, 'WSPSend', result, sent, total, s, operation);
      } catch (cause) {
        if (operation !== null) operation.over = true;
        return dispatcher.contain(frame, provider, 'WSPSend', cause, s);
      }
    },

    /**
     * Sends several buffers to an address, overlapped if asked to (specification: WSASendTo).
     *
     * @param s a socket; a datagram socket that has no name yet gets one
     * @param lpBuffers the buffers, captured at the call
     * @param dwBufferCount how many of them count
     * @param lpNumberOfBytesSent the bytes sent, when the call ends at once; may be `null` with `lpOverlapped`
     * @param dwFlags MSG_OOB, MSG_DONTROUTE, MSG_PARTIAL
     * @param lpTo the sockaddr to send to; ignored on connection-oriented sockets
     * @param iTolen its length in bytes
     * @param lpOverlapped the operation's state, or `null`
     * @param lpCompletionRoutine called in an alertable wait when the operation has ended, or `null`
     * @returns 0, or SOCKET_ERROR with the errors of `sendto`, WSAEFAULT (bad buffers, or nowhere to put the count), or
     *   WSA_IO_PENDING
     */
    WSASendTo(
      s: SOCKET,
      lpBuffers: WSABUF[],
      dwBufferCount: number,
      lpNumberOfBytesSent: Ref<number> | null,
      dwFlags: number,
      lpTo: Uint8Array | null,
      iTolen: number,
      lpOverlapped: WSAOVERLAPPED | null,
      lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (
        !isTransferRoom(lpNumberOfBytesSent, lpOverlapped, lpCompletionRoutine) ||
        !isDestination(record, lpTo, iTolen)
      ) {
        return dispatcher.fail(WSAEFAULT);
      }
      const frame = dispatcher.enterTransfer(record, NO_BYTES, 0, 0);
      const total = frame.capture(lpBuffers, dwBufferCount);
      if (total < 0) return dispatcher.failTransfer(frame, WSAEFAULT);
      if (isToldByBoth(s, lpOverlapped, lpCompletionRoutine)) return dispatcher.failTransfer(frame, WSAEINVAL);
      const { provider } = record;
      const { lpWSPSendTo } = provider.procedures;
      const target = destination(record, lpTo);
      const sent = lpNumberOfBytesSent ?? null;
      const operation = handed.handOver(provider, lpOverlapped, total);
      const { buffers, bytes, errno } = frame;
      try {
        const result = lpWSPSendTo(
          s,
          buffers,
          dwBufferCount,
          sent === null ? null : bytes,
          dwFlags,
          target,
          // Without an address its length tells a destination that was forgotten from none.
          isConnectionless(record) ? iTolen | 0 : 0,
          lpOverlapped ?? null,
          lpCompletionRoutine ?? null,
          thread,
          errno,
        );
        return endTransfer(frame, provider, 'WSPSendTo', result, sent, total, s, operation);
      } catch (cause) {
        if (operation !== null) operation.over = true;
        return dispatcher.contain(frame, provider, 'WSPSendTo', cause, s);
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
     * @returns 0, or SOCKET_ERROR with the errors of `recv`, WSAEFAULT (bad buffers or flags, or nowhere to put the count),
     *   WSAEINVAL (no buffers), WSAEDISCON (the peer has ended a message-oriented connection), or WSA_IO_PENDING
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
        return endTransfer(frame, provider, 'WSPRecv', result, received, total, s, operation);
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
     * @param lpFrom filled with the source's sockaddr at completion, or `null`; untouched on connection-oriented sockets
     * @param lpFromlen in: room in `lpFrom`; out: length of the sockaddr
     * @param lpOverlapped the operation's state, or `null`
     * @param lpCompletionRoutine called in an alertable wait when the operation has ended, or `null`
     * @returns 0, or SOCKET_ERROR with the errors of `recvfrom`, WSAEFAULT (bad buffers, flags or address, or nowhere to put
     *   the count), WSAEINVAL (no buffers), or WSA_IO_PENDING
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
        return endTransfer(frame, provider, 'WSPRecvFrom', result, received, total, s, operation);
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

// On connection-oriented sockets addresses are ignored, garbage too.
function isConnectionless(record: SocketRecord): boolean {
  return (record.chainEntry.dwServiceFlags1 & XP1_CONNECTIONLESS) !== 0;
}

function isDestination(record: SocketRecord, to: unknown, tolen: unknown): boolean {
  if (isNull(to)) return true;
  return areBytes(to, tolen) || (isByteArray(to) && !isConnectionless(record));
}

function destination(record: SocketRecord, to: Uint8Array | null): Uint8Array | null {
  return isConnectionless(record) ? (to ?? null) : null;
}

function isTransferRoom(bytes: unknown, overlapped: unknown, routine: unknown): boolean {
  if (!areOverlappedArguments(overlapped, routine)) return false;
  return isNull(bytes) ? !isNull(overlapped) : isRef(bytes);
}
