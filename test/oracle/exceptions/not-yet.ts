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
    because: 'measured 1.6: a socket can be duplicated into its own process',
    lines: String.raw`
      sockets: a duplicate is the same socket
        WSADuplicateSocketA(original) = s1 [-] → INVALID_SOCKET [WSAEOPNOTSUPP]
        getsockname(s1, b2[28], &namelen) = 0 [0]; b2 127.0.0.1:P1; namelen 16 → SOCKET_ERROR [WSAENOTSOCK]; b2 untouched; namelen 28
        getsockname(s1, b3[28], &namelen) = 0 [0]; b3 127.0.0.1:P1; namelen 16 → SOCKET_ERROR [WSAENOTSOCK]; b3 untouched; namelen 28
        closesocket(s1) = 0 [0] → SOCKET_ERROR [WSAENOTSOCK]`,
  },
  {
    because: 'Windows refuses a completion routine on a handle that has a completion port, as Wine does',
    lines: String.raw`
      completion-ports: a completion routine does not go with a port
        WSARecv(server, {b1[3]}, 1, &lpNumberOfBytesRecvd, &lpFlags, ov1, routine) = SOCKET_ERROR [WSAEINVAL]; b1 untouched; lpNumberOfBytesRecvd 77; lpFlags 0 → SOCKET_ERROR [WSA_IO_PENDING]; b1 untouched; lpNumberOfBytesRecvd 77; lpFlags 0
        SleepEx(0, 1) = 0 → WSA_WAIT_IO_COMPLETION; routine(0, 1, ov1, 0)`,
  },
  {
    because: 'measured 17.6: there is no SIO_IDEAL_SEND_BACKLOG_QUERY yet',
    lines: String.raw`
      ioctls: SIO_IDEAL_SEND_BACKLOG_QUERY
        WSAIoctl(client, SIO_IDEAL_SEND_BACKLOG_QUERY, NULL, 0, b1[4], 4, &lpcbBytesReturned, NULL, NULL) = 0 [0]; b1 <00000100>; lpcbBytesReturned 4 → SOCKET_ERROR [WSAEOPNOTSUPP]; b1 untouched; lpcbBytesReturned 0
        WSAIoctl(s, SIO_IDEAL_SEND_BACKLOG_QUERY, NULL, 0, b2[4], 4, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAENOTCONN]; b2 untouched; lpcbBytesReturned 77 → SOCKET_ERROR [WSAEOPNOTSUPP]; b2 untouched; lpcbBytesReturned 0
        WSAIoctl(s2, SIO_IDEAL_SEND_BACKLOG_QUERY, NULL, 0, b3[4], 4, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAEOPNOTSUPP]; b3 untouched; lpcbBytesReturned 77 → SOCKET_ERROR [WSAEOPNOTSUPP]; b3 untouched; lpcbBytesReturned 0`,
  },
  {
    because: 'the memory provider has no SIO_ROUTING_INTERFACE_QUERY (measured 30.1)',
    base: 'memory',
    lines: String.raw`
      ioctls: SIO_ROUTING_INTERFACE_QUERY
        WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, 127.0.0.1:0, 16, b1[28], 15, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAEFAULT]; b1 untouched; lpcbBytesReturned 77 → SOCKET_ERROR [WSAEOPNOTSUPP]; b1 untouched; lpcbBytesReturned 0
        WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, 127.0.0.1:0, 15, b2[28], 16, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAEFAULT]; b2 untouched; lpcbBytesReturned 77 → SOCKET_ERROR [WSAEOPNOTSUPP]; b2 untouched; lpcbBytesReturned 0`,
  },
  {
    because: 'measured 30.2, 32.1: there are no SIO_ADDRESS_LIST_QUERY and SIO_ADDRESS_LIST_CHANGE yet',
    lines: String.raw`
      ioctls: SIO_ADDRESS_LIST_QUERY: lengths
        WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, b1[4], 1, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAEINVAL]; b1 untouched; lpcbBytesReturned 0 → SOCKET_ERROR [WSAEOPNOTSUPP]; b1 untouched; lpcbBytesReturned 0
      ioctls: SIO_ADDRESS_LIST_CHANGE
        WSAIoctl(s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAEWOULDBLOCK]; lpcbBytesReturned 77 → SOCKET_ERROR [WSAEOPNOTSUPP]; lpcbBytesReturned 0`,
  },
];
