// Node.js' own TCP handles, with the methods that `net` calls led to a chain. The handle itself is never opened by libuv; a
// handle that has a descriptor already (one that another process sent, a standard stream) is left as it is.
import { AF_INET, AF_INET6 } from '../../index.js';
import type { ChainError } from '../instance/index.js';
import type { AddressInfo, ChainHandle } from '../transfers/index.js';
import { closeHandle } from './handle-life.js';
import {
  descriptorOf,
  leadMethods,
  leadProperties,
  refuseForeign,
  usesForeign,
  type LedMethod,
  type Leader,
  type Originals,
} from './lead-methods.js';
import type { HandleRequest, NodeInternals, NodeTcpHandle, StreamState, TcpClass } from './node-internals.js';
import { explainNextError } from './refused-opens.js';
import { StreamHandle, type HandleChain, type HandleUser } from './stream-handle.js';
import { UV_EINVAL } from './uv-errors.js';

const STREAM = Symbol('ws2spi stream');
const EARLIER = Symbol('ws2spi options set before the handle was opened');
/** TCPConstants.SOCKET. */
const SOCKET_TYPE = 0;

/** What was asked of a handle before it was known what it would be. */
interface Earlier {
  noDelay?: boolean;
  keepAlive?: readonly [boolean, number, number?, number?];
  unref?: boolean;
  userBuffer?: Uint8Array;
  typeOfService?: number;
}

/** A handle of Node.js', with what this package keeps in it. */
interface ChainedHandle extends NodeTcpHandle {
  [STREAM]?: StreamHandle;
  [EARLIER]?: Earlier;
}

/** What of a socket or server of `net` is asked for here. */
interface SocketOrServer {
  /** The name of the host that it connects to. */
  _host?: string | null;
  readonly destroyed?: boolean;
  readonly _readableState?: { readonly ended?: boolean };
  destroy?(): void;
  close?(): void;
}

/** Tells a handle of Node.js' what has happened, in the way that `net` expects. */
class NodeHandleUser implements HandleUser {
  readonly isNative = false;

  constructor(
    private readonly handle: ChainedHandle,
    private readonly chained: ChainedTcp,
    private readonly on: HandleChain,
  ) {}

  received(count: number, memory: ArrayBufferLike | null, offset: number): void {
    const { handle } = this;
    const { state, readBytesOrError, arrayBufferOffset } = this.chained.stream!;
    state[readBytesOrError] = count;
    state[arrayBufferOffset] = offset;
    const next = handle.onread?.(memory === null ? undefined : memory);
    if (next !== undefined && memory === null) handle[STREAM]!.reader.useBuffer(next);
  }

  accepted(status: number, connection: ChainHandle | null): void {
    const { handle } = this;
    if (connection === null) handle.onconnection?.(status, undefined);
    else handle.onconnection?.(status, this.chained.handleOf(connection, this.on));
  }

  refused(refusal: ChainError): void {
    explainNextError((this.handle as unknown as Record<symbol, unknown>)[this.chained.owner], refusal);
  }

  completed(given: object, status: number, ...rest: unknown[]): void {
    const request = given as HandleRequest;
    if (request.oncomplete !== undefined) request.oncomplete(status, this.handle, request, ...rest);
    else request.writeStatus = status;
  }

  instanceEnded(): void {
    this.chained.endUser(this.handle);
  }
}

/** Native code that would read from a handle without JavaScript in between. */
export interface NativeCode {
  /** It asks whether it may; it takes what is the handle of the handle's socket after that. */
  mayTake(handle: NodeTcpHandle): boolean;
  /** What native code reads from, in the place of a handle and as the handle of its socket. */
  replace(handle: NodeTcpHandle): object;
}

/** The class of TCP handles, put on a chain. */
export class ChainedTcp implements Leader<ChainedHandle, StreamHandle> {
  /** `null` where JavaScript cannot tell Node.js what was read: native code has all connections then. */
  readonly stream: StreamState | null;
  #nativeCode: NativeCode | null = null;
  readonly #TCP: TcpClass;
  readonly #isInstance = Function.prototype[Symbol.hasInstance];
  #originals: Originals = {};
  readonly #descriptorOf: (handle: object) => number;

  /** Where a handle says whose it is. */
  readonly owner: symbol;

  /** @param on the chain of every handle that is opened; `null` where each is given its own */
  constructor(
    { TCP, stream, owner }: NodeInternals,
    private readonly on: HandleChain | null,
  ) {
    this.#TCP = TCP;
    this.owner = owner;
    this.stream = stream;
    this.#descriptorOf = descriptorOf(TCP.prototype);
  }

  /** Has somebody decide what native code may read from; nothing without it. */
  serve(nativeCode: NativeCode): void {
    this.#nativeCode = nativeCode;
  }

  /** Whether native code may take over a handle; what is the handle of its socket afterwards. */
  mayConsume(handle: NodeTcpHandle): boolean {
    return this.#nativeCode !== null && this.#nativeCode.mayTake(handle);
  }

  /** Leads the methods of all TCP handles of this thread to the chain, now and later. */
  install(): void {
    const { prototype } = this.#TCP;
    this.#originals = leadMethods<ChainedHandle, StreamHandle, ChainedTcp>(this, prototype, METHODS, OPENING);
    leadProperties<ChainedHandle, StreamHandle, ChainedTcp>(this, prototype, PROPERTIES, OPENING);
    // What these do not serve goes the way of the others.
    const led = Object.fromEntries(
      Object.keys(METHODS).map((name) => [name, Reflect.get(prototype, name)]),
    ) as Originals;
    for (const [name, value] of Object.entries(frequentMethods(this, led))) {
      Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
    }
    this.#keepNativeCodeFromForeign(prototype);
  }

  /** HTTP/2 would read from a handle that it may not have: it takes the socket's own methods then, which refuse. */
  #keepNativeCodeFromForeign(prototype: object): void {
    const { get } = Object.getOwnPropertyDescriptor(prototype, 'isStreamBase')!;
    const refusalOf = (handle: object): ChainError | null => this.refusalOf(handle);
    Object.defineProperty(prototype, 'isStreamBase', {
      get(this: object): unknown {
        return refusalOf(this) === null && get!.call(this);
      },
      configurable: true,
      enumerable: true,
    });
  }

  /** Whether every handle of the class is on the chain. */
  get takesAll(): boolean {
    return this.on !== null;
  }

  behind(handle: ChainedHandle): StreamHandle | undefined {
    return handle[STREAM];
  }

  /** Whether the socket that stands on a handle has had its end: after TLS is over, it hears of no reset. */
  hasEnded(handle: object): boolean {
    return this.#ofNode(handle)?._readableState?.ended === true;
  }

  /** Has the socket or server that stands on a handle close it. */
  endUser(handle: object): void {
    const user = this.#ofNode(handle);
    if (user?.destroy !== undefined) user.destroy();
    else user?.close?.();
  }

  bare(handle: ChainedHandle, name: string, args: unknown[]): number | undefined {
    if (usesForeign(this.#descriptorOf(handle), name, args)) {
      const refusal = this.on?.foreign?.() ?? null;
      if (refusal === null) return undefined;
      return refuseForeign((handle as unknown as Record<symbol, unknown>)[this.owner], name, refusal);
    }
    if (name === 'close') this.forgetHost(handle);
    const remember = EARLIER_OPTIONS[name];
    if (remember === undefined || !this.mayTake(handle)) return undefined;
    if (handle[EARLIER] === undefined) Object.defineProperty(handle, EARLIER, { value: {}, configurable: true });
    remember(handle[EARLIER]!, args);
    return undefined;
  }

  /** Why native code may not read from a handle that the system has opened; `null` if it may. */
  refusalOf(handle: object): ChainError | null {
    if (!this.#isInstance.call(this.#TCP, handle)) return null;
    return usesForeign(this.#descriptorOf(handle), 'readStart', []) ? (this.on?.foreign?.() ?? null) : null;
  }

  /** Whether an object is a handle of the class, and not opened by the system. */
  mayTake(handle: object): handle is NodeTcpHandle {
    return this.#isInstance.call(this.#TCP, handle) && this.#descriptorOf(handle) < 0;
  }

  /** The stream of a handle that native code is about to take over. */
  take(handle: NodeTcpHandle): StreamHandle {
    return this.opened(handle)!;
  }

  /** The buffer of its own that a user of a handle gave before it was opened. */
  userBufferOf(handle: ChainedHandle): Uint8Array | undefined {
    return handle[EARLIER]?.userBuffer;
  }

  /** Has native code take a handle that is about to be connected, where it has all connections. */
  connects(handle: NodeTcpHandle): void {
    if (this.stream === null) this.#nativeCode!.replace(handle);
  }

  /** A handle that libuv knows, and nobody else. */
  freshHandle(): NodeTcpHandle {
    return new this.#TCP(SOCKET_TYPE);
  }

  /** The stream of a handle that is about to be opened; none for one that the system has opened. */
  opened(handle: ChainedHandle): StreamHandle | undefined {
    const stream = handle[STREAM];
    if (stream !== undefined || this.on === null || this.#descriptorOf(handle) >= 0) return stream;
    const made = this.put(handle, this.on);
    const earlier = handle[EARLIER];
    if (earlier === undefined) return made;
    const { noDelay, keepAlive, unref, userBuffer, typeOfService } = earlier;
    if (noDelay !== undefined) made.setNoDelay(noDelay);
    if (keepAlive !== undefined) made.setKeepAlive(...keepAlive);
    if (unref === true) made.unref();
    if (userBuffer !== undefined) made.reader.useBuffer(userBuffer);
    if (typeOfService !== undefined) made.setTypeOfService(typeOfService);
    return made;
  }

  /** Puts a handle on a chain. */
  put(handle: NodeTcpHandle, on: HandleChain): StreamHandle {
    const stream = new StreamHandle(on, new NodeHandleUser(handle, this, on));
    Object.defineProperty(handle, STREAM, { value: stream, configurable: true, writable: true });
    return stream;
  }

  /** A handle for a connection that was accepted. */
  handleOf(connection: ChainHandle, on: HandleChain): NodeTcpHandle {
    const handle = this.freshHandle();
    this.put(handle, on).adopt(connection);
    return this.stream === null ? (this.#nativeCode!.replace(handle) as NodeTcpHandle) : handle;
  }

  /** The host's name that the address was found for which a handle connects to; `null` where there was none. */
  hostOf(handle: ChainedHandle): string | null {
    return this.#ofNode(handle)?._host ?? null;
  }

  /** A socket that is destroyed may connect again, to an address: `net` would still have the name of before. */
  forgetHost(handle: ChainedHandle): void {
    const socket = this.#ofNode(handle);
    if (socket?.destroyed === true) socket._host = null;
  }

  #ofNode(handle: object): SocketOrServer | undefined {
    return (handle as Record<symbol, SocketOrServer | undefined>)[this.owner];
  }

  /** What a method of handles did before. */
  native(name: string, handle: object, ...args: unknown[]): unknown {
    return (this.#originals[name] as (this: unknown, ...args: unknown[]) => unknown).apply(handle, args);
  }

  /** Closes the handle that libuv knows, whose callback has the place in the event loop that programs expect. */
  closeNative(handle: ChainedHandle, callback: () => void): void {
    this.native('close', handle, callback);
  }

  /**
   * What a write has come to, told as libuv's handles tell it.
   *
   * @param given the request that Node.js gave; from Node.js 26 on none, and one is given back when the write goes on
   */
  wrote(stream: StreamHandle, given: HandleRequest | null, request: HandleRequest, outcome: number | null): unknown {
    const { state, bytesWritten, lastWriteWasAsync, lastWriteError } = this.stream!;
    state[bytesWritten] = stream.writer.lastWrite;
    state[lastWriteWasAsync] = outcome === null ? 1 : 0;
    if (lastWriteError !== undefined) state[lastWriteError] = 0;
    return outcome === null ? (given === null ? request : 0) : outcome;
  }
}

/** What a method of handles does where the handle is on a chain. */
export type OnChain = LedMethod<ChainedHandle, StreamHandle, ChainedTcp>;

/** Methods that make a handle one of the chain's, or of the system's. HTTP/2 asks for the last before it connects. */
const OPENING: ReadonlySet<string> = new Set(['bind', 'bind6', 'connect', 'connect6', 'isStreamBase']);

const EARLIER_OPTIONS: Readonly<Record<string, ((earlier: Earlier, args: unknown[]) => void) | undefined>> = {
  setNoDelay: (earlier, [enable]) => void (earlier.noDelay = Boolean(enable)),
  setKeepAlive: (earlier, args) => void (earlier.keepAlive = args as unknown as [boolean, number]),
  setTypeOfService: (earlier, [value]) => void (earlier.typeOfService = Number(value)),
  ref: (earlier) => void (earlier.unref = false),
  unref: (earlier) => void (earlier.unref = true),
  useUserBuffer: (earlier, [buffer]) => void (earlier.userBuffer = buffer as Uint8Array),
};

function writing(write: (stream: StreamHandle, request: HandleRequest, ...args: never[]) => number | null): OnChain {
  return (stream, chained, _handle, given: HandleRequest | null, ...args: never[]) => {
    const request = given ?? { writeStatus: null };
    return chained.wrote(stream, given, request, write(stream, request, ...args));
  };
}

const writingText = (encoding: BufferEncoding): OnChain =>
  writing((stream, request, text: string) => stream.writer.string(request, text, encoding));

function close(stream: StreamHandle, chained: ChainedTcp, handle: ChainedHandle, callback: unknown, abortive: boolean) {
  chained.forgetHost(handle);
  closeHandle(stream, (closed) => chained.closeNative(handle, closed), abortive, handle, callback);
}

/** What is called of handles, on a chain. */
export const METHODS: Readonly<Record<string, OnChain>> = {
  bind: (stream, _chained, _handle, address: string, port?: number, flags?: number) =>
    stream.bind(address, port ?? 0, flags ?? 0, AF_INET),
  bind6: (stream, _chained, _handle, address: string, port?: number, flags?: number) =>
    stream.bind(address, port ?? 0, flags ?? 0, AF_INET6),
  listen: (stream, _chained, _handle, backlog: number) => stream.listen(backlog),
  connect: (stream, chained, handle, request: HandleRequest, address: string, port: number) => {
    chained.connects(handle);
    return stream.connect(request, address, port, AF_INET, chained.hostOf(handle));
  },
  connect6: (stream, chained, handle, request: HandleRequest, address: string, port: number) => {
    chained.connects(handle);
    return stream.connect(request, address, port, AF_INET6, chained.hostOf(handle));
  },
  open: () => UV_EINVAL,
  readStart: (stream) => stream.readStart(),
  readStop: (stream) => stream.readStop(),
  shutdown: (stream, _chained, _handle, request: HandleRequest) => stream.shutdown(request),
  writeBuffer: writing((stream, request, bytes: Buffer) => stream.writer.buffer(request, bytes)),
  writeUtf8String: writingText('utf8'),
  writeLatin1String: writingText('latin1'),
  writeAsciiString: writingText('latin1'),
  writeUcs2String: writingText('utf16le'),
  writev: writing((stream, request, chunks: unknown[], allBuffers: boolean) =>
    stream.writer.vector(request, chunks, allBuffers),
  ),
  useUserBuffer: (stream, _chained, _handle, buffer: Uint8Array) => stream.reader.useBuffer(buffer),
  getsockname: (stream, _chained, _handle, out: AddressInfo) => stream.name('getsockname', out),
  getpeername: (stream, _chained, _handle, out: AddressInfo) => stream.name('getpeername', out),
  setNoDelay: (stream, _chained, _handle, enable: boolean) => stream.setNoDelay(Boolean(enable)),
  setKeepAlive: (stream, _chained, _handle, enable: boolean, delay: number, interval?: number, count?: number) =>
    stream.setKeepAlive(Boolean(enable), delay, interval, count),
  setTypeOfService: (stream, _chained, _handle, value: number) => stream.setTypeOfService(value),
  getTypeOfService: (stream) => stream.typeOfService,
  setBlocking: () => 0,
  hasPendingRead: () => false,
  ref: (stream) => stream.ref(),
  unref: (stream) => stream.unref(),
  hasRef: (stream) => stream.hasRef(),
  asyncReset: (stream, chained, handle, resource: unknown) => {
    chained.native('asyncReset', handle, resource);
    stream.renewScope();
  },
  close: (stream, chained, handle, callback: unknown) => {
    if (callback === undefined && stream.giveUp()) return;
    close(stream, chained, handle, callback, false);
  },
  reset: (stream, chained, handle, callback: unknown) => {
    close(stream, chained, handle, callback, true);
    return 0;
  },
};

const PROPERTIES: Readonly<
  Record<string, (stream: StreamHandle, chained: ChainedTcp, handle: ChainedHandle) => unknown>
> = {
  fd: () => -1,
  bytesRead: (stream) => stream.reader.bytes,
  bytesWritten: (stream) => stream.writer.bytes,
  writeQueueSize: (stream) => stream.writer.queued,
  isStreamBase: (_stream, chained, handle) => chained.mayConsume(handle),
};

type Written = (this: ChainedHandle, given: HandleRequest | null, what: never, allBuffers: boolean) => unknown;

/** The methods of every exchange, the same as in the table, each written by itself, so that V8 can see through it. */
function frequentMethods(chained: ChainedTcp, led: Originals): Readonly<Record<string, Written>> {
  const own = led as unknown as Readonly<Record<string, Written>>;
  const { writeBuffer, writeUtf8String, writeLatin1String, writev } = own;
  const newRequest = (): HandleRequest => ({ writeStatus: null });
  return {
    writeBuffer(given, bytes: Buffer, ...rest) {
      const stream = this[STREAM];
      if (stream === undefined) return writeBuffer!.call(this, given, bytes as never, ...rest);
      const request = given ?? newRequest();
      return chained.wrote(stream, given, request, stream.writer.buffer(request, bytes));
    },
    writeUtf8String(given, text: string, ...rest) {
      const stream = this[STREAM];
      if (stream === undefined) return writeUtf8String!.call(this, given, text as never, ...rest);
      const request = given ?? newRequest();
      return chained.wrote(stream, given, request, stream.writer.string(request, text, 'utf8'));
    },
    writeLatin1String(given, text: string, ...rest) {
      const stream = this[STREAM];
      if (stream === undefined) return writeLatin1String!.call(this, given, text as never, ...rest);
      const request = given ?? newRequest();
      return chained.wrote(stream, given, request, stream.writer.string(request, text, 'latin1'));
    },
    writev(given, chunks: unknown[], allBuffers) {
      const stream = this[STREAM];
      if (stream === undefined) return writev!.call(this, given, chunks as never, allBuffers);
      const request = given ?? newRequest();
      return chained.wrote(stream, given, request, stream.writer.vector(request, chunks, allBuffers));
    },
  };
}
