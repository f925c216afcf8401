import type { ByteQueue } from './byte-queue.js';

/** What `givenBack` says of a piece that would come again at once, for ever. */
export const COMES_AGAIN = -1;
/** To ask for the buffer of a small array may make one. */
const LARGE = 1024;

/**
 * The piece that a codec is given to decode or to encode, and what it has done about it. What it answers first in the same
 * direction goes on to the next codec as soon as this one has returned, without a stop in the queue between them, unless
 * there is more: then all of it waits in the queue, in order.
 */
export class GivenPiece {
  #piece: Uint8Array | null = null;
  #lent = false;
  #encoding = false;
  #unread = 0;
  /** The piece itself is the answer: to write it down a second time would cost more than to remember that. */
  #handsOn = false;
  #answer: Uint8Array | null = null;
  #answerLength = 0;
  #answerLent = false;
  /** Nothing has been answered in the piece's direction yet. */
  #isFirst = false;

  /**
   * @param decoded takes what is decoded and cannot go on at once
   * @param encoded the same of what is encoded
   */
  constructor(
    private readonly decoded: ByteQueue,
    private readonly encoded: ByteQueue,
  ) {}

  /** Whether the codec is to encode it. */
  get encoding(): boolean {
    return this.#encoding;
  }

  /** Whether the answer that `end` returned is lent. */
  get answerLent(): boolean {
    return this.#answerLent;
  }

  /** The codec is about to be given a piece. */
  begin(piece: Uint8Array, lent: boolean, encoding: boolean): void {
    this.#piece = piece;
    this.#lent = lent;
    this.#encoding = encoding;
    this.#unread = 0;
    this.#isFirst = true;
  }

  /**
   * The codec answers, now or at any time. What lies in the piece is lent as it is.
   *
   * @returns how many bytes it made: none where it hands on, for the first time, what it was given
   */
  answer(bytes: Uint8Array, encoding: boolean): number {
    const { length } = bytes;
    if (length === 0) return 0;
    const piece = this.#piece;
    const liesThere =
      piece !== null && (bytes === piece || ((this.#lent || length >= LARGE) && bytes.buffer === piece.buffer));
    const lent = this.#lent && liesThere;
    if (this.#isFirst && encoding === this.#encoding) {
      this.#isFirst = false;
      if (bytes === piece) this.#handsOn = true;
      else this.#answer = bytes;
      this.#answerLength = length;
      this.#answerLent = lent;
      return liesThere ? 0 : length;
    }
    if (encoding === this.#encoding) this.wait();
    (encoding ? this.encoded : this.decoded).push(bytes, lent);
    return length;
  }

  /**
   * The codec has returned.
   *
   * @returns the only piece that it answered, if there was one, and it is as long as it was
   */
  end(): Uint8Array | null {
    const answer = this.#handsOn ? this.#piece : this.#answer;
    this.#isFirst = false;
    if (answer !== null && answer.length !== this.#answerLength) this.wait();
    const isWhole = this.#handsOn || this.#answer !== null;
    this.#piece = null;
    this.clear();
    return isWhole ? answer : null;
  }

  /** What was answered first waits in its queue. */
  wait(): void {
    const answer = this.#handsOn ? this.#piece : this.#answer;
    if (answer === null) return;
    this.clear();
    (this.#encoding ? this.encoded : this.decoded).push(answer, this.#answerLent, this.#answerLength);
  }

  /** Forgets what was answered. */
  clear(): void {
    this.#handsOn = false;
    this.#answer = null;
  }

  /** The codec gives back a rest. Returns whether it is the rest of the piece. */
  giveBack(bytes: Uint8Array): boolean {
    const piece = this.#piece;
    const fits =
      piece !== null &&
      bytes.buffer === piece.buffer &&
      bytes.byteOffset + bytes.length === piece.byteOffset + piece.length &&
      bytes.length <= piece.length;
    if (fits) this.#unread = bytes.length;
    return fits;
  }

  /**
   * How much of the piece comes again. Who gives all back has to pause, and who encodes anything: it would come at once.
   *
   * @param length of the piece, in bytes
   * @param paused whether the codec paused this direction
   * @returns bytes at its end, or COMES_AGAIN
   */
  givenBack(length: number, paused: boolean): number {
    const unread = this.#unread;
    return unread === 0 || paused || (!this.#encoding && unread < length) ? unread : COMES_AGAIN;
  }
}
