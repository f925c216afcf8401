// Queues that a program makes very long: what one piece more or less costs does not grow with what waits.
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { createWs2_32, INVALID_SOCKET, type Ws2_32 } from 'ws2spi';

/** The most that what is measured may cost beside many, as a multiple of what it costs beside few. */
const MOST = 8;

function started(): Ws2_32 {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  return ws2;
}

/** Microseconds of processor time that taking a thousand packets costs, of a port where so many wait. */
function takeThousandOf({ host }: Ws2_32, waiting: number): number {
  const port = host.CreateIoCompletionPort(INVALID_SOCKET, null, null);
  for (let i = 0; i < waiting; i++) host.PostQueuedCompletionStatus(port, i, 0, null);
  const [bytes, key, overlapped] = [{ value: 0 }, { value: null }, { value: null }];
  const before = process.cpuUsage();
  for (let i = 0; i < 1000; i++) {
    expect(host.GetQueuedCompletionStatus(port, bytes, key, overlapped, 0)).toBe(true);
    expect(bytes.value).toBe(i);
  }
  const { user, system } = process.cpuUsage(before);
  host.CloseHandle(port);
  return user + system;
}

test('A packet is taken off a completion port as soon where 100,000 wait as where 1,000 do', () => {
  using ws2 = started();
  const least = (waiting: number): number => Math.min(...[1, 2, 3].map(() => takeThousandOf(ws2, waiting)));
  least(1000);
  expect(least(100_000) / least(1000)).toBeLessThan(MOST);
});

/** Bytes that a procedure may take in the queue: three references, and room for those that come. An object has more. */
const MOST_BYTES = 5 * 8;

describe('Procedures that wait in great number', () => {
  test('take no object each, so that collecting garbage does not fill a turn', () => {
    const script = `
      const { createWs2_32 } = await import('ws2spi');
      const { host } = createWs2_32({ base: 'memory', catalog: 'memory' });
      const routine = () => undefined;
      const used = () => (gc(), process.memoryUsage().heapUsed);
      host.QueueUserAPC(routine, null);
      const before = used();
      for (let i = 0; i < 500_000; i++) host.QueueUserAPC(routine, null);
      process.stdout.write(String((used() - before) / 500_000), () => process.exit());
    `;
    const args = ['--expose-gc', '--input-type=module', '-e', script];
    expect(Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))).toBeLessThan(MOST_BYTES);
  });

  test('run in their order, and each once, when a procedure waits alertably among them', () => {
    using ws2 = started();
    const order: number[] = [];
    for (let i = 0; i < 5000; i++) {
      ws2.host.QueueUserAPC(() => {
        order.push(i);
        if (i === 1500) ws2.host.SleepEx(0, true);
        if (i === 3000) ws2.host.QueueUserAPC(() => order.push(5000), null);
      }, null);
    }
    while (order.length < 5001) ws2.host.SleepEx(0, true);
    expect(ws2.host.SleepEx(0, true)).toBe(0);
    expect(order).toEqual(Array.from({ length: 5001 }, (_, i) => i));
  });
});
