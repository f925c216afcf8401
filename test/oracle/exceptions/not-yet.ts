// What this project does not do right yet: here Wine does as Windows does. Whoever mends one of these takes it off.
import type { Reason } from '../exceptions.js';

/** Lines that are wrong here. */
export const NOT_YET: readonly Reason[] = [
  {
    because: 'measured 8.1: a WSAPROTOCOL_INFO whose members were overwritten is WSAEAFNOSUPPORT',
    lines: String.raw`
      sockets: a WSAPROTOCOL_INFO of nothing
        WSASocketA(0, 0, IPPROTO_UDP, {of s, family 0, type 0, protocol 0}, 0, 0) = INVALID_SOCKET [WSAEAFNOSUPPORT] → INVALID_SOCKET [WSAEPROTONOSUPPORT]`,
  },
  {
    because: 'measured 8.1: a WSAPROTOCOL_INFO whose members were overwritten is WSAEAFNOSUPPORT',
    base: 'tcpip',
    lines: String.raw`
      sockets: a WSAPROTOCOL_INFO of nothing
        WSASocketA(0, 0, IPPROTO_UDP, {of s, family -1, type -1, protocol -1}, 0, 0) = INVALID_SOCKET [WSAEAFNOSUPPORT] → INVALID_SOCKET [WSAEINVAL]`,
  },
  {
    because: 'Windows refuses a completion routine on a handle that has a completion port, as Wine does',
    lines: String.raw`
      completion-ports: a completion routine does not go with a port
        WSARecv(server, {b1[3]}, 1, &lpNumberOfBytesRecvd, &lpFlags, ov1, routine) = SOCKET_ERROR [WSAEINVAL]; b1 untouched; lpNumberOfBytesRecvd 77; lpFlags 0 → SOCKET_ERROR [WSA_IO_PENDING]; b1 untouched; lpNumberOfBytesRecvd 77; lpFlags 0
        SleepEx(0, 1) = 0 → WSA_WAIT_IO_COMPLETION; routine(0, 1, ov1, 0)`,
  },
];
