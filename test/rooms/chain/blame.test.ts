// What a layer does wrong below another one is told under its own name, and costs the call alone.
import { expect } from 'vitest';
import { INVALID_SOCKET, ref, SOCKET_ERROR, WSASYSCALLFAILURE } from 'ws2spi';
import { defineLayer, type LayerOverrides } from 'ws2spi/chain';
import { describeOnEveryProvider, type World } from '../../support/providers.js';

type Misbehaviour = (...args: never[]) => unknown;

/**
 * A connection whose client's chain has a layer that overrides nothing, one that calls the next, and the one to blame.
 */
function overBlamed(world: World, name: keyof LayerOverrides, misbehave: Misbehaviour) {
  const mood = { bad: false };
  const calls = (lower: never, ...args: never[]): unknown =>
    (lower[`lp${name}` as never] as (...args: never[]) => unknown)(...args);
  const override = (lower: never, ...args: never[]): unknown =>
    mood.bad ? misbehave(lower, ...args) : calls(lower, ...args);
  world.stack([
    defineLayer({ name: 'empty' }),
    defineLayer({ name: 'calling', overrides: { [name]: calls } as LayerOverrides }),
    defineLayer({ name: 'blamed', overrides: { [name]: override } as LayerOverrides }),
    defineLayer({ name: 'innermost' }),
  ]);
  const pair = world.connectedPair();
  mood.bad = true;
  return { ...pair, mood };
}

const ANSWERS: readonly (readonly [how: string, misbehave: Misbehaviour, report: string])[] = [
  [
    'throws',
    () => {
      throw new Error('boom');
    },
    'threw',
  ],
  ['returns what is no result', () => NaN, 'returned NaN'],
  ['fails without an error', () => SOCKET_ERROR, 'failed with the error 0'],
];

describeOnEveryProvider('below another layer, one', (on) => {
  for (const [how, misbehave, report] of ANSWERS) {
    on.it(`whose WSPSend ${how} is named itself, and the layer above goes on`, (world) => {
      const { client, server, mood } = overBlamed(world, 'WSPSend', misbehave);
      expect(world.send(client, 'x')).toBe(-WSASYSCALLFAILURE);
      expect(world.takeDefects()).toEqual([`WSPSend of provider "blamed" ${report}`]);
      mood.bad = false;
      expect(world.send(client, 'hello')).toBe(5);
      expect(world.receiveAll(server, 5)).toBe('hello');
    });
  }

  on.it('that throws in WSPGetOverlappedResult or WSPSelect is named itself', (world) => {
    const boom = (): never => {
      throw new Error('boom');
    };
    for (const [name, call] of [
      [
        'WSPGetOverlappedResult',
        (s: number) => world.ws2.WSAGetOverlappedResult(s, {} as never, ref(0), false, ref(0)),
      ],
      [
        'WSPSelect',
        (s: number) => world.ws2.select(0, { fd_count: 1, fd_array: [s] }, null, null, { tv_sec: 0, tv_usec: 0 }),
      ],
    ] as const) {
      const { client, mood } = overBlamed(world, name, boom);
      expect([-1, false]).toContain(call(client));
      expect(world.ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
      expect(world.takeDefects()).toEqual([`${name} of provider "blamed" threw`]);
      mood.bad = false;
    }
  });

  for (const [what, handle] of [
    ['7', 7],
    ['undefined', undefined],
    ['an object', {}],
  ] as const) {
    on.it(`whose WSPSocket returns ${what} is named itself, not who took it over`, (world) => {
      const [entry] = world.stack([
        defineLayer({ name: 'taking over' }),
        defineLayer({ name: 'blamed', overrides: { WSPSocket: () => handle as never } }),
      ]);
      expect(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1)).toBe(INVALID_SOCKET);
      expect(world.ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
      expect(world.takeDefects()).toEqual([`WSPSocket of provider "blamed" returned ${what}`]);
    });
  }

  on.it('whose WSPAccept returns what is no handle is named itself', (world) => {
    const { mood } = overBlamed(world, 'WSPAccept', () => 'x');
    const { s: listener, name } = world.listener();
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    expect(world.ws2.accept(listener, null, null)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
    expect(world.takeDefects()).toEqual(['WSPAccept of provider "blamed" returned a string']);
    mood.bad = false;
  });

  on.it('that is asynchronous is reported once, not at each call', (world) => {
    const { client } = overBlamed(world, 'WSPShutdown', () => Promise.resolve(0));
    for (let i = 0; i < 5; i++) {
      expect(world.ws2.shutdown(client, 1)).toBe(SOCKET_ERROR);
      expect(world.ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
    }
    expect(world.takeDefects()).toEqual([
      expect.stringMatching(/^WSPShutdown of provider "blamed" returned a promise: .*not async/),
    ]);
  });

  on.it('that fails the same call again and again is reported once for each socket', (world) => {
    const { client, server } = overBlamed(world, 'WSPListen', () => 'x');
    for (const s of [client, client, server, client]) world.ws2.listen(s, 1);
    expect(world.takeDefects()).toHaveLength(2);
  });

  on.it('is named too where the layers above pass its function on', (world) => {
    world.stack([
      defineLayer({ name: 'empty' }),
      defineLayer({ name: 'blamed', overrides: { WSPListen: () => 'x' as never } }),
    ]);
    world.ws2.listen(world.tcpSocket(), 1);
    expect(world.takeDefects()).toEqual(['WSPListen of provider "blamed" returned a string']);
  });
});
