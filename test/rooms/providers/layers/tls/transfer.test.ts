import { expect, test } from 'vitest';
import { verifyCodec } from 'ws2spi/testkit';
import { tlsLayer } from '../../../../support/layers.js';
import { describeOnEveryProvider } from '../../../../support/providers.js';

describeOnEveryProvider('The layer of TLS', ({ it }) => {
  it('carries half a megabyte each way', (world) => {
    world.stack([tlsLayer()]);
    const { client, server } = world.connectedPair();
    const sent = 'The quick brown fox jumps over the lazy dog. '.repeat(11_112).slice(0, 500_000);
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

  it('ends a stream in one direction and goes on in the other', (world) => {
    world.stack([tlsLayer()]);
    const { client, server } = world.connectedPair();
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      world.send(from, 'last words');
      expect(world.code(world.ws2.shutdown(from, 1))).toBe(0);
      expect(world.receiveAll(to, 10)).toBe('last words');
      expect(world.receive(to)).toBe('');
    }
  });
});

test('What goes in comes out, whole or drop by drop, under every I/O model', () => {
  verifyCodec(tlsLayer({ minVersion: 'TLSv1.3' }), { seed: 7, bytes: 1500, rounds: 1 });
  verifyCodec(tlsLayer({ maxVersion: 'TLSv1.2' }), { seed: 8, bytes: 300, rounds: 1 });
});
