import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_V6ONLY,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  WSAEADDRINUSE,
  type ErrorCode,
  type PortProtocol,
  type PortSpace,
} from '../../spi/index.js';
import { PortSet, systemConventions, type PlatformSockets } from '../../platform/index.js';
import { isClaimed } from './binding.js';

/** For how long the system's list of ports that it leaves alone is taken to be as it was, in milliseconds. */
const LIST_LIFETIME = 1000;

const OFF = new Uint8Array(4);

/** The ports of this machine. */
export class SystemPortSpace implements PortSpace {
  readonly #sockets: () => PlatformSockets;
  readonly #system = systemConventions().ports;
  #automatic = { first: 0, last: 0 };
  #reserved = new PortSet();
  #lookedAt = -Infinity;

  /**
   * Makes it.
   *
   * @param sockets opened to find out which ports others have
   */
  constructor(sockets: () => PlatformSockets) {
    this.#sockets = sockets;
  }

  automatic(): { readonly first: number; readonly last: number } {
    // Each bind asks; the clock is read only when a port is to be chosen.
    if (this.#automatic.last === 0) this.#look();
    return this.#automatic;
  }

  /** Anywhere: other programs that begin at the same one would be in each other's way. */
  nextAutomatic(): number {
    this.#look();
    const { first, last } = this.#automatic;
    return first + Math.floor(Math.random() * (last - first + 1));
  }

  leavesAlone(port: number): boolean {
    return this.#reserved.has(port);
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LIST_LIFETIME) return;
    this.#lookedAt = now;
    this.#automatic = this.#system.automatic();
    this.#reserved = this.#system.reserved();
  }

  inUse(protocol: PortProtocol, first: number, count: number): number {
    for (let port = first; port < first + count; port++) if (this.#has(protocol, port)) return port;
    return 0;
  }

  #has(protocol: PortProtocol, port: number): boolean {
    if (isClaimed(this.#sockets(), protocol === 'tcp', port)) return true;
    if (!this.#isTaken(protocol, port, false)) return false;
    // A connection that is over is in nobody's way. Sockets that are merely bound are in no list of the system's.
    return protocol === 'udp' || !this.#system.isOnlyRemembered(port) || this.#isTaken(protocol, port, true);
  }

  /** A wildcard of both families can be bound only where nobody has any address with the port. */
  #isTaken(protocol: PortProtocol, port: number, remembered: boolean): boolean {
    const [type, number] = protocol === 'tcp' ? [SOCK_STREAM, IPPROTO_TCP] : [SOCK_DGRAM, IPPROTO_UDP];
    for (const family of [AF_INET6, AF_INET]) {
      const code = this.#tryBind(family, type, number, port, remembered);
      if (code === 0 || code === WSAEADDRINUSE) return code !== 0;
    }
    // Neither family can be asked: a port that is for root alone.
    return false;
  }

  #tryBind(family: number, type: number, protocol: number, port: number, remembered: boolean): ErrorCode {
    const sockets = this.#sockets();
    const descriptor = sockets.socket(family, type, protocol);
    if (descriptor < 0) return -descriptor;
    if (family === AF_INET6) sockets.setOption(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, OFF, 4);
    if (remembered) sockets.reuseRemembered(descriptor, true);
    const name = family === AF_INET6 ? sockaddr_in6('::', port) : sockaddr_in('0.0.0.0', port);
    const code = sockets.bind(descriptor, name, name.length);
    sockets.close(descriptor);
    return code;
  }
}
