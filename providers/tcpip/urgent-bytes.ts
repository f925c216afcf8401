// Urgent bytes that were taken from the kernel before it dropped them.

/** As many urgent bytes are kept for an application that never asks for them. */
const MOST_BYTES = 1024;

/**
 * The urgent bytes of one connection that were set aside.
 *
 * A system as Linux (`SystemTraits.losesUrgentBytes`) keeps one urgent byte, in its place in the stream: an ordinary
 * receive that begins at the mark drops it, and a newer one puts an end to its being urgent. On Windows urgent bytes
 * queue up beside the stream and stay. So a byte is taken out while the receive position stands at its mark: from there
 * on the kernel leaves it out of the stream by itself.
 */
export class UrgentBytes {
  readonly #bytes: number[] = [];
  /** One byte of room for a receive. */
  readonly room = new Uint8Array(1);

  /** How many are set aside. */
  get size(): number {
    return this.#bytes.length;
  }

  /** Whether another one finds room. */
  get hasRoom(): boolean {
    return this.#bytes.length < MOST_BYTES;
  }

  /** Sets the byte in the room aside, behind the others. */
  keep(): void {
    this.#bytes.push(this.room[0]!);
  }

  /** The oldest. @param peek leaves it where it is */
  first(peek: boolean): number {
    return peek ? this.#bytes[0]! : this.#bytes.shift()!;
  }
}
