import net, { type BlockList, type LookupFunction, type OnReadOpts } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import { codedError, type ChainOptions } from './instance/index.js';

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
  /** Addresses that are not connected to; from Node.js 22 on. */
  blockList?: BlockList | undefined;
  /** The type of service, 0 to 255, that packets are marked with; from Node.js 24 on. */
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

/** What `net` makes of the arguments of `connect` and `listen`: options and a listener, known to it as such. */
export type NormalizedArguments = [options: object, listener: (() => void) | null];

/** Why options of Node.js' are refused that would lead around the chain. */
export const AROUND_THE_CHAIN = {
  path: 'a chain carries Internet addresses: give a port, and maybe a host',
  fd: 'a chain has no file descriptors',
  handle: 'a chain has no handles of Node.js',
} as const;

const normalize = (args: readonly unknown[]): NormalizedArguments =>
  (net as unknown as { _normalizeArgs(args: readonly unknown[]): NormalizedArguments })._normalizeArgs(args);
/** What `net` knows arguments by that have their form already. */
const [NORMALIZED] = Object.getOwnPropertySymbols(normalize([]));

/** Makes one form of the many that arguments of `connect` and `listen` may have. */
export function normalizeArguments(args: readonly unknown[]): NormalizedArguments {
  const [first] = args;
  // `connect` is given what was normalized already, as one argument; another array is what `net` makes of it.
  const isNormalized = NORMALIZED !== undefined && Array.isArray(first) && NORMALIZED in first;
  return isNormalized ? (first as unknown as NormalizedArguments) : normalize(args);
}

/** The error of something that `node:net` takes and a chain has no use for. */
export function notOnAChain(option: string, why: string): Error {
  return codedError('ERR_INVALID_ARG_VALUE', `The property 'options.${option}' is not supported: ${why}`, TypeError);
}

/** Refuses what would lead around the chain. @throws TypeError (ERR_INVALID_ARG_VALUE) */
export function checkSocketOptions(options: ChainSocketOptions): void {
  const { fd, handle } = Object(options) as { fd?: unknown; handle?: unknown };
  // Node.js' legacy form, a number, is a descriptor too.
  if (typeof options === 'number' || (fd !== undefined && fd !== null)) throw notOnAChain('fd', AROUND_THE_CHAIN.fd);
  if (handle) throw notOnAChain('handle', AROUND_THE_CHAIN.handle);
}

/** Refuses what would lead around the chain. @throws TypeError (ERR_INVALID_ARG_VALUE) */
export function checkConnectOptions({ path, port }: ChainConnectOptions): void {
  if (typeof path === 'string' && path !== '') throw notOnAChain('path', AROUND_THE_CHAIN.path);
  // What is no path, `net` refuses, after it has made a handle of a pipe.
  if (path || port === undefined) new net.Socket().connect({ path, port } as unknown as net.IpcSocketConnectOpts);
}
