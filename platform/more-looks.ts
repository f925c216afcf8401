// Looks at the descriptors beyond those that the event loop asks for.
import { Luck } from './luck.js';

/** How long a spin may last in all, in milliseconds, before others on the event loop get their turn. */
const LONGEST_SPIN = 2;

/** Looks again after a turn, and milliseconds for them, before others on the event loop get their turn. */
const LOOKS_AGAIN = 8;
const TIME_TO_LOOK_AGAIN = 1;

const tickCallback = (process as { _tickCallback?: () => void })._tickCallback;

/** Runs what Node.js has queued for the end of a callback, between two looks of a spin. */
export const drainTicks: () => void = typeof tickCallback === 'function' ? tickCallback : () => undefined;

/** The poller that looks. */
export interface LookingPoller {
  /** Looks without waiting. Returns how many targets were told. */
  look(): number;
  /** Tells the clients. */
  dispatch(forApplication: boolean): void;
  /** Sees to an alarm that went off meanwhile. Returns whether one did. */
  takeAlarm(): boolean;
  /** Whether a turn of the application's is due in this round of the event loop. */
  turnIsDue(): boolean;
  /** Whether the poller was closed. */
  isClosed(): boolean;
  /** Asks for another turn. */
  wake(): void;
}

/** What is done after a turn, while more may be about to come. */
export class MoreLooks {
  readonly #luck = new Luck();
  readonly #poller: LookingPoller;

  constructor(poller: LookingPoller) {
    this.#poller = poller;
  }

  /**
   * What the application did in a turn often makes another descriptor ready at once, or others have become so meanwhile:
   * a look costs a fraction of the way through the event loop. Nothing is waited for.
   *
   * @param forApplication whether whole turns may follow; if not, they wait for code that is due in this round of the loop
   */
  again(forApplication: boolean): void {
    if (!this.#luck.tries()) return;
    const poller = this.#poller;
    const begin = performance.now();
    for (let looks = 0; looks < LOOKS_AGAIN; looks++) {
      // What the turn left for the end of a callback goes before what comes next.
      if (forApplication) drainTicks();
      else if (poller.turnIsDue()) break;
      const told = poller.look();
      this.#luck.had(told > 0);
      if (told <= 0) break;
      poller.dispatch(forApplication);
      if (performance.now() - begin > TIME_TO_LOOK_AGAIN) break;
    }
    if (poller.takeAlarm()) poller.dispatch(forApplication);
  }

  /**
   * Looks on and on, until nothing has come for a while.
   *
   * @param patience milliseconds without anything, after which it ends
   */
  spin(patience: number): void {
    const poller = this.#poller;
    const begin = performance.now();
    let last = begin;
    while (!poller.isClosed()) {
      const told = poller.look();
      if (told > 0) {
        poller.dispatch(true);
        drainTicks();
      }
      const now = performance.now();
      if (told > 0) last = now;
      if (now - last > patience) break;
      if (now - begin > LONGEST_SPIN) {
        // The others have their turn, and then it goes on.
        poller.wake();
        break;
      }
    }
    if (poller.takeAlarm()) poller.dispatch(true);
  }
}
