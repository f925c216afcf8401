// Where a catalog is kept: in a file that all processes of a user share, or in memory.
import {
  closeSync,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { WSAEACCES, WSAEINPROGRESS, WSANO_RECOVERY, WSASYSCALLFAILURE, WSATRY_AGAIN } from '../spi/index.js';
import { verifyCatalog } from './check.js';
import { defaultCatalog, type CatalogBase } from './default-catalog.js';
import { FileLock, isSystemError } from './lock.js';
import { CatalogError, catalogName, type CatalogProblem } from './problem.js';
import {
  CATALOG_FORMAT,
  CATALOG_VERSION,
  FIRST_CATALOG_ENTRY_ID,
  formatCatalog,
  isMembers,
  parseCatalog,
  readCatalog,
  type CatalogData,
} from './schema.js';

/** How many previous generations of a catalog file are kept beside it. */
export const GENERATIONS_KEPT = 5;

/** A catalog as it was at one moment, with everything that is wrong with its entries. */
export interface CatalogSnapshot extends CatalogData {
  readonly problems: readonly CatalogProblem[];
}

/** A place where a catalog is kept. */
export interface CatalogStore {
  /** The catalog's file; `null` for one in memory. */
  readonly path: string | null;
  /** Why the last `update`, `reset` or `serial` failed; `null` when it did not. */
  readonly problem: CatalogProblem | null;
  /**
   * Reads the catalog.
   *
   * @returns a snapshot of the caller's own
   * @throws CatalogError (WSANO_RECOVERY) when the catalog as a whole is unusable
   */
  read(): CatalogSnapshot;
  /**
   * Changes the catalog: all of the change or none of it, one change at a time.
   *
   * @param change changes the draft it is given and returns 0, or returns a WSA error to leave the catalog as it is
   * @returns 0, what `change` returned, WSATRY_AGAIN when another process kept the lock for too long, WSAEINPROGRESS
   *   inside another change of the same store, WSANO_RECOVERY for a damaged catalog (which is never overwritten),
   *   WSAEACCES when the file may not be written, WSASYSCALLFAILURE when the system failed otherwise
   */
  update(change: (draft: CatalogData) => number): number;
  /**
   * Puts another catalog in place of whatever there is, even of a damaged one, which is kept as a generation.
   *
   * @returns 0, or an error as `update`
   */
  reset(data: CatalogData): number;
  /** The serial number of the last change, cheaply; -1 for a damaged catalog. */
  serial(): number;
  /** Has a listener told of changes made through this object; the function returned takes it off. */
  onChange(listener: () => void): () => void;
}

/** What all stores have in common: listeners, problems, one change at a time. */
abstract class BaseStore implements CatalogStore {
  abstract readonly path: string | null;
  #problem: CatalogProblem | null = null;
  #changing = false;
  readonly #listeners = new Set<() => void>();

  get problem(): CatalogProblem | null {
    return this.#problem;
  }

  abstract serial(): number;
  protected abstract load(): CatalogData;
  /** Runs a change under the store's lock. */
  protected abstract exclusively(change: () => number): number;
  protected abstract save(data: CatalogData, damaged: boolean): void;
  /** The highest serial number that was ever used, as far as can be told. */
  protected abstract lastSerial(): number;

  read(): CatalogSnapshot {
    const data = this.load();
    return { ...data, problems: verifyCatalog(data, this.path) };
  }

  update(change: (draft: CatalogData) => number): number {
    return this.#change(() => {
      const draft = this.load();
      const code = change(draft);
      if (code !== 0) return code;
      draft.serial++;
      this.save(draft, false);
      return 0;
    });
  }

  reset(data: CatalogData): number {
    return this.#change(() => {
      const fresh = readCatalog(data, null);
      const last = this.lastSerial();
      const damaged = this.serial() < 0;
      // A damaged file becomes a generation with a number of its own.
      fresh.serial = last + (damaged ? 2 : 1);
      this.save(fresh, damaged);
      return 0;
    });
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  protected fail(problem: CatalogProblem): void {
    this.#problem = problem;
  }

  #change(change: () => number): number {
    this.#problem = null;
    if (this.#changing) {
      this.#problem = {
        message: `${catalogName(this.path)} is being changed by this very call; change it afterwards.`,
        code: WSAEINPROGRESS,
        file: this.path,
      };
      return WSAEINPROGRESS;
    }
    this.#changing = true;
    let code: number;
    try {
      code = this.exclusively(change);
    } catch (error) {
      this.#problem = problemOf(error, this.path);
      return this.#problem.code;
    } finally {
      this.#changing = false;
    }
    if (code === 0) for (const listener of [...this.#listeners]) listener();
    return code;
  }
}

// What a failed system call means for the caller. Anything else is a defect, and thrown on.
function problemOf(error: unknown, file: string | null): CatalogProblem {
  if (error instanceof CatalogError) return error;
  if (!(error instanceof Error) || !('syscall' in error)) throw error;
  const denied = isSystemError(error, 'EACCES', 'EPERM', 'EROFS');
  return {
    message: `${catalogName(file)} was not changed: ${error.message}.`,
    code: denied ? WSAEACCES : WSASYSCALLFAILURE,
    file,
  };
}

/** A catalog in memory, which ends with the process. */
export class MemoryCatalogStore extends BaseStore {
  readonly path = null;
  #data: CatalogData;

  /**
   * Keeps a catalog in memory.
   *
   * @param data what it begins with; copied
   * @throws CatalogError (WSANO_RECOVERY) when it is not a catalog
   */
  constructor(data: CatalogData) {
    super();
    this.#data = readCatalog(data, null);
  }

  override serial(): number {
    return this.#data.serial;
  }

  protected override load(): CatalogData {
    return structuredClone(this.#data);
  }

  protected override exclusively(change: () => number): number {
    return change();
  }

  protected override save(data: CatalogData): void {
    this.#data = structuredClone(data);
  }

  protected override lastSerial(): number {
    return this.#data.serial;
  }
}

/** Settings of a file store. */
export interface FileCatalogOptions {
  /** Which base provider the built-in default names while there is no file; `tcpip` if absent. */
  readonly base?: CatalogBase;
  /** How long to wait for another process' change, in milliseconds; 5000 if absent. */
  readonly lockTimeout?: number;
}

/** What tells one state of the file from another without reading it. */
interface FileStamp {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** A catalog in a file that processes share. While there is no file, the built-in default holds. */
export class FileCatalogStore extends BaseStore {
  readonly path: string;
  readonly #base: CatalogBase;
  readonly #lock: FileLock;
  readonly #patience: number;
  #seen: { readonly stamp: FileStamp; readonly serial: number } | null = null;

  /**
   * Describes the catalog at `path`; nothing is read or created before it is asked for.
   *
   * @param path the file; a relative one counts from the working directory
   */
  constructor(path: string, options: FileCatalogOptions = {}) {
    super();
    this.path = resolve(path);
    this.#base = options.base ?? 'tcpip';
    this.#patience = options.lockTimeout ?? 5000;
    this.#lock = new FileLock(`${this.path}.lock`);
  }

  override serial(): number {
    try {
      const stamp = statSync(this.path, { bigint: true, throwIfNoEntry: false });
      if (stamp === undefined) return 1;
      if (this.#seen !== null && sameStamp(this.#seen.stamp, stamp)) return this.#seen.serial;
      // Read after the stamp was taken: a change in between is seen next time.
      this.#seen = { stamp, serial: -1 };
      this.#seen = { stamp, serial: this.load().serial };
      return this.#seen.serial;
    } catch (error) {
      this.fail(problemOf(error, this.path));
      return -1;
    }
  }

  protected override load(): CatalogData {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (cause) {
      if (isSystemError(cause, 'ENOENT')) return defaultCatalog(this.#base);
      const message =
        `${catalogName(this.path)} cannot be read: ${(cause as Error).message}. ` +
        `Correct its permissions, or name another file in WS2SPI_CATALOG.`;
      throw new CatalogError({ message, code: WSANO_RECOVERY, file: this.path }, cause);
    }
    return parseCatalog(text, this.path);
  }

  protected override exclusively(change: () => number): number {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    if (!this.#lock.acquire(this.#patience)) {
      const message =
        `${catalogName(this.path)} was not changed: another process holds ${this.#lock.path} ` +
        `for more than ${this.#patience} ms. Try again when it is done.`;
      this.fail({ message, code: WSATRY_AGAIN, file: this.path });
      return WSATRY_AGAIN;
    }
    try {
      return change();
    } finally {
      this.#lock.release();
    }
  }

  // A reader sees the old file or the new one, and so does whoever comes after a crash: the new file is complete and on
  // the disk before it takes the old one's name.
  protected override save(data: CatalogData, damaged: boolean): void {
    const folder = dirname(this.path);
    const before = statSync(this.path, { throwIfNoEntry: false });
    this.#removeLeftovers();
    const fresh = `${this.path}.tmp-${process.pid}`;
    const fd = openSync(fresh, 'wx', 0o600);
    try {
      if (before !== undefined && process.platform !== 'win32') fchmodSync(fd, before.mode & 0o777);
      writeAll(fd, Buffer.from(formatCatalog(data)));
      fsyncSync(fd);
    } catch (error) {
      removeIfThere(fresh);
      throw error;
    } finally {
      closeSync(fd);
    }
    if (before !== undefined) this.#keepGeneration(damaged ? data.serial - 1 : this.#serialOnDisk(data));
    renameSync(fresh, this.path);
    syncFolder(folder);
    this.#removeOldGenerations();
    this.#seen = null;
  }

  protected override lastSerial(): number {
    return Math.max(this.serial(), 1, ...this.#generations());
  }

  #serialOnDisk(next: CatalogData): number {
    const serial = this.serial();
    return serial < 0 ? next.serial - 1 : serial;
  }

  #keepGeneration(serial: number): void {
    const generation = `${this.path}.${serial}`;
    // One that a killed process made, and then never got to replace the file.
    removeIfThere(generation);
    try {
      linkSync(this.path, generation);
    } catch (error) {
      if (!isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
      copyFileSync(this.path, generation);
    }
  }

  #removeOldGenerations(): void {
    const serials = this.#generations().sort((a, b) => b - a);
    for (const serial of serials.slice(GENERATIONS_KEPT)) removeIfThere(`${this.path}.${serial}`);
  }

  #generations(): number[] {
    return this.#siblings(/^\d+$/).map(Number);
  }

  #removeLeftovers(): void {
    for (const suffix of this.#siblings(/^tmp-\d+$/)) removeIfThere(`${this.path}.${suffix}`);
  }

  // The ends of the names of files that belong to this catalog.
  #siblings(suffix: RegExp): string[] {
    const prefix = `${basename(this.path)}.`;
    return readdirSync(dirname(this.path))
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length))
      .filter((rest) => suffix.test(rest));
  }
}

function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

function syncFolder(folder: string): void {
  // Windows has no such thing, and needs none.
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!isSystemError(error, 'EINVAL', 'ENOTSUP')) throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * Where a user's catalog is, unless told otherwise.
 *
 * @param env the environment; `WS2SPI_CATALOG` names the file, else it is `ws2spi/catalog.json` in the user's state folder
 *   (`XDG_STATE_HOME` or `~/.local/state`; `%LOCALAPPDATA%` on Windows; `~/Library/Application Support` on macOS)
 * @param platform the system, as `process.platform`
 */
export function defaultCatalogPath(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const named = env['WS2SPI_CATALOG'];
  if (named !== undefined && named !== '') return named;
  return join(stateFolder(env, platform), 'ws2spi', 'catalog.json');
}

function stateFolder(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  const home = env['HOME'] || env['USERPROFILE'] || homedir();
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  return env['XDG_STATE_HOME'] || join(home, '.local', 'state');
}

/** What may be given as an instance's catalog: a path, `'memory'`, a store, or a catalog as a plain object. */
export type CatalogOption = string | CatalogStore | Partial<CatalogData> | null | undefined;

/**
 * Opens the catalog that an instance was told to use.
 *
 * @param option a path; `'memory'` for the default catalog, never saved; a store; a plain object in the file's format,
 *   of which only `protocols` must be there, and which is copied; nothing for the user's own file
 * @param base which base provider the built-in default names
 * @throws CatalogError (WSANO_RECOVERY) for a plain object that is not a catalog; a file is not read yet
 */
export function openCatalog(option: CatalogOption, base: CatalogBase = 'tcpip'): CatalogStore {
  if (option === null || option === undefined) return new FileCatalogStore(defaultCatalogPath(), { base });
  if (option === 'memory') return new MemoryCatalogStore(defaultCatalog(base));
  if (typeof option === 'string') return new FileCatalogStore(option, { base });
  if (isStore(option)) return option;
  return new MemoryCatalogStore({
    ...(isMembers(option) ? option : {}),
    format: option.format ?? CATALOG_FORMAT,
    version: option.version ?? CATALOG_VERSION,
    serial: option.serial ?? 1,
    nextCatalogEntryId: option.nextCatalogEntryId ?? FIRST_CATALOG_ENTRY_ID,
    protocols: option.protocols as CatalogData['protocols'],
    nameSpaces: option.nameSpaces ?? defaultCatalog(base).nameSpaces,
  });
}

// Known by its members, not by its class: copies of the package may differ.
function isStore(option: CatalogStore | Partial<CatalogData>): option is CatalogStore {
  return 'read' in option && typeof option.read === 'function' && typeof option['update'] === 'function';
}
