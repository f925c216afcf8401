// WSAIoctl codes that a descriptor answers by itself.
import {
  SIO_KEEPALIVE_VALS,
  SIO_TCP_INFO,
  SOCK_STREAM,
  WSAEFAULT,
  WSAEOPNOTSUPP,
  type CountOrNegatedCode,
} from '../../spi/index.js';
import type { PlatformSockets } from '../../platform/index.js';

const TCP_KEEPALIVE_SIZE = 12;

/**
 * Performs an ioctl that needs the descriptor and nothing else.
 *
 * @returns bytes written to `output`, or a negated WinSock code; -WSAEOPNOTSUPP when it is none of these
 */
export function socketIoctl(
  sockets: PlatformSockets,
  descriptor: number,
  type: number,
  code: number,
  input: Uint8Array | null,
  inputLength: number,
  output: Uint8Array | null,
  outputLength: number,
): CountOrNegatedCode {
  if (type !== SOCK_STREAM) return -WSAEOPNOTSUPP;
  switch (code) {
    case SIO_KEEPALIVE_VALS: {
      if (input === null || inputLength < TCP_KEEPALIVE_SIZE) return -WSAEFAULT;
      const view = new DataView(input.buffer, input.byteOffset, TCP_KEEPALIVE_SIZE);
      const on = view.getUint32(0, true) !== 0;
      const error = sockets.keepAlive(descriptor, on, view.getUint32(4, true), view.getUint32(8, true));
      return error === 0 ? 0 : -error;
    }
    case SIO_TCP_INFO:
      return output === null ? -WSAEFAULT : sockets.tcpInfo(descriptor, output, outputLength);
    default:
      return -WSAEOPNOTSUPP;
  }
}
