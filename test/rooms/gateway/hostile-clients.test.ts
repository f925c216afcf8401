// Clients that mean harm, or do not know what they say: they are refused, and nobody else notices.
import { createWs2_32, seededRandom } from 'ws2spi';
import { SocksServerHandshake, serveProxy, type Gateway, type SocksRequest } from 'ws2spi/gateway';
import { createConnection, createServer, type ChainSocket } from 'ws2spi/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Answers, connectTo, socks4a, socks5, socks5As } from './clients.js';

const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
ws2.WSAStartup(0x0202, {});
const problems: string[] = [];
const USER = { user: 'ann', password: 'secret' };
let visitors = 0;
const server = createServer({ ws2, allowHalfOpen: true }, (socket) => {
  visitors++;
  socket.on('error', () => undefined).pipe(socket);
});
let open: Gateway;
let locked: Gateway;
let port: number;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address()!);
  const onProblem = (message: string): void => void problems.push(message);
  open = await serveProxy({ ws2, onProblem });
  locked = await serveProxy({ ws2, onProblem, ...USER });
});
afterAll(async () => {
  await open.close();
  await locked.close();
  server.close();
  ws2[Symbol.dispose]();
});

function clientOf(gateway: Gateway): { client: ChainSocket; answers: Answers } {
  const client = createConnection({ ws2, host: '127.0.0.1', port: gateway.address()!.port, allowHalfOpen: true });
  return { client, answers: new Answers(client) };
}

/** What comes of bytes behind which nothing follows. */
async function said(gateway: Gateway, ...pieces: Uint8Array[]): Promise<Buffer> {
  const { client, answers } = clientOf(gateway);
  for (const piece of pieces) {
    client.write(piece);
    await turns(3);
  }
  client.end();
  const answer = await answers.rest();
  client.destroy();
  return answer;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Nothing is left of anybody. */
async function deserted(gateway: Gateway): Promise<void> {
  for (let turn = 0; gateway.connections > 0; turn++) {
    expect(turn, 'turns of the event loop until nobody is left').toBeLessThan(10_000);
    await new Promise(setImmediate);
  }
}

const DATA = Buffer.from('data');
const CLIENTS: readonly (readonly [string, () => Gateway, () => Buffer])[] = [
  ['SOCKS 5', () => open, () => socks5('localhost', port)],
  ['SOCKS 5 with a password', () => locked, () => socks5As('ann', 'secret', 'localhost', port)],
  ['SOCKS 4A', () => open, () => socks4a('localhost', port)],
  ['HTTP CONNECT', () => open, () => connectTo(`localhost:${port}`, 'Proxy-Connection: keep-alive')],
];

describe.each(CLIENTS)('%s', (_name, gatewayOf, request) => {
  it('cut in two at every byte, leads there', async () => {
    const whole = request();
    for (let at = 0; at <= whole.length; at++) {
      const answer = await said(gatewayOf(), whole.subarray(0, at), Buffer.concat([whole.subarray(at), DATA]));
      expect(String(answer.subarray(-4)), `cut at ${at}`).toBe('data');
    }
    await deserted(gatewayOf());
  });

  it('cut off at every byte, leads nowhere', async () => {
    const before = visitors;
    const whole = request();
    for (let at = 0; at < whole.length; at++) await said(gatewayOf(), whole.subarray(0, at));
    await deserted(gatewayOf());
    expect(visitors).toBe(before);
  });

  it('mangled, is answered or refused, and harms nobody (seed 12)', async () => {
    const random = seededRandom(12);
    const below = (most: number): number => Math.floor(random.next() * most);
    for (let run = 0; run < 300; run++) {
      const bytes = Buffer.concat([request(), DATA]);
      for (let change = below(4); change >= 0; change--) bytes[below(bytes.length)] = below(256);
      const from = below(bytes.length);
      const twice = below(4) === 0 ? [bytes.subarray(from), bytes.subarray(0, from)] : [];
      const mangled = Buffer.concat([bytes, ...twice]);
      const cut = below(mangled.length);
      await said(gatewayOf(), mangled.subarray(0, cut), mangled.subarray(cut));
    }
    await deserted(gatewayOf());
    expect(String((await said(gatewayOf(), Buffer.concat([request(), DATA]))).subarray(-4))).toBe('data');
  });
});

it('Noise is refused (seed 13)', async () => {
  const random = seededRandom(13);
  const before = visitors;
  for (let run = 0; run < 200; run++) {
    const noise = Buffer.from(
      Array.from({ length: 1 + Math.floor(random.next() * 2000) }, () => Math.floor(random.next() * 256)),
    );
    await said(open, noise);
  }
  await deserted(open);
  expect(visitors).toBe(before);
  for (const problem of problems) expect(problem.length).toBeLessThan(500);
});

describe('A page in a browser', () => {
  const smuggled = (): string => `CONNECT localhost:${port} HTTP/1.1\r\nHost: x\r\n\r\n`;

  it.each([
    ['posts', () => 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n'],
    ['asks by a name that it has rebound', () => 'GET /status HTTP/1.1\r\nHost: evil.example:1080\r\n\r\n'],
    ['has a path like an address', () => `GET /http://localhost:${port}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
    ['opens a WebSocket', () => 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['asks what it may', () => 'OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n\r\n'],
    ['asks for all', () => 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('that %s is refused, with all that follows on the connection', async (_what, request) => {
    const before = visitors;
    const answer = String(await said(open, Buffer.from(request() + smuggled())));
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(answer).toContain('Connection: close');
    expect(answer.toLowerCase()).not.toContain('access-control');
    expect(visitors).toBe(before);
  });

  it('has no say by the body of what it posts', async () => {
    const before = visitors;
    const body = smuggled() + socks5('localhost', port).toString('latin1');
    const post = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(String(await said(open, Buffer.from(post, 'latin1')))).toMatch(/^HTTP\/1\.1 400 /);
    expect(visitors).toBe(before);
  });
});

describe('What HTTP has of ambiguity is refused:', () => {
  it.each([
    [
      'two lengths of a body',
      'POST http://localhost:PORT/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'a length twice',
      'POST http://localhost:PORT/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n',
      400,
    ],
    ['a user in the address', 'GET http://user:password@localhost:PORT/ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['another scheme', 'GET https://localhost:PORT/ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no port', 'CONNECT localhost HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['port 0', 'CONNECT localhost:0 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a port that there is not', 'CONNECT localhost:65536 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a port with more behind it', 'CONNECT localhost:PORT.example HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['an address that is none', 'CONNECT [::zz]:PORT HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['an address in one number', 'CONNECT 2130706433:PORT HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a zero in a name', 'CONNECT local\0host:PORT HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a header without end', `CONNECT localhost:PORT HTTP/1.1\r\nX: ${'a'.repeat(20_000)}`, 431],
    ['a header over two lines', 'CONNECT localhost:PORT HTTP/1.1\r\nX: a\r\n b: c\rd\r\n\r\n', 400],
  ])('%s', async (_what, text, status) => {
    const before = visitors;
    const answer = String(await said(open, Buffer.from(text.replaceAll('PORT', String(port)), 'latin1')));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(visitors).toBe(before);
  });
});

it('Requests that come before the one ahead is answered open no connections', async () => {
  const before = visitors;
  const many = `GET http://localhost:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(500);
  await said(open, Buffer.from(many));
  await deserted(open);
  expect(visitors - before).toBeLessThanOrEqual(1);
  expect(problems).toContain('a client is refused: it asks for more before it was answered');
});

describe('A server that a request is forwarded to', () => {
  it.each([
    ['no HTTP', 'nonsense\r\n\r\n'],
    ['a word in its status that is none', 'HTTP/1.1 200 O\u0001K\r\nContent-Length: 0\r\n\r\n'],
    ['a header that is none', 'HTTP/1.1 200 OK\r\nX: a\u0000b\r\nContent-Length: 0\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['headers without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}`],
    ['nothing', ''],
  ])('and that says %s gets 502 told to the client, once', async (_what, text) => {
    const hostile = createServer({ ws2 }, (socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(text, 'latin1'));
    });
    await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
    const request = `GET http://localhost:${hostile.address()!.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    const answer = String(await said(open, Buffer.from(request)));
    expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    hostile.close();
    await deserted(open);
  });
});

describe('A reader of SOCKS', () => {
  const heard: SocksRequest[] = [];
  const refusals: string[] = [];
  const sent: number[][] = [];
  const read = (bytes: Buffer): SocksServerHandshake => {
    for (const list of [heard, refusals, sent]) list.length = 0;
    const handshake: SocksServerHandshake = new SocksServerHandshake(null, {
      send: (answer) => void sent.push([...answer]),
      asked: (request) => void heard.push(request),
      refused: (reason) => void refusals.push(reason),
    });
    handshake.receive(bytes);
    return handshake;
  };

  it.each([
    ['a greeting that offers nothing', [5, 0], [5, 255]],
    ['a greeting that offers what there is not', [5, 1, 1], [5, 255]],
    ['an address of no kind', [5, 1, 0, 5, 1, 0, 2, 0], [5, 8, 0, 1, 0, 0, 0, 0, 0, 0]],
    ['a listener', [5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 1], [5, 7, 0, 1, 0, 0, 0, 0, 0, 0]],
    ['a name of no bytes', [5, 1, 0, 5, 1, 0, 3, 0, 0, 1], [5, 4, 0, 1, 0, 0, 0, 0, 0, 0]],
    ['a name with a line feed', [5, 1, 0, 5, 1, 0, 3, 2, 97, 10, 0, 1], [5, 4, 0, 1, 0, 0, 0, 0, 0, 0]],
    ['a listener of SOCKS 4', [4, 2, 0, 1, 127, 0, 0, 1, 0], [0, 91, 0, 0, 0, 0, 0, 0]],
  ])('refuses %s', (_what, bytes, answer) => {
    expect(read(Buffer.from(bytes)).isOver).toBe(true);
    expect(sent.at(-1)).toEqual(answer);
    expect([heard.length, refusals.length]).toEqual([0, 1]);
  });

  it('gives up texts of SOCKS 4 that have no end', () => {
    expect(read(Buffer.concat([Buffer.from([4, 1, 0, 1, 0, 0, 0, 1]), Buffer.alloc(100_000, 'a')])).isOver).toBe(true);
    expect(refusals).toEqual(['a text of its request is longer than 255 bytes']);
    expect(read(Buffer.concat([Buffer.from([4, 1, 0, 1, 0, 0, 0, 1, 0]), Buffer.alloc(1000, 'a')])).isOver).toBe(true);
    expect(refusals).toEqual(['a text of its request is longer than 255 bytes']);
  });

  it('takes a user of SOCKS 4 of any length that it has room for, and leaves what follows', () => {
    for (const length of [0, 1, 255]) {
      const request = Buffer.from([4, 1, 0, 80, 10, 0, 0, 1, ...Buffer.alloc(length, 'u'), 0, 1, 2, 3]);
      const handshake = new SocksServerHandshake(null, {
        send: () => undefined,
        asked: (asked) =>
          expect(asked).toMatchObject({ host: { text: '10.0.0.1' }, port: 80, user: 'u'.repeat(length) }),
        refused: (reason) => expect.fail(reason),
      });
      expect(handshake.receive(request)).toBe(request.length - 3);
    }
  });
});
