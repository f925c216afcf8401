import { RecordType } from '../../../dns-records/index.js';
import type { NameSpaceSession } from '../../../name-space/index.js';
import type { Timer } from '../../../spi/index.js';
import type { MdnsCounters } from './counters.js';
import { setKey, type MdnsRecord } from './records.js';

/** A record that somebody on a link has told of. */
export interface KeptRecord {
  readonly record: MdnsRecord;
  /** The link that it came over, by its number. */
  readonly link: number;
  /** Times of the instance's clock. */
  readonly receivedAt: number;
  /** Counts what was received. */
  readonly nth: number;
  expiresAt: number;
  /** How many of the times at which it is asked for again have passed. */
  refreshes: number;
  /** How often somebody has asked for it since, and it was not told. */
  doubts: number;
}

/** Who is told of what happens in the cache. */
export interface CacheListener {
  /** Whether somebody wants the records of a name and type now: they are refreshed, and kept before others. */
  isWanted(key: string): boolean;
  /** A record was added, has another time, or is gone. */
  changed(key: string): void;
  /** The records of a name and type are to be asked for again, before they are gone. */
  refresh(key: string): void;
}

/** Shares of a record's time after which it is asked for again (RFC 6762, 5.2). */
const REFRESHES = [0.8, 0.85, 0.9, 0.95];
/** Up to so much is added by chance, so that not all ask at once. */
const REFRESH_SPREAD = 0.02;
/** Seconds that no record is kept beyond, whatever it says. */
const LONGEST_TTL = 24 * 60 * 60;
/** Milliseconds that a record which was taken back, or replaced by others, is still good for (RFC 6762, 10.1, 10.2). */
const GRACE = 1000;
/** Questions for a record, and the milliseconds behind the last of them, after which one that is not told is gone (RFC 6762, 10.5). */
const DOUBTS = { most: 2, until: 10_000 } as const;
/** Milliseconds within which a record is not told again, so that a question for it says nothing. */
const TOLD_JUST_NOW = 1000;
/** Milliseconds between two looks through the cache, at least. */
const SPACING = 20;
/** Records that are looked at to find one that makes room. */
const MOST_LOOKS = 16;

/** What others have told of, for as long as it holds. There is never more of it than the limit. */
export class RecordCache {
  readonly #sets = new Map<string, Map<string, KeptRecord>>();
  /** All, the longest kept first. */
  readonly #all = new Map<string, { readonly key: string; readonly kept: KeptRecord }>();
  /** How many records were received so far. */
  received = 0;
  #timer: Timer | null = null;
  #due = Infinity;

  constructor(
    private readonly session: NameSpaceSession,
    private readonly limit: number,
    private readonly counters: MdnsCounters,
    private readonly listener: CacheListener,
  ) {}

  get size(): number {
    return this.#all.size;
  }

  /** The records of a name and type, those of every link. */
  find(name: string, type: number): readonly KeptRecord[] {
    const set = this.#sets.get(setKey(name, type));
    return set === undefined ? [] : [...set.values()];
  }

  /** The records of a key of `setKey`. */
  findByKey(key: string): Iterable<KeptRecord> {
    return this.#sets.get(key)?.values() ?? [];
  }

  /** How much of a record's time is left, from 0 to 1. */
  shareLeft({ record, expiresAt }: KeptRecord): number {
    return (expiresAt - this.session.now()) / (record.ttl * 1000);
  }

  /** Takes a record that was received. */
  add(record: MdnsRecord, link: number): void {
    const now = this.session.now();
    const key = setKey(record.name, record.type);
    const id = `${link} ${record.id}`;
    const before = this.#sets.get(key)?.get(id);
    if (record.isUnique) this.#flushOthers(key, id, link, now);
    if (record.ttl === 0) {
      if (before !== undefined) this.#shorten(before, now + GRACE);
      return;
    }
    const kept: KeptRecord = {
      record,
      link,
      receivedAt: now,
      nth: ++this.received,
      expiresAt: now + Math.min(record.ttl, LONGEST_TTL) * 1000,
      refreshes: 0,
      doubts: 0,
    };
    if (before === undefined && this.#all.size >= this.limit && !this.#makeRoom()) {
      this.counters.evicted++;
      return;
    }
    let set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, (set = new Map()));
    set.set(id, kept);
    this.#all.delete(id);
    this.#all.set(id, { key, kept });
    this.#plan(this.#nextTime(key, kept));
    this.listener.changed(key);
  }

  /**
   * Somebody has asked for what is known here, and is to be told it. After the second time it is gone unless it is.
   *
   * @param known what need not be told, by `id`
   */
  doubt(key: string, link: number, known: ReadonlySet<string>): void {
    const now = this.session.now();
    for (const kept of this.#sets.get(key)?.values() ?? []) {
      if (kept.link !== link || known.has(kept.record.id) || now - kept.receivedAt < TOLD_JUST_NOW) continue;
      if (++kept.doubts < DOUBTS.most) continue;
      // Whoever asks in vain does so for all: it is not asked for again from here.
      this.#shorten(kept, now + DOUBTS.until);
    }
  }

  /** A link is gone, and with it what was told there. */
  leave(link: number): void {
    for (const [id, { key, kept }] of [...this.#all]) {
      if (kept.link !== link) continue;
      this.#remove(key, id);
      this.listener.changed(key);
    }
  }

  /** A record holds no more. */
  forget(record: MdnsRecord, link: number): void {
    const key = setKey(record.name, record.type);
    const id = `${link} ${record.id}`;
    if (!this.#all.has(id)) return;
    this.#remove(key, id);
    this.listener.changed(key);
  }

  // Whoever says that theirs are the only records replaces those that were told more than a second ago (RFC 6762, 10.2).
  #flushOthers(key: string, id: string, link: number, now: number): void {
    for (const [otherId, other] of this.#sets.get(key) ?? []) {
      if (otherId !== id && other.link === link && other.receivedAt < now - GRACE) this.#shorten(other, now + GRACE);
    }
  }

  #shorten(kept: KeptRecord, expiresAt: number): void {
    if (kept.expiresAt <= expiresAt) return;
    kept.expiresAt = expiresAt;
    kept.refreshes = REFRESHES.length;
    this.#plan(expiresAt);
  }

  // Takes out the longest kept one that nobody wants.
  #makeRoom(): boolean {
    let looks = 0;
    for (const [id, { key, kept }] of this.#all) {
      if (++looks > MOST_LOOKS) return false;
      if (!this.listener.isWanted(key)) {
        this.#remove(key, id);
        this.counters.evicted++;
        return true;
      }
      this.#all.delete(id);
      this.#all.set(id, { key, kept });
    }
    return false;
  }

  #remove(key: string, id: string): void {
    this.#all.delete(id);
    const set = this.#sets.get(key);
    set?.delete(id);
    if (set?.size === 0) this.#sets.delete(key);
  }

  /** Somebody wants the records of a key now, and did not before. */
  wanted(key: string): void {
    for (const kept of this.#sets.get(key)?.values() ?? []) this.#plan(this.#nextTime(key, kept));
  }

  #nextTime(key: string, kept: KeptRecord): number {
    const share = this.listener.isWanted(key) ? REFRESHES[kept.refreshes] : undefined;
    if (share === undefined || kept.record.type === RecordType.NSEC) return kept.expiresAt;
    return Math.min(kept.expiresAt, kept.receivedAt + kept.record.ttl * 1000 * (share + this.#spread(kept)));
  }

  // By chance, but each time the same for one record.
  #spread({ receivedAt, record, refreshes }: KeptRecord): number {
    return (((receivedAt * 31 + record.id.length * 17 + refreshes * 7) % 97) / 97) * REFRESH_SPREAD;
  }

  #plan(time: number): void {
    if (time >= this.#due) return;
    const now = this.session.now();
    this.#timer?.cancel();
    this.#due = Math.max(time, now + SPACING);
    this.#timer = this.session.setTimer(this.#due - now, () => this.#lookThrough());
  }

  #lookThrough(): void {
    const now = this.session.now();
    this.#due = Infinity;
    let next = Infinity;
    const refreshed = new Set<string>();
    for (const [id, { key, kept }] of this.#all) {
      if (kept.expiresAt <= now) {
        this.#remove(key, id);
        this.listener.changed(key);
        continue;
      }
      while (this.#nextTime(key, kept) <= now) {
        kept.refreshes++;
        refreshed.add(key);
      }
      next = Math.min(next, this.#nextTime(key, kept));
    }
    for (const key of refreshed) this.listener.refresh(key);
    if (next !== Infinity) this.#plan(next);
  }

  /** Forgets everything. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#due = Infinity;
    this.#sets.clear();
    this.#all.clear();
  }
}
