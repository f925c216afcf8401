import type { Clock, ClockClient } from 'ws2spi';

/** The machine's clock, which tells when the next timer of each instance with it is due. */
export class TellingClock implements Clock {
  readonly virtual = false;
  readonly #clients = new Set<ClockClient>();

  now(): number {
    return performance.now();
  }

  attach(client: ClockClient): () => void {
    this.#clients.add(client);
    return () => this.#clients.delete(client);
  }

  /** The moments of the next timers. */
  timers(): number[] {
    return [...this.#clients].map((client) => client.nextTimer());
  }
}
