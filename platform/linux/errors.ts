// Linux' error numbers (the generic ones, which every processor that koffi supports uses) as WinSock's.
import * as spi from '../../spi/index.js';

// The binding itself looks at these.

/** A signal came first. */
export const EINTR = 4;
/** Nothing to be had now; of `connect`: no room for a way to the destination. */
export const EAGAIN = 11;
/** A reset that came after the peer's end, when nothing but data of our own can have brought it about. */
export const EPIPE = 32;
/** Not possible as things are; of a send: the destination is none. */
export const EINVAL = 22;
/** Neither a destination nor a peer. */
const EDESTADDRREQ = 89;
/** Too long; of a receive: what a datagram sent earlier was. */
export const EMSGSIZE = 90;
/** The peer broke the protocol's rules; of `accept`: the connection is gone. */
export const EPROTO = 71;
/** The connection was lost before it was accepted. */
export const ECONNABORTED = 103;
/** Nobody is there: told of a connect, and of a datagram sent earlier. */
const ECONNREFUSED = 111;

const ERRORS: readonly (readonly [errno: number, code: number])[] = [
  [1 /* EPERM */, spi.WSAEACCES],
  [2 /* ENOENT */, spi.WSAEADDRNOTAVAIL],
  [4 /* EINTR */, spi.WSAEINTR],
  [9 /* EBADF */, spi.WSAENOTSOCK],
  [11 /* EAGAIN */, spi.WSAEWOULDBLOCK],
  [12 /* ENOMEM */, spi.WSAENOBUFS],
  [13 /* EACCES */, spi.WSAEACCES],
  [14 /* EFAULT */, spi.WSAEFAULT],
  [19 /* ENODEV */, spi.WSAEADDRNOTAVAIL],
  [22 /* EINVAL */, spi.WSAEINVAL],
  [23 /* ENFILE */, spi.WSAEMFILE],
  [24 /* EMFILE */, spi.WSAEMFILE],
  // Only sends and errors kept for a socket give it: a shutdown of our own never comes so far.
  [32 /* EPIPE */, spi.WSAECONNRESET],
  [71 /* EPROTO */, spi.WSAECONNABORTED],
  [88 /* ENOTSOCK */, spi.WSAENOTSOCK],
  [89 /* EDESTADDRREQ */, spi.WSAEDESTADDRREQ],
  [90 /* EMSGSIZE */, spi.WSAEMSGSIZE],
  [91 /* EPROTOTYPE */, spi.WSAEPROTOTYPE],
  [92 /* ENOPROTOOPT */, spi.WSAENOPROTOOPT],
  [93 /* EPROTONOSUPPORT */, spi.WSAEPROTONOSUPPORT],
  [94 /* ESOCKTNOSUPPORT */, spi.WSAESOCKTNOSUPPORT],
  [95 /* EOPNOTSUPP */, spi.WSAEOPNOTSUPP],
  [96 /* EPFNOSUPPORT */, spi.WSAEPFNOSUPPORT],
  [97 /* EAFNOSUPPORT */, spi.WSAEAFNOSUPPORT],
  [98 /* EADDRINUSE */, spi.WSAEADDRINUSE],
  [99 /* EADDRNOTAVAIL */, spi.WSAEADDRNOTAVAIL],
  [100 /* ENETDOWN */, spi.WSAENETDOWN],
  [101 /* ENETUNREACH */, spi.WSAENETUNREACH],
  [102 /* ENETRESET */, spi.WSAENETRESET],
  [103 /* ECONNABORTED */, spi.WSAECONNABORTED],
  [104 /* ECONNRESET */, spi.WSAECONNRESET],
  [105 /* ENOBUFS */, spi.WSAENOBUFS],
  [106 /* EISCONN */, spi.WSAEISCONN],
  [107 /* ENOTCONN */, spi.WSAENOTCONN],
  [108 /* ESHUTDOWN */, spi.WSAESHUTDOWN],
  [110 /* ETIMEDOUT */, spi.WSAETIMEDOUT],
  [111 /* ECONNREFUSED */, spi.WSAECONNREFUSED],
  [112 /* EHOSTDOWN */, spi.WSAEHOSTDOWN],
  [113 /* EHOSTUNREACH */, spi.WSAEHOSTUNREACH],
  [114 /* EALREADY */, spi.WSAEALREADY],
  [115 /* EINPROGRESS */, spi.WSAEWOULDBLOCK],
];

const codes = new Int32Array(160).fill(spi.WSASYSCALLFAILURE);
for (const [errno, code] of ERRORS) codes[errno] = code;

/** The WinSock code for an errno value; WSASYSCALLFAILURE for one that no socket call should give. */
export function winsockError(errno: number): number {
  return codes[errno] ?? spi.WSASYSCALLFAILURE;
}

/**
 * The WinSock code for what a receive of datagrams failed with. It never is WSAEMSGSIZE, which means one that was cut
 * off: that an earlier one was too long for the way to its destination is no matter of what is received.
 */
export function datagramError(errno: number): number {
  return errno === EMSGSIZE ? spi.WSAEHOSTUNREACH : transferError(errno);
}

/**
 * The WinSock code for what a transfer failed with: nobody has the port that an earlier datagram went to, where a
 * connect is refused.
 */
function transferError(errno: number): number {
  return errno === ECONNREFUSED ? spi.WSAECONNRESET : winsockError(errno);
}

/**
 * The WinSock code for what a send failed with.
 *
 * @param to the destination, `null` for the connected peer
 */
export function sendError(errno: number, to: Uint8Array | null): number {
  // Without a destination and without a peer: on Windows the socket is not connected, and says so.
  if (errno === EDESTADDRREQ && to === null) return spi.WSAENOTCONN;
  // There is no such name for a destination that is none (specification: sendto).
  if (errno === EINVAL && to !== null && to.length >= 4 && to[2] === 0 && to[3] === 0) return spi.WSAEADDRNOTAVAIL;
  return transferError(errno);
}
