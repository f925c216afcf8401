import type { DeferredWork } from '../spi/index.js';

/** Above this many places, a queue's storage is given back after the turn that needed it. */
const KEEP = 4096;

/**
 * Work that waits for its step of a turn, each piece at most once. Two stores take turns and are kept, so that a turn
 * allocates nothing.
 */
export class WorkQueue {
  #items: (DeferredWork | undefined)[] = [];
  #spare: (DeferredWork | undefined)[] | null = [];
  /** Pieces that wait. */
  length = 0;

  /** Appends a piece of work that does not wait already. */
  push(work: DeferredWork): void {
    work.queued = true;
    this.#items[this.length++] = work;
  }

  /**
   * Does what waits now; what comes in meanwhile waits for the next time.
   *
   * @param failed told of what a piece of work throws
   * @returns how many pieces were done
   */
  run(failed: (cause: unknown) => void): number {
    const count = this.length;
    if (count === 0) return 0;
    const items = this.#items;
    this.#items = this.#spare ?? [];
    this.#spare = null;
    this.length = 0;
    for (let i = 0; i < count; i++) {
      const work = items[i]!;
      items[i] = undefined;
      work.queued = false;
      try {
        work.run();
      } catch (cause) {
        failed(cause);
      }
    }
    this.#spare = items.length > KEEP ? [] : items;
    return count;
  }

  /** Forgets everything. */
  clear(): void {
    this.#items = [];
    this.length = 0;
  }
}
