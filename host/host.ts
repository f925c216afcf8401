import {
  INFINITE,
  WSA_WAIT_IO_COMPLETION,
  type Alertable,
  type Clock,
  type Defect,
  type DeferredWork,
  type LPWSAUSERAPC,
  type RandomSource,
  type Timer,
  type WorkBudget,
  type WaitResult,
  type WSATHREADID,
} from '../spi/index.js';
import { CompletionPorts } from './completion-ports.js';
import { EventWaits } from './event-waits.js';
import { EventTable } from './events.js';
import { HandleAllocator } from './handles.js';
import { Notices } from './notices.js';
import { ObserverTable } from './observers.js';
import { OverlappedResults } from './overlapped.js';
import { Reactor } from './reactor.js';
import type { BlockingHook } from './reactor-options.js';
import { rethrow } from './rethrow.js';
import { KeyLog } from './key-log.js';
import { NamesOfAddresses } from './names-of-addresses.js';
import { MessageWindows } from './windows.js';

/** What an instance's host is made from. */
export interface HostOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Whether the idle event loop counts as an alertable wait. */
  readonly alertableEventLoop: boolean;
  /** Microseconds to keep polling after activity; 0 for not at all. */
  readonly spin: number;
  /** Told of what goes wrong; must not throw. */
  report(defect: Defect): void;
}

/** What WinSock takes from Win32, for one instance: handles, waiting, timers, events, APCs, overlapped results. */
export class Host {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** The thread that the instance belongs to. */
  readonly thread: WSATHREADID;
  #blockingHook: BlockingHook | null = null;
  #limit = Infinity;
  readonly #handles = new HandleAllocator();
  readonly #reactor: Reactor;
  /** Event objects, and the waits that are registered for them. */
  readonly events: EventTable;
  /** Waiting for event objects. */
  readonly waits: EventWaits;
  /** Who is told of what becomes of a handle. */
  readonly observers: ObserverTable;
  /** Overlapped operations. */
  readonly overlapped: OverlappedResults;
  /** Message windows and the thread's message queue. */
  readonly windows: MessageWindows;
  /** Completion ports. */
  readonly ports: CompletionPorts;
  /** How the ends of name-space ioctls are told. */
  readonly notices: Notices;
  /** The secrets of secured connections. */
  readonly keyLog: KeyLog;
  /** The addresses that stand for names. */
  readonly names: NamesOfAddresses;

  constructor(options: HostOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.#reactor = new Reactor(options);
    this.events = new EventTable(this.#handles, this.#reactor);
    this.waits = new EventWaits(this.events, this.#reactor, options.clock);
    this.observers = new ObserverTable(options.report);
    this.ports = new CompletionPorts(this.#handles, this.#reactor);
    this.overlapped = new OverlappedResults(this.#reactor, this.events, this.observers, this.ports, options.report);
    this.windows = new MessageWindows(this.#handles, this.#reactor, options.report);
    this.keyLog = new KeyLog(options.report);
    this.names = new NamesOfAddresses(options.clock);
    this.notices = new Notices(this.windows, this.overlapped, this.ports);
    // Every provider is handed it: none may make it something else.
    this.thread = Object.freeze({ ThreadHandle: this.#handles.allocate(), Reserved: 0 });
  }

  /** Reserves a handle for an owner: a provider's number, or the instance itself. */
  allocateHandle(owner?: number): number {
    return this.#handles.allocate(owner);
  }
  /** The owner of a handle; `undefined` when it is nobody's. */
  ownerOf(handle: number): number | undefined {
    return this.#handles.ownerOf(handle);
  }
  /** Takes note of a handle that a provider has from elsewhere; false when the number is one of the instance's own. */
  adoptHandle(handle: number, owner: number): boolean {
    return this.#handles.adopt(handle, owner);
  }
  /** Gives a handle back. */
  releaseHandle(handle: number): void {
    this.observers.drop(handle);
    this.ports.dissociate(handle);
    this.#handles.release(handle);
  }

  /** Whether providers' work is being done, so that nothing may block. */
  get inProvidersPhase(): boolean {
    return this.#reactor.inProvidersPhase;
  }
  /** @param hook what runs from now on while a provider's blocking call waits: WinSock 1.1 applications have one */
  useBlockingHook(hook: BlockingHook | null): void {
    this.#blockingHook = hook;
  }
  /** Pumps until the condition holds; see `InstanceHost.wait`. */
  wait(condition: () => boolean, deadline: number, alertable: Alertable, description?: string): WaitResult {
    const limit = this.#limit;
    if (limit === Infinity) return this.#reactor.wait(condition, deadline, alertable, description, this.#blockingHook);
    // What the application does from within this wait is not limited.
    this.#limit = Infinity;
    try {
      const until = Math.min(deadline, limit);
      const ended = this.#reactor.wait(condition, until, alertable, description, this.#blockingHook);
      return ended === 'timeout' && limit < deadline ? 'interrupted' : ended;
    } finally {
      this.#limit = limit;
    }
  }
  /**
   * Makes a call whose waits are interrupted at a moment of the clock.
   *
   * @param deadline the moment, in milliseconds
   */
  waitNoLongerThan<T>(deadline: number, call: () => T): T {
    const before = this.#limit;
    this.#limit = Math.min(deadline, before);
    try {
      return call();
    } finally {
      this.#limit = before;
    }
  }
  /** Lets an exception of the application's surface as an uncaught one, from the event loop. */
  throwFromEventLoop(cause: unknown): void {
    rethrow(cause);
  }
  /** Does what is due in the providers' phase, without waiting. */
  poll(): void {
    this.#reactor.poll();
  }
  /** Queues work for the third step of a turn. */
  defer(work: DeferredWork): void {
    this.#reactor.defer(work);
  }
  /** Queues work for the third step of the next turn. */
  deferToNextTurn(work: DeferredWork): void {
    this.#reactor.deferToNextTurn(work);
  }
  /** Queues what the application is told behind all that came in until then. */
  queueCompletion(work: DeferredWork): void {
    this.#reactor.queueCompletion(work);
  }
  /** What may still be done in this turn. */
  get turn(): WorkBudget {
    return this.#reactor.turn;
  }
  /** Runs a callback once the clock reaches a moment. */
  setTimer(when: number, callback: () => void): Timer {
    return this.#reactor.setTimer(when, callback);
  }
  /** Keeps the process alive until `unref` is called as often. */
  ref(): void {
    this.#reactor.ref();
  }
  /** Takes one `ref` back. */
  unref(): void {
    this.#reactor.unref();
  }
  /** Adds a function that says what each socket waits for. */
  describeWaiters(describe: () => readonly string[]): () => void {
    return this.#reactor.describeWaiters(describe);
  }
  /** What waits at present, a line each. */
  waiters(): string[] {
    return this.#reactor.waiters();
  }
  /** Ends every blocking call that is under way with `interrupted`. */
  cancelBlockingCalls(): void {
    this.#reactor.cancelWaits();
  }

  /** Queues a procedure that runs in an alertable wait of the thread. */
  queueApc(thread: WSATHREADID | null, procedure: LPWSAUSERAPC, context: unknown): boolean {
    if (thread !== null && thread.ThreadHandle !== this.thread.ThreadHandle) return false;
    this.#reactor.queueApc(procedure, context, 0);
    return true;
  }
  /** Queues a procedure to the calling thread, as Win32's QueueUserAPC does. */
  QueueUserAPC(procedure: (data: unknown) => void, data: unknown): boolean {
    if (typeof procedure !== 'function') return false;
    return this.queueApc(null, procedure, data);
  }

  /**
   * Waits, alertably if told so (Win32: SleepEx).
   *
   * @param milliseconds 0xFFFFFFFF waits for ever
   * @returns 0, or WAIT_IO_COMPLETION (0xC0) when an APC ran
   */
  SleepEx(milliseconds: number, alertable: boolean): number {
    const deadline = milliseconds === INFINITE ? Infinity : this.clock.now() + milliseconds;
    const result = this.#reactor.wait(() => false, deadline, alertable ? 'return' : 'no', 'SleepEx');
    return result === 'io-completion' ? WSA_WAIT_IO_COMPLETION : 0;
  }

  /** Stops for good: everything is destroyed and every wait ends. */
  close(): void {
    this.events.closeAll();
    this.#reactor.close();
  }
}
