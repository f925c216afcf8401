import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error -- a tool in plain JavaScript
import { removeOrphans } from '../../../tools/finish-build.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ws2spi-build-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
}

describe('the last step of a build', () => {
  it('removes what the compiler made of sources that have moved, and folders that are empty then', () => {
    write('io/front.ts', 'dist/io/front.js', 'dist/io/front.d.ts', 'dist/io/moved.js', 'dist/io/moved.d.ts');
    write('dist/old/inner/gone.js', 'dist/old/gone.d.ts');
    const removed = removeOrphans(join(root, 'dist'), root);
    expect(removed.sort()).toEqual(['io/moved.d.ts', 'io/moved.js', 'old/gone.d.ts', 'old/inner/gone.js']);
    expect(['dist/io/front.js', 'dist/io/front.d.ts'].every((path) => existsSync(join(root, path)))).toBe(true);
    expect(existsSync(join(root, 'dist/old'))).toBe(false);
  });

  it('leaves what is none of the compiler’s modules, and has nothing to do before the first build', () => {
    write('dist/.tsbuildinfo', 'dist/notes.txt');
    expect(removeOrphans(join(root, 'dist'), root)).toEqual([]);
    expect(existsSync(join(root, 'dist/.tsbuildinfo'))).toBe(true);
    expect(removeOrphans(join(root, 'nowhere'), root)).toEqual([]);
  });
});
