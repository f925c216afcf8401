import {
  winsockErrorOfStatus,
  WSA_INVALID_HANDLE,
  WSA_IO_INCOMPLETE,
  WSAEINTR,
  WSAENOTSOCK,
  WSS_OPERATION_IN_PROGRESS,
  type LPWSPGETOVERLAPPEDRESULT,
} from '../../spi/index.js';
import type { SocketTable } from '../socket/index.js';
import { fail } from './failure.js';

/** Makes `WSPGetOverlappedResult` over a table of sockets. */
export function createOverlappedResult(table: SocketTable): LPWSPGETOVERLAPPEDRESULT {
  const host = table.host;

  return (s, overlapped, lpcbTransfer, fWait, lpdwFlags, lpErrno) => {
    if (table.find(s) === undefined) return fail(lpErrno, WSAENOTSOCK) === 0;
    if (overlapped.Internal === WSS_OPERATION_IN_PROGRESS && !fWait) {
      host.poll();
    } else if (overlapped.Internal === WSS_OPERATION_IN_PROGRESS) {
      // Without an event object the socket itself is waited on (measured behaviour 36.1); the lowest bit is no part of
      // it (31.5).
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
}
