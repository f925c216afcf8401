import type { LPWSAUSERAPC } from '../spi/index.js';
import type { TurnBudget } from './turn-budget.js';

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
  /** What a full turn left of the batch before, from a place on. */
  #left: Apc[] = [];
  #leftFrom = 0;
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
    if (this.#running.size === 0) return this.#leftFrom < this.#left.length || this.#queue.length > 0;
    const mayRun = (apc: Apc): boolean => !this.#running.has(apc.socket);
    return this.#queue.some(mayRun) || this.#left.slice(this.#leftFrom).some(mayRun);
  }

  /**
   * Runs what was queued when it was called, and what those procedures queue is left for the next time.
   *
   * @param failed told of what a procedure throws
   * @param budget what the turn may still do, beyond which the rest waits for the next time; `null` for no limit
   * @returns how many ran
   */
  run(failed: (cause: unknown) => void, budget: TurnBudget | null = null): number {
    const left = this.#left;
    const from = this.#leftFrom;
    this.#left = [];
    this.#leftFrom = 0;
    if (budget !== null && from < left.length) return this.#runBatch(left, from, failed, budget);
    const batch = from < left.length ? left.slice(from).concat(this.#queue) : this.#queue;
    this.#queue = [];
    return this.#runBatch(batch, 0, failed, budget);
  }

  /** Forgets everything. */
  clear(): void {
    this.#queue = [];
    this.#left = [];
    this.#leftFrom = 0;
  }

  #runBatch(batch: Apc[], from: number, failed: (cause: unknown) => void, budget: TurnBudget | null): number {
    let ran = 0;
    for (let i = from; i < batch.length; i++) {
      if (budget !== null && !budget.take()) {
        this.#left = batch;
        this.#leftFrom = i;
        break;
      }
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
}
