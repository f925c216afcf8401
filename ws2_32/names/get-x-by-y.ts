import { areBytes, isNull, isOptionalText, isRoom } from '../../spi/arguments.js';
import {
  AF_INET,
  AF_INET6,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSANO_DATA,
  hostent,
  type protoent,
  servent,
  type StructureCodec,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { GetXByYQueries } from './get-x-by-y-queries.js';
import type { LookupAnswer } from './lookup-question.js';
import { carryOut, type Lookup } from './lookup.js';
import { protocolByName, protocolByNumber } from './name-protocols.js';

/** Hosts, services and protocols, as WinSock 1.1 asks for them. */
export type GetXByYFunctions = ReturnType<typeof createGetXByYFunctions>;

/**
 * Makes the database functions of WinSock 1.1 (specification: Windows Sockets 1.1 Compatible Name Resolution for
 * TCP/IP).
 */
export function createGetXByYFunctions(dispatcher: Dispatcher, lookups: GetXByYQueries) {
  function wait<T>(name: string, lookup: Lookup<T>): LookupAnswer<T> {
    return carryOut(lookups.queries, lookup, name);
  }

  function end<T>(codec: StructureCodec<T>, { value, error }: LookupAnswer<Uint8Array>): T | null {
    dispatcher.setLastError(error);
    return value === null ? null : codec.decode(value);
  }

  function fail(error: number): null {
    dispatcher.setLastError(error);
    return null;
  }

  /**
   * Tells the machine's name, which `gethostbyname` resolves (specification: gethostname).
   *
   * @param name receives the name
   * @param namelen room in characters, with the NUL
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointer, or too little room), WSAENETDOWN (no
   *   name space knows the name)
   */
  function gethostname(name: { value: string }, namelen: number): number {
    if (!dispatcher.isStarted()) return -1;
    if (!isRoom(name) || typeof namelen !== 'number') return dispatcher.fail(WSAEFAULT);
    const { value, error } = wait('gethostname', lookups.hostName());
    if (value === null) return dispatcher.fail(error);
    if (namelen <= value.length) return dispatcher.fail(WSAEFAULT);
    name.value = value;
    dispatcher.setLastError(0);
    return 0;
  }

  return {
    gethostname,
    /** As `gethostname`; strings have one form here (winsock2.h: GetHostNameW). */
    GetHostNameW: gethostname,

    /**
     * Finds a host by its name (specification: gethostbyname). An address in text is treated as an unknown name:
     * `inet_addr` reads it.
     *
     * @param name the name, in any case; `null` or empty for the machine itself
     * @returns the host with its IPv4 addresses; or `null` with WSANOTINITIALISED, WSAEFAULT (no string),
     *   WSAHOST_NOT_FOUND, WSANO_DATA (it has no IPv4 address), WSATRY_AGAIN, WSANO_RECOVERY (a provider failed),
     *   WSAENETDOWN, WSAEINTR (cancelled)
     */
    gethostbyname(name: string | null): hostent | null {
      if (!dispatcher.isStarted()) return null;
      if (!isNull(name) && typeof name !== 'string') return fail(WSAEFAULT);
      return end(hostent, wait('gethostbyname', lookups.hostByName(name ?? '')));
    },

    /**
     * Finds a host by its address (specification: gethostbyaddr).
     *
     * @param addr the address in network order
     * @param len its length in bytes: 4 for AF_INET, 16 for AF_INET6, or more
     * @param type AF_INET or AF_INET6
     * @returns the host; or `null` with WSANOTINITIALISED, WSAEFAULT (bad pointer, or `len` too small), WSAEAFNOSUPPORT
     *   (another type), or as `gethostbyname`
     */
    gethostbyaddr(addr: Uint8Array, len: number, type: number): hostent | null {
      if (!dispatcher.isStarted()) return null;
      if (!areBytes(addr, len)) return fail(WSAEFAULT);
      if (type !== AF_INET && type !== AF_INET6) return fail(WSAEAFNOSUPPORT);
      const needed = type === AF_INET ? 4 : 16;
      if (len < needed) return fail(WSAEFAULT);
      return end(hostent, wait('gethostbyaddr', lookups.hostByAddress(addr.slice(0, needed), type)));
    },

    /**
     * Finds a service by its name (specification: getservbyname).
     *
     * @param name the name or an alias, in any case
     * @param proto the protocol's name; `null` for the first entry of that name
     * @returns the service, `s_port` in network order; or `null` with WSANOTINITIALISED, WSAEFAULT (bad pointers),
     *   WSANO_DATA (not found), or as `gethostbyname`
     */
    getservbyname(name: string, proto: string | null): servent | null {
      if (!dispatcher.isStarted()) return null;
      if (typeof name !== 'string' || !isOptionalText(proto)) return fail(WSAEFAULT);
      return end(servent, wait('getservbyname', lookups.service(name, proto ?? null)));
    },

    /**
     * Finds a service by its port (specification: getservbyport).
     *
     * @param port the port in network order; only its low 16 bits count
     * @param proto the protocol's name; `null` for the first entry of that port
     * @returns as `getservbyname`
     */
    getservbyport(port: number, proto: string | null): servent | null {
      if (!dispatcher.isStarted()) return null;
      if (typeof port !== 'number' || !isOptionalText(proto)) return fail(WSAEFAULT);
      return end(servent, wait('getservbyport', lookups.serviceAt(port, proto ?? null)));
    },

    /**
     * Finds a protocol by its name, in a database of the dispatcher's own (specification: getprotobyname).
     *
     * @param name the name, in any case
     * @returns the protocol; or `null` with WSANOTINITIALISED, WSAEFAULT (no string), WSANO_DATA (there is none of that
     *   name)
     */
    getprotobyname(name: string): protoent | null {
      if (!dispatcher.isStarted()) return null;
      if (typeof name !== 'string') return fail(WSAEFAULT);
      return protocol(protocolByName(name));
    },

    /**
     * Finds a protocol by its number, in a database of the dispatcher's own (specification: getprotobynumber).
     *
     * @param number the number, in host order
     * @returns the protocol; or `null` with WSANOTINITIALISED, WSANO_DATA (there is none of that number)
     */
    getprotobynumber(number: number): protoent | null {
      if (!dispatcher.isStarted()) return null;
      return protocol(protocolByNumber(number));
    },
  };

  function protocol(found: protoent | null): protoent | null {
    dispatcher.setLastError(found === null ? WSANO_DATA : 0);
    return found;
  }
}
