// Multipoint sessions: what they are to the protocol, its core knows.
import {
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_WRITE,
  FD_WRITE_BIT,
  JL_BOTH,
  JL_RECEIVER_ONLY,
  JL_SENDER_ONLY,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_MULTIPOINT_D_ROOT,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  XP1_MULTIPOINT_CONTROL_PLANE,
  XP1_MULTIPOINT_DATA_PLANE,
  XP1_SUPPORT_MULTIPOINT,
  type LPWSPJOINLEAF,
  type WSABUF,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import { familyOf, giveConnectData, State } from '../core/index.js';
import type { FrontSocket, SocketTable } from '../socket/index.js';
import { acceptCore } from './accepting.js';
import { takeConnectData } from './connect-data.js';
import { failSocket } from './failure.js';

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
 * Whether the flags of `WSASocket` name a role in a multipoint session that the protocol has (specification: Flag bits
 * for WSASocket).
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

/** Makes `WSPJoinLeaf` over a table of sockets. */
export function createJoinLeaf(table: SocketTable) {
  // There is nobody to wait for: a socket that does not block has joined when the call returns, too, and FD_CONNECT
  // says so.
  const lpWSPJoinLeaf: LPWSPJOINLEAF = (s, name, namelen, callerData, calleeData, _sqos, _gqos, dwFlags, lpErrno) => {
    const socket = table.find(s);
    const refused = socket === undefined ? WSAENOTSOCK : joinRefusal(socket, name, namelen, callerData, dwFlags);
    if (refused !== 0) return failSocket(lpErrno, refused);
    const joined = socket!.core.joinLeaf!(name, namelen, dwFlags);
    if (typeof joined === 'number' && joined !== 0) return failSocket(lpErrno, joined);
    joinedBy(socket!);
    giveConnectData(typeof joined === 'number' ? socket!.core : joined, calleeData);
    // The root of a session gets a socket for each leaf; a leaf that joins is one itself.
    return typeof joined === 'number' ? s : acceptCore(table, socket!, joined, lpErrno);
  };
  return { lpWSPJoinLeaf };
}

function joinedBy(socket: FrontSocket): void {
  if (socket.state === State.UNBOUND) {
    socket.enter(State.BOUND);
    socket.record?.indicate(FD_WRITE, FD_WRITE_BIT, 0);
  }
  socket.record?.indicate(FD_CONNECT, FD_CONNECT_BIT, 0);
}

function joinRefusal(
  socket: FrontSocket,
  name: Uint8Array,
  namelen: number,
  callerData: WSABUF | null,
  dwFlags: number,
): number {
  if (socket.core.joinLeaf === undefined) return WSAEINVAL;
  if (namelen < socket.entry.iMinSockAddr) return WSAEFAULT;
  if (familyOf(name) !== socket.family) return WSAEAFNOSUPPORT;
  return takeConnectData(socket.core, callerData) || (ROLES.includes(dwFlags) ? 0 : WSAEINVAL);
}
