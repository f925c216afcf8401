// FD_* notifications by WSAAsyncSelect (measured behaviour 19, column M), and between the two registrations.
import { expect } from 'vitest';
import {
  FD_ACCEPT,
  FD_ALL_EVENTS,
  FD_CLOSE,
  FD_CONNECT,
  FD_OOB,
  FD_READ,
  FD_WRITE,
  FIONBIO,
  MSG_PEEK,
  ref,
  WSA_IO_PENDING,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import {
  buffer,
  describeOnEveryChain,
  describeOnEveryDatagramChain,
  noise,
  type World,
} from '../../support/providers.js';
import { Watcher } from './posted.js';

const ACCEPTING = FD_CONNECT | FD_READ | FD_OOB | FD_ACCEPT;

function call(world: World, name: Uint8Array): number {
  const client = world.tcpSocket();
  expect(world.connect(client, name)).toBe(0);
  return client;
}

/** Fills a connection until a send would block, and still would when everything has moved; the bytes that went. */
function fill(world: World, s: number): number {
  const piece = noise(100_000);
  let sent = 0;
  for (let refused = 0; refused < 20; world.settle()) {
    const taken = world.count(world.ws2.send(s, piece, piece.length, 0));
    if (taken === -WSAEWOULDBLOCK) refused++;
    else [sent, refused] = [sent + taken, 0];
  }
  return sent;
}

/** Takes so many bytes from a blocking socket. */
function drain(world: World, s: number, length: number): void {
  const piece = noise(1_000_000);
  for (let left = length; left > 0;) {
    const got = world.count(world.ws2.recv(s, piece, Math.min(left, piece.length), 0));
    expect(got).toBeGreaterThan(0);
    left -= got;
  }
}

describeOnEveryChain('FD_ACCEPT posted to a window', ({ it }) => {
  // 19.1.1, 19.1.2, 19.1.3
  it('comes once per need, with each registration while a connection waits, and for no second arrival', (world) => {
    const watcher = new Watcher(world);
    const { s, name } = world.listener();
    watcher.select(s, ACCEPTING);
    expect(watcher.posted()).toEqual([]);
    call(world, name);
    expect(watcher.posted(s)).toEqual(['ACCEPT']);
    expect(watcher.posted()).toEqual([]);
    watcher.select(s, ACCEPTING);
    expect(watcher.posted()).toEqual(['ACCEPT']);
    watcher.select(s, 0);
    watcher.select(s, ACCEPTING);
    expect(watcher.posted()).toEqual(['ACCEPT']);
    call(world, name);
    expect(watcher.posted()).toEqual([]);
  });

  // 19.1.4, 19.1.5
  it('comes again after accept while another waits, and for the next', (world) => {
    const watcher = new Watcher(world);
    const { s, name } = world.listener();
    watcher.select(s, ACCEPTING);
    call(world, name);
    call(world, name);
    expect(watcher.posted()).toEqual(['ACCEPT']);
    watcher.select(world.accept(s), 0);
    expect(watcher.posted(s)).toEqual(['ACCEPT']);
    watcher.select(world.accept(s), 0);
    expect(watcher.posted()).toEqual([]);
    call(world, name);
    expect(watcher.posted()).toEqual(['ACCEPT']);
    world.ws2.closesocket(world.accept(s));
    expect(watcher.posted()).toEqual([]);
  });

  // 19.1.6, 19.1.7
  it('comes for a connection that was there before FD_ACCEPT was selected, unless accept took it', (world) => {
    const watcher = new Watcher(world);
    const { s, name } = world.listener();
    call(world, name);
    watcher.select(s, FD_CONNECT | FD_READ);
    expect(watcher.posted()).toEqual([]);
    watcher.select(s, ACCEPTING);
    expect(watcher.posted()).toEqual(['ACCEPT']);
    watcher.select(s, FD_CONNECT | FD_READ);
    watcher.select(world.accept(s), 0);
    watcher.select(s, ACCEPTING);
    expect(watcher.posted()).toEqual([]);
  });

  // 19.1.8
  it('hands the registration on: the accepted socket has its FD_WRITE with its own handle', (world) => {
    const watcher = new Watcher(world);
    const { s, name } = world.listener();
    watcher.select(s, FD_ACCEPT | FD_WRITE | FD_READ | FD_CLOSE);
    const client = call(world, name);
    expect(watcher.posted(s)).toEqual(['ACCEPT']);
    const server = world.accept(s);
    expect(watcher.posted(server)).toEqual(['WRITE']);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    world.send(client, 'x');
    expect(watcher.posted(server)).toEqual(['READ']);
    world.receive(server);
    world.ws2.closesocket(client);
    expect(watcher.posted(server)).toEqual(['CLOSE']);
  });

  // 19.1.9
  it('does not come for the connection that AcceptEx takes, but for the next', (world) => {
    const watcher = new Watcher(world);
    const { s, name } = world.listener();
    watcher.select(s, ACCEPTING);
    const acceptor = world.tcpSocket();
    const overlapped = new WSAOVERLAPPED();
    world.ws2.AcceptEx(s, acceptor, new Uint8Array(88), 0, 44, 44, ref(0), overlapped);
    call(world, name);
    expect(watcher.posted()).toEqual([]);
    expect(overlapped.Internal).toBe(0);
    call(world, name);
    expect(watcher.posted(s)).toEqual(['ACCEPT']);
  });
});

describeOnEveryChain('FD_CONNECT and FD_WRITE posted to a window', ({ it }) => {
  // 19.2.1, 19.2.2
  it('come in that order when a connect succeeds, and FD_WRITE alone when selected again', (world) => {
    const watcher = new Watcher(world);
    const { name } = world.listener();
    const s = world.tcpSocket();
    watcher.select(s, FD_ALL_EVENTS);
    expect(watcher.posted()).toEqual([]);
    expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    expect(watcher.posted(s)).toEqual(['CONNECT', 'WRITE']);
    watcher.select(s, 0);
    watcher.select(s, FD_ALL_EVENTS);
    expect(watcher.posted(s)).toEqual(['WRITE']);
  });

  // 19.2.3, 19.2.4
  it('leave a past connect out: a connected socket has FD_WRITE, and so has an accepted one', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(client, FD_ALL_EVENTS);
    expect(watcher.posted(client)).toEqual(['WRITE']);
    watcher.select(server, FD_ALL_EVENTS);
    expect(watcher.posted(server)).toEqual(['WRITE']);
  });

  // 19.2.5
  it('give FD_WRITE again, and no FD_CONNECT, when FD_CONNECT is selected after the connect', (world) => {
    const watcher = new Watcher(world);
    const { name } = world.listener();
    const s = world.tcpSocket();
    watcher.select(s, FD_READ | FD_WRITE);
    world.connect(s, name);
    expect(watcher.posted(s)).toEqual(['WRITE']);
    watcher.select(s, FD_CONNECT | FD_WRITE);
    expect(watcher.posted(s)).toEqual(['WRITE']);
  });

  it('come for each connect that is tried: a failure, another, and a success', (world) => {
    const watcher = new Watcher(world);
    const { name } = world.listener();
    const s = world.tcpSocket();
    watcher.select(s, FD_CONNECT | FD_WRITE);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(world.connect(s, world.closedPort())).toBe(WSAEWOULDBLOCK);
      expect(watcher.posted(s)).toEqual([`CONNECT ${WSAECONNREFUSED}`]);
    }
    expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    expect(watcher.posted(s)).toEqual(['CONNECT', 'WRITE']);
  });

  it('follow a send that found no room before the socket was registered', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    world.ws2.ioctlsocket(client, FIONBIO, ref(1));
    const sent = fill(world, client);
    watcher.select(client, FD_WRITE);
    const before = watcher.posted();
    // The kernel may find more room by and by for what a codec has queued.
    if (!(world.native && world.chain.codec)) expect(before).toEqual([]);
    drain(world, server, sent);
    expect([...before, ...watcher.posted(client)]).toEqual(['WRITE']);
  });
});

describeOnEveryDatagramChain('FD_CONNECT and FD_WRITE of datagram sockets posted to a window', ({ it }) => {
  // 19.2.6
  it('give FD_WRITE at once, bound or not, and after a connect', (world) => {
    const watcher = new Watcher(world);
    const s = world.udpSocket();
    watcher.select(s, FD_ALL_EVENTS);
    expect(watcher.posted(s)).toEqual(['WRITE']);
    const { name } = world.boundUdp();
    expect(world.connect(s, name)).toBe(0);
    watcher.posted(s);
    watcher.select(s, FD_ALL_EVENTS);
    expect(watcher.posted(s)).toEqual(['WRITE']);
  });

  it('post FD_READ once for several datagrams, and again after each recvfrom that leaves one', (world) => {
    const watcher = new Watcher(world);
    const { s, name } = world.boundUdp();
    watcher.select(s, FD_READ);
    const sender = world.udpSocket();
    for (const text of ['one', 'two', '']) {
      world.ws2.sendto(sender, Buffer.from(text), text.length, 0, name, name.length);
    }
    expect(watcher.posted(s)).toEqual(['READ']);
    expect(world.receive(s, 10, MSG_PEEK)).toBe('one');
    expect(watcher.posted(s)).toEqual(['READ']);
    expect(world.receive(s)).toBe('one');
    expect(watcher.posted(s)).toEqual(['READ']);
    expect(world.receive(s)).toBe('two');
    expect(watcher.posted(s)).toEqual(['READ']);
    expect(world.receive(s)).toBe('');
    expect(watcher.posted(s)).toEqual([]);
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
    expect(watcher.posted(s)).toEqual([]);
  });
});

describeOnEveryChain('FD_READ posted to a window', ({ it }) => {
  // 19.4.1, 19.4.2
  it('comes once, and with each registration while data waits', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ);
    world.send(client, 'x');
    expect(watcher.posted(server)).toEqual(['READ']);
    watcher.select(server, FD_READ);
    expect(watcher.posted()).toEqual(['READ']);
    watcher.select(server, 0);
    watcher.select(server, FD_READ);
    expect(watcher.posted()).toEqual(['READ']);
    world.send(client, 'more');
    expect(watcher.posted()).toEqual([]);
  });

  // 19.4.3
  it('comes again after each receive that leaves something, looks included, and not after the last', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ);
    world.send(client, 'abc');
    expect(watcher.posted(server)).toEqual(['READ']);
    expect(world.receive(server, 3, MSG_PEEK)).not.toBe('');
    expect(watcher.posted(server)).toEqual(['READ']);
    expect(world.receive(server, 1)).toBe('a');
    expect(watcher.posted(server)).toEqual(['READ']);
    expect(world.receive(server, 1)).toBe('b');
    expect(watcher.posted(server)).toEqual(['READ']);
    expect(world.receive(server, 1)).toBe('c');
    expect(watcher.posted()).toEqual([]);
  });

  // 19.4.4
  it('comes again after a recv that failed for its arguments', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ);
    world.send(client, 'x');
    expect(watcher.posted(server)).toEqual(['READ']);
    expect(world.count(world.ws2.recv(server, new Uint8Array(1), -1, 0))).toBe(-WSAEFAULT);
    expect(watcher.posted(server)).toEqual(['READ']);
  });

  // 19.4.5
  it('comes for data that came while nothing was selected, unless it was taken', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ);
    watcher.select(server, 0);
    world.send(client, 'x');
    expect(watcher.posted()).toEqual([]);
    watcher.select(server, FD_READ);
    expect(watcher.posted()).toEqual(['READ']);
    watcher.select(server, 0);
    world.receive(server);
    watcher.select(server, FD_READ);
    expect(watcher.posted()).toEqual([]);
  });

  // 19.4.6, 19.4.8
  it('is neither consumed nor repeated by WSAPoll and select', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    world.send(client, 'x');
    const entry = { fd: server, events: 0x100, revents: 0 };
    expect(world.ws2.WSAPoll([entry], 1, 5000)).toBe(1);
    watcher.select(server, FD_READ | FD_WRITE);
    expect(watcher.posted(server).sort()).toEqual(['READ', 'WRITE']);
    expect(world.ws2.WSAPoll([entry], 1, 5000)).toBe(1);
    world.ws2.select(0, { fd_count: 1, fd_array: [server] }, null, null, null);
    expect(watcher.posted()).toEqual([]);
  });

  // 19.4.7, 31.9, 31.10
  it('does not come for what a pending overlapped receive takes', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ);
    const overlapped = new WSAOVERLAPPED();
    expect(world.code(world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), overlapped, null))).toBe(WSA_IO_PENDING);
    world.send(client, 'a');
    expect(watcher.posted()).toEqual([]);
    expect(overlapped.Internal).toBe(0);
    world.send(client, 'b');
    expect(watcher.posted(server)).toEqual(['READ']);
  });
});
