import type { InstanceHost, WorkBudget } from '../../spi/index.js';
import { PieceSize } from './piece-size.js';

/** Units that a call of a codec counts besides its bytes, or what it decodes; what it encodes is mostly the application's. */
const CALL_UNITS = 1024;
const ENCODED_UNITS = 64;
/** What a codec is given counts for a quarter: what it makes of it counts whole. */
const GIVEN_SHIFT = 2;

/** What a codec costs: the turn is told of its work, and what it makes of a piece says how large the next may be. */
export class CodecWork {
  readonly #turn: WorkBudget;
  readonly #pieceSize: PieceSize;

  constructor({ turn, clock }: Pick<InstanceHost, 'turn' | 'clock'>) {
    this.#turn = turn;
    this.#pieceSize = new PieceSize(clock);
  }

  /** Whether this turn has done enough. */
  get spent(): boolean {
    return this.#turn.spent;
  }

  /** Bytes of the next piece to decode, at most. */
  get mostToDecode(): number {
    return this.#pieceSize.bytes;
  }

  /** The codec is about to decode so many bytes. */
  begin(bytes: number): void {
    this.#pieceSize.begin(bytes);
  }

  /** It has returned from decoding them. */
  end(bytes: number): void {
    this.#turn.spend((bytes >> GIVEN_SHIFT) + CALL_UNITS);
    this.#pieceSize.end(bytes);
  }

  /** It has encoded so many bytes. */
  encoded(bytes: number): void {
    this.#turn.spend(bytes >> GIVEN_SHIFT);
  }

  /**
   * It answers.
   *
   * @param bytes that it made: 0 when it hands on what it was given
   * @param encoding whether it answers for the wire
   */
  answered(bytes: number, encoding: boolean): void {
    const units = bytes + (encoding ? ENCODED_UNITS : CALL_UNITS);
    this.#pieceSize.worked(units);
    this.#turn.spend(units);
  }
}
