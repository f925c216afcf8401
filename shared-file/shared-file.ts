import { copyFileSync, linkSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { isSystemError, UnfitFileError } from './errors.js';
import {
  followLinks,
  makeFolder,
  needOrdinaryFile,
  needWritable,
  ownershipIn,
  readOrdinaryFile,
  removeIfThere,
  removeQuietly,
  replaceFile,
  syncFolder,
  writeNewFile,
} from './files.js';
import type { Holder } from './holder.js';
import { FileLock } from './lock.js';

/** What tells one state of a file from another without reading it. */
export interface FileStamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** Why a file cannot be changed just now. */
export interface LockRefusal {
  /** `busy`: somebody else kept the lock for too long; `ours`: this very thread is changing the file. */
  readonly why: 'busy' | 'ours';
  /** The lock's file. */
  readonly lock: string;
  /** Who has it, as far as it was told. */
  readonly holder: Holder | null;
}

/** Somebody removed the lock while the file was being changed; nothing was changed. */
export class LockLostError extends Error {
  /** Names the lock's file. */
  constructor(readonly lock: string) {
    super(`somebody took ${lock} away meanwhile`);
  }
}

/**
 * A text file that processes share. A symbolic link is followed: the lock and the generations lie beside the file that
 * it leads to.
 */
export class SharedFile {
  readonly path: string;
  // While the file is being changed: the file that `path` leads to, and the lock beside it.
  #target: { readonly file: string; readonly lock: FileLock } | null = null;

  /**
   * Describes the file at `path`; nothing is read or created before it is asked for.
   *
   * @param path the file; a relative one counts from the working directory
   * @param limit the most bytes that it may have
   * @param patience how long to wait for another process' change, in milliseconds
   * @param kept how many generations are kept; with 0 the file of the text before goes at once
   * @param durable whether a change has to be on the disk once it is made; what means nothing after a restart need not
   */
  constructor(
    path: string,
    private readonly limit: number,
    private readonly patience: number,
    private readonly kept: number,
    private readonly durable = true,
  ) {
    this.path = resolve(path);
  }

  get #file(): string {
    return this.#target?.file ?? this.path;
  }

  /**
   * What its state is, cheaply; `undefined` when there is no file.
   *
   * @throws the system's error
   */
  stamp(): FileStamp | undefined {
    return statSync(this.#file, { bigint: true, throwIfNoEntry: false });
  }

  /**
   * Its text.
   *
   * @returns `null` when there is no file
   * @throws UnfitFileError, or the system's error
   */
  read(): string | null {
    try {
      return readOrdinaryFile(this.#file, this.limit, true).bytes.toString();
    } catch (cause) {
      if (isSystemError(cause, 'ENOENT')) return null;
      throw cause;
    }
  }

  /**
   * Makes a change under the file's lock, in whose course `read` and `replace` are called.
   *
   * @param change what it returns is returned
   * @param refused called in its place when there is no lock to be had
   * @throws what `change` throws, UnfitFileError, or the system's error
   */
  exclusively<T>(change: () => T, refused: (refusal: LockRefusal) => T): T {
    const file = followLinks(this.path);
    const lock = new FileLock(`${file}.lock`);
    // What is not a file is not changed: whoever tries is told so, and no lock is needed, in a folder that may be
    // anybody's.
    const fit = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
    if (fit) makeFolder(dirname(file));
    const result = fit ? lock.acquire(this.patience) : 'taken';
    if (result !== 'taken') return refused({ why: result, lock: lock.path, holder: lock.blocker });
    this.#target = { file, lock };
    try {
      return change();
    } finally {
      this.#target = null;
      lock.release();
    }
  }

  /**
   * Puts another text in its place, within `exclusively`. A reader sees the old file or the new one, and so does whoever
   * comes after a crash: the new file is complete and on the disk before it takes the old one's name.
   *
   * @param text what it is to hold
   * @param serial of the new text; generations are named by theirs
   * @param previous called for the serial of the text that there is, which becomes a generation
   * @throws UnfitFileError when it is too long or the place unfit, LockLostError, or the system's error
   */
  replace(text: string, serial: number, previous: () => number): void {
    const { file, lock } = this.#target!;
    const folder = dirname(file);
    if (Buffer.byteLength(text) > this.limit) {
      throw new UnfitFileError(file, `would have more than the ${this.limit} bytes that it may have`);
    }
    const before = statSync(file, { throwIfNoEntry: false });
    if (before !== undefined) {
      needOrdinaryFile(file, before);
      needWritable(file);
    }
    for (const suffix of siblings(file, /^tmp-\d+(-[0-9a-f]+)?$/)) removeQuietly(`${file}.${suffix}`);
    const { randomBytes } = process.getBuiltinModule('node:crypto');
    const fresh = `${file}.tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
    writeNewFile(fresh, text, this.durable, before ?? ownershipIn(folder, 0o600));
    try {
      if (before !== undefined && this.kept > 0) keepGeneration(file, previous());
      if (!lock.held) throw new LockLostError(lock.path);
      replaceFile(fresh, file);
    } catch (error) {
      removeQuietly(fresh);
      throw error;
    }
    // The change is made: whatever else fails is no reason to say otherwise.
    if (this.durable) syncFolder(folder);
    if (this.kept === 0) return;
    for (const each of generations(file, serial).slice(this.kept)) removeQuietly(`${file}.${each}`);
  }

  /** The files of its generations, the latest first; they may be gone when they are looked at. */
  generationFiles(): { readonly serial: number; readonly path: string }[] {
    const file = followLinks(this.path);
    return generations(file, Number.MAX_SAFE_INTEGER).map((serial) => ({ serial, path: `${file}.${serial}` }));
  }

  /** The serials of its generations, the latest first. */
  generations(): number[] {
    return generations(this.#file, Number.MAX_SAFE_INTEGER);
  }
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
// what is not a number that a file can have is somebody else's.
function generations(file: string, present: number): number[] {
  const serials = siblings(file, /^[1-9]\d*$/)
    .map(Number)
    .filter(Number.isSafeInteger);
  const age = (serial: number): number => (serial < present ? 0 : 1);
  return serials.sort((a, b) => age(a) - age(b) || b - a);
}

// The ends of the names of files that belong to a shared one; none in a folder that may not be listed.
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
