import type { Timer } from '../spi/index.js';
import { LinkedList, type Linked } from '../spi/linked-list.js';

/** Something that is given up after a time. */
export interface Limited extends Linked<Limited> {
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
  readonly #list = new LinkedList<Limited>();
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
    this.#list.delete(one);
    this.#list.add(one);
    // The first one's: where others expire just now, what begins anew is not the next.
    if (this.#timer === null) this.#setTimer(this.#list.first ?? one);
  }

  /** One is over. */
  end(one: Limited): void {
    if (!this.#list.delete(one) || this.#list.first !== null) return;
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
    const list = this.#list;
    for (let one = list.first; one !== null && one.deadline <= now; one = list.first) {
      list.delete(one);
      one.expired();
    }
    if (list.first !== null && this.#timer === null) this.#setTimer(list.first);
  };
}
