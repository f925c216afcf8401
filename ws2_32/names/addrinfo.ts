import { areBytes, isNull, isRef } from '../../spi/arguments.js';
import {
  copyOfBytes,
  NI_DGRAM,
  NI_NAMEREQD,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
  NI_NOFQDN,
  AF_INET,
  AF_INET6,
  formatIPv4,
  formatIPv6,
  hostent,
  servent,
  winsockErrorText,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAHOST_NOT_FOUND,
  type addrinfo,
  type Ref,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import { readRequest } from './address-info-request.js';
import { toAddrinfo } from './address-info-lists.js';
import type { AddressInfoLookups } from './address-info.js';
import type { GetXByYQueries } from './get-x-by-y-queries.js';
import { carryOut } from './lookup.js';

/** Names and addresses of either family. */
export type AddrinfoFunctions = ReturnType<typeof createAddrinfoFunctions>;

/** A place for text, and how many characters fit, the NUL included. */
interface TextRoom {
  readonly out: { value: string } | null | undefined;
  readonly length: number;
}

/** Makes getaddrinfo, getnameinfo and their like (ws2tcpip.h). */
export function createAddrinfoFunctions(
  dispatcher: Dispatcher,
  lookups: AddressInfoLookups,
  databases: GetXByYQueries,
) {
  function end(error: number): number {
    dispatcher.setLastError(error);
    return error;
  }

  /**
   * Finds the addresses of a host, a service's port, or both, in the order in which they are to be tried (ws2tcpip.h:
   * getaddrinfo; RFC 3493, RFC 6724).
   *
   * @param pNodeName a name, or an address in text; empty for the machine itself; `null` for loopback, or, with
   *   AI_PASSIVE, for every address
   * @param pServiceName a name, or a number in decimal; `null` or empty for port 0
   * @param pHints `ai_flags`, `ai_family`, `ai_socktype` and `ai_protocol`, each 0 if left out; `null` for none.
   *   AI_ADDRCONFIG, AI_ALL, AI_CANONNAME, AI_DISABLE_IDN_ENCODING, AI_FQDN, AI_NUMERICHOST, AI_NUMERICSERV, AI_PASSIVE
   *   and AI_V4MAPPED do something
   * @param ppResult receives the first of the results, which are linked by `ai_next`; `null` on failure
   * @returns 0, or the error, which is the last error too: WSANOTINITIALISED, WSAEFAULT (bad pointers),
   *   WSAHOST_NOT_FOUND (no such host; neither node nor service), WSANO_DATA (the host has no address of the family),
   *   WSATYPE_NOT_FOUND (no such service), WSAEAFNOSUPPORT, WSAESOCKTNOSUPPORT, WSAEINVAL (AI_CANONNAME without a
   *   node), WSANO_RECOVERY (a provider failed; other members of the hints are set), WSATRY_AGAIN, WSAEINTR (cancelled)
   */
  function getaddrinfo(
    pNodeName: string | null,
    pServiceName: string | null,
    pHints: Partial<addrinfo> | null,
    ppResult: Ref<addrinfo | null>,
  ): number {
    if (!dispatcher.isStarted()) return dispatcher.lastError;
    if (!isRef(ppResult)) return end(WSAEFAULT);
    ppResult.value = null;
    const request = readRequest(pNodeName, pServiceName, pHints);
    if (typeof request === 'number') return end(request);
    const { value, error } =
      lookups.known(request) ?? carryOut(lookups.queries, lookups.lookup(request), 'getaddrinfo');
    if (value !== null) ppResult.value = toAddrinfo(request, value);
    return end(error);
  }

  /**
   * Frees what `getaddrinfo` gave, of which nothing is left to be done here (ws2tcpip.h: freeaddrinfo).
   *
   * @param pAddrInfo the first result, or `null`
   */
  function freeaddrinfo(pAddrInfo: addrinfo | null): void {
    void pAddrInfo;
  }

  /**
   * Finds the name of a host and of a service by a socket address (ws2tcpip.h: getnameinfo).
   *
   * @param pSockaddr the address, of AF_INET or AF_INET6
   * @param SockaddrLength its length in bytes
   * @param pNodeBuffer receives the host's name, or its address in text when nobody knows it; `null` when not wanted
   * @param NodeBufferSize room in characters, with the NUL; NI_MAXHOST is enough
   * @param pServiceBuffer receives the service's name, or its port in decimal; `null` when not wanted
   * @param ServiceBufferSize room in characters, with the NUL; NI_MAXSERV is enough
   * @param Flags NI_NUMERICHOST, NI_NAMEREQD, NI_NOFQDN (without what follows the first dot), NI_NUMERICSERV, NI_DGRAM
   *   (a service over UDP)
   * @returns 0, or the error, which is the last error too: WSANOTINITIALISED, WSAEFAULT (bad pointers, too short an
   *   address, or too little room), WSAEAFNOSUPPORT, WSAHOST_NOT_FOUND (nothing is wanted, or nobody knows a name and
   *   NI_NAMEREQD is set), or as `getaddrinfo`
   */
  function getnameinfo(
    pSockaddr: Uint8Array,
    SockaddrLength: number,
    pNodeBuffer: { value: string } | null,
    NodeBufferSize: number,
    pServiceBuffer: { value: string } | null,
    ServiceBufferSize: number,
    Flags: number,
  ): number {
    if (!dispatcher.isStarted()) return dispatcher.lastError;
    if (!areBytes(pSockaddr, SockaddrLength) || typeof Flags !== 'number') return end(WSAEFAULT);
    const rooms: TextRoom[] = [
      { out: pNodeBuffer, length: NodeBufferSize },
      { out: pServiceBuffer, length: ServiceBufferSize },
    ];
    if (!rooms.every(isTextRoom)) return end(WSAEFAULT);
    if (SockaddrLength < 16) return end(WSAEFAULT);
    const family = pSockaddr[0]! | (pSockaddr[1]! << 8);
    if (family !== AF_INET && family !== AF_INET6) return end(WSAEAFNOSUPPORT);
    const address = copyOfBytes(pSockaddr, Math.min(SockaddrLength, family === AF_INET ? 16 : 28));
    if (address.length < (family === AF_INET ? 16 : 24)) return end(WSAEFAULT);
    const [node, service] = rooms as [TextRoom, TextRoom];
    if (!isWanted(node) && !isWanted(service)) return end(WSAHOST_NOT_FOUND);

    let hostName = '';
    if (isWanted(node)) {
      const found = nameOfHost(address, family, Flags);
      if (typeof found === 'number') return end(found);
      hostName = found;
    }
    const serviceName = isWanted(service) ? nameOfService(address, Flags) : '';
    if (isWanted(node) && hostName.length >= node.length) return end(WSAEFAULT);
    if (isWanted(service) && serviceName.length >= service.length) return end(WSAEFAULT);
    if (isWanted(node)) node.out!.value = hostName;
    if (isWanted(service)) service.out!.value = serviceName;
    return end(0);
  }

  function nameOfHost(address: Uint8Array, family: number, flags: number): string | number {
    if ((flags & NI_NUMERICHOST) === 0) {
      const bytes = family === AF_INET ? address.slice(4, 8) : address.slice(8, 24);
      const { value, error } = carryOut(databases.queries, databases.hostByAddress(bytes, family), 'getnameinfo');
      if (value !== null) {
        const { h_name: name } = hostent.decode(value);
        return (flags & NI_NOFQDN) !== 0 ? name.replace(/\..*$/, '') : name;
      }
      if ((flags & NI_NAMEREQD) !== 0) return error;
    } else if ((flags & NI_NAMEREQD) !== 0) return WSAHOST_NOT_FOUND;
    if (family === AF_INET) return formatIPv4(address, 4);
    const scope = address.length < 28 ? 0 : new DataView(address.buffer, address.byteOffset).getUint32(24, true);
    return `${formatIPv6(address, 8)}${scope === 0 ? '' : `%${scope}`}`;
  }

  function nameOfService(address: Uint8Array, flags: number): string {
    const port = (address[2]! << 8) | address[3]!;
    if ((flags & NI_NUMERICSERV) !== 0 || port === 0) return `${port}`;
    const lookup = databases.service(`${port}`, (flags & NI_DGRAM) !== 0 ? 'udp' : 'tcp');
    const { value } = carryOut(databases.queries, lookup, 'getnameinfo');
    return value === null ? `${port}` : servent.decode(value).s_name;
  }

  /**
   * Says in words what an error of `getaddrinfo` means (ws2tcpip.h: gai_strerror).
   *
   * @param ecode the error
   * @returns a sentence
   */
  function gai_strerror(ecode: number): string {
    return winsockErrorText(typeof ecode === 'number' ? ecode : NaN);
  }

  return {
    getaddrinfo,
    /** As `getaddrinfo`; strings have one form here. */
    GetAddrInfo: getaddrinfo,
    /** As `getaddrinfo`. */
    GetAddrInfoA: getaddrinfo,
    /** As `getaddrinfo`. */
    GetAddrInfoW: getaddrinfo,
    freeaddrinfo,
    /** As `freeaddrinfo`. */
    FreeAddrInfo: freeaddrinfo,
    /** As `freeaddrinfo`. */
    FreeAddrInfoA: freeaddrinfo,
    /** As `freeaddrinfo`. */
    FreeAddrInfoW: freeaddrinfo,
    getnameinfo,
    /** As `getnameinfo`. */
    GetNameInfo: getnameinfo,
    /** As `getnameinfo`. */
    GetNameInfoA: getnameinfo,
    /** As `getnameinfo`. */
    GetNameInfoW: getnameinfo,
    gai_strerror,
    /** As `gai_strerror`. */
    gai_strerrorA: gai_strerror,
    /** As `gai_strerror`. */
    gai_strerrorW: gai_strerror,
  };
}

function isTextRoom({ out, length }: TextRoom): boolean {
  return isNull(out) || (isRef(out) && typeof length === 'number');
}

function isWanted({ out, length }: TextRoom): boolean {
  return !isNull(out) && length > 0;
}
