// Descriptors of Linux that somebody else closes, by their numbers: another library, a program's stray close.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WSAENOTSOCK } from 'ws2spi';
import { describe, expect, test } from 'vitest';
import { skipBecause } from '../../support/privileges.js';

const elsewhere =
  process.platform === 'linux' ? undefined : 'descriptors of Linux; windows-layers.test.ts has the sockets of Windows';
const fixture = fileURLToPath(new URL('./fixtures/stray-closes.mjs', import.meta.url));

function run(name: string, thread = 'main'): unknown {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', fixture, name, thread], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`${status ?? signal}: ${stderr}`);
  return JSON.parse(stdout);
}

const onLinux = { ...skipBecause(elsewhere), timeout: 60_000 };

describe.each(['main', 'worker'])(
  'A descriptor that somebody else closes, in a thread that is %s',
  onLinux,
  (thread) => {
    test.each([
      ['a receive that waits', 'recv', [WSAENOTSOCK, WSAENOTSOCK, 0]],
      ['a receive that comes later', 'before', [WSAENOTSOCK, 0]],
      ['a receive of datagrams', 'recvfrom', [WSAENOTSOCK, 0]],
      ['accept', 'accept', [WSAENOTSOCK, 0]],
      ['connect', 'connect', [WSAENOTSOCK, 0]],
      ['an overlapped receive, by its routine', 'overlapped', [WSAENOTSOCK, 0]],
      ['an overlapped receive, by a completion port', 'port', [false, WSAENOTSOCK]],
      ['a ChainSocket', 'chain', ['ENOTSOCK']],
    ])('fails %s', (_what, name, told) => {
      expect(run(name, thread)).toEqual(told);
    });

    test('is told of by select, and the call that follows fails', () => {
      expect(run('select', thread)).toEqual([1, true, WSAENOTSOCK]);
    });

    test('is told of by FD_CLOSE', () => {
      expect(run('events', thread)).toEqual([0, true, WSAENOTSOCK]);
    });

    test('is left to a file that has its number by now: it is not read from, nor closed with the socket', () => {
      expect(run('file', thread)).toEqual([WSAENOTSOCK, '/dev/null']);
    });

    test('is left to a connection that has its number by now: its data is its own, and it outlives the socket', () => {
      expect(run('connection', thread)).toEqual([WSAENOTSOCK, 'for the other', 10]);
    });
  },
);

describe('Beside descriptors that somebody else closes', onLinux, () => {
  test('a close that resets its connection leaves whoever has the number by now alone', () => {
    expect(run('reset')).toEqual([0, true]);
  });

  test('nobody is told of anything that has not come, however often all descriptors are looked at', () => {
    expect(run('healthy')).toEqual([10, 1]);
  });
});
