// The descriptor set on macOS: one kqueue per thread, with the alarm in it, watched by libuv.
import { isMainThread } from 'node:worker_threads';
import { BATCH_EVENTS, type DescriptorSet } from '../descriptor-set.js';
import { LoopSet, putEvent, watchOrClose, type LoopHold } from '../loop-set.js';
import { pinMemory, writeWord } from '../native-memory.js';
import { errors } from './errors.js';
import { Filter, Flag, KeventList, Note, pollEvents, SOCKET_FILTERS } from './kevents.js';
import type { DarwinLibc } from './libc.js';
import type { Replacements } from './replacements.js';

/** The longest wait in one system call, in milliseconds: see `linux/poller.ts`. */
const LONGEST_WAIT = isMainThread ? 0x7fffffff : 20;

/** Stands for the alarm; no slot is negative. */
const ALARM_SLOT = -1;
const ALARM_IDENT = 1;
const MOST_SECONDS = 0x7fffffff;

/** A kqueue joined to the thread's event loop, which may watch one as it does any descriptor. */
export class KqueueSet extends LoopSet implements DescriptorSet {
  /** The kernel drops what is closed without a word; but coming round would find nothing out. */
  readonly closesUnseen = false;
  readonly #libc: DarwinLibc;
  readonly #changes = new KeventList(SOCKET_FILTERS.length);
  readonly #receipts = new KeventList(SOCKET_FILTERS.length);
  readonly #events = new KeventList(BATCH_EVENTS);
  readonly #time = pinMemory(16);
  readonly #watched = new Map<number, { readonly slot: number; readonly generation: number }>();
  #queue: number;
  #armed = false;

  /** @param openWatch calls back from the event loop when a `wait` would find something */
  constructor(libc: DarwinLibc, replacements: Replacements, openWatch: (descriptor: number) => LoopHold) {
    const queue = libc.kqueue();
    if (queue < 0) throw new Error(`ws2spi: kqueue failed, errno ${libc.errno()}`);
    super(watchOrClose(queue, openWatch, libc.close));
    this.#libc = libc;
    this.#queue = queue;
    replacements.tellOf((descriptor) => {
      const known = this.#watched.get(descriptor);
      if (known !== undefined) this.add(descriptor, known.slot, known.generation);
    });
  }

  add(descriptor: number, slot: number, generation: number): boolean {
    // What is no socket has no urgent data, or cannot be written to: that there is something to read is enough.
    const refused = this.#change(descriptor, Flag.ADD | Flag.CLEAR | Flag.RECEIPT, slot, generation);
    if (refused !== 0) return false;
    this.#watched.set(descriptor, { slot, generation });
    return true;
  }

  remove(descriptor: number): boolean {
    this.#watched.delete(descriptor);
    this.#change(descriptor, Flag.DELETE | Flag.RECEIPT, 0, 0);
    return true;
  }

  /** Not known here: a change that would tell has a filter look once more, and tell of what was told already. */
  holds(_descriptor: number): boolean {
    return true;
  }

  /** Returns the error of the first change, which is about reading; 0 for none. */
  #change(descriptor: number, flags: number, slot: number, generation: number): number {
    if (this.#queue < 0) return errors.numbers.EBADF;
    this.#changes.clear();
    this.#changes.putSocket(descriptor, flags, slot, generation);
    const { address, count } = this.#changes;
    const receipts = this.#receipts;
    const told = this.#libc.kevent(this.#queue, address, count, receipts.address, count, 0);
    return told > 0 ? receipts.data(0) : this.#libc.errno();
  }

  wait(timeout: number, batch: Int32Array, at: number): number {
    const whole = timeout >= 0 && timeout <= LONGEST_WAIT;
    const longest = whole ? timeout : LONGEST_WAIT;
    writeWord(this.#time.ints, 0, Math.floor(longest / 1000));
    writeWord(this.#time.ints, 2, Math.floor((longest % 1000) * 1e6));
    const events = this.#events;
    const count = this.#libc.kevent(this.#queue, 0, 0, events.address, BATCH_EVENTS, this.#time.address);
    if (count <= 0) {
      return (count === 0 && whole) || (count < 0 && this.#libc.errno() !== errors.numbers.EINTR) ? 0 : -1;
    }
    let found = 0;
    for (let which = 0; which < count; which++) {
      const slot = events.slot(which);
      if (slot === ALARM_SLOT) {
        this.alarmRang();
        this.#armed = false;
        continue;
      }
      const told = pollEvents(events.filter(which), events.flags(which), events.notes(which));
      at = putEvent(batch, at, slot, events.generation(which), told);
      found++;
    }
    return found;
  }

  setAlarm(milliseconds: number): void {
    this.forgetAlarm();
    if (milliseconds === Infinity && !this.#armed) return;
    this.#armed = milliseconds !== Infinity;
    const flags = (this.#armed ? Flag.ADD | Flag.ONE_SHOT : Flag.DELETE) | Flag.RECEIPT;
    const delay = this.#armed ? Math.max(Math.ceil(Math.min(milliseconds / 1000, MOST_SECONDS) * 1e9), 1) : 0;
    this.#changes.clear();
    this.#changes.put(ALARM_IDENT, Filter.TIMER, flags, Note.NANOSECONDS, delay, ALARM_SLOT, 0);
    this.#libc.kevent(this.#queue, this.#changes.address, 1, this.#receipts.address, 1, 0);
  }

  protected override free(): void {
    this.#libc.close(this.#queue);
    this.#queue = -1;
    this.#watched.clear();
  }
}
