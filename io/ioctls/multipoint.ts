// What multicasting needs of each family, and the ioctls of multipoint sessions.
import {
  AF_INET,
  IP_ADD_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  SIO_MULTICAST_SCOPE,
  SIO_MULTIPOINT_LOOPBACK,
  WSAEFAULT,
  WSAEINVAL,
  WSAEOPNOTSUPP,
} from '../../spi/index.js';
import { optionKey } from '../options/index.js';
import type { FrontSocket } from '../socket/index.js';
/** Where a family has what multicasting needs: in its addresses, and among its options. */
export interface MulticastFamily {
  readonly size: number;
  readonly level: number;
  readonly interfaceOption: number;
  readonly loopOption: number;
  readonly hopsOption: number;
  readonly joinOption: number;
  isGroup(name: Uint8Array): boolean;
  /** The group of a sockaddr, as the option that joins it wants it, with four bytes behind it for the interface. */
  membership(name: Uint8Array): Uint8Array;
}

const IPV4: MulticastFamily = {
  size: 16,
  level: IPPROTO_IP,
  interfaceOption: IP_MULTICAST_IF,
  loopOption: IP_MULTICAST_LOOP,
  hopsOption: IP_MULTICAST_TTL,
  joinOption: IP_ADD_MEMBERSHIP,
  isGroup: (name) => (name[4]! & 0xf0) === 0xe0,
  membership(name) {
    const request = new Uint8Array(8);
    request.set(name.subarray(4, 8));
    return request;
  },
};

const IPV6: MulticastFamily = {
  size: 28,
  level: IPPROTO_IPV6,
  interfaceOption: IPV6_MULTICAST_IF,
  loopOption: IPV6_MULTICAST_LOOP,
  hopsOption: IPV6_MULTICAST_HOPS,
  joinOption: IPV6_ADD_MEMBERSHIP,
  isGroup: (name) => name[8] === 0xff,
  membership(name) {
    const request = new Uint8Array(20);
    request.set(name.subarray(8, 24));
    // The scope of the address is the interface, if it has one.
    request.set(name.subarray(24, 28), 16);
    return request;
  },
};

/** What the family of a socket has. */
export function multicastFamilyOf(socket: FrontSocket): MulticastFamily {
  return socket.family === AF_INET ? IPV4 : IPV6;
}

/** The options that an ioctl stands for, and what values they take. */
function setMulticastOption(
  socket: FrontSocket,
  which: 'loopOption' | 'hopsOption',
  input: Uint8Array | null,
  length: number,
  most: number,
): number {
  if (socket.stream) return -WSAEOPNOTSUPP;
  if (input === null || length < 4) return -WSAEFAULT;
  const number = new DataView(input.buffer, input.byteOffset).getUint32(0, true);
  if (number > most) return -WSAEINVAL;
  const value = new Uint8Array(4);
  value[0] = which === 'loopOption' ? Number(number !== 0) : number;
  const family = multicastFamilyOf(socket);
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
