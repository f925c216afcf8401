import { channel } from 'node:diagnostics_channel';
import { ChainSocket } from './chain-socket.js';
import { normalizeArguments, type ChainConnectOptions } from './socket-options.js';

/** Where Node.js tells of sockets that are going to connect. */
const connectingSockets = channel('net.client.socket');

/** Makes a connection, as `net.createConnection` does. */
export function createConnection(options: ChainConnectOptions, connectListener?: () => void): ChainSocket;
export function createConnection(port: number | string, host: string, connectListener?: () => void): ChainSocket;
export function createConnection(port: number | string, connectListener?: () => void): ChainSocket;
export function createConnection(...args: unknown[]): ChainSocket {
  const normalized = normalizeArguments(args);
  const options = normalized[0] as ChainConnectOptions;
  const socket = new ChainSocket(options);
  if (options.timeout) socket.setTimeout(options.timeout);
  // `net` knows that they have their form already.
  const connects = (): ChainSocket => socket.connect(normalized as unknown as ChainConnectOptions);
  return connectingSockets.hasSubscribers ? toldOf(socket, connects) : connects();
}

/** Has a connection told of once: some versions of Node.js do so in `connect`, others in what stands for this function. */
function toldOf(socket: ChainSocket, connects: () => ChainSocket): ChainSocket {
  let told = false;
  const hear = (message: unknown): void => {
    told ||= (message as { socket: unknown }).socket === socket;
  };
  connectingSockets.subscribe(hear);
  try {
    connects();
  } finally {
    connectingSockets.unsubscribe(hear);
  }
  if (!told) connectingSockets.publish({ socket });
  return socket;
}

/** The same as `createConnection`. */
export const connect: typeof createConnection = createConnection;
