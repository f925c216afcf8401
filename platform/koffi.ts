// koffi, loaded at the first native call and not before: a program that only uses memory never loads it.
import { createRequire } from 'node:module';
import type Koffi from 'koffi';

/** The foreign function interface. */
export type Koffi = typeof Koffi;

// A synchronous `require`, because providers start synchronously.
const require = createRequire(import.meta.url);

let loaded: Koffi | null = null;

/**
 * Loads koffi, once per thread.
 *
 * @throws Error that says what to do when koffi is not there, or not for this system
 */
export function koffi(): Koffi {
  loaded ??= load();
  return loaded;
}

function load(): Koffi {
  try {
    return require('koffi') as Koffi;
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

/** The file of koffi's library; `null` when koffi has not been loaded. */
export function koffiLibrary(): string | null {
  return Object.keys(require.cache).find((name) => name.endsWith('koffi.node')) ?? null;
}
