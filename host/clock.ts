import { written } from '../spi/answers.js';
import type { Clock, ClockClient } from '../spi/index.js';

/** The machine's monotonic clock, in milliseconds. */
export function systemClock(): Clock {
  // The global is a getter, and asked for millions of times.
  const machine = performance;
  return { virtual: false, now: () => machine.now() };
}

/** Turns full of work at one moment after which the clock counts as stalled. */
const ROUNDS_PER_MOMENT = 100;

/**
 * A clock that moves only when told to: by `advance`, or by a blocking call that has nothing else to wait for.
 * A minute of shaping takes no longer than its work.
 */
export class VirtualClock implements Clock {
  readonly virtual = true;
  #now: number;
  readonly #clients = new Set<ClockClient>();

  /**
   * @param start the clock's first moment, in milliseconds
   * @throws TypeError when it is no finite number
   */
  constructor(start = 0) {
    if (!Number.isFinite(start)) throw notATime('VirtualClock', 'start', start);
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  attach(client: ClockClient): () => void {
    this.#clients.add(client);
    return () => this.#clients.delete(client);
  }

  /** The moment of the earliest timer of all instances with this clock, in milliseconds; `Infinity` for none. */
  nextTimer(): number {
    let next = Infinity;
    for (const client of this.#clients) next = Math.min(next, client.nextTimer());
    return next;
  }

  /** Has all instances with this clock, and whoever else is attached to it, do what is due. */
  runDue(): void {
    for (const client of this.#clients) client.runDue();
  }

  moveTo(moment: number): void {
    if (moment > this.#now) this.#now = moment;
  }

  /**
   * Moves the clock, firing every timer on the way at its own moment, in order.
   *
   * @param milliseconds how far, at least 0
   * @throws TypeError when it is no finite number; Error when somebody sets a timer for now again and again, so that time
   *   cannot pass
   */
  advance(milliseconds: number): void {
    if (!Number.isFinite(milliseconds)) throw notATime('advance', 'milliseconds', milliseconds);
    const target = this.#now + Math.max(0, milliseconds);
    for (let rounds = 0; ; rounds++) {
      const next = this.nextTimer();
      if (next > this.#now) rounds = 0;
      if (rounds > ROUNDS_PER_MOMENT) {
        throw new Error('The virtual clock cannot move: somebody sets a timer for now again and again');
      }
      this.moveTo(Math.min(next, target));
      this.runDue();
      if (next > target) return;
    }
  }
}

function notATime(caller: string, name: string, given: unknown): TypeError {
  return new TypeError(`${caller}: \`${name}\` must be a finite number of milliseconds, not ${written(given)}`);
}
