// Linux' sockets behind the platform's border.
import * as spi from '../../spi/index.js';
import type {
  DatagramError,
  NameSlot,
  OfferedSocket,
  PlatformSockets,
  SocketOffer,
  SystemTraits,
} from '../platform.js';
import { DatagramErrors } from './datagram-errors.js';
import { EAGAIN, ECONNABORTED, EINTR, EINVAL, EPIPE, EPROTO, winsockError } from './errors.js';
import { NAME_ROOM } from './names.js';
import { offerSocket, takeSocket } from './offers.js';
import { lacksScope, withOwnScope, withRouteScope } from './scopes.js';
import { LinuxSocketOptions } from './socket-options.js';
import { LinuxTransfers } from './transfers.js';

const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const SOL_IP = 0;
const IP_HDRINCL = 3;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const NONBLOCK_CLOEXEC = SOCK_NONBLOCK | SOCK_CLOEXEC;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_LINGER = 13;
const SO_ACCEPTCONN = 30;
const IP_MULTICAST_ALL = 49;
const SOL_IPV6 = 41;
const IPV6_V6ONLY = 26;
const IPV6_MULTICAST_ALL = 29;
const IPV6_UNICAST_IF = 76;
const SHUT_WR = 1;
const FIONREAD = 0x541b;
const SO_PEERCRED = 17;
const TIOCOUTQ = 0x5411;
const SIOCATMARK = 0x8905;

/**
 * The kernel's sockets through koffi. One per thread: its scratch memory serves each call, and no call is entered from
 * inside another.
 */
export class LinuxSockets extends LinuxTransfers implements PlatformSockets {
  readonly system = 'linux';
  readonly traits: SystemTraits = {
    ownSharingRules: true,
    nameGoesWithPeer: true,
    connectsToItself: true,
    losesUrgentBytes: true,
    datagramErrorsApart: true,
  };

  readonly #options = new LinuxSocketOptions(this.libc, this.value, this.length);
  readonly #datagramErrors = new DatagramErrors(this.libc, this.#options);

  socket(af: number, type: number, protocol: number): spi.CountOrNegatedCode {
    const domain = af === spi.AF_INET6 ? AF_INET6 : af;
    // Linux has no raw socket of every protocol; one that only sends comes next.
    const everyProtocol = type === SOCK_RAW && protocol === 0;
    const number = everyProtocol ? IPPROTO_RAW : protocol;
    const descriptor = this.libc.socket(domain, type | NONBLOCK_CLOEXEC, number);
    if (descriptor < 0) return this.failure();
    // Of IPPROTO_RAW sockets it takes for granted that they bring headers along; Windows asks for IP_HDRINCL.
    if (type === SOCK_RAW && number === IPPROTO_RAW && domain !== AF_INET6) {
      this.#options.setInteger(descriptor, SOL_IP, IP_HDRINCL, 0);
    }
    if (af === spi.AF_INET6) this.#options.setInteger(descriptor, SOL_IPV6, IPV6_V6ONLY, 1);
    // On Windows a socket gets what is sent to groups that it is in itself, not to those of the whole machine.
    if (type === SOCK_DGRAM && af === spi.AF_INET) this.#options.setInteger(descriptor, SOL_IP, IP_MULTICAST_ALL, 0);
    if (type === SOCK_DGRAM && af === spi.AF_INET6)
      this.#options.setInteger(descriptor, SOL_IPV6, IPV6_MULTICAST_ALL, 0);
    if (type === SOCK_DGRAM) {
      this.#datagramErrors.keep(descriptor, af, true);
      this.#datagramErrors.stamp(descriptor);
    }
    return descriptor;
  }

  close(descriptor: number): void {
    // The binding would cut any other number off to the descriptor of somebody else.
    if (!Number.isInteger(descriptor) || descriptor < 0 || descriptor > 0x7fffffff) return;
    this.#options.groups.forget(descriptor);
    // Not repeated after EINTR: Linux has freed the descriptor by then.
    this.libc.close(descriptor);
  }

  closeWillReset(descriptor: number): void {
    const value = this.value.ints;
    value[0] = 1;
    value[1] = 0;
    this.libc.setsockopt(descriptor, SOL_SOCKET, SO_LINGER, this.value.address, 8);
  }

  bind(descriptor: number, name: Uint8Array, namelen: number): spi.ErrorCode {
    const length = this.name.write(name, namelen);
    if (length < 0) return spi.WSAEFAULT;
    if (this.libc.bind(descriptor, this.name.address, length) === 0) return 0;
    const errno = this.libc.errno();
    const scoped = errno === EINVAL && lacksScope(name, namelen) ? withOwnScope(name) : null;
    return scoped === null ? winsockError(errno) : this.bind(descriptor, scoped, scoped.length);
  }

  listen(descriptor: number, backlog: number): spi.ErrorCode {
    const most = backlog < 0 ? 0x7fffffff : Math.min(backlog, 0x7fffffff);
    return this.libc.listen(descriptor, most) === 0 ? 0 : -this.failure();
  }

  accept(descriptor: number, peer: NameSlot): spi.CountOrNegatedCode {
    for (;;) {
      this.length.ints[0] = NAME_ROOM;
      const accepted = this.libc.accept4(descriptor, this.name.address, this.length.address, NONBLOCK_CLOEXEC);
      if (accepted >= 0) {
        this.name.read(peer, this.length.ints[0]!);
        return accepted;
      }
      const errno = this.libc.errno();
      // The connection went away before it was taken: look at the next one.
      if (errno !== EINTR && errno !== ECONNABORTED && errno !== EPROTO) return -winsockError(errno);
    }
  }

  connect(descriptor: number, name: Uint8Array, namelen: number): spi.ErrorCode {
    const length = this.name.write(name, namelen);
    if (length < 0) return spi.WSAEFAULT;
    if (this.libc.connect(descriptor, this.name.address, length) === 0) return 0;
    const errno = this.libc.errno();
    if (errno === EINVAL && lacksScope(name, namelen)) {
      const scoped = withRouteScope(name, this.#preferredInterface(descriptor));
      return scoped === null ? spi.WSAENETUNREACH : this.connect(descriptor, scoped, scoped.length);
    }
    // An interrupted connect goes on by itself; one that found no room for a way to the destination does not.
    if (errno === EAGAIN) return spi.WSAENOBUFS;
    return errno === EINTR ? spi.WSAEWOULDBLOCK : winsockError(errno);
  }

  disconnect(descriptor: number): spi.ErrorCode {
    this.name.clear();
    return this.libc.connect(descriptor, this.name.address, 16) === 0 ? 0 : -this.failure();
  }

  shutdownSend(descriptor: number): spi.ErrorCode {
    return this.libc.shutdown(descriptor, SHUT_WR) === 0 ? 0 : -this.failure();
  }

  keepDatagramErrors(descriptor: number, af: number, on: boolean): void {
    this.#datagramErrors.keep(descriptor, af, on);
  }

  takeDatagramError(descriptor: number, error: DatagramError): boolean {
    return this.#datagramErrors.take(descriptor, error);
  }

  nextArrival(descriptor: number): number {
    return this.#datagramErrors.nextArrival(descriptor);
  }

  takeError(descriptor: number): spi.ErrorCode {
    const errno = this.#options.integer(descriptor, SOL_SOCKET, SO_ERROR);
    if (errno === EPIPE) return spi.WSAECONNABORTED;
    return errno === 0 ? 0 : winsockError(errno);
  }

  available(descriptor: number): number {
    return this.#ask(descriptor, FIONREAD);
  }

  unsent(descriptor: number): number {
    return this.#ask(descriptor, TIOCOUTQ);
  }

  atMark(descriptor: number): boolean {
    return this.#ask(descriptor, SIOCATMARK) !== 0;
  }

  localName(descriptor: number, slot: NameSlot): spi.ErrorCode {
    this.length.ints[0] = NAME_ROOM;
    if (this.libc.getsockname(descriptor, this.name.address, this.length.address) !== 0) return -this.failure();
    this.name.read(slot, this.length.ints[0]!);
    return 0;
  }

  peerName(descriptor: number, slot: NameSlot): spi.ErrorCode {
    this.length.ints[0] = NAME_ROOM;
    if (this.libc.getpeername(descriptor, this.name.address, this.length.address) !== 0) return -this.failure();
    this.name.read(slot, this.length.ints[0]!);
    return 0;
  }

  setOption(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): spi.ErrorCode {
    return this.#options.set(descriptor, level, optname, value, length);
  }

  getOption(
    descriptor: number,
    level: number,
    optname: number,
    value: Uint8Array,
    length: number,
  ): spi.CountOrNegatedCode {
    return this.#options.get(descriptor, level, optname, value, length);
  }

  isListening(descriptor: number): boolean {
    return this.#options.integer(descriptor, SOL_SOCKET, SO_ACCEPTCONN) !== 0;
  }

  reuseRemembered(descriptor: number, on: boolean): void {
    this.#options.setInteger(descriptor, SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0);
  }

  shareAddress(descriptor: number, on: boolean): void {
    this.#options.shareAddress(descriptor, on);
  }

  keepAlive(descriptor: number, on: boolean, time: number, interval: number): spi.ErrorCode {
    return this.#options.keepAlive(descriptor, on, time, interval);
  }

  paceSends(descriptor: number, rate: number, priority: number): number {
    return this.#options.paceSends(descriptor, rate, priority);
  }

  preferListener(descriptor: number, place: number): void {
    this.#options.preferListener(descriptor, place);
  }

  tcpInfo(descriptor: number, output: Uint8Array, length: number): spi.CountOrNegatedCode {
    return this.#options.tcpInfo(descriptor, output, length);
  }

  offer(descriptor: number, processId: number): SocketOffer | spi.ErrorCode {
    const offer = offerSocket(this.libc, this.value, this.length, descriptor, processId);
    if (typeof offer !== 'number') this.#options.groups.share(descriptor);
    return offer;
  }

  endOffer(offer: SocketOffer): void {
    for (const each of [offer.descriptor, offer.taken, offer.offerTaken, offer.processEnded]) {
      if (each >= 0) this.libc.close(each);
    }
  }

  takeOffer(offer: OfferedSocket): spi.CountOrNegatedCode {
    const descriptor = takeSocket(this.libc, this.value, this.length, offer);
    if (descriptor >= 0) this.#options.groups.share(descriptor);
    return descriptor;
  }

  peerUser(descriptor: number): number {
    // struct ucred: process, user, group.
    this.length.ints[0] = 12;
    const result = this.libc.getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, this.value.address, this.length.address);
    return result === 0 ? this.value.view.getUint32(4, true) : -1;
  }

  /** The interface that an IPv6 socket sends by, which Linux keeps in network order; 0 for none. */
  #preferredInterface(descriptor: number): number {
    const index = this.#options.integer(descriptor, SOL_IPV6, IPV6_UNICAST_IF);
    return ((index & 0xff) << 24) | ((index & 0xff00) << 8) | ((index >> 8) & 0xff00) | (index >>> 24);
  }

  /** Asks an ioctl for an integer; 0 where the socket has no answer. */
  #ask(descriptor: number, request: number): number {
    this.value.ints[0] = 0;
    return this.libc.ioctl(descriptor, request, this.value.address) === 0 ? this.value.ints[0]! : 0;
  }
}
