import { areBytes, isEmptyBuffer, isRef, isScalar, noBytes } from '../../spi/arguments.js';
import { MSG_PARTIAL, WSAEFAULT, WSAEINVAL, WSAEMSGSIZE, type Ref, type SOCKET } from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** Receiving messages piece by piece. */
export type ReceiveExFunctions = ReturnType<typeof createReceiveExFunctions>;

/** Makes the function that receives and tells of messages cut short (mswsock.h: WSARecvEx). */
export function createReceiveExFunctions(dispatcher: Dispatcher) {
  const { thread } = dispatcher.host;
  return {
    /**
     * Receives as `recv` does, but a message that is longer than the buffer is not a failure (mswsock.h: WSARecvEx). Of a
     * datagram the rest is lost all the same.
     *
     * @param s a connected socket, or a datagram socket with a name
     * @param buf filled from its start; `null` if `len` is 0
     * @param len how many bytes to take at most, 0 to `buf.length`
     * @param flags in: MSG_PEEK, MSG_OOB; out: MSG_PARTIAL when this was not the end of a message. MSG_PARTIAL may be
     *   left in it from call to call
     * @returns the number of bytes received, 0 when the peer has ended a stream, or SOCKET_ERROR with the errors of
     *   `recv` but WSAEMSGSIZE, and WSAEFAULT also when `flags` is not a reference
     */
    WSARecvEx(s: SOCKET, buf: Uint8Array | null, len: number, flags: Ref<number>): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if ((!areBytes(buf, len) && !isEmptyBuffer(buf, len)) || !isRef(flags)) return dispatcher.fail(WSAEFAULT);
      const { provider } = record;
      const { lpWSPRecv } = provider.procedures;
      if (!isScalar(flags.value)) return dispatcher.fail(WSAEINVAL);
      const asked = flags.value & ~MSG_PARTIAL;
      const frame = dispatcher.enterTransfer(record, buf ?? noBytes(), len, asked);
      const { buffers, bytes, flags: lpFlags, errno } = frame;
      try {
        const result = lpWSPRecv(s, buffers, 1, bytes, lpFlags, null, null, thread, errno);
        const told = lpFlags.value;
        const count = dispatcher.leaveTransfer(frame, provider, 'WSPRecv', result, len, s);
        if (count >= 0) {
          flags.value = told;
          return count;
        }
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPRecv', cause, s);
      }
      if (dispatcher.lastError !== WSAEMSGSIZE) return -1;
      // The buffer is full, whether the provider said how many bytes that is or not.
      dispatcher.setLastError(0);
      flags.value = MSG_PARTIAL;
      return len;
    },
  };
}
