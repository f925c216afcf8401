// How long a destination has, and how many connections there are at once: each client is answered, and each byte arrives.
import { createWs2_32, VirtualClock } from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { serveProxy } from 'ws2spi/gateway';
import { createConnection, createServer, type ChainSocket } from 'ws2spi/node';
import { shape } from 'ws2spi/providers/layers/shape';
import { describe, expect, it } from 'vitest';
import { BASES, pattern, useBase } from '../node/bases.js';
import { Answers, connectTo, socks4a, socks5 } from './clients.js';

const WAYS: readonly ((port: number) => Buffer)[] = [
  (port) => socks5('127.0.0.1', port),
  (port) => socks4a('127.0.0.1', port),
  (port) => connectTo(`127.0.0.1:${port}`),
  (port) => Buffer.from(`GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`),
];

describe.each(BASES)('A destination over %s', (base) => {
  /** Four clients, one for each protocol, on their way over a chain whose connects take so many milliseconds. */
  async function waiting(milliseconds: number) {
    const clock = new VirtualClock();
    const ws2 = createWs2_32({ base, catalog: 'memory', clock });
    ws2.WSAStartup(0x0202, {});
    const sockets: ChainSocket[] = [];
    const server = createServer({ ws2 }, (socket) => void sockets.push(socket.on('error', () => undefined).resume()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    let asked = 0;
    const watch = defineLayer({ name: 'watch', connect: () => void asked++ });
    const problems: string[] = [];
    const gateway = await serveProxy({
      ws2,
      chain: stack(ws2, [watch, shape({ latency: milliseconds / 2 })]),
      connectTimeout: 30_000,
      onProblem: (message) => problems.push(message),
    });
    const { port } = server.address()!;
    const answers = WAYS.map((request) => {
      const client = createConnection({ ws2, host: '127.0.0.1', port: gateway.address()!.port });
      sockets.push(client);
      client.write(request(port));
      return new Answers(client);
    });
    await until(() => asked === WAYS.length);
    const close = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await gateway.close();
      ws2[Symbol.dispose]();
    };
    return { clock, answers, problems, gateway, port, close };
  }

  it('that is not reached in its time is given up by the clock: SOCKS 5 says 6, SOCKS 4 says 91, HTTP says 504', async () => {
    const { clock, answers, problems, gateway, port, close } = await waiting(40_000);
    clock.advance(29_999);
    await turns(50);
    expect([gateway.connections, problems]).toEqual([4, []]);
    clock.advance(1);
    const [five, four, connect, whole] = await Promise.all(answers.map((answer) => answer.rest()));
    // The greeting's answer, and the request's: TTL expired.
    expect([...five!.subarray(0, 4)]).toEqual([5, 0, 5, 6]);
    expect([...four!.subarray(0, 2)]).toEqual([0, 91]);
    for (const answer of [connect, whole].map(String)) {
      expect(answer).toMatch(/^HTTP\/1\.1 504 Gateway Timeout\r\n/);
      expect(answer).toContain(`127.0.0.1:${port} is not reached within 30 s`);
    }
    const reason = `127.0.0.1:${port} is not reached within 30 s`;
    expect(problems.filter((problem) => problem === reason)).toHaveLength(4);
    await until(() => gateway.connections === 0);
    // What would have come later comes to nobody.
    clock.advance(60_000);
    await turns(50);
    expect(gateway.connections).toBe(0);
    await close();
  });

  it('that is reached in its time is kept when that is over', async () => {
    const { clock, answers, problems, gateway, close } = await waiting(20_000);
    clock.advance(20_000);
    const [five, four, connect] = await Promise.all([
      answers[0]!.take(12),
      answers[1]!.take(8),
      answers[2]!.take('HTTP/1.1 200'.length),
    ]);
    expect([five[3], four[1], String(connect)]).toEqual([0, 90, 'HTTP/1.1 200']);
    clock.advance(30_000);
    await turns(50);
    expect([gateway.connections, problems]).toEqual([4, []]);
    await close();
  });
});

describe.each(BASES)('Many at once over %s', (base) => {
  const { ws2, serve, connect, closeLater } = useBase(base);
  const MANY = 200;

  it('get there, every byte of theirs, and every byte back, until they end', async () => {
    let heard = 0;
    const server = await serve(
      (socket) => void socket.on('data', (bytes: Buffer) => (heard += bytes.length)).pipe(socket),
      { allowHalfOpen: true },
    );
    const problems: string[] = [];
    const gateway = await serveProxy({ ws2, onProblem: (message) => problems.push(message) });
    closeLater(() => gateway.close());
    // As many bytes as no other has, and others than theirs.
    const said = (place: number): Buffer => pattern(3000 + 2 * place).subarray(place);
    let sum = 0;
    const whole = Array.from({ length: MANY }, async (_, place) => {
      const client = connect(gateway.address()!.port, { allowHalfOpen: true });
      const answers = new Answers(client);
      const way = place % 3;
      sum += said(place).length;
      client.end(Buffer.concat([WAYS[way]!(server.port), said(place)]));
      const answer = await answers.rest();
      const length = [12, 8, 'HTTP/1.1 200 Connection established\r\n\r\n'.length][way]!;
      return answer.length - length === said(place).length && answer.subarray(length).equals(said(place));
    });
    const outcomes = await Promise.all(whole);
    expect(outcomes.filter(Boolean)).toHaveLength(MANY);
    expect(heard).toBe(sum);
    expect(problems).toEqual([]);
    await until(() => gateway.connections === 0);
  });
});

describe.each(BASES)('A request over %s', (base) => {
  const { ws2, serve, connect, closeLater } = useBase(base);
  const DATA = Buffer.from('data');
  const REQUESTS: readonly (readonly [string, (port: number) => Buffer])[] = [
    ['SOCKS 5', WAYS[0]!],
    ['SOCKS 4A', WAYS[1]!],
    ['SOCKS 4', (port) => Buffer.from([4, 1, port >> 8, port & 255, 127, 0, 0, 1, 117, 0])],
    ['HTTP CONNECT', WAYS[2]!],
  ];

  it.each(REQUESTS)('of %s leads there cut in two at every byte, and nowhere cut off at every byte', async (_, ask) => {
    let visitors = 0;
    const server = await serve(
      (socket) => {
        visitors++;
        socket.on('error', () => undefined).pipe(socket);
      },
      { allowHalfOpen: true },
    );
    const gateway = await serveProxy({ ws2, onProblem: () => undefined });
    closeLater(() => gateway.close());
    const said = async (...pieces: Buffer[]): Promise<Buffer> => {
      const client = connect(gateway.address()!.port, { allowHalfOpen: true, noDelay: true });
      const answers = new Answers(client);
      for (const piece of pieces) {
        client.write(piece);
        await turns(3);
      }
      client.end();
      const answer = await answers.rest();
      client.destroy();
      return answer;
    };
    const whole = ask(server.port);
    for (let at = 0; at < whole.length; at++) await said(whole.subarray(0, at));
    expect(visitors).toBe(0);
    for (let at = 0; at <= whole.length; at++) {
      const answer = await said(whole.subarray(0, at), Buffer.concat([whole.subarray(at), DATA]));
      expect(String(answer.subarray(-4)), `cut at ${at}`).toBe('data');
    }
    expect(visitors).toBe(whole.length + 1);
    await until(() => gateway.connections === 0);
  });
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Resolves when something has come about; the test's own limit of time ends it else. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}
