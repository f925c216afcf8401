import { checkAsked } from '../../../spi/option-check.js';
import { ref, SOCKET_ERROR, type SOCKET } from '../../../spi/index.js';
import { readV1, readV2, type ProxyHeader } from './header.js';

/** Asks an accepted socket for the header that its connection began with, as it came. Of this package. */
export const SIO_PROXY_HEADER = 0x5800_5050;

/** The longest header that there can be. */
const ROOM = 16 + 0xffff;

/** An instance, as far as this needs one. */
export interface AskedInstance {
  WSAIoctl(
    s: SOCKET,
    dwIoControlCode: number,
    lpvInBuffer: Uint8Array | null,
    cbInBuffer: number,
    lpvOutBuffer: Uint8Array | null,
    cbOutBuffer: number,
    lpcbBytesReturned: { value: number },
    lpOverlapped: null,
    lpCompletionRoutine: null,
  ): number;
}

/**
 * Tells what the header said that an accepted connection began with, its values (TLVs) included.
 *
 * @param ws2 the instance
 * @param s the accepted socket
 * @returns `null` when there was none, or the socket's chain has no layer `proxy-protocol`
 */
export function proxyHeaderOf(ws2: AskedInstance, s: SOCKET): ProxyHeader | null {
  checkAsked('proxyHeaderOf', ws2, s);
  const room = new Uint8Array(ROOM);
  const length = ref(0);
  if (ws2.WSAIoctl(s, SIO_PROXY_HEADER, null, 0, room, ROOM, length, null, null) === SOCKET_ERROR) return null;
  const bytes = room.subarray(0, length.value);
  const header = bytes[0] === 0x50 ? readV1(bytes.subarray(0, -2)) : readV2(bytes);
  return typeof header === 'string' ? null : header;
}
