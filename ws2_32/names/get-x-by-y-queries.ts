// How the WinSock 1.1 database functions become lookups (specification: Basic Approach for getxbyy). Each answer is an object
// of its own, or an error, so that blocking and asynchronous functions can share them.
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
  ref,
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
  type HANDLE,
} from '../../spi/index.js';
import type { LookupQueries } from './lookup-queries.js';

/** What a database function found, or the WSA error why not. */
export type Answer<T> = { readonly value: T; readonly error: 0 } | { readonly value: null; readonly error: number };

const MANY = 0xffffffff;

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

/** The lookups behind the WinSock 1.1 database functions. */
export class GetXByYQueries {
  constructor(private readonly queries: LookupQueries) {}

  /**
   * The machine's name.
   *
   * @returns the name, or WSAENETDOWN when no name space knows it
   */
  hostName(): Answer<string> {
    const take = ({ lpszServiceInstanceName: name }: WSAQUERYSETW): string | null => name || null;
    const { value } = this.#ask(SVCID_HOSTNAME, null, AF_INET, LUP_RETURN_NAME, take);
    return value === null ? { value, error: WSAENETDOWN } : { value, error: 0 };
  }

  /**
   * A host by its name; an address in text is nobody's name.
   *
   * @param name the name; empty for the machine itself
   * @returns the host with IPv4 addresses; WSAHOST_NOT_FOUND, WSANO_DATA (it has none of IPv4), or another of the documented errors
   */
  hostByName(name: string): Answer<hostent> {
    if (name === '') {
      const own = this.hostName();
      return own.value === null ? own : this.#hostByName(own.value);
    }
    return this.#hostByName(name);
  }

  #hostByName(name: string): Answer<hostent> {
    const decode = decodeBlob(hostent.decode);
    return this.#documented(
      this.#ask(SVCID_INET_HOSTADDRBYNAME, name, AF_INET, LUP_RETURN_BLOB, decode),
      WSAHOST_NOT_FOUND,
    );
  }

  /**
   * A host's addresses in one family.
   *
   * @param name the name; empty for the machine itself
   * @param family AF_INET or AF_INET6
   * @returns sockaddrs, each once; WSAHOST_NOT_FOUND, WSANO_DATA (it has none of the family), or another of the documented errors
   */
  addresses(name: string, family: number): Answer<readonly Uint8Array[]> {
    const host = name === '' ? this.hostName() : { value: name, error: 0 as const };
    if (host.value === null) return host;
    const take = ({ lpcsaBuffer }: WSAQUERYSETW): Uint8Array[] | null => {
      const found = new Map<string, Uint8Array>();
      for (const { RemoteAddr } of lpcsaBuffer ?? []) {
        const bytes = RemoteAddr.lpSockaddr?.slice(0, RemoteAddr.iSockaddrLength);
        if (bytes?.[0] === family) found.set(bytes.join('.'), bytes);
      }
      return found.size === 0 ? null : [...found.values()];
    };
    const answer = this.#ask(SVCID_INET_HOSTADDRBYNAME, host.value, family, LUP_RETURN_ADDR, take);
    return this.#documented(answer, WSAHOST_NOT_FOUND);
  }

  /**
   * A host by its address.
   *
   * @param address 4 bytes for AF_INET, 16 for AF_INET6
   * @param family AF_INET or AF_INET6
   * @returns the host with that address; WSAHOST_NOT_FOUND or another of the documented errors
   */
  hostByAddress(address: Uint8Array, family: number): Answer<hostent> {
    const text = family === AF_INET6 ? formatIPv6(address) : formatIPv4(address);
    const decode = decodeBlob(hostent.decode);
    return this.#documented(
      this.#ask(SVCID_INET_HOSTADDRBYINETSTRING, text, family, LUP_RETURN_BLOB, decode),
      WSAHOST_NOT_FOUND,
    );
  }

  /**
   * A service by its name or port.
   *
   * @param service a name, or a port in decimal
   * @param protocol its protocol; `null` for the first that there is
   * @returns the service; WSANO_DATA or another of the documented errors
   */
  service(service: string, protocol: string | null): Answer<servent> {
    const name = protocol === null ? service : `${service}/${protocol}`;
    const decode = decodeBlob(servent.decode);
    return this.#documented(this.#ask(SVCID_INET_SERVICEBYNAME, name, AF_INET, LUP_RETURN_BLOB, decode), WSANO_DATA);
  }

  // The first result that `take` can use.
  #ask<T>(
    lpServiceClassId: GUID,
    name: string | null,
    family: number,
    flags: number,
    take: (result: WSAQUERYSETW) => T | null,
  ): Answer<T> {
    const restrictions: WSAQUERYSETW = {
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
    const handle = ref<HANDLE>(0);
    let error = this.queries.begin(restrictions, flags, handle);
    if (error !== 0) return { value: null, error };
    const results: WSAQUERYSETW[] = [];
    try {
      let isUnreadable = false;
      for (;;) {
        error = this.queries.next(handle.value, flags, ref(MANY), results, 'W');
        const [result] = results;
        if (error !== 0 || result === undefined) break;
        try {
          const value = take(result);
          if (value !== null) return { value, error: 0 };
        } catch (cause) {
          // Offsets that lead out of the blob.
          if (!(cause instanceof RangeError)) throw cause;
          isUnreadable = true;
        }
      }
      return { value: null, error: isUnreadable ? WSANO_RECOVERY : error };
    } finally {
      this.queries.end(handle.value);
    }
  }

  #documented<T>(answer: Answer<T>, notFound: number): Answer<T> {
    const { error } = answer;
    if (error === 0 || DOCUMENTED.includes(error)) {
      // A name space that does not know the host's service says so in its own words.
      return error === WSAHOST_NOT_FOUND ? { value: null, error: notFound } : answer;
    }
    if (NOT_FOUND.includes(error)) return { value: null, error: notFound };
    return { value: null, error: CANCELLED.includes(error) ? WSAEINTR : WSANO_RECOVERY };
  }
}

// Reads a structure whose pointers are offsets from the blob's start; null when the result has no blob.
function decodeBlob<T>(decode: (bytes: Uint8Array) => T): (result: WSAQUERYSETW) => T | null {
  return ({ lpBlob }) => {
    if (lpBlob === null || lpBlob === undefined) return null;
    return decode(lpBlob.pBlobData.slice(0, lpBlob.cbSize));
  };
}
