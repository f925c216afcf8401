import { SOCK_DGRAM, WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT } from '../../spi/index.js';
import type { FrontSocket } from '../socket/front-socket.js';

/**
 * Tells what is wrong with the address that a datagram is to go to, before systems give answers of their own (specification:
 * sendto).
 *
 * @param to a sockaddr, as long as those of the socket's family
 * @returns 0; WSAEAFNOSUPPORT for another family, WSAEADDRNOTAVAIL for a datagram to port 0
 */
export function destinationError(socket: FrontSocket, to: Uint8Array): number {
  if ((to[0]! | (to[1]! << 8)) !== socket.family) return WSAEAFNOSUPPORT;
  return socket.type === SOCK_DGRAM && to[2] === 0 && to[3] === 0 ? WSAEADDRNOTAVAIL : 0;
}
