// The descriptor set on Windows where \Device\Afd does not know the sockets: WSAPoll, and WSAEventSelect to ring the event loop.
import { isMainThread } from 'node:worker_threads';
import { BATCH_EVENTS, EVENT_INTS, type DescriptorSet } from '../descriptor-set.js';
import { pinMemory, writeWord, type PinnedMemory } from '../native-memory.js';
import { PollEvents } from '../poller.js';
import { BellSet, type Bell } from './bell-set.js';
import type { Winsock } from './functions.js';
import { LoopBell } from './loop-bell.js';
import { Poll, POLL_ENTRY_INTS, polledEvents } from './wsa-poll.js';
import { winsock } from './winsock.js';

/** All network events but those of routes and groups. */
const FD_ALL = 0x3f;
const FIRST_ROOM = 64;

/** What a socket is asked about. */
const Side = { READ: 1, WRITE: 2 } as const;

/**
 * The longest wait in one system call, in milliseconds: in a worker because one that is terminated ends when the call has come back;
 * elsewhere only while there are sockets that WSAPoll cannot be asked about.
 */
const SLICE = 20;
const LONGEST_WAIT = isMainThread ? 0x7fff_ffff : SLICE;

/** What the set needs of Windows. */
export type PollingFunctions = Pick<Winsock, 'WSAPoll' | 'select' | 'WSAEventSelect'>;

interface Watch {
  readonly descriptor: number;
  readonly slot: number;
  readonly generation: number;
  /** Bits of `Side`. */
  asked: number;
  connecting: boolean;
  /** Its end was told, which WSAPoll would tell again at each call. */
  hungUp: boolean;
}

/**
 * WSAPoll tells what is, not what is new: so a socket is asked about reading only until it was told, and again when a call has found its
 * queue empty; the same with writing. What each call costs grows with the number of sockets.
 *
 * Two kinds of sockets are asked about by `select` instead, now and then: those that connect, of whose failure WSAPoll did not tell
 * before Windows 10 2004, and those whose peer has ended, since it would tell of that for ever.
 */
export class PolledSet extends BellSet implements DescriptorSet {
  /** Nothing rings the event loop when somebody closes; the next WSAPoll tells. */
  readonly closesUnseen = true;
  readonly #functions: PollingFunctions;
  readonly #watches = new Map<number, Watch>();
  #entries = pinMemory(FIRST_ROOM * POLL_ENTRY_INTS * 4);
  /** The watches that the entries stand for. */
  #polled: Watch[] = [];
  /** Those that `select` is asked about, with room for two sets of them. */
  #selected: Watch[] = [];
  #sets: readonly [PinnedMemory, PinnedMemory] = [fdSet(FIRST_ROOM), fdSet(FIRST_ROOM)];
  readonly #noTime = pinMemory(8);
  #changed = true;
  /** Where the next look begins, so that each socket has its turn. */
  #first = 0;

  /**
   * @param onReadable called by the event loop when a `wait` would find something; must not throw
   * @throws Error when the system has no more of what it is made of
   */
  constructor(onReadable: () => void, functions: PollingFunctions = winsock(), bell: Bell = new LoopBell(onReadable)) {
    super(bell, onReadable);
    this.#functions = functions;
  }

  // — What calls found out —

  emptied(descriptor: number): void {
    this.#ask(descriptor, Side.READ);
  }

  filled(descriptor: number): void {
    this.#ask(descriptor, Side.WRITE);
  }

  connecting(descriptor: number): void {
    const watch = this.#watches.get(descriptor);
    if (watch === undefined) return void this.early.add(descriptor);
    Object.assign(watch, { connecting: true, hungUp: false, asked: Side.WRITE });
    this.#changed = true;
  }

  // — The set —

  add(descriptor: number, slot: number, generation: number): boolean {
    const connecting = this.early.delete(descriptor);
    if (this.#functions.WSAEventSelect(descriptor, this.bell.event, FD_ALL) !== 0) return false;
    const asked = connecting ? Side.WRITE : Side.READ | Side.WRITE;
    this.#watches.set(descriptor, { descriptor, slot, generation, asked, connecting, hungUp: false });
    this.#changed = true;
    return true;
  }

  remove(descriptor: number): boolean {
    this.early.delete(descriptor);
    if (!this.#watches.delete(descriptor)) return true;
    this.#functions.WSAEventSelect(descriptor, 0, 0);
    this.#changed = true;
    return true;
  }

  wait(timeout: number, batch: Int32Array, at: number): number {
    this.looksNow();
    if (this.#changed) this.#describe();
    const patience = timeout < 0 ? Infinity : timeout;
    const now = this.#selectNow(batch, at);
    const longest = this.#selected.length > 0 ? SLICE : LONGEST_WAIT;
    const milliseconds = now > 0 ? 0 : Math.min(patience, longest, this.untilAlarm());
    const found = now + this.#poll(milliseconds, batch, at, now);
    this.waited(found);
    return found === 0 && patience > longest && !this.alarmed ? -1 : found;
  }

  protected override free(): void {
    super.free();
    for (const descriptor of [...this.#watches.keys()]) this.remove(descriptor);
  }

  // — Questions —

  #ask(descriptor: number, side: number): void {
    const watch = this.#watches.get(descriptor);
    if (watch === undefined || (watch.asked & side) !== 0 || watch.connecting) return;
    watch.asked |= side;
    this.#changed = true;
  }

  #describe(): void {
    this.#changed = false;
    this.#polled = [];
    this.#selected = [];
    for (const watch of this.#watches.values()) {
      if (watch.connecting || watch.hungUp) {
        if ((watch.asked & Side.WRITE) !== 0) this.#selected.push(watch);
      } else if (watch.asked !== 0) this.#polled.push(watch);
    }
    const { length } = this.#polled;
    const size = POLL_ENTRY_INTS * 4;
    if (length * size > this.#entries.bytes.length) this.#entries = pinMemory(2 * length * size);
    const { ints } = this.#entries;
    for (let index = 0; index < length; index++) {
      const { descriptor, asked } = this.#polled[index]!;
      const entry = index * POLL_ENTRY_INTS;
      writeWord(ints, entry, descriptor);
      const reading = (asked & Side.READ) === 0 ? 0 : Poll.READ | Poll.BAND;
      ints[entry + 2] = reading | ((asked & Side.WRITE) === 0 ? 0 : Poll.WRITE);
    }
    const room = this.#selected.length;
    if (room * 8 + 8 > this.#sets[0].bytes.length) this.#sets = [fdSet(2 * room), fdSet(2 * room)];
  }

  /** Asks about those that WSAPoll cannot be asked about. Returns how many events were written. */
  #selectNow(batch: Int32Array, at: number): number {
    if (this.#selected.length === 0) return 0;
    for (const { ints } of this.#sets) {
      ints[0] = this.#selected.length;
      this.#selected.forEach(({ descriptor }, index) => writeWord(ints, 2 + 2 * index, descriptor));
    }
    const [writable, failed] = this.#sets;
    const { address } = this.#noTime;
    const told = this.#functions.select(0, 0, writable.address, failed.address, address);
    if (told < 0) return this.#tellClosed(this.#selected, batch, at, 0);
    if (told === 0) return 0;
    const [canSend, hasFailed] = [membersOf(writable), membersOf(failed)];
    let found = 0;
    for (const watch of this.#selected) {
      if (found === BATCH_EVENTS) break;
      const { descriptor } = watch;
      const failing = watch.connecting && hasFailed.has(descriptor);
      if (!failing && !canSend.has(descriptor)) continue;
      watch.asked = failing || !watch.connecting ? 0 : Side.READ;
      watch.connecting = false;
      watch.hungUp ||= failing;
      tell(batch, at + found * EVENT_INTS, watch, failing ? PollEvents.ERROR | PollEvents.HANG_UP : PollEvents.OUT);
      found++;
    }
    this.#changed = true;
    return found;
  }

  #poll(milliseconds: number, batch: Int32Array, at: number, already: number): number {
    const { length } = this.#polled;
    if (length === 0) {
      this.sleep(milliseconds);
      return 0;
    }
    // Those that are no sockets any more may be left out of the count: all are looked at.
    if (this.#functions.WSAPoll(this.#entries.address, length, milliseconds) < 0) {
      const closed = this.#tellClosed(this.#polled, batch, at, already);
      // One that fails as a whole must not be asked again without end.
      if (closed === 0) this.sleep(Math.min(milliseconds, SLICE));
      return closed;
    }
    const { ints } = this.#entries;
    let found = 0;
    for (let count = 0; count < length && already + found < BATCH_EVENTS; count++) {
      const index = (this.#first + count) % length;
      const answer = ints[index * POLL_ENTRY_INTS + 2]! >>> 16;
      if (answer === 0) continue;
      const watch = this.#polled[index]!;
      const events = polledEvents(answer);
      if ((events & PollEvents.GONE) !== 0) this.#watches.delete(watch.descriptor);
      if ((events & (PollEvents.PEER_HANG_UP | PollEvents.HANG_UP)) !== 0) watch.hungUp = true;
      if ((events & (PollEvents.IN | PollEvents.PRIORITY)) !== 0) watch.asked &= ~Side.READ;
      if ((events & PollEvents.OUT) !== 0) watch.asked &= ~Side.WRITE;
      tell(batch, at + (already + found) * EVENT_INTS, watch, events);
      found++;
    }
    this.#first = already + found === BATCH_EVENTS ? this.#first + BATCH_EVENTS : 0;
    if (found > 0) this.#changed = true;
    return found;
  }

  /** Finds those that somebody else has closed, for whose sake a call failed as a whole. Returns how many events were written. */
  #tellClosed(watches: readonly Watch[], batch: Int32Array, at: number, already: number): number {
    let found = 0;
    for (const watch of watches) {
      if (already + found === BATCH_EVENTS) break;
      if (this.#functions.WSAEventSelect(watch.descriptor, this.bell.event, FD_ALL) === 0) continue;
      this.#watches.delete(watch.descriptor);
      tell(batch, at + (already + found) * EVENT_INTS, watch, PollEvents.GONE);
      found++;
    }
    if (found > 0) this.#changed = true;
    return found;
  }
}

function tell(batch: Int32Array, at: number, { slot, generation }: Watch, events: number): void {
  batch[at] = slot;
  batch[at + 1] = generation;
  batch[at + 2] = events;
}

/** An fd_set: how many, and so many sockets. */
function fdSet(room: number): PinnedMemory {
  return pinMemory(8 + 8 * room);
}

function membersOf({ ints }: PinnedMemory): ReadonlySet<number> {
  return new Set(Array.from({ length: ints[0]! }, (_, index) => ints[2 + 2 * index]!));
}
