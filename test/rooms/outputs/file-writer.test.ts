// Files that are written block by block.
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FILE_BLOCK, FileWriter } from '../../../dist/outputs/index.js';

const folder = mkdtempSync(join(tmpdir(), 'ws2spi-outputs-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (): string => join(folder, `${++files}`);
const never = (): never => expect.unreachable('it can be written');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const descriptors = (): number => readdirSync('/proc/self/fd').length;

/** Numbers that look random, and are the same each time. */
function* numbers(seed: number): Generator<number> {
  for (let at = seed; ; at = (Math.imul(at, 1_103_515_245) + 12_345) >>> 0) yield at >>> 8;
}

/** Writes blocks and short pieces of every length, and returns what is to be in the file. */
async function writeMuch(writer: FileWriter, seed: number, turnEvery: number): Promise<Buffer> {
  const random = numbers(seed);
  const next = (below: number): number => random.next().value! % below;
  const written: Buffer[] = [];
  let block = new ArrayBuffer(FILE_BLOCK);
  for (let i = 0; i < 60; i++) {
    const length = next(3) === 0 ? next(2000) : next(FILE_BLOCK + 1);
    const bytes = Buffer.alloc(length, next(256));
    written.push(bytes);
    if (next(2) === 0) {
      new Uint8Array(block).set(bytes);
      block = writer.put(block, length);
      // What the memory has next is not what was given before.
      new Uint8Array(block).fill(0);
    } else {
      const lent = Buffer.from(bytes);
      writer.write(lent);
      lent.fill(0);
    }
    if (turnEvery > 0 && i % turnEvery === 0) await turn();
  }
  return Buffer.concat(written);
}

describe('a file that is written by blocks', () => {
  it.each([
    ['without a turn of the event loop', 0],
    ['with a turn after each', 1],
    ['with a turn now and then', 7],
  ])('has all in order %s', async (_, turnEvery) => {
    const before = descriptors();
    for (let seed = 1; seed <= 3; seed++) {
      const path = fresh();
      const writer = new FileWriter(openSync(path, 'w'), 0, never);
      const written = await writeMuch(writer, seed, turnEvery);
      // Nothing waits for a turn of the event loop.
      expect(readFileSync(path).equals(written)).toBe(true);
      writer.close();
      expect(descriptors()).toBe(before);
    }
  });

  it('goes on behind what is there', () => {
    const path = fresh();
    writeFileSync(path, 'before');
    const writer = new FileWriter(openSync(path, 'r+'), 6, never);
    const block = new ArrayBuffer(FILE_BLOCK);
    new Uint8Array(block).fill(0x61);
    writer.put(block, FILE_BLOCK);
    writer.write(Buffer.from('behind'));
    writer.close();
    expect(readFileSync(path, 'latin1')).toBe(`before${'a'.repeat(FILE_BLOCK)}behind`);
  });

  it('tells once that it cannot be written, and where', () => {
    const path = fresh();
    writeFileSync(path, '');
    const told: unknown[] = [];
    const before = descriptors();
    const writer = new FileWriter(openSync(path, 'r'), 100, ({ code }, bytes, at, written) =>
      told.push([code, bytes.length, at, written]),
    );
    writer.put(new ArrayBuffer(FILE_BLOCK), FILE_BLOCK);
    expect(writer.isOpen).toBe(false);
    writer.write(Buffer.from('behind'));
    writer.close();
    expect(told).toEqual([['EBADF', FILE_BLOCK, 100, 0]]);
    expect(descriptors()).toBe(before);
  });
});
