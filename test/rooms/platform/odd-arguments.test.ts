// The native border under arguments of every odd kind, in processes of their own: a fault there would end this one.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
/** WS2SPI_FUZZ_CALLS=1000000 makes a long run of it, WS2SPI_SEED another one. */
const calls = Number(process.env['WS2SPI_FUZZ_CALLS'] ?? 20_000);
const seed = Number(process.env['WS2SPI_SEED'] ?? 1);

function run(fixture: string): Record<string, unknown> {
  const program = fileURLToPath(new URL(`./fixtures/${fixture}`, import.meta.url));
  const child = spawnSync(process.execPath, [program, dist, String(seed), String(calls)], {
    encoding: 'utf8',
    timeout: 60_000 + calls,
    maxBuffer: 1 << 26,
  });
  const ended = child.signal ?? child.status;
  if (ended !== 0) throw new Error(`${fixture}, seed ${seed}, ended with ${ended}: ${child.stderr}`);
  return JSON.parse(child.stdout) as Record<string, unknown>;
}

const linux = process.platform === 'linux';
if (!linux) process.stdout.write(`odd arguments at the native border: no binding for ${process.platform}\n`);

test.runIf(linux)(
  'no function of the binding touches memory that is not its buffer’s, nor throws for a buffer, whatever it is given',
  { timeout: 120_000 + calls },
  () => {
    expect(run('fuzz-border.mjs')).toMatchObject({ missing: [], thrown: {}, damaged: [], calls });
  },
);

test.runIf(linux)(
  'no function of an instance over native sockets does either, through a codec or an overriding layer, and no provider is blamed',
  { timeout: 120_000 + calls },
  () => {
    expect(run('fuzz-functions.mjs')).toMatchObject({ thrown: {}, damaged: [], defects: {}, calls });
  },
);
