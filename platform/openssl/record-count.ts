/** Bytes before each record: its type, the version and its length. */
const HEAD = 5;
/** The types that there are. What begins otherwise is none: OpenSSL takes a client's first words of SSL 2, which have another head. */
const [FIRST_TYPE, LAST_TYPE] = [20, 24];

/**
 * Counts the records of TLS in what comes from a peer, by their heads alone: whoever has read as many knows that nothing is left, and
 * need not ask.
 */
export class RecordCount {
  /** Bytes of the head that is coming which are there, and the length that they say so far. */
  #head = 0;
  #length = 0;
  /** Bytes that are missing of the record whose head is there. */
  #missing = 0;
  #ended = 0;
  #areRecords = true;

  /** How many records have ended in what came last; -1 when what came last ends within one, or not all were records. */
  get whole(): number {
    return this.#head === 0 && this.#missing === 0 && this.#areRecords ? this.#ended : -1;
  }

  /** More has come. */
  add(bytes: Uint8Array): void {
    this.#ended = 0;
    if (!this.#areRecords) return;
    const { length } = bytes;
    for (let at = 0; at < length;) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, length - at);
        at += taken;
        this.#missing -= taken;
      } else {
        const byte = bytes[at++]!;
        if (this.#head === 0 && (byte < FIRST_TYPE || byte > LAST_TYPE)) this.#areRecords = false;
        if (++this.#head === HEAD - 1) this.#length = byte << 8;
        if (this.#head < HEAD) continue;
        this.#head = 0;
        this.#missing = this.#length | byte;
      }
      if (this.#missing === 0) this.#ended++;
    }
  }
}
