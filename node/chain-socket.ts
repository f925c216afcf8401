import { addAbortSignal, Duplex } from 'node:stream';
import {
  FD_CLOSE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_READ,
  FD_WRITE,
  SD_SEND,
  WSAENOTCONN,
  WSAEWOULDBLOCK,
  type Ws2_32,
} from '../index.js';
import type { AddressInfo, ChainHandle, HandleOwner } from './chain-handle.js';
import { checkedChain, type ChainChoice } from './chain-option.js';
import {
  destinationOf,
  normalizeConnectArguments,
  type ChainConnectOptions,
  type ChainSocketOptions,
} from './connect-arguments.js';
import { ConnectionAttempt } from './connecting.js';
import { instanceOr } from './default-instance.js';
import { codedError, systemError } from './errors.js';
import { onReadableEnd, writableAgain } from './half-open.js';
import { IdleTimer } from './idle-timer.js';
import { Sender, type WriteCallback } from './sender.js';
import {
  bytesIn,
  gather,
  gathered,
  gatherString,
  receiveRoom,
  takeReceived,
  type WrittenChunk,
} from './transfer-buffers.js';
import { Tuning } from './tuning.js';

/** Receives per notice; then the next socket has its go. */
const RECEIVES_PER_NOTICE = 16;

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

/** A stream socket over a protocol chain, with what a `net.Socket` offers. */
export class ChainSocket extends Duplex implements HandleOwner {
  /** Whether a connection is being made. */
  connecting = false;
  /** What `setTimeout` was given last. */
  timeout: number | undefined;
  /** The server that accepted the connection. */
  server: unknown = null;
  /** What is told when the socket closes. */
  #closed: (() => void) | null = null;
  readonly #ws2: Ws2_32 | undefined;
  readonly #chain: ChainChoice | undefined;
  #handle: ChainHandle | null = null;
  #attempt: ConnectionAttempt | null = null;
  #referenced = true;
  #resetting = false;
  // Reading: whether bytes are wanted, whether there may be some that no notice will tell of.
  #wantsBytes = false;
  #mayReceive = false;
  #bytesRead = 0;
  readonly #sender = new Sender();
  #bytesWritten = 0;
  #progressAtTimeout = 0;
  readonly #timer = new IdleTimer<ChainSocket>(this, timedOut);
  readonly #tuning: Tuning;
  #localName: AddressInfo | null = null;
  #remoteName: AddressInfo | null = null;

  /** @param options the chain and what the stream is like; `connect` makes the connection */
  constructor(options: ChainSocketOptions = {}) {
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
    this.on('end', onReadableEnd);
    if (options.signal) addAbortSignal(options.signal, this);
  }

  /**
   * Takes over a connection that was accepted.
   *
   * @internal
   */
  _adopt(handle: ChainHandle, paused: boolean, closed: () => void): void {
    this.#handle = handle;
    this.#closed = closed;
    handle.owner = this;
    const error = handle.select(FD_READ | FD_WRITE | FD_CLOSE);
    this.#tuning.apply(handle);
    if (error !== 0) this.destroy(systemError(error, 'read'));
    else if (paused) this.pause();
    else this.read(0);
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
      this.#localName = this.#remoteName = null;
      this.#wantsBytes = this.#mayReceive = false;
    }
    writableAgain(this);
    if (listener !== null) this.once('connect', listener);
    this.connecting = true;
    this.#attempt = new ConnectionAttempt(this, ws2, chain, destination, (handle) => {
      this.#handle = handle;
      handle.owner = this;
      if (!this.#referenced) handle.reference(false);
    });
    this.#attempt.start();
    return this;
  }

  #connectEnded(error: number): void {
    if (!this.connecting) return;
    const handle = this.#handle!;
    if (error !== 0) {
      this.#attempt!.failed(error);
      return;
    }
    this.connecting = false;
    this.#localName = null;
    this.#timer.refresh();
    this.#tuning.apply(handle);
    this.emit('connect');
    if (this.#handle === handle && this.#sender.waits) this.#sendWaiting();
    this.emit('ready');
    if (this.#handle === handle && !this.isPaused()) this.read(0);
  }

  /** Told by the handle; not for applications. */
  networkEvents(events: number, errors: readonly number[]): void {
    const handle = this.#handle;
    if ((events & FD_CONNECT) !== 0 && this.connecting) this.#connectEnded(errors[FD_CONNECT_BIT]!);
    try {
      // A reset ends a write that waits for room, whether anybody reads or not.
      if ((events & (FD_WRITE | FD_CLOSE)) !== 0 && this.#handle === handle && this.#sender.waits) this.#sendWaiting();
    } finally {
      // The end and a reset show in the receive that finds them, behind all data.
      if ((events & (FD_READ | FD_CLOSE)) !== 0 && this.#handle === handle) {
        this.#mayReceive = true;
        if (this.#wantsBytes) this._receive();
      }
    }
  }

  // ---- Receiving ----

  override _read(): void {
    this.#wantsBytes = true;
    // Not at once: what is pushed within `_read` takes the long way through the stream.
    if (this.#mayReceive) process.nextTick(receiveAgain, this);
  }

  /** @internal */
  _receive(): void {
    const handle = this.#handle;
    if (handle === null || this.connecting || !this.#wantsBytes || !this.#mayReceive) return;
    const { ws2, s } = handle;
    this.#mayReceive = false;
    for (let receives = 0; receives < RECEIVES_PER_NOTICE; receives++) {
      const room = receiveRoom();
      const received = ws2.recv(s, room, room.length, 0);
      if (received > 0) {
        this.#bytesRead += received;
        this.#timer.refresh();
        const full = received === room.length;
        const wanted = this.push(takeReceived(received));
        if (this.#handle !== handle) return;
        if (!wanted) {
          this.#wantsBytes = false;
          this.#mayReceive = full;
          return;
        }
        // After a short read there is nothing more, and FD_READ or FD_CLOSE tells when there is.
        if (!full) return;
      } else if (received === 0) {
        this.#wantsBytes = false;
        this.push(null);
        this.read(0);
        return;
      } else {
        const error = ws2.WSAGetLastError();
        if (error !== WSAEWOULDBLOCK) this.destroy(systemError(error, 'read'));
        return;
      }
    }
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
    if (handle !== undefined) this.#sender.sendAll(handle, chunks, callback);
  }

  #sendNow(bytes: Buffer, length: number, borrowed: boolean, callback: WriteCallback): void {
    const handle = this.#writableHandle(callback);
    if (handle !== undefined) this.#sender.send(handle, bytes, length, borrowed, callback);
  }

  // Where to send to: `null` while the connection is being made, `undefined` after the callback was told that there is none.
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
    callback(error === WSAENOTCONN ? null : systemError(error, 'shutdown'));
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
    this.connecting = false;
    this.#handle = null;
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
    this.#timer.set(milliseconds);
    this.timeout = milliseconds;
    if (callback !== undefined) {
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

  /** Has small writes go out at once, or not. */
  setNoDelay(enable = true): this {
    this.#tuning.setNoDelay(this.connecting ? null : this.#handle, Boolean(enable));
    return this;
  }

  /** Has the system probe the connection after so many milliseconds of silence, or not. */
  setKeepAlive(enable = false, initialDelay = 0): this {
    this.#tuning.setKeepAlive(this.connecting ? null : this.#handle, Boolean(enable), initialDelay);
    return this;
  }

  /** Has the socket keep the process alive; it does from the beginning. */
  ref(): this {
    this.#referenced = true;
    this.#handle?.reference(true);
    return this;
  }

  /** Has the socket no longer keep the process alive. */
  unref(): this {
    this.#referenced = false;
    this.#handle?.reference(false);
    return this;
  }

  /** Begins a new asynchronous context for events: the connection goes to another user. */
  renewAsyncContext(): void {
    this.#handle?.renewScope();
  }

  // ---- What is known of the socket ----

  /** The local address, or `{}` without one. */
  address(): AddressInfo | Record<string, never> {
    return this.#local() ?? {};
  }

  /** Whether there is no connection yet, or none any more. */
  get pending(): boolean {
    return this.#handle === null || this.connecting;
  }

  /** `opening`, `open`, `readOnly`, `writeOnly` or `closed`. */
  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  /** The bytes received. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** The bytes written, those that still wait included. */
  get bytesWritten(): number {
    const { writableBuffer } = this as unknown as { writableBuffer?: WrittenChunk[] };
    return this.#bytesWritten + (writableBuffer === undefined ? 0 : bytesIn(writableBuffer));
  }

  /** The bytes that wait to be written. */
  get bufferSize(): number | undefined {
    return this.#handle === null ? undefined : this.writableLength;
  }

  /** The socket's number in the instance; `undefined` when it is not open. */
  get handle(): number | undefined {
    return this.#handle?.s;
  }

  /** The local address. */
  get localAddress(): string | undefined {
    return this.#local()?.address;
  }

  /** The local port. */
  get localPort(): number | undefined {
    return this.#local()?.port;
  }

  /** `IPv4` or `IPv6`. */
  get localFamily(): string | undefined {
    return this.#local()?.family;
  }

  /** The peer's address. */
  get remoteAddress(): string | undefined {
    return this.#remote()?.address;
  }

  /** The peer's port. */
  get remotePort(): number | undefined {
    return this.#remote()?.port;
  }

  /** `IPv4` or `IPv6`. */
  get remoteFamily(): string | undefined {
    return this.#remote()?.family;
  }

  #local(): AddressInfo | null {
    if (this.#handle === null) return null;
    return (this.#localName ??= this.#handle.name('getsockname'));
  }

  #remote(): AddressInfo | null {
    if (this.#handle === null || this.connecting) return this.#remoteName;
    return (this.#remoteName ??= this.#handle.name('getpeername'));
  }
}
