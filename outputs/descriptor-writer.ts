import { closeSync, writeSync } from 'node:fs';

/** How long, in milliseconds, the end waits for a pipe that takes nothing at present. */
const LONGEST_WAIT = 1000;

/**
 * Writes bytes to a descriptor, at once. What a pipe does not take at present waits, and goes first the next time; so
 * that nobody reads is no reason to stop.
 */
export class DescriptorWriter {
  #waiting: readonly Uint8Array[] = [];
  #waitingBytes = 0;
  #isOpen = true;

  /**
   * @param descriptor an open descriptor
   * @param isOwn whether it is this object's to close
   * @param failed told, once, when nothing can be written any more, and how many of the bytes of the last `write` were
   */
  constructor(
    private readonly descriptor: number,
    private readonly isOwn: boolean,
    private readonly failed: (cause: NodeJS.ErrnoException, written: number) => void,
  ) {}

  /** Whether bytes are written at all: it is neither closed nor broken. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** How many bytes wait for a pipe that took no more. */
  get waiting(): number {
    return this.#waitingBytes;
  }

  /** Writes bytes, behind those that wait; what has to wait is copied. */
  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.flush();
    // The reader may have gone by now, and the number be another's.
    if (!this.#isOpen) return;
    const written = this.#waitingBytes > 0 ? 0 : this.#put(bytes);
    if (written < bytes.length && this.#isOpen) {
      // A Buffer's `slice` would be a view of memory that is its owner's again.
      this.#waiting = [...this.#waiting, new Uint8Array(bytes.subarray(written))];
      this.#waitingBytes += bytes.length - written;
    }
  }

  /** Writes what waits, as far as it is taken. */
  flush(): void {
    while (this.#isOpen && this.#waitingBytes > 0) {
      const first = this.#waiting[0]!;
      const written = this.#put(first);
      this.#waitingBytes -= written;
      if (written < first.length) {
        this.#waiting = [first.subarray(written), ...this.#waiting.slice(1)];
        return;
      }
      this.#waiting = this.#waiting.slice(1);
    }
  }

  /** Writes what waits, for which a reader has a second, and closes the descriptor if it is its own. */
  close(): void {
    if (!this.#isOpen) return;
    this.flush();
    const end = performance.now() + LONGEST_WAIT;
    while (this.#isOpen && this.#waitingBytes > 0 && performance.now() < end) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      this.flush();
    }
    this.#end();
  }

  /** Writes as many bytes as are taken; returns how many. */
  #put(bytes: Uint8Array): number {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.descriptor, bytes, written);
    } catch (cause) {
      // A pipe that nobody reads at present.
      if ((cause as NodeJS.ErrnoException).code === 'EAGAIN') return written;
      this.failed(cause as NodeJS.ErrnoException, written);
      this.#end();
    }
    return written;
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (!this.isOwn) return;
    try {
      closeSync(this.descriptor);
    } catch {
      // What could be written has been.
    }
  }
}
