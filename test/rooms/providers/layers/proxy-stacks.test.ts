// Layers that go by a proxy, in stacks with others: above them, below them, and several of them.
import { expect } from 'vitest';
import { INSTANCE, parseSockaddr, ref, SOCK_STREAM, type WSAPROTOCOL_INFO } from 'ws2spi';
import { stack, type Layer } from 'ws2spi/chain';
import { compression } from 'ws2spi/providers/layers/compression';
import { httpProxy } from 'ws2spi/providers/layers/http-proxy';
import { proxyHeaderOf, proxyProtocol } from 'ws2spi/providers/layers/proxy-protocol';
import { socks } from 'ws2spi/providers/layers/socks';
import { trace } from 'ws2spi/providers/layers/trace';
import { HttpProxyServer } from '../../../support/http-proxy-server.js';
import { tlsLayer } from '../../../support/layers.js';
import { describeOnEveryProvider, type World } from '../../../support/providers.js';
import { SocksServer } from '../../../support/socks-server.js';

const AF_INET = 2;

/** An entry over TCP over IPv4 with these layers; the base's own for none. */
function entryOf(world: World, layers: Layer[]): WSAPROTOCOL_INFO {
  if (layers.length > 0) return stack(world.ws2, layers)[0]!;
  return world.ws2[INSTANCE].providerHost
    .catalogEntries()
    .find(
      (entry) =>
        entry.iAddressFamily === AF_INET && entry.iSocketType === SOCK_STREAM && entry.ProtocolChain.ChainLen === 1,
    )!;
}

function listenerOn(world: World, entry: WSAPROTOCOL_INFO): { s: number; name: Uint8Array } {
  const s = world.track(world.ws2.WSASocket(-1, -1, -1, entry, 0, 1));
  const any = world.freeName();
  expect(world.code(world.ws2.bind(s, any, any.length))).toBe(0);
  expect(world.code(world.ws2.listen(s, 8))).toBe(0);
  return { s, name: world.nameOf(s) };
}

/** What goes from a client on these layers to a server on those, and back; by the blocking calls. */
function meets(world: World, layers: Layer[], serverLayers: Layer[] = []): { client: number; server: number } {
  const { s: listener, name } = listenerOn(world, entryOf(world, serverLayers));
  const client = world.track(world.ws2.WSASocket(-1, -1, -1, entryOf(world, layers), 0, 1));
  expect(world.connect(client, name), world.takeDefects().join()).toBe(0);
  const peer = new Uint8Array(16);
  expect(world.code(world.ws2.getpeername(client, peer, ref(16)))).toBe(0);
  expect(parseSockaddr(peer)).toEqual(parseSockaddr(name));
  // A handshake above needs the client's half to go on.
  const server = world.accept(listener);
  for (const [from, to, text] of [
    [client, server, 'there '.repeat(3000)],
    [server, client, 'back '.repeat(3000)],
  ] as const) {
    world.send(from, text);
    expect(world.receiveAll(to, text.length)).toBe(text);
  }
  return { client, server };
}

describeOnEveryProvider('in a stack', (on) => {
  on.it('`socks` over `tls`: the proxy speaks TLS', (world) => {
    const proxy = new SocksServer(world.ws2, { entry: entryOf(world, [tlsLayer()]) });
    meets(world, [socks({ proxy: proxy.proxy }), tlsLayer()]);
    proxy.close();
  });

  on.it('`http-proxy` over `compression`: the proxy compresses', (world) => {
    const proxy = new HttpProxyServer(world.ws2, undefined, {}, entryOf(world, [compression()]));
    meets(world, [httpProxy({ proxy: proxy.proxy }), compression()]);
    proxy.close();
  });

  on.it('`http-proxy` over `tls`, and `trace` over, between and below', (world) => {
    const proxy = new HttpProxyServer(world.ws2, undefined, {}, entryOf(world, [tlsLayer()]));
    const quiet = (name: string): Layer => trace({ name });
    meets(world, [quiet('above'), httpProxy({ proxy: proxy.proxy }), quiet('between'), tlsLayer(), quiet('below')]);
    proxy.close();
  });

  on.it('`tls` over `socks`: what goes through the proxy is secured', (world) => {
    const proxy = new SocksServer(world.ws2);
    const { client, server } = meets(world, [tlsLayer(), socks({ proxy: proxy.proxy })], [tlsLayer()]);
    // The proxy hands on that they end.
    for (const s of [client, server]) expect(world.code(world.ws2.shutdown(s, 1))).toBe(0);
    for (const s of [client, server]) expect(world.receive(s)).toBe('');
    proxy.close();
  });

  on.it('`socks` over `http-proxy`: a proxy behind a proxy', (world) => {
    const [outer, inner] = [new SocksServer(world.ws2), new HttpProxyServer(world.ws2)];
    meets(world, [socks({ proxy: outer.proxy }), httpProxy({ proxy: inner.proxy })]);
    expect(inner.requests[0]).toContain(`CONNECT ${outer.proxy} `);
    expect(outer.requests).toHaveLength(1);
    outer.close();
    inner.close();
  });

  on.it('`compression` over `proxy-protocol` over `tls`, on both sides', (world) => {
    const layers = (): Layer[] => [compression(), proxyProtocol({ from: 'loopback' }), tlsLayer()];
    const { client, server } = meets(world, layers(), layers());
    expect(proxyHeaderOf(world.ws2, server)!.source!.port).toBe(world.portOf(client));
  });
});
