import { codedError } from './errors.js';

/** Tells of silence. Http sets and takes back one and the same time limit for every request, so a timer is used again. */
export class IdleTimer<T> {
  #timer: NodeJS.Timeout | null = null;
  #length = 0;
  #active = false;

  /** @param owner handed to `ran`, which is called when the time is up */
  constructor(
    private readonly owner: T,
    private readonly ran: (owner: T) => void,
  ) {}

  /** Sets the time limit in milliseconds; 0 for none. Throws a RangeError with Node.js' code when it is no duration. */
  set(milliseconds: number): void {
    if (!(milliseconds >= 0 && Number.isFinite(milliseconds))) {
      throw codedError('ERR_OUT_OF_RANGE', `The value of "msecs" is out of range: ${String(milliseconds)}`, RangeError);
    }
    this.#active = milliseconds > 0;
    // A timer that is not wanted is left to run out.
    if (!this.#active) return;
    if (this.#timer !== null && this.#length === milliseconds) {
      this.#timer.refresh();
      return;
    }
    this.clear();
    this.#active = true;
    this.#length = milliseconds;
    this.#timer = setTimeout(ring, milliseconds, this).unref();
  }

  /** There was traffic. */
  refresh(): void {
    if (this.#active) this.#timer?.refresh();
  }

  /** Ends it. */
  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
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
