import { describe, expect, test } from 'vitest';
import { createWs2_32, INSTANCE, ref, WSA_WAIT_FAILED, WSAEINTR, WSAOVERLAPPED } from 'ws2spi';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { buffer, describeOnEveryChain, inWorld, loopback, noise, World } from '../../support/providers.js';

// Whether something outside of the process will ever end a wait on a native socket, nobody can tell.
const MEMORY_ALONE = ['memory'] as const;

describeOnEveryChain(
  'a wait that nothing can end',
  (on) => {
    on.it('is reported, with what is waited for, instead of hanging', (world) => {
      const { server, listener } = world.connectedPair();
      expect(world.receive(server)).toBe(-WSAEINTR);
      expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEINTR);
      const messages = world.takeDefects();
      expect(messages).toHaveLength(2);
      expect(messages[0]).toContain('deadlock');
      expect(messages[0]).toContain(`recv on socket ${server}`);
      expect(messages[1]).toContain(`accept on socket ${listener}`);
    });

    on.it('names the overlapped operations that wait', (world) => {
      const { server } = world.connectedPair();
      for (let i = 0; i < 2; i++) world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), new WSAOVERLAPPED(), null);
      const event = world.event();
      expect(world.ws2.WSAWaitForMultipleEvents(1, [event], false, 0xffffffff, false)).toBe(WSA_WAIT_FAILED);
      expect(world.ws2.WSAGetLastError()).toBe(WSAEINTR);
      const [message] = world.takeDefects();
      expect(message).toContain('WSAWaitForMultipleEvents on 1 event object');
      expect(message).toContain(`socket ${server}`);
      expect(message).toContain('2 overlapped receive(s)');
    });

    on.it('is select’s, connect’s and send’s too', (world) => {
      const { client, server } = world.connectedPair();
      expect(world.code(world.ws2.select(0, { fd_count: 1, fd_array: [server] }, null, null, null))).toBe(WSAEINTR);
      expect(world.takeDefects()[0]).toContain('select on 1 socket');
      const size = 5_000_000;
      expect(world.count(world.ws2.send(client, noise(size), size, 0))).toBeLessThan(size);
      expect(world.takeDefects()[0]).toContain(`send on socket ${client}`);
    });
  },
  MEMORY_ALONE,
);

describe('a wait within the providers’ phase', () => {
  test.each(['memory', 'tcpip'] as const)('is refused and reported (%s)', (base) =>
    inWorld(base, (world) => {
      const { server } = world.connectedPair();
      const results: unknown[] = [];
      const host = world.ws2[INSTANCE].providerHost;
      host.defer({
        queued: false,
        run: () => {
          results.push(host.inProvidersPhase, world.receive(server), world.ws2.host.SleepEx(1000, true));
        },
      });
      expect(host.inProvidersPhase).toBe(false);
      world.settle();
      expect(results).toEqual([true, -WSAEINTR, 0]);
      const messages = world.takeDefects();
      expect(messages[0]).toContain(`recv on socket ${server}`);
      expect(messages[0]).toContain('providers’ phase'.replace('’', "'"));
    })(),
  );
});

describe('a blocking call', () => {
  test('pumps the other instances of its thread', () => {
    const network = createMemoryNetwork();
    const [near, far] = [1, 2].map(() => {
      const ws2 = createWs2_32({ catalog: 'memory', base: 'memory', network });
      expect(ws2.WSAStartup(0x0202, {})).toBe(0);
      return ws2;
    });
    const listener = far!.socket(2, 1, 0);
    far!.bind(listener, loopback(), 16);
    far!.listen(listener, 1);
    const name = new Uint8Array(16);
    far!.getsockname(listener, name, ref(16));
    const client = near!.socket(2, 1, 0);
    expect(near!.connect(client, name, 16)).toBe(0);
    const server = far!.accept(listener, null, null);

    // The far instance answers from its own providers' phase, while the near one waits.
    const event = far!.WSACreateEvent();
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = event;
    far!.WSARecv(server, [buffer(4)], 1, null, ref(0), overlapped, null);
    far![INSTANCE].providerHost.onEvent(event, () => void far!.send(server, Buffer.from('pong'), 4, 0));
    near!.send(client, Buffer.from('ping'), 4, 0);
    const room = new Uint8Array(4);
    expect(near!.recv(client, room, 4, 0)).toBe(4);
    expect(Buffer.from(room).toString()).toBe('pong');
    for (const ws2 of [near!, far!]) ws2[Symbol.dispose]();
  });

  test(
    'moves on when WSACleanup ends it from a completion routine',
    inWorld('memory', (world) => {
      const { server } = world.connectedPair();
      world.ws2.host.QueueUserAPC(() => void world.ws2.WSACleanup(), null);
      const before = world.ws2.recv(server, new Uint8Array(1), 1, 0);
      expect([before, world.ws2.WSAGetLastError()]).toEqual([-1, WSAEINTR]);
      expect(world.ws2.WSAStartup(0x0202, {})).toBe(0);
    }),
  );

  test(
    'runs nothing of the application when it is not alertable',
    inWorld('memory', (world) => {
      let ran = 0;
      world.ws2.host.QueueUserAPC(() => void ran++, null);
      world.ws2.host.SleepEx(100, false);
      expect(ran).toBe(0);
      world.ws2.host.SleepEx(0, true);
      expect(ran).toBe(1);
    }),
  );

  test('of an instance that was disposed of ends at once', () => {
    const world = new World('memory');
    world.ws2[Symbol.dispose]();
    expect(world.ws2.host.SleepEx(0xffffffff, false)).toBe(0);
  });
});

describe('deferred work', () => {
  test(
    'runs once however often it is queued, may queue itself again, and is contained when it throws',
    inWorld('memory', (world) => {
      const host = world.ws2[INSTANCE].providerHost;
      let ran = 0;
      const work = {
        queued: false,
        run(): void {
          if (++ran < 3) host.defer(work);
        },
      };
      host.defer(work);
      host.defer(work);
      host.defer({
        queued: false,
        run() {
          throw new Error('boom');
        },
      });
      world.settle();
      expect(ran).toBe(3);
      expect(world.takeDefects()).toEqual(['deferred work of a provider threw']);
    }),
  );
});
