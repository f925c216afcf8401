import {
  AF_INET,
  AF_INET6,
  CF_ACCEPT,
  CF_REJECT,
  GUID,
  INVALID_SOCKET,
  parseSockaddr,
  SO_LINGER,
  sockaddr_in,
  sockaddr_in6,
  SOCKET_ERROR,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SOL_SOCKET,
  WSAEACCES,
  WSAEINVAL,
  WSAEPROVIDERFAILEDINIT,
  WSAEWOULDBLOCK,
  WSAID_ACCEPTEX,
  type InstanceHost,
  type LPCONDITIONPROC,
  type LPFN_ACCEPTEX,
  type LPWSPACCEPT,
  type LPWSPBIND,
  type LPWSPCONNECT,
  type LPWSPIOCTL,
  type SOCKET,
  type WSABUF,
  type WSPPROC_TABLE,
} from '../spi/index.js';

/** A name that is about to be used, as a filter sees it. A filter may change `address` and `port`. */
export interface FilterRequest {
  /** The socket; for `accept` the listener. */
  readonly socket: SOCKET;
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** The address in text form; what it is changed to is used instead. */
  address: string;
  /** The port, 0 to 65535; what it is changed to is used instead. */
  port: number;
  /** Refuses; the call fails with this WinSock code, WSAEACCES when left out. */
  refuse(error?: number): void;
}

/** Decides about a connection to be made: changes or refuses its destination. A number returned refuses with that code. */
export type ConnectFilter = (request: FilterRequest) => number | void;
/** Decides about a connection that came in. Refused, it is reset, and the application never sees it. */
export type AcceptFilter = (request: FilterRequest) => number | void;
/** Decides about a local name: changes or refuses it. A number returned refuses with that code. */
export type BindFilter = (request: FilterRequest) => number | void;

/** The filters of a layer. */
export interface Filters {
  readonly connect?: ConnectFilter;
  readonly accept?: AcceptFilter;
  readonly bind?: BindFilter;
}

/** What came of asking a filter: a WinSock code that refuses, or the name to use. */
interface Verdict {
  readonly error: number;
  readonly name: Uint8Array;
}

/**
 * Puts filters before the functions of a procedure table. One that throws refuses: nothing passes a broken filter.
 *
 * @param procedures changed in place
 */
export function installFilters(filters: Filters, procedures: WSPPROC_TABLE, host: InstanceHost, layer: string): void {
  const { connect, accept, bind } = filters;
  const ask = (filter: ConnectFilter, s: SOCKET, name: Uint8Array, namelen: number): Verdict =>
    askFilter(filter, s, name, namelen, (cause) => {
      host.report({
        message: `${layer}: a filter threw; what it was asked about is refused`,
        cause,
        provider: layer,
        socket: s,
      });
    });

  if (connect !== undefined) {
    const next = procedures.lpWSPConnect;
    const filtered: LPWSPCONNECT = (s, name, namelen, callerData, calleeData, sqos, gqos, lpErrno) => {
      const verdict = ask(connect, s, name, namelen);
      if (verdict.error !== 0) {
        lpErrno.value = verdict.error;
        return SOCKET_ERROR;
      }
      return next(s, verdict.name, verdict.name.length, callerData, calleeData, sqos, gqos, lpErrno);
    };
    procedures.lpWSPConnect = filtered;
  }

  if (bind !== undefined) {
    const next = procedures.lpWSPBind;
    const filtered: LPWSPBIND = (s, name, namelen, lpErrno) => {
      const verdict = ask(bind, s, name, namelen);
      if (verdict.error !== 0) {
        lpErrno.value = verdict.error;
        return SOCKET_ERROR;
      }
      return next(s, verdict.name, verdict.name.length, lpErrno);
    };
    procedures.lpWSPBind = filtered;
  }

  if (accept !== undefined) {
    const next = procedures.lpWSPAccept;
    const filtered: LPWSPACCEPT = (s, addr, addrlen, condition, callbackData, lpErrno) => {
      for (;;) {
        const name = new Uint8Array(128);
        const length = { value: name.length };
        const accepted = next(s, name, length, condition, callbackData, lpErrno);
        if (accepted === INVALID_SOCKET) return accepted;
        if (ask(accept, s, name, length.value).error === 0) {
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
    filterAcceptEx(procedures, (listener, caller) => ask(accept, listener, caller.buf, caller.len).error !== 0);
  }
}

/**
 * Puts a filter of accept before AcceptEx too, which comes from the provider below and would pass it by. ConnectEx does
 * not: it begins the connection by the WSPConnect of the chain.
 */
function filterAcceptEx(procedures: WSPPROC_TABLE, refuses: (listener: SOCKET, caller: WSABUF) => boolean): void {
  const next = procedures.lpWSPIoctl;
  const filtered: LPWSPIOCTL = (
    s,
    code,
    input,
    length,
    output,
    room,
    lpBytes,
    overlapped,
    routine,
    thread,
    lpErrno,
  ) => {
    const result = next(s, code, input, length, output, room, lpBytes, overlapped, routine, thread, lpErrno);
    if (result !== 0 || code >>> 0 !== SIO_GET_EXTENSION_FUNCTION_POINTER) return result;
    if (input === null || output === null || output instanceof Uint8Array) return result;
    const guid = typeof input === 'string' ? input.toUpperCase() : GUID.decode(input);
    if (guid !== WSAID_ACCEPTEX) return result;
    const AcceptEx = output.value as LPFN_ACCEPTEX;
    const own: LPFN_ACCEPTEX = (listener, socket, buffer, data, local, remote, lpReceived, operation, routes = {}) => {
      const condition: LPCONDITIONPROC = (callerId, ...others) => {
        if (callerId !== null && refuses(listener, callerId)) return CF_REJECT;
        return routes.condition === undefined ? CF_ACCEPT : routes.condition(callerId, ...others);
      };
      return AcceptEx(listener, socket, buffer, data, local, remote, lpReceived, operation, { ...routes, condition });
    };
    output.value = own;
    return result;
  };
  procedures.lpWSPIoctl = filtered;
}

/** SO_LINGER on, with no time: closing resets. */
const RESET = Uint8Array.of(1, 0, 0, 0);

function askFilter(
  filter: ConnectFilter,
  s: SOCKET,
  name: Uint8Array,
  namelen: number,
  failed: (cause: unknown) => void,
): Verdict {
  let error = 0;
  try {
    const parsed = parseSockaddr(name, namelen);
    // A name of no such family leads nowhere that a filter could know; the provider refuses it, or has a use for it.
    if (parsed.family !== AF_INET && parsed.family !== AF_INET6) return { error: 0, name: name.subarray(0, namelen) };
    const request: FilterRequest = {
      socket: s,
      family: parsed.family,
      address: parsed.address,
      port: parsed.port,
      refuse: (code = WSAEACCES) => {
        error = code;
      },
    };
    const answer = filter(request);
    if (typeof answer === 'number' && answer !== 0) error = answer;
    if (error !== 0) return { error, name };
    if (request.address === parsed.address && request.port === parsed.port)
      return { error: 0, name: name.subarray(0, namelen) };
    const changed =
      parsed.family === AF_INET6
        ? sockaddr_in6(request.address, request.port, parsed.flowinfo ?? 0, parsed.scope_id ?? 0)
        : sockaddr_in(request.address, request.port);
    return { error: 0, name: changed };
  } catch (cause) {
    // Not a name at all: that is the provider's to refuse, with the specification's code.
    if (cause instanceof RangeError && error === 0 && !isName(name, namelen)) return { error: WSAEINVAL, name };
    failed(cause);
    return { error: WSAEPROVIDERFAILEDINIT, name };
  }
}

function isName(name: Uint8Array, namelen: number): boolean {
  try {
    parseSockaddr(name, namelen);
    return true;
  } catch {
    return false;
  }
}
