// WSPGetSockOpt and WSPSetSockOpt over the table of options.
import {
  AF_INET,
  AF_INET6,
  copyOfBytes,
  holdsBytes,
  SO_ACCEPTCONN,
  SO_CONNECT_TIME,
  SO_DONTLINGER,
  SO_ERROR,
  SO_EXCLUSIVEADDRUSE,
  SO_GROUP_ID,
  SO_GROUP_PRIORITY,
  SO_CONDITIONAL_ACCEPT,
  SO_MAX_MSG_SIZE,
  SO_MAXDG,
  SO_MAXPATHDG,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOBUFS,
  WSAENOPROTOOPT,
  WSAENOTSOCK,
  type LPWSPGETSOCKOPT,
  type LPWSPSETSOCKOPT,
  type Ref,
  type CountOrNegatedCode,
} from '../../spi/index.js';
import { State } from '../core/index.js';
import {
  findOption,
  foreignOptionError,
  isOptionLevel,
  LINGER_KEY,
  lingerOf,
  optionKey,
  optionValue,
  storedNumber,
  type OptionRow,
  type SocketKind,
} from '../options/index.js';
import { getGroupPriority, setGroupPriority, type FrontSocket, type SocketTable } from '../socket/index.js';
import { fail } from './failure.js';
import { STRUCTURE_SETTERS, writeBspState } from './option-structures.js';

/** Options that are not merely kept. */
const SETTERS: typeof STRUCTURE_SETTERS = new Map([
  ...STRUCTURE_SETTERS,
  [optionKey(SOL_SOCKET, SO_GROUP_PRIORITY), setGroupPriority],
]);

/** Where an option's four bytes are put together; used between two statements only. */
const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

const NO_BYTES = new Uint8Array(0);

function needsFourBytes(row: OptionRow): boolean {
  return row.shape === 'dword' || row.shape === 'switch' || row.shape === 'linger';
}

/** The number that the caller's bytes mean, by the option's shape; `undefined` when there are too few. */
function readValue(row: OptionRow, value: Uint8Array, length: number): number | undefined {
  const least = needsFourBytes(row) ? 4 : row.shape === 'boolean' && row.level === SOL_SOCKET ? 0 : 1;
  if (length < least) return undefined;
  let number = 0;
  for (let i = Math.min(4, length) - 1; i >= 0; i--) number = number * 256 + value[i]!;
  if (row.shape === 'boolean' || row.shape === 'switch') return number !== 0 ? 1 : 0;
  if (row.shape === 'flag') return number & 0xff;
  return number;
}

/** An option of a socket that has duplicates, on any of which it may have been set: what the core says. */
function sharedNumber(socket: FrontSocket, row: OptionRow): number | undefined {
  if (!socket.duplicate || (row.keeper !== 'both' && row.keeper !== 'hint')) return undefined;
  scratch.fill(0);
  return socket.core.getOption(row.level, row.optname, scratch, 4) < 0 ? undefined : scratchView.getUint32(0, true);
}

/** SO_CONNECT_TIME: whole seconds; all bits set when there never was a connection, as datagrams have none. */
function secondsConnected(socket: FrontSocket): number {
  const { connectedAt, host, stream } = socket;
  return !stream || connectedAt < 0 ? 0xffffffff : Math.floor((host.clock.now() - connectedAt) / 1000);
}

/** The longest datagram: the provider's own, for Windows' catalog has less than UDP carries. */
function largestMessage({ core, entry, type }: FrontSocket): number {
  if (type !== SOCK_DGRAM) return entry.dwMessageSize;
  return core.getOption(SOL_SOCKET, SO_MAX_MSG_SIZE, scratch, 4) === 4
    ? scratchView.getUint32(0, true)
    : entry.dwMessageSize;
}

/** SO_CONDITIONAL_ACCEPT: protocols whose connections wait for an answer have it on, until it is taken off. */
function acceptsConditionally(socket: FrontSocket): number {
  const set = storedNumber(socket, optionKey(SOL_SOCKET, SO_CONDITIONAL_ACCEPT));
  return set ?? (socket.core.acceptConnection === undefined ? 0 : 1);
}

/** What the front knows of an option whose value it works out. */
const COMPUTED = new Map<number, (socket: FrontSocket) => number>([
  [optionKey(SOL_SOCKET, SO_ACCEPTCONN), (socket) => (socket.state === State.LISTENING ? 1 : 0)],
  [optionKey(SOL_SOCKET, SO_TYPE), (socket) => socket.type],
  [optionKey(SOL_SOCKET, SO_ERROR), (socket) => socket.lastError],
  [optionKey(SOL_SOCKET, SO_GROUP_ID), (socket) => socket.group?.id ?? socket.core.groupId ?? 0],
  [optionKey(SOL_SOCKET, SO_MAX_MSG_SIZE), largestMessage],
  [optionKey(SOL_SOCKET, SO_MAXDG), largestMessage],
  [optionKey(SOL_SOCKET, SO_MAXPATHDG), largestMessage],
  [optionKey(SOL_SOCKET, SO_CONNECT_TIME), secondsConnected],
  [optionKey(SOL_SOCKET, SO_CONDITIONAL_ACCEPT), acceptsConditionally],
  [optionKey(SOL_SOCKET, SO_DONTLINGER), (socket) => (lingerOf(socket).on ? 0 : 1)],
]);

/** Setting one of these to 1 is refused while the other is 1 (measured behaviour 4.6). */
const EXCLUSIVE = new Map<number, number>([
  [SO_REUSEADDR, SO_EXCLUSIVEADDRUSE],
  [SO_EXCLUSIVEADDRUSE, SO_REUSEADDR],
]);

/** The most bytes of an option that is kept as bytes: what an IP header has room for. */
const MOST_BYTES = 40;

/** Why a value cannot be set now; 0 when it can. */
function valueRefusal(row: OptionRow, socket: FrontSocket, value: number): number {
  if (row.shape === 'byte' && value > 255) return WSAEINVAL;
  if (row.range !== undefined && (value < row.range[0] || value > row.range[1])) return WSAEINVAL;
  if (row.values?.includes(value) === false) return WSAEINVAL;
  if (row.before === 'bind' && socket.state !== State.UNBOUND) return WSAEINVAL;
  if (row.before === 'listen' && socket.state === State.LISTENING) return WSAEINVAL;
  const rival = row.level === SOL_SOCKET ? EXCLUSIVE.get(row.optname) : undefined;
  if (rival === undefined || value === 0) return 0;
  return (storedNumber(socket, optionKey(SOL_SOCKET, rival)) ?? 0) !== 0 ? WSAEINVAL : 0;
}

/** Tells the core of a value. A hint may be of no use to it. */
function tellCore(row: OptionRow, socket: FrontSocket, value: Uint8Array, length: number): number {
  if (row.keeper === 'front') return 0;
  const error = socket.core.setOption(row.level, row.optname, value, length);
  return row.keeper === 'hint' && error === WSAENOPROTOOPT ? 0 : error;
}

/** Makes `WSPGetSockOpt` and `WSPSetSockOpt` over a table of sockets. */
export function createOptionProcedures(table: SocketTable) {
  const lpWSPSetSockOpt: LPWSPSETSOCKOPT = (s, level, optname, optval, optlen, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const row = findOption(level, optname);
    if (row === undefined && hasOwnOptions(socket, level))
      return setOwn(socket, level, optname, optval, optlen, lpErrno);
    if (!isOptionLevel(level)) return fail(lpErrno, WSAEINVAL);
    if (row === undefined || isOfOthers(row, socket)) return fail(lpErrno, WSAENOPROTOOPT);
    if (optval !== null && optlen !== -1 && !holdsBytes(optval, optlen)) return fail(lpErrno, WSAEFAULT);
    if (row.access === 'read') {
      // Measured behaviour 8.3: SO_TYPE of a datagram socket is refused otherwise than a stream's.
      const known = level === SOL_SOCKET && optname === SO_TYPE && !socket.stream;
      return fail(lpErrno, known ? WSAEINVAL : WSAENOPROTOOPT);
    }
    if (!hasOption(row, socket)) return fail(lpErrno, foreignOptionError(row));
    const setter = SETTERS.get(optionKey(level, optname));
    if (setter !== undefined) {
      return result(lpErrno, setter(table, socket, optval, Math.min(optlen, optval?.length ?? 0)));
    }
    if (optval === null) return fail(lpErrno, WSAEFAULT);
    // Measured behaviour 3.11: a length of -1 passes for the greatest where the whole socket has the option.
    if (optlen === -1 && (row.level !== SOL_SOCKET || row.shape === 'flag')) return fail(lpErrno, WSAENOBUFS);
    const length = optlen === -1 ? optval.length : Math.min(optlen, optval.length);
    if (row.shape === 'structure') return result(lpErrno, socket.core.setOption(level, optname, optval, optlen));
    if (row.shape === 'bytes') return result(lpErrno, setBytes(row, socket, optval, length));
    const value = readValue(row, optval, length);
    if (value === undefined) return fail(lpErrno, WSAEFAULT);
    const refused = valueRefusal(row, socket, value);
    if (refused !== 0) return fail(lpErrno, refused);
    scratchView.setUint32(0, value, true);
    const error = tellCore(row, socket, scratch, 4);
    if (error !== 0) return fail(lpErrno, error);
    if (level === SOL_SOCKET && optname === SO_ERROR) socket.setLastError(value);
    else if (level === SOL_SOCKET && (optname & 0xffff) === (SO_DONTLINGER & 0xffff)) setDontLinger(socket, value);
    else socket.setOption(optionKey(level, optname), value >>> 0);
    return 0;
  };

  const lpWSPGetSockOpt: LPWSPGETSOCKOPT = (s, level, optname, optval, optlen, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const row = findOption(level, optname);
    if (row === undefined && hasOwnOptions(socket, level))
      return getOwn(socket, level, optname, optval, optlen, lpErrno);
    if (!isOptionLevel(level)) return fail(lpErrno, WSAEINVAL);
    if (row === undefined || row.access === 'write' || isOfOthers(row, socket)) return fail(lpErrno, WSAENOPROTOOPT);
    if (!hasOption(row, socket)) return fail(lpErrno, foreignOptionError(row));
    if (!holdsBytes(optval, optlen.value)) return fail(lpErrno, WSAEFAULT);
    const key = optionKey(level, optname);
    const room = optlen.value;
    const written = getWhole(table, row, socket, optval, room);
    if (written !== undefined) {
      if (written < 0) return fail(lpErrno, -written);
      optlen.value = written;
      return 0;
    }
    if (room <= 0) return fail(lpErrno, WSAEFAULT);
    if (needsFourBytes(row) && room < 4) return tooShort(row, optval, optlen, room, lpErrno);
    const initial = (socket.stream ? row.initialOfStreams : undefined) ?? row.initial;
    const value = COMPUTED.get(key)?.(socket) ?? sharedNumber(socket, row) ?? storedNumber(socket, key) ?? initial;
    writeValue(row, value, optval, optlen, room);
    return 0;
  };

  return { lpWSPGetSockOpt, lpWSPSetSockOpt };
}

/** Whether the core has options at a level that the table does not know. */
function hasOwnOptions({ core }: FrontSocket, level: number): boolean {
  return core.optionLevels !== undefined && core.optionLevels.includes(level);
}

/** Sets an option that the core alone knows. */
function setOwn(
  { core }: FrontSocket,
  level: number,
  optname: number,
  optval: Uint8Array | null,
  optlen: number,
  lpErrno: Ref<number>,
): number {
  if (optval === null || !holdsBytes(optval, optlen)) return fail(lpErrno, WSAEFAULT);
  return result(lpErrno, core.setOption(level, optname, optval, optlen));
}

/** Reads an option that the core alone knows. */
function getOwn(
  { core }: FrontSocket,
  level: number,
  optname: number,
  optval: Uint8Array,
  optlen: Ref<number>,
  lpErrno: Ref<number>,
): number {
  if (!holdsBytes(optval, optlen.value)) return fail(lpErrno, WSAEFAULT);
  const written = core.getOption(level, optname, optval, optlen.value);
  if (written < 0) return fail(lpErrno, -written);
  optlen.value = written;
  return 0;
}

/** Whether an option is one of TCP/IP's, and the socket is not. */
function isOfOthers({ level }: OptionRow, { family }: FrontSocket): boolean {
  return level !== SOL_SOCKET && family !== AF_INET && family !== AF_INET6;
}

/** Whether a socket of its kind has the option. */
function hasOption(row: OptionRow, socket: FrontSocket): boolean {
  if (row.kinds.includes(kindOf(socket))) return true;
  return socket.keepsBoundaries && row.level === SOL_SOCKET && row.optname === SO_MAX_MSG_SIZE;
}

function kindOf(socket: FrontSocket): SocketKind {
  return socket.stream ? 'stream' : socket.type === SOCK_RAW ? 'raw' : 'datagram';
}

/**
 * Reads what is not a number of the front's: the bytes written, or a negated WinSock code; `undefined` for other options.
 */
function getWhole(
  table: SocketTable,
  row: OptionRow,
  socket: FrontSocket,
  optval: Uint8Array,
  room: number,
): CountOrNegatedCode | undefined {
  if (row.shape === 'bytes') {
    const value = optionValue(socket.options, optionKey(row.level, row.optname));
    const kept = value instanceof Uint8Array ? value : NO_BYTES;
    if (room < kept.length) return -WSAEFAULT;
    // Not even no bytes go into an array that was detached.
    if (kept.length > 0) optval.set(kept);
    return kept.length;
  }
  if (row.shape === 'structure') return writeBspState(socket, optval, room);
  if (row.keeper !== 'core') return undefined;
  if (room < 1 || (needsFourBytes(row) && room < 4)) return -WSAEFAULT;
  if (row.level === SOL_SOCKET && row.optname === SO_GROUP_PRIORITY) {
    return getGroupPriority(table, socket, optval, room);
  }
  return socket.core.getOption(row.level, row.optname, optval, room);
}

/** Sets an option whose bytes are kept as they are. */
function setBytes(row: OptionRow, socket: FrontSocket, value: Uint8Array, length: number): number {
  if (length < 0) return WSAEFAULT;
  if (length > MOST_BYTES) return WSAEINVAL;
  const kept = copyOfBytes(value, length);
  const error = tellCore(row, socket, kept, length);
  if (error === 0) socket.setOption(optionKey(row.level, row.optname), kept);
  return error;
}

function setDontLinger(socket: FrontSocket, value: number): void {
  const linger = storedNumber(socket, LINGER_KEY) ?? 0;
  socket.setOption(LINGER_KEY, (value !== 0 ? linger & ~0xffff : linger | 1) >>> 0);
}

/**
 * Measured behaviour 3.11: a failing get of SO_LINGER and the buffer sizes clears the bytes, the later options the
 * length.
 */
function tooShort(row: OptionRow, optval: Uint8Array, optlen: Ref<number>, room: number, lpErrno: Ref<number>): number {
  if (row.level !== SOL_SOCKET) optlen.value = 0;
  else if (row.optname !== SO_RCVTIMEO && row.optname !== SO_RCVTIMEO - 1 && row.optname !== SO_ERROR)
    optval.fill(0, 0, room);
  return fail(lpErrno, WSAEFAULT);
}

/** Measured behaviour 3.11: how many bytes are written, and what length is told. */
function writeValue(row: OptionRow, value: number, optval: Uint8Array, optlen: Ref<number>, room: number): void {
  scratchView.setUint32(0, value, true);
  const written =
    room >= 4 ? (row.shape === 'flag' ? 1 : 4) : row.shape === 'boolean' && row.level === SOL_SOCKET ? room : 1;
  optval.set(scratch.subarray(0, written));
  optlen.value = room >= 4 ? written : 1;
}

function result(lpErrno: Ref<number>, error: number): number {
  return error === 0 ? 0 : fail(lpErrno, error);
}
