// The package over the binding to macOS, in a process that takes itself for one of macOS, over the stand-in: nothing here was run on
// macOS itself.
import { createRequire } from 'node:module';
import type { Server, Socket } from 'node:net';
import realKoffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Ws2spi from 'ws2spi';
import { DarwinKernel, DarwinProcess } from '../../support/darwin-system.js';

const system = new DarwinProcess(new DarwinKernel(), process.pid);
const watches = new Map<number, { callback: () => void; timer: NodeJS.Timeout }>();

/** koffi, whose library is the stand-in, and whose watch of a descriptor asks it now and then. */
const koffi = {
  ...realKoffi,
  load: () => system.library,
  node: {
    ...realKoffi.node,
    poll(descriptor: number, _events: object, callback: () => void) {
      const timer = setInterval(() => system.isReadable(descriptor) && callback(), 1);
      watches.set(descriptor, { callback, timer });
      return {
        ref: () => void timer.ref(),
        unref: () => void timer.unref(),
        close: () => clearInterval(timer),
      };
    },
  },
};

const require = createRequire(import.meta.url);
const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
let spi: typeof Ws2spi;
let ws2: Ws2spi.Ws2_32;

beforeAll(async () => {
  require('koffi');
  const cached = require.cache[require.resolve('koffi')]!;
  cached.exports = koffi;
  Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' });
  spi = await import('ws2spi');
  ws2 = spi.createWs2_32({ catalog: 'memory' });
  expect(ws2.WSAStartup(0x0202, {})).toBe(0);
});
afterAll(() => {
  ws2.WSACleanup();
  for (const { timer } of watches.values()) clearInterval(timer);
  Object.defineProperty(process, 'platform', platform);
});

const loopback = (port = 0): Uint8Array =>
  Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
const nameOf = (s: number): Uint8Array => {
  const name = new Uint8Array(16);
  expect(ws2.getsockname(s, name, spi.ref(16))).toBe(0);
  return name;
};
function pair(): { listener: number; client: number; server: number } {
  const listener = ws2.socket(spi.AF_INET, spi.SOCK_STREAM, 0);
  expect(ws2.bind(listener, loopback(), 16)).toBe(0);
  expect(ws2.listen(listener, 5)).toBe(0);
  const client = ws2.socket(spi.AF_INET, spi.SOCK_STREAM, 0);
  expect(ws2.connect(client, nameOf(listener), 16)).toBe(0);
  return { listener, client, server: ws2.accept(listener, null, null) };
}
const received = (s: number): string => {
  const room = new Uint8Array(64);
  const count = ws2.recv(s, room, 64, 0);
  return count < 0 ? `error ${ws2.WSAGetLastError()}` : Buffer.from(room.subarray(0, count)).toString();
};

describe('over macOS', () => {
  it('it is that system’s binding', () => {
    expect(system.calls).not.toContain('epoll_create1');
    const { listener, client, server } = pair();
    expect(system.calls).toContain('kevent');
    for (const s of [listener, client, server]) expect(ws2.closesocket(s)).toBe(0);
  });

  it('blocking calls connect, accept, send, receive, and see the end', () => {
    const { listener, client, server } = pair();
    expect(ws2.send(client, Buffer.from('hello'), 5, 0)).toBe(5);
    expect(received(server)).toBe('hello');
    expect(ws2.shutdown(client, spi.SD_SEND)).toBe(0);
    expect(received(server)).toBe('');
    expect(ws2.send(server, Buffer.from('later'), 5, 0)).toBe(5);
    expect(received(client)).toBe('later');
    for (const s of [client, server, listener]) expect(ws2.closesocket(s)).toBe(0);
  });

  it('a receive gives up in time', () => {
    const { listener, client, server } = pair();
    const time = new Uint8Array(Int32Array.of(20).buffer);
    expect(ws2.setsockopt(server, spi.SOL_SOCKET, spi.SO_RCVTIMEO, time, 4)).toBe(0);
    expect(received(server)).toBe(`error ${spi.WSAETIMEDOUT}`);
    for (const s of [client, server, listener]) ws2.closesocket(s);
  });

  it('a stream that was refused connects to another listener', () => {
    const { listener } = pair();
    const s = ws2.socket(spi.AF_INET, spi.SOCK_STREAM, 0);
    expect(ws2.connect(s, loopback(9), 16)).toBe(spi.SOCKET_ERROR);
    expect(ws2.WSAGetLastError()).toBe(spi.WSAECONNREFUSED);
    expect(ws2.connect(s, nameOf(listener), 16)).toBe(0);
    const server = ws2.accept(listener, null, null);
    expect(ws2.send(s, Buffer.from('again'), 5, 0)).toBe(5);
    expect(received(server)).toBe('again');
    for (const each of [s, server, listener]) ws2.closesocket(each);
  });

  it('a reset is one', () => {
    const { listener, client, server } = pair();
    const now = Uint8Array.of(1, 0, 0, 0);
    expect(ws2.setsockopt(client, spi.SOL_SOCKET, spi.SO_LINGER, now, 4)).toBe(0);
    ws2.closesocket(client);
    expect(received(server)).toBe(`error ${spi.WSAECONNRESET}`);
    for (const s of [server, listener]) ws2.closesocket(s);
  });

  it('datagrams go to and fro, and are cut off with an error', () => {
    const [a, b] = [0, 1].map(() => ws2.socket(spi.AF_INET, spi.SOCK_DGRAM, 0)) as [number, number];
    for (const s of [a, b]) expect(ws2.bind(s, loopback(), 16)).toBe(0);
    expect(ws2.sendto(a, Buffer.from('one'), 3, 0, nameOf(b), 16)).toBe(3);
    expect(received(b)).toBe('one');
    expect(ws2.connect(a, nameOf(b), 16)).toBe(0);
    expect(ws2.send(a, Buffer.from('longer'), 6, 0)).toBe(6);
    expect(ws2.recv(b, new Uint8Array(3), 3, 0)).toBe(spi.SOCKET_ERROR);
    expect(ws2.WSAGetLastError()).toBe(spi.WSAEMSGSIZE);
    for (const s of [a, b]) ws2.closesocket(s);
  });

  it('a duplicate of a socket is taken in the same process', () => {
    const { listener, client, server } = pair();
    const info = {} as Ws2spi.WSAPROTOCOL_INFOW;
    expect(ws2.WSADuplicateSocketW(client, process.pid, info)).toBe(0);
    const copy = ws2.WSASocketW(spi.AF_INET, spi.SOCK_STREAM, 0, info, 0, 0);
    expect(copy).not.toBe(spi.INVALID_SOCKET);
    expect(ws2.send(copy, Buffer.from('copy'), 4, 0)).toBe(4);
    expect(received(server)).toBe('copy');
    for (const s of [copy, client, server, listener]) ws2.closesocket(s);
  });

  it('sockets of Node.js’ kind serve from the event loop', async () => {
    const { createServer, connect } = await import('ws2spi/node');
    const server = createServer({ ws2 }, (socket: Socket) => socket.pipe(socket)) as unknown as Server;
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
    const { port } = server.address() as { port: number };
    const client = connect({ ws2, port, host: '127.0.0.1' }) as unknown as Socket;
    const echoed = new Promise<string>((done) => client.once('data', (bytes) => done(String(bytes))));
    client.write('over kqueue');
    expect(await echoed).toBe('over kqueue');
    client.end();
    await new Promise((done) => client.once('close', done));
    await new Promise((done) => server.close(done));
  });
});
