// What both kinds of handles have in common: a socket of the chain, what keeps the process alive, and the place of callbacks
// in the event loop.
import { AsyncResource } from 'node:async_hooks';
import { INSTANCE } from '../../index.js';
import type { ChainError } from '../instance/index.js';
import type { AddressInfo, ChainHandle, HandleOwner, HandleReport, HandleType } from '../transfers/index.js';
import { Completions } from './completions.js';
import { outsideOfScopes } from './outside-of-scopes.js';
import { UV_EBADF, UV_EEXIST, UV_EINVAL, UV_ENOTCONN, uvErrorOf } from './uv-errors.js';

/** A socket of a chain behind a handle of Node.js'. */
export abstract class HandleLife implements HandleOwner {
  #scope: AsyncResource;
  #completions: Completions | null = null;
  #handle: ChainHandle | null = null;
  #isClosed = false;
  #referenced = true;
  /** Requests that are not over. */
  #pending = 0;

  constructor(private readonly type: HandleType) {
    this.#scope = new AsyncResource(type);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The socket; `null` before it is opened, and when it is closed. */
  get handle(): ChainHandle | null {
    return this.#handle;
  }

  /** Whether it reads or listens. */
  protected abstract get isActive(): boolean;

  protected abstract openSocket(family: number): ChainHandle | ChainError;

  /** There is no socket, and why. */
  protected abstract refused(refusal: ChainError): void;

  /** The socket has been opened; returns a libuv error that it then has. */
  protected abstract opened(handle: ChainHandle): number;

  /** The socket is about to be closed. */
  protected abstract closing(abortive: boolean): void;

  /** Tells those whose requests were cancelled by the close. */
  protected abstract cancel(): void;

  abstract report(): HandleReport;

  abstract networkEvents(events: number, errors: readonly number[]): void;

  /** @returns 0 when there is a socket of the family, else a libuv error */
  protected open(family: number): number {
    if (this.#isClosed) return UV_EBADF;
    if (this.#handle !== null) return this.#handle.family === family ? 0 : UV_EINVAL;
    const handle = this.openSocket(family);
    if (handle instanceof Error) {
      this.refused(handle);
      return uvErrorOf(handle.wsaError);
    }
    this.own(handle);
    const error = this.opened(handle);
    this.keep();
    return error;
  }

  /** Takes a socket over. */
  protected own(handle: ChainHandle): void {
    this.#handle = handle;
    handle.giveTo(this, this.#scope);
  }

  /** Whether libuv would look at its descriptor. */
  get isBusy(): boolean {
    return this.#pending > 0 || this.isActive;
  }

  /**
   * Makes another socket of a handle's that is the same to the system, and takes it over.
   *
   * @returns 0, or a libuv error
   */
  protected duplicate(of: HandleLife): number {
    if (of.isBusy) return UV_EEXIST;
    const handle = of.#handle === null ? null : of.#handle.duplicate();
    if (handle === null) return UV_EBADF;
    if (handle instanceof Error) return uvErrorOf(handle.wsaError);
    this.own(handle);
    return 0;
  }

  /** Closes the socket; another one may be opened. */
  protected disown(): void {
    this.#handle?.close();
    this.#handle = null;
  }

  /** Begins a new asynchronous context: the handle goes to another user. */
  renewScope(): void {
    this.#scope = new AsyncResource(this.type);
    this.#completions?.tellIn(this.#scope);
    this.#handle?.giveTo(this, this.#scope);
  }

  /**
   * Closes the socket now.
   *
   * @param abortive whether the peer is to see a reset
   * @returns tells those whose requests are over or cancelled by that, to be called later
   */
  close(abortive = false): () => void {
    if (this.#isClosed) return () => undefined;
    this.#isClosed = true;
    this.closing(abortive);
    const handle = this.#handle;
    this.#handle = null;
    this.#pending = 0;
    if (abortive) handle?.abort();
    else handle?.close();
    return () => {
      this.#completions?.run();
      this.cancel();
    };
  }

  instanceEnded(): void {
    const cancel = this.close();
    setImmediate(() => this.inScope(cancel));
  }

  /** The socket's own name or its peer's; returns a libuv error. */
  name(which: 'getsockname' | 'getpeername', out: AddressInfo): number {
    if (this.#handle === null) return UV_EBADF;
    const name = this.#handle.name(which);
    if (name === null) return which === 'getpeername' ? UV_ENOTCONN : UV_EINVAL;
    Object.assign(out, name);
    return 0;
  }

  // ---- Its place in the event loop ----

  /** Runs something in the handle's asynchronous context. */
  inScope(run: () => void): void {
    this.#scope.runInAsyncScope(run);
  }

  /** Tells of a request that is over, closed or not; until then it keeps the process alive. */
  tellLater(tell: () => void): void {
    this.begins();
    this.#completions ??= new Completions(this.#scope);
    this.#completions.push(() => {
      this.ends();
      tell();
    }, this.#handle?.ws2 ?? null);
  }

  /** Runs something in the next turn of the event loop, behind others, unless it is closed by then. */
  protected goOnLater(run: () => void): void {
    this.begins();
    setImmediate(() => {
      if (this.#isClosed) return;
      this.ends();
      this.#scope.runInAsyncScope(run);
    });
  }

  /** The same outside of callback scopes, as native code is called. */
  protected goOnOutside(run: () => void): void {
    if (this.#handle === null) return;
    this.begins();
    outsideOfScopes(() => {
      if (this.#isClosed) return;
      this.ends();
      run();
    }, this.#handle.ws2);
  }

  // ---- Keeping the process alive ----

  ref(): void {
    this.#referenced = true;
    this.keep();
  }

  unref(): void {
    this.#referenced = false;
    this.keep();
  }

  hasRef(): boolean {
    return this.#referenced && !this.#isClosed;
  }

  /** A request has begun, */
  protected begins(): void {
    this.#pending++;
    this.keep();
  }

  /** and so many are over. */
  protected ends(requests = 1): void {
    this.#pending = Math.max(0, this.#pending - requests);
    this.keep();
  }

  /** As libuv: what reads or listens keeps the process alive, and so does every request, whatever `unref` says. */
  protected keep(): void {
    this.#handle?.reference(this.#pending > 0 || (this.#referenced && this.isActive));
  }
}

/** Closes the handle that libuv knows, whose callback has the place in the event loop that programs expect. */
export type CloseNative = (closed: () => void) => void;

/**
 * Closes a handle of Node.js' and what stands behind it.
 *
 * @param user the object that is closed, which `callback` is called on
 * @param callback what `close` or `reset` was given
 */
export function closeHandle(
  life: HandleLife,
  closeNative: CloseNative,
  abortive: boolean,
  user: object,
  callback: unknown,
): void {
  const ws2 = life.handle?.ws2 ?? null;
  const cancel = life.close(abortive);
  const closed = (): void =>
    life.inScope(() => {
      cancel();
      if (typeof callback === 'function') (callback as (this: unknown) => void).call(user);
    });
  if (ws2 === null) closeNative(closed);
  else ws2[INSTANCE].behindImmediates(() => closeNative(closed));
}
