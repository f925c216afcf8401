import {
  WSA_E_CANCELLED,
  WSAETIMEDOUT,
  WSAEINTR,
  WSANO_RECOVERY,
  WSASYSCALLFAILURE,
  type Timer,
  type WSAQUERYSETW,
} from '../../spi/index.js';
import { PENDING, type AnswerListener } from './async-calls.js';
import type { LookupQueries } from './lookup-queries.js';
import type { RunningQuery } from './query.js';

/** What a look-up found, or the WSA error why not. */
export type LookupAnswer<T> =
  { readonly value: T; readonly error: 0 } | { readonly value: null; readonly error: number };

/** What a look-up does next: asks the name spaces something, or is over. */
export type LookupStep<T> = LookupQuestion<T> | LookupAnswer<T>;

/** Told of a look-up's answer, if that did not come at once. */
export interface LookupListener {
  /** Called as deferred work, once. */
  lookedUp(): void;
}

/** Results of one question that a look-up has no use for; there will not be another one. */
const MOST_USELESS_RESULTS = 1000;
const ALL_THE_ROOM = 0xffffffff;

/** One question to the name spaces, and what follows from the answer. */
export abstract class LookupQuestion<T> {
  /**
   * @param restrictions what is asked
   * @param flags `LUP_*`
   */
  constructor(
    readonly restrictions: WSAQUERYSETW,
    readonly flags: number,
  ) {}

  /** Looks at a result; true when it is of use, and no other is needed. It may throw over one that cannot be read. */
  abstract take(result: WSAQUERYSETW): boolean;
  /** What follows: `error` is 0 after a result was taken. */
  abstract next(error: number): LookupStep<T>;
}

/** Makes a question of functions. */
export function question<R, T>(
  restrictions: WSAQUERYSETW,
  flags: number,
  read: (result: WSAQUERYSETW) => R | null,
  next: (answer: LookupAnswer<R>) => LookupStep<T>,
): LookupQuestion<T> {
  return new ReadQuestion(restrictions, flags, read, next);
}

class ReadQuestion<R, T> extends LookupQuestion<T> {
  #value: R | null = null;

  constructor(
    restrictions: WSAQUERYSETW,
    flags: number,
    private readonly read: (result: WSAQUERYSETW) => R | null,
    private readonly follow: (answer: LookupAnswer<R>) => LookupStep<T>,
  ) {
    super(restrictions, flags);
  }

  take(result: WSAQUERYSETW): boolean {
    this.#value = this.read(result);
    return this.#value !== null;
  }

  next(error: number): LookupStep<T> {
    const value = this.#value;
    return this.follow(error === 0 && value !== null ? { value, error: 0 } : { value: null, error });
  }
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
  #question: LookupQuestion<T> | null = null;
  #query: RunningQuery | null = null;
  #timer: Timer | null = null;
  #useless = 0;
  #unreadable = false;

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
      const outcome = this.#weigh(error) ?? this.#ask();
      if (outcome !== PENDING) this.#step(this.#conclude(outcome));
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
      const query = this.queries.open(step.restrictions, step.flags);
      if (typeof query === 'number') {
        step = step.next(query);
        continue;
      }
      this.#question = step;
      this.#query = query;
      this.#useless = 0;
      this.#unreadable = false;
      const error = this.#ask();
      if (error === PENDING) return;
      step = this.#conclude(error);
    }
    this.#settle(step);
  }

  // Fetches results until one is of use: 0; or an error; or PENDING.
  #ask(): number {
    for (;;) {
      const query = this.#query;
      if (query === null) return WSA_E_CANCELLED;
      const error = query.fetch(this.#question!.flags, ALL_THE_ROOM, this);
      if (error === PENDING) return PENDING;
      const outcome = this.#weigh(error);
      if (outcome !== null) return outcome;
    }
  }

  // What a fetch gave: 0 for something of use, an error, or null for something of no use.
  #weigh(error: number): number | null {
    const query = this.#query;
    if (query === null) return WSA_E_CANCELLED;
    if (error !== 0) return this.#unreadable ? WSANO_RECOVERY : error;
    const result = query.takeKept()!;
    try {
      if (this.#question!.take(result)) return 0;
    } catch {
      // Offsets that lead out of a blob, or worse.
      this.#unreadable = true;
    }
    return ++this.#useless < MOST_USELESS_RESULTS ? null : WSANO_RECOVERY;
  }

  #conclude(error: number): LookupStep<T> {
    const asked = this.#question;
    this.#closeQuery();
    return this.answer ?? asked!.next(error);
  }

  #closeQuery(): void {
    const query = this.#query;
    this.#query = null;
    this.#question = null;
    if (query !== null) this.queries.close(query);
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
