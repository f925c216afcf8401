import { describe, expect, test } from 'vitest';
import { defineLayer, type LayerDefinition } from 'ws2spi/chain';
import { inWorld } from '../../support/providers.js';

describe('defineLayer', () => {
  test.each([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['a name that is none', { name: 7 }],
    ['a name of more than 128 characters', { name: 'x'.repeat(129) }],
    ['a filter that is not a function', { name: 'x', connect: {} }],
    ['a codec that is not a function', { name: 'x', codec: 'gzip' }],
    ['an override of something that is no WSP function', { name: 'x', overrides: { send: () => 0 } }],
  ])('refuses %s', (_what, definition) => {
    expect(() => defineLayer(definition as unknown as LayerDefinition)).toThrow(TypeError);
  });

  test('names what is wrong', () => {
    expect(() => defineLayer({ name: 'mine', overrides: { WSPSnd: () => 0 } as never })).toThrow(/"mine".*"WSPSnd"/);
    expect(() => defineLayer({ name: 'mine', accept: 1 as never })).toThrow(
      /layer "mine" has a "accept" that is not a function/,
    );
  });

  test.each([
    [{ conect: () => undefined }, /layer "mine" has a "conect", which is not a hook: did you mean "connect"\?/],
    [{ Accept: () => undefined }, /did you mean "accept"/],
    [{ bnd: () => undefined }, /did you mean "bind"/],
    [{ codecs: () => undefined }, /did you mean "codec"/],
    [{ overides: {} }, /did you mean "overrides"/],
    [{ version: 2 }, /version that is not a string/],
    [{ ifs: 1 }, /`ifs` that is not true or false/],
    [{ urgent: 1 }, /an `urgent` that is not true or false/],
    [{ nagle: 'no' }, /a `nagle` that is not true or false/],
    [{ WSPSend: () => 0 }, /"WSPSend" beside its hooks: it belongs into `overrides`/],
    [{ overrides: { WSPSentTo: () => 0 } }, /"WSPSentTo", which is not a WSP\* function: did you mean "WSPSendTo"\?/],
    [{ overrides: { lpWSPRecv: () => 0 } }, /did you mean "WSPRecv"/],
    [{ overrides: { WSPSend: 7 } }, /overrides WSPSend by what is not a function/],
    [{ overrides: 'WSPSend' }, /overrides that are a string/],
    [{ overrides: Promise.resolve({}) }, /by a promise/],
    [{ temperature: 7 }, /has a "temperature", which is not a hook$/],
  ])('names the nearest right spelling, or what is wrong: %o', (more, message) => {
    expect(() => defineLayer({ name: 'mine', ...more } as unknown as LayerDefinition)).toThrow(message);
  });

  test.each([undefined, null, 'name', () => undefined])('says that %o is no definition', (definition) => {
    expect(() => defineLayer(definition as unknown as LayerDefinition)).toThrow(/defined by an object/);
  });

  test.each([
    ['an unknown function', () => ({ WSPSnd: () => 0 }), /did you mean "WSPSend"/],
    ['no set', () => undefined, /overrides that are undefined/],
    ['a promise', async () => ({}), /by a promise: make them at once/],
  ])(
    'a function that makes overrides and gives %s keeps the layer from starting, and says so',
    (_what, make, message) =>
      inWorld('memory', (world) => {
        world.stack([defineLayer({ name: 'mine', overrides: make as never })]);
        const [entry] = world.entries.values();
        expect(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1)).toBe(0xffffffff);
        expect(world.defects).toHaveLength(1);
        expect(String(world.defects[0]!.cause)).toMatch(message);
        world.takeDefects();
      })(),
  );

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
