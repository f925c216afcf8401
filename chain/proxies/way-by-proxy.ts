import {
  AF_INET,
  AF_INET6,
  parseIPv4,
  parseIPv6,
  parseSockaddr,
  sockaddr_in,
  sockaddr_in6,
  winsockErrorName,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAEHOSTUNREACH,
  type InstanceHost,
} from '../../spi/index.js';
import type { Destination, FilterRequest } from '../filters/index.js';
import { formatAddressAndPort, shownProxy, type ProxyAddress } from './proxy-address.js';

/** The families that a proxy whose name is known can be reached by: all of them, until it was looked up. */
const BOTH: readonly number[] = [AF_INET, AF_INET6];

/**
 * The way of a layer's connections by a proxy: its filter leads them there, and says so when that cannot be.
 */
export class WayByProxy {
  /** The proxy as messages name it. */
  readonly text: string;
  readonly #literal: string | null;
  readonly #isIPv6: boolean;
  /** Who waits for the proxy's own addresses, while they are looked up. */
  #waiting: ((addresses: readonly Uint8Array[], error: number) => void)[] | null = null;

  /**
   * @param host the instance's
   * @param proxy where it is
   * @param kind what it is, as in `SOCKS proxy`
   */
  constructor(
    private readonly host: InstanceHost,
    private readonly proxy: ProxyAddress,
    kind: string,
  ) {
    this.text = `the ${kind} ${shownProxy(proxy)}`;
    const name = proxy.host.toLowerCase() === 'localhost' ? '127.0.0.1' : proxy.host;
    this.#isIPv6 = parseIPv6(name) !== null;
    this.#literal = this.#isIPv6 || parseIPv4(name) !== null ? name : null;
  }

  /** Whether sockets of a family can reach the proxy. IPv6 sockets reach IPv4 addresses, too. */
  reachedBy(family: number): boolean {
    return family === AF_INET6 || !this.#isIPv6;
  }

  /** Leads a connection to the proxy; looks the proxy's name up, if it has one. */
  lead(request: FilterRequest): void {
    const { destination } = request.connection!;
    if (destination !== null && destination.name === null && this.#standsForNothing(destination)) {
      const cure = 'look the name up again';
      return request.refuse(WSAEADDRNOTAVAIL, `${destination.address} stands for no name any more: ${cure}`);
    }
    if (this.#literal !== null) {
      this.#leadTo(request, this.#literal, this.#isIPv6);
      return;
    }
    request.wait();
    this.#lookUp((addresses, error) => {
      const fits = addresses.find((address) => address[0] === request.family) ?? addresses[0];
      if (fits === undefined) {
        return request.refuse(WSAEHOSTUNREACH, `the address of ${this.text} is not known (${winsockErrorName(error)})`);
      }
      request.hostName = this.proxy.host;
      if (this.#leadTo(request, parseSockaddr(fits).address, fits[0] === AF_INET6)) request.resume();
    });
  }

  #leadTo(request: FilterRequest, address: string, isIPv6: boolean): boolean {
    if (isIPv6 && request.family === AF_INET) {
      request.refuse(
        WSAEAFNOSUPPORT,
        `${this.text} has an IPv6 address, which sockets of IPv4 cannot reach: connect by name, or by a socket of AF_INET6`,
      );
      return false;
    }
    request.address = request.family === AF_INET6 && !isIPv6 ? `::ffff:${address}` : address;
    request.port = this.proxy.port;
    return true;
  }

  /**
   * Tells the proxy's addresses: sockaddrs with its port.
   *
   * @param found told them, or why there is none; maybe before the function returns
   */
  addresses(found: (addresses: readonly Uint8Array[], error: number) => void): void {
    const { port } = this.proxy;
    if (this.#literal !== null) {
      const name = this.#isIPv6 ? sockaddr_in6(this.#literal, port) : sockaddr_in(this.#literal, port);
      return found([name], 0);
    }
    this.#lookUp((addresses, error) => {
      const names = addresses.map((each) => {
        const { family, address } = parseSockaddr(each);
        return family === AF_INET6 ? sockaddr_in6(address, port) : sockaddr_in(address, port);
      });
      found(names, error);
    });
  }

  #lookUp(found: (addresses: readonly Uint8Array[], error: number) => void): void {
    if (this.#waiting !== null) {
      this.#waiting.push(found);
      return;
    }
    this.#waiting = [found];
    this.host.lookUp(this.proxy.host, BOTH, (error, addresses) => {
      const waiting = this.#waiting ?? [];
      this.#waiting = null;
      for (const each of waiting) each(addresses, error);
    });
  }

  #standsForNothing({ address, family }: Destination): boolean {
    const name = family === AF_INET6 ? sockaddr_in6(address, 0) : sockaddr_in(address, 0);
    return this.host.names.isAssignable(name);
  }

  /** Why the proxy could not be reached, for people. */
  unreachable(error: number): string {
    return `${this.text} cannot be reached (${winsockErrorName(error)})`;
  }
}

/** A destination as messages name it. */
export function shownDestination({ name, address, port }: Destination): string {
  return formatAddressAndPort(name ?? address, port);
}
