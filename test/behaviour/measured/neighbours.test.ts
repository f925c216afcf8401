// Neighbours of the measured facts, derived from the specification.
import { expect } from 'vitest';
import {
  FD_ACCEPT,
  FD_ALL_EVENTS,
  FD_CLOSE,
  FD_READ,
  FD_WRITE,
  MSG_OOB,
  ref,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_UPDATE_CONNECT_CONTEXT,
  SOL_SOCKET,
  TF_REUSE_SOCKET,
  WSA_IO_PENDING,
  WSAECONNRESET,
  WSAEINVAL,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { buffer, describeOnEveryChain, loopback, textOf, type World } from '../../support/providers.js';
import { reset, Watcher } from './posted.js';
const PENDING = 0x103;
function begin(world: World, s: number, size: number, flags = 0) {
  const overlapped = new WSAOVERLAPPED();
  const room = buffer(size);
  const code = world.code(world.ws2.WSARecv(s, [room], 1, null, ref(flags), overlapped, null));
  return { overlapped, room, code };
}

describeOnEveryChain('an overlapped receive', ({ it }) => {
  it('does not wait behind one of urgent data', (world) => {
    const { client, server } = world.connectedPair();
    const oob = begin(world, server, 1, MSG_OOB);
    expect(oob.code).toBe(WSA_IO_PENDING);
    const normal = begin(world, server, 1);
    world.send(client, 'x');
    world.until(() => normal.overlapped.Internal !== PENDING);
    expect(oob.overlapped.Internal).toBe(PENDING);
    world.send(client, '!', MSG_OOB);
    world.until(() => oob.overlapped.Internal !== PENDING);
    expect([textOf(normal.room), textOf(oob.room)]).toEqual(['x', '!']);
  });

  it('of urgent data does not wait behind other ones', (world) => {
    const { client, server } = world.connectedPair();
    const normal = begin(world, server, 1);
    const oob = begin(world, server, 1, MSG_OOB);
    world.send(client, '!', MSG_OOB);
    world.until(() => oob.overlapped.Internal !== PENDING);
    expect(normal.overlapped.Internal).toBe(PENDING);
    // And a plain one.
    world.send(client, '?', MSG_OOB);
    world.settle();
    world.until(() => {
      const x = { fd_count: 1, fd_array: [server] };
      return world.ws2.select(0, null, null, x, { tv_sec: 0, tv_usec: 0 }) === 1;
    });
    expect(world.receive(server, 1, MSG_OOB)).toBe('?');
    world.send(client, 'x');
    world.until(() => normal.overlapped.Internal !== PENDING);
  });

  it('with a routine tells that alone, and not its event', (world) => {
    const { client, server } = world.connectedPair();
    const event = world.event();
    const o = Object.assign(new WSAOVERLAPPED(), { hEvent: event });
    const told: number[] = [];
    world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), o, (e, n) => void told.push(e, n));
    world.send(client, 'x');
    world.until(() => o.Internal !== PENDING);
    world.ws2.host.SleepEx(0, true);
    expect(told).toEqual([0, 1]);
    expect(world.signalled(event)).toBe(false);
  });

  it('takes no routine where a port is told', (world) => {
    const { server } = world.connectedPair();
    const port = world.ws2.host.CreateIoCompletionPort(server, null, 1);
    const routine = (): void => undefined;
    const result = world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), new WSAOVERLAPPED(), routine);
    expect(world.code(result)).toBe(WSAEINVAL);
    world.ws2.host.CloseHandle(port);
  });
});

describeOnEveryChain('shutdown of receiving', ({ it }) => {
  it('resets the connection when data arrives', (world) => {
    const { client, server } = world.connectedPair();
    world.ws2.shutdown(server, SD_RECEIVE);
    world.send(client, 'x');
    world.settle();
    world.until(() => world.ws2.WSAPoll([{ fd: client, events: 0, revents: 0 }], 1, 0) === 1);
    expect(world.receive(client)).toBe(-WSAECONNRESET);
  });

  it('resets the connection when data is still queued', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'x');
    world.until(
      () => world.ws2.select(0, { fd_count: 1, fd_array: [server] }, null, null, { tv_sec: 0, tv_usec: 0 }) === 1,
    );
    world.ws2.shutdown(server, SD_RECEIVE);
    world.settle();
    world.until(() => world.ws2.WSAPoll([{ fd: client, events: 0, revents: 0 }], 1, 0) === 1);
    expect(world.receive(client)).toBe(-WSAECONNRESET);
  });

  it('and sending leaves nothing to be reported', (world) => {
    const { client, server } = world.connectedPair();
    world.ws2.shutdown(server, SD_BOTH);
    const watcher = new Watcher(world);
    watcher.select(server, FD_ALL_EVENTS);
    expect(watcher.posted()).toEqual([]);
    expect(world.receive(client)).toBe('');
  });

  it('by WSARecvDisconnect has the end of the stream be no data', (world) => {
    const { client, server } = world.connectedPair();
    const e = world.event();
    world.eventSelect(server, e, FD_READ | FD_CLOSE);
    world.ws2.WSARecvDisconnect(server, null);
    world.ws2.shutdown(client, SD_SEND);
    world.settle();
    expect(world.networkEvents(server).READ).toBeUndefined();
  });
});

describeOnEveryChain('a socket of AcceptEx', ({ it }) => {
  it('reports to the event object that it was registered with before', (world) => {
    const { s: listener, name } = world.listener();
    const acceptor = world.tcpSocket();
    const event = world.event();
    world.eventSelect(acceptor, event, FD_READ | FD_WRITE | FD_CLOSE);
    const overlapped = new WSAOVERLAPPED();
    world.ws2.AcceptEx(listener, acceptor, new Uint8Array(88), 0, 44, 44, ref(0), overlapped);
    const client = world.tcpSocket();
    world.connect(client, name);
    world.until(() => overlapped.Internal !== PENDING);
    world.send(client, 'x');
    world.until(() => world.signalled(event));
    expect(world.networkEvents(acceptor)).toMatchObject({ READ: 0 });
    world.receive(acceptor);
    world.ws2.closesocket(client);
    world.until(() => world.signalled(event));
    expect(world.networkEvents(acceptor)).toMatchObject({ CLOSE: 0 });
  });
});

describeOnEveryChain('a socket used again after DisconnectEx', ({ it }) => {
  it('reports its new connection to the same window', (world) => {
    const watcher = new Watcher(world);
    const { s: listener, name } = world.listener();
    const s = world.tcpSocket();
    world.ws2.bind(s, loopback(), 16);
    watcher.select(s, FD_ALL_EVENTS);
    const connect = () => {
      const o = new WSAOVERLAPPED();
      world.ws2.ConnectEx(s, name, 16, null, 0, null, o);
      world.until(() => o.Internal !== PENDING);
      expect(o.Internal).toBe(0);
    };
    connect();
    expect(watcher.posted(s)).toEqual(['CONNECT', 'WRITE']);
    world.ws2.setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, null, 0);
    const server = world.accept(listener);
    const o = new WSAOVERLAPPED();
    world.ws2.DisconnectEx(s, o, TF_REUSE_SOCKET, 0);
    world.ws2.closesocket(server);
    world.until(() => o.Internal !== PENDING);
    watcher.posted(s);
    if (world.code(world.ws2.getsockname(s, new Uint8Array(128), ref(128))) !== 0) world.ws2.bind(s, loopback(), 16);
    connect();
    expect(watcher.posted(s)).toEqual(['CONNECT', 'WRITE']);
    const second = world.accept(listener);
    world.ws2.closesocket(second);
    expect(watcher.posted(s)).toEqual(['CLOSE']);
  });
});

describeOnEveryChain('a registration', ({ it }) => {
  it('does no harm when its event object or window is gone', (world) => {
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(server, event, FD_READ);
    world.ws2.WSACloseEvent(event);
    world.send(client, 'x');
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
    const watcher = new Watcher(world);
    watcher.select(client, FD_READ);
    world.ws2.host.DestroyWindow(watcher.hWnd);
    world.send(server, 'x');
    expect(watcher.posted()).toEqual([]);
    expect(world.receive(client)).toBe('x');
  });

  it('may be ended by closesocket in the window’s procedure', (world) => {
    const { client, server } = world.connectedPair();
    const seen: number[] = [];
    const hWnd = world.ws2.host.CreateWindow((_h, _m, w) => {
      seen.push(w);
      world.ws2.closesocket(w);
    });
    world.code(world.ws2.WSAAsyncSelect(server, hWnd, 0x401, FD_READ | FD_CLOSE | FD_WRITE));
    world.send(client, 'x');
    world.settle();
    for (let m; (m = world.ws2.host.PeekMessage(0, true)) !== null;) world.ws2.host.DispatchMessage(m);
    expect(seen.every((s) => s === server)).toBe(true);
    expect(seen.length).toBeGreaterThan(0);
  });
});

describeOnEveryChain('select', ({ it }) => {
  it('refuses a time that is none', (world) => {
    const { client } = world.connectedPair();
    expect(
      world.code(world.ws2.select(0, null, { fd_count: 1, fd_array: [client] }, null, { tv_sec: -1, tv_usec: 0 })),
    ).toBe(WSAEINVAL);
    expect(
      world.code(world.ws2.select(0, null, { fd_count: 1, fd_array: [client] }, null, { tv_sec: 0, tv_usec: -1 })),
    ).toBe(WSAEINVAL);
  });
});

describeOnEveryChain('FD_ACCEPT', ({ it }) => {
  it('does not come again for a connection that was deferred, nor after one that was rejected', (world) => {
    const watcher = new Watcher(world);
    const { s, name } = world.listener();
    watcher.select(s, FD_ACCEPT);
    world.connect(world.tcpSocket(), name);
    expect(watcher.posted()).toEqual(['ACCEPT']);
    expect(world.ws2.WSAAccept(s, null, null, () => 2, 0)).toBe(0xffffffff);
    expect(watcher.posted()).toEqual([]);
    watcher.select(world.accept(s), 0);
    expect(watcher.posted()).toEqual([]);
    world.connect(world.tcpSocket(), name);
    expect(watcher.posted()).toEqual(['ACCEPT']);
    expect(world.ws2.WSAAccept(s, null, null, () => 1, 0)).toBe(0xffffffff);
    expect(watcher.posted()).toEqual([]);
  });

  it('comes for the next connection after an accept that would have blocked', (world) => {
    const watcher = new Watcher(world);
    const { s, name } = world.listener();
    watcher.select(s, FD_ACCEPT);
    expect(world.ws2.accept(s, null, null)).toBe(0xffffffff);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
    world.connect(world.tcpSocket(), name);
    expect(watcher.posted()).toEqual(['ACCEPT']);
  });
});

describeOnEveryChain('an accepted socket', ({ it }) => {
  it('that inherits its registration has everything reported that came before it was accepted', (world) => {
    const { s, name } = world.listener();
    const event = world.event();
    world.eventSelect(s, event, FD_ACCEPT | FD_READ | FD_CLOSE);
    const client = world.tcpSocket();
    world.connect(client, name);
    world.send(client, 'x');
    expect(world.networkEvents(s)).toEqual({ ACCEPT: 0 });
    const server = world.accept(s);
    world.settle();
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
    expect(world.receive(server)).toBe('x');
    reset(world, client);
    world.until(() => world.signalled(event));
    expect(world.networkEvents(server)).toEqual({ CLOSE: WSAECONNRESET });
  });
});
