import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

// The package that the tests themselves run against.
const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));

/** Runs a program of `fixtures`, with a limit on its descriptors if one is given; what it printed. */
function run(name: string, descriptors?: number): Record<string, unknown> {
  const fixture = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
  const child = spawnSync('bash', ['-c', `${limit}exec "$0" "$@"`, process.execPath, fixture, dist], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (child.status !== 0) throw new Error(`${name} ended with ${child.status ?? child.signal}: ${child.stderr}`);
  return JSON.parse(child.stdout) as Record<string, unknown>;
}

test('without descriptors calls say WSAEMFILE, nothing spins, and the connection that waits is served in the end', () => {
  expect(run('descriptors.mjs', 400)).toEqual({
    defects: [],
    socket: 'WSAEMFILE',
    some: true,
    again: 'WSAEMFILE',
    node: 'EMFILE',
    connect: 'success',
    accept: 'WSAEMFILE',
    accepts: 1,
    noticesAtMost: true,
    spins: false,
    acceptByHand: 'WSAEMFILE',
    afterwards: 'success',
    sent: 6,
    received: 'served',
  });
});

test('without koffi native sockets say that the provider cannot be started, and what to do about it', () => {
  const { defects, ...report } = run('without-koffi.mjs');
  expect(report).toEqual({ startup: 0, socket: 'WSAEPROVIDERFAILEDINIT', memory: true });
  expect((defects as string[]).join('\n')).toMatch(/WSASYSNOTREADY/);
  expect((defects as string[]).join('\n')).toMatch(/npm rebuild koffi.*base: 'memory'/s);
});
