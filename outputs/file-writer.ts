import { closeSync, writeSync } from 'node:fs';
import type { BlockWriter } from './block-writer.js';

/** Bytes of a block. */
export const FILE_BLOCK = 256 * 1024;

/**
 * Writes a plain file, block by block, at once and in order: what was given is the system's when the call returns, however the
 * process ends. Node.js' threads for files were tried: to tell one of them costs as much as to write a block.
 */
export class FileWriter implements BlockWriter {
  #position: number;
  #isOpen = true;

  /**
   * @param descriptor an open descriptor of a plain file, not in append mode; it is this object's to close
   * @param size where the first bytes go
   * @param failed told, once, when nothing can be written any more: why, and where in which bytes that was
   */
  constructor(
    private readonly descriptor: number,
    size: number,
    private readonly failed: (cause: NodeJS.ErrnoException, bytes: Uint8Array, at: number, written: number) => void,
  ) {
    this.#position = size;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** None: who writes faster than the file takes it waits. */
  get waiting(): number {
    return 0;
  }

  put(block: ArrayBuffer, length: number): ArrayBuffer {
    this.write(new Uint8Array(block, 0, length));
    return block;
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    const { length } = bytes;
    const at = this.#position;
    this.#position += length;
    let written = 0;
    try {
      while (written < length) written += writeSync(this.descriptor, bytes, written, length - written, at + written);
    } catch (cause) {
      this.#isOpen = false;
      this.failed(cause as NodeJS.ErrnoException, bytes, at, written);
      this.#end();
    }
  }

  flush(): void {
    // Nothing waits for a reader.
  }

  settle(): void {
    // Nor for the file.
  }

  close(): void {
    if (this.#isOpen) this.#end();
  }

  #end(): void {
    this.#isOpen = false;
    try {
      closeSync(this.descriptor);
    } catch {
      // What could be written has been.
    }
  }
}
