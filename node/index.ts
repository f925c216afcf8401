/**
 * Names that Node.js programmers know: sockets, servers and agents whose traffic goes over a protocol chain.
 *
 * ```ts
 * import http from 'node:http';
 * import { Agent, serveHttp } from 'ws2spi/node';
 * const server = serveHttp(http.createServer((request, response) => response.end('hello')), { port: 0 }, () => {
 *   http.get({ port: server.address()?.port, agent: new Agent({ keepAlive: true }) }, (response) =>
 *   response.pipe(process.stdout));
 * });
 * ```
 *
 * Errors are `Error` objects with Node.js' `code` and the WinSock number as `wsaError`.
 *
 * @module
 */
export { Agent, connector, HttpsAgent, type AgentOptions, type ConnectorRequest } from './agent.js';
export type { AddressInfo } from './transfers/index.js';
export type { ChainChoice, ChainOptions } from './instance/index.js';
export { ChainSocket } from './chain-socket.js';
export type { ChainConnectOptions, ChainSocketOptions } from './socket-options.js';
export { connect, createConnection } from './create-connection.js';
export { defaultInstance } from './instance/index.js';
export type { ChainError } from './instance/index.js';
export type { ChainListenOptions, ChainServerOptions } from './server.js';
export { lookup, type LookupCallback, type LookupOptions } from './instance/index.js';
export { ChainDatagramSocket, createSocket, type ChainDatagramOptions } from './datagram-socket.js';
export { serveHttp } from './serve-http.js';
export { ChainServer, createServer } from './server.js';
