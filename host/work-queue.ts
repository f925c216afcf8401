import type { DeferredWork } from '../spi/index.js';
import type { TurnBudget } from './turn-budget.js';

/** Above this many places, a queue's storage is given back when it is empty. */
const KEEP = 4096;

/**
 * Work that waits for its step of a turn, each piece at most once. Its places are used again, so that a turn allocates
 * nothing.
 */
export class WorkQueue {
  #items: (DeferredWork | undefined)[] = [];
  #head = 0;
  #tail = 0;

  /** Pieces that wait. */
  get length(): number {
    return this.#tail - this.#head;
  }

  /** Appends a piece of work that does not wait already. */
  push(work: DeferredWork): void {
    work.queued = true;
    this.#items[this.#tail++] = work;
  }

  /**
   * Does what waits now, as far as the turn's budget goes; what comes in meanwhile waits for the next time.
   *
   * @param failed told of what a piece of work throws
   * @param answered told of what a piece of work returns, if anything
   * @param budget what the turn may still do; `null` for no limit
   * @returns how many pieces were done
   */
  run(
    failed: (cause: unknown) => void,
    answered: ((answer: unknown) => void) | null = null,
    budget: TurnBudget | null = null,
  ): number {
    const end = this.#tail;
    const start = this.#head;
    // Most turns find most queues so.
    if (start === end) return 0;
    while (this.#head < end) {
      if (budget !== null && !budget.take()) break;
      const work = this.#items[this.#head];
      // The queue was cleared by what it did.
      if (work === undefined) break;
      this.#items[this.#head++] = undefined;
      work.queued = false;
      try {
        const answer: unknown = work.run();
        if (answer !== undefined && answered !== null) answered(answer);
      } catch (cause) {
        failed(cause);
      }
    }
    const done = this.#head - start;
    this.#makeRoom();
    return Math.max(0, done);
  }

  /** Appends all that waits here to another queue. */
  moveTo(queue: WorkQueue): void {
    for (; this.#head < this.#tail; this.#head++) {
      queue.push(this.#items[this.#head]!);
      this.#items[this.#head] = undefined;
    }
    this.#makeRoom();
  }

  /** Forgets everything. */
  clear(): void {
    this.#items = [];
    this.#head = this.#tail = 0;
  }

  #makeRoom(): void {
    if (this.#head === this.#tail) {
      if (this.#head > KEEP) this.#items = [];
      this.#head = this.#tail = 0;
    } else if (this.#head > KEEP && this.#head * 2 > this.#tail) {
      this.#items = this.#items.slice(this.#head, this.#tail);
      this.#tail -= this.#head;
      this.#head = 0;
    }
  }
}
