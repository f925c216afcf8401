// WSAIoctl codes that a descriptor's core answers itself.
import {
  AF_INET,
  AF_INET6,
  IPPROTO_UDP,
  SIO_KEEPALIVE_VALS,
  SIO_ROUTING_INTERFACE_QUERY,
  SOCK_DGRAM,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAEOPNOTSUPP,
} from '../../spi/index.js';
import type { NameSlot, PlatformSockets } from '../../platform/index.js';
import { isZeroAddress, nameFamily } from './addresses.js';

const scratch: NameSlot = { bytes: new Uint8Array(128), length: 0 };
const TCP_KEEPALIVE_SIZE = 12;

/**
 * Performs an ioctl that needs the descriptor and nothing else.
 *
 * @returns bytes written to `output`, or a negated WinSock code; -WSAEOPNOTSUPP when it is none of these
 */
export function socketIoctl(
  sockets: PlatformSockets,
  descriptor: number,
  code: number,
  input: Uint8Array | null,
  inputLength: number,
  output: Uint8Array | null,
  outputLength: number,
): number {
  switch (code) {
    case SIO_KEEPALIVE_VALS: {
      if (input === null || inputLength < TCP_KEEPALIVE_SIZE) return -WSAEFAULT;
      const view = new DataView(input.buffer, input.byteOffset, TCP_KEEPALIVE_SIZE);
      const on = view.getUint32(0, true) !== 0;
      return -sockets.keepAlive(descriptor, on, view.getUint32(4, true), view.getUint32(8, true));
    }
    case SIO_ROUTING_INTERFACE_QUERY:
      return routingInterface(sockets, input, inputLength, output, outputLength);
    default:
      return -WSAEOPNOTSUPP;
  }
}

/** The local address from which a destination is reached: that which a datagram socket gets by connecting to it. */
function routingInterface(
  sockets: PlatformSockets,
  input: Uint8Array | null,
  inputLength: number,
  output: Uint8Array | null,
  outputLength: number,
): number {
  if (input === null || inputLength < 16) return -WSAEINVAL;
  const family = nameFamily(input, inputLength);
  if (family !== AF_INET && family !== AF_INET6) return -WSAEAFNOSUPPORT;
  const size = family === AF_INET ? 16 : 28;
  if (inputLength < size || isZeroAddress(input, inputLength)) return -WSAEINVAL;
  if (output === null || outputLength < size) return -WSAEFAULT;
  const probe = sockets.socket(family, SOCK_DGRAM, IPPROTO_UDP);
  if (probe < 0) return probe;
  const destination = input.slice(0, size);
  // Any port will do, but 0 is refused.
  destination[3]! |= 1;
  const code = sockets.connect(probe, destination, size) || sockets.localName(probe, scratch);
  sockets.close(probe);
  if (code !== 0) return -code;
  output.set(scratch.bytes.subarray(0, size));
  output[2] = output[3] = 0;
  return size;
}
