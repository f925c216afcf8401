// What the binding to Linux calls of libc, beside what the whole family has.
import type { Address, PosixLibc } from '../posix/libc.js';

/** The functions of glibc, or musl. `socket`, `accept4` and the like give descriptors that are closed with the thread. */
export interface Libc extends PosixLibc {
  accept4(fd: number, name: Address, length: Address, flags: number): number;
  sendfile(fd: number, file: number, offset: Address, length: number): number;
  poll(entries: Address, count: number, timeout: number): number;
  pipe2(descriptors: Address, flags: number): number;
  write(fd: number, bytes: Address, length: number): number;
  prctl(option: number, argument: number): number;
  syscall(number: number, first: number, second: number, third: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Address): number;
  epoll_wait(epoll: number, events: Address, most: number, timeout: number): number;
  timerfd_create(clock: number, flags: number): number;
  timerfd_settime(fd: number, flags: number, value: Address, old: Address): number;
  /** Takes a descriptor from those that are closed with the thread: somebody else has closed it. */
  notWithThread(fd: number): void;
}
