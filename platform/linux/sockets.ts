// Linux' sockets behind the platform's border.
import * as spi from '../../spi/index.js';
import { LastAddress, NOT_THERE, pinMemory, writeWord } from '../native-memory.js';
import type {
  DatagramError,
  MessageDetails,
  NameSlot,
  OfferedSocket,
  PlatformSockets,
  SocketOffer,
  SystemTraits,
} from '../platform.js';
import { libc } from './bindings.js';
import { DatagramErrors } from './datagram-errors.js';
import { datagramError, EAGAIN, ECONNABORTED, EINTR, EPIPE, EPROTO, winsockError } from './errors.js';
import { COMMON_FLAGS, MessageScratch } from './messages.js';
import { NAME_ROOM, NameScratch } from './names.js';
import { PollEvents } from '../poller.js';
import { offerSocket, takeSocket } from './offers.js';
import { linuxPollBits, pollEvents } from './poll-bits.js';
import { lacksScope, withOwnScope, withRouteScope } from './scopes.js';
import { LinuxSocketOptions } from './socket-options.js';

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
const TIOCOUTQ = 0x5411;
const SIOCATMARK = 0x8905;
const MSG_TRUNC = 0x20;
const MSG_NOSIGNAL = 0x4000;

const EBADF = 9;
const EINVAL = 22;

/** The most that one `sendfile` takes; its result is 32-bit here. */
const MOST_FILE_BYTES = 0x7ffff000;
/** EINVAL, ENOSYS, ESPIPE, EOVERFLOW: the file, not the socket, is the reason. */
const UNSENDABLE_FILE: ReadonlySet<number> = new Set([22, 38, 29, 75]);

/** The largest option values: GROUP_SOURCE_REQ, `tcp_info`. */
const VALUE_ROOM = 264;

/**
 * The kernel's sockets through koffi. One per thread: its scratch memory serves each call, and no call is entered from
 * inside another.
 */
export class LinuxSockets implements PlatformSockets {
  readonly system = 'linux';
  readonly traits: SystemTraits = {
    ownSharingRules: true,
    nameGoesWithPeer: true,
    connectsToItself: true,
    losesUrgentBytes: true,
    datagramErrorsApart: true,
  };

  readonly #libc = libc();
  readonly #received = new LastAddress();
  readonly #sent = new LastAddress();
  readonly #name = new NameScratch();
  readonly #length = pinMemory(8);
  readonly #value = pinMemory(VALUE_ROOM);
  readonly #poll = pinMemory(8);
  readonly #message = new MessageScratch(this.#libc);
  readonly #options = new LinuxSocketOptions(this.#libc, this.#value, this.#length);
  readonly #datagramErrors = new DatagramErrors(this.#libc, this.#options);

  socket(af: number, type: number, protocol: number): number {
    const domain = af === spi.AF_INET6 ? AF_INET6 : af;
    // Linux has no raw socket of every protocol; one that only sends comes next.
    const everyProtocol = type === SOCK_RAW && protocol === 0;
    const number = everyProtocol ? IPPROTO_RAW : protocol;
    const descriptor = this.#libc.socket(domain, type | NONBLOCK_CLOEXEC, number);
    if (descriptor < 0) return this.#failure();
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
    this.#libc.close(descriptor);
  }

  closeWillReset(descriptor: number): void {
    const value = this.#value.ints;
    value[0] = 1;
    value[1] = 0;
    this.#libc.setsockopt(descriptor, SOL_SOCKET, SO_LINGER, this.#value.address, 8);
  }

  bind(descriptor: number, name: Uint8Array, namelen: number): number {
    const length = this.#name.write(name, namelen);
    if (length < 0) return spi.WSAEFAULT;
    if (this.#libc.bind(descriptor, this.#name.address, length) === 0) return 0;
    const errno = this.#libc.errno();
    const scoped = errno === EINVAL && lacksScope(name, namelen) ? withOwnScope(name) : null;
    return scoped === null ? winsockError(errno) : this.bind(descriptor, scoped, scoped.length);
  }

  listen(descriptor: number, backlog: number): number {
    const most = backlog < 0 ? 0x7fffffff : Math.min(backlog, 0x7fffffff);
    return this.#libc.listen(descriptor, most) === 0 ? 0 : -this.#failure();
  }

  accept(descriptor: number, peer: NameSlot): number {
    for (;;) {
      this.#length.ints[0] = NAME_ROOM;
      const accepted = this.#libc.accept4(descriptor, this.#name.address, this.#length.address, NONBLOCK_CLOEXEC);
      if (accepted >= 0) {
        this.#name.read(peer, this.#length.ints[0]!);
        return accepted;
      }
      const errno = this.#libc.errno();
      // The connection went away before it was taken: look at the next one.
      if (errno !== EINTR && errno !== ECONNABORTED && errno !== EPROTO) return -winsockError(errno);
    }
  }

  connect(descriptor: number, name: Uint8Array, namelen: number): number {
    const length = this.#name.write(name, namelen);
    if (length < 0) return spi.WSAEFAULT;
    if (this.#libc.connect(descriptor, this.#name.address, length) === 0) return 0;
    const errno = this.#libc.errno();
    if (errno === EINVAL && lacksScope(name, namelen)) {
      const scoped = withRouteScope(name, this.#preferredInterface(descriptor));
      return scoped === null ? spi.WSAENETUNREACH : this.connect(descriptor, scoped, scoped.length);
    }
    // An interrupted connect goes on by itself; one that found no room for a way to the destination does not.
    if (errno === EAGAIN) return spi.WSAENOBUFS;
    return errno === EINTR ? spi.WSAEWOULDBLOCK : winsockError(errno);
  }

  disconnect(descriptor: number): number {
    this.#name.clear();
    return this.#libc.connect(descriptor, this.#name.address, 16) === 0 ? 0 : -this.#failure();
  }

  shutdownSend(descriptor: number): number {
    return this.#libc.shutdown(descriptor, SHUT_WR) === 0 ? 0 : -this.#failure();
  }

  receive(descriptor: number, bytes: Uint8Array, length: number, flags: number): number {
    const address = this.#received.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    const received =
      address !== 0
        ? this.#libc.recv(descriptor, address, length, flags)
        : this.#libc.recvBytes(descriptor, bytes, length, flags);
    return received >= 0 ? received : this.#receiveAgain(descriptor, bytes, length, flags);
  }

  receiveVector(descriptor: number, buffers: spi.WSABUF[], count: number, flags: number): number {
    if (!this.#message.describe(buffers, count, 0, false)) return -spi.WSAEFAULT;
    return this.#message.receive(descriptor, flags);
  }

  receiveDatagram(descriptor: number, bytes: Uint8Array, length: number, flags: number, from: NameSlot | null): number {
    const name = from === null ? 0 : this.#name.address;
    const namelen = from === null ? 0 : this.#length.address;
    const address = this.#received.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    // The result is then the datagram's length, whatever there was room for.
    const all = (flags & COMMON_FLAGS) | MSG_TRUNC;
    for (;;) {
      this.#length.ints[0] = NAME_ROOM;
      const received =
        address !== 0
          ? this.#libc.recvfrom(descriptor, address, length, all, name, namelen)
          : this.#libc.recvfromBytes(descriptor, bytes, length, all, name, namelen);
      if (received >= 0) {
        if (from !== null) this.#name.read(from, this.#length.ints[0]!);
        return received > length ? -spi.WSAEMSGSIZE : received;
      }
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -datagramError(errno);
    }
  }

  receiveDatagramVector(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
  ): number {
    if (!this.#message.describe(buffers, count, 0, false)) return -spi.WSAEFAULT;
    if (from !== null) this.#message.addName(this.#name, NAME_ROOM);
    const received = this.#message.receive(descriptor, flags);
    if (received < 0) return received;
    if (from !== null) this.#name.read(from, this.#message.nameLength);
    return this.#message.truncated ? -spi.WSAEMSGSIZE : received;
  }

  send(descriptor: number, bytes: Uint8Array, length: number, flags: number): number {
    const all = flags | MSG_NOSIGNAL;
    const address = this.#sent.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    const sent =
      address !== 0
        ? this.#libc.send(descriptor, address, length, all)
        : this.#libc.sendBytes(descriptor, bytes, length, all);
    return sent >= 0 ? sent : this.#sendAgain(descriptor, bytes, length, all);
  }

  sendTo(descriptor: number, bytes: Uint8Array, length: number, flags: number, to: Uint8Array, tolen: number): number {
    const common = (flags & COMMON_FLAGS) | MSG_NOSIGNAL;
    const namelen = this.#name.write(to, tolen);
    const name = this.#name.address;
    const address = this.#sent.addressOf(bytes, length);
    if (namelen < 0 || address === NOT_THERE) return -spi.WSAEFAULT;
    for (;;) {
      const sent =
        address !== 0
          ? this.#libc.sendto(descriptor, address, length, common, name, namelen)
          : this.#libc.sendtoBytes(descriptor, bytes, length, common, name, namelen);
      if (sent >= 0) return sent;
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -winsockError(errno);
    }
  }

  sendVector(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): number {
    if (!this.#message.describe(buffers, count, offset, true)) return -spi.WSAEFAULT;
    if (to !== null && !this.#message.addWrittenName(this.#name, to, tolen)) return -spi.WSAEFAULT;
    const sent = this.#message.send(descriptor, flags);
    return sent === -spi.WSAECONNRESET ? -this.#sendError(descriptor, this.#libc.errno()) : sent;
  }

  receiveMessage(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
    details: MessageDetails,
  ): number {
    if (!this.#message.describe(buffers, count, 0, false)) return -spi.WSAEFAULT;
    if (from !== null) this.#message.addName(this.#name, NAME_ROOM);
    this.#message.addDetailsRoom();
    const received = this.#message.receive(descriptor, flags);
    if (received < 0) return received;
    if (from !== null) this.#name.read(from, this.#message.nameLength);
    this.#message.readDetails(details);
    return this.#message.truncated ? -spi.WSAEMSGSIZE : received;
  }

  sendMessage(
    descriptor: number,
    af: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    details: MessageDetails,
  ): number {
    if (!this.#message.describe(buffers, count, 0, true)) return -spi.WSAEFAULT;
    if (to !== null && !this.#message.addWrittenName(this.#name, to, tolen)) return -spi.WSAEFAULT;
    this.#message.addDetails(af, details);
    return this.#message.send(descriptor, flags);
  }

  sendFile(descriptor: number, file: number, position: number, length: number): number {
    const offset = position < 0 ? 0 : this.#value.address;
    for (;;) {
      if (position >= 0) writeWord(this.#value.ints, 0, position);
      const sent = this.#libc.sendfile(descriptor, file, offset, Math.min(length, MOST_FILE_BYTES));
      if (sent >= 0) return sent;
      const errno = this.#libc.errno();
      if (errno === EINTR) continue;
      // The front keeps its own descriptor open: it is the file that was closed.
      if (errno === EBADF) return -spi.ERROR_INVALID_HANDLE;
      return UNSENDABLE_FILE.has(errno) ? -spi.WSAEOPNOTSUPP : -this.#sendError(descriptor, errno);
    }
  }

  look(descriptor: number, events: number): number {
    const poll = this.#poll.ints;
    poll[0] = descriptor;
    poll[1] = linuxPollBits(events);
    for (;;) {
      const ready = this.#libc.poll(this.#poll.address, 1, 0);
      if (ready > 0) return pollEvents(poll[1] >>> 16);
      if (ready === 0 || this.#libc.errno() !== EINTR) return 0;
    }
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

  takeError(descriptor: number): number {
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

  localName(descriptor: number, slot: NameSlot): number {
    this.#length.ints[0] = NAME_ROOM;
    if (this.#libc.getsockname(descriptor, this.#name.address, this.#length.address) !== 0) return -this.#failure();
    this.#name.read(slot, this.#length.ints[0]!);
    return 0;
  }

  peerName(descriptor: number, slot: NameSlot): number {
    this.#length.ints[0] = NAME_ROOM;
    if (this.#libc.getpeername(descriptor, this.#name.address, this.#length.address) !== 0) return -this.#failure();
    this.#name.read(slot, this.#length.ints[0]!);
    return 0;
  }

  setOption(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): number {
    return this.#options.set(descriptor, level, optname, value, length);
  }

  getOption(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): number {
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

  keepAlive(descriptor: number, on: boolean, time: number, interval: number): number {
    return this.#options.keepAlive(descriptor, on, time, interval);
  }

  preferListener(descriptor: number, place: number): void {
    this.#options.preferListener(descriptor, place);
  }

  tcpInfo(descriptor: number, output: Uint8Array, length: number): number {
    return this.#options.tcpInfo(descriptor, output, length);
  }

  offer(descriptor: number, processId: number): SocketOffer | number {
    const offer = offerSocket(this.#libc, this.#value, this.#length, descriptor, processId);
    if (typeof offer !== 'number') this.#options.groups.share(descriptor);
    return offer;
  }

  endOffer(offer: SocketOffer): void {
    for (const each of [offer.descriptor, offer.taken, offer.offerTaken, offer.processEnded]) {
      if (each >= 0) this.#libc.close(each);
    }
  }

  takeOffer(offer: OfferedSocket): number {
    const descriptor = takeSocket(this.#libc, this.#value, this.#length, offer);
    if (descriptor >= 0) this.#options.groups.share(descriptor);
    return descriptor;
  }

  /** The negated WinSock code of the call that just failed. */
  #failure(): number {
    return -winsockError(this.#libc.errno());
  }

  #receiveAgain(descriptor: number, bytes: Uint8Array, length: number, flags: number): number {
    for (;;) {
      const errno = this.#libc.errno();
      // Linux' word for nothing urgent that is pending; on Windows that means waiting.
      if (errno === EINVAL && (flags & spi.MSG_OOB) !== 0) return -spi.WSAEWOULDBLOCK;
      if (errno !== EINTR) return -winsockError(errno);
      const received = this.#libc.recvBytes(descriptor, bytes, length, flags);
      if (received >= 0) return received;
    }
  }

  #sendAgain(descriptor: number, bytes: Uint8Array, length: number, flags: number): number {
    for (;;) {
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -this.#sendError(descriptor, errno);
      const sent = this.#libc.sendBytes(descriptor, bytes, length, flags);
      if (sent >= 0) return sent;
    }
  }

  /** The WinSock code of a send that failed; Windows tells a reset that the peer's end came before from others. */
  #sendError(descriptor: number, errno: number): number {
    const aborted = errno === EPIPE && (this.look(descriptor, 0) & PollEvents.HANG_UP) !== 0;
    return aborted ? spi.WSAECONNABORTED : winsockError(errno);
  }

  /** The interface that an IPv6 socket sends by, which Linux keeps in network order; 0 for none. */
  #preferredInterface(descriptor: number): number {
    const index = this.#options.integer(descriptor, SOL_IPV6, IPV6_UNICAST_IF);
    return ((index & 0xff) << 24) | ((index & 0xff00) << 8) | ((index >> 8) & 0xff00) | (index >>> 24);
  }

  /** Asks an ioctl for an integer; 0 where the socket has no answer. */
  #ask(descriptor: number, request: number): number {
    this.#value.ints[0] = 0;
    return this.#libc.ioctl(descriptor, request, this.#value.address) === 0 ? this.#value.ints[0]! : 0;
  }
}
