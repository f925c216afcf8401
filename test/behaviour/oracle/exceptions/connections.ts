// Exceptions: starting, making, naming, connecting and closing sockets.
import type { Reason } from '../exceptions.js';

/** Where Wine differs. */
export const CONNECTIONS: readonly Reason[] = [
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
    because: 'a call that fails writes no address; Wine clears what there is room for',
    lines: String.raw`
      names: getpeername: pointers and lengths
        getpeername(client, b3[28], &namelen) = SOCKET_ERROR [WSAEFAULT]; b3 of family 0; namelen 15 → SOCKET_ERROR [WSAEFAULT]; b3 untouched; namelen 15
      connections: an IPv6 connection carries data
        getpeername(client, b3[28], &namelen) = SOCKET_ERROR [WSAEFAULT]; b3 of family 0; namelen 16 → SOCKET_ERROR [WSAEFAULT]; b3 untouched; namelen 16
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
      'specification, WSAAccept: a condition function gives one of three values; another is WSAEINVAL, and rejects',
    lines: String.raw`
      connections: WSAAccept: a condition that says neither
        WSAAccept(listener, b1[28], &addrlen, 7, 42) = INVALID_SOCKET [WSAENOTSOCK]; condition(127.0.0.1:P1, 127.0.0.1:P2, 42); b1 127.0.0.1:P1; addrlen 16 → INVALID_SOCKET [WSAEINVAL]; condition(127.0.0.1:P1, 127.0.0.1:P2, 42); b1 127.0.0.1:P1; addrlen 16`,
  },
  {
    because: 'specification, shutdown: both errors are listed, and no order; Wine looks at the argument first',
    lines: String.raw`
      closing: shutdown: what cannot
        shutdown(s, 3) = SOCKET_ERROR [WSAEINVAL] → SOCKET_ERROR [WSAENOTCONN]`,
  },
];
