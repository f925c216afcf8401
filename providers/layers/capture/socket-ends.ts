import type { LayerContext } from '../../../chain/index.js';
import { AF_INET6, SIO_ROUTING_INTERFACE_QUERY, type SOCKET } from '../../../spi/index.js';
import type { CapturedSocket } from './captured-socket.js';
import { endpoint, endpointOf, isUnspecified, type Endpoint } from './packet-header.js';

/** Addresses whose way out is remembered. */
const MOST_ROUTES = 256;
const LONGEST_NAME = 128;

/** The ends of sockets, as the provider below knows them. */
export class SocketEnds {
  readonly #routes = new Map<string, Uint8Array>();

  constructor(private readonly context: LayerContext) {}

  /** The name that a socket has; `null` for none. */
  local(s: SOCKET): Endpoint | null {
    return this.#ask(this.context.lower.lpWSPGetSockName, s);
  }

  /** The name of a socket's peer; `null` for none. */
  peer(s: SOCKET): Endpoint | null {
    return this.#ask(this.context.lower.lpWSPGetPeerName, s);
  }

  /** The local end of a connection to a peer. */
  localEnd(socket: CapturedSocket, peer: Endpoint | null): Endpoint | null {
    const local = this.#ask(this.context.lower.lpWSPGetSockName, socket.s);
    return local === null || peer === null || !isUnspecified(local) ? local : this.routed(socket.s, local, peer);
  }

  /** The peer of a datagram that nobody asked for: that of a connected socket, or none. */
  connectedTo(socket: CapturedSocket): Endpoint {
    const isIPv6 = this.context.chain.iAddressFamily === AF_INET6;
    const peer =
      this.#ask(this.context.lower.lpWSPGetPeerName, socket.s) ?? endpoint(new Uint8Array(isIPv6 ? 16 : 4), 0);
    socket.knows(socket.local, peer);
    return peer;
  }

  #ask(
    which: (s: SOCKET, name: Uint8Array, namelen: { value: number }, lpErrno: { value: number }) => number,
    s: SOCKET,
  ): Endpoint | null {
    const name = new Uint8Array(LONGEST_NAME);
    const length = { value: name.length };
    return which(s, name, length, { value: 0 }) === 0 ? endpointOf(name, length.value) : null;
  }

  /** The address by which a socket that is bound to all of them reaches a peer. */
  routed(s: SOCKET, local: Endpoint, peer: Endpoint): Endpoint {
    const key = peer.address.join('.');
    let address = this.#routes.get(key);
    if (address === undefined) {
      address = this.#route(s, peer) ?? local.address;
      if (this.#routes.size >= MOST_ROUTES) this.#routes.clear();
      this.#routes.set(key, address);
    }
    return endpoint(address, local.port);
  }

  #route(s: SOCKET, { address, port }: Endpoint): Uint8Array | null {
    const [to, out] = [new Uint8Array(28), new Uint8Array(LONGEST_NAME)];
    const isIPv4 = address.length === 4;
    to[0] = isIPv4 ? 2 : 23;
    to[2] = port >> 8;
    to[3] = port & 0xff;
    to.set(address, isIPv4 ? 4 : 8);
    const bytes = { value: 0 };
    const code = SIO_ROUTING_INTERFACE_QUERY;
    const length = isIPv4 ? 16 : 28;
    const { lower, host } = this.context;
    const ioctl = lower.lpWSPIoctl;
    const errno = { value: 0 };
    if (ioctl(s, code, to, length, out, out.length, bytes, null, null, host.thread, errno) !== 0) return null;
    return endpointOf(out, bytes.value)?.address ?? null;
  }
}
