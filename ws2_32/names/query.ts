import {
  LUP_FLUSHPREVIOUS,
  ref,
  WSA_E_CANCELLED,
  WSA_E_NO_MORE,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAQUERYSETW,
  type HANDLE,
} from '../../spi/index.js';
import { PENDING, type AnswerListener, type AsyncCall } from './async-calls.js';
import type { Containment } from './containment.js';
import { cloneQuerySet } from './lookup-restrictions.js';
import type { NameSpaceProvider, ProviderAnswer } from './name-space-provider.js';

/** A query that a provider has begun. */
export interface QueryPart {
  readonly provider: NameSpaceProvider;
  /** The provider's own handle. */
  readonly handle: HANDLE;
}

/** Nobody asks; a provider's routine is being called; its answer is waited for; the query was ended. */
type QueryState = 'idle' | 'calling' | 'waiting' | 'ended';

/** In place of an error: this provider has nothing, ask the next one. */
const NEXT_PART = -2;

/**
 * A query of several providers, which asks one after the other (specification: WSALookupServiceBegin). It has one
 * result fetched at a time, and never waits.
 */
export class RunningQuery implements AnswerListener {
  /** The result that was fetched, until somebody takes it. */
  kept: WSAQUERYSETW | null = null;
  /** After WSAEFAULT: the bytes that the result takes. */
  needed = 0;
  #state: QueryState = 'idle';
  #current = 0;
  #hasResults = false;
  #mayHaveMore = false;
  // Of the fetch that is under way.
  #flags = 0;
  #room = 0;
  #length = ref(0);
  #found: WSAQUERYSETW[] = [];
  #error = 0;
  #call: AsyncCall | null = null;
  #listener: AnswerListener | null = null;

  constructor(
    readonly parts: readonly QueryPart[],
    private readonly containment: Containment,
    /** The host that it asks about; `null` for another question. */
    readonly hostName: string | null = null,
  ) {}

  /** Gives the result that was fetched, which is the caller's from now on; `null` when there is none. */
  takeKept(): WSAQUERYSETW | null {
    const { kept } = this;
    this.kept = null;
    return kept;
  }

  /**
   * Fetches the next result into `kept`, from the provider whose turn it is; one that fails is left for the next. What
   * an earlier fetch has left under way is taken up.
   *
   * @param flags `LUP_*`
   * @param room for the result, in bytes; 0 for none
   * @param listener told of the outcome, if that is PENDING
   * @returns 0; PENDING; WSAEFAULT, and `needed` says how much room it takes; WSA_E_CANCELLED (the query was ended);
   *   WSA_E_NO_MORE; WSAEINPROGRESS (another fetch is under way); or the last provider's error when there was no result
   *   at all
   */
  fetch(flags: number, room: number, listener: AnswerListener): number {
    if (this.#state === 'ended') return WSA_E_CANCELLED;
    if (this.kept !== null) return 0;
    if (this.#state === 'waiting' && this.#listener === null) {
      this.#listener = listener;
      return PENDING;
    }
    if (this.#state !== 'idle') return WSAEINPROGRESS;
    if (this.#mayHaveMore && this.#current === this.parts.length) this.#current--;
    this.#flags = flags;
    this.#room = room;
    this.#error = WSA_E_NO_MORE;
    const error = this.#ask();
    if (error === PENDING) this.#listener = listener;
    return error;
  }

  /** The last provider tells of changes: it is asked again, though it has said that there is no more. */
  expectMore(): void {
    this.#mayHaveMore = true;
  }

  /** The listener is told nothing more; what it has asked for goes to the next one who fetches. */
  leave(): void {
    this.#listener = null;
  }

  /** Ends the query; a fetch that is under way is cancelled. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.kept = null;
    this.#call?.abandon();
    this.#call = null;
    for (const { provider, handle } of this.parts) provider.end(handle);
    const listener = this.#listener;
    this.#listener = null;
    listener?.answered(WSA_E_CANCELLED);
  }

  answered(error: number): void {
    if (this.#state !== 'waiting') return;
    this.#call = null;
    let outcome = this.#judge(this.parts[this.#current]!.provider, error);
    // Nobody wants the next one asked.
    if (outcome === NEXT_PART && this.#listener !== null) outcome = this.#ask();
    if (outcome === PENDING) return;
    this.#state = 'idle';
    const listener = this.#listener;
    this.#listener = null;
    listener?.answered(outcome);
  }

  // Asks one provider after the other until one has something to say.
  #ask(): number {
    for (let part = this.parts[this.#current]; part !== undefined; part = this.parts[this.#current]) {
      this.#state = 'calling';
      this.#found = [];
      this.#length = ref(this.#room);
      const given = this.#room === 0 ? null : this.#found;
      const answer = this.#askOne(part, given);
      if (this.#hasEnded()) {
        if (typeof answer !== 'number') answer.abandon();
        return WSA_E_CANCELLED;
      }
      if (typeof answer !== 'number') {
        this.#state = 'waiting';
        this.#call = answer;
        return PENDING;
      }
      const outcome = this.#judge(part.provider, answer);
      if (outcome !== NEXT_PART) {
        this.#state = 'idle';
        return outcome;
      }
    }
    this.#state = 'idle';
    return this.#hasResults ? WSA_E_NO_MORE : this.#error;
  }

  #askOne({ provider, handle }: QueryPart, given: WSAQUERYSETW[] | null): ProviderAnswer {
    try {
      return provider.next(handle, this.#flags, this.#length, given, this);
    } catch (cause) {
      // A hook's exception is its application's; the query can be gone on with.
      if (!this.#hasEnded()) this.#state = 'idle';
      throw cause;
    }
  }

  // In a function of its own: a provider may end the query from within a call.
  #hasEnded(): boolean {
    return this.#state === 'ended';
  }

  #judge(provider: NameSpaceProvider, answer: number): number {
    let error = answer;
    if (error === WSAEFAULT) {
      this.needed = this.#length.value;
      return WSAEFAULT;
    }
    if (error === 0) {
      const result = copyOf(this.#found);
      if ('copy' in result) {
        this.#hasResults = true;
        this.kept = result.copy;
        return 0;
      }
      error = this.containment.defect(provider, result.fault, result.cause);
    }
    // What was too large was that provider's; the next one has given nothing yet.
    this.#flags &= ~LUP_FLUSHPREVIOUS;
    this.#error = error;
    this.#current++;
    return NEXT_PART;
  }
}

// What a provider gave, copied: it must be one query set that the C layout can hold. Or what is wrong with it.
function copyOf(found: readonly unknown[]): { copy: WSAQUERYSETW } | { fault: string; cause?: unknown } {
  const [result] = found;
  if (found.length !== 1 || typeof result !== 'object' || result === null) {
    return { fault: `NSPLookupServiceNext gave ${found.length} results in place of one` };
  }
  try {
    const copy = cloneQuerySet(result as WSAQUERYSETW);
    WSAQUERYSETW.sizeof(copy);
    return { copy };
  } catch (cause) {
    return { fault: 'NSPLookupServiceNext gave a result that is no query set', cause };
  }
}
