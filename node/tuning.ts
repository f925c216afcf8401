import type { ChainHandle } from './chain-handle.js';

/** The options of a socket that outlive its handles: remembered, and put into effect on each connection. */
export class Tuning {
  #noDelay: boolean;
  #keepAlive: boolean;
  /** In seconds. */
  #keepAliveDelay: number;

  /** @param options as they are given to a socket's constructor, the delay in milliseconds */
  constructor(options: {
    noDelay?: boolean | undefined;
    keepAlive?: boolean | undefined;
    keepAliveInitialDelay?: number | undefined;
  }) {
    this.#noDelay = Boolean(options.noDelay);
    this.#keepAlive = Boolean(options.keepAlive);
    this.#keepAliveDelay = Math.trunc((options.keepAliveInitialDelay ?? 0) / 1000);
  }

  /** Puts everything into effect on a connection that has just been made. */
  apply(handle: ChainHandle): void {
    if (this.#noDelay) handle.setNoDelay(true);
    if (this.#keepAlive) handle.setKeepAlive(true, this.#keepAliveDelay);
  }

  /** @param handle the connection; `null` while there is none */
  setNoDelay(handle: ChainHandle | null, wanted: boolean): void {
    if (wanted !== this.#noDelay) handle?.setNoDelay(wanted);
    this.#noDelay = wanted;
  }

  /** @param handle the connection; `null` while there is none */
  setKeepAlive(handle: ChainHandle | null, wanted: boolean, milliseconds: number): void {
    const delay = Math.trunc(milliseconds / 1000);
    const changed = wanted !== this.#keepAlive || (wanted && delay !== this.#keepAliveDelay);
    this.#keepAlive = wanted;
    this.#keepAliveDelay = delay;
    if (changed) handle?.setKeepAlive(wanted, delay);
  }
}
