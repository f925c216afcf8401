import { describe, expect, test } from 'vitest';
import { WSAEACCES } from 'ws2spi';
import { defineLayer, type LayerDefinition, type LayerOverrides } from 'ws2spi/chain';
import { inWorld, loopback } from '../../support/providers.js';

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

  test(
    'keeps the filters and overrides that it was given, whatever becomes of the object that had them',
    inWorld('memory', (world) => {
      const refuse = (request: { refuse(code: number): void }): void => request.refuse(WSAEACCES);
      const overrides: LayerOverrides = { WSPListen: () => -1 };
      const definition = { name: 'strict', connect: refuse, bind: refuse, overrides, filters: () => ({}) };
      const { name } = world.listener();
      const layer = defineLayer(definition);
      Object.assign(definition, { name: 'lax', connect: undefined, bind: undefined, filters: undefined });
      delete overrides.WSPListen;
      expect(layer.name).toBe('strict');
      world.stack([layer]);
      expect(world.connect(world.tcpSocket(), name)).toBe(WSAEACCES);
      const s = world.tcpSocket();
      expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(WSAEACCES);
      expect(world.ws2.listen(s, 1)).toBe(-1);
      world.takeDefects();
    }),
  );

  test(
    'has its own filter where those that are made for it leave one open',
    inWorld('memory', (world) => {
      const { name } = world.listener();
      const connect = (request: { refuse(code: number): void }): void => request.refuse(WSAEACCES);
      world.stack([defineLayer({ name: 'strict', connect, filters: () => ({ connect: undefined }) as never })]);
      expect(world.connect(world.tcpSocket(), name)).toBe(WSAEACCES);
    }),
  );

  test('reads each member of what it is given once', () => {
    let reads = 0;
    const definition = {
      ...{},
      get name() {
        return reads++ === 0 ? 'mine' : (7 as never);
      },
    };
    expect(defineLayer(definition).name).toBe('mine');
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
