// Event objects, and the waits that are registered for them.
import type { DeferredWork, Timer } from '../spi/index.js';
import type { HandleAllocator } from './handles.js';
import type { Reactor } from './reactor.js';

/** A callback of `RegisterWaitForSingleObject`. */
export type WaitOrTimerCallback = (context: unknown, timedOut: boolean) => void;

/** What a registered wait does besides the ordinary. */
export interface WaitOptions {
  /** Milliseconds without a signal after which the callback is called with `timedOut`; `Infinity` for never. */
  readonly timeout?: number;
  /** Runs as soon as the poller has looked: WT_EXECUTEINWAITTHREAD. */
  readonly inWaitThread?: boolean;
  /** Runs once: WT_EXECUTEONLYONCE. */
  readonly once?: boolean;
  /**
   * Whether a call satisfies the wait: resets an auto-reset event, and comes again while a manual-reset one stays set.
   */
  readonly consumes?: boolean;
}

/** The manner of a registered wait, as bits: there may be very many waits, and most are alike. */
const Manner = { IN_WAIT_THREAD: 1, CONSUMES: 2, ONCE: 4, DONE: 8, REFERENCED: 16 } as const;

/** The time-out of a registered wait. */
class WaitTimer {
  timedOut = false;
  #timer: Timer | null = null;

  constructor(
    readonly wait: RegisteredWait,
    readonly milliseconds: number,
  ) {
    this.start();
  }

  start(): void {
    this.cancel();
    const { reactor } = this.wait;
    this.#timer = reactor.setTimer(reactor.clock.now() + this.milliseconds, () => {
      this.timedOut = true;
      reactor.queueWait(this.wait);
    });
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}

/** A registered wait: runs from the event loop while its event is signalled. */
class RegisteredWait implements DeferredWork {
  queued = false;
  /** The next one on the same event object. */
  next: RegisteredWait | null = null;
  #manner: number;
  readonly #timer: WaitTimer | null = null;

  constructor(
    readonly handle: number,
    public event: EventObject | null,
    readonly callback: WaitOrTimerCallback,
    readonly context: unknown,
    { timeout = Infinity, inWaitThread = false, once = false, consumes = true }: WaitOptions,
    readonly reactor: Reactor,
  ) {
    this.#manner = Manner.REFERENCED;
    if (inWaitThread) this.#manner |= Manner.IN_WAIT_THREAD;
    if (once) this.#manner |= Manner.ONCE;
    if (consumes) this.#manner |= Manner.CONSUMES;
    if (timeout !== Infinity) this.#timer = new WaitTimer(this, timeout);
  }

  /** Whether it runs as soon as the poller has looked. */
  get inWaitThread(): boolean {
    return (this.#manner & Manner.IN_WAIT_THREAD) !== 0;
  }

  /** Whether it keeps the process alive. */
  get referenced(): boolean {
    return (this.#manner & Manner.REFERENCED) !== 0;
  }
  set referenced(on: boolean) {
    this.#manner = on ? this.#manner | Manner.REFERENCED : this.#manner & ~Manner.REFERENCED;
  }

  run(): void {
    const event = this.event;
    const timedOut = this.takeTimeOut();
    if (event === null || (this.#manner & Manner.DONE) !== 0 || (!event.signalled && !timedOut)) return;
    const signalled = event.signalled;
    if (signalled && event.autoReset && (this.#manner & Manner.CONSUMES) !== 0) event.signalled = false;
    if ((this.#manner & Manner.ONCE) !== 0) {
      this.#manner |= Manner.DONE;
      this.#timer?.cancel();
    } else {
      this.#timer?.start();
    }
    this.callback(this.context, !signalled);
    const goesOn = (this.#manner & (Manner.CONSUMES | Manner.DONE)) === Manner.CONSUMES;
    if (goesOn && this.event !== null && this.event.signalled) this.reactor.queueWait(this);
  }

  /** The event object or the wait itself is gone. */
  drop(): void {
    this.event = null;
    this.#timer?.cancel();
  }

  private takeTimeOut(): boolean {
    if (this.#timer === null) return false;
    const { timedOut } = this.#timer;
    this.#timer.timedOut = false;
    return timedOut;
  }
}

/** What a provider has run as deferred work when an event is set. */
class EventCallback implements DeferredWork {
  queued = false;

  constructor(
    readonly callback: () => void,
    readonly reactor: Reactor,
  ) {}

  // What the callback returns goes to the reactor, which refuses promises.
  run(): void {
    this.reactor.ranForeignCode();
    return this.callback();
  }
}

class EventObject {
  signalled = false;
  callback: EventCallback | null = null;
  /** The registered waits, in order, each with the next; most events have one at most. */
  firstWait: RegisteredWait | null = null;

  constructor(
    readonly handle: number,
    readonly autoReset: boolean,
  ) {}

  addWait(wait: RegisteredWait): void {
    let last = this.firstWait;
    if (last === null) {
      this.firstWait = wait;
      return;
    }
    while (last.next !== null) last = last.next;
    last.next = wait;
  }

  removeWait(wait: RegisteredWait): void {
    if (this.firstWait === wait) {
      this.firstWait = wait.next;
      return;
    }
    let before = this.firstWait;
    while (before !== null && before.next !== wait) before = before.next;
    if (before !== null) before.next = wait.next;
  }
}

/** The event objects of an instance, and who is called when one is set. */
export class EventTable {
  /** Event objects and registered waits by handle divided by 4; dense, for an array with holes is slower to read. */
  #objects: (EventObject | RegisteredWait | undefined)[] = [];

  constructor(
    private readonly handles: HandleAllocator,
    private readonly reactor: Reactor,
  ) {}

  /** Creates an event object, not signalled. */
  create(autoReset: boolean, owner?: number): number {
    const handle = this.handles.allocate(owner);
    this.#enter(new EventObject(handle, autoReset));
    return handle;
  }

  #enter(object: EventObject | RegisteredWait): void {
    const place = object.handle >>> 2;
    while (this.#objects.length < place) this.#objects.push(undefined);
    this.#objects[place] = object;
  }

  /** Finds an event object; anything may be asked for. */
  #find(handle: unknown): EventObject | undefined {
    if (typeof handle !== 'number') return undefined;
    const object = this.#objects[handle >>> 2];
    return object instanceof EventObject && object.handle === handle ? object : undefined;
  }

  #findWait(hWait: number): RegisteredWait | undefined {
    const object = this.#objects[hWait >>> 2];
    return object instanceof RegisteredWait && object.handle === hWait ? object : undefined;
  }

  /** Whether a handle is an event object's. */
  has(handle: number): boolean {
    return this.#find(handle) !== undefined;
  }

  /** Whether an event object is signalled; `undefined` when there is none of that handle. */
  isSignalled(handle: number): boolean | undefined {
    return this.#find(handle)?.signalled;
  }

  /** Signals an event object. */
  set(handle: number): boolean {
    const event = this.#find(handle);
    if (event === undefined) return false;
    event.signalled = true;
    if (event.callback !== null) this.reactor.defer(event.callback);
    for (let wait = event.firstWait; wait !== null; wait = wait.next) this.reactor.queueWait(wait);
    return true;
  }

  /** Clears an event object's signal. */
  reset(handle: number): boolean {
    const event = this.#find(handle);
    if (event === undefined) return false;
    event.signalled = false;
    return true;
  }

  /** What a satisfied wait does to an event object: resets it if it is an auto-reset one. */
  consume(handle: number): void {
    const event = this.#find(handle);
    if (event !== undefined && event.autoReset) event.signalled = false;
  }

  /** Destroys an event object and what waits for it. */
  close(handle: number): boolean {
    const event = this.#find(handle);
    if (event === undefined) return false;
    this.#objects[handle >>> 2] = undefined;
    for (let wait = event.firstWait; wait !== null; wait = wait.next) this.#drop(wait);
    event.firstWait = null;
    event.callback = null;
    event.signalled = false;
    this.handles.release(handle);
    return true;
  }

  /** Sets or takes off the provider's callback of an event object. */
  onEvent(handle: number, callback: (() => void) | null): boolean {
    const event = this.#find(handle);
    if (event === undefined) return false;
    event.callback = callback === null ? null : new EventCallback(callback, this.reactor);
    if (event.callback !== null && event.signalled) this.reactor.defer(event.callback);
    return true;
  }

  /**
   * Registers an application's callback on an event object; 0 when there is none of that handle.
   */
  registerWait(handle: number, callback: WaitOrTimerCallback, context: unknown, options: WaitOptions = {}): number {
    const event = this.#find(handle);
    if (event === undefined) return 0;
    const wait = new RegisteredWait(this.handles.allocate(), event, callback, context, options, this.reactor);
    this.#enter(wait);
    event.addWait(wait);
    this.reactor.ref();
    if (event.signalled) this.reactor.queueWait(wait);
    return wait.handle;
  }

  /** Registers a callback that is called once per signal, whatever it does to the event; for promises. */
  observeSignal(handle: number, callback: () => void): number {
    return this.registerWait(handle, callback, undefined, { consumes: false });
  }

  /** Takes a registered wait off. */
  unregisterWait(hWait: number): boolean {
    const wait = this.#findWait(hWait);
    if (wait === undefined) return false;
    wait.event?.removeWait(wait);
    this.#drop(wait);
    return true;
  }

  /** Lets a registered wait keep the process alive, or not. */
  referenceWait(hWait: number, referenced: boolean): void {
    const wait = this.#findWait(hWait);
    if (wait === undefined || wait.referenced === referenced) return;
    wait.referenced = referenced;
    if (referenced) this.reactor.ref();
    else this.reactor.unref();
  }

  /** Destroys everything. */
  closeAll(): void {
    for (const object of this.#objects) if (object instanceof EventObject) this.close(object.handle);
  }

  #drop(wait: RegisteredWait): void {
    wait.drop();
    this.#objects[wait.handle >>> 2] = undefined;
    this.handles.release(wait.handle);
    if (wait.referenced) this.reactor.unref();
  }
}
