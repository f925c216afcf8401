/** The first bytes of a peer's answer, as they come in pieces: no more are taken than are wanted, and kept than fit. */
export class GatheredBytes {
  readonly #room: Uint8Array;
  #filled = 0;

  /** @param most how many bytes there can be at most */
  constructor(most: number) {
    this.#room = new Uint8Array(most);
  }

  /** Those that are there. They are changed by `take` and `clear` alone. */
  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#filled);
  }

  /**
   * Takes what is missing from `input`, from `at` on.
   *
   * @param wanted how many bytes there are to be
   * @returns where the rest of `input` begins; its length while some are missing
   */
  take(input: Uint8Array, at: number, wanted: number): number {
    const end = Math.min(input.length, at + Math.max(0, wanted - this.#filled));
    this.#room.set(input.subarray(at, end), this.#filled);
    this.#filled += end - at;
    return end;
  }

  /** Forgets them. */
  clear(): void {
    this.#filled = 0;
  }
}
