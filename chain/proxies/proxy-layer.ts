import {
  AF_INET6,
  sockaddr_in,
  sockaddr_in6,
  SOCK_DGRAM,
  WSAHOST_NOT_FOUND,
  type LPWSPSTARTUP,
} from '../../spi/index.js';
import { createCodecProvider, identity, type Codec, type DatagramCodecFactory } from '../codec/index.js';
import type { CodecConnection, Destination, FilterRequest } from '../filters/index.js';
import { createLayerStartup, type LayerContext } from '../layer/index.js';
import type { Handshake, Refusal } from './handshake.js';
import { ProxiedCodec } from './proxied-codec.js';
import type { ProxyAddress } from './proxy-address.js';
import { requestedHost, type RequestedHost } from './requested-host.js';
import { shownDestination, WayByProxy } from './way-by-proxy.js';

/** What a layer is whose connections go by way of a proxy. */
export interface ProxyLayer {
  readonly name: string;
  readonly version: string;
  readonly proxy: ProxyAddress;
  /** What the proxy is, as in `SOCKS proxy`. */
  readonly kind: string;
  /** Whether names go to the proxy. */
  readonly remoteNames: boolean;
  /** Milliseconds that the proxy has to connect. */
  readonly timeout: number;
  /** Asks the proxy for a connection. */
  readonly handshake: (host: RequestedHost, port: number) => Handshake;
  /** Why the proxy cannot be asked for a host; `null` when it can. */
  readonly obstacle?: (host: RequestedHost) => Refusal | null;
  /** Makes what takes datagrams by way of the proxy; without it there are none. */
  readonly datagrams?: (context: LayerContext, way: WayByProxy) => DatagramCodecFactory;
}

/** Makes the startup of a layer whose connections go by way of a proxy. What cannot go by it fails; nothing goes around. */
export function createProxyStartup(layer: ProxyLayer): LPWSPSTARTUP {
  const { name, version, remoteNames } = layer;
  return createLayerStartup(`${name} ${version}`, (context, table) => {
    const way = new WayByProxy(context.host, layer.proxy, layer.kind);
    const connections = new ProxiedConnections(layer, context, way);
    const options = {
      name,
      filters: { connect: (request: FilterRequest) => connections.lead(request) },
      codec: (connection: CodecConnection) => connections.createCodec(connection),
      datagrams: layer.datagrams?.(context, way),
      // The codec has a limit of its own, and says more.
      handshakeTimeout: Infinity,
      takesNames: (family: number) => remoteNames && way.reachedBy(family),
      unreachable: (error: number) => way.unreachable(error),
    };
    Object.assign(table, createCodecProvider(context, options));
  });
}

/** The connections of one start of the layer. */
class ProxiedConnections {
  constructor(
    private readonly layer: ProxyLayer,
    private readonly context: LayerContext,
    private readonly way: WayByProxy,
  ) {}

  lead(request: FilterRequest): void {
    // Datagrams find their own way.
    if (this.context.chain.iSocketType === SOCK_DGRAM) return;
    const { destination } = request.connection!;
    if (destination === null) return;
    const host = this.#hostOf(destination);
    if (host === null) {
      return request.refuse(WSAHOST_NOT_FOUND, `no proxy can be asked for a name like ${shortened(destination.name)}`);
    }
    const obstacle = this.layer.obstacle?.(host) ?? null;
    if (obstacle !== null) return request.refuse(obstacle.error, obstacle.meaning);
    this.way.lead(request);
  }

  createCodec({ role, destination }: CodecConnection): Codec {
    if (role === 'server' || destination === null) return identity();
    const { layer, way } = this;
    const handshake = layer.handshake(this.#hostOf(destination)!, destination.port);
    return new ProxiedCodec(handshake, way.text, shownDestination(destination), layer.timeout);
  }

  /** What the proxy is asked for: the name, unless it is to have addresses alone, and there is one. */
  #hostOf(destination: Destination): RequestedHost | null {
    const { address, family } = destination;
    const sockaddr = family === AF_INET6 ? sockaddr_in6(address, 0) : sockaddr_in(address, 0);
    return requestedHost(destination, this.layer.remoteNames || this.context.host.names.isAssignable(sockaddr));
  }
}

function shortened(name: string | null): string {
  const text = JSON.stringify(name);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
