import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import http from 'node:http';
import { Agent, connector, createServer, serveHttp, type ChainSocket } from 'ws2spi/node';
import { describe, expect, it } from 'vitest';
import { BASES, everything, listening, pattern, useBase } from './bases.js';

describe.each(BASES)('node:http over %s', (base) => {
  const { ws2, connect, closeLater } = useBase(base);

  async function web(
    handler: http.RequestListener,
    prepare?: (server: http.Server) => void,
  ): Promise<{ port: number; agent: Agent; server: http.Server; connections: () => number }> {
    const server = http.createServer(handler);
    prepare?.(server);
    let count = 0;
    server.on('connection', () => count++);
    const chain = serveHttp(server, { ws2, port: 0, host: '127.0.0.1' });
    await once(chain, 'listening');
    const agent = new Agent({ ws2, keepAlive: true, maxSockets: 10 });
    closeLater(() => {
      agent.destroy();
      server.closeAllConnections();
      chain.close();
    });
    return { port: chain.address()!.port, agent, server, connections: () => count };
  }

  interface Answer {
    response: http.IncomingMessage;
    body: Buffer;
    reused: boolean;
  }

  function request(options: http.RequestOptions, body?: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = http.request({ host: '127.0.0.1', ...options }, (response) => {
        const reused = outgoing.reusedSocket;
        everything(response).then((received) => resolve({ response, body: received, reused }), reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  it('answers an unmodified client, which uses its connections again', async () => {
    const { port, agent, connections } = await web((_request, response) => response.end('hello'));
    for (let turn = 0; turn < 5; turn++) {
      const { response, body, reused } = await request({ port, agent });
      expect([response.statusCode, String(body), reused]).toEqual([200, 'hello', turn > 0]);
    }
    expect(connections()).toBe(1);
  });

  it('serves 100 requests at once over ten connections', async () => {
    const { port, agent, connections } = await web((incoming, response) => response.end(incoming.url));
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => String((await request({ port, agent, path: `/${index}` })).body)),
    );
    expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => `/${index}`));
    expect(connections()).toBe(10);
  });

  it('carries chunked bodies of a megabyte both ways', async () => {
    const { port, agent } = await web((incoming, response) => incoming.pipe(response));
    const bytes = pattern(1_000_000);
    const headers = { 'transfer-encoding': 'chunked' };
    const { response, body } = await request({ port, agent, method: 'POST', headers }, bytes);
    expect(response.headers['transfer-encoding']).toBe('chunked');
    expect(body.equals(bytes)).toBe(true);
  });

  it('answers pipelined requests in their order', async () => {
    const { port } = await web((incoming, response) => {
      setTimeout(() => response.end(incoming.url), incoming.url === '/1' ? 30 : 0);
    });
    const socket = connect(port);
    socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.write('GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const text = String(await everything(socket));
    expect(text.match(/\r\n\r\n\/\d/g)).toEqual(['\r\n\r\n/1', '\r\n\r\n/2', '\r\n\r\n/3']);
  });

  it('continues when a client expects it to', async () => {
    const { port, agent } = await web((incoming, response) => incoming.pipe(response));
    const outgoing = http.request({
      host: '127.0.0.1',
      port,
      agent,
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': 4 },
    });
    await once(outgoing, 'continue');
    outgoing.end('body');
    const [response] = (await once(outgoing, 'response')) as [http.IncomingMessage];
    expect(String(await everything(response))).toBe('body');
  });

  it('upgrades a connection to another protocol', async () => {
    const { port, agent } = await web(
      () => undefined,
      (server) =>
        server.on('upgrade', (_incoming, socket) => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
          socket.pipe(socket);
        }),
    );
    const outgoing = http.request({
      host: '127.0.0.1',
      port,
      agent,
      headers: { connection: 'Upgrade', upgrade: 'echo' },
    });
    outgoing.end();
    const [, socket] = (await once(outgoing, 'upgrade')) as [http.IncomingMessage, ChainSocket];
    socket.end('raw bytes');
    expect(String(await everything(socket))).toBe('raw bytes');
  });

  it('gives up on a server that is silent for too long', async () => {
    const { port, agent } = await web(() => undefined);
    const outgoing = http.get({ host: '127.0.0.1', port, agent, timeout: 50 });
    await once(outgoing, 'timeout');
    outgoing.destroy();
    const [error] = (await once(outgoing, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  it('closes the web server and its connections together', async () => {
    const server = http.createServer((_request, response) => response.end());
    const chain = serveHttp(server, { ws2, host: '127.0.0.1' });
    await once(chain, 'listening');
    const agent = new Agent({ ws2, keepAlive: true });
    await request({ port: chain.address()!.port, agent });
    const closed = once(chain, 'close');
    server.close();
    await closed;
    expect(chain.listening).toBe(false);
    agent.destroy();
  });

  it('works by hand too: connections handed to an http.Server', async () => {
    const server = http.createServer((_request, response) => response.end('by hand'));
    const chain = createServer({ ws2, allowHalfOpen: true }, (socket) => server.emit('connection', socket));
    await listening(chain, () => chain.listen(0, '127.0.0.1'));
    closeLater(() => void chain.close());
    const agent = new Agent({ ws2 });
    const { response, body } = await request({ port: chain.address()!.port, agent });
    expect([response.headers.connection, String(body)]).toEqual(['close', 'by hand']);
  });

  it('gives a connection that is used again the context of its new request', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { port, agent } = await web((_request, response) => response.end('x'));
    const seen: (string | undefined)[] = [];
    for (const name of ['first', 'second']) {
      await storage.run(name, () => {
        const outgoing = http.get({ host: '127.0.0.1', port, agent });
        outgoing.on('response', (response) => {
          response.on('data', () => seen.push(storage.getStore()));
          response.on('end', () => seen.push(storage.getStore()));
        });
        return once(outgoing, 'close');
      });
      await new Promise(setImmediate);
    }
    expect(seen).toEqual(['first', 'first', 'second', 'second']);
  });

  it('carries fetch, through a connector', async () => {
    const { port } = await web((_request, response) => response.end('fetched'));
    // Node.js' own undici is found by the dispatcher that fetch leaves behind.
    await fetch('data:,').catch(() => undefined);
    const global = globalThis as Record<symbol, unknown>;
    const found = [2, 1].map((version) => global[Symbol.for(`undici.globalDispatcher.${version}`)]).find(Boolean);
    const dispatcher = found as {
      constructor: new (options: object) => { close(): Promise<void> };
    };
    const chained = new dispatcher.constructor({ connect: connector({ ws2 }) });
    closeLater(() => chained.close());
    const response = await fetch(`http://127.0.0.1:${port}/`, { dispatcher: chained } as unknown as RequestInit);
    expect(await response.text()).toBe('fetched');
  });
});

it.each([
  [[], /^serveHttp: the first argument is a server, as http.createServer returns it, not undefined/],
  [[{ port: 80 }], /the first argument is a server.*not an object/],
  [[http.createServer(), 8080], /^serveHttp: options are an object such as { port: 8080 }, not a number/],
])('serveHttp says which of its arguments is something else', (args, told) => {
  expect(() => (serveHttp as (...args: unknown[]) => unknown)(...args)).toThrow(told);
});
