// How the WinSock 1.1 database functions become look-ups (specification: Basic Approach for getxbyy), which blocking
// and asynchronous functions share.
import {
  AF_INET6,
  formatIPv4,
  formatIPv6,
  hostent,
  LUP_RETURN_BLOB,
  SVCID_INET_HOSTADDRBYINETSTRING,
  WSAHOST_NOT_FOUND,
  type servent,
} from '../../spi/index.js';
import type { LookupQueries } from './lookup-queries.js';
import { Lookup, question, type LookupStep } from './lookup.js';
import {
  addresses,
  decodeBlob,
  documented,
  forHost,
  hostByName,
  ownName,
  restrictionsFor,
  serviceBy,
} from './questions.js';

/** The look-ups behind the WinSock 1.1 database functions. */
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
   * @returns the host with IPv4 addresses; WSAHOST_NOT_FOUND, WSANO_DATA (it has none of IPv4), or another of the
   *   documented errors
   */
  hostByName(name: string): Lookup<hostent> {
    return this.#lookup(forHost(name, hostByName));
  }

  /**
   * A host's addresses in one family.
   *
   * @param name the name; empty for the machine itself
   * @param family AF_INET or AF_INET6
   * @returns sockaddrs, each once; WSAHOST_NOT_FOUND, WSANO_DATA (it has none of the family), or another of the
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
   * @returns the host with that address; WSAHOST_NOT_FOUND or another of the documented errors
   */
  hostByAddress(address: Uint8Array, family: number): Lookup<hostent> {
    const text = family === AF_INET6 ? formatIPv6(address) : formatIPv4(address);
    const restrictions = restrictionsFor(SVCID_INET_HOSTADDRBYINETSTRING, text, family);
    return this.#lookup(
      question(restrictions, LUP_RETURN_BLOB, decodeBlob(hostent.decode), documented(WSAHOST_NOT_FOUND)),
    );
  }

  /**
   * A service by its name or port.
   *
   * @param service a name, or a port in decimal
   * @param protocol its protocol; `null` for the first that there is
   * @returns the service; WSANO_DATA or another of the documented errors
   */
  service(service: string, protocol: string | null): Lookup<servent> {
    return this.#lookup(serviceBy(service, protocol, (answer) => answer));
  }

  /**
   * A service by its port.
   *
   * @param port in network order; only its low 16 bits count
   * @param protocol its protocol; `null` for the first that there is
   * @returns as `service`
   */
  serviceAt(port: number, protocol: string | null): Lookup<servent> {
    const inHostOrder = ((port & 0xff) << 8) | ((port >> 8) & 0xff);
    return this.service(`${inHostOrder}`, protocol);
  }

  #lookup<T>(first: LookupStep<T>): Lookup<T> {
    return new Lookup(this.queries, first);
  }
}
