// Waiting for sockets: connect and listen errors, select, WSAPoll and timeouts (measured behaviour 12, 13, 23, 37).
import { expect } from 'vitest';
import {
  MSG_OOB,
  POLLERR,
  POLLHUP,
  POLLWRNORM,
  ref,
  SD_RECEIVE,
  SO_ACCEPTCONN,
  SO_ERROR,
  SO_OOBINLINE,
  WSAEADDRINUSE,
  WSAEALREADY,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { buffer, describeOnEveryChain, loopback, noise } from '../../support/providers.js';
import { AT_ONCE, option, poll, setOf, SOON, stateOf } from './looking.js';
import { reset } from './posted.js';

const held = ({ fd_count, fd_array }: { fd_count: number; fd_array: number[] }) => fd_array.slice(0, fd_count);

/** In which of the three sets a select leaves a socket. */

describeOnEveryChain('listen', ({ it }) => {
  // 12.2
  it('wants a socket, of a stream, that is bound', (world) => {
    for (const s of [0, 0xdeadbeef]) expect(world.code(world.ws2.listen(s, 0))).toBe(WSAENOTSOCK);
    expect(world.code(world.ws2.listen(world.udpSocket(), 1))).toBe(WSAEOPNOTSUPP);
    const s = world.tcpSocket();
    for (const backlog of [-2, 1, 0x7fffffff]) expect(world.code(world.ws2.listen(s, backlog))).toBe(WSAEINVAL);
  });

  // 12.3
  it('may be called again, and is what SO_ACCEPTCONN tells', (world) => {
    const s = world.tcpSocket();
    world.ws2.bind(s, loopback(), 16);
    expect(option(world, s, SO_ACCEPTCONN)).toBe(0);
    expect(world.code(world.ws2.listen(s, 0))).toBe(0);
    expect(option(world, s, SO_ACCEPTCONN)).toBe(1);
    expect(world.code(world.ws2.listen(s, 0x7fffffff))).toBe(0);
    expect([option(world, s, SO_ACCEPTCONN, 0), option(world, s, SO_ACCEPTCONN, 1)]).toEqual([
      WSAENOPROTOOPT,
      WSAENOPROTOOPT,
    ]);
  });

  // 12.4
  it('is refused after a bind that failed, and goes after another', (world) => {
    const { name } = world.listener();
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, name, name.length))).toBe(WSAEADDRINUSE);
    expect(world.code(world.ws2.listen(s, 1))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
    expect(world.code(world.ws2.listen(s, 1))).toBe(0);
  });
});

describeOnEveryChain('a connect that fails', ({ it, onEveryFamily }) => {
  // 12.1, 13.14, 23.7
  onEveryFamily('blocking, leaves nothing to write to, no SO_ERROR, and a socket in the third set', (world, family) => {
    const s = world.tcpSocket(family);
    expect(world.connect(s, world.closedPort(family))).toBe(WSAECONNREFUSED);
    expect(world.ws2.select(0, null, setOf(s), null, { tv_sec: 0, tv_usec: 50_000 })).toBe(0);
    expect(option(world, s, SO_ERROR)).toBe(0);
    expect(stateOf(world, s)).toBe('except');
    expect(poll(world, s)).toBe(POLLWRNORM | POLLHUP | POLLERR);
    expect([world.send(s, 'x'), world.receive(s)]).toEqual([-WSAENOTCONN, -WSAENOTCONN]);
  });

  // 13.12, 23.7
  it('non-blocking, keeps its error until another connect succeeds', (world) => {
    const s = world.tcpSocket();
    world.nonBlocking(s);
    expect(world.connect(s, world.closedPort())).toBe(WSAEWOULDBLOCK);
    expect(stateOf(world, s, SOON)).toBe('except');
    for (let i = 0; i < 2; i++) {
      expect(option(world, s, SO_ERROR)).toBe(WSAECONNREFUSED);
      expect(stateOf(world, s)).toBe('except');
      expect(poll(world, s)).toBe(POLLWRNORM | POLLHUP | POLLERR);
    }
    const { name } = world.listener();
    expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    expect(world.ws2.select(0, null, setOf(s), null, SOON)).toBe(1);
    expect([option(world, s, SO_ERROR), stateOf(world, s)]).toEqual([0, 'write']);
  });

  // 13.12
  it('non-blocking, keeps the old error while another connect is under way', (world) => {
    const s = world.tcpSocket();
    world.nonBlocking(s);
    world.connect(s, world.closedPort());
    expect(stateOf(world, s, SOON)).toBe('except');
    const { name } = world.listener();
    expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    expect(option(world, s, SO_ERROR)).toBe(WSAECONNREFUSED);
    expect(world.connect(s, name)).toBe(WSAEALREADY);
    expect(world.ws2.select(0, null, setOf(s), null, SOON)).toBe(1);
  });

  // 24.5
  it('blocking, may be followed by one that does not block', (world) => {
    const s = world.tcpSocket();
    expect(world.connect(s, world.closedPort())).toBe(WSAECONNREFUSED);
    world.nonBlocking(s);
    const { s: listener, name } = world.listener();
    expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    expect(world.ws2.select(0, null, setOf(s), null, SOON)).toBe(1);
    const server = world.accept(listener);
    world.send(s, 'now');
    expect(world.receiveAll(server, 3)).toBe('now');
  });

  // 24.6
  it('or not, runs routines while it waits', (world) => {
    const { s: listener, name } = world.listener();
    let ran = 0;
    world.ws2.host.QueueUserAPC(() => void ran++, null);
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    world.ws2.host.SleepEx(0, true);
    expect(ran).toBe(1);
    world.accept(listener);
  });
});

describeOnEveryChain('select', ({ it }) => {
  // 13.1, 5.3
  it('finds nothing in sockets that are fresh, whatever nfds says', (world) => {
    const [one, other] = [world.tcpSocket(), world.tcpSocket()];
    for (const nfds of [0, 1, -1, 1000]) {
      const sets = [setOf(one, other), setOf(one, other), setOf(one, other)] as const;
      expect(world.ws2.select(nfds, ...sets, AT_ONCE)).toBe(0);
      expect(sets.map(held)).toEqual([[], [], []]);
    }
  });

  // 13.2
  it('finds a socket readable that is closed meanwhile', (world) => {
    const { server } = world.connectedPair();
    world.ws2.host.QueueUserAPC(() => void world.ws2.closesocket(server), null);
    const read = setOf(server);
    expect(world.count(world.ws2.select(0, read, null, null, SOON))).toBe(1);
    expect(held(read)).toEqual([server]);
  });

  // 13.2
  it('fails when a socket of the third set alone is closed meanwhile, and empties the set', (world) => {
    const { server } = world.connectedPair();
    const before = world.now();
    world.ws2.host.QueueUserAPC(() => void world.ws2.closesocket(server), null);
    const except = setOf(server);
    expect(world.code(world.ws2.select(0, null, null, except, SOON))).toBe(WSAENOTSOCK);
    expect(held(except)).toEqual([]);
    expect(world.now() - before).toBeLessThan(1000 * SOON.tv_sec);
  });

  // 13.7
  it('says what a connection is ready for, when it is full too', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    const piece = noise(100_000);
    for (let refused = 0; refused < 20; world.settle()) {
      refused = world.count(world.ws2.send(client, piece, piece.length, 0)) > 0 ? 0 : refused + 1;
    }
    // The kernel may find more room by and by for what a codec has queued.
    const full = !(world.native && world.chain.codec);
    if (full) expect(stateOf(world, client)).toBe('');
    world.send(server, 'x');
    expect(world.ws2.select(0, setOf(client), null, null, SOON)).toBe(1);
    expect(stateOf(world, client)).toMatch(full ? /^read$/ : /^read/);
    world.ws2.closesocket(server);
  });

  // 13.9
  it('has SO_ERROR at 0 after a connect that succeeds, and nothing in any set while it is under way', (world) => {
    const { s: listener, name } = world.listener();
    const s = world.tcpSocket();
    world.nonBlocking(s);
    world.connect(s, name);
    const both = setOf(s);
    // The same set for reading and writing: both questions are asked of it.
    expect(world.count(world.ws2.select(0, both, both, setOf(s), SOON))).toBe(1);
    expect(held(both)).toEqual([s]);
    expect(option(world, s, SO_ERROR)).toBe(0);
    expect(stateOf(world, listener)).toBe('read');
    world.accept(listener);
    expect(stateOf(world, listener)).toBe('');
  });

  // 13.10
  it('tells urgent data in the third set, and in the first when it is in line', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(server);
    world.send(client, 'A', MSG_OOB);
    expect(world.ws2.select(0, null, null, setOf(server), SOON)).toBe(1);
    expect(stateOf(world, server)).toBe('write except');
    expect(world.receive(server, 10, MSG_OOB)).toBe('A');
    expect(stateOf(world, server)).toBe('write');
    expect(option(world, server, SO_OOBINLINE, 1)).toBe(0);
    world.send(client, 'B', MSG_OOB);
    expect(world.ws2.select(0, setOf(server), null, null, SOON)).toBe(1);
    expect(stateOf(world, server)).toBe('read write');
    expect(world.receive(server, 10, MSG_OOB)).toBe(-WSAEINVAL);
    expect(world.receive(server, 10)).toBe('B');
    expect(world.receive(server, 10)).toBe(-WSAEWOULDBLOCK);
  });

  // 13.11
  it('finds the end of a stream readable, and a reset readable and writable', (world) => {
    const ended = world.connectedPair();
    world.ws2.closesocket(ended.client);
    expect(world.ws2.select(0, setOf(ended.server), null, null, SOON)).toBe(1);
    expect(stateOf(world, ended.server)).toBe('read write');
    expect(world.receive(ended.server)).toBe('');
    const broken = world.connectedPair();
    reset(world, broken.client);
    expect(world.ws2.select(0, setOf(broken.server), null, null, SOON)).toBe(1);
    expect(stateOf(world, broken.server)).toBe('read write');
    expect(world.receive(broken.server)).toBe(-WSAECONNRESET);
  });

  it('tells readiness under overlapped receives that would take the data as nothing', (world) => {
    const { client, server } = world.connectedPair();
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSARecv(server, [buffer(10)], 1, null, ref(0), overlapped, null);
    world.send(client, 'x');
    world.until(() => overlapped.Internal === 0);
    expect(stateOf(world, server)).toBe('write');
  });

  it('leaves a socket whose receiving was shut down writable', (world) => {
    const { server } = world.connectedPair();
    world.ws2.shutdown(server, SD_RECEIVE);
    expect(stateOf(world, server)).toContain('write');
    expect(stateOf(world, server)).not.toContain('except');
  });
});
