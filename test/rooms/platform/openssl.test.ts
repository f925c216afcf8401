// The binding to OpenSSL, in processes of their own: a fault there would end this one.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
/** WS2SPI_FUZZ_CALLS=1000000 makes a long run of it, WS2SPI_MANGLED=1000000 of mangled records, WS2SPI_SEED another one. */
const calls = Number(process.env['WS2SPI_FUZZ_CALLS'] ?? 20_000);
const mangled = Number(process.env['WS2SPI_MANGLED'] ?? 4_000);
const seed = Number(process.env['WS2SPI_SEED'] ?? 1);
/** Milliseconds that a pair of connections may take on a machine that is busy. */
const SLOW_PAIR = 20;

function run(fixture: string, ...args: unknown[]): Record<string, unknown> {
  const program = fileURLToPath(new URL(`./fixtures/${fixture}`, import.meta.url));
  const child = spawnSync(process.execPath, ['--expose-gc', program, dist, ...args.map(String)], {
    encoding: 'utf8',
    timeout: 60_000 + calls + SLOW_PAIR * mangled,
    maxBuffer: 1 << 26,
  });
  const ended = child.signal ?? child.status;
  if (ended !== 0) throw new Error(`${fixture}, seed ${seed}, ended with ${ended}: ${child.stderr}`);
  return JSON.parse(child.stdout) as Record<string, unknown>;
}

test(
  'no function of the binding to OpenSSL throws or crashes, whatever it is given, and nothing of one connection is left for another',
  { timeout: 120_000 + calls },
  () => {
    expect(run('fuzz-openssl.mjs', seed, calls)).toEqual({
      thrown: {},
      open: true,
      beside: { foreign: 0, state: [1, 1] },
      plain: 'still whole',
      calls,
    });
  },
);

test(
  'mangled records are refused with a reason, and nothing is read that was not sent',
  { timeout: 120_000 + SLOW_PAIR * mangled },
  () => {
    const report = run('mangle-records.mjs', seed, mangled) as Record<string, number>;
    const { wrong, failed, open, memory, count, longest } = report;
    expect(wrong).toEqual([]);
    expect(count).toBe(mangled);
    expect(failed).toBeGreaterThan(mangled / 4);
    expect(open).toBeGreaterThan(mangled / 20);
    expect(memory).toBeLessThan(200 * 2 ** 20);
    // A whole pair of connections: no turn of theirs is longer.
    expect(longest).toBeLessThan(50);
  },
);

test(
  'ten thousand connections, and workers that are terminated with theirs, leave no memory behind',
  { timeout: 240_000 },
  () => {
    const { grown, byWorkers } = run('tls-lifetimes.mjs', 10_000) as { grown: number; byWorkers: number };
    // A connection has some ten thousand bytes, and 2,400 were made in workers.
    expect(grown).toBeLessThan(16 * 2 ** 20);
    expect(byWorkers).toBeLessThan(24 * 2 ** 20);
  },
);
