// How the WinSock 1.1 database functions become look-ups (specification: Basic Approach for getxbyy), which blocking and
// asynchronous functions share.
import {
  AF_INET,
  AF_INET6,
  formatIPv4,
  formatIPv6,
  hostent,
  IPPROTO_TCP,
  IPPROTO_UDP,
  LUP_RETURN_ADDR,
  LUP_RETURN_BLOB,
  LUP_RETURN_NAME,
  NS_ALL,
  servent,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  WSA_E_CANCELLED,
  WSA_E_NO_MORE,
  WSAECANCELLED,
  WSAEINTR,
  WSAENETDOWN,
  WSAENOMORE,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type GUID,
} from '../../spi/index.js';
import { Lookup, question, type Answer, type Step } from './lookup.js';
import type { LookupQueries } from './lookup-queries.js';

// What the functions are documented to fail with; all else is WSANO_RECOVERY.
const DOCUMENTED: readonly number[] = [
  WSAENETDOWN,
  WSAEINTR,
  WSAHOST_NOT_FOUND,
  WSATRY_AGAIN,
  WSANO_RECOVERY,
  WSANO_DATA,
];
const NOT_FOUND: readonly number[] = [WSASERVICE_NOT_FOUND, WSATYPE_NOT_FOUND, WSA_E_NO_MORE, WSAENOMORE];
const CANCELLED: readonly number[] = [WSA_E_CANCELLED, WSAECANCELLED];

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
   * @returns the host with IPv4 addresses; WSAHOST_NOT_FOUND, WSANO_DATA (it has none of IPv4), or another of the documented errors
   */
  hostByName(name: string): Lookup<hostent> {
    return this.#lookup(forHost(name, hostByName));
  }

  /**
   * A host's addresses in one family.
   *
   * @param name the name; empty for the machine itself
   * @param family AF_INET or AF_INET6
   * @returns sockaddrs, each once; WSAHOST_NOT_FOUND, WSANO_DATA (it has none of the family), or another of the documented errors
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
    const name = protocol === null ? service : `${service}/${protocol}`;
    const restrictions = restrictionsFor(SVCID_INET_SERVICEBYNAME, name, AF_INET);
    return this.#lookup(question(restrictions, LUP_RETURN_BLOB, decodeBlob(servent.decode), documented(WSANO_DATA)));
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

  #lookup<T>(first: Step<T>): Lookup<T> {
    return new Lookup(this.queries, first);
  }
}

function ownName<T>(next: (answer: Answer<string>) => Step<T>): Step<T> {
  const read = ({ lpszServiceInstanceName: name }: WSAQUERYSETW): string | null => name || null;
  return question(restrictionsFor(SVCID_HOSTNAME, null, AF_INET), LUP_RETURN_NAME, read, ({ value }) =>
    next(value === null ? { value, error: WSAENETDOWN } : { value, error: 0 }),
  );
}

// Asks for a host, or for the machine itself, by its own name.
function forHost<T>(name: string, ask: (host: string) => Step<T>): Step<T> {
  return name === '' ? ownName((own) => (own.value === null ? own : ask(own.value))) : ask(name);
}

function hostByName(name: string): Step<hostent> {
  const restrictions = restrictionsFor(SVCID_INET_HOSTADDRBYNAME, name, AF_INET);
  return question(restrictions, LUP_RETURN_BLOB, decodeBlob(hostent.decode), documented(WSAHOST_NOT_FOUND));
}

function addresses(name: string, family: number): Step<readonly Uint8Array[]> {
  const read = ({ lpcsaBuffer }: WSAQUERYSETW): Uint8Array[] | null => {
    const found = new Map<string, Uint8Array>();
    for (const { RemoteAddr } of lpcsaBuffer ?? []) {
      const bytes = RemoteAddr.lpSockaddr?.slice(0, RemoteAddr.iSockaddrLength);
      if (bytes?.[0] === family) found.set(bytes.join('.'), bytes);
    }
    return found.size === 0 ? null : [...found.values()];
  };
  const restrictions = restrictionsFor(SVCID_INET_HOSTADDRBYNAME, name, family);
  return question(restrictions, LUP_RETURN_ADDR, read, documented(WSAHOST_NOT_FOUND));
}

function restrictionsFor(lpServiceClassId: GUID, name: string | null, family: number): WSAQUERYSETW {
  return {
    dwSize: WSAQUERYSETW.size,
    lpszServiceInstanceName: name,
    lpServiceClassId,
    dwNameSpace: NS_ALL,
    dwNumberOfProtocols: 2,
    lpafpProtocols: [
      { iAddressFamily: family, iProtocol: IPPROTO_TCP },
      { iAddressFamily: family, iProtocol: IPPROTO_UDP },
    ],
  };
}

// Says what the functions are documented to say.
function documented<T>(notFound: number): (answer: Answer<T>) => Answer<T> {
  return (answer) => {
    const { error } = answer;
    if (error === 0 || DOCUMENTED.includes(error)) {
      // A name space that does not know the host's service says so in its own words.
      return error === WSAHOST_NOT_FOUND ? { value: null, error: notFound } : answer;
    }
    if (NOT_FOUND.includes(error)) return { value: null, error: notFound };
    return { value: null, error: CANCELLED.includes(error) ? WSAEINTR : WSANO_RECOVERY };
  };
}

// Reads a structure whose pointers are offsets from the blob's start; null when the result has no blob.
function decodeBlob<T>(decode: (bytes: Uint8Array) => T): (result: WSAQUERYSETW) => T | null {
  return ({ lpBlob }) => {
    if (lpBlob === null || lpBlob === undefined) return null;
    return decode(lpBlob.pBlobData.slice(0, lpBlob.cbSize));
  };
}
