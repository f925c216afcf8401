// Where a capture goes: a file, a ring of files, a pipe.
import { closeSync, constants, fstatSync, ftruncateSync, openSync, statSync, unlinkSync } from 'node:fs';
import { extname } from 'node:path';
import { isatty } from 'node:tty';
import { createOwnFile } from '../../../outputs/index.js';
import { systemConventions } from '../../../platform/systems.js';

/** A descriptor that a capture is written to. */
export interface OpenTarget {
  readonly descriptor: number;
  /** Whether it is to be closed. */
  readonly isOwn: boolean;
  /** Whether it is a plain file of the capture's own, of which what was written half can be cut off. */
  readonly isFile: boolean;
  /** Bytes that are there already. */
  readonly size: number;
}

/** Which file it was: device and number. */
interface Identity {
  readonly dev: number;
  readonly ino: number;
}

/** What a capture may be written to besides a path. */
const DESCRIPTOR = /^pipe:(\d{1,9})$/;

/** Where one capture goes: opened again and again, for the next file of the ring or the next reader of the pipe. */
export class CaptureTarget {
  /** The descriptor that was given; -1 for a path. */
  readonly #given: number;
  readonly #ring: string[] = [];
  #number = 0;
  #identity: Identity | null = null;
  /** The file that is written at present. */
  #path: string;

  /**
   * @param file as the option says
   * @param files how many files the ring has; 0 for no ring
   */
  constructor(
    private readonly file: string,
    private readonly files: number,
  ) {
    this.#given = file === '-' ? 1 : Number(DESCRIPTOR.exec(file)?.[1] ?? -1);
    this.#path = file;
  }

  /** What it is called in messages. */
  get name(): string {
    return this.file === '-' ? 'standard output' : this.#path;
  }

  /** Whether it is a pipe by its path, whose readers come and go. */
  get isNamedPipe(): boolean {
    if (this.#given >= 0) return false;
    try {
      return statSync(this.file).isFIFO();
    } catch {
      return false;
    }
  }

  /**
   * Opens it: a file anew, or to go on behind what this program has written there before.
   *
   * @returns `null` when it is a named pipe that nobody reads
   * @throws Error that says why it cannot be
   */
  open(): OpenTarget | null {
    if (this.#given >= 0) return this.#openGiven(this.#given);
    if (this.isNamedPipe) return this.#openNamedPipe();
    if (this.files > 0 && this.#number === 0) this.#nextPath();
    return this.#openFile();
  }

  /** Opens the next file of the ring, and removes the one that is one too many. */
  openNext(): OpenTarget {
    this.#nextPath();
    const target = this.#openFile();
    while (this.#ring.length > this.files) {
      try {
        unlinkSync(this.#ring.shift()!);
      } catch {
        // Somebody has taken it away already.
      }
    }
    return target;
  }

  /** Whether the file that is written is not there under its name any more. */
  isGone(descriptor: number): boolean {
    try {
      return fstatSync(descriptor).nlink === 0;
    } catch {
      return false;
    }
  }

  /** Cuts off the last bytes: of a block that is not whole. */
  cut(descriptor: number, bytes: number): void {
    try {
      ftruncateSync(descriptor, fstatSync(descriptor).size - bytes);
    } catch {
      // It is read up to there all the same.
    }
  }

  #nextPath(): void {
    const extension = extname(this.file);
    const stem = extension === '' ? this.file : this.file.slice(0, -extension.length);
    this.#path = `${stem}_${String(++this.#number).padStart(5, '0')}${extension}`;
    this.#ring.push(this.#path);
    this.#identity = null;
  }

  #openFile(): OpenTarget {
    const descriptor = this.#isOurs() ? openSync(this.#path, 'a') : createOwnFile(this.#path);
    const stat = fstatSync(descriptor);
    this.#identity = { dev: stat.dev, ino: stat.ino };
    if (!isatty(descriptor)) return { descriptor, isOwn: true, isFile: stat.isFile(), size: stat.size };
    closeSync(descriptor);
    throw new Error('it is a terminal');
  }

  /** Whether what is there under the name was written by this program. */
  #isOurs(): boolean {
    const before = this.#identity;
    if (before === null) return false;
    try {
      const now = statSync(this.#path);
      return now.dev === before.dev && now.ino === before.ino;
    } catch {
      return false;
    }
  }

  #openGiven(given: number): OpenTarget {
    const stat = fstatSync(given);
    if (isatty(given)) throw new Error(`${this.name} is a terminal: send it to a file or a program`);
    if (!stat.isFIFO()) return { descriptor: given, isOwn: false, isFile: false, size: 0 };
    // A way to the same pipe that does not wait for a slow reader; the one that was given is shared with others.
    const path = systemConventions().descriptorPath(given);
    try {
      const flags = constants.O_WRONLY | constants.O_NONBLOCK;
      if (path !== null) return { descriptor: openSync(path, flags), isOwn: true, isFile: false, size: 0 };
    } catch {
      // The one that was given is there all the same.
    }
    return { descriptor: given, isOwn: false, isFile: false, size: 0 };
  }

  #openNamedPipe(): OpenTarget | null {
    try {
      const descriptor = openSync(this.file, constants.O_WRONLY | constants.O_NONBLOCK);
      return { descriptor, isOwn: true, isFile: false, size: 0 };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENXIO') return null;
      throw cause;
    }
  }
}
