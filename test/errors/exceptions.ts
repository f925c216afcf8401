// Codes that are documented and cannot be brought about here, and why not.
import type { DocumentedFunction } from './documented-codes.js';
import type { Base } from '../support/providers.js';

/** Why codes cannot be brought about. */
export interface Exception {
  readonly functions: string;
  readonly codes: string;
  readonly why: string;
  /** Where; on every provider when left out. */
  readonly base?: Base;
}

/** The exceptions. */
export const EXCEPTIONS: readonly Exception[] = [];

/** Why a code of a function cannot be brought about; `undefined` when it can. */
export function exceptionOf(name: DocumentedFunction, code: string, base: Base): Exception | undefined {
  return EXCEPTIONS.find(
    (exception) =>
      (exception.base ?? base) === base &&
      exception.codes.split(' ').includes(code) &&
      (exception.functions === '*' || exception.functions.split(' ').includes(name)),
  );
}
