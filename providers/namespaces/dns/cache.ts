import type { DnsCounters } from './counters.js';

/** What is known of a name and a type. */
interface Entry<T> {
  readonly type: number;
  readonly value: T;
  /** On the instance's clock, in milliseconds. */
  readonly until: number;
}

/** What is known for a while, and no more than so many things; the names that were not asked for the longest go first. */
export class DnsCache<T> {
  // By name: there are few types of each.
  readonly #names = new Map<string, readonly Entry<T>[]>();
  #size = 0;

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
    return this.#size;
  }

  /**
   * What is known, or `undefined`.
   *
   * @param type of the records; what is kept for type 0 holds for all
   * @param now the time, where the caller has looked at it
   */
  get(name: string, type: number, now = this.now()): T | undefined {
    const entries = this.#names.get(name);
    if (entries === undefined) return undefined;
    const entry = find(entries, type) ?? find(entries, 0);
    if (entry === undefined) return undefined;
    if (entry.until <= now) {
      this.#remove(name, entries, entry);
      // It may be that the other one holds still.
      return this.get(name, type, now);
    }
    // To the end, where what was asked for last is. Only once there is little room: it costs more than to look.
    if (this.#size * 2 > this.most) {
      this.#names.delete(name);
      this.#names.set(name, entries);
    }
    return entry.value;
  }

  /**
   * Keeps something.
   *
   * @param type of the records; 0 for what holds for all
   * @param seconds how long
   */
  set(name: string, type: number, value: T, seconds: number): void {
    if (seconds <= 0 || this.most <= 0) return;
    const before = this.#names.get(name);
    const same = before === undefined ? undefined : find(before, type);
    if (same !== undefined) this.#remove(name, before!, same);
    while (this.#size >= this.most) this.#evict();
    const entry = { type, value, until: this.now() + seconds * 1000 };
    const others = this.#names.get(name) ?? [];
    this.#names.delete(name);
    this.#names.set(name, [...others, entry]);
    this.#size++;
  }

  /** Forgets everything. */
  clear(): void {
    this.#names.clear();
    this.#size = 0;
  }

  #evict(): void {
    const [oldest] = this.#names;
    const [name, entries] = oldest!;
    this.#remove(name, entries, entries[0]!);
    this.counters.evicted++;
  }

  #remove(name: string, entries: readonly Entry<T>[], entry: Entry<T>): void {
    this.#size--;
    if (entries.length === 1) this.#names.delete(name);
    else
      this.#names.set(
        name,
        entries.filter((each) => each !== entry),
      );
  }
}

function find<T>(entries: readonly Entry<T>[], type: number): Entry<T> | undefined {
  for (const entry of entries) if (entry.type === type) return entry;
  return undefined;
}
