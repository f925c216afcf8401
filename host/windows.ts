import { ignoreOutcome, isThenable } from '../spi/answers.js';
import type { DeferredWork, Defect } from '../spi/index.js';
import type { HandleAllocator } from './handles.js';
import type { Reactor } from './reactor.js';
import { rethrow } from './rethrow.js';
import { TurnBudget } from './turn-budget.js';

/** A window message, as a message loop gets it. */
export interface WindowMessage {
  readonly hWnd: number;
  readonly message: number;
  readonly wParam: number;
  readonly lParam: number;
}

/** A window's procedure. */
export type WindowProcedure = (hWnd: number, message: number, wParam: number, lParam: number) => unknown;

/** What posts a window message in place of the window's queue; says whether it was posted. */
export type PostRoutine = (hWnd: number, message: number, wParam: number, lParam: number) => boolean;

/** Messages that may wait; a post beyond that fails, as on Windows. */
const QUEUE_LIMIT = 10_000;

/**
 * The message windows of an instance's thread, and its message queue. A window with a procedure is served from the
 * event loop too, in the application's phase of a turn; messages of others wait for the message loop.
 */
export class MessageWindows implements DeferredWork {
  queued = false;
  readonly #windows = new Map<number, WindowProcedure | null>();
  #queue: WindowMessage[] = [];
  #quit = false;
  #postRoutine: PostRoutine | null = null;
  readonly #budget: TurnBudget;

  constructor(
    private readonly handles: HandleAllocator,
    private readonly reactor: Reactor,
    private readonly report: (defect: Defect) => void,
  ) {
    this.#budget = new TurnBudget(!reactor.clock.virtual);
  }

  /** Makes a window. */
  create(procedure: WindowProcedure | null): number {
    const hWnd = this.handles.allocate();
    this.#windows.set(hWnd, procedure);
    return hWnd;
  }

  /** Destroys a window and what waits for it; false when there is none of that handle. */
  destroy(hWnd: number): boolean {
    if (!this.#windows.delete(hWnd)) return false;
    this.#queue = this.#queue.filter((message) => message.hWnd !== hWnd);
    this.handles.release(hWnd);
    return true;
  }

  /** Whether a handle is a window's; with a post routine of the application's own, only that knows its windows. */
  has(hWnd: number): boolean {
    return this.#windows.has(hWnd) || (this.#postRoutine !== null && hWnd !== 0);
  }

  /** Posts a message that WinSock has for a window: to the queue, or by the routine that has replaced that. */
  postNotice(hWnd: number, message: number, wParam: number, lParam: number): boolean {
    const routine = this.#postRoutine;
    if (routine === null) return this.post(hWnd, message, wParam, lParam);
    try {
      const posted: unknown = routine(hWnd, message, wParam, lParam);
      if (!isThenable(posted)) return Boolean(posted);
      ignoreOutcome(posted);
      this.report({
        message: 'the post routine returned a promise; its message is lost: say at once whether it was posted',
      });
      return false;
    } catch (cause) {
      this.report({ message: 'the post routine threw; its message is lost', cause });
      return false;
    }
  }

  /** Replaces what posts the messages that WinSock has; `null` puts the queue back. */
  setPostRoutine(routine: PostRoutine | null): void {
    this.#postRoutine = routine;
  }

  /** The first message that waits, or `null`; looks at the descriptors first. */
  peek(hWnd: number, remove: boolean): WindowMessage | null {
    if (this.find(hWnd) < 0) this.reactor.poll();
    return this.take(hWnd, remove);
  }

  /** Waits for a message and takes it; `null` when the loop is to end, or the wait was interrupted. */
  get(hWnd: number): WindowMessage | null {
    if (!this.ready(hWnd)) this.reactor.wait(() => this.ready(hWnd), Infinity, 'no', 'GetMessage');
    return this.takeQuit(hWnd) ? null : this.take(hWnd, true);
  }

  /** Appends a message to the queue; false when there is no such window, or too much waits. */
  post(hWnd: number, message: number, wParam: number, lParam: number): boolean {
    const procedure = this.#windows.get(hWnd);
    if (procedure === undefined || this.#queue.length >= QUEUE_LIMIT) return false;
    this.#queue.push({ hWnd, message, wParam, lParam });
    if (procedure !== null) this.reactor.queueForApplication(this);
    return true;
  }

  /** Makes the next `take` from an empty queue say that the loop is to end. */
  postQuit(): void {
    this.#quit = true;
  }

  /** Whether the loop is to end: nothing waits, and somebody said so. */
  takeQuit(hWnd: number): boolean {
    if (!this.#quit || this.find(hWnd) >= 0) return false;
    this.#quit = false;
    return true;
  }

  /** Whether `takeQuit` or `take` would yield something. */
  ready(hWnd: number): boolean {
    return this.#quit || this.find(hWnd) >= 0;
  }

  /** The place of the first message for a window, or for any when `hWnd` is 0; -1 for none. */
  find(hWnd: number): number {
    if (hWnd === 0) return this.#queue.length > 0 ? 0 : -1;
    return this.#queue.findIndex((message) => message.hWnd === hWnd);
  }

  /** The first message for a window, or for any when `hWnd` is 0; left in the queue unless it is to be removed. */
  take(hWnd: number, remove: boolean): WindowMessage | null {
    const place = this.find(hWnd);
    if (place < 0) return null;
    const message = this.#queue[place]!;
    if (remove) this.#queue.splice(place, 1);
    return message;
  }

  /** Calls the procedure of a message's window. */
  dispatch({ hWnd, message, wParam, lParam }: WindowMessage): unknown {
    return this.#windows.get(hWnd)?.(hWnd, message, wParam, lParam);
  }

  /** Takes the first message for a window that has a procedure, and calls that; false when there is none. */
  dispatchNext(): boolean {
    const place = this.#queue.findIndex(({ hWnd }) => this.#windows.get(hWnd));
    if (place < 0) return false;
    const [message] = this.#queue.splice(place, 1);
    try {
      this.dispatch(message!);
    } catch (cause) {
      rethrow(cause);
    }
    return true;
  }

  /**
   * From the event loop: the messages that wait now, for windows that have a procedure, as far as a turn goes; the rest
   * in the next one.
   */
  run(): void {
    this.#budget.renew();
    for (let waiting = this.#queue.length; waiting > 0; waiting--) {
      if (!this.#budget.take()) return this.reactor.queueForApplication(this);
      if (!this.dispatchNext()) return;
    }
  }
}
