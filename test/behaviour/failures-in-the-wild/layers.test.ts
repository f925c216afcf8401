// What has gone wrong with layers of Windows, tried here. docs/failures-in-the-wild.md has the whole list, with where each is tried.
import { expect } from 'vitest';
import {
  AF_INET,
  BASE_PROTOCOL,
  FD_READ,
  fd_set,
  FD_SET,
  INVALID_HANDLE_VALUE,
  ref,
  SIO_BASE_HANDLE,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SO_PROTOCOL_INFO,
  SOCK_STREAM,
  SOCKET_ERROR,
  sockaddr_in,
  SOL_SOCKET,
  WSAENOTSOCK,
  WSAID_CONNECTEX,
  WSANOTINITIALISED,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFOW,
  XP1_IFS_HANDLES,
  type LPFN_CONNECTEX,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';
import { scramblingLayer } from '../../support/layers.js';
import { describeOnEveryProvider, loopback, type World } from '../../support/providers.js';

const through = (name: string, overrides = {}) => defineLayer({ name, overrides });

/** What connects a socket by ConnectEx, as a program that asked for the function once. */
function connectExOf(world: World, s: number): LPFN_CONNECTEX {
  const found = ref<unknown>(null);
  const asked = world.ws2.WSAIoctl(
    s,
    SIO_GET_EXTENSION_FUNCTION_POINTER,
    WSAID_CONNECTEX as never,
    16,
    found as never,
    8,
    ref(0),
    null,
    null,
  );
  expect(world.code(asked)).toBe(0);
  return found.value as LPFN_CONNECTEX;
}

function bound(world: World): number {
  const s = world.tcpSocket();
  const name = loopback(0, AF_INET);
  expect(world.code(world.ws2.bind(s, name, name.length))).toBe(0);
  return s;
}

const entryOf = (world: World, s: number): WSAPROTOCOL_INFO => {
  const bytes = new Uint8Array(WSAPROTOCOL_INFOW.size);
  expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFO, bytes, ref(bytes.length)))).toBe(0);
  return WSAPROTOCOL_INFOW.decode(bytes);
};

describeOnEveryProvider('failures in the wild:', (on) => {
  on.it(
    'a pass-through layer above one with handles of its own does not claim that its handles are the system’s',
    (world) => {
      const chains = world.stack([through('upper'), scramblingLayer()]);
      for (const { dwServiceFlags1 } of chains) expect(dwServiceFlags1 & XP1_IFS_HANDLES).toBe(0);
      const { client, server } = world.connectedPair();
      world.send(client, 'through both');
      expect(world.receiveAll(server, 12)).toBe('through both');
    },
  );

  on.it('select takes sockets of the base and of a pass-through layer together', (world) => {
    const bare = world.connectedPair();
    world.stack([through('layer')]);
    const layered = world.connectedPair();
    for (const pair of [bare, layered]) world.send(pair.client, 'x');
    world.settle();
    const set = new fd_set();
    for (const { server } of [bare, layered]) FD_SET(server, set);
    expect(world.count(world.ws2.select(0, set, null, null, { tv_sec: 5, tv_usec: 0 }))).toBe(2);
  });

  on.it('select refuses sockets of two providers with WSAENOTSOCK, and WSAPoll takes them', (world) => {
    const bare = world.connectedPair();
    world.stack([scramblingLayer()]);
    const coded = world.connectedPair();
    for (const pair of [bare, coded]) world.send(pair.client, 'x');
    world.settle();
    const set = new fd_set();
    for (const { server } of [bare, coded]) FD_SET(server, set);
    expect(world.code(world.ws2.select(0, set, null, null, { tv_sec: 0, tv_usec: 0 }))).toBe(WSAENOTSOCK);
    const polled = [bare, coded].map(({ server }) => ({ fd: server, events: 0x100, revents: 0 }));
    expect(world.ws2.WSAPoll(polled, 2, 1000)).toBe(2);
    expect(polled.every(({ revents }) => (revents & 0x100) !== 0)).toBe(true);
  });

  on.it(
    'an extension function that was asked for on one socket goes by the chain of the socket that it is called on',
    (world) => {
      const seen: string[] = [];
      const { name } = world.listener();
      const ConnectEx = connectExOf(world, bound(world)); // a bare socket's
      world.stack([defineLayer({ name: 'watch', connect: () => void seen.push('asked') })]);
      const s = bound(world);
      const done = ConnectEx(s, name, name.length, null, 0, null, new WSAOVERLAPPED());
      if (!done) expect(world.ws2.WSAGetLastError()).toBe(997);
      expect(seen).toEqual(['asked']);
    },
  );

  on.it('an extension function that is kept after WSACleanup is WSANOTINITIALISED', (world) => {
    const s = bound(world);
    const ConnectEx = connectExOf(world, s);
    world.ws2.WSACleanup();
    expect(ConnectEx(s, sockaddr_in('127.0.0.1', 9), 16, null, 0, null, new WSAOVERLAPPED())).toBe(false);
    expect(world.ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
    world.ws2.WSAStartup(0x0202, {});
  });

  on.it('SIO_BASE_HANDLE gives a handle of the base provider, also through a codec', (world) => {
    world.stack([scramblingLayer()]);
    const s = world.tcpSocket();
    const [output, count] = [new Uint8Array(4), ref(0)];
    expect(world.code(world.ws2.WSAIoctl(s, SIO_BASE_HANDLE, null, 0, output, 4, count, null, null))).toBe(0);
    const base = new DataView(output.buffer).getUint32(0, true);
    expect([count.value, base === s]).toEqual([4, false]);
  });

  on.it('an explicit entry of the base passes all layers by', (world) => {
    let calls = 0;
    const [chain] = world.stack([
      through('layer', {
        WSPSocket: (lower: never, ...args: never[]) => (
          calls++,
          (lower['lpWSPSocket'] as (...all: never[]) => number)(...args)
        ),
      }),
    ]);
    const all: WSAPROTOCOL_INFO[] = [];
    world.ws2.WSAEnumProtocols(null, all, ref(65_536));
    const base = all.find(
      (entry) =>
        entry.ProtocolChain.ChainLen === BASE_PROTOCOL &&
        entry.iAddressFamily === AF_INET &&
        entry.iSocketType === SOCK_STREAM,
    )!;
    const s = world.track(world.ws2.WSASocket(-1, -1, -1, base, 0, 1));
    expect([calls, entryOf(world, s).dwCatalogEntryId]).toEqual([0, base.dwCatalogEntryId]);
    expect(entryOf(world, world.track(world.ws2.WSASocket(-1, -1, -1, chain!, 0, 1))).szProtocol).toMatch(
      /^layer over/,
    );
    expect(calls).toBe(1);
  });

  on.it('a layer that calls the functions below it does not come back to itself', (world) => {
    let depth = 0;
    let deepest = 0;
    world.stack([
      through('opens another', {
        WSPConnect(
          lower: { lpWSPConnect(...args: unknown[]): number; lpWSPGetSockName(...args: unknown[]): number },
          ...args: unknown[]
        ) {
          deepest = Math.max(deepest, ++depth);
          lower.lpWSPGetSockName(args[0], new Uint8Array(128), { value: 128 }, { value: 0 });
          const result = lower.lpWSPConnect(...args);
          depth--;
          return result;
        },
      }),
    ]);
    world.connectedPair();
    expect(deepest).toBe(1);
  });

  on.it('window messages of a socket with handles of a layer’s own name the handle that the program knows', (world) => {
    world.stack([scramblingLayer()]);
    const { client, server } = world.connectedPair();
    const heard: number[] = [];
    const window = world.ws2.host.CreateWindow();
    expect(world.code(world.ws2.WSAAsyncSelect(server, window, 0x0401, FD_READ))).toBe(0);
    world.send(client, 'x');
    world.settle();
    if (world.native) for (let i = 0; i < 5; i++) world.ws2.host.SleepEx(1, false);
    const { host } = world.ws2;
    for (let message = host.PeekMessage(0, true); message !== null; message = host.PeekMessage(0, true)) {
      heard.push(message.wParam);
    }
    expect(heard).toEqual([server]);
  });

  on.it('a completion port hears of what is done at once, under a layer too', (world) => {
    world.stack([scramblingLayer()]);
    const { client, server } = world.connectedPair();
    const { host } = world.ws2;
    const port = host.CreateIoCompletionPort(INVALID_HANDLE_VALUE, null, 0)!;
    expect(host.CreateIoCompletionPort(server, port, 7)).toBe(port);
    world.send(client, 'there');
    world.settle();
    const operation = new WSAOVERLAPPED();
    const room = Buffer.alloc(10);
    const begun = world.ws2.WSARecv(server, [{ len: 10, buf: room }], 1, null, ref(0), operation, null);
    if (begun === SOCKET_ERROR) expect(world.ws2.WSAGetLastError()).toBe(997);
    const [bytes, key, done] = [ref(0), ref(0), ref<WSAOVERLAPPED | null>(null)];
    expect(host.GetQueuedCompletionStatus(port, bytes, key, done, 5000)).toBe(true);
    expect([bytes.value, key.value, done.value === operation]).toEqual([5, 7, true]);
    host.CloseHandle(port);
  });

  on.it('what is written as to a file goes through a codec', (world) => {
    world.stack([scramblingLayer()]);
    const { client, server } = world.connectedPair();
    const written = ref(0);
    expect(world.ws2.host.WriteFile(client, Buffer.from('file'), 4, written, null)).toBe(true);
    expect(world.receiveAll(server, 4)).toBe('file');
  });
});
