import type { DuplexOptions } from 'node:stream';
import type { Ws2_32 } from '../index.js';
import type { ChainHandle } from './transfers/index.js';
import { checkTypeOfService } from './connect-arguments.js';
import { IdleTimer } from './idle-timer.js';
import { NamedStream } from './named-stream.js';
import { timeoutRefusal } from './refusals.js';
import { Tuning, type KeepAliveOptions, type TuningOptions } from './tuning.js';

function timedOut(stream: TunedStream): void {
  stream._onTimeout();
}

/** A stream over a handle with the time limit and the options that a `net.Socket` can be given, and its hold on the process. */
export abstract class TunedStream extends NamedStream {
  /** What `setTimeout` was given last. */
  timeout: number | undefined;
  readonly #timer = new IdleTimer<TunedStream>(this, timedOut);
  readonly #tuning: Tuning;
  #progressAtTimeout = 0;
  #referenced = true;

  /**
   * @param tuning the options that it begins with
   * @param stream what the stream itself is like
   */
  constructor(tuning: TuningOptions, stream: DuplexOptions) {
    super(stream);
    this.#tuning = new Tuning(tuning);
  }

  /** The instance whose clock counts; `undefined` for the thread's own. */
  protected abstract currentInstance(): Ws2_32 | undefined;

  /** How far a write has come that waits for room; -1 when none waits. */
  protected abstract waitingProgress(): number;

  /** Whether something is wanted of the connection, or it is not made yet. */
  protected abstract isActive(): boolean;

  /** Puts the options into effect on a connection that has just been made. */
  protected tune(handle: ChainHandle): void {
    this.#tuning.apply(handle);
  }

  /** Ends the time limit. */
  protected endTimeLimit(): void {
    this.#timer.clear();
  }

  /** Has `timeout` emitted after so many milliseconds without traffic; 0 ends it. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = milliseconds;
    this.#timer.set(milliseconds, this.currentInstance());
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
    const progress = this.waitingProgress();
    if (progress >= 0 && progress !== this.#progressAtTimeout) {
      this.#progressAtTimeout = progress;
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
    this.#tuning.setNoDelay(this.#tunedHandle(), Boolean(enable));
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
    this.#tuning.setKeepAlive(this.#tunedHandle(), wanted);
    return this;
  }

  /**
   * Marks packets with a type of service, 0 to 255.
   *
   * @throws Error with Node.js' code, ERR_INVALID_ARG_TYPE or ERR_OUT_OF_RANGE
   */
  setTypeOfService(typeOfService: number): this {
    checkTypeOfService(typeOfService ?? Number.NaN, 'tos');
    this.#tuning.setTypeOfService(this.#tunedHandle(), typeOfService);
    return this;
  }

  /** The type of service that packets are marked with. */
  getTypeOfService(): number {
    return this.#tuning.typeOfService;
  }

  /** Keeps the process alive while the socket is open; it does from the beginning. */
  ref(): this {
    this.#referenced = true;
    this.keepAlive();
    return this;
  }

  /** Lets the process end while the socket is open. */
  unref(): this {
    this.#referenced = false;
    this.keepAlive();
    return this;
  }

  /**
   * Something is wanted now that was not, or no longer. As for libuv: what is wanted keeps the process alive, a connection
   * that nobody reads from or writes to does not.
   */
  protected keepAlive(): void {
    this.currentHandle()?.reference(this.#referenced && this.isActive());
  }

  // Where an option takes effect at once: nowhere while the connection is being made.
  #tunedHandle(): ChainHandle | null {
    return this.connecting ? null : this.currentHandle();
  }
}
