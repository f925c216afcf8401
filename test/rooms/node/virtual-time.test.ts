import { once } from 'node:events';
import { createTestInstance } from 'ws2spi/testkit';
import { createConnection, createServer } from 'ws2spi/node';
import { afterEach, describe, expect, it } from 'vitest';

describe('on a virtual clock', () => {
  const test = createTestInstance({ network: { latency: 100 } });
  const { ws2, clock } = test;
  const closers: (() => void)[] = [];

  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function listening(): Promise<number> {
    const server = createServer({ ws2 }, (socket) => {
      closers.push(() => socket.destroy());
      socket.pipe(socket);
    });
    closers.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await test.run(once(server, 'listening'));
    return server.address()!.port;
  }

  it('a time limit of an hour is over after an hour of the clock, not of the machine', async () => {
    const socket = createConnection({ ws2, port: await listening(), host: '127.0.0.1' });
    closers.push(() => socket.destroy());
    await test.run(once(socket, 'connect'));
    const begin = clock.now();
    socket.setTimeout(3_600_000);
    await test.run(once(socket, 'timeout'));
    expect(clock.now() - begin).toBe(3_600_000);
  });

  it('traffic begins the time limit anew', async () => {
    const socket = createConnection({ ws2, port: await listening(), host: '127.0.0.1', timeout: 5000 });
    closers.push(() => socket.destroy());
    let rung = 0;
    socket.on('timeout', () => rung++);
    await test.run(once(socket, 'connect'));
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(4000);
      socket.write('.');
      await test.run(once(socket, 'data'));
    }
    expect(rung).toBe(0);
    const begin = clock.now();
    await test.run(once(socket, 'timeout'));
    expect(clock.now() - begin).toBe(5000);
    expect(rung).toBe(1);
  });

  it('a time limit that is taken back, or whose socket is closed, does not ring', async () => {
    const port = await listening();
    let rung = 0;
    for (const end of ['taken back', 'closed']) {
      const socket = createConnection({ ws2, port, host: '127.0.0.1' });
      closers.push(() => socket.destroy());
      await test.run(once(socket, 'connect'));
      socket.setTimeout(1000, () => rung++);
      if (end === 'closed') socket.destroy();
      else socket.setTimeout(0);
      clock.advance(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(rung).toBe(0);
  });

  it('the next of several addresses has its turn after the time of the one before', async () => {
    const port = await listening();
    const events: unknown[] = [];
    const socket = createConnection({
      ws2,
      port,
      host: 'several.example',
      autoSelectFamily: true,
      // Longer to answer than the limit: the connect to the first address is given up, the second begins anew.
      autoSelectFamilyAttemptTimeout: 50,
      lookup: (_name, _options, found) =>
        found(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.1', family: 4 },
          { address: '::1', family: 6 },
        ]),
    });
    closers.push(() => socket.destroy());
    const begin = clock.now();
    for (const event of ['connectionAttempt', 'connectionAttemptTimeout', 'connectionAttemptFailed']) {
      socket.on(event, (address: string) => events.push([event, address, clock.now() - begin]));
    }
    const [error] = (await test.run(once(socket, 'error'))) as [AggregateError & { code: string }];
    expect(events.slice(0, 3)).toEqual([
      ['connectionAttempt', '127.0.0.1', 0],
      ['connectionAttemptTimeout', '127.0.0.1', 50],
      ['connectionAttempt', '::1', 50],
    ]);
    expect(error.code).toBe('ETIMEDOUT');
    expect(error.errors).toHaveLength(2);
    expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([`127.0.0.1:${port}`, `::1:${port}`]);
  });
});
