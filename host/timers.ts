// Timers in the order in which they are due.
import type { Timer } from '../spi/index.js';

/** Timers taken back that a heap keeps before it looks whether they are the most of it. */
const KEEP_CANCELLED = 64;

class ScheduledTimer implements Timer {
  constructor(
    readonly when: number,
    readonly order: number,
    public callback: (() => void) | null,
    readonly heap: TimerHeap,
  ) {}

  cancel(): void {
    if (this.callback === null) return;
    this.callback = null;
    this.heap.cancelled();
  }
}

function before(a: ScheduledTimer, b: ScheduledTimer): boolean {
  return a.when < b.when || (a.when === b.when && a.order < b.order);
}

/**
 * The timers of one instance: a binary heap by moment, then by order of setting. Cancelled ones are dropped on the way,
 * or when they are most of it.
 */
export class TimerHeap {
  #heap: ScheduledTimer[] = [];
  #order = 0;
  #cancelled = 0;

  /** Adds a timer for a moment of the clock, in milliseconds. */
  set(when: number, callback: () => void): Timer {
    const timer = new ScheduledTimer(when, this.#order++, callback, this);
    this.#insert(timer);
    return timer;
  }

  /** Told by a timer that it was taken back. */
  cancelled(): void {
    this.#cancelled++;
    if (this.#cancelled <= KEEP_CANCELLED || this.#cancelled * 2 <= this.#heap.length) return;
    const kept = this.#heap.filter((timer) => timer.callback !== null);
    this.#heap = [];
    this.#cancelled = 0;
    for (const timer of kept) this.#insert(timer);
  }

  #insert(timer: ScheduledTimer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  /** The moment of the earliest timer; `Infinity` for none. */
  next(): number {
    const heap = this.#heap;
    while (heap.length > 0 && heap[0]!.callback === null) {
      this.#cancelled--;
      this.#removeFirst();
    }
    return heap.length > 0 ? heap[0]!.when : Infinity;
  }

  /** How many timers were ever set: those of a lower number were there before. */
  get count(): number {
    return this.#order;
  }

  /** Takes the earliest timer's callback if it is due at `now`, and was set before so many others were. */
  takeDue(now: number, before: number): (() => void) | null {
    if (this.next() > now) return null;
    const first = this.#heap[0]!;
    if (first.order >= before) return null;
    this.#removeFirst();
    const callback = first.callback;
    first.callback = null;
    return callback;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const length = heap.length;
    if (length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}
