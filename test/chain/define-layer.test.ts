import { describe, expect, test } from 'vitest';
import { defineLayer, type LayerDefinition } from 'ws2spi/chain';
import { inWorld } from '../support/providers.js';

describe('defineLayer', () => {
  test.each([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['a name that is none', { name: 7 }],
    ['a name of more than 128 characters', { name: 'x'.repeat(129) }],
    ['a filter that is no function', { name: 'x', connect: {} }],
    ['a codec that is no function', { name: 'x', codec: 'gzip' }],
    ['an override of something that is no WSP function', { name: 'x', overrides: { send: () => 0 } }],
  ])('refuses %s', (_what, definition) => {
    expect(() => defineLayer(definition as unknown as LayerDefinition)).toThrow(TypeError);
  });

  test('names what is wrong', () => {
    expect(() => defineLayer({ name: 'mine', overrides: { WSPSnd: () => 0 } as never })).toThrow(/"mine".*"WSPSnd"/);
    expect(() => defineLayer({ name: 'mine', accept: 1 as never })).toThrow(/"accept" of layer "mine"/);
  });

  test('gives its sockets the lower handles, unless there is a codec', () => {
    const codec = () => ({ receive: () => undefined, send: () => undefined });
    expect(defineLayer({ name: 'x' })).toMatchObject({ name: 'x', version: '1.0.0', ifs: true });
    expect(defineLayer({ name: 'x', version: '2.1', ifs: false })).toMatchObject({ version: '2.1', ifs: false });
    expect(defineLayer({ name: 'x', codec, ifs: true }).ifs).toBe(false);
  });

  test(
    'makes a layer that serves two instances with a state for each',
    inWorld('memory', (world) => {
      let starts = 0;
      const layer = defineLayer({ name: 'counting', overrides: () => (starts++, {}) });
      world.stack([layer]);
      world.tcpSocket();
      world.tcpSocket();
      const before = starts;
      return inWorld('memory', (other) => {
        other.stack([layer]);
        other.tcpSocket();
        expect([before, starts]).toEqual([1, 2]);
      })();
    }),
  );
});
