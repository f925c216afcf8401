import { statSync, type Stats } from 'node:fs';
import type { DeferredWork, InstanceHost } from '../../../spi/index.js';
import type { Database } from './database.js';
import { FileReading } from './file-reading.js';
import type { LineKind } from './line-scanner.js';

/** For how long a file is not looked at again, in milliseconds: a look costs as much as everything else about a question. */
const LOOK_INTERVAL = 10;

/** How many of those who waited are told in one piece of deferred work. */
const TOLD_AT_ONCE = 8;

/** Told of the database that a file is. */
type DatabaseListener<E> = (database: Database<E>) => void;

/**
 * A file that is read when it is first asked for, and again when it has changed, which is seen within `LOOK_INTERVAL`. A large
 * one is read in several turns, and who asks meanwhile waits for it.
 */
export class DatabaseFile<E> {
  #signature: Signature | null = null;
  #database: Database<E> | null = null;
  #lookedAt = -Infinity;
  #reading: FileReading<E> | null = null;
  #waiting: DatabaseListener<E>[] = [];
  // They wait for the reading behind the one that is under way.
  #waitingForNext: DatabaseListener<E>[] = [];

  /**
   * @param path where the file is
   * @param kind what its lines say
   * @param whenMissing makes the database while there is no such file
   * @param host the instance's
   * @param unreadable told why a file that is there could not be read; it counts as missing
   */
  constructor(
    readonly path: string,
    private readonly kind: LineKind<E>,
    private readonly whenMissing: () => Database<E>,
    private readonly host: Pick<InstanceHost, 'clock' | 'defer' | 'deferToNextTurn'>,
    private readonly unreadable: (cause: unknown) => void,
  ) {}

  /** The database as the file is now, or was `LOOK_INTERVAL` ago; `null` while it is being read. */
  get now(): Database<E> | null {
    const now = this.host.clock.now();
    if (this.#reading !== null || (this.#database !== null && now - this.#lookedAt < LOOK_INTERVAL)) {
      return this.#reading === null ? this.#database : null;
    }
    this.#lookedAt = now;
    const signature = this.#sign();
    if (this.#database === null || !areSame(signature, this.#signature)) this.#read(signature);
    return this.#database;
  }

  /**
   * Calls a function with the database: now, or when the file has been read.
   *
   * @param fresh whether the file is to be read again, whatever the file system says of it
   */
  whenRead(fresh: boolean, listener: DatabaseListener<E>): void {
    if (fresh && this.#reading !== null) {
      this.#waitingForNext.push(listener);
      return;
    }
    if (fresh) this.#database = null;
    const database = this.now;
    if (database === null) this.#waiting.push(listener);
    else listener(database);
  }

  /** Nobody asks any more. */
  end(): void {
    this.#reading?.end();
    this.#reading = null;
    this.#waiting = [];
    this.#waitingForNext = [];
  }

  // Reads the file; the database is null behind it when that takes more turns.
  #read(signature: Signature | null): void {
    this.#signature = signature;
    this.#database = null;
    if (signature === null) {
      this.#database = this.whenMissing();
      return;
    }
    try {
      const reading = new FileReading(this.path, this.kind, this.host, (outcome) => this.#ended(outcome));
      // Of what was opened, which may be another file by now.
      this.#signature = reading.stats;
      this.#database = reading.begin();
      if (this.#database === null) this.#reading = reading;
    } catch (cause) {
      this.unreadable(cause);
      this.#database = this.whenMissing();
    }
  }

  #ended(outcome: Database<E> | { readonly cause: unknown }): void {
    this.#reading = null;
    if ('cause' in outcome) this.unreadable(outcome.cause);
    const database = 'cause' in outcome ? this.whenMissing() : outcome;
    this.#database = database;
    this.host.defer(new Telling(this.#waiting, database, this.host));
    [this.#waiting, this.#waitingForNext] = [this.#waitingForNext, []];
    if (this.#waiting.length > 0) this.#readForWaiting();
  }

  // Reads again for those who asked while a reading was under way.
  #readForWaiting(): void {
    this.#database = null;
    const database = this.now;
    if (database === null) return;
    this.host.defer(new Telling(this.#waiting, database, this.host));
    this.#waiting = [];
  }

  // What changes whenever the file does; null while there is none.
  #sign(): Signature | null {
    try {
      return statSync(this.path, MAYBE_MISSING) ?? null;
    } catch {
      return null;
    }
  }
}

/** Those who waited for a reading are told of its database: there may be very many, and each does something then. */
class Telling<E> implements DeferredWork {
  queued = false;
  #next = 0;

  constructor(
    private readonly listeners: readonly DatabaseListener<E>[],
    private readonly database: Database<E>,
    private readonly host: Pick<InstanceHost, 'defer'>,
  ) {}

  run(): void {
    const end = Math.min(this.listeners.length, this.#next + TOLD_AT_ONCE);
    while (this.#next < end) this.listeners[this.#next++]!(this.database);
    if (end < this.listeners.length) this.host.defer(this);
  }
}

// Times are told to a quarter of a microsecond, which is more than file systems do.
type Signature = Pick<Stats, 'mtimeMs' | 'ctimeMs' | 'size' | 'ino'>;

const MAYBE_MISSING = { throwIfNoEntry: false } as const;

function areSame(a: Signature | null, b: Signature | null): boolean {
  if (a === null || b === null) return a === b;
  return a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.size === b.size && a.ino === b.ino;
}
