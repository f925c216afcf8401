import type { Server as HttpServer } from 'node:http';
import tls from 'node:tls';
import type { ChainListenOptions, ChainServerOptions } from './listen-arguments.js';
import { ChainServer } from './server.js';

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
  const server = new ChainServer({ noDelay: true, allowHalfOpen, ...options }, (socket) =>
    httpServer.emit('connection', socket),
  );
  // Its own checks of time limits begin with this event, and end with `close`.
  server.on('listening', () => httpServer.emit('listening'));
  const closeHttp = (): void => void httpServer.close();
  const closeChain = (): void => void server.close();
  httpServer.once('close', closeChain);
  server.close = (callback) => {
    httpServer.off('close', closeChain);
    ChainServer.prototype.close.call(server, callback);
    closeHttp();
    return server;
  };
  return server.listen({ port: 0, ...options }, listener);
}
