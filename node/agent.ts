import http from 'node:http';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { checkedChain, describeChain, type ChainOptions } from './chain-option.js';
import { ChainSocket } from './chain-socket.js';
import type { ChainConnectOptions } from './connect-arguments.js';
import { createConnection } from './create-connection.js';

/** What an Agent is made from: what `http.Agent` takes, and the chain. */
export interface AgentOptions extends http.AgentOptions, ChainOptions {}

/** An `http.Agent` whose connections go over a chain. */
export class Agent extends http.Agent {
  readonly #options: ChainOptions;

  constructor(options: AgentOptions = {}) {
    super(options);
    this.#options = { ws2: options.ws2, chain: checkedChain(options.chain) };
  }

  /** Makes a connection for a request; called by `node:http`. */
  override createConnection(options: http.ClientRequestArgs): ChainSocket {
    // The path is the request's, unless a local socket is asked for, which a chain does not carry.
    const { path: _path, ...where } = options as ChainConnectOptions;
    return createConnection({ ...where, path: options.socketPath, ...this.#options });
  }

  /** Says which connections a request can share; called by `node:http`. */
  override getName(options?: Parameters<http.Agent['getName']>[0]): string {
    const chain = describeChain(this.#options.chain);
    return chain === '' ? super.getName(options) : `${super.getName(options)}:${chain}`;
  }

  /** Hands an idle connection to a request; called by `node:http`. */
  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    super.reuseSocket(socket as never, request);
    // Events of the connection belong to the new request's asynchronous context from now on.
    if (socket instanceof ChainSocket) socket.renewAsyncContext();
  }
}

/** What undici hands to a connector. */
export interface ConnectorRequest {
  hostname: string;
  protocol: string;
  port: string | number;
  servername?: string | null | undefined;
}

/**
 * Makes a function that undici's `Agent` and `Client` take as `connect`: `new Agent({ connect: connector({ chain }) })`, also for
 * `fetch`'s `dispatcher`.
 *
 * @param options the chain, and what `tls.connect` takes, for `https:`
 */
export function connector(
  options: ChainConnectOptions & { tls?: tls.ConnectionOptions } = {},
): (request: ConnectorRequest, callback: (error: Error | null, socket: Duplex | null) => void) => void {
  const { tls: tlsOptions, ...chainOptions } = options;
  checkedChain(options.chain);
  return ({ hostname, protocol, port, servername }, callback) => {
    const secure = protocol === 'https:';
    let done = false;
    const finish = (error: Error | null, socket: Duplex | null): void => {
      if (done) return;
      done = true;
      callback(error, socket);
    };
    try {
      const socket = createConnection({
        noDelay: true,
        ...chainOptions,
        host: hostname,
        port: Number(port) || (secure ? 443 : 80),
      });
      if (!secure) {
        socket.once('connect', () => finish(null, socket)).once('error', (error) => finish(error, null));
        return;
      }
      const name = servername || hostname;
      const secured = tls.connect({ ALPNProtocols: ['http/1.1'], servername: name, ...tlsOptions, socket });
      secured.once('secureConnect', () => finish(null, secured)).once('error', (error) => finish(error, null));
    } catch (error) {
      finish(error as Error, null);
    }
  };
}
