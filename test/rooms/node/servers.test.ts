import { once } from 'node:events';
import { createServer, type ChainError, type ChainSocket } from 'ws2spi/node';
import { describe, expect, it } from 'vitest';
import { BASES, listening, useBase } from './bases.js';

describe.each(BASES)('a ChainServer over %s', (base) => {
  const { ws2, serve, connect, closeLater } = useBase(base);

  it('listens everywhere when told nothing, and answers on 127.0.0.1', async () => {
    const server = createServer({ ws2 }, (socket) => socket.end('here'));
    closeLater(() => void server.close());
    await listening(server, () => server.listen());
    expect(server.listening).toBe(true);
    const socket = connect(server.address()!.port);
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(String(data)).toBe('here');
  });

  it('closes only when its connections have', async () => {
    let closed = false;
    const { server, port } = await serve((socket) => socket.resume());
    const socket = connect(port);
    await Promise.all([once(socket, 'connect'), once(server, 'connection')]);
    const done = new Promise<void>((resolve) => server.close(() => resolve())).then(() => (closed = true));
    expect(server.listening).toBe(false);
    expect(server.address()).toBe(null);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(closed).toBe(false);
    socket.end();
    await done;
  });

  it('takes no new connection once closed', async () => {
    const { server, port } = await serve(() => undefined);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const [error] = (await once(connect(port), 'error')) as [ChainError];
    expect(error.code).toBe('ECONNREFUSED');
    await expect(
      new Promise<void>((resolve, reject) => server.close((e) => (e ? reject(e) : resolve()))),
    ).rejects.toThrow('Server is not running');
  });

  it('drops connections beyond maxConnections, and counts the others', async () => {
    const { server, port } = await serve((socket) => socket.write('in'));
    server.maxConnections = 1;
    const first = connect(port);
    await once(first, 'data');
    const dropped = once(server, 'drop') as Promise<[{ remoteAddress: string; localPort: number }]>;
    const second = connect(port);
    second.on('error', () => undefined).resume();
    const [drop] = await dropped;
    expect(drop).toMatchObject({ remoteAddress: '127.0.0.1', localPort: port });
    await once(second, 'close');
    expect(await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))).toBe(1);
  });

  it('says EADDRINUSE, 10048, where somebody else listens', async () => {
    const { port } = await serve(() => undefined);
    const server = createServer({ ws2 });
    server.listen(port, '127.0.0.1');
    const [error] = (await once(server, 'error')) as [ChainError];
    expect(error).toMatchObject({ code: 'EADDRINUSE', wsaError: 10048, syscall: 'listen', address: '127.0.0.1', port });
  });

  it('serves many connections that come at once', async () => {
    const { port } = await serve((socket) => socket.pipe(socket));
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const socket = connect(port);
        socket.end(`number ${index}`);
        let text = '';
        for await (const piece of socket) text += String(piece);
        return text;
      }),
    );
    expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => `number ${index}`));
  });

  it('hands connections over paused when told to', async () => {
    let peer!: ChainSocket;
    const { server, port } = await serve((socket) => (peer = socket), { pauseOnConnect: true });
    const connection = once(server, 'connection');
    connect(port).write('early');
    await connection;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(peer.isPaused()).toBe(true);
    expect(peer.readableLength).toBe(0);
    peer.resume();
    const [data] = (await once(peer, 'data')) as [Buffer];
    expect(String(data)).toBe('early');
  });

  it('closes when its AbortSignal fires', async () => {
    const controller = new AbortController();
    const server = createServer({ ws2 });
    await listening(server, () => server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal }));
    const closed = once(server, 'close');
    controller.abort();
    await closed;
    expect(server.listening).toBe(false);
  });
});
