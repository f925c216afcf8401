import type { Slices } from '../../../name-space/slices.js';
import { hashOf, LineIndex } from './line-index.js';
import { LineScanner, LONGEST_LINE, wordsOf, type LineKind } from './line-scanner.js';

/** What lines say that were asked for lately, none of them longer than so many bytes. */
const MOST_KNOWN_ENTRIES = 1024;
const LONGEST_KNOWN_LINE = 1024;
/** Bytes of the lines that one question is answered from. */
const MOST_TEXT = 2 << 20;
/** What is read of them in one turn: lines, and bytes. */
const LINES_IN_A_TURN = 500;
const TEXT_IN_A_TURN = 64 << 10;

/** The good lines of a file, found by their words. They are made of the file's bytes when they are asked for. */
export class Database<E> {
  readonly #index: LineIndex;
  readonly #scanner: LineScanner;
  // By the place of the line.
  readonly #entries = new Map<number, E>();

  /**
   * @param bytes the file
   * @param kind what its lines say
   */
  constructor(
    private readonly bytes: Buffer,
    private readonly kind: LineKind<E>,
  ) {
    this.#index = new LineIndex(bytes.length);
    this.#scanner = new LineScanner(bytes, kind, this.#index);
  }

  /** Looks at a slice of the file; false when all of it has been looked at, and lines can be found. */
  advance(): boolean {
    return this.#scanner.advance();
  }

  /**
   * Finds lines.
   *
   * @param keys words in lower case, each of which a line may have; and what is looked for in the place that is no name
   * @param fits whether what a line says is what is looked for
   * @param most how many lines are wanted
   * @returns what they say, in the file's order
   */
  *find(keys: readonly string[], fits: (entry: E) => boolean, most = Infinity): Slices<E[]> {
    const found: E[] = [];
    let text = 0;
    let lines = 0;
    let enough = TEXT_IN_A_TURN;
    for (const line of this.#lines(keys)) {
      const known = this.#entries.get(line);
      const end = known === undefined ? this.#endOf(line) : line;
      const entry = known ?? this.#read(line, end);
      if (entry !== null && fits(entry) && found.push(entry) >= most) break;
      text += end - line;
      if (text > MOST_TEXT) break;
      if (++lines % LINES_IN_A_TURN !== 0 && text < enough) continue;
      enough = text + TEXT_IN_A_TURN;
      yield;
    }
    return found;
  }

  #lines(keys: readonly string[]): Iterable<number> {
    const [first, ...others] = keys.map((key) => this.#index.lines(hashOf(key)));
    if (first === undefined) return [];
    if (others.length === 0) return first;
    return [...new Set([first, ...others].flatMap((lines) => [...lines]))].sort((a, b) => a - b);
  }

  #endOf(line: number): number {
    const { bytes } = this;
    const most = Math.min(bytes.length, line + LONGEST_LINE);
    let end = line;
    while (end < most && bytes[end] !== 0x0a && bytes[end] !== 0x0d) end++;
    return end;
  }

  #read(line: number, end: number): E | null {
    const words = wordsOf(this.bytes.toString('utf8', line, end));
    const entry = words === null ? null : this.kind.entryOf(words);
    if (entry === null || end - line > LONGEST_KNOWN_LINE) return entry;
    if (this.#entries.size >= MOST_KNOWN_ENTRIES) this.#entries.clear();
    this.#entries.set(line, entry);
    return entry;
  }
}

/** A database of what a program says itself. */
export function databaseOf<E>(text: string, kind: LineKind<E>): Database<E> {
  const database = new Database(Buffer.from(text), kind);
  while (database.advance());
  return database;
}
