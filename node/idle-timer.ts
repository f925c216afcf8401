import type { Ws2_32 } from '../index.js';
import { startTimer, type ClockTimer } from './clock-timer.js';
import { timeoutRefusal } from './refusals.js';

/** The longest time limit in milliseconds, as for Node.js' timers. */
const LONGEST = 2 ** 31 - 1;

/**
 * Tells of silence. Http sets and takes back one and the same time limit for every request, so a timer is used again.
 */
export class IdleTimer<T> {
  #timer: ClockTimer | null = null;
  #length = 0;
  #active = false;

  /** @param owner handed to `ran`, which is called when the time is up */
  constructor(
    private readonly owner: T,
    private readonly ran: (owner: T) => void,
  ) {}

  /**
   * Sets the time limit; throws what `node:net` throws when it is no duration.
   *
   * @param milliseconds 0 for none; what is longer than 2^31 - 1 is cut to that
   * @param ws2 the instance whose clock counts
   */
  set(milliseconds: number, ws2: Ws2_32 | undefined): void {
    if (typeof milliseconds !== 'number' || !(milliseconds >= 0 && Number.isFinite(milliseconds))) {
      throw timeoutRefusal(milliseconds);
    }
    const length = milliseconds > LONGEST ? cut(milliseconds) : milliseconds;
    this.#active = length > 0;
    // A timer that is not wanted is left to run out.
    if (!this.#active) return;
    if (this.#timer !== null && this.#length === length) {
      this.#timer.refresh();
      return;
    }
    this.clear();
    this.#active = true;
    this.#length = length;
    this.#timer = startTimer(ws2, length, ring, this as { ring(): void });
  }

  /** There was traffic. */
  refresh(): void {
    if (this.#active) this.#timer?.refresh();
  }

  /** Ends it. */
  clear(): void {
    this.#timer?.close();
    this.#timer = null;
    this.#active = false;
  }

  /** Called when the time is up. */
  ring(): void {
    if (this.#active) this.ran(this.owner);
  }
}

function ring(timer: { ring(): void }): void {
  timer.ring();
}

function cut(milliseconds: number): number {
  process.emitWarning(
    `${milliseconds} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${LONGEST}.`,
    'TimeoutOverflowWarning',
  );
  return LONGEST;
}
