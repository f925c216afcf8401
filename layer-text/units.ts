// Numbers with their units, as people write them: 200ms, 64KiB, 10Mbit/s, 1%.
import type { OptionKind } from './built-in-layers.js';

/** What one of a unit is, by how it is written in small letters. */
type Units = Readonly<Record<string, number>>;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const TIMES: Units = { us: 0.001, ms: 1, s: SECOND, sec: SECOND, m: MINUTE, min: MINUTE, h: HOUR };
const BYTES: Units = {
  b: 1,
  ...scaled(1000, ['k', 'm', 'g'], ['', 'b']),
  ...scaled(1024, ['k', 'm', 'g'], ['i', 'ib']),
  ...bits(),
};
const SHARES: Units = { '%': 0.01 };

/** The kinds of options that have units, and how a message names them. */
const KINDS: Partial<Record<OptionKind, { readonly units: Units; readonly named: string }>> = {
  time: { units: TIMES, named: 'a number of milliseconds, or one with ms, s, min or h behind it' },
  bytes: { units: BYTES, named: 'a number of bytes, or one with k, M, G, KiB, MiB, GiB or Mbit behind it' },
  share: { units: SHARES, named: 'a number, or one with % behind it' },
};

const NUMBER = String.raw`[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?`;
const ALONE = new RegExp(`^${NUMBER}$`, 'i');
const WITH_UNIT = new RegExp(String.raw`^(${NUMBER})\s*([a-z%]*)(/s)?$`, 'i');

function scaled(base: number, prefixes: readonly string[], endings: readonly string[]): Units {
  const units = prefixes.flatMap((prefix, at) => endings.map((ending) => [prefix + ending, base ** (at + 1)] as const));
  return Object.fromEntries(units);
}

function bits(): Units {
  const units = Object.entries(scaled(1000, ['k', 'm', 'g'], ['bit']));
  return Object.fromEntries([['bit', 1 / 8], ...units.map(([unit, count]) => [unit, count / 8] as const)]);
}

/** Reads a number without a unit; what is none stays as it was written. */
export function numberOrText(written: string): number | string {
  return ALONE.test(written) ? parsed(written) : written;
}

function parsed(digits: string): number {
  return Number(digits.replaceAll('_', ''));
}

/**
 * Reads a number.
 *
 * @param kind which units it may have; none if the kind has no units
 * @param written what was written
 * @returns it in the kind's own unit; `null` when it is none
 */
export function numberWithUnit(kind: OptionKind, written: string): number | null {
  if (written === 'Infinity') return Infinity;
  const [, number, unit = '', perSecond] = WITH_UNIT.exec(written) ?? [];
  if (number === undefined || (perSecond !== undefined && kind !== 'bytes')) return null;
  const own = unit === '' ? 1 : KINDS[kind]?.units[unit.toLowerCase()];
  if (own === undefined) return null;
  const value = parsed(number);
  // By a division, which is exact where there is an exact answer.
  return own < 1 ? value / Math.round(1 / own) : value * own;
}

/** What a number of a kind is to be, for messages: "a number" or more. */
export function numberNamed(kind: OptionKind): string {
  return KINDS[kind]?.named ?? 'a number';
}
