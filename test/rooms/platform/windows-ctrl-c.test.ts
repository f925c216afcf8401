// Ctrl-C on Windows, while a call blocks.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { skipBecause } from '../../support/privileges.js';

const elsewhere =
  process.platform === 'win32' ? undefined : 'Ctrl-C of a console is Windows’ own; see npm run test:wine';
const fixture = fileURLToPath(new URL('./fixtures/ctrl-c.mjs', import.meta.url));
const run = (how: string): string[] =>
  spawnSync(process.execPath, [fixture, how], { encoding: 'utf8', timeout: 60_000 }).stdout.trim().split(/\r?\n/);

describe('Ctrl-C during a blocking call', { ...skipBecause(elsewhere), timeout: 60_000 }, () => {
  test('ends a process that does not listen for it, at once', () => {
    expect(run('ends')).toEqual(['waits']);
  });

  test('does not end the call of one that does, which hears of it afterwards, as on Linux', () => {
    expect(run('listens')).toEqual(['waits', 'waited: 10060', 'SIGINT']);
  });
});
