// What proxies and peers send, mangled: the right error, once, and nothing else.
import { describe, expect, test } from 'vitest';
import { AF_INET, parseSockaddr, seededRandom, sockaddr_in, WSAECONNABORTED, WSAEWOULDBLOCK } from 'ws2spi';
import { stack, type Layer } from 'ws2spi/chain';
import { httpProxy } from 'ws2spi/providers/layers/http-proxy';
import { proxyHeaderOf, proxyProtocol } from 'ws2spi/providers/layers/proxy-protocol';
import { socks } from 'ws2spi/providers/layers/socks';
import { ScriptedServer } from '../../../support/scripted-server.js';
import { inWorld, type World } from '../../../support/providers.js';

const SEED = Number(process.env['WS2SPI_SEED'] ?? 11);
const ROUNDS = Number(process.env['WS2SPI_SEQUENCES'] ?? 150);

/** Errors that a connect by way of a proxy may fail with. */
const ERRORS = new Set([10013, 10045, 10047, 10051, 10053, 10054, 10060, 10061, 10065]);

/** Changes some bytes, cuts some out, doubles some, or cuts the end off. */
function mangled(bytes: Uint8Array, random: () => number): Buffer {
  let result = Buffer.from(bytes);
  const below = (most: number): number => Math.floor(random() * most);
  for (let times = 1 + below(3); times > 0 && result.length > 0; times--) {
    const at = below(result.length);
    const kind = below(5);
    if (kind === 0) result[at] = below(256);
    else if (kind === 1) result[at]! ^= 1 << below(8);
    else if (kind === 2) result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + below(4))]);
    else if (kind === 3)
      result = Buffer.concat([result.subarray(0, at), result.subarray(0, at + below(9)), result.subarray(at)]);
    else result = result.subarray(0, at);
  }
  return result;
}

/** Pieces of bytes, cut anywhere. */
function pieces(bytes: Buffer, random: () => number): Buffer[] {
  const result: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + Math.floor(random() * random() * 40);
    result.push(bytes.subarray(at, end));
    at = end;
  }
  return result;
}

/** Connects by way of a proxy that says these bytes, and then hangs up: 0, or the error. */
function connectsTo(world: World, layer: (proxy: string) => Layer, said: readonly Buffer[]): number {
  let begun = false;
  const server = new ScriptedServer(world.ws2, (connection) => {
    if (begun) return;
    begun = true;
    for (const piece of said) connection.send(piece);
    connection.end();
  });
  const { address, port } = parseSockaddr(server.name);
  const [entry] = stack(world.ws2, [layer(`${address}:${port}`)]);
  const s = world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1);
  const code = world.code(world.ws2.connect(s, sockaddr_in('10.1.2.3', 80), 16));
  world.ws2.closesocket(s);
  world.settle();
  server.close();
  return code;
}

const proxies: Record<string, { layer: (proxy: string) => Layer; answer: Buffer }> = {
  'SOCKS 5': {
    layer: (proxy) => socks({ proxy, timeout: 1000 }),
    answer: Buffer.from([5, 0, 5, 0, 0, 1, 127, 0, 0, 1, 0, 9]),
  },
  'SOCKS 5 with a password': {
    layer: (proxy) => socks({ proxy, user: 'jo', password: 'x', timeout: 1000 }),
    answer: Buffer.from([5, 2, 1, 0, 5, 0, 0, 3, 4, 97, 98, 99, 100, 0, 9]),
  },
  'SOCKS 4A': {
    layer: (proxy) => socks({ proxy: `socks4a://${proxy}`, timeout: 1000 }),
    answer: Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]),
  },
  HTTP: {
    layer: (proxy) => httpProxy({ proxy, timeout: 1000 }),
    answer: Buffer.from('HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 Fine\r\nServer: x\r\nVia: 1.1 y\r\n\r\n'),
  },
};

describe('what a proxy says', () => {
  for (const [name, { layer, answer }] of Object.entries(proxies)) {
    test(
      `${name}: mangled, it opens the connection or fails it, and says why once (seed ${SEED})`,
      inWorld('memory', (world) => {
        const generator = seededRandom(SEED);
        const random = (): number => generator.next();
        for (let round = 0; round < ROUNDS; round++) {
          const said = mangled(answer, random);
          const code = connectsTo(world, layer, pieces(said, random));
          const what = said.toString('latin1');
          if (code !== 0) expect(ERRORS, JSON.stringify(what)).toContain(code);
          expect(world.takeDefects().length, JSON.stringify(what)).toBe(code === 0 ? 0 : 1);
        }
      }),
    );

    test(
      `${name}: cut off at every byte, it fails the connect; cut in two at every byte, it opens it`,
      inWorld('memory', (world) => {
        for (let cut = 0; cut <= answer.length; cut++) {
          const whole = connectsTo(
            world,
            layer,
            [answer.subarray(0, cut), answer.subarray(cut)].filter((each) => each.length > 0),
          );
          expect(whole, `cut at ${cut}`).toBe(0);
          if (cut === answer.length) continue;
          expect(connectsTo(world, layer, [answer.subarray(0, cut)]), `cut off at ${cut}`).toBe(WSAECONNABORTED);
        }
        world.takeDefects();
      }),
    );
  }

  test(
    'without end, it is given up after what a head may have',
    inWorld('memory', (world) => {
      const head = Buffer.from(`HTTP/1.1 200 Fine\r\nField: ${'x'.repeat(1000)}`);
      const many = [head, ...Array.from({ length: 500 }, () => Buffer.alloc(10_000, 'y'))];
      expect(connectsTo(world, (proxy) => httpProxy({ proxy }), many)).toBe(WSAECONNABORTED);
      world.takeDefects();
    }),
  );
});

describe('headers of the PROXY protocol', () => {
  const v2 = Buffer.concat([
    Buffer.from('0d0a0d0a000d0a515549540a2111001b', 'hex'),
    Buffer.from([203, 0, 113, 7, 192, 0, 2, 1, 48, 57, 1, 187]),
    Buffer.from([2, 0, 4, 97, 98, 99, 100, 4, 0, 5, 0, 0, 0, 0, 0]),
  ]);
  for (const [name, header] of Object.entries({
    'version 1': Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 12345 443\r\n'),
    'version 2': v2,
  })) {
    test(
      `${name}: mangled, they are read or refused, and what is wrong is said once (seed ${SEED})`,
      inWorld('memory', (world) => {
        const generator = seededRandom(SEED);
        const random = (): number => generator.next();
        const [entry] = stack(world.ws2, [proxyProtocol({ from: 'loopback' })]);
        const listener = world.track(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1));
        world.ws2.bind(listener, world.freeName(), 16);
        world.ws2.listen(listener, 50);
        const name = world.nameOf(listener);
        world.nonBlocking(listener);
        for (let round = 0; round < ROUNDS; round++) {
          const said = mangled(header, random);
          const client = world.ws2.WSASocket(AF_INET, 1, 6, null, 0, 1);
          expect(world.connect(client, name)).toBe(0);
          for (const piece of pieces(said, random)) {
            if (world.send(client, piece) < 0) break;
            world.settle();
          }
          world.ws2.shutdown(client, 1);
          world.settle();
          const server = world.ws2.accept(listener, null, null);
          const what = JSON.stringify(said.toString('latin1'));
          if (server === 0xffffffff) {
            expect(world.ws2.WSAGetLastError(), what).toBe(WSAEWOULDBLOCK);
            expect(world.takeDefects().length, what).toBe(said.length === 0 ? 0 : 1);
          } else {
            expect(proxyHeaderOf(world.ws2, server), what).not.toBeNull();
            expect(world.takeDefects(), what).toEqual([]);
            world.ws2.closesocket(server);
          }
          world.ws2.closesocket(client);
        }
      }),
    );
  }
});
