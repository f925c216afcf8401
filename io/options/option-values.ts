// The options that an application has set, kept small: most sockets have one or two, and there may be very many sockets.
import { SO_LINGER, SOL_SOCKET } from '../../spi/index.js';
import { optionKey, SOCKET_OPTIONS, type OptionRow } from './table.js';
import type { FrontSocket } from '../socket/front-socket.js';

/** The value of an option: a number, or the bytes of what is none. */
export type OptionValue = number | Uint8Array;

/** Options in pairs of key and value; never changed, but replaced, so that sockets can share them. */
export type OptionValues = readonly OptionValue[];

/** The value of an option; `undefined` when it was never set. */
export function optionValue(values: OptionValues | null, key: number): OptionValue | undefined {
  if (values === null) return undefined;
  for (let at = 0; at < values.length; at += 2) if (values[at] === key) return values[at + 1];
  return undefined;
}

/** What was made last, and from what: a server sets the same options on every connection, one after the other. */
let last: {
  readonly before: OptionValues | null;
  readonly key: number;
  readonly value: OptionValue;
  readonly after: OptionValues;
} = { before: null, key: -1, value: 0, after: [] };

/** The values with one of them set. */
export function withOption(values: OptionValues | null, key: number, value: OptionValue): OptionValues {
  if (last.before === values && last.key === key && last.value === value) return last.after;
  last = { before: values, key, value, after: replaced(values, key, value) };
  return last.after;
}

function replaced(values: OptionValues | null, key: number, value: OptionValue): OptionValues {
  if (values === null) return [key, value];
  const before = values.slice();
  for (let at = 0; at < before.length; at += 2) {
    if (before[at] !== key) continue;
    before[at + 1] = value;
    return before;
  }
  return [...before, key, value];
}

/** Key of SO_LINGER, which SO_DONTLINGER is another view of. */
export const LINGER_KEY = optionKey(SOL_SOCKET, SO_LINGER);

/** A number-valued option as it was set; `undefined` when it never was. */
export function storedNumber(socket: FrontSocket, key: number): number | undefined {
  const value = optionValue(socket.options, key);
  return typeof value === 'number' ? value : undefined;
}

/** Keeps a number-valued option. */
export function storeNumber(socket: FrontSocket, key: number, value: number): void {
  socket.options = withOption(socket.options, key, value >>> 0);
}

/** Whether an option was set to anything but 0. */
export function isOptionSet(socket: FrontSocket, level: number, optname: number): boolean {
  return socket.options !== null && (storedNumber(socket, optionKey(level, optname)) ?? 0) !== 0;
}

/** SO_RCVTIMEO or SO_SNDTIMEO in milliseconds; 0 means for ever. */
export function timeoutOf(socket: FrontSocket, optname: number): number {
  return socket.options === null ? 0 : (storedNumber(socket, optionKey(SOL_SOCKET, optname)) ?? 0);
}

/** The moment of the clock at which a call that begins now has taken as long as SO_RCVTIMEO or SO_SNDTIMEO allows. */
export function deadlineOf(socket: FrontSocket, optname: number): number {
  const timeout = timeoutOf(socket, optname);
  return timeout === 0 ? Infinity : socket.host.clock.now() + timeout;
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
    const value = optionValue(from.options, key);
    if (row.inherited !== true || value === undefined) continue;
    to.options = withOption(to.options, key, value);
    if (row.keeper !== 'front') tellCore(to, row, value);
  }
}

/** Tells a socket's new core the options that the socket has. */
export function applyOptions(socket: FrontSocket): void {
  if (socket.options === null) return;
  for (const row of SOCKET_OPTIONS) {
    const value = optionValue(socket.options, optionKey(row.level, row.optname));
    if (value !== undefined && row.keeper !== 'front') tellCore(socket, row, value);
  }
}

const scratch = new Uint8Array(4);
const scratchView = new DataView(scratch.buffer);

function tellCore(socket: FrontSocket, row: OptionRow, value: OptionValue): void {
  if (typeof value !== 'number') {
    socket.core.setOption(row.level, row.optname, value, value.length);
    return;
  }
  scratchView.setUint32(0, value, true);
  socket.core.setOption(row.level, row.optname, scratch, 4);
}
