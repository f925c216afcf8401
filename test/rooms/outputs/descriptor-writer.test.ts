// What is written to a descriptor: all of it, in order, as it was when it was given.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DescriptorWriter } from '../../../dist/outputs/index.js';

const folder = mkdtempSync(join(tmpdir(), 'ws2spi-outputs-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (): string => join(folder, `${++files}`);
const never = (): never => expect.unreachable('it can be written');
const descriptors = (): number => readdirSync('/proc/self/fd').length;

/** Numbers that look random, and are the same each time. */
function* numbers(seed: number): Generator<number> {
  for (let at = seed; ; at = (Math.imul(at, 1_103_515_245) + 12_345) >>> 0) yield at >>> 8;
}

/** Writes pieces of every length from memory that is used again, and returns what is to be there. */
function writeMuch(writer: DescriptorWriter, seed: number, pieces: number, longest: number): Buffer {
  const random = numbers(seed);
  const next = (below: number): number => random.next().value! % below;
  const written: Buffer[] = [];
  for (let i = 0; i < pieces; i++) {
    const length = next(3) === 0 ? next(2000) : next(longest + 1);
    const bytes = Buffer.alloc(length, next(256));
    written.push(Buffer.from(bytes));
    writer.write(bytes);
    bytes.fill(0);
  }
  return Buffer.concat(written);
}

describe('what is written to a file', () => {
  it('is there at once, all of it, in order', () => {
    const before = descriptors();
    for (let seed = 1; seed <= 3; seed++) {
      const path = fresh();
      const writer = new DescriptorWriter(openSync(path, 'w'), true, never);
      const written = writeMuch(writer, seed, 60, 256 * 1024);
      expect(readFileSync(path).equals(written)).toBe(true);
      writer.close();
      expect(descriptors()).toBe(before);
      expect(readFileSync(path).equals(written)).toBe(true);
    }
  });

  it('goes on behind what is there', () => {
    const path = fresh();
    writeFileSync(path, 'before');
    const writer = new DescriptorWriter(openSync(path, 'a'), true, never);
    writer.write(Buffer.alloc(256 * 1024, 'a'));
    writer.write(Buffer.from('behind'));
    writer.close();
    expect(readFileSync(path, 'latin1')).toBe(`before${'a'.repeat(256 * 1024)}behind`);
  });

  it('is told of once when it cannot be', () => {
    const path = fresh();
    writeFileSync(path, '');
    const told: unknown[] = [];
    const before = descriptors();
    const writer = new DescriptorWriter(openSync(path, 'r'), true, ({ code }, written) => told.push([code, written]));
    writer.write(Buffer.alloc(256 * 1024));
    expect(writer.isOpen).toBe(false);
    writer.write(Buffer.from('behind'));
    writer.close();
    expect(told).toEqual([['EBADF', 0]]);
    expect(descriptors()).toBe(before);
  });
});

describe('what a pipe takes no more of at present', () => {
  it('goes later as it was given, though its memory is used again', () => {
    const path = fresh();
    execFileSync('mkfifo', [path]);
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const writer = new DescriptorWriter(pipe, false, never);
    const written = writeMuch(writer, 4, 40, 20_000);
    expect(writer.waiting).toBeGreaterThan(0);
    const read: Buffer[] = [];
    const room = Buffer.alloc(64 * 1024);
    for (let left = written.length; left > 0;) {
      const length = readSync(pipe, room);
      read.push(Buffer.from(room.subarray(0, length)));
      left -= length;
      writer.flush();
    }
    expect(Buffer.concat(read).equals(written)).toBe(true);
    expect(writer.waiting).toBe(0);
    closeSync(pipe);
  });
});
