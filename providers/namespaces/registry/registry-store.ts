import {
  cureOf,
  describeHolder,
  isSystemError,
  LockLostError,
  SharedFile,
  UnfitFileError,
  type FileStamp,
  type LockRefusal,
} from '../../../shared-file/index.js';
import { atOnce, type Slices } from '../../../name-space/slices.js';
import { WSAEACCES, WSANO_RECOVERY, WSASYSCALLFAILURE, WSATRY_AGAIN } from '../../../spi/index.js';
import {
  EMPTY_REGISTRY,
  formatRegistry,
  MAX_REGISTRY_SIZE,
  parseRegistry,
  type RegistryData,
  type RegistryDraft,
} from './registry-data.js';

/** How many previous generations of a registry's file are kept beside it. */
const GENERATIONS_KEPT = 3;

/** Another process is changing the registry: to be tried again. */
export const BUSY = -1;

/** Why a registry could not be read or changed, for people, and as a WSA error. */
export class RegistryProblem extends Error {
  /** Names the file, and the cure. */
  constructor(
    message: string,
    readonly code: number,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** Where a registry is kept. */
export interface RegistryStore {
  /** What it is called in messages. */
  readonly name: string;
  /**
   * What is registered just now.
   *
   * @throws RegistryProblem
   */
  read(): RegistryData;
  /** The same, in slices, and a problem as what comes of it; one slice where it is known. Behind it `read` takes no time. */
  reading(): Slices<RegistryData | RegistryProblem>;
  /**
   * Makes a change, or none, and never waits for others.
   *
   * @param change changes the draft and returns 0, or returns a WSA error to leave everything as it is
   * @returns 0, what `change` returned, or BUSY
   * @throws RegistryProblem
   */
  update(change: (draft: RegistryDraft) => number): number;
  /** Whether others may have changed it since `read` was called last, cheaply. */
  hasChanged(): boolean;
  /** Says who keeps it busy. */
  readonly holder: string;
}

/** A registry in memory, which ends with the instance. */
export class MemoryRegistry implements RegistryStore {
  readonly name = 'the registry in memory';
  readonly holder = 'nobody';
  #data = EMPTY_REGISTRY;

  read(): RegistryData {
    return this.#data;
  }

  *reading(): Slices<RegistryData> {
    return this.#data;
  }

  update(change: (draft: RegistryDraft) => number): number {
    const draft = draftOf(this.#data);
    const error = change(draft);
    if (error === 0) this.#data = { ...this.#data, ...draft, serial: this.#data.serial + 1 };
    return error;
  }

  hasChanged(): boolean {
    return false;
  }
}

/** A registry in a file that processes share; while there is none, nothing is registered. */
export class FileRegistry implements RegistryStore {
  readonly #file: SharedFile;
  #known: { readonly stamp: FileStamp | undefined; readonly data: RegistryData } | null = null;
  #holder: LockRefusal | null = null;

  /** @param path the file */
  constructor(path: string) {
    this.#file = new SharedFile(path, MAX_REGISTRY_SIZE, 0, GENERATIONS_KEPT);
  }

  get name(): string {
    return `the registry ${this.#file.path}`;
  }

  get holder(): string {
    const { holder = null, lock = '' } = this.#holder ?? {};
    return `${holder === null ? 'another process' : describeHolder(holder)} holds ${lock}`;
  }

  read(): RegistryData {
    const outcome = atOnce(this.reading());
    if (outcome instanceof RegistryProblem) throw outcome;
    return outcome;
  }

  *reading(): Slices<RegistryData | RegistryProblem> {
    try {
      // Taken first: a change in between is seen next time.
      const stamp = this.#file.stamp();
      if (this.#known !== null && isSame(this.#known.stamp, stamp)) return this.#known.data;
      const text = this.#file.read();
      const data = text === null ? EMPTY_REGISTRY : yield* parseRegistry(text);
      if (typeof data === 'string') {
        const cure = `Move it away, or copy back one of ${this.#file.path}.<serial>.`;
        return new RegistryProblem(`${this.name} ${data}. Nothing was changed. ${cure}`, WSANO_RECOVERY);
      }
      this.#known = { stamp, data };
      return data;
    } catch (cause) {
      const problem = this.#problem(cause, 'cannot be read');
      if (problem instanceof RegistryProblem) return problem;
      throw problem;
    }
  }

  update(change: (draft: RegistryDraft) => number): number {
    try {
      return this.#file.exclusively(
        () => {
          const data = this.read();
          const draft = draftOf(data);
          const error = change(draft);
          if (error !== 0) return error;
          const serial = data.serial < Number.MAX_SAFE_INTEGER ? data.serial + 1 : 2;
          this.#file.replace(formatRegistry({ ...data, ...draft, serial }), serial, () => data.serial);
          this.#known = null;
          return 0;
        },
        (refusal) => {
          this.#holder = refusal;
          return BUSY;
        },
      );
    } catch (cause) {
      if (cause instanceof LockLostError) return BUSY;
      throw this.#problem(cause, 'was not changed');
    }
  }

  hasChanged(): boolean {
    try {
      return this.#known !== null && !isSame(this.#known.stamp, this.#file.stamp());
    } catch {
      // Whoever reads it is told.
      return true;
    }
  }

  #problem(cause: unknown, what: string): unknown {
    if (cause instanceof RegistryProblem) return cause;
    const say = (code: number, why: string, cure = ''): RegistryProblem =>
      new RegistryProblem(`${this.name} ${what}: ${why}.${cure}`, code, cause);
    if (cause instanceof UnfitFileError) return say(WSASYSCALLFAILURE, cause.message);
    if (!(cause instanceof Error) || !('syscall' in cause)) return cause;
    const denied = isSystemError(cause, 'EACCES', 'EPERM', 'EROFS');
    const code = denied ? WSAEACCES : isSystemError(cause, 'EAGAIN') ? WSATRY_AGAIN : WSASYSCALLFAILURE;
    return say(code, cause.message, ` ${cureOf(cause, 'name another file for the registry')}`);
  }
}

function draftOf({ services, classes }: RegistryData): RegistryDraft {
  return { services: new Map(services), classes: new Map(classes) };
}

function isSame(a: FileStamp | undefined, b: FileStamp | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}
