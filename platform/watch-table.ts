// What a thread's poller watches.
import type { PollTarget } from './poller.js';

const NONE = -1;

/**
 * The descriptors that are watched, by slots. A slot has a generation, which an event of it carries: it tells events that come late, when the
 * slot is another's, or its descriptor.
 */
export class WatchTable {
  readonly #targets: (PollTarget | null)[] = [];
  readonly #generations: number[] = [];
  readonly #descriptors: number[] = [];
  readonly #freeSlots: number[] = [];
  /** The slot of each descriptor that is watched. */
  readonly #slots: (number | undefined)[] = [];
  /** Where the next round over the descriptors goes on. */
  #next = 0;

  /** How many slots are taken. */
  get size(): number {
    return this.#targets.length - this.#freeSlots.length;
  }

  /** Takes a slot for a target. Its descriptor comes with `watched`. */
  enter(target: PollTarget): number {
    const slot = this.#freeSlots.pop() ?? this.#targets.length;
    this.#generations[slot] ??= 0;
    this.#descriptors[slot] = NONE;
    this.#targets[slot] = target;
    return slot;
  }

  /** The generation that an event of the slot carries. */
  generation(slot: number): number {
    return this.#generations[slot]!;
  }

  /** The slot's descriptor is watched from now on. */
  watched(slot: number, descriptor: number): void {
    this.#descriptors[slot] = descriptor;
    this.#slots[descriptor] = slot;
  }

  /** The slot of a descriptor; -1 when it is not watched. */
  slotOf(descriptor: number): number {
    return this.#slots[descriptor] ?? NONE;
  }

  /** The descriptor of a slot; -1 when none is watched. */
  descriptorOf(slot: number): number {
    return this.#descriptors[slot] ?? NONE;
  }

  /** Who is told of an event; `null` when nobody is any more. */
  targetOf(slot: number, generation: number): PollTarget | null {
    return this.#generations[slot] === generation ? this.#targets[slot]! : null;
  }

  /** The slot's descriptor is watched no more, and what comes of it is nobody's. The slot stays its target's, which is returned. */
  unwatch(slot: number): PollTarget | null {
    const descriptor = this.descriptorOf(slot);
    if (descriptor !== NONE && this.#slots[descriptor] === slot) this.#slots[descriptor] = undefined;
    this.#descriptors[slot] = NONE;
    // Kept to 31 bits, so that it comes back from the kernel as it went.
    this.#generations[slot] = ((this.#generations[slot] ?? 0) + 1) & 0x7fffffff;
    return this.#targets[slot] ?? null;
  }

  /** Gives a slot back; nothing happens the second time. */
  leave(slot: number): void {
    if ((this.#targets[slot] ?? null) === null) return;
    this.unwatch(slot);
    this.#targets[slot] = null;
    this.#freeSlots.push(slot);
  }

  /**
   * Goes on over the slots where it was left.
   *
   * @param most how many it gets on by
   * @param found told of each whose descriptor is watched
   */
  goRound(most: number, found: (slot: number, descriptor: number) => void): void {
    const { length } = this.#targets;
    for (let count = Math.min(most, length); count > 0; count--) {
      const slot = this.#next % length;
      this.#next = slot + 1;
      const descriptor = this.#descriptors[slot]!;
      if (descriptor !== NONE) found(slot, descriptor);
    }
  }
}
