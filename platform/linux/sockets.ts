// Linux' sockets behind the platform's border.
import * as spi from '../../spi/index.js';
import { addressOf, LastAddress, pinMemory, writeWord } from '../native-memory.js';
import { offerSocket, takeSocket } from './offers.js';
import type { MessageDetails, NameSlot, OfferedSocket, PlatformSockets, SocketOffer } from '../platform.js';
import { libc } from './bindings.js';
import { CONTROL_ROOM, readControl, writeControl } from './control.js';
import { EAGAIN, ECONNABORTED, EINTR, EPROTO, winsockError } from './errors.js';
import { findSocketOption, fromLinuxOption, OptionForm, toLinuxOption } from './options.js';
import { linuxPollBits, pollEvents } from './poll-bits.js';
import { TCP_INFO_ROOM, toTcpInfo } from './tcp-info.js';

const AF_INET6 = 10;
const SOCK_STREAM = 1;
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
const SO_TYPE = 3;
const SO_ERROR = 4;
const SO_RCVBUF = 8;
const SO_KEEPALIVE = 9;
const SO_LINGER = 13;
const SO_REUSEPORT = 15;
const SO_ACCEPTCONN = 30;
const SOL_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const IP_MULTICAST_ALL = 49;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const BPF_RETURN = 0x06;
const TCP_INFO = 11;
const SOL_IPV6 = 41;
const IPV6_V6ONLY = 26;
const IPV6_MULTICAST_ALL = 29;
const SHUT_WR = 1;
const FIONREAD = 0x541b;
const TIOCOUTQ = 0x5411;
const SIOCATMARK = 0x8905;
const MSG_TRUNC = 0x20;
const MSG_NOSIGNAL = 0x4000;
/** MSG_OOB, MSG_PEEK and MSG_DONTROUTE have the same values on both sides. */
const COMMON_FLAGS = 0x7;

const EBADF = 9;

/** The most that one `sendfile` takes; its result is 32-bit here. */
const MOST_FILE_BYTES = 0x7ffff000;
/** EINVAL, ENOSYS, ESPIPE, EOVERFLOW: the file, not the socket, is the reason. */
const UNSENDABLE_FILE: ReadonlySet<number> = new Set([22, 38, 29, 75]);

const NAME_ROOM = 128;
/** The largest option values: GROUP_SOURCE_REQ, `tcp_info`. */
const VALUE_ROOM = 264;
const MOST_BUFFERS = 1024;
const IOV_INTS = 4;
/** `struct msghdr` in 32-bit integers: where its members begin. */
const MSG = { NAME: 0, NAMELEN: 2, IOV: 4, IOVLEN: 6, CONTROL: 8, CONTROLLEN: 10, FLAGS: 12, SIZE: 56 } as const;

/**
 * The kernel's sockets through koffi. One per thread: its scratch memory serves each call, and no call is entered from
 * inside another.
 */
export class LinuxSockets implements PlatformSockets {
  readonly system = 'linux';

  readonly #libc = libc();
  readonly #received = new LastAddress();
  readonly #sent = new LastAddress();
  readonly #name = pinMemory(NAME_ROOM);
  readonly #length = pinMemory(8);
  readonly #value = pinMemory(VALUE_ROOM);
  readonly #poll = pinMemory(8);
  readonly #message = pinMemory(MSG.SIZE);
  readonly #control = pinMemory(CONTROL_ROOM);
  readonly #vector = pinMemory(MOST_BUFFERS * IOV_INTS * 4);

  socket(af: number, type: number, protocol: number): number {
    const domain = af === spi.AF_INET6 ? AF_INET6 : af;
    // Linux has no raw socket of every protocol; one that only sends comes next.
    const everyProtocol = type === SOCK_RAW && protocol === 0;
    const number = everyProtocol ? IPPROTO_RAW : protocol;
    const descriptor = this.#libc.socket(domain, type | NONBLOCK_CLOEXEC, number);
    if (descriptor < 0) return this.#failure();
    // Of IPPROTO_RAW sockets it takes for granted that they bring headers along; Windows asks for IP_HDRINCL.
    if (type === SOCK_RAW && number === IPPROTO_RAW && domain !== AF_INET6) {
      this.#setInteger(descriptor, SOL_IP, IP_HDRINCL, 0);
    }
    if (af === spi.AF_INET6) this.#setInteger(descriptor, SOL_IPV6, IPV6_V6ONLY, 1);
    // On Windows a socket gets what is sent to groups that it is in itself, not to those of the whole machine.
    if (type === SOCK_DGRAM && af === spi.AF_INET) this.#setInteger(descriptor, SOL_IP, IP_MULTICAST_ALL, 0);
    if (type === SOCK_DGRAM && af === spi.AF_INET6) this.#setInteger(descriptor, SOL_IPV6, IPV6_MULTICAST_ALL, 0);
    return descriptor;
  }

  close(descriptor: number): void {
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
    const length = this.#writeName(name, namelen);
    return this.#libc.bind(descriptor, this.#name.address, length) === 0 ? 0 : -this.#failure();
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
        this.#readName(peer, this.#length.ints[0]!);
        return accepted;
      }
      const errno = this.#libc.errno();
      // The connection went away before it was taken: look at the next one.
      if (errno !== EINTR && errno !== ECONNABORTED && errno !== EPROTO) return -winsockError(errno);
    }
  }

  connect(descriptor: number, name: Uint8Array, namelen: number): number {
    const length = this.#writeName(name, namelen);
    if (this.#libc.connect(descriptor, this.#name.address, length) === 0) return 0;
    const errno = this.#libc.errno();
    // An interrupted connect goes on by itself; one that found no room for a way to the destination does not.
    if (errno === EAGAIN) return spi.WSAENOBUFS;
    return errno === EINTR ? spi.WSAEWOULDBLOCK : winsockError(errno);
  }

  disconnect(descriptor: number): number {
    this.#name.ints.fill(0, 0, 4);
    return this.#libc.connect(descriptor, this.#name.address, 16) === 0 ? 0 : -this.#failure();
  }

  shutdownSend(descriptor: number): number {
    return this.#libc.shutdown(descriptor, SHUT_WR) === 0 ? 0 : -this.#failure();
  }

  receive(descriptor: number, bytes: Uint8Array, length: number, flags: number): number {
    const address = this.#received.addressOf(bytes, length);
    const received =
      address !== 0
        ? this.#libc.recv(descriptor, address, length, flags)
        : this.#libc.recvBytes(descriptor, bytes, length, flags);
    return received >= 0 ? received : this.#receiveAgain(descriptor, bytes, length, flags);
  }

  receiveVector(descriptor: number, buffers: spi.WSABUF[], count: number, flags: number): number {
    this.#writeVector(buffers, Math.min(count, MOST_BUFFERS), 0);
    return this.#receiveMessage(descriptor, flags & COMMON_FLAGS);
  }

  receiveDatagram(descriptor: number, bytes: Uint8Array, length: number, flags: number, from: NameSlot | null): number {
    const name = from === null ? 0 : this.#name.address;
    const namelen = from === null ? 0 : this.#length.address;
    const address = this.#received.addressOf(bytes, length);
    // The result is then the datagram's length, whatever there was room for.
    const all = (flags & COMMON_FLAGS) | MSG_TRUNC;
    for (;;) {
      this.#length.ints[0] = NAME_ROOM;
      const received =
        address !== 0
          ? this.#libc.recvfrom(descriptor, address, length, all, name, namelen)
          : this.#libc.recvfromBytes(descriptor, bytes, length, all, name, namelen);
      if (received >= 0) {
        if (from !== null) this.#readName(from, this.#length.ints[0]!);
        return received > length ? -spi.WSAEMSGSIZE : received;
      }
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -winsockError(errno);
    }
  }

  receiveDatagramVector(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
  ): number {
    // A datagram has to be taken in one call, so what is beyond the system's limit counts as no room.
    this.#writeVector(buffers, Math.min(count, MOST_BUFFERS), 0);
    const message = this.#message.ints;
    if (from !== null) {
      writeWord(message, MSG.NAME, this.#name.address);
      message[MSG.NAMELEN] = NAME_ROOM;
    }
    const received = this.#receiveMessage(descriptor, flags & COMMON_FLAGS);
    if (received < 0) return received;
    if (from !== null) this.#readName(from, message[MSG.NAMELEN]!);
    return (message[MSG.FLAGS]! & MSG_TRUNC) !== 0 ? -spi.WSAEMSGSIZE : received;
  }

  send(descriptor: number, bytes: Uint8Array, length: number, flags: number): number {
    const address = this.#sent.addressOf(bytes, length);
    const sent =
      address !== 0
        ? this.#libc.send(descriptor, address, length, flags | MSG_NOSIGNAL)
        : this.#libc.sendBytes(descriptor, bytes, length, flags | MSG_NOSIGNAL);
    return sent >= 0 ? sent : this.#sendAgain(descriptor, bytes, length, flags | MSG_NOSIGNAL);
  }

  sendTo(descriptor: number, bytes: Uint8Array, length: number, flags: number, to: Uint8Array, tolen: number): number {
    const namelen = this.#writeName(to, tolen);
    const name = this.#name.address;
    const address = this.#sent.addressOf(bytes, length);
    const common = (flags & COMMON_FLAGS) | MSG_NOSIGNAL;
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
    this.#writeVector(buffers, Math.min(count, MOST_BUFFERS), offset);
    if (to !== null) {
      this.#message.ints[MSG.NAMELEN] = this.#writeName(to, tolen);
      writeWord(this.#message.ints, MSG.NAME, this.#name.address);
    }
    return this.#sendMessage(descriptor, flags);
  }

  receiveMessage(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
    details: MessageDetails,
  ): number {
    this.#writeVector(buffers, Math.min(count, MOST_BUFFERS), 0);
    const message = this.#message.ints;
    if (from !== null) {
      writeWord(message, MSG.NAME, this.#name.address);
      message[MSG.NAMELEN] = NAME_ROOM;
    }
    writeWord(message, MSG.CONTROL, this.#control.address);
    message[MSG.CONTROLLEN] = CONTROL_ROOM;
    const received = this.#receiveMessage(descriptor, flags & COMMON_FLAGS);
    if (received < 0) return received;
    if (from !== null) this.#readName(from, message[MSG.NAMELEN]!);
    readControl(this.#control, message[MSG.CONTROLLEN]!, details);
    return (message[MSG.FLAGS]! & MSG_TRUNC) !== 0 ? -spi.WSAEMSGSIZE : received;
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
    this.#writeVector(buffers, Math.min(count, MOST_BUFFERS), 0);
    const message = this.#message.ints;
    if (to !== null) {
      message[MSG.NAMELEN] = this.#writeName(to, tolen);
      writeWord(message, MSG.NAME, this.#name.address);
    }
    writeWord(message, MSG.CONTROL, this.#control.address);
    message[MSG.CONTROLLEN] = writeControl(this.#control, af, details);
    return this.#sendMessage(descriptor, flags);
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
      return UNSENDABLE_FILE.has(errno) ? -spi.WSAEOPNOTSUPP : -winsockError(errno);
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

  takeError(descriptor: number): number {
    const errno = this.#getInteger(descriptor, SOL_SOCKET, SO_ERROR);
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
    this.#readName(slot, this.#length.ints[0]!);
    return 0;
  }

  peerName(descriptor: number, slot: NameSlot): number {
    this.#length.ints[0] = NAME_ROOM;
    if (this.#libc.getpeername(descriptor, this.#name.address, this.#length.address) !== 0) return -this.#failure();
    this.#readName(slot, this.#length.ints[0]!);
    return 0;
  }

  setOption(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): number {
    const option = findSocketOption(level, optname);
    if (option === undefined || option.readOnly) return spi.WSAENOPROTOOPT;
    if (option.form === OptionForm.MEMBERSHIP || option.form === OptionForm.SOURCE_MEMBERSHIP) {
      this.#value.bytes.set(value.subarray(0, 4));
    }
    const size = toLinuxOption(option.form, value, length, this.#value.view);
    if (size < 0) return -size;
    const { level: linuxLevel, name } = option;
    return this.#libc.setsockopt(descriptor, linuxLevel, name, this.#value.address, size) === 0 ? 0 : -this.#failure();
  }

  getOption(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): number {
    const option = findSocketOption(level, optname);
    if (option === undefined) return -spi.WSAENOPROTOOPT;
    if (length < 1) return -spi.WSAEFAULT;
    this.#value.ints.fill(0);
    this.#length.ints[0] = 16;
    const room = this.#value.address;
    if (this.#libc.getsockopt(descriptor, option.level, option.name, room, this.#length.address) !== 0) {
      return this.#failure();
    }
    // A second question would overwrite the first one's answer.
    const answer = this.#value.view.getInt32(0, true);
    const stream =
      option.form === OptionForm.DONT_FRAGMENT && this.#getInteger(descriptor, SOL_SOCKET, SO_TYPE) === SOCK_STREAM;
    if (option.form === OptionForm.DONT_FRAGMENT) this.#value.view.setInt32(0, answer, true);
    const integer = fromLinuxOption(option.form, this.#value.view, stream, winsockError);
    const size = Math.min(length, 4);
    for (let index = 0; index < size; index++) value[index] = (integer >>> (index * 8)) & 0xff;
    return size;
  }

  offer(descriptor: number, processId: number): SocketOffer | number {
    return offerSocket(this.#libc, this.#value, this.#length, descriptor, processId);
  }

  endOffer(offer: SocketOffer): void {
    for (const each of [offer.descriptor, offer.taken, offer.offerTaken]) this.#libc.close(each);
  }

  takeOffer(offer: OfferedSocket): number {
    return takeSocket(this.#libc, this.#value, this.#length, offer);
  }

  isListening(descriptor: number): boolean {
    return this.#getInteger(descriptor, SOL_SOCKET, SO_ACCEPTCONN) !== 0;
  }

  reuseRemembered(descriptor: number, on: boolean): void {
    this.#setInteger(descriptor, SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0);
  }

  shareAddress(descriptor: number, on: boolean): void {
    // Streams take SO_REUSEPORT alone: with SO_REUSEADDR too, a plain socket that only wants past connections forgotten
    // would be let in. Datagram sockets take SO_REUSEADDR: the last one bound gets what is sent, all get multicasts.
    const stream = this.#getInteger(descriptor, SOL_SOCKET, SO_TYPE) === SOCK_STREAM;
    this.#setInteger(descriptor, SOL_SOCKET, stream ? SO_REUSEPORT : SO_REUSEADDR, on ? 1 : 0);
  }

  keepAlive(descriptor: number, on: boolean, time: number, interval: number): number {
    if (this.#setInteger(descriptor, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0) !== 0) return -this.#failure();
    if (!on) return 0;
    const seconds = (milliseconds: number): number => Math.min(Math.max(Math.ceil(milliseconds / 1000), 1), 32767);
    if (this.#setInteger(descriptor, SOL_TCP, TCP_KEEPIDLE, seconds(time)) !== 0) return -this.#failure();
    if (this.#setInteger(descriptor, SOL_TCP, TCP_KEEPINTVL, seconds(interval)) !== 0) return -this.#failure();
    return 0;
  }

  preferListener(descriptor: number, place: number): void {
    // A program of one instruction, "return this number", behind the structure that describes it.
    const value = this.#value.ints;
    value.fill(0, 0, 6);
    value[0] = 1;
    writeWord(value, 2, this.#value.address + 16);
    value[4] = BPF_RETURN;
    value[5] = place;
    this.#libc.setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, this.#value.address, 16);
  }

  tcpInfo(descriptor: number, output: Uint8Array, length: number): number {
    if (length < spi.TCP_INFO_v0.size) return -spi.WSAEFAULT;
    this.#value.bytes.fill(0);
    this.#length.ints[0] = TCP_INFO_ROOM;
    const room = this.#value.address;
    if (this.#libc.getsockopt(descriptor, SOL_TCP, TCP_INFO, room, this.#length.address) !== 0) return this.#failure();
    const info = toTcpInfo(this.#value.view);
    info.RcvBuf = this.#getInteger(descriptor, SOL_SOCKET, SO_RCVBUF) >>> 1;
    return spi.TCP_INFO_v0.encodeInto(info, output);
  }

  /** The negated WinSock code of the call that just failed. */
  #failure(): number {
    return -winsockError(this.#libc.errno());
  }

  #receiveAgain(descriptor: number, bytes: Uint8Array, length: number, flags: number): number {
    for (;;) {
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -winsockError(errno);
      const received = this.#libc.recvBytes(descriptor, bytes, length, flags);
      if (received >= 0) return received;
    }
  }

  #sendAgain(descriptor: number, bytes: Uint8Array, length: number, flags: number): number {
    for (;;) {
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -winsockError(errno);
      const sent = this.#libc.sendBytes(descriptor, bytes, length, flags);
      if (sent >= 0) return sent;
    }
  }

  #receiveMessage(descriptor: number, flags: number): number {
    for (;;) {
      const received = this.#libc.recvmsg(descriptor, this.#message.address, flags);
      if (received >= 0) return received;
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -winsockError(errno);
    }
  }

  #sendMessage(descriptor: number, flags: number): number {
    for (;;) {
      const sent = this.#libc.sendmsg(descriptor, this.#message.address, (flags & COMMON_FLAGS) | MSG_NOSIGNAL);
      if (sent >= 0) return sent;
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -winsockError(errno);
    }
  }

  /** Describes the buffers in a fresh message. The caller's `buffers` keep the memory alive during the call. */
  #writeVector(buffers: spi.WSABUF[], count: number, offset: number): void {
    const vector = this.#vector.ints;
    let left = offset;
    let at = 0;
    for (let index = 0; index < count; index++) {
      const { buf, len } = buffers[index]!;
      if (left >= len) {
        left -= len;
        continue;
      }
      writeWord(vector, at, addressOf(buf) + left);
      writeWord(vector, at + 2, len - left);
      left = 0;
      at += IOV_INTS;
    }
    const message = this.#message.ints;
    message.fill(0);
    writeWord(message, MSG.IOV, this.#vector.address);
    message[MSG.IOVLEN] = at / IOV_INTS;
  }

  /** Puts a name into the scratch memory, as Linux writes it. Returns its length there. */
  #writeName(name: Uint8Array, namelen: number): number {
    const length = Math.min(namelen, name.length, NAME_ROOM);
    const bytes = this.#name.bytes;
    for (let index = 0; index < length; index++) bytes[index] = name[index]!;
    // The layouts differ in the family's number alone; the family is a little-endian 16-bit integer on both sides.
    if (bytes[0] === spi.AF_INET6 && bytes[1] === 0) bytes[0] = AF_INET6;
    return length;
  }

  #readName(slot: NameSlot, length: number): void {
    const bytes = this.#name.bytes;
    const target = slot.bytes;
    const taken = Math.min(length, NAME_ROOM, target.length);
    for (let index = 0; index < taken; index++) target[index] = bytes[index]!;
    if (taken >= 2 && bytes[0] === AF_INET6 && bytes[1] === 0) target[0] = spi.AF_INET6;
    slot.length = taken;
  }

  #setInteger(descriptor: number, level: number, name: number, value: number): number {
    this.#value.ints[0] = value;
    return this.#libc.setsockopt(descriptor, level, name, this.#value.address, 4);
  }

  #getInteger(descriptor: number, level: number, name: number): number {
    this.#value.ints[0] = 0;
    this.#length.ints[0] = 4;
    this.#libc.getsockopt(descriptor, level, name, this.#value.address, this.#length.address);
    return this.#value.ints[0]!;
  }

  /** Asks an ioctl for an integer; 0 where the socket has no answer. */
  #ask(descriptor: number, request: number): number {
    this.#value.ints[0] = 0;
    return this.#libc.ioctl(descriptor, request, this.#value.address) === 0 ? this.#value.ints[0]! : 0;
  }
}
