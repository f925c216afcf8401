// The options of a stream handle, which programs set before it is opened as well.
import type { ChainHandle } from '../transfers/index.js';
import { HandleLife } from './handle-life.js';
import type { HandleWriter } from './handle-writer.js';

/** The part of a stream handle that its options go through; a part of the same object, for there may be very many. */
export abstract class StreamOptions extends HandleLife {
  typeOfService = 0;
  /** What is to be set once there is a socket. */
  #unset: ((handle: ChainHandle) => void)[] | null = null;

  abstract readonly writer: HandleWriter;

  /** Sets what was asked for before there was a socket. */
  protected applyOptions(handle: ChainHandle): void {
    for (const set of this.#unset ?? []) set(handle);
    this.#unset = null;
  }

  setNoDelay(enable: boolean): number {
    this.writer.setNoDelay(enable);
    return this.set((handle) => handle.setNoDelay(enable));
  }

  setKeepAlive(enable: boolean, delaySeconds: number, intervalSeconds = 0, count = 0): number {
    return this.set((handle) => handle.setKeepAlive(enable, delaySeconds, intervalSeconds, count));
  }

  setTypeOfService(value: number): number {
    this.typeOfService = value;
    return this.set((handle) => handle.setTypeOfService(value));
  }

  private set(option: (handle: ChainHandle) => void): number {
    if (this.handle !== null) option(this.handle);
    else (this.#unset ??= []).push(option);
    return 0;
  }
}
