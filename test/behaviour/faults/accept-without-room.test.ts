// Listeners whose next connection finds no descriptor or no memory, by every I/O model.
import { afterEach, describe, expect, test } from 'vitest';
import {
  FD_ACCEPT,
  INVALID_SOCKET,
  POLLRDNORM,
  ref,
  SO_RCVTIMEO,
  SOL_SOCKET,
  WSAEMFILE,
  WSAENOBUFS,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { createServer } from 'ws2spi/node';
import { CHAINS, World } from '../../support/providers.js';
import { MESSAGE } from '../../support/window-messages.js';
import { refusing } from './refusing.js';

/** For how long a server goes on trying in vain, in milliseconds. */
const IN_VAIN = 300;
/** As many accepts may fail in that time: a few at once, and then one every 50 ms. */
const MOST = 12;
const ADDRESS = 28 + 16;

/** A server that goes on whatever its accepts give: one round of its loop, and what it has accepted in it. */
type Round = () => number;

const SERVERS: Record<string, (world: World, listener: number) => Round> = {
  'blocking accepts': (world, listener) => {
    world.ws2.setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(20, 0, 0, 0), 4);
    return () => world.ws2.accept(listener, null, null);
  },
  select: (world, listener) => {
    world.nonBlocking(listener);
    return () => {
      const set = { fd_count: 1, fd_array: [listener] };
      const ready = world.ws2.select(0, set, null, null, { tv_sec: 0, tv_usec: 20_000 });
      return ready === 1 ? world.ws2.accept(listener, null, null) : INVALID_SOCKET;
    };
  },
  WSAPoll: (world, listener) => {
    world.nonBlocking(listener);
    return () => {
      const ready = world.ws2.WSAPoll([{ fd: listener, events: POLLRDNORM, revents: 0 }], 1, 20);
      return ready === 1 ? world.ws2.accept(listener, null, null) : INVALID_SOCKET;
    };
  },
  WSAEventSelect: (world, listener) => {
    const event = world.event();
    world.eventSelect(listener, event, FD_ACCEPT);
    return () => {
      if (!world.signalled(event, 20)) return INVALID_SOCKET;
      return 'ACCEPT' in world.networkEvents(listener, event) ? world.ws2.accept(listener, null, null) : INVALID_SOCKET;
    };
  },
  WSAAsyncSelect: (world, listener) => {
    const { host } = world.ws2;
    const window = host.CreateWindow();
    world.ws2.WSAAsyncSelect(listener, window, MESSAGE, FD_ACCEPT);
    return () => {
      if (host.PeekMessage(window, true) !== null) return world.ws2.accept(listener, null, null);
      host.SleepEx(5, false);
      return INVALID_SOCKET;
    };
  },
  AcceptEx: (world, listener) => {
    let [socket, overlapped] = [INVALID_SOCKET, new WSAOVERLAPPED()];
    const begin = (): void => {
      overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = world.event();
      socket = world.tcpSocket();
      world.ws2.AcceptEx(listener, socket, new Uint8Array(2 * ADDRESS), 0, ADDRESS, ADDRESS, ref(0), overlapped);
    };
    begin();
    return () => {
      if (!world.signalled(overlapped.hEvent as number, 20)) return INVALID_SOCKET;
      if (overlapped.Internal === 0) return socket;
      begin();
      return INVALID_SOCKET;
    };
  },
};

const worlds: World[] = [];

/** A world whose system refuses to accept, and a client whose connection waits. */
function begin(chain = CHAINS[0]!, server: string | null = null) {
  const { platform, refuse, refused } = refusing();
  const world = new World('tcpip', chain, { platform });
  worlds.push(world);
  const { s: listener, name } = world.listener();
  const round = server === null ? null : SERVERS[server]!(world, listener);
  const client = world.tcpSocket();
  return { world, listener, name, round, client, refuse, refused };
}

afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

describe.each(Object.keys(SERVERS))('a server by %s for whose next connection there is no room', (server) => {
  test.each(
    CHAINS.flatMap((chain) => [
      { chain: chain.name, layers: chain, name: 'descriptor', code: WSAEMFILE },
      { chain: chain.name, layers: chain, name: 'memory', code: WSAENOBUFS },
    ]),
  )('does not spin, and serves it when there is: no $name, $chain', ({ layers, code }) => {
    const { world, name, round, client, refuse, refused } = begin(layers, server);
    refuse('accept', -code, Infinity);
    // A handshake waits for the other side.
    world.nonBlocking(client);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    let accepted = INVALID_SOCKET;
    for (const end = world.now() + IN_VAIN; world.now() < end;) accepted = round!();
    expect(accepted).toBe(INVALID_SOCKET);
    expect(refused('accept')).toBeGreaterThan(0);
    expect(refused('accept')).toBeLessThanOrEqual(MOST);
    refuse('accept', -code, 0);
    for (const end = world.now() + 5000; accepted === INVALID_SOCKET && world.now() < end;) accepted = round!();
    world.track(accepted);
    world.nonBlocking(accepted, 0);
    world.eventSelect(accepted, null, 0);
    world.until(() => world.send(client, 'served') === 6);
    world.until(() => world.ws2.select(0, { fd_count: 1, fd_array: [accepted] }, null, null, null) === 1);
    expect(world.receive(accepted)).toBe('served');
  });
});

describe('a listener for whose next connection there is no room', () => {
  test('is told of it again as soon as a socket is closed', () => {
    const { world, listener, name, client, refuse } = begin();
    const event = world.event();
    world.eventSelect(listener, event, FD_ACCEPT);
    const other = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    expect(world.signalled(event, 60_000)).toBe(true);
    refuse('accept', -WSAEMFILE, 4);
    for (let times = 0; times < 4; times++) {
      expect(world.networkEvents(listener, event)).toEqual({ ACCEPT: 0 });
      expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEMFILE);
    }
    expect(world.signalled(event)).toBe(false);
    expect(world.ws2.closesocket(other)).toBe(0);
    world.settle();
    expect(world.networkEvents(listener, event)).toEqual({ ACCEPT: 0 });
    world.accept(listener);
  });

  test.each(['closesocket', 'WSACleanup'])('can be closed meanwhile by %s', (leave) => {
    const { world, listener, name, client, refuse } = begin();
    world.nonBlocking(listener);
    expect(world.connect(client, name)).toBe(0);
    refuse('accept', -WSAEMFILE, Infinity);
    world.until(() => {
      const error = world.code(world.ws2.accept(listener, null, null));
      expect([WSAEMFILE, WSAEWOULDBLOCK]).toContain(error);
      return error === WSAEMFILE;
    });
    for (let times = 0; times < 5; times++) world.ws2.accept(listener, null, null);
    if (leave === 'closesocket') expect(world.ws2.closesocket(listener)).toBe(0);
    else {
      expect(world.ws2.WSACleanup()).toBe(0);
      worlds.pop()!.abandon();
    }
  });

  test('leaves others alone that have room', () => {
    const { world, name, listener, client, refuse } = begin();
    const others = world.listener();
    world.nonBlocking(listener);
    expect(world.connect(client, name)).toBe(0);
    world.until(
      () => world.ws2.select(0, { fd_count: 1, fd_array: [listener] }, null, null, { tv_sec: 1, tv_usec: 0 }) === 1,
    );
    refuse('accept', -WSAEMFILE, 6);
    for (let times = 0; times < 6; times++) {
      expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEMFILE);
    }
    expect(world.connect(world.tcpSocket(), others.name)).toBe(0);
    world.accept(others.s);
  });
});

describe('a ChainServer for whose next connection there is no room', () => {
  test.each([
    ['descriptor', WSAEMFILE],
    ['memory', WSAENOBUFS],
  ])('has no error, as with net, and serves it when there is (no %s)', async (_what, code) => {
    const { world, client, refuse, refused } = begin();
    const errors: Error[] = [];
    const served = new Promise<void>((done) => {
      const server = createServer({ ws2: world.ws2 }, (socket) => {
        socket.destroy();
        server.close(() => done());
      });
      server.on('error', (error) => errors.push(error));
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address()!;
        refuse('accept', -code, 6);
        expect(
          world.connect(client, Uint8Array.of(2, 0, port >> 8, port & 0xff, 127, 0, 0, 1, ...new Uint8Array(8))),
        ).toBe(0);
      });
    });
    await served;
    expect(refused('accept')).toBe(6);
    expect(errors).toEqual([]);
  });
});
