import { expect } from 'vitest';
import {
  FD_ACCEPT,
  FD_CLOSE,
  FD_CONNECT,
  FD_OOB,
  FD_READ,
  FD_WRITE,
  MSG_OOB,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEWOULDBLOCK,
  WSAGETSELECTERROR,
  WSAGETSELECTEVENT,
} from 'ws2spi';
import { describeOnEveryProvider, type World } from '../../support/providers.js';
import { EVENT_NAMES, MESSAGE } from '../../support/window-messages.js';

/** What waits in the queue: each message's event, with its error if it has one. */
function messages(world: World, socket?: number): string[] {
  world.settle();
  if (world.native) for (let i = 0; i < 5; i++) world.ws2.host.SleepEx(1, false);
  const found: string[] = [];
  for (;;) {
    const message = world.ws2.host.PeekMessage(0, true);
    if (message === null) return found;
    expect(message.message).toBe(MESSAGE);
    if (socket !== undefined) expect(message.wParam).toBe(socket);
    const error = WSAGETSELECTERROR(message.lParam);
    found.push(EVENT_NAMES[WSAGETSELECTEVENT(message.lParam)]! + (error === 0 ? '' : ` ${error}`));
  }
}

function select(world: World, s: number, hWnd: number, events: number): number {
  return world.code(world.ws2.WSAAsyncSelect(s, hWnd, MESSAGE, events));
}

describeOnEveryProvider('WSAAsyncSelect', ({ it }) => {
  it('posts FD_ACCEPT once per need, and again with each registration while a connection waits (19.1)', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { s, name } = world.listener();
    const mask = FD_CONNECT | FD_READ | FD_OOB | FD_ACCEPT;
    expect(select(world, s, hWnd, mask)).toBe(0);
    expect(messages(world)).toEqual([]);
    const first = world.tcpSocket();
    world.connect(first, name);
    expect(messages(world, s)).toEqual(['ACCEPT']);
    expect(messages(world)).toEqual([]);
    select(world, s, hWnd, mask);
    expect(messages(world)).toEqual(['ACCEPT']);
    select(world, s, hWnd, 0);
    select(world, s, hWnd, mask);
    expect(messages(world)).toEqual(['ACCEPT']);
    const second = world.tcpSocket();
    world.connect(second, name);
    expect(messages(world), 'not before accept is called').toEqual([]);
    world.accept(s);
    expect(messages(world, s)).toEqual(['ACCEPT']);
    world.accept(s);
    expect(messages(world)).toEqual([]);
  });

  it('posts FD_CONNECT and FD_WRITE, in that order, to a socket that connects (19.2)', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { name } = world.listener();
    const s = world.tcpSocket();
    select(world, s, hWnd, FD_CONNECT | FD_WRITE | FD_READ | FD_CLOSE);
    expect(messages(world)).toEqual([]);
    expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    expect(messages(world, s)).toEqual(['CONNECT', 'WRITE']);
    select(world, s, hWnd, 0);
    select(world, s, hWnd, FD_CONNECT | FD_WRITE | FD_READ | FD_CLOSE);
    expect(messages(world)).toEqual(['WRITE']);
  });

  it('tells of a connect that failed with its error', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const s = world.tcpSocket();
    const name = world.closedPort();
    select(world, s, hWnd, FD_CONNECT);
    expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    expect(messages(world, s)).toEqual([`CONNECT ${WSAECONNREFUSED}`]);
  });

  it('posts FD_READ once, and again after a receive while data is left (19.4)', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { client, server } = world.connectedPair();
    select(world, server, hWnd, FD_READ);
    world.send(client, 'abc');
    expect(messages(world, server)).toEqual(['READ']);
    world.send(client, 'def');
    expect(messages(world), 'no second message before recv').toEqual([]);
    expect(world.receive(server, 2)).toBe('ab');
    expect(messages(world)).toEqual(['READ']);
    expect(world.receive(server, 10)).toBe('cdef');
    expect(messages(world)).toEqual([]);
  });

  it('posts what holds at each registration (19.4.1)', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { client, server } = world.connectedPair();
    world.send(client, 'x');
    select(world, server, hWnd, FD_READ);
    expect(messages(world)).toEqual(['READ']);
    select(world, server, hWnd, FD_READ);
    expect(messages(world)).toEqual(['READ']);
  });

  it('posts FD_OOB for urgent data and no FD_READ (19.5)', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { client, server } = world.connectedPair();
    select(world, server, hWnd, FD_READ | FD_OOB);
    world.send(client, '!', MSG_OOB);
    expect(messages(world, server)).toEqual(['OOB']);
    expect(world.receive(server, 1, MSG_OOB)).toBe('!');
    expect(messages(world)).toEqual([]);
  });

  it('posts FD_WRITE again only after a send found no room and there is some', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { client, server } = world.connectedPair();
    select(world, client, hWnd, FD_WRITE);
    expect(messages(world)).toEqual(['WRITE']);
    const block = new Uint8Array(100_000);
    let sent = 0;
    for (;;) {
      const count = world.send(client, block);
      if (count < 0) {
        expect(count).toBe(-WSAEWOULDBLOCK);
        break;
      }
      sent += count;
    }
    expect(messages(world)).toEqual([]);
    world.receiveAll(server, sent);
    expect(messages(world, client)).toEqual(['WRITE']);
  });

  it('posts FD_CLOSE when all data has been read, without an error for a graceful end', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { client, server } = world.connectedPair();
    select(world, server, hWnd, FD_READ | FD_CLOSE);
    world.send(client, 'bye');
    world.ws2.shutdown(client, 1);
    expect(messages(world, server)).toEqual(['READ']);
    expect(world.receive(server)).toBe('bye');
    expect(messages(world, server)).toEqual(['CLOSE']);
    expect(messages(world)).toEqual([]);
  });

  it('posts FD_CLOSE with WSAECONNRESET after a reset', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { client, server } = world.connectedPair();
    select(world, server, hWnd, FD_CLOSE);
    world.ws2.setsockopt(client, 0xffff, 0x80, Uint8Array.of(1, 0, 0, 0), 4);
    world.ws2.closesocket(client);
    expect(messages(world, server)).toEqual([`CLOSE ${WSAECONNRESET}`]);
  });

  it('is inherited by accepted sockets, with their own handles', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { s, name } = world.listener();
    select(world, s, hWnd, FD_ACCEPT | FD_WRITE);
    world.connect(world.tcpSocket(), name);
    expect(messages(world, s)).toEqual(['ACCEPT']);
    const accepted = world.accept(s);
    expect(messages(world, accepted)).toEqual(['WRITE']);
  });

  it('makes the socket non-blocking, and cancels an event object', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { client, server } = world.connectedPair();
    const hEvent = world.event();
    world.eventSelect(server, hEvent, FD_READ);
    select(world, server, hWnd, FD_READ);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    world.send(client, 'x');
    expect(messages(world, server)).toEqual(['READ']);
    expect(world.signalled(hEvent)).toBe(false);
    world.eventSelect(server, hEvent, FD_READ);
    world.receive(server);
    world.send(client, 'y');
    expect(messages(world)).toEqual([]);
    expect(world.signalled(hEvent, 60_000)).toBe(true);
  });

  it('posts nothing new after closesocket, and leaves what was posted', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const { client, server } = world.connectedPair();
    select(world, server, hWnd, FD_READ);
    world.send(client, 'x');
    world.until(() => world.ws2.host.PeekMessage(hWnd, false) !== null);
    world.ws2.closesocket(server);
    expect(messages(world)).toEqual(['READ']);
    expect(messages(world)).toEqual([]);
  });

  it('refuses windows that are none, and events that there are not', (world) => {
    const hWnd = world.ws2.host.CreateWindow();
    const s = world.tcpSocket();
    expect(select(world, s, 0xabc, FD_READ)).toBe(WSAEINVAL);
    expect(select(world, s, hWnd, 0x10000)).toBe(WSAEINVAL);
    world.ws2.host.DestroyWindow(hWnd);
    expect(select(world, s, hWnd, FD_READ)).toBe(WSAEINVAL);
  });

  it('posts by the routine that was put in its place, to windows of any kind', (world) => {
    const { ws2 } = world;
    const { s, name } = world.listener();
    const posted: number[][] = [];
    expect(ws2.WSApSetPostRoutine((...message) => posted.push(message) > 0)).toBe(0);
    expect(select(world, s, 4711, FD_ACCEPT)).toBe(0);
    world.connect(world.tcpSocket(), name);
    world.until(() => posted.length > 0);
    expect(posted).toEqual([[4711, MESSAGE, s, FD_ACCEPT]]);
    ws2.WSApSetPostRoutine(() => {
      throw new Error('out of paper');
    });
    world.accept(s);
    world.connect(world.tcpSocket(), name);
    world.until(() => world.defects.length > 0);
    expect(world.takeDefects()).toEqual(['the post routine threw; its message is lost']);
    expect(world.code(ws2.WSApSetPostRoutine(7 as never))).toBe(WSAEFAULT);
    expect(ws2.WSApSetPostRoutine(null)).toBe(0);
    const hWnd = ws2.host.CreateWindow();
    select(world, s, hWnd, FD_ACCEPT);
    expect(messages(world, s)).toEqual(['ACCEPT']);
    ws2.host.DestroyWindow(hWnd);
  });
});
