// What a direction of a connection keeps: the bytes before, and those of a block that is not whole yet.

/** The most that deflate looks back. */
export const WINDOW = 32 * 1024;
const LEAST_ROOM = 4 * 1024;
const FIRST_ROOM = 4;

/** The last bytes of one direction, which both sides keep alike. What is added is copied twice at most. */
export class History {
  #bytes = new Uint8Array(LEAST_ROOM);
  #end = 0;

  /** The last bytes, as many as there are, up to `most`. They are valid until the next `append`. */
  last(most: number): Uint8Array {
    return this.#bytes.subarray(Math.max(0, this.#end - Math.min(most, WINDOW)), this.#end);
  }

  append(bytes: Uint8Array): void {
    if (bytes.length >= WINDOW) {
      if (this.#bytes.length < WINDOW) this.#bytes = new Uint8Array(2 * WINDOW);
      this.#bytes.set(bytes.subarray(bytes.length - WINDOW));
      this.#end = WINDOW;
      return;
    }
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #makeRoom(length: number): void {
    const kept = this.last(WINDOW);
    const size = Math.min(Math.max(2 * (kept.length + length), this.#bytes.length), 2 * WINDOW);
    if (size === this.#bytes.length) this.#bytes.copyWithin(0, this.#end - kept.length, this.#end);
    else {
      const bytes = new Uint8Array(size);
      bytes.set(kept);
      this.#bytes = bytes;
    }
    this.#end = kept.length;
  }
}

/** Bytes that come in pieces, until there are as many as are wanted. */
export class Gathered {
  #bytes = new Uint8Array(FIRST_ROOM);
  #filled = 0;

  /** Whether some are there, and not yet all. */
  get begun(): boolean {
    return this.#filled > 0;
  }

  /**
   * Takes what is missing from `input`, from `at` on.
   *
   * @param wanted how many bytes there are to be
   * @returns all of them, valid until the next call; `null` while some are missing, when all of `input` was taken
   */
  take(input: Uint8Array, at: number, wanted: number): Uint8Array | null {
    if (this.#filled === 0 && input.length - at >= wanted) return input.subarray(at, at + wanted);
    const piece = input.subarray(at, at + this.missing(wanted));
    const filled = this.#filled + piece.length;
    if (filled > this.#bytes.length) {
      // Not all at once: what a peer announces need never come.
      const grown = new Uint8Array(Math.min(2 * filled, wanted));
      grown.set(this.#bytes.subarray(0, this.#filled));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#filled);
    this.#filled = filled;
    if (filled < wanted) return null;
    this.#filled = 0;
    return this.#bytes.subarray(0, wanted);
  }

  /** What has come of them, valid until the next call. */
  get soFar(): Uint8Array {
    return this.#bytes.subarray(0, this.#filled);
  }

  missing(wanted: number): number {
    return wanted - this.#filled;
  }
}
