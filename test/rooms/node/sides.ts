// One body of tests over `node:net` and over a chain: what makes sockets and servers on either side, and closes them.
import { once } from 'node:events';
import net from 'node:net';
import type { Ws2_32 } from 'ws2spi';
import { type ChainServer, ChainSocket, createConnection, createServer } from 'ws2spi/node';

/** What makes sockets and servers; those of a chain count as `node:net`'s, which is what is tried. */
export interface Side {
  socket(options?: object): net.Socket;
  connect(...args: unknown[]): net.Socket;
  server(options?: unknown, listener?: (socket: net.Socket) => void): net.Server;
  /** Closes everything that was made. */
  close(): Promise<void>;
}

/** A connection from end to end. */
export interface Pair {
  client: net.Socket;
  peer: net.Socket;
  server: net.Server;
  port: number;
}

class Closing {
  readonly #sockets: net.Socket[] = [];
  readonly #servers: net.Server[] = [];

  socket(socket: net.Socket): net.Socket {
    this.#sockets.push(socket.on('error', () => undefined));
    return socket;
  }

  server(server: net.Server): net.Server {
    this.#servers.push(server);
    return server.on('connection', (socket: net.Socket) => this.socket(socket));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

/** Node.js' own. */
export function netSide(): Side {
  const closing = new Closing();
  return {
    socket: (options) => closing.socket(new net.Socket(options as net.SocketConstructorOpts)),
    connect: (...args) => closing.socket(net.createConnection(...(args as unknown as [net.NetConnectOpts]))),
    server: (options, listener) => closing.server(net.createServer(options as net.ServerOpts, listener)),
    close: () => closing.close(),
  };
}

/** Those of a chain of an instance. */
export function chainSide(ws2: Ws2_32): Side {
  const closing = new Closing();
  const over = (options: unknown): never =>
    (typeof options === 'object' ? { ws2, ...options } : (options ?? { ws2 })) as never;
  return {
    socket: (options) => closing.socket(new ChainSocket(over(options)) as unknown as net.Socket),
    connect(first, ...others) {
      return closing.socket(createConnection(over(first), ...(others as [])) as unknown as net.Socket);
    },
    server(options, listener) {
      const make = createServer as unknown as (options: never, listener: unknown) => ChainServer;
      return closing.server(make(over(options), listener) as unknown as net.Server);
    },
    close: () => closing.close(),
  };
}

/** A server that listens on 127.0.0.1, and its port. */
export async function listen(server: net.Server, options: object = {}): Promise<number> {
  const listening = once(server, 'listening');
  server.listen({ port: 0, host: '127.0.0.1', ...options });
  await listening;
  return (server.address() as net.AddressInfo).port;
}

/** Two connected sockets and their server. */
export async function pair(
  side: Side,
  { client: clientOptions = {}, server: serverOptions = {} }: { client?: object; server?: object } = {},
): Promise<Pair> {
  const server = side.server(serverOptions);
  const port = await listen(server);
  const connected = once(server, 'connection') as Promise<[net.Socket]>;
  const client = side.connect({ port, host: '127.0.0.1', ...clientOptions });
  if (client.connecting) await once(client, 'connect');
  const [peer] = await connected;
  return { client, peer, server, port };
}

/** What an action throws: its class, code and words; `none` if nothing. */
export function thrown(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return described(error);
  }
}

/** An error as text: class, code and words, without what is another one each time. */
export function described(error: unknown): string {
  const { constructor, code, message } = error as NodeJS.ErrnoException;
  return `${constructor.name} ${code ?? ''}: ${message}`;
}

/** The first error of something that emits one. */
export async function failure(emitter: net.Socket | net.Server): Promise<NodeJS.ErrnoException> {
  const error = await new Promise<unknown>((resolve) => emitter.once('error', resolve));
  return error as NodeJS.ErrnoException;
}

/** Some turns of the event loop: what is under way on loopback arrives. */
export async function turns(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
