// Many native sockets in one process: each is served, and nothing is left of any. Under Wine, whose server goes over all polls again for each
// socket, 10,000 take minutes: npm run wine -- test/rooms/platform/fixtures/many-sockets.mjs 10000 200.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { skipBecause } from '../../support/privileges.js';

const fixture = fileURLToPath(new URL('./fixtures/many-sockets.mjs', import.meta.url));
const [COUNT, CONNECTED] = process.platform === 'win32' ? [1000, 100] : [10_000, 10_000];
/** Beside the sockets, a process has some descriptors of its own. */
const NEEDED = COUNT + 100;

/** The descriptors that a process may have; Node.js takes as many as it may. */
function limit(): number {
  if (process.platform === 'win32') return Infinity;
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' });
  return stdout.trim() === 'unlimited' ? Infinity : Number(stdout);
}

const tooFew = limit() < NEEDED ? `a process may have ${limit()} descriptors only` : undefined;

test('ten thousand sockets are served, and leave no descriptor behind', skipBecause(tooFew), () => {
  const child = spawnSync(process.execPath, [fixture, `${COUNT}`, `${CONNECTED}`], { encoding: 'utf8' });
  expect(child.stderr).toBe('');
  const { answers, open, left, problems } = JSON.parse(child.stdout) as Record<string, unknown>;
  expect({ answers, open, left, problems }).toEqual({ answers: CONNECTED / 2, open: COUNT, left: 0, problems: [] });
});
