import {
  SOCK_RAW,
  SOCK_STREAM,
  SO_ACCEPTCONN,
  SO_DONTLINGER,
  SO_ERROR,
  SO_EXCLUSIVEADDRUSE,
  SO_LINGER,
  SO_MAX_MSG_SIZE,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_TYPE,
  SO_UPDATE_ACCEPT_CONTEXT,
  SO_UPDATE_CONNECT_CONTEXT,
  SOL_SOCKET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTSOCK,
  type LPWSPGETSOCKOPT,
  type LPWSPSETSOCKOPT,
  type Ref,
} from '../spi/index.js';
import { fail } from './failure.js';
import { findOption, isOptionLevel, optionKey, SOCKET_OPTIONS, type OptionRow } from './options.js';
import { MissingContext, type FrontSocket } from './socket.js';
import type { SocketTable } from './socket-table.js';
import { State } from './states.js';

/** Where an option's four bytes are put together; used between two statements only. */
const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

const LINGER_KEY = optionKey(SOL_SOCKET, SO_LINGER);

/** A number-valued option as it was set; `undefined` when it never was. */
function storedNumber(socket: FrontSocket, key: number): number | undefined {
  const stored = socket.options?.get(key);
  return stored === undefined
    ? undefined
    : (stored[0]! | (stored[1]! << 8) | (stored[2]! << 16) | (stored[3]! << 24)) >>> 0;
}

/** Whether an option was set to anything but 0. */
export function isOptionSet(socket: FrontSocket, level: number, optname: number): boolean {
  return socket.options !== null && (storedNumber(socket, optionKey(level, optname)) ?? 0) !== 0;
}

/** SO_RCVTIMEO or SO_SNDTIMEO in milliseconds; 0 means for ever. */
export function timeoutOf(socket: FrontSocket, optname: number): number {
  return socket.options === null ? 0 : (storedNumber(socket, optionKey(SOL_SOCKET, optname)) ?? 0);
}

/** SO_LINGER: whether it is on, and for how many seconds. */
export function lingerOf(socket: FrontSocket): { on: boolean; seconds: number } {
  const value = socket.options === null ? 0 : (storedNumber(socket, LINGER_KEY) ?? 0);
  return { on: (value & 0xffff) !== 0, seconds: value >>> 16 };
}

/** Gives an accepted socket the options that it takes from its listener. The core has its own already. */
export function inheritOptions(from: FrontSocket, to: FrontSocket): void {
  if (from.options === null) return;
  for (const row of SOCKET_OPTIONS) {
    const key = optionKey(row.level, row.optname);
    const value = from.options.get(key);
    if (row.inherited !== true || value === undefined) continue;
    (to.options ??= new Map()).set(key, value);
    if (row.keeper === 'both') to.core.setOption(row.level, row.optname, value, 4);
  }
}

/** Tells a socket's new core the options that the socket has. */
export function applyOptions(socket: FrontSocket): void {
  if (socket.options === null) return;
  for (const row of SOCKET_OPTIONS) {
    const value = socket.options.get(optionKey(row.level, row.optname));
    if (value !== undefined && row.keeper === 'both') socket.core.setOption(row.level, row.optname, value, 4);
  }
}

function store(socket: FrontSocket, key: number, value: number): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  (socket.options ??= new Map()).set(key, bytes);
}

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

/** What the front knows of an option whose value it works out. */
const COMPUTED = new Map<number, (socket: FrontSocket) => number>([
  [optionKey(SOL_SOCKET, SO_ACCEPTCONN), (socket) => (socket.state === State.LISTENING ? 1 : 0)],
  [optionKey(SOL_SOCKET, SO_TYPE), (socket) => socket.type],
  [optionKey(SOL_SOCKET, SO_ERROR), (socket) => socket.lastError],
  [optionKey(SOL_SOCKET, SO_MAX_MSG_SIZE), (socket) => socket.entry.dwMessageSize],
  [optionKey(SOL_SOCKET, SO_DONTLINGER), (socket) => (lingerOf(socket).on ? 0 : 1)],
]);

/** Setting one of these to 1 is refused while the other is 1 (measured behaviour 4.6). */
const EXCLUSIVE = new Map<number, number>([
  [SO_REUSEADDR, SO_EXCLUSIVEADDRUSE],
  [SO_EXCLUSIVEADDRUSE, SO_REUSEADDR],
]);

/** Options whose value is a socket handle, taken note of by a base provider without further ado. */
const CONTEXT_UPDATES: ReadonlySet<number> = new Set([SO_UPDATE_ACCEPT_CONTEXT, SO_UPDATE_CONNECT_CONTEXT]);

/** Makes `WSPGetSockOpt` and `WSPSetSockOpt` over a table of sockets. */
export function createOptionFunctions(table: SocketTable) {
  const lpWSPSetSockOpt: LPWSPSETSOCKOPT = (s, level, optname, optval, optlen, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    if (!isOptionLevel(level)) return fail(lpErrno, WSAEINVAL);
    if (level === SOL_SOCKET && CONTEXT_UPDATES.has(optname))
      return updateContext(socket, optname, optval, optlen, lpErrno);
    const row = findOption(level, optname);
    const missing = missingError(row, socket);
    if (row === undefined || missing !== 0) return fail(lpErrno, missing);
    if (row.access === 'read') {
      // Measured behaviour 8.3: SO_TYPE of a datagram socket is refused otherwise than a stream's.
      return fail(lpErrno, optname === SO_TYPE && !socket.stream ? WSAEINVAL : WSAENOPROTOOPT);
    }
    if (optval === null) return fail(lpErrno, WSAEFAULT);
    if (row.shape === 'structure') return result(lpErrno, socket.core.setOption(level, optname, optval, optlen));
    const value = readValue(row, optval, Math.min(optlen, optval.length));
    if (value === undefined) return fail(lpErrno, WSAEFAULT);
    if (row.shape === 'byte' && value > 255) return fail(lpErrno, WSAEINVAL);
    const rival = level === SOL_SOCKET ? EXCLUSIVE.get(optname) : undefined;
    if (rival !== undefined && value !== 0 && (storedNumber(socket, optionKey(SOL_SOCKET, rival)) ?? 0) !== 0) {
      return fail(lpErrno, WSAEINVAL);
    }
    if (row.keeper !== 'front') {
      scratchView.setUint32(0, value, true);
      const error = socket.core.setOption(level, optname, scratch, 4);
      if (error !== 0) return fail(lpErrno, error);
    }
    if (level === SOL_SOCKET && optname === SO_ERROR) socket.lastError = value;
    else if (level === SOL_SOCKET && (optname & 0xffff) === (SO_DONTLINGER & 0xffff)) setDontLinger(socket, value);
    else store(socket, optionKey(level, optname), value);
    return 0;
  };

  const lpWSPGetSockOpt: LPWSPGETSOCKOPT = (s, level, optname, optval, optlen, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    if (!isOptionLevel(level)) return fail(lpErrno, WSAEINVAL);
    const row = findOption(level, optname);
    const missing = missingError(row, socket);
    if (row === undefined || missing !== 0) return fail(lpErrno, missing);
    if (row.access === 'write') return fail(lpErrno, WSAENOPROTOOPT);
    const room = Math.min(optlen.value, optval.length);
    if (room <= 0) return fail(lpErrno, WSAEFAULT);
    if (row.keeper === 'core') {
      const written = socket.core.getOption(level, optname, optval, room);
      if (written < 0) return fail(lpErrno, -written);
      optlen.value = written;
      return 0;
    }
    if (needsFourBytes(row) && room < 4) return tooShort(row, optval, optlen, room, lpErrno);
    const key = optionKey(level, optname);
    const value = COMPUTED.get(key)?.(socket) ?? storedNumber(socket, key) ?? initialOf(row, socket);
    writeValue(row, value, optval, optlen, room);
    return 0;
  };

  /** SO_UPDATE_ACCEPT_CONTEXT takes over from the listener; with either the socket is as any other connected one. */
  function updateContext(
    socket: FrontSocket,
    optname: number,
    optval: Uint8Array | null,
    optlen: number,
    lpErrno: Ref<number>,
  ): number {
    if (optname === SO_UPDATE_ACCEPT_CONTEXT) {
      if (optval === null || optlen < 4 || optval.length < 4) return fail(lpErrno, WSAEFAULT);
      const listener = table.find(new DataView(optval.buffer, optval.byteOffset).getUint32(0, true));
      if (listener === undefined) return fail(lpErrno, WSAENOTSOCK);
      inheritOptions(listener, socket);
    }
    socket.missingContext = MissingContext.NONE;
    return 0;
  }

  return { lpWSPGetSockOpt, lpWSPSetSockOpt };
}

/** Why a socket has not got an option; 0 when it has. */
function missingError(row: OptionRow | undefined, socket: FrontSocket): number {
  if (row === undefined) return WSAENOPROTOOPT;
  // Measured behaviour 3.14.
  if (row.only === 'raw') return socket.type === SOCK_RAW ? 0 : WSAEINVAL;
  return row.only === undefined || (row.only === 'stream') === socket.stream ? 0 : WSAENOPROTOOPT;
}

/** What an option is before it is set. */
function initialOf(row: OptionRow, socket: FrontSocket): number {
  return (socket.type === SOCK_STREAM ? row.streamInitial : undefined) ?? row.initial;
}

function setDontLinger(socket: FrontSocket, value: number): void {
  const linger = storedNumber(socket, LINGER_KEY) ?? 0;
  store(socket, LINGER_KEY, value !== 0 ? linger & ~0xffff : linger | 1);
}

/** Measured behaviour 3.11: a failing get of SO_LINGER and the buffer sizes clears the bytes, the later options the length. */
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
