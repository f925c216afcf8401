import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { type ChainOptions, checkedChainOptions, codedError, describeChain } from './instance/index.js';
import { type ChainSocket } from './chain-socket.js';

import { createConnection } from './create-connection.js';
import { notOnAChain, type ChainConnectOptions } from './socket-options.js';

/** What an Agent is made from: what `http.Agent` and `https.Agent` take, and the chain. */
export interface AgentOptions extends https.AgentOptions, ChainOptions {}

/** What `node:http` and `node:https` hand to an agent, besides what their types tell. */
type RequestOptions = ChainConnectOptions &
  tls.ConnectionOptions & { protocol?: string | null; socketPath?: string; _defaultAgent?: { protocol?: string } };

type CreateSecureConnection = (this: https.Agent, options: tls.ConnectionOptions) => tls.TLSSocket;

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/**
 * An agent whose connections go over a chain, for `http.get` and `https.get` alike. Requests of `https` to port 80 need
 * an
 * `HttpsAgent`: this one takes that for no port at all, and goes to 443.
 *
 * @throws TypeError with ERR_INVALID_ARG_VALUE for `proxyEnv`
 */
export class Agent extends https.Agent {
  readonly #options: ChainOptions;

  /** @param options the chain, and what `https.Agent` takes */
  constructor(options: AgentOptions = {}) {
    super(options);
    // Node.js would open tunnels by itself, beside the chain.
    if ((options as { proxyEnv?: unknown }).proxyEnv) throw notOnAChain('proxyEnv', 'put a proxy into a layer');
    this.#options = { ws2: options.ws2, chain: checkedChainOptions(options) };
    // Without a protocol of its own an agent serves requests of either; from Node.js 22 on it is among the options too.
    Object.assign(this, { protocol: undefined, defaultPort: HTTP_PORT });
    for (const name of ['protocol', 'defaultPort']) Reflect.deleteProperty(this.options, name);
  }

  /** Whether a request is for `https`. */
  protected isSecure(options: object): boolean {
    const { protocol, _defaultAgent } = options as RequestOptions;
    return (protocol ?? _defaultAgent?.protocol) === 'https:';
  }

  /** Makes a connection for a request; called by `node:http` and `node:https`. */
  override createConnection(options: http.ClientRequestArgs): ChainSocket & tls.TLSSocket {
    // The path is the request's, unless a local socket is asked for, which a chain does not carry.
    const { path: _path, ...request } = options as RequestOptions;
    const secure = this.isSecure(options);
    const where = { ...request, path: options.socketPath ?? null, ...this.#options };
    // What comes out is a stream either way, which is all that a request asks for.
    if (!secure) return createConnection(where) as ChainSocket & tls.TLSSocket;
    const port = this.securePort(request.port);
    // Time limits and who reads are matters of the TLS above.
    const socket = createConnection({ ...where, port, timeout: undefined, onread: undefined });
    return this.#secure({ ...request, port } as RequestOptions, socket) as ChainSocket & tls.TLSSocket;
  }

  /** The port for a request of `https`. */
  protected securePort(port: string | number | undefined): string | number {
    return Number(port) === HTTP_PORT ? HTTPS_PORT : (port ?? HTTPS_PORT);
  }

  #secure(options: RequestOptions, socket: ChainSocket): tls.TLSSocket {
    // `https.Agent` itself, which keeps sessions to resume; it has a connection already.
    const { createConnection: secure } = https.Agent.prototype as unknown as {
      createConnection: CreateSecureConnection;
    };
    const secured = secure.call(this, { ...(options as tls.ConnectionOptions), socket });
    if (options.timeout) secured.setTimeout(options.timeout);
    return secured;
  }

  /** Says which connections a request can share; called by `node:http` and `node:https`. */
  override getName(options: https.RequestOptions = {}): string {
    const chain = describeChain(this.#options.chain);
    const secure = this.isSecure(options);
    const name = secure ? super.getName(options) : http.Agent.prototype.getName.call(this, options);
    return [name, ...(secure ? ['tls'] : []), ...(chain === '' ? [] : [chain])].join(':');
  }
}

/** An agent for `https` alone, whose connections go over a chain. */
export class HttpsAgent extends Agent {
  /** @param options the chain, and what `https.Agent` takes */
  constructor(options: AgentOptions = {}) {
    super(options);
    Object.assign(this, { protocol: 'https:', defaultPort: HTTPS_PORT });
  }

  protected override isSecure(): boolean {
    return true;
  }

  protected override securePort(port: string | number | undefined): string | number {
    return port ?? HTTPS_PORT;
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
 * Makes a function that undici's `Agent` and `Client` take as `connect`: `new Agent({ connect: connector({ chain })
 * })`, also for
 * `fetch`'s `dispatcher`.
 *
 * @param options the chain, and what `tls.connect` takes, for `https:`
 */
export function connector(
  options: ChainConnectOptions & { tls?: tls.ConnectionOptions } = {},
): (request: ConnectorRequest, callback: (error: Error | null, socket: Duplex | null) => void) => void {
  const { tls: tlsOptions, ...chainOptions } = options;
  checkedChainOptions(options);
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
      const name = servername || hostname;
      // Servers are not told of an address, but their certificates are held to it.
      const told = isIP(name) === 0 ? { servername: name } : { host: name };
      const connection: Duplex = secure
        ? tls.connect({ ALPNProtocols: ['http/1.1'], ...told, ...tlsOptions, socket })
        : socket;
      connection
        .once(secure ? 'secureConnect' : 'connect', () => finish(null, connection))
        .once('error', (error) => finish(error, null))
        // As it comes when the use of the instance ends.
        .once('close', () => finish(codedError('ECONNRESET', 'The socket was closed before it was connected'), null));
    } catch (error) {
      finish(error as Error, null);
    }
  };
}
