// Exceptions: data, events and overlapped operations.
import type { Reason } from '../exceptions.js';

/** Where Wine differs. */
export const TRANSFERS: readonly Reason[] = [
  {
    because: 'specification, recv and send: WSAEINVAL when an unknown flag was specified; Wine ignores it',
    lines: String.raw`
      transfers: recv: flags that are none
        recv(server, b1[16], 16, 16384) = 1 [0]; b1 "x" → SOCKET_ERROR [WSAEINVAL]; b1 untouched
        recv(server, b2[16], 16, 0) = SOCKET_ERROR [WSAEWOULDBLOCK]; b2 untouched → 1 [0]; b2 "x"
      transfers: send: flags that are none
        send(client, "x", 1, 16384) = 1 [0] → SOCKET_ERROR [WSAEINVAL]
        send(client, "x", 1, MSG_PEEK) = 1 [0] → SOCKET_ERROR [WSAEINVAL]`,
  },
  {
    because:
      'specification, recv: WSAECONNRESET after a hard close, time and again (measured 40); Linux tells of it once, and Wine’s server took it',
    lines: String.raw`
      transfers: recv after a reset
        recv(server, b1[16], 16, 0) = 0 [0]; b1 untouched → SOCKET_ERROR [WSAECONNRESET]; b1 untouched
        recv(server, b2[16], 16, 0) = 0 [0]; b2 untouched → SOCKET_ERROR [WSAECONNRESET]; b2 untouched
      closing: closesocket with SO_LINGER {1, 0} is a reset
        recv(server, b1[16], 16, 0) = 0 [0]; b1 untouched → SOCKET_ERROR [WSAECONNRESET]; b1 untouched
      closing: closesocket with data that nobody read is a reset
        recv(server, b1[16], 16, 0) = 0 [0]; b1 untouched → SOCKET_ERROR [WSAECONNRESET]; b1 untouched
      overlapped: a pending receive and a reset
        WSARecv(server, {b3[16]}, 1, &lpNumberOfBytesRecvd, &lpFlags, ov1, NULL) = 0 [0]; b3 untouched; lpNumberOfBytesRecvd 0; lpFlags 0 → SOCKET_ERROR [WSAECONNRESET]; b3 untouched; lpNumberOfBytesRecvd 77; lpFlags 0`,
  },
  {
    because:
      'specification, closesocket: any recv fails with WSAECONNRESET after a hard close; Linux still gives what had arrived',
    base: 'memory',
    lines: String.raw`
      transfers: data before a reset is gone
        recv(server, b1[16], 16, 0) = 4 [0]; b1 "lost" → SOCKET_ERROR [WSAECONNRESET]; b1 untouched`,
  },
  {
    because:
      'measured 16.3: urgent data stays until it is read; under Linux a plain recv that finds nothing else passes it',
    lines: String.raw`
      transfers: urgent data
        recv(server, b2[16], 16, MSG_OOB) = SOCKET_ERROR [WSAEWOULDBLOCK]; b2 untouched → 1 [0]; b2 "u"`,
  },
  {
    because: 'measured 36.4: WSAEINVAL without buffers',
    lines: String.raw`
      transfers: WSASend and WSARecv: no buffers
        WSARecv(server, {}, 0, &lpNumberOfBytesRecvd, &lpFlags, NULL, NULL) = SOCKET_ERROR [WSAEWOULDBLOCK]; lpNumberOfBytesRecvd 77; lpFlags 0 → SOCKET_ERROR [WSAEINVAL]; lpNumberOfBytesRecvd 77; lpFlags 0`,
  },
  {
    because: 'specification, WSARecv: WSAEFAULT; there is no overlapped structure to tell it by',
    lines: String.raw`
      transfers: WSASend and WSARecv: nowhere for the count
        WSARecv(server, {b1[4]}, 1, NULL, &lpFlags, NULL, NULL) = 0 [0]; b1 "y"; lpFlags 0 → SOCKET_ERROR [WSAEFAULT]; b1 untouched; lpFlags 0`,
  },
  {
    because:
      'specification, WSARecv: lpFlags is input and output, but no word on what becomes of MSG_PEEK and MSG_OOB in it',
    lines: String.raw`
      transfers: WSARecv: MSG_PEEK in the flags
        WSARecv(server, {b1[8]}, 1, &lpNumberOfBytesRecvd, &n1, NULL, NULL) = 0 [0]; b1 "peek"; lpNumberOfBytesRecvd 4; n1 2 → 0 [0]; b1 "peek"; lpNumberOfBytesRecvd 4; n1 0
      transfers: WSARecv: urgent data, and its flag
        WSARecv(server, {b1[8]}, 1, &lpNumberOfBytesRecvd, &n1, NULL, NULL) = 0 [0]; b1 "u"; lpNumberOfBytesRecvd 1; n1 1 → 0 [0]; b1 "u"; lpNumberOfBytesRecvd 1; n1 0`,
  },
  {
    because: 'specification, WSAENOTCONN: "when sending on a datagram socket using sendto, no address was supplied"',
    lines: String.raw`
      datagrams: send without an address
        send(a, "x", 1, 0) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAENOTCONN]
        sendto(a, "x", 1, 0, NULL, 0) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAENOTCONN]
        sendto(a, "x", 1, 0, NULL, 16) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAEDESTADDRREQ]`,
  },
  {
    because: 'specification, sendto: WSAEAFNOSUPPORT',
    lines: String.raw`
      datagrams: sendto: lengths and families
        sendto(a, "x", 1, 0, 127.0.0.1:port of b, 28) = SOCKET_ERROR [WSAEOPNOTSUPP] → SOCKET_ERROR [WSAEAFNOSUPPORT]
        sendto(a, "x", 1, 0, 127.0.0.1:port of b as family 57005, 16) = SOCKET_ERROR [WSAEFAULT] → SOCKET_ERROR [WSAEAFNOSUPPORT]`,
  },
  {
    because: 'specification, sendto: WSAEADDRNOTAVAIL for an address that is none',
    lines: String.raw`
      datagrams: sendto port 0
        sendto(a, "x", 1, 0, 127.0.0.1:0, 16) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAEADDRNOTAVAIL]`,
  },
  {
    because: 'specification, recvfrom: WSAEINVAL when the socket is not bound',
    lines: String.raw`
      datagrams: recvfrom: not bound
        recvfrom(s, b1[4], 4, 0, NULL, NULL) = SOCKET_ERROR [WSAEWOULDBLOCK]; b1 untouched → SOCKET_ERROR [WSAEINVAL]; b1 untouched`,
  },
  {
    because: 'specification, recvfrom: WSAEFAULT when fromlen is too small',
    lines: String.raw`
      datagrams: recvfrom: room for no address
        recvfrom(a, b1[4], 4, 0, b2[28], &fromlen) = 1 [0]; b1 "x"; b2 of family 0; fromlen -1 → SOCKET_ERROR [WSAEFAULT]; b1 untouched; b2 untouched; fromlen 8`,
  },
  {
    because: 'specification, recv: WSAEOPNOTSUPP for MSG_OOB on a socket that is no stream',
    lines: String.raw`
      datagrams: urgent data on a datagram socket
        recv(a, b1[4], 4, MSG_OOB) = SOCKET_ERROR [WSAEWOULDBLOCK]; b1 untouched → SOCKET_ERROR [WSAEOPNOTSUPP]; b1 untouched`,
  },
  {
    because: 'measured 6.3: the count is written with WSAEMSGSIZE, and dwFlags say what was cut',
    lines: String.raw`
      datagrams: WSARecvFrom: a datagram longer than the room
        WSARecvFrom(a, {b1[4]}, 1, &lpNumberOfBytesRecvd, &lpFlags, NULL, NULL, NULL, NULL) = SOCKET_ERROR [WSAEMSGSIZE]; b1 "much"; lpNumberOfBytesRecvd 77; lpFlags 0 → SOCKET_ERROR [WSAEMSGSIZE]; b1 "much"; lpNumberOfBytesRecvd 4; lpFlags 0
      extensions: WSARecvMsg: a datagram longer than the room
        WSARecvMsg(a, {buffers {b1[2]}}, &lpdwNumberOfBytesRecvd, NULL, NULL) = SOCKET_ERROR [WSAEMSGSIZE]; b1 "he"; namelen 0; Control.len 0; dwFlags 0; lpdwNumberOfBytesRecvd 77 → SOCKET_ERROR [WSAEMSGSIZE]; b1 "he"; namelen 0; Control.len 0; dwFlags 256; lpdwNumberOfBytesRecvd 2
      extensions: WSARecvMsg: control data
        WSARecvMsg(a, {buffers {b1[8]}}, &lpdwNumberOfBytesRecvd, NULL, NULL) = SOCKET_ERROR [WSAEMSGSIZE]; b1 "hello"; namelen 0; Control.len 0; dwFlags 512; lpdwNumberOfBytesRecvd 77 → SOCKET_ERROR [WSAEMSGSIZE]; b1 "hello"; namelen 0; Control.len 0; dwFlags 512; lpdwNumberOfBytesRecvd 5
        WSARecvMsg(a, {buffers {b3[8]}, control b2[1], controlLength 1}, &lpdwNumberOfBytesRecvd, NULL, NULL) = SOCKET_ERROR [WSAEMSGSIZE]; b3 "hello"; b2 untouched; namelen 0; Control.len 0; dwFlags 512; lpdwNumberOfBytesRecvd 77 → SOCKET_ERROR [WSAEMSGSIZE]; b3 "hello"; b2 untouched; namelen 0; Control.len 0; dwFlags 512; lpdwNumberOfBytesRecvd 5`,
  },
  {
    because: 'measured 23.2: WSAEINVAL',
    lines: String.raw`
      select: WSAPoll: flags that are none to ask for
        WSAPoll({{fd client, events POLLERR}}, 1, 0) = 0 [0]; fdArray {0} → SOCKET_ERROR [WSAEINVAL]; fdArray {0}
        WSAPoll({{fd client, events POLLPRI}}, 1, 0) = 0 [0]; fdArray {0} → SOCKET_ERROR [WSAEINVAL]; fdArray {0}
        WSAPoll({{fd client, events 16384}}, 1, 0) = 0 [0]; fdArray {0} → SOCKET_ERROR [WSAEINVAL]; fdArray {0}`,
  },
  {
    because: 'measured 23.7: POLLWRNORM, POLLHUP and POLLERR',
    lines: String.raw`
      select: WSAPoll: a connection that failed
        WSAPoll({{fd s, events POLLRDNORM|POLLWRNORM}}, 1, LONG) = 1 [0]; fdArray {POLLERR} → 1 [0]; fdArray {POLLWRNORM|POLLERR|POLLHUP}`,
  },
  {
    because: 'measured 19.1.3: an event object is told of a second client',
    lines: String.raw`
      network-events: FD_ACCEPT: a second client
        networkEvents(listener, e1, SHORT) = not signalled; events {} → signalled; events {FD_ACCEPT 0}`,
  },
  {
    because: 'measured 19.4.2: an event object is told of more data',
    lines: String.raw`
      network-events: FD_READ: more data without a recv
        networkEvents(server, e1, SHORT) = not signalled; events {} → signalled; events {FD_READ 0}`,
  },
  {
    because: 'specification, WSAAsyncSelect and WSAEventSelect: FD_CLOSE of a reset has WSAECONNRESET',
    lines: String.raw`
      network-events: FD_CLOSE: a reset
        networkEvents(server, e1, LONG) = signalled; events {FD_CLOSE 0} → signalled; events {FD_CLOSE WSAECONNRESET}
      messages: FD_CLOSE: a reset
        messages(w1, LONG) = 1; WM_USER+0 server FD_CLOSE 0 → 1; WM_USER+0 server FD_CLOSE WSAECONNRESET`,
  },
  {
    because: 'specification, WSAAsyncSelect: WSAEINVAL when the window handle is none',
    lines: String.raw`
      messages: WSAAsyncSelect: what cannot
        WSAAsyncSelect(s, 57005, WM_USER, FD_READ) = 0 [0] → SOCKET_ERROR [WSAEINVAL]`,
  },
  {
    because:
      'measured 6.4: the flags are not written when the operation failed; specification, WSAGetOverlappedResult: WSAEFAULT for pointers that are none',
    lines: String.raw`
      overlapped: a pending receive and a reset
        WSAGetOverlappedResult(server, ov1, &lpcbTransfer, 0, &lpdwFlags) = FALSE [WSAECONNRESET]; lpcbTransfer 0; lpdwFlags 0 → FALSE [WSAECONNRESET]; lpcbTransfer 0; lpdwFlags 77
      overlapped: WSAGetOverlappedResult: what cannot
        WSAGetOverlappedResult(server, NULL, &lpcbTransfer, 0, &lpdwFlags) = FALSE [WSA_INVALID_PARAMETER]; lpcbTransfer 77; lpdwFlags 77 → FALSE [WSAEFAULT]; lpcbTransfer 77; lpdwFlags 77
        WSAGetOverlappedResult(server, ov1, NULL, 0, &lpdwFlags) = TRUE [0]; lpdwFlags 0 → FALSE [WSAEFAULT]; lpdwFlags 77
        WSAGetOverlappedResult(server, ov1, &lpcbTransfer, 0, NULL) = TRUE [0]; lpcbTransfer 0 → FALSE [WSAEFAULT]; lpcbTransfer 77
      overlapped: WSARecvFrom pending, then a datagram longer than the room
        WSAGetOverlappedResult(a, ov1, &lpcbTransfer, 0, &lpdwFlags) = FALSE [WSAEMSGSIZE]; lpcbTransfer 4; lpdwFlags 0 → FALSE [WSAEMSGSIZE]; lpcbTransfer 4; lpdwFlags 77
      extensions: ConnectEx: refused
        WSAGetOverlappedResult(s, ov1, &lpcbTransfer, 0, &lpdwFlags) = FALSE [WSAECONNREFUSED]; lpcbTransfer 0; lpdwFlags 0 → FALSE [WSAECONNREFUSED]; lpcbTransfer 0; lpdwFlags 77`,
  },
  {
    because:
      'specification, closesocket: pending operations fail with WSA_OPERATION_ABORTED; Wine’s handle is gone when they end',
    lines: String.raw`
      overlapped: a completion routine and a closed socket
        SleepEx(LONG, 1) = WSA_WAIT_IO_COMPLETION; routine(WSAEINVAL, 0, ov1, 0) → WSA_WAIT_IO_COMPLETION; routine(WSA_OPERATION_ABORTED, 0, ov1, 0)
      completion-ports: a pending receive and closesocket
        GetQueuedCompletionStatus(q1, &lpNumberOfBytes, &lpCompletionKey, &lpOverlapped, LONG) = FALSE [676]; lpNumberOfBytes 0; lpCompletionKey 42; lpOverlapped ov1 → FALSE [WSA_OPERATION_ABORTED]; lpNumberOfBytes 0; lpCompletionKey 42; lpOverlapped ov1
        showOverlapped(ov1) = Internal 8000000a InternalHigh 0 → Internal c0000120 InternalHigh 0`,
  },
  {
    because: 'measured 31.1, 31.7: the count stays as it was unless the call succeeds at once; Wine writes 0',
    lines: String.raw`
      extensions: AcceptEx: what cannot
        AcceptEx(INVALID_SOCKET, s, b1[64], 0, 32, 32, &lpdwBytesReceived, ov1) = FALSE [WSAENOTSOCK]; lpdwBytesReceived 0 → FALSE [WSAENOTSOCK]; lpdwBytesReceived 77
        AcceptEx(listener, INVALID_SOCKET, b2[64], 0, 32, 32, &lpdwBytesReceived, ov1) = FALSE [WSAENOTSOCK]; lpdwBytesReceived 0 → FALSE [WSAENOTSOCK]; lpdwBytesReceived 77
      extensions: AcceptEx without data
        AcceptEx(listener, s, b1[64], 0, 32, 32, &lpdwBytesReceived, ov1) = FALSE [WSA_IO_PENDING]; lpdwBytesReceived 0 → FALSE [WSA_IO_PENDING]; lpdwBytesReceived 77
      extensions: AcceptEx with data
        AcceptEx(listener, s, b1[80], 16, 32, 32, &lpdwBytesReceived, ov1) = FALSE [WSA_IO_PENDING]; lpdwBytesReceived 0 → FALSE [WSA_IO_PENDING]; lpdwBytesReceived 77
      extensions: AcceptEx with data, and a client that closes
        AcceptEx(listener, s, b1[80], 16, 32, 32, &lpdwBytesReceived, ov1) = FALSE [WSA_IO_PENDING]; lpdwBytesReceived 0 → FALSE [WSA_IO_PENDING]; lpdwBytesReceived 77
      extensions: AcceptEx with a client waiting
        AcceptEx(listener, s, b1[64], 0, 32, 32, &lpdwBytesReceived, ov1) = FALSE [WSA_IO_PENDING]; lpdwBytesReceived 0 → FALSE [WSA_IO_PENDING]; lpdwBytesReceived 77
      extensions: AcceptEx twice into one socket
        AcceptEx(listener, s, b2[64], 0, 32, 32, &lpdwBytesReceived, ov2) = FALSE [WSAEINVAL]; lpdwBytesReceived 0 → FALSE [WSAEINVAL]; lpdwBytesReceived 77`,
  },
  {
    because: 'measured 28.1: WSAENOTCONN; Wine forgets to say so',
    lines: String.raw`
      extensions: TransmitFile: what cannot
        TransmitFile(s, NULL, 0, 0, ov1, NULL, 0) = FALSE [-] → FALSE [WSAENOTCONN]
        TransmitFile(s2, NULL, 0, 0, NULL, NULL, 0) = FALSE [-] → FALSE [WSAENOTCONN]`,
  },
  {
    because: 'specification, sendto: WSAEFAULT when tolen is too small for the family of the socket',
    lines: String.raw`
      datagrams: datagrams over IPv6
        sendto(s1, "four", 4, 0, name of v4, 16) = SOCKET_ERROR [WSAENETUNREACH] → SOCKET_ERROR [WSAEFAULT]`,
  },
  {
    because:
      'measured 35: TRUE; the last error of a call that succeeds is 0 (calling conventions), not the status’ own',
    lines: String.raw`
      overlapped: statuses that are successes
        WSAGetOverlappedResult(s, ov3, &lpcbTransfer, 0, &lpdwFlags) = TRUE [ERROR_TIMEOUT]; lpcbTransfer 5; lpdwFlags 0 → TRUE [0]; lpcbTransfer 5; lpdwFlags 0
        WSAGetOverlappedResult(s, ov4, &lpcbTransfer, 0, &lpdwFlags) = TRUE [744]; lpcbTransfer 5; lpdwFlags 0 → TRUE [0]; lpcbTransfer 5; lpdwFlags 0
        WSAGetOverlappedResult(s, ov5, &lpcbTransfer, 0, &lpdwFlags) = TRUE [698]; lpcbTransfer 5; lpdwFlags 0 → TRUE [0]; lpcbTransfer 5; lpdwFlags 0`,
  },
];
