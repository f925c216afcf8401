import { copyOfBytes, type WSABUF } from '../spi/index.js';

/** Bytes on their way, in the pieces in which they came. Pieces belong to the queue and are not copied. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #head = 0;
  /** Bytes of the first piece that are gone. */
  #taken = 0;
  /** Bytes in the queue. */
  size = 0;

  /** Appends a piece; the queue owns it from now on. */
  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.size += piece.length;
  }

  /**
   * Copies bytes out, into the buffers in order.
   *
   * @param peek leaves the bytes in the queue
   * @returns how many bytes
   */
  readInto(buffers: WSABUF[], count: number, peek: boolean): number {
    let copied = 0;
    let piece = this.#head;
    let taken = this.#taken;
    for (let i = 0; i < count && piece < this.#pieces.length; i++) {
      const { buf, len } = buffers[i]!;
      let filled = 0;
      while (filled < len && piece < this.#pieces.length) {
        const bytes = this.#pieces[piece]!;
        const take = Math.min(len - filled, bytes.length - taken);
        buf.set(take === bytes.length ? bytes : bytes.subarray(taken, taken + take), filled);
        filled += take;
        taken += take;
        if (taken === bytes.length) {
          piece++;
          taken = 0;
        }
      }
      copied += filled;
    }
    if (!peek) this.drop(copied);
    return copied;
  }

  /** Describes what is first in the queue, as buffers to send. */
  describe(buffers: WSABUF[], most: number): number {
    let count = 0;
    for (let i = this.#head; i < this.#pieces.length && count < most; i++, count++) {
      const piece = this.#pieces[i]!;
      const buf = i === this.#head && this.#taken > 0 ? piece.subarray(this.#taken) : piece;
      const slot = buffers[count];
      if (slot === undefined) buffers[count] = { len: buf.length, buf };
      else {
        slot.len = buf.length;
        slot.buf = buf;
      }
    }
    return count;
  }

  /** Takes bytes off the front. */
  drop(bytes: number): void {
    this.size -= bytes;
    let left = bytes + this.#taken;
    while (this.#head < this.#pieces.length && left >= this.#pieces[this.#head]!.length) {
      left -= this.#pieces[this.#head]!.length;
      this.#pieces[this.#head++] = EMPTY;
    }
    this.#taken = left;
    if (this.#head === this.#pieces.length) {
      this.#pieces = [];
      this.#head = 0;
      this.#taken = 0;
    } else if (this.#head > 64) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Copies every piece that lies in `buffer`, which is about to belong to somebody else again. */
  detachFrom(buffer: ArrayBufferLike): void {
    for (let i = this.#head; i < this.#pieces.length; i++) {
      if (this.#pieces[i]!.buffer === buffer) this.#pieces[i] = copyOfBytes(this.#pieces[i]!, this.#pieces[i]!.length);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#pieces = [];
    this.#head = this.#taken = this.size = 0;
  }
}

const EMPTY = new Uint8Array(0);
