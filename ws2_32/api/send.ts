import { areBytes, isByteArray, isEmptyBuffer, isNull, isScalar, NO_BYTES, noBytes } from '../../spi/arguments.js';
import {
  WSAEFAULT,
  WSAEINVAL,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type Ref,
  type SOCKET,
  type WSABUF,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { Dispatcher, SocketRecord } from '../dispatcher/index.js';
import { endTransfer, isConnectionless, isToldByBoth, isTransferRoom } from './transfers.js';

/** Sending. */
export type SendFunctions = ReturnType<typeof createSendFunctions>;

/** Makes the functions that send (specification: send, sendto, WSASend, WSASendTo). */
export function createSendFunctions(dispatcher: Dispatcher) {
  const { handed, host } = dispatcher;
  const { thread } = host;

  return {
    /**
     * Sends on a connected socket (specification: send).
     *
     * @param s a connected socket
     * @param buf the bytes; `null` if `len` is 0
     * @param len how many of them, 0 to `buf.length`
     * @param flags MSG_OOB, MSG_DONTROUTE, MSG_PARTIAL
     * @returns the number of bytes sent, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (`len` bytes
     *   are not there), WSAENOTCONN, WSAESHUTDOWN, WSAEWOULDBLOCK (non-blocking, no room), WSAEMSGSIZE, WSAEINVAL
     *   (unknown flag), WSAEOPNOTSUPP, WSAECONNRESET, WSAECONNABORTED, WSAEINTR, WSAETIMEDOUT
     */
    send(s: SOCKET, buf: Uint8Array | null, len: number, flags: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!areBytes(buf, len) && !isEmptyBuffer(buf, len)) return dispatcher.fail(WSAEFAULT);
      if (!isScalar(flags)) return dispatcher.fail(WSAEINVAL);
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
     * @returns the number of bytes sent, or SOCKET_ERROR with the errors of `send`, WSAEFAULT for a bad or short
     *   address, WSAEDESTADDRREQ (no address, and none connected), WSAEAFNOSUPPORT, WSAEADDRNOTAVAIL, WSAENETUNREACH,
     *   WSAEACCES
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
      if (!areBytes(buf, len) && !isEmptyBuffer(buf, len)) return dispatcher.fail(WSAEFAULT);
      if (!isScalar(flags)) return dispatcher.fail(WSAEINVAL);
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
      if (!isScalar(dwFlags) || isToldByBoth(dispatcher, s, lpOverlapped, lpCompletionRoutine))
        return dispatcher.failTransfer(frame, WSAEINVAL);
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
        return endTransfer(dispatcher, frame, provider, 'WSPSend', result, sent, total, s, operation);
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
      if (!isScalar(dwFlags) || isToldByBoth(dispatcher, s, lpOverlapped, lpCompletionRoutine))
        return dispatcher.failTransfer(frame, WSAEINVAL);
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
        return endTransfer(dispatcher, frame, provider, 'WSPSendTo', result, sent, total, s, operation);
      } catch (cause) {
        if (operation !== null) operation.over = true;
        return dispatcher.contain(frame, provider, 'WSPSendTo', cause, s);
      }
    },
  };
}

function isDestination(record: SocketRecord, to: unknown, tolen: unknown): boolean {
  if (isNull(to)) return isScalar(tolen);
  return areBytes(to, tolen) || (isByteArray(to) && !isConnectionless(record));
}

function destination(record: SocketRecord, to: Uint8Array | null): Uint8Array | null {
  return isConnectionless(record) ? (to ?? null) : null;
}
