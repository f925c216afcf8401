// Which functions a hook is for.
import { nearestNameAdvice } from '../../spi/nearest-name.js';
import {
  API_SIGNATURES,
  NSP_SIGNATURES,
  NSPV2_SIGNATURES,
  WPU_SIGNATURES,
  WSP_SIGNATURES,
} from '../../spi/signatures/index.js';
import { nameOf } from '../../spi/wrap-table.js';
import type { HookedFunction } from '../dispatcher/index.js';

let known: ReadonlySet<string> | null = null;

/** The names of all functions that cross a border. */
export function functionNames(): ReadonlySet<string> {
  return (known ??= new Set(
    [API_SIGNATURES, WSP_SIGNATURES, WPU_SIGNATURES, NSP_SIGNATURES, NSPV2_SIGNATURES].flatMap((table) =>
      Object.keys(table).map(nameOf),
    ),
  ));
}

/**
 * Reads names of functions, in which `*` stands for any letters.
 *
 * @throws TypeError for a name that no function has, and the nearest one
 */
export function matchNames(names: readonly unknown[]): (hooked: HookedFunction) => boolean {
  const exact = new Set<string>();
  const patterns: RegExp[] = [];
  for (const name of names) {
    if (typeof name !== 'string') throw new TypeError(`match: the name of a function is a text, not ${typeof name}`);
    if (name.includes('*')) {
      const pattern = new RegExp(`^${name.split('*').map(escapePattern).join('.*')}$`);
      if (![...functionNames()].some((each) => pattern.test(each))) {
        throw new TypeError(`match: no function is called ${JSON.stringify(name)}`);
      }
      patterns.push(pattern);
    } else if (functionNames().has(name)) exact.add(name);
    else {
      throw new TypeError(
        `match: there is no function ${JSON.stringify(name)}${nearestNameAdvice(name, [...functionNames()])}`,
      );
    }
  }
  return ({ function: name }) => exact.has(name) || patterns.some((pattern) => pattern.test(name));
}

/**
 * Reads the `match` of a hook.
 *
 * @throws TypeError for what is none, or a name that no function has
 */
export function matcherOf(match: unknown): (hooked: HookedFunction) => unknown {
  if (match === undefined) return () => true;
  if (typeof match === 'string') return matchNames([match]);
  if (Array.isArray(match)) return matchNames(match);
  if (match instanceof RegExp) {
    // One with the flag g remembers where it was.
    const pattern = new RegExp(match.source, match.flags.replaceAll(/[gy]/g, ''));
    return ({ function: name }) => pattern.test(name);
  }
  if (typeof match === 'function') return match as (hooked: HookedFunction) => unknown;
  throw new TypeError('match: must be a name, an array of names, a RegExp or a function');
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
}
