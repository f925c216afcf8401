// What multicasting needs of each family, and the ioctls of multipoint sessions.
import { SIO_MULTICAST_SCOPE, SIO_MULTIPOINT_LOOPBACK, WSAEFAULT, WSAEINVAL, WSAEOPNOTSUPP } from '../../spi/index.js';
import { multicastFamily } from '../internet/index.js';
import { optionKey } from '../options/index.js';
import type { FrontSocket } from '../socket/index.js';
/** The options that an ioctl stands for, and what values they take. */
function setMulticastOption(
  socket: FrontSocket,
  which: 'loopOption' | 'hopsOption',
  input: Uint8Array | null,
  length: number,
  most: number,
): number {
  const family = multicastFamily(socket.family);
  if (socket.stream || family === null) return -WSAEOPNOTSUPP;
  if (input === null || length < 4) return -WSAEFAULT;
  const number = new DataView(input.buffer, input.byteOffset).getUint32(0, true);
  if (number > most) return -WSAEINVAL;
  const value = new Uint8Array(4);
  value[0] = which === 'loopOption' ? Number(number !== 0) : number;

  const optname = family[which];
  const error = socket.core.setOption(family.level, optname, value, 4);
  if (error !== 0) return -error;
  socket.setOption(optionKey(family.level, optname), value[0]);
  return 0;
}

type MultipointIoctl = (socket: FrontSocket, input: Uint8Array | null, length: number) => number;

/** The ioctls of multipoint sessions, which set IP_MULTICAST_LOOP and IP_MULTICAST_TTL or their IPv6 twins. */
export const MULTIPOINT_IOCTLS: readonly (readonly [code: number, handler: MultipointIoctl])[] = [
  [
    SIO_MULTIPOINT_LOOPBACK,
    (socket, input, length) => setMulticastOption(socket, 'loopOption', input, length, Infinity),
  ],
  [SIO_MULTICAST_SCOPE, (socket, input, length) => setMulticastOption(socket, 'hopsOption', input, length, 255)],
];
