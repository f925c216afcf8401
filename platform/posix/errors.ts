// The error numbers of the Unix family as WinSock's.
import * as spi from '../../spi/index.js';

/** What each error means, whatever its number is on a system. */
const MEANINGS = {
  EPERM: spi.WSAEACCES,
  ENOENT: spi.WSAEADDRNOTAVAIL,
  EINTR: spi.WSAEINTR,
  EBADF: spi.WSAENOTSOCK,
  EAGAIN: spi.WSAEWOULDBLOCK,
  ENOMEM: spi.WSAENOBUFS,
  EACCES: spi.WSAEACCES,
  EFAULT: spi.WSAEFAULT,
  ENODEV: spi.WSAEADDRNOTAVAIL,
  EINVAL: spi.WSAEINVAL,
  ENFILE: spi.WSAEMFILE,
  EMFILE: spi.WSAEMFILE,
  // Only sends and errors kept for a socket give it: a shutdown of our own never comes so far.
  EPIPE: spi.WSAECONNRESET,
  EPROTO: spi.WSAECONNABORTED,
  ENOTSOCK: spi.WSAENOTSOCK,
  EDESTADDRREQ: spi.WSAEDESTADDRREQ,
  EMSGSIZE: spi.WSAEMSGSIZE,
  EPROTOTYPE: spi.WSAEPROTOTYPE,
  ENOPROTOOPT: spi.WSAENOPROTOOPT,
  EPROTONOSUPPORT: spi.WSAEPROTONOSUPPORT,
  ESOCKTNOSUPPORT: spi.WSAESOCKTNOSUPPORT,
  EOPNOTSUPP: spi.WSAEOPNOTSUPP,
  ENOTSUP: spi.WSAEOPNOTSUPP,
  EPFNOSUPPORT: spi.WSAEPFNOSUPPORT,
  EAFNOSUPPORT: spi.WSAEAFNOSUPPORT,
  EADDRINUSE: spi.WSAEADDRINUSE,
  EADDRNOTAVAIL: spi.WSAEADDRNOTAVAIL,
  ENETDOWN: spi.WSAENETDOWN,
  ENETUNREACH: spi.WSAENETUNREACH,
  ENETRESET: spi.WSAENETRESET,
  ECONNABORTED: spi.WSAECONNABORTED,
  ECONNRESET: spi.WSAECONNRESET,
  ENOBUFS: spi.WSAENOBUFS,
  EISCONN: spi.WSAEISCONN,
  ENOTCONN: spi.WSAENOTCONN,
  ESHUTDOWN: spi.WSAESHUTDOWN,
  ETIMEDOUT: spi.WSAETIMEDOUT,
  ECONNREFUSED: spi.WSAECONNREFUSED,
  EHOSTDOWN: spi.WSAEHOSTDOWN,
  EHOSTUNREACH: spi.WSAEHOSTUNREACH,
  EALREADY: spi.WSAEALREADY,
  EINPROGRESS: spi.WSAEWOULDBLOCK,
} as const;

/** A system's numbers of the errors that sockets give. */
export type ErrorNumbers = Readonly<Record<keyof typeof MEANINGS, number>>;

/** More than any error number that a system gives. */
const MOST_ERRORS = 160;

/** The errors of one system. */
export class SystemErrors {
  /** Its numbers. */
  readonly numbers: ErrorNumbers;
  readonly #codes = new Int32Array(MOST_ERRORS).fill(spi.WSASYSCALLFAILURE);

  constructor(numbers: ErrorNumbers) {
    this.numbers = numbers;
    for (const [name, code] of Object.entries(MEANINGS)) this.#codes[numbers[name as keyof ErrorNumbers]] = code;
  }

  /** The WinSock code for an errno value; WSASYSCALLFAILURE for one that no socket call should give. */
  winsockError(errno: number): number {
    return this.#codes[errno] ?? spi.WSASYSCALLFAILURE;
  }

  /**
   * The WinSock code for what a receive of datagrams failed with. It never is WSAEMSGSIZE, which means one that was cut
   * off: that an earlier one was too long for the way to its destination is no matter of what is received.
   */
  datagramError(errno: number): number {
    return errno === this.numbers.EMSGSIZE ? spi.WSAEHOSTUNREACH : this.#transferError(errno);
  }

  /**
   * The WinSock code for what a send failed with.
   *
   * @param to the destination, `null` for the connected peer
   */
  sendError(errno: number, to: Uint8Array | null): number {
    const { EDESTADDRREQ, EINVAL } = this.numbers;
    // Without a destination and without a peer: on Windows the socket is not connected, and says so.
    if (errno === EDESTADDRREQ && to === null) return spi.WSAENOTCONN;
    // There is no such name for a destination that is none (specification: sendto).
    if (errno === EINVAL && to !== null && to.length >= 4 && to[2] === 0 && to[3] === 0) return spi.WSAEADDRNOTAVAIL;
    return this.#transferError(errno);
  }

  /** What a transfer failed with: nobody has the port that an earlier datagram went to, where a connect is refused. */
  #transferError(errno: number): number {
    return errno === this.numbers.ECONNREFUSED ? spi.WSAECONNRESET : this.winsockError(errno);
  }
}
