// Where Wine is known to differ from Windows, and this project goes with Windows; and what Linux below the native provider
// cannot do. "measured" is the table of Windows' measured behaviour, by its numbers; "specification" is that of Windows
// Sockets 2, by its sections; "calling conventions" are this project's.

/** Why some lines of traces are others here. */
export interface Reason {
  readonly because: string;
  /** Only on this base provider; on both if absent. */
  readonly base?: 'memory' | 'tcpip';
  /**
   * A line with the scenario's group and title, then its calls, further in: `call = what Wine gives → what is given here`,
   * in the words of the traces.
   */
  readonly lines: string;
}

/** Functions that set the last error to 0 when they succeed, where Wine leaves it alone. */
export const LAST_ERROR_AFTER_SUCCESS: Readonly<Record<string, string>> = {
  WSAStartup: 'calling conventions, "Errors"',
  WSACleanup: 'calling conventions, "Errors"',
  connect: 'calling conventions, "Errors"',
  WSAConnect: 'calling conventions, "Errors"',
  accept: 'calling conventions, "Errors"',
  closesocket: 'calling conventions, "Errors"',
  getsockopt: 'measured 3.1',
  setsockopt: 'measured 3.1',
  WSACloseEvent: 'calling conventions, "Errors"',
  WSASetEvent: 'calling conventions, "Errors"',
  WSAResetEvent: 'calling conventions, "Errors"',
  WSAWaitForMultipleEvents: 'calling conventions, "Errors"',
  WSAAddressToStringA: 'calling conventions, "Errors"',
  WSAStringToAddressA: 'calling conventions, "Errors"',
};

/** Lines where Windows, and this project, do not do as Wine does. */
export const WINE_DIFFERS: readonly Reason[] = [
  {
    because: 'specification, Error Codes: WSANOTINITIALISED; Wine has some functions work without WSAStartup',
    lines: String.raw`
      startup: nothing works before WSAStartup
        send(4, "x", 1, 0) = SOCKET_ERROR [WSAENOTSOCK] → SOCKET_ERROR [WSANOTINITIALISED]
        select(0, NULL, NULL, NULL, 0) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSANOTINITIALISED]
        ioctlsocket(4, FIONBIO, &argp) = SOCKET_ERROR [WSAENOTSOCK]; argp 1 → SOCKET_ERROR [WSANOTINITIALISED]; argp 1
        getservbyname("telnet", "tcp") = telnet 23/tcp [0] → NULL [WSANOTINITIALISED]`,
  },
  {
    because:
      'specification, WSAStartup: its error is its result; the last error of a program that is not started is WSANOTINITIALISED here',
    lines: String.raw`
      startup: WSAStartup of version 0.0
        WSAStartup(0) = 10092 [-]; wVersion 514; wHighVersion 514 → 10092 [WSANOTINITIALISED]; wVersion 514; wHighVersion 514
      startup: WSAStartup of version 0.1
        WSAStartup(256) = 10092 [-]; wVersion 514; wHighVersion 514 → 10092 [WSANOTINITIALISED]; wVersion 514; wHighVersion 514`,
  },
  {
    because: 'specification, WSACleanup: 0; Wine leaves behind what went on inside',
    lines: String.raw`
      startup: as many WSACleanup as WSAStartup
        WSACleanup() = 0 [WSA_INVALID_HANDLE] → 0 [0]
      startup: WSAStartup again after WSACleanup
        WSACleanup() = 0 [WSA_INVALID_HANDLE] → 0 [0]
      startup: a socket does not outlive WSACleanup
        WSACleanup() = 0 [WSA_INVALID_HANDLE] → 0 [0]`,
  },
  {
    because: 'measured 8: the family beats the protocol',
    lines: String.raw`
      sockets: socket(0xdead, STREAM, 0xdead)
        socket(57005, SOCK_STREAM, 57005) = INVALID_SOCKET [WSAEPROTONOSUPPORT] → INVALID_SOCKET [WSAEAFNOSUPPORT]`,
  },
  {
    because: 'measured 3.13, 29: the socket and its state are looked at before pointers',
    lines: String.raw`
      sockets: no function takes a closed socket
        getsockname(s, NULL, NULL) = SOCKET_ERROR [WSAEFAULT] → SOCKET_ERROR [WSAENOTSOCK]
      names: getsockname of an unbound socket
        getsockname(s, NULL, NULL) = SOCKET_ERROR [WSAEFAULT] → SOCKET_ERROR [WSAEINVAL]
      names: getpeername: not connected
        getpeername(s, NULL, NULL) = SOCKET_ERROR [WSAEFAULT] → SOCKET_ERROR [WSAENOTCONN]`,
  },
  {
    because: 'specification, bind: WSAEFAULT for a bad length; WSAENOBUFS is Windows’ for setsockopt (measured 3.11)',
    lines: String.raw`
      names: bind: pointers and lengths
        bind(s, 127.0.0.1:0, -1) = SOCKET_ERROR [WSAENOBUFS] → SOCKET_ERROR [WSAEFAULT]`,
  },
  {
    because: 'specification, bind: WSAEFAULT when the family is not the socket’s',
    lines: String.raw`
      names: bind: families
        bind(s, 127.0.0.1:0, 28) = SOCKET_ERROR [WSAEOPNOTSUPP] → SOCKET_ERROR [WSAEFAULT]
        bind(s, 127.0.0.1:0 as family 57005, 16) = SOCKET_ERROR [WSAEAFNOSUPPORT] → SOCKET_ERROR [WSAEFAULT]
        bind(s, 127.0.0.1:0 as family 0, 16) = SOCKET_ERROR [WSAEAFNOSUPPORT] → SOCKET_ERROR [WSAEFAULT]
      names: bind of an IPv6 socket: lengths and families
        bind(s, 127.0.0.1:0, 16) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAEFAULT]
        bind(s, 127.0.0.1:0, 28) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAEFAULT]`,
  },
  {
    because:
      'Linux gives EADDRINUSE for every kind of clash, and whose the other socket is cannot be asked for; measured 4.7 has WSAEACCES',
    base: 'tcpip',
    lines: String.raw`
      names: bind: an exclusive any address, then loopback
        bind(second, 127.0.0.1:port of first, 16) = SOCKET_ERROR [WSAEACCES] → SOCKET_ERROR [WSAEADDRINUSE]`,
  },
  {
    because: 'a call that fails writes no address; Wine clears what there is room for',
    lines: String.raw`
      names: getpeername: pointers and lengths
        getpeername(client, b3[28], &namelen) = SOCKET_ERROR [WSAEFAULT]; b3 of family 0; namelen 15 → SOCKET_ERROR [WSAEFAULT]; b3 untouched; namelen 15
      connections: accept: room for no address
        accept(listener, b1[28], &addrlen) = INVALID_SOCKET [WSAEFAULT]; b1 of family 0; addrlen 15 → INVALID_SOCKET [WSAEFAULT]; b1 untouched; addrlen 15`,
  },
  {
    because: 'measured 12.2: a datagram socket is WSAEOPNOTSUPP, bound or not',
    lines: String.raw`
      names: listen: what cannot
        listen(u, 1) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAEOPNOTSUPP]`,
  },
  {
    because: 'specification, listen: WSAEISCONN',
    lines: String.raw`
      names: listen on a connected socket
        listen(client, 1) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAEISCONN]
        listen(server, 1) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAEISCONN]`,
  },
  {
    because: 'measured 13.14: SO_ERROR is 0 after a blocking connect that failed',
    lines: String.raw`
      connections: connect: refused
        getsockopt(s, SOL_SOCKET, SO_ERROR, b1[4], &optlen) = 0 [0]; b1 <4d270000>; optlen 4 → 0 [0]; b1 <00000000>; optlen 4`,
  },
  {
    because: 'measured 24.5: the socket can be used again; under Linux a second connect gives ECONNABORTED',
    lines: String.raw`
      connections: connect after a refusal
        connect(s, name of listener, 16) = SOCKET_ERROR [WSAECONNABORTED] → 0 [0]
        getpeername(s, b1[28], &namelen) = SOCKET_ERROR [WSAENOTCONN]; b1 untouched; namelen 28 → 0 [0]; b1 127.0.0.1:P1; namelen 16`,
  },
  {
    because: 'specification, connect: WSAEFAULT when namelen is too small',
    lines: String.raw`
      connections: connect: lengths
        connect(s, name of listener, 15) = SOCKET_ERROR [WSAEADDRNOTAVAIL] → SOCKET_ERROR [WSAEFAULT]`,
  },
  {
    because: 'specification, connect: WSAEAFNOSUPPORT; Wine hands the address to Linux',
    lines: String.raw`
      connections: connect: families
        connect(s, 127.0.0.1:port of listener, 28) = SOCKET_ERROR [WSAEOPNOTSUPP] → SOCKET_ERROR [WSAEAFNOSUPPORT]
        connect(s, 127.0.0.1:port of listener as family 0, 16) = 0 [0] → SOCKET_ERROR [WSAEAFNOSUPPORT]
        connect(s, 127.0.0.1:port of listener as family 57005, 16) = SOCKET_ERROR [WSAEISCONN] → SOCKET_ERROR [WSAEAFNOSUPPORT]`,
  },
  {
    because: 'specification, connect: WSAEADDRNOTAVAIL for an address that is none, such as ADDR_ANY',
    lines: String.raw`
      connections: connect to port 0 and to any address
        connect(s, 127.0.0.1:0, 16) = SOCKET_ERROR [WSAECONNREFUSED] → SOCKET_ERROR [WSAEADDRNOTAVAIL]
        connect(s2, 0.0.0.0:port of listener, 16) = 0 [0] → SOCKET_ERROR [WSAEADDRNOTAVAIL]`,
  },
  {
    because:
      'specification, send and recv: WSAENOTCONN; Wine takes Linux’ EPIPE, and the end of a stream that never was',
    lines: String.raw`
      connections: connect, not blocking: refused
        send(s, "x", 1, 0) = SOCKET_ERROR [WSAECONNRESET] → SOCKET_ERROR [WSAENOTCONN]
        recv(s, b3[16], 16, 0) = 0 [0]; b3 untouched → SOCKET_ERROR [WSAENOTCONN]; b3 untouched
      transfers: send: not connected
        send(s, "x", 1, 0) = SOCKET_ERROR [WSAECONNRESET] → SOCKET_ERROR [WSAENOTCONN]
      transfers: sendto on a stream that is not connected
        sendto(s, "hello", 5, 0, name of listener, 16) = SOCKET_ERROR [WSAECONNRESET] → SOCKET_ERROR [WSAENOTCONN]
      overlapped: overlapped calls that fail at once
        WSASend(s, {"x"}, 1, &lpNumberOfBytesSent, 0, ov1, NULL) = SOCKET_ERROR [WSAECONNRESET]; lpNumberOfBytesSent 77 → SOCKET_ERROR [WSAENOTCONN]; lpNumberOfBytesSent 77
      completion-ports: calls that fail queue nothing
        WSASend(s, {"x"}, 1, &lpNumberOfBytesSent, 0, ov2, NULL) = SOCKET_ERROR [WSAECONNRESET]; lpNumberOfBytesSent 77 → SOCKET_ERROR [WSAENOTCONN]; lpNumberOfBytesSent 77`,
  },
  {
    because: 'specification, connect: a null address undoes it, and send is WSAENOTCONN from then on',
    lines: String.raw`
      connections: connect of a datagram socket, undone
        send(a, "x", 1, 0) = 1 [0] → SOCKET_ERROR [WSAENOTCONN]`,
  },
  {
    because:
      'specification, closesocket and WSAAccept: who waits is refused; under Wine the client sees a graceful end',
    lines: String.raw`
      connections: closing a listener ends who waits
        recv(client, b1[16], 16, 0) = 0 [0]; b1 untouched → SOCKET_ERROR [WSAECONNRESET]; b1 untouched
      connections: WSAAccept: a condition that rejects
        recv(client, b2[16], 16, 0) = 0 [0]; b2 untouched → SOCKET_ERROR [WSAECONNRESET]; b2 untouched`,
  },
  {
    because:
      'specification, WSAAccept: a condition function gives one of three values; another counts as a rejection here',
    lines: String.raw`
      connections: WSAAccept: a condition that says neither
        WSAAccept(listener, b1[28], &addrlen, 7, 42) = INVALID_SOCKET [WSAENOTSOCK]; condition(127.0.0.1:P1, 127.0.0.1:P2, 42); b1 127.0.0.1:P1; addrlen 16 → INVALID_SOCKET [WSAECONNREFUSED]; condition(127.0.0.1:P1, 127.0.0.1:P2, 42); b1 127.0.0.1:P1; addrlen 16`,
  },
  {
    because: 'specification, recv and send: WSAEOPNOTSUPP for flags that are not there; Wine ignores them',
    lines: String.raw`
      transfers: recv: flags that are none
        recv(server, b1[16], 16, 16384) = 1 [0]; b1 "x" → SOCKET_ERROR [WSAEOPNOTSUPP]; b1 untouched
        recv(server, b2[16], 16, 0) = SOCKET_ERROR [WSAEWOULDBLOCK]; b2 untouched → 1 [0]; b2 "x"
      transfers: send: flags that are none
        send(client, "x", 1, 16384) = 1 [0] → SOCKET_ERROR [WSAEOPNOTSUPP]
        send(client, "x", 1, MSG_PEEK) = 1 [0] → SOCKET_ERROR [WSAEOPNOTSUPP]`,
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
        sendto(a, "x", 1, 0, NULL, 16) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAENOTCONN]`,
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
    because: 'Windows’ catalog has 65467 for UDP; Wine counts 65535 less the headers',
    lines: String.raw`
      datagrams: a datagram that is too long
        getsockopt(a, SOL_SOCKET, SO_MAX_MSG_SIZE, b2[4], &optlen) = 0 [0]; b2 <e3ff0000>; optlen 4 → 0 [0]; b2 <bbff0000>; optlen 4`,
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
    because: 'specification, shutdown: both errors are listed, and no order; Wine looks at the argument first',
    lines: String.raw`
      closing: shutdown: what cannot
        shutdown(s, 3) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAENOTCONN]`,
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
    because: 'measured 3.11: l_onoff 0x100 reads back as it was',
    lines: String.raw`
      options: SO_LINGER set with 0 and 8 bytes, and to 0x100
        getsockopt(s, SOL_SOCKET, SO_LINGER, b1[4], &optlen) = 0 [0]; b1 <01000000>; optlen 4 → 0 [0]; b1 <00010000>; optlen 4`,
  },
  {
    because: 'measured 3.11: only the low byte of SO_DONTROUTE counts',
    lines: String.raw`
      options: SO_DONTROUTE set with 0 and 8 bytes, and to 0x100
        getsockopt(s, SOL_SOCKET, SO_DONTROUTE, b1[4], &optlen) = 0 [0]; b1 <01>; optlen 1 → 0 [0]; b1 <00>; optlen 1`,
  },
  {
    because: 'measured 8.3: SO_TYPE of a datagram socket is WSAEINVAL',
    lines: String.raw`
      options: options that cannot be set
        setsockopt(s2, SOL_SOCKET, SO_TYPE, <int 1>, 4) = SOCKET_ERROR [WSAENOPROTOOPT] → SOCKET_ERROR [WSAEINVAL]`,
  },
  {
    because: 'specification, setsockopt: WSAENOPROTOOPT when the option is not of this kind of socket',
    lines: String.raw`
      options: options of the other kind of socket
        setsockopt(s, SOL_SOCKET, SO_BROADCAST, <int 1>, 4) = 0 [0] → SOCKET_ERROR [WSAENOPROTOOPT]
        setsockopt(s2, SOL_SOCKET, SO_KEEPALIVE, <int 1>, 4) = 0 [0] → SOCKET_ERROR [WSAENOPROTOOPT]
        setsockopt(s2, SOL_SOCKET, SO_OOBINLINE, <int 1>, 4) = 0 [0] → SOCKET_ERROR [WSAENOPROTOOPT]
        setsockopt(s2, SOL_SOCKET, SO_LINGER, <linger 1, 1>, 4) = 0 [0] → SOCKET_ERROR [WSAENOPROTOOPT]
        setsockopt(s2, IPPROTO_TCP, TCP_NODELAY, <int 1>, 4) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAENOPROTOOPT]`,
  },
  {
    because: 'specification, getsockopt: WSAEFAULT',
    lines: String.raw`
      options: options: no pointers
        getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, NULL, &optlen) = SOCKET_ERROR [WSAEINVAL]; optlen 4 → SOCKET_ERROR [WSAEFAULT]; optlen 4`,
  },
  {
    because: 'measured 3.4: {0, 73} round trips',
    lines: String.raw`
      options: SO_LINGER round trips
        getsockopt(s, SOL_SOCKET, SO_LINGER, b4[4], &optlen) = 0 [0]; b4 <00000000>; optlen 4 → 0 [0]; b4 <00004900>; optlen 4`,
  },
  {
    because: 'measured 3.9: SO_ERROR can be set',
    lines: String.raw`
      options: SO_ERROR can be set
        getsockopt(s, SOL_SOCKET, SO_ERROR, b1[4], &optlen) = 0 [0]; b1 <00000000>; optlen 4 → 0 [0]; b1 <d2040000>; optlen 4`,
  },
  {
    because: 'measured 5.2, 16.3: FALSE while urgent data waits; Wine answers as Linux does',
    lines: String.raw`
      ioctls: SIOCATMARK and urgent data
        ioctlsocket(server, SIOCATMARK, &argp) = 0 [0]; argp 1 → 0 [0]; argp 0
        ioctlsocket(server, SIOCATMARK, &argp) = 0 [0]; argp 0 → 0 [0]; argp 1`,
  },
  {
    because: 'measured 30.1: an address of 15 bytes is WSAEINVAL',
    base: 'tcpip',
    lines: String.raw`
      ioctls: SIO_ROUTING_INTERFACE_QUERY
        WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, 127.0.0.1:0, 15, b2[28], 16, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAEFAULT]; b2 untouched; lpcbBytesReturned 77 → SOCKET_ERROR [WSAEINVAL]; b2 untouched; lpcbBytesReturned 0`,
  },
  {
    because: 'specification, WSAHtonl: WSAENOTSOCK; Wine does not look at the socket',
    lines: String.raw`
      addresses: WSAHtonl and its like
        WSAHtonl(INVALID_SOCKET, 1, &lpnetlong) = 0 [-]; lpnetlong 16777216 → SOCKET_ERROR [WSAENOTSOCK]; lpnetlong 0
        WSAHtonl(INVALID_SOCKET, 1, NULL) = SOCKET_ERROR [WSAEFAULT] → SOCKET_ERROR [WSAENOTSOCK]`,
  },
  {
    because: 'measured 60 has the same for WSAStringToAddress: numbers that are too large are cut to 32 bits',
    lines: String.raw`
      addresses: inet_addr: octal and hex
        inet_addr("0x123456789") = 0xffffffff [-] → 0x89674523 [-]
      addresses: inet_addr: too large
        inet_addr("4294967296") = 0xffffffff [-] → 0x00000000 [-]`,
  },
  {
    because:
      'specification, WSAAddressToString: the last error says why; Wine gives it as the result of a deeper layer',
    lines: String.raw`
      addresses: WSAAddressToString: lengths
        WSAAddressToStringA(127.0.0.1:80, 15, NULL, 64, &lpdwAddressStringLength) = SOCKET_ERROR [-]; lpszAddressString untouched; lpdwAddressStringLength 64 → SOCKET_ERROR [WSAEFAULT]; lpszAddressString untouched; lpdwAddressStringLength 64
        WSAAddressToStringA(127.0.0.1:80, 0, NULL, 64, &lpdwAddressStringLength) = SOCKET_ERROR [-]; lpszAddressString untouched; lpdwAddressStringLength 64 → SOCKET_ERROR [WSAEINVAL]; lpszAddressString untouched; lpdwAddressStringLength 64
      addresses: WSAAddressToString: what cannot
        WSAAddressToStringA(NULL, 16, NULL, 64, &lpdwAddressStringLength) = SOCKET_ERROR [-]; lpszAddressString untouched; lpdwAddressStringLength 64 → SOCKET_ERROR [WSAEFAULT]; lpszAddressString untouched; lpdwAddressStringLength 64
        WSAAddressToStringA(127.0.0.1:80, 16, NULL, 64, NULL) = SOCKET_ERROR [-]; lpszAddressString untouched → SOCKET_ERROR [WSAEFAULT]; lpszAddressString untouched`,
  },
  {
    because: 'specification, WSAStringToAddress: WSAEFAULT for a pointer that is none',
    lines: String.raw`
      addresses: WSAStringToAddress: lengths and families
        WSAStringToAddressA(NULL, AF_INET, NULL, b5[28], &lpAddressLength) = SOCKET_ERROR [WSAEINVAL]; b5 untouched; lpAddressLength 28 → SOCKET_ERROR [WSAEFAULT]; b5 untouched; lpAddressLength 28`,
  },
  {
    because: 'specification, gethostbyname: addresses are not resolved, but treated as unknown names',
    lines: String.raw`
      databases: gethostbyname of localhost
        gethostbyname("127.0.0.1") = 127.0.0.1 type 2 length 4 127.0.0.1 [0] → NULL [WSAHOST_NOT_FOUND]`,
  },
  {
    because: 'specification, gethostbyaddr: WSAEFAULT when len is too small',
    lines: String.raw`
      databases: gethostbyaddr: lengths and families
        gethostbyaddr(<7f 00 00 01>, 3, AF_INET) = NULL [WSAEAFNOSUPPORT] → NULL [WSAEFAULT]`,
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
    because: 'the room is for an address that was understood; Wine leaves in it what it had read until then',
    lines: String.raw`
      addresses: inet_pton of IPv6
        inet_pton(AF_INET6, "1::2::3", b5[16]) = 0 [-]; b5 <00010000000000000000000000000002> → 0 [-]; b5 untouched
        inet_pton(AF_INET6, "::1%1", b6[16]) = 0 [-]; b6 <00000000000000000000000000000001> → 0 [-]; b6 untouched
        inet_pton(AF_INET6, "::1/64", b7[16]) = 0 [-]; b7 <00000000000000000000000000000001> → 0 [-]; b7 untouched`,
  },
  {
    because: 'inet_ntop on Windows: ERROR_INVALID_PARAMETER for too little room; Wine has the NTSTATUS of it as last error',
    lines: String.raw`
      addresses: inet_ntop
        inet_ntop(AF_INET, <7f 00 00 01>, 9) = NULL [-1073741811] → NULL [WSA_INVALID_PARAMETER]`,
  },
];
