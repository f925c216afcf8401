// koffi, loaded at the first native call and not before: a program that only uses memory never loads it.
import { createRequire } from 'node:module';
import type Koffi from 'koffi';

/** The foreign function interface. */
export type Koffi = typeof Koffi;

let loaded: Koffi | null = null;

/**
 * Loads koffi, once per thread. A program that uses native sockets in workers must have loaded it in its main thread
 * first: koffi crashes otherwise.
 *
 * @throws Error that says what to do when koffi is not there, or not for this system
 */
export function koffi(): Koffi {
  loaded ??= load();
  return loaded;
}

function load(): Koffi {
  try {
    // A synchronous `require`, because providers start synchronously.
    return createRequire(import.meta.url)('koffi') as Koffi;
  } catch (cause) {
    const forbidden = (cause as { code?: unknown }).code === 'ERR_DLOPEN_DISABLED';
    throw new Error(
      `koffi, by which native sockets are called, cannot be loaded on ${process.platform}/${process.arch} ` +
        `(${cause instanceof Error ? cause.message : String(cause)}): ` +
        (forbidden
          ? 'run node with --allow-addons beside --permission, '
          : 'install it for this system (npm rebuild koffi), ') +
        "or use the memory provider (createWs2_32({ base: 'memory' })), which does without.",
      { cause },
    );
  }
}
