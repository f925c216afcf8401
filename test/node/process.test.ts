import { execFile } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { BASES } from './bases.js';

const run = promisify(execFile);
const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../dist/', import.meta.url));
const script = fileURLToPath(new URL('fixtures/alive.mjs', import.meta.url));

describe.each(BASES)('a process with sockets over %s', (base) => {
  it.each([
    ['server', 'ref', 'kept alive'],
    ['server', 'unref', 'ended by itself'],
    ['socket', 'ref', 'kept alive'],
    ['socket', 'unref', 'ended by itself'],
  ])('with an open %s after %s is %s', async (what, reference, outcome) => {
    const { stdout } = await run(process.execPath, [script, pathToFileURL(`${dist}/`).href, base, what, reference]);
    expect(stdout).toBe(outcome);
  });
});
