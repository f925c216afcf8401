import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { WSAECONNABORTED, WSAECONNRESET } from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { compression } from 'ws2spi/providers/layers/compression';
import { trace } from 'ws2spi/providers/layers/trace';
import { connectedPair, createTestInstance, verifyCodec } from 'ws2spi/testkit';
import { describeOnEveryProvider } from '../../../support/providers.js';

const PREAMBLE = 'WSZ1';

function text(length: number): string {
  return 'The quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(length / 45)).slice(0, length);
}

test('What goes in comes out, whole or drop by drop, under every I/O model', () => {
  verifyCodec(compression(), { seed: 7, bytes: 1500, rounds: 1 });
  verifyCodec(compression({ level: 9 }), { seed: 8, bytes: 300, rounds: 1 });
}, 60_000);

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
    ['a block that grows beyond bounds', bomb()],
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

function bomb(): Uint8Array {
  const packed = deflateRawSync(new Uint8Array(1_000_000));
  return Buffer.concat([
    Buffer.from(PREAMBLE),
    Uint8Array.of(1, packed.length >> 16, packed.length >> 8, packed.length),
    packed,
  ]);
}

describe('The options of compression', () => {
  test.each([0, 10, 1.5, Number.NaN])('level %d is refused', (level) => {
    expect(() => compression({ level })).toThrow(RangeError);
  });

  test('the name is what the chain is called by', () => {
    using world = createTestInstance();
    const [entry] = stack(world.ws2, [compression({ name: 'squeeze' })]);
    expect(entry!.szProtocol).toMatch(/^squeeze over \[/);
  });
});
