import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { WSAECONNABORTED, WSAECONNRESET } from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { compression, type CompressionMethod } from 'ws2spi/providers/layers/compression';
import { trace } from 'ws2spi/providers/layers/trace';
import { connectedPair, createTestInstance, noise, verifyCodec } from 'ws2spi/testkit';
import { describeOnEveryProvider, type World } from '../../../support/providers.js';

const PREAMBLE = 'WSZ1';
const HAS_ZSTD = 'zstdCompressSync' in zlib;
const METHODS: readonly CompressionMethod[] = HAS_ZSTD ? ['deflate', 'brotli', 'zstd'] : ['deflate', 'brotli'];
const PREAMBLES = { deflate: 'WSZ1', brotli: 'WSB1', zstd: 'WSS1' };

function text(length: number): string {
  return 'The quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(length / 45)).slice(0, length);
}

test('What goes in comes out, whole or drop by drop, under every I/O model', () => {
  verifyCodec(compression(), { seed: 7, bytes: 1500, rounds: 1 });
  verifyCodec(compression({ level: 9 }), { seed: 8, bytes: 300, rounds: 1 });
  for (const method of METHODS) verifyCodec(compression({ method, level: 4 }), { seed: 9, bytes: 700, rounds: 1 });
});

describeOnEveryProvider('The compression layer', ({ it }) => {
  it('carries half a megabyte each way', (world) => {
    world.stack([compression()]);
    const { client, server } = world.connectedPair();
    const sent = text(500_000);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      let received = '';
      for (let at = 0; at < sent.length; at += 50_000) {
        expect(world.send(from, sent.slice(at, at + 50_000))).toBe(50_000);
        received += world.receiveAll(to, 50_000);
      }
      expect(received === sent).toBe(true);
    }
  });

  for (const method of METHODS) {
    it(`carries text, noise and nothing by ${method}`, (world) => {
      world.stack([compression({ method })]);
      const { client, server } = world.connectedPair();
      for (const bytes of [Buffer.from(text(200_000)), Buffer.from(noise(100_000)), Buffer.from('x')]) {
        for (let at = 0; at < bytes.length; at += 50_000) {
          const piece = bytes.subarray(at, at + 50_000);
          expect(world.ws2.send(client, piece, piece.length, 0)).toBe(piece.length);
          expect(received(world, server, piece.length).equals(piece)).toBe(true);
        }
      }
    });

    it(`says ${method} on the wire, and is answered so by who was told nothing`, (world) => {
      world.stack([compression({ method })]);
      const { s: listener, name } = world.listener();
      const chosen = world.tcpSocket();
      const wire = trace({ dataBytes: 4 });
      world.stack([compression(), wire]);
      const { s: following, name: followed } = world.listener();
      void [listener, name];
      expect(world.connect(chosen, followed)).toBe(0);
      const server = world.accept(following);
      world.send(chosen, text(5000));
      expect(world.receiveAll(server, 5000)).toBe(text(5000));
      world.send(server, text(7000));
      expect(world.receiveAll(chosen, 7000)).toBe(text(7000));
      const sent = wire.recorder.records.find((record) => record.name === 'WSPSend')!;
      expect(Buffer.from(sent.data!).toString()).toBe(PREAMBLES[method]);
    });
  }

  it('sends fewer bytes over the wire than it was given', (world) => {
    const wire = trace({ name: 'wire' });
    world.stack([compression(), wire]);
    const { client, server } = world.connectedPair();
    world.send(client, text(20_000));
    world.receiveAll(server, 20_000);
    const onTheWire = wire.recorder.records
      .filter(({ name, socket }) => name === 'WSPSend' && socket !== 0)
      .reduce((sum, { bytes = 0 }) => sum + bytes, 0);
    expect(onTheWire).toBeGreaterThan(0);
    expect(onTheWire).toBeLessThan(2_000);
  });

  it('closes with grace though the peer has not sent, or has sent and been read', (world) => {
    world.stack([compression()]);
    const silent = world.connectedPair();
    world.ws2.closesocket(silent.server);
    expect(world.receive(silent.client)).toBe('');
    const answered = world.connectedPair();
    world.send(answered.client, 'question');
    world.receiveAll(answered.server, 8);
    world.send(answered.server, 'answer');
    world.ws2.closesocket(answered.server);
    expect(world.receiveAll(answered.client, 6)).toBe('answer');
    expect(world.receive(answered.client)).toBe('');
  });

  it('ends a stream in one direction and goes on in the other', (world) => {
    world.stack([compression()]);
    const { client, server } = world.connectedPair();
    world.send(client, 'question');
    expect(world.code(world.ws2.shutdown(client, 1))).toBe(0);
    expect(world.receiveAll(server, 8)).toBe('question');
    expect(world.receive(server)).toBe('');
    world.send(server, 'answer');
    expect(world.receiveAll(client, 6)).toBe('answer');
  });

  /** A peer below the layer: what it sends is what came over the wire. */
  const peers: readonly (readonly [sentence: string, bytes: Uint8Array])[] = [
    ['a peer that does not compress', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a block of a kind that there is not', Buffer.from(`${PREAMBLE}\x07\0\0\x01x`, 'latin1')],
    ['a block that is longer than any can be', Buffer.from(`${PREAMBLE}\x01\xff\xff\xff`, 'latin1')],
    ['a block that nobody deflated', Buffer.from(`${PREAMBLE}\x01\0\0\x04\xff\xff\xff\xff`, 'latin1')],
    ['a block that grows beyond bounds', bomb(PREAMBLE, zlib.deflateRawSync(new Uint8Array(1_000_000)))],
    ['a brotli block that grows beyond bounds', bomb('WSB1', brotli(new Uint8Array(1_000_000), 16))],
    ['a brotli block with a window that takes 16 MB to read', bomb('WSB1', brotli(Buffer.from(text(60_000)), 24))],
    ['a brotli block that nobody compressed', bomb('WSB1', Uint8Array.of(6, 255, 255, 255))],
    ...(HAS_ZSTD
      ? ([
          ['a zstd block that grows beyond bounds', bomb('WSS1', zstd(new Uint8Array(1_000_000), 17))],
          ['a zstd block with a window that takes 128 MB to read', bomb('WSS1', zstd(noise(60_000), 27))],
          ['a zstd block that nobody compressed', bomb('WSS1', Uint8Array.of(1, 2, 3, 4))],
        ] as const)
      : []),
    ['a peer of a newer version', Buffer.from('WSZ9')],
  ];
  for (const [sentence, bytes] of peers) {
    it(`breaks the connection on ${sentence}, and others go on`, (world) => {
      const { s: listener, name } = world.listener();
      const [entry] = world.stack([compression()]);
      const other = connectedPair(world.ws2, { entry: entry! });
      world.entries.clear();
      const victim = world.track(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1));
      expect(world.connect(victim, name)).toBe(0);
      const peer = world.accept(listener);
      world.ws2.send(peer, bytes, bytes.length, 0);
      const error = -Number(world.receive(victim));
      expect([WSAECONNABORTED, WSAECONNRESET]).toContain(error);
      const reasons = world.defects.splice(0).map(({ message }) => message);
      expect(reasons).toEqual(sentence.startsWith('a peer') ? [expect.stringMatching(/^compression: the peer /)] : []);
      expect(world.send(other.client, 'unharmed')).toBe(8);
      expect(world.receiveAll(other.server, 8)).toBe('unharmed');
      other.close();
    });
  }

  it('tells a connection that was cut in the middle of a block from one that was closed', (world) => {
    const { s: listener, name } = world.listener();
    const [entry] = world.stack([compression()]);
    world.entries.clear();
    const victim = world.track(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1));
    expect(world.connect(victim, name)).toBe(0);
    const peer = world.accept(listener);
    world.send(peer, Buffer.from(`${PREAMBLE}\x00\0\0\x08half`, 'latin1'));
    world.ws2.shutdown(peer, 1);
    expect(world.receive(victim)).toBe(-WSAECONNABORTED);
  });
});

function received(world: World, s: number, length: number): Buffer {
  const pieces: Buffer[] = [];
  for (let left = length; left > 0; left -= pieces.at(-1)!.length) {
    const room = Buffer.alloc(left);
    const count = world.ws2.recv(s, room, left, 0);
    expect(count).toBeGreaterThan(0);
    pieces.push(room.subarray(0, count));
  }
  return Buffer.concat(pieces);
}

function bomb(preamble: string, packed: Uint8Array): Uint8Array {
  const { length } = packed;
  return Buffer.concat([Buffer.from(preamble), Uint8Array.of(1, length >> 16, length >> 8, length), packed]);
}

function brotli(plain: Uint8Array, window: number): Uint8Array {
  return zlib.brotliCompressSync(plain, { params: { [zlib.constants.BROTLI_PARAM_LGWIN]: window } });
}

function zstd(plain: Uint8Array, window: number): Uint8Array {
  const compress = (zlib as unknown as { zstdCompressSync(plain: Uint8Array, options: object): Uint8Array })
    .zstdCompressSync;
  return compress(plain, { params: { 101: window } });
}

describe('The options of compression', () => {
  test.each([0, 10, 1.5, Number.NaN])('level %d is refused', (level) => {
    expect(() => compression({ level })).toThrow(RangeError);
  });

  test('name what is wrong with a method', () => {
    expect(() => compression({ method: 'brotly' as never })).toThrow(
      /`method` must be 'deflate', 'brotli' or 'zstd'.*did you mean "brotli"\?/,
    );
    if (HAS_ZSTD) return;
    expect(() => compression({ method: 'zstd' })).toThrow(/zstd takes Node\.js 22\.15, 23\.8 or newer, and this is 20/);
  });

  test('the name is what the chain is called by', () => {
    using world = createTestInstance();
    const [entry] = stack(world.ws2, [compression({ name: 'squeeze' })]);
    expect(entry!.szProtocol).toMatch(/^squeeze over \[/);
  });
});
