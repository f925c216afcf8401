// How a function of the interface fails.
import { INVALID_SOCKET, SOCKET_ERROR, type Ref } from '../../spi/index.js';

/**
 * Fails a function of the service provider interface.
 *
 * @param error the WinSock code that `lpErrno` receives
 * @returns SOCKET_ERROR
 */
export function fail(lpErrno: Ref<number>, error: number): number {
  lpErrno.value = error;
  return SOCKET_ERROR;
}

/**
 * Fails a function of the service provider interface that gives a socket.
 *
 * @param error the WinSock code that `lpErrno` receives
 * @returns INVALID_SOCKET
 */
export function failSocket(lpErrno: Ref<number>, error: number): number {
  lpErrno.value = error;
  return INVALID_SOCKET;
}
