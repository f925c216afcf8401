import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { defineLayer, stack, unstack } from 'ws2spi/chain';
import { createConnection, type ChainError, type ChainSocket } from 'ws2spi/node';
import { describe, expect, it } from 'vitest';
import { freePort, nobodysPort } from '../../support/free-ports.js';
import { BASES, everything, pattern, useBase } from './bases.js';

describe.each(BASES)('a ChainSocket over %s', (base) => {
  const { ws2, serve, connect } = useBase(base);

  it('echoes a few bytes, and knows its addresses', async () => {
    const { server, port } = await serve((socket) => socket.pipe(socket));
    const socket = connect(port);
    expect(socket.connecting).toBe(true);
    expect(socket.pending).toBe(true);
    expect(socket.readyState).toBe('opening');
    await once(socket, 'connect');
    expect(socket.readyState).toBe('open');
    expect([socket.remoteAddress, socket.remotePort, socket.remoteFamily]).toEqual(['127.0.0.1', port, 'IPv4']);
    expect(socket.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: socket.localPort });
    expect(server.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port });
    socket.end('hello');
    expect(String(await everything(socket))).toBe('hello');
    expect([socket.bytesRead, socket.bytesWritten]).toEqual([5, 5]);
  });

  it('sends what was written before it was connected, strings of every encoding too', async () => {
    const { port } = await serve((socket) => socket.pipe(socket));
    const socket = connect(port);
    socket.write('grüße ');
    socket.write('fcfc', 'hex');
    socket.write('é', 'latin1');
    expect(socket.bytesWritten).toBe(8 + 2 + 1);
    socket.end(Buffer.from('!'));
    expect(await everything(socket)).toEqual(Buffer.concat([Buffer.from('grüße '), Buffer.from('fcfce921', 'hex')]));
  });

  it('carries 5 MB both ways at once, through readers that pause', async () => {
    const bytes = pattern(5_000_000);
    const { port } = await serve((socket) => socket.pipe(socket));
    const socket = connect(port);
    socket.end(bytes);
    const pieces: Buffer[] = [];
    let pauses = 0;
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece);
      if (++pauses % 10 === 0) {
        socket.pause();
        setImmediate(() => socket.resume());
      }
    });
    await once(socket, 'end');
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(socket.bytesRead).toBe(bytes.length);
  });

  it('holds a writer back while nobody reads, and drains afterwards', async () => {
    let peer!: ChainSocket;
    const { port } = await serve((socket) => (peer = socket), { pauseOnConnect: true });
    const socket = connect(port);
    await once(socket, 'connect');
    const block = pattern(256 * 1024);
    let written = 0;
    while (written < 200 * block.length && (socket.write(block) || (await drained(socket)))) written += block.length;
    written += block.length;
    expect(socket.writableNeedDrain).toBe(true);
    socket.end();
    const received = await everything(peer);
    expect(received.length).toBe(written);
    expect(received.subarray(-block.length).equals(block)).toBe(true);
  });

  // Whether a drain comes within a moment; with nobody reading it must stop coming.
  async function drained(socket: ChainSocket): Promise<boolean> {
    const drain = once(socket, 'drain').then(() => true);
    return Promise.race([drain, delay(200).then(() => false)]);
  }

  it('goes on receiving after it ended, when half-open connections are allowed', async () => {
    const { port } = await serve(
      (socket) => {
        socket.on('end', () => setTimeout(() => socket.end('afterwards'), 20));
        socket.resume();
      },
      { allowHalfOpen: true },
    );
    const socket = connect(port, { allowHalfOpen: true });
    socket.end('first');
    await once(socket, 'finish');
    expect(socket.readyState).toBe('readOnly');
    expect(String(await everything(socket))).toBe('afterwards');
  });

  it('ends when its peer ends, unless half-open connections are allowed', async () => {
    const { port } = await serve((socket) => socket.end('bye'));
    const socket = connect(port);
    socket.resume();
    const [hadError] = (await once(socket, 'close')) as [boolean];
    expect(hadError).toBe(false);
    expect(socket.destroyed).toBe(true);
    expect(socket.readyState).toBe('closed');
  });

  it('closes without an error when destroyed in the middle of a transfer', async () => {
    const { port } = await serve((socket) => {
      socket.on('error', () => undefined);
      socket.write(pattern(4_000_000));
    });
    const socket = connect(port);
    await once(socket, 'data');
    socket.destroy();
    expect(await once(socket, 'close')).toEqual([false]);
  });

  it('says ECONNRESET, 10054, when its peer resets the connection', async () => {
    const { port } = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const socket = connect(port);
    socket.write('please');
    socket.resume();
    const [error] = (await once(socket, 'error')) as [ChainError];
    expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'read', wsaError: 10054, message: 'read ECONNRESET' });
    expect(await once(socket, 'close')).toEqual([true]);
  });

  it('says ECONNREFUSED, 10061, where nobody listens, with address and port', async () => {
    const port = nobodysPort();
    const socket = connect(port);
    const [error] = (await once(socket, 'error')) as [ChainError];
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      code: 'ECONNREFUSED',
      wsaError: 10061,
      syscall: 'connect',
      address: '127.0.0.1',
      port,
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    expect(error.errno).toBeLessThan(0);
  });

  it('emits timeout after silence only, and goes on', async () => {
    const { port } = await serve((socket) => socket.pipe(socket));
    const socket = connect(port, { timeout: 120 });
    const begin = performance.now();
    const timer = setInterval(() => socket.write('.'), 30);
    setTimeout(() => clearInterval(timer), 200);
    socket.resume();
    await once(socket, 'timeout');
    expect(performance.now() - begin).toBeGreaterThan(280);
    expect(socket.destroyed).toBe(false);
    socket.setTimeout(0);
    expect(socket.timeout).toBe(0);
  });

  it('takes the options of a net.Socket, and a handle to itself', async () => {
    const { port } = await serve((socket) => socket.pipe(socket));
    const socket = connect(port, { noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 });
    await once(socket, 'ready');
    const value = new Uint8Array(4);
    ws2.getsockopt(socket.handle!, 6, 1, value, { value: 4 });
    expect(value[0]).toBe(1);
    expect(socket.setNoDelay(false).setKeepAlive(false).ref().unref().ref()).toBe(socket);
    ws2.getsockopt(socket.handle!, 6, 1, value, { value: 4 });
    expect(value[0]).toBe(0);
  });

  it('is destroyed by its AbortSignal', async () => {
    const { port } = await serve(() => undefined);
    const controller = new AbortController();
    const socket = connect(port, { signal: controller.signal });
    await once(socket, 'connect');
    controller.abort();
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.name).toBe('AbortError');
  });

  it('connects from the local address and port that it is told to', async () => {
    let seen = 0;
    const { port } = await serve((socket) => {
      seen = socket.remotePort!;
      socket.end();
    });
    const localPort = await freePort();
    const socket = connect(port, { localAddress: '127.0.0.1', localPort });
    socket.resume();
    await once(socket, 'close');
    expect(seen).toBe(localPort);
  });

  it('asks a lookup function of its own for names, and tells of it', async () => {
    const { port } = await serve((socket) => socket.end());
    const socket = connect(port, {
      host: 'somewhere.example',
      family: 4,
      lookup: (_name, _options, callback) => callback(null, '127.0.0.1', 4),
    });
    socket.resume();
    expect(await once(socket, 'lookup')).toEqual([null, '127.0.0.1', 4, 'somewhere.example']);
    await once(socket, 'connect');
  });

  it('finds localhost, and says ENOTFOUND of a name that nobody knows', async () => {
    const { port } = await serve((socket) => socket.end());
    const socket = connect(port, { host: 'localhost' });
    socket.resume();
    await once(socket, 'connect');
    expect(socket.remoteAddress).toBe('127.0.0.1');
    const lost = connect(port, { host: 'no-such-name.invalid' });
    const [error] = (await once(lost, 'error')) as [ChainError];
    expect(error).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'no-such-name.invalid' });
  });

  it('goes over a chain of layers, named by its entries, an entry, an id or a name', async () => {
    const seen: number[] = [];
    const layer = defineLayer({
      name: `watch ${base}`,
      overrides: {
        WSPSend: (below, s, buffers, ...rest) => {
          seen.push(buffers[0]!.len);
          return below.lpWSPSend(s, buffers, ...rest);
        },
      },
    });
    const entries = stack(ws2, [layer], { name: 'watched' });
    const entry = entries.find(({ iAddressFamily }) => iAddressFamily === 2)!;
    const { port } = await serve((socket) => socket.pipe(socket), { chain: entries });
    for (const chain of [entries, entry, entry.dwCatalogEntryId, entry.szProtocol]) {
      const socket = connect(port, { chain });
      socket.end('watch me');
      expect(String(await everything(socket))).toBe('watch me');
    }
    expect(seen).toEqual(new Array(8).fill(8));
    unstack(ws2, entries);
  });

  it('can be used again after it was closed', async () => {
    const { port } = await serve((socket) => socket.end('again'));
    const socket = connect(port);
    socket.resume();
    await once(socket, 'close');
    socket.connect({ port, host: '127.0.0.1' });
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(String(data)).toBe('again');
  });

  it('connects anew when it is destroyed while a second connect is under way', async () => {
    const { port } = await serve((socket) => socket.on('error', () => undefined).end('again'));
    const socket = connect(port);
    await once(socket, 'connect');
    socket.connect({ port, host: '127.0.0.1' });
    // The next tick takes the connection for the second one; it is gone before that is told.
    await new Promise((resolve) => process.nextTick(resolve));
    socket.destroy();
    await once(socket, 'close');
    socket.connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    expect(String(await everything(socket))).toBe('again');
  });

  it('names cause and cure when a chain does not exist, or does not carry the family', async () => {
    const missing = connect(1, { chain: 'no such chain' });
    const [error] = (await once(missing, 'error')) as [Error];
    expect(error.message).toMatch(/"no such chain" is not in the catalog of this instance, which has ".*TCP/);
    const wrong = connect(1, { host: '::1', chain: 1001 });
    const [other] = (await once(wrong, 'error')) as [ChainError];
    expect(other.message).toMatch(/the chain 1001 does not carry IPv6/);
    expect(other.code).toBe('EAFNOSUPPORT');
  });

  it('refuses what a net.Socket refuses, in the same words', () => {
    const make = (options: object) => () => createConnection({ ws2, ...options });
    expect(make({ port: 70000 })).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }) as Error);
    expect(make({})).toThrow(expect.objectContaining({ code: 'ERR_MISSING_ARGS' }) as Error);
    expect(make({ port: 1, localAddress: 'x' })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_IP_ADDRESS' }) as Error,
    );
  });

  it('keeps the asynchronous context that it was made in', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { port } = await serve((socket) => socket.pipe(socket));
    const seen: Record<string, string | undefined> = {};
    const sockets = ['one', 'two'].map((name) =>
      storage.run(name, () => {
        const socket = connect(port);
        for (const event of ['connect', 'data', 'end', 'close']) {
          socket.on(event, () => (seen[`${name} ${event}`] = storage.getStore()));
        }
        socket.end('x');
        return socket;
      }),
    );
    await Promise.all(sockets.map((socket) => once(socket, 'close')));
    expect(seen).toEqual({
      'one connect': 'one',
      'one data': 'one',
      'one end': 'one',
      'one close': 'one',
      'two connect': 'two',
      'two data': 'two',
      'two end': 'two',
      'two close': 'two',
    });
  });
});
