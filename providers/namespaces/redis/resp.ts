// The protocol of Redis servers (RESP2; the kinds of RESP3 are read as their likes of RESP2). redis-parser, which others
// use for this, has had no release since 2017.

/** An error that the server answered with; the first word says which. */
export class RedisError {
  constructor(readonly message: string) {}

  /** Such as `WRONGPASS`. */
  get kind(): string {
    return this.message.split(' ', 1)[0]!;
  }
}

/** What a server answers. */
export type Reply = string | number | null | RedisError | readonly Reply[];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of commands. */
export function encodeCommands(commands: readonly (readonly string[])[]): Uint8Array {
  const text = commands.map(
    (words) => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
  );
  return encoder.encode(text.join(''));
}

/** The longest text that is read, and the longest line. */
const LONGEST_TEXT = 4 * 1024 * 1024;
const LONGEST_LINE = 64 * 1024;
const MOST_ELEMENTS = 1_000_000;
const DEEPEST = 8;
/** Bytes of one reply, with all that lies in it. */
const LONGEST_REPLY = 32 * 1024 * 1024;

const CR = 13;

/** An array whose elements have not all been read. */
interface Open {
  readonly elements: Reply[];
  missing: number;
}

/** Puts replies together from the pieces in which they come. */
export class ReplyReader {
  // What has come is from `at` to `end`; there may be room behind it.
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  // Of the reply that is being read, as far as it was.
  #replyLength = 0;
  /** Lines and texts that were read. */
  parts = 0;
  readonly #open: Open[] = [];
  // The kind and length of a text whose bytes have not all come.
  #text: { readonly kind: string; readonly length: number } | null = null;

  /** @param replied called with each reply, as soon as it is whole */
  constructor(private readonly replied: (reply: Reply) => void) {}

  /**
   * Reads on.
   *
   * @returns what is wrong with what came, after which nothing more can be read; or `null`
   */
  push(piece: Uint8Array): string | null {
    this.#keep(piece);
    for (;;) {
      const fault = this.#text === null ? this.#readLine() : this.#readText(this.#text);
      if (fault !== undefined) return fault;
      this.parts++;
    }
  }

  // Puts a piece behind what has come. Room is doubled where it is short: it may come byte by byte.
  #keep(piece: Uint8Array): void {
    const rest = this.#end - this.#at;
    if (rest === 0) {
      this.#bytes = piece;
      this.#at = 0;
      this.#end = piece.length;
      return;
    }
    if (this.#end + piece.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (rest + piece.length));
      larger.set(this.#bytes.subarray(this.#at, this.#end));
      this.#bytes = larger;
      this.#at = 0;
      this.#end = rest;
    }
    this.#bytes.set(piece, this.#end);
    this.#end += piece.length;
  }

  // What was read is behind us; a fault when the reply that it is of has become too long.
  #pass(next: number): string | undefined {
    this.#replyLength += next - this.#at;
    this.#at = next;
    return this.#replyLength > LONGEST_REPLY ? `an answer of more than ${LONGEST_REPLY} bytes` : undefined;
  }

  // A fault; `null` when more has to come; `undefined` to go on.
  #readLine(): string | null | undefined {
    const found = this.#bytes.indexOf(CR, this.#at);
    const end = found < 0 ? this.#end : found;
    if (end + 1 >= this.#end) return this.#end - this.#at > LONGEST_LINE ? 'a line without end' : null;
    const line = decoder.decode(this.#bytes.subarray(this.#at, end));
    const fault = this.#pass(end + 2);
    if (fault !== undefined) return fault;
    const [kind, rest] = [line.charAt(0), line.slice(1)];
    switch (kind) {
      case '+':
      case ',':
      case '(':
        return this.#add(rest);
      case '-':
        return this.#add(new RedisError(rest));
      case ':':
        return /^[+-]?\d{1,19}$/.test(rest) ? this.#add(Number(rest)) : `${line.slice(0, 40)} for a number`;
      case '_':
        return this.#add(null);
      case '#':
        return this.#add(rest === 't' ? 1 : 0);
      case '$':
      case '=':
      case '!':
        return this.#beginText(kind, rest);
      case '*':
      case '~':
      case '>':
        return this.#beginArray(rest, 1);
      case '%':
        return this.#beginArray(rest, 2);
      default:
        return `${JSON.stringify(line.slice(0, 40))}, which no Redis server says`;
    }
  }

  #beginText(kind: string, length: string): string | undefined {
    if (length === '-1') return this.#add(null);
    if (!/^\d{1,9}$/.test(length) || Number(length) > LONGEST_TEXT) return `a text of ${length.slice(0, 20)} bytes`;
    this.#text = { kind, length: Number(length) };
    return undefined;
  }

  #readText({ kind, length }: { kind: string; length: number }): string | null | undefined {
    const end = this.#at + length;
    if (end + 2 > this.#end) return null;
    const text = decoder.decode(this.#bytes.subarray(this.#at, end));
    if (this.#bytes[end] !== CR) return 'a text that is longer than it says';
    const fault = this.#pass(end + 2);
    if (fault !== undefined) return fault;
    this.#text = null;
    // A verbatim text begins with its format.
    return this.#add(kind === '!' ? new RedisError(text) : kind === '=' ? text.slice(4) : text);
  }

  #beginArray(count: string, each: number): string | undefined {
    if (count === '-1') return this.#add(null);
    const missing = Number(count) * each;
    if (!/^\d{1,7}$/.test(count) || missing > MOST_ELEMENTS) return `an array of ${count.slice(0, 20)} elements`;
    if (missing === 0) return this.#add([]);
    if (this.#open.length === DEEPEST) return `arrays within each other, more than ${DEEPEST} deep`;
    this.#open.push({ elements: [], missing });
    return undefined;
  }

  #add(reply: Reply): undefined {
    let whole = reply;
    for (let outer = this.#open.at(-1); outer !== undefined; outer = this.#open.at(-1)) {
      outer.elements.push(whole);
      if (--outer.missing > 0) return;
      this.#open.pop();
      whole = outer.elements;
    }
    this.#replyLength = 0;
    this.replied(whole);
  }
}
