// libc, through koffi.
import { koffi } from '../koffi.js';
import { errnoReader } from '../posix/errno.js';
import { POSIX_DECLARATIONS } from '../posix/libc.js';
import { isMainThread } from '../posix/main-thread.js';
import { keepKoffiInMemory, threadEnd } from '../posix/thread-end.js';
import { errors } from './errors.js';
import type { Libc } from './libc.js';

let bound: Libc | null = null;

/** libc, bound at the first call of the thread. */
export function libc(): Libc {
  bound ??= bindLibc();
  return bound;
}

/** How the functions are declared, by the names in `Libc`. */
export const LIBC_DECLARATIONS = {
  ...POSIX_DECLARATIONS,
  accept4: 'int accept4(int, intptr_t, intptr_t, int)',
  sendfile: 'int sendfile(int, int, intptr_t, intptr_t)',
  ioctl: 'int ioctl(int, intptr_t, intptr_t)',
  poll: 'int poll(intptr_t, intptr_t, int)',
  fcntl: 'int fcntl(int, int, int)',
  pipe2: 'int pipe2(intptr_t, int)',
  write: 'int write(int, intptr_t, intptr_t)',
  prctl: 'int prctl(int, intptr_t)',
  syscall: 'int syscall(intptr_t, intptr_t, intptr_t, intptr_t)',
  epoll_create1: 'int epoll_create1(int)',
  epoll_ctl: 'int epoll_ctl(int, int, int, intptr_t)',
  epoll_wait: 'int epoll_wait(int, intptr_t, int, int)',
  timerfd_create: 'int timerfd_create(int, int)',
  timerfd_settime: 'int timerfd_settime(int, int, intptr_t, intptr_t)',
} as const satisfies Omit<Record<keyof Libc, string>, 'errno' | 'closeWithThread' | 'notWithThread'>;

function bindLibc(): Libc {
  if (koffi().sizeof('void *') !== 8) throw new Error('ws2spi: the Linux binding needs a 64-bit process');
  // `null` finds libc in the process itself, glibc or musl; loading the executable's path fails on Linux.
  const library = koffi().load(null);
  const bound = Object.fromEntries(
    Object.entries(LIBC_DECLARATIONS).map(([name, declaration]) => [name, library.func(declaration)]),
  );
  const { EBADF, EAFNOSUPPORT } = errors.numbers;
  const functions = {
    ...bound,
    errno: errnoReader(library, { location: '__errno_location', EBADF, EAFNOSUPPORT }),
    // The end of the main thread is the end of the process, which closes everything.
    closeWithThread: () => undefined,
    notWithThread: () => undefined,
  } as unknown as Libc;
  if (isMainThread()) return functions;
  keepKoffiInMemory({ RTLD_NOLOAD: 0x4, RTLD_NODELETE: 0x1000 });
  return closingWithThread(functions, library);
}

const F_DUPFD_CLOEXEC = 1030;
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;

/** libc for a worker, whose descriptors are closed with its thread. */
function closingWithThread(functions: Libc, library: ReturnType<ReturnType<typeof koffi>['load']>): Libc {
  const { closing, keep, forget } = threadEnd(library);
  const { close, fcntl, syscall } = functions;
  const [duplicate, open] = [closing(fcntl), closing(syscall)];
  return {
    ...functions,
    socket: closing(functions.socket),
    accept4: closing(functions.accept4),
    epoll_create1: closing(functions.epoll_create1),
    timerfd_create: closing(functions.timerfd_create),
    fcntl: (fd, command, argument) => (command === F_DUPFD_CLOEXEC ? duplicate : fcntl)(fd, command, argument),
    syscall(number, first, second, third) {
      const opens = number === SYS_PIDFD_OPEN || number === SYS_PIDFD_GETFD;
      return (opens ? open : syscall)(number, first, second, third);
    },
    closeWithThread: keep,
    notWithThread: forget,
    close(fd) {
      forget(fd);
      return close(fd);
    },
  };
}
