// Multipoint sessions as TCP/IP has them: every node is a leaf, and to join a session is to join an IP multicast group.
import {
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_WRITE,
  FD_WRITE_BIT,
  INVALID_SOCKET,
  JL_BOTH,
  JL_RECEIVER_ONLY,
  JL_SENDER_ONLY,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_MULTIPOINT_D_ROOT,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTSOCK,
  WSAEPROTONOSUPPORT,
  XP1_MULTIPOINT_CONTROL_PLANE,
  XP1_MULTIPOINT_DATA_PLANE,
  XP1_SUPPORT_MULTIPOINT,
  type LPWSPJOINLEAF,
  type WSABUF,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import { familyOf, State } from '../core/index.js';
import { multicastFamilyOf, type MulticastFamily } from '../ioctls/index.js';
import { optionKey, storedNumber } from '../options/index.js';
import type { FrontSocket, SocketTable } from '../socket/index.js';

const CONTROL_PLANE = WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_C_LEAF;
const DATA_PLANE = WSA_FLAG_MULTIPOINT_D_ROOT | WSA_FLAG_MULTIPOINT_D_LEAF;
const ROLES: readonly number[] = [JL_SENDER_ONLY, JL_RECEIVER_ONLY, JL_BOTH];

/** What each flag of a multipoint socket asks of the protocol. */
const NEEDS: readonly (readonly [flag: number, service: number])[] = [
  [WSA_FLAG_MULTIPOINT_C_ROOT, XP1_SUPPORT_MULTIPOINT | XP1_MULTIPOINT_CONTROL_PLANE],
  [WSA_FLAG_MULTIPOINT_C_LEAF, XP1_SUPPORT_MULTIPOINT],
  [WSA_FLAG_MULTIPOINT_D_ROOT, XP1_SUPPORT_MULTIPOINT | XP1_MULTIPOINT_DATA_PLANE],
  [WSA_FLAG_MULTIPOINT_D_LEAF, XP1_SUPPORT_MULTIPOINT],
];

/**
 * Whether the flags of `WSASocket` name a role in a multipoint session that the protocol has (specification: Flag bits for
 * WSASocket).
 *
 * @param dwFlags one flag of each plane, or none of either
 * @param entry the protocol
 * @returns 0 or WSAEINVAL
 */
export function multipointError(dwFlags: number, entry: WSAPROTOCOL_INFOW): number {
  const control = dwFlags & CONTROL_PLANE;
  const data = dwFlags & DATA_PLANE;
  if (control === 0 && data === 0) return 0;
  if (control === 0 || data === 0 || control === CONTROL_PLANE || data === DATA_PLANE) return WSAEINVAL;
  const has = (service: number): boolean => (entry.dwServiceFlags1 & service) === service;
  return NEEDS.every(([flag, service]) => (dwFlags & flag) === 0 || has(service)) ? 0 : WSAEINVAL;
}

/** Whether the flags of `WSASocket` make a multipoint socket. */
export function isMultipoint(dwFlags: number): boolean {
  return (dwFlags & CONTROL_PLANE) !== 0;
}

/** Makes `WSPJoinLeaf` over a table of sockets. */
export function createJoinLeaf(table: SocketTable) {
  // There is nobody to wait for: a socket that does not block has joined when the call returns, too, and FD_CONNECT says so.
  const lpWSPJoinLeaf: LPWSPJOINLEAF = (s, name, namelen, callerData, calleeData, _sqos, _gqos, dwFlags, lpErrno) => {
    const socket = table.find(s);
    const error = socket === undefined ? WSAENOTSOCK : join(socket, name, namelen, callerData, dwFlags);
    if (error !== 0) {
      lpErrno.value = error;
      return INVALID_SOCKET;
    }
    if (calleeData !== null) calleeData.len = 0;
    return s;
  };
  return { lpWSPJoinLeaf };
}

function join(
  socket: FrontSocket,
  name: Uint8Array,
  namelen: number,
  callerData: WSABUF | null,
  dwFlags: number,
): number {
  const family = multicastFamilyOf(socket);
  const refused = joinRefusal(socket, family, name, namelen, callerData, dwFlags);
  if (refused !== 0) return refused;
  const request = family.membership(name);
  const sessions = socket.sessions;
  const group = request.slice(0, -4).join('.');
  if (sessions.includes(group)) return WSAEISCONN;
  const unbound = bindIfNeeded(socket, family);
  if (unbound !== 0) return unbound;
  if (dwFlags !== JL_SENDER_ONLY) {
    const place = request.subarray(-4);
    const chosen = storedNumber(socket, optionKey(family.level, family.interfaceOption));
    if (chosen !== undefined && place.every((byte) => byte === 0)) {
      new DataView(place.buffer, place.byteOffset).setUint32(0, chosen, true);
    }
    const error = socket.core.setOption(family.level, family.joinOption, request, request.length);
    if (error !== 0) return error;
  }
  sessions.push(group);
  socket.record?.indicate(FD_CONNECT, FD_CONNECT_BIT, 0);
  return 0;
}

function joinRefusal(
  socket: FrontSocket,
  family: MulticastFamily,
  name: Uint8Array,
  namelen: number,
  callerData: WSABUF | null,
  dwFlags: number,
): number {
  if (!socket.multipoint) return WSAEINVAL;
  if (namelen < family.size) return WSAEFAULT;
  if (familyOf(name) !== socket.family) return WSAEAFNOSUPPORT;
  if (callerData !== null && callerData.len > 0) return WSAEPROTONOSUPPORT;
  if (!ROLES.includes(dwFlags)) return WSAEINVAL;
  return family.isGroup(name) ? 0 : WSAEADDRNOTAVAIL;
}

function bindIfNeeded(socket: FrontSocket, family: MulticastFamily): number {
  if (socket.state !== State.UNBOUND) return 0;
  const any = new Uint8Array(family.size);
  any[0] = socket.family;
  const error = socket.core.bind(any, any.length);
  if (error !== 0) return error;
  socket.enter(State.BOUND);
  socket.record?.indicate(FD_WRITE, FD_WRITE_BIT, 0);
  return 0;
}
