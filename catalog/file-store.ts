// A catalog in a file that processes share.
import { WSAEINPROGRESS, WSANO_RECOVERY, WSATRY_AGAIN } from '../spi/index.js';
import { checkOptions, numberThat, oneOf, type OptionRule } from '../spi/option-check.js';
import {
  cureOf,
  describeHolder,
  LockLostError,
  SharedFile,
  UnfitFileError,
  type FileStamp,
  type LockRefusal,
} from '../shared-file/index.js';
import { defaultCatalog, type CatalogBase } from './default-catalog.js';
import { ANOTHER_FILE, CatalogError, catalogName, type CatalogProblem } from './problem.js';
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

/**
 * A catalog in a file that processes share. While there is no file, the built-in default holds. A symbolic link is
 * followed: the lock and the generations lie beside the file that it leads to.
 */
export class FileCatalogStore extends BaseStore {
  readonly path: string;
  readonly #base: CatalogBase;
  readonly #patience: number;
  readonly #file: SharedFile;
  #seen: { readonly stamp: FileStamp; readonly serial: number } | null = null;

  /**
   * Describes the catalog at `path`; nothing is read or created before it is asked for.
   *
   * @param path the file; a relative one counts from the working directory
   */
  constructor(path: string, options: FileCatalogOptions = {}) {
    super();
    checkOptions('FileCatalogStore', options, RULES);
    this.#base = options.base ?? 'tcpip';
    this.#patience = options.lockTimeout ?? 5000;
    this.#file = new SharedFile(path, MAX_CATALOG_SIZE, this.#patience, GENERATIONS_KEPT);
    this.path = this.#file.path;
  }

  override serial(): number {
    try {
      const stamp = this.#file.stamp();
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

  /** The states that are kept beside the file, the latest first. */
  generations(): { readonly serial: number; readonly path: string }[] {
    return this.#file.generationFiles();
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
    let text: string | null;
    try {
      text = this.#file.read();
    } catch (cause) {
      throw new CatalogError(unreadable(cause, this.path), cause);
    }
    return text === null ? defaultCatalog(this.#base) : parseCatalog(text, this.path);
  }

  protected override exclusively(change: () => number): number {
    return this.#file.exclusively(change, (refusal) => {
      const problem = refusal.why === 'busy' ? this.#busy(refusal) : this.#inProgress();
      this.fail(problem);
      return problem.code;
    });
  }

  protected override save(data: CatalogData, damaged: boolean): void {
    const text = formatCatalog(data);
    try {
      this.#file.replace(text, data.serial, () => (damaged ? data.serial - 1 : this.#serialOnDisk(data)));
    } catch (error) {
      throw error instanceof LockLostError ? new CatalogError(this.#lostLock(error.lock)) : error;
    }
    this.#seen = null;
  }

  protected override lastSerial(): number {
    return Math.max(this.serial(), 1, ...this.#file.generations());
  }

  #serialOnDisk(next: CatalogData): number {
    const serial = this.serial();
    return serial < 0 ? next.serial - 1 : serial;
  }

  #busy({ holder, lock }: LockRefusal): CatalogProblem {
    const who = holder === null ? 'another process' : describeHolder(holder);
    const message =
      `${catalogName(this.path)} was not changed: ${who} holds ${lock} for more than ${this.#patience} ms. ` +
      'Try again when it is done; if it has ended and cannot be seen from here, remove that file.';
    return { message, code: WSATRY_AGAIN, file: this.path };
  }

  #inProgress(): CatalogProblem {
    const message = `${catalogName(this.path)} is being changed by this very call; change it afterwards.`;
    return { message, code: WSAEINPROGRESS, file: this.path };
  }

  #lostLock(lock: string): CatalogProblem {
    const message = `${catalogName(this.path)} was not changed: somebody took ${lock} away meanwhile. Try again.`;
    return { message, code: WSATRY_AGAIN, file: this.path };
  }
}

function unreadable(cause: unknown, file: string): CatalogProblem {
  const why =
    cause instanceof UnfitFileError ? `it ${cause.fault}` : cause instanceof Error ? cause.message : String(cause);
  const cure = cause instanceof UnfitFileError ? `Move it away, or ${ANOTHER_FILE}.` : cureOf(cause, ANOTHER_FILE);
  return { message: `${catalogName(file)} cannot be read: ${why}. ${cure}`, code: WSANO_RECOVERY, file };
}

function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}
