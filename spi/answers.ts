/** Whether a value is a promise, or anything else that answers later. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

/** What a value is, in the words of a sentence: `undefined`, `an array`, `a string`, `an object`. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (isThenable(value)) return 'a promise';
  const kind = typeof value;
  return kind === 'object' ? 'an object' : `a ${kind}`;
}

/** What to do about a function of a provider that returned a promise: the end of a sentence. */
export const ANSWERS_AT_ONCE =
  'a function of a provider answers at once; make it one that is not async, and go on later by a timer, deferred work or an overlapped operation';

/** Sees to it that a promise nobody waits for does not end the process when it is rejected. */
export function ignoreOutcome(answer: PromiseLike<unknown>): void {
  try {
    answer.then(nothing, nothing);
  } catch {
    // What only looks like a promise may do anything.
  }
}

function nothing(): void {
  // The promise was refused, and that was reported, before it had an outcome.
}
