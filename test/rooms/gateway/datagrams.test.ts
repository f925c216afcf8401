// UDP ASSOCIATE: datagrams by way of the proxy, as the layer `socks` sends them, and as others might.
import { once } from 'node:events';
import {
  AF_INET,
  AF_INET6,
  createWs2_32,
  INSTANCE,
  IPPROTO_UDP,
  parseSockaddr,
  ref,
  SOCK_DGRAM,
  sockaddr_in,
  sockaddr_in6,
  type SOCKET,
  type Ws2_32,
} from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { serveProxy, type Gateway } from 'ws2spi/gateway';
import { createConnection, type ChainSocket } from 'ws2spi/node';
import { socks } from 'ws2spi/providers/layers/socks';
import { tls } from 'ws2spi/providers/layers/tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BASES } from '../node/bases.js';
import { SocksServer } from '../../support/socks-server.js';
import { Answers, socks5Request } from './clients.js';

describe.each(BASES)('Datagrams over %s', (base) => {
  let ws2: Ws2_32;
  let gateway: Gateway;
  let problems: string[];
  const open: SOCKET[] = [];
  const controls: ChainSocket[] = [];

  beforeEach(async () => {
    ws2 = createWs2_32({ base, catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    problems = [];
    gateway = await serveProxy({ ws2, onProblem: (message) => problems.push(message) });
  });
  afterEach(async () => {
    for (const control of controls.splice(0)) control.destroy();
    for (const s of open.splice(0)) ws2.closesocket(s);
    await gateway.close();
    ws2[Symbol.dispose]();
  });

  function datagramSocket(
    address = '127.0.0.1',
    chain: readonly { iAddressFamily: number }[] = [],
  ): { s: SOCKET; port: number } {
    const family = address.includes(':') ? AF_INET6 : AF_INET;
    const entries = ws2[INSTANCE].providerHost.catalogEntries();
    const bare = entries.find(
      (each) => each.iAddressFamily === family && each.iProtocol === IPPROTO_UDP && each.ProtocolChain.ChainLen === 1,
    )!;
    const entry = (chain.find(({ iAddressFamily }) => iAddressFamily === family) ?? bare) as typeof bare;
    const s = ws2.WSASocket(family, SOCK_DGRAM, IPPROTO_UDP, entry, 0, 1);
    open.push(s);
    const name = nameOf(address, 0);
    expect(ws2.bind(s, name, name.length)).toBe(0);
    ws2.ioctlsocket(s, 0x8004667e, ref(1));
    const own = new Uint8Array(28);
    const length = ref(28);
    ws2.getsockname(s, own, length);
    return { s, port: parseSockaddr(own, length.value).port };
  }

  function nameOf(address: string, port: number): Uint8Array {
    return address.includes(':') ? sockaddr_in6(address, port) : sockaddr_in(address, port);
  }

  function send(s: SOCKET, bytes: Uint8Array | string, address: string, port: number): void {
    const data = Buffer.from(bytes as string);
    const to = nameOf(address, port);
    expect(ws2.sendto(s, data, data.length, 0, to, to.length)).toBe(data.length);
  }

  async function received(s: SOCKET): Promise<{ bytes: Buffer; address: string; port: number }> {
    const bytes = Buffer.alloc(65_536);
    const name = new Uint8Array(28);
    for (;;) {
      const length = ref(28);
      const count = ws2.recvfrom(s, bytes, bytes.length, 0, name, length);
      if (count >= 0) return { bytes: bytes.subarray(0, count), ...parseSockaddr(name, length.value) };
      await new Promise(setImmediate);
    }
  }

  function nothing(s: SOCKET): boolean {
    return ws2.recvfrom(s, Buffer.alloc(100), 100, 0, null, null) < 0;
  }

  /** A client’s association: its control connection, and where to send to. */
  async function associated(): Promise<{ control: ChainSocket; relay: number }> {
    const control = createConnection({ ws2, host: '127.0.0.1', port: gateway.address()!.port });
    controls.push(control);
    const answers = new Answers(control);
    control.write(Buffer.concat([Buffer.from([5, 1, 0]), Buffer.from([5, 3, 0, 1, 0, 0, 0, 0, 0, 0])]));
    const answer = await answers.take(12);
    expect([...answer.subarray(0, 10)]).toEqual([5, 0, 5, 0, 0, 1, 127, 0, 0, 1]);
    return { control, relay: answer.readUInt16BE(10) };
  }

  const packet = (name: string, port: number, data: string): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0]), socks5Request(name, port).subarray(3), Buffer.from(data)]);

  it('go to names and addresses of both families, and answers come back with where they are from', async () => {
    const { relay } = await associated();
    const client = datagramSocket();
    const server = datagramSocket();
    for (const name of ['localhost', '127.0.0.1', 'localhost']) {
      send(client.s, packet(name, server.port, `to ${name}`), '127.0.0.1', relay);
      const { bytes, address, port } = await received(server.s);
      expect(String(bytes)).toBe(`to ${name}`);
      send(server.s, 'back', address, port);
      const answer = await received(client.s);
      expect(answer.port).toBe(relay);
      expect([...answer.bytes.subarray(0, 8)]).toEqual([0, 0, 0, 1, 127, 0, 0, 1]);
      expect(answer.bytes.readUInt16BE(8)).toBe(server.port);
      expect(String(answer.bytes.subarray(10))).toBe('back');
    }
    const six = datagramSocket('::1');
    const body = [0, 0, 0, 4, ...new Array<number>(15).fill(0), 1, six.port >> 8, six.port & 255, 54];
    send(client.s, Buffer.from(body), '127.0.0.1', relay);
    expect(String((await received(six.s)).bytes)).toBe('6');
    expect(problems).toEqual([]);
  });

  it('of others are not the client’s, nor are fragments, and what is malformed', async () => {
    const { relay } = await associated();
    const [client, other, server] = [datagramSocket(), datagramSocket(), datagramSocket()];
    send(client.s, packet('127.0.0.1', server.port, 'first'), '127.0.0.1', relay);
    await received(server.s);
    send(other.s, packet('127.0.0.1', server.port, 'not mine'), '127.0.0.1', relay);
    const whole = packet('127.0.0.1', server.port, 'x');
    for (let length = 0; length < whole.length - 1; length++)
      send(client.s, whole.subarray(0, length), '127.0.0.1', relay);
    for (const [at, value] of [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 0],
      [5, 10],
    ] as const) {
      const mangled = Buffer.from(whole);
      mangled[at] = value;
      send(client.s, mangled, '127.0.0.1', relay);
    }
    send(client.s, packet('127.0.0.1', server.port, 'last'), '127.0.0.1', relay);
    expect(String((await received(server.s)).bytes)).toBe('last');
    expect(nothing(server.s)).toBe(true);
  });

  it('end with the connection that they were asked for by', async () => {
    const { control, relay } = await associated();
    control.end();
    await once(control, 'close');
    while (gateway.connections > 0) await new Promise(setImmediate);
    const probe = datagramSocket();
    // Nobody has that port any more.
    const name = sockaddr_in('127.0.0.1', relay);
    const taken = ws2.WSASocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, null, 0, 1);
    expect(ws2.bind(taken, name, name.length)).toBe(0);
    ws2.closesocket(taken);
    expect(nothing(probe.s)).toBe(true);
  });

  it('of the layer `socks` are understood', async () => {
    const { address, port } = gateway.address()!;
    const entries = ws2[INSTANCE].providerHost.catalogEntries();
    const over = entries.filter(
      ({ iProtocol, ProtocolChain }) => iProtocol === IPPROTO_UDP && ProtocolChain.ChainLen === 1,
    );
    const chain = stack(ws2, [socks({ proxy: `${address}:${port}` })], { over });
    const server = datagramSocket();
    const client = datagramSocket('127.0.0.1', chain);
    send(client.s, 'ping', '127.0.0.1', server.port);
    const heard = await received(server.s);
    expect(String(heard.bytes)).toBe('ping');
    send(server.s, 'pong', heard.address, heard.port);
    expect(await received(client.s)).toMatchObject({ address: '127.0.0.1', port: server.port });
  });

  it('are refused where the chain carries none', async () => {
    const chain = stack(ws2, [tls()]);
    const refusing = await serveProxy({ ws2, chain, onProblem: (message) => problems.push(message) });
    const control = createConnection({ ws2, host: '127.0.0.1', port: refusing.address()!.port });
    const answers = new Answers(control);
    control.write(Buffer.from([5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0]));
    expect((await answers.rest())[3]).not.toBe(0);
    expect(problems.join()).toMatch(/there are no datagrams: .*carries no datagrams/);
    await refusing.close();
  });
});

it('Names of datagrams stay names where a layer takes them', async () => {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  // A proxy behind a proxy: what the outer one was asked for, the inner one asks for.
  const asked: number[] = [];
  const far = new SocksServer(ws2, { asked: ({ command }) => (asked.push(command), true), reply: 7 });
  const entries = ws2[INSTANCE].providerHost.catalogEntries();
  const over = entries.filter(
    ({ iProtocol, ProtocolChain }) => [6, 17].includes(iProtocol) && ProtocolChain.ChainLen === 1,
  );
  const chain = stack(ws2, [socks({ proxy: far.proxy })], { over });
  const problems: string[] = [];
  const gateway = await serveProxy({ ws2, chain, onProblem: (message) => problems.push(message) });
  const control = createConnection({ ws2, host: '127.0.0.1', port: gateway.address()!.port });
  const answers = new Answers(control);
  control.write(Buffer.from([5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0]));
  const relay = (await answers.take(12)).readUInt16BE(10);
  const s = ws2.WSASocket(
    AF_INET,
    SOCK_DGRAM,
    IPPROTO_UDP,
    entries.find(({ iProtocol }) => iProtocol === 17)!,
    0,
    1,
  );
  const name = sockaddr_in('127.0.0.1', relay);
  const packet = Buffer.concat([
    Buffer.from([0, 0, 0]),
    socks5Request('nobody.knows.example', 53).subarray(3),
    Buffer.from('?'),
  ]);
  ws2.sendto(s, packet, packet.length, 0, name, name.length);
  while (asked.length === 0) await new Promise(setImmediate);
  expect(asked).toEqual([3]);
  // Nobody looked it up.
  expect(problems.join()).not.toContain('ENOTFOUND');
  ws2.closesocket(s);
  control.destroy();
  await gateway.close();
  far.close();
  ws2[Symbol.dispose]();
});
