// `struct kevent` of a 64-bit process, and what its events mean.
import { pinMemory, writeWord, type PinnedMemory } from '../native-memory.js';
import { PollEvents } from '../poller.js';
import type { DarwinLibc } from './libc.js';

/** Where the members begin, in bytes (`sys/event.h`): ident, filter, flags, fflags, data, udata. */
export const KEVENT = { IDENT: 0, FILTER: 8, FLAGS: 10, FFLAGS: 12, DATA: 16, UDATA: 24, SIZE: 32 } as const;

/** What is watched. */
export const Filter = { READ: -1, WRITE: -2, PROCESS: -5, TIMER: -7, EXCEPT: -15 } as const;

/** `flags` of an event. */
export const Flag = {
  ADD: 0x1,
  DELETE: 0x2,
  ONE_SHOT: 0x10,
  CLEAR: 0x20,
  RECEIPT: 0x40,
  ERROR: 0x4000,
  EOF: 0x8000,
} as const;

/** `fflags` of a filter: urgent data, nanoseconds, the end of a process. */
export const Note = { OUT_OF_BAND: 0x2, NANOSECONDS: 0x4, EXIT: 0x80000000 } as const;

/** What is watched of a socket, with the notes of each filter. */
export const SOCKET_FILTERS: readonly (readonly [filter: number, notes: number])[] = [
  [Filter.READ, 0],
  [Filter.WRITE, 0],
  [Filter.EXCEPT, Note.OUT_OF_BAND],
];

/** A list of events in memory, which grows by `put`. */
export class KeventList {
  readonly memory: PinnedMemory;
  #count = 0;

  /** @param room how many events there may be */
  constructor(room: number) {
    this.memory = pinMemory(room * KEVENT.SIZE);
  }

  /** How many were put there. */
  get count(): number {
    return this.#count;
  }
  get address(): number {
    return this.memory.address;
  }

  /** Begins anew. */
  clear(): void {
    this.#count = 0;
  }

  /** Adds one. `data` is at most 2^53. */
  put(
    ident: number,
    filter: number,
    flags: number,
    notes: number,
    data: number,
    slot: number,
    generation: number,
  ): void {
    const at = this.#count++ * KEVENT.SIZE;
    const { view, ints } = this.memory;
    writeWord(ints, (at + KEVENT.IDENT) >> 2, ident);
    view.setInt16(at + KEVENT.FILTER, filter, true);
    view.setUint16(at + KEVENT.FLAGS, flags, true);
    view.setUint32(at + KEVENT.FFLAGS, notes, true);
    writeWord(ints, (at + KEVENT.DATA) >> 2, data);
    ints[(at + KEVENT.UDATA) >> 2] = slot;
    ints[((at + KEVENT.UDATA) >> 2) + 1] = generation;
  }

  /** Adds what is watched of a socket. */
  putSocket(descriptor: number, flags: number, slot: number, generation: number): void {
    for (const [filter, notes] of SOCKET_FILTERS) this.put(descriptor, filter, flags, notes, 0, slot, generation);
  }

  ident(which: number): number {
    return this.memory.view.getUint32(which * KEVENT.SIZE + KEVENT.IDENT, true);
  }
  filter(which: number): number {
    return this.memory.view.getInt16(which * KEVENT.SIZE + KEVENT.FILTER, true);
  }
  flags(which: number): number {
    return this.memory.view.getUint16(which * KEVENT.SIZE + KEVENT.FLAGS, true);
  }
  notes(which: number): number {
    return this.memory.view.getUint32(which * KEVENT.SIZE + KEVENT.FFLAGS, true);
  }
  /** The lower half. */
  data(which: number): number {
    return this.memory.view.getInt32(which * KEVENT.SIZE + KEVENT.DATA, true);
  }
  slot(which: number): number {
    return this.memory.view.getInt32(which * KEVENT.SIZE + KEVENT.UDATA, true);
  }
  generation(which: number): number {
    return this.memory.view.getInt32(which * KEVENT.SIZE + KEVENT.UDATA + 4, true);
  }
}

/** An event of a socket's as `PollEvents`. */
export function pollEvents(filter: number, flags: number, notes: number): number {
  if (filter === Filter.EXCEPT) return (notes & Note.OUT_OF_BAND) !== 0 ? PollEvents.PRIORITY : 0;
  const ended = (flags & Flag.EOF) !== 0;
  // The notes of an end are the socket's error.
  const broken = ended && notes !== 0 ? PollEvents.ERROR | PollEvents.HANG_UP : 0;
  // That there is no more to send may be this side's own doing.
  if (filter === Filter.WRITE) return PollEvents.OUT | broken;
  return PollEvents.IN | (ended ? PollEvents.PEER_HANG_UP : 0) | broken;
}

/** Looks at sockets, by a kqueue in which nothing stays. */
export class Glance {
  readonly #libc: DarwinLibc;
  readonly #changes = new KeventList(SOCKET_FILTERS.length);
  readonly #events = new KeventList(SOCKET_FILTERS.length);
  readonly #noTime = pinMemory(16);
  #queue = -1;

  constructor(libc: DarwinLibc) {
    this.#libc = libc;
  }

  /** See `PlatformSockets.look`. */
  at(descriptor: number, wanted: number): number {
    if (this.#queue < 0) this.#queue = this.#libc.kqueue();
    if (this.#queue < 0) return 0;
    let count = this.#ask(descriptor, Flag.ADD | Flag.ONE_SHOT);
    // Where one of the filters is refused, that is all that is told: what the others found waits for a second question.
    const refused = count > 0 && (this.#events.flags(0) & Flag.ERROR) !== 0;
    if (refused && count < SOCKET_FILTERS.length) {
      const { address } = this.#events;
      count = this.#libc.kevent(this.#queue, 0, 0, address, SOCKET_FILTERS.length, this.#noTime.address);
    }
    let events = 0;
    let ends = 0;
    for (let which = 0; which < count; which++) {
      const flags = this.#events.flags(which);
      if ((flags & Flag.ERROR) !== 0) continue;
      events |= pollEvents(this.#events.filter(which), flags, this.#events.notes(which));
      if ((flags & Flag.EOF) !== 0 && this.#events.filter(which) !== Filter.EXCEPT) ends++;
    }
    // Those that did not fire are still there.
    if (count < SOCKET_FILTERS.length) this.#ask(descriptor, Flag.DELETE | Flag.RECEIPT);
    if (ends === 2) events |= PollEvents.HANG_UP;
    return events & (wanted | PollEvents.ERROR | PollEvents.HANG_UP);
  }

  #ask(descriptor: number, flags: number): number {
    this.#changes.clear();
    this.#changes.putSocket(descriptor, flags, 0, 0);
    const { address, count } = this.#changes;
    return this.#libc.kevent(this.#queue, address, count, this.#events.address, count, this.#noTime.address);
  }
}
