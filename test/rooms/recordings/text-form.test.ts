// Plain text is written by vectors, or byte by byte where there are none, all other text by way of strings: what comes of them is the same.
import { describe, expect, it } from 'vitest';
import { createLineRoom, createPlainRoom } from '../../../recordings/line-room.js';
import { BLOCK, isOfBytes, roomForPlainLines, textLines } from '../../../recordings/text-form.js';

const MARK = Buffer.from('12 >');
const FIRST = Buffer.from('12 +3 >');

const lines = (block: Buffer): string => textLines(block, MARK.toString(), FIRST.toString());

const ROOMS = { vectors: createLineRoom, 'byte by byte': createPlainRoom };

describe.each(Object.entries(ROOMS))('A room for lines, %s,', (_, createRoom) => {
  const room = createRoom(roomForPlainLines(Buffer.alloc(BLOCK), Buffer.alloc(50), FIRST) + 3);

  /** What is written of a block; `null` for one that is not plain. */
  function plainLines(block: Buffer, escapes = false, mark = MARK): string | null {
    const end = room.write(block, mark, FIRST, 3, escapes);
    return end < 0 ? null : room.bytes.toString('latin1', 3, end);
  }

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

  it('writes whole blocks of lines of every length, and behind them only what is theirs', () => {
    for (const length of [BLOCK - 1, BLOCK]) {
      const text = Array.from({ length: 200 }, (_, line) => `${'x\\y\t'.repeat(line % 7)}${'-'.repeat(line)}\r\n`).join(
        '',
      );
      const block = Buffer.from(text).subarray(0, length);
      expect(plainLines(block)).toBe(lines(block));
    }
  });

  it('writes lines of conversations with long numbers', () => {
    for (let digits = 1; digits <= 40; digits++) {
      const mark = Buffer.from(`${'1'.repeat(digits)} >`);
      const block = Buffer.from('one\ntwo\nthree');
      expect(plainLines(block, false, mark)).toBe(textLines(block, mark.toString(), FIRST.toString()));
    }
  });
});

it('writes by vectors where the machine has them', () => {
  expect(createLineRoom(100).constructor).not.toBe(createPlainRoom(100).constructor);
});
