import type { DnsCounters } from './counters.js';

interface Entry<T> {
  readonly value: T;
  /** On the instance's clock, in milliseconds. */
  readonly until: number;
}

/** What is known for a while, and no more than so many things; what was not asked for the longest goes first. */
export class DnsCache<T> {
  readonly #entries = new Map<string, Entry<T>>();

  /**
   * @param most entries that are kept; 0 keeps nothing
   * @param now the time, in milliseconds
   */
  constructor(
    private readonly most: number,
    private readonly now: () => number,
    private readonly counters: Pick<DnsCounters, 'evicted'>,
  ) {}

  /** How many entries there are, those included whose time is over. */
  get size(): number {
    return this.#entries.size;
  }

  /** What is known, or `undefined`. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.until <= this.now()) {
      this.#entries.delete(key);
      return undefined;
    }
    // To the end, where what was asked for last is. Only once there is little room: it costs more than to look.
    if (this.#entries.size * 2 > this.most) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry.value;
  }

  /**
   * Keeps something.
   *
   * @param seconds how long
   */
  set(key: string, value: T, seconds: number): void {
    if (seconds <= 0 || this.most <= 0) return;
    this.#entries.delete(key);
    while (this.#entries.size >= this.most) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest!);
      this.counters.evicted++;
    }
    this.#entries.set(key, { value, until: this.now() + seconds * 1000 });
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
  }
}
