import { HASH_START, hashOf, hashOn, type LineIndex } from './line-index.js';

/** What the lines of one kind of file say. */
export interface LineKind<E> {
  /** Which word, from 0, is not a name. */
  readonly keyPlace: number;
  /** Under what that word is looked for, in lower case; `null` for a line that says nothing sensible. */
  keyOf(word: string): string | null;
  /** What a line says; `null` for one that says nothing sensible. */
  entryOf(words: Line): E | null;
}

/** The words of one line, comments taken off; at least one. */
export type Line = readonly [string, ...string[]];

/** Longer lines are left out: it holds 3,000 names. */
export const LONGEST_LINE = 65_536;

/** What is done in one go: a unit is about what a byte costs, a nanosecond or two, and all of them half a millisecond. */
export const SLICE = 1 << 18;
/** What other things cost: a word besides its bytes, a key of a kind's own, a key that is looked at, a byte of a line that is not ASCII. */
const WORD = 16;
const KEY = 1024;
const LOOK = 8;
const OTHER_BYTE = 16;

/** Told of each line that is left out. */
export interface LeftOutListener {
  /**
   * @param line its number, from 1
   * @param start where it begins
   * @param end where it ends; for one that is too long, how far it was looked at
   */
  leftOut(line: number, start: number, end: number): void;
}

// What a byte is, in the table below.
const LETTER = 0;
const SPACE = 1;
const LINE_END = 2;
const COMMENT = 3;
const OTHER = 4;

const LINE_FEED = 0x0a;

const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x0a || byte === 0x0d) return LINE_END;
  if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0c)) return SPACE;
  // No name has a NUL.
  return byte === 0x23 ? COMMENT : byte >= 0x80 || byte === 0 ? OTHER : LETTER;
});
const LOWER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte));

/**
 * Splits a line into words; what follows a `#` is comment.
 *
 * @returns the words; `null` when there is none
 */
export function wordsOf(line: string): Line | null {
  const [first = '', ...others] = line.replace(/#.*/s, '').trim().split(/\s+/);
  return first === '' ? null : [first, ...others];
}

/**
 * Goes through the bytes of a file slice by slice, and notes by which words its good lines are found. It looks at each byte
 * once; a line is made text when somebody asks for it, or when it is not ASCII.
 */
export class LineScanner {
  #at = 0;
  #line = 1;
  #isInLongLine = false;
  // What was done in this slice.
  #work = 0;
  // Of the last line that had one: in a list of names to be blocked, all lines have the same address.
  #keyWord = '';
  #key: string | null = null;
  // Of the words of the line that is being looked at.
  readonly #hashes: number[] = [];

  /**
   * @param bytes the file
   * @param kind what its lines say
   * @param index where the lines are noted
   * @param listener told of the lines that are left out
   */
  constructor(
    private readonly bytes: Buffer,
    private readonly kind: LineKind<unknown>,
    private readonly index: LineIndex | null,
    private readonly listener: LeftOutListener | null = null,
  ) {}

  /** Goes on by a slice; false when that was the last. */
  advance(): boolean {
    const { length } = this.bytes;
    this.#work = 0;
    while (this.#work < SLICE) {
      if (this.#at >= length) return false;
      if (this.#isInLongLine) this.#passOn();
      else this.#look();
    }
    return this.#at < length;
  }

  // Looks at a line.
  #look(): void {
    const { bytes, kind } = this;
    const start = this.#at;
    const most = Math.min(bytes.length, start + LONGEST_LINE);
    const hashes = this.#hashes;
    let words = 0;
    let hash = HASH_START;
    let wordStart = -1;
    let keyStart = 0;
    let keyEnd = 0;
    let what = LETTER;
    let at = start;
    for (; at <= most; at++) {
      // Behind the last line there may be no end of one.
      const byte = at < most ? bytes[at]! : LINE_FEED;
      what = BYTES[byte]!;
      if (what === LETTER) {
        if (wordStart < 0) wordStart = at;
        hash = hashOn(hash, LOWER[byte]!);
        continue;
      }
      if (wordStart >= 0) {
        if (words === kind.keyPlace) {
          keyStart = wordStart;
          keyEnd = at;
        }
        hashes[words++] = hash;
        hash = HASH_START;
        wordStart = -1;
      }
      if (what !== SPACE) break;
    }
    const isPlain = what !== OTHER;
    const end = this.#lineEnd(at, most);
    if (end === most && most < bytes.length) {
      this.#isInLongLine = true;
      this.#at = end;
      this.listener?.leftOut(this.#line, start, end);
      return;
    }
    this.#work += words * WORD;
    const isGood = isPlain
      ? words === 0 || (words > 1 && this.#note(start, words, bytes.toString('latin1', keyStart, keyEnd)))
      : this.#noteText(start, end);
    if (!isGood) this.listener?.leftOut(this.#line, start, end);
    this.#endLine(end);
  }

  // Goes on to the end of a line that is too long.
  #passOn(): void {
    const most = Math.min(this.bytes.length, this.#at + LONGEST_LINE);
    const end = this.#lineEnd(this.#at, most);
    if (end === most) {
      this.#work += end - this.#at;
      this.#at = end;
    } else {
      this.#isInLongLine = false;
      this.#endLine(end);
    }
  }

  #lineEnd(from: number, most: number): number {
    let at = from;
    while (at < most && BYTES[this.bytes[at]!] !== LINE_END) at++;
    return Math.min(at, most);
  }

  // Notes a line that is not ASCII, or has a NUL; false when it says nothing sensible.
  #noteText(start: number, end: number): boolean {
    this.#work += (end - start) * OTHER_BYTE;
    const words = wordsOf(this.bytes.toString('utf8', start, end));
    if (words === null) return true;
    if (words.some((word) => word.includes('\0'))) return false;
    for (const [place, word] of words.entries()) this.#hashes[place] = hashOf(word.toLowerCase());
    return words.length > 1 && this.#note(start, words.length, words[this.kind.keyPlace]!);
  }

  // Notes a line by the hashes of its words, one of which is no name; false when that says nothing sensible.
  #note(line: number, words: number, keyWord: string): boolean {
    if (keyWord !== this.#keyWord) {
      this.#work += KEY;
      this.#keyWord = keyWord;
      this.#key = this.kind.keyOf(keyWord);
    }
    if (this.#key === null) return false;
    if (this.index === null) return true;
    this.#hashes[this.kind.keyPlace] = hashOf(this.#key);
    for (let word = 0; word < words; word++) this.#work += LOOK * this.index.add(this.#hashes[word]!, line);
    return true;
  }

  #endLine(at: number): void {
    this.#line++;
    this.#work += at - this.#at + 1;
    this.#at = at + (this.bytes[at] === 0x0d && this.bytes[at + 1] === 0x0a ? 2 : 1);
  }
}
