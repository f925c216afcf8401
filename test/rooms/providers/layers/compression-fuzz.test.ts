// What comes to a decoder from a hostile or broken peer: the beginning of what was sent, and then an error, or the end.
import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { seededRandom, WSAECONNABORTED, WSAECONNRESET } from 'ws2spi';
import { compression, type CompressionMethod } from 'ws2spi/providers/layers/compression';
import { inWorld, type World } from '../../../support/providers.js';

const METHODS: readonly CompressionMethod[] =
  'zstdCompressSync' in zlib ? ['deflate', 'brotli', 'zstd'] : ['deflate', 'brotli'];
const PLAIN = Buffer.from(
  Array.from({ length: 40 }, (_, i) => `line ${i}: the quick brown fox jumps over the lazy dog\n`).join(''),
);

/** What the layer writes for the text, sent in two pieces. */
function wireOf(world: World, method: CompressionMethod): Buffer {
  const { s: listener, name } = world.listener();
  world.stack([compression({ method })]);
  const client = world.tcpSocket();
  world.entries.clear();
  expect(world.connect(client, name)).toBe(0);
  const server = world.accept(listener);
  for (const piece of [PLAIN.subarray(0, 1000), PLAIN.subarray(1000)]) world.ws2.send(client, piece, piece.length, 0);
  world.ws2.shutdown(client, 1);
  const wire = received(world, server);
  world.ws2.closesocket(client);
  world.ws2.closesocket(server);
  world.ws2.closesocket(listener);
  return wire.bytes;
}

function received(world: World, s: number): { bytes: Buffer; error: number } {
  const pieces: Buffer[] = [];
  for (;;) {
    const room = Buffer.alloc(4096);
    const count = world.ws2.recv(s, room, room.length, 0);
    if (count <= 0) return { bytes: Buffer.concat(pieces), error: count === 0 ? 0 : world.ws2.WSAGetLastError() };
    pieces.push(room.subarray(0, count));
  }
}

/** Gives a socket under the layer some bytes, in pieces, and then the end. */
function decoder(world: World): (pieces: readonly Uint8Array[]) => { bytes: Buffer; error: number } {
  const { s: listener, name } = world.listener();
  const [entry] = world.stack([compression()]);
  world.entries.clear();
  return (pieces) => {
    const victim = world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1);
    expect(world.connect(victim, name)).toBe(0);
    const peer = world.accept(listener);
    for (const piece of pieces) world.ws2.send(peer, piece, piece.length, 0);
    world.ws2.shutdown(peer, 1);
    const result = received(world, victim);
    world.ws2.closesocket(victim);
    world.ws2.closesocket(peer);
    return result;
  };
}

describe.each(METHODS)('What is compressed by %s', (method) => {
  test(
    'and cut at any byte gives its beginning, and an error unless a block ended there',
    inWorld('memory', (world) => {
      const wire = wireOf(world, method);
      const decode = decoder(world);
      let whole = 0;
      for (let length = 1; length <= wire.length; length++) {
        const { bytes, error } = decode([wire.subarray(0, length)]);
        expect(PLAIN.subarray(0, bytes.length).equals(bytes)).toBe(true);
        if (error === 0) whole++;
        else expect([WSAECONNABORTED, WSAECONNRESET]).toContain(error);
      }
      // Behind the preamble, and behind each of the two blocks.
      expect(whole).toBe(3);
      world.defects.splice(0);
    }),
  );

  test(
    'and split at any byte is what it was',
    inWorld('memory', (world) => {
      const wire = wireOf(world, method);
      const decode = decoder(world);
      for (let at = 1; at < wire.length; at++) {
        const { bytes, error } = decode([wire.subarray(0, at), wire.subarray(at)]);
        expect([bytes.equals(PLAIN), error]).toEqual([true, 0]);
      }
    }),
  );

  test(
    'and damaged never crashes the program, or grows beyond a block',
    inWorld('memory', (world) => {
      const wire = wireOf(world, method);
      const decode = decoder(world);
      const random = seededRandom(`damaged ${method}`);
      const pick = (count: number): number => Math.floor(random.next() * count);
      for (let round = 0; round < 800; round++) {
        const damaged = Buffer.from(wire);
        for (let damage = 0; damage <= pick(4); damage++) damaged[pick(damaged.length)] = pick(256);
        const { bytes, error } = decode([damaged]);
        expect(bytes.length).toBeLessThanOrEqual(4 * 65_536);
        expect([0, WSAECONNABORTED, WSAECONNRESET]).toContain(error);
      }
      world.defects.splice(0);
    }),
  );
});
