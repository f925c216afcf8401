import type { LPWSAUSERAPC } from '../spi/index.js';

class Apc {
  constructor(
    readonly procedure: LPWSAUSERAPC,
    readonly context: unknown,
    readonly socket: number,
  ) {}
}

/**
 * The asynchronous procedure calls of an instance's thread, in the order of queueing. Completion routines of one socket
 * never nest: while one runs, those of the same socket wait, even inside an alertable wait of its own.
 */
export class ApcQueue {
  #queue: Apc[] = [];
  readonly #running = new Set<number>();

  /**
   * Queues a procedure.
   *
   * @param socket the socket whose completion it reports; 0 for none
   */
  push(procedure: LPWSAUSERAPC, context: unknown, socket: number): void {
    this.#queue.push(new Apc(procedure, context, socket));
  }

  /** Whether a procedure could run now. */
  get ready(): boolean {
    if (this.#running.size === 0) return this.#queue.length > 0;
    return this.#queue.some((apc) => !this.#running.has(apc.socket));
  }

  /**
   * Runs what was queued when it was called, and what those procedures queue is left for the next time.
   *
   * @param failed told of what a procedure throws
   * @returns how many ran
   */
  run(failed: (cause: unknown) => void): number {
    const batch = this.#queue;
    this.#queue = [];
    let ran = 0;
    for (let i = 0; i < batch.length; i++) {
      const apc = batch[i]!;
      if (apc.socket !== 0 && this.#running.has(apc.socket)) {
        this.#queue.push(apc);
        continue;
      }
      if (apc.socket !== 0) this.#running.add(apc.socket);
      ran++;
      try {
        apc.procedure(apc.context);
      } catch (cause) {
        failed(cause);
      } finally {
        if (apc.socket !== 0) this.#running.delete(apc.socket);
      }
    }
    return ran;
  }

  /** Forgets everything. */
  clear(): void {
    this.#queue = [];
  }
}
