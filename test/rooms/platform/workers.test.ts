// Native sockets in worker threads. Each test is a process of its own: what goes wrong here ends it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';

/** Runs a program of `fixtures`; what it printed. */
function run(name: string, ...args: string[]): string {
  const fixture = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const child = spawnSync(process.execPath, [fixture, ...args], { encoding: 'utf8', timeout: 100_000 });
  if (child.status !== 0) throw new Error(`${args.join(', ')}: ${child.status ?? child.signal} ${child.stderr}`);
  return child.stdout.trim();
}

const CLOSED = { open: false, left: 0, soon: true };

describe.each([
  ['loaded no native code', 'no'],
  ['has native sockets too', 'yes'],
  ['has it through another worker', 'nested'],
])('a worker whose main thread %s', (_what, native) => {
  it.each(['return', 'exit', 'throw', 'terminate'])('leaves no descriptor and no open port behind: %s', (end) => {
    expect(JSON.parse(run('worker-ends.mjs', 'events', end, native))).toEqual(CLOSED);
  });

  it('lets its process end', () => {
    expect(run('worker-ends.mjs', 'events', 'exit of the process', native)).toBe('at once');
  });
});

describe.each(['recv', 'select', 'WSAPoll', 'SleepEx', 'GetQueuedCompletionStatus'])(
  'a worker that waits in %s',
  (use) => {
    it('can be terminated', () => {
      expect(JSON.parse(run('worker-ends.mjs', use, 'terminate', 'no'))).toEqual(CLOSED);
    });

    it.each(['no', 'nested'])('lets its process end (%s)', (native) => {
      expect(run('worker-ends.mjs', use, 'exit of the process', native)).toBe('at once');
    });
  },
);

test('workers that are ended while their clients send, by every I/O model, leave nothing behind', () => {
  const { open, left } = JSON.parse(run('terminated-workers.mjs', '24')) as { open: number; left: number };
  expect({ open, left }).toEqual({ open: 0, left: 0 });
});

test('workers that are terminated while they open and close sockets leave none open', () => {
  expect(JSON.parse(run('terminated-in-opening.mjs', '40'))).toEqual({ left: 0 });
});

test('workers that are terminated within their native calls do not end the process', () => {
  const calls = ['ref', 'alarm', 'poll', 'watch', 'socket', 'datagrams', 'overlapped', 'select', 'options', 'name'];
  expect(run('terminated-in-call.mjs', '2', ...calls)).toBe('ended');
});
