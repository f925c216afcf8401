import type { Timer } from '../spi/index.js';

/** Something that is given up after a time. */
export interface Limited {
  /** When, by the clock; set by `Deadlines`. */
  deadline: number;
  /** Those whose deadlines come before and after; set by `Deadlines`. Links of their own take no memory besides them. */
  earlier: Limited | null;
  later: Limited | null;
  /** The time is up. */
  expired(): void;
}

/**
 * Things that are given up after the same time each: they are over in the order in which they began, so that one timer serves them
 * all. Very many may be under way.
 */
export class Deadlines {
  // In the order of their deadlines.
  #first: Limited | null = null;
  #last: Limited | null = null;
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
    this.#remove(one);
    one.earlier = this.#last;
    if (this.#last === null) this.#first = one;
    else this.#last.later = one;
    this.#last = one;
    // The first one's: where others expire just now, what begins anew is not the next.
    if (this.#timer === null) this.#setTimer(this.#first ?? one);
  }

  /** One is over. */
  end(one: Limited): void {
    if (!this.#remove(one) || this.#first !== null) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  // Returns whether it was among them.
  #remove(one: Limited): boolean {
    const { earlier, later } = one;
    if (earlier === null && this.#first !== one) return false;
    if (earlier === null) this.#first = later;
    else earlier.later = later;
    if (later === null) this.#last = earlier;
    else later.earlier = earlier;
    one.earlier = one.later = null;
    return true;
  }

  #setTimer({ deadline }: Limited): void {
    this.#timer = this.time.setTimer(deadline, this.#expire);
  }

  readonly #expire = (): void => {
    this.#timer = null;
    const now = this.time.now();
    // The first may have gone since the timer was set, and those that begin anew are the last.
    for (let one = this.#first; one !== null && one.deadline <= now; one = this.#first) {
      this.#remove(one);
      one.expired();
    }
    if (this.#first !== null && this.#timer === null) this.#setTimer(this.#first);
  };
}
