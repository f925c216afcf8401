import { addAbortSignal } from 'node:stream';
import type { BlockList } from 'node:net';
import {
  FD_CLOSE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_READ,
  FD_WRITE,
  WSAEALREADY,
  WSAEISCONN,
  type Ws2_32,
} from '../index.js';
import {
  bytesIn,
  type ChainHandle,
  gather,
  gathered,
  gatherString,
  type HandleOwner,
  type WrittenChunk,
  Sender,
  type SendingSocket,
  type WriteCallback,
} from './transfers/index.js';
import { type ChainChoice, checkedChain, codedError, instanceOr, systemError } from './instance/index.js';
import {
  checkSocketOptions,
  streamOptions,
  destinationOf,
  normalizeConnectArguments,
  type ChainConnectOptions,
  type ChainSocketOptions,
} from './connect-arguments.js';
import { ConnectionAttempt, type ConnectingSocket } from './connecting.js';
import { emitClose, onReadableEnd, writableAgain } from './half-open.js';
import { Receiver } from './receiver.js';
import { carryTls } from './tls-carrier.js';
import { TunedStream } from './tuned-stream.js';

function receiveAgain(socket: ChainSocket): void {
  socket._receive();
}

function connectedAgain(socket: ChainSocket): void {
  socket._connectedAgain();
}

/** A stream socket over a protocol chain, with what a `net.Socket` offers. */
export class ChainSocket extends TunedStream implements HandleOwner, ConnectingSocket, SendingSocket {
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
  #resetting = false;
  readonly #receiver: Receiver;
  readonly #sender = new Sender(this);
  #bytesWritten = 0;

  /**
   * @param options the chain and what the stream is like; `connect` makes the connection
   * @throws TypeError with Node.js' code, ERR_INVALID_ARG_TYPE or ERR_INVALID_ARG_VALUE, for what a chain has no use
   *   for
   */
  constructor(options: ChainSocketOptions = {}) {
    checkSocketOptions(options);
    super(options, streamOptions(options));
    this.#ws2 = options.ws2;
    this.#chain = checkedChain(options.chain);
    this.#sender.setNoDelay(Boolean(options.noDelay));
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
  _adopt(handle: ChainHandle, server: unknown, paused: boolean, closed: () => void): void {
    this.#takeHandle(handle);
    this.#established = true;
    this.server = server;
    this.#closed = closed;
    const error = handle.select(FD_READ | FD_WRITE | FD_CLOSE);
    this.tune(handle);
    if (error !== 0) this.destroy(systemError(error, 'read'));
    else if (paused) this.pause();
    else this.read(0);
    this.keepAlive();
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
      this.#bytesWritten = 0;
      this.#receiver.forget();
    }
    writableAgain(this);
    if (listener !== null) this.once('connect', listener);
    this._unrefTimer();
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
    // As with `net`: the first connect() after one that went on in the background succeeds, unless it was shut down.
    if (!this.#established || !this.#connectsOnceMore || this.writableEnded) return false;
    this.#connectsOnceMore = false;
    setImmediate(connectedAgain, this);
    return true;
  }

  /** @internal */
  opened(handle: ChainHandle, attempt: ConnectionAttempt): void {
    this.#handle?.close();
    this.#takeHandle(handle);
    this.#attempt = attempt;
    this.keepAlive();
  }

  #takeHandle(handle: ChainHandle): void {
    this.#handle = handle;
    this.#receiver.receiveFrom(handle);
    handle.giveTo(this);
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
    this._unrefTimer();
    this.tune(handle);
    this.emit('connect');
    if (this.#handle === handle && this.#sender.waits) this.#sendWaiting();
    this.emit('ready');
    if (this.#handle !== handle) return;
    if (!this.isPaused()) this.read(0);
    this.keepAlive();
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
        this.#receiver.noticed();
        if (this.#receiver.reading) this._receive();
      }
    }
  }

  // ---- Receiving ----

  override _read(): void {
    const receiver = this.#receiver;
    if (!receiver.reading) {
      receiver.read(true);
      this.keepAlive();
    }
    // Not at once: what is pushed within `_read` takes the long way through the stream.
    if (receiver.mayReceive) process.nextTick(receiveAgain, this);
  }

  /** @internal */
  _receive(): void {
    const receiver = this.#receiver;
    if (!this.#established) return;
    this.#sender.endRow();
    receiver.receive();
    if (!receiver.reading) this.keepAlive();
  }

  /** Holds the `data` events back; with `onread`, its calls. */
  override pause(): this {
    if (this.#receiver.passesStream && this.#established) {
      this.#receiver.read(false);
      this.keepAlive();
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
    if (this.#sender.waits) this.keepAlive();
  }

  #sendNow(bytes: Buffer, length: number, borrowed: boolean, callback: WriteCallback): void {
    const handle = this.#writableHandle(callback);
    if (handle === undefined) return;
    this.#sender.send(handle, bytes, length, borrowed, callback);
    if (this.#sender.waits) this.keepAlive();
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
    this._unrefTimer();
    return handle;
  }

  #sendWaiting(): void {
    this._unrefTimer();
    this.#sender.sendWaiting(this.#handle);
    if (!this.#sender.waits) this.keepAlive();
  }

  /** @internal */
  blockSent(): void {
    if (this.#sender.waits) this.keepAlive();
  }

  /** @internal */
  sendFailed(error: Error): void {
    this.destroy(error);
  }

  override _final(callback: WriteCallback): void {
    if (this.connecting) {
      this.once('connect', () => this._final(callback));
      return;
    }
    this.#sender.finish((error) => {
      const code = error ? 0 : (this.#handle?.endSending() ?? 0);
      callback(code === 0 ? error : systemError(code, 'shutdown'));
    });
    if (this.#sender.waits) this.keepAlive();
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
    const writeCallback = this.#sender.abandon(!this.#resetting);
    this.connecting = this.#established = this.#connectsOnceMore = false;
    this.#handle = null;
    this.#receiver.receiveFrom(null);
    this.lives++;
    this.#attempt?.abandon();
    this.#attempt = null;
    this.endTimeLimit();
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

  /** Sends small writes at once, or not. */
  override setNoDelay(enable = true): this {
    this.#sender.setNoDelay(Boolean(enable));
    return super.setNoDelay(enable);
  }

  // ---- What is known of the socket ----

  protected override currentHandle(): ChainHandle | null {
    return this.#handle;
  }

  protected override currentInstance(): Ws2_32 | undefined {
    return this.#handle?.ws2 ?? this.#ws2;
  }

  protected override isActive(): boolean {
    return !this.#established || this.#receiver.reading || this.#sender.waits;
  }

  protected override waitingProgress(): number {
    return this.#sender.waits ? this.#sender.progress : -1;
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
