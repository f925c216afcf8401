// Ioctls that look below the socket: at packets, and at what TCP knows of a connection.
import {
  RCVALL_MAX,
  RCVALL_OFF,
  SOCK_RAW,
  TCP_INFO_v0,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
} from '../../spi/index.js';
import { State } from '../core/index.js';
import { askCore, type IoctlHandler } from './request.js';

/**
 * SIO_RCVALL, of raw sockets: they receive their protocol's packets that are meant for this machine, and no others. No
 * core has a way to give all that passes by.
 */
export const receiveAll: IoctlHandler = (socket, request) => {
  if (socket.type !== SOCK_RAW) return -WSAEINVAL;
  const wanted = request.dword;
  if (wanted === null) return -WSAEFAULT;
  if (wanted > RCVALL_MAX) return -WSAEINVAL;
  return wanted === RCVALL_OFF ? 0 : -WSAEOPNOTSUPP;
};

/** SIO_TCP_INFO: the input is the version of the structure, of which there is 0 here. */
export const tellTcpInfo: IoctlHandler = (socket, request) => {
  if (!socket.stream) return -WSAEOPNOTSUPP;
  const version = request.dword;
  if (version === null) return -WSAEFAULT;
  if (version !== 0) return -WSAEINVAL;
  if (socket.state !== State.CONNECTED) return -WSAENOTCONN;
  if (request.output === null || request.room < TCP_INFO_v0.size) return -WSAEFAULT;
  const bytes = askCore(socket, request.code, request.input);
  if (typeof bytes === 'number') return bytes;
  const info = TCP_INFO_v0.decode(bytes);
  const age = socket.host.clock.now() - socket.connectedAt;
  return TCP_INFO_v0.encodeInto({ ...info, ConnectionTimeMs: BigInt(Math.floor(age)) }, request.output);
};
