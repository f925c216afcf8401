// A catalog in a file that processes share.
import { randomBytes } from 'node:crypto';
import { copyFileSync, linkSync, lstatSync, readdirSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { WSAEINPROGRESS, WSANO_RECOVERY, WSATRY_AGAIN } from '../spi/index.js';
import { checkOptions, numberThat, oneOf, type OptionRule } from '../spi/option-check.js';
import { defaultCatalog, type CatalogBase } from './default-catalog.js';
import {
  followLinks,
  isSystemError,
  makeFolder,
  needOrdinaryFile,
  needWritable,
  ownershipIn,
  readOrdinaryFile,
  removeIfThere,
  removeQuietly,
  syncFolder,
  UnfitFileError,
  writeNewFile,
} from './files.js';
import { describeHolder } from './holder.js';
import { FileLock } from './lock.js';
import { CatalogError, catalogName, type CatalogProblem } from './problem.js';
import { formatCatalog, MAX_CATALOG_SIZE, parseCatalog, type CatalogData } from './schema.js';
import { BaseStore, problemOf } from './store.js';
import { distrustOf } from './trust.js';

/** How many previous generations of a catalog file are kept beside it. */
export const GENERATIONS_KEPT = 5;

/** Settings of a file store. */
export interface FileCatalogOptions {
  /** Which base provider the built-in default names while there is no file; `tcpip` if absent. */
  readonly base?: CatalogBase;
  /** How long to wait for another process' change, in milliseconds; 5000 if absent. */
  readonly lockTimeout?: number;
}

const RULES: Readonly<Record<keyof FileCatalogOptions, OptionRule>> = {
  base: oneOf('tcpip', 'memory'),
  lockTimeout: numberThat((value) => value >= 0, 'milliseconds, 0 or more'),
};

/** What tells one state of the file from another without reading it. */
interface FileStamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/**
 * A catalog in a file that processes share. While there is no file, the built-in default holds. A symbolic link is
 * followed: the lock and the generations lie beside the file that it leads to.
 */
export class FileCatalogStore extends BaseStore {
  readonly path: string;
  readonly #base: CatalogBase;
  readonly #patience: number;
  #seen: { readonly stamp: FileStamp; readonly serial: number } | null = null;
  /** While the catalog is being changed: the file that `path` leads to, and the lock beside it. */
  #target: { readonly file: string; readonly lock: FileLock } | null = null;

  /**
   * Describes the catalog at `path`; nothing is read or created before it is asked for.
   *
   * @param path the file; a relative one counts from the working directory
   */
  constructor(path: string, options: FileCatalogOptions = {}) {
    super();
    checkOptions('FileCatalogStore', options, RULES);
    this.path = resolve(path);
    this.#base = options.base ?? 'tcpip';
    this.#patience = options.lockTimeout ?? 5000;
  }

  override serial(): number {
    try {
      const stamp = statSync(this.#file, { bigint: true, throwIfNoEntry: false });
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

  distrust(use: 'run' | 'change'): CatalogProblem | null {
    const doubt = distrustOf(this.path, use === 'run' ? { owners: true } : { owners: false, missing: true });
    if (doubt === null) return null;
    const message =
      `${catalogName(this.path)} is not used: ${doubt.fault}, and so decide which code runs. ` +
      `To mend it, ${doubt.cure}; to use it all the same, createWs2_32({ trustCatalog: true }).`;
    return { message, code: WSANO_RECOVERY, file: this.path };
  }

  protected override load(): CatalogData {
    let text: string;
    try {
      text = readOrdinaryFile(this.#file, MAX_CATALOG_SIZE, true).bytes.toString();
    } catch (cause) {
      if (isSystemError(cause, 'ENOENT')) return defaultCatalog(this.#base);
      throw new CatalogError(unreadable(cause, this.path), cause);
    }
    return parseCatalog(text, this.path);
  }

  protected override exclusively(change: () => number): number {
    const file = followLinks(this.path);
    const lock = new FileLock(`${file}.lock`);
    // What is no file is not changed: whoever tries is told so, and no lock is needed, in a folder that may be
    // anybody's.
    const fit = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
    if (fit) makeFolder(dirname(file));
    const result = fit ? lock.acquire(this.#patience) : 'taken';
    if (result !== 'taken') {
      const problem = result === 'busy' ? this.#busy(lock) : this.#inProgress();
      this.fail(problem);
      return problem.code;
    }
    this.#target = { file, lock };
    try {
      return change();
    } finally {
      this.#target = null;
      lock.release();
    }
  }

  // A reader sees the old file or the new one, and so does whoever comes after a crash: the new file is complete and on
  // the disk before it takes the old one's name.
  protected override save(data: CatalogData, damaged: boolean): void {
    const { file, lock } = this.#target!;
    const folder = dirname(file);
    const text = formatCatalog(data);
    if (Buffer.byteLength(text) > MAX_CATALOG_SIZE) {
      throw new UnfitFileError(file, `would have more than the ${MAX_CATALOG_SIZE} bytes that a catalog may have`);
    }
    const before = statSync(file, { throwIfNoEntry: false });
    if (before !== undefined) {
      needOrdinaryFile(file, before);
      needWritable(file);
    }
    this.#removeLeftovers(file);
    const fresh = `${file}.tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
    writeNewFile(fresh, text, true, before ?? ownershipIn(folder, 0o600));
    try {
      if (before !== undefined) keepGeneration(file, damaged ? data.serial - 1 : this.#serialOnDisk(data));
      if (!lock.held) throw new CatalogError(this.#lostLock(lock));
      renameSync(fresh, file);
    } catch (error) {
      removeQuietly(fresh);
      throw error;
    }
    // The change is made: whatever else fails is no reason to say otherwise.
    this.#seen = null;
    syncFolder(folder);
    for (const serial of generations(file, data.serial).slice(GENERATIONS_KEPT)) removeQuietly(`${file}.${serial}`);
  }

  protected override lastSerial(): number {
    return Math.max(this.serial(), 1, ...generations(this.#file, Number.MAX_SAFE_INTEGER));
  }

  get #file(): string {
    return this.#target?.file ?? this.path;
  }

  #serialOnDisk(next: CatalogData): number {
    const serial = this.serial();
    return serial < 0 ? next.serial - 1 : serial;
  }

  #removeLeftovers(file: string): void {
    for (const suffix of siblings(file, /^tmp-\d+(-[0-9a-f]+)?$/)) removeQuietly(`${file}.${suffix}`);
  }

  #busy(lock: FileLock): CatalogProblem {
    const { blocker } = lock;
    const who = blocker === null ? 'another process' : describeHolder(blocker);
    const message =
      `${catalogName(this.path)} was not changed: ${who} holds ${lock.path} for more than ${this.#patience} ms. ` +
      'Try again when it is done; if it has ended and cannot be seen from here, remove that file.';
    return { message, code: WSATRY_AGAIN, file: this.path };
  }

  #inProgress(): CatalogProblem {
    const message = `${catalogName(this.path)} is being changed by this very call; change it afterwards.`;
    return { message, code: WSAEINPROGRESS, file: this.path };
  }

  #lostLock(lock: FileLock): CatalogProblem {
    const message = `${catalogName(this.path)} was not changed: somebody took ${lock.path} away meanwhile. Try again.`;
    return { message, code: WSATRY_AGAIN, file: this.path };
  }
}

function unreadable(cause: unknown, file: string): CatalogProblem {
  const why =
    cause instanceof UnfitFileError ? `it ${cause.fault}` : cause instanceof Error ? cause.message : String(cause);
  const cure =
    cause instanceof UnfitFileError
      ? 'Move it away, or name another file in WS2SPI_CATALOG.'
      : 'Correct its permissions, or name another file in WS2SPI_CATALOG.';
  return { message: `${catalogName(file)} cannot be read: ${why}. ${cure}`, code: WSANO_RECOVERY, file };
}

function keepGeneration(file: string, serial: number): void {
  const generation = `${file}.${serial}`;
  const found = lstatSync(generation, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) {
    throw new UnfitFileError(generation, 'is a folder, where the present catalog is to be kept: move it away');
  }
  // One that a killed process made, and then never got to replace the file.
  removeIfThere(generation);
  try {
    linkSync(file, generation);
    return;
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
  }
  try {
    copyFileSync(file, generation);
  } catch (error) {
    removeQuietly(generation);
    throw error;
  }
}

// The generations of a file, the latest first. Numbers beyond the present one are of a count that began anew since;
// what is not a number that a catalog can have is somebody else's file.
function generations(file: string, present: number): number[] {
  const serials = siblings(file, /^[1-9]\d*$/)
    .map(Number)
    .filter(Number.isSafeInteger);
  const age = (serial: number): number => (serial < present ? 0 : 1);
  return serials.sort((a, b) => age(a) - age(b) || b - a);
}

// The ends of the names of files that belong to a catalog; none in a folder that may not be listed.
function siblings(file: string, suffix: RegExp): string[] {
  const prefix = `${basename(file)}.`;
  let names: string[];
  try {
    names = readdirSync(dirname(file));
  } catch (error) {
    if (isSystemError(error, 'EACCES', 'EPERM', 'ENOENT')) return [];
    throw error;
  }
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((rest) => suffix.test(rest));
}

function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}
