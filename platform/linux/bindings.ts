// libc, through koffi.
import { isMainThread } from 'node:worker_threads';
import { koffi } from '../koffi.js';
import type { Libc } from './libc.js';
import { closingWithThread, keepKoffiInMemory } from './thread-end.js';

let bound: Libc | null = null;

/** libc, bound at the first call of the thread. */
export function libc(): Libc {
  bound ??= bindLibc();
  return bound;
}

function bindLibc(): Libc {
  if (koffi().sizeof('void *') !== 8) throw new Error('ws2spi: the Linux binding needs a 64-bit process');
  // `null` finds libc in the process itself; loading the executable's path fails on Linux.
  const library = koffi().load(null);
  const bind = (declaration: string): never => library.func(declaration) as never;
  const functions: Libc = {
    socket: bind('int socket(int, int, int)'),
    bind: bind('int bind(int, intptr_t, int)'),
    listen: bind('int listen(int, int)'),
    accept4: bind('int accept4(int, intptr_t, intptr_t, int)'),
    connect: bind('int connect(int, intptr_t, int)'),
    shutdown: bind('int shutdown(int, int)'),
    close: bind('int close(int)'),
    recv: bind('int recv(int, intptr_t, intptr_t, int)'),
    recvBytes: bind('int recv(int, void *, intptr_t, int)'),
    recvfrom: bind('int recvfrom(int, intptr_t, intptr_t, int, intptr_t, intptr_t)'),
    recvfromBytes: bind('int recvfrom(int, void *, intptr_t, int, intptr_t, intptr_t)'),
    recvmsg: bind('int recvmsg(int, intptr_t, int)'),
    send: bind('int send(int, intptr_t, intptr_t, int)'),
    sendBytes: bind('int send(int, void *, intptr_t, int)'),
    sendto: bind('int sendto(int, intptr_t, intptr_t, int, intptr_t, int)'),
    sendtoBytes: bind('int sendto(int, void *, intptr_t, int, intptr_t, int)'),
    sendmsg: bind('int sendmsg(int, intptr_t, int)'),
    sendfile: bind('int sendfile(int, int, intptr_t, intptr_t)'),
    getsockname: bind('int getsockname(int, intptr_t, intptr_t)'),
    getpeername: bind('int getpeername(int, intptr_t, intptr_t)'),
    getsockopt: bind('int getsockopt(int, int, int, intptr_t, intptr_t)'),
    setsockopt: bind('int setsockopt(int, int, int, intptr_t, int)'),
    ioctl: bind('int ioctl(int, intptr_t, intptr_t)'),
    if_nametoindex: bind('int if_nametoindex(const char *)'),
    poll: bind('int poll(intptr_t, intptr_t, int)'),
    fcntl: bind('int fcntl(int, int, int)'),
    pipe2: bind('int pipe2(intptr_t, int)'),
    write: bind('int write(int, intptr_t, intptr_t)'),
    kill: bind('int kill(int, int)'),
    prctl: bind('int prctl(int, intptr_t)'),
    syscall: bind('int syscall(intptr_t, intptr_t, intptr_t, intptr_t)'),
    epoll_create1: bind('int epoll_create1(int)'),
    epoll_ctl: bind('int epoll_ctl(int, int, int, intptr_t)'),
    epoll_wait: bind('int epoll_wait(int, intptr_t, int, int)'),
    timerfd_create: bind('int timerfd_create(int, int)'),
    timerfd_settime: bind('int timerfd_settime(int, int, intptr_t, intptr_t)'),
    errno: errnoReader(library),
    // The end of the main thread is the end of the process, which closes everything.
    closeWithThread: () => undefined,
  };
  if (isMainThread) return functions;
  keepKoffiInMemory();
  return closingWithThread(functions, library);
}

type Library = ReturnType<ReturnType<typeof koffi>['load']>;

/**
 * errno lies at a fixed place of each thread's memory: a view of it costs 2 ns where a call costs 40. The view is tried
 * out before it is trusted, and koffi's own function serves where views of foreign memory are refused.
 */
function errnoReader(library: Library): () => number {
  const byCall = (): number => koffi().errno();
  try {
    const location: unknown = (library.func('void *__errno_location()') as () => unknown)();
    const view = new Int32Array(koffi().view(location, 4));
    const byView = (): number => view[0]!;
    const close = library.func('int close(int)') as (fd: number) => number;
    const socket = library.func('int socket(int, int, int)') as (
      domain: number,
      type: number,
      protocol: number,
    ) => number;
    const [EBADF, EAFNOSUPPORT] = [9, 97];
    if (close(-1) !== -1 || byView() !== EBADF) return byCall;
    if (socket(4711, 1, 0) !== -1 || byView() !== EAFNOSUPPORT) return byCall;
    return byView;
  } catch {
    return byCall;
  }
}
