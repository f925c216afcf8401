// Proxies: clients say where to go by SOCKS or HTTP, and are led there, as they would get there by themselves.
import { once } from 'node:events';
import http from 'node:http';
import { createWs2_32, VirtualClock } from 'ws2spi';
import { serveProxy, type Gateway, type ProxyOptions } from 'ws2spi/gateway';
import { Agent, serveHttp, type ChainServerOptions, type ChainSocket } from 'ws2spi/node';
import { describe, expect, it } from 'vitest';
import { nobodysPort } from '../../support/free-ports.js';
import { BASES, everything, pattern, useBase } from '../node/bases.js';
import { Answers, connectTo, socks4a, socks5, socks5As } from './clients.js';

const GRANTED = 'HTTP/1.1 200 Connection established\r\n\r\n';
/** How a client asks for a port of localhost, and how many bytes the answer has. */
const WAYS = {
  'SOCKS 5': {
    ask: (port: number) => socks5('localhost', port),
    length: 12,
    granted: (answer: Buffer) => expect([...answer.subarray(0, 5)]).toEqual([5, 0, 5, 0, 0]),
  },
  'SOCKS 4A': {
    ask: (port: number) => socks4a('localhost', port),
    length: 8,
    granted: (answer: Buffer) => expect([...answer]).toEqual([0, 90, 0, 0, 0, 0, 0, 0]),
  },
  'HTTP CONNECT': {
    ask: (port: number) => connectTo(`localhost:${port}`),
    length: GRANTED.length,
    granted: (answer: Buffer) => expect(String(answer)).toBe(GRANTED),
  },
};

describe.each(BASES)('A proxy over %s', (base) => {
  const { ws2, serve, connect: connectTheirs, closeLater } = useBase(base);
  const connect: typeof connectTheirs = (...args) => connectTheirs(...args).on('error', () => undefined);

  async function proxy(options: ProxyOptions = {}): Promise<{ gateway: Gateway; port: number; problems: string[] }> {
    const problems: string[] = [];
    const gateway = await serveProxy({ ws2, onProblem: (message) => problems.push(message), ...options });
    closeLater(() => gateway.close());
    return { gateway, port: gateway.address()!.port, problems };
  }

  /** A client that was led to a server's port. */
  async function led(
    way: keyof typeof WAYS,
    listener: (socket: ChainSocket) => void,
    options: ChainServerOptions = {},
  ): Promise<{ client: ChainSocket; answers: Answers; gateway: Gateway }> {
    const server = await serve(listener, { allowHalfOpen: true, ...options });
    const { gateway, port } = await proxy();
    const client = connect(port, { allowHalfOpen: true });
    const answers = new Answers(client);
    client.write(WAYS[way].ask(server.port));
    WAYS[way].granted(await answers.take(WAYS[way].length));
    return { client, answers, gateway };
  }

  describe.each(Object.keys(WAYS) as (keyof typeof WAYS)[])('asked by %s', (way) => {
    it('leads to a name’s port, and carries what is said there and back', async () => {
      const { client, answers } = await led(way, (socket) => socket.pipe(socket));
      const said = pattern(300_000);
      client.end(said);
      expect((await answers.rest()).equals(said)).toBe(true);
    });

    it('carries an end of the client’s sending, and the server’s answer to it', async () => {
      const { client, answers } = await led(way, (socket) => {
        void new Answers(socket).rest().then((heard) => socket.end(`heard ${heard.length}`));
      });
      client.end('hello');
      expect(String(await answers.rest())).toBe('heard 5');
    });

    it('carries an end of the server’s sending, behind which the client may go on', async () => {
      let heard!: Promise<Buffer>;
      const { client, answers } = await led(way, (socket) => {
        socket.end('over');
        heard = new Answers(socket).rest();
      });
      expect(String(await answers.rest())).toBe('over');
      client.write('and ');
      client.end('yet');
      expect(String(await heard)).toBe('and yet');
    });

    it('carries resets, from either side', async () => {
      const errors: string[] = [];
      const note = (socket: ChainSocket): ChainSocket =>
        socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code!)).resume();
      let gone!: Promise<void>;
      let accepted!: () => void;
      const accepts = new Promise<void>((resolve) => (accepted = resolve));
      const { client } = await led(way, (socket) => {
        gone = closed(note(socket));
        accepted();
      });
      await accepts;
      client.resetAndDestroy();
      await gone;
      expect(errors).toEqual(['ECONNRESET']);
      // A server that resets what it has just accepted may be taken for one that cannot be reached: it waits for a byte.
      const { client: second } = await led(way, (socket) => void socket.once('data', () => socket.resetAndDestroy()));
      second.write('.');
      await closed(note(second));
      expect(second.readableEnded).toBe(false);
    });

    it('says that nobody listens there, and tells it', async () => {
      const { port, problems } = await proxy();
      const nobody = nobodysPort();
      const client = connect(port);
      const answers = new Answers(client);
      client.write(WAYS[way].ask(nobody));
      const answer = await answers.rest();
      if (way === 'SOCKS 5') expect([...answer.subarray(0, 4)]).toEqual([5, 0, 5, 5]);
      if (way === 'SOCKS 4A') expect([...answer.subarray(0, 2)]).toEqual([0, 91]);
      if (way === 'HTTP CONNECT') expect(String(answer)).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n.*ECONNREFUSED.*\n$/s);
      expect(problems.join()).toMatch(new RegExp(`^localhost:${nobody} is not reached: connect ECONNREFUSED`));
    });

    it('takes what is to follow the request together with it, and the request byte by byte', async () => {
      const { port } = await proxy();
      const server = await serve((socket) => socket.pipe(socket), { allowHalfOpen: true });
      const [whole, slow] = [connect(port), connect(port)];
      whole.end(Buffer.concat([WAYS[way].ask(server.port), Buffer.from('at once')]));
      expect(String((await everything(whole)).subarray(-7))).toBe('at once');
      const answers = new Answers(slow.setNoDelay());
      for (const byte of WAYS[way].ask(server.port)) {
        slow.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      slow.end('slowly');
      expect(String((await answers.rest()).subarray(-6))).toBe('slowly');
    });
  });

  it('leads to addresses of IPv4 and IPv6 as well, and tells the address that it uses', async () => {
    const { port } = await proxy();
    const server = await serve((socket) => socket.end(socket.remotePort!.toString()));
    const client = connect(port);
    client.write(Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, server.port >> 8, server.port & 255]));
    const answer = await everything(client);
    expect([...answer.subarray(2, 10)]).toEqual([5, 0, 0, 1, 127, 0, 0, 1]);
    expect(String(answer.subarray(12))).toBe(String(answer.readUInt16BE(10)));
    const nobody = nobodysPort();
    const six = connect(port);
    six.write(Buffer.from([5, 1, 0, 5, 1, 0, 4, ...new Array<number>(15).fill(0), 1, nobody >> 8, nobody & 255]));
    expect((await everything(six))[3]).toBe(5);
    const third = connect(port);
    third.write(connectTo(`[::1]:${nobody}`));
    expect(String(await everything(third))).toContain('502');
  });

  it('holds back a server whose client does not read, and a client whose server does not', async () => {
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024);
    const pour = (socket: ChainSocket): void => {
      const more = (): void => {
        while (sent < 1e9 && socket.write(piece)) sent += piece.length;
      };
      socket.on('drain', more).on('error', () => undefined);
      more();
    };
    const { client } = await led('SOCKS 5', pour);
    client.pause();
    await still(() => sent);
    expect(sent).toBeLessThan(32e6);
    sent = 0;
    const { client: writer } = await led('HTTP CONNECT', (socket) => void socket.pause());
    pour(writer);
    await still(() => sent);
    expect(sent).toBeLessThan(32e6);
  });

  it('turns away those beyond the limit of connections, and tells it', async () => {
    const { port, problems, gateway } = await proxy({ maxConnections: 1 });
    const first = connect(port);
    await once(first, 'connect');
    while (gateway.connections === 0) await new Promise(setImmediate);
    const second = connect(port).on('error', () => undefined);
    second.resume();
    await closed(second);
    expect(problems).toEqual(['there are 1 connections already: a client is turned away']);
    first.destroy();
    while (gateway.connections > 0) await new Promise(setImmediate);
    const third = connect(port);
    third.write(Buffer.from([5, 1, 0]));
    expect([...((await once(third, 'data')) as [Buffer])[0]]).toEqual([5, 0]);
  });

  it('closes at once, or lets those that talk come to their end', async () => {
    const { client, gateway, answers } = await led('SOCKS 5', (socket) => socket.pipe(socket));
    const idle = connect(gateway.address()!.port);
    await once(idle, 'connect');
    while (gateway.connections < 2) await new Promise(setImmediate);
    const ended = gateway.close(60_000);
    idle.resume().on('error', () => undefined);
    await closed(idle);
    client.write('still');
    expect(String(await answers.take(5))).toBe('still');
    expect(gateway.address()).toBe(null);
    client.end();
    await ended;
    const other = await led('SOCKS 5', (socket) => socket.resume());
    await other.gateway.close();
    expect(other.gateway.connections).toBe(0);
    await other.answers.rest();
  });

  describe('with a user', () => {
    const user = { user: 'ann', password: 'se:cret' };

    it('lets in who says so, by SOCKS 5 and by HTTP', async () => {
      const { port } = await proxy(user);
      const server = await serve((socket) => socket.end('in'));
      const [one, two] = [connect(port), connect(port)];
      one.write(socks5As('ann', 'se:cret', 'localhost', server.port));
      expect(String((await everything(one)).subarray(-2))).toBe('in');
      const basic = Buffer.from('ann:se:cret').toString('base64');
      two.write(connectTo(`localhost:${server.port}`, `Proxy-Authorization: Basic ${basic}`));
      expect(String((await everything(two)).subarray(-2))).toBe('in');
    });

    it('lets nobody else in', async () => {
      const { port, problems } = await proxy(user);
      let visitors = 0;
      const server = await serve(() => visitors++);
      const asked = async (bytes: Buffer): Promise<Buffer> => {
        const client = connect(port);
        client.write(bytes);
        return everything(client);
      };
      expect([...(await asked(socks5('localhost', server.port)))]).toEqual([5, 255]);
      for (const [name, password] of [
        ['ann', 'secret'],
        ['ann', ''],
        ['', ''],
        ['anns', 'e:cret'],
      ] as const) {
        expect([...(await asked(socks5As(name, password, 'localhost', server.port)))]).toEqual([5, 2, 1, 1]);
      }
      expect([...(await asked(socks4a('localhost', server.port)))].slice(0, 2)).toEqual([0, 91]);
      const headers = ['', 'Basic', 'Basic YW5uOg==', 'Bearer x', 'Basic YW5u', 'Basic =', `Basic ${'A'.repeat(500)}`];
      for (const header of headers) {
        const answer = String(await asked(connectTo(`localhost:${server.port}`, `Proxy-Authorization: ${header}`)));
        expect(answer).toMatch(/^HTTP\/1\.1 407 .*Proxy-Authenticate: Basic realm="ws2spi gateway"/s);
      }
      const whole = `GET http://localhost:${server.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
      expect(String(await asked(Buffer.from(whole)))).toMatch(/^HTTP\/1\.1 407 /);
      expect(visitors).toBe(0);
      expect(problems.join()).not.toContain('se:cret');
      expect(problems.length).toBeGreaterThan(0);
    });
  });

  it('speaks SOCKS alone, or HTTP alone, where that is wanted', async () => {
    const [socks, web] = [await proxy({ protocols: ['socks'] }), await proxy({ protocols: ['http'] })];
    const wrong = connect(socks.port);
    wrong.write(connectTo('localhost:1'));
    expect((await everything(wrong)).length).toBe(0);
    expect(socks.problems).toEqual(['a client is refused: it speaks no SOCKS']);
    const other = connect(web.port);
    other.write(socks5('localhost', 1));
    expect((await everything(other)).length).toBe(0);
    expect(web.problems).toEqual(['a client is refused: it speaks SOCKS']);
  });

  describe('asked for http:// with the whole address', () => {
    async function origin(listener: http.RequestListener): Promise<number> {
      const server = serveHttp(http.createServer(listener), { ws2, host: '127.0.0.1' });
      await once(server, 'listening');
      closeLater(() => void server.close());
      return server.address()!.port;
    }

    it('asks for it without what was for the proxy, and several on one connection', async () => {
      const heard: string[] = [];
      const port = await origin((request, response) => {
        heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
        response.setHeader('Connection', 'close, X-Mine').setHeader('X-Mine', 'gone').setHeader('X-Kept', 'kept');
        request.pipe(response);
      });
      const { port: at } = await proxy();
      const agent = new Agent({ ws2, keepAlive: true, maxSockets: 1 });
      closeLater(() => agent.destroy());
      for (const [method, body] of [
        ['GET', ''],
        ['POST', 'a body'],
        ['PUT', 'in pieces'],
      ] as const) {
        const headers = { 'Proxy-Connection': 'keep-alive', 'Proxy-Authorization': 'Basic eA==', Host: 'elsewhere' };
        const path = `http://localhost:${port}/a?b`;
        const request = http.request({ host: '127.0.0.1', port: at, agent, method, path, headers });
        if (method === 'PUT') request.write(body.slice(0, 3));
        request.end(method === 'PUT' ? body.slice(3) : body);
        const [response] = (await once(request, 'response')) as [http.IncomingMessage];
        expect(String(await everything(response))).toBe(body);
        expect(response.headers).toMatchObject({ 'x-kept': 'kept', connection: 'keep-alive' });
        expect(response.headers['x-mine']).toBeUndefined();
      }
      expect(heard[0]).toBe(`GET /a?b {"host":"localhost:${port}","connection":"close"}`);
      expect(heard[1]).toMatch(/^POST \/a\?b \{.*"content-length":"6"\}$/);
      expect(heard[2]).toMatch(/^PUT \/a\?b \{.*"transfer-encoding":"chunked"\}$/);
      expect(heard.join()).not.toContain('proxy');
    });

    it('says that nobody listens there, and cuts an answer off that was cut off', async () => {
      const { port: at } = await proxy();
      const nobody = nobodysPort();
      const client = connect(at);
      client.write(`GET http://localhost:${nobody}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(String(await everything(client))).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n.*ECONNREFUSED.*\n$/s);
      const port = await origin((_request, response) => {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('half', () => response.socket!.destroy());
      });
      const cut = connect(at);
      const answers = new Answers(cut);
      cut.write(`GET http://localhost:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
      const [, body] = String(await answers.rest()).split('\r\n\r\n');
      expect(['half', '']).toContain(body ?? '');
    });
  });
});

describe('Limits of time', () => {
  it('end who does not say in time what it wants, and who does not get there', async () => {
    const clock = new VirtualClock();
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock });
    ws2.WSAStartup(0x0202, {});
    const problems: string[] = [];
    const options = { ws2, handshakeTimeout: 10_000, connectTimeout: 30_000 };
    await using gateway = await serveProxy({ ...options, onProblem: (message) => problems.push(message) });
    const { createConnection } = await import('ws2spi/node');
    const clients = ['', '\u0005', '\u0005\u0002', 'CONNECT lo', 'GET http://x/ HTTP/1.1\r\nX: ', '\u0004\u0001'].map(
      (text) => {
        const client = createConnection({ ws2, host: '127.0.0.1', port: gateway.address()!.port });
        client.resume().on('error', () => undefined);
        if (text !== '') client.write(text, 'latin1');
        return client;
      },
    );
    while (gateway.connections < clients.length) await new Promise(setImmediate);
    clock.advance(9_000);
    for (const client of clients.slice(1)) client.write('a');
    await still(() => clients.filter(({ bytesRead }) => bytesRead).length);
    expect(gateway.connections).toBe(clients.length);
    const gone = Promise.all(clients.map(closed));
    clock.advance(1_001);
    await gone;
    expect(gateway.connections).toBe(0);
    ws2[Symbol.dispose]();
    expect(problems).toEqual([]);
  });
});

describe('What a proxy is opened with', () => {
  it.each([
    [{ host: '0.0.0.0', open: true }, /`public`/],
    [{ host: '::', open: true }, /`public`/],
    [{ host: '192.0.2.1', public: true }, /`user` and `password`, or say `open`/],
    [{ host: 'example.com' }, /`host` must be an address/],
    [{ user: 'ann' }, /`password` must be/],
    [{ user: 'a:b', password: 'x' }, /`user` must have no colon/],
    [{ user: 'ann', password: 'x', open: true }, /not both/],
    [{ protocols: [] }, /`protocols` must be/],
    [{ port: 70_000 }, /`port` must be a whole number/],
    [{ maxConnections: 0 }, /`maxConnections` must be/],
    [{ handshakeTimeout: 2 ** 31 }, /`handshakeTimeout` must be/],
    [{ chain: 'nowhere' }, /the chain "nowhere" is not in the catalog/],
    [{ onProblem: 5 as never }, /`onProblem` must be a function/],
  ])('is refused where it is wrong: %o', async (options, message) => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    await expect(serveProxy({ ws2, ...(options as ProxyOptions) })).rejects.toThrow(message);
    ws2[Symbol.dispose]();
  });
});

/** Resolves when a socket is closed, with an error or without. */
function closed(socket: ChainSocket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** Resolves when a number stays as it is. */
async function still(measure: () => number): Promise<void> {
  for (let before = -1, turns = 0; turns < 50; turns++) {
    await new Promise(setImmediate);
    const now = measure();
    if (now !== before) turns = 0;
    before = now;
  }
}
