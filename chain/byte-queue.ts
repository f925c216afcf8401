import type { WSABUF } from '../spi/index.js';

/** Beyond so many pieces in a queue, small ones are put together. */
const LOOSE_PIECES = 16;
/** Bytes below which a piece is small. */
const SMALL = 2048;
/** A piece also counts as small in a buffer that is so many times its size, all of which it would keep alive. */
const SHARE = 8;
/** Room for small pieces that are put together. */
const BLOCK = 16 * 1024;

/**
 * Bytes on their way, in the pieces in which they came. Pieces belong to the queue and are not copied, but for small ones of
 * many: what the queue holds of the memory stays in proportion to its bytes, however they are cut.
 */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #head = 0;
  /** Bytes of the first piece that are gone. */
  #taken = 0;
  /** What the last piece lies in when small ones are put together; it begins where the block does. */
  #block: Uint8Array | null = null;
  #blockUsed = 0;
  /** Bytes in the queue. */
  size = 0;

  /** Appends a piece; the queue owns it from now on. */
  push(piece: Uint8Array): void {
    const { length } = piece;
    if (length === 0) return;
    this.size += length;
    if (this.#pieces.length - this.#head >= LOOSE_PIECES && isSmall(piece)) return this.#append(piece);
    this.#block = null;
    this.#pieces.push(piece);
  }

  /** Appends a copy of a piece that stays its owner's. */
  pushCopy(piece: Uint8Array): void {
    const { length } = piece;
    if (length === 0) return;
    this.size += length;
    if (this.#pieces.length - this.#head >= LOOSE_PIECES && length < SMALL) return this.#append(piece);
    this.#block = null;
    this.#pieces.push(copyOf(piece));
  }

  #append(piece: Uint8Array): void {
    const { length } = piece;
    if (this.#block === null || this.#blockUsed + length > BLOCK) {
      if (length > BLOCK / 2) {
        this.#block = null;
        this.#pieces.push(copyOf(piece));
        return;
      }
      this.#block = new Uint8Array(BLOCK);
      this.#blockUsed = 0;
      this.#pieces.push(EMPTY);
    }
    this.#block.set(piece, this.#blockUsed);
    this.#blockUsed += length;
    this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, this.#blockUsed);
  }

  /**
   * Copies bytes out, into the buffers in order.
   *
   * @param peek leaves the bytes in the queue
   * @returns how many bytes; fewer than there were if an owner took back what he had given away
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
        const take = Math.min(len - filled, Math.max(bytes.length - taken, 0));
        if (take > 0) buf.set(take === bytes.length ? bytes : bytes.subarray(taken, taken + take), filled);
        filled += take;
        taken += take;
        if (taken >= bytes.length) {
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
      this.#block = null;
    } else if (this.#head > 64) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Copies every piece that lies in `buffer`, which is about to belong to somebody else again. */
  detachFrom(buffer: ArrayBufferLike): void {
    for (let i = this.#head; i < this.#pieces.length; i++) {
      if (this.#pieces[i]!.buffer === buffer) this.#pieces[i] = copyOf(this.#pieces[i]!);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#pieces = [];
    this.#head = this.#taken = this.size = 0;
    this.#block = null;
  }
}

/** Copies an array. The `slice` of a Node.js Buffer does not. */
function copyOf(piece: Uint8Array): Uint8Array {
  return piece.constructor === Uint8Array ? piece.slice() : new Uint8Array(piece);
}

function isSmall(piece: Uint8Array): boolean {
  return piece.length < SMALL || piece.length * SHARE < piece.buffer.byteLength;
}

const EMPTY = new Uint8Array(0);
