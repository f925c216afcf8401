// The values of options that sockets keep.
import { SO_LINGER, SOL_SOCKET } from '../spi/index.js';
import { optionKey, SOCKET_OPTIONS } from './options.js';
import type { FrontSocket } from './socket.js';

/** Key of SO_LINGER, which SO_DONTLINGER is another view of. */
export const LINGER_KEY = optionKey(SOL_SOCKET, SO_LINGER);

/** A number-valued option as it was set; `undefined` when it never was. */
export function storedNumber(socket: FrontSocket, key: number): number | undefined {
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
    if (row.keeper !== 'front') to.core.setOption(row.level, row.optname, value, value.length);
  }
}

/** Tells a socket's new core the options that the socket has. */
export function applyOptions(socket: FrontSocket): void {
  if (socket.options === null) return;
  for (const row of SOCKET_OPTIONS) {
    const value = socket.options.get(optionKey(row.level, row.optname));
    if (value !== undefined && row.keeper !== 'front') {
      socket.core.setOption(row.level, row.optname, value, value.length);
    }
  }
}

/** Keeps a number-valued option. */
export function storeNumber(socket: FrontSocket, key: number, value: number): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  (socket.options ??= new Map()).set(key, bytes);
}
