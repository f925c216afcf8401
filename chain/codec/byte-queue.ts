import type { WSABUF } from '../../spi/index.js';
import { allocate, BLOCK, type BlockPool } from './block-pool.js';

/** Beyond so many pieces in a queue, small ones are put together; earlier where blocks come from a pool. */
const LOOSE_PIECES = 8;
const LOOSE_BEFORE_POOL = 1;
/** Up to so many pieces the blocks are small. */
const IN_SMALL_BLOCKS = 3;
/** Bytes below which a piece is small. */
const SMALL = 4096;
/** A piece also counts as small in a buffer that is so many times its size, all of which it would keep alive. */
const SHARE = 8;
/** Bytes of the blocks that small pieces are put together in. */
const SMALL_BLOCK = 4 * 1024;
/** Bytes from which a copy begins a block though the queue is empty: it fills a good part of it. */
const GOOD_PART = BLOCK / 4;
/** Places of a ring when it is made, and those that an empty queue keeps. */
const FIRST_RING = 8;
const KEPT_RING = 64;

/** What lies in several queues together. */
export class Backlog {
  /** Bytes in them. */
  bytes = 0;
  /** Pieces in them that are lent. */
  lent = 0;
}

/**
 * Bytes on their way, in the pieces in which they came, as a ring. A piece belongs to the queue, or is lent to it until
 * `own` is called: only then what is still there is copied. Small pieces of many are put together, so that what the
 * queue holds of the memory stays in proportion to its bytes, however they are cut.
 *
 * Whoever gave a piece away may have taken its buffer back: a piece that is not as long as it was ends what can be had
 * from the queue, and `lost` says so.
 */
export class ByteQueue {
  #pieces: Uint8Array[] = NO_PIECES;
  #lengths: number[] = NO_LENGTHS;
  #lent: boolean[] = NO_FLAGS;
  /** The block of the queue's that a piece lies in, when small ones were put together there. */
  #blocks: (Uint8Array | null)[] = NO_BLOCKS;
  #mask = -1;
  #head = 0;
  #count = 0;
  /** How many of the pieces are lent; they are the last ones, with others among them. */
  #lentCount = 0;
  /** Bytes of the first piece that are gone. */
  #taken = 0;
  readonly #pool: BlockPool | null;
  readonly #backlog: Backlog;
  readonly #loose: number;
  /** Bytes in the queue. */
  size = 0;
  /** Bytes that ever came into it. */
  total = 0;
  /** Bytes that were to be had are gone: their buffer was transferred, or is of another length now. */
  lost = false;
  /** Whether the piece that `take` returned last was lent. */
  tookLent = false;

  /**
   * @param pool of blocks, for a queue whose pieces nobody is given but whoever reads or sends them at once
   * @param backlog counts what lies in this queue, and in others
   */
  constructor(pool: BlockPool | null = null, backlog = new Backlog()) {
    this.#pool = pool;
    this.#backlog = backlog;
    this.#loose = pool === null ? LOOSE_PIECES : LOOSE_BEFORE_POOL;
  }

  /** Pieces in the queue. */
  get pieces(): number {
    return this.#count;
  }

  /** What lies in this queue, and in those that it is counted with. */
  get backlog(): Backlog {
    return this.#backlog;
  }

  /**
   * Appends a piece.
   *
   * @param lent whether it stays its owner's, who keeps it as it is until `own` is called; else the queue owns it
   * @param length how long it was when it was given away; one that is not any more ends what can be had
   */
  push(piece: Uint8Array, lent = false, length = piece.length): void {
    if (length === 0) return;
    this.#grew(length);
    this.total += length;
    if (!lent && this.#count >= this.#loose && isSmall(piece) && piece.length === length) this.#copyIn(piece, length);
    else this.#put(piece, length, lent);
  }

  /** Counts bytes that went by the queue without a stop in it. */
  pass(bytes: number): void {
    this.total += bytes;
  }

  /** Puts back the rest of what `take` returned last. */
  putBack(piece: Uint8Array, lent: boolean): void {
    const { length } = piece;
    if (length === 0) return;
    if (this.#taken > 0) {
      // The first piece was cut: what comes back lies before the cut, in the same array.
      this.#taken -= length;
    } else {
      if (this.#count > this.#mask) this.#grow();
      this.#head = (this.#head - 1) & this.#mask;
      this.#count++;
      this.#pieces[this.#head] = piece;
      this.#lengths[this.#head] = length;
      this.#lent[this.#head] = lent;
      if (lent) this.#lends();
    }
    this.#grew(length);
  }

  /** Makes what is lent the queue's own, by copying it: its owner is about to use it for something else. */
  own(): void {
    let left = this.#lentCount;
    if (left === 0) return;
    const count = this.#count;
    let from = count;
    while (left > 0) if (this.#lent[(this.#head + --from) & this.#mask] === true) left--;
    this.#count = from;
    this.#backlog.lent -= this.#lentCount;
    this.#lentCount = 0;
    for (let i = from; i < count; i++) {
      const at = (this.#head + i) & this.#mask;
      let piece = this.#pieces[at]!;
      let length = this.#lengths[at]!;
      const lent = this.#lent[at]!;
      const block = this.#blocks[at]!;
      this.#pieces[at] = NOTHING;
      this.#lent[at] = false;
      this.#blocks[at] = null;
      if (piece.length !== length) this.lost = true;
      if (i === 0 && this.#taken > 0) {
        piece = piece.subarray(this.#taken);
        length -= this.#taken;
        this.#taken = 0;
      }
      if (lent && piece.length === length) this.#copyIn(piece, length);
      else {
        this.#put(piece, length, false);
        this.#blocks[(this.#head + this.#count - 1) & this.#mask] = block;
      }
    }
  }

  /**
   * Takes bytes off the front, as one piece.
   *
   * @param most how many at most, 1 or more
   * @returns the piece; `null` when there is none to be had
   */
  take(most: number): Uint8Array | null {
    if (this.#count === 0) return null;
    const head = this.#head;
    const piece = this.#pieces[head]!;
    const length = this.#lengths[head]!;
    if (piece.length !== length) {
      this.lost = true;
      return null;
    }
    const taken = this.#taken;
    const left = length - taken;
    this.tookLent = this.#lent[head]!;
    if (left > most) {
      this.#taken = taken + most;
      this.#grew(-most);
      return piece.subarray(taken, taken + most);
    }
    this.#grew(-left);
    this.#removeFirst();
    return taken === 0 ? piece : piece.subarray(taken);
  }

  /**
   * Copies bytes out, into the buffers in order.
   *
   * @param peek leaves the bytes in the queue
   * @param already bytes of the buffers that are filled already
   * @returns how many bytes
   */
  readInto(buffers: WSABUF[], count: number, peek: boolean, already = 0): number {
    let copied = 0;
    let index = 0;
    let taken = this.#taken;
    let skip = already;
    for (let i = 0; i < count && index < this.#count; i++) {
      const { buf, len } = buffers[i]!;
      const begin = Math.min(skip, len);
      let filled = begin;
      skip -= begin;
      while (filled < len && index < this.#count) {
        const at = (this.#head + index) & this.#mask;
        const bytes = this.#pieces[at]!;
        const length = this.#lengths[at]!;
        if (bytes.length !== length) {
          this.lost = true;
          i = count;
          break;
        }
        const take = Math.min(len - filled, length - taken);
        buf.set(take === length ? bytes : bytes.subarray(taken, taken + take), filled);
        filled += take;
        taken += take;
        if (taken === length) {
          index++;
          taken = 0;
        }
      }
      copied += filled - begin;
    }
    if (!peek) this.drop(copied);
    return copied;
  }

  /** Whether all that is in the queue lies where `place` does, in order and from its beginning. */
  liesAt(place: Uint8Array): boolean {
    if (this.size > place.length || this.lost) return false;
    const { buffer } = place;
    let offset = place.byteOffset;
    let taken = this.#taken;
    for (let i = 0; i < this.#count; i++) {
      const at = (this.#head + i) & this.#mask;
      const bytes = this.#pieces[at]!;
      if (bytes.length !== this.#lengths[at] || bytes.buffer !== buffer || bytes.byteOffset + taken !== offset)
        return false;
      offset += bytes.length - taken;
      taken = 0;
    }
    return true;
  }

  /** Describes what is first in the queue, as buffers to send; returns how many. */
  describe(buffers: WSABUF[], most: number): number {
    let count = 0;
    for (; count < this.#count && count < most; count++) {
      const at = (this.#head + count) & this.#mask;
      const piece = this.#pieces[at]!;
      if (piece.length !== this.#lengths[at]) {
        this.lost = true;
        break;
      }
      const buf = count === 0 && this.#taken > 0 ? piece.subarray(this.#taken) : piece;
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
    this.#grew(-bytes);
    let left = bytes + this.#taken;
    while (this.#count > 0 && left >= this.#lengths[this.#head]!) {
      left -= this.#lengths[this.#head]!;
      this.#removeFirst();
    }
    this.#taken = left;
  }

  /** Forgets everything. */
  clear(): void {
    if (this.#pool !== null) while (this.#count > 0) this.#removeFirst();
    this.#backlog.bytes -= this.size;
    this.#backlog.lent -= this.#lentCount;
    this.#pieces = NO_PIECES;
    this.#lengths = NO_LENGTHS;
    this.#lent = NO_FLAGS;
    this.#blocks = NO_BLOCKS;
    this.#mask = -1;
    this.#head = this.#count = this.#lentCount = this.#taken = this.size = 0;
  }

  #removeFirst(): void {
    const head = this.#head;
    if (this.#lent[head]!) {
      this.#lentCount--;
      this.#backlog.lent--;
      this.#lent[head] = false;
    }
    const block = this.#blocks[head]!;
    if (block !== null) {
      this.#pool?.give(block);
      this.#blocks[head] = null;
    }
    this.#pieces[head] = NOTHING;
    this.#head = (head + 1) & this.#mask;
    this.#taken = 0;
    if (--this.#count > 0) return;
    if (this.#mask >= KEPT_RING) this.clear();
  }

  #put(piece: Uint8Array, length: number, lent: boolean): void {
    if (this.#count > this.#mask) this.#grow();
    const at = (this.#head + this.#count++) & this.#mask;
    this.#pieces[at] = piece;
    this.#lengths[at] = length;
    this.#lent[at] = lent;
    if (lent) this.#lends();
  }

  #grew(bytes: number): void {
    this.size += bytes;
    this.#backlog.bytes += bytes;
  }

  #lends(): void {
    this.#lentCount++;
    this.#backlog.lent++;
  }

  /** Appends a copy: in the block at the end when it is small, and there are others. */
  #copyIn(piece: Uint8Array, length: number): void {
    if (this.#count > 0) {
      const last = (this.#head + this.#count - 1) & this.#mask;
      const block = this.#blocks[last]!;
      // A block's piece begins where the block does.
      const used = this.#lengths[last]!;
      if (block !== null && used + length <= block.length) {
        block.set(piece, used);
        this.#pieces[last] = block.subarray(0, used + length);
        this.#lengths[last] = used + length;
        return;
      }
    }
    if (length > BLOCK || (length < GOOD_PART && this.#count < this.#loose)) {
      this.#put(copyOf(piece, length), length, false);
      return;
    }
    const small = this.#count < IN_SMALL_BLOCKS && length <= SMALL_BLOCK / 2;
    const block = small ? allocate(SMALL_BLOCK) : (this.#pool?.take() ?? allocate(BLOCK));
    block.set(piece);
    this.#put(block.subarray(0, length), length, false);
    this.#blocks[(this.#head + this.#count - 1) & this.#mask] = block;
  }

  #grow(): void {
    const size = this.#mask < 0 ? FIRST_RING : 2 * (this.#mask + 1);
    const pieces = new Array<Uint8Array>(size).fill(NOTHING);
    const lengths = new Array<number>(size).fill(0);
    const lent = new Array<boolean>(size).fill(false);
    const blocks = new Array<Uint8Array | null>(size).fill(null);
    for (let i = 0; i < this.#count; i++) {
      const at = (this.#head + i) & this.#mask;
      pieces[i] = this.#pieces[at]!;
      lengths[i] = this.#lengths[at]!;
      lent[i] = this.#lent[at]!;
      blocks[i] = this.#blocks[at]!;
    }
    this.#pieces = pieces;
    this.#lengths = lengths;
    this.#lent = lent;
    this.#blocks = blocks;
    this.#head = 0;
    this.#mask = size - 1;
  }
}

function isSmall(piece: Uint8Array): boolean {
  return piece.length < SMALL || piece.length * SHARE < piece.buffer.byteLength;
}

/** Copies a piece. The `slice` of a Node.js Buffer does not. */
function copyOf(piece: Uint8Array, length: number): Uint8Array {
  if (length < SMALL) return piece.constructor === Uint8Array ? piece.slice() : new Uint8Array(piece);
  const copy = allocate(length);
  copy.set(piece);
  return copy;
}

const NOTHING = new Uint8Array(0);
const NO_PIECES: Uint8Array[] = [];
const NO_LENGTHS: number[] = [];
const NO_FLAGS: boolean[] = [];
const NO_BLOCKS: null[] = [];
