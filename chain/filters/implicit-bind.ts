// Names that sockets get without a bind: filters of binds are asked about them as well.
import { AF_INET6, sameBytes, sockaddr_in, sockaddr_in6, WSAEINVAL, type ErrorCode } from '../../spi/index.js';
import type { Verdict } from './filter-request.js';

/** A socket that may be about to get a name by its way to a destination. */
export interface NamelessSocket {
  /** Tells whether it has a name: 0, WSAEINVAL when it has none, or why that cannot be told. */
  named(): number;
  /** Asks the filters about the name that it is about to get. */
  ask(name: Uint8Array): Verdict;
  /** Gives it another name. Returns 0 or a WinSock code. */
  bind(name: Uint8Array): ErrorCode;
}

/**
 * Asks about the name that a socket without one is about to get.
 *
 * @param destination where it is going: a sockaddr that leads somewhere
 * @returns 0, or the WinSock code that says why it does not get one
 */
export function bindImplicitly(socket: NamelessSocket, destination: Uint8Array): ErrorCode {
  const code = socket.named();
  // Whoever cannot say whether there is a name may be giving the socket one.
  if (code !== WSAEINVAL) return code;
  const any = anyName(destination);
  const { error, name } = socket.ask(any);
  return error !== 0 || sameBytes(name, any) ? error : socket.bind(name);
}

/** Every address and port 0, of the family of another name. */
export function anyName(of: Uint8Array): Uint8Array {
  return of[0] === AF_INET6 ? sockaddr_in6('::', 0) : sockaddr_in('0.0.0.0', 0);
}
