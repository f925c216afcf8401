// Exceptions: options, ioctls, addresses and names.
import type { Reason } from '../exceptions.js';

/** Where Wine differs. */
export const OPTIONS: readonly Reason[] = [
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
    because: 'the room is for an address that was understood; Wine leaves in it what it had read until then',
    lines: String.raw`
      addresses: inet_pton of IPv6
        inet_pton(AF_INET6, "1::2::3", b5[16]) = 0 [-]; b5 <00010000000000000000000000000002> → 0 [-]; b5 untouched
        inet_pton(AF_INET6, "::1%1", b6[16]) = 0 [-]; b6 <00000000000000000000000000000001> → 0 [-]; b6 untouched
        inet_pton(AF_INET6, "::1/64", b7[16]) = 0 [-]; b7 <00000000000000000000000000000001> → 0 [-]; b7 untouched`,
  },
  {
    because:
      'inet_ntop on Windows: ERROR_INVALID_PARAMETER for too little room; Wine has the NTSTATUS of it as last error',
    lines: String.raw`
      addresses: inet_ntop
        inet_ntop(AF_INET, <7f 00 00 01>, 9) = NULL [-1073741811] → NULL [WSA_INVALID_PARAMETER]`,
  },
  {
    because: 'measured 54: ERROR_INVALID_HANDLE',
    lines: String.raw`
      databases: WSALookupServiceEnd of nothing
        WSALookupServiceEnd(0) = 0 [-] → SOCKET_ERROR [WSA_INVALID_HANDLE]`,
  },
  {
    because: 'measured 30.1: the length that is needed comes with WSAEFAULT; an address of 15 bytes is WSAEINVAL',
    lines: String.raw`
      ioctls: SIO_ROUTING_INTERFACE_QUERY
        WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, 127.0.0.1:0, 16, b1[28], 15, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAEFAULT]; b1 untouched; lpcbBytesReturned 77 → SOCKET_ERROR [WSAEFAULT]; b1 untouched; lpcbBytesReturned 16
        WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, 127.0.0.1:0, 15, b2[28], 16, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAEFAULT]; b2 untouched; lpcbBytesReturned 77 → SOCKET_ERROR [WSAEINVAL]; b2 untouched; lpcbBytesReturned 77`,
  },
  {
    because: 'measured 17.4: an ioctl that is not supported sets the count to 0',
    lines: String.raw`
      ioctls: SIO_IDEAL_SEND_BACKLOG_QUERY
        WSAIoctl(s2, SIO_IDEAL_SEND_BACKLOG_QUERY, NULL, 0, b3[4], 4, &lpcbBytesReturned, NULL, NULL) = SOCKET_ERROR [WSAEOPNOTSUPP]; b3 untouched; lpcbBytesReturned 77 → SOCKET_ERROR [WSAEOPNOTSUPP]; b3 untouched; lpcbBytesReturned 0`,
  },
];
