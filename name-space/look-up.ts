import {
  LUP_FLUSHPREVIOUS,
  sizeofWSAQUERYSET,
  WSA_E_CANCELLED,
  WSA_E_NO_MORE,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAETIMEDOUT,
  WSANO_DATA,
  WSASERVICE_NOT_FOUND,
  WSASYSCALLFAILURE,
  type HANDLE,
  type InstanceHost,
  type Ref,
  type Timer,
  type WSAQUERYSETW,
} from '../spi/index.js';
import { shown } from '../spi/answers.js';
import type { Blame } from './blame.js';
import { readItem, type NameSpaceItem } from './item.js';
import type { NameSpaceQuestion, Question } from './question.js';
import { isWanted, querySetOf, resultsOf, returnFlags, type Origin, type Result } from './result.js';

/** Where the author of a name space puts the answer to a question, at once or any time later. */
export interface NameSpaceAnswer {
  /** Whether nothing more is wanted: it was answered, cancelled, or took too long. */
  readonly isOver: boolean;
  /**
   * Gives one thing that was found; whoever asked may have it before you are done.
   *
   * @returns false when it was of no use: the answer is over, the item is none, or there were very many
   */
  found(item: NameSpaceItem): boolean;
  /** That was all. Without an item, it says that there is no such name (WSASERVICE_NOT_FOUND). */
  done(): void;
  /**
   * Ends the answer with an error, told once what was found before has been fetched.
   *
   * @param error a WSA error: WSASERVICE_NOT_FOUND (no such name), WSANO_DATA (the name is there, what was asked of it is
   *   not), WSATRY_AGAIN (nobody answered), WSANO_RECOVERY, …
   */
  fail(error: number): void;
  /**
   * Has a function called when nobody wants the answer any more: the query was ended, or it took too long. What is
   * under way for it is to be taken back then, and nothing more answered.
   */
  onCancel(cancelled: () => void): void;
}

/** Looks something up; it never waits. A function that it returns is called as one given to `answer.onCancel`. */
export type LookupHook = (question: NameSpaceQuestion, answer: NameSpaceAnswer) => unknown;

/** Items of one answer that nobody has fetched yet; there will not be more. */
const MOST_RESULTS_KEPT = 100_000;
/** Results that were fetched, after which their places are given up. */
const RESULTS_FETCHED_KEPT = 1000;

/** What look-ups of one use of a name space have in common. */
export interface LookUpContext {
  readonly host: InstanceHost;
  readonly blame: Blame;
  readonly origin: Origin;
  readonly hook: LookupHook;
  /** Milliseconds without an item after which a look-up is given up. */
  readonly timeout: number;
}

/** A call for the next result that is under way. */
interface Fetch {
  readonly handle: HANDLE;
  readonly flags: number;
  readonly length: Ref<number>;
  readonly results: WSAQUERYSETW[] | null;
}

/** A query under way: the question, what was found so far, and who waits for the next of it. */
export class LookUp {
  /** What was found and not fetched; `#next` is the first of them. */
  #results: Result[] = [];
  #next = 0;
  #isTooLarge = false;
  #isAsked = false;
  /** Why there is nothing after the results; `null` while the answer goes on. */
  #end: number | null = null;
  #hasFound = false;
  #hadOthers = false;
  #fetch: Fetch | null = null;
  #timer: Timer | null = null;
  #cancelled: (() => void)[] = [];

  constructor(
    readonly question: Question,
    private readonly context: LookUpContext,
  ) {}

  /**
   * Asks, if that was not done.
   *
   * @returns the error that the question failed with at once; 0 when there is something, or may be later
   */
  ask(): number {
    if (!this.#isAsked) this.#ask();
    return this.#end !== null && this.#next === this.#results.length ? this.#end : 0;
  }

  /**
   * Fetches the next result, for a call of NSPv2LookupServiceNextEx: it is completed at once, or when there is one.
   *
   * @param length in: room in bytes; out, when too small: bytes needed, and the result stays
   * @param results emptied and given the result; `null` for no room
   */
  fetch(handle: HANDLE, flags: number, length: Ref<number>, results: WSAQUERYSETW[] | null): void {
    if (this.#fetch !== null) {
      this.#complete(handle, WSAEINPROGRESS);
      return;
    }
    if ((flags & LUP_FLUSHPREVIOUS) !== 0 && this.#isTooLarge) this.#next++;
    this.#isTooLarge = false;
    this.#fetch = { handle, flags, length, results };
    if (!this.#isAsked) this.#ask();
    this.#serve();
  }

  /** Ends the query: what is under way for it is taken back, and nobody is told. */
  cancel(): void {
    this.#fetch = null;
    this.#results = [];
    this.#next = 0;
    if (this.#end === null) this.#giveUp(WSA_E_CANCELLED);
  }

  #ask(): void {
    this.#isAsked = true;
    const { blame, hook } = this.context;
    this.#restartTimer();
    const answer = new Answer(this, blame);
    const outcome = blame.call('lookup', () => hook(this.question, answer));
    if (!outcome.isSound) this.fail(WSASYSCALLFAILURE);
    else if (typeof outcome.value === 'function') this.onCancel(outcome.value as () => void);
  }

  /** Whether the answer is over. */
  get isOver(): boolean {
    return this.#end !== null;
  }

  /** As `NameSpaceAnswer.found`, of an answer that is not over. */
  found(item: unknown): boolean {
    const read = readItem(item);
    if (typeof read === 'string') {
      this.context.blame.tell(read);
      return false;
    }
    if (this.#results.length - this.#next >= MOST_RESULTS_KEPT) {
      this.context.blame.tell(
        `found more than ${MOST_RESULTS_KEPT} items for one question: end it by \`answer.done()\``,
      );
      return false;
    }
    const results = resultsOf(read, this.question);
    if (results === null) this.#hadOthers = true;
    else if (results.length > 0) {
      this.#hasFound = true;
      this.#dropFetched();
      this.#results.push(...results);
    }
    this.#restartTimer();
    this.#serve();
    return true;
  }

  /** As `NameSpaceAnswer.done`, of an answer that is not over. */
  done(): void {
    this.#finish(this.#hasFound ? WSA_E_NO_MORE : this.#hadOthers ? WSANO_DATA : WSASERVICE_NOT_FOUND);
  }

  /** As `NameSpaceAnswer.fail`, of an answer that is not over. */
  fail(error: number): void {
    if (this.#end === null) this.#finish(error);
  }

  /** As `NameSpaceAnswer.onCancel`. */
  onCancel(cancelled: () => void): void {
    // Over already, as when everything was answered at once: nothing is under way.
    if (this.#end === null) this.#cancelled.push(cancelled);
  }

  #finish(error: number): void {
    this.#end = error;
    this.#cancelled = [];
    this.#timer?.cancel();
    if (this.question.byDistance) this.#sortByDistance();
    this.#serve();
  }

  #giveUp(error: number): void {
    const cancelled = this.#cancelled;
    this.#finish(error);
    for (const each of cancelled) this.context.blame.notify('what it gave for a cancellation', each);
  }

  #restartTimer(): void {
    const { host, timeout } = this.context;
    this.#timer?.cancel();
    if (timeout === Infinity || this.#end !== null) return;
    this.#timer = host.setTimer(host.clock.now() + timeout, () => this.#giveUp(WSAETIMEDOUT));
  }

  #dropFetched(): void {
    if (this.#next < RESULTS_FETCHED_KEPT) return;
    this.#results = this.#results.slice(this.#next);
    this.#next = 0;
  }

  // The nearest first, aliases behind what they are of; what has no distance comes last.
  #sortByDistance(): void {
    const waiting = this.#results.splice(this.#next);
    // Infinity less Infinity is no number, and no difference.
    waiting.sort((a, b) => a.item.distance - b.item.distance || 0);
    this.#results.push(...waiting);
  }

  // Completes the call that waits, if there is something to complete it with.
  #serve(): void {
    const fetch = this.#fetch;
    if (fetch === null) return;
    const { question, context } = this;
    // What is nearest is known at the end.
    if (question.byDistance && this.#end === null) return;
    const wanted = returnFlags(question.flags, fetch.flags);
    let result = this.#results[this.#next];
    while (result !== undefined && !isWanted(result, wanted)) result = this.#results[++this.#next];
    if (result === undefined) {
      if (this.#end === null) return;
      this.#complete(fetch.handle, this.#end);
      return;
    }
    const querySet = querySetOf(result, question, context.origin, wanted, question.flags | fetch.flags);
    const needed = sizeofWSAQUERYSET(querySet);
    if (fetch.results === null || fetch.length.value >>> 0 < needed) {
      this.#isTooLarge = true;
      fetch.length.value = needed;
      this.#complete(fetch.handle, WSAEFAULT);
      return;
    }
    fetch.results.splice(0, fetch.results.length, querySet);
    this.#next++;
    this.#complete(fetch.handle, 0);
  }

  #complete(handle: HANDLE, error: number): void {
    if (this.#fetch?.handle === handle) this.#fetch = null;
    this.context.host.WSAProviderCompleteAsyncCall(handle, error);
  }
}

/** What the author is handed: sees to it that nothing is answered when it is over. */
class Answer implements NameSpaceAnswer {
  #wasCancelled = false;

  constructor(
    private readonly lookUp: LookUp,
    private readonly blame: Blame,
  ) {
    lookUp.onCancel(() => (this.#wasCancelled = true));
  }

  get isOver(): boolean {
    return this.lookUp.isOver;
  }

  found(item: NameSpaceItem): boolean {
    return this.#isOpen('found') && this.lookUp.found(item);
  }

  done(): void {
    if (this.#isOpen('done')) this.lookUp.done();
  }

  fail(error: number): void {
    if (!this.#isOpen('fail')) return;
    if (typeof error === 'number' && error >>> 0 === error && error !== 0) {
      this.lookUp.fail(error);
      return;
    }
    this.blame.tell(`called answer.fail(${shown(error)}): an error is a WSA code, such as WSATRY_AGAIN`);
    this.lookUp.fail(WSASYSCALLFAILURE);
  }

  onCancel(cancelled: () => void): void {
    if (typeof cancelled === 'function') this.lookUp.onCancel(cancelled);
    else this.blame.wrongValue('the argument of answer.onCancel', cancelled, 'a function');
  }

  #isOpen(what: string): boolean {
    if (!this.lookUp.isOver) return true;
    this.blame.tell(
      this.#wasCancelled
        ? `called answer.${what} after its question was cancelled: take back what is under way in answer.onCancel`
        : `called answer.${what} after its question had been answered: answer each question once, by done or fail`,
    );
    return false;
  }
}
