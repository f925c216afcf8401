// The options that an application has set, kept small: most sockets have one or two, and there may be very many
// sockets.
import { SO_LINGER, SOL_SOCKET } from '../../spi/index.js';
import type { OptionRow } from './option-row.js';
import { optionKey, SOCKET_OPTIONS } from './table.js';

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

/** Who has options: a socket. */
export interface OptionHolder {
  readonly options: OptionValues | null;
}

/** Who is told of options: a core. */
export interface OptionTarget {
  setOption(level: number, optname: number, value: Uint8Array, length: number): number;
}

/** A number-valued option as it was set; `undefined` when it never was. */
export function storedNumber({ options }: OptionHolder, key: number): number | undefined {
  const value = optionValue(options, key);
  return typeof value === 'number' ? value : undefined;
}

/** Whether an option was set to anything but 0. */
export function isOptionSet(holder: OptionHolder, level: number, optname: number): boolean {
  return holder.options !== null && (storedNumber(holder, optionKey(level, optname)) ?? 0) !== 0;
}

/** SO_RCVTIMEO or SO_SNDTIMEO in milliseconds; 0 means for ever. */
export function timeoutOf(holder: OptionHolder, optname: number): number {
  return holder.options === null ? 0 : (storedNumber(holder, optionKey(SOL_SOCKET, optname)) ?? 0);
}

/** SO_LINGER: whether it is on, and for how many seconds. */
export function lingerOf(holder: OptionHolder): { on: boolean; seconds: number } {
  const value = holder.options === null ? 0 : (storedNumber(holder, LINGER_KEY) ?? 0);
  return { on: (value & 0xffff) !== 0, seconds: value >>> 16 };
}

/**
 * The options of a socket together with those that an accepted socket takes from its listener.
 *
 * @param own what the socket has
 * @param listener what the listener has
 * @param core the socket's, which is told of those that it keeps too
 */
export function inheritOptions(
  own: OptionValues | null,
  listener: OptionValues | null,
  core: OptionTarget,
): OptionValues | null {
  if (listener === null) return own;
  let inherited = own;
  for (const row of SOCKET_OPTIONS) {
    const key = optionKey(row.level, row.optname);
    const value = optionValue(listener, key);
    if (row.inherited !== true || value === undefined) continue;
    inherited = withOption(inherited, key, value);
    if (row.keeper !== 'front') tellOption(core, row, value);
  }
  return inherited;
}

/** Tells a new core the options that its socket has. */
export function tellOptions(core: OptionTarget, options: OptionValues | null): void {
  if (options === null) return;
  for (const row of SOCKET_OPTIONS) {
    const value = optionValue(options, optionKey(row.level, row.optname));
    if (value !== undefined && row.keeper !== 'front') tellOption(core, row, value);
  }
}

const scratch = new Uint8Array(4);
const scratchView = new DataView(scratch.buffer);

function tellOption(core: OptionTarget, row: OptionRow, value: OptionValue): void {
  if (typeof value !== 'number') {
    core.setOption(row.level, row.optname, value, value.length);
    return;
  }
  scratchView.setUint32(0, value, true);
  core.setOption(row.level, row.optname, scratch, 4);
}
