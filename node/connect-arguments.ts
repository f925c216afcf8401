import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import type { ChainOptions } from './chain-option.js';
import { codedError } from './errors.js';

/** What a ChainSocket is made from. */
export interface ChainSocketOptions
  extends
    ChainOptions,
    Pick<DuplexOptions, 'highWaterMark' | 'readableHighWaterMark' | 'writableHighWaterMark' | 'allowHalfOpen'> {
  /** Destroys the socket when it fires. */
  signal?: AbortSignal | undefined;
  /** Whether small writes go out at once; false if absent, as for `node:net`. */
  noDelay?: boolean | undefined;
  /** Whether an idle connection is probed. */
  keepAlive?: boolean | undefined;
  /** After how many milliseconds of silence. */
  keepAliveInitialDelay?: number | undefined;
}

/** Where to connect to. */
export interface ChainConnectOptions extends ChainSocketOptions {
  port?: number | string | undefined;
  /** A name or an address; `localhost` if absent. */
  host?: string | null | undefined;
  /** The local address to use. */
  localAddress?: string | undefined;
  /** The local port to use. */
  localPort?: number | undefined;
  /** 4, 6, or 0 for either; for the lookup of a name. */
  family?: number | string | undefined;
  /** Flags for the `lookup` function. */
  hints?: number | undefined;
  /** Looks names up; the instance's name-space providers if absent. */
  lookup?: LookupFunction | undefined;
  /** `setTimeout`'s first argument, for `createConnection`. */
  timeout?: number | undefined;
  /** Refused: chains carry Internet addresses. */
  path?: string | null | undefined;
}

/** Where to connect to, checked. */
export interface Destination {
  readonly port: number;
  readonly host: string;
  readonly localAddress: string | undefined;
  readonly localPort: number;
  readonly family: number;
  readonly hints: number;
  readonly lookup: LookupFunction | undefined;
}

/** Makes one form of the three that `connect` takes: options, or port and host, either with a listener behind it. */
export function normalizeConnectArguments(args: readonly unknown[]): [ChainConnectOptions, (() => void) | null] {
  const last = args.at(-1);
  const listener = typeof last === 'function' ? (last as () => void) : null;
  const first = args[0];
  if (typeof first === 'object' && first !== null) return [first as ChainConnectOptions, listener];
  if (typeof first === 'string' && Number.isNaN(Number(first))) return [{ path: first }, listener];
  const options: ChainConnectOptions = { port: first as number | string };
  if (typeof args[1] === 'string') options.host = args[1];
  return [options, listener];
}

/** Checks where to connect to; throws what `node:net` throws. */
export function destinationOf(options: ChainConnectOptions): Destination {
  const { host, port, localAddress, localPort, lookup, family } = options;
  if (options.path) {
    throw codedError(
      'ERR_INVALID_ARG_VALUE',
      'A chain carries Internet addresses: give `port` and `host`, no `path`',
      TypeError,
    );
  }
  if (port === undefined)
    throw codedError('ERR_MISSING_ARGS', 'The "options.port" argument must be specified', TypeError);
  if (localAddress !== undefined && isIP(localAddress) === 0) {
    throw codedError('ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${localAddress}`, TypeError);
  }
  if (lookup !== undefined && typeof lookup !== 'function') {
    throw codedError('ERR_INVALID_ARG_TYPE', 'The "options.lookup" property must be of type function', TypeError);
  }
  return {
    port: checkedPort(port),
    host: host || 'localhost',
    localAddress,
    localPort: localPort === undefined ? 0 : checkedPort(localPort),
    family: family === 'IPv4' || family === 4 ? 4 : family === 'IPv6' || family === 6 ? 6 : 0,
    hints: options.hints ?? 0,
    lookup,
  };
}

/** A port as a number; throws a RangeError with Node.js' code when it is none. */
export function checkedPort(port: unknown): number {
  const number = typeof port === 'string' && port.trim() === '' ? Number.NaN : Number(port);
  if ((typeof port === 'number' || typeof port === 'string') && number >>> 0 === number && number <= 0xffff)
    return number;
  throw codedError('ERR_SOCKET_BAD_PORT', `Port should be >= 0 and < 65536. Received ${String(port)}.`, RangeError);
}
