// A worker's descriptors, which are closed when its thread ends: by itself, by process.exit(), by an exception or by
// worker.terminate(). After the last no JavaScript runs any more, so it is Node.js that calls close(2), by a hook for
// each.
import { constants } from 'node:os';
import { koffi, koffiLibrary } from '../koffi.js';

/** Flags of `dlopen` that Node.js has no names for: find a library that is loaded already, and keep it for good. */
export interface KeepFlags {
  readonly RTLD_NOLOAD: number;
  readonly RTLD_NODELETE: number;
}

type Hook = (env: number, close: number, fd: number) => number;

/** The hooks of a worker. */
export interface ThreadEnd {
  /** Makes a function that opens a descriptor, or gives a negative number, have it closed with the thread. */
  closing<Values extends number[]>(open: (...values: Values) => number): (...values: Values) => number;
  /** Has a descriptor closed with the thread; what is negative is none. */
  keep(fd: number): void;
  /** The descriptor is about to be closed. */
  forget(fd: number): void;
}

/**
 * Makes the hooks of a worker.
 *
 * A hook stands for a number, which must be this thread's as long as the hook is there. So nothing may come between a
 * call that opens or closes and that of its hook. A worker is terminated where a function of JavaScript begins or a loop
 * goes round, and not between two native calls: between the two no such function may be called.
 */
export function threadEnd(library: ReturnType<ReturnType<typeof koffi>['load']>): ThreadEnd {
  const addHook = library.func('int napi_add_env_cleanup_hook(intptr_t, intptr_t, intptr_t)') as Hook;
  const removeHook = library.func('int napi_remove_env_cleanup_hook(intptr_t, intptr_t, intptr_t)') as Hook;
  const env = Number(koffi().node.env);
  // close(2) takes an int where a hook gets a pointer: the same register on every processor that is supported.
  const closeAddress = Number(library.symbol('close'));
  /** Which descriptors have a hook: an array, since V8 may end the thread as it looks into a Set. */
  const kept: boolean[] = [];
  return {
    // One that is kept already was closed by somebody else, and its number is this one's now. Node.js aborts where a hook comes twice.
    closing:
      (open) =>
      (...values) => {
        const fd = open(...values);
        if (fd >= 0 && kept[fd] !== true) addHook(env, closeAddress, fd);
        kept[fd] = true;
        return fd;
      },
    keep(fd) {
      if (fd >= 0 && kept[fd] !== true) addHook(env, closeAddress, fd);
      kept[fd] = true;
    },
    forget(fd) {
      const isKept = kept[fd] === true;
      kept[fd] = false;
      if (isKept) removeHook(env, closeAddress, fd);
    },
  };
}

/**
 * Keeps koffi's library in memory. When a worker ends and no other thread has loaded koffi, Node.js would unload it,
 * and then libuv would call back into it to free the poll handle.
 */
export function keepKoffiInMemory({ RTLD_NOLOAD, RTLD_NODELETE }: KeepFlags): void {
  const path = koffiLibrary();
  if (path === null) return;
  const dlopen = koffi().load(null).func('intptr_t dlopen(const char *, int)') as (
    path: string,
    flags: number,
  ) => unknown;
  dlopen(path, constants.dlopen.RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}
