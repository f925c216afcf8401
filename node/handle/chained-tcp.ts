// Which of Node.js' own TCP handles are on a chain, and what stands behind each. The handle itself is never opened by libuv; a
// handle that has a descriptor already (one that another process sent, a standard stream) is left as it is.
import { AsyncResource } from 'node:async_hooks';
import type { ChainError } from '../instance/index.js';
import type { ChainHandle } from '../transfers/index.js';
import { EARLIER, EARLIER_OPTIONS, STREAM, type ChainedHandle } from './chained-handle.js';
import type { HandleChain, HandleUser } from './handle-chain.js';
import { descriptorOf, refuseForeign, usesForeign, type Leader, type Originals } from './lead-methods.js';
import type { HandleRequest, NodeInternals, NodeTcpHandle, StreamState, TcpClass } from './node-internals.js';
import { explainNextError } from './refused-opens.js';
import { standInOf, stoodForBy } from './stand-ins.js';
import { StreamHandle } from './stream-handle.js';
import { UV_EINVAL } from './uv-errors.js';

/** TCPConstants.SOCKET. */
const SOCKET_TYPE = 0;

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
    else
      handle.onconnection?.(
        status,
        inNobodysContext(() => this.chained.handleOf(connection, this.on)),
      );
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

/** The asynchronous context that was there before the program had one. */
const NOBODYS = new AsyncResource('TCPSERVERWRAP', { requireManualDestroy: true });

/** Makes the handle of a connection that comes: what it tells is told in no caller's context, not in that of `listen`. */
function inNobodysContext<T>(make: () => T): T {
  return NOBODYS.runInAsyncScope(make);
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

  /** What all handles of the class inherit. */
  get prototype(): NodeTcpHandle {
    return this.#TCP.prototype;
  }

  /** The methods of the class lead to the chain from now on. @param originals those that it had before */
  isLed(originals: Originals): void {
    this.#originals = originals;
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

  /** The descriptor that stands for the socket of a handle. */
  standIn(stream: StreamHandle, handle: ChainedHandle): number {
    const bind = (address: string): unknown => this.native('bind', handle, address, 0, 0);
    return standInOf(stream, bind, () => this.#descriptorOf(handle));
  }

  bare(handle: ChainedHandle, name: string, args: unknown[]): number | undefined {
    const meant = name === 'open' && this.on !== null ? stoodForBy(args[0]) : null;
    if (meant !== null) return meant instanceof StreamHandle ? this.put(handle, this.on!).openLike(meant) : UV_EINVAL;
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
    if (!this.#isInstance.call(this.#TCP, handle)) return false;
    return STREAM in handle || this.#descriptorOf(handle) < 0;
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
