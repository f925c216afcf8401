import { memberOf } from '../../spi/arguments.js';
import {
  winsockErrorOfStatus,
  WSA_INVALID_HANDLE,
  WSA_IO_INCOMPLETE,
  WSAEFAULT,
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
    const isOver = (): boolean => memberOf(overlapped, 'Internal') !== WSS_OPERATION_IN_PROGRESS;
    if (!isOver() && !fWait) {
      host.poll();
    } else if (!isOver()) {
      // Without an event object the socket itself is waited on (measured behaviour 36.1); the lowest bit is no part of
      // it (31.5).
      const event = ((memberOf(overlapped, 'hEvent') as number | null | undefined) ?? 0) & ~1;
      if (event !== 0 && !host.isEvent(event)) return fail(lpErrno, WSA_INVALID_HANDLE) === 0;
      const ended = host.wait(isOver, Infinity, 'no', `WSAGetOverlappedResult on socket ${s}`);
      if (ended !== 'condition') return fail(lpErrno, WSAEINTR) === 0;
    }
    if (!isOver()) return fail(lpErrno, WSA_IO_INCOMPLETE) === 0;
    const [status, transferred] = [memberOf(overlapped, 'Internal'), memberOf(overlapped, 'InternalHigh')];
    if (typeof status !== 'number' || typeof transferred !== 'number') return fail(lpErrno, WSAEFAULT) === 0;
    lpcbTransfer.value = transferred;
    const error = winsockErrorOfStatus(status);
    if (error !== 0) return fail(lpErrno, error) === 0;
    lpdwFlags.value = host.overlappedFlags(overlapped);
    return true;
  };
}
