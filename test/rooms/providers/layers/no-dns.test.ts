// Names are not resolved behind a tunnel's back: what a DNS server on loopback is asked, counted.
import { once } from 'node:events';
import { expect } from 'vitest';
import { AF_INET, AF_INET6, parseSockaddr, ref, SOCK_STREAM, WSAEWOULDBLOCK, type addrinfo } from 'ws2spi';
import { addNameSpace, removeNameSpace } from 'ws2spi/names';
import { createConnection, lookup } from 'ws2spi/node';
import { createDnsNameSpace } from 'ws2spi/providers/namespaces/dns';
import { createProxiedNameSpace } from 'ws2spi/providers/namespaces/proxied';
import { httpProxy } from 'ws2spi/providers/layers/http-proxy';
import { socks, WSPStartup } from 'ws2spi/providers/layers/socks';
import { overridingLayer, scramblingLayer } from '../../../support/layers.js';
import { HttpProxyServer } from '../../../support/http-proxy-server.js';
import { describeOnEveryProvider, type World } from '../../../support/providers.js';
import { SocksServer } from '../../../support/socks-server.js';

const hosts = { 'hidden.example': '127.0.0.1', 'Hidden.example': '127.0.0.1' };

/** A DNS server that counts, and never answers; the instance asks no other. */
function countingDns(world: World): { asked: () => number; forget: () => void } {
  const { s, name } = world.boundUdp();
  const { address, port } = parseSockaddr(name);
  const added = addNameSpace(
    world.ws2,
    createDnsNameSpace({ servers: [`${address}:${port}`], resolvConf: null, timeout: 30, attempts: 1 }),
    { first: true },
  );
  world.nonBlocking(s);
  let count = 0;
  const asked = (): number => {
    world.settle();
    while (world.receive(s) !== -WSAEWOULDBLOCK) count++;
    return count;
  };
  return { asked, forget: () => removeNameSpace(world.ws2, added) };
}

function connectByName(world: World, port: number): number {
  const s = world.tcpSocket();
  return world.code(world.ws2.WSAConnectByName(s, 'hidden.example', `${port}`, null, null, null, null, null, null));
}

describeOnEveryProvider('with names that go to a proxy', (on) => {
  on.it('a whole run sends no DNS packet: WSAConnectByName and ChainSocket', async (world) => {
    const { s: listener, name } = world.listener();
    const { port } = parseSockaddr(name);
    const { asked, forget } = countingDns(world);
    const proxies = [new SocksServer(world.ws2, { hosts }), new HttpProxyServer(world.ws2, undefined, hosts)] as const;
    for (const layers of [
      () => [socks({ proxy: proxies[0].proxy })],
      () => [socks({ proxy: `socks4a://${proxies[0].proxy}` })],
      () => [httpProxy({ proxy: proxies[1].proxy })],
      () => [overridingLayer(), socks({ proxy: proxies[0].proxy })],
      () => [scramblingLayer(), httpProxy({ proxy: proxies[1].proxy })],
    ]) {
      const chain = world.stack(layers());
      expect(connectByName(world, port)).toBe(0);
      world.accept(listener);
      // Nor is a service's name asked for.
      const s = world.tcpSocket();
      expect(world.ws2.WSAConnectByName(s, 'hidden.example', 'ftp', null, null, null, null, null, null)).toBe(false);
      const socket = createConnection({ ws2: world.ws2, chain, host: 'hidden.example', port });
      await once(socket, 'connect');
      world.accept(listener);
      socket.destroy();
      await once(socket, 'close');
    }
    expect(asked()).toBe(0);
    expect(world.takeDefects()).toHaveLength(5);
    for (const proxy of proxies) proxy.close();
    forget();
  });

  on.it('and without a proxy, or with names that are looked up here, it is asked', (world) => {
    const { asked, forget } = countingDns(world);
    expect(connectByName(world, 9)).not.toBe(0);
    const without = asked();
    expect(without).toBeGreaterThan(0);
    const proxy = new SocksServer(world.ws2, { hosts });
    world.stack([socks({ proxy: proxy.proxy, remoteNames: false })]);
    const s = world.tcpSocket();
    world.ws2.WSAConnectByName(s, 'other.example', '9', null, null, null, null, null, null);
    expect(asked()).toBeGreaterThan(without);
    expect(proxy.requests).toEqual([]);
    proxy.close();
    forget();
  });

  on.it('nor is it asked where the layer cannot start', async (world) => {
    const { asked, forget } = countingDns(world);
    const chain = world.stack([{ name: 'socks', version: '1.0.0', ifs: false, WSPStartup }]);
    const socket = createConnection({ ws2: world.ws2, chain, host: 'hidden.example', port: 80 });
    const [error] = (await once(socket, 'error')) as [{ message: string }];
    expect(error.message).toMatch(/WSAEPROVIDERFAILEDINIT/);
    expect(world.takeDefects().join()).toMatch(/Install a module of your own of two lines/);
    expect(asked()).toBe(0);
    forget();
  });

  on.it('programs that look a name up first are given an address that stands for it', async (world) => {
    const { s: listener, name } = world.listener();
    const { port } = parseSockaddr(name);
    const { asked, forget } = countingDns(world);
    addNameSpace(world.ws2, createProxiedNameSpace(), { first: true });
    const proxy = new SocksServer(world.ws2, { hosts });
    world.stack([socks({ proxy: proxy.proxy })]);

    for (const [family, expected] of [
      [AF_INET, '198.18.0.1'],
      [AF_INET6, '100::1'],
    ] as const) {
      const found = ref<addrinfo | null>(null);
      const hints = { ai_family: family, ai_socktype: SOCK_STREAM };
      expect(world.ws2.getaddrinfo('Hidden.example', `${port}`, hints, found)).toBe(0);
      const address = found.value!.ai_addr!;
      expect(parseSockaddr(address)).toMatchObject({ address: expected, port });
      expect(world.connect(world.tcpSocket(family), address)).toBe(0);
      world.accept(listener);
    }
    const { h_addr_list } = world.ws2.gethostbyname('hidden.example')!;
    expect([...(h_addr_list[0] as Uint8Array)]).toEqual([198, 18, 0, 1]);
    const found = await new Promise((resolve) => {
      lookup('hidden.example', { ws2: world.ws2 }, (error, address) => resolve(error ?? address));
    });
    expect(found).toBe('198.18.0.1');
    expect(proxy.requests.map(({ host }) => host)).toEqual(['Hidden.example', 'Hidden.example']);
    expect(asked()).toBe(0);
    proxy.close();
    forget();
  });
});
