import {
  LUP_FLUSHPREVIOUS,
  sizeofWSAQUERYSET,
  WSA_E_NO_MORE,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSANO_DATA,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  type Ref,
  type WSAQUERYSETW,
} from '../spi/index.js';
import type { Blame } from './blame.js';
import { differences, noteResults, type KnownItems } from './differences.js';
import { readItem, type CheckedItem, type NameSpaceItem } from './item.js';
import type { NameSpaceQuestion, Question } from './question.js';
import { isWanted, querySetOf, resultsOf, returnFlags, type Origin, type Result } from './result.js';
import {
  Settlement,
  SettlementAnswer,
  type RequestAnswer,
  type SettlementContext,
  type SettlementListener,
} from './settlement.js';

/** Where the author of a name space puts the answer to a question. */
export interface NameSpaceAnswer extends RequestAnswer {
  /**
   * Gives one thing that was found; whoever asked may have it before you are done.
   *
   * @returns false when it was of no use: the answer is over, the item is none, or there were very many
   */
  found(item: NameSpaceItem): boolean;
  /** That was all. Without an item, it says that there is no such name (WSASERVICE_NOT_FOUND). */
  done(): void;
  /**
   * Ends the answer with an error. Whoever asked is told it if nothing was found; else there is no more.
   *
   * @param error a WSA error: WSASERVICE_NOT_FOUND (no such name), WSANO_DATA (the name is there, what was asked of it is
   *   not), WSATRY_AGAIN (nobody answered), WSANO_RECOVERY, …
   */
  fail(error: number): void;
  /**
   * Says that the same answer may be given again without your being asked, for as long as a function says so: to the
   * instance's own look-ups, such as getaddrinfo. Say it before `done` or `fail`.
   *
   * @param isStill whether you would answer the same now. It is called before each time that the answer is given again, so it
   *   has to be quick: it compares what you have kept, or looks whether a file has changed
   */
  holdsWhile(isStill: () => boolean): void;
}

/** Looks something up; it never waits. */
export type LookupHook = (question: NameSpaceQuestion, answer: NameSpaceAnswer) => unknown;

/** What look-ups of one use of a name space have in common. */
export interface LookUpContext extends SettlementContext {
  readonly origin: Origin;
  readonly hook: LookupHook;
  /** Whether it can tell of changes, so that what was found has to be remembered. */
  readonly watches: boolean;
}

/** Who is told that a call for the next result is over. */
export interface FetchListener {
  /** Told once, maybe before the call returns: 0 when a result was given, or a WSA error. */
  fetched(error: number): void;
}

/** A call for the next result that is under way. */
interface Fetch {
  readonly listener: FetchListener;
  readonly flags: number;
  readonly length: Ref<number>;
  readonly results: WSAQUERYSETW[] | null;
}

/** Results of one answer that nobody has fetched yet; there will not be more. */
const MOST_RESULTS_KEPT = 100_000;
/** Results that were fetched, after which their places are given up. */
const FETCHED_RESULTS_KEPT = 1000;

/** Where an answer goes, item by item. */
export interface ItemSink extends SettlementListener {
  /** Takes an item of an answer that is not over; false when there were very many. */
  take(item: CheckedItem): boolean;
  /** Told how it can be seen whether the answer still holds; absent where that is of no use. */
  holdsWhile?(isStill: () => boolean): void;
}

/** What an author is handed who is asked a question. */
export class LookupAnswer extends SettlementAnswer implements NameSpaceAnswer {
  readonly #inquiry: Settlement;
  readonly #sink: ItemSink;
  readonly #blame: Blame;

  constructor(inquiry: Settlement, sink: ItemSink, blame: Blame) {
    super(inquiry);
    this.#inquiry = inquiry;
    this.#sink = sink;
    this.#blame = blame;
  }

  found(item: NameSpaceItem): boolean {
    if (!this.#inquiry.isOpen('found')) return false;
    const read = readItem(item);
    if (typeof read === 'string') {
      this.#blame.tell(read);
      return false;
    }
    this.#inquiry.goOn();
    return this.#sink.take(read);
  }

  holdsWhile(isStill: () => boolean): void {
    if (typeof isStill !== 'function') {
      this.#blame.wrongValue('the argument of answer.holdsWhile', isStill, 'a function');
      return;
    }
    const { blame, sink } = { blame: this.#blame, sink: this.#sink };
    // What is not sure is asked again.
    sink.holdsWhile?.(() => {
      const outcome = blame.call('what it gave to answer.holdsWhile', isStill);
      return outcome.isSound && outcome.value === true;
    });
  }
}

/** Collects a whole answer. */
class Collection implements ItemSink {
  readonly #results: Result[] = [];

  constructor(
    private readonly question: Question,
    private readonly ended: (error: number, results: readonly Result[]) => void,
  ) {}

  take(item: CheckedItem): boolean {
    if (this.#results.length >= MOST_RESULTS_KEPT) return false;
    this.#results.push(...(resultsOf(item, this.question) ?? []));
    return true;
  }

  settled(error: number): void {
    this.ended(error, this.#results);
  }
}

/** A query under way: the question, what was found so far, and who waits for the next of it. */
export class LookUp implements ItemSink {
  #results: Result[] = [];
  /** The first of the results that was not fetched. */
  #next = 0;
  #isTooLarge = false;
  #isCancelled = false;
  #inquiry: Settlement | null = null;
  /** What is said when there is no result left; `null` while there may be more. */
  #end: number | null = null;
  #hasFound = false;
  #hadOthers = false;
  #fetch: Fetch | null = null;
  /** What whoever asked knows of; and whether that may be so no longer. */
  #known: KnownItems | null = null;
  #hasChanged = false;

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
    if (this.#inquiry === null) this.#ask();
    if (this.#end === null || this.#end === WSA_E_NO_MORE) return 0;
    return this.#next === this.#results.length ? this.#end : 0;
  }

  /** Whether the question was answered to its end. */
  get isAnswered(): boolean {
    return this.#end !== null;
  }

  /**
   * Fetches the next result: the listener is told at once, or when there is one.
   *
   * @param length in: room in bytes; out, when too small: bytes needed, and the result stays
   * @param results emptied and given the result; `null` for no room
   */
  fetch(listener: FetchListener, flags: number, length: Ref<number>, results: WSAQUERYSETW[] | null): void {
    if (this.#fetch !== null) {
      listener.fetched(WSAEINPROGRESS);
      return;
    }
    if ((flags & LUP_FLUSHPREVIOUS) !== 0 && this.#isTooLarge) this.#next++;
    this.#isTooLarge = false;
    this.#fetch = { listener, flags, length, results };
    if (this.#inquiry === null) this.#ask();
    else if (this.#hasChanged && this.#end !== null && this.#next === this.#results.length) this.#askAgain();
    this.#serve();
  }

  /** A listener waits no more; what it would have been given is for the next one. */
  leave(listener: FetchListener): void {
    if (this.#fetch?.listener === listener) this.#fetch = null;
  }

  /** Whether the query was ended. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Ends the query: what is under way for it is taken back, and nobody is told. */
  cancel(): void {
    this.#isCancelled = true;
    this.#fetch = null;
    this.#results = [];
    this.#next = 0;
    this.#inquiry?.cancel();
  }

  /** The answer is another now: whoever fetches the next result gets the differences. */
  changed(): void {
    this.#hasChanged = true;
  }

  /** The author says what has changed: whoever fetches the next result gets it. */
  add(items: readonly CheckedItem[]): void {
    for (const item of items) {
      const results = resultsOf({ ...item, change: item.change ?? 'changed' }, this.question) ?? [];
      noteResults(this.#knownItems, results);
      this.#push(results);
    }
  }

  /**
   * Finds out whether the answer is still what whoever asked knows.
   *
   * @param found told, maybe at once, whether it is another
   */
  compare(found: (isOther: boolean) => void): Settlement {
    return this.#collect((error, results) => {
      const isAnswer = error === 0 || isNothing(error);
      found(isAnswer && differences(this.#knownItems, results).length > 0);
    });
  }

  #ask(): void {
    this.#inquiry = this.#newInquiry(this);
    this.#put(this.#inquiry, this);
  }

  // Collects a whole answer, to give what is new in it.
  #askAgain(): void {
    this.#hasChanged = false;
    this.#end = null;
    this.#inquiry = this.#collect((error, results) => {
      if (error !== 0 && !isNothing(error)) {
        this.#finish(error);
        return;
      }
      const changes = differences(this.#knownItems, results);
      noteResults(this.#knownItems, changes);
      this.#push(changes);
      this.#finish(WSA_E_NO_MORE);
    });
  }

  #collect(ended: (error: number, results: readonly Result[]) => void): Settlement {
    const collection = new Collection(this.question, ended);
    const inquiry = this.#newInquiry(collection);
    this.#put(inquiry, collection);
    return inquiry;
  }

  #newInquiry(listener: SettlementListener): Settlement {
    return new Settlement('lookup', this.context, listener, WSATRY_AGAIN);
  }

  // Puts the question to the author.
  #put(inquiry: Settlement, sink: ItemSink): void {
    const { blame, hook } = this.context;
    const answer = new LookupAnswer(inquiry, sink, blame);
    inquiry.ask(() => hook(this.question, answer));
  }

  take(item: CheckedItem): boolean {
    if (this.#results.length - this.#next >= MOST_RESULTS_KEPT) return this.#tooMany();
    const results = resultsOf(item, this.question);
    if (results === null) this.#hadOthers = true;
    else if (results.length > 0) {
      this.#hasFound = true;
      if (this.context.watches) noteResults(this.#knownItems, results);
      this.#push(results);
    }
    this.#serve();
    return true;
  }

  settled(error: number): void {
    this.#finish(error === 0 ? this.#lastWord() : error);
  }

  get #knownItems(): KnownItems {
    return (this.#known ??= new Map());
  }

  #tooMany(): false {
    this.context.blame.tell(
      `found more than ${MOST_RESULTS_KEPT} items for one question: end the answer by answer.done()`,
    );
    return false;
  }

  // What there is to say behind the results of an answer that was done.
  #lastWord(): number {
    if (this.#hasFound) return WSA_E_NO_MORE;
    return this.#hadOthers ? WSANO_DATA : WSASERVICE_NOT_FOUND;
  }

  #push(results: readonly Result[]): void {
    if (this.#next >= FETCHED_RESULTS_KEPT) {
      this.#results = this.#results.slice(this.#next);
      this.#next = 0;
    }
    for (const result of results) this.#results.push(result);
  }

  #finish(error: number): void {
    this.#end = error;
    if (this.question.byDistance) this.#sortByDistance();
    this.#serve();
  }

  // The nearest first, aliases behind what they are of; what has no distance comes last.
  #sortByDistance(): void {
    const waiting = this.#results.splice(this.#next);
    // Infinity less Infinity is not a number, and no difference.
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
      if (this.#end !== null) this.#complete(fetch, this.#end);
      return;
    }
    const querySet = querySetOf(result, question, context.origin, wanted, question.flags | fetch.flags);
    const needed = sizeofWSAQUERYSET(querySet);
    if (fetch.results === null || fetch.length.value >>> 0 < needed) {
      this.#isTooLarge = true;
      fetch.length.value = needed;
      this.#complete(fetch, WSAEFAULT);
      return;
    }
    fetch.results.splice(0, fetch.results.length, querySet);
    this.#next++;
    this.#complete(fetch, 0);
  }

  #complete({ listener }: Fetch, error: number): void {
    this.#fetch = null;
    listener.fetched(error);
  }
}

// Whether an error says that there is nothing, which is an answer too.
function isNothing(error: number): boolean {
  return error === WSASERVICE_NOT_FOUND || error === WSANO_DATA;
}
