import type { Server as HttpServer } from 'node:http';
import tls from 'node:tls';

import { ChainServer, type ChainListenOptions, type ChainServerOptions } from './server.js';

/** The server of the connections that a server of Node.js' serves; closing either closes the other. */
class HttpConnections extends ChainServer {
  readonly #httpServer: HttpServer;
  readonly #closeThis = (): void => void this.close();

  constructor(httpServer: HttpServer, options: ChainServerOptions) {
    super(options, (socket) => httpServer.emit('connection', socket));
    this.#httpServer = httpServer;
    // Its own checks of time limits begin with this event, and end with `close`.
    this.on('listening', () => httpServer.emit('listening'));
    httpServer.once('close', this.#closeThis);
  }

  override close(callback?: (error?: Error) => void): this {
    this.#httpServer.off('close', this.#closeThis);
    super.close(callback);
    this.#httpServer.close();
    return this;
  }
}

/**
 * Lets a `node:http` server serve connections over a chain: `serveHttp(http.createServer(handler), { port: 8080, chain
 * })`. Closing either server closes the other. By hand it is
 * `createServer({ noDelay: true, allowHalfOpen: true }, (socket) => httpServer.emit('connection', socket))`.
 *
 * @returns the server of the connections, which begins to listen
 */
export function serveHttp(
  httpServer: HttpServer,
  options: ChainServerOptions & ChainListenOptions = {},
  listener?: () => void,
): ChainServer {
  // As for their own: https ends a connection with its peer, http answers first.
  const allowHalfOpen = !(httpServer instanceof tls.Server);
  const server = new HttpConnections(httpServer, { noDelay: true, allowHalfOpen, ...options });
  return server.listen({ port: 0, ...options }, listener);
}
