// What a socket may ask of reserved ports, and what it must bring for that.
import {
  INET_PORT_RANGE,
  INET_PORT_RESERVATION_INSTANCE,
  INET_PORT_RESERVATION_TOKEN,
  SOCK_DGRAM,
  SOCK_STREAM,
  WSAEFAULT,
  WSAEINVAL,
  WSAEOPNOTSUPP,
} from '../../spi/index.js';
import { State } from '../core/index.js';
import { multicastFamily } from '../internet/index.js';
import type { FrontSocket } from '../socket/index.js';
import { askBelow, type IoctlHandler, type IoctlRequest } from './request.js';

/** Refuses what is not of TCP or UDP, and input that is missing or too short; 0 when there is nothing to refuse. */
function refusal(socket: FrontSocket, request: IoctlRequest, size: number): number {
  const ofPorts = socket.type === SOCK_STREAM || socket.type === SOCK_DGRAM;
  if (!ofPorts || multicastFamily(socket.family) === null) return -WSAEOPNOTSUPP;
  if (request.input === null) return -WSAEFAULT;
  return request.inputLength < size ? request.refuse(WSAEINVAL, 0) : 0;
}

/** SIO_ACQUIRE_PORT_RESERVATION. */
export const acquirePorts: IoctlHandler = (socket, request, table) => {
  const refused = refusal(socket, request, INET_PORT_RANGE.size);
  if (refused !== 0) return refused;
  if (request.output === null) return -WSAEFAULT;
  // Looked at first: nobody would know of a block whose token was lost.
  if (request.room < INET_PORT_RESERVATION_INSTANCE.size) return request.refuse(WSAEINVAL, 0);
  return askBelow(socket, request, table);
};

/** SIO_ASSOCIATE_PORT_RESERVATION, which must be issued before the socket is bound. */
export const associatePorts: IoctlHandler = (socket, request, table) => {
  const refused = refusal(socket, request, INET_PORT_RESERVATION_TOKEN.size);
  if (refused !== 0) return refused;
  return socket.state === State.UNBOUND ? askBelow(socket, request, table) : request.refuse(WSAEINVAL, 0);
};

/** SIO_RELEASE_PORT_RESERVATION. */
export const releasePorts: IoctlHandler = (socket, request, table) =>
  refusal(socket, request, INET_PORT_RESERVATION_TOKEN.size) || askBelow(socket, request, table);
