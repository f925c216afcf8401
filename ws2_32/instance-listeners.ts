import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import type { CatalogProblem } from '../catalog/instance.js';
import { kindOf, messageOf } from '../spi/answers.js';
import { winsockErrorText, type Defect } from '../spi/index.js';

/** The events of an instance and what their listeners are given. */
export interface InstanceEvents {
  /**
   * Something went wrong inside the framework or a provider, and was contained; or a catalog function was refused, and this
   * is why. What nobody listens for becomes a warning of the process.
   */
  defect: [defect: Defect];
  /** The catalog was changed through this instance. */
  catalog: [];
}

/** Tells whoever listens to an instance, and the process of what nobody listens for. */
export class InstanceListeners {
  readonly #events = new EventEmitter<InstanceEvents>().setMaxListeners(0);

  add<E extends keyof InstanceEvents>(event: E, listener: (...data: InstanceEvents[E]) => void): void {
    this.#events.on(event, listener as never);
  }

  remove<E extends keyof InstanceEvents>(event: E, listener: (...data: InstanceEvents[E]) => void): void {
    this.#events.off(event, listener as never);
  }

  /** Tells of an event. What a listener throws goes to the process. */
  tell<E extends keyof InstanceEvents>(event: E, ...data: InstanceEvents[E]): void {
    for (const listener of this.#events.listeners(event) as ((...data: InstanceEvents[E]) => void)[]) {
      try {
        listener(...data);
      } catch (error) {
        // It must not come back into the provider or the reactor that reports; the process hears of it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Tells of something that went wrong and was contained. */
  report(defect: Defect): void {
    if (this.#events.listenerCount('defect') > 0) this.tell('defect', defect);
    else process.emitWarning(describeDefect(defect), { type: 'Ws2spiDefect' });
  }

  /** Tells why a function was refused, which is not a defect of anybody's; but it is told where a defect would be. */
  explain(problem: CatalogProblem): void {
    if (this.#events.listenerCount('defect') > 0) this.tell('defect', { message: problem.message, cause: problem });
    else process.emitWarning(`${winsockErrorText(problem.code)} ${problem.message}`, { type: 'Ws2spiRefusal' });
  }

  /** Nobody listens any more. */
  forget(): void {
    this.#events.removeAllListeners();
  }
}

/** A defect in one text, its cause included. */
function describeDefect({ message, cause }: Defect): string {
  if (cause === undefined) return message;
  const reason = messageOf(cause) || inspected(cause);
  return reason === message ? message : `${message}: ${reason}`;
}

// What is thrown may throw again when it is looked at.
function inspected(cause: unknown): string {
  try {
    return inspect(cause);
  } catch {
    return kindOf(cause);
  }
}
