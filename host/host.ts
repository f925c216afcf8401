import { ignoreOutcome, isThenable } from '../spi/answers.js';
import {
  ERROR_ABANDONED_WAIT_0,
  ERROR_INVALID_HANDLE,
  INFINITE,
  WAIT_TIMEOUT,
  WSA_WAIT_IO_COMPLETION,
  WSAEINTR,
  type Alertable,
  type Clock,
  type Defect,
  type DeferredWork,
  type HandleObserver,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type LPWSAUSERAPC,
  type RandomSource,
  type Ref,
  type Timer,
  type WorkBudget,
  type WaitResult,
  type WSAOVERLAPPED,
  type WSATHREADID,
} from '../spi/index.js';
import { CompletionPorts, type CompletionPacket } from './completion-ports.js';
import { EventWaits, type AsyncWaitOptions } from './event-waits.js';
import { EventTable, type WaitOptions, type WaitOrTimerCallback } from './events.js';
import { HandleAllocator } from './handles.js';
import { ObserverTable } from './observers.js';
import { OverlappedResults } from './overlapped.js';
import { Reactor, rethrow, type BlockingHook } from './reactor.js';
import { MessageWindows, type WindowMessage, type WindowProcedure } from './windows.js';

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

/** What posts a window message in place of the window's queue; says whether it was posted. */
export type PostRoutine = (hWnd: number, message: number, wParam: number, lParam: number) => boolean;

/** What WinSock takes from Win32, for one instance: handles, waiting, timers, events, APCs, overlapped results. */
export class Host {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** The thread that the instance belongs to. */
  readonly thread: WSATHREADID;
  /** What runs while a provider's blocking call waits; `null` but for WinSock 1.1 applications. */
  blockingHook: BlockingHook | null = null;
  #limit = Infinity;
  readonly #handles = new HandleAllocator();
  readonly #reactor: Reactor;
  readonly #events: EventTable;
  readonly #waits: EventWaits;
  readonly #observers: ObserverTable;
  readonly #overlapped: OverlappedResults;
  readonly #windows: MessageWindows;
  readonly #ports = new CompletionPorts();
  #postRoutine: PostRoutine | null = null;
  readonly #report: HostOptions['report'];

  constructor(options: HostOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.#report = options.report;
    this.#reactor = new Reactor(options);
    this.#events = new EventTable(this.#handles, this.#reactor);
    this.#waits = new EventWaits(this.#events, this.#reactor, options.clock);
    this.#observers = new ObserverTable(options.report);
    this.#overlapped = new OverlappedResults(this.#reactor, this.#events, this.#observers, this.#ports);
    this.#windows = new MessageWindows(this.#handles, this.#reactor, rethrow);
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
    this.#observers.drop(handle);
    this.#ports.dissociate(handle);
    this.#handles.release(handle);
  }

  /** Whether providers' work is being done, so that nothing may block. */
  get inProvidersPhase(): boolean {
    return this.#reactor.inProvidersPhase;
  }
  /** Pumps until the condition holds; see `InstanceHost.wait`. */
  wait(condition: () => boolean, deadline: number, alertable: Alertable, description?: string): WaitResult {
    const limit = this.#limit;
    if (limit === Infinity) return this.#reactor.wait(condition, deadline, alertable, description, this.blockingHook);
    // What the application does from within this wait is not limited.
    this.#limit = Infinity;
    try {
      const until = Math.min(deadline, limit);
      const ended = this.#reactor.wait(condition, until, alertable, description, this.blockingHook);
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
  /** Has an exception of the application's surface as an uncaught one, from the event loop. */
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

  /** Creates an event object. */
  createEvent(autoReset = false, owner?: number): number {
    return this.#events.create(autoReset, owner);
  }
  /** Signals an event object. */
  setEvent(hEvent: number): boolean {
    return this.#events.set(hEvent);
  }
  /** Clears an event object's signal. */
  resetEvent(hEvent: number): boolean {
    return this.#events.reset(hEvent);
  }
  /** Destroys an event object. */
  closeEvent(hEvent: number): boolean {
    return this.#events.close(hEvent);
  }
  /** Whether a handle is an event object's. */
  isEvent(hEvent: number): boolean {
    return this.#events.has(hEvent);
  }
  /** Has a provider's callback run as deferred work whenever an event object is set. */
  onEvent(hEvent: number, callback: (() => void) | null): boolean {
    return this.#events.onEvent(hEvent, callback);
  }

  /**
   * Has a callback run from the event loop whenever an event object is signalled, until `UnregisterWait`. It keeps the
   * process alive. A manual-reset event that the callback leaves signalled has it called again.
   *
   * @param options time-out and manner; see `WaitOptions`
   * @returns the wait's handle; 0 when there is no such event
   */
  RegisterWaitForSingleObject(
    hObject: number,
    callback: WaitOrTimerCallback,
    context?: unknown,
    options?: WaitOptions,
  ): number {
    return this.#events.registerWait(hObject, callback, context, options);
  }
  /** Takes a registered wait off; false when there is none of that handle. */
  UnregisterWait(hWait: number): boolean {
    return this.#events.unregisterWait(hWait);
  }
  /** Has a registered wait keep the process alive. */
  refWait(hWait: number): void {
    this.#events.referenceWait(hWait, true);
  }
  /** Has a registered wait no longer keep the process alive. */
  unrefWait(hWait: number): void {
    this.#events.referenceWait(hWait, false);
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

  /** Posts a window message to the window's queue, or by the routine that has replaced that. */
  postMessage(hWnd: number, message: number, wParam: number, lParam: number): boolean {
    const routine = this.#postRoutine;
    if (routine === null) return this.#windows.post(hWnd, message, wParam, lParam);
    try {
      const posted: unknown = routine(hWnd, message, wParam, lParam);
      if (!isThenable(posted)) return Boolean(posted);
      ignoreOutcome(posted);
      this.#report({
        message: 'the post routine returned a promise; its message is lost: say at once whether it was posted',
      });
      return false;
    } catch (cause) {
      this.#report({ message: 'the post routine threw; its message is lost', cause });
      return false;
    }
  }
  /** Replaces what `WPUPostMessage` does; `null` puts the original back. */
  setPostRoutine(routine: PostRoutine | null): void {
    this.#postRoutine = routine;
  }
  /** Whether a handle is a message window's; with a post routine of the application's own, only that knows its windows. */
  isWindow(hWnd: number): boolean {
    return this.#windows.has(hWnd) || (this.#postRoutine !== null && hWnd !== 0);
  }
  /** Makes a message window. */
  CreateWindow(procedure: WindowProcedure | null = null): number {
    return this.#windows.create(procedure);
  }
  /** Destroys a message window; false when there is none of that handle. */
  DestroyWindow(hWnd: number): boolean {
    return this.#windows.destroy(hWnd);
  }
  /** Posts a message to a window's queue; false when there is no such window. */
  PostMessage(hWnd: number, message: number, wParam: number, lParam: number): boolean {
    return this.#windows.post(hWnd, message, wParam, lParam);
  }
  /** Has `GetMessage` return `null` once nothing waits. */
  PostQuitMessage(): void {
    this.#windows.postQuit();
  }
  /** The first message that waits, or `null`; looks at the descriptors first. */
  PeekMessage(hWnd: number, remove: boolean): WindowMessage | null {
    if (this.#windows.find(hWnd) < 0) this.#reactor.poll();
    return this.#windows.take(hWnd, remove);
  }
  /** Waits for a message and takes it; `null` for WM_QUIT, or when the wait was interrupted. */
  GetMessage(hWnd: number): WindowMessage | null {
    if (!this.#windows.ready(hWnd)) {
      this.#reactor.wait(() => this.#windows.ready(hWnd), Infinity, 'no', 'GetMessage');
    }
    if (this.#windows.takeQuit(hWnd)) return null;
    return this.#windows.take(hWnd, true);
  }
  /** Takes the first message for a window that has a procedure, and calls that; false when there is none. */
  dispatchNextMessage(): boolean {
    return this.#windows.dispatchNext();
  }
  /** Calls the procedure of a message's window. */
  DispatchMessage(message: WindowMessage): unknown {
    return this.#windows.dispatch(message);
  }

  /**
   * Makes a completion port, or sends a handle's completions to one (Win32: CreateIoCompletionPort).
   *
   * @returns the port's handle; 0 when there is no such port, or the handle has one already
   */
  CreateIoCompletionPort(handle: number | null, port: number | null, key: unknown): number {
    const hPort = port ?? this.#handles.allocate();
    if (port === null) this.#ports.create(hPort);
    if (handle === null) return port === null ? hPort : 0;
    return this.#ports.associate(handle, hPort, key) ? hPort : 0;
  }

  /** Whether a handle's completions go to a port. */
  hasCompletionPort(handle: number): boolean {
    return this.#ports.any && this.#ports.isAssociated(handle);
  }

  /**
   * Waits for a packet (Win32: GetQueuedCompletionStatus).
   *
   * @returns the packet; `undefined` with `lpErrno` WAIT_TIMEOUT, ERROR_INVALID_HANDLE, ERROR_ABANDONED_WAIT_0 or WSAEINTR
   */
  takeCompletion(hPort: number, timeout: number, lpErrno: Ref<number>): CompletionPacket | undefined {
    if (!this.#ports.has(hPort)) {
      lpErrno.value = ERROR_INVALID_HANDLE;
      return undefined;
    }
    if (!this.#ports.ready(hPort)) {
      const deadline = timeout === INFINITE ? Infinity : this.clock.now() + timeout;
      const ready = (): boolean => this.#ports.ready(hPort);
      const ended = this.#reactor.wait(ready, deadline, 'no', `GetQueuedCompletionStatus on port ${hPort}`);
      if (ended !== 'condition') {
        lpErrno.value = ended === 'timeout' ? WAIT_TIMEOUT : WSAEINTR;
        return undefined;
      }
    }
    const packet = this.#ports.take(hPort);
    if (packet === undefined) lpErrno.value = ERROR_ABANDONED_WAIT_0;
    return packet;
  }
  /** Queues a packet of the application's own; false when there is no such port. */
  postCompletion(hPort: number, packet: CompletionPacket): boolean {
    return this.#ports.post(hPort, packet);
  }
  /** Destroys a completion port; false when there is none of that handle. */
  closeCompletionPort(hPort: number): boolean {
    if (!this.#ports.close(hPort)) return false;
    this.#handles.release(hPort);
    return true;
  }

  /** Marks an overlapped operation as under way. */
  beginOverlapped(_s: number, overlapped: WSAOVERLAPPED, routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null): void {
    this.#overlapped.begin(overlapped, routine);
  }
  /** Completes an overlapped operation; see `InstanceHost.completeOverlapped`. */
  completeOverlapped(
    s: number,
    overlapped: WSAOVERLAPPED,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    _thread: WSATHREADID | null,
    error: number,
    transferred: number,
    flags: number,
  ): void {
    this.#overlapped.complete(s, overlapped, routine, error, transferred, flags);
  }
  /** The flags that a completed receive reported. */
  overlappedFlags(overlapped: WSAOVERLAPPED): number {
    return this.#overlapped.flagsOf(overlapped);
  }

  /** Adds an observer of a handle. */
  observe(s: number, observer: HandleObserver): () => void {
    return this.#observers.add(s, observer);
  }
  /** Whether a handle has observers. */
  isObserved(s: number): boolean {
    return this.#observers.has(s);
  }
  /** Tells a handle's observers of a network event. */
  notifyNetworkEvent(s: number, event: number, error: number): void {
    if (this.#observers.any) this.#observers.networkEvent(s, event, error);
  }

  /** Waits for one or all of some event objects; see `EventWaits.wait`. */
  waitForMultipleEvents(
    events: readonly number[],
    count: number,
    all: boolean,
    timeout: number,
    alertable: boolean,
    lpErrno: Ref<number>,
  ): number {
    return this.#waits.wait(events, count, all, timeout, alertable, lpErrno);
  }
  /** The same without blocking the thread: resolves to what `WSAWaitForMultipleEvents` would return. */
  waitForMultipleEventsAsync(events: readonly number[], options: AsyncWaitOptions = {}): Promise<number> {
    return this.#waits.waitAsync(events, options);
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
    this.#events.closeAll();
    this.#reactor.close();
  }
}
