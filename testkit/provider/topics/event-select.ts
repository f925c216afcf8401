import {
  FD_ACCEPT,
  FD_ALL_EVENTS,
  FD_CLOSE,
  FD_CONNECT,
  FD_OOB,
  FD_READ,
  FD_WRITE,
  LINGER,
  ref,
  SO_LINGER,
  SOL_SOCKET,
  WSAEALREADY,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEINVAL,
  WSAENOTCONN,
  WSAEWOULDBLOCK,
  type fd_set,
} from '../../../index.js';
import { expect } from '../expectation.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

/** A listener whose events of accepting are recorded. */
function watchedListener(world: ProviderWorld, mask = FD_CONNECT | FD_READ | FD_OOB | FD_ACCEPT) {
  const { s, name } = world.listener();
  const event = world.event();
  expect(world.eventSelect(s, event, mask)).toBe(0);
  const call = (): number => {
    const client = world.streamSocket();
    expect(world.connect(client, name)).toBe(0);
    return client;
  };
  return { s, name, event, call };
}

const setOf = (s: number): fd_set => ({ fd_count: 1, fd_array: [s] });

/** What programs rely on: WSAEventSelect. */
export const wsaEventSelect = topic('WSAEventSelect', [], (on) => {
  // 19.1.1, 19.1.3, 19.1.4
  on.it('records FD_ACCEPT once per arrival, and again after accept while more wait', (world) => {
    const { s, event, call } = watchedListener(world);
    expect(world.networkEvents(s)).toEqual({});
    expect(world.signalled(event)).toBe(false);
    call();
    expect(world.networkEvents(s, event)).toEqual({ ACCEPT: 0 });
    expect(world.signalled(event)).toBe(false);
    expect(world.networkEvents(s)).toEqual({});
    call();
    expect(world.networkEvents(s)).toEqual({ ACCEPT: 0 });
    world.accept(s);
    expect(world.networkEvents(s)).toEqual({ ACCEPT: 0 });
    world.accept(s);
    expect(world.networkEvents(s)).toEqual({});
    call();
    expect(world.networkEvents(s)).toEqual({ ACCEPT: 0 });
  });

  // 19.1.2
  on.it('does not record again what was fetched, however often it is called', (world) => {
    const { s, event, call } = watchedListener(world);
    call();
    expect(world.networkEvents(s)).toEqual({ ACCEPT: 0 });
    world.eventSelect(s, event, FD_CONNECT | FD_READ | FD_OOB | FD_ACCEPT);
    expect(world.networkEvents(s)).toEqual({});
    world.eventSelect(s, null, 0);
    world.eventSelect(s, event, FD_ACCEPT);
    expect(world.networkEvents(s)).toEqual({});
  });

  // 19.1.6, 19.1.7
  on.it('keeps what happened and was not wanted, for when it is', (world) => {
    const { s, event, call } = watchedListener(world, FD_READ);
    call();
    expect(world.networkEvents(s)).toEqual({});
    world.settle();
    world.eventSelect(s, event, FD_ACCEPT | FD_READ);
    expect(world.signalled(event)).toBe(true);
    // A narrower mask neither clears the event object nor sets it again.
    world.eventSelect(s, event, FD_READ);
    expect(world.signalled(event)).toBe(true);
    world.ws2.WSAResetEvent(event);
    world.eventSelect(s, event, FD_READ);
    expect(world.signalled(event)).toBe(false);
    world.eventSelect(s, event, FD_ACCEPT);
    expect(world.signalled(event)).toBe(true);
    expect(world.networkEvents(s)).toEqual({ ACCEPT: 0 });
  });

  // 19.1.6
  on.it('records a connection that waited before the first selection, unless accept took it', (world) => {
    const { s: early, name } = world.listener();
    world.connect(world.streamSocket(), name);
    world.settle();
    world.eventSelect(early, world.event(), FD_ACCEPT);
    expect(world.networkEvents(early)).toEqual({ ACCEPT: 0 });
    const { s, event, call } = watchedListener(world, FD_CLOSE);
    call();
    world.settle();
    world.accept(s);
    world.eventSelect(s, event, FD_ACCEPT);
    expect(world.networkEvents(s)).toEqual({});
  });

  // 19.1.8
  on.it('hands its registration on to accepted sockets', (world) => {
    const { s, event, call } = watchedListener(world, FD_ACCEPT | FD_WRITE | FD_READ);
    const client = call();
    expect(world.networkEvents(s, event)).toEqual({ ACCEPT: 0 });
    const server = world.accept(s);
    expect(world.signalled(event)).toBe(true);
    expect(world.networkEvents(server, event)).toEqual({ WRITE: 0 });
    world.send(client, 'x');
    world.settle();
    expect(world.signalled(event)).toBe(true);
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
    expect(world.networkEvents(s)).toEqual({});
  });

  on.needs('resets').it(
    'tells how a connect failed, and why a connection was lost, that nobody had asked about',
    (world) => {
      const nowhere = world.closedName();
      for (const nonBlocking of [0, 1]) {
        const s = world.streamSocket();
        world.nonBlocking(s, nonBlocking);
        expect(world.connect(s, nowhere)).not.toBe(0);
        if (nonBlocking === 1)
          world.until(() => world.ws2.select(0, null, null, setOf(s), { tv_sec: 0, tv_usec: 0 }) === 1);
        world.eventSelect(s, world.event(), FD_ALL_EVENTS);
        expect(world.networkEvents(s)).toEqual({ CONNECT: WSAECONNREFUSED });
      }
      const { client, server } = world.connectedPair();
      world.ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger: 0 }), 4);
      world.ws2.closesocket(client);
      world.until(() => world.ws2.select(0, setOf(server), null, null, { tv_sec: 0, tv_usec: 0 }) === 1);
      world.eventSelect(server, world.event(), FD_CLOSE);
      expect(world.networkEvents(server)).toEqual({ CLOSE: WSAECONNRESET });
    },
  );

  // 19.2.1, 19.2.2
  on.needs('connects that take time').onEveryFamily(
    'records FD_CONNECT and FD_WRITE when a connect is done',
    (world, family) => {
      const { name } = world.listener(family);
      const s = world.streamSocket(family);
      const event = world.event();
      world.eventSelect(s, event, FD_ALL_EVENTS);
      expect(world.networkEvents(s)).toEqual({});
      expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
      expect(world.signalled(event, 60_000)).toBe(true);
      world.until(
        () => world.ws2.select(0, null, { fd_count: 1, fd_array: [s] }, null, { tv_sec: 0, tv_usec: 0 }) === 1,
      );
      expect(world.networkEvents(s, event)).toEqual({ CONNECT: 0, WRITE: 0 });
      world.eventSelect(s, null, 0);
      world.eventSelect(s, event, FD_ALL_EVENTS);
      expect(world.networkEvents(s)).toEqual({});
    },
  );

  on.needs('connects that take time').it('records why a connect failed', (world) => {
    const s = world.streamSocket();
    const nowhere = world.closedName();
    const event = world.event();
    world.eventSelect(s, event, FD_ALL_EVENTS);
    expect(world.connect(s, nowhere)).toBe(WSAEWOULDBLOCK);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(s)).toEqual({ CONNECT: WSAECONNREFUSED });
  });

  on.needs('connects that take time').it(
    'does not take the failure of one connect for the outcome of the next',
    (world) => {
      const { name } = world.listener();
      for (const [to, code] of [
        [world.closedName(), WSAECONNREFUSED],
        [name, 0],
      ] as const) {
        const s = world.streamSocket();
        world.nonBlocking(s);
        const event = world.event();
        expect(world.connect(s, world.closedName())).toBe(WSAEWOULDBLOCK);
        // Whoever asks for the outcome has it before the turn that would tell of it.
        let begun = WSAEALREADY;
        world.until(() => {
          world.eventSelect(s, event, FD_CONNECT);
          return (begun = world.connect(s, to)) !== WSAEALREADY;
        });
        expect(begun).toBe(WSAEWOULDBLOCK);
        const outcome = code === 0 ? 'writable' : 'failed';
        world.until(() => {
          const [write, except] = [setOf(s), setOf(s)];
          if (world.ws2.select(0, null, write, except, { tv_sec: 0, tv_usec: 0 }) === 0) return false;
          return (write.fd_count === 1 ? 'writable' : 'failed') === outcome;
        });
        expect(world.networkEvents(s)).toEqual({ CONNECT: code });
        expect(world.code(world.ws2.getpeername(s, new Uint8Array(28), ref(28)))).toBe(code === 0 ? 0 : WSAENOTCONN);
      }
    },
  );

  // 19.2.3, 19.2.4
  on.it('knows the past of a socket that was connected, and that of one that was accepted', (world) => {
    const { client, server } = world.connectedPair();
    world.eventSelect(client, world.event(), FD_ALL_EVENTS);
    expect(world.networkEvents(client)).toEqual({ CONNECT: 0, WRITE: 0 });
    world.eventSelect(server, world.event(), FD_ALL_EVENTS);
    expect(world.networkEvents(server)).toEqual({ WRITE: 0 });
  });

  // 19.2.5
  on.it('gives the part of the past that is asked for first, and the rest later', (world) => {
    const { name } = world.listener();
    const s = world.streamSocket();
    const event = world.event();
    world.eventSelect(s, event, FD_READ | FD_WRITE);
    world.connect(s, name);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(s)).toEqual({ WRITE: 0 });
    world.eventSelect(s, event, FD_CONNECT | FD_WRITE);
    expect(world.networkEvents(s)).toEqual({ CONNECT: 0 });
  });

  // 19.7
  on.it('makes the socket non-blocking, and insists on it while anything is selected', (world) => {
    const { server } = world.connectedPair();
    expect(world.nonBlocking(server, 0)).toBe(0);
    world.eventSelect(server, world.event(), FD_READ);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    expect(world.nonBlocking(server, 1)).toBe(0);
    expect(world.nonBlocking(server, 0)).toBe(WSAEINVAL);
    world.eventSelect(server, null, 0);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    expect(world.nonBlocking(server, 0)).toBe(0);
  });

  on.it('wants an event object, and events that exist', (world) => {
    const { server } = world.connectedPair();
    expect(world.eventSelect(server, null, FD_READ)).toBe(WSAEINVAL);
    expect(world.eventSelect(server, server, FD_READ)).toBe(WSAEINVAL);
    expect(world.eventSelect(server, world.event(), 0x400)).toBe(WSAEINVAL);
    expect(world.code(world.ws2.WSAEnumNetworkEvents(server, server, {}))).toBe(WSAEINVAL);
  });
});
