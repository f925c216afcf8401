import type { Timer } from '../spi/index.js';

class ScheduledTimer implements Timer {
  constructor(
    readonly when: number,
    readonly order: number,
    public callback: (() => void) | null,
  ) {}

  cancel(): void {
    this.callback = null;
  }
}

function before(a: ScheduledTimer, b: ScheduledTimer): boolean {
  return a.when < b.when || (a.when === b.when && a.order < b.order);
}

/** The timers of one instance: a binary heap by moment, then by order of setting. Cancelled ones are dropped on the way. */
export class TimerHeap {
  readonly #heap: ScheduledTimer[] = [];
  #order = 0;

  /** Adds a timer for a moment of the clock, in milliseconds. */
  set(when: number, callback: () => void): Timer {
    const heap = this.#heap;
    const timer = new ScheduledTimer(when, this.#order++, callback);
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
    return timer;
  }

  /** The moment of the earliest timer; `Infinity` for none. */
  next(): number {
    const heap = this.#heap;
    while (heap.length > 0 && heap[0]!.callback === null) this.#removeFirst();
    return heap.length > 0 ? heap[0]!.when : Infinity;
  }

  /** Takes the earliest timer's callback if it is due at `now`. */
  takeDue(now: number): (() => void) | null {
    if (this.next() > now) return null;
    const first = this.#heap[0]!;
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
