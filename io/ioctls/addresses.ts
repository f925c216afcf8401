// Ioctls about addresses, interfaces and routes.
import {
  AF_INET,
  AF_INET6,
  SIO_ROUTING_INTERFACE_QUERY,
  sockaddr_in,
  SOCKET_ADDRESS_LIST,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  type CountOrNegatedCode,
} from '../../spi/index.js';
import type { FrontSocket } from '../socket/index.js';
import { ADDRESS_ROOM, askCore, type IoctlHandler } from './request.js';
import { sortAddresses, unmapped } from './sorting.js';

/** Bytes before the first element of a SOCKET_ADDRESS_LIST. */
const LIST_HEADER = 4;

/** Why an address is none that a route can be asked for; 0 when it is one (measured behaviour 30.1). */
export function routingRefusal(name: Uint8Array | null): number {
  if (name === null || name.length < 16) return WSAEINVAL;
  const family = name[0]! | (name[1]! << 8);
  if (family !== AF_INET && family !== AF_INET6) return WSAEAFNOSUPPORT;
  const [start, end] = family === AF_INET ? [4, 8] : [8, 24];
  return name.length >= end! && name.subarray(start, end).some((byte) => byte !== 0) ? 0 : WSAEINVAL;
}

/** Asks for the local address that leads to another; a negated WinSock code where there is none. */
function routeTo(socket: FrontSocket, name: Uint8Array): Uint8Array | CountOrNegatedCode {
  return askCore(socket, SIO_ROUTING_INTERFACE_QUERY, name, ADDRESS_ROOM);
}

/** SIO_ROUTING_INTERFACE_QUERY (measured behaviour 30.1). */
export const queryRoute: IoctlHandler = (socket, request) => {
  const refused = routingRefusal(request.input);
  if (refused !== 0) return request.refuse(refused);
  const source = routeTo(socket, request.input!);
  if (typeof source === 'number') return request.refuse(-source);
  if (request.output === null) return -WSAEFAULT;
  return request.room < source.length ? request.refuse(WSAEFAULT, source.length) : request.give(source);
};

/** SIO_FIND_ROUTE: there is no cache of routes to be refreshed; what is told is whether one is there. */
export const findRoute: IoctlHandler = (socket, request) => {
  const refused = routingRefusal(request.input);
  if (refused !== 0) return -refused;
  const source = routeTo(socket, request.input!);
  return typeof source === 'number' ? source : 0;
};

/** SIO_ADDRESS_LIST_QUERY (measured behaviour 32.1). */
export const queryAddresses: IoctlHandler = (socket, request) => {
  const list = askCore(socket, request.code);
  if (typeof list === 'number') return list;
  if (request.output === null || request.room === 0) return request.refuse(WSAEFAULT, list.length);
  if (request.room < LIST_HEADER) return request.refuse(WSAEINVAL, 0);
  return request.room < list.length ? request.refuse(WSAEFAULT, list.length) : request.give(list);
};

/** SIO_GET_INTERFACE_LIST and SIO_GET_INTERFACE_LIST_EX (measured behaviour 32.2). */
export const listInterfaces: IoctlHandler = (socket, request) => {
  const list = askCore(socket, request.code);
  if (typeof list === 'number') return list;
  return request.output === null || request.room < list.length ? request.refuse(WSAEFAULT, 0) : request.give(list);
};

/** SIO_ADDRESS_LIST_SORT: the same list, the address to be tried first in front. Input and output may be one buffer. */
export const sortAddressList: IoctlHandler = (socket, request) => {
  let addresses: Uint8Array[];
  try {
    const { Address } = SOCKET_ADDRESS_LIST.decode(request.input ?? new Uint8Array(0));
    addresses = Address.map(({ lpSockaddr }) => lpSockaddr ?? new Uint8Array(0));
  } catch {
    return -WSAEINVAL;
  }
  if (addresses.some((name) => name.length < 16)) return -WSAEINVAL;
  const sorted = sortAddresses(addresses, (address) => {
    const name = unmapped(address);
    const source = routingRefusal(name) === 0 ? routeTo(socket, name) : -WSAEINVAL;
    return typeof source === 'number' ? null : source;
  });
  const list = SOCKET_ADDRESS_LIST.encode({
    iAddressCount: sorted.length,
    Address: sorted.map((name) => ({ lpSockaddr: name, iSockaddrLength: name.length })),
  });
  return request.output === null || request.room < list.length
    ? request.refuse(WSAEFAULT, list.length)
    : request.give(list);
};

/** SIO_GET_BROADCAST_ADDRESS: IPv6 has no broadcasts, and streams do not send them. */
export const tellBroadcastAddress: IoctlHandler = (socket, request) => {
  if (socket.stream || socket.family !== AF_INET) return -WSAEINVAL;
  const name = sockaddr_in('255.255.255.255', 0);
  return request.output === null || request.room < name.length ? -WSAEFAULT : request.give(name);
};
