// The layers `socks`, `http-proxy` and `proxy-protocol` against real proxies.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  FD_CONNECT,
  parseSockaddr,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  WSAEACCES,
  WSAECONNREFUSED,
  WSAEHOSTUNREACH,
  WSAOVERLAPPED,
  WSAEWOULDBLOCK,
  type Ws2_32,
} from 'ws2spi';
import { stack, type Layer } from 'ws2spi/chain';
import { createConnection, createServer } from 'ws2spi/node';
import { httpProxy } from 'ws2spi/providers/layers/http-proxy';
import { proxyProtocol } from 'ws2spi/providers/layers/proxy-protocol';
import { socks } from 'ws2spi/providers/layers/socks';
import { freePort } from '../../../support/free-ports.js';
import { withoutServer } from '../../../support/real-servers.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const children: ChildProcess[] = [];

/** Starts a server, and waits until it takes connections. */
async function start(program: string, args: readonly string[], port: number): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  children.push(child);
  using ws2 = createWs2_32({ catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  for (let tries = 0; ; tries++) {
    const s = ws2.socket(AF_INET, SOCK_STREAM, 0);
    const name = sockaddr_in('127.0.0.1', port);
    if (ws2.connect(s, name, 16) === 0) return;
    ws2.closesocket(s);
    if (child.exitCode !== null || tries > 500) throw new Error(`${program} does not start: ${said}`);
    // It tells nobody that it listens.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function stop(): Promise<void> {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

/** An instance whose sockets go over layers, and a listener without them. */
class Meeting {
  readonly ws2: Ws2_32;
  readonly defects: string[] = [];
  readonly chain;
  readonly listener: number;
  readonly name: Uint8Array;

  constructor(layers: Layer[]) {
    this.ws2 = createWs2_32({ catalog: 'memory' });
    this.ws2.on('defect', ({ message }) => this.defects.push(message));
    this.ws2.WSAStartup(0x0202, {});
    this.listener = this.ws2.socket(AF_INET, SOCK_STREAM, 0);
    this.ws2.bind(this.listener, sockaddr_in('127.0.0.1', 0), 16);
    this.ws2.listen(this.listener, 20);
    this.name = new Uint8Array(16);
    this.ws2.getsockname(this.listener, this.name, ref(16));
    this.chain = stack(this.ws2, layers);
  }

  get port(): number {
    return parseSockaddr(this.name).port;
  }

  socket(): number {
    return this.ws2.WSASocket(-1, -1, -1, this.chain[0]!, 0, 1);
  }

  /** What goes through a connection in both directions; a megabyte of it. */
  talks(client: number): void {
    const { ws2 } = this;
    const server = ws2.accept(this.listener, null, null);
    expect(server).not.toBe(0xffffffff);
    const [out, room] = [Buffer.alloc(100_000, 'abcdefg'), Buffer.alloc(100_000)];
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      for (let round = 0; round < 3; round++) {
        for (let sent = 0; sent < out.length;) {
          const count = ws2.send(from, out.subarray(sent), Math.min(20_000, out.length - sent), 0);
          expect(count).toBeGreaterThan(0);
          sent += count;
          for (let left = count; left > 0;) {
            const got = ws2.recv(to, room.subarray(sent - left), left, 0);
            expect(got).toBeGreaterThan(0);
            left -= got;
          }
        }
        expect(room.equals(out)).toBe(true);
      }
    }
    ws2.closesocket(server);
    ws2.closesocket(client);
  }

  /** Connects in every way that there is, by address and by name. */
  async connectsInEveryWay(nameToo: boolean): Promise<void> {
    const { ws2, name, port } = this;
    const blocking = this.socket();
    expect(ws2.connect(blocking, name, 16), String(this.defects)).toBe(0);
    this.talks(blocking);

    const later = this.socket();
    const event = ws2.WSACreateEvent();
    ws2.WSAEventSelect(later, event, FD_CONNECT);
    expect(ws2.connect(later, name, 16)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
    expect(ws2.WSAWaitForMultipleEvents(1, [event], false, 60_000, false)).toBe(0);
    const events = { lNetworkEvents: 0, iErrorCode: new Array<number>(10).fill(0) };
    ws2.WSAEnumNetworkEvents(later, event, events);
    expect([events.lNetworkEvents, events.iErrorCode[4]]).toEqual([FD_CONNECT, 0]);
    ws2.WSAEventSelect(later, null, 0);
    ws2.ioctlsocket(later, 0x8004667e, ref(0));
    this.talks(later);

    const overlapped = this.socket();
    ws2.bind(overlapped, sockaddr_in('0.0.0.0', 0), 16);
    const operation = new WSAOVERLAPPED();
    operation.hEvent = event;
    ws2.ConnectEx(overlapped, name, 16, null, 0, null, operation);
    expect(ws2.WSAWaitForMultipleEvents(1, [event], false, 60_000, false)).toBe(0);
    expect(ws2.WSAGetOverlappedResult(overlapped, operation, ref(0), true, ref(0))).toBe(true);
    this.talks(overlapped);
    ws2.WSACloseEvent(event);

    if (!nameToo) return;
    const named = this.socket();
    expect(ws2.WSAConnectByName(named, 'localhost', `${port}`, null, null, null, null, null, null)).toBe(true);
    this.talks(named);
    const socket = createConnection({ ws2, chain: this.chain, host: 'localhost', port });
    await once(socket, 'connect');
    const server = ws2.accept(this.listener, null, null);
    ws2.send(server, Buffer.from('welcome'), 7, 0);
    expect(String((await once(socket, 'data'))[0])).toBe('welcome');
    socket.destroy();
    await once(socket, 'close');
  }

  /** What a connect to a port that nobody listens at fails with. */
  closedPort(): number {
    const s = this.ws2.socket(AF_INET, SOCK_STREAM, 0);
    this.ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16);
    const name = new Uint8Array(16);
    this.ws2.getsockname(s, name, ref(16));
    return this.ws2.connect(this.socket(), name, 16) === 0 ? 0 : this.ws2.WSAGetLastError();
  }

  [Symbol.dispose](): void {
    this.ws2[Symbol.dispose]();
  }
}

function portOf(ws2: Ws2_32, s: number): number {
  const name = new Uint8Array(16);
  ws2.getsockname(s, name, ref(16));
  return parseSockaddr(name).port;
}

afterAll(stop);

describe.skipIf(withoutServer('microsocks', ['-h']).skip)('`socks` by microsocks', () => {
  let [open, guarded] = [0, 0];
  beforeAll(async () => {
    [open, guarded] = [await freePort(), await freePort()];
    await start('microsocks', ['-i', '127.0.0.1', '-p', `${open}`], open);
    await start('microsocks', ['-i', '127.0.0.1', '-p', `${guarded}`, '-u', 'jo', '-P', 'secret'], guarded);
  });

  test('connects in every way', async () => {
    using meeting = new Meeting([socks({ proxy: `127.0.0.1:${open}` })]);
    await meeting.connectsInEveryWay(true);
    expect(meeting.closedPort()).toBe(WSAECONNREFUSED);
    expect(meeting.defects).toEqual([expect.stringContaining('connection refused (reply 5)')]);
  });

  test('with user and password, or not at all', async () => {
    using right = new Meeting([socks({ proxy: `socks5://jo:secret@127.0.0.1:${guarded}` })]);
    await right.connectsInEveryWay(true);
    using wrong = new Meeting([socks({ proxy: `socks5://jo:wrong@127.0.0.1:${guarded}` })]);
    expect(wrong.closedPort()).toBe(WSAEACCES);
    using without = new Meeting([socks({ proxy: `127.0.0.1:${guarded}` })]);
    expect(without.closedPort()).toBe(WSAEACCES);
    expect([...wrong.defects, ...without.defects].join()).toMatch(/not accepted.*give `user` and `password`/s);
  });
});

describe.skipIf(withoutServer('danted', ['-v']).skip)('`socks` by dante', () => {
  let port = 0;
  beforeAll(async () => {
    port = await freePort();
    const file = join(temporaryFolder(), 'danted.conf');
    const pass = 'from: 127.0.0.0/8 to: 0.0.0.0/0';
    writeFileSync(
      file,
      `logoutput: stderr
internal: 127.0.0.1 port = ${port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { ${pass} }
socks block { from: 127.0.0.0/8 to: 127.0.0.9/32 }
socks pass { ${pass} command: bind connect udpassociate }
socks pass { from: 0.0.0.0/0 to: 127.0.0.0/8 command: bindreply udpreply }
`,
    );
    await start('danted', ['-f', file, '-p', join(temporaryFolder(), 'danted.pid')], port);
  });

  test('connects in every way, by SOCKS 5 and 4', async () => {
    using five = new Meeting([socks({ proxy: `127.0.0.1:${port}` })]);
    await five.connectsInEveryWay(true);
    expect(five.closedPort()).toBe(WSAECONNREFUSED);
    using four = new Meeting([socks({ proxy: `socks4://127.0.0.1:${port}` })]);
    await four.connectsInEveryWay(false);
    expect(four.closedPort()).toBe(WSAECONNREFUSED);
    const s = five.socket();
    expect(five.ws2.connect(s, sockaddr_in('127.0.0.9', 80), 16)).toBe(-1);
    expect(five.ws2.WSAGetLastError()).toBe(WSAEACCES);
  });

  test('hands datagrams on, both ways', () => {
    using ws2 = createWs2_32({ catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    const defects: string[] = [];
    ws2.on('defect', ({ message }) => defects.push(message));
    const target = ws2.socket(AF_INET, SOCK_DGRAM, 0);
    ws2.bind(target, sockaddr_in('127.0.0.1', 0), 16);
    const name = new Uint8Array(16);
    ws2.getsockname(target, name, ref(16));
    const chains = stack(ws2, [socks({ proxy: `127.0.0.1:${port}` })], { over: 'MSAFD Tcpip [UDP/IP]' });
    const s = ws2.WSASocket(-1, -1, -1, chains[0]!, 0, 1);
    const [room, from] = [Buffer.alloc(2000), new Uint8Array(16)];
    for (const text of ['one', 'two', 'three']) {
      expect(ws2.sendto(s, Buffer.from(text), text.length, 0, name, 16)).toBe(text.length);
      const got = ws2.recvfrom(target, room, room.length, 0, from, ref(16));
      expect(room.toString('latin1', 0, got)).toBe(text);
      // Not from the program's own socket.
      expect(parseSockaddr(from).port).not.toBe(portOf(ws2, s));
      ws2.sendto(target, Buffer.from(`${text}!`), text.length + 1, 0, from, 16);
      const back = ws2.recvfrom(s, room, room.length, 0, from, ref(16));
      expect(room.toString('latin1', 0, back)).toBe(`${text}!`);
      expect(parseSockaddr(from)).toEqual(parseSockaddr(name));
    }
    expect(defects).toEqual([]);
  });
});

describe.skipIf(withoutServer('tinyproxy', ['-v']).skip)('`http-proxy` by tinyproxy', () => {
  let [open, guarded] = [0, 0];
  beforeAll(async () => {
    [open, guarded] = [await freePort(), await freePort()];
    for (const [port, more] of [
      [open, ''],
      [guarded, 'BasicAuth jo secret\n'],
    ] as const) {
      const file = join(temporaryFolder(), 'tinyproxy.conf');
      writeFileSync(file, `Port ${port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nAllow 127.0.0.1\n${more}`);
      await start('tinyproxy', ['-d', '-c', file], port);
    }
  });

  test('connects in every way', async () => {
    using meeting = new Meeting([httpProxy({ proxy: `127.0.0.1:${open}` })]);
    await meeting.connectsInEveryWay(true);
    expect(meeting.closedPort()).toBe(WSAEHOSTUNREACH);
    expect(meeting.defects).toEqual([expect.stringMatching(/refuses 127.0.0.1:\d+: 500 Unable to connect/)]);
  });

  test('with user and password, or not at all', async () => {
    using right = new Meeting([httpProxy({ proxy: `jo:secret@127.0.0.1:${guarded}` })]);
    await right.connectsInEveryWay(true);
    using wrong = new Meeting([httpProxy({ proxy: `jo:wrong@127.0.0.1:${guarded}` })]);
    expect(wrong.closedPort()).toBe(WSAEACCES);
    using without = new Meeting([httpProxy({ proxy: `127.0.0.1:${guarded}` })]);
    expect(without.closedPort()).toBe(WSAEACCES);
    expect(without.defects.join()).toMatch(/407 .*give `user` and `password`/);
  });
});

describe.skipIf(withoutServer('haproxy', ['-v']).skip)('`proxy-protocol` with haproxy on both sides', () => {
  for (const version of [1, 2] as const) {
    test(`an origin goes through it, and is named at the other end (version ${version})`, async () => {
      using ws2 = createWs2_32({ catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      const defects: string[] = [];
      ws2.on('defect', ({ message }) => defects.push(message));
      const origin = {
        source: { address: '203.0.113.7', port: 12345 },
        destination: { address: '192.0.2.1', port: 443 },
      };
      const chain = stack(ws2, [proxyProtocol({ from: 'loopback', version, origin: () => origin })]);
      const server = createServer({ ws2, chain }, (socket) => socket.pipe(socket));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const port = await freePort();
      const file = join(temporaryFolder(), 'haproxy.cfg');
      writeFileSync(
        file,
        `defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen test
  bind 127.0.0.1:${port} accept-proxy
  server back 127.0.0.1:${(server.address() as AddressInfo).port} send-proxy${version === 2 ? '-v2 proxy-v2-options crc32c' : ''}
`,
      );
      await start('haproxy', ['-f', file, '-db'], port);
      const client = createConnection({ ws2, chain, host: '127.0.0.1', port });
      client.write('hello');
      const [socket] = await once(server, 'connection');
      expect(String((await once(client, 'data'))[0])).toBe('hello');
      expect([socket.remoteAddress, socket.remotePort]).toEqual(['203.0.113.7', 12345]);
      expect([socket.localAddress, socket.localPort]).toEqual(['192.0.2.1', 443]);
      expect(defects).toEqual([]);
      client.destroy();
      socket.destroy();
      server.close();
      await stop();
    });
  }
});
