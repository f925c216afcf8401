import { shown } from '../spi/answers.js';
import { WSA_E_CANCELLED, WSAETIMEDOUT, WSASYSCALLFAILURE, type InstanceHost, type Timer } from '../spi/index.js';
import type { Blame } from './blame.js';

/** Where the author puts the one answer to a request, at once or later. */
export interface RequestAnswer {
  /** Whether nothing is wanted any more. */
  readonly isOver: boolean;
  /** Ends it with an error: a WSA code. */
  fail(error: number): void;
  /** Has a function called when nobody wants the answer any more. */
  onCancel(cancelled: () => void): void;
}

/** A request that is answered once: by the author, by a cancellation or because it takes too long. */
export class Settlement {
  #error: number | null = null;
  #wasCancelled = false;
  #cancelled: (() => void)[] = [];
  #timer: Timer | null = null;

  /**
   * @param what the hook's name
   * @param told called with 0 or the error, when it was answered or took too long
   */
  constructor(
    private readonly what: string,
    private readonly host: InstanceHost,
    private readonly blame: Blame,
    private readonly timeout: number,
    private readonly told: (error: number) => void,
  ) {}

  get isOver(): boolean {
    return this.#error !== null;
  }

  /** 0, a WSA error, or `null` while it is not answered. */
  get error(): number | null {
    return this.#error;
  }

  /** Calls the hook. */
  ask(hook: () => unknown): void {
    const { host, timeout } = this;
    if (timeout !== Infinity) {
      this.#timer = host.setTimer(host.clock.now() + timeout, () => this.#giveUp(WSAETIMEDOUT, true));
    }
    const outcome = this.blame.call(this.what, hook);
    if (!outcome.isSound) this.#settle(WSASYSCALLFAILURE, true);
    else if (typeof outcome.value === 'function') this.onCancel(outcome.value as () => void);
  }

  /** Ends it for the author, who says 0 or an error. */
  settle(error: number, call: string): void {
    if (this.isOver) {
      this.blame.tell(
        this.#wasCancelled
          ? `called answer.${call} after its ${this.what} was cancelled: take back what is under way in answer.onCancel`
          : `called answer.${call} after its ${this.what} had been answered: answer it once, by done or fail`,
      );
      return;
    }
    this.#settle(error, true);
  }

  fail(error: unknown): void {
    if (typeof error === 'number' && error >>> 0 === error && error !== 0) {
      this.settle(error, 'fail');
      return;
    }
    this.blame.tell(`called answer.fail(${shown(error)}): an error is a WSA code, such as WSATRY_AGAIN`);
    this.#settle(WSASYSCALLFAILURE, true);
  }

  onCancel(cancelled: unknown): void {
    if (typeof cancelled !== 'function') {
      this.blame.wrongValue('the argument of answer.onCancel', cancelled, 'a function');
    } else if (!this.isOver) this.#cancelled.push(cancelled as () => void);
  }

  /** Nobody wants the answer any more. */
  cancel(): void {
    this.#giveUp(WSA_E_CANCELLED, false);
  }

  #giveUp(error: number, tells: boolean): void {
    if (this.isOver) return;
    this.#wasCancelled = true;
    const cancelled = this.#cancelled;
    this.#settle(error, tells);
    for (const each of cancelled) this.blame.notify('what it gave for a cancellation', each);
  }

  #settle(error: number, tells: boolean): void {
    if (this.isOver) return;
    this.#error = error;
    this.#cancelled = [];
    this.#timer?.cancel();
    if (tells) this.told(error);
  }
}
