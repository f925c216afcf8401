// Layers of somebody else's on Windows, as far as a process can tell: AFD refuses their sockets.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { skipBecause } from '../../support/privileges.js';

const elsewhere =
  process.platform === 'win32' ? undefined : 'layers of Windows are on Windows alone; see npm run test:wine';
const fixture = fileURLToPath(new URL('./fixtures/foreign-layer.mjs', import.meta.url));

function run(how: string): Record<string, unknown> & { warnings: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fixture, how], { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${status}: ${stderr}`);
  return JSON.parse(stdout) as ReturnType<typeof run>;
}

const WORKS = { connected: 0, waited: 'waiting', refused: 10_061, evented: 'by events' };

describe('A layer whose sockets AFD does not know', { ...skipBecause(elsewhere), timeout: 60_000 }, () => {
  test.each(['refuses', 'refuses-late'])('is named, and WSAPoll serves its sockets instead: %s', (how) => {
    expect(run(how)).toEqual({
      ...WORKS,
      refusals: true,
      warnings: [expect.stringMatching(/"Antivirus of Example & Co\." .*WSAPoll .*netsh winsock show catalog/)],
    });
  });

  test('is passed by where it tells of the socket below', () => {
    expect(run('hands-down')).toEqual({ ...WORKS, refusals: false, warnings: [] });
  });
});
