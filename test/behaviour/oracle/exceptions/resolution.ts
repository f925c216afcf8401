// Exceptions: getaddrinfo and its like, and the look-ups that tell by a message.
import type { Reason } from '../exceptions.js';

/** Where Wine differs. */
export const RESOLUTION: readonly Reason[] = [
  {
    because: 'winsock2.h, getaddrinfo: WSAHOST_NOT_FOUND; Wine hands on an error of Linux that has no name on Windows',
    lines: String.raw`
      resolution: getaddrinfo: an address of the other family
        getaddrinfo("127.0.0.1", NULL, AI_NUMERICHOST, AF_INET6, SOCK_STREAM, 0) = error -9 [-9] → error 11001 [WSAHOST_NOT_FOUND]
        getaddrinfo("::1", NULL, AI_NUMERICHOST, AF_INET, SOCK_STREAM, 0) = error -9 [-9] → error 11001 [WSAHOST_NOT_FOUND]`,
  },
  {
    because: 'winsock2.h, getnameinfo: WSAEFAULT for a name that is too short; Wine does not look at the length',
    lines: String.raw`
      resolution: getnameinfo: what is wrong
        getnameinfo(127.0.0.1:80, 4, NI_NUMERICHOST|NI_NUMERICSERV) = error 10047 [0] → error 10014 [WSAEFAULT]`,
  },
  {
    because: 'specification, WSACancelAsyncRequest: WSAEINVAL for a handle of no request; Wine always succeeds',
    lines: String.raw`
      resolution: WSACancelAsyncRequest of nothing
        WSACancelAsyncRequest(0) = 0 [-] → SOCKET_ERROR [WSAEINVAL]
        WSACancelAsyncRequest(57005) = 0 [-] → SOCKET_ERROR [WSAEINVAL]`,
  },
];
