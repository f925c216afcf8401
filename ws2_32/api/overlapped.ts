import { isRef, isStructure } from '../../spi/arguments.js';
import { WSAEFAULT, type Ref, type SOCKET, type WSAOVERLAPPED } from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** Results of overlapped operations. */
export type OverlappedFunctions = ReturnType<typeof createOverlappedFunctions>;

/** Makes the function that gives the results of overlapped operations (specification: WSAGetOverlappedResult). */
export function createOverlappedFunctions(dispatcher: Dispatcher) {
  return {
    /**
     * Gives the result of an overlapped operation (specification: WSAGetOverlappedResult).
     *
     * @param s the socket that it was started on
     * @param lpOverlapped the structure that it was started with
     * @param lpcbTransfer receives the bytes transferred; untouched while it is pending
     * @param fWait whether to wait for its end, which must be told by an event; the wait is not alertable
     * @param lpdwFlags receives a receive's flags
     * @returns TRUE, or FALSE with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad pointers), WSA_IO_INCOMPLETE
     *   (pending, and
     *   `fWait` is FALSE), WSA_INVALID_HANDLE (`fWait`, and `hEvent` is not an event object), or the operation's own error
     */
    WSAGetOverlappedResult(
      s: SOCKET,
      lpOverlapped: WSAOVERLAPPED,
      lpcbTransfer: Ref<number>,
      fWait: boolean,
      lpdwFlags: Ref<number>,
    ): boolean {
      const record = dispatcher.socket(s);
      if (record === null) return false;
      if (!isStructure(lpOverlapped) || !isRef(lpcbTransfer) || !isRef(lpdwFlags)) {
        return dispatcher.failBoolean(WSAEFAULT);
      }
      const { provider } = record;
      const { lpWSPGetOverlappedResult } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPGetOverlappedResult(s, lpOverlapped, lpcbTransfer, Boolean(fWait), lpdwFlags, frame.errno);
        if (!dispatcher.leaveBoolean(frame, provider, 'WSPGetOverlappedResult', result, s)) return false;
        return provider.builtIn || dispatcher.isResultSound(provider, s, lpOverlapped, lpcbTransfer);
      } catch (cause) {
        dispatcher.contain(frame, provider, 'WSPGetOverlappedResult', cause, s);
        return false;
      }
    },
  };
}
