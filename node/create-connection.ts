import { ChainSocket } from './chain-socket.js';
import { normalizeConnectArguments, type ChainConnectOptions } from './connect-arguments.js';

/** Makes a connection, as `net.createConnection` does. */
export function createConnection(options: ChainConnectOptions, connectListener?: () => void): ChainSocket;
export function createConnection(port: number | string, host: string, connectListener?: () => void): ChainSocket;
export function createConnection(port: number | string, connectListener?: () => void): ChainSocket;
export function createConnection(...args: unknown[]): ChainSocket {
  const [options, listener] = normalizeConnectArguments(args);
  const socket = new ChainSocket(options);
  if (options.timeout) socket.setTimeout(options.timeout);
  return listener === null ? socket.connect(options) : socket.connect(options, listener);
}

/** The same as `createConnection`. */
export const connect: typeof createConnection = createConnection;
