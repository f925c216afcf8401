import type { DeferredWork, Timer } from '../spi/index.js';
import type { HandleAllocator } from './handles.js';
import type { Reactor } from './reactor.js';

/** A callback of `RegisterWaitForSingleObject`. */
export type WaitOrTimerCallback = (context: unknown, timedOut: boolean) => void;

/** What a registered wait does beside the ordinary. */
export interface WaitOptions {
  /** Milliseconds without a signal after which the callback is called with `timedOut`; `Infinity` for never. */
  readonly timeout?: number;
  /** Runs as soon as the poller has looked: WT_EXECUTEINWAITTHREAD. */
  readonly inWaitThread?: boolean;
  /** Runs once: WT_EXECUTEONLYONCE. */
  readonly once?: boolean;
  /** Whether a call satisfies the wait: resets an auto-reset event, and comes again while a manual-reset one stays set. */
  readonly consumes?: boolean;
}

/** A registered wait: runs from the event loop while its event is signalled. */
class RegisteredWait implements DeferredWork {
  queued = false;
  referenced = true;
  readonly inWaitThread: boolean;
  readonly #consumes: boolean;
  readonly #once: boolean;
  readonly #timeout: number;
  #timer: Timer | null = null;
  #timedOut = false;
  #done = false;

  constructor(
    readonly handle: number,
    public event: EventObject | null,
    readonly callback: WaitOrTimerCallback,
    readonly context: unknown,
    options: WaitOptions,
    readonly reactor: Reactor,
  ) {
    this.inWaitThread = options.inWaitThread ?? false;
    this.#consumes = options.consumes ?? true;
    this.#once = options.once ?? false;
    this.#timeout = options.timeout ?? Infinity;
    this.#startTimer();
  }

  run(): void {
    const event = this.event;
    const timedOut = this.#timedOut;
    this.#timedOut = false;
    if (event === null || this.#done || (!event.signalled && !timedOut)) return;
    const signalled = event.signalled;
    if (signalled && event.autoReset && this.#consumes) event.signalled = false;
    if (this.#once) this.#done = true;
    this.#startTimer();
    this.callback(this.context, !signalled);
    if (this.#consumes && !this.#done && this.event !== null && event.signalled) this.reactor.queueWait(this);
  }

  /** The event object or the wait itself is gone. */
  drop(): void {
    this.event = null;
    this.#timer?.cancel();
  }

  #startTimer(): void {
    this.#timer?.cancel();
    if (this.#timeout === Infinity || this.#done) return;
    this.#timer = this.reactor.setTimer(this.reactor.clock.now() + this.#timeout, () => {
      this.#timedOut = true;
      this.reactor.queueWait(this);
    });
  }
}

/** What a provider has run as deferred work when an event is set. */
class EventCallback implements DeferredWork {
  queued = false;

  constructor(
    readonly callback: () => void,
    readonly reactor: Reactor,
  ) {}

  run(): void {
    this.reactor.ranForeignCode();
    this.callback();
  }
}

class EventObject {
  signalled = false;
  callback: EventCallback | null = null;
  waits: RegisteredWait[] | null = null;

  constructor(
    readonly handle: number,
    readonly autoReset: boolean,
  ) {}
}

/** The event objects of an instance, and who is called when one is set. */
export class EventTable {
  /** By handle divided by 4; dense, for an array with holes is slower to read. */
  #events: (EventObject | undefined)[] = [];
  readonly #waits = new Map<number, RegisteredWait>();

  constructor(
    private readonly handles: HandleAllocator,
    private readonly reactor: Reactor,
  ) {}

  /** Creates an event object, not signalled. */
  create(autoReset: boolean): number {
    const handle = this.handles.allocate();
    while (this.#events.length < handle >>> 2) this.#events.push(undefined);
    this.#events[handle >>> 2] = new EventObject(handle, autoReset);
    return handle;
  }

  /** Finds an event object; anything may be asked for. */
  #find(handle: unknown): EventObject | undefined {
    if (typeof handle !== 'number') return undefined;
    const event = this.#events[handle >>> 2];
    return event !== undefined && event.handle === handle ? event : undefined;
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
    if (event.waits !== null) {
      for (let i = 0; i < event.waits.length; i++) this.reactor.queueWait(event.waits[i]!);
    }
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
    this.#events[handle >>> 2] = undefined;
    for (const wait of event.waits ?? []) this.#drop(wait);
    event.waits = null;
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
    this.#waits.set(wait.handle, wait);
    (event.waits ??= []).push(wait);
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
    const wait = this.#waits.get(hWait);
    if (wait === undefined) return false;
    const waits = wait.event?.waits;
    if (waits) waits.splice(waits.indexOf(wait), 1);
    this.#drop(wait);
    return true;
  }

  /** Has a registered wait keep the process alive, or not. */
  referenceWait(hWait: number, referenced: boolean): void {
    const wait = this.#waits.get(hWait);
    if (wait === undefined || wait.referenced === referenced) return;
    wait.referenced = referenced;
    if (referenced) this.reactor.ref();
    else this.reactor.unref();
  }

  /** Destroys everything. */
  closeAll(): void {
    for (const event of this.#events) if (event !== undefined) this.close(event.handle);
  }

  #drop(wait: RegisteredWait): void {
    wait.drop();
    this.#waits.delete(wait.handle);
    this.handles.release(wait.handle);
    if (wait.referenced) this.reactor.unref();
  }
}
