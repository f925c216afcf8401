// What providers do that is not theirs to do: contained, and reported.
import { expect, test } from 'vitest';
import {
  INVALID_SOCKET,
  ref,
  WSAEACCES,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAEPROVIDERFAILEDINIT,
  WSASYSCALLFAILURE,
} from 'ws2spi';
import { defineLayer, type Layer, type LayerContext, type LayerOverrides } from 'ws2spi/chain';
import { describeOnEveryProvider, World } from '../../support/providers.js';
import { unheardRejections } from '../../support/rejections.js';
import { refusingProxy, THROWN_AGAIN } from '../../support/throws-again.js';

/** A layer that gives away what it was given. */
function talkative(overrides: LayerOverrides = {}): { layer: Layer; context: () => LayerContext } {
  let given: LayerContext | null = null;
  const layer = defineLayer({ name: 'talkative', overrides: (context) => ((given = context), overrides) });
  return { layer, context: () => given! };
}

const late = (): Promise<never> => Promise.reject(new Error('late'));

const ASYNCHRONOUS: readonly (readonly [name: keyof LayerOverrides, call: (world: World, s: number) => unknown])[] = [
  ['WSPSend', (world, s) => world.ws2.send(s, Buffer.from('x'), 1, 0)],
  ['WSPRecv', (world, s) => world.ws2.recv(s, Buffer.alloc(1), 1, 0)],
  ['WSPShutdown', (world, s) => world.ws2.shutdown(s, 1)],
  ['WSPGetSockName', (world, s) => world.ws2.getsockname(s, new Uint8Array(16), ref(16))],
  ['WSPSetSockOpt', (world, s) => world.ws2.setsockopt(s, 6, 1, new Uint8Array(4), 4)],
  ['WSPGetOverlappedResult', (world, s) => world.ws2.WSAGetOverlappedResult(s, {} as never, ref(0), false, ref(0))],
  [
    'WSPSelect',
    (world, s) => world.ws2.select(0, { fd_count: 1, fd_array: [s] }, null, null, { tv_sec: 0, tv_usec: 0 }),
  ],
  ['WSPIoctl', (world, s) => world.ws2.ioctlsocket(s, 0x8004667e, ref(1))],
];

describeOnEveryProvider('a layer', (on) => {
  for (const [name, call] of ASYNCHRONOUS) {
    on.it(`whose ${name} is asynchronous fails the call, and is told what to do`, async (world) => {
      world.stack([
        defineLayer({ name: 'outer', overrides: {} }),
        defineLayer({ name: 'slow', overrides: { [name]: late } }),
      ]);
      const s = world.tcpSocket();
      expect(
        await unheardRejections(() => {
          expect([-1, false]).toContain(call(world, s));
          expect(world.ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
        }),
      ).toEqual([]);
      expect(world.takeDefects()).toEqual([
        expect.stringMatching(`${name} of provider .* returned a promise: .*not async`),
      ]);
    });
  }

  on.it('whose WSPSocket is asynchronous opens none, outermost or below', async (world) => {
    const reasons = await unheardRejections(() => {
      for (const outer of [[], [defineLayer({ name: 'outer' })]]) {
        const [entry] = world.stack([...outer, defineLayer({ name: 'slow', overrides: { WSPSocket: late as never } })]);
        expect(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1)).toBe(INVALID_SOCKET);
      }
    });
    expect(reasons).toEqual([]);
    for (const defect of world.takeDefects()) expect(defect).toMatch(/promise.*not async/);
  });

  on.it('whose WSPStartup is asynchronous does not start, and what it started below is cleaned up', async (world) => {
    const sound = defineLayer({ name: 'sound' });
    const slow: Layer = {
      ...sound,
      WSPStartup: ((...args: Parameters<Layer['WSPStartup']>) => {
        sound.WSPStartup(...args);
        return late();
      }) as never,
    };
    const reasons = await unheardRejections(() => {
      const [entry] = world.stack([slow]);
      expect(world.code(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1))).toBe(WSAEPROVIDERFAILEDINIT);
    });
    expect(reasons).toEqual([]);
    expect(world.takeDefects()).toEqual([expect.stringMatching(/WSPStartup returned a promise: .*not async/)]);
  });

  for (const [what, WSPCleanup, report] of [
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      /WSPCleanup of provider .* threw/,
    ],
    ['hands nothing on', () => 0, /was not handed on to/],
    ['is asynchronous', late, /WSPCleanup of provider .* returned a promise/],
  ] as const) {
    on.it(`whose WSPCleanup ${what} leaves nothing behind, and it is reported`, async (world) => {
      const cleaned: string[] = [];
      const below = defineLayer({
        name: 'below',
        overrides: { WSPCleanup: (lower, lpErrno) => (cleaned.push('below'), lower.lpWSPCleanup(lpErrno)) },
      });
      const bad = defineLayer({ name: 'bad', overrides: { WSPCleanup: WSPCleanup as never } });
      world.stack([defineLayer({ name: 'above' }), bad, below]);
      world.connectedPair();
      expect(await unheardRejections(() => void world.ws2.WSACleanup())).toEqual([]);
      expect(cleaned).toEqual(['below']);
      const defects = world.takeDefects();
      expect(defects.some((defect) => report.test(defect))).toBe(true);
      expect(defects.at(-1)).toMatch(/WSPCleanup of provider "bad" was not handed on to "below" below it/);
      world.ws2.WSAStartup(0x0202, {});
    });
  }

  for (const [what, make] of THROWN_AGAIN) {
    const thrower = (): never => {
      throw make();
    };
    on.it(`that throws ${what} fails the call alone, and is reported`, (world) => {
      for (const outer of [[], [defineLayer({ name: 'outer' })]]) {
        world.stack([...outer, defineLayer({ name: 'bad', overrides: { WSPSend: thrower, WSPShutdown: thrower } })]);
        const { client, server } = world.connectedPair();
        for (const call of [
          () => world.ws2.send(client, Buffer.from('x'), 1, 0),
          () => world.ws2.WSASend(client, [{ len: 1, buf: Buffer.from('x') }], 1, ref(0), 0, null, null),
          () => world.ws2.shutdown(client, 1),
        ]) {
          expect(world.code(call())).toBe(WSASYSCALLFAILURE);
        }
        expect(world.ws2.send(server, Buffer.from('sound'), 5, 0)).toBe(-1);
        expect(world.takeDefects()).toEqual(
          expect.arrayContaining([expect.stringMatching(/WSPSend of provider .* threw/)]),
        );
      }
    });

    on.it(`whose filter throws ${what} refuses, and is reported`, (world) => {
      world.stack([defineLayer({ name: 'bad', connect: thrower })]);
      const { name } = world.listener();
      expect(world.code(world.ws2.connect(world.tcpSocket(), name, name.length))).toBe(WSAEACCES);
      expect(world.takeDefects()).toEqual([expect.stringMatching(/"connect" filter threw/)]);
    });

    on.it(`whose codec throws ${what} costs its connection alone, and is reported`, (world) => {
      const bad = defineLayer({
        name: 'bad',
        codec: () => ({ send: (bytes, output) => void output.encoded(bytes), receive: thrower }),
      });
      world.stack([bad]);
      const { client, server } = world.connectedPair();
      expect(world.ws2.send(client, Buffer.from('x'), 1, 0)).toBe(1);
      world.until(() => world.ws2.recv(server, new Uint8Array(1), 1, 0) === -1);
      expect(world.takeDefects()).toEqual([expect.stringMatching(/"receive" threw/)]);
    });
  }

  on.it('that spoils the table of the one below is cleaned up after all the same', (world) => {
    const { layer, context } = talkative();
    world.stack([layer]);
    world.tcpSocket();
    const lower = context().lower as unknown as Record<string, unknown>;
    for (const name of Object.keys(lower)) lower[name] = refusingProxy();
    while (world.ws2.WSACleanup() === 0);
    expect(world.takeDefects().at(-1)).toMatch(/"talkative.* was not handed on to .* cleaned up all the same/);
    world.ws2.WSAStartup(0x0202, {});
  });

  on.it('that proposes a huge handle fills no memory, and gets it', (world) => {
    const { layer, context } = talkative();
    world.stack([layer]);
    world.tcpSocket();
    const { upcalls, entry } = context();
    const before = process.memoryUsage();
    for (const handle of [0xfffffff8, 0x7ffffffc, 0x10000000]) {
      expect(upcalls.lpWPUModifyIFSHandle(entry.dwCatalogEntryId, handle, ref(0))).toBe(handle);
      expect(world.code(world.ws2.listen(handle, 1))).toBe(WSAENOTSOCK);
      upcalls.host.releaseHandle(handle);
      upcalls.host.releaseHandle(handle);
    }
    const { heapUsed } = process.memoryUsage();
    expect(heapUsed - before.heapUsed).toBeLessThan(20_000_000);
    const next = upcalls.host.allocateHandle();
    expect(next).toBeLessThan(100_000);
    upcalls.host.releaseHandle(next);
  });

  on.it('that closes what is another’s is reported, and does not', (world) => {
    const other = world.connectedPair();
    const { layer, context } = talkative();
    world.stack([layer]);
    world.tcpSocket();
    const { host, upcalls } = { ...context(), host: context().upcalls.host };
    const hEvent = world.event();
    host.releaseHandle(other.client);
    expect(host.closeEvent(hEvent)).toBe(false);
    expect(upcalls.lpWPUCloseSocketHandle(other.client, ref(0))).toBe(-1);
    expect(world.takeDefects()).toEqual([
      expect.stringMatching(/gave back the handle \d+, which is another's: refused/),
      expect.stringMatching(/closed the event object \d+, which is another's: refused/),
      expect.stringMatching(/closed the socket \d+, which is another's/),
    ]);
    world.send(other.client, 'unharmed');
    expect(world.receiveAll(other.server, 8)).toBe('unharmed');
    expect(world.ws2.WSACloseEvent(hEvent)).toBe(true);
  });

  on.it('that gives a handle back twice has it handed out once', (world) => {
    const { layer, context } = talkative();
    world.stack([layer]);
    world.tcpSocket();
    const { host } = context();
    const handle = host.allocateHandle();
    for (let i = 0; i < 3000; i++) host.releaseHandle(handle);
    const handles = Array.from({ length: 3000 }, () => host.allocateHandle());
    expect(new Set(handles).size).toBe(3000);
    for (const each of handles) host.releaseHandle(each);
  });
});

test.each(['memory', 'tcpip'] as const)(
  'a layer over %s that takes over what is another’s is reported; a handle that is not a socket’s it does not get',
  (base) => {
    const world = new World(base);
    const other = world.tcpSocket();
    const { layer, context } = talkative();
    world.stack([layer]);
    world.tcpSocket();
    const { upcalls, entry } = context();
    expect(world.takeDefects()).toEqual([]);
    upcalls.lpWPUModifyIFSHandle(entry.dwCatalogEntryId, other, ref(0));
    expect(world.takeDefects()).toEqual([expect.stringMatching(/took over the socket \d+, which is another's/)]);
    const hEvent = world.event();
    const lpErrno = ref(0);
    expect(upcalls.lpWPUModifyIFSHandle(entry.dwCatalogEntryId, hEvent, lpErrno)).toBe(INVALID_SOCKET);
    expect(lpErrno.value).toBe(WSAEINVAL);
    expect(world.takeDefects()).toEqual([expect.stringMatching(/proposed the handle .* another's: refused/)]);
    world.ws2.WSACloseEvent(hEvent);
    world.abandon();
  },
);
