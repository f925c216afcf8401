// Nobody keeps the event loop, or the time of a blocking call, to himself.
import { expect, test } from 'vitest';
import { INSTANCE, WSAETIMEDOUT, type DeferredWork } from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';
import { describeOnEveryProvider, inWorld, type World } from '../../support/providers.js';
import { unheardRejections } from '../../support/rejections.js';

/** Runs after which a test gives up: the others were not let in. */
const TOO_MANY = 5_000_000;

/** What may begin itself again and again, and how: `begin` runs `again` once, as soon as it can. */
const SELFISH: readonly (readonly [what: string, begin: (world: World, again: () => void) => void])[] = [
  [
    'a timer that is set again for now',
    (world, again) => {
      const { providerHost } = world.ws2[INSTANCE];
      providerHost.setTimer(world.now(), again);
    },
  ],
  [
    'a timer that is set again for long ago',
    (world, again) => {
      world.ws2[INSTANCE].providerHost.setTimer(0, again);
    },
  ],
  [
    'deferred work that defers itself',
    (world, again) => {
      world.ws2[INSTANCE].providerHost.defer({ queued: false, run: again });
    },
  ],
  [
    'a timer and deferred work that begin each other',
    (world, again) => {
      const { providerHost } = world.ws2[INSTANCE];
      providerHost.defer({ queued: false, run: () => void providerHost.setTimer(0, again) });
    },
  ],
  [
    'an event that is set in its own callback',
    (world, again) => {
      const { providerHost } = world.ws2[INSTANCE];
      const hEvent = providerHost.createEvent();
      providerHost.onEvent(hEvent, () => {
        providerHost.closeEvent(hEvent);
        again();
      });
      providerHost.setEvent(hEvent);
    },
  ],
];

/** Of the application's: they take turns with the event loop, but not part in a blocking call. */
const APPLICATION: typeof SELFISH = [
  [
    'an APC that queues itself',
    (world, again) => {
      world.ws2[INSTANCE].providerHost.queueApc(null, again, undefined);
    },
  ],
  [
    'a window message that posts itself',
    (world, again) => {
      const hWnd = world.ws2.host.CreateWindow(() => {
        world.ws2.host.DestroyWindow(hWnd);
        again();
      });
      world.ws2[INSTANCE].providerHost.postMessage(hWnd, 0x400, 0, 0);
    },
  ],
  [
    'a registered wait whose event its callback sets',
    (world, again) => {
      const hEvent = world.event();
      const wait = world.ws2.host.RegisterWaitForSingleObject(hEvent, () => {
        world.ws2.host.UnregisterWait(wait);
        world.ws2.WSACloseEvent(hEvent);
        again();
      });
      world.ws2.WSASetEvent(hEvent);
    },
  ],
];

/** Begins something again and again until it is told to stop; counts how often. */
function chain(world: World, begin: (world: World, again: () => void) => void): { runs: number; stop(): void } {
  const state = { runs: 0, stop: () => void (stopped = true) };
  let stopped = false;
  const next = (): void => begin(world, again);
  const again = (): void => {
    state.runs++;
    if (stopped) return;
    if (state.runs >= TOO_MANY) throw new Error(`${state.runs} runs, and nothing else`);
    next();
  };
  next();
  return state;
}

describeOnEveryProvider('in the event loop', (on) => {
  for (const [what, begin] of [...SELFISH, ...APPLICATION]) {
    on.it(`${what} lets others in`, async (world) => {
      const selfish = chain(world, begin);
      for (let turn = 0; turn < 20; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        await new Promise((resolve) => setImmediate(resolve));
        // Virtual time is looked at by blocking calls alone.
        if (!world.native) world.ws2.host.SleepEx(0, false);
      }
      expect(selfish.runs).toBeGreaterThan(0);
      selfish.stop();
      await new Promise((resolve) => setImmediate(resolve));
      expect(world.takeDefects()).toEqual([]);
    });
  }

  on.it('sockets are served beside a codec that sets its timer for now', async (world) => {
    let stop = false;
    let runs = 0;
    const codec = () => ({
      open: (_role: unknown, output: { setTimer(ms: number): void }) => output.setTimer(0),
      timer(output: { setTimer(ms: number): void }) {
        if (++runs >= TOO_MANY) throw new Error('nobody else got a turn');
        if (!stop) output.setTimer(0);
      },
      send: (bytes: Uint8Array, output: { encoded(b: Uint8Array): void }) => output.encoded(bytes.slice()),
      receive: (bytes: Uint8Array, output: { decoded(b: Uint8Array): void }) => output.decoded(bytes.slice()),
    });
    world.stack([defineLayer({ name: 'eager', codec: codec as never })]);
    const { client, server } = world.connectedPair();
    world.send(client, 'ping');
    expect(world.receiveAll(server, 4)).toBe('ping');
    await new Promise((resolve) => setImmediate(resolve));
    world.send(server, 'pong');
    expect(world.receiveAll(client, 4)).toBe('pong');
    stop = true;
    world.settle();
  });
});

describeOnEveryProvider('a blocking call', (on) => {
  for (const [what, begin] of SELFISH) {
    on.it(`ends beside ${what}: by its data, by its time, or told that time cannot pass`, (world) => {
      const { client, server } = world.connectedPair();
      const selfish = chain(world, begin);
      world.send(client, 'x');
      expect(world.receiveAll(server, 1)).toBe('x');
      const timeout = Uint8Array.of(20, 0, 0, 0);
      expect(world.code(world.ws2.setsockopt(server, 0xffff, 0x1006, timeout, 4))).toBe(0);
      const received = world.receive(server);
      if (world.native) expect(received).toBe(-WSAETIMEDOUT);
      else {
        expect(received).toBeLessThan(0);
        expect(world.takeDefects()).toEqual([expect.stringMatching(/the virtual clock cannot move/)]);
      }
      expect(selfish.runs).toBeGreaterThan(0);
      selfish.stop();
      world.settle();
    });
  }

  on.it('ends by its time beside a procedure that queues itself', (world) => {
    if (!world.native) return;
    const { server } = world.connectedPair();
    const selfish = chain(world, APPLICATION[0]![1]);
    expect(world.code(world.ws2.setsockopt(server, 0xffff, 0x1006, Uint8Array.of(20, 0, 0, 0), 4))).toBe(0);
    expect(world.receive(server)).toBe(-WSAETIMEDOUT);
    selfish.stop();
    world.ws2.host.SleepEx(0, true);
  });

  on.it('does not sleep while work is left that a full turn put off', (world) => {
    const { providerHost } = world.ws2[INSTANCE];
    let left = 25_000;
    const work: DeferredWork = { queued: false, run: () => void (--left > 0 && providerHost.defer(work)) };
    providerHost.defer(work);
    expect(providerHost.wait(() => left === 0, Infinity, 'no')).toBe('condition');
  });
});

test(
  'a virtual clock says that it cannot move when a timer is set again for now',
  inWorld('memory', (world) => {
    const selfish = chain(world, SELFISH[0]![1]);
    expect(() => world.clock!.advance(10)).toThrow(/virtual clock cannot move/);
    selfish.stop();
    world.clock!.advance(10);
    expect(world.takeDefects()).toEqual([]);
  }),
);

describeOnEveryProvider('a provider', (on) => {
  on.it('whose timer or deferred work is asynchronous is told so, and nothing is rejected unseen', async (world) => {
    const { providerHost } = world.ws2[INSTANCE];
    const fails = async (): Promise<void> => {
      throw new Error('late');
    };
    const unheard = await unheardRejections(() => {
      providerHost.defer({ queued: false, run: fails as never });
      providerHost.setTimer(world.now(), fails as never);
      world.settle();
    });
    expect(unheard).toEqual([]);
    expect(world.takeDefects().sort()).toEqual([
      expect.stringMatching(/^a timer of a provider returned a promise.*not async$/),
      expect.stringMatching(/^deferred work of a provider returned a promise.*not async$/),
    ]);
  });

  on.it('that makes its timers and deferred work generators is told that nothing of them runs', (world) => {
    const { providerHost } = world.ws2[INSTANCE];
    providerHost.defer({ queued: false, run: function* () {} as never });
    providerHost.setTimer(world.now(), async function* () {} as never);
    world.settle();
    expect(world.takeDefects().sort()).toEqual([
      expect.stringMatching(/^a timer of a provider returned a generator, of which nothing runs: make it a plain/),
      expect.stringMatching(
        /^deferred work of a provider returned a generator, of which nothing runs: make it a plain/,
      ),
    ]);
  });

  on.it('that takes back most of its timers keeps no memory of them', (world) => {
    const { providerHost } = world.ws2[INSTANCE];
    const kept = [30, 10, 20].map((seconds) => providerHost.setTimer(world.now() + 1000 * seconds, () => undefined));
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 400_000; i++) providerHost.setTimer(world.now() + 1e9 + i, () => undefined).cancel();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000);
    for (const timer of kept) timer.cancel();
  });
});
