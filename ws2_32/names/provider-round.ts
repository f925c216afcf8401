import type { CatalogNameSpace } from '../../catalog/index.js';
import { WSA_E_CANCELLED, WSAEOPNOTSUPP } from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { AnswerListener, AsyncCall } from './async-calls.js';
import type { NameSpaceProvider, ProviderAnswer } from './name-space-provider.js';
import type { NameSpaceProviders } from './name-space-providers.js';

/** Asks one provider, and names who is told of an answer that does not come at once. */
export type AskProvider = (provider: NameSpaceProvider, listener: AnswerListener) => ProviderAnswer;

/** Told that a round is over, if that was not so when `step` returned. */
export interface RoundListener {
  /** Called as deferred work, once. */
  roundOver(): void;
}

/**
 * Asks one name-space provider after the other the same thing, such as to register a service. It never waits; whoever
 * can, waits until `error` is there.
 */
export class ProviderRound implements AnswerListener {
  /**
   * 0 when a provider did it; else the last error of those who could have done it, or WSAEOPNOTSUPP when none could;
   * `null` until it is over.
   */
  error: number | null = null;
  /** How many providers did not do it. */
  refusals = 0;
  #listener: RoundListener | null = null;
  #next = 0;
  #isDone = false;
  #last: number | null = null;
  #call: AsyncCall | null = null;

  /**
   * @param items the providers' entries
   * @param whenNone the error when there are no providers
   * @param isEnough whether one that did it is enough
   */
  constructor(
    private readonly providers: NameSpaceProviders,
    private readonly items: readonly CatalogNameSpace[],
    private readonly ask: AskProvider,
    private readonly whenNone: number,
    private readonly isEnough = false,
  ) {}

  /** @param listener told when it is over, if it is not yet */
  tell(listener: RoundListener): void {
    this.#listener = listener;
  }

  /** Goes on as far as it can without waiting. */
  step(): void {
    while (this.#next < this.items.length && !(this.isEnough && this.#isDone)) {
      const provider = this.providers.get(this.items[this.#next++]!);
      const answer = typeof provider === 'number' ? provider : this.ask(provider, this);
      if (typeof answer !== 'number') {
        this.#call = answer;
        return;
      }
      this.#take(answer);
    }
    this.error = this.#isDone ? 0 : (this.#last ?? this.whenNone);
  }

  /** Nobody waits any more; providers that were not asked yet are not. */
  abandon(error: number = WSA_E_CANCELLED): void {
    this.#call?.abandon();
    this.#call = null;
    this.#listener = null;
    this.error ??= error;
  }

  answered(error: number): void {
    if (this.error !== null) return;
    this.#call = null;
    this.#take(error);
    this.step();
    if (this.error === null) return;
    const listener = this.#listener;
    this.#listener = null;
    listener?.roundOver();
  }

  #take(error: number): void {
    if (error === 0) {
      this.#isDone = true;
      return;
    }
    this.refusals++;
    // Who does not do such things at all says nothing about this one.
    if (this.#last === null || error !== WSAEOPNOTSUPP) this.#last = error;
  }
}

/**
 * Carries a round out in a blocking call.
 *
 * @param description what the call is, for the report of a deadlock
 * @returns 0 or the error; WSA_E_CANCELLED when the wait was interrupted
 */
export function carryOutRound({ host }: Dispatcher, round: ProviderRound, description: string): number {
  round.step();
  if (round.error === null) {
    host.wait(() => round.error !== null, Infinity, 'no', description);
    round.abandon();
  }
  return round.error!;
}
