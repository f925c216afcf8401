// What the bindings of the Unix family call of libc.

/** A pointer argument on koffi's fast path: a number, which keeps nothing alive (see `native-memory.ts`). */
export type Address = number;

/**
 * The functions of libc that every system of the family has alike. Results are 32-bit: lengths stay below 2^31, so no
 * `ssize_t` exceeds it. Addresses travel as numbers, the path of koffi without conversions; the functions whose names
 * end in `Bytes` take a user's array by pointer instead, which costs 50 ns more and needs no address to be found out.
 */
export interface PosixLibc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, name: Address, length: number): number;
  listen(fd: number, backlog: number): number;
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
  getsockname(fd: number, name: Address, length: Address): number;
  getpeername(fd: number, name: Address, length: Address): number;
  getsockopt(fd: number, level: number, name: number, value: Address, length: Address): number;
  setsockopt(fd: number, level: number, name: number, value: Address, length: number): number;
  ioctl(fd: number, request: number, argument: Address): number;
  if_nametoindex(name: string): number;
  fcntl(fd: number, command: number, argument: number): number;
  kill(pid: number, signal: number): number;
  /** This thread's error number, read without a call where possible. */
  errno(): number;
  /** Closes a descriptor when the thread ends, however it ends. Those that the functions above give are so already. */
  closeWithThread(fd: number): void;
}

/** What every system of the family declares alike, by the name in `PosixLibc`. */
export const POSIX_DECLARATIONS = {
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, intptr_t, int)',
  listen: 'int listen(int, int)',
  connect: 'int connect(int, intptr_t, int)',
  shutdown: 'int shutdown(int, int)',
  close: 'int close(int)',
  recv: 'int recv(int, intptr_t, intptr_t, int)',
  recvBytes: 'int recv(int, void *, intptr_t, int)',
  recvfrom: 'int recvfrom(int, intptr_t, intptr_t, int, intptr_t, intptr_t)',
  recvfromBytes: 'int recvfrom(int, void *, intptr_t, int, intptr_t, intptr_t)',
  recvmsg: 'int recvmsg(int, intptr_t, int)',
  send: 'int send(int, intptr_t, intptr_t, int)',
  sendBytes: 'int send(int, void *, intptr_t, int)',
  sendto: 'int sendto(int, intptr_t, intptr_t, int, intptr_t, int)',
  sendtoBytes: 'int sendto(int, void *, intptr_t, int, intptr_t, int)',
  sendmsg: 'int sendmsg(int, intptr_t, int)',
  getsockname: 'int getsockname(int, intptr_t, intptr_t)',
  getpeername: 'int getpeername(int, intptr_t, intptr_t)',
  getsockopt: 'int getsockopt(int, int, int, intptr_t, intptr_t)',
  setsockopt: 'int setsockopt(int, int, int, intptr_t, int)',
  if_nametoindex: 'int if_nametoindex(const char *)',
  kill: 'int kill(int, int)',
} as const satisfies Partial<Record<keyof PosixLibc, string>>;
