// The one place where a thread waits.
import { BATCH_EVENTS, EVENT_INTS, type DescriptorSet } from './descriptor-set.js';
import type { Poller, PollerClient, PollTarget } from './poller.js';
import { Luck } from './luck.js';
import { PortableWaits } from './portable-poller.js';

/** Rethrows from the event loop, where it becomes an ordinary uncaught exception and unwinds nobody else's call. */
function report(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

const tickCallback = (process as { _tickCallback?: () => void })._tickCallback;

/** Runs what Node.js has queued for the end of a callback, between two looks of a spin. */
const drainTicks: () => void = typeof tickCallback === 'function' ? tickCallback : () => undefined;

/** Alarms due within this many milliseconds of one that rang ring with it: clocks differ by less. */
const ALARM_SLACK = 0.5;

/** How long a spin may last in all, in milliseconds, before others on the event loop get their turn. */
const LONGEST_SPIN = 2;

/** Looks again after a turn, and milliseconds for them, before others on the event loop get their turn. */
const LOOKS_AGAIN = 8;
const TIME_TO_LOOK_AGAIN = 1;

/**
 * A thread's poller. It begins without descriptors, by portable means, and takes the operating system's descriptor set
 * when the first descriptor is added: clients, holds on the event loop, the alarm and wake-ups carry over. So an
 * instance without native sockets loads no native code, and one that loads a native provider later loses nothing.
 */
export class ThreadPoller implements Poller {
  /** Microseconds for which to keep polling after activity before going back to the event loop; 0 for never. */
  spin = 0;

  readonly #openSet: (onReadable: () => void) => DescriptorSet;
  readonly #portable: PortableWaits;
  #set: DescriptorSet | null = null;
  // Replaced, never changed in place: a dispatch in progress goes on over the list that it began with.
  #clients: readonly PollerClient[] = [];
  readonly #targets: (PollTarget | null)[] = [];
  readonly #generations: number[] = [];
  readonly #descriptors: number[] = [];
  readonly #freeSlots: number[] = [];
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
  #immediate: NodeJS.Immediate | null = null;
  readonly #luck = new Luck();
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
    if (this.spin > 0) this.#spin();
    // Where turns begin as the event loop polls, immediates come before the next one.
    else if (this.#enter === null) this.#lookAgain(true);
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
    return this.#targets.length - this.#freeSlots.length;
  }

  add(descriptor: number, target: PollTarget): number {
    const set = this.#set ?? this.#goNative();
    const slot = this.#freeSlots.pop() ?? this.#targets.length;
    const generation = this.#generations[slot] ?? 0;
    this.#generations[slot] = generation;
    this.#descriptors[slot] = descriptor;
    this.#targets[slot] = target;
    if (!set.add(descriptor, slot, generation)) {
      this.#release(slot);
      return -1;
    }
    return slot;
  }

  remove(slot: number): void {
    const descriptor = this.#descriptors[slot];
    if (descriptor === undefined || this.#targets[slot] === null) return;
    this.#set?.remove(descriptor);
    this.#release(slot);
  }

  poll(timeout: number): number {
    if (this.#set === null) {
      this.#portable.sleep(timeout);
      return 0;
    }
    const told = this.#look(timeout === Infinity ? -1 : Math.min(Math.ceil(timeout), 0x7fffffff));
    // The event loop will not see this alarm any more; its dispatch is owed all the same.
    if (this.#set.takeAlarm()) {
      this.#alarmRang();
      this.wake();
    }
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
    if (this.#refs++ === 0) (this.#set ?? this.#portable).ref();
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

  /** Forgets the alarms that are due; every client is dispatched anyway, and sets its next one. */
  #alarmRang(): void {
    const soon = performance.now() + ALARM_SLACK;
    for (const [client, due] of this.#alarms) if (due <= soon) this.#alarms.delete(client);
    this.#armed = Infinity;
    this.#arm();
    if (this.#fromLoop.length > 0) this.wake();
  }

  #release(slot: number): void {
    this.#targets[slot] = null;
    // Kept to 31 bits, so that it comes back from the kernel as it went.
    this.#generations[slot] = ((this.#generations[slot] ?? 0) + 1) & 0x7fffffff;
    this.#freeSlots.push(slot);
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
      if (this.#set?.takeAlarm() === true) this.#alarmRang();
      // What has come is for the application as a rule: of one instance alone both phases are gone through there.
      if (told > 0 && this.#entersAfter && this.#clients.length === 1) this.#wakesAfter = true;
      else {
        this.#dispatch(false);
        if (told > 0 && this.spin === 0) this.#lookAgain(false);
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

  /**
   * What the application did in a turn often makes another descriptor ready at once, or others have become so meanwhile:
   * a look costs a fraction of the way through the event loop. Nothing is waited for.
   *
   * @param forApplication whether whole turns may follow; if not, they wait for code that is due in this round of the loop
   */
  #lookAgain(forApplication: boolean): void {
    if (!this.#luck.tries()) return;
    const begin = performance.now();
    for (let looks = 0; looks < LOOKS_AGAIN; looks++) {
      // What the turn left for the end of a callback goes before what comes next.
      if (forApplication) drainTicks();
      else if (this.#immediate !== null || this.#wakesAfter) break;
      const told = this.#look(0);
      this.#luck.had(told > 0);
      if (told <= 0) break;
      this.#dispatch(forApplication);
      if (performance.now() - begin > TIME_TO_LOOK_AGAIN) break;
    }
    if (this.#set?.takeAlarm() !== true) return;
    this.#alarmRang();
    this.#dispatch(forApplication);
  }

  #spin(): void {
    const begin = performance.now();
    const patience = this.spin / 1000;
    let last = begin;
    while (!this.#closed) {
      const told = this.#look(0);
      if (told > 0) {
        this.#dispatch(true);
        drainTicks();
      }
      const now = performance.now();
      if (told > 0) last = now;
      if (now - last > patience) break;
      if (now - begin > LONGEST_SPIN) {
        // The others have their turn, and then it goes on.
        this.wake();
        break;
      }
    }
    if (this.#set?.takeAlarm() === true) {
      this.#alarmRang();
      this.#dispatch(true);
    }
  }

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
      const slot = batch[at]!;
      const target = this.#targets[slot];
      if (target === null || target === undefined || this.#generations[slot] !== batch[at + 1]) continue;
      told++;
      try {
        target.ready(batch[at + 2]!);
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
