import { expect, test } from 'vitest';
import { WSAECONNABORTED, WSAECONNRESET } from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';
import { compression } from 'ws2spi/providers/layers/compression';
import { tls } from 'ws2spi/providers/layers/tls';
import { embedded } from 'ws2spi/testkit';
import { AUTHORITY } from '../../support/certificates/index.js';
import { helloLayer, scramblingLayer } from '../../support/layers.js';

const scrambled = (text: string, key: number): Buffer => Buffer.from(text).map((byte) => byte ^ key) as Buffer;

test('What the application sends is seen on the wire, and the reverse, through all layers', () => {
  const e = embedded([scramblingLayer(1), scramblingLayer(6)]);
  e.send('question');
  expect(e.wire()).toEqual(scrambled('question', 7));
  expect(e.wire()).toHaveLength(0);
  e.receive(scrambled('ans', 7));
  expect(e.application().toString()).toBe('ans');
  e.receive(scrambled('wer', 7));
  expect(e.application().toString()).toBe('wer');
  e.end();
  expect([e.wireEnded, e.ended]).toEqual([true, false]);
  e.endWire();
  expect(e.ended).toBe(true);
  e.finish();
});

test.each(['client', 'server'] as const)('A handshake is gone through step by step, as %s', (role) => {
  const e = embedded([helloLayer()], { role });
  expect(e.wire().toString()).toBe('HELO');
  e.send('early');
  expect(e.wire()).toHaveLength(0);
  e.receive('HE');
  expect(e.wire()).toHaveLength(0);
  e.receive('LOfirst');
  expect(e.wire().toString()).toBe('early');
  expect(e.application().toString()).toBe('first');
  e.finish();
});

test('Megabytes go through, and timers of layers ring as time passes', () => {
  using e = embedded([compression()]);
  e.send(Buffer.alloc(5_000_000));
  const wire = e.wire();
  expect(wire.length).toBeGreaterThan(100);
  expect(wire.length).toBeLessThan(1_000_000);

  const late = defineLayer({
    name: 'late',
    codec: () => ({
      send: (_bytes, output) => output.setTimer(500),
      timer: (output) => output.encoded(Buffer.from('late')),
      receive: (bytes, output) => output.decoded(bytes),
    }),
  });
  using other = embedded([late]);
  other.send('x');
  other.advance(499);
  expect(other.wire().toString()).toBe('');
  other.advance(1);
  expect(other.wire().toString()).toBe('late');
});

test('What is left is told', () => {
  const left = embedded([scramblingLayer()]);
  left.send('12345');
  left.receive('123');
  expect(() => left.finish()).toThrow(/left are 5 bytes on the wire: .*; and 3 bytes for the application/);
  const held = embedded([helloLayer()]);
  held.wire();
  held.send('never');
  expect(() => held.finish()).toThrow(/5 bytes that the application sent and the layers did not take/);
  expect(() => embedded([], {})).toThrow(/at least one layer/);
  expect(() => embedded([helloLayer()], { role: 'peer' as never })).toThrow(/`role` must be 'client' or 'server'/);
});

test('What the connection failed with is seen on both sides, and what was received before it', () => {
  using e = embedded([compression()]);
  expect([e.error, e.wireError]).toEqual([0, 0]);
  e.receive('no compression at all');
  expect([e.error, e.wireError, e.ended]).toEqual([WSAECONNABORTED, WSAECONNRESET, false]);

  using handshake = embedded([tls({ ca: AUTHORITY, servername: 'localhost' })]);
  handshake.receive('HTTP/1.1 400 Bad Request\r\n\r\n');
  handshake.send('secret');
  expect(handshake.error).toBe(WSAECONNABORTED);
  expect(() => handshake.finish()).toThrow(
    /left are 6 bytes that the application sent .* fail with WSAECONNABORTED\n {2}reported was: tls: .* does not speak TLS/,
  );
});

test('A peer resets, and an application closes', () => {
  using e = embedded([scramblingLayer(1)]);
  e.receive('lost');
  e.resetWire();
  expect([e.error, e.application().toString()]).toEqual([WSAECONNRESET, scrambled('lost', 1).toString()]);
  const other = embedded([scramblingLayer(1)]);
  other.send('last words');
  other.close();
  expect([other.wireEnded, other.wireError, other.wire()]).toEqual([true, 0, scrambled('last words', 1)]);
  expect(() => other.send('x')).toThrow('embedded: send() after close()');
  other.finish();
});

test('What is no bytes is named', () => {
  using e = embedded([scramblingLayer()]);
  expect(() => e.send(5 as never)).toThrow('embedded: send() is given a Uint8Array or a text, not a number');
  expect(() => e.receive(null as never)).toThrow('embedded: receive() is given a Uint8Array or a text, not null');
});
