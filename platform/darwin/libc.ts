// What the binding to macOS calls of libSystem, beside what the whole family has.
import type { Address, PosixLibc } from '../posix/libc.js';

/** The functions. `socket`, `accept`, `kqueue` and F_DUPFD_CLOEXEC give descriptors that are closed with the thread. */
export interface DarwinLibc extends PosixLibc {
  accept(fd: number, name: Address, length: Address): number;
  dup2(fd: number, onto: number): number;
  /** Sends from `offset` of a file; the length goes in, how many bytes were sent comes out. */
  sendfile(file: number, fd: number, offset: number, length: Address, headers: Address, flags: number): number;
  lseek(file: number, offset: number, whence: number): number;
  kqueue(): number;
  kevent(
    queue: number,
    changes: Address,
    changeCount: number,
    events: Address,
    eventCount: number,
    timeout: Address,
  ): number;
}
