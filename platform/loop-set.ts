// What the descriptor sets of all systems have in common: how they hold the event loop, and that an alarm rang.
import { EVENT_INTS } from './descriptor-set.js';

/** What has the event loop call back for a set. */
export interface LoopHold {
  /** Keeps the event loop alive. */
  ref(): void;
  /** Lets the event loop end. */
  unref(): void;
  /** Ends it for good; may be called again. */
  close(): void;
}

/** A set that an event loop looks after by one `LoopHold`; see `DescriptorSet` for what its methods do. */
export abstract class LoopSet {
  readonly #hold: LoopHold;
  #alarmed = false;
  #closed = false;

  /** @param hold closed with the set, or before, when it leaves the event loop */
  constructor(hold: LoopHold) {
    this.#hold = hold;
  }

  takeAlarm(): boolean {
    const alarmed = this.#alarmed;
    this.#alarmed = false;
    return alarmed;
  }

  ref(): void {
    this.#hold.ref();
  }

  unref(): void {
    this.#hold.unref();
  }

  leaveLoop(): void {
    this.#hold.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.leaveLoop();
    this.free();
  }

  /** Frees what the set has of the system besides; called once. */
  protected abstract free(): void;

  /** Whether the alarm rang, and nobody took it yet. */
  protected get alarmed(): boolean {
    return this.#alarmed;
  }

  /** Says that the alarm rang. */
  protected alarmRang(): void {
    this.#alarmed = true;
  }

  /** Forgets that the alarm rang: it is set anew. */
  protected forgetAlarm(): void {
    this.#alarmed = false;
  }
}

/** Writes an event to a batch. Returns where the next one goes. */
export function putEvent(batch: Int32Array, at: number, slot: number, generation: number, events: number): number {
  batch[at] = slot;
  batch[at + 1] = generation;
  batch[at + 2] = events;
  return at + EVENT_INTS;
}

/**
 * Has the event loop watch a descriptor that was just opened.
 *
 * @param close closes it when that cannot be
 * @throws what `watch` throws
 */
export function watchOrClose<W extends LoopHold>(
  descriptor: number,
  watch: (descriptor: number) => W,
  close: (descriptor: number) => unknown,
): W {
  try {
    return watch(descriptor);
  } catch (error) {
    close(descriptor);
    throw error;
  }
}
