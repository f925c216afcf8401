// What the binding calls of libc.

/** A pointer argument on koffi's fast path: a number, which keeps nothing alive (see `native-memory.ts`). */
export type Address = number;

/**
 * The functions of libc that the binding calls. Results are 32-bit: lengths stay below 2^31, so no `ssize_t` exceeds
 * it. Addresses travel as numbers, the path of koffi without conversions; the functions whose names end in `Bytes` take
 * a user's array by pointer instead, which costs 50 ns more and needs no address to be found out.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, name: Address, length: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, name: Address, length: Address, flags: number): number;
  connect(fd: number, name: Address, length: number): number;
  shutdown(fd: number, how: number): number;
  close(fd: number): number;
  recv(fd: number, buffer: Address, length: number, flags: number): number;
  recvBytes(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  recvfrom(fd: number, buffer: Address, length: number, flags: number, name: Address, namelen: Address): number;
  recvfromBytes(fd: number, buffer: Uint8Array, length: number, flags: number, name: Address, namelen: Address): number;
  recvmsg(fd: number, message: Address, flags: number): number;
  send(fd: number, buffer: Address, length: number, flags: number): number;
  sendBytes(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  sendto(fd: number, buffer: Address, length: number, flags: number, name: Address, namelen: number): number;
  sendtoBytes(fd: number, buffer: Uint8Array, length: number, flags: number, name: Address, namelen: number): number;
  sendmsg(fd: number, message: Address, flags: number): number;
  sendfile(fd: number, file: number, offset: Address, length: number): number;
  getsockname(fd: number, name: Address, length: Address): number;
  getpeername(fd: number, name: Address, length: Address): number;
  getsockopt(fd: number, level: number, name: number, value: Address, length: Address): number;
  setsockopt(fd: number, level: number, name: number, value: Address, length: number): number;
  ioctl(fd: number, request: number, argument: Address): number;
  if_nametoindex(name: string): number;
  poll(entries: Address, count: number, timeout: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  pipe2(descriptors: Address, flags: number): number;
  write(fd: number, bytes: Address, length: number): number;
  kill(pid: number, signal: number): number;
  prctl(option: number, argument: number): number;
  syscall(number: number, first: number, second: number, third: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Address): number;
  epoll_wait(epoll: number, events: Address, most: number, timeout: number): number;
  timerfd_create(clock: number, flags: number): number;
  timerfd_settime(fd: number, flags: number, value: Address, old: Address): number;
  /** This thread's error number, read without a call where possible. */
  errno(): number;
  /**
   * Closes a descriptor when the thread ends, however it ends. Those that `socket`, `accept4`, `epoll_create1`,
   * `timerfd_create`, `fcntl` and `syscall` give are so already.
   */
  closeWithThread(fd: number): void;
}
