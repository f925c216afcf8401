// koffi, loaded at the first native call and not before: a program that only uses memory never loads it.
import { createRequire } from 'node:module';
import type Koffi from 'koffi';

/** The foreign function interface. */
export type Koffi = typeof Koffi;

let loaded: Koffi | null = null;

/**
 * Loads koffi, once per thread. A program that uses native sockets in workers must have loaded it in its main thread
 * first: koffi crashes otherwise.
 */
export function koffi(): Koffi {
  // A synchronous `require`, because providers start synchronously.
  loaded ??= createRequire(import.meta.url)('koffi') as Koffi;
  return loaded;
}
