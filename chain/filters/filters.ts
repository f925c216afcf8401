import {
  AF_INET,
  AF_INET6,
  CF_ACCEPT,
  CF_REJECT,
  GUID,
  INVALID_SOCKET,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SO_LINGER,
  SOCK_STREAM,
  SOCKADDR_IN,
  SOCKET_ERROR,
  SOL_SOCKET,
  WSAEWOULDBLOCK,
  WSAID_ACCEPTEX,
  WSAID_WSASENDMSG,
  type InstanceHost,
  type LPCONDITIONPROC,
  type LPFN_ACCEPTEX,
  type LPFN_WSASENDMSG,
  type LPWSPACCEPT,
  type LPWSPBIND,
  type LPWSPCONNECT,
  type LPWSPIOCTL,
  type LPWSPJOINLEAF,
  type LPWSPSENDTO,
  type Ref,
  type SOCKET,
  type WSABUF,
  type WSAPROTOCOL_INFOW,
  type WSPPROC_TABLE,
} from '../../spi/index.js';
import { codeBelow, functionsBefore, type LayerContext } from '../layer/index.js';
import { createFilterAsker } from './ask-filter.js';
import type { AskFilter, Filter, FilterPurpose, FilterRequest, Verdict } from './filter-request.js';
import { bindImplicitly, type NamelessSocket } from './implicit-bind.js';

export type { FilterPurpose, FilterRequest } from './filter-request.js';

/**
 * Decides about a destination: of a connection to be made, of a datagram, of a multicast group to be joined. It changes or
 * refuses it. Nothing returned lets pass, and a number returned refuses with that code.
 */
export type ConnectFilter = (request: FilterRequest) => number | void;
/** Decides about a connection that came in. Refused, it is reset, and the application never sees it. */
export type AcceptFilter = (request: FilterRequest) => number | void;
/**
 * Decides about a local name: changes or refuses it. A socket that is given a name because it connects or sends without one
 * is asked about as well, with every address and port 0. A number returned refuses with that code.
 */
export type BindFilter = (request: FilterRequest) => number | void;

/** The filters of a layer. */
export interface Filters {
  readonly connect?: ConnectFilter;
  readonly accept?: AcceptFilter;
  readonly bind?: BindFilter;
}

/** Where filters are installed. */
interface FilteredTable {
  /** The functions as they were: what lies below the filters. */
  readonly next: Readonly<WSPPROC_TABLE>;
  /** Changed in place. */
  readonly procedures: WSPPROC_TABLE;
  readonly host: InstanceHost;
  readonly chain: WSAPROTOCOL_INFOW;
  readonly ask: AskFilter;
}

/**
 * Puts filters before the functions of a procedure table, and before the extension functions that would pass them by.
 * What is not a plain yes of a filter refuses: nothing passes one that is broken.
 *
 * @param procedures changed in place
 * @param context what the layer was given
 * @param layer the layer's name, for reports
 */
export function installFilters(
  filters: Filters,
  procedures: WSPPROC_TABLE,
  { host, chain, lower }: LayerContext,
  layer: string,
): void {
  const { connect, accept, bind } = filters;
  const table: FilteredTable = {
    next: functionsBefore(procedures, lower),
    procedures,
    host,
    chain,
    ask: createFilterAsker(layer, host, chain),
  };
  if (connect !== undefined || bind !== undefined) filterDestinations(table, connect, bind);
  if (bind !== undefined) filterBind(table, bind);
  if (accept !== undefined) filterAccept(table, accept);
}

function filterBind({ next, procedures, ask }: FilteredTable, bind: Filter): void {
  const filtered: LPWSPBIND = (s, name, namelen, lpErrno) => {
    const { error, name: local } = ask(bind, 'bind', s, name, namelen);
    return error === 0 ? next.lpWSPBind(s, local, local.length, lpErrno) : failed(lpErrno, error);
  };
  procedures.lpWSPBind = filtered;
}

/** Whatever leads somewhere: it may give the socket a name as well. ConnectEx begins by the WSPConnect of the chain. */
function filterDestinations(table: FilteredTable, connect: Filter | undefined, bind: Filter | undefined): void {
  const { next, procedures, host, chain, ask } = table;

  function verdictOn(purpose: FilterPurpose, s: SOCKET, name: Uint8Array, namelen: number): Verdict {
    const verdict =
      connect === undefined ? { error: 0, name: name.slice(0, namelen) } : ask(connect, purpose, s, name, namelen);
    if (verdict.error !== 0 || bind === undefined || !leadsSomewhere(verdict.name)) return verdict;
    const error = bindImplicitly(namelessSocket(table, bind, s), verdict.name);
    return error === 0 ? verdict : { ...verdict, error };
  }

  const filteredConnect: LPWSPCONNECT = (s, name, namelen, callerData, calleeData, sqos, gqos, lpErrno) => {
    const { error, name: to, hostName = null } = verdictOn('connect', s, name, namelen);
    if (error !== 0) return failed(lpErrno, error);
    const connect = (): number => next.lpWSPConnect(s, to, to.length, callerData, calleeData, sqos, gqos, lpErrno);
    return leadsToAnotherHost(name, to) ? host.connectNamed(hostName, connect) : connect();
  };
  const filteredJoin: LPWSPJOINLEAF = (s, name, namelen, callerData, calleeData, sqos, gqos, flags, lpErrno) => {
    const { error, name: to } = verdictOn('join', s, name, namelen);
    if (error === 0) return next.lpWSPJoinLeaf(s, to, to.length, callerData, calleeData, sqos, gqos, flags, lpErrno);
    lpErrno.value = error;
    return INVALID_SOCKET;
  };
  procedures.lpWSPConnect = filteredConnect;
  procedures.lpWSPJoinLeaf = filteredJoin;
  // A stream ignores destinations (specification: WSPSendTo), and is not to pay for them.
  if (chain.iSocketType === SOCK_STREAM) return;
  const filteredSend: LPWSPSENDTO = (
    s,
    buffers,
    count,
    sent,
    flags,
    to,
    tolen,
    overlapped,
    routine,
    thread,
    lpErrno,
  ) => {
    if (to === null) {
      return next.lpWSPSendTo(s, buffers, count, sent, flags, to, tolen, overlapped, routine, thread, lpErrno);
    }
    const { error, name } = verdictOn('send', s, to, tolen);
    if (error !== 0) return failed(lpErrno, error);
    return next.lpWSPSendTo(s, buffers, count, sent, flags, name, name.length, overlapped, routine, thread, lpErrno);
  };
  procedures.lpWSPSendTo = filteredSend;
  filterExtension<LPFN_WSASENDMSG>(table, WSAID_WSASENDMSG, (WSASendMsg) => (s, message, ...others) => {
    const to = message?.name;
    if (!(to instanceof Uint8Array)) return WSASendMsg(s, message, ...others);
    const { error, name } = verdictOn('send', s, to, message.namelen);
    if (error === 0) return WSASendMsg(s, { ...message, name, namelen: name.length }, ...others);
    host.setLastError(error);
    return SOCKET_ERROR;
  });
}

/** The socket, for `bindImplicitly`. */
function namelessSocket({ next, ask, host }: FilteredTable, bind: Filter, s: SOCKET): NamelessSocket {
  const lpErrno = { value: 0 };
  return {
    named() {
      const named = next.lpWSPGetSockName(s, new Uint8Array(128), { value: 128 }, lpErrno);
      return codeBelow(host, next, 'lpWSPGetSockName', named, lpErrno.value, s);
    },
    ask: (name) => ask(bind, 'implicit bind', s, name, name.length),
    bind(name) {
      lpErrno.value = 0;
      const bound = next.lpWSPBind(s, name, name.length, lpErrno);
      return codeBelow(host, next, 'lpWSPBind', bound, lpErrno.value, s);
    },
  };
}

function filterAccept(table: FilteredTable, accept: Filter): void {
  const { next, procedures, host, chain, ask } = table;
  const passes = (listener: SOCKET, name: Uint8Array, length: number): boolean => {
    const family = name[0]! | (name[1]! << 8);
    // Filters are not asked about names of other families, for they lead nowhere. But callers are there.
    if (family === AF_INET || family === AF_INET6 || family === chain.iAddressFamily)
      return ask(accept, 'accept', listener, name, length).error === 0;
    host.report({
      message: `${chain.szProtocol}: a connection came from an address of family ${family}, of which no filter can be asked; it is refused`,
      provider: chain.szProtocol,
      socket: listener,
    });
    return false;
  };
  const refuses = (listener: SOCKET, caller: WSABUF | null): boolean =>
    caller === null || !passes(listener, caller.buf, caller.len);

  const filtered: LPWSPACCEPT = (s, addr, addrlen, condition, callbackData, lpErrno) => {
    // The provider below refuses an application that has too little room, and leaves the connection where it is.
    const room = addr === null || addrlen === null ? Infinity : Math.min(addrlen.value, addr.length);
    for (;;) {
      const name = new Uint8Array(128);
      const length = { value: room < chain.iMinSockAddr ? room : name.length };
      let asked = false;
      let refused = false;
      // The application's own condition function does not see whom the filter refuses.
      const both: LPCONDITIONPROC = (callerId, ...others) => {
        asked = true;
        refused = refuses(s, callerId);
        return refused ? CF_REJECT : condition!(callerId, ...others);
      };
      const accepted = next.lpWSPAccept(s, name, length, condition === null ? null : both, callbackData, lpErrno);
      if (accepted === INVALID_SOCKET) {
        if (refused) continue;
        return accepted;
      }
      // What is not a handle the caller reports; nobody is asked about a connection that there is none of.
      if (typeof accepted !== 'number') return accepted;
      if (asked ? !refused : passes(s, name, length.value)) {
        if (addr !== null && addrlen !== null) {
          addr.set(name.subarray(0, Math.min(length.value, addr.length)));
          addrlen.value = length.value;
        }
        return accepted;
      }
      procedures.lpWSPSetSockOpt(accepted, SOL_SOCKET, SO_LINGER, RESET, 4, lpErrno);
      procedures.lpWSPCloseSocket(accepted, lpErrno);
      lpErrno.value = WSAEWOULDBLOCK;
    }
  };
  procedures.lpWSPAccept = filtered;
  filterExtension<LPFN_ACCEPTEX>(
    table,
    WSAID_ACCEPTEX,
    (AcceptEx) =>
      (listener, socket, buffer, data, local, remote, lpReceived, operation, routes = {}) => {
        const condition: LPCONDITIONPROC = (callerId, ...others) => {
          if (refuses(listener, callerId)) return CF_REJECT;
          return routes.condition === undefined ? CF_ACCEPT : routes.condition(callerId, ...others);
        };
        return AcceptEx(listener, socket, buffer, data, local, remote, lpReceived, operation, { ...routes, condition });
      },
  );
}

/** Puts a filter before an extension function, which comes from the provider below and would pass it by. */
function filterExtension<Extension>(
  { next, procedures }: FilteredTable,
  guid: string,
  filter: (extension: Extension) => Extension,
): void {
  // Another filter may be before it already.
  const other = procedures.lpWSPIoctl === next.lpWSPIoctl ? null : procedures.lpWSPIoctl;
  const filtered: LPWSPIOCTL = (s, code, input, length, output, room, bytes, overlapped, routine, thread, lpErrno) => {
    const ioctl = other ?? next.lpWSPIoctl;
    const result = ioctl(s, code, input, length, output, room, bytes, overlapped, routine, thread, lpErrno);
    if (result !== 0 || code >>> 0 !== SIO_GET_EXTENSION_FUNCTION_POINTER) return result;
    if (input === null || output === null || output instanceof Uint8Array) return result;
    const wanted = typeof input === 'string' ? input.toUpperCase() : GUID.decode(input);
    if (wanted === guid) output.value = filter(output.value as Extension);
    return result;
  };
  procedures.lpWSPIoctl = filtered;
}

/** Whether a name is one that a socket can connect or send to. */
export function leadsSomewhere(name: Uint8Array): boolean {
  const least =
    name[1] !== 0 ? Infinity : name[0] === AF_INET ? SOCKADDR_IN.size : name[0] === AF_INET6 ? 24 : Infinity;
  return name.length >= least;
}

/** Whether a name leads to another host than the one that was asked about, whatever the ports. */
export function leadsToAnotherHost(asked: Uint8Array, to: Uint8Array): boolean {
  const [from, end] = to[0] === AF_INET6 ? [8, 24] : [4, 8];
  for (let at = from; at < end; at++) if (asked[at] !== to[at]) return true;
  return false;
}

/** Whether a name is an IPv4 address in the form of an IPv6 one (::ffff:a.b.c.d). */
export function isMappedIPv4(name: Uint8Array): boolean {
  if (name[0] !== AF_INET6 || name.length < 24 || name[18] !== 0xff || name[19] !== 0xff) return false;
  for (let at = 8; at < 18; at++) if (name[at] !== 0) return false;
  return true;
}

function failed(lpErrno: Ref<number>, error: number): number {
  lpErrno.value = error;
  return SOCKET_ERROR;
}

/** SO_LINGER on, with no time: closing resets. */
const RESET = Uint8Array.of(1, 0, 0, 0);
