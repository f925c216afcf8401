import { areBytes, isLength, isNull, isRef, isStructure } from '../../spi/arguments.js';
import {
  copyOfBytes,
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  formatIPv4,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  parseIPv4,
  parseIPv6,
  ref,
  SIO_TAKES_NAMES,
  SO_ERROR,
  SOCK_STREAM,
  sockaddr_in6,
  SOL_SOCKET,
  WSAEACCES,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEHOSTDOWN,
  WSAEHOSTUNREACH,
  WSAEINTR,
  WSAEINVAL,
  WSAENETDOWN,
  WSAENETUNREACH,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSANO_DATA,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  XP1_CONNECTIONLESS,
  type Ref,
  type SOCKET,
  type SOCKET_ADDRESS_LIST,
  type timeval,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { Dispatcher, SocketRecord } from '../dispatcher/index.js';
import { readRequest } from './address-info-request.js';
import type { AddressInfoLookups } from './address-info.js';
import type { GetXByYQueries } from './get-x-by-y-queries.js';
import type { LookupAnswer } from './lookup-question.js';
import { carryOut, type Lookup } from './lookup.js';
import { placeOf } from './questions.js';

/** Connecting to whichever of several addresses answers. */
export type ConnectByNameFunctions = ReturnType<typeof createConnectByNameFunctions>;

/** What an address says that does not keep the next one from being tried. */
const TRIES_NEXT: ReadonlySet<number> = new Set([
  WSAEACCES,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEHOSTDOWN,
  WSAEHOSTUNREACH,
  WSAENETDOWN,
  WSAENETUNREACH,
  WSAETIMEDOUT,
]);

/** Where the caller wants an address put. */
interface AddressRoom {
  readonly address: Uint8Array | null;
  readonly length: Ref<number> | null;
}

/** Makes the functions that connect by name or by a list of addresses (winsock2.h: WSAConnectByName, WSAConnectByList). */
export function createConnectByNameFunctions(
  dispatcher: Dispatcher,
  names: GetXByYQueries,
  addressInfo: AddressInfoLookups,
) {
  const { host } = dispatcher;
  // The socket, when it and what is to be filled can be used.
  function usable(s: SOCKET, rooms: readonly AddressRoom[], timeout: unknown): SocketRecord | null {
    const record = dispatcher.socket(s);
    if (record === null) return null;
    const { iMinSockAddr, dwServiceFlags1 } = record.chainEntry;
    let error = 0;
    if ((dwServiceFlags1 & XP1_CONNECTIONLESS) !== 0) error = WSAEINVAL;
    else if (!rooms.every((room) => isNameRoom(room, iMinSockAddr)) || !isWaitingTime(timeout)) error = WSAEFAULT;
    if (error === 0) return record;
    dispatcher.setLastError(error);
    return null;
  }

  function deadlineOf(timeout: timeval | null): number {
    return isNull(timeout) ? Infinity : host.clock.now() + timeout.tv_sec * 1000 + timeout.tv_usec / 1000;
  }

  function lookUp<T>(lookup: Lookup<T>, deadline: number): LookupAnswer<T> {
    return carryOut(names.queries, lookup, 'WSAConnectByName', Math.max(0, deadline - host.clock.now()));
  }

  /** Tries one address after the other; 0, or why the last one failed. */
  function connectToAny(record: SocketRecord, addresses: readonly Uint8Array[], deadline: number): number {
    let error = WSAEINVAL;
    for (const address of addresses) {
      error = connectBefore(deadline, record.handle, address);
      if (!TRIES_NEXT.has(error)) return error;
      if (host.clock.now() >= deadline) return WSAETIMEDOUT;
    }
    return error;
  }

  function connectBefore(deadline: number, s: SOCKET, address: Uint8Array): number {
    // The way of a plain connect, so that no layer is passed by.
    const attempt = (): number => dispatcher.api.connect(s, address, address.length);
    const result = deadline === Infinity ? attempt() : host.waitNoLongerThan(deadline, attempt);
    if (result === 0) return 0;
    const error = dispatcher.lastError;
    if (error === WSAEINTR && host.clock.now() >= deadline) return WSAETIMEDOUT;
    return error === WSAEWOULDBLOCK ? waitForConnection(deadline, s) : error;
  }

  // These functions wait, whether the socket blocks or not.
  function waitForConnection(deadline: number, s: SOCKET): number {
    const [writable, failed] = [0, 1].map(() => ({ fd_count: 1, fd_array: [s] }));
    const left = Math.max(0, deadline - host.clock.now());
    const timeout = left === Infinity ? null : { tv_sec: Math.floor(left / 1000), tv_usec: (left % 1000) * 1000 };
    const ready = dispatcher.api.select(0, null, writable!, failed!, timeout);
    if (ready < 0) return dispatcher.lastError;
    if (ready === 0) return WSAETIMEDOUT;
    return writable!.fd_count > 0 ? 0 : option(s, SOL_SOCKET, SO_ERROR) || WSAECONNREFUSED;
  }

  function option(s: SOCKET, level: number, optname: number): number {
    const value = new Uint8Array(4);
    if (dispatcher.api.getsockopt(s, level, optname, value, ref(4)) !== 0) return dispatcher.lastError;
    return new DataView(value.buffer).getUint32(0, true);
  }

  function finish(record: SocketRecord, error: number, local: AddressRoom, remote: AddressRoom): boolean {
    if (error !== 0) return dispatcher.failBoolean(error);
    fill(record.handle, 'getsockname', local, true);
    fill(record.handle, 'getpeername', remote, false);
    record.lacksContext = true;
    dispatcher.setLastError(0);
    return true;
  }

  function fill(
    s: SOCKET,
    nameOf: 'getsockname' | 'getpeername',
    { address, length }: AddressRoom,
    withoutPort: boolean,
  ): void {
    if (isNull(address) || isNull(length)) return;
    const name = new Uint8Array(128);
    const size = ref(name.length);
    if (dispatcher.api[nameOf](s, name, size) !== 0) return;
    // Measured behaviour 10.1: the local address comes without its port.
    if (withoutPort) name.fill(0, 2, 4);
    address.set(name.subarray(0, Math.min(size.value, address.length)));
    length.value = size.value;
  }

  /** The addresses of a host that the socket can reach, with a port, in the order in which to try them; or a WSA error. */
  function resolve(record: SocketRecord, node: string, port: number, deadline: number): Uint8Array[] | number {
    const family = record.chainEntry.iAddressFamily;
    if (family !== AF_INET && family !== AF_INET6) return WSAEAFNOSUPPORT;
    const reachesBoth = family === AF_INET6 && option(record.handle, IPPROTO_IPV6, IPV6_V6ONLY) === 0;
    const hints = { ai_family: reachesBoth ? AF_UNSPEC : family, ai_socktype: SOCK_STREAM };
    const request = readRequest(node, `${port}`, hints);
    if (typeof request === 'number') return request;
    if (request.literal === null && takesNames(record)) {
      const address = host.names.addressOf(node, family, port);
      return address === null ? WSATRY_AGAIN : [address];
    }
    const { value, error } = lookUp(addressInfo.lookup(request), deadline);
    if (value === null) return error;
    const addresses = interleaved(value.addresses);
    return reachesBoth ? addresses.map((address) => mapped(address, port)) : addresses;
  }

  /** Whether a layer of the socket's chain connects by name: then nobody is asked for addresses. */
  function takesNames({ handle, chainEntry }: SocketRecord): boolean {
    if (chainEntry.ProtocolChain.ChainLen <= 1) return false;
    const answer = new Uint8Array(4);
    const before = dispatcher.lastError;
    const told = dispatcher.api.WSAIoctl(handle, SIO_TAKES_NAMES, null, 0, answer, 4, ref(0), null, null) === 0;
    dispatcher.setLastError(before);
    return told && answer.some((byte) => byte !== 0);
  }

  /** The port of a service, by name or in decimal, in host order; or a negated WSA error. */
  function portOf(service: string, deadline: number): number {
    if (/^\d+$/.test(service)) return Number(service) <= 0xffff ? Number(service) : -WSATYPE_NOT_FOUND;
    const { value, error } = lookUp(names.service(service, 'tcp'), deadline);
    if (value === null) return error === WSANO_DATA ? -WSATYPE_NOT_FOUND : -error;
    return placeOf(value).port;
  }

  /**
   * Connects a stream socket to the first address of a host that answers (winsock2.h: WSAConnectByName). The addresses are tried in the
   * order of RFC 6724, families in turns (RFC 8305, 4); one after the other, because there is but one socket. It waits, even on a
   * non-blocking socket. Until SO_UPDATE_CONNECT_CONTEXT is set, `getpeername` and `shutdown` do not know of the connection.
   *
   * @param s a stream socket that is not connected; an IPv6 one whose IPV6_V6ONLY is off reaches IPv4 hosts too
   * @param nodename a host's name, or its address in text
   * @param servicename a service's name, or a port in decimal
   * @param LocalAddressLength in: room in `LocalAddress`; out: length of the sockaddr. `null` for neither
   * @param LocalAddress filled with the local address, without port; `null` when not wanted
   * @param RemoteAddressLength in: room in `RemoteAddress`; out: length of the sockaddr. `null` for neither
   * @param RemoteAddress filled with the peer's address; `null` when not wanted
   * @param timeout for how long to try; `null` without limit. When it runs out, the socket can only be closed
   * @param Reserved `null`
   * @returns TRUE, or FALSE with WSANOTINITIALISED, WSAEINVAL (no name, no service, `Reserved`, datagram socket), WSAENOTSOCK,
   *   WSAEFAULT (too little room; looked at first), WSATYPE_NOT_FOUND (no such service), WSAHOST_NOT_FOUND, WSANO_DATA (the host has
   *   no address of the family), WSAETIMEDOUT, WSAEISCONN, and what `connect` says of the last address
   */
  function WSAConnectByName(
    s: SOCKET,
    nodename: string,
    servicename: string,
    LocalAddressLength: Ref<number> | null,
    LocalAddress: Uint8Array | null,
    RemoteAddressLength: Ref<number> | null,
    RemoteAddress: Uint8Array | null,
    timeout: timeval | null,
    Reserved: WSAOVERLAPPED | null,
  ): boolean {
    if (!dispatcher.isStarted()) return false;
    if (isNull(nodename) || isNull(servicename) || !isNull(Reserved)) return dispatcher.failBoolean(WSAEINVAL);
    const local = { address: LocalAddress, length: LocalAddressLength };
    const remote = { address: RemoteAddress, length: RemoteAddressLength };
    const record = usable(s, [local, remote], timeout);
    if (record === null) return false;
    if (typeof nodename !== 'string' || typeof servicename !== 'string') return dispatcher.failBoolean(WSAEFAULT);
    const deadline = deadlineOf(timeout);
    const port = portOf(servicename, deadline);
    if (port < 0) return dispatcher.failBoolean(-port);
    const addresses = resolve(record, nodename, port, deadline);
    if (typeof addresses === 'number') return dispatcher.failBoolean(addresses);
    const connect = (): number => connectToAny(record, addresses, deadline);
    const isAddress = parseIPv4(nodename) !== null || parseIPv6(nodename) !== null;
    return finish(record, isAddress ? connect() : dispatcher.connectNamed(nodename, connect), local, remote);
  }

  /**
   * Connects a stream socket to the first address of a list that answers (winsock2.h: WSAConnectByList). It waits, even on a
   * non-blocking socket. Until SO_UPDATE_CONNECT_CONTEXT is set, `getpeername` and `shutdown` do not know of the connection.
   *
   * @param s a stream socket that is not connected
   * @param SocketAddress the addresses, with their ports, in the order in which they are tried
   * @param LocalAddressLength as for `WSAConnectByName`
   * @param LocalAddress as for `WSAConnectByName`
   * @param RemoteAddressLength as for `WSAConnectByName`
   * @param RemoteAddress as for `WSAConnectByName`
   * @param timeout for how long to try; `null` without limit. When it runs out, the socket can only be closed
   * @param Reserved `null`
   * @returns TRUE, or FALSE with WSANOTINITIALISED, WSAEINVAL (no or an empty list, `Reserved`, datagram socket), WSAENOTSOCK, WSAEFAULT
   *   (a bad list, or too little room), WSAETIMEDOUT, WSAEISCONN, and what `connect` says of the last address
   */
  function WSAConnectByList(
    s: SOCKET,
    SocketAddress: SOCKET_ADDRESS_LIST,
    LocalAddressLength: Ref<number> | null,
    LocalAddress: Uint8Array | null,
    RemoteAddressLength: Ref<number> | null,
    RemoteAddress: Uint8Array | null,
    timeout: timeval | null,
    Reserved: WSAOVERLAPPED | null,
  ): boolean {
    if (!dispatcher.isStarted()) return false;
    if (isNull(SocketAddress) || !isNull(Reserved)) return dispatcher.failBoolean(WSAEINVAL);
    const local = { address: LocalAddress, length: LocalAddressLength };
    const remote = { address: RemoteAddress, length: RemoteAddressLength };
    const record = usable(s, [local, remote], timeout);
    if (record === null) return false;
    const addresses = readList(SocketAddress);
    if (addresses === null) return dispatcher.failBoolean(WSAEFAULT);
    return finish(record, connectToAny(record, addresses, deadlineOf(timeout)), local, remote);
  }

  return {
    WSAConnectByName,
    /** As `WSAConnectByName`; strings have one form here. */
    WSAConnectByNameA: WSAConnectByName,
    /** As `WSAConnectByName`. */
    WSAConnectByNameW: WSAConnectByName,
    WSAConnectByList,
  };
}

// Measured behaviour 10.2 and 10.4: one without the other asks for nothing, and a length may be larger than any address.
function isNameRoom({ address, length }: { address: unknown; length: unknown }, size: number): boolean {
  if (isNull(address)) return isNull(length) || isRef(length);
  if (!(address instanceof Uint8Array)) return false;
  if (isNull(length)) return true;
  return isRef(length) && isLength(length.value, 0xffffffff) && Math.min(length.value, address.length) >= size;
}

function isWaitingTime(value: unknown): boolean {
  return (
    isNull(value) || (isStructure(value) && isLength(value['tv_sec'], 2 ** 31) && isLength(value['tv_usec'], 2 ** 31))
  );
}

/**
 * The order in which a host's addresses are tried: one family after the other in turns, so that a family that does not
 * work costs no more than one attempt (RFC 8305, 4).
 *
 * @param addresses sorted, the one to be tried first in front (RFC 6724)
 */
function interleaved(addresses: readonly Uint8Array[]): Uint8Array[] {
  const preferred = addresses[0]?.[0];
  const first = addresses.filter((address) => address[0] === preferred);
  const second = addresses.filter((address) => address[0] !== preferred);
  return first.flatMap((address, at) => [address, ...second.slice(at, at + 1)]).concat(second.slice(first.length));
}

function mapped(address: Uint8Array, port: number): Uint8Array {
  return address[0] === AF_INET ? sockaddr_in6(`::ffff:${formatIPv4(address, 4)}`, port) : address;
}

function readList(list: unknown): Uint8Array[] | null {
  if (!isStructure(list) || !Array.isArray(list['Address'])) return null;
  const count = list['iAddressCount'];
  if (!isLength(count, list['Address'].length)) return null;
  const addresses: Uint8Array[] = [];
  for (const entry of list['Address'].slice(0, count) as unknown[]) {
    if (!isStructure(entry)) return null;
    const { lpSockaddr, iSockaddrLength } = entry;
    if (!areBytes(lpSockaddr, iSockaddrLength)) return null;
    addresses.push(copyOfBytes(lpSockaddr, iSockaddrLength as number));
  }
  return addresses;
}
