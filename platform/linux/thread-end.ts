// A worker's descriptors, which are closed when its thread ends: by itself, by process.exit(), by an exception or by
// worker.terminate(). After the last no JavaScript runs any more, so it is Node.js that calls close(2), by a hook for
// each.
import { constants } from 'node:os';
import { koffi, koffiLibrary } from '../koffi.js';
import type { Libc } from './libc.js';

/** Flags of `dlopen` that Node.js has no names for: find a library that is loaded already, and keep it for good. */
const RTLD_NOLOAD = 0x4;
const RTLD_NODELETE = 0x1000;

const F_DUPFD_CLOEXEC = 1030;
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;

type Hook = (env: number, close: number, fd: number) => number;

/**
 * libc for a worker.
 *
 * A hook stands for a number, which must be this thread's as long as the hook is there. So nothing may come between a
 * call that opens or closes and that of its hook. Nothing does: a worker is terminated where a function of JavaScript
 * begins or a loop goes round, and not between two native calls.
 */
export function closingWithThread(functions: Libc, library: ReturnType<ReturnType<typeof koffi>['load']>): Libc {
  const ffi = koffi();
  const addHook = library.func('int napi_add_env_cleanup_hook(intptr_t, intptr_t, intptr_t)') as Hook;
  const removeHook = library.func('int napi_remove_env_cleanup_hook(intptr_t, intptr_t, intptr_t)') as Hook;
  const env = Number(ffi.node.env);
  // close(2) takes an int where a hook gets a pointer: the same register on every processor that is supported.
  const closeAddress = Number(library.symbol('close'));
  const { socket, accept4, close, fcntl, syscall, epoll_create1, timerfd_create } = functions;
  return {
    ...functions,
    socket(domain, type, protocol) {
      const fd = socket(domain, type, protocol);
      if (fd >= 0) addHook(env, closeAddress, fd);
      return fd;
    },
    accept4(listener, name, length, flags) {
      const fd = accept4(listener, name, length, flags);
      if (fd >= 0) addHook(env, closeAddress, fd);
      return fd;
    },
    epoll_create1(flags) {
      const fd = epoll_create1(flags);
      if (fd >= 0) addHook(env, closeAddress, fd);
      return fd;
    },
    timerfd_create(clock, flags) {
      const fd = timerfd_create(clock, flags);
      if (fd >= 0) addHook(env, closeAddress, fd);
      return fd;
    },
    fcntl(fd, command, argument) {
      const result = fcntl(fd, command, argument);
      if (command === F_DUPFD_CLOEXEC && result >= 0) addHook(env, closeAddress, result);
      return result;
    },
    syscall(number, first, second, third) {
      const result = syscall(number, first, second, third);
      if ((number === SYS_PIDFD_OPEN || number === SYS_PIDFD_GETFD) && result >= 0) addHook(env, closeAddress, result);
      return result;
    },
    closeWithThread(fd) {
      addHook(env, closeAddress, fd);
    },
    close(fd) {
      removeHook(env, closeAddress, fd);
      return close(fd);
    },
  };
}

/**
 * Keeps koffi's library in memory. When a worker ends and no other thread has loaded koffi, Node.js would unload it,
 * and then libuv would call back into it to free the poll handle.
 */
export function keepKoffiInMemory(): void {
  const path = koffiLibrary();
  if (path === null) return;
  const dlopen = koffi().load(null).func('intptr_t dlopen(const char *, int)') as (
    path: string,
    flags: number,
  ) => unknown;
  dlopen(path, constants.dlopen.RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}
