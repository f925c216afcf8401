import type { LookupAddress } from 'node:dns';
import { EventEmitter } from 'node:events';
import { isIP, type BlockList } from 'node:net';
import {
  AF_INET,
  AF_INET6,
  FD_ACCEPT,
  INVALID_SOCKET,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  WSAEADDRINUSE,
  WSAEACCES,
  WSAEMFILE,
  WSAENOBUFS,
  WSAEWOULDBLOCK,
  type Ws2_32,
} from '../index.js';
import { type AddressInfo, ChainHandle, type HandleOwner } from './transfers/index.js';
import {
  type ChainChoice,
  type ChainError,
  checkedChain,
  codedError,
  familiesOf,
  instanceOr,
  lookUp,
  systemError,
} from './instance/index.js';
import { ChainSocket } from './chain-socket.js';
import {
  checkedServerOptions,
  listenArguments,
  type ChainListenOptions,
  type ChainServerOptions,
} from './listen-arguments.js';

/** Connections taken per notice; then others have their go. */
const ACCEPTS_PER_NOTICE = 64;
const DEFAULT_BACKLOG = 511;
/** Until Node.js 21, `maxConnections = 0` meant no limit. */
const ZERO_IS_NO_LIMIT = Number.parseInt(process.versions.node, 10) < 21;

/** A server whose connections are ChainSockets, with what a `net.Server` offers. */
export class ChainServer extends EventEmitter implements HandleOwner {
  /** Connections beyond this many are dropped; no limit for `undefined`, and before Node.js 21 for 0. */
  maxConnections: number | undefined;
  readonly #options: ChainServerOptions;
  readonly #ws2: Ws2_32 | undefined;
  readonly #chain: ChainChoice | undefined;
  #handle: ChainHandle | null = null;
  #cancelLookup: () => void = () => undefined;
  #connections = 0;
  #referenced = true;
  readonly #connectionClosed = (): void => {
    this.#connections--;
    this.#emitCloseIfDrained();
  };

  /**
   * @param options the chain and what connections are like
   * @param connectionListener told of every connection
   * @throws TypeError with Node.js' code for options of a wrong type
   */
  constructor(options: ChainServerOptions | null = {}, connectionListener?: (socket: ChainSocket) => void) {
    super();
    this.#options = checkedServerOptions(options);
    this.#ws2 = this.#options.ws2;
    this.#chain = checkedChain(this.#options.chain);
    if (typeof connectionListener === 'function') this.on('connection', connectionListener);
  }

  /**
   * Begins to listen; `listener` is told once that it does.
   *
   * @throws Error with Node.js' code: ERR_SERVER_ALREADY_LISTEN, and those for arguments that are none
   */
  listen(options: ChainListenOptions, listener?: () => void): this;
  listen(port?: number | string, host?: string, backlog?: number, listener?: () => void): this;
  listen(port: number | string, host: string, listener?: () => void): this;
  listen(port: number | string, backlog: number, listener?: () => void): this;
  listen(port: number | string, listener?: () => void): this;
  listen(listener?: () => void): this;
  listen(...args: unknown[]): this {
    if (this.#handle !== null) {
      throw codedError('ERR_SERVER_ALREADY_LISTEN', 'Listen method has been called more than once without closing.');
    }
    const { options, port, listener } = listenArguments(args);
    const ws2 = instanceOr(this.#ws2);
    if (listener !== null) this.once('listening', listener);
    closeOnAbort(this, options.signal);
    const { host } = options;
    if (!host) this.#listenAnywhere(ws2, port, options);
    else if (isIP(host) !== 0) this.#listenOn(ws2, host, port, options);
    else this.#lookUp(ws2, host, port, options);
    return this;
  }

  #lookUp(ws2: Ws2_32, host: string, port: number, options: ChainListenOptions): void {
    this.#cancelLookup();
    let isLate = false;
    let isWanted = true;
    const answered = (found: LookupAddress[] | Error): void => {
      if (!isWanted) return;
      if (found instanceof Error) process.nextTick(() => this.emit('error', found));
      else this.#listenOn(ws2, found[0]!.address, port, options);
    };
    const cancel = lookUp(ws2, this.#chain, host, {}, (found) => {
      if (isLate) process.nextTick(answered, found);
      else answered(found);
    });
    isLate = true;
    this.#cancelLookup = () => {
      isWanted = false;
      cancel();
    };
  }

  // Every address: IPv6 with IPv4 in it where there is such a thing, else IPv4.
  #listenAnywhere(ws2: Ws2_32, port: number, options: ChainListenOptions): void {
    const families = familiesOf(ws2, this.#chain);
    let failure: ChainError | null = null;
    if (families.includes(AF_INET6)) {
      failure = this.#open(ws2, AF_INET6, '::', port, options);
      const final = failure === null || failure.wsaError === WSAEADDRINUSE || failure.wsaError === WSAEACCES;
      if (final || !families.includes(AF_INET)) return this.#listening(failure);
    }
    this.#listening(this.#open(ws2, AF_INET, '0.0.0.0', port, options));
  }

  #listenOn(ws2: Ws2_32, address: string, port: number, options: ChainListenOptions): void {
    this.#listening(this.#open(ws2, isIP(address) === 6 ? AF_INET6 : AF_INET, address, port, options));
  }

  #open(
    ws2: Ws2_32,
    family: number,
    address: string,
    port: number,
    { backlog = DEFAULT_BACKLOG, ipv6Only = false }: ChainListenOptions,
  ): ChainError | null {
    const handle = ChainHandle.open(ws2, this.#chain, family, 'ChainServer');
    if (handle instanceof Error) return handle;
    let error = 0;
    if (address === '::') error = handle.setOption(IPPROTO_IPV6, IPV6_V6ONLY, ipv6Only ? 1 : 0);
    if (error === 0) error = handle.bind(address, port);
    if (error === 0) error = handle.select(FD_ACCEPT);
    if (error === 0 && ws2.listen(handle.s, backlog) !== 0) error = ws2.WSAGetLastError();
    if (error !== 0) {
      handle.close();
      return systemError(error, 'listen', address, port);
    }
    handle.giveTo(this);
    if (!this.#referenced) handle.reference(false);
    this.#handle = handle;
    return null;
  }

  #listening(failure: ChainError | null): void {
    if (failure !== null) process.nextTick(() => this.emit('error', failure));
    else {
      process.nextTick(() => {
        if (this.#handle !== null) this.emit('listening');
      });
    }
  }

  /** Told by the handle; not for applications. */
  networkEvents(events: number): void {
    if ((events & FD_ACCEPT) !== 0) this.#accept();
  }

  /** Told by the handle; not for applications. */
  instanceEnded(): void {
    this.close();
  }

  #accept(): void {
    const handle = this.#handle;
    if (handle === null) return;
    const { ws2 } = handle;
    for (let accepts = 0; accepts < ACCEPTS_PER_NOTICE && this.#handle === handle; accepts++) {
      const s = ws2.accept(handle.s, null, null);
      if (s === INVALID_SOCKET) {
        this.#acceptFailed(ws2.WSAGetLastError());
        return;
      }
      this.#accepted(new ChainHandle(ws2, s, handle.family, 'ChainSocket'));
    }
  }

  #acceptFailed(error: number): void {
    if (error === WSAEWOULDBLOCK) return;
    // No room, which with `net` is not an error of the server's either: the connection waits, and is told of again.
    if (error === WSAEMFILE || error === WSAENOBUFS) return;
    this.emit('error', systemError(error, 'accept'));
  }

  #accepted(handle: ChainHandle): void {
    const { blockList } = this.#options;
    if (blockList !== undefined && isBlocked(blockList, handle)) {
      handle.close();
      return;
    }
    const most = this.maxConnections;
    const limited = most !== undefined && most !== null && !(most === 0 && ZERO_IS_NO_LIMIT);
    if (limited && this.#connections >= most) {
      const local = handle.name('getsockname');
      const remote = handle.name('getpeername');
      handle.close();
      this.emit('drop', {
        localAddress: local?.address,
        localPort: local?.port,
        localFamily: local?.family,
        remoteAddress: remote?.address,
        remotePort: remote?.port,
        remoteFamily: remote?.family,
      });
      return;
    }
    const socket = new ChainSocket(this.#options);
    this.#connections++;
    socket._adopt(handle, this, Boolean(this.#options.pauseOnConnect), this.#connectionClosed);
    this.emit('connection', socket);
  }

  /** Takes no more connections; `close` is emitted, and `callback` called, once those that are there have ended. */
  close(callback?: (error?: Error) => void): this {
    this.#cancelLookup();
    const handle = this.#handle;
    if (typeof callback === 'function') {
      if (handle !== null) this.once('close', callback);
      else this.once('close', () => callback(codedError('ERR_SERVER_NOT_RUNNING', 'Server is not running.')));
    }
    if (handle !== null) {
      this.#handle = null;
      handle.close();
    }
    this.#emitCloseIfDrained();
    return this;
  }

  #emitCloseIfDrained(): void {
    if (this.#handle === null && this.#connections === 0) process.nextTick(() => this.emit('close'));
  }

  /** Closes the server, and resolves when it is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#handle === null) return;
    await new Promise<void>((resolve, reject) => this.close((error) => (error ? reject(error) : resolve())));
  }

  /** Whether the server listens. */
  get listening(): boolean {
    return this.#handle !== null;
  }

  /** The address that the server listens on; `null` when it does not. */
  address(): AddressInfo | null {
    return this.#handle?.name('getsockname') ?? null;
  }

  /** Tells how many connections there are. */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#connections);
    return this;
  }

  /** Keeps the process alive while the server listens; it does from the beginning. */
  ref(): this {
    this.#referenced = true;
    this.#handle?.reference(true);
    return this;
  }

  /** Lets the process end while the server listens. */
  unref(): this {
    this.#referenced = false;
    this.#handle?.reference(false);
    return this;
  }
}

function isBlocked(blockList: BlockList, handle: ChainHandle): boolean {
  const peer = handle.name('getpeername');
  return peer !== null && blockList.check(peer.address, peer.family === 'IPv6' ? 'ipv6' : 'ipv4');
}

function closeOnAbort(server: ChainServer, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const close = (): void => void server.close();
  if (signal.aborted) process.nextTick(close);
  else {
    signal.addEventListener('abort', close, { once: true });
    server.once('close', () => signal.removeEventListener('abort', close));
  }
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
