import type { ByteQueue } from './byte-queue.js';

/**
 * What a codec answered first for the piece that it was given. It goes to the next codec as soon as the codec has returned,
 * without a stop in the queue between them, unless there is more: then all of it waits in the queue, in order.
 */
export class FirstAnswer {
  #piece: Uint8Array | null = null;
  #length = 0;
  #open = false;
  #lent = false;

  /** @param queue between the codec and the next one */
  constructor(private readonly queue: ByteQueue) {}

  /** Whether the piece is lent. */
  get lent(): boolean {
    return this.#lent;
  }

  /** The codec is about to be given a piece. */
  begin(): void {
    this.#open = true;
  }

  /** The codec answers. */
  answer(piece: Uint8Array, lent: boolean): void {
    if (this.#open) {
      this.#open = false;
      this.#piece = piece;
      this.#length = piece.length;
      this.#lent = lent;
    } else {
      this.wait();
      this.queue.push(piece, lent);
    }
  }

  /**
   * The codec has returned.
   *
   * @returns the only piece that it answered, if there was one, and it is as long as it was
   */
  end(): Uint8Array | null {
    this.#open = false;
    const piece = this.#piece;
    if (piece === null) return null;
    if (piece.length !== this.#length) {
      this.wait();
      return null;
    }
    this.#piece = null;
    return piece;
  }

  /** What was answered first waits in the queue. */
  wait(): void {
    const piece = this.#piece;
    if (piece === null) return;
    this.#piece = null;
    this.queue.push(piece, this.#lent, this.#length);
  }

  /** Forgets it. */
  clear(): void {
    this.#piece = null;
  }
}
