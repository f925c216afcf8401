// What a handle tells later of what it did at once.
import type { AsyncResource } from 'node:async_hooks';
import { INSTANCE, type Ws2_32 } from '../../index.js';
import { runTicks } from '../transfers/index.js';

/** Tells of requests that are over as libuv does: when all that came in has been told, and before anything else comes in. */
export class Completions {
  /** Whether the event loop comes to them. */
  queued = false;
  #waiting: (() => void)[] = [];

  /** @param scope the asynchronous context to tell them in */
  constructor(private scope: AsyncResource) {}

  /** From now on they are told in another context. */
  tellIn(scope: AsyncResource): void {
    this.scope = scope;
  }

  /** @param ws2 the instance whose turns they are told in; `null` while there is none */
  push(tell: () => void, ws2: Ws2_32 | null): void {
    this.#waiting.push(tell);
    this.#queue(ws2);
  }

  #queue(ws2: Ws2_32 | null): void {
    if (this.queued) return;
    if (ws2 !== null) {
      ws2[INSTANCE].queueCompletion(this);
      return;
    }
    this.queued = true;
    setImmediate(() => {
      this.queued = false;
      this.run();
    });
  }

  /** Tells all that is to be told. */
  run(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let told = 0;
    try {
      while (told < waiting.length) {
        runTicks();
        this.scope.runInAsyncScope(waiting[told++]!);
      }
    } finally {
      // An exception of the application's is not to cost the others.
      if (told < waiting.length) {
        this.#waiting = [...waiting.slice(told), ...this.#waiting];
        this.#queue(null);
      }
    }
  }
}
