/** Timers in one turn, and pieces of deferred work as well. */
const MOST_PIECES = 10_000;
/** Real milliseconds that either may take in one turn. */
const LONGEST_TURN = 10;
/** After how many pieces there is a look at the time: a look costs as much as a short piece. */
const PIECES_PER_LOOK = 8;

/**
 * What timers, or deferred work, may do in one turn; the rest waits for the next turn, so that nobody keeps the event
 * loop to himself by setting a timer for now, or deferring work, again and again.
 */
export class TurnBudget {
  #left = 0;
  #until = 0;

  /**
   * @param timed whether real time counts; under a virtual clock a run is to be the same however fast the machine is
   */
  constructor(private readonly timed: boolean) {}

  /** Begins a turn. */
  renew(): void {
    this.#left = MOST_PIECES;
    this.#until = 0;
  }

  /** Whether nothing more may be done in this turn. */
  get spent(): boolean {
    return this.#left <= 0;
  }

  /** Takes a piece; false when nothing more may be done. */
  take(): boolean {
    if (this.#left <= 0) return false;
    this.#left--;
    if (this.timed && this.#left % PIECES_PER_LOOK === 0) this.#look();
    return true;
  }

  #look(): void {
    const now = performance.now();
    // Most turns do not get this far, and need not ask when they began.
    if (this.#until === 0) this.#until = now + LONGEST_TURN;
    else if (now >= this.#until) this.#left = 0;
  }
}
