/**
 * The layer `socks`: connections go by way of a SOCKS proxy of version 5 (RFC 1928, RFC 1929), 4 or 4A, and names go to the proxy.
 *
 * @module
 */
import {
  createCodecProvider,
  createLayerStartup,
  identity,
  shownDestination,
  WayByProxy,
  type Codec,
  type CodecConnection,
  type Destination,
  type FilterRequest,
  type Layer,
  type LayerContext,
} from '../../../chain/index.js';
import {
  AF_INET6,
  sockaddr_in,
  sockaddr_in6,
  WSAEPROVIDERFAILEDINIT,
  WSAHOST_NOT_FOUND,
  type LPWSPSTARTUP,
  type WSPPROC_TABLE,
} from '../../../spi/index.js';
import { requestedHost, type RequestedHost } from './addresses.js';
import { SocksCodec } from './codec.js';
import type { Handshake } from './handshake.js';
import { socks4Obstacle, Socks4Handshake } from './handshake-4.js';
import { Command, Socks5Handshake } from './handshake-5.js';
import { readSocksOptions, type SocksOptions, type SocksSettings } from './options.js';

export type { SocksOptions } from './options.js';

/**
 * Makes a layer whose connections go by way of a SOCKS proxy. What cannot go by it fails; nothing goes around.
 *
 * @param options the proxy, who asks, and how
 * @throws TypeError that names the option that is wrong; none shows a password
 */
export function socks(options: SocksOptions): Layer {
  const settings = readSocksOptions(options);
  const { name } = settings;
  const WSPStartup = createLayerStartup(`${name} 1.0.0`, (context, table) => {
    Object.assign(table, new SocksLayer(context, settings).createProvider());
  });
  return { name, version: '1.0.0', ifs: false, WSPStartup };
}

/** Refuses to start: nobody knows which proxy is meant. A module of your own exports `socks({ proxy }).WSPStartup`. */
export const WSPStartup: LPWSPSTARTUP = (_version, _data, _info, UpcallTable) => {
  UpcallTable?.host.report({
    message:
      'socks: there is no proxy to go by. Install a module of your own of two lines: ' +
      "import { socks } from 'ws2spi/providers/layers/socks'; " +
      "export const { WSPStartup } = socks({ proxy: 'host:port' });",
    provider: 'socks',
  });
  return WSAEPROVIDERFAILEDINIT;
};

/** One start of the layer. */
class SocksLayer {
  readonly #way: WayByProxy;

  constructor(
    private readonly context: LayerContext,
    private readonly settings: SocksSettings,
  ) {
    this.#way = new WayByProxy(context.host, settings.proxy, 'SOCKS proxy');
  }

  createProvider(): WSPPROC_TABLE {
    const { name, remoteNames } = this.settings;
    return createCodecProvider(this.context, {
      name,
      filters: { connect: (request) => this.#lead(request) },
      codec: (connection) => this.#createCodec(connection),
      // The codec has a limit of its own, and says more.
      handshakeTimeout: Infinity,
      takesNames: (family) => remoteNames && this.#way.reachedBy(family),
      unreachable: (error) => this.#way.unreachable(error),
    });
  }

  #lead(request: FilterRequest): void {
    const { destination } = request.connection!;
    if (destination === null) return;
    const host = this.#hostOf(destination);
    if (host === null) {
      return request.refuse(WSAHOST_NOT_FOUND, `no proxy can be asked for a name like ${shown(destination)}`);
    }
    const obstacle = this.settings.version === 4 ? socks4Obstacle(host, this.settings.proxy.scheme !== 'socks4') : null;
    if (obstacle !== null) return request.refuse(obstacle.error, obstacle.reason);
    this.#way.lead(request);
  }

  #createCodec({ role, destination }: CodecConnection): Codec {
    if (role === 'server' || destination === null) return identity();
    const host = this.#hostOf(destination)!;
    return new SocksCodec(
      this.#handshake(host, destination.port),
      this.#way.text,
      shownDestination(destination),
      this.settings.timeout,
    );
  }

  #handshake(host: RequestedHost, port: number): Handshake {
    const { version, credentials } = this.settings;
    return version === 4
      ? new Socks4Handshake(host, port, credentials?.user ?? '')
      : new Socks5Handshake(Command.CONNECT, host, port, credentials);
  }

  /** What the proxy is asked for: the name, unless it is to have addresses alone, and there is one. */
  #hostOf(destination: Destination): RequestedHost | null {
    const { address, family } = destination;
    const sockaddr = family === AF_INET6 ? sockaddr_in6(address, 0) : sockaddr_in(address, 0);
    const byName = this.settings.remoteNames || this.context.host.names.isAssignable(sockaddr);
    return requestedHost(destination, byName);
  }
}

function shown(destination: Destination): string {
  const text = JSON.stringify(destination.name);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
