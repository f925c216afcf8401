// The descriptor set on Windows: AFD's, until a socket comes that AFD does not know.
import type { DescriptorSet } from '../descriptor-set.js';
import { AfdSet } from './afd-set.js';
import { doesWithoutAfd, doWithoutAfd, findPolledHandle, forgetPolledHandle, isSocket } from './foreign-layers.js';
import { PolledSet } from './polled-set.js';

/** One of two sets; it goes over to that which WSAPoll serves with all its sockets, and stays there. */
export class WindowsSet implements DescriptorSet {
  readonly #onReadable: () => void;
  #set: AfdSet | PolledSet;
  #holds = false;
  #left = false;
  /** When the alarm is due, on the clock of `performance.now`. */
  #due = Infinity;

  /**
   * @param onReadable called by the event loop when a `wait` would find something; must not throw
   * @throws Error when the system has no more of what it is made of
   */
  constructor(onReadable: () => void) {
    this.#onReadable = onReadable;
    this.#set = doesWithoutAfd() ? new PolledSet(onReadable) : new AfdSet(onReadable);
  }

  get closesUnseen(): boolean {
    return this.#set.closesUnseen;
  }

  add(descriptor: number, slot: number, generation: number): boolean {
    const set = this.#set;
    if (!(set instanceof AfdSet)) return set.add(descriptor, slot, generation);
    findPolledHandle(descriptor);
    if (set.add(descriptor, slot, generation) && !doesWithoutAfd()) return true;
    // One that somebody else closed is nobody else's fault.
    if (!isSocket(descriptor)) {
      set.remove(descriptor);
      return false;
    }
    doWithoutAfd(descriptor);
    return this.#goOver(set, descriptor);
  }

  remove(descriptor: number): boolean {
    const isHeld = this.#set.remove(descriptor);
    forgetPolledHandle(descriptor);
    return isHeld;
  }

  holds(descriptor: number): boolean {
    return this.#set.holds(descriptor);
  }

  wait(timeout: number, batch: Int32Array, at: number): number {
    return this.#set.wait(timeout, batch, at);
  }

  setAlarm(milliseconds: number): void {
    this.#due = performance.now() + milliseconds;
    this.#set.setAlarm(milliseconds);
  }

  takeAlarm(): boolean {
    return this.#set.takeAlarm();
  }

  ref(): void {
    this.#holds = true;
    this.#set.ref();
  }

  unref(): void {
    this.#holds = false;
    this.#set.unref();
  }

  leaveLoop(): void {
    this.#left = true;
    this.#set.leaveLoop();
  }

  close(): void {
    this.#set.close();
  }

  /** Has WSAPoll's set go on. Returns whether that watches the socket. */
  #goOver(before: AfdSet, descriptor: number): boolean {
    const { watched, connecting } = before.handOver();
    before.close();
    const set = new PolledSet(this.#onReadable);
    this.#set = set;
    connecting.forEach((each) => set.connecting(each));
    let isWatched = false;
    // Each is asked about anew: what was told already is told once more, which does no harm.
    for (const each of watched) {
      if (each.connecting) set.connecting(each.descriptor);
      const added = set.add(each.descriptor, each.slot, each.generation);
      if (each.descriptor === descriptor) isWatched = added;
    }
    if (this.#due !== Infinity) set.setAlarm(Math.max(this.#due - performance.now(), 0));
    if (this.#holds) set.ref();
    if (this.#left) set.leaveLoop();
    return isWatched;
  }
}
