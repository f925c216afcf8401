// What servers are made from and told to listen on, checked as `node:net` checks it.
import type { BlockList } from 'node:net';
import type { ChainOptions } from './instance/index.js';
import { blockListRefusal, isBlockList, isPort } from './connect-arguments.js';
import { listenRefusal, notOnAChain, serverRefusal } from './refusals.js';

/** Options of `net.Server.listen` that a chain has no use for, and why. */
const FOREIGN_LISTEN_OPTIONS = {
  path: 'a chain carries Internet addresses: listen on a port, not a path',
  fd: 'a chain has no file descriptors',
  handle: 'a chain has no handles of Node.js',
  _handle: 'a chain has no handles of Node.js',
  reusePort: 'providers do not share connections out between servers on one port',
} as const;

/** What a server is made from. */
export interface ChainServerOptions extends ChainOptions {
  /** Whether a connection stays writable after its peer has ended it. */
  allowHalfOpen?: boolean | undefined;
  /** Whether connections begin paused. */
  pauseOnConnect?: boolean | undefined;
  /** Whether small writes go out at once. */
  noDelay?: boolean | undefined;
  /** Whether idle connections are probed. */
  keepAlive?: boolean | undefined;
  /** After how many milliseconds of silence. */
  keepAliveInitialDelay?: number | undefined;
  /** How much each connection buffers. */
  highWaterMark?: number | undefined;
  /** Addresses from which no connection is taken. */
  blockList?: BlockList | undefined;
}

/** Where to listen. */
export interface ChainListenOptions {
  /** 0, the default, lets the provider choose. */
  port?: number | string | null | undefined;
  /** An address or a name; every address if absent. */
  host?: string | undefined;
  /** How many connections may wait. */
  backlog?: number | undefined;
  /** Whether `::` takes IPv6 connections alone. */
  ipv6Only?: boolean | undefined;
  /** Closes the server when it fires. */
  signal?: AbortSignal | undefined;
}

/** Checks what a server is made from; throws what `node:net` throws. */
export function checkedServerOptions(options: ChainServerOptions | null): ChainServerOptions {
  if (options === null) return {};
  const { keepAliveInitialDelay, highWaterMark, blockList } = options;
  for (const value of [keepAliveInitialDelay, highWaterMark]) {
    if (value !== undefined && typeof value !== 'number') throw serverRefusal({ keepAliveInitialDelay, highWaterMark });
  }
  if (typeof options !== 'object') throw serverRefusal(options);
  if (blockList && !isBlockList(blockList)) throw blockListRefusal(serverRefusal({ blockList }));
  return highWaterMark !== undefined && highWaterMark < 0 ? { ...options, highWaterMark: undefined } : options;
}

/** Checks the arguments of `listen` in all their forms; throws what `node:net` throws. */
export function listenArguments(args: readonly unknown[]): {
  options: ChainListenOptions;
  port: number;
  listener: (() => void) | null;
} {
  const last = args.at(-1);
  const listener = typeof last === 'function' ? (last as () => void) : null;
  const [first, second, third] = args;
  let options: ChainListenOptions;
  if (typeof first === 'object' && first !== null) options = first;
  else if (typeof first === 'string' && !(Number(first) >= 0)) options = { path: first } as ChainListenOptions;
  else options = { port: typeof first === 'function' ? null : (first as number) };
  if (typeof second === 'string' && options !== first) options.host = second;
  for (const [name, why] of Object.entries(FOREIGN_LISTEN_OPTIONS)) {
    if ((options as Readonly<Record<string, unknown>>)[name]) throw notOnAChain(name, why);
  }
  const { signal, fd } = options as ChainListenOptions & { fd?: unknown };
  if (fd === 0) throw notOnAChain('fd', FOREIGN_LISTEN_OPTIONS.fd);
  if (signal !== undefined && !isAbortSignal(signal)) throw listenRefusal([{ port: 0, signal }]);
  const { port } = options;
  const anyPort = port === null || (port === undefined && 'port' in options);
  if (!anyPort && !isPort(port)) throw listenRefusal(args);
  const backlog = options.backlog || [second, third].map(Number).find((number) => number > 0);
  return { options: { ...options, ...(backlog ? { backlog } : {}) }, port: Number(port ?? 0), listener };
}

function isAbortSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value;
}
