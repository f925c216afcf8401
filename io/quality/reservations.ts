// Who has reserved how much of a network's capacity.

/** Who has reserved a part of a capacity. */
export interface Reserver {
  /** The capacity has become less, and there is nothing left for this one: its reservation is gone. */
  revoked(): void;
}

/** A capacity that is given away in parts, and refused when it is spent. */
export class Reservations {
  /** In the order in which they were made. */
  readonly #rates = new Map<Reserver, number>();
  #capacity: number;
  #reserved = 0;

  /**
   * Makes a capacity of which nothing is reserved.
   *
   * @param capacity bytes per second, 0 or more; `Infinity` for no limit
   */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Bytes per second that can be reserved in all. */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Makes it another capacity: when it becomes less than what is reserved, the last to come are the first to go.
   *
   * @param bytesPerSecond 0 or more
   */
  resize(bytesPerSecond: number): void {
    this.#capacity = bytesPerSecond;
    for (const reserver of [...this.#rates.keys()].reverse()) {
      if (this.#reserved <= bytesPerSecond) return;
      this.release(reserver);
      reserver.revoked();
    }
  }

  /** Bytes per second that can still be reserved. */
  get unreserved(): number {
    return this.#capacity - this.#reserved;
  }

  /**
   * Reserves, in place of what the reserver had before.
   *
   * @param rate bytes per second; 0 for nothing
   * @returns whether there was enough; if not, what it had before stays
   */
  reserve(reserver: Reserver, rate: number): boolean {
    const had = this.#rates.get(reserver) ?? 0;
    if (rate > had && rate - had > this.unreserved) return false;
    this.#reserved += rate - had;
    if (rate === 0) this.#rates.delete(reserver);
    else this.#rates.set(reserver, rate);
    return true;
  }

  /** Gives back what a reserver had, if anything. */
  release(reserver: Reserver): void {
    this.#reserved -= this.#rates.get(reserver) ?? 0;
    this.#rates.delete(reserver);
  }
}
