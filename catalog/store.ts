// Where a catalog is kept: in a file that all processes of a user share, or in memory.
import { WSAEACCES, WSAEINPROGRESS, WSANO_RECOVERY, WSASYSCALLFAILURE } from '../spi/index.js';
import { verifyEntries } from './check.js';
import { cureOf, isSystemError, UnfitFileError } from '../shared-file/errors.js';
import { ANOTHER_FILE, CatalogError, catalogName, type CatalogProblem } from './problem.js';
import { catalogFault, readCatalog, type CatalogData } from './schema.js';

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
  /**
   * Says why the catalog should not be used: others may write it, and so decide which code runs.
   *
   * @param use `run` when the modules that it names are to be run, which whoever owns it decides as well; `change` when
   *   it is only read or changed
   * @returns the problem, or `null`; a store without this function is trusted
   */
  distrust?(use: 'run' | 'change'): CatalogProblem | null;
  /** Tells a listener of changes made through this object; the function returned takes it off. */
  onChange(listener: () => void): () => void;
}

/** What all stores have in common: listeners, problems, one change at a time. */
export abstract class BaseStore implements CatalogStore {
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
    return { ...data, problems: verifyEntries(data, this.path) };
  }

  update(change: (draft: CatalogData) => number): number {
    return this.#change(() => {
      const draft = this.load();
      const code = change(draft);
      if (code !== 0) return code;
      draft.serial = serialAfter(draft.serial);
      this.#save(draft, false);
      return 0;
    });
  }

  reset(data: CatalogData): number {
    return this.#change(() => {
      const fresh = readCatalog(data, null);
      const last = this.lastSerial();
      const damaged = this.serial() < 0;
      // A damaged file becomes a generation with a number of its own.
      fresh.serial = serialAfter(damaged ? serialAfter(last) : last);
      this.#save(fresh, damaged);
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

  // What could not be read afterwards is not written.
  #save(data: CatalogData, damaged: boolean): void {
    const fault = catalogFault(data);
    if (fault !== null) {
      const message = `${catalogName(this.path)} was not changed: as a catalog that ${fault} it could not be read again.`;
      throw new CatalogError({ message, code: WSANO_RECOVERY, file: this.path });
    }
    this.save(data, damaged);
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

/** The serial number after another; a count that somebody drove to its end begins anew. */
function serialAfter(serial: number): number {
  return serial < Number.MAX_SAFE_INTEGER ? serial + 1 : 2;
}

/** What a failed system call means for the caller. Anything else is a defect, and thrown on. */
export function problemOf(error: unknown, file: string | null): CatalogProblem {
  if (error instanceof CatalogError) return error;
  if (error instanceof UnfitFileError) {
    return { message: `${catalogName(file)} was not changed: ${error.message}.`, code: WSASYSCALLFAILURE, file };
  }
  if (!(error instanceof Error) || !('syscall' in error)) throw error;
  const denied = isSystemError(error, 'EACCES', 'EPERM', 'EROFS');
  return {
    message: `${catalogName(file)} was not changed: ${error.message}. ${cureOf(error, ANOTHER_FILE)}`,
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
