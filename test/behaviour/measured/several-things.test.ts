// Neighbours of the measured facts: several models, operations and notifications on one socket.
import { expect } from 'vitest';
import {
  FD_ACCEPT,
  FD_ALL_EVENTS,
  FD_CLOSE,
  FD_READ,
  FD_WRITE,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  SD_RECEIVE,
  SD_SEND,
  SIOCATMARK,
  SOL_SOCKET,
  SO_OOBINLINE,
  WSAECONNRESET,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  WSA_IO_PENDING,
  ref,
} from 'ws2spi';
import { buffer, describeOnEveryChain, describeOnEveryDatagramChain, noise } from '../../support/providers.js';
import { reset, Watcher } from './posted.js';
const PENDING = 0x103;
describeOnEveryChain('a connection with several things under way', ({ it }) => {
  it('ends pending sends and receives by a reset, and tells the window too', (world) => {
    const { client, server } = world.connectedPair();
    const w = new Watcher(world);
    const sends: WSAOVERLAPPED[] = [];
    for (let code = 0; code === 0;) {
      const o = new WSAOVERLAPPED();
      code = world.code(world.ws2.WSASend(client, [buffer(noise(1_000_000))], 1, null, 0, o, null));
      sends.push(o);
    }
    const r = new WSAOVERLAPPED();
    world.ws2.WSARecv(client, [buffer(1)], 1, null, ref(0), r, null);
    w.select(client, FD_READ | FD_WRITE | FD_CLOSE);
    w.posted();
    reset(world, server);
    world.until(() => r.Internal !== PENDING && sends.at(-1)!.Internal !== PENDING);
    expect(w.posted(client)).toContain(`CLOSE ${WSAECONNRESET}`);
    expect(world.receive(client)).toBe(-WSAECONNRESET);
  });
  it('reports urgent data in line as FD_READ alone', (world) => {
    const { client, server } = world.connectedPair();
    const w = new Watcher(world);
    world.ws2.setsockopt(server, SOL_SOCKET, SO_OOBINLINE, Uint8Array.of(1, 0, 0, 0), 4);
    w.select(server, FD_ALL_EVENTS & ~FD_WRITE);
    world.send(client, '!', MSG_OOB);
    expect(w.posted(server)).toEqual(['READ']);
    expect(world.receive(server)).toBe('!');
    expect(w.posted(server)).toEqual([]);
    world.send(client, 'ab');
    expect(w.posted(server)).toEqual(['READ']);
    expect(world.receive(server)).toBe('ab');
  });
  it('has SO_OOBINLINE from its listener', (world) => {
    const { s, name } = world.listener();
    world.ws2.setsockopt(s, SOL_SOCKET, SO_OOBINLINE, Uint8Array.of(1, 0, 0, 0), 4);
    const client = world.tcpSocket();
    world.connect(client, name);
    const server = world.accept(s);
    world.send(client, 'a');
    world.send(client, 'B', MSG_OOB);
    expect(world.receiveAll(server, 2)).toBe('aB');
    const v = ref(9);
    world.ws2.ioctlsocket(server, SIOCATMARK, v);
    expect(v.value).toBe(1);
  });
  it('tells its end by the pending receive, and by FD_CLOSE', (world) => {
    const { client, server } = world.connectedPair();
    const e = world.event();
    world.eventSelect(server, e, FD_READ | FD_CLOSE);
    const o = new WSAOVERLAPPED();
    world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), o, null);
    world.ws2.shutdown(client, SD_SEND);
    world.until(() => o.Internal !== PENDING);
    expect([o.Internal, o.InternalHigh]).toEqual([0, 0]);
    expect(world.networkEvents(server)).toEqual({ CLOSE: 0 });
  });
  it('has a send of nothing wait its turn behind others', (world) => {
    const { client, server } = world.connectedPair();
    const sends: WSAOVERLAPPED[] = [];
    for (let code = 0; code === 0;) {
      const o = new WSAOVERLAPPED();
      code = world.code(world.ws2.WSASend(client, [buffer(noise(1_000_000))], 1, null, 0, o, null));
      sends.push(o);
    }
    const z = new WSAOVERLAPPED();
    expect(world.code(world.ws2.WSASend(client, [buffer('')], 1, null, 0, z, null))).toBe(WSA_IO_PENDING);
    world.receiveAll(server, sends.length * 1_000_000);
    world.until(() => z.Internal !== PENDING);
    expect([z.Internal, sends.at(-1)!.Internal]).toEqual([0, 0]);
  });
  it('fills MSG_WAITALL with what comes before the end', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'abc');
    world.ws2.host.QueueUserAPC(() => {
      world.send(client, 'def');
      world.ws2.shutdown(client, SD_SEND);
    }, null);
    expect(world.receive(server, 10, MSG_WAITALL)).toBe('abcdef');
  });
  it('is registered while its connect is under way, and reports that once', (world) => {
    const { name } = world.listener();
    const s = world.tcpSocket();
    world.nonBlocking(s);
    expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    const w = new Watcher(world);
    w.select(s, FD_ALL_EVENTS);
    const first = w.posted(s);
    expect([['CONNECT', 'WRITE'], ['WRITE']]).toContainEqual(first);
    expect(w.posted(s)).toEqual([]);
  });
  it('is reset when the listener is closed before it was accepted', (world) => {
    const { s, name } = world.listener();
    const e = world.event();
    const client = world.tcpSocket();
    world.connect(client, name);
    world.eventSelect(client, e, FD_CLOSE);
    world.ws2.closesocket(s);
    world.until(() => world.signalled(e));
    expect(world.networkEvents(client)).toEqual({ CLOSE: WSAECONNRESET });
  });
  it('may be closed by the routine of one receive, which aborts the next', (world) => {
    const { client, server } = world.connectedPair();
    const told: number[] = [];
    world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), new WSAOVERLAPPED(), (e) => {
      told.push(e);
      world.ws2.closesocket(server);
    });
    world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), new WSAOVERLAPPED(), (e) => void told.push(e));
    world.send(client, 'x');
    world.ws2.host.SleepEx(1000, true);
    world.ws2.host.SleepEx(0, true);
    expect(told).toEqual([0, 995]);
  });
});
describeOnEveryDatagramChain('a connected datagram socket', ({ it, onEveryFamily }) => {
  onEveryFamily('tells of a port that nobody has by FD_READ, and once', (world, family) => {
    const { s: gone, name } = world.boundUdp(family);
    world.ws2.closesocket(gone);
    const s = world.udpSocket(family);
    world.connect(s, name);
    const e = world.event();
    world.eventSelect(s, e, FD_READ);
    world.send(s, 'x');
    expect(world.signalled(e, 60_000)).toBe(true);
    expect(world.networkEvents(s, e)).toEqual({ READ: 0 });
    expect(world.receive(s)).toBe(-WSAECONNRESET);
    expect(world.networkEvents(s, e)).toEqual({});
  });
  it('sends nothing any more after a shutdown of sending', (world) => {
    const { s, name } = world.boundUdp();
    world.connect(s, name);
    expect(world.code(world.ws2.shutdown(s, SD_SEND))).toBe(0);
    expect(world.send(s, 'x')).toBe(-10058);
  });
});

describeOnEveryChain('a connection in unusual order', ({ it }) => {
  it('posts FD_WRITE after a send that was taken in part and one that found no room', (world) => {
    const { client, server } = world.connectedPair();
    const w = new Watcher(world);
    w.select(client, FD_WRITE);
    expect(w.posted()).toEqual(['WRITE']);
    // One huge send, which is taken in part where it does not fit.
    const huge = noise(50_000_000);
    const taken = world.count(world.ws2.send(client, huge, huge.length, 0));
    expect(taken).toBeGreaterThan(0);
    let sent = taken;
    if (taken < huge.length) {
      for (;;) {
        const more = world.count(world.ws2.send(client, huge, 1000, 0));
        if (more === -WSAEWOULDBLOCK) break;
        sent += more;
      }
      world.receiveAll(server, sent);
      expect(w.posted(client)).toContain('WRITE');
    } else world.receiveAll(server, sent);
  });
  it('leaves everything after an overlapped look', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'abc');
    world.until(() => world.ws2.WSAPoll([{ fd: server, events: 0x100, revents: 0 }], 1, 0) === 1);
    const o = new WSAOVERLAPPED();
    expect(world.code(world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(MSG_PEEK), o, null))).toBe(0);
    expect(world.receiveAll(server, 3)).toBe('abc');
  });
  it('that inherited an event object goes over to a window', (world) => {
    const w = new Watcher(world);
    const { s, name } = world.listener();
    const e = world.event();
    world.eventSelect(s, e, FD_ACCEPT | FD_READ);
    const client = world.tcpSocket();
    world.connect(client, name);
    expect(world.networkEvents(s)).toEqual({ ACCEPT: 0 });
    const server = world.accept(s);
    w.select(server, FD_READ | FD_CLOSE);
    world.ws2.WSAResetEvent(e);
    world.send(client, 'x');
    expect(w.posted(server)).toEqual(['READ']);
    expect(world.signalled(e)).toBe(false);
    expect(world.receive(server)).toBe('x');
  });
  it('is told of its end once, though a reset follows', (world) => {
    const { client, server } = world.connectedPair();
    const e = world.event();
    world.ws2.shutdown(client, SD_SEND);
    world.eventSelect(server, e, FD_CLOSE | FD_READ);
    world.until(() => world.signalled(e));
    expect(world.networkEvents(server, e)).toEqual({ CLOSE: 0 });
    world.ws2.setsockopt(client, 0xffff, 0x80, Uint8Array.of(1, 0, 0, 0), 4);
    world.ws2.closesocket(client);
    world.until(() => world.send(server, 'x') < 0);
    expect(world.networkEvents(server, e)).toEqual({});
  });
  it('aborts a receive of urgent data when it is closed', (world) => {
    const { server } = world.connectedPair();
    const port = world.ws2.host.CreateIoCompletionPort(server, null, 1);
    const o = new WSAOVERLAPPED();
    expect(world.code(world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(MSG_OOB), o, null))).toBe(WSA_IO_PENDING);
    world.ws2.closesocket(server);
    expect(o.Internal >>> 0).toBe(0xc0000120);
    world.ws2.host.CloseHandle(port);
  });
  it('ends a receive of urgent data by a reset', (world) => {
    const { client, server } = world.connectedPair();
    const o = new WSAOVERLAPPED();
    world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(MSG_OOB), o, null);
    world.ws2.setsockopt(client, 0xffff, 0x80, Uint8Array.of(1, 0, 0, 0), 4);
    world.ws2.closesocket(client);
    world.until(() => o.Internal !== PENDING);
  });
  it('reports no data after a shutdown of receiving', (world) => {
    const { client, server } = world.connectedPair();
    const w = new Watcher(world);
    w.select(server, FD_ALL_EVENTS);
    w.posted();
    world.ws2.shutdown(server, SD_RECEIVE);
    world.send(client, 'x');
    world.settle();
    expect(w.posted()).not.toContain('READ');
    world.ws2.closesocket(server);
  });
});
