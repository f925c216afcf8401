import { describe, expect, it, test } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  FD_READ,
  INSTANCE,
  INVALID_SOCKET,
  ref,
  sockaddr_in,
  SO_RCVTIMEO,
  SOCK_DGRAM,
  SOL_SOCKET,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINTR,
  WSAEINVAL,
  WSAEOPNOTSUPP,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSANOTINITIALISED,
  type Ws2_32,
  type WSPPROC_TABLE,
} from 'ws2spi';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { describeOnEveryChain, inWorld, loopback, noise, type World } from '../../support/providers.js';
import { fakeInstance, fakeSocket } from '../ws2_32/fake-provider.js';

/** Makes the application one of version 1.1 from now on. */
function negotiate11(world: World): void {
  expect(world.ws2.WSAStartup(0x0101, {})).toBe(0);
}

/** Another instance on the world's network, of version 1.1, with a bound UDP socket. */
function startedTwin(world: World): { ws2: Ws2_32; s: number } {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', network: world.network!, clock: world.clock! });
  ws2.WSAStartup(0x0101, {});
  const s = ws2.socket(AF_INET, SOCK_DGRAM, 0);
  ws2.bind(s, loopback(), 16);
  return { ws2, s };
}

/** Does something in the providers' phase, some milliseconds from now. */
function later(world: World, action: () => void): void {
  const host = world.ws2[INSTANCE].providerHost;
  host.setTimer(host.clock.now() + 35, action);
}

/** Sets a hook that cancels the blocking call when it is called for the third time; gives how often it was called. */
function cancelThirdTime(world: World): { calls: number } {
  const counter = { calls: 0 };
  world.ws2.WSASetBlockingHook(() => {
    if (++counter.calls % 3 === 0) expect(world.ws2.WSACancelBlockingCall()).toBe(0);
    return false;
  });
  return counter;
}

describe('blocking hooks', () => {
  /** The last errors of the four functions, which all fail. */
  function errors({ ws2 }: { ws2: World['ws2'] }): number[] {
    const calls = [
      () => ws2.WSASetBlockingHook(() => false) === null,
      () => ws2.WSAUnhookBlockingHook() === -1,
      () => !ws2.WSAIsBlocking(),
      () => ws2.WSACancelBlockingCall() === -1,
    ];
    return calls.map((fails) => {
      ws2.WSASetLastError(0);
      expect(fails()).toBe(true);
      return ws2.WSAGetLastError();
    });
  }

  it('are there for applications of version 1.1 alone', () => {
    const instance = fakeInstance();
    expect(errors(instance)).toEqual(new Array(4).fill(WSANOTINITIALISED));
    instance.ws2.WSAStartup(0x0202, {});
    expect(errors(instance)).toEqual(new Array(4).fill(WSAEOPNOTSUPP));
    // The lowest version of all counts.
    instance.ws2.WSAStartup(0x0101, {});
    expect(instance.ws2.WSASetBlockingHook(() => false)).toBeTypeOf('function');
    expect(instance.ws2.WSAUnhookBlockingHook()).toBe(0);
    expect([instance.ws2.WSAIsBlocking(), instance.ws2.WSACancelBlockingCall()]).toEqual([false, -1]);
    expect(instance.ws2.WSAGetLastError()).toBe(WSAEINVAL);
    instance.ws2.WSAStartup(0x0202, {});
    expect(instance.ws2.WSAUnhookBlockingHook()).toBe(0);
    while (instance.ws2.WSACleanup() === 0);
    instance.ws2.WSAStartup(0x0202, {});
    expect(errors(instance)).toEqual(new Array(4).fill(WSAEOPNOTSUPP));
  });

  it('are told by the one that comes after them, the default first, until the last WSACleanup', () => {
    const { ws2 } = fakeInstance();
    ws2.WSAStartup(0x0101, {});
    const [one, two] = [() => false, () => false];
    const first = ws2.WSASetBlockingHook(one);
    expect(ws2.WSASetBlockingHook(two)).toBe(one);
    expect(ws2.WSASetBlockingHook(first!)).toBe(two);
    expect(ws2.WSASetBlockingHook(one)).toBe(first);
    ws2.WSAUnhookBlockingHook();
    expect(ws2.WSASetBlockingHook(two)).toBe(first);
    expect(ws2.WSASetBlockingHook(null as never)).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    ws2.WSACleanup();
    ws2.WSAStartup(0x0101, {});
    expect(ws2.WSASetBlockingHook(one)).toBe(first);
  });
});

describeOnEveryChain('a blocking call of a version 1.1 application', (on) => {
  on.onEveryFamily('calls the hook again and again until it ends', (world, family) => {
    const { client, server } = world.connectedPair(family);
    negotiate11(world);
    let calls = 0;
    world.ws2.WSASetBlockingHook(() => {
      if (++calls === 3) later(world, () => world.send(client, 'hello'));
      return false;
    });
    expect(world.receiveAll(server, 5)).toBe('hello');
    expect(calls).toBeGreaterThanOrEqual(3);
  });

  on.it('calls it until it has nothing more to do, before it looks again', (world) => {
    const { client, server } = world.connectedPair();
    negotiate11(world);
    let calls = 0;
    // The data comes with the first call, if its timer runs then.
    world.ws2.WSASetBlockingHook(() => {
      if (++calls === 1) {
        later(world, () => world.send(client, 'x'));
        world.ws2.host.SleepEx(40, false);
      }
      return calls < 5;
    });
    expect(world.receiveAll(server, 1)).toBe('x');
    expect(calls).toBe(5);
  });

  on.it('is not kept from ending by a hook that always has more to do', (world) => {
    const { client, server } = world.connectedPair();
    negotiate11(world);
    world.ws2.WSASetBlockingHook(() => true);
    later(world, () => world.send(client, 'x'));
    expect(world.receiveAll(server, 1)).toBe('x');
  });

  on.it('does not call it when it can end at once, or may not wait', (world) => {
    const { client, server, listener } = world.connectedPair();
    negotiate11(world);
    let calls = 0;
    world.ws2.WSASetBlockingHook(() => {
      calls++;
      return false;
    });
    world.send(client, 'x');
    world.until(
      () => world.ws2.select(0, { fd_count: 1, fd_array: [server] }, null, null, { tv_sec: 0, tv_usec: 0 }) === 1,
    );
    calls = 0;
    expect(world.receive(server)).toBe('x');
    world.nonBlocking(server);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    const set = { fd_count: 1, fd_array: [listener] };
    expect(world.ws2.select(0, set, null, null, { tv_sec: 0, tv_usec: 0 })).toBe(0);
    expect(calls).toBe(0);
  });

  on.it('ends with WSAEINTR when the hook cancels it, and the socket stays usable', (world) => {
    const { client, server, listener, name } = world.connectedPair();
    negotiate11(world);
    const counter = cancelThirdTime(world);
    expect(world.receive(server)).toBe(-WSAEINTR);
    expect(counter.calls).toBe(3);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEINTR);
    expect(counter.calls).toBe(6);
    const set = { fd_count: 1, fd_array: [listener] };
    expect(world.code(world.ws2.select(0, set, null, null, null))).toBe(WSAEINTR);
    expect([set.fd_count, counter.calls]).toEqual([1, 9]);
    world.ws2.WSAUnhookBlockingHook();

    const another = world.tcpSocket();
    world.nonBlocking(another);
    expect(world.connect(another, name)).toBe(WSAEWOULDBLOCK);
    expect(world.ws2.select(0, set, null, null, null)).toBe(1);
    world.accept(listener);
    world.send(client, 'still there');
    expect(world.receiveAll(server, 11)).toBe('still there');
  });

  on.it('ends when a send is cancelled, too: with what was sent so far', (world) => {
    const { client } = world.connectedPair();
    negotiate11(world);
    const counter = cancelThirdTime(world);
    const size = 50_000_000;
    expect(world.count(world.ws2.send(client, noise(size), size, 0))).toBeLessThan(size);
    expect(counter.calls).toBe(3);
  });

  on.it('is the only one: the hook’s own calls are WSAEINPROGRESS', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    negotiate11(world);
    const seen: unknown[] = [];
    const failure = (result: unknown): void => void seen.push([result, ws2.WSAGetLastError()]);
    ws2.WSASetBlockingHook(() => {
      seen.push(ws2.WSAIsBlocking(), ws2.htons(1));
      failure(ws2.send(client, Buffer.from('x'), 1, 0));
      failure(ws2.closesocket(client));
      failure(ws2.socket(2, 1, 6));
      failure(ws2.gethostbyname('localhost'));
      failure(ws2.WSACleanup());
      failure(ws2.WSASetBlockingHook(() => false));
      failure(ws2.WSAUnhookBlockingHook());
      seen.push(ws2.WSAStartup(0x0101, {}));
      ws2.WSACancelBlockingCall();
      return true;
    });
    expect(ws2.WSAIsBlocking()).toBe(false);
    expect(world.receive(server)).toBe(-WSAEINTR);
    expect(ws2.WSAIsBlocking()).toBe(false);
    expect(seen).toEqual([
      true,
      0x0100,
      [-1, WSAEINPROGRESS],
      [-1, WSAEINPROGRESS],
      [INVALID_SOCKET, WSAEINPROGRESS],
      [null, WSAEINPROGRESS],
      [-1, WSAEINPROGRESS],
      [null, WSAEINPROGRESS],
      [-1, WSAEINPROGRESS],
      WSAEINPROGRESS,
    ]);
    expect(world.send(client, 'afterwards')).toBe(10);
  });

  on.it('lets providers work on while a hook waits for messages', (world) => {
    const { client, server } = world.connectedPair();
    negotiate11(world);
    const results: number[] = [];
    later(world, () => void results.push(world.send(client, 'sent by a timer')));
    world.ws2.WSASetBlockingHook(() => {
      if (results.length === 0) world.ws2.host.SleepEx(100, false);
      return false;
    });
    expect(world.receiveAll(server, 15)).toBe('sent by a timer');
    expect(results).toEqual([15]);
  });

  on.it('dispatches window messages by default', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const other = world.connectedPair();
    negotiate11(world);
    const seen: unknown[] = [];
    const window = ws2.host.CreateWindow((_hWnd, message, wParam) => {
      seen.push([message, wParam, ws2.WSAIsBlocking(), world.receive(other.server)]);
      expect(ws2.WSACancelBlockingCall()).toBe(0);
    });
    const silent = ws2.host.CreateWindow();
    ws2.host.PostMessage(silent, 7, 0, 0);
    ws2.WSAAsyncSelect(other.server, window, 1025, FD_READ);
    later(world, () => world.send(other.client, 'x'));
    expect(world.receive(server)).toBe(-WSAEINTR);
    expect(seen).toEqual([[1025, other.server, true, -WSAEINPROGRESS]]);
    // Messages for windows without a procedure are left to the message loop.
    expect(ws2.host.PeekMessage(silent, true)).toMatchObject({ message: 7 });
    world.send(client, 'y');
    expect(world.receiveAll(server, 1)).toBe('y');
  });

  on.it('dispatches a message too that comes of what a full turn has left', (world) => {
    const { ws2 } = world;
    const { server } = world.connectedPair();
    negotiate11(world);
    const window = ws2.host.CreateWindow(() => void ws2.WSACancelBlockingCall());
    const host = ws2[INSTANCE].providerHost;
    let left = 10_500;
    const work = {
      queued: false,
      run(): void {
        if (--left > 0) host.defer(work);
        else ws2.host.PostMessage(window, 1025, 0, 0);
      },
    };
    later(world, () => host.defer(work));
    // The message is to be seen before this ends the call.
    const timeout = new Uint8Array(Uint32Array.of(2000).buffer);
    expect(world.code(ws2.setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, timeout, 4))).toBe(0);
    expect(world.receive(server)).toBe(-WSAEINTR);
  });

  on.it('can still time out', (world) => {
    const { server } = world.connectedPair();
    negotiate11(world);
    let calls = 0;
    world.ws2.WSASetBlockingHook(() => {
      calls++;
      return false;
    });
    // In real time a busy machine may call it seldom.
    const timeout = Uint32Array.of(world.clock === null ? 1000 : 100);
    world.ws2.setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(timeout.buffer), 4);
    expect(world.receive(server)).toBe(-WSAETIMEDOUT);
    expect(calls).toBeGreaterThan(2);
    if (world.clock !== null) expect(calls).toBe(10);
  });

  on.it('ends when the hook throws, and the exception surfaces', async (world) => {
    const { server } = world.connectedPair();
    negotiate11(world);
    const uncaught = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const caught = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
    world.ws2.WSASetBlockingHook(() => {
      throw new Error('of the hook');
    });
    expect(world.receive(server)).toBe(-WSAEINTR);
    expect((await caught).message).toBe('of the hook');
    for (const listener of uncaught) process.on('uncaughtException', listener);
    expect(world.ws2.WSAIsBlocking()).toBe(false);
  });
});

describe('a blocking call of a version 1.1 application, in memory', () => {
  const network = createMemoryNetwork({ silent: ['192.0.2.1'] });
  test(
    'is cancelled while it connects',
    inWorld(
      'memory',
      (world) => {
        negotiate11(world);
        const counter = cancelThirdTime(world);
        const s = world.tcpSocket();
        expect(world.connect(s, sockaddr_in('192.0.2.1', 80))).toBe(WSAEINTR);
        expect(counter.calls).toBe(3);
        expect(world.connect(world.tcpSocket(), world.closedPort())).toBe(WSAECONNREFUSED);
      },
      { network },
    ),
  );

  test(
    'is a deadlock once a hook has been called for a minute, and nothing else can end it',
    inWorld('memory', (world) => {
      const { server } = world.connectedPair();
      negotiate11(world);
      expect(world.receive(server)).toBe(-WSAEINTR);
      expect(world.takeDefects()).toEqual([expect.stringContaining('deadlock')]);
      world.ws2.WSASetBlockingHook(() => false);
      const before = world.now();
      expect(world.receive(server)).toBe(-WSAEINTR);
      expect(world.takeDefects()).toEqual([expect.stringContaining('deadlock')]);
      expect(world.now() - before).toBe(60_000);
    }),
  );

  test(
    'ends when the hook disposes of the instance',
    inWorld('memory', (world) => {
      const other = startedTwin(world);
      other.ws2.WSASetBlockingHook(() => {
        other.ws2[Symbol.dispose]();
        return false;
      });
      expect(other.ws2.recv(other.s, new Uint8Array(1), 1, 0)).toBe(-1);
      expect(other.ws2.WSAGetLastError()).toBe(WSAEINTR);
      expect(other.ws2.socket(2, 1, 6)).toBe(INVALID_SOCKET);
      expect(other.ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
    }),
  );
});

describe('a provider that waits by itself', () => {
  it('gets the application’s hook as a callback, and is told of a cancellation', () => {
    const { ws2, s, fake } = fakeSocket();
    const { upcalls } = fake.starts[0]!;
    ws2.WSAStartup(0x0101, {});
    const callback = ref<((context: unknown) => boolean) | null>(null);
    const context = ref<unknown>(null);
    const errno = ref(0);
    expect(upcalls.lpWPUQueryBlockingCallback(1001, callback, context, errno)).toBe(0);
    expect([callback.value, context.value]).toEqual([null, null]);

    let calls = 0;
    ws2.WSASetBlockingHook(() => ++calls < 3);
    const outcomes: boolean[] = [];
    fake.overrides.lpWSPRecv = ((...args: Parameters<WSPPROC_TABLE['lpWSPRecv']>) => {
      upcalls.lpWPUQueryBlockingCallback(1001, callback, context, errno);
      outcomes.push(callback.value!(context.value));
      args[8].value = WSAEINTR;
      return -1;
    }) as WSPPROC_TABLE['lpWSPRecv'];
    ws2.recv(s, new Uint8Array(1), 1, 0);
    expect([outcomes, calls]).toEqual([[true], 3]);
    expect(fake.calls).not.toContain('lpWSPCancelBlockingCall');

    ws2.WSASetBlockingHook(() => {
      expect(ws2.WSACancelBlockingCall()).toBe(0);
      return true;
    });
    expect(ws2.recv(s, new Uint8Array(1), 1, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINTR);
    expect(outcomes).toEqual([true, false]);
    expect(fake.calls.filter((name) => name === 'lpWSPCancelBlockingCall')).toHaveLength(1);
  });

  it('has a WSPCancelBlockingCall that may fail or throw', () => {
    const { ws2, s, fake, defects } = fakeSocket();
    const { upcalls } = fake.starts[0]!;
    ws2.WSAStartup(0x0101, {});
    const results: unknown[] = [];
    ws2.WSASetBlockingHook(() => {
      results.push(ws2.WSACancelBlockingCall(), ws2.WSAGetLastError());
      return false;
    });
    fake.overrides.lpWSPRecv = () => {
      const callback = ref<((context: unknown) => boolean) | null>(null);
      upcalls.lpWPUQueryBlockingCallback(1001, callback, ref<unknown>(null), ref(0));
      callback.value!(null);
      return 0;
    };
    fake.overrides.lpWSPCancelBlockingCall = (errno) => {
      errno.value = WSAEINVAL;
      return -1;
    };
    ws2.recv(s, new Uint8Array(1), 1, 0);
    fake.overrides.lpWSPCancelBlockingCall = () => {
      throw new Error('broken');
    };
    ws2.recv(s, new Uint8Array(1), 1, 0);
    expect(results).toEqual([-1, WSAEINVAL, -1, 10107]);
    expect(defects.map(({ message }) => message)).toEqual([expect.stringContaining('WSPCancelBlockingCall')]);
  });
});

describe('WSPCancelBlockingCall of a base provider', () => {
  test.each(['memory', 'tcpip'] as const)('cancels what waits, if anything does (%s)', (base) =>
    inWorld(base, (world) => {
      const { server } = world.connectedPair();
      const host = world.ws2[INSTANCE].providerHost;
      const entry = host.catalogEntries().find(({ iSocketType }) => iSocketType === 1)!;
      const { procedures } = host.startProvider(entry.dwCatalogEntryId, null);
      const errno = ref(0);
      expect([procedures!.lpWSPCancelBlockingCall(errno), errno.value]).toEqual([-1, WSAEINVAL]);
      negotiate11(world);
      world.ws2.WSASetBlockingHook(() => {
        expect(procedures!.lpWSPCancelBlockingCall(errno)).toBe(0);
        return false;
      });
      expect(world.receive(server)).toBe(-WSAEINTR);
      procedures!.lpWSPCleanup(errno);
    })(),
  );
});
