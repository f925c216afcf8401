import { ANSWERS_AT_ONCE, ignoreOutcome, isThenable, kindOf } from '../spi/answers.js';
import type { InstanceHost } from '../spi/index.js';

/** What a hook gave, or that it gave nothing that can be used, which was reported. */
export type Outcome<T> = { readonly isSound: true; readonly value: T } | { readonly isSound: false };

const UNSOUND: Outcome<never> = { isSound: false };

/**
 * Tells what the author of a name space has done wrong, under the name space's name; the same fault once for each use by
 * an instance, since it comes with every question.
 */
export class Blame {
  readonly #told = new Set<string>();

  /**
   * @param name the name space's
   * @param host where it is told
   */
  constructor(
    readonly name: string,
    private readonly host: InstanceHost,
  ) {}

  /** Reports a fault, unless it was before. */
  tell(fault: string, cause?: unknown): void {
    if (this.#told.has(fault)) return;
    this.#told.add(fault);
    this.always(fault, cause);
  }

  /** Reports a fault however often it comes. */
  always(fault: string, cause?: unknown): void {
    this.host.report({
      message: `name space "${this.name}" ${fault}`,
      provider: this.name,
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /**
   * Calls a function of the author's.
   *
   * @param what whose call it is, for the report: `lookup`, `the callback of a timer`
   * @returns what it gave; not sound when it threw or returned a promise
   */
  call<T>(what: string, hook: () => T): Outcome<T> {
    try {
      const value = hook();
      if (!isThenable(value)) return { isSound: true, value };
      ignoreOutcome(value);
      this.tell(`returned a promise from ${what}: ${ANSWERS_AT_ONCE}`);
    } catch (cause) {
      this.tell(`threw in ${what}`, cause);
    }
    return UNSOUND;
  }

  /** Calls a callback of the author's, if there is one; what it returns means nothing. */
  notify(what: string, callback: (() => unknown) | undefined): void {
    if (callback !== undefined) this.call(what, callback);
  }

  /** Calls a callback of the author's that is told two things; see `notify`. */
  tellOf<A, B>(what: string, callback: (a: A, b: B) => unknown, a: A, b: B): void {
    try {
      const answer = callback(a, b);
      if (answer !== undefined) this.call(what, () => answer);
    } catch (cause) {
      this.tell(`threw in ${what}`, cause);
    }
  }

  /** Reports that a value should have been another; `expected` ends the sentence, and says what to write. */
  wrongValue(what: string, value: unknown, expected: string): void {
    this.tell(`gave ${kindOf(value)} as ${what}: it is ${expected}`);
  }
}
