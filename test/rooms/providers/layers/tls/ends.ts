// Both ends of secured connections over the operating system's sockets: those of the layer, and those of node:tls.
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import {
  connect as connectTls,
  createServer as createTlsServer,
  type TLSSocket,
  type TlsOptions as NodeOptions,
} from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { createWs2_32, type Defect, type Ws2_32 } from 'ws2spi';
import { stack, type Layer } from 'ws2spi/chain';
import { createConnection, createServer, type ChainSocket } from 'ws2spi/node';
import { tls, type TlsOptions } from 'ws2spi/providers/layers/tls';
import { AUTHORITY, certified } from '../../../../support/certificates/index.js';

/** Servers and sockets of one test, all closed at its end. */
export class Ends implements AsyncDisposable {
  readonly ws2: Ws2_32 = createWs2_32({ catalog: 'memory' });
  /** What the instance reported. */
  readonly reports: string[] = [];
  readonly #servers: { close(): unknown }[] = [];
  readonly #sockets = new Set<Socket | ChainSocket>();

  constructor() {
    this.ws2.WSAStartup(0x0202, {});
    this.ws2.on('defect', ({ message }: Defect) => this.reports.push(message));
  }

  /** A server on the layer, whose every connection is given to `serve`. Returns its port. */
  async serveOnLayer(options: TlsOptions, serve: (socket: ChainSocket) => void = echo): Promise<number> {
    return this.serveOn([tls({ ...certified('server'), ...options })], serve);
  }

  async serveOn(layers: Layer[], serve: (socket: ChainSocket) => void): Promise<number> {
    const server = createServer({ ws2: this.ws2, chain: stack(this.ws2, layers), allowHalfOpen: true }, (socket) => {
      this.#keep(socket);
      serve(socket);
    });
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** A server of node:tls. Returns its port. */
  async serveOnNode(options: NodeOptions, serve: (socket: TLSSocket) => void = echo): Promise<number> {
    const server = createTlsServer(
      { ...certified('server'), allowHalfOpen: true, ...options } as NodeOptions,
      (socket) => {
        this.#keep(socket);
        serve(socket);
      },
    );
    server.on('tlsClientError', () => undefined);
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** A layer that trusts the tests' authority, for several connections. */
  chain(options: TlsOptions = {}) {
    return stack(this.ws2, [tls({ ca: AUTHORITY, ...options })]);
  }

  /** A connection on the layer, which begins. */
  connectOnLayer(port: number, options: TlsOptions = {}, host = '127.0.0.1', chain = this.chain(options)): ChainSocket {
    return this.#keep(createConnection({ ws2: this.ws2, chain, host, port, allowHalfOpen: true }));
  }

  /** A connection of node:tls, which begins. */
  connectOnNode(port: number, options: ConnectionOptions = {}): TLSSocket {
    return this.#keep(
      connectTls({ port, host: '127.0.0.1', ca: AUTHORITY, allowHalfOpen: true, ...options } as ConnectionOptions),
    );
  }

  #keep<S extends Socket | ChainSocket>(socket: S): S {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
    this.ws2[Symbol.dispose]();
    await new Promise(setImmediate);
  }
}

/** Sends back what comes, and the end behind it. */
export function echo(socket: TLSSocket | ChainSocket): void {
  socket.pipe(socket);
}

/** Sends bytes, and the end behind them; what comes back until the peer's end. */
export async function exchange(socket: TLSSocket | ChainSocket, bytes: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  const ended = once(socket, 'end');
  socket.end(bytes);
  await ended;
  return Buffer.concat(pieces);
}

/** How a connect came out: the code of its error, or `connected`. */
export async function outcome(socket: TLSSocket | ChainSocket, connected = 'connect'): Promise<string> {
  return new Promise((resolve) => {
    socket.once(connected, () => resolve('connected'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** A promise, and what settles it. */
export function later<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
