import dns from 'node:dns';
import net, { isIP, type BlockList, type LookupFunction, type OnReadOpts } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import { type ChainOptions, codedError } from './instance/index.js';
import { connectRefusal, notOnAChain, socketRefusal } from './refusals.js';

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
  /** Puts what arrives into a buffer of the application's instead of the stream. */
  onread?: OnReadOpts | null | undefined;
  /** Addresses that are not connected to. */
  blockList?: BlockList | undefined;
  /** The type of service, 0 to 255, that packets are marked with. */
  typeOfService?: number | undefined;
}

/** Where to connect to. */
export interface ChainConnectOptions extends ChainSocketOptions {
  port?: number | string | undefined;
  /** A name or an address; `localhost` if absent. */
  host?: string | null | undefined;
  /** The local address to use. */
  localAddress?: string | null | undefined;
  /** The local port to use. */
  localPort?: number | null | undefined;
  /** 4, 6, or 0 for either; for the lookup of a name. */
  family?: number | string | undefined;
  /** Flags for the `lookup` function. */
  hints?: number | undefined;
  /** Looks names up; the instance's name-space providers if absent. */
  lookup?: LookupFunction | null | undefined;
  /** Whether all addresses of a name are tried, IPv4 and IPv6 by turns; Node.js' default if absent. */
  autoSelectFamily?: boolean | undefined;
  /** Milliseconds after which the next address is tried, at least 10; Node.js' default if absent. */
  autoSelectFamilyAttemptTimeout?: number | undefined;
  /** `setTimeout`'s first argument, for `createConnection`. */
  timeout?: number | undefined;
  /** Refused: chains carry Internet addresses. */
  path?: string | null | undefined;
}

/** Where to connect to, checked. */
export interface ConnectDestination {
  readonly port: number;
  readonly host: string;
  /** Empty for none. */
  readonly localAddress: string;
  readonly localPort: number;
  /** What the lookup function gets. */
  readonly lookupOptions: dns.LookupOptions;
  readonly lookup: LookupFunction | null;
  /** Milliseconds for each of several addresses. */
  readonly attemptTimeout: number;
}

/** Names and reasons of options of `net.Socket` that a chain has no use for. */
const FOREIGN_OPTIONS = {
  fd: 'a chain has no file descriptors',
  handle: 'a chain has no handles of Node.js',
} as const;
/** Options that `node:net` itself refuses, unless they are false. */
const REFUSED_BY_NET = ['objectMode', 'readableObjectMode', 'writableObjectMode'] as const;

/** Checks what a socket is made from; throws what `node:net` throws. */
export function checkSocketOptions(options: ChainSocketOptions): void {
  const given = options as Readonly<Record<string, unknown>>;
  // Node.js' legacy form, a number, is a descriptor too.
  if (typeof given === 'number') throw notOnAChain('fd', FOREIGN_OPTIONS.fd);
  for (const name of REFUSED_BY_NET) if (given[name]) throw socketRefusal({ [name]: given[name] });
  for (const [name, why] of Object.entries(FOREIGN_OPTIONS)) {
    if (given[name] !== undefined && given[name] !== null) throw notOnAChain(name, why);
  }
  const { keepAliveInitialDelay, blockList } = options;
  if (keepAliveInitialDelay !== undefined && typeof keepAliveInitialDelay !== 'number') {
    throw socketRefusal({ keepAliveInitialDelay });
  }
  if (blockList && !isBlockList(blockList)) throw blockListRefusal(socketRefusal({ blockList }));
  checkTypeOfService(options.typeOfService, 'options.typeOfService');
}

/** What the stream of a socket is made with. */
export function streamOptions(options: ChainSocketOptions): DuplexOptions {
  const { highWaterMark, readableHighWaterMark, writableHighWaterMark } = options;
  return {
    ...(highWaterMark === undefined ? {} : { highWaterMark }),
    ...(readableHighWaterMark === undefined ? {} : { readableHighWaterMark }),
    ...(writableHighWaterMark === undefined ? {} : { writableHighWaterMark }),
    allowHalfOpen: Boolean(options.allowHalfOpen),
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
}

/** Checks a type of service; throws what `node:net` throws, where it has one. */
export function checkTypeOfService(value: unknown, name: string): void {
  if (value === undefined || (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255)) return;
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw codedError('ERR_INVALID_ARG_TYPE', `The "${name}" argument must be of type number`, TypeError);
  }
  const range = Number.isInteger(value) ? '>= 0 && <= 255' : 'an integer';
  throw codedError(
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${value}`,
    RangeError,
  );
}

/** Whether something is a `net.BlockList`. */
export function isBlockList(value: unknown): boolean {
  return value instanceof net.BlockList;
}

/**
 * The error of something that should be a `net.BlockList`, where Node.js has one; earlier versions know no such option.
 */
export function blockListRefusal(ofNet: unknown): unknown {
  if ((ofNet as NodeJS.ErrnoException).code === 'ERR_INVALID_ARG_TYPE') return ofNet;
  return codedError('ERR_INVALID_ARG_TYPE', 'The "options.blockList" property must be a net.BlockList', TypeError);
}

/** Makes one form of the three that `connect` takes: options, or port and host, either with a listener behind it. */
export function normalizeConnectArguments(args: readonly unknown[]): [ChainConnectOptions, (() => void) | null] {
  const last = args.at(-1);
  const listener = typeof last === 'function' ? (last as () => void) : null;
  const first = args[0];
  if (typeof first === 'object' && first !== null) return [first as ChainConnectOptions, listener];
  if (typeof first === 'string' && !(Number(first) >= 0)) return [{ path: first }, listener];
  const options: ChainConnectOptions = {};
  if (typeof first !== 'function') options.port = first as number | string;
  if (typeof args[1] === 'string') options.host = args[1];
  return [options, listener];
}

/** Checks where to connect to; throws what `node:net` throws. */
export function destinationOf(options: ChainConnectOptions): ConnectDestination {
  const { path } = options;
  if (typeof path === 'string' && path !== '') {
    throw codedError(
      'ERR_INVALID_ARG_VALUE',
      'A chain carries Internet addresses: give `port` and `host`, no `path`',
      TypeError,
    );
  }
  const { port, localPort, autoSelectFamilyAttemptTimeout: attemptTimeout } = options;
  const host = options.host || 'localhost';
  const localAddress = options.localAddress || '';
  const acceptable =
    !path &&
    isPort(port) &&
    typeof host === 'string' &&
    !host.includes('\0') &&
    (localAddress === '' || isIP(localAddress) !== 0) &&
    (!localPort || typeof localPort === 'number') &&
    (isAbsent(options.autoSelectFamily) || typeof options.autoSelectFamily === 'boolean') &&
    (isAbsent(attemptTimeout) || isAttemptTimeout(attemptTimeout)) &&
    (isAbsent(options.lookup) || typeof options.lookup === 'function' || isIP(host) !== 0);
  if (!acceptable) throw connectRefusal(options);
  if (localPort && !isPort(localPort)) {
    throw codedError(
      'ERR_SOCKET_BAD_PORT',
      `options.localPort should be >= 0 and < 65536. Received ${localPort}.`,
      RangeError,
    );
  }
  return {
    port: Number(port),
    host,
    localAddress,
    localPort: localPort || 0,
    lookupOptions: lookupOptionsOf(options),
    lookup: options.lookup ?? null,
    attemptTimeout: Math.max(attemptTimeout ?? net.getDefaultAutoSelectFamilyAttemptTimeout(), 10),
  };
}

function lookupOptionsOf(options: ChainConnectOptions): dns.LookupOptions {
  const family = { IPv4: 4, IPv6: 6 }[options.family as string] ?? (options.family as number | undefined);
  const either = family !== 4 && family !== 6;
  const hints = options.hints || (either ? dns.ADDRCONFIG : 0);
  const all = either && !options.localAddress && (options.autoSelectFamily ?? net.getDefaultAutoSelectFamily());
  // What is not set is absent, or `undefined`, as for functions that `node:net` calls.
  const lookupOptions = { family, hints } as dns.LookupOptions;
  if (all) lookupOptions.all = true;
  return lookupOptions;
}

/** Whether a value is a port, as a number or a string of one. */
export function isPort(port: unknown): boolean {
  if (typeof port === 'string' ? port.trim() === '' : typeof port !== 'number') return false;
  const number = Number(port);
  return number >>> 0 === number && number <= 0xffff;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isAttemptTimeout(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value < 2 ** 31;
}
