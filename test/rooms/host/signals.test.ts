import { execFile } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
const script = fileURLToPath(new URL('fixtures/signals.mjs', import.meta.url));

// WSAEINTR means that the call was cancelled, or its socket closed. What Linux tells by EINTR, Windows has no word for.
describe.each([
  ['tcpip', 'base'],
  ['tcpip', 'codec'],
  ['memory', 'base'],
  ['memory', 'codec'],
])('Signals, a child that ends, and a stop', (base, chain) => {
  it(`end no call that waits (${base}, ${chain})`, async () => {
    const { stdout } = await run(process.execPath, [script, base, chain, pathToFileURL(dist).href]);
    expect(JSON.parse(stdout)).toEqual({
      recv: 'WSAETIMEDOUT in time',
      WSARecv: 'WSAETIMEDOUT in time',
      accept: 'WSAETIMEDOUT in time',
      select: '0 in time',
      WSAPoll: '0 in time',
      WSAWaitForMultipleEvents: '258 in time',
      GetQueuedCompletionStatus: 'WAIT_TIMEOUT in time',
      SleepEx: '0 in time',
      'SleepEx, alertably': '0 in time',
      send: 'WSAETIMEDOUT in time',
    });
  });
});
