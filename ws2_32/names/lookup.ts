import { WSA_E_CANCELLED, WSAETIMEDOUT, WSAEINTR, WSASYSCALLFAILURE, type Timer } from '../../spi/index.js';
import { PENDING, type AnswerListener } from './async-calls.js';
import type { LookupQueries } from './lookup-queries.js';
import { LookupQuestion, type LookupAnswer, type LookupStep } from './lookup-question.js';
import type { OwnQuery } from './own-query.js';

/** Told of a look-up's answer, if that did not come at once. */
export interface LookupListener {
  /** Called as deferred work, once. */
  lookedUp(): void;
}

/**
 * A look-up: one question to the name spaces after the other, until there is an answer. It never waits. A blocking call
 * runs it by
 * `carryOut`; whoever cannot wait is told of the answer as a listener.
 */
export class Lookup<T> implements AnswerListener {
  /** What came of it; `null` until it is over. */
  answer: LookupAnswer<T> | null = null;
  #listener: LookupListener | null = null;
  #query: OwnQuery | null = null;
  #timer: Timer | null = null;

  /**
   * @param queries of the instance
   * @param first the question that it begins with, or the answer, if that is known
   */
  constructor(
    private readonly queries: LookupQueries,
    private readonly first: LookupStep<T>,
  ) {}

  /**
   * Begins, and goes as far as it can without waiting.
   *
   * @param listener told of the answer, if it is not there when the function returns; until then it keeps the process
   *   alive
   * @param timeout milliseconds after which the answer is WSAETIMEDOUT
   * @returns whether the answer is there
   */
  start(listener: LookupListener | null = null, timeout = Infinity): boolean {
    const { host } = this.queries;
    // Set first: a provider of version 1 may take its time.
    if (timeout !== Infinity) this.#timer = host.setTimer(host.clock.now() + timeout, () => this.#expire());
    try {
      this.#step(this.first);
    } catch (cause) {
      // A hook's exception is its application's.
      this.cancel();
      throw cause;
    }
    if (this.answer !== null) return true;
    this.#listener = listener;
    if (listener !== null) host.ref();
    return false;
  }

  /** Gives up: what is asked is cancelled, and the listener told nothing. */
  cancel(error: number = WSA_E_CANCELLED): void {
    this.#forgetListener();
    this.#settle({ value: null, error });
  }

  answered(error: number): void {
    if (this.answer !== null) return;
    try {
      this.#step(this.#conclude(error));
    } catch (cause) {
      this.#settle({ value: null, error: WSASYSCALLFAILURE });
      throw cause;
    } finally {
      if (this.answer !== null) this.#tell();
    }
  }

  // Goes on until there is an answer, or something to wait for.
  #step(first: LookupStep<T>): void {
    let step = first;
    while (step instanceof LookupQuestion) {
      const known = this.queries.known(step);
      if (known !== null) {
        this.queries.noteHost(step, known, true);
        step = step.next(known);
        continue;
      }
      const query = this.queries.ask(step, this);
      if (typeof query === 'number') {
        step = step.next(step.outcome(query));
        continue;
      }
      this.#query = query;
      const error = query.start();
      // The call may have been given up from within.
      if (this.answer !== null) return;
      if (error === PENDING) return;
      step = this.#conclude(error);
    }
    this.#settle(step);
  }

  #conclude(error: number): LookupStep<T> {
    const query = this.#query!;
    const question = query.question as LookupQuestion<T>;
    const outcome = question.outcome(error);
    const isKept = this.queries.keep(query, outcome);
    this.queries.noteHost(question, outcome, isKept);
    this.#closeQuery();
    return this.answer ?? question.next(outcome);
  }

  #closeQuery(): void {
    const query = this.#query;
    this.#query = null;
    if (query !== null) this.queries.leave(query);
  }

  #settle(answer: LookupAnswer<T>): void {
    if (this.answer !== null) return;
    this.answer = answer;
    this.#timer?.cancel();
    this.#closeQuery();
  }

  #expire(): void {
    this.#settle({ value: null, error: WSAETIMEDOUT });
    this.#tell();
  }

  #tell(): void {
    this.#forgetListener()?.lookedUp();
  }

  #forgetListener(): LookupListener | null {
    const listener = this.#listener;
    this.#listener = null;
    if (listener !== null) this.queries.host.unref();
    return listener;
  }
}

/**
 * Carries a look-up out in a blocking call.
 *
 * @param description what the call is, for the report of a deadlock
 * @param timeout milliseconds
 * @returns its answer; WSAEINTR when the call was interrupted, WSAETIMEDOUT when the time was up
 */
export function carryOut<T>(
  queries: LookupQueries,
  lookup: Lookup<T>,
  description: string,
  timeout = Infinity,
): LookupAnswer<T> {
  if (!lookup.start(null, timeout)) {
    queries.host.wait(() => lookup.answer !== null, Infinity, 'no', description);
    if (lookup.answer === null) lookup.cancel(WSAEINTR);
  }
  return lookup.answer!;
}
