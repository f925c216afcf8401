import type { Timer } from '../spi/index.js';

/** Something that is given up after a time. */
export interface Limited {
  /** When, by the clock; set by `Deadlines`. */
  deadline: number;
  /** The time is up. */
  expired(): void;
}

/**
 * Things that are given up after the same time each: they are over in the order in which they began, so that one timer serves them
 * all. Very many may be under way.
 */
export class Deadlines {
  // In the order of their deadlines.
  readonly #open = new Set<Limited>();
  #timer: Timer | null = null;

  /**
   * @param time of the instance
   * @param milliseconds that each may take
   */
  constructor(
    private readonly time: { now(): number; setTimer(when: number, callback: () => void): Timer },
    private readonly milliseconds: number,
  ) {}

  /** One begins, or begins anew. */
  begin(one: Limited): void {
    // A whole number, which takes no object of its own.
    one.deadline = Math.ceil(this.time.now() + this.milliseconds);
    this.#open.delete(one);
    this.#open.add(one);
    if (this.#timer === null) this.#setTimer(one);
  }

  /** One is over. */
  end(one: Limited): void {
    if (!this.#open.delete(one) || this.#open.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #setTimer({ deadline }: Limited): void {
    this.#timer = this.time.setTimer(deadline, this.#expire);
  }

  readonly #expire = (): void => {
    this.#timer = null;
    const now = this.time.now();
    // The first may have gone since the timer was set, and those that begin anew are the last.
    for (const one of this.#open) {
      if (one.deadline > now) break;
      this.#open.delete(one);
      one.expired();
    }
    const [first] = this.#open;
    if (first !== undefined && this.#timer === null) this.#setTimer(first);
  };
}
