import type { Clock } from '../spi/index.js';

/** Turns full of work after which a virtual clock that could not move counts as stalled. */
export const FULL_TURNS_PER_MOMENT = 100;
/** Rounds of procedures after which it does. */
export const PROCEDURES_PER_MOMENT = 1_000_000;

/** Counts the rounds of a wait during which a virtual clock stands. */
export class Stall {
  #moment = -Infinity;
  #rounds = 0;

  constructor(private readonly clock: Clock) {}

  /** Counts another round. */
  roundsAtOneMoment(): number {
    const now = this.clock.now();
    if (now === this.#moment) return ++this.#rounds;
    this.#moment = now;
    return (this.#rounds = 1);
  }
}
