// How damage is spoken of: what is wrong, where, which error it gives, and what to do about it.

/** Something wrong with a catalog, with the file and the entry to blame. */
export interface CatalogProblem {
  /** What is wrong, naming file, entry and cure. */
  readonly message: string;
  /** The WSA error that calls give because of it. */
  readonly code: number;
  /** The catalog file; `null` for a catalog in memory. */
  readonly file: string | null;
  /** The entry to blame; absent when it is the file as a whole. */
  readonly entry?: { readonly id: number; readonly name: string };
}

/** A catalog that cannot be used as a whole: unreadable, truncated, not JSON, of another format or a future version. */
export class CatalogError extends Error implements CatalogProblem {
  override readonly name = 'CatalogError';
  /** The WSA error to return from the call. */
  readonly code: number;
  /** The file to blame; `null` for a catalog in memory. */
  readonly file: string | null;
  /** The entry to blame, if it is one alone. */
  readonly entry?: { readonly id: number; readonly name: string };

  /** Makes the error from what is wrong; `cause` is what the system or the JSON parser said. */
  constructor(problem: CatalogProblem, cause?: unknown) {
    super(problem.message, { cause });
    this.code = problem.code;
    this.file = problem.file;
    if (problem.entry !== undefined) this.entry = problem.entry;
  }
}

/** What may always be done about a catalog's file. */
export const ANOTHER_FILE = 'name another file in WS2SPI_CATALOG';

/** How a message names the catalog: by its file, or as the one in memory. */
export function catalogName(file: string | null): string {
  return file === null ? 'the catalog in memory' : `catalog ${file}`;
}
