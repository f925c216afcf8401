// The asynchronous context of callbacks: who asked for something is told of its end in the context in which he asked.
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import type net from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { createWs2_32, type Ws2_32 } from 'ws2spi';
import { createSocket } from 'ws2spi/node';
import { chainSide, listen, netSide, type Side } from './sides.js';

const caller = new AsyncLocalStorage<string>();

const instances: Ws2_32[] = [];
function overChain(base: 'memory' | 'tcpip'): Side {
  const ws2 = createWs2_32({ base, catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  instances.push(ws2);
  return chainSide(ws2);
}

afterAll(() => {
  for (const ws2 of instances) ws2[Symbol.dispose]();
});

/** Runs something as a caller; the callback that it is given notes as whom it was called, under what was asked. */
class Callers {
  readonly heard: Record<string, string | undefined> = {};

  as(who: string, act: (callback: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      caller.run(who, () =>
        act(() => {
          this.heard[who] = caller.getStore();
          resolve();
        }),
      );
    });
  }
}

/** A connection whose parts are asked for by different callers, and as whom the callbacks ran. */
async function conversation(side: Side): Promise<Callers['heard']> {
  const callers = new Callers();
  const server = side.server({ allowHalfOpen: true, pauseOnConnect: true });
  const port = await listen(server);
  const accepted = once(server, 'connection') as Promise<[net.Socket]>;
  const client = caller.run('maker', () => side.socket({ allowHalfOpen: true }));
  await callers.as('connect', (callback) => client.connect({ port, host: '127.0.0.1' }, callback));
  const [peer] = await accepted;
  await callers.as('write', (callback) => client.write('short', callback));
  // More than a connection holds, to a peer that does not read yet.
  const pending = callers.as('write that waits', (callback) => client.write(Buffer.alloc(16 * 1024 * 1024), callback));
  // Behind it, whose completion is what ends the sending.
  const ended = callers.as('end', (callback) => client.end(callback));
  peer.resume();
  await Promise.all([pending, ended]);
  await callers.as('end of the other side', (callback) => peer.end('bye', callback));
  await side.close();
  return callers.heard;
}

/** A connection that is destroyed while it writes, and as whom the writer hears of it. */
async function cutShort(side: Side): Promise<Callers['heard']> {
  const callers = new Callers();
  const server = side.server({ pauseOnConnect: true });
  const port = await listen(server);
  const client = caller.run('maker', () => side.connect({ port, host: '127.0.0.1' }));
  await once(client, 'connect');
  const pending = callers.as('write', (callback) => client.write(Buffer.alloc(16 * 1024 * 1024), callback));
  const closed = callers.as('close', (callback) => client.once('close', AsyncLocalStorage.bind(callback)));
  client.destroy();
  await Promise.all([pending, closed]);
  await side.close();
  return callers.heard;
}

/** As whom an accepted connection speaks, and as whom its server does, to a listener that has no context of its own. */
async function acceptedConnection(side: Side): Promise<Callers['heard']> {
  const callers = new Callers();
  const note = (what: string) => (): void => {
    callers.heard[what] = caller.getStore() ?? 'nobody';
  };
  const server = side.server({}, (peer: net.Socket) => {
    note('connection')();
    peer.on('data', note('data')).on('end', note('end')).on('close', note('close of the accepted side'));
  });
  const port = await caller.run('listener', () => listen(server));
  const client = caller.run('maker', () => side.connect({ port, host: '127.0.0.1' }));
  client.on('connect', note('connect')).on('close', note('close')).resume();
  client.end('x');
  await once(client, 'close');
  await side.close();
  return callers.heard;
}

describe.each(['memory', 'tcpip'] as const)('Callbacks over %s', (base) => {
  test.each([
    ['of a connection’s parts', conversation],
    ['of what a destroyed connection leaves undone', cutShort],
    ['of an accepted connection, whoever listens,', acceptedConnection],
  ])('%s run in the context of who asked, as with net', async (_what, run) => {
    expect(await run(overChain(base))).toEqual(await run(netSide()));
  });

  test('of datagrams that are sent run in the context of who sent them', async () => {
    const ws2 = createWs2_32({ base, catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    instances.push(ws2);
    const socket = caller.run('maker', () => createSocket({ type: 'udp4', ws2 }));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const callers = new Callers();
    await callers.as('send', (callback) => socket.send('x', socket.address().port, '127.0.0.1', callback));
    socket.close();
    expect(callers.heard).toEqual({ send: 'send' });
  });
});
