/** What `givenBack` says of a piece that would come again at once, for ever. */
export const COMES_AGAIN = -1;

/** The piece that a codec is given to decode or to encode, and what it has done about it. */
export class GivenPiece {
  #piece: Uint8Array | null = null;
  #encoding = false;
  #unread = 0;

  /** Whether the codec is to encode it. */
  get encoding(): boolean {
    return this.#encoding;
  }

  /**
   * The codec is about to be given a piece.
   *
   * @returns the piece that it was at work on before, for `end`
   */
  begin(piece: Uint8Array, encoding: boolean): Uint8Array | null {
    const before = this.#piece;
    this.#piece = piece;
    this.#encoding = encoding;
    this.#unread = 0;
    return before;
  }

  /** The codec has returned. */
  end(before: Uint8Array | null): void {
    this.#piece = before;
  }

  /** The codec gives back a rest. Returns whether it is the rest of the piece. */
  giveBack(bytes: Uint8Array): boolean {
    const piece = this.#piece;
    const fits =
      piece !== null &&
      bytes.buffer === piece.buffer &&
      bytes.byteOffset + bytes.length === piece.byteOffset + piece.length &&
      bytes.length <= piece.length;
    if (fits) this.#unread = bytes.length;
    return fits;
  }

  /**
   * How much of the piece comes again. Who gives all back has to pause, and who encodes anything: it would come at once.
   *
   * @param length of the piece, in bytes
   * @param paused whether the codec paused this direction
   * @returns bytes at its end, or COMES_AGAIN
   */
  givenBack(length: number, paused: boolean): number {
    const unread = this.#unread;
    this.#unread = 0;
    return unread === 0 || paused || (!this.#encoding && unread < length) ? unread : COMES_AGAIN;
  }
}
