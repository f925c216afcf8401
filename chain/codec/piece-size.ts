/** How much of the input a codec is given at once: little at first, and for as long as it makes much of it. */
const FIRST_PIECE = 1024;
const LEAST_PIECE = 64;
const LARGEST_PIECE = 16 * 1024;
/** Units of work, and milliseconds, for a piece that was too large, and below which the next may be larger. */
const MUCH_WORK = 256 * 1024;
const LITTLE_WORK = 64 * 1024;
const MUCH_TIME = 4;
const LITTLE_TIME = 1;
/** Of so many pieces of the largest size, one is measured. */
const UNMEASURED = 4;

/** What it costs to decode a piece is looked at by this clock. */
interface PieceClock {
  /** Milliseconds. */
  now(): number;
}

/**
 * How many bytes a codec is given at once to decode. What a peer sends may be much work for few bytes: the codec is looked
 * at between pieces, and one that makes much of them gets smaller ones.
 */
export class PieceSize {
  /** Bytes of the next piece, at most. */
  bytes = FIRST_PIECE;
  /** Units of work that were done with this piece. */
  #work = 0;
  /** When it was given to the codec; -1 where nobody looks how long it takes. */
  #began = -1;
  #unmeasured = 0;

  constructor(private readonly clock: PieceClock) {}

  /** The codec is about to be given a piece of so many bytes. */
  begin(bytes: number): void {
    this.#work = 0;
    this.#began = this.#measures(bytes) ? this.clock.now() : -1;
  }

  /** The codec answers: so many units of work more. */
  worked(units: number): void {
    this.#work += units;
  }

  /** The codec has returned from a piece of so many bytes. */
  end(bytes: number): void {
    const milliseconds = this.#began < 0 ? -1 : this.clock.now() - this.#began;
    if (this.#work > MUCH_WORK || milliseconds > MUCH_TIME) {
      this.bytes = Math.max(LEAST_PIECE, this.bytes >> 2);
    } else if (bytes === this.bytes && milliseconds >= 0 && this.#work < LITTLE_WORK && milliseconds < LITTLE_TIME) {
      this.bytes = Math.min(2 * bytes, LARGEST_PIECE);
    }
  }

  /**
   * Whether it is worth a look at the clock how long so many bytes take. Short messages are not, and of the largest pieces
   * most are not. A piece that was made small is, or it would never grow again: what took long may have been the machine's
   * doing, and what a peer sends may change.
   */
  #measures(bytes: number): boolean {
    if (bytes < FIRST_PIECE) return bytes === this.bytes;
    if (bytes < LARGEST_PIECE || ++this.#unmeasured === UNMEASURED) {
      this.#unmeasured = 0;
      return true;
    }
    return false;
  }
}
