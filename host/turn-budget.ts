/** Pieces of one kind of work in one turn: timers, deferred work, procedures, what the application is told. */
const MOST_PIECES = 10_000;
/** Real milliseconds that any of them may take in one turn. */
const LONGEST_TURN = 3;
/** After how many pieces there is a look at the time at the latest: a look costs as much as a short piece. */
const PIECES_PER_LOOK = 8;
/** Milliseconds between two looks after which pieces count as long, and the time is looked at for each. */
const LONG = 0.2;

/**
 * What one kind of work may do in one turn; the rest waits for the next turn, so that nobody keeps the event loop to
 * himself by setting a timer for now, deferring work, or queueing procedures, again and again.
 */
export class TurnBudget {
  #left = 0;
  #until = 0;
  #piecesPerLook = 1;
  #nextLook = 0;
  #lastLook = 0;

  /**
   * @param timed whether real time counts; under a virtual clock a run is to be the same however fast the machine is
   */
  constructor(private readonly timed: boolean) {}

  /** Begins a turn. */
  renew(): void {
    this.#left = MOST_PIECES;
    this.#until = 0;
    this.#piecesPerLook = 1;
    // Not at the first, which mostly is the only one.
    this.#nextLook = MOST_PIECES - 2;
  }

  /** Whether nothing more may be done in this turn. */
  get spent(): boolean {
    return this.#left <= 0;
  }

  /** Takes a piece; false when nothing more may be done. */
  take(): boolean {
    if (this.#left <= 0) return false;
    this.#left--;
    if (this.timed && this.#left <= this.#nextLook) {
      this.#look();
      return this.#until > this.#lastLook;
    }
    return true;
  }

  #look(): void {
    const now = performance.now();
    if (this.#until === 0) this.#until = now + LONGEST_TURN;
    else {
      if (now >= this.#until) this.#left = 0;
      this.#piecesPerLook = now - this.#lastLook > LONG ? 1 : Math.min(PIECES_PER_LOOK, 2 * this.#piecesPerLook);
    }
    this.#lastLook = now;
    this.#nextLook = this.#left - this.#piecesPerLook;
  }
}
