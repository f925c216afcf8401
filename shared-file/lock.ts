// A lock between processes, made of files, that survives the death of its holder.
//
// The lock is a file that says who holds it; it appears with its contents, as a hard link to a file written before.
// When its holder has died, a waiter may take it over, but only one: the one that creates the claim `<lock>.<token>`
// for the dead holder's token. Claims name their maker in the same way, so a waiter that dies while taking over is
// succeeded likewise. A claim counts only as long as the lock still leads to it, which its maker checks after making
// it: since tokens are never used twice, and only the claim's maker may replace the lock, what it then replaces is what
// it judged.
import { linkSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isSystemError, UnfitFileError } from './errors.js';
import { readOrdinaryFile, removeIfThere, removeQuietly, replaceFile, writeNewFile } from './files.js';
import { isDead, isThisThread, newHolder, parseHolder, placeName, type Holder } from './holder.js';

// How far a lock's time may lie from now, in milliseconds, before one that says nothing is nobody's.
const UNREADABLE_LIFETIME = 10_000;
// And how long it has to say nothing while we look, since clocks may be wrong.
const UNREADABLE_WATCH = 100;
// So many holders, one after the other, are waited for as long as one may keep the lock.
const MOST_HOLDERS = 10;
// The most bytes of a lock.
const LOCK_SIZE = 4096;

// The locks that this thread holds, whichever copy of the package took them.
const HELD = Symbol.for('ws2spi.catalog.locks');
const held = ((globalThis as { [HELD]?: Set<string> })[HELD] ??= new Set<string>());

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps; for a few milliseconds only, since nothing else runs in the meantime. */
function sleep(milliseconds: number): void {
  Atomics.wait(sleeper, 0, 0, milliseconds);
}

/** What came of waiting for a lock. */
export type LockResult = 'taken' | 'busy' | 'ours';

/** A lock between processes. */
export class FileLock {
  #held: Holder | null = null;
  #blocker: Holder | null = null;
  readonly #silent = new Map<string, number>();

  /** Describes the lock at `path`; its folder must exist when it is taken. */
  constructor(readonly path: string) {}

  /** Who had the lock when it could not be taken, as far as it was told. */
  get blocker(): Holder | null {
    return this.#blocker;
  }

  /**
   * Waits for the lock and takes it.
   *
   * @param patience how long to wait for one who has it, in milliseconds; ten times as long for all that have it, one after the other
   * @returns `taken`; `busy` when somebody who lives kept it for so long; `ours` when this very thread has it
   * @throws UnfitFileError when something else lies in its place; the system's error when the folder cannot be written
   *   to
   */
  acquire(patience: number): LockResult {
    const self = newHolder();
    const own = `${this.path}.new-${placeName()}-${self.pid}-${self.token}`;
    writeNewFile(own, JSON.stringify(self));
    const last = performance.now() + patience * MOST_HOLDERS;
    let deadline = performance.now() + patience;
    try {
      while (!place(own, this.path, self) && !this.#succeed(own, self)) {
        const before = this.#blocker?.token;
        this.#blocker = readHolder(this.path);
        // Where it changes hands nobody keeps it: whoever comes too late each time is only unlucky.
        if (this.#blocker !== null && this.#blocker.token !== before)
          deadline = Math.min(performance.now() + patience, last);
        if (this.#blocker !== null && held.has(this.#blocker.token) && isThisThread(this.#blocker)) return 'ours';
        if (performance.now() >= deadline) return 'busy';
        sleep(1 + Math.random() * 4);
      }
    } finally {
      removeQuietly(own);
    }
    this.#held = self;
    held.add(self.token);
    this.#sweep();
    return 'taken';
  }

  /** Whether the lock is still this object's: somebody may have removed it by hand. */
  get held(): boolean {
    return this.#held !== null && readHolder(this.path)?.token === this.#held.token;
  }

  /** Gives the lock back; nothing happens when it is not held. */
  release(): void {
    const mine = this.#held;
    if (mine === null) return;
    try {
      if (this.held) removeIfThere(this.path);
    } catch {
      // It may not be removed any more: whoever comes next finds a lock that nobody holds.
    }
    this.#held = null;
    held.delete(mine.token);
  }

  // Takes the lock over from a holder that died.
  #succeed(own: string, self: Holder): boolean {
    const dead = this.#line();
    const last = dead.at(-1);
    if (last === undefined || dead.some((holder) => !this.#isGone(holder))) return false;
    const claim = this.#claim(last);
    if (!place(own, claim, self)) return false;
    try {
      const line = this.#line();
      if (line.at(-1)?.token !== self.token) {
        // The lock went on in the meantime: this claim was for somebody of the past.
        removeQuietly(claim);
        return false;
      }
      renameOver(own, this.path, self);
      for (const holder of line.slice(0, -1)) removeQuietly(this.#claim(holder));
      return true;
    } catch (error) {
      removeQuietly(claim);
      throw error;
    }
  }

  #isGone(holder: Holder): boolean {
    // Left by this thread itself, which does not hold it any more.
    if (!isDead(holder)) return !held.has(holder.token) && isThisThread(holder);
    if (holder.pid !== 0) return true;
    const now = performance.now();
    const since = this.#silent.get(holder.token) ?? now;
    this.#silent.set(holder.token, since);
    return now - since >= UNREADABLE_WATCH;
  }

  // The lock's holder, whoever claims its succession, whoever claims that one's, and so on.
  #line(): Holder[] {
    const line: Holder[] = [];
    const seen = new Set<string>();
    for (let holder = readHolder(this.path); holder !== null; holder = readHolder(this.#claim(holder))) {
      // Claims that lead back to each other were made by hand.
      if (seen.has(holder.token)) break;
      seen.add(holder.token);
      line.push(holder);
    }
    return line;
  }

  #claim(holder: Holder): string {
    return `${this.path}.${holder.token}`;
  }

  // Removes what the dead have left. Under the lock all claims are void; a living waiter's own file is left to it.
  #sweep(): void {
    try {
      const folder = dirname(this.path);
      const prefix = `${basename(this.path)}.`;
      for (const name of readdirSync(folder)) {
        if (name.startsWith(prefix)) removeIfLeft(join(folder, name), name.slice(prefix.length));
      }
    } catch {
      // A folder that cannot be listed stays as it is.
    }
  }
}

function removeIfLeft(path: string, suffix: string): void {
  try {
    const holder = ownerByName(suffix) ?? readHolder(path);
    if (holder !== null && isDead(holder)) removeIfThere(path);
  } catch {
    // Somebody else's, and not ours to remove.
  }
}

// Whose the file is that a waiter links to the lock: its name tells, since it is empty at first.
function ownerByName(suffix: string): Holder | null {
  const prefix = `new-${placeName()}-`;
  const pid = suffix.startsWith(prefix) ? Number.parseInt(suffix.slice(prefix.length), 10) : 0;
  return pid > 0 ? { pid, start: '', host: hostname(), token: '' } : null;
}

// Makes `target` appear with the contents of `own`, unless it is there.
function place(own: string, target: string, self: Holder): boolean {
  try {
    linkSync(own, target);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    if (!isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
  }
  // A file system without hard links: the contents follow a moment later.
  try {
    writeNewFile(target, JSON.stringify(self));
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

function renameOver(own: string, target: string, self: Holder): void {
  // `own` is linked to the claim too; renaming a name of its own makes sure that the two are told apart.
  const fresh = `${own}.taking`;
  writeNewFile(fresh, JSON.stringify(self));
  try {
    replaceFile(fresh, target);
  } catch (error) {
    removeQuietly(fresh);
    throw error;
  }
}

// Who a lock or a claim names; one that says nothing is nobody's (pid 0) once its time is far from now.
function readHolder(path: string): Holder | null {
  try {
    const { bytes, stats } = readOrdinaryFile(path, LOCK_SIZE, false);
    const holder = parseHolder(bytes.toString());
    if (holder !== null) return holder;
    // Not written yet, where there are no hard links; or its contents were lost when the power failed.
    if (Math.abs(Date.now() - stats.mtimeMs) < UNREADABLE_LIFETIME) return null;
    return { pid: 0, start: '', host: '', token: `unreadable-${stats.ino}-${Math.floor(Math.abs(stats.mtimeMs))}` };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    if (error instanceof UnfitFileError) throw new UnfitFileError(path, `${error.fault}: remove it`);
    throw error;
  }
}
