import { closeSync, fstatSync, statSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { systemConventions } from '../platform/systems.js';
import { isSystemError, UnfitFileError } from './errors.js';
import { openOrdinaryFile, readWhole } from './files.js';

const { openFilesStay, replacedFilesLoseNames } = systemConventions();

/** As long as a file's times may stand still although it changes, in milliseconds: a tick of the kernel's, amply. */
const TICK = 50;

/**
 * The text of a shared file whose changes keep no generations, for who has to know at every moment that it has not been
 * replaced. To find that out costs about a microsecond: the file that was read is held open, and loses its only name
 * when another takes its place. Where nothing can take the place of a file that is open, it is looked for by its name.
 */
export class CurrentText {
  readonly path: string;
  readonly #limit: number;
  #fd = -1;
  #seen: Stats | null = null;
  /** Whether another change would be seen by the times. */
  #settled = false;
  /** Whether anything has been read, or found missing. */
  #known = false;

  /**
   * Describes the text of the file at `path`; nothing is read before it is asked for.
   *
   * @param limit the most bytes that it may have
   */
  constructor(path: string, limit: number) {
    this.path = resolve(path);
    this.#limit = limit;
  }

  /** Whether what `read` gave last is still what there is. */
  isCurrent(): boolean {
    const seen = this.#seen;
    if (seen === null) return this.#known && statSync(this.path, { throwIfNoEntry: false }) === undefined;
    if (!replacedFilesLoseNames || this.#fd < 0) return sameFile(statSync(this.path, { throwIfNoEntry: false }), seen);
    const now = fstatSync(this.#fd);
    if (now.nlink !== seen.nlink || now.ctimeMs !== seen.ctimeMs || now.size !== seen.size) return false;
    if (this.#settled) return true;
    this.#settled = Date.now() - now.ctimeMs > TICK;
    return sameFile(statSync(this.path, { throwIfNoEntry: false }), seen);
  }

  /**
   * Reads the text anew.
   *
   * @returns `null` when there is no file
   * @throws UnfitFileError, or the system's error; what was read is not current then
   */
  read(): string | null {
    this.close();
    let fd: number;
    try {
      ({ fd } = openOrdinaryFile(this.path, true));
    } catch (error) {
      this.#known = isSystemError(error, 'ENOENT');
      if (this.#known) return null;
      throw error;
    }
    try {
      // Looked at before it is read: a change meanwhile is seen next time.
      this.#seen = fstatSync(fd);
      const text = readWhole(fd, this.path, this.#seen.size, this.#limit).toString();
      this.#keep(fd);
      return text;
    } catch (error) {
      if (error instanceof UnfitFileError) {
        // It stays unfit until another takes its place.
        this.#keep(fd);
      } else {
        this.#seen = null;
        closeSync(fd);
      }
      throw error;
    }
  }

  #keep(fd: number): void {
    this.#known = true;
    if (openFilesStay) closeSync(fd);
    else this.#fd = fd;
  }

  /** Lets go of the file; it may be read again. */
  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
    this.#seen = null;
    this.#settled = this.#known = false;
  }
}

function sameFile(now: Stats | undefined, seen: Stats): boolean {
  return (
    now !== undefined &&
    now.ino === seen.ino &&
    now.dev === seen.dev &&
    now.mtimeMs === seen.mtimeMs &&
    now.size === seen.size
  );
}
