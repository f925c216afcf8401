// Several buffers of one call, as they are handed to the operating system.
import { byteLengthOf, holdsBytes, viewOfBytes, type WSABUF } from '../spi/index.js';
import { addressOf, pinMemory, writeWord } from './native-memory.js';

/** The most buffers that one call of a system takes. */
const MOST_BUFFERS = 1024;
/** 32-bit integers of what describes a buffer: an `iovec`, a 64-bit WSABUF. */
const BUFFER_INTS = 4;

/** What the buffers beyond those that a system takes hold at most in one call: more than a kernel has room for in a socket. */
const MOST_REST_BYTES = 0x400_0000;

/** A buffer as it was read: once, because what it is read from may say something else the next time. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/**
 * Reads the buffers, and only then asks the engine whether their bytes are there: reading one may run code that takes
 * the bytes of another away. From then on nothing runs that is not ours.
 *
 * @returns those that are not empty; `null` when one promises more than it has
 */
function takePieces(buffers: readonly WSABUF[], count: number): Piece[] | null {
  const pieces: Piece[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const { len: length, buf: bytes } = buffers[index]!;
      if (length === 0) continue;
      if (!holdsBytes(bytes, length)) return null;
      pieces.push({ bytes, length });
    }
  } catch {
    // There is none, or a member of it throws as it is read.
    return null;
  }
  for (const { bytes, length } of pieces) if (byteLengthOf(bytes) < length) return null;
  return pieces;
}

/** The buffers beyond the system's limit, as one. */
interface Rest {
  readonly bytes: Uint8Array;
  /** The first of those beyond. */
  readonly index: number;
}

/**
 * Makes one buffer of those from `index` on, less the first's first `left` bytes, with what they hold if it is to be
 * sent.
 */
function restOf(pieces: readonly Piece[], index: number, left: number, sending: boolean): Rest {
  let total = -left;
  for (let i = index; i < pieces.length; i++) total += pieces[i]!.length;
  const rest = new Uint8Array(Math.min(total, MOST_REST_BYTES));
  for (let i = index, at = 0; sending && at < rest.length; i++) {
    const { bytes, length } = pieces[i]!;
    const start = i === index ? left : 0;
    const end = Math.min(length, start + rest.length - at);
    rest.set(viewOfBytes(bytes, start, end), at);
    at += end - start;
  }
  return { bytes: rest, index };
}

/** Hands what was received into the rest on to the buffers that it stands for. */
function scatter(pieces: readonly Piece[], rest: Rest, received: number): void {
  let left = received;
  for (let i = 0; i < rest.index; i++) left -= pieces[i]!.length;
  for (let i = rest.index, from = 0; i < pieces.length && left > 0; i++) {
    const { bytes, length } = pieces[i]!;
    const part = Math.min(length, left);
    viewOfBytes(bytes, 0, part).set(rest.bytes.subarray(from, from + part));
    from += part;
    left -= part;
  }
}

/** The buffers of one call as the system has them described: scratch memory, for one call at a time. */
export class BufferVector {
  readonly #memory = pinMemory(MOST_BUFFERS * BUFFER_INTS * 4);
  readonly #lengthAt: number;
  readonly #addressAt: number;
  /** What the vector knows by its address alone: kept until the call is over. */
  #pieces: readonly Piece[] = [];
  #rest: Rest | null = null;
  #count = 0;
  #total = 0;

  /** Where the descriptions are. */
  readonly address = this.#memory.address;

  /** @param addressFirst whether a description begins with the buffer's address; else with its length */
  constructor(addressFirst: boolean) {
    this.#addressAt = addressFirst ? 0 : 2;
    this.#lengthAt = addressFirst ? 2 : 0;
  }

  /** How many buffers are described. */
  get count(): number {
    return this.#count;
  }

  /** How many bytes they have. */
  get total(): number {
    return this.#total;
  }

  /**
   * Describes buffers.
   *
   * @param offset bytes of the buffers that were sent before
   * @param sending whether they are to be sent, not received into
   * @returns whether every buffer has the bytes that its length promises; otherwise the vector is not to be used
   */
  describe(buffers: readonly WSABUF[], count: number, offset: number, sending: boolean): boolean {
    const pieces = takePieces(buffers, count);
    if (pieces === null) return false;
    this.#begin(pieces);
    let left = offset;
    for (let index = 0; index < pieces.length; index++) {
      const { bytes, length } = pieces[index]!;
      if (left >= length) {
        left -= length;
        continue;
      }
      if (this.#count === MOST_BUFFERS - 1) {
        const rest = (this.#rest = restOf(pieces, index, left, sending));
        this.#put(addressOf(rest.bytes), rest.bytes.length);
        break;
      }
      this.#put(addressOf(bytes) + left, length - left);
      left = 0;
    }
    return true;
  }

  /** Describes one buffer. @param address where its bytes are, which the caller has found out to be there */
  describeOne(address: number, length: number): void {
    this.#begin([]);
    this.#put(address, length);
  }

  /** Hands what was received to those buffers that had no room in the vector. */
  scatter(received: number): void {
    if (this.#rest !== null) scatter(this.#pieces, this.#rest, received);
  }

  /** The call is over: the buffers are let go. */
  forget(): void {
    this.#pieces = [];
    this.#rest = null;
  }

  #begin(pieces: readonly Piece[]): void {
    this.#pieces = pieces;
    this.#rest = null;
    this.#count = this.#total = 0;
    // A call wants one at least, which is empty then.
    this.#memory.ints.fill(0, 0, BUFFER_INTS);
  }

  #put(address: number, length: number): void {
    const at = this.#count++ * BUFFER_INTS;
    writeWord(this.#memory.ints, at + this.#addressAt, address);
    writeWord(this.#memory.ints, at + this.#lengthAt, length);
    this.#total += length;
  }
}
