// Sockets for other processes: one keeps a duplicate, the other fetches it by pidfd_getfd(2).
import * as spi from '../../spi/index.js';
import type { PinnedMemory } from '../native-memory.js';
import type { OfferedSocket, SocketOffer } from '../platform.js';
import type { Libc } from './libc.js';
import { winsockError } from './errors.js';

const F_DUPFD_CLOEXEC = 1030;
const O_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
const PR_SET_PTRACER = 0x59616d61;
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;
const SOL_SOCKET = 1;
const SO_COOKIE = 57;
const FIONREAD = 0x541b;
const ESRCH = 3;
/** Beyond it a number is negative to the kernel, which then means a group of processes, or all of them. */
const MOST_PROCESS = 0x7fffffff;
const EPERM = 1;
const EBADF = 9;

/** The lower half of the kernel's number of a socket, which no other has; -1 for what is not a socket. */
function cookieOf(libc: Libc, value: PinnedMemory, length: PinnedMemory, descriptor: number): number {
  length.ints[0] = 8;
  const result = libc.getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, value.address, length.address);
  return result === 0 ? value.view.getUint32(0, true) : -1;
}

/** See `PlatformSockets.offer`. */
export function offerSocket(
  libc: Libc,
  value: PinnedMemory,
  length: PinnedMemory,
  descriptor: number,
  processId: number,
): SocketOffer | number {
  if (!Number.isInteger(processId) || processId <= 0 || processId > MOST_PROCESS) return spi.WSAEINVAL;
  if (libc.kill(processId, 0) !== 0 && libc.errno() === ESRCH) return spi.WSAEINVAL;
  const kept = libc.fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (kept < 0) return winsockError(libc.errno());
  if (libc.pipe2(value.address, O_NONBLOCK_CLOEXEC) !== 0) {
    const code = winsockError(libc.errno());
    libc.close(kept);
    return code;
  }
  const [offerTaken, taken] = [value.ints[0]!, value.ints[1]!];
  libc.closeWithThread(offerTaken);
  libc.closeWithThread(taken);
  // Where the kernel lets processes look into their descendants alone, this names the one that may.
  if (processId !== process.pid) libc.prctl(PR_SET_PTRACER, processId);
  const cookie = cookieOf(libc, value, length, kept);
  // Without it the offer merely lasts as long as the instance.
  const processEnded = processId === process.pid ? -1 : Math.max(libc.syscall(SYS_PIDFD_OPEN, processId, 0, 0), -1);
  return { process: process.pid, descriptor: kept, taken, offerTaken, processEnded, cookie };
}

/** See `PlatformSockets.takeOffer`. */
export function takeSocket(libc: Libc, value: PinnedMemory, length: PinnedMemory, offer: OfferedSocket): number {
  const fetch = fetcher(libc, offer.process);
  if (typeof fetch === 'number') return fetch;
  try {
    const descriptor = fetch.get(offer.descriptor);
    if (descriptor < 0) return descriptor;
    const taken = fetch.get(offer.taken);
    // Something else may have the numbers by now, or somebody else have taken the socket: the offer is over.
    const cookie = cookieOf(libc, value, length, descriptor);
    const over = taken < 0 || cookie < 0 || cookie !== offer.cookie || !take(libc, value, taken);
    if (taken >= 0) libc.close(taken);
    if (!over) return descriptor;
    libc.close(descriptor);
    return -spi.WSAEINVAL;
  } finally {
    fetch.end();
  }
}

/** Says that the offer is taken; false when that has been said. */
function take(libc: Libc, value: PinnedMemory, taken: number): boolean {
  value.ints[0] = 0;
  if (libc.ioctl(taken, FIONREAD, value.address) !== 0 || value.ints[0] !== 0) return false;
  return libc.write(taken, value.address, 1) === 1;
}

/** Copies descriptors of a process; this one's too. */
function fetcher(libc: Libc, processId: number): { get(descriptor: number): number; end(): void } | number {
  const failure = (): number => {
    const errno = libc.errno();
    if (errno === EPERM) return -spi.WSAEACCES;
    return errno === EBADF || errno === ESRCH ? -spi.WSAEINVAL : -winsockError(errno);
  };
  if (processId === process.pid) {
    return {
      get(descriptor) {
        const copy = libc.fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
        return copy >= 0 ? copy : failure();
      },
      end: () => undefined,
    };
  }
  if (processId > MOST_PROCESS) return -spi.WSAEINVAL;
  const pidfd = libc.syscall(SYS_PIDFD_OPEN, processId, 0, 0);
  if (pidfd < 0) return failure();
  return {
    get(descriptor) {
      const copy = libc.syscall(SYS_PIDFD_GETFD, pidfd, descriptor, 0);
      return copy >= 0 ? copy : failure();
    },
    end: () => void libc.close(pidfd),
  };
}
