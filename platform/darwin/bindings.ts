// libSystem, through koffi.
import { isMainThread } from 'node:worker_threads';
import { koffi } from '../koffi.js';
import { errnoReader } from '../posix/errno.js';
import { POSIX_DECLARATIONS } from '../posix/libc.js';
import { keepKoffiInMemory, threadEnd } from '../posix/thread-end.js';
import { errors } from './errors.js';
import type { DarwinLibc } from './libc.js';
import { DARWIN } from './numbers.js';

type Library = ReturnType<ReturnType<typeof koffi>['load']>;

const DECLARATIONS = {
  ...POSIX_DECLARATIONS,
  accept: 'int accept(int, intptr_t, intptr_t)',
  dup2: 'int dup2(int, int)',
  sendfile: 'int sendfile(int, int, int64_t, intptr_t, intptr_t, int)',
  lseek: 'int64_t lseek(int, int64_t, int)',
  kqueue: 'int kqueue()',
  kevent: 'int kevent(int, intptr_t, int, intptr_t, int, intptr_t)',
} as const satisfies Omit<Record<keyof DarwinLibc, string>, 'errno' | 'closeWithThread' | 'ioctl' | 'fcntl'>;

let bound: DarwinLibc | null = null;

/** libSystem, bound at the first call of the thread. */
export function libc(): DarwinLibc {
  bound ??= bindLibc(koffi().load(null));
  return bound;
}

/** Binds the functions. @param library libSystem, which is in every process */
export function bindLibc(library: Library): DarwinLibc {
  const functions = Object.fromEntries(
    Object.entries(DECLARATIONS).map(([name, declaration]) => [name, library.func(declaration)]),
  );
  // What stands for the dots goes by the stack on arm64, so these must be declared as the headers have them.
  const ioctl = library.func('int ioctl(int, uintptr_t, ...)') as (...values: unknown[]) => number;
  const fcntl = library.func('int fcntl(int, int, ...)') as (...values: unknown[]) => number;
  const { EBADF, EAFNOSUPPORT } = errors.numbers;
  const all = {
    ...functions,
    ioctl: (fd: number, request: number, argument: number) => ioctl(fd, request, 'intptr_t', argument),
    fcntl: (fd: number, command: number, argument: number) => fcntl(fd, command, 'int', argument),
    errno: errnoReader(library, { location: '__error', EBADF, EAFNOSUPPORT }),
    // The end of the main thread is the end of the process, which closes everything.
    closeWithThread: () => undefined,
  } as unknown as DarwinLibc;
  if (isMainThread) return all;
  keepKoffiInMemory({ RTLD_NOLOAD: 0x10, RTLD_NODELETE: 0x80 });
  return closingWithThread(all, library);
}

/** libSystem for a worker, whose descriptors are closed with its thread. */
function closingWithThread(functions: DarwinLibc, library: Library): DarwinLibc {
  const { closing, keep, forget } = threadEnd(library);
  const { close, fcntl } = functions;
  const duplicate = closing(fcntl);
  return {
    ...functions,
    socket: closing(functions.socket),
    accept: closing(functions.accept),
    kqueue: closing(functions.kqueue),
    fcntl: (fd, command, argument) => (command === DARWIN.F_DUPFD_CLOEXEC ? duplicate : fcntl)(fd, command, argument),
    closeWithThread: keep,
    close(fd) {
      forget(fd);
      return close(fd);
    },
  };
}
