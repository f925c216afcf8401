// WSAPoll, datagram sockets, and timeouts (measured behaviour 13, 23, 37).
import { expect } from 'vitest';
import {
  FIONREAD,
  MSG_OOB,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLPRI,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRNORM,
  ref,
  SD_RECEIVE,
  SD_SEND,
  SO_OOBINLINE,
  SO_RCVTIMEO,
  WSA_IO_PENDING,
  WSAECONNRESET,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAETIMEDOUT,
  WSAOVERLAPPED,
} from 'ws2spi';
import { buffer, describeOnEveryChain, describeOnEveryDatagramChain, textOf } from '../../support/providers.js';
import { option, poll, setOf, SOON, stateOf } from './looking.js';

/** In which of the three sets a select leaves a socket. */

describeOnEveryChain('WSAPoll', ({ it }) => {
  // 23.2
  it('refuses every event that cannot be asked for', (world) => {
    const { s } = world.listener();
    const bad = [POLLERR, POLLHUP, POLLNVAL, POLLPRI, 0x20, 0x8, 0x40, 0x80, 0x800, 0x1000, 0x2000, 0x4000, 0x8000];
    for (const events of bad) {
      const entry = { fd: s, events: POLLIN | events, revents: 0 };
      expect(world.code(world.ws2.WSAPoll([entry], 1, 0)), events.toString(16)).toBe(WSAEINVAL);
    }
    expect(poll(world, s)).toBe(0);
  });

  // 23.3
  it('does not count what is not a socket, and looks at no events of a negative one', (world) => {
    const { s } = world.listener();
    const entries = [
      { fd: s, events: POLLIN, revents: 0xaaaa },
      { fd: -1, events: POLLERR, revents: 0xaaaa },
      { fd: 0xabacab, events: POLLIN, revents: 0xaaaa },
    ];
    expect(world.count(world.ws2.WSAPoll(entries, 3, 0))).toBe(0);
    expect(world.ws2.WSAGetLastError()).toBe(0);
    expect(entries.map(({ revents }) => revents)).toEqual([0, POLLNVAL, POLLNVAL]);
    const negative = [{ fd: -1, events: POLLERR, revents: 0 }];
    expect(world.code(world.ws2.WSAPoll(negative, 1, 0))).toBe(WSAENOTSOCK);
    expect(negative[0]!.revents).toBe(POLLNVAL);
  });

  // 23.4
  it('tells urgent data in its own band, and each kind of it in line as data', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'A', MSG_OOB);
    world.until(() => poll(world, server) === (POLLWRNORM | POLLRDBAND));
    expect(poll(world, server, POLLRDNORM)).toBe(0);
    world.receive(server, 1, MSG_OOB);
    option(world, server, SO_OOBINLINE, 1);
    world.send(client, 'B', MSG_OOB);
    world.until(() => poll(world, server) === (POLLWRNORM | POLLRDNORM));
    expect(poll(world, server, POLLRDBAND)).toBe(0);
    expect(world.receive(server)).toBe('B');
  });

  // 23.5
  it('tells the end of the peer alone, with or without data, and whether it was asked for or not', (world) => {
    const { client, server } = world.connectedPair();
    world.ws2.shutdown(client, SD_RECEIVE);
    expect([poll(world, client), poll(world, server)]).toEqual([POLLWRNORM, POLLWRNORM]);
    world.ws2.shutdown(client, SD_SEND);
    world.until(() => poll(world, server) === (POLLWRNORM | POLLHUP));
    expect(poll(world, server, 0)).toBe(POLLHUP);
    world.ws2.closesocket(client);
    world.settle();
    expect(poll(world, server) & (POLLHUP | POLLWRNORM)).toBe(POLLHUP | POLLWRNORM);
  });

  // 23.6
  it('counts a socket that is closed while it waits', (world) => {
    const { server } = world.connectedPair();
    const other = world.tcpSocket();
    world.ws2.host.QueueUserAPC(() => void world.ws2.closesocket(server), null);
    const entries = [
      { fd: other, events: POLLIN, revents: 0 },
      { fd: server, events: POLLIN, revents: 0 },
    ];
    expect(world.count(world.ws2.WSAPoll(entries, 2, 5000))).toBe(1);
    expect(entries.map(({ revents }) => revents)).toEqual([0, POLLNVAL]);
  });
});

describeOnEveryDatagramChain('WSAPoll and select of datagram sockets', ({ it, onEveryFamily }) => {
  // 23.8, 13.16
  onEveryFamily('tell what can be done, bound or not', (world, family) => {
    const s = world.udpSocket(family);
    expect([poll(world, s), stateOf(world, s)]).toEqual([POLLWRNORM, 'write']);
    const { s: bound, name } = world.boundUdp(family);
    expect([poll(world, bound), stateOf(world, bound)]).toEqual([POLLWRNORM, 'write']);
    world.ws2.sendto(s, new Uint8Array(0), 0, 0, name, name.length);
    world.until(() => poll(world, bound) === (POLLWRNORM | POLLRDNORM));
    expect(stateOf(world, bound)).toBe('read write');
    expect(world.receive(bound)).toBe('');
    expect(stateOf(world, bound)).toBe('write');
  });

  it('find a socket with an error to tell readable', (world) => {
    const { s: gone, name } = world.boundUdp();
    world.ws2.closesocket(gone);
    const s = world.udpSocket();
    world.connect(s, name);
    world.send(s, 'x');
    expect(world.ws2.select(0, setOf(s), null, null, SOON)).toBe(1);
    expect(world.receive(s)).toBe(-WSAECONNRESET);
    expect(stateOf(world, s)).toBe('write');
  });
});

describeOnEveryChain('SO_RCVTIMEO', ({ it, onEveryFamily }) => {
  // 37
  onEveryFamily('ends a blocking receive, and not an overlapped one', (world, family) => {
    const { client, server } = world.connectedPair(family);
    expect(option(world, server, SO_RCVTIMEO)).toBe(0);
    expect(option(world, server, SO_RCVTIMEO, 100)).toBe(0);
    expect(world.receive(server)).toBe(-WSAETIMEDOUT);
    const bytes = ref(0xdeadbeef);
    expect(world.code(world.ws2.WSARecv(server, [buffer(1)], 1, bytes, ref(0), null, null))).toBe(WSAETIMEDOUT);
    expect(bytes.value).toBe(0xdeadbeef);
    const [overlapped, room] = [new WSAOVERLAPPED(), buffer(1)];
    expect(world.code(world.ws2.WSARecv(server, [room], 1, null, ref(0), overlapped, null))).toBe(WSA_IO_PENDING);
    world.ws2.host.SleepEx(150, false);
    expect(overlapped.Internal).toBe(0x103);
    world.send(client, 'x');
    world.until(() => overlapped.Internal === 0);
    expect(textOf(room)).toBe('x');
    world.send(client, 'y');
    expect(world.receive(server)).toBe('y');
    const count = ref(9);
    world.ws2.ioctlsocket(server, FIONREAD, count);
    expect(count.value).toBe(0);
  });

  it('ends an accept that waits, and the listener goes on', (world) => {
    const { s, name } = world.listener();
    option(world, s, SO_RCVTIMEO, 30);
    expect(world.ws2.accept(s, null, null)).toBe(0xffffffff);
    expect(world.ws2.WSAGetLastError()).toBe(WSAETIMEDOUT);
    world.connect(world.tcpSocket(), name);
    world.accept(s);
  });
});
