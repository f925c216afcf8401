import cluster from 'node:cluster';
import { channel } from 'node:diagnostics_channel';
import net, { isIP, type BlockList } from 'node:net';
import { AF_INET, AF_INET6, WSAEINVAL } from '../index.js';
import { acceptedSocket, becomeChainSocket, ChainSocket } from './chain-socket.js';
import { OwnHandles, winsockErrorBehind } from './handle/index.js';
import { familiesOf, lookUp, systemError, type ChainOptions } from './instance/index.js';
import { SocketChain } from './socket-chain.js';
import { refuseTransfers } from './transfer-refusal.js';
import { AROUND_THE_CHAIN, normalizeArguments, notOnAChain } from './socket-options.js';

/** What a server is made from. */
export interface ChainServerOptions extends ChainOptions {
  /** Whether a connection stays writable after its peer has ended it. */
  allowHalfOpen?: boolean | undefined;
  /** Whether connections begin paused. */
  pauseOnConnect?: boolean | undefined;
  /** Whether small writes go out at once. */
  noDelay?: boolean | undefined;
  /** Whether idle connections are probed. */
  keepAlive?: boolean | undefined;
  /** After how many milliseconds of silence. */
  keepAliveInitialDelay?: number | undefined;
  /** How much each connection buffers. */
  highWaterMark?: number | undefined;
  /** Addresses from which no connection is taken; from Node.js 22 on. */
  blockList?: BlockList | undefined;
}

/** Where to listen. */
export interface ChainListenOptions {
  /** 0, the default, lets the provider choose. */
  port?: number | string | null | undefined;
  /** An address or a name; every address if absent. */
  host?: string | undefined;
  /** How many connections may wait. */
  backlog?: number | undefined;
  /** Whether `::` takes IPv6 connections alone. */
  ipv6Only?: boolean | undefined;
  /** Whether other servers may listen on the same port. */
  reusePort?: boolean | undefined;
  /** Closes the server when it fires. */
  signal?: AbortSignal | undefined;
}

/** A handle of Node.js', as a server uses it. */
interface ListeningHandle {
  bind(address: string, port: number, flags: number): number;
  bind6(address: string, port: number, flags: number): number;
  close(): void;
  onconnection?: (this: ListeningHandle, error: number, client: ConnectedHandle | undefined) => void;
}

/** A handle of Node.js' that was accepted. */
interface ConnectedHandle {
  setNoDelay(enable: boolean): number;
  setKeepAlive(enable: boolean, delay: number): number;
}

/** Where Node.js tells of sockets that servers have accepted. */
const acceptedSockets = channel('net.server.socket');

/** What `net` calls of a server to have it listen, with the address that it has found. */
type Listen2 = (
  this: net.Server,
  address: string | null,
  port: number,
  family: number,
  backlog: number,
  fd: number | undefined,
  flags: number | undefined,
) => void;

const ofNet = net.Server.prototype as unknown as { _listen2: Listen2; listen(...args: unknown[]): unknown };
/** Stands for a host's name, which `net` is not to look up. */
const SOME_ADDRESS = '0.0.0.0';

/** A `net.Server` whose connections come over a protocol chain, and are ChainSockets. */
export class ChainServer extends net.Server {
  /** What `net` has between itself and the connections. @internal */
  declare _handle: ListeningHandle | null;
  declare _connections: number;
  /** What connections are like. @internal */
  declare allowHalfOpen: boolean;
  declare pauseOnConnect: boolean;
  declare noDelay: boolean;
  declare keepAlive: boolean;
  declare keepAliveInitialDelay: number;
  declare highWaterMark: number;
  readonly #over: SocketChain;
  /** Whether connections are taken or not by the names of their peers. */
  readonly #asksForNames: boolean;
  #host: string | null = null;
  #giveUpLookUp: () => void = () => undefined;

  /**
   * @param options the chain and what connections are like
   * @param connectionListener told of every connection
   * @throws TypeError with Node.js' code for options of a wrong type
   */
  constructor(options: ChainServerOptions | null = {}, connectionListener?: (socket: ChainSocket) => void) {
    const listener = connectionListener as ((socket: net.Socket) => void) | undefined;
    if (typeof options !== 'object') super(options, listener);
    else {
      const { ws2: _ws2, chain: _chain, ...ofConnections } = options ?? {};
      super(ofConnections as net.ServerOpts, listener);
    }
    this.#over = new SocketChain(options ?? {}, 'ChainServer');
    this.#asksForNames = Boolean(options?.blockList);
  }

  /**
   * Begins to listen; `listener` is told once that it does.
   *
   * @throws Error with Node.js' code: ERR_SERVER_ALREADY_LISTEN, and those for arguments that are none
   */
  override listen(port?: number | string, host?: string, backlog?: number, listener?: () => void): this;
  override listen(port?: number | string, host?: string, listener?: () => void): this;
  override listen(port?: number | string, backlog?: number, listener?: () => void): this;
  override listen(port?: number | string, listener?: () => void): this;
  override listen(options: ChainListenOptions, listener?: () => void): this;
  override listen(listener?: () => void): this;
  override listen(...args: unknown[]): this {
    const [given] = normalizeArguments(args) as [ChainListenOptions & Record<string, unknown>, unknown];
    checkListenOptions(given);
    // Tells now, not later, that the instance was not started.
    void this.#over.instance;
    this.#giveUpLookUp();
    const { host } = given;
    const isName = typeof host === 'string' && host !== '' && isIP(host) === 0;
    this.#host = isName ? host : null;
    const [first, , ...others] = args;
    if (typeof first === 'object' && first !== null && !Array.isArray(first)) {
      const own = { ...given, ...(isName && { host: SOME_ADDRESS }), ...(cluster.isWorker && { exclusive: true }) };
      ofNet.listen.call(this, own, ...args.slice(1));
    } else if (isName) ofNet.listen.call(this, first, SOME_ADDRESS, ...others);
    else ofNet.listen.apply(this, args);
    return this;
  }

  /** Called by `net`. @internal */
  _listen2(...[address, port, family, backlog, , flags = 0]: Parameters<Listen2>): void {
    const host = this.#host;
    const listenOn = (found: string | null, type: number): void => {
      const place = this._handle === null ? this.#open(found, port, type, flags) : { address: found, family: type };
      if (place === null) return;
      ofNet._listen2.call(this, place.address, port, place.family, backlog, undefined, flags);
      if (this._handle !== null) this.#acceptHere(this._handle);
    };
    if (host === null) {
      listenOn(address, family);
      return;
    }
    const { instance, chain } = this.#over;
    this.#giveUpLookUp = lookUp(instance, chain, host, {}, (found) => {
      process.nextTick(() => {
        if (found instanceof Error) this.emit('error', found);
        else if (this.#host === host) listenOn(found[0]!.address, found[0]!.family);
      });
    });
  }

  /** Has connections that nothing stands in the way of be ChainSockets from the beginning; `net` has its ways with the others. */
  #acceptHere(handle: ListeningHandle): void {
    const { onconnection } = handle;
    handle.onconnection = (error, client) => {
      const most = this.maxConnections as number | undefined | null;
      const limited = most !== undefined && most !== null && this._connections >= most;
      if (error !== 0 || client === undefined || limited || this.#asksForNames)
        onconnection!.call(handle, error, client);
      else this.#accepted(client);
    };
  }

  #accepted(client: ConnectedHandle): void {
    const { allowHalfOpen, noDelay, keepAlive, keepAliveInitialDelay, highWaterMark } = this;
    const socket = acceptedSocket(this.#over, {
      handle: client,
      allowHalfOpen,
      noDelay,
      keepAlive,
      keepAliveInitialDelay: keepAliveInitialDelay * 1000,
      pauseOnCreate: this.pauseOnConnect,
      readableHighWaterMark: highWaterMark,
      writableHighWaterMark: highWaterMark,
    });
    if (noDelay) client.setNoDelay(true);
    if (keepAlive) client.setKeepAlive(true, keepAliveInitialDelay);
    this._connections++;
    const own = socket as unknown as { server: ChainServer; _server: ChainServer };
    own.server = own._server = this;
    this.emit('connection', socket);
    if (acceptedSockets.hasSubscribers) acceptedSockets.publish({ socket });
  }

  /** Opens a handle of the chain at an address, or everywhere; `null` after an error was told. */
  #open(address: string | null, port: number, family: number, flags: number) {
    if (address) return this.#openAt(address, port, family, flags, true);
    const families = familiesOf(this.#over.instance, this.#over.chain);
    // Every address: IPv6 with IPv4 in it where there is such a thing, else IPv4.
    const both = families.includes(AF_INET);
    const everywhere = families.includes(AF_INET6) ? this.#openAt('::', port, 6, flags, !both) : null;
    return everywhere ?? (both ? this.#openAt('0.0.0.0', port, 4, flags, true) : null);
  }

  #openAt(address: string, port: number, family: number, flags: number, tells: boolean) {
    const handle = OwnHandles.ofThread.make(this.#over) as unknown as ListeningHandle;
    const error = family === 6 ? handle.bind6(address, port, flags) : handle.bind(address, port, flags);
    if (error === 0) {
      this._handle = handle;
      return { address, family };
    }
    handle.close();
    if (tells) {
      const failure = systemError(winsockErrorBehind(error) ?? WSAEINVAL, 'listen', address, port);
      process.nextTick(() => this.emit('error', failure));
    }
    return null;
  }

  /** The address that the server listens on; `null` when it does not. */
  override address(): net.AddressInfo | null {
    return super.address() as net.AddressInfo | null;
  }

  /** Takes no more connections; `close` is emitted, and `callback` called, once those that are there have ended. */
  override close(callback?: (error?: Error) => void): this {
    this.#giveUpLookUp();
    this.#host = null;
    return super.close(callback);
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const [first] = args;
    if (event === 'connection' && first instanceof net.Socket && !(first instanceof ChainSocket)) {
      becomeChainSocket(first, this.#over);
      if (this.#over.blocks && this.#over.refuses(first.remoteAddress ?? '') !== 0) {
        first.destroy();
        return false;
      }
    }
    if (event === 'error') args[0] = this.#over.explain(first);
    return (super.emit as (event: string | symbol, ...args: unknown[]) => boolean)(event, ...args);
  }
}

refuseTransfers(ChainServer.prototype);

function checkListenOptions(options: Readonly<Record<string, unknown>>): void {
  const { path, fd } = options;
  if (path) throw notOnAChain('path', AROUND_THE_CHAIN.path);
  if (typeof fd === 'number' && fd >= 0) throw notOnAChain('fd', AROUND_THE_CHAIN.fd);
  if (options['handle'] || options['_handle'] || !isPlain(options))
    throw notOnAChain('handle', AROUND_THE_CHAIN.handle);
}

/** Whether something is none of the objects that `listen` takes over: handles, sockets, servers. */
function isPlain(options: object): boolean {
  const { BoundSocket } = net as { BoundSocket?: new () => object };
  return !('getAsyncId' in options) && !(BoundSocket !== undefined && options instanceof BoundSocket);
}

/** Makes a server, as `net.createServer` does. */
export function createServer(connectionListener?: (socket: ChainSocket) => void): ChainServer;
export function createServer(
  options: ChainServerOptions,
  connectionListener?: (socket: ChainSocket) => void,
): ChainServer;
export function createServer(
  options: ChainServerOptions | null | ((socket: ChainSocket) => void) = {},
  connectionListener?: (socket: ChainSocket) => void,
): ChainServer {
  return typeof options === 'function' ? new ChainServer({}, options) : new ChainServer(options, connectionListener);
}
