import { readlinkSync } from 'node:fs';

let isMain: boolean | null = null;

/**
 * Whether this is the thread that ends with the process. Linux is asked first, which calls that thread by the process' own
 * number: node:worker_threads loads streams, which take longer to load than a socket to open.
 */
export function isMainThread(): boolean {
  return (isMain ??= isFirstThread() || process.getBuiltinModule('node:worker_threads').isMainThread);
}

function isFirstThread(): boolean {
  try {
    return readlinkSync('/proc/thread-self').split('/').at(-1) === `${process.pid}`;
  } catch {
    return false;
  }
}
