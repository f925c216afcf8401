import { addAbortSignal } from 'node:stream';
import type { BlockList } from 'node:net';
import {
  FD_CLOSE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_READ,
  FD_WRITE,
  SD_SEND,
  WSAEALREADY,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEISCONN,
  WSAENOTCONN,
  type Ws2_32,
} from '../index.js';
import type { ChainHandle, HandleOwner } from './chain-handle.js';
import { checkedChain, type ChainChoice } from './chain-option.js';
import {
  checkSocketOptions,
  checkTypeOfService,
  destinationOf,
  normalizeConnectArguments,
  type ChainConnectOptions,
  type ChainSocketOptions,
} from './connect-arguments.js';
import { ConnectionAttempt, type ConnectingSocket } from './connecting.js';
import { instanceOr } from './default-instance.js';
import { codedError, systemError } from './errors.js';
import { onReadableEnd, writableAgain } from './half-open.js';
import { IdleTimer } from './idle-timer.js';
import { NamedStream } from './named-stream.js';
import { Receiver } from './receiver.js';
import { timeoutRefusal } from './refusals.js';
import { Sender, type WriteCallback } from './sender.js';
import { carryTls } from './tls-carrier.js';
import { bytesIn, gather, gathered, gatherString, type WrittenChunk } from './transfer-buffers.js';
import { Tuning, type KeepAliveOptions } from './tuning.js';

/** What `shutdown` says of a connection that is over; where Node.js asks, it is ENOTCONN, and no error. */
const ENDED_OTHERWISE = new Set([WSAENOTCONN, WSAECONNRESET, WSAECONNABORTED]);

function timedOut(socket: ChainSocket): void {
  socket._onTimeout();
}

function emitClose(socket: ChainSocket, hadError: boolean, callback: WriteCallback | null, error: Error | null): void {
  callback?.(error);
  socket.emit('close', hadError);
}

function receiveAgain(socket: ChainSocket): void {
  socket._receive();
}

function connectedAgain(socket: ChainSocket): void {
  socket._connectedAgain();
}

/** A stream socket over a protocol chain, with what a `net.Socket` offers. */
export class ChainSocket extends NamedStream implements HandleOwner, ConnectingSocket {
  /** What `setTimeout` was given last. */
  timeout: number | undefined;
  /** The server that accepted the connection. */
  server: unknown = null;
  /** Addresses that are not connected to. */
  blockList: BlockList | undefined;
  /** Each address and port that was tried, if a name had several. */
  autoSelectFamilyAttemptedAddresses: string[] | undefined;
  /** @internal */
  lives = 0;
  /** What is told when the socket closes. */
  #closed: (() => void) | null = null;
  readonly #ws2: Ws2_32 | undefined;
  readonly #chain: ChainChoice | undefined;
  #handle: ChainHandle | null = null;
  #attempt: ConnectionAttempt | null = null;
  // There is a connection; `connecting` is true beside it while another is asked for.
  #established = false;
  #connectsOnceMore = false;
  #referenced = true;
  #resetting = false;
  readonly #receiver: Receiver;
  readonly #sender = new Sender();
  #bytesWritten = 0;
  #progressAtTimeout = 0;
  readonly #timer = new IdleTimer<ChainSocket>(this, timedOut);
  readonly #tuning: Tuning;

  /**
   * @param options the chain and what the stream is like; `connect` makes the connection
   * @throws TypeError with Node.js' code, ERR_INVALID_ARG_TYPE or ERR_INVALID_ARG_VALUE, for what a chain has no use
   *   for
   */
  constructor(options: ChainSocketOptions = {}) {
    checkSocketOptions(options);
    super({
      ...(options.highWaterMark === undefined ? {} : { highWaterMark: options.highWaterMark }),
      ...(options.readableHighWaterMark === undefined ? {} : { readableHighWaterMark: options.readableHighWaterMark }),
      ...(options.writableHighWaterMark === undefined ? {} : { writableHighWaterMark: options.writableHighWaterMark }),
      allowHalfOpen: Boolean(options.allowHalfOpen),
      emitClose: false,
      autoDestroy: true,
      decodeStrings: false,
    });
    this.#ws2 = options.ws2;
    this.#chain = checkedChain(options.chain);
    this.#tuning = new Tuning(options);
    this.#receiver = new Receiver(this, options.onread);
    if (options.blockList) this.blockList = options.blockList;
    this.on('end', onReadableEnd);
    if (options.signal) addAbortSignal(options.signal, this);
  }

  /**
   * Takes over a connection that was accepted.
   *
   * @internal
   */
  _adopt(handle: ChainHandle, paused: boolean, closed: () => void): void {
    this.#handle = this.#receiver.handle = handle;
    this.#established = true;
    this.#closed = closed;
    handle.owner = this;
    const error = handle.select(FD_READ | FD_WRITE | FD_CLOSE);
    this.#tuning.apply(handle);
    if (error !== 0) this.destroy(systemError(error, 'read'));
    else if (paused) this.pause();
    else this.read(0);
    this.#keepAlive();
  }

  // ---- Connecting ----

  /** Makes a connection; `connectListener` is told of it once. */
  connect(options: ChainConnectOptions, connectListener?: () => void): this;
  connect(port: number | string, host: string, connectListener?: () => void): this;
  connect(port: number | string, connectListener?: () => void): this;
  connect(...args: unknown[]): this {
    const [options, listener] = normalizeConnectArguments(args);
    const destination = destinationOf(options);
    const chain = checkedChain(options.chain) ?? this.#chain;
    const ws2 = instanceOr(options.ws2 ?? this.#ws2);
    if (this.destroyed) {
      // Used again after it was closed, as a net.Socket may be.
      (this as unknown as { _undestroy(): void })._undestroy();
      this.forgetNames();
      this.#receiver.bytes = this.#bytesWritten = 0;
      this.#receiver.reading = this.#receiver.mayReceive = false;
    }
    writableAgain(this);
    if (listener !== null) this.once('connect', listener);
    this.#timer.refresh();
    this.connecting = true;
    const attempt = new ConnectionAttempt(this, ws2, chain, destination);
    this.#attempt ??= attempt;
    attempt.start();
    return this;
  }

  /** @internal */
  obstacle(handle: ChainHandle | null): number {
    if (this.#handle === null || this.#handle === handle) return 0;
    return this.#established ? WSAEISCONN : WSAEALREADY;
  }

  /** @internal */
  connectedAlready(): boolean {
    // Linux answers the first connect() after one that went on in the background with success, unless it was shut down.
    if (!this.#established || !this.#connectsOnceMore || this.writableEnded) return false;
    this.#connectsOnceMore = false;
    setImmediate(connectedAgain, this);
    return true;
  }

  /** @internal */
  opened(handle: ChainHandle, attempt: ConnectionAttempt): void {
    this.#handle?.close();
    this.#handle = this.#receiver.handle = handle;
    this.#attempt = attempt;
    handle.owner = this;
    this.#keepAlive();
  }

  /** @internal */
  localNameText(family: number): string {
    const { address, port } = this.#handle?.name('getsockname') ?? {
      address: family === 6 ? '::' : '0.0.0.0',
      port: 0,
    };
    return `${address}:${port}`;
  }

  /** @internal */
  _connectedAgain(): void {
    // Unless it was closed meanwhile, and connects anew.
    if (this.connecting && this.#established) this._connected();
  }

  /** @internal */
  _connected(): void {
    const handle = this.#handle!;
    this.connecting = false;
    this.forgetLocalName();
    this.#timer.refresh();
    this.#tuning.apply(handle);
    this.emit('connect');
    if (this.#handle === handle && this.#sender.waits) this.#sendWaiting();
    this.emit('ready');
    if (this.#handle !== handle) return;
    if (!this.isPaused()) this.read(0);
    this.#keepAlive();
  }

  /** Told by the handle; not for applications. */
  networkEvents(events: number, errors: readonly number[]): void {
    const handle = this.#handle;
    if ((events & FD_CONNECT) !== 0 && !this.#established) {
      const error = errors[FD_CONNECT_BIT]!;
      this.#established = this.#connectsOnceMore = error === 0;
      this.#attempt!.ended(error);
      if (error !== 0) return;
      this._connected();
    }
    try {
      // A reset ends a write that waits for room, whether anybody reads or not.
      if ((events & (FD_WRITE | FD_CLOSE)) !== 0 && this.#handle === handle && this.#sender.waits) this.#sendWaiting();
    } finally {
      // The end and a reset show in the receive that finds them, behind all data.
      if ((events & (FD_READ | FD_CLOSE)) !== 0 && this.#handle === handle) {
        this.#receiver.mayReceive = true;
        if (this.#receiver.reading) this._receive();
      }
    }
  }

  // As for libuv: what is wanted keeps the process alive, a connection that nobody reads from or writes to does not.
  #keepAlive(): void {
    const active = !this.#established || this.#receiver.reading || this.#sender.waits;
    this.#handle?.reference(this.#referenced && active);
  }

  /** Told by the handle; not for applications. */
  instanceEnded(): void {
    this.destroy();
  }

  // ---- Receiving ----

  override _read(): void {
    const receiver = this.#receiver;
    if (!receiver.reading) {
      receiver.reading = true;
      this.#keepAlive();
    }
    // Not at once: what is pushed within `_read` takes the long way through the stream.
    if (receiver.mayReceive) process.nextTick(receiveAgain, this);
  }

  /** @internal */
  _receive(): void {
    const receiver = this.#receiver;
    if (!this.#established) return;
    receiver.receive();
    if (!receiver.reading) this.#keepAlive();
  }

  /** Holds the `data` events back; with `onread`, its calls. */
  override pause(): this {
    if (this.#receiver.passesStream && this.#established) {
      this.#receiver.reading = false;
      this.#keepAlive();
    }
    return super.pause();
  }

  /** Goes on after `pause`. */
  override resume(): this {
    if (this.#receiver.passesStream && this.#established) this._read();
    return super.resume();
  }

  // ---- Sending ----

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: WriteCallback): void {
    if (typeof chunk !== 'string') {
      this.#bytesWritten += chunk.length;
      this.#sendNow(chunk, chunk.length, false, callback);
      return;
    }
    const length = gatherString(chunk, encoding, 0);
    if (length < 0) {
      this._write(Buffer.from(chunk, encoding), encoding, callback);
      return;
    }
    this.#bytesWritten += length;
    this.#sendNow(gathered(), length, true, callback);
  }

  override _writev(chunks: WrittenChunk[], callback: WriteCallback): void {
    const length = gather(chunks);
    if (length >= 0) {
      this.#bytesWritten += length;
      this.#sendNow(gathered(), length, true, callback);
      return;
    }
    this.#bytesWritten += bytesIn(chunks);
    const handle = this.#writableHandle(callback);
    if (handle === undefined) return;
    this.#sender.sendAll(handle, chunks, callback);
    if (this.#sender.waits) this.#keepAlive();
  }

  #sendNow(bytes: Buffer, length: number, borrowed: boolean, callback: WriteCallback): void {
    const handle = this.#writableHandle(callback);
    if (handle === undefined) return;
    this.#sender.send(handle, bytes, length, borrowed, callback);
    if (this.#sender.waits) this.#keepAlive();
  }

  // Where to send to: `null` while the connection is being made, `undefined` after the callback was told that there is
  // none.
  #writableHandle(callback: WriteCallback): ChainHandle | null | undefined {
    if (this.connecting) return null;
    const handle = this.#handle;
    if (handle === null) {
      callback(codedError('ERR_SOCKET_CLOSED', 'Socket is closed'));
      return undefined;
    }
    this.#timer.refresh();
    return handle;
  }

  #sendWaiting(): void {
    this.#timer.refresh();
    this.#sender.sendWaiting(this.#handle);
    if (!this.#sender.waits) this.#keepAlive();
  }

  override _final(callback: WriteCallback): void {
    if (this.connecting) {
      this.once('connect', () => this._final(callback));
      return;
    }
    const handle = this.#handle;
    if (handle === null || handle.ws2.shutdown(handle.s, SD_SEND) === 0) {
      callback();
      return;
    }
    const error = handle.ws2.WSAGetLastError();
    // That there is no connection any more shows to who reads or writes.
    callback(ENDED_OTHERWISE.has(error) ? null : systemError(error, 'shutdown'));
  }

  // ---- Closing ----

  /** Ends the socket once everything is written, and destroys it then. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Destroys the socket so that the peer sees a reset. */
  resetAndDestroy(): this {
    if (this.connecting) {
      this.once('connect', () => this.resetAndDestroy());
      return this;
    }
    if (this.#handle === null) return this.destroy(codedError('ERR_SOCKET_CLOSED', 'Socket is closed'));
    this.#resetting = true;
    return this.destroy();
  }

  override _destroy(exception: Error | null, callback: WriteCallback): void {
    const wasConnecting = this.connecting;
    const handle = this.#handle;
    const writeCallback = this.#sender.abandon();
    this.connecting = this.#established = this.#connectsOnceMore = false;
    this.#handle = this.#receiver.handle = null;
    this.lives++;
    this.#attempt?.abandon();
    this.#attempt = null;
    this.#timer.clear();
    if (handle !== null) {
      if (this.#resetting) handle.abort();
      else handle.close();
    }
    this.#resetting = false;
    callback(exception);
    const unsent = wasConnecting
      ? codedError('ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'Socket closed before the connection was established')
      : null;
    if (handle !== null) setImmediate(emitClose, this, exception !== null, writeCallback, unsent);
    else process.nextTick(emitClose, this, exception !== null, writeCallback, unsent);
    const closed = this.#closed;
    this.#closed = null;
    closed?.();
  }

  // ---- Time limits, options, keeping the process alive ----

  /** Has `timeout` emitted after so many milliseconds without traffic; 0 ends it. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = milliseconds;
    this.#timer.set(milliseconds, this.#handle?.ws2 ?? this.#ws2);
    if (callback !== undefined) {
      if (typeof callback !== 'function') throw timeoutRefusal(0, callback);
      if (milliseconds === 0) this.removeListener('timeout', callback);
      else this.once('timeout', callback);
    }
    return this;
  }

  /** @internal */
  _onTimeout(): void {
    // A write that moves, if slowly, is traffic.
    if (this.#sender.waits && this.#sender.progress !== this.#progressAtTimeout) {
      this.#progressAtTimeout = this.#sender.progress;
      this.#timer.refresh();
      return;
    }
    this.emit('timeout');
  }

  /** Counts as traffic. */
  _unrefTimer(): void {
    this.#timer.refresh();
  }

  /** Sends small writes at once, or not. */
  setNoDelay(enable = true): this {
    this.#tuning.setNoDelay(this.connecting ? null : this.#handle, Boolean(enable));
    return this;
  }

  /**
   * Tells the system to probe the connection after so many milliseconds of silence, or not to.
   *
   * @param enable whether; or all of it, by the names that `net.Socket` has for it
   * @param initialDelay milliseconds; what there was before for 0
   * @param interval milliseconds between probes; the system's own if absent
   * @param count probes without an answer after which the connection is given up; the system's own if absent
   */
  setKeepAlive(enable: boolean | KeepAliveOptions = false, initialDelay = 0, interval?: number, count?: number): this {
    const wanted = typeof enable === 'object' && enable !== null ? enable : { enable, initialDelay, interval, count };
    this.#tuning.setKeepAlive(this.connecting ? null : this.#handle, wanted);
    return this;
  }

  /**
   * Marks packets with a type of service, 0 to 255.
   *
   * @throws Error with Node.js' code, ERR_INVALID_ARG_TYPE or ERR_OUT_OF_RANGE
   */
  setTypeOfService(typeOfService: number): this {
    checkTypeOfService(typeOfService ?? Number.NaN, 'tos');
    this.#tuning.setTypeOfService(this.connecting ? null : this.#handle, typeOfService);
    return this;
  }

  /** The type of service that packets are marked with. */
  getTypeOfService(): number {
    return this.#tuning.typeOfService;
  }

  /** Keeps the process alive while the socket is open; it does from the beginning. */
  ref(): this {
    this.#referenced = true;
    this.#keepAlive();
    return this;
  }

  /** Lets the process end while the socket is open. */
  unref(): this {
    this.#referenced = false;
    this.#keepAlive();
    return this;
  }

  /** Begins a new asynchronous context for events: the connection goes to another user. */
  renewAsyncContext(): void {
    this.#handle?.renewScope();
  }

  // ---- What is known of the socket ----

  protected override currentHandle(): ChainHandle | null {
    return this.#handle;
  }

  /** The bytes received. */
  get bytesRead(): number {
    return this.#receiver.bytes;
  }

  /** The bytes written, those that still wait included. */
  get bytesWritten(): number {
    const { writableBuffer } = this as unknown as { writableBuffer?: WrittenChunk[] };
    return this.#bytesWritten + (writableBuffer === undefined ? 0 : bytesIn(writableBuffer));
  }
}

carryTls((stream): stream is ChainSocket => stream instanceof ChainSocket);
