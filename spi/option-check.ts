// Checks of the options that people write: what is wrong is said by name, with what is meant most likely.
import { kindOf } from './answers.js';
import { nearestName, nearestNameAdvice } from './nearest-name.js';

/** What one option may be. */
export interface OptionRule {
  readonly fits: (value: unknown) => boolean;
  /** What it must be, to follow "must be": `'tcpip' or 'memory'`. */
  readonly expected: string;
  /** Words that it may be, of which the nearest is named. */
  readonly words?: readonly string[];
}

/**
 * Refuses options that there are not, and values that an option cannot have.
 *
 * @param caller the function whose options they are, for the message
 * @param options what the caller was given; nothing is as good as no options
 * @param rules the options that there are; an option that is `undefined` counts as absent
 * @throws TypeError that names the option, what it must be, and what was most likely meant
 */
export function checkOptions(caller: string, options: unknown, rules: Readonly<Record<string, OptionRule>>): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(
      `${caller}: options are an object such as { ${Object.keys(rules)[0]}: … }, not ${shown(options)}`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      throw new TypeError(`${caller}: there is no option "${name}"${nearestNameAdvice(name, Object.keys(rules))}`);
    }
    if (value === undefined || rule.fits(value)) continue;
    const nearest = nearestName(value, rule.words ?? []);
    const meant = nearest === null ? '' : `: did you mean "${nearest}"?`;
    throw new TypeError(`${caller}: \`${name}\` must be ${rule.expected}, not ${shown(value)}${meant}`);
  }
}

/**
 * What somebody gave for options, each read once: what a getter says the next time, or is written there later, changes nothing.
 * What an object inherits counts, but for what all objects do.
 *
 * @returns the options; what is none as it is, for `checkOptions`
 */
export function takeOptions<Options extends object>(options: Options): Options {
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) return options;
  const taken = Object.create(null) as Record<string, unknown>;
  for (const name in options) {
    if (Object.hasOwn(options, name) || !(name in Object.prototype)) taken[name] = options[name];
  }
  return taken as Options;
}

/**
 * Sees that a function that asks an instance about a socket is given both.
 *
 * @param caller the function, for the message
 * @param called the function of the instance that it calls
 * @throws TypeError that says which of the two is something else
 */
export function checkAsked(caller: string, ws2: unknown, s: unknown, called = 'WSAIoctl'): void {
  if (!isObject(ws2) || typeof ws2[called] !== 'function')
    throw new TypeError(`${caller}: the first argument is the instance, as createWs2_32 returns it, not ${shown(ws2)}`);
  if (typeof s !== 'number')
    throw new TypeError(`${caller}: the second argument is the handle of a socket, a number, not ${shown(s)}`);
}

/** Makes the rule of an option that is one of some words. */
export function oneOf(...words: string[]): OptionRule {
  const named = words.map((word) => `'${word}'`);
  const expected = named.length === 1 ? named[0]! : `${named.slice(0, -1).join(', ')} or ${named.at(-1)}`;
  return { fits: (value) => typeof value === 'string' && words.includes(value), expected, words };
}

/** Makes the rule of an option that is an object with certain functions. */
export function objectWith(functions: readonly string[], expected: string): OptionRule {
  return {
    fits: (value) => isObject(value) && functions.every((name) => typeof value[name] === 'function'),
    expected,
  };
}

/**
 * Makes the rule of an option that is a text of some kind.
 *
 * @param expected such as `a path`
 */
export function textThat(fits: (value: string) => boolean, expected: string): OptionRule {
  return { fits: (value) => typeof value === 'string' && fits(value), expected };
}

/**
 * Makes the rule of an option that is a number within bounds.
 *
 * @param expected such as `a whole number from 1 to 9`
 */
export function numberThat(fits: (value: number) => boolean, expected: string): OptionRule {
  return { fits: (value) => typeof value === 'number' && fits(value), expected };
}

/** The rule of an option whose value is looked at where it is used. */
export const ANY: OptionRule = { fits: () => true, expected: 'anything' };

/** The rule of an option that is true or false. */
export const FLAG: OptionRule = { fits: (value) => typeof value === 'boolean', expected: 'true or false' };

/** The rule of an option that is the seed of a generator (`seededRandom`). */
export const SEED: OptionRule = {
  fits: (value) => (typeof value === 'number' && Number.isFinite(value)) || (typeof value === 'string' && value !== ''),
  expected: 'a number or a text',
};

/** Whether a value has members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `"${value.slice(0, 57)}…"` : `"${value}"`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return shownArray(value);
  if (!isObject(value)) return String(value);
  const { constructor } = value;
  const name = typeof constructor === 'function' ? constructor.name : '';
  return name === '' || name === 'Object' ? 'another object' : `a ${name}`;
}

/** An array may be what is asked for, with something else in it. */
function shownArray(value: readonly unknown[]): string {
  if (value.length === 0) return 'an array with nothing in it';
  return `an array of ${value.length}, the first of which is ${kindOf(value[0])}`;
}
