import { ignoreOutcome, isThenable, kindOf } from '../spi/answers.js';
import {
  AF_INET,
  AF_INET6,
  ERROR_IO_PENDING,
  parseSockaddr,
  sockaddr_in,
  sockaddr_in6,
  WSA_IO_INCOMPLETE,
  WSAEACCES,
  WSAEALREADY,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEISCONN,
  WSAEWOULDBLOCK,
  type InstanceHost,
  type ParsedSockaddr,
  type SOCKET,
  type WSAPROTOCOL_INFOW,
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

/** A filter: `connect`, `accept` or `bind`. */
export type Filter = (request: FilterRequest) => number | void;

/** What came of asking a filter: a WinSock code that refuses, or the name to use. */
export interface Verdict {
  /** 0 when it passes. */
  readonly error: number;
  /** A copy of the name asked about, or what the filter made of it. */
  readonly name: Uint8Array;
}

/** Asks a filter about a name. */
export type AskFilter = (filter: Filter, s: SOCKET, name: Uint8Array, namelen: number) => Verdict;

const NOTHING = new Uint8Array(0);

/** What tells a caller that a call goes on, or has done its work: nobody is refused by such a code. */
const NO_REFUSALS: ReadonlySet<number> = new Set([
  ERROR_IO_PENDING,
  WSA_IO_INCOMPLETE,
  WSAEWOULDBLOCK,
  WSAEINPROGRESS,
  WSAEALREADY,
  WSAEISCONN,
]);

function isRefusal(code: unknown): code is number {
  return typeof code === 'number' && code > 0 && code >>> 0 === code && !NO_REFUSALS.has(code);
}

/**
 * Makes what asks the filters of a layer. Whatever is not a plain yes refuses, and is reported unless it is a plain no.
 *
 * @param layer the layer's name, for reports
 * @param chain the layer's chain
 */
export function createFilterAsker(layer: string, host: InstanceHost, chain: WSAPROTOCOL_INFOW): AskFilter {
  return (filter, s, name, namelen) => {
    const report = (what: string, cause?: unknown): void => {
      host.report({
        message: `${layer}: a filter ${what}`,
        provider: layer,
        socket: s,
        ...(cause === undefined ? {} : { cause }),
      });
    };
    const refuse = (what: string, code: unknown = WSAEACCES, cause?: unknown): Verdict => {
      report(`${what}; what it was asked about is refused`, cause);
      return { error: isRefusal(code) ? code : WSAEACCES, name: NOTHING };
    };

    let parsed: ParsedSockaddr;
    try {
      parsed = parseSockaddr(name, namelen);
    } catch {
      // Not a name at all.
      return { error: WSAEFAULT, name: NOTHING };
    }
    // A copy, for what the filter was shown is what is used, whatever becomes of the caller's bytes.
    const asked = name.slice(0, namelen);
    if (parsed.family !== AF_INET && parsed.family !== AF_INET6) {
      // It leads nowhere from a socket of another family, and the provider refuses it.
      if (parsed.family !== chain.iAddressFamily) return { error: 0, name: asked };
      return refuse(`cannot be asked about addresses of family ${parsed.family}`);
    }

    let answered = false;
    let passed = false;
    let refused = false;
    let code: unknown;
    const request: FilterRequest = {
      socket: s,
      family: parsed.family,
      address: parsed.address,
      port: parsed.port,
      refuse(given: number = WSAEACCES) {
        if (passed) report('refused after it had answered, when what it was asked about had passed: decide at once');
        if (answered) return;
        refused = true;
        code = given;
      },
    };
    let answer: unknown;
    try {
      answer = filter(request);
    } catch (cause) {
      return refuse('threw', WSAEACCES, cause);
    } finally {
      answered = true;
    }
    if (isThenable(answer)) {
      ignoreOutcome(answer);
      return refuse(
        'answered with a promise, and nothing waits for it: decide at once, in a function that is not async',
        code,
      );
    }
    if (isRefusal(answer)) return { error: answer, name: NOTHING };
    if (refused) {
      if (isRefusal(code)) return { error: code, name: NOTHING };
      return refuse(`refused with ${shown(code)}, which is no WinSock code that refuses`);
    }
    if (answer !== undefined && answer !== 0) {
      return refuse(
        `answered with ${shown(answer)}, which is neither yes nor no: return nothing to let pass, ` +
          'call request.refuse() or return a WinSock code to refuse',
      );
    }
    const changed = nameOf(request, parsed);
    if (changed === undefined)
      return refuse(`led to ${shown(request.address)}, port ${shown(request.port)}, which is no address`);
    passed = true;
    return { error: 0, name: changed ?? asked };
  };
}

/** The name that a filter leads to; `null` when it changed nothing, `undefined` when it is none. */
function nameOf({ address, port }: FilterRequest, parsed: ParsedSockaddr): Uint8Array | null | undefined {
  if (address === parsed.address && port === parsed.port) return null;
  if (typeof address !== 'string') return undefined;
  try {
    return parsed.family === AF_INET6
      ? sockaddr_in6(address, port, parsed.flowinfo ?? 0, parsed.scope_id ?? 0)
      : sockaddr_in(address, port);
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? 'a long string' : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return kindOf(value);
}
