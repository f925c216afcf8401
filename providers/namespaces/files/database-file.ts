// The form that hosts, services and protocols files share: words on lines, with comments.
import { statSync, type Stats } from 'node:fs';
import { readOrdinaryFile } from '../../../shared-file/index.js';

/** The words of one line, comments taken off; at least one. */
export type Line = readonly [string, ...string[]];

/** Splits a file's text into lines of words; what follows a `#` is comment. */
export function parseLines(text: string): Line[] {
  const lines: Line[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [first, ...others] = line.replace(/#.*/s, '').trim().split(/\s+/);
    if (first !== undefined && first !== '') lines.push([first, ...others]);
  }
  return lines;
}

/** Larger files are not read: a million hosts take half of it. */
const LARGEST_FILE = 64 << 20;

/**
 * The text of a file.
 *
 * @throws UnfitFileError for one that would have to be waited for, or is larger than 64 MiB; or the system's error
 */
export function readDatabase(path: string): string {
  return readOrdinaryFile(path, LARGEST_FILE, true).bytes.toString();
}

/** For how long a file is not looked at again, in milliseconds: a look costs as much as everything else about a question. */
const LOOK_INTERVAL = 10;

/** A file that is read when it is first asked for, and again when it has changed, which is seen within `LOOK_INTERVAL`. */
export class DatabaseFile<T> {
  #signature: Signature | null = null;
  #content: T | undefined;
  #lookedAt = -Infinity;

  /**
   * @param path where the file is
   * @param parse makes the content of the file's lines
   * @param whenMissing the content while there is no such file
   * @param clock the instance's
   * @param unreadable told why a file that is there could not be read; it counts as missing
   */
  constructor(
    readonly path: string,
    private readonly parse: (lines: Line[]) => T,
    private readonly whenMissing: T,
    private readonly clock: { now(): number },
    private readonly unreadable: (cause: unknown) => void,
  ) {}

  /** The content as the file is now, or was `LOOK_INTERVAL` ago. */
  read(): T {
    const now = this.clock.now();
    if (this.#content !== undefined && now - this.#lookedAt < LOOK_INTERVAL) return this.#content;
    this.#lookedAt = now;
    const signature = this.#sign();
    if (this.#content === undefined || !areSame(signature, this.#signature)) {
      this.#content = signature === null ? this.whenMissing : this.#load();
      this.#signature = signature;
    }
    return this.#content;
  }

  /** Forgets what was read, so that it is read again whatever the file system says of it. */
  forget(): void {
    this.#content = undefined;
  }

  #load(): T {
    try {
      return this.parse(parseLines(readDatabase(this.path)));
    } catch (cause) {
      this.unreadable(cause);
      return this.whenMissing;
    }
  }

  // What changes whenever the file does; null while there is none.
  #sign(): Signature | null {
    try {
      return statSync(this.path, MAYBE_MISSING) ?? null;
    } catch {
      return null;
    }
  }
}

// Times are told to a quarter of a microsecond, which is more than file systems do.
type Signature = Pick<Stats, 'mtimeMs' | 'ctimeMs' | 'size' | 'ino'>;

const MAYBE_MISSING = { throwIfNoEntry: false } as const;

function areSame(a: Signature | null, b: Signature | null): boolean {
  if (a === null || b === null) return a === b;
  return a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.size === b.size && a.ino === b.ino;
}

/** Whether two names are the same, as databases compare them: case does not matter. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The names without those that stand before, whatever their case. */
export function distinctNames(names: Iterable<string>): string[] {
  const found = new Map<string, string>();
  for (const name of names) if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), name);
  return [...found.values()];
}

/** Adds a line of a file to an index, behind those that have the key already. */
export function addTo<K, L>(index: Map<K, L[]>, key: K, line: L): void {
  const there = index.get(key);
  if (there === undefined) index.set(key, [line]);
  else there.push(line);
}
