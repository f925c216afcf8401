// What a layer does wrong below another one is told under its own name, and costs the call alone.
import { expect } from 'vitest';
import {
  FIONREAD,
  INVALID_SOCKET,
  ref,
  SOCK_DGRAM,
  SOCKET_ERROR,
  WSA_IO_PENDING,
  WSAOVERLAPPED,
  WSASYSCALLFAILURE,
  WSS_OPERATION_IN_PROGRESS,
} from 'ws2spi';
import { LAYER_RULES } from '../../../spi/layer-rules.js';
import { defineLayer, identity, type Layer, type LayerOverrides } from 'ws2spi/chain';
import { describeOnEveryProvider, loopback, type World } from '../../support/providers.js';

type Misbehaviour = (...args: never[]) => unknown;

/** Says that so many bytes were transferred, and that all is well. */
function counting(args: unknown[], at: number, count: unknown): number {
  (args[at] as { value: unknown }).value = count;
  return 0;
}

/** A layer that overrides nothing, one that calls the next, the one to blame, and one below it. */
function blamedLayers(name: keyof LayerOverrides, override: Misbehaviour): Layer[] {
  return [
    defineLayer({ name: 'empty' }),
    defineLayer({ name: 'calling', overrides: { [name]: calling(name) } as LayerOverrides }),
    defineLayer({ name: 'blamed', overrides: { [name]: override } as LayerOverrides }),
    defineLayer({ name: 'innermost' }),
  ];
}

/** What calls a function of the provider below. */
function calling(name: keyof LayerOverrides): Misbehaviour {
  return (lower: never, ...args: never[]) => (lower[`lp${name}` as never] as Misbehaviour)(...args);
}

/** A connection whose client's chain has one to blame, which behaves until there is a connection. */
function overBlamed(world: World, name: keyof LayerOverrides, misbehave: Misbehaviour, codec = false) {
  const mood = { bad: false };
  const behave = calling(name);
  const layers = blamedLayers(name, (...args) => (mood.bad ? misbehave(...args) : behave(...args)));
  world.stack(codec ? [defineLayer({ name: 'codec', codec: identity }), ...layers.slice(2)] : layers);
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
  ['returns what is not a result', () => NaN, 'returned NaN'],
  ['fails without an error', () => SOCKET_ERROR, 'failed with the error 0'],
];

/** What was told, without the cure behind it, which test/rooms/chain/layer-rules.test.ts is about. */
const blames = (world: World): string[] =>
  world
    .takeDefects()
    .map((message) => Object.values(LAYER_RULES).reduce((text, { cure }) => text.replace(`: ${cure}`, ''), message));

describeOnEveryProvider('below another layer, one', (on) => {
  for (const [how, misbehave, report] of ANSWERS) {
    on.it(`whose WSPSend ${how} is named itself, and the layer above goes on`, (world) => {
      const { client, server, mood } = overBlamed(world, 'WSPSend', misbehave);
      expect(world.send(client, 'x')).toBe(-WSASYSCALLFAILURE);
      expect(blames(world)).toEqual([`WSPSend of provider "blamed" ${report}`]);
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
      expect(blames(world)).toEqual([`${name} of provider "blamed" threw`]);
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
      expect(blames(world)).toEqual([`WSPSocket of provider "blamed" returned ${what}`]);
    });
  }

  on.it('whose WSPAccept returns what is not a handle is named itself', (world) => {
    const { mood } = overBlamed(world, 'WSPAccept', () => 'x');
    const { s: listener, name } = world.listener();
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    expect(world.ws2.accept(listener, null, null)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
    expect(blames(world)).toEqual(['WSPAccept of provider "blamed" returned a string']);
    mood.bad = false;
  });

  for (const [count, told] of [
    [100, '100'],
    [-1, '-1'],
    [2.5, '2.5'],
    [NaN, 'NaN'],
  ] as const) {
    for (const where of ['below others', 'below a codec'] as const) {
      const codec = where === 'below a codec';

      on.it(`${where}, whose WSPSend reports ${told} bytes of 5 is named itself`, (world) => {
        const { client } = overBlamed(world, 'WSPSend', (...args: unknown[]) => counting(args, 4, count), codec);
        expect(world.send(client, 'hello')).toBe(-WSASYSCALLFAILURE);
        expect(blames(world)).toEqual([`WSPSend of provider "blamed" reported ${told} bytes for buffers of 5`]);
      });

      on.it(`${where}, whose WSPRecv reports ${told} bytes of its buffers' is named itself`, (world) => {
        const bytes = count === 100 ? 100_000 : count;
        const { client, mood } = overBlamed(world, 'WSPRecv', (...args: unknown[]) => counting(args, 4, bytes), codec);
        expect(world.receive(client, 50)).toBe(-WSASYSCALLFAILURE);
        const [defect, ...others] = blames(world);
        expect(defect).toMatch(new RegExp(`^WSPRecv of provider "blamed" reported ${bytes} bytes for buffers of`));
        expect(others).toEqual([]);
        // A codec that is closed reads what lies unread.
        mood.bad = false;
      });
    }

    for (const [name, call] of [
      ['WSPSendTo', (world: World, s: number, to: Uint8Array) => world.ws2.sendto(s, Buffer.alloc(5), 5, 0, to, 16)],
      ['WSPRecvFrom', (world: World, s: number) => world.ws2.recvfrom(s, Buffer.alloc(5), 5, 0, null, null)],
    ] as const) {
      on.it(`whose ${name} reports ${told} bytes of 5 is named itself`, (world) => {
        const { name: to } = world.boundUdp();
        const [entry] = world
          .stack(
            blamedLayers(name, (...args: unknown[]) => counting(args, 4, count)),
            true,
          )
          .filter(({ iSocketType }) => iSocketType === SOCK_DGRAM);
        const s = world.track(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1));
        expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
        expect(world.count(call(world, s, to))).toBe(-WSASYSCALLFAILURE);
        expect(blames(world)).toEqual([`${name} of provider "blamed" reported ${told} bytes for buffers of 5`]);
      });
    }

    on.it(`whose WSPIoctl reports ${told} bytes for room of 4 is named itself`, (world) => {
      const { client } = overBlamed(world, 'WSPIoctl', (...args: unknown[]) => counting(args, 7, count));
      const result = world.ws2.WSAIoctl(client, FIONREAD, null, 0, new Uint8Array(4), 4, ref(0), null, null);
      expect(world.code(result)).toBe(WSASYSCALLFAILURE);
      expect(blames(world)).toEqual([`WSPIoctl of provider "blamed" reported ${told} bytes for buffers of 4`]);
    });
  }

  for (const told of [5, -1, NaN, 'x']) {
    on.it(`outermost, whose WSPIoctl reports ${told} bytes for room of 4 is named itself`, (world) => {
      const misbehave = (...args: unknown[]): number => counting(args, 7, told);
      world.stack([defineLayer({ name: 'outer', overrides: { WSPIoctl: misbehave as never } })]);
      const s = world.tcpSocket();
      const count = ref(77);
      const call = (room: number): number =>
        world.code(world.ws2.WSAIoctl(s, FIONREAD, null, 0, new Uint8Array(4), room, count, null, null));
      expect(call(4)).toBe(WSASYSCALLFAILURE);
      expect(count.value).toBe(77);
      expect(blames(world)).toEqual([
        expect.stringMatching(new RegExp(`^WSPIoctl of provider "outer.*" reported ${told} bytes for buffers of 4$`)),
      ]);
    });
  }

  on.it('outermost, through which an extension function sends, is named itself', (world) => {
    const misbehave = (...args: unknown[]): number => counting(args, 4, 1000);
    world.stack([defineLayer({ name: 'outer', overrides: { WSPSend: misbehave as never } })]);
    const { client } = world.connectedPair();
    const buffers = { Head: Buffer.from('head'), HeadLength: 4, Tail: null, TailLength: 0 };
    expect(world.code(world.ws2.TransmitFile(client, null, 0, 0, null, buffers, 0) ? 0 : -1)).toBe(WSASYSCALLFAILURE);
    expect(blames(world)).toEqual([
      expect.stringMatching(/^WSPSend of provider "outer.*" reported 1000 bytes for buffers of 4$/),
    ]);
  });

  on.it('that makes its buffers longer to report more bytes than they had is named itself', (world) => {
    const { client } = overBlamed(world, 'WSPSend', (...args: unknown[]) => {
      (args[2] as { len: number }[])[0]!.len = 1000;
      return counting(args, 4, 1000);
    });
    expect(world.send(client, 'hello')).toBe(-WSASYSCALLFAILURE);
    expect(blames(world)).toEqual(['WSPSend of provider "blamed" reported 1000 bytes for buffers of 5']);
    expect(world.send(client, '')).toBe(-WSASYSCALLFAILURE);
    blames(world);
  });

  on.it('that has more received than it was given room for is named itself', (world) => {
    const { client, server } = overBlamed(
      world,
      'WSPRecv',
      (lower: { lpWSPRecv: Misbehaviour }, ...args: unknown[]) => {
        args[1] = [{ len: 128, buf: new Uint8Array(128) }];
        return lower.lpWSPRecv(...(args as never[]));
      },
    );
    const operation = new WSAOVERLAPPED();
    const buffers = [{ len: 64, buf: new Uint8Array(64) }];
    expect(world.code(world.ws2.WSARecv(client, buffers, 1, null, ref(0), operation, null))).toBe(WSA_IO_PENDING);
    world.send(server, 'x'.repeat(100));
    world.until(() => operation.Internal !== WSS_OPERATION_IN_PROGRESS);
    expect(world.code(world.ws2.WSAGetOverlappedResult(client, operation, ref(0), false, ref(0)))).toBe(
      WSASYSCALLFAILURE,
    );
    expect(blames(world)).toEqual(['provider "blamed" completed an operation with 100 bytes for buffers of 64']);
  });

  on.it('that tells of an operation that it transferred more than it could is named itself', (world) => {
    const { client } = overBlamed(world, 'WSPGetOverlappedResult', (...args: unknown[]) => {
      (args[3] as { value: number }).value = 65;
      return true;
    });
    const operation = new WSAOVERLAPPED();
    const buffers = [{ len: 64, buf: new Uint8Array(64) }];
    expect(world.code(world.ws2.WSARecv(client, buffers, 1, null, ref(0), operation, null))).toBe(WSA_IO_PENDING);
    expect(world.code(world.ws2.WSAGetOverlappedResult(client, operation, ref(0), false, ref(0)))).toBe(
      WSASYSCALLFAILURE,
    );
    expect(blames(world)).toEqual(['WSPGetOverlappedResult of provider "blamed" reported 65 bytes for buffers of 64']);
  });

  on.it('that is asynchronous is reported once, not at each call', (world) => {
    const { client } = overBlamed(world, 'WSPShutdown', () => Promise.resolve(0));
    for (let i = 0; i < 5; i++) {
      expect(world.ws2.shutdown(client, 1)).toBe(SOCKET_ERROR);
      expect(world.ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
    }
    expect(blames(world)).toEqual([expect.stringMatching(/^WSPShutdown of provider "blamed" returned a promise$/)]);
  });

  on.it('that fails the same call again and again is reported once for each socket', (world) => {
    const { client, server } = overBlamed(world, 'WSPListen', () => 'x');
    for (const s of [client, client, server, client]) world.ws2.listen(s, 1);
    expect(blames(world)).toHaveLength(2);
  });

  on.it('is named too where the layers above pass its function on', (world) => {
    world.stack([
      defineLayer({ name: 'empty' }),
      defineLayer({ name: 'blamed', overrides: { WSPListen: () => 'x' as never } }),
    ]);
    world.ws2.listen(world.tcpSocket(), 1);
    expect(blames(world)).toEqual(['WSPListen of provider "blamed" returned a string']);
  });
});
