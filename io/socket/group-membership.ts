// Groups of sockets at the functions that make and connect sockets.
import {
  SO_GROUP_PRIORITY,
  SOL_SOCKET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  XP1_CONNECTIONLESS,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import { addressSlot, hostOf, type GroupMember } from '../core/index.js';
import type { WaitingConnection } from './backlog.js';
import type { FrontSocket } from './front-socket.js';
import type { SocketTable } from './socket-table.js';

/**
 * Makes a socket that is being opened a member of a group, if it is to be one.
 *
 * @param entry its protocol
 * @param g 0 for no group, or as for `SocketGroups.enter`
 * @returns its part; `null` without a group, or where the core sees to it; WSAEINVAL or WSAENOBUFS
 */
export function enterGroup(
  { factory, host }: SocketTable,
  { dwServiceFlags1 }: WSAPROTOCOL_INFOW,
  g: number,
): GroupMember | number | null {
  if (g === 0 || factory.groups === undefined) return null;
  return factory.groups.enter(g, (dwServiceFlags1 & XP1_CONNECTIONLESS) === 0, host);
}

/**
 * Makes a connection that is being accepted a member of the group that its condition function has named.
 *
 * @param g what the condition function has made of the parameter of that name
 * @returns as `enterGroup`; also WSAEINVAL for a constrained group whose connections are with another host
 */
export function enterGroupAccepted(
  table: SocketTable,
  listener: FrontSocket,
  { core, peer }: WaitingConnection,
  g: unknown,
): GroupMember | number | null {
  if (g === 0) return null;
  if (typeof g !== 'number' || !Number.isInteger(g)) return WSAEINVAL;
  if (table.factory.groups === undefined) return core.joinGroup === undefined ? WSAEINVAL : core.joinGroup(g) || null;
  const member = enterGroup(table, listener.entry, g);
  if (member === null || typeof member === 'number') return member;
  const elsewhere = member.meet(hostOf(peer.bytes, peer.length));
  if (elsewhere === 0) return member;
  member.leave();
  return elsewhere;
}

/**
 * Makes a socket that is open a member of a group (SIO_ENTER_SOCKET_GROUP): what a layer does that accepts connections
 * below before its own condition function is asked.
 *
 * @returns 0; WSAEINVAL where there are no groups, or the socket has one; else as `enterGroup`
 */
export function enterGroupLate(table: SocketTable, socket: FrontSocket, g: number): number {
  if (table.factory.groups === undefined) return socket.core.joinGroup?.(g) ?? WSAEINVAL;
  if (socket.group !== null) return WSAEINVAL;
  const member = enterGroup(table, socket.entry, g);
  if (member === null || typeof member === 'number') return member ?? WSAEINVAL;
  const peer = addressSlot();
  const elsewhere = socket.core.peerName(peer) === 0 ? member.meet(hostOf(peer.bytes, peer.length)) : 0;
  if (elsewhere !== 0) member.leave();
  else socket.enterGroup(member);
  return elsewhere;
}

/**
 * Sets SO_GROUP_PRIORITY.
 *
 * @returns 0, WSAENOPROTOOPT without a group, WSAEFAULT (not four bytes) or WSAEINVAL (negative)
 */
export function setGroupPriority(
  { factory }: SocketTable,
  { core, group }: FrontSocket,
  value: Uint8Array | null,
  length: number,
): number {
  // A core has groups of its own.
  if (factory.groups === undefined) {
    return value === null ? WSAEFAULT : core.setOption(SOL_SOCKET, SO_GROUP_PRIORITY, value, length);
  }
  if (group === null) return WSAENOPROTOOPT;
  if (value === null || length < 4) return WSAEFAULT;
  const priority = new DataView(value.buffer, value.byteOffset).getInt32(0, true);
  if (priority < 0) return WSAEINVAL;
  group.setPriority(priority);
  // Whether the system below can do something with it or not.
  core.setOption(SOL_SOCKET, SO_GROUP_PRIORITY, value, length);
  return 0;
}

/**
 * Reads SO_GROUP_PRIORITY.
 *
 * @param value has room for `length` bytes, four or more
 * @returns the bytes written; -WSAENOPROTOOPT without a group
 */
export function getGroupPriority(
  { factory }: SocketTable,
  { core, group }: FrontSocket,
  value: Uint8Array,
  length: number,
): number {
  if (group === null && factory.groups !== undefined) return -WSAENOPROTOOPT;
  if (group === null) return core.getOption(SOL_SOCKET, SO_GROUP_PRIORITY, value, length);
  new DataView(value.buffer, value.byteOffset).setInt32(0, group.place.priority, true);
  return 4;
}
