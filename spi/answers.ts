import { cureOf, LAYER_RULES } from './layer-rules.js';

/** Whether a value is a promise, or anything else that answers later. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}

/** Whether a value is what a generator function returns, async or not: nothing of the function has run. */
export function isGenerator(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { next, throw: stop } = value as { next?: unknown; throw?: unknown };
    return typeof next === 'function' && typeof stop === 'function';
  } catch {
    return false;
  }
}

/** What a value is, in the words of a sentence: `undefined`, `an array`, `a string`, `an object`. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (isArray(value)) return 'an array';
  if (isThenable(value)) return 'a promise';
  if (isGenerator(value)) return 'a generator';
  const kind = typeof value;
  return kind === 'object' ? 'an object' : `a ${kind}`;
}

/**
 * The message of what foreign code threw, which may be anything, and may throw again when it is looked at.
 *
 * @returns '' when it has none, or will not say
 */
export function messageOf(cause: unknown): string {
  if (typeof cause === 'string') return cause;
  try {
    if (!(cause instanceof Error)) return '';
    const { message } = cause as { message: unknown };
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

/** What to do about a function of a provider that returned a promise: the end of a sentence. */
export const ANSWERS_AT_ONCE = LAYER_RULES.functionPromises.cure;

/** What to do about a function that returned a generator: the end of a sentence. */
export const RUNS_WHEN_CALLED = LAYER_RULES.codecGenerators.cure;

/** Sees to it that a promise nobody waits for does not end the process when it is rejected. */
export function ignoreOutcome(answer: PromiseLike<unknown>): void {
  try {
    answer.then(nothing, nothing);
  } catch {
    // What only looks like a promise may do anything.
  }
}

/**
 * Says what is wrong with what a provider's function returned instead of the result that says success. A promise is
 * seen to: nobody waits for it.
 *
 * @param result what the function returned
 * @param failure what it returns when it failed: SOCKET_ERROR or INVALID_SOCKET
 * @param error the WinSock code that it left, from 0
 * @returns what is wrong, to be read behind the function's name; `null` when it failed as functions do
 */
export function answerFault(result: unknown, failure: unknown, error: unknown): string | null {
  if (result === failure) {
    return typeof error === 'number' && error >>> 0 === error && error !== 0
      ? null
      : `failed with the error ${typeof error === 'number' ? error : kindOf(error)}${cureOf('functionFails')}`;
  }
  if (isThenable(result)) {
    ignoreOutcome(result);
    return `returned a promise: ${ANSWERS_AT_ONCE}`;
  }
  return `returned ${shown(result)}${cureOf('functionReturns')}`;
}

/** Whether something is TRUE as a BOOL of C is: any number but 0. What else JavaScript takes for true is no answer. */
export function isTruth(result: unknown): boolean {
  return result === true || (typeof result === 'number' && result !== 0 && !Number.isNaN(result));
}

/** What a function returned, in the words of a sentence. */
export function shown(result: unknown): string {
  return typeof result === 'number' || typeof result === 'boolean' ? String(result) : kindOf(result);
}

/** What foreign code gave for a number or a word, in the words of a sentence: itself, if it can be written in short. */
export function written(value: unknown): string {
  if (typeof value === 'string') return value.length <= LONGEST_WRITTEN ? value : 'a long string';
  return typeof value === 'bigint' || typeof value === 'symbol' ? String(value) : shown(value);
}

/** Characters of a text that is written as it is. */
const LONGEST_WRITTEN = 60;

// A proxy that was revoked throws.
function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

function nothing(): void {
  // The promise was refused, and that was reported, before it had an outcome.
}
