/**
 * What lets any other program's connections go over a chain, whatever it is written in: proxies that speak SOCKS and HTTP, and ports
 * that lead elsewhere.
 *
 * ```ts
 * import { serveProxy } from 'ws2spi/gateway';
 * const proxy = await serveProxy({ port: 1080, chain: 'trace over [TCP/IP]' });
 * // curl --proxy socks5h://127.0.0.1:1080 http://example.com/
 * await proxy.close();
 * ```
 *
 * @module
 */
import type { ChainSocket } from '../node/index.js';
import { Gateway } from './gateway.js';
import { HttpClients } from './http-clients.js';
import { relay } from './relay.js';
import {
  checkNames,
  gatewaySettings,
  proxyProtocols,
  proxyUser,
  type ForwardOptions,
  type GatewaySettings,
  type ProxyOptions,
} from './settings.js';
import { checkedDestination } from './destination.js';
import { serveSocksClient } from './socks-clients.js';

export { readDestination, type Destination } from './destination.js';
export type { Gateway } from './gateway.js';
export type { ForwardOptions, GatewayOptions, ProxyOptions, ProxyProtocol } from './settings.js';
export { SocksServerHandshake, type ProxyUser, type SocksRequest, type SocksServerUser } from './socks-handshake.js';

/** The first byte of what SOCKS clients say. */
const SOCKS_VERSIONS: readonly number[] = [4, 5];

/**
 * Opens a proxy: it is asked for connections by SOCKS 5, 4A or 4, or by HTTP, all on one port, and makes them over a chain. Names go to the
 * chain where that takes names; else the instance looks them up.
 *
 * @param options where to listen, who may use it, and the chain
 * @returns resolves when it listens
 * @throws TypeError that names the option that is wrong; Error when the chain cannot be used, or nobody can listen there
 */
export async function serveProxy(options: ProxyOptions = {}): Promise<Gateway> {
  checkNames('serveProxy', options);
  const user = proxyUser(options);
  const protocols = proxyProtocols(options);
  const serve = (client: ChainSocket): void => {
    const gone = (): void => void client.destroy();
    client.once('data', (first: Buffer) => {
      client.off('end', gone);
      client.pause();
      client.unshift(first);
      const isSocks = SOCKS_VERSIONS.includes(first[0]!);
      if (!protocols.has(isSocks ? 'socks' : 'http')) {
        gateway.problem(`a client is refused: it speaks ${isSocks ? 'SOCKS' : 'no SOCKS'}`);
        client.destroy();
      } else if (isSocks) serveSocksClient(client, gateway, user);
      else http.serve(client);
    });
    client.once('end', gone);
    client.resume();
  };
  const gateway = new Gateway(gatewaySettings(options, 'out'), serve);
  const http = new HttpClients(gateway, user);
  return gateway.listen();
}

/**
 * Opens a port whose connections are made over a chain to one destination.
 *
 * @param options where to listen, `to` where connections lead, and the chain
 * @returns resolves when it listens
 * @throws as `serveProxy`
 */
export async function forwardOverChain(options: ForwardOptions): Promise<Gateway> {
  checkNames('forwardOverChain', options);
  return await forward(options, gatewaySettings(options, 'out'));
}

/**
 * Opens a port that is reached over a chain, and whose connections are made without it to a server that knows nothing of it: TLS,
 * compression or the PROXY protocol before a server that has none.
 *
 * @param options where to listen, `to` where the server is, and the chain
 * @returns resolves when it listens
 * @throws as `serveProxy`
 */
export async function forwardFromChain(options: ForwardOptions): Promise<Gateway> {
  checkNames('forwardFromChain', options);
  return await forward(options, gatewaySettings(options, 'in'));
}

async function forward({ to }: ForwardOptions, settings: GatewaySettings): Promise<Gateway> {
  const destination = checkedDestination(to, settings);
  const gateway: Gateway = new Gateway(settings, (client: ChainSocket) => {
    gateway.settled(client);
    gateway.reach(destination, client, {
      connected: (target) => relay(client, target),
      failed: () => client.resetAndDestroy(),
    });
  });
  return gateway.listen();
}
