// Sockets of the Unix family behind the platform's border: what its systems have alike.
import * as spi from '../../spi/index.js';
import type { NameSlot } from '../platform.js';
import type { PosixLibc } from './libc.js';
import { NAME_ROOM } from './names.js';
import { lacksScope, withOwnScope, withRouteScope } from './scopes.js';
import type { PosixSocketOptions } from './socket-options.js';
import type { SocketGroups } from './options.js';
import { PosixTransfers } from './transfers.js';

const SHUT_WR = 1;
const MOST_BACKLOG = 0x7fffffff;

/**
 * The kernel's sockets through koffi. One per thread: its scratch memory serves each call, and no call is entered from
 * inside another. See `PlatformSockets` for what each function does.
 */
export abstract class PosixSockets<L extends PosixLibc> extends PosixTransfers<L> {
  protected abstract readonly options: PosixSocketOptions<L, SocketGroups>;

  /** Takes a connection by the system's own call: a descriptor, or -1 with `errno`. */
  protected abstract acceptOne(descriptor: number): number;
  /** The interface that an IPv6 socket prefers to send by, by its index; 0 for none. */
  protected abstract preferredInterface(descriptor: number): number;

  closeWillReset(descriptor: number): void {
    const value = this.value.ints;
    value[0] = 1;
    value[1] = 0;
    this.libc.setsockopt(descriptor, this.numbers.SOL_SOCKET, this.numbers.SO_LINGER, this.value.address, 8);
  }

  bind(descriptor: number, name: Uint8Array, namelen: number): spi.ErrorCode {
    const length = this.name.write(name, namelen);
    if (length < 0) return spi.WSAEFAULT;
    if (this.libc.bind(descriptor, this.name.address, length) === 0) return 0;
    const errno = this.libc.errno();
    const { errors, scopeMissing } = this.numbers;
    const scoped = scopeMissing.includes(errno) && lacksScope(name, namelen) ? withOwnScope(name) : null;
    return scoped === null ? errors.winsockError(errno) : this.bind(descriptor, scoped, scoped.length);
  }

  listen(descriptor: number, backlog: number): spi.ErrorCode {
    const most = backlog < 0 ? MOST_BACKLOG : Math.min(backlog, MOST_BACKLOG);
    return this.libc.listen(descriptor, most) === 0 ? 0 : -this.failure();
  }

  accept(descriptor: number, peer: NameSlot): spi.CountOrNegatedCode {
    const { EINTR, ECONNABORTED, EPROTO } = this.numbers.errors.numbers;
    for (;;) {
      this.length.ints[0] = NAME_ROOM;
      const accepted = this.acceptOne(descriptor);
      if (accepted >= 0) {
        this.name.read(peer, this.length.ints[0]);
        return accepted;
      }
      const errno = this.libc.errno();
      // The connection went away before it was taken: look at the next one.
      if (errno !== EINTR && errno !== ECONNABORTED && errno !== EPROTO) {
        return -this.numbers.errors.winsockError(errno);
      }
    }
  }

  connect(descriptor: number, name: Uint8Array, namelen: number): spi.ErrorCode {
    const length = this.name.write(name, namelen);
    if (length < 0) return spi.WSAEFAULT;
    if (this.libc.connect(descriptor, this.name.address, length) === 0) return 0;
    const errno = this.libc.errno();
    const { errors, scopeMissing } = this.numbers;
    if (scopeMissing.includes(errno) && lacksScope(name, namelen)) {
      const scoped = withRouteScope(name, this.preferredInterface(descriptor));
      return scoped === null ? spi.WSAENETUNREACH : this.connect(descriptor, scoped, scoped.length);
    }
    // An interrupted connect goes on by itself; one that found no room for a way to the destination does not.
    if (errno === errors.numbers.EAGAIN) return spi.WSAENOBUFS;
    return errno === errors.numbers.EINTR ? spi.WSAEWOULDBLOCK : errors.winsockError(errno);
  }

  shutdownSend(descriptor: number): spi.ErrorCode {
    return this.libc.shutdown(descriptor, SHUT_WR) === 0 ? 0 : -this.failure();
  }

  takeError(descriptor: number): spi.ErrorCode {
    const { SOL_SOCKET, SO_ERROR, errors } = this.numbers;
    this.value.ints[0] = 0;
    this.length.ints[0] = 4;
    const { address } = this.value;
    if (this.libc.getsockopt(descriptor, SOL_SOCKET, SO_ERROR, address, this.length.address) !== 0)
      return -this.failure();
    const errno = this.value.ints[0];
    if (errno === errors.numbers.EPIPE) return spi.WSAECONNABORTED;
    return errno === 0 ? 0 : errors.winsockError(errno);
  }

  available(descriptor: number): number {
    return this.ask(descriptor, this.numbers.FIONREAD);
  }

  atMark(descriptor: number): boolean {
    return this.ask(descriptor, this.numbers.SIOCATMARK) !== 0;
  }

  localName(descriptor: number, slot: NameSlot): spi.ErrorCode {
    this.length.ints[0] = NAME_ROOM;
    if (this.libc.getsockname(descriptor, this.name.address, this.length.address) !== 0) return -this.failure();
    this.name.read(slot, this.length.ints[0]);
    return 0;
  }

  peerName(descriptor: number, slot: NameSlot): spi.ErrorCode {
    this.length.ints[0] = NAME_ROOM;
    if (this.libc.getpeername(descriptor, this.name.address, this.length.address) !== 0) return -this.failure();
    this.name.read(slot, this.length.ints[0]);
    return 0;
  }

  setOption(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): spi.ErrorCode {
    return this.options.set(descriptor, level, optname, value, length);
  }

  getOption(
    descriptor: number,
    level: number,
    optname: number,
    value: Uint8Array,
    length: number,
  ): spi.CountOrNegatedCode {
    return this.options.get(descriptor, level, optname, value, length);
  }

  isListening(descriptor: number): boolean {
    return this.options.integer(descriptor, this.numbers.SOL_SOCKET, this.numbers.SO_ACCEPTCONN) !== 0;
  }

  reuseRemembered(descriptor: number, on: boolean): void {
    this.options.setInteger(descriptor, this.numbers.SOL_SOCKET, this.numbers.SO_REUSEADDR, on ? 1 : 0);
  }

  shareAddress(descriptor: number, on: boolean): void {
    this.options.shareAddress(descriptor, on);
  }

  keepAlive(descriptor: number, on: boolean, time: number, interval: number): spi.ErrorCode {
    return this.options.keepAlive(descriptor, on, time, interval);
  }

  /** Asks an ioctl for an integer; 0 where the socket has no answer. */
  protected ask(descriptor: number, request: number): number {
    this.value.ints[0] = 0;
    return this.libc.ioctl(descriptor, request, this.value.address) === 0 ? this.value.ints[0] : 0;
  }
}
