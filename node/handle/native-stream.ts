// A chain's stream for native code: TLS and HTTP/2 of Node.js read from a handle without JavaScript in between, and know
// a stream of JavaScript's when they see one.
import net from 'node:net';
import type * as Tls from 'node:tls';
import type { ChainError } from '../instance/index.js';
import { runTicks, tickThrew, type ChainHandle } from '../transfers/index.js';
import { closeHandle } from './handle-life.js';
import {
  findInternals,
  type HandleRequest,
  type NodeInternals,
  type NodeJsStream,
  type NodeTcpHandle,
} from './node-internals.js';
import { explainNextError } from './refused-opens.js';
import type { ChainedTcp, NativeCode } from './chained-tcp.js';
import type { HandleUser } from './handle-chain.js';
import type { StreamHandle } from './stream-handle.js';
import { METHODS } from './tcp-methods.js';
import { UV_ENOTCONN, UV_EOF, uvErrorName } from './uv-errors.js';

/** What `net` and `tls` call of the handle below native code. */
const PASSED_ON = [
  'bind',
  'bind6',
  'listen',
  'connect',
  'connect6',
  'open',
  'getsockname',
  'getpeername',
  'setNoDelay',
  'setKeepAlive',
  'setTypeOfService',
  'getTypeOfService',
  'setBlocking',
  'ref',
  'unref',
  'hasRef',
  'hasPendingRead',
] as const;

const COUNTS: Readonly<Record<string, (stream: StreamHandle) => number>> = {
  bytesRead: (stream) => stream.reader.bytes,
  bytesWritten: (stream) => stream.writer.bytes,
  writeQueueSize: (stream) => stream.writer.queued,
};

/** The outermost handle of JavaScript's that reads from a native stream, which is told of errors. */
const READER = Symbol('ws2spi reader');

/** What native streams of chains are known by. */
const NATIVE = Symbol('ws2spi native stream');

/** Whether an object is a native stream of a chain. */
export function isNativeStream(object: object): boolean {
  return NATIVE in object;
}

/** A native stream, as this package has it. */
interface NativeStream extends NodeJsStream {
  readonly stream: StreamHandle;
  /** Native code's own. */
  useUserBuffer?(buffer: Uint8Array): void;
  [READER]?: { onread?: (bytes: undefined) => void };
}

/** Gives native code what a chain's stream receives. */
class NativeUser implements HandleUser {
  readonly isNative = true;

  constructor(
    private readonly native: NativeStream,
    private readonly internals: NodeInternals,
    private readonly tcp: ChainedTcp,
  ) {}

  received(count: number, memory: ArrayBufferLike | null, offset: number): void {
    const { native } = this;
    if (memory !== null) native.readBuffer(Buffer.from(memory, offset, count));
    else if (count === UV_EOF) native.emitEOF();
    else this.#failed(count);
  }

  /** Such a stream has no word for errors: who reads from it is told in JavaScript. */
  #failed(error: number): void {
    const reader = this.native[READER] ?? this.native;
    if (this.tcp.hasEnded(reader)) return;
    const { owner, stream: shared } = this.internals;
    if (shared === null) {
      (reader as Record<symbol, { destroy(error: Error): void } | undefined>)[owner]?.destroy(readError(error));
    } else {
      shared.state[shared.readBytesOrError] = error;
      shared.state[shared.arrayBufferOffset] = 0;
      reader.onread?.(undefined);
    }
    // No callback of native code's is over by that, behind which ticks would run: the error comes before the close.
    runTicks();
  }

  accepted(_status: number, connection: ChainHandle | null): void {
    // Native code does not listen.
    connection?.close();
  }

  refused(refusal: ChainError): void {
    const reader = this.native[READER] ?? this.native;
    explainNextError((reader as unknown as Record<symbol, unknown>)[this.internals.owner], refusal);
  }

  completed(request: object, status: number, ...rest: unknown[]): void {
    if (request instanceof NativeRequest) request.finish(status);
    else (request as HandleRequest).oncomplete?.(status, this.native, request, ...rest);
  }

  instanceEnded(): void {
    this.tcp.endUser(this.native);
  }
}

/** The error that Node.js makes of a read that failed. */
function readError(count: number): Error {
  const [code] = uvErrorName(count);
  return Object.assign(new Error(`read ${code}`), { errno: count, code, syscall: 'read' });
}

/** A request of native code's. */
class NativeRequest {
  constructor(readonly finish: (status: number) => void) {}
}

/** Has native code take over handles of a chain. */
export class NativeStreams implements NativeCode {
  /** Where all streams are native ones, those of handles. */
  readonly #taken = new WeakMap<object, NativeStream>();
  readonly #make: (stream: StreamHandle, tcp: NodeTcpHandle) => NativeStream;

  constructor(
    private readonly internals: NodeInternals,
    private readonly tcp: ChainedTcp,
  ) {
    this.#make = nativeStreams(internals, tcp);
  }

  /** Has `node:tls` take native streams instead of TCP handles of a chain, from when it is loaded on. */
  install(): void {
    this.tcp.serve(this);
    if (this.internals.stream === null) this.#beTcpHandles();
    const loaded = loadedTls();
    if (loaded === undefined) {
      whenTlsIsLoaded((prototype, wrapHandle) => this.#wrap(prototype, wrapHandle));
      return;
    }
    const prototype = loaded.TLSSocket.prototype as unknown as TlsPrototype;
    if (typeof prototype._wrapHandle !== 'function') {
      throw new Error(
        `this Node.js (${process.version}) wraps no handles for TLS: its sockets cannot be put on a chain`,
      );
    }
    this.#wrap(prototype, prototype._wrapHandle);
  }

  #wrap(prototype: TlsPrototype, wrapHandle: WrapHandle): void {
    const take = (...args: Parameters<NativeStreams['take']>): object | null | undefined => this.take(...args);
    const value: WrapHandle = function (wrap, handle, ...rest) {
      const taken = take(this, wrap, handle);
      const wrapped = wrapHandle.call(this, wrap, taken, ...rest);
      let root = taken as { _parent?: object; [READER]?: unknown } | null | undefined;
      while (root?._parent) root = root._parent as typeof root;
      if (root && 'stream' in root) root[READER] = wrapped;
      return wrapped;
    };
    Object.defineProperty(prototype, '_wrapHandle', { value, writable: true, configurable: true, enumerable: true });
  }

  /**
   * HTTP/2 asks whether it may read from a handle; it has a native stream in its place then. HTTP 1 asks as well, with its parser
   * there: it is faster by JavaScript.
   */
  mayTake(handle: NodeTcpHandle): boolean {
    const socket = (handle as unknown as Record<symbol, unknown>)[this.internals.owner] as
      { parser?: unknown; _handle?: object | null } | undefined;
    if (socket === undefined || socket.parser || socket._handle !== handle) return false;
    socket._handle = this.#takeOver(handle, socket);
    return true;
  }

  /** A native stream in the place of a handle, also as the handle of its socket; the one that there is. */
  replace(handle: NodeTcpHandle): object {
    const taken = this.#taken.get(handle);
    if (taken !== undefined) return taken;
    const socket = (handle as unknown as Record<symbol, unknown>)[this.internals.owner] as Wrap | undefined;
    const native = this.#takeOver(handle, socket);
    if (socket?._handle === handle) socket._handle = native;
    return native;
  }

  /** What TLS is to wrap: a native stream where it was given a handle of a chain. */
  take(socket: object, wrap: Wrap | null, handle: object | null | undefined): object | null | undefined {
    if (!handle) {
      if (!this.tcp.takesAll || (socket as { _tlsOptions?: { pipe?: boolean } })._tlsOptions?.pipe === true)
        return handle;
      return this.#takeOver(this.tcp.freshHandle(), socket);
    }
    const refusal = this.tcp.refusalOf(handle);
    if (refusal !== null) {
      process.nextTick(() => (socket as { destroy(error: Error): void }).destroy(refusal));
      return this.#takeOver(this.tcp.freshHandle(), socket);
    }
    if (!this.tcp.mayTake(handle)) return handle;
    const owner = (handle as unknown as Record<symbol, unknown>)[this.internals.owner];
    const native = this.#takeOver(handle, owner ?? socket);
    if (wrap !== null && wrap._handle === handle) wrap._handle = native;
    return native;
  }

  /** Where all streams are native ones, `net` looks whether they are TCP handles. */
  #beTcpHandles(): void {
    // A class of this package's own has that of Node.js above it, which `net` knows.
    const { TCP } = findInternals();
    const isInstance = (object: unknown): boolean => Function.prototype[Symbol.hasInstance].call(TCP, object);
    Object.defineProperty(TCP, Symbol.hasInstance, {
      value: (object: unknown) =>
        isInstance(object) || (typeof object === 'object' && object !== null && NATIVE in object),
      configurable: true,
    });
  }

  #takeOver(handle: NodeTcpHandle, owner: unknown): NativeStream {
    const stream = this.tcp.take(handle);
    const native = this.#make(stream, handle);
    for (const each of [native, handle]) (each as unknown as Record<symbol, unknown>)[this.internals.owner] = owner;
    if (handle.onread !== undefined) native.onread = handle.onread;
    native.reading = handle.reading ?? false;
    // Native code has the user's own buffer itself.
    stream.reader.useBuffer(null);
    const userBuffer = this.tcp.userBufferOf(handle);
    if (userBuffer !== undefined) native.useUserBuffer?.(userBuffer);
    stream.giveTo(new NativeUser(native, this.internals, this.tcp));
    if (this.internals.stream === null) this.#taken.set(handle, native);
    return native;
  }
}

interface Wrap {
  _handle?: object | null;
}

/** What TLS sockets inherit. */
interface TlsPrototype {
  _wrapHandle?: WrapHandle;
}

type WrapHandle = (
  this: Tls.TLSSocket,
  wrap: Wrap | null,
  handle: object | null | undefined,
  ...rest: unknown[]
) => unknown;

/** `node:tls`, if the program has loaded it; it takes many milliseconds, and warns of what the environment says of it. */
function loadedTls(): typeof Tls | undefined {
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] };
  const isUnused = Array.isArray(moduleLoadList) && !moduleLoadList.includes('NativeModule tls');
  return isUnused ? undefined : process.getBuiltinModule('node:tls');
}

/**
 * Tells when `node:tls` gives its sockets their way to wrap a handle: they inherit from `net.Socket`, and so does the setter that sees
 * it. A version that did it otherwise would read from handles that were never opened, and get nothing: no byte goes around the chain.
 */
function whenTlsIsLoaded(loads: (prototype: TlsPrototype, wrapHandle: WrapHandle) => void): void {
  const sockets = net.Socket.prototype as unknown as TlsPrototype;
  Object.defineProperty(sockets, '_wrapHandle', {
    get: () => undefined,
    set(this: TlsPrototype, wrapHandle: WrapHandle) {
      delete sockets._wrapHandle;
      loads(this, wrapHandle);
    },
    configurable: true,
  });
}

function nativeStreams({ JSStream }: NodeInternals, tcp: ChainedTcp) {
  class ChainedJsStream extends JSStream implements NativeStream {
    declare [READER]?: { onread?: (bytes: undefined) => void };
    readonly [NATIVE] = true;
    /** Writes whose end native code has not been told. */
    #writes = 0;
    /** Native code has stopped to read since a write is not over. */
    #waitsToRead = false;

    constructor(
      readonly stream: StreamHandle,
      readonly handle: NodeTcpHandle,
    ) {
      super();
    }

    isClosing(): boolean {
      return this.stream.isClosed;
    }

    /**
     * What a callback or a tick below native code has thrown, V8 raises in the next JavaScript that native code calls, when that
     * itself calls native code: a codec would be ended by it. It is none of this stream's.
     */
    #raise(): void {
      try {
        this.getAsyncId();
      } catch (error) {
        tickThrew(error);
      }
    }

    onreadstart(): number {
      this.#raise();
      this.#waitsToRead = false;
      return this.stream.readStart();
    }

    onreadstop(): number {
      this.#raise();
      this.#waitsToRead = this.#writes > 0 && this[READER] === undefined;
      return this.stream.readStop();
    }

    onwrite(request: object, buffers: Buffer[]): number {
      this.#raise();
      const { stream } = this;
      const finish = (status: number): void => this.#finish(request, status);
      this.#writes++;
      const outcome =
        buffers.length === 1
          ? stream.writer.buffer(new NativeRequest(finish), buffers[0]!)
          : stream.writer.chunks(
              new NativeRequest(finish),
              buffers.map((chunk) => ({ chunk, encoding: 'utf8' as const })),
            );
      if (outcome === 0) stream.tellLater(() => finish(0));
      else if (outcome !== null) this.#writes--;
      return outcome ?? 0;
    }

    /**
     * Ends a write. HTTP/2 reads no more while it writes, and does not begin again if it has said that it goes; libuv's writes are over
     * at once, so that it would have read on, and seen the other end go.
     */
    #finish(request: object, status: number): void {
      this.#writes--;
      this.finishWrite(request, status);
      if (this.#writes > 0 || !this.#waitsToRead) return;
      this.#waitsToRead = false;
      this.stream.readStart();
    }

    onshutdown(request: object): number {
      this.#raise();
      const finish = (status: number): void => this.finishShutdown(request, status);
      const refused = this.stream.shutdown(new NativeRequest(finish));
      if (refused !== UV_ENOTCONN) return refused;
      this.stream.tellLater(() => finish(0));
      return 0;
    }

    close(callback?: unknown): void {
      if (callback === undefined && this.stream.giveUp()) return;
      this.#close(callback, false);
    }

    reset(callback?: unknown): number {
      this.#close(callback, true);
      return 0;
    }

    #close(callback: unknown, abortive: boolean): void {
      tcp.forgetHost(this.handle);
      closeHandle(this.stream, (closed) => tcp.closeNative(this.handle, closed), abortive, this, callback);
    }
  }
  const prototype = ChainedJsStream.prototype as unknown as Record<string, unknown>;
  for (const name of PASSED_ON) {
    const method = METHODS[name]!;
    prototype[name] = function (this: ChainedJsStream, ...args: never[]) {
      return method(this.stream, tcp, this.handle, ...args);
    };
  }
  for (const [name, read] of Object.entries(COUNTS)) {
    Object.defineProperty(prototype, name, {
      get(this: ChainedJsStream): number {
        return read(this.stream);
      },
      configurable: true,
    });
  }
  return (stream: StreamHandle, handle: NodeTcpHandle): NativeStream => new ChainedJsStream(stream, handle);
}
