// What others do on Windows: layers of theirs, as far as a process can tell (AFD refuses their sockets), and sockets that they close.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { skipBecause } from '../../support/privileges.js';

const elsewhere =
  process.platform === 'win32' ? undefined : 'layers of Windows are on Windows alone; see npm run test:wine';
const fixture = fileURLToPath(new URL('./fixtures/foreign-layer.mjs', import.meta.url));
const closing = fileURLToPath(new URL('./fixtures/closed-by-others.mjs', import.meta.url));

function run(program: string, how: string[] = [], env = {}): Record<string, unknown> & { warnings: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...how], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${status}: ${stderr}`);
  return JSON.parse(stdout) as ReturnType<typeof run>;
}

const WORKS = { connected: 0, waited: 'waiting', refused: 10_061, evented: 'by events' };

describe('A layer whose sockets AFD does not know', { ...skipBecause(elsewhere), timeout: 60_000 }, () => {
  test.each(['refuses', 'refuses-late'])('is named, and WSAPoll serves its sockets instead: %s', (how) => {
    expect(run(fixture, [how])).toEqual({
      ...WORKS,
      refusals: true,
      warnings: [expect.stringMatching(/"Antivirus of Example & Co\." .*WSAPoll .*netsh winsock show catalog/)],
    });
  });

  test('is passed by where it tells of the socket below', () => {
    expect(run(fixture, ['hands-down'])).toEqual({ ...WORKS, refusals: false, warnings: [] });
  });
});

describe('A socket that somebody else closes', { ...skipBecause(elsewhere), timeout: 60_000 }, () => {
  const told = { blocking: 10_038, overlapped: 10_038, replaced: 10_038, isReused: true, closed: 0, stays: true };

  test('fails the calls that wait with it, blocking and overlapped, and is left to whom its number belongs by now', () => {
    expect(run(closing)).toEqual(told);
  });

  test('does so by WSAPoll, where nothing rings the event loop', () => {
    const { blocking, overlapped } = told;
    expect(run(closing, [], { WS2SPI_WINDOWS_POLL: 'wsapoll' })).toEqual({ blocking, overlapped });
  });
});
