// The one place where a thread waits.
import { BATCH_EVENTS, EVENT_INTS, type DescriptorSet } from './descriptor-set.js';
import { PollEvents, type Poller, type PollerClient, type PollTarget } from './poller.js';
import { drainTicks, MoreLooks } from './more-looks.js';
import { PortableWaits } from './portable-poller.js';
import { WatchTable } from './watch-table.js';

/** Rethrows from the event loop, where it becomes an ordinary uncaught exception and unwinds nobody else's call. */
function report(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

/** Alarms due within this many milliseconds of one that rang ring with it: clocks differ by less. */
const ALARM_SLACK = 0.5;

/** Descriptors that are looked at together, whether they are still what they were: some 0.3 ms. */
const INSPECTED_AT_ONCE = 1024;

/** What a target hears that knows nothing of descriptors closed by others: whatever it does next fails. */
const OVER = PollEvents.IN | PollEvents.OUT | PollEvents.ERROR | PollEvents.HANG_UP;

/**
 * A thread's poller. It begins without descriptors, by portable means, and takes the operating system's descriptor set
 * when the first descriptor is added: clients, holds on the event loop, the alarm and wake-ups carry over. So an
 * instance without native sockets loads no native code, and one that loads a native provider later loses nothing.
 */
export class ThreadPoller implements Poller {
  /** Microseconds for which to keep polling after activity before going back to the event loop; 0 for never. */
  spin = 0;
  /**
   * Milliseconds between looks whether the descriptors are still what they were, as long as somebody waits and the system does not
   * tell by itself of those that somebody else closes.
   */
  inspectEvery = 2000;

  readonly #openSet: (onReadable: () => void) => DescriptorSet;
  readonly #portable: PortableWaits;
  #set: DescriptorSet | null = null;
  // Replaced, never changed in place: a dispatch in progress goes on over the list that it began with.
  #clients: readonly PollerClient[] = [];
  readonly #table = new WatchTable();
  // Events are told from here, not from the kernel's buffer. A poll inside of a target appends behind what is being
  // told.
  #batch = new Int32Array(BATCH_EVENTS * EVENT_INTS * 2);
  #batchEnd = 0;
  #refs = 0;
  // When each client's alarm is due, on the clock of performance.now(), and the moment that the system's alarm is set
  // to.
  readonly #alarms = new Map<object, number>();
  #armed = Infinity;
  #telling = 0;
  /** Whether an alarm is set for the next look at what the descriptors are; its key is the table. */
  #willInspect = false;
  #immediate: NodeJS.Immediate | null = null;
  readonly #moreLooks = new MoreLooks({
    look: () => this.#look(0),
    dispatch: (forApplication) => this.#dispatch(forApplication),
    takeAlarm: () => this.#takeAlarm(),
    turnIsDue: () => this.#immediate !== null || this.#wakesAfter,
    isClosed: () => this.#closed,
    wake: () => this.wake(),
  });
  #closed = false;
  #enter: ((turn: () => void) => void) | null = null;
  /** Whether the event loop's own callback runs, after which code of the application may be entered. */
  #entersAfter = false;
  #wakesAfter = false;
  /** What is to be called from the event loop's own callback. */
  #fromLoop: (() => void)[] = [];
  /** Whether an immediate began the turn that runs. */
  #inImmediate = false;
  readonly #onImmediate = (): void => {
    this.#immediate = null;
    this.#inImmediate = true;
    try {
      this.#turn();
      // What the turn left for the end of a callback is of the turn.
      if (this.#enter !== null) drainTicks();
    } finally {
      this.#inImmediate = false;
    }
  };

  readonly #turn = (): void => {
    // A blocking call has had its alarm.
    if (this.#fromLoop.length > 0 && !this.#alarms.has(this)) this.#comeFromLoop();
    this.#dispatch(true);
    if (this.spin > 0) this.#moreLooks.spin(this.spin / 1000);
    // Where turns begin as the event loop polls, immediates come before the next one.
    else if (this.#enter === null) this.#moreLooks.again(true);
  };

  /** @param openSet opens the operating system's descriptor set; throws when there is none */
  constructor(openSet: (onReadable: () => void) => DescriptorSet) {
    this.#openSet = openSet;
    this.#portable = new PortableWaits(() => {
      this.#alarmRang();
      this.#dispatch(true);
    });
  }

  /** Whether the poller has gone over to the operating system's descriptor set. */
  get native(): boolean {
    return this.#set !== null;
  }

  get delivering(): boolean {
    return this.#telling > 0;
  }

  get size(): number {
    return this.#table.size;
  }

  add(descriptor: number, target: PollTarget): number {
    const set = this.#set ?? this.#goNative();
    const table = this.#table;
    const slot = table.enter(target);
    if (!set.add(descriptor, slot, table.generation(slot))) {
      table.leave(slot);
      return -1;
    }
    // The number was another's: somebody else has closed that, or it would not have been given anew.
    const before = table.slotOf(descriptor);
    table.watched(slot, descriptor);
    if (before >= 0) this.#lost(before);
    return slot;
  }

  remove(slot: number): boolean {
    const descriptor = this.#table.descriptorOf(slot);
    const isHeld = descriptor >= 0 && (this.#set?.remove(descriptor) ?? true);
    this.#table.leave(slot);
    return isHeld;
  }

  holds(slot: number): boolean {
    const descriptor = this.#table.descriptorOf(slot);
    return descriptor >= 0 && (this.#set?.holds(descriptor) ?? true);
  }

  poll(timeout: number): number {
    if (this.#set === null) {
      this.#portable.sleep(timeout);
      return 0;
    }
    if (timeout > 0 && !this.#willInspect) this.#inspectLater();
    const told = this.#look(timeout === Infinity ? -1 : Math.min(Math.ceil(timeout), 0x7fffffff));
    // The event loop will not see this alarm any more; its dispatch is owed all the same.
    if (this.#takeAlarm()) this.wake();
    return told;
  }

  addClient(client: PollerClient): void {
    this.#clients = [...this.#clients, client];
  }

  removeClient(client: PollerClient): void {
    this.#clients = this.#clients.filter((other) => other !== client);
    this.setAlarm(client, Infinity);
  }

  wake(): void {
    if (this.#entersAfter) this.#wakesAfter = true;
    else this.#immediate ??= setImmediate(this.#onImmediate);
  }

  enterBy(enter: (turn: () => void) => void): void {
    this.#enter = enter;
  }

  callFromLoop(work: () => void): void {
    try {
      if (this.#set === null && !this.#closed) this.#goNative();
    } catch {
      setImmediate(work);
      return;
    }
    if (this.#fromLoop.push(work) === 1) this.#comeFromLoop();
  }

  behindImmediates(work: () => void): void {
    if (this.#inImmediate) setImmediate(work);
    else work();
  }

  /** Has the event loop call back, by an alarm that is due. */
  #comeFromLoop(): void {
    this.#alarms.set(this, performance.now());
    this.#arm();
  }

  setAlarm(client: PollerClient, milliseconds: number): void {
    if (milliseconds === Infinity) {
      if (this.#alarms.delete(client)) this.#arm();
      return;
    }
    this.#alarms.set(client, performance.now() + milliseconds);
    this.#arm();
  }

  ref(): void {
    if (this.#refs++ > 0) return;
    (this.#set ?? this.#portable).ref();
    if (!this.#willInspect) this.#inspectLater();
  }

  unref(): void {
    if (this.#refs > 0 && --this.#refs === 0) (this.#set ?? this.#portable).unref();
  }

  /** Frees what the poller holds of the system; for the end of the thread. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    process.off('exit', this.#onExit);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#immediate = null;
    this.#set?.close();
    this.#portable.close();
  }

  /** The event loop will not turn any more; but calls from other listeners of `exit` may wait. */
  readonly #onExit = (): void => this.#set?.leaveLoop();

  #goNative(): DescriptorSet {
    const set = this.#openSet(this.#onReadable);
    this.#set = set;
    process.on('exit', this.#onExit);
    if (this.#refs > 0) {
      set.ref();
      this.#portable.unref();
      this.#inspectLater();
    }
    this.#portable.close();
    this.#armed = Infinity;
    this.#arm();
    return set;
  }

  /** Sets the system's alarm to the earliest of the clients'. */
  #arm(): void {
    let earliest = Infinity;
    for (const due of this.#alarms.values()) if (due < earliest) earliest = due;
    if (earliest === this.#armed || this.#closed) return;
    this.#armed = earliest;
    (this.#set ?? this.#portable).setAlarm(
      earliest === Infinity ? Infinity : Math.max(earliest - performance.now(), 0),
    );
  }

  /** Sees to the system's alarm, if it rang. Returns whether it did. */
  #takeAlarm(): boolean {
    if (this.#set?.takeAlarm() !== true) return false;
    this.#alarmRang();
    return true;
  }

  /** Forgets the alarms that are due; every client is dispatched anyway, and sets its next one. */
  #alarmRang(): void {
    const soon = performance.now() + ALARM_SLACK;
    for (const [client, due] of this.#alarms) if (due <= soon) this.#alarms.delete(client);
    this.#armed = Infinity;
    if (this.#willInspect && !this.#alarms.has(this.#table)) this.#inspect();
    this.#arm();
    if (this.#fromLoop.length > 0) this.wake();
  }

  /** Where the system is silent about descriptors that somebody else closes, who waits has the poller come round and look. */
  #inspectLater(): void {
    if (this.#set?.closesUnseen !== true || this.#closed) return;
    this.#willInspect = true;
    this.#alarms.set(this.#table, performance.now() + this.inspectEvery);
    this.#arm();
  }

  /** Looks whether descriptors are still what they were. A blocking call that goes on to wait sets the next alarm itself. */
  #inspect(): void {
    this.#willInspect = false;
    const set = this.#set!;
    this.#table.goRound(INSPECTED_AT_ONCE, (slot, descriptor) => {
      if (!set.holds(descriptor)) this.#lost(slot);
    });
    if (this.#refs > 0) this.#inspectLater();
  }

  /** Tells the target of a slot that somebody else has closed its descriptor. */
  #lost(slot: number): void {
    const descriptor = this.#table.descriptorOf(slot);
    // If it is watched anew, that is the other's.
    if (this.#table.slotOf(descriptor) === slot) this.#set?.remove(descriptor);
    const target = this.#table.unwatch(slot);
    if (target === null) return;
    this.#telling++;
    try {
      if (target.lost === undefined) target.ready(OVER);
      else target.lost();
    } catch (error) {
      report(error);
    }
    this.#telling--;
    // Those that wait are to look, whoever found it.
    this.wake();
  }

  /**
   * The event loop says that the set is readable. One batch only: the set stays readable when there is more, so that
   * the event loop comes back after the others. Nothing may be thrown: it would surface in an unrelated native call.
   *
   * This is called from outside of Node.js' callback scopes, where code that enters one of its own (http's parser, say)
   * within an asynchronous context aborts the process. So when clients have something for the application, or for the
   * end of a callback, such a scope is entered; where nobody knows how to, an immediate follows in this same round of the
   * loop.
   */
  readonly #onReadable = (): void => {
    this.#entersAfter = this.#enter !== null && !this.#closed;
    const works = this.#fromLoop;
    if (works.length > 0) {
      this.#fromLoop = [];
      this.#alarms.delete(this);
    }
    try {
      const told = this.#look(0);
      this.#takeAlarm();
      // What has come is for the application as a rule: of one instance alone both phases are gone through there.
      if (told > 0 && this.#entersAfter && this.#clients.length === 1) this.#wakesAfter = true;
      else {
        this.#dispatch(false);
        if (told > 0 && this.spin === 0) this.#moreLooks.again(false);
      }
      // The spin runs application code, and so has to begin where that may be entered.
      if (told > 0 && this.spin > 0) this.wake();
    } catch (error) {
      report(error);
    }
    this.#entersAfter = false;
    if (this.#wakesAfter) {
      this.#wakesAfter = false;
      try {
        this.#enter!(this.#turn);
      } catch (error) {
        report(error);
      }
    }
    for (const work of works) work();
  };

  #look(timeout: number): number {
    const set = this.#set;
    if (set === null || this.#closed) return 0;
    const begin = this.#batchEnd;
    if (begin + BATCH_EVENTS * EVENT_INTS > this.#batch.length) this.#growBatch();
    const count = set.wait(timeout, this.#batch, begin);
    if (count <= 0) return count;
    const end = begin + count * EVENT_INTS;
    this.#batchEnd = end;
    let told = 0;
    this.#telling++;
    for (let at = begin; at < end; at += EVENT_INTS) {
      // Read anew each time: a nested poll may have grown the batch, a target may have removed the next one.
      const batch = this.#batch;
      const target = this.#table.targetOf(batch[at]!, batch[at + 1]!);
      if (target === null) continue;
      told++;
      const events = batch[at + 2]!;
      if ((events & PollEvents.GONE) !== 0) {
        this.#lost(batch[at]!);
        continue;
      }
      try {
        target.ready(events);
      } catch (error) {
        report(error);
      }
    }
    this.#telling--;
    this.#batchEnd = begin;
    return told;
  }

  #growBatch(): void {
    const grown = new Int32Array(this.#batch.length * 2);
    grown.set(this.#batch);
    this.#batch = grown;
  }

  #dispatch(forApplication: boolean): void {
    const clients = this.#clients;
    for (let index = 0; index < clients.length; index++) {
      try {
        clients[index]!.dispatch(forApplication);
      } catch (error) {
        report(error);
      }
    }
  }
}
