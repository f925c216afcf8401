import type { LPWSAUSERAPC } from '../spi/index.js';
import { LongQueue } from './long-queue.js';
import type { TurnBudget } from './turn-budget.js';

/**
 * The asynchronous procedure calls of an instance's thread, in the order of queueing. Completion routines of one socket
 * never nest: while one runs, those of the same socket wait, even inside an alertable wait of its own.
 */
export class ApcQueue {
  // Three queues of one length: an object for each call would be work for the garbage collector, within the turn.
  readonly #procedures = new LongQueue<LPWSAUSERAPC>();
  readonly #contexts = new LongQueue<unknown>();
  readonly #sockets = new LongQueue<number>();
  readonly #running = new Set<number>();

  /**
   * Queues a procedure.
   *
   * @param socket the socket whose completion it reports; 0 for none
   */
  push(procedure: LPWSAUSERAPC, context: unknown, socket: number): void {
    this.#procedures.push(procedure);
    this.#contexts.push(context);
    this.#sockets.push(socket);
  }

  /** Whether a procedure could run now. */
  get ready(): boolean {
    if (this.#running.size === 0) return this.#sockets.length > 0;
    return this.#sockets.some((socket) => !this.#running.has(socket));
  }

  /**
   * Runs what was queued when it was called, and what those procedures queue is left for the next time.
   *
   * @param failed told of what a procedure throws
   * @param budget what the turn may still do, beyond which the rest waits for the next time; `null` for no limit
   * @returns how many ran
   */
  run(failed: (cause: unknown) => void, budget: TurnBudget | null = null): number {
    let ran = 0;
    // What an alertable wait within a procedure runs is of these too.
    for (const { added } = this.#sockets; this.#sockets.taken < added;) {
      if (budget !== null && !budget.take()) break;
      const procedure = this.#procedures.shift()!;
      const context = this.#contexts.shift();
      const socket = this.#sockets.shift()!;
      if (socket !== 0 && this.#running.has(socket)) {
        this.push(procedure, context, socket);
        continue;
      }
      ran++;
      if (socket !== 0) this.#running.add(socket);
      try {
        procedure(context);
      } catch (cause) {
        failed(cause);
      } finally {
        if (socket !== 0) this.#running.delete(socket);
      }
    }
    return ran;
  }

  /** Forgets everything. */
  clear(): void {
    this.#procedures.clear();
    this.#contexts.clear();
    this.#sockets.clear();
  }
}
