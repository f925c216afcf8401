// What texts are as values of options, by the options' kinds.
import { resolve } from 'node:path';
import { isObject } from '../spi/option-check.js';
import type { OptionKind } from './built-in-layers.js';
import { numberNamed, numberOrText, numberWithUnit } from './units.js';

const EXPRESSION = /^\/(.+)\/([dgimsuvy]*)$/s;

/** Kinds whose values go on behind commas. */
export const LISTS: ReadonlySet<OptionKind> = new Set(['list', 'patterns', 'pems']);

/**
 * Makes the value of an option of what was written for it.
 *
 * @param written a text, a list of texts, or what JSON had
 * @param where the layer and the option, for messages: they do not show the value, which may be secret
 * @throws TypeError when it cannot be one of that kind
 */
export function valueOf(kind: OptionKind, written: unknown, where: string): unknown {
  if (kind === 'program') throw new TypeError(`${where} is for programs alone: a text cannot say it`);
  if (Array.isArray(written) && LISTS.has(kind)) return written.map((each) => elementOf(kind, each, where));
  if (typeof written !== 'string') return written;
  switch (kind) {
    case 'number':
    case 'time':
    case 'bytes':
    case 'share':
      return numberOf(kind, written, where);
    case 'flag':
      return flagOf(written, where);
    case 'outputOrFalse':
      return written === 'false' ? false : written;
    case 'seed':
      return numberOrText(written);
    case 'json':
      return jsonOf(written, where);
    case 'list':
    case 'patterns':
    case 'pems':
      return [elementOf(kind, written, where)];
    case 'pem':
      return elementOf(kind, written, where);
    default:
      return written;
  }
}

function elementOf(kind: OptionKind, written: unknown, where: string): unknown {
  if (kind === 'pem' || kind === 'pems') return isPathOfPem(written) ? { file: written } : written;
  if (kind !== 'patterns') return written;
  if (!isObject(written)) return expressionOf(written, where);
  return { ...written, pattern: expressionOf(written['pattern'], where) };
}

function isPathOfPem(written: unknown): written is string {
  return typeof written === 'string' && !written.includes('-----BEGIN ');
}

function expressionOf(written: unknown, where: string): unknown {
  const parts = typeof written === 'string' ? EXPRESSION.exec(written) : null;
  if (parts === null) return written;
  try {
    return new RegExp(parts[1]!, parts[2]);
  } catch (cause) {
    throw new TypeError(`${where} has an expression that is none: ${(cause as Error).message}`, { cause });
  }
}

function numberOf(kind: OptionKind, written: string, where: string): number {
  const number = numberWithUnit(kind, written);
  if (number === null) throw new TypeError(`${where} must be ${numberNamed(kind)}, not "${shortened(written)}"`);
  return number;
}

function flagOf(written: string, where: string): boolean {
  if (written === 'true' || written === 'false') return written === 'true';
  throw new TypeError(`${where} must be true or false, not "${shortened(written)}"`);
}

function jsonOf(written: string, where: string): unknown {
  try {
    return JSON.parse(written);
  } catch (cause) {
    throw new TypeError(`${where} must be JSON, in quotes where it has commas`, { cause });
  }
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The value of an option of the user's own layer, of which nothing is known: a number, true, false, or the text. */
export function guessedValue(written: string): unknown {
  if (written === 'true' || written === 'false') return written === 'true';
  return numberOrText(written);
}

/** Words that are no paths, though they stand where one may. */
export const NO_PATH = /^(?:-|pipe:\d+)$/;

/** What was written for an option, with paths seen from a folder, for whoever reads it in another one. */
export function seenFrom(folder: string, kind: OptionKind, written: unknown): unknown {
  if (Array.isArray(written)) return written.map((each) => seenFrom(folder, kind, each));
  const isPem = kind === 'pem' || kind === 'pems';
  if (isPem && isObject(written)) return { file: seenFrom(folder, 'input', written['file']) };
  if (typeof written !== 'string' || written === '') return written;
  if (kind === 'input' || kind === 'output' || (isPem && isPathOfPem(written)))
    return NO_PATH.test(written) ? written : resolve(folder, written);
  return kind === 'outputOrFalse' && written !== 'false' ? resolve(folder, written) : written;
}
