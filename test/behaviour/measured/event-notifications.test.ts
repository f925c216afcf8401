// FD_* notifications by WSAEventSelect (measured behaviour 19, column E) that test/rooms/io/event-select.test.ts leaves
// out.
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
  MSG_OOB,
  MSG_PEEK,
  POLLRDNORM,
  ref,
  SD_BOTH,
  SD_SEND,
  WSA_IO_PENDING,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { buffer, describeOnEveryChain, describeOnEveryDatagramChain, type World } from '../../support/providers.js';
import { reset } from './posted.js';

const ACCEPTING = FD_CONNECT | FD_READ | FD_OOB | FD_ACCEPT;

function watchedListener(world: World, mask: number) {
  const { s, name } = world.listener();
  const event = world.event();
  expect(world.eventSelect(s, event, mask)).toBe(0);
  const call = (): number => {
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    return client;
  };
  return { s, name, event, call };
}

describeOnEveryChain('network events of a listener', ({ it }) => {
  // 19.1.4, 19.1.5
  it('are none for a connection that was accepted and closed, and one for the next', (world) => {
    const { s, event, call } = watchedListener(world, ACCEPTING);
    call();
    expect(world.networkEvents(s, event)).toEqual({ ACCEPT: 0 });
    world.ws2.closesocket(world.accept(s));
    expect(world.networkEvents(s)).toEqual({});
    expect(world.signalled(event)).toBe(false);
    call();
    expect(world.networkEvents(s, event)).toEqual({ ACCEPT: 0 });
  });

  // 19.1.7
  it('are none when accept consumed the connection before FD_ACCEPT was wanted', (world) => {
    const { s, event, call } = watchedListener(world, FD_CONNECT | FD_READ);
    call();
    expect(world.networkEvents(s)).toEqual({});
    world.accept(s);
    world.eventSelect(s, event, ACCEPTING);
    expect(world.networkEvents(s)).toEqual({});
    call();
    world.settle();
    world.eventSelect(s, event, FD_READ);
    world.eventSelect(s, event, ACCEPTING);
    expect(world.networkEvents(s)).toEqual({ ACCEPT: 0 });
  });

  it('are recorded again after an accept that failed for the room for the name', (world) => {
    const { s, event, call } = watchedListener(world, FD_ACCEPT);
    call();
    expect(world.networkEvents(s, event)).toEqual({ ACCEPT: 0 });
    expect(world.ws2.accept(s, new Uint8Array(4), ref(4))).toBe(0xffffffff);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(world.networkEvents(s, event)).toEqual({ ACCEPT: 0 });
  });

  // 19.1.8
  it('are inherited: an accepted socket reports to the same event object, until told otherwise', (world) => {
    const { s, event, call } = watchedListener(world, FD_ACCEPT | FD_READ | FD_WRITE | FD_CLOSE);
    const clients = [call(), call()];
    const servers = clients.map(() => {
      world.until(() => world.ws2.WSAPoll([{ fd: s, events: POLLRDNORM, revents: 0 }], 1, 0) === 1);
      return world.accept(s);
    });
    for (const server of servers) expect(world.networkEvents(server)).toEqual({ WRITE: 0 });
    world.ws2.WSAResetEvent(event);
    const own = world.event();
    world.eventSelect(servers[1]!, own, FD_READ);
    world.send(clients[1]!, 'x');
    world.until(() => world.signalled(own));
    expect(world.signalled(event)).toBe(false);
    world.eventSelect(s, null, 0);
    world.send(clients[0]!, 'x');
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(servers[0]!, event)).toEqual({ READ: 0 });
  });
});

describeOnEveryChain('network events of a connection', ({ it }) => {
  it('know why a blocking connect failed, however late they are asked for', (world) => {
    const s = world.tcpSocket();
    expect(world.connect(s, world.closedPort())).toBe(WSAECONNREFUSED);
    world.eventSelect(s, world.event(), FD_ALL_EVENTS);
    expect(world.networkEvents(s)).toEqual({ CONNECT: WSAECONNREFUSED });
  });

  it('are recorded for every attempt to connect', (world) => {
    const { name } = world.listener();
    const s = world.tcpSocket();
    const event = world.event();
    world.eventSelect(s, event, FD_CONNECT | FD_WRITE);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(world.connect(s, world.closedPort())).toBe(WSAEWOULDBLOCK);
      expect(world.signalled(event, 60_000)).toBe(true);
      expect(world.networkEvents(s, event)).toEqual({ CONNECT: WSAECONNREFUSED });
    }
    world.connect(s, name);
    world.until(() => world.ws2.select(0, null, { fd_count: 1, fd_array: [s] }, null, { tv_sec: 0, tv_usec: 0 }) === 1);
    expect(world.networkEvents(s, event)).toEqual({ CONNECT: 0, WRITE: 0 });
  });

  // 19.4.4
  it('are not recorded again by a recv that failed for its arguments', (world) => {
    const { client, server } = world.connectedPair();
    world.eventSelect(server, world.event(), FD_READ);
    world.send(client, 'x');
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
    expect(world.count(world.ws2.recv(server, new Uint8Array(1), -1, 0))).toBe(-WSAEFAULT);
    expect(world.count(world.ws2.WSARecv(server, [], 0, ref(0), ref(0), null, null))).toBe(-WSAEINVAL);
    expect(world.networkEvents(server)).toEqual({});
  });

  // 19.4.6, 19.4.8
  it('are neither consumed nor repeated by WSAPoll', (world) => {
    const { client, server } = world.connectedPair();
    const entry = { fd: server, events: POLLRDNORM, revents: 0 };
    world.send(client, 'x');
    expect(world.ws2.WSAPoll([entry], 1, 5000)).toBe(1);
    const event = world.event();
    world.eventSelect(server, event, FD_READ | FD_WRITE);
    expect(world.networkEvents(server, event)).toEqual({ READ: 0, WRITE: 0 });
    expect(world.ws2.WSAPoll([entry], 1, 5000)).toBe(1);
    world.settle();
    expect(world.signalled(event)).toBe(false);
    expect(world.networkEvents(server)).toEqual({});
  });

  it('are recorded again by a look at data, which leaves it', (world) => {
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(server, event, FD_READ | FD_OOB);
    world.send(client, 'x');
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
    expect(world.receive(server, 1, MSG_PEEK)).toBe('x');
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
    expect(world.receive(server, 1)).toBe('x');
    world.send(client, '!', MSG_OOB);
    expect(world.networkEvents(server, event)).toEqual({ OOB: 0 });
    expect(world.receive(server, 1, MSG_OOB | MSG_PEEK)).toBe('!');
    expect(world.networkEvents(server, event)).toEqual({ OOB: 0 });
    expect(world.receive(server, 1, MSG_OOB)).toBe('!');
    expect(world.networkEvents(server, event)).toEqual({});
  });

  it('tell the end once, when it came before the registration too', (world) => {
    const { client, server } = world.connectedPair();
    world.ws2.closesocket(client);
    world.until(() => world.ws2.WSAPoll([{ fd: server, events: 0, revents: 0 }], 1, 0) === 1);
    const event = world.event();
    world.eventSelect(server, event, FD_READ | FD_CLOSE);
    expect(world.networkEvents(server, event)).toEqual({ CLOSE: 0 });
    expect(world.receive(server)).toBe('');
    expect(world.networkEvents(server, event)).toEqual({});
    expect(world.signalled(event)).toBe(false);
  });

  it('tell a reset with its error, when it came before the registration too', (world) => {
    const { client, server } = world.connectedPair();
    reset(world, client);
    world.until(() => world.ws2.WSAPoll([{ fd: server, events: 0, revents: 0 }], 1, 0) === 1);
    const event = world.event();
    world.eventSelect(server, event, FD_READ | FD_CLOSE);
    expect(world.networkEvents(server, event)).toEqual({ CLOSE: WSAECONNRESET });
    expect(world.receive(server)).toBe(-WSAECONNRESET);
    expect(world.networkEvents(server, event)).toEqual({});
  });

  it('tell a reset after data that was not read, which is gone', (world) => {
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(server, event, FD_READ | FD_CLOSE);
    world.send(client, 'never read');
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
    reset(world, client);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(server, event)).toEqual({ CLOSE: WSAECONNRESET });
    expect(world.receive(server)).toBe(-WSAECONNRESET);
  });

  it('tell a reset of a stream whose end was told already', (world) => {
    const { client, server } = world.connectedPair();
    world.ws2.shutdown(client, SD_SEND);
    const event = world.event();
    world.eventSelect(server, event, FD_READ | FD_WRITE | FD_CLOSE);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(server, event)).toMatchObject({ CLOSE: 0 });
    // The other half still works.
    world.send(server, 'half');
    expect(world.receiveAll(client, 4)).toBe('half');
    expect(world.networkEvents(server, event)).toEqual({});
  });

  it('say nothing of a shutdown of the socket’s own', (world) => {
    const { server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(server, event, FD_READ | FD_CLOSE);
    world.ws2.shutdown(server, SD_BOTH);
    expect(world.networkEvents(server, event)).toEqual({});
  });

  // 31.9, 19.7
  it('are not needed for overlapped receives, which pend on a non-blocking socket', (world) => {
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(server, event, FD_READ);
    world.ws2.ioctlsocket(server, FIONBIO, ref(1));
    const [overlapped, room] = [new WSAOVERLAPPED(), buffer(3)];
    expect(world.code(world.ws2.WSARecv(server, [room], 1, null, ref(0), overlapped, null))).toBe(WSA_IO_PENDING);
    world.send(client, 'abc');
    world.until(() => overlapped.Internal === 0);
    expect(world.networkEvents(server)).toEqual({});
  });

  it('signal an event object shared by several sockets, each of which keeps its own record', (world) => {
    const one = world.connectedPair();
    const other = world.connectedPair();
    const event = world.event();
    world.eventSelect(one.server, event, FD_READ);
    world.eventSelect(other.server, event, FD_READ);
    world.send(one.client, 'x');
    world.send(other.client, 'y');
    world.until(() => world.signalled(event));
    expect(world.networkEvents(one.server, event)).toEqual({ READ: 0 });
    expect(world.networkEvents(other.server)).toEqual({ READ: 0 });
  });
});

describeOnEveryDatagramChain('network events of datagram sockets', ({ it }) => {
  // 19.2.6
  it('have FD_WRITE once the socket is bound, by bind or by sending', (world) => {
    const bound = world.udpSocket();
    world.eventSelect(bound, world.event(), FD_ALL_EVENTS);
    expect(world.networkEvents(bound)).toEqual({});
    const { name } = world.boundUdp();
    const any = name.slice();
    any.fill(0, 2, 4);
    expect(world.code(world.ws2.bind(bound, any, any.length))).toBe(0);
    expect(world.networkEvents(bound)).toEqual({ WRITE: 0 });
    const sending = world.udpSocket();
    world.eventSelect(sending, world.event(), FD_ALL_EVENTS);
    world.ws2.sendto(sending, Buffer.from('x'), 1, 0, name, name.length);
    expect(world.networkEvents(sending)).toEqual({ WRITE: 0 });
  });

  it('tell of an empty datagram, which recv takes', (world) => {
    const { s, name } = world.boundUdp();
    const event = world.event();
    world.eventSelect(s, event, FD_READ);
    world.ws2.sendto(world.udpSocket(), new Uint8Array(0), 0, 0, name, name.length);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(s, event)).toEqual({ READ: 0 });
    expect(world.receive(s)).toBe('');
    expect(world.networkEvents(s, event)).toEqual({});
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
  });
});
