/** Bytes of a block. */
export const BLOCK = 64 * 1024;
/** Blocks that are kept to be used again. */
const KEPT_BLOCKS = 16;

/** Blocks of memory that are used again. What lay in one is seen by nobody but its queue. */
export class BlockPool {
  readonly #free: Uint8Array[] = [];

  /** Takes a block of 64 KiB; there is anything in it. */
  take(): Uint8Array {
    return this.#free.pop() ?? allocate(BLOCK);
  }

  /** Gives a block back that nobody looks at any more. */
  give(block: Uint8Array): void {
    if (this.#free.length < KEPT_BLOCKS && block.length === BLOCK) this.#free.push(block);
  }
}

/** Memory that is about to be written: zeroing it first would cost as much again. */
export function allocate(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}
