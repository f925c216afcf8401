// What people write to say what is to be left out of a recording, or what may be another each time.
import type { OptionRule } from '../spi/option-check.js';
import type { SubstitutionRule } from './substitution.js';

/** A text, an expression, or either with what is put in its place. */
export type Pattern =
  | string
  | RegExp
  | {
      readonly pattern: string | RegExp;
      /** `$1` to `$9` are the groups of an expression, `$&` all of it, `$$` a dollar. */
      readonly replacement: string;
    };

/** The rule of an option that is a list of patterns. */
export const PATTERNS: OptionRule = {
  fits: (value) => Array.isArray(value) && value.every(isPattern),
  expected:
    'a list of texts, of expressions without characters beyond ASCII (write their bytes in UTF-8, /\\xc3\\xa9/), or of { pattern, replacement }',
};

function isPattern(value: unknown): boolean {
  if (isSought(value)) return true;
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return false;
  const { pattern, replacement, ...rest } = value as Record<string, unknown>;
  return isSought(pattern) && typeof replacement === 'string' && Object.keys(rest).length === 0;
}

function isSought(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  return value instanceof RegExp && !/[^\0-\x7f]/.test(value.source);
}

/**
 * Reads a list of patterns.
 *
 * @param patterns what `PATTERNS` allows
 * @param replacement what is put in the place of those that do not say
 */
export function rulesOf(patterns: readonly Pattern[], replacement: string): SubstitutionRule[] {
  return patterns.map((each) =>
    typeof each === 'string' || each instanceof RegExp ? { pattern: each, replacement } : each,
  );
}
