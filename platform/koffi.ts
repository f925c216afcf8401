// koffi, loaded at the first native call and not before: a program that only uses memory never loads it.
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import type Koffi from 'koffi';

/** The foreign function interface. */
export type Koffi = typeof Koffi;

/** Flags of `dlopen` that Node.js has no names for: find a library that is loaded already, and keep it for good. */
const RTLD_NOLOAD = 0x4;
const RTLD_NODELETE = 0x1000;

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
    // A synchronous `require`, because providers start synchronously.
    const require = createRequire(import.meta.url);
    const ffi = require('koffi') as Koffi;
    if (!isMainThread && process.platform === 'linux') keepInMemory(ffi, Object.keys(require.cache));
    return ffi;
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

/**
 * Keeps koffi's library in memory. When a worker ends and no other thread has loaded koffi, Node.js would unload it,
 * and then libuv would call back into it to free the poll handle.
 */
function keepInMemory(ffi: Koffi, modules: readonly string[]): void {
  const path = modules.find((name) => name.endsWith('koffi.node'));
  if (path === undefined) return;
  const dlopen = ffi.load(null).func('intptr_t dlopen(const char *, int)') as (path: string, flags: number) => unknown;
  dlopen(path, constants.dlopen.RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}
