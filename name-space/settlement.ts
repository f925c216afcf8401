import { shown } from '../spi/answers.js';
import { WSA_E_CANCELLED, WSAEINTR, WSAETIMEDOUT, WSASYSCALLFAILURE, type InstanceHost } from '../spi/index.js';
import type { Blame } from './blame.js';
import type { Deadlines, Limited } from './deadlines.js';

/** Where the author of a name space puts the one answer to what is asked of it, at once or any time later. */
export interface RequestAnswer {
  /** Whether nothing more is wanted: it was answered, cancelled, or took too long. */
  readonly isOver: boolean;
  /**
   * Ends it with an error.
   *
   * @param error a WSA error
   */
  fail(error: number): void;
  /**
   * Has a function called when nobody wants the answer any more: whoever asked has gone, or it took too long. What is
   * under way for it is to be taken back then, and nothing more answered.
   */
  onCancel(cancelled: () => void): void;
}

/** What settlements of one use of a name space have in common. */
export interface SettlementContext {
  readonly host: InstanceHost;
  readonly blame: Blame;
  /** How long it may go without an answer, or a part of it; `null` for ever. */
  readonly deadlines: Deadlines | null;
}

/** Told how something that was asked of an author has ended. */
export interface SettlementListener {
  /**
   * Called when it was answered or took too long; not when it was cancelled.
   *
   * @param error 0 or a WSA error
   */
  settled(error: number): void;
}

/** Something that is asked of an author, and answered once: by the author, by a cancellation, or by the time. */
export class Settlement implements Limited {
  deadline = 0;
  earlier: Limited | null = null;
  later: Limited | null = null;
  #error: number | null = null;
  #wasCancelled = false;
  #isAsking = false;
  // Nearly always one.
  #cancelled: (() => void) | (() => void)[] | null = null;

  /**
   * @param hook the hook's name
   * @param listener told of the end; `null` for a settlement that is its own
   * @param tooLate the error when it took too long
   */
  constructor(
    readonly hook: string,
    protected readonly context: SettlementContext,
    private readonly listener: SettlementListener | null,
    private readonly tooLate: number = WSAETIMEDOUT,
  ) {}

  get isOver(): boolean {
    return this.#error !== null;
  }

  /** 0, a WSA error, or `null` while it is not answered. */
  get error(): number | null {
    return this.#error;
  }

  /** Calls the hook; a function that it returns is told of a cancellation. */
  ask(call: () => unknown): void {
    this.#isAsking = true;
    const outcome = this.context.blame.call(this.hook, call);
    this.#isAsking = false;
    if (!outcome.isSound) this.#settle(WSASYSCALLFAILURE);
    else if (typeof outcome.value === 'function') this.onCancel(outcome.value);
    this.goOn();
  }

  /** It is being answered: the time that it may take begins anew. */
  goOn(): void {
    // What is answered at once needs none.
    if (!this.isOver && !this.#isAsking) this.context.deadlines?.begin(this);
  }

  expired(): void {
    this.#giveUp(this.tooLate, true);
  }

  /**
   * Whether the author may still answer; if not, that is reported.
   *
   * @param call what the author called: `done`
   */
  isOpen(call: string): boolean {
    if (!this.isOver) return true;
    this.context.blame.tell(
      this.#wasCancelled
        ? `called answer.${call} after ${this.hook} was cancelled: take back what is under way in answer.onCancel`
        : `called answer.${call} after ${this.hook} had been answered: answer once, by done or fail`,
    );
    return false;
  }

  /** The author says that it was done. */
  done(): void {
    if (this.isOpen('done')) this.#settle(0);
  }

  /** The author says that it failed. */
  fail(error: unknown): void {
    if (!this.isOpen('fail')) return;
    if (typeof error === 'number' && error >>> 0 === error && error !== 0) {
      this.#settle(error);
      return;
    }
    this.context.blame.tell(`called answer.fail(${shown(error)}): an error is a WSA code, such as WSATRY_AGAIN`);
    this.#settle(WSASYSCALLFAILURE);
  }

  /** The author wants to be told of a cancellation; when it is over, there will be none. */
  onCancel(cancelled: unknown): void {
    if (typeof cancelled !== 'function') {
      this.context.blame.wrongValue('the argument of answer.onCancel', cancelled, 'a function');
    } else if (!this.isOver) {
      const others = this.#cancelled;
      const one = cancelled as () => void;
      if (others === null) this.#cancelled = one;
      else if (typeof others === 'function') this.#cancelled = [others, one];
      else others.push(one);
    } else if (this.#wasCancelled) this.#tellCancelled(cancelled as () => void);
  }

  /** Nobody wants the answer any more. */
  cancel(): void {
    this.#giveUp(WSA_E_CANCELLED, false);
  }

  #giveUp(error: number, tells: boolean): void {
    if (this.isOver) return;
    this.#wasCancelled = true;
    const cancelled = this.#cancelled;
    this.#error = error;
    this.#clear();
    this.#tellCancelled(cancelled);
    if (tells) this.tellSettled(error);
  }

  #settle(error: number): void {
    if (this.isOver) return;
    this.#error = error;
    this.#clear();
    this.tellSettled(error);
  }

  /** Tells the end. */
  protected tellSettled(error: number): void {
    this.listener?.settled(error);
  }

  #clear(): void {
    this.#cancelled = null;
    this.context.deadlines?.end(this);
  }

  #tellCancelled(cancelled: (() => void) | readonly (() => void)[] | null): void {
    const all = typeof cancelled === 'function' ? [cancelled] : (cancelled ?? []);
    for (const each of all) this.context.blame.notify('what it gave for a cancellation', each);
  }
}

/** What an author is handed of a settlement. */
export class SettlementAnswer implements RequestAnswer {
  readonly #settlement: Settlement;

  constructor(settlement: Settlement) {
    this.#settlement = settlement;
  }

  get isOver(): boolean {
    return this.#settlement.isOver;
  }

  /** It was done. */
  done(): void {
    this.#settlement.done();
  }

  fail(error: number): void {
    this.#settlement.fail(error);
  }

  onCancel(cancelled: () => void): void {
    this.#settlement.onCancel(cancelled);
  }
}

/**
 * Waits until something was answered, in a routine that may block.
 *
 * @param pending what is under way, among which it is
 * @returns 0 or a WSA error; WSAEINTR when the wait was interrupted, and what was asked is cancelled
 */
export function waitFor(settlement: Settlement, { host, blame }: SettlementContext, pending: Set<Settlement>): number {
  const isOver = (): boolean => settlement.isOver;
  if (!isOver()) host.wait(isOver, Infinity, 'no', `${settlement.hook} of name space "${blame.name}"`);
  pending.delete(settlement);
  if (isOver()) return settlement.error!;
  settlement.cancel();
  return WSAEINTR;
}
