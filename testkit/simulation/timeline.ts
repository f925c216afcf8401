// Moments of a simulation's own: timers beside those of its instances.
import type { VirtualClock } from '../../index.js';

interface Moment {
  readonly when: number;
  readonly callback: () => void;
}

/** Timers on a virtual clock that belong to no instance. Those of one moment ring in the order in which they were set. */
export class Timeline {
  #moments: Moment[] = [];
  readonly #clock: VirtualClock;
  readonly #detach: () => void;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.#detach = clock.attach({ nextTimer: () => this.#moments[0]?.when ?? Infinity, runDue: () => this.#ring() });
  }

  /** Has a callback run so many milliseconds from now; the function returned takes it back. */
  after(milliseconds: number, callback: () => void): () => void {
    const moment = { when: this.#clock.now() + milliseconds, callback };
    let at = this.#moments.length;
    while (at > 0 && this.#moments[at - 1]!.when > moment.when) at--;
    this.#moments.splice(at, 0, moment);
    return () => {
      this.#moments = this.#moments.filter((other) => other !== moment);
    };
  }

  /** Drops all timers. */
  close(): void {
    this.#moments = [];
    this.#detach();
  }

  #ring(): void {
    while (this.#moments.length > 0 && this.#moments[0]!.when <= this.#clock.now()) this.#moments.shift()!.callback();
  }
}
