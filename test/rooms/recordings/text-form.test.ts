// Plain text is written byte by byte, all other text by way of strings: what comes of both is the same.
import { expect, it } from 'vitest';
import { isOfBytes, roomForPlainLines, textLines, writePlainLines } from '../../../recordings/text-form.js';

const MARK = Buffer.from('12 >');
const FIRST = Buffer.from('12 +3 >');

/** What `writePlainLines` makes of a block; `null` for one that is not plain. */
function plainLines(block: Buffer, escapes = false): string | null {
  const room = new Uint8Array(roomForPlainLines(block, MARK, FIRST) + 3);
  const end = writePlainLines(block, MARK, FIRST, room, 3, escapes);
  return end < 0 ? null : Buffer.from(room.subarray(3, end)).toString('latin1');
}

const lines = (block: Buffer): string => textLines(block, MARK.toString(), FIRST.toString());

it('writes each plain byte as text is written, wherever it stands, and refuses every other byte', () => {
  for (let byte = 0; byte < 256; byte++) {
    const isPlain = (byte >= 0x20 && byte < 0x7f) || [9, 10, 13].includes(byte);
    for (let length = 1; length <= 13; length++) {
      for (let at = 0; at < length; at++) {
        // Its neighbours are the first and the last plain byte: what one of them carries would change the other.
        const block = Buffer.alloc(length, at & 1 ? 0x7e : 0x20).fill(0x61, length - 1);
        block[at] = byte;
        expect([byte, length, at, plainLines(block)]).toEqual([byte, length, at, isPlain ? lines(block) : null]);
      }
    }
  }
});

it('writes plain text of several lines as text is written, however the bytes lie in memory', () => {
  const text = 'One line\r\n\r\n\ttwo \\ three\n\\\\\\\\\nfour and no end ';
  for (let from = 0; from < text.length; from++) {
    for (let to = from + 1; to <= text.length; to++) {
      const block = Buffer.from(text).subarray(from, to);
      expect(plainLines(block)).toBe(lines(block));
    }
  }
});

it('writes any bytes that are no UTF-8 with the escapes that text has', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  for (let from = 0; from < 256; from++) {
    for (const to of [from + 1, from + 7, 256]) {
      const block = all.subarray(from, to);
      expect(isOfBytes(block)).toBe(true);
      expect(plainLines(block, true)).toBe(lines(block));
    }
  }
  expect(isOfBytes(Buffer.from('caf\u00e9'))).toBe(false);
});
