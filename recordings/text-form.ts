// How bytes are written in a recording, and read from it: text where they are text, base64 or as they are where they are not.
import { isAscii, isUtf8 } from 'node:buffer';

/** The most bytes of one block: what is written by one decision whether it is text. */
export const BLOCK = 12 * 1024;
/** So many bytes of a block are looked at to see whether it is text. */
const SAMPLE = 512;
/** Blocks up to this length are readable with escapes, whatever they hold. */
const SHORT = 64;
/** The share of a block's bytes that text is readable with. */
const READABLE_SHARE = 0.7;

/** What a text that is not UTF-8 has as escapes, beside what is replaced before: all but printable ASCII. */
const UNREADABLE_BYTES = /[^\n\x20-\x7e]/g;
/** In UTF-8 also what would not be seen, or would show the rest in another order. */
const UNREADABLE_CHARACTERS =
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udfff]/g;

const escapeByte = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

const escapeCharacter = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

/** Escapes a text of one line for a place in which spaces end it, such as a name. */
export function escapeWord(text: string): string {
  return escapeText(text, true).replaceAll('\n', '\\n').replaceAll(' ', '\\x20');
}

/** Escapes all but line feeds and spaces. */
function escapeText(text: string, utf8: boolean): string {
  let escaped = text.includes('\\') ? text.replaceAll('\\', '\\\\') : text;
  if (escaped.includes('\r')) escaped = escaped.replaceAll('\r', '\\r');
  if (escaped.includes('\t')) escaped = escaped.replaceAll('\t', '\\t');
  return utf8 ? escaped.replace(UNREADABLE_CHARACTERS, escapeCharacter) : escaped.replace(UNREADABLE_BYTES, escapeByte);
}

/**
 * Finds where the next block of a run of bytes ends: the same whatever pieces the bytes came in.
 *
 * @param bytes what is there; `BLOCK` bytes or more, unless the run ends with them
 * @returns how many bytes the block has, at most `BLOCK`; negated for one that is not text
 */
export function measureBlock(bytes: Buffer): number {
  if (bytes.length < BLOCK) return isReadable(bytes, false) ? bytes.length : -bytes.length;
  const block = bytes.subarray(0, BLOCK);
  if (!isReadable(block, true)) return -BLOCK;
  // Text ends with a line, so that a line of it is one of the recording.
  return block.lastIndexOf(10) + 1 || endOfCharacters(block);
}

/** Where the last character of UTF-8 ends that is whole. */
function endOfCharacters(block: Buffer): number {
  for (let back = 1; back <= 3; back++) {
    const byte = block[block.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? block.length - back : block.length;
  }
  return block.length;
}

/** Of each byte: 1 for ASCII that text has, 0 for all else. */
const READABLE = new Uint8Array(256).fill(1, 0x20, 0x7f).fill(1, 9, 14);

/** @param cut whether a character may be cut by its end */
function isReadable(block: Buffer, cut: boolean): boolean {
  if (block.length <= SHORT) return true;
  const length = Math.min(block.length, SAMPLE);
  const most = length - Math.ceil(length * READABLE_SHARE);
  let [unreadable, high, isSampleUtf8] = [0, 0, false];
  for (let at = 0; at < length; at++) {
    const byte = block[at]!;
    if (READABLE[byte] === 1) continue;
    high += byte >> 7;
    if (++unreadable <= most) continue;
    if (unreadable - high > most) return false;
    if (isSampleUtf8) continue;
    // Too much is not ASCII: whether the rest may be UTF-8 is not asked when the beginning is not.
    const sample = block.subarray(0, length);
    isSampleUtf8 = isUtf8(sample.subarray(0, block.length > SAMPLE ? endOfCharacters(sample) : length));
    if (!isSampleUtf8) return false;
  }
  if (unreadable <= most) return true;
  return isUtf8(cut ? block.subarray(0, endOfCharacters(block)) : block);
}

/**
 * How many bytes at the beginning of a run are its first block if all of them are plain text: what `measureBlock` says of such; 0 where
 * that cannot be said.
 */
export function plainBlock(bytes: Buffer): number {
  if (bytes.length < BLOCK) return bytes.length;
  const line = bytes.lastIndexOf(10, BLOCK - 1) + 1;
  return line === 0 ? BLOCK : line >= SAMPLE ? line : 0;
}

/**
 * Writes a block of text as lines.
 *
 * @param mark what each line begins with: a conversation and a direction, `1 >`
 * @param first what the first one begins with
 */
export function textLines(block: Buffer, mark: string, first = mark): string {
  const utf8 = isUtf8(block);
  let text = escapeText(utf8 ? block.toString() : block.toString('latin1'), utf8);
  if (text.endsWith(' ')) text = `${text.slice(0, -1)}\\x20`;
  const endsLine = text.endsWith('\n');
  if (endsLine) text = text.slice(0, -1);
  if (text.includes('\n')) text = text.replaceAll('\n', `\\n\n${mark} `);
  return endsLine ? `${first} ${text}\\n\n` : `${first} ${text}\n`;
}

const LF = 10;
const BACKSLASH = 0x5c;
const LETTER_X = 0x78;
const FOUR_BACKSLASHES = 0x5c5c_5c5c;
const HIGHEST_BITS = 0x8080_8080 | 0;
const PLAIN = 1;
/** Of each byte: `PLAIN`, what follows the backslash of its escape, or 0 where `writePlainLines` does not know it. */
const LETTERS = new Uint8Array(256).fill(PLAIN, 0x20, 0x7f);
for (const [byte, letter] of [
  [LF, 'n'],
  [13, 'r'],
  [9, 't'],
  [BACKSLASH, '\\'],
] as const)
  LETTERS[byte] = letter.charCodeAt(0);

/**
 * Whether four bytes are all `PLAIN`: of each, the highest bit of one of these sums says that it is beyond ASCII, 0x7f, below 0x20,
 * or a backslash. A sum may carry into the next byte only where there is a byte beyond ASCII, which is found all the same.
 */
function arePlain(four: number): boolean {
  const wrong = four | (four + 0x0101_0101) | ~(four + 0x6060_6060) | ~((four ^ FOUR_BACKSLASHES) + 0x7f7f_7f7f);
  return (wrong & HIGHEST_BITS) === 0;
}

/** How many bytes `writePlainLines` may need for a block. */
export function roomForPlainLines(block: Uint8Array, mark: Uint8Array, first: Uint8Array): number {
  return block.length * (mark.length + 4) + first.length + 8;
}

/** Whether a block has no characters but those of ASCII: bytes beyond are escaped, as all is that is not seen. */
export function isOfBytes(block: Uint8Array): boolean {
  return isAscii(block) || !isUtf8(block);
}

const HEXADECIMAL = Buffer.from('0123456789abcdef');

/**
 * Writes a block of ASCII without control characters but those that text has, as `textLines` does, byte by byte: lines are short, and
 * a string for each would cost more than what is in it.
 *
 * @param escapes whether other bytes are escaped, as they are in what `isOfBytes`
 * @param mark what each line begins with, as bytes
 * @param first what the first one begins with
 * @param room where to, with room for `roomForPlainLines`
 * @returns where what was written ends; -1 for a block that has something else, and nothing is written
 */
export function writePlainLines(
  block: Uint8Array,
  mark: Uint8Array,
  first: Uint8Array,
  room: Uint8Array,
  at: number,
  escapes = false,
): number {
  let to = at;
  for (let i = 0; i < first.length; i++) room[to++] = first[i]!;
  room[to++] = 0x20;
  const { length } = block;
  const source = new DataView(block.buffer, block.byteOffset, length);
  const target = new DataView(room.buffer, room.byteOffset, room.length);
  for (let from = 0; from < length; from++) {
    for (; from + 4 <= length; from += 4, to += 4) {
      const four = source.getInt32(from, true);
      if (!arePlain(four)) break;
      target.setInt32(to, four, true);
    }
    if (from === length) break;
    const byte = block[from]!;
    const letter = LETTERS[byte]!;
    if (letter === PLAIN) {
      room[to++] = byte;
      continue;
    }
    if (letter === 0 && !escapes) return -1;
    room[to++] = BACKSLASH;
    if (letter === 0) {
      room[to++] = LETTER_X;
      room[to++] = HEXADECIMAL[byte >> 4]!;
      room[to++] = HEXADECIMAL[byte & 15]!;
      continue;
    }
    room[to++] = letter;
    if (byte !== LF || from === length - 1) continue;
    room[to++] = LF;
    for (let i = 0; i < mark.length; i++) room[to++] = mark[i]!;
    room[to++] = 0x20;
  }
  // A space at the end of a line is easily lost.
  if (block[length - 1] === 0x20) {
    room[to - 1] = BACKSLASH;
    for (const byte of [0x78, 0x32, 0x30]) room[to++] = byte;
  }
  room[to++] = LF;
  return to;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

/** An escape, or a backslash that begins none. */
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([nrt\\])|)/g;

/**
 * Reads what `blockLines` wrote of text, without its mark.
 *
 * @param line the line's bytes, each as one character
 * @returns the bytes; or where in the line there is an escape that does not exist
 */
export function textBytes(line: string): Buffer | number {
  if (!line.includes('\\')) return Buffer.from(line, 'latin1');
  let wrong = -1;
  const text = line.replace(ESCAPE, (_, hex: string | undefined, letter: string | undefined, at: number) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (letter !== undefined) return ESCAPES[letter]!;
    if (wrong < 0) wrong = at;
    return '';
  });
  return wrong < 0 ? Buffer.from(text, 'latin1') : wrong;
}

const BASE64 = /^[A-Za-z0-9+/]*(={0,2})$/;

/**
 * Reads what `blockLines` wrote in base64, without its mark.
 *
 * @returns the bytes; or where in the line it is not base64
 */
export function base64Bytes(line: string): Buffer | number {
  if (line.length % 4 === 0 && BASE64.test(line)) return Buffer.from(line, 'base64');
  const wrong = line.search(/[^A-Za-z0-9+/]/);
  return wrong < 0 ? line.length : wrong;
}

/** Shows bytes within a message: as in a recording, on one line. */
export function shownBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const utf8 = isUtf8(buffer);
  return escapeText(buffer.toString(utf8 ? 'utf8' : 'latin1'), utf8).replaceAll('\n', '\\n');
}
