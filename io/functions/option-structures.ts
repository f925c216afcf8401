// Options whose values are structures or handles.
import {
  AF_INET,
  AF_INET6,
  CSADDR_INFO,
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_UNBLOCK_SOURCE,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_DROP_MEMBERSHIP,
  MCAST_BLOCK_SOURCE,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_UNBLOCK_SOURCE,
  SO_UPDATE_ACCEPT_CONTEXT,
  SO_UPDATE_CONNECT_CONTEXT,
  SOL_SOCKET,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAENOTSOCK,
} from '../../spi/index.js';
import { addressSlot, State } from '../core/index.js';
import { optionKey } from '../options/index.js';
import { MissingContext, type FrontSocket, type SocketTable } from '../socket/index.js';

const GROUP_REQ_SIZE = 136;
const GROUP_SOURCE_REQ_SIZE = 264;
/** Where GROUP_REQ and GROUP_SOURCE_REQ have the group, and the latter the source. */
const GROUP_AT = 8;
const SOURCE_AT = 136;

/** A name as SO_BSP_STATE has it: nothing where there is none. */
function nameOf(error: number, slot: { bytes: Uint8Array; length: number }): Uint8Array | null {
  return error === 0 && slot.length > 0 ? slot.bytes.slice(0, slot.length) : null;
}

/**
 * Writes SO_BSP_STATE: both names, type and protocol. Pointers are offsets from the value's start (measured behaviour
 * 3.15).
 *
 * @returns the bytes written, or -WSAEFAULT where there is not room for two names
 */
export function writeBspState(socket: FrontSocket, optval: Uint8Array, room: number): number {
  if (room < CSADDR_INFO.size + 2 * socket.entry.iMaxSockAddr) return -WSAEFAULT;
  const [local, remote] = [addressSlot(), addressSlot()];
  const bound = socket.state !== State.UNBOUND;
  const localName = nameOf(bound ? socket.core.localName(local) : WSAEINVAL, local);
  const remoteName = nameOf(socket.state === State.CONNECTED ? socket.core.peerName(remote) : WSAENOTCONN, remote);
  const address = (name: Uint8Array | null) => ({ lpSockaddr: name, iSockaddrLength: name?.length ?? 0 });
  const { type: iSocketType, protocol: iProtocol } = socket;
  const state = { LocalAddr: address(localName), RemoteAddr: address(remoteName), iSocketType, iProtocol };
  const bytes = CSADDR_INFO.encode(state);
  optval.set(bytes);
  return bytes.length;
}

/** What an option's own function makes of a value: 0, or a WinSock code. */
export type StructureSetter = (
  table: SocketTable,
  socket: FrontSocket,
  value: Uint8Array | null,
  length: number,
) => number;

/** SO_UPDATE_ACCEPT_CONTEXT: the handle of the socket that listens, in 4 bytes or in the 8 of a 64-bit program. */
const updateAcceptContext: StructureSetter = (table, socket, value, length) => {
  if (value === null || length < 4) return WSAEFAULT;
  const listener = table.find(new DataView(value.buffer, value.byteOffset).getUint32(0, true));
  if (listener === undefined) return WSAENOTSOCK;
  if (listener.state !== State.LISTENING) return WSAEINVAL;
  if (socket.state !== State.CONNECTED) return WSAENOTCONN;
  // Only now it takes over what an accepted socket takes over at once (specification: AcceptEx).
  if (socket.missingContext === MissingContext.ACCEPT) socket.inheritOptions(listener);
  socket.setMissingContext(MissingContext.NONE);
  return 0;
};

/** SO_UPDATE_CONNECT_CONTEXT. */
const updateConnectContext: StructureSetter = (_table, socket) => {
  if (socket.state !== State.CONNECTED) return WSAENOTCONN;
  socket.setMissingContext(MissingContext.NONE);
  return 0;
};

/** The older IPv4 option for each of the options of any protocol, and whether it names a source. */
const OLDER = new Map<number, readonly [optname: number, source: boolean]>([
  [MCAST_JOIN_GROUP, [IP_ADD_MEMBERSHIP, false]],
  [MCAST_LEAVE_GROUP, [IP_DROP_MEMBERSHIP, false]],
  [MCAST_BLOCK_SOURCE, [IP_BLOCK_SOURCE, true]],
  [MCAST_UNBLOCK_SOURCE, [IP_UNBLOCK_SOURCE, true]],
  [MCAST_JOIN_SOURCE_GROUP, [IP_ADD_SOURCE_MEMBERSHIP, true]],
  [MCAST_LEAVE_SOURCE_GROUP, [IP_DROP_SOURCE_MEMBERSHIP, true]],
]);

/** The older IPv6 options; those with sources have none, and go to the core as they are. */
const OLDER_6 = new Map<number, number>([
  [MCAST_JOIN_GROUP, IPV6_ADD_MEMBERSHIP],
  [MCAST_LEAVE_GROUP, IPV6_DROP_MEMBERSHIP],
]);

/** Makes an option of any protocol into the older one of the socket's: cores then need to know one form. */
function groupSetter(level: number, optname: number): StructureSetter {
  const [older, hasSource] = OLDER.get(optname)!;
  return (_table, socket, value, length) => {
    if (value === null || length < (hasSource ? GROUP_SOURCE_REQ_SIZE : GROUP_REQ_SIZE)) return WSAEFAULT;
    const family = level === IPPROTO_IP ? AF_INET : AF_INET6;
    const familyAt = (at: number): number => value[at]! | (value[at + 1]! << 8);
    if (socket.family !== family || familyAt(GROUP_AT) !== family) return WSAEAFNOSUPPORT;
    if (hasSource && familyAt(SOURCE_AT) !== family) return WSAEAFNOSUPPORT;
    const index = new DataView(value.buffer, value.byteOffset).getUint32(0, true);
    if (family === AF_INET) {
      const group = value.subarray(GROUP_AT + 4, GROUP_AT + 8);
      const source = hasSource ? value.subarray(SOURCE_AT + 4, SOURCE_AT + 8) : [];
      // An interface's index takes the place of its address as 0.x.x.x.
      const request = Uint8Array.of(...group, ...source, 0, index >> 16, index >> 8, index);
      return socket.core.setOption(IPPROTO_IP, older, request, request.length);
    }
    const older6 = OLDER_6.get(optname);
    if (older6 === undefined) return socket.core.setOption(level, optname, value, length);
    const request = new Uint8Array(20);
    request.set(value.subarray(GROUP_AT + 8, GROUP_AT + 24));
    request.set(value.subarray(0, 4), 16);
    return socket.core.setOption(IPPROTO_IPV6, older6, request, request.length);
  };
}

/** The options that have a function of their own. */
export const STRUCTURE_SETTERS: ReadonlyMap<number, StructureSetter> = new Map<number, StructureSetter>([
  [optionKey(SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT), updateAcceptContext],
  [optionKey(SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT), updateConnectContext],
  ...[IPPROTO_IP, IPPROTO_IPV6].flatMap((level) =>
    [...OLDER.keys()].map((optname) => [optionKey(level, optname), groupSetter(level, optname)] as const),
  ),
]);
