// libuv's error numbers, which Node.js' handles give: negative, and other ones on each system.
import { getSystemErrorMap } from 'node:util';
import { nodeErrorCode } from '../../index.js';

const numbers = new Map<string, number>();
for (const [number, [name]] of getSystemErrorMap()) numbers.set(name, number);

/** The number of an error that every libuv knows. */
export function uvError(name: string): number {
  return numbers.get(name)!;
}

const UNKNOWN = uvError('UNKNOWN');

/** The WinSock error that each number was given for last. */
const given = new Map<number, number>();

/**
 * The number that Node.js gives for a WinSock error.
 *
 * @param wsaError what `WSAGetLastError` gave; 0 is no error
 */
export function uvErrorOf(wsaError: number): number {
  if (wsaError === 0) return 0;
  const number = numbers.get(nodeErrorCode(wsaError)) ?? UNKNOWN;
  given.set(number, wsaError);
  return number;
}

/** The WinSock error that a number of Node.js' was given for, if it was for one: several may have the same number. */
export function winsockErrorBehind(number: number): number | undefined {
  return given.get(number);
}

/** The end of a stream. */
export const UV_EOF = uvError('EOF');
/** WSAEADDRINUSE. */
export const UV_EADDRINUSE = uvError('EADDRINUSE');
/** WSAEALREADY. */
export const UV_EALREADY = uvError('EALREADY');
/** There is no socket, or no more. */
export const UV_EBADF = uvError('EBADF');
/** A handle of this thread has the descriptor already. */
export const UV_EEXIST = uvError('EEXIST');
/** The handle was closed before the request was over. */
export const UV_ECANCELED = uvError('ECANCELED');
/** WSAECONNRESET. */
export const UV_ECONNRESET = uvError('ECONNRESET');
/** WSAEINVAL. */
export const UV_EINVAL = uvError('EINVAL');
/** The peer takes no more. */
export const UV_EPIPE = uvError('EPIPE');
/** WSAEISCONN. */
export const UV_EISCONN = uvError('EISCONN');
/** WSAENOTCONN. */
export const UV_ENOTCONN = uvError('ENOTCONN');
/** WSAEOPNOTSUPP. */
export const UV_ENOTSUP = uvError('ENOTSUP');
/** WSAECONNREFUSED, and for datagrams WSAECONNRESET. */
export const UV_ECONNREFUSED = uvError('ECONNREFUSED');

/** The name of an error, and what it says. */
export function uvErrorName(error: number): readonly [name: string, message: string] {
  return getSystemErrorMap().get(error) ?? ['UNKNOWN', 'unknown error'];
}
