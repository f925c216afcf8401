/** What the head of an answer says. */
export interface Answer {
  readonly status: number;
  /** What the proxy says beside the status: as much of it as a message may show. */
  readonly reason: string;
  /** How the proxy wants to be told who asks: `Basic`, `Digest`, … */
  readonly schemes: readonly string[];
}

/** The longest head that is taken. */
const LONGEST_HEAD = 16 * 1024;
/** How many heads of 100 and its like may go before the answer. */
const MOST_HEADS = 20;
const FIRST_ROOM = 512;
const LONGEST_REASON = 80;

const BEGINNING = Buffer.from('HTTP/1.');
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9-]{0,20}(?=$|[ ,])/;

/** The head of an answer of HTTP/1.1, in pieces of any size; it never has more than 16 KiB. */
export class AnswerHead {
  #bytes = Buffer.alloc(FIRST_ROOM);
  #filled = 0;
  /** From where on the end has still to be looked for. */
  #searched = 0;
  #isWhole = false;
  #heads = 0;

  /**
   * Takes bytes up to the end of the head.
   *
   * @returns where in `input` what follows begins; `null` when this is no head of HTTP, or too long
   */
  take(input: Uint8Array, at: number): number | null {
    if (this.#isWhole) this.#begin();
    const end = Math.min(input.length, at + LONGEST_HEAD - this.#filled);
    this.#append(input.subarray(at, end));
    if (!this.#beginsWell()) return null;
    const found = this.#bytes.subarray(0, this.#filled).indexOf('\r\n\r\n', this.#searched);
    if (found < 0) {
      this.#searched = Math.max(0, this.#filled - 3);
      return this.#filled >= LONGEST_HEAD ? null : end;
    }
    this.#isWhole = true;
    const tooMuch = this.#filled - (found + 4);
    this.#filled = found;
    return ++this.#heads > MOST_HEADS ? null : end - tooMuch;
  }

  /** What it says. */
  read(): Answer | 'unfinished' | 'malformed' {
    if (!this.#isWhole) return 'unfinished';
    const [first = '', ...fields] = this.#bytes.toString('latin1', 0, this.#filled).split('\r\n');
    const line = STATUS_LINE.exec(first);
    if (line === null) return 'malformed';
    const schemes: string[] = [];
    for (const field of fields) {
      const parts = FIELD.exec(field);
      if (parts === null) return 'malformed';
      const scheme = parts[1]!.toLowerCase() === 'proxy-authenticate' ? SCHEME.exec(parts[2]!)?.[0] : undefined;
      if (scheme !== undefined && schemes.length < 5) schemes.push(scheme);
    }
    const reason = (line[2] ?? '').replace(/[^\x20-\x7e]/g, '?').trim();
    return { status: Number(line[1]), reason: reason.slice(0, LONGEST_REASON), schemes };
  }

  #begin(): void {
    this.#filled = this.#searched = 0;
    this.#isWhole = false;
  }

  #append(bytes: Uint8Array): void {
    const length = this.#filled + bytes.length;
    if (length > this.#bytes.length) {
      const room = Buffer.alloc(Math.min(LONGEST_HEAD, Math.max(2 * this.#bytes.length, length)));
      this.#bytes.copy(room, 0, 0, this.#filled);
      this.#bytes = room;
    }
    this.#bytes.set(bytes, this.#filled);
    this.#filled = length;
  }

  #beginsWell(): boolean {
    const length = Math.min(this.#filled, BEGINNING.length);
    return this.#bytes.compare(BEGINNING, 0, length, 0, length) === 0;
  }
}
