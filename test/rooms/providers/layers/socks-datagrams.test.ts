// The layer `socks`: datagrams by way of a SOCKS proxy (UDP associate).
import { expect } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  INSTANCE,
  parseSockaddr,
  ref,
  sockaddr_in,
  WSAECONNREFUSED,
  WSAEOPNOTSUPP,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import { socks, type SocksOptions } from 'ws2spi/providers/layers/socks';
import { describeOnEveryProvider, type World } from '../../../support/providers.js';
import { SocksServer } from '../../../support/socks-server.js';
import { UdpRelay } from '../../../support/udp-relay.js';

/** A proxy with a relay, and sockets of the world that go by it from now on. */
function behindProxy(world: World, hosts: Record<string, string> = {}, options: Partial<SocksOptions> = {}) {
  const relay = new UdpRelay(world, hosts);
  const proxy = new SocksServer(world.ws2, {
    asked: (request, connection) => {
      if (request.command !== 3) return true;
      const { address, port } = parseSockaddr(relay.name);
      connection.send(Uint8Array.of(5, 0, 0, 1, ...address.split('.').map(Number), port >> 8, port & 255));
      return false;
    },
  });
  world.stack([socks({ proxy: proxy.proxy, ...options })], true);
  return { relay, proxy };
}

function receiveFrom(world: World, s: number): { text: string; from: { address: string; port: number } } {
  const bytes = new Uint8Array(2000);
  const name = new Uint8Array(28);
  const length = ref(28);
  const count = world.count(world.ws2.recvfrom(s, bytes, bytes.length, 0, name, length));
  expect(count, 'recvfrom').toBeGreaterThanOrEqual(0);
  const { address, port } = parseSockaddr(name, length.value);
  return { text: Buffer.from(bytes.subarray(0, count)).toString(), from: { address, port } };
}

function sendTo(world: World, s: number, text: string, to: Uint8Array | null): number {
  const bytes = Buffer.from(text);
  return world.count(world.ws2.sendto(s, bytes, bytes.length, 0, to, to?.length ?? 0));
}

describeOnEveryProvider('datagrams by way of a SOCKS proxy', (on) => {
  on.onEveryFamily('get to their destination, and answers come back from there', (world, family) => {
    const target = world.boundUdp(family);
    const { relay, proxy } = behindProxy(world);
    const s = world.udpSocket(family);
    for (const text of ['one', 'two', '']) expect(sendTo(world, s, text, target.name)).toBe(text.length);
    for (const text of ['one', 'two', '']) {
      const { text: got, from } = receiveFrom(world, target.s);
      expect(got).toBe(text);
      expect(from.port).toBe(relay.portTowards(family));
    }
    relay.answer(target, 'back');
    const { text, from } = receiveFrom(world, s);
    const { address, port } = parseSockaddr(target.name);
    expect({ text, from }).toEqual({ text: 'back', from: { address, port } });
    proxy.close();
    relay.close();
  });

  on.it('of a connected socket go to its peer, and nobody else is heard', (world) => {
    const [target, other] = [world.boundUdp(), world.boundUdp()];
    const { relay, proxy } = behindProxy(world);
    const s = world.udpSocket();
    expect(world.connect(s, target.name)).toBe(0);
    const peer = new Uint8Array(16);
    expect(world.code(world.ws2.getpeername(s, peer, ref(16)))).toBe(0);
    expect(peer).toEqual(target.name);
    expect(world.send(s, 'hello')).toBe(5);
    expect(receiveFrom(world, target.s).text).toBe('hello');
    relay.answer(other, 'not for you');
    relay.answer(target, 'back');
    expect(world.receive(s)).toBe('back');
    proxy.close();
    relay.close();
  });

  on.it('go to the name that an address stands for, and its answers come from that address', (world) => {
    const target = world.boundUdp();
    const { relay, proxy } = behindProxy(world, { 'hidden.example': '127.0.0.1' });
    const { port } = parseSockaddr(target.name);
    const to = world.ws2[INSTANCE].providerHost.names.addressOf('hidden.example', AF_INET, port)!;
    const s = world.udpSocket();
    sendTo(world, s, 'hello', to);
    expect(receiveFrom(world, target.s).text).toBe('hello');
    expect(relay.hosts).toEqual(['hidden.example']);
    relay.answer(target, 'back');
    expect(receiveFrom(world, s).from).toEqual({ address: parseSockaddr(to).address, port });
    proxy.close();
    relay.close();
  });

  on.it('of others than the proxy, fragments and what is malformed are dropped', (world) => {
    const target = world.boundUdp();
    const other = world.boundUdp();
    const { relay, proxy } = behindProxy(world);
    const s = world.udpSocket();
    sendTo(world, s, 'hello', target.name);
    receiveFrom(world, target.s);
    const own = sockaddr_in('127.0.0.1', parseSockaddr(world.nameOf(s)).port);
    const good = Buffer.concat([Uint8Array.of(0, 0, 0, 1, 10, 0, 0, 1, 0, 7), Buffer.from('x')]);
    world.ws2.sendto(other.s, good, good.length, 0, own, own.length);
    for (const bad of [
      Buffer.alloc(0),
      good.subarray(0, 9),
      Buffer.from([0, 0, 1, ...good.subarray(3)]),
      Buffer.from([0, 1, 0, ...good.subarray(3)]),
      Buffer.from([0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7]),
      Buffer.from([0, 0, 0, 3, 200, 1]),
    ]) {
      relay.toClient(bad);
    }
    relay.toClient(good);
    expect(receiveFrom(world, s)).toEqual({ text: 'x', from: { address: '10.0.0.1', port: 7 } });
    world.nonBlocking(s);
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
    proxy.close();
    relay.close();
  });

  on.it(
    'fail where the proxy is not there, has none, or never answers: the next receive says so, and the text why',
    (world) => {
      const to = sockaddr_in('127.0.0.1', 9);
      const { address, port } = parseSockaddr(world.closedPort());
      world.stack([socks({ proxy: `${address}:${port}` })], true);
      const alone = world.udpSocket();
      sendTo(world, alone, 'x', to);
      expect(world.receive(alone)).toBe(-WSAECONNREFUSED);
      const none = new SocksServer(world.ws2, { reply: 7 });
      world.stack([socks({ proxy: none.proxy })], true);
      const refused = world.udpSocket();
      sendTo(world, refused, 'x', to);
      expect(world.receive(refused)).toBe(-WSAEOPNOTSUPP);
      const silent = new SocksServer(world.ws2, { asked: () => false });
      world.stack([socks({ proxy: silent.proxy, timeout: 40 })], true);
      const late = world.udpSocket();
      sendTo(world, late, 'x', to);
      expect(world.receive(late)).toBe(-WSAETIMEDOUT);
      expect(world.takeDefects()).toEqual([
        `socks: the SOCKS proxy ${address}:${port} cannot be reached (WSAECONNREFUSED)`,
        expect.stringContaining('refuses datagrams: command not supported (reply 7)'),
        expect.stringContaining('did not answer about datagrams within 0.04 s'),
      ]);
      none.close();
      silent.close();
    },
  );

  on.it('end with the proxy’s connection, and the next one asks anew', (world) => {
    const target = world.boundUdp();
    const { relay, proxy } = behindProxy(world);
    const s = world.udpSocket();
    sendTo(world, s, 'one', target.name);
    receiveFrom(world, target.s);
    proxy.server.connections[0]!.close();
    world.until(() => world.defects.length > 0);
    expect(world.takeDefects()).toEqual([expect.stringContaining('ended the association for datagrams')]);
    expect(world.receive(s)).toBeLessThan(0);
    sendTo(world, s, 'two', target.name);
    expect(receiveFrom(world, target.s).text).toBe('two');
    expect(proxy.requests).toHaveLength(2);
    proxy.close();
    relay.close();
  });

  on.it('there are none by SOCKS 4', (world) => {
    world.stack([socks({ proxy: 'socks4://127.0.0.1:9' })], true);
    const entry = world.entryOf(AF_INET, 2)!;
    expect(world.ws2.WSASocket(-1, -1, -1, entry, 0, 1)).toBe(0xffffffff);
    void AF_INET6;
  });
});
