/** A number for the letters of a word, by FNV-1a: characters in lower case, each by its code. */
export const HASH_START = 0x811c9dc5 | 0;

/** Takes one more character into a hash. */
export function hashOn(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

/** The hash of a word in lower case. */
export function hashOf(word: string): number {
  let hash = HASH_START;
  for (let at = 0; at < word.length; at++) hash = hashOn(hash, word.charCodeAt(at));
  return hash;
}

/** Lines that one key may have; those behind them are not found by it. */
export const MOST_LINES_OF_A_KEY = 65_536;

// Members of a row for each key: its hash, the next row of its bucket, its first and its last entry, and how many it has.
const HASH = 0;
const NEXT_ROW = 1;
const FIRST = 2;
const LAST = 3;
const COUNT = 4;
const ROW = 5;
// Members of an entry: the line, and the next entry of the key.
const LINE = 0;
const NEXT = 1;
const ENTRY = 2;

/**
 * Which lines of a file have a key among their words, each line by the place of its first byte. It takes numbers alone, which
 * cost no collection of garbage however many there are; who finds a line looks whether the key is really there.
 */
export class LineIndex {
  readonly #buckets: Int32Array;
  readonly #rows: Rows;
  readonly #entries: Rows;

  /** @param size of the file, in bytes */
  constructor(size: number) {
    // About one for each word. What does not fit shares one.
    this.#buckets = new Int32Array(1 << Math.min(22, Math.max(4, 28 - Math.clz32(size))));
    const rows = Math.min(16_384, 2 * this.#buckets.length);
    this.#rows = new Rows(ROW, rows);
    this.#entries = new Rows(ENTRY, rows);
  }

  /**
   * Notes that a line has a key. Lines come in the file's order.
   *
   * @returns how many keys were looked at, which is work
   */
  add(hash: number, line: number): number {
    const rows = this.#rows;
    const bucket = bucketOf(hash, this.#buckets.length);
    let looks = 1;
    let row = this.#buckets[bucket]!;
    for (; row !== 0 && rows.get(row, HASH) !== hash; looks++) row = rows.get(row, NEXT_ROW);
    if (row === 0) {
      row = rows.add();
      rows.set(row, HASH, hash);
      rows.set(row, NEXT_ROW, this.#buckets[bucket]!);
      this.#buckets[bucket] = row;
    }
    const last = rows.get(row, LAST);
    // A word may be there twice.
    if (last !== 0 && this.#entries.get(last, LINE) === line) return looks;
    const count = rows.get(row, COUNT);
    if (count === MOST_LINES_OF_A_KEY) return looks;
    const entry = this.#entries.add();
    this.#entries.set(entry, LINE, line);
    if (last === 0) rows.set(row, FIRST, entry);
    else this.#entries.set(last, NEXT, entry);
    rows.set(row, LAST, entry);
    rows.set(row, COUNT, count + 1);
    return looks;
  }

  /** The lines with a key, in the file's order; among them may be some with another one. */
  *lines(hash: number): Generator<number, void> {
    let row = this.#buckets[bucketOf(hash, this.#buckets.length)]!;
    while (row !== 0 && this.#rows.get(row, HASH) !== hash) row = this.#rows.get(row, NEXT_ROW);
    if (row === 0) return;
    for (let entry = this.#rows.get(row, FIRST); entry !== 0; entry = this.#entries.get(entry, NEXT)) {
      yield this.#entries.get(entry, LINE);
    }
  }
}

function bucketOf(hash: number, buckets: number): number {
  return (hash ^ (hash >>> 15)) & (buckets - 1);
}

/** Rows of numbers that grow without being copied; the first has number 1. */
class Rows {
  readonly #segments: Int32Array[] = [];
  readonly #shift: number;
  readonly #mask: number;
  #count = 1;

  /**
   * @param width numbers in a row
   * @param segment rows that are made at once, a power of two
   */
  constructor(
    private readonly width: number,
    segment: number,
  ) {
    this.#shift = Math.log2(segment);
    this.#mask = segment - 1;
  }

  add(): number {
    const row = this.#count++;
    if (row >> this.#shift === this.#segments.length) {
      this.#segments.push(new Int32Array(this.width * (this.#mask + 1)));
    }
    return row;
  }

  get(row: number, member: number): number {
    return this.#segments[row >> this.#shift]![(row & this.#mask) * this.width + member]!;
  }

  set(row: number, member: number, value: number): void {
    this.#segments[row >> this.#shift]![(row & this.#mask) * this.width + member] = value;
  }
}
