// A lock between processes, made of files, that survives the death of its holder.
//
// The lock is a file that says who holds it; it appears with its contents, as a hard link to a file written before. When
// its holder has died, a waiter may take it over, but only one: the one that creates the claim `<lock>.<token>` for the
// dead holder's token. Claims name their maker in the same way, so a waiter that dies while taking over is succeeded
// likewise. A claim counts only as long as the lock still leads to it, which its maker checks after making it: since
// tokens are never used twice, and only the claim's maker may replace the lock, what it then replaces is what it judged.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Who holds a lock or claims one. */
interface Holder {
  readonly pid: number;
  /** When the process started, as its system counts; empty where that cannot be told. */
  readonly start: string;
  readonly host: string;
  /** Different for every attempt to get a lock. */
  readonly token: string;
}

// After how many milliseconds a lock that says nothing is nobody's.
const UNREADABLE_LIFETIME = 10_000;

// How the file is called that a waiter links to the lock: it names machine and process, since it is empty at first.
const OWN = `new-${hostname().replace(/[^\w.]/g, '_')}-`;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps; for a few milliseconds only, since nothing else runs in the meantime. */
function sleep(milliseconds: number): void {
  Atomics.wait(sleeper, 0, 0, milliseconds);
}

/** Whether an exception is a system error of this code. */
export function isSystemError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** A lock between processes. */
export class FileLock {
  #held: Holder | null = null;

  /** Describes the lock at `path`; its folder must exist when it is taken. */
  constructor(readonly path: string) {}

  /** Whether this object holds the lock. */
  get held(): boolean {
    return this.#held !== null;
  }

  /**
   * Waits for the lock and takes it.
   *
   * @param patience how long to wait, in milliseconds
   * @returns whether the lock was taken; false when a living process kept it for so long
   * @throws the system's error when the folder cannot be written to
   */
  acquire(patience: number): boolean {
    const self = identity();
    const own = `${this.path}.${OWN}${self.pid}-${self.token}`;
    writeNew(own, JSON.stringify(self));
    const deadline = performance.now() + patience;
    try {
      while (!this.#take(own, self) && !this.#succeed(own, self)) {
        if (performance.now() >= deadline) return false;
        sleep(1 + Math.random() * 4);
      }
      this.#held = self;
      this.#sweep();
      return true;
    } finally {
      remove(own);
    }
  }

  /** Gives the lock back; nothing happens when it is not held. */
  release(): void {
    if (this.#held === null) return;
    this.#held = null;
    remove(this.path);
  }

  #take(own: string, self: Holder): boolean {
    return place(own, this.path, self);
  }

  // Takes the lock over from a holder that died.
  #succeed(own: string, self: Holder): boolean {
    const dead = this.#line();
    const last = dead.at(-1);
    if (last === undefined || dead.some((holder) => !isDead(holder))) return false;
    const claim = this.#claim(last);
    if (!place(own, claim, self)) return false;
    const line = this.#line();
    if (line.at(-1)?.token !== self.token) {
      // The lock went on in the meantime: this claim was for somebody of the past.
      remove(claim);
      return false;
    }
    renameOver(own, this.path, self);
    for (const holder of line.slice(0, -1)) remove(this.#claim(holder));
    return true;
  }

  // The lock's holder, whoever claims its succession, whoever claims that one's, and so on.
  #line(): Holder[] {
    const line: Holder[] = [];
    for (let holder = readHolder(this.path); holder !== null; holder = readHolder(this.#claim(holder))) {
      line.push(holder);
    }
    return line;
  }

  #claim(holder: Holder): string {
    return `${this.path}.${holder.token}`;
  }

  // Removes what the dead have left. Under the lock all claims are void; a living waiter's own file is left to it.
  #sweep(): void {
    const folder = dirname(this.path);
    const prefix = `${basename(this.path)}.`;
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(prefix)) continue;
      try {
        const holder = ownerByName(name.slice(prefix.length)) ?? readHolder(join(folder, name));
        if (holder !== null && isDead(holder)) remove(join(folder, name));
      } catch {
        // Somebody else's, and not ours to remove.
      }
    }
  }
}

// Whose the file is that a waiter of this machine links to the lock.
function ownerByName(suffix: string): Holder | null {
  const pid = suffix.startsWith(OWN) ? Number.parseInt(suffix.slice(OWN.length), 10) : 0;
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
    writeNew(target, JSON.stringify(self));
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

function writeNew(path: string, contents: string): void {
  const fd = openSync(path, 'wx', 0o644);
  try {
    writeSync(fd, contents);
  } finally {
    closeSync(fd);
  }
}

function renameOver(own: string, target: string, self: Holder): void {
  // `own` is linked to the claim too; renaming a name of its own makes sure that the two are told apart.
  const fresh = `${own}.taking`;
  writeNew(fresh, JSON.stringify(self));
  renameSync(fresh, target);
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

function readHolder(path: string): Holder | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder> | null;
    if (typeof value?.pid === 'number' && typeof value.token === 'string') {
      return { pid: value.pid, start: value.start ?? '', host: value.host ?? '', token: value.token };
    }
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    if (!(error instanceof SyntaxError)) throw error;
  }
  // Not written yet, where there are no hard links; or its contents were lost when the power failed.
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || Date.now() - found.mtimeMs < UNREADABLE_LIFETIME) return null;
  return { pid: 0, start: '', host: '', token: `unreadable-${found.ino}-${Math.floor(found.mtimeMs)}` };
}

function identity(): Holder {
  return {
    pid: process.pid,
    start: statusOf(process.pid)[1],
    host: hostname(),
    token: randomBytes(12).toString('hex'),
  };
}

// A process on another machine, or in another container, is taken to be alive.
function isDead(holder: Holder): boolean {
  if (holder.pid === 0) return true;
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return isSystemError(error, 'ESRCH');
  }
  const [state, start] = statusOf(holder.pid);
  // The number may have been given to another process since.
  return state === 'Z' || (holder.start !== '' && start !== '' && start !== holder.start);
}

// State and start time: fields 3 and 22 of Linux' /proc/<pid>/stat, counted behind the name, which may hold anything.
function statusOf(pid: number): [state: string, start: string] {
  if (process.platform !== 'linux') return ['', ''];
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [fields[0] ?? '', fields[19] ?? ''];
  } catch {
    return ['', ''];
  }
}
