import { closeSync, readSync, type Stats } from 'node:fs';
import { openOrdinaryFile, UnfitFileError } from '../../../shared-file/index.js';
import type { DeferredWork, InstanceHost } from '../../../spi/index.js';
import { Database } from './database.js';
import type { LineKind } from './line-scanner.js';

/** Larger files are not read: a million hosts take half of it. */
const LARGEST_FILE = 64 << 20;
/** Bytes that are read in one go. */
const PIECE = 1 << 20;

/** The file's bytes as they come, a piece at a time. */
export class FileBytes {
  #bytes: Buffer;
  #length = 0;
  #fd: number | null;
  /** What the file system says of the file that is read. */
  readonly stats: Stats;

  /**
   * @param path the file's; one that would have to be waited for is refused
   * @throws UnfitFileError for what is no ordinary file; or the system's error
   */
  constructor(private readonly path: string) {
    const { fd, stats } = openOrdinaryFile(path, true);
    this.#fd = fd;
    this.stats = stats;
    // One more tells the end from more that came meanwhile.
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(stats.size, LARGEST_FILE) + 1);
  }

  /**
   * Reads a piece.
   *
   * @returns the whole file, when it has been read to its end; else `null`
   * @throws UnfitFileError for one of more than 64 MiB; or the system's error. It is closed then
   */
  read(): Buffer | null {
    try {
      if (this.#length > LARGEST_FILE) {
        throw new UnfitFileError(this.path, `has more than the ${LARGEST_FILE} bytes that such a file may have`);
      }
      if (this.#length === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], 2 * this.#length + 4096);
      const room = Math.min(PIECE, this.#bytes.length - this.#length);
      const count = readSync(this.#fd!, this.#bytes, this.#length, room, this.#length);
      this.#length += count;
      // A file that ends where it was said to is at its end: another look would tell nothing else.
      if (count > 0 && !(count < room && this.#length === this.stats.size)) return null;
      this.close();
      return this.#bytes.subarray(0, this.#length);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Closes the file. */
  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

/** A file on its way to a database: a slice in each turn, so that others get on in between. */
export class FileReading<E> implements DeferredWork {
  queued = false;
  readonly #file: FileBytes;
  #database: Database<E> | null = null;
  #isOver = false;

  /**
   * @param path the file
   * @param kind what its lines say
   * @param host whose turns they are
   * @param ended told of the database when it is there, or of the error why there will be none; not by `begin`
   * @throws UnfitFileError or the system's error when the file cannot be opened
   */
  constructor(
    path: string,
    private readonly kind: LineKind<E>,
    private readonly host: Pick<InstanceHost, 'deferToNextTurn'>,
    private readonly ended: (outcome: Database<E> | { readonly cause: unknown }) => void,
  ) {
    this.#file = new FileBytes(path);
  }

  /** What the file system says of the file that is read. */
  get stats(): Stats {
    return this.#file.stats;
  }

  /**
   * Does the first slice, which is all for a small file.
   *
   * @returns the database; or `null` when it needs more turns
   * @throws UnfitFileError or the system's error when the file cannot be read
   */
  begin(): Database<E> | null {
    const database = this.#advance();
    if (database === null) this.host.deferToNextTurn(this);
    return database;
  }

  run(): void {
    if (this.#isOver) return;
    let outcome;
    try {
      outcome = this.#advance();
    } catch (cause) {
      outcome = { cause };
    }
    if (outcome === null) this.host.deferToNextTurn(this);
    else this.ended(outcome);
  }

  /** Nobody wants the database any more. */
  end(): void {
    this.#isOver = true;
    this.#file.close();
  }

  // Does a slice; the database when it was the last one.
  #advance(): Database<E> | null {
    if (this.#database === null) {
      const bytes = this.#file.read();
      if (bytes === null) return null;
      this.#database = new Database(bytes, this.kind);
    }
    return this.#database.advance() ? null : this.#database;
  }
}
