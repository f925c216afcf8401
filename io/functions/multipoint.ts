// Multipoint sessions: what they are to the protocol, its core knows.
import {
  copyOfBytes,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_WRITE,
  FD_WRITE_BIT,
  holdsBytes,
  INVALID_SOCKET,
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
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  XP1_MULTIPOINT_CONTROL_PLANE,
  XP1_MULTIPOINT_DATA_PLANE,
  XP1_SUPPORT_MULTIPOINT,
  type LPWSPJOINLEAF,
  type Ref,
  type WSABUF,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import { familyOf, giveConnectData, hostOf, Readiness, State, stateError, type SocketCore } from '../core/index.js';
import type { FrontSocket, SocketTable } from '../socket/index.js';
import { acceptCore } from './accepting.js';
import { takeConnectData } from './connect-data.js';
import { failSocket } from './failure.js';
import { requestQualities } from './quality.js';

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

/**
 * Makes `WSPJoinLeaf` over a table of sockets.
 *
 * @param waitForConnection waits for the outcome of a connect that is under way
 */
export function createJoinLeaf(
  table: SocketTable,
  waitForConnection: (socket: FrontSocket, lpErrno: Ref<number>) => number,
) {
  const lpWSPJoinLeaf: LPWSPJOINLEAF = (s, name, namelen, callerData, calleeData, lpSQOS, lpGQOS, dwFlags, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return failSocket(lpErrno, WSAENOTSOCK);
    const refused = joinRefusal(socket, name, namelen, callerData, dwFlags);
    if (refused !== 0) return failSocket(lpErrno, refused);
    const { group } = socket;
    const elsewhere = group === null ? 0 : group.meet(hostOf(name, namelen));
    if (elsewhere !== 0) return failSocket(lpErrno, elsewhere);
    const quality = lpSQOS === null && lpGQOS === null ? 0 : requestQualities(socket, lpSQOS, lpGQOS);
    if (typeof quality === 'number' && quality !== 0) return failSocket(lpErrno, quality);
    const joined = socket.core.joinLeaf!(name, namelen, dwFlags);
    const error = typeof joined !== 'number' || joined === WSAEWOULDBLOCK ? 0 : joined;
    if (typeof quality !== 'number') quality.tell(error);
    if (error !== 0) return failSocket(lpErrno, error);
    if (joined === 0) return joinedAtOnce(socket, calleeData);
    if (typeof joined !== 'number') return addLeaf(socket, joined, calleeData, lpErrno);
    // The leaf is about to join a session.
    socket.connecting(copyOfBytes(name, Math.min(namelen, socket.entry.iMaxSockAddr)), calleeData);
    return !socket.blocking || waitForConnection(socket, lpErrno) === 0 ? s : INVALID_SOCKET;
  };

  /** The root of a session gets a socket for each leaf. */
  function addLeaf(root: FrontSocket, core: SocketCore, calleeData: WSABUF | null, lpErrno: Ref<number>): number {
    bound(root);
    if ((core.readiness & Readiness.CONNECTED) !== 0) {
      root.record?.indicate(FD_CONNECT, FD_CONNECT_BIT, 0);
      giveConnectData(core, calleeData);
      return acceptCore(table, root, core, lpErrno);
    }
    const { entry, family, type, protocol, overlapped } = root;
    const leaf = table.register(core, entry, family, type, protocol, overlapped, lpErrno);
    if (leaf === null) return INVALID_SOCKET;
    leaf.joining(root, calleeData);
    if (!root.blocking || waitForConnection(leaf, lpErrno) === 0) return leaf.handle;
    if (leaf.state !== State.CLOSED) {
      leaf.close(false);
      table.remove(leaf);
    }
    return INVALID_SOCKET;
  }

  return { lpWSPJoinLeaf };
}

/** A session without a root has nobody to wait for: FD_CONNECT says so to whoever does not block. */
function joinedAtOnce(socket: FrontSocket, calleeData: WSABUF | null): number {
  bound(socket);
  socket.record?.indicate(FD_CONNECT, FD_CONNECT_BIT, 0);
  giveConnectData(socket.core, calleeData);
  return socket.handle;
}

function bound(socket: FrontSocket): void {
  if (socket.state !== State.UNBOUND) return;
  socket.enter(State.BOUND);
  if (!socket.stream) socket.record?.indicate(FD_WRITE, FD_WRITE_BIT, 0);
}

function joinRefusal(
  socket: FrontSocket,
  name: Uint8Array,
  namelen: number,
  callerData: WSABUF | null,
  dwFlags: number,
): number {
  if (socket.core.joinLeaf === undefined) return WSAEINVAL;
  // A leaf of a session with a root is connected with it; the root may listen, and have its leaves.
  const state = socket.stream && !socket.isRoot ? stateError('connect', true, socket.state) : 0;
  if (state !== 0) return state;
  if (namelen < socket.entry.iMinSockAddr || !holdsBytes(name, namelen)) return WSAEFAULT;
  if (familyOf(name) !== socket.family) return WSAEAFNOSUPPORT;
  const refused = takeConnectData(socket.core, callerData) || (ROLES.includes(dwFlags) ? 0 : WSAEINVAL);
  return refused || (socket.sendShutdown && socket.stream ? WSAESHUTDOWN : 0);
}
