import { viewOfBytes, type WSABUF } from '../../spi/index.js';
import { BLOCK } from './block-pool.js';

/** Bytes of the block that a few small sends lie in. */
const SMALL_BLOCK = 4096;

/**
 * Small sends of the application's that were taken, and that the codecs have not been given: they get all of them at once. They lie in memory of the
 * connection's own, for as long as it is the turn in which they were sent: a codec that keeps what it was given sees no other connection's.
 */
export class GatheredSends {
  #block: Uint8Array | null = null;
  /** Bytes that were gathered. */
  size = 0;

  /** Whether there is room for so many bytes more. */
  hasRoom(length: number): boolean {
    return this.size + length <= BLOCK;
  }

  /** Copies what the buffers hold, from `offset` on; there is room for it. */
  add(buffers: readonly WSABUF[], count: number, offset: number, length: number): void {
    const block = this.#blockFor(this.size + length);
    let skip = offset;
    for (let i = 0; i < count; i++) {
      const { buf, len } = buffers[i]!;
      if (skip >= len) {
        skip -= len;
        continue;
      }
      block.set(viewOfBytes(buf, skip, len), this.size);
      this.size += len - skip;
      skip = 0;
    }
  }

  /** Lends what was gathered: there is nothing to lend any more, and it stays as it is until something is added. */
  lend(): Uint8Array {
    const bytes = this.#block!.subarray(0, this.size);
    this.size = 0;
    return bytes;
  }

  /** Lets go of the memory, and of what was gathered. */
  clear(): void {
    this.#block = null;
    this.size = 0;
  }

  #blockFor(size: number): Uint8Array {
    const before = this.#block;
    if (before !== null && size <= before.length) return before;
    const block = new Uint8Array(size <= SMALL_BLOCK ? SMALL_BLOCK : BLOCK);
    if (before !== null && this.size > 0) block.set(before.subarray(0, this.size));
    return (this.#block = block);
  }
}
