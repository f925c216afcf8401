import type { Server as HttpServer } from 'node:http';
import tls from 'node:tls';

import { kindOf } from '../spi/answers.js';
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
 * @throws TypeError for what is not a server, or not options
 */
export function serveHttp(
  httpServer: HttpServer,
  options: ChainServerOptions & ChainListenOptions = {},
  listener?: () => void,
): ChainServer {
  if (!takesConnections(httpServer))
    throw new TypeError(
      `serveHttp: the first argument is a server, as http.createServer returns it, not ${kindOf(httpServer)}`,
    );
  if (typeof options !== 'object')
    throw new TypeError(`serveHttp: options are an object such as { port: 8080 }, not ${kindOf(options)}`);
  // As for their own: https ends a connection with its peer, http answers first.
  const allowHalfOpen = !(httpServer instanceof tls.Server);
  const server = new HttpConnections(httpServer, { noDelay: true, allowHalfOpen, ...options });
  return server.listen({ port: 0, ...options }, listener);
}

function takesConnections(server: unknown): boolean {
  const { emit, once, off, close } = (server ?? {}) as Partial<HttpServer>;
  return [emit, once, off, close].every((each) => typeof each === 'function');
}
