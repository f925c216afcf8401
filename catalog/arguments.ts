// What the WSC functions do with their arguments: a wrong JavaScript type is a bad pointer, WSAEFAULT.
import { GUID, SOCKET_ERROR, WSAEACCES, WSAEFAULT, WSAEINVAL, winsockErrorText, type Ref } from '../spi/index.js';
import { isArrayRoom, isNull, isRoom } from '../spi/arguments.js';
import { kindOf } from '../spi/answers.js';
import { CatalogError, type CatalogProblem } from './problem.js';
import { MAX_PROVIDER_PATH } from './rules.js';
import { type CatalogData, type CatalogProtocol } from './schema.js';
import type { CatalogStore } from './store.js';

/** What the WSC functions need of the instance whose methods they are. */
export interface CatalogContext {
  /** Where the catalog is kept. */
  readonly store: CatalogStore;
  /** Called after every change that was made. */
  changed(): void;
  /** Told why a call failed, where the error code alone does not say it. */
  report(problem: CatalogProblem): void;
  /** Says why the catalog is not to be used at all; `null` when it may. */
  distrust?(): CatalogProblem | null;
  /** The instance's own entries, which are enumerated behind the others. */
  transient?(): readonly CatalogProtocol[];
}

/** Ends a WSC function with an error code; caught by `run`. */
export class Failure {
  /**
   * @param code the WSA error
   * @param why the problem; or, as a sentence part, what is wrong with the call, which is told of functions that change
   */
  constructor(
    readonly code: number,
    readonly why?: CatalogProblem | string,
  ) {}
}

/**
 * Runs the inside of a WSC function: its result, or the error code that it ended with, which is reported if need be.
 *
 * @param changing the function's name, if it changes the catalog: then it is told why its arguments were refused
 */
export function run<T>(
  context: CatalogContext,
  changing: string | null,
  inside: () => T,
): { value: T; code: 0 } | { code: number } {
  try {
    const doubt = context.distrust?.() ?? null;
    if (doubt !== null) throw new CatalogError(doubt);
    return { value: inside(), code: 0 };
  } catch (error) {
    if (error instanceof CatalogError) {
      context.report(error);
      return { code: error.code };
    }
    if (!(error instanceof Failure)) throw error;
    const { code, why } = error;
    if (typeof why === 'object') context.report(why);
    else if (changing !== null) {
      const message = `${changing} was refused: ${why ?? winsockErrorText(code)}.`;
      context.report({ message, code, file: context.store.path });
    }
    return { code };
  }
}

/** As `run`, for functions whose last argument receives the error code. */
export function runWithErrno(
  context: CatalogContext,
  changing: string | null,
  lpErrno: Ref<number> | null | undefined,
  inside: () => number,
): number {
  const result = run(context, changing, inside);
  // There is no place for the error where it cannot be written: SOCKET_ERROR alone tells of it.
  if (result.code !== 0 && isRoom(lpErrno)) lpErrno.value = result.code;
  return 'value' in result ? result.value : SOCKET_ERROR;
}

/** A pointer to a scalar. */
export function needRef<T>(value: Ref<T> | null | undefined): Ref<T> {
  if (!isRoom(value)) throw new Failure(WSAEFAULT);
  return value;
}

/** An array that elements are put into; `null` for NULL. */
export function needRoom<T>(value: T[] | null | undefined): T[] | null {
  if (!isNull(value) && !isArrayRoom(value)) throw new Failure(WSAEFAULT);
  return value ?? null;
}

/** A pointer to a DWORD that the call reads. */
export function needDwordRef(value: Ref<number> | null | undefined): Ref<number> {
  const pointer = needRef(value);
  needDword(pointer.value);
  return pointer;
}

/** A DWORD, read as unsigned. */
export function needDword(value: unknown, name = 'a number'): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new Failure(WSAEFAULT, `${name} is ${kindOf(value)}, where a whole number belongs`);
  }
  return value >>> 0;
}

/** A string. */
export function needString(value: unknown, name = 'an argument'): string {
  if (typeof value !== 'string') throw new Failure(WSAEFAULT, `${name} is ${kindOf(value)}, where a string belongs`);
  return value;
}

/** A GUID in its usual spelling; WSAEINVAL when it is a string of another form. */
export function needGuid(value: unknown, name = 'lpProviderId'): GUID {
  const text = needString(value, name);
  const parsed = GUID.parse(text);
  if (parsed === null) {
    throw new Failure(WSAEINVAL, `${name} "${text.slice(0, 60)}" is not a GUID; crypto.randomUUID() makes one`);
  }
  return parsed;
}

/** A provider's path; WSAEINVAL when it is empty, too long, or holds a NUL. */
export function needPath(value: unknown): string {
  const path = needString(value, 'the path');
  if (path === '' || path.length > MAX_PROVIDER_PATH || path.includes('\0')) {
    throw new Failure(
      WSAEINVAL,
      `the path must have 1 to ${MAX_PROVIDER_PATH} characters and no NUL, not ${path.length}`,
    );
  }
  return path;
}

/** The first `count` elements of an array; WSAEFAULT when there are fewer. */
export function needArray<T>(value: readonly T[] | null | undefined, count: unknown): T[] {
  const length = needDword(count, 'the number of entries');
  if (!Array.isArray(value)) throw new Failure(WSAEFAULT, `the entries are ${kindOf(value)}, where an array belongs`);
  if (length > value.length) {
    throw new Failure(WSAEFAULT, `the number of entries is ${length}, and the array has ${value.length}`);
  }
  return value.slice(0, length);
}

/**
 * Changes the store's catalog, or ends the function with the error.
 *
 * @param denied the error that the function gives when the user may not change the catalog
 */
export function change(context: CatalogContext, denied: number, apply: (draft: CatalogData) => void): void {
  const failures: Failure[] = [];
  const code = context.store.update((draft) => {
    try {
      apply(draft);
      return 0;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
      return error.code;
    }
  });
  if (failures[0] !== undefined) throw failures[0];
  if (code !== 0) throw new Failure(code === WSAEACCES ? denied : code, context.store.problem ?? undefined);
  context.changed();
}
