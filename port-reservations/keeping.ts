// Where reservations are kept: in a file that processes share, or in memory.
import { bootId, CurrentText, LockLostError, SharedFile } from '../shared-file/index.js';
import { ERROR_RETRY } from '../spi/index.js';
import { formatReservations, MOST_BYTES, noReservations, parseReservations, type ReservationData } from './data.js';
import { busyFile, damagedFile, problemFrom, ReservationProblem } from './problem.js';

/** How long to wait for another process' change, in milliseconds. */
const PATIENCE = 2000;

/** Where reservations are kept. */
export interface ReservationKeeping {
  /** The file, or `null`. */
  readonly path: string | null;
  /** What is different after every start of the system. */
  readonly boot: string;
  /** Whether what `load` gave last is still what there is; cheap. */
  isCurrent(): boolean;
  /**
   * Reads what there is.
   *
   * @throws ReservationProblem
   */
  load(): ReservationData;
  /**
   * Makes a change that others see as a whole.
   *
   * @param change what it does to the draft is kept, unless it throws
   * @param whenKept called at the end, while nobody else makes a change; if it throws, what was there before is put back
   * @throws ReservationProblem, what `change` throws, or what `whenKept` throws
   */
  change(change: (draft: ReservationData) => void, whenKept?: () => void): void;
  /** Lets go of the file. */
  close(): void;
}

/** Keeps reservations in a file. */
export class FileKeeping implements ReservationKeeping {
  readonly path: string;
  readonly boot: string;
  readonly #file: SharedFile;
  readonly #text: CurrentText;

  /**
   * Describes the file at `path`; nothing is read or made before it is asked for.
   *
   * @param boot the run of the system; another one for tests
   */
  constructor(path: string, boot = bootId()) {
    this.#file = new SharedFile(path, MOST_BYTES, PATIENCE, 0);
    this.path = this.#file.path;
    this.boot = boot;
    this.#text = new CurrentText(this.path, MOST_BYTES);
  }

  isCurrent(): boolean {
    return this.#text.isCurrent();
  }

  load(): ReservationData {
    try {
      return this.#parsed(this.#text.read());
    } catch (error) {
      throw problemFrom(error, this.path);
    }
  }

  #parsed(text: string | null): ReservationData {
    if (text === null) return noReservations();
    const data = parseReservations(text);
    if (typeof data === 'string') throw damagedFile(this.path, data);
    return data;
  }

  change(change: (draft: ReservationData) => void, whenKept?: () => void): void {
    try {
      this.#file.exclusively(
        () => {
          const text = this.#file.read();
          const draft = this.#parsed(text);
          change(draft);
          this.#keep(draft);
          if (whenKept === undefined) return;
          try {
            whenKept();
          } catch (error) {
            this.#keep({ ...this.#parsed(text), serial: draft.serial });
            throw error;
          }
        },
        (refusal) => {
          throw busyFile(this.path, refusal);
        },
      );
    } catch (error) {
      throw error instanceof LockLostError
        ? new ReservationProblem(ERROR_RETRY, `${this.path} was not changed: ${error.message}. Try again.`, this.path)
        : problemFrom(error, this.path);
    }
  }

  #keep(data: ReservationData): void {
    data.serial = data.serial < Number.MAX_SAFE_INTEGER ? data.serial + 1 : 1;
    this.#file.replace(formatReservations(data), data.serial, () => data.serial - 1);
  }

  close(): void {
    this.#text.close();
  }
}

/** Reservations in memory, which any number of instances may share. */
export class SharedReservations {
  data: ReservationData = noReservations();
  #boot = '';

  /** A run of the system of their own. */
  get boot(): string {
    return (this.#boot ||= process.getBuiltinModule('node:crypto').randomBytes(8).toString('hex'));
  }
}

/** Keeps reservations in memory. */
export class MemoryKeeping implements ReservationKeeping {
  readonly path = null;
  readonly #shared: SharedReservations;
  #seen = -1;

  /** Keeps them in what instances share. */
  constructor(shared: SharedReservations) {
    this.#shared = shared;
  }

  get boot(): string {
    return this.#shared.boot;
  }

  isCurrent(): boolean {
    return this.#seen === this.#shared.data.serial;
  }

  load(): ReservationData {
    this.#seen = this.#shared.data.serial;
    return this.#shared.data;
  }

  change(change: (draft: ReservationData) => void, whenKept?: () => void): void {
    const draft = structuredClone(this.#shared.data);
    change(draft);
    draft.serial++;
    whenKept?.();
    this.#shared.data = draft;
  }

  close(): void {
    this.#seen = -1;
  }
}
