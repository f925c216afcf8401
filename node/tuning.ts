import type { ChainHandle } from './transfers/index.js';

/** How an idle connection is probed, as `net.Socket.setKeepAlive` takes it. */
export interface KeepAliveOptions {
  enable?: boolean | undefined;
  /** Milliseconds of silence before the first probe. */
  initialDelay?: number | undefined;
  /** Milliseconds between probes. */
  interval?: number | undefined;
  /** Probes without an answer after which the connection is given up. */
  count?: number | undefined;
}

/** The options that a socket begins with, as they are given to its constructor. */
export interface TuningOptions {
  noDelay?: boolean | undefined;
  keepAlive?: boolean | undefined;
  /** Milliseconds of silence before the first probe. */
  keepAliveInitialDelay?: number | undefined;
  typeOfService?: number | undefined;
}

/** Milliseconds in whole seconds, as the system takes them; what is not a number is 0. */
function toSeconds(milliseconds: number | undefined): number {
  return Math.trunc((milliseconds ?? 0) / 1000) || 0;
}

/** The options of a socket that outlive its handles: remembered, and put into effect on each connection. */
export class Tuning {
  #noDelay: boolean;
  #keepAlive: boolean;
  /** In seconds; 0 for the system's own. */
  #keepAliveDelay: number;
  #keepAliveInterval = 0;
  #keepAliveCount = 0;
  #typeOfService: number | undefined;

  constructor(options: TuningOptions) {
    this.#noDelay = Boolean(options.noDelay);
    this.#keepAlive = Boolean(options.keepAlive);
    this.#keepAliveDelay = toSeconds(options.keepAliveInitialDelay);
    this.#typeOfService = options.typeOfService;
  }

  /** Puts everything into effect on a connection that has just been made. */
  apply(handle: ChainHandle): void {
    if (this.#noDelay) handle.setNoDelay(true);
    if (this.#keepAlive) this.#probe(handle);
    if (this.#typeOfService !== undefined) handle.setTypeOfService(this.#typeOfService);
  }

  /** @param handle the connection; `null` while there is none */
  setNoDelay(handle: ChainHandle | null, wanted: boolean): void {
    if (wanted !== this.#noDelay) handle?.setNoDelay(wanted);
    this.#noDelay = wanted;
  }

  /** @param handle the connection; `null` while there is none */
  setKeepAlive(handle: ChainHandle | null, { enable, initialDelay, interval, count }: KeepAliveOptions): void {
    const wanted = Boolean(enable);
    const delay = toSeconds(initialDelay);
    const between = toSeconds(interval);
    const probes = count ?? 0;
    const other =
      delay !== this.#keepAliveDelay || between !== this.#keepAliveInterval || probes !== this.#keepAliveCount;
    const changed = wanted !== this.#keepAlive || (wanted && other);
    this.#keepAlive = wanted;
    this.#keepAliveDelay = delay;
    this.#keepAliveInterval = between;
    this.#keepAliveCount = probes;
    if (changed && handle !== null) this.#probe(handle);
  }

  #probe(handle: ChainHandle): void {
    handle.setKeepAlive(this.#keepAlive, this.#keepAliveDelay, this.#keepAliveInterval, this.#keepAliveCount);
  }

  /** The type of service; 0 until there is another. */
  get typeOfService(): number {
    return this.#typeOfService ?? 0;
  }

  /** @param handle the connection; `null` while there is none */
  setTypeOfService(handle: ChainHandle | null, wanted: number): void {
    this.#typeOfService = wanted;
    handle?.setTypeOfService(wanted);
  }
}
