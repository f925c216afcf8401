/** Who writes what comes in blocks. */
export interface BlockWriter {
  /** Whether bytes are written at all: it is neither closed nor broken. */
  readonly isOpen: boolean;
  /** How many bytes wait for a reader who takes no more at present. */
  readonly waiting: number;
  /**
   * Writes the beginning of a block.
   *
   * @param block of `FILE_BLOCK` bytes, whose memory is the writer's from now on
   * @param length bytes
   * @returns the block to be filled next, which may be the same
   */
  put(block: ArrayBuffer, length: number): ArrayBuffer;
  /** Writes bytes, which are the caller's again at once. */
  write(bytes: Uint8Array): void;
  /** Writes what waits for a reader, as far as it is taken. */
  flush(): void;
  /** Has all that was given written, as far as it is taken, before it returns. */
  settle(): void;
  /** Has all written, and closes the descriptor if it is its own. */
  close(): void;
}
