// Multicast groups on two hosts that a cable joins.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NetworkSpaces, noCable } from '../../support/network-spaces.js';
import { skipBecause } from '../../support/privileges.js';

const MEMBER = fileURLToPath(new URL('fixtures/multicast-member.mjs', import.meta.url));
/** Nobody else is on these hosts. */
const PORT = '7707';

const { skip } = skipBecause(noCable);
const spaces = new NetworkSpaces();

beforeAll(() => {
  if (!skip) spaces.lay();
});
afterAll(() => {
  if (!skip) spaces.remove();
});

const onHost = (host: string, ...rest: string[]): string[] => [
  'netns',
  'exec',
  host,
  process.execPath,
  MEMBER,
  ...rest,
];

describe.each([
  ['IPv4', '4', '10.77.0.1'],
  ['IPv6', '6', 'fd77::1'],
])('A multicast group of %s', (_title, version, sender) => {
  it.skipIf(skip)('is heard on another host that has joined it, as far as its scope goes', async () => {
    const hears = spawn('ip', onHost(spaces.theirs, version, PORT, 'hear'), { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(hears, 'close');
    try {
      let heard = '';
      const joined = new Promise<void>((resolve, reject) => {
        hears.stdout.on('data', (piece) => {
          heard += `${piece}`;
          if (heard.includes('joined')) resolve();
        });
        hears.once('exit', () => reject(new Error(`ended: ${heard}`)));
      });
      await joined;
      // To another group; to the group, but not out of the host; to the group.
      const messages = ['2/1/elsewhere', '1/0/at home', '1/1/over the cable', '1/1/end'];
      await promisify(execFile)('ip', onHost(spaces.ours, version, PORT, 'tell', ...messages));
      await closed;
      expect(heard.trim().split('\n')).toEqual(['joined', `over the cable from ${sender}`, `end from ${sender}`]);
    } finally {
      hears.kill();
    }
  });
});
