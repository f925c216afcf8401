import type { WSABUF } from '../../../spi/index.js';
import { OPT_COMMENT, padded } from './pcapng.js';
import { createSummedMemory, SUMMED_AT_ONCE, type SummedMemory } from './summed-memory.js';

const ENHANCED_PACKET = 6;
const EPB_FLAGS = 2;
/** What precedes a packet in its block. */
const HEADER = 28;
/** The option with the flags, the end of the options, and the length again. */
const TRAILER = 8 + 4 + 4;

/** In `epb_flags`: the packet came from the network. */
export const INBOUND = 1;
/** In `epb_flags`: it went there. */
export const OUTBOUND = 2;

const NO_COMMENT = new Uint8Array(0);

/** Blocks of packets, gathered until they are written. */
export class PacketBlocks {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #memory: SummedMemory;
  /** How many bytes there are. */
  length = 0;
  /** Where the block begins that is being made, and where its packet ends. */
  #block = 0;
  #end = 0;

  /** @param capacity bytes, at least as many as the longest block has; a multiple of 16 */
  constructor(private readonly capacity: number) {
    this.#memory = createSummedMemory(capacity);
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.view = new DataView(this.#memory.buffer);
  }

  /** How many bytes the block of a packet has. */
  static sizeOf(captured: number, comment: Uint8Array = NO_COMMENT): number {
    const ofComment = comment.length === 0 ? 0 : 4 + padded(comment.length);
    return HEADER + padded(captured) + ofComment + TRAILER;
  }

  /** Whether there is room for so many more bytes. */
  hasRoom(bytes: number): boolean {
    return this.length + bytes <= this.capacity;
  }

  /** Takes all there are, to be written before others are made; they lie in `bytes`. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  /** Adds a block that is made already. */
  add(block: Uint8Array): void {
    this.bytes.set(block, this.length);
    this.length += block.length;
  }

  /**
   * Begins the block of a packet, for which there is room. Its `captured` bytes are to be written into `bytes`, and `end` called.
   *
   * @param high the upper half of its time
   * @param original how many bytes the packet has, of which `captured` are kept
   * @returns where the packet begins
   */
  begin(interfaceId: number, high: number, low: number, captured: number, original: number): number {
    const { view, length: at } = this;
    this.#block = at;
    this.#end = at + HEADER + captured;
    view.setUint32(at, ENHANCED_PACKET, true);
    view.setUint32(at + 8, interfaceId, true);
    view.setUint32(at + 12, high, true);
    view.setUint32(at + 16, low, true);
    view.setUint32(at + 20, captured, true);
    view.setUint32(at + 24, original, true);
    return at + HEADER;
  }

  /**
   * Ends the block.
   *
   * @param flags which way the packet went
   * @param comment at most 65535 bytes; none if empty
   */
  end(flags: number, comment: Uint8Array = NO_COMMENT): void {
    const { view } = this;
    let at = this.#end;
    while ((at & 3) !== (this.#block & 3)) this.bytes[at++] = 0;
    view.setUint32(at, EPB_FLAGS | (4 << 16), true);
    view.setUint32(at + 4, flags, true);
    at += 8;
    if (comment.length > 0) {
      view.setUint32(at, OPT_COMMENT | (comment.length << 16), true);
      this.bytes.set(comment, at + 4);
      this.bytes.fill(0, at + 4 + comment.length, at + 4 + padded(comment.length));
      at += 4 + padded(comment.length);
    }
    view.setUint32(at, 0, true);
    const total = at + 8 - this.#block;
    view.setUint32(at + 4, total, true);
    view.setUint32(this.#block + 4, total, true);
    this.length = at + 8;
  }

  /**
   * The sum that checksums are made from: of 16-bit words, with what does not fit added again. Taken in little-endian order,
   * which makes no difference but to the order of the sum's own bytes (RFC 1071).
   *
   * @param from where it begins, a multiple of 4
   * @param length bytes up to the end of the packet, behind which there is room for what ends a block
   */
  sum(from: number, length: number): number {
    const end = from + length;
    this.bytes.fill(0, end, end + SUMMED_AT_ONCE);
    const sum = this.#memory.sum(from, end) % 0xffff;
    return ((sum & 0xff) << 8) | (sum >> 8);
  }

  /** Copies bytes that lie in several buffers: `length` of them, from `from` on. */
  copy(buffers: readonly WSABUF[], from: number, length: number, to: number): void {
    let skip = from;
    let rest = length;
    let at = to;
    for (let i = 0; rest > 0; i++) {
      const { buf, len } = buffers[i]!;
      if (skip >= len) {
        skip -= len;
        continue;
      }
      const piece = Math.min(len - skip, rest);
      this.bytes.set(skip === 0 && piece === buf.length ? buf : buf.subarray(skip, skip + piece), at);
      skip = 0;
      at += piece;
      rest -= piece;
    }
  }
}
