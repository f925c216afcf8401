import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const fixture = fileURLToPath(new URL('./fixtures/keep-alive.mjs', import.meta.url));
// The package that the tests themselves run against.
const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));

interface Outcome {
  readonly output: string;
  readonly status: number | null;
  readonly killed: boolean;
}

/** Longer than a process takes that ends by itself, on any machine. */
const FOR_EVER = 45_000;

/** @param patience how long it is to be alive before it says so and ends, in milliseconds; a busy machine may make that later */
function run(scenario: string, base: string, patience: number): Outcome {
  const args = [fixture, scenario, base, dist, `${patience}`];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 90_000 });
  if (child.stderr !== '') throw new Error(child.stderr);
  return { output: child.stdout.trim(), status: child.status, killed: child.signal !== null };
}

test.each([
  ['memory', 'nothing'],
  ['tcpip', 'nothing'],
  ['memory', 'idle sockets'],
  ['tcpip', 'idle sockets'],
  ['memory', 'unreferenced wait'],
  ['memory', 'done operation'],
  ['tcpip', 'done operation'],
  ['tcpip', 'aborted operation'],
  ['memory', 'cleaned up'],
  ['tcpip', 'cleaned up'],
  ['tcpip', 'disposed of'],
])('a process over %s ends by itself with: %s', (base, scenario) => {
  expect(run(scenario, base, FOR_EVER)).toEqual({ output: 'end of script', status: 0, killed: false });
});

test.each(['memory', 'tcpip'])('a pending operation keeps a process over %s alive until it is done', (base) => {
  expect(run('pending until data', base, FOR_EVER)).toEqual({
    output: 'end of script\nreceived 5',
    status: 0,
    killed: false,
  });
});

test.each(['pending for ever', 'registered wait', 'promised wait'])('a process stays alive for: %s', (scenario) => {
  expect(run(scenario, 'tcpip', 200)).toEqual({ output: 'end of script\nstill alive', status: 0, killed: false });
});
