// How bytes are written in a recording, and read from it: text where they are text, base64 where they are not.
import { isUtf8 } from 'node:buffer';

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

/** @param cut whether a character may be cut by its end */
function isReadable(block: Buffer, cut: boolean): boolean {
  if (block.length <= SHORT) return true;
  const sample = block.subarray(0, SAMPLE);
  let ascii = 0;
  let high = 0;
  for (let at = 0; at < sample.length; at++) {
    const byte = sample[at]!;
    if (byte >= 0x80) high++;
    else if ((byte >= 0x20 && byte !== 0x7f) || (byte >= 9 && byte <= 13)) ascii++;
  }
  const least = sample.length * READABLE_SHARE;
  if (ascii >= least) return true;
  if (ascii + high < least) return false;
  // Whether the rest may be UTF-8 is not asked when the beginning is not.
  if (!isUtf8(sample.subarray(0, block.length > SAMPLE ? endOfCharacters(sample) : sample.length))) return false;
  return isUtf8(cut ? block.subarray(0, endOfCharacters(block)) : block);
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

/** Writes a block that is not text as a line. */
export function base64Line(block: Buffer, first: string): string {
  return `${first}64 ${block.toString('base64')}\n`;
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
