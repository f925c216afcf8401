// How the WinSock 1.1 database functions become look-ups (specification: Basic Approach for getxbyy), which blocking
// and asynchronous functions share.
import { AF_INET6, formatIPv4, formatIPv6 } from '../../spi/index.js';
import type { LookupQueries } from './lookup-queries.js';
import type { LookupStep } from './lookup-question.js';
import { Lookup } from './lookup.js';
import { addresses, forHost, hostByAddress, hostByName, ownName, serviceBy } from './questions.js';

/** The look-ups behind the WinSock 1.1 database functions. Hosts and services are found as encoded structures. */
export class GetXByYQueries {
  constructor(readonly queries: LookupQueries) {}

  /**
   * The machine's name.
   *
   * @returns the name, or WSAENETDOWN when no name space knows it
   */
  hostName(): Lookup<string> {
    return this.#lookup(ownName((answer) => answer));
  }

  /**
   * A host by its name; an address in text is nobody's name.
   *
   * @param name the name; empty for the machine itself
   * @returns an encoded `hostent` with IPv4 addresses; WSAHOST_NOT_FOUND, WSANO_DATA (it has none of IPv4), or another of the
   *   documented errors
   */
  hostByName(name: string): Lookup<Uint8Array> {
    return this.#lookup(forHost(name, hostByName));
  }

  /**
   * A host's addresses in one family.
   *
   * @param name the name; empty for the machine itself
   * @param family AF_INET or AF_INET6
   * @returns sockaddrs, each once, which are not to be changed; WSAHOST_NOT_FOUND, WSANO_DATA (it has none of the family), or another of the
   *   documented errors
   */
  addresses(name: string, family: number): Lookup<readonly Uint8Array[]> {
    return this.#lookup(forHost(name, (host) => addresses(host, family)));
  }

  /**
   * A host by its address.
   *
   * @param address 4 bytes for AF_INET, 16 for AF_INET6
   * @param family AF_INET or AF_INET6
   * @returns an encoded `hostent` with that address; WSAHOST_NOT_FOUND or another of the documented errors
   */
  hostByAddress(address: Uint8Array, family: number): Lookup<Uint8Array> {
    const text = family === AF_INET6 ? formatIPv6(address) : formatIPv4(address);
    return this.#lookup(hostByAddress(text, family));
  }

  /**
   * A service by its name or port.
   *
   * @param service a name, or a port in decimal
   * @param protocol its protocol; `null` for the first that there is
   * @returns an encoded `servent`; WSANO_DATA or another of the documented errors
   */
  service(service: string, protocol: string | null): Lookup<Uint8Array> {
    return this.#lookup(serviceBy(service, protocol, (answer) => answer));
  }

  /**
   * A service by its port.
   *
   * @param port in network order; only its low 16 bits count
   * @param protocol its protocol; `null` for the first that there is
   * @returns as `service`
   */
  serviceAt(port: number, protocol: string | null): Lookup<Uint8Array> {
    const inHostOrder = ((port & 0xff) << 8) | ((port >> 8) & 0xff);
    return this.service(`${inHostOrder}`, protocol);
  }

  #lookup<T>(first: LookupStep<T>): Lookup<T> {
    return new Lookup(this.queries, first);
  }
}
