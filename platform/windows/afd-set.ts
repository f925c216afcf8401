// The descriptor set on Windows: AFD's polls on one completion port per thread.
import { isMainThread } from 'node:worker_threads';
import type { CountOrNegatedCode } from '../../spi/index.js';
import { BATCH_EVENTS, type DescriptorSet } from '../descriptor-set.js';
import { putEvent } from '../loop-set.js';
import { pinMemory } from '../native-memory.js';
import { Afd, foundEvents, isPending, openAfd, pollAfd, pollEvents, REQUEST_INTS, type Requests } from './afd.js';
import { BellSet, type Bell } from './bell-set.js';
import { polledHandle } from './foreign-layers.js';
import type { Winsock } from './functions.js';
import { LoopBell } from './loop-bell.js';
import { TRANSMIT_KEY, Transmissions } from './transmissions.js';
import { lastingMemory, winsock } from './winsock.js';

const INVALID_HANDLE_VALUE = -1;
const INFINITE = 0xffff_ffff;
/** 32-bit integers of an OVERLAPPED_ENTRY, and where its pointer to an OVERLAPPED is: here the request's number, from 1. */
const ENTRY_INTS = 8;
const ENTRY_CONTEXT = 2;
const SLAB_WATCHES = 512;

/**
 * The longest wait in one system call, in milliseconds. In a worker no more than goes unnoticed: one that is terminated, or whose
 * process exits, ends when the call has come back, and those that end it wait for that.
 */
const LONGEST_WAIT = isMainThread ? 0x7fff_ffff : 20;

/**
 * The requests that a socket has. What ends a connection is asked about apart: it is to be told also while there is something to be
 * read, of which the kernel would tell for ever.
 */
const Side = { READ: 1, WRITE: 2, END: 4 } as const;
type Side = (typeof Side)[keyof typeof Side];
/** Each by its number within a socket's. */
const SIDES: readonly Side[] = [Side.READ, Side.WRITE, Side.END];
const NUMBER: Readonly<Record<Side, number>> = { [Side.READ]: 0, [Side.WRITE]: 1, [Side.END]: 2 };

const ASKED: Readonly<Record<Side, number>> = {
  [Side.READ]: Afd.RECEIVE | Afd.EXPEDITED | Afd.LOCAL_CLOSE | Afd.ACCEPT,
  [Side.WRITE]: Afd.SEND | Afd.CONNECT_FAIL | Afd.LOCAL_CLOSE,
  [Side.END]: Afd.DISCONNECT | Afd.ABORT | Afd.LOCAL_CLOSE,
};
/** What holds for good once it was told. */
const ONCE = Afd.DISCONNECT | Afd.ABORT | Afd.CONNECT_FAIL;

/** A watched socket. */
interface Watch {
  /** Its requests have the numbers from `4 * index`. */
  readonly index: number;
  /** Where the first of them lies, in 32-bit integers; the others come next. */
  readonly slab: Requests;
  readonly at: number;
  /** -1 when it is watched no more. */
  descriptor: number;
  /** The handle that AFD knows it by. */
  handle: number;
  slot: number;
  generation: number;
  /** Which of its requests the kernel has: bits of `Side`. */
  pending: number;
  /** What was told for good. */
  told: number;
  /** The request for reading came back before a call that found the queue empty: what it found may be gone. */
  stale: boolean;
  /** It has begun to connect: nothing is asked about reading yet. */
  connecting: boolean;
}

/** A socket that another set is to watch. */
export type Handed = Pick<Watch, 'descriptor' | 'slot' | 'generation' | 'connecting'>;

/**
 * AFD answers each request once, with what holds already or happens next. The read side is asked again when a call has found the queue
 * empty, the write side when one has found it full: so it is edge-triggered, as WSAEventSelect is.
 */
export class AfdSet extends BellSet implements DescriptorSet {
  readonly closesUnseen = false;
  readonly #winsock: Winsock;
  readonly #afd: number;
  readonly #port: number;
  readonly #transmissions: Transmissions;
  readonly #entries = pinMemory(BATCH_EVENTS * ENTRY_INTS * 4);
  readonly #count = pinMemory(8);
  readonly #status = pinMemory(16);
  readonly #lookRequest: Requests;
  readonly #slabs: Requests[] = [];
  readonly #watches: Watch[] = [];
  readonly #free: Watch[] = [];
  readonly #byDescriptor = new Map<number, Watch>();

  /**
   * @param onReadable called by the event loop when a `wait` would find something; must not throw
   * @throws Error when the system has no more of what it is made of
   */
  constructor(onReadable: () => void, functions: Winsock = winsock(), bell?: Bell) {
    const afd = openAfd(functions);
    super(bell ?? new LoopBell(onReadable), onReadable);
    this.#winsock = functions;
    this.#afd = afd;
    this.#port = this.#winsock.CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, 0);
    this.#winsock.CreateIoCompletionPort(afd, this.#port, 0, 0);
    this.#lookRequest = lastingMemory(REQUEST_INTS * 4, functions);
    this.#transmissions = new Transmissions(functions, this.#port, this.bell.event);
  }

  // — What calls found out —

  emptied(descriptor: number): void {
    const watch = this.#byDescriptor.get(descriptor);
    if (watch === undefined) return;
    const cameBack = (watch.pending & Side.READ) !== 0 && !isPending(watch.slab, placeOf(watch, Side.READ));
    if (cameBack) watch.stale = true;
    else this.#ask(watch, Side.READ);
  }

  filled(descriptor: number): void {
    const watch = this.#byDescriptor.get(descriptor);
    if (watch !== undefined) this.#ask(watch, Side.WRITE);
  }

  connecting(descriptor: number): void {
    const watch = this.#byDescriptor.get(descriptor);
    if (watch === undefined) return void this.early.add(descriptor);
    watch.told = 0;
    watch.connecting = true;
    this.#ask(watch, Side.WRITE);
  }

  override sendFile(descriptor: number, file: number, position: number, length: number): CountOrNegatedCode {
    const sent = this.#transmissions.send(descriptor, file, position, length);
    // It may have been begun, by a call that clears the bell's event.
    this.lookLater();
    return sent;
  }

  override endSendFile(descriptor: number): void {
    this.#transmissions.end(descriptor);
  }

  // — The set —

  add(descriptor: number, slot: number, generation: number): boolean {
    const watch = this.#free.pop() ?? this.#newWatch();
    const connecting = this.early.delete(descriptor);
    Object.assign(watch, {
      descriptor,
      handle: polledHandle(descriptor),
      slot,
      generation,
      told: 0,
      stale: false,
      connecting,
    });
    this.#byDescriptor.set(descriptor, watch);
    return SIDES.every((side) => this.#ask(watch, side));
  }

  /** What it watches, for another set to go on with; and those that began to connect before they were watched. */
  handOver(): { readonly watched: readonly Handed[]; readonly connecting: readonly number[] } {
    const watched = [...this.#byDescriptor.values()].map((watch) => ({ ...watch }));
    return { watched, connecting: [...this.early] };
  }

  remove(descriptor: number): boolean {
    this.#transmissions.forget(descriptor);
    this.early.delete(descriptor);
    const watch = this.#byDescriptor.get(descriptor);
    if (watch === undefined) return true;
    this.#byDescriptor.delete(descriptor);
    watch.descriptor = -1;
    // It is free once the kernel has given its requests back.
    for (const side of SIDES) {
      if ((watch.pending & side) === 0) continue;
      const request = watch.slab.address + placeOf(watch, side) * 4;
      this.#winsock.NtCancelIoFileEx(this.#afd, request, this.#status.address);
    }
    if (watch.pending === 0) this.#free.push(watch);
    return true;
  }

  wait(timeout: number, batch: Int32Array, at: number): number {
    const whole = timeout >= 0 && timeout <= LONGEST_WAIT;
    const patience = timeout < 0 ? Infinity : timeout;
    const longest = Math.min(patience, LONGEST_WAIT, this.untilAlarm());
    this.looksNow();
    const { address } = this.#entries;
    const milliseconds = longest >= 0x7fff_ffff ? INFINITE : longest;
    const { GetQueuedCompletionStatusEx } = this.#winsock;
    const isTold = GetQueuedCompletionStatusEx(this.#port, address, BATCH_EVENTS, this.#count.address, milliseconds, 0);
    // Where it failed for want of time, it may have left any number.
    const count = isTold === 0 ? 0 : this.#count.ints[0]!;
    this.waited(count);
    if (count === 0 && !whole && !this.alarmed) return -1;
    return this.#take(count, batch, at);
  }

  protected override free(): void {
    super.free();
    this.#winsock.CloseHandle(this.#afd);
    this.#winsock.CloseHandle(this.#port);
  }

  // — Requests —

  #take(count: number, batch: Int32Array, at: number): number {
    let found = 0;
    for (let index = 0; index < count; index++) {
      const { ints } = this.#entries;
      const entry = index * ENTRY_INTS;
      const low = ints[entry + ENTRY_CONTEXT]!;
      const transmits = ints[entry] === TRANSMIT_KEY;
      const request = low - 1;
      const events = transmits ? Afd.SEND : this.#finished(request);
      if (events === 0) continue;
      const watch = transmits
        ? this.#byDescriptor.get(
            this.#transmissions.finished((low >>> 0) + ints[entry + ENTRY_CONTEXT + 1]! * 0x1_0000_0000),
          )
        : this.#watches[request >> 2];
      if (watch === undefined) continue;
      at = putEvent(batch, at, watch.slot, watch.generation, pollEvents(events));
      found++;
    }
    return found;
  }

  /** A request came back. Returns what it found, 0 when that is nobody's business any more. */
  #finished(request: number): number {
    const watch = this.#watches[request >> 2]!;
    const side = SIDES[request & 3]!;
    const { slab } = watch;
    const at = placeOf(watch, side);
    // Wine 8 tells of some requests twice: that would be taken for the next one's end.
    if ((watch.pending & side) === 0 || isPending(slab, at)) return 0;
    watch.pending &= ~side;
    if (watch.descriptor < 0) {
      if (watch.pending === 0) this.#free.push(watch);
      return 0;
    }
    const events = watch.stale && side === Side.READ ? this.#lookAgain(watch) : foundEvents(slab, at);
    watch.told |= events & ONCE;
    if (watch.connecting && (events & Afd.SEND) !== 0) {
      watch.connecting = false;
      this.#ask(watch, Side.READ);
      this.#ask(watch, Side.END);
    }
    return events;
  }

  /** What there is to be read now, where what was found may be gone; where nothing is, the kernel is asked anew. */
  #lookAgain(watch: Watch): number {
    watch.stale = false;
    const events = ASKED[Side.READ];
    pollAfd(this.#winsock, this.#afd, 0, watch.handle, events, this.#lookRequest, 0, 0, false);
    const found = foundEvents(this.#lookRequest, 0);
    if (found === 0) this.#ask(watch, Side.READ);
    return found;
  }

  /** Returns whether the kernel has the request, now or already. */
  #ask(watch: Watch, side: Side): boolean {
    if ((watch.pending & side) !== 0 || (watch.connecting && side !== Side.WRITE)) return true;
    const events = ASKED[side] & ~watch.told;
    const { slab, handle } = watch;
    const context = watch.index * 4 + NUMBER[side] + 1;
    const { event } = this.bell;
    if (!pollAfd(this.#winsock, this.#afd, event, handle, events, slab, placeOf(watch, side), context, true)) {
      return false;
    }
    watch.pending |= side;
    this.lookLater();
    return true;
  }

  #newWatch(): Watch {
    const index = this.#watches.length;
    const within = index % SLAB_WATCHES;
    const size = SIDES.length * REQUEST_INTS;
    if (within === 0) this.#slabs.push(lastingMemory(SLAB_WATCHES * size * 4, this.#winsock));
    const watch: Watch = {
      index,
      slab: this.#slabs[this.#slabs.length - 1]!,
      at: within * size,
      descriptor: -1,
      handle: -1,
      slot: 0,
      generation: 0,
      pending: 0,
      told: 0,
      stale: false,
      connecting: false,
    };
    this.#watches.push(watch);
    return watch;
  }
}

function placeOf(watch: Watch, side: Side): number {
  return watch.at + NUMBER[side] * REQUEST_INTS;
}
