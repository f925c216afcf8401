// What moves data over Linux' sockets.
import * as spi from '../../spi/index.js';
import { LastAddress, NOT_THERE, pinMemory, writeWord } from '../native-memory.js';
import type { MessageDetails, NameSlot } from '../platform.js';
import { libc } from './bindings.js';
import { datagramError, EINTR, EINVAL, EPIPE, sendError, winsockError } from './errors.js';
import { COMMON_FLAGS, MessageScratch } from './messages.js';
import { NAME_ROOM, NameScratch } from './names.js';
import { PollEvents } from '../poller.js';
import { linuxPollBits, pollEvents } from './poll-bits.js';

const MSG_TRUNC = 0x20;
const MSG_NOSIGNAL = 0x4000;

const EBADF = 9;

/** The most that one `sendfile` takes; its result is 32-bit here. */
const MOST_FILE_BYTES = 0x7ffff000;
/** EINVAL, ENOSYS, ESPIPE, EOVERFLOW: the file, not the socket, is the reason. */
const UNSENDABLE_FILE: ReadonlySet<number> = new Set([22, 38, 29, 75]);

/** The largest option values: GROUP_SOURCE_REQ, `tcp_info`. */
const VALUE_ROOM = 264;

/** Sending and receiving, and the scratch memory that all calls use; see `PlatformSockets` for what each of them does. */
export abstract class LinuxTransfers {
  protected readonly libc = libc();
  protected readonly name = new NameScratch();
  protected readonly length = pinMemory(8);
  protected readonly value = pinMemory(VALUE_ROOM);
  readonly #received = new LastAddress();
  readonly #sent = new LastAddress();
  readonly #poll = pinMemory(8);
  readonly #message = new MessageScratch(this.libc);

  receive(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    const address = this.#received.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    const received =
      address !== 0
        ? this.libc.recv(descriptor, address, length, flags)
        : this.libc.recvBytes(descriptor, bytes, length, flags);
    return received >= 0 ? received : this.#receiveAgain(descriptor, bytes, length, flags);
  }

  receiveVector(descriptor: number, buffers: spi.WSABUF[], count: number, flags: number): spi.CountOrNegatedCode {
    if (!this.#message.describe(buffers, count, 0, false)) return -spi.WSAEFAULT;
    return this.#message.receive(descriptor, flags);
  }

  receiveDatagram(
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    from: NameSlot | null,
  ): spi.CountOrNegatedCode {
    const name = from === null ? 0 : this.name.address;
    const namelen = from === null ? 0 : this.length.address;
    const address = this.#received.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    // The result is then the datagram's length, whatever there was room for.
    const all = (flags & COMMON_FLAGS) | MSG_TRUNC;
    for (;;) {
      this.length.ints[0] = NAME_ROOM;
      const received =
        address !== 0
          ? this.libc.recvfrom(descriptor, address, length, all, name, namelen)
          : this.libc.recvfromBytes(descriptor, bytes, length, all, name, namelen);
      if (received >= 0) {
        if (from !== null) this.name.read(from, this.length.ints[0]!);
        return received > length ? -spi.WSAEMSGSIZE : received;
      }
      const errno = this.libc.errno();
      if (errno !== EINTR) return -datagramError(errno);
    }
  }

  receiveDatagramVector(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
  ): spi.CountOrNegatedCode {
    if (!this.#message.describe(buffers, count, 0, false)) return -spi.WSAEFAULT;
    if (from !== null) this.#message.addName(this.name, NAME_ROOM);
    const received = this.#message.receive(descriptor, flags);
    if (received < 0) return received;
    if (from !== null) this.name.read(from, this.#message.nameLength);
    return this.#message.truncated ? -spi.WSAEMSGSIZE : received;
  }

  send(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    const all = flags | MSG_NOSIGNAL;
    const address = this.#sent.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    const sent =
      address !== 0
        ? this.libc.send(descriptor, address, length, all)
        : this.libc.sendBytes(descriptor, bytes, length, all);
    return sent >= 0 ? sent : this.#sendAgain(descriptor, bytes, length, all);
  }

  sendTo(
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    to: Uint8Array,
    tolen: number,
  ): spi.CountOrNegatedCode {
    const common = (flags & COMMON_FLAGS) | MSG_NOSIGNAL;
    const namelen = this.name.write(to, tolen);
    const name = this.name.address;
    const address = this.#sent.addressOf(bytes, length);
    if (namelen < 0 || address === NOT_THERE) return -spi.WSAEFAULT;
    for (;;) {
      const sent =
        address !== 0
          ? this.libc.sendto(descriptor, address, length, common, name, namelen)
          : this.libc.sendtoBytes(descriptor, bytes, length, common, name, namelen);
      if (sent >= 0) return sent;
      const errno = this.libc.errno();
      if (errno !== EINTR) return -sendError(errno, to);
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
  ): spi.CountOrNegatedCode {
    if (!this.#message.describe(buffers, count, offset, true)) return -spi.WSAEFAULT;
    if (to !== null && !this.#message.addWrittenName(this.name, to, tolen)) return -spi.WSAEFAULT;
    const sent = this.#message.send(descriptor, flags);
    return sent >= 0 ? sent : -this.#sendError(descriptor, -sent, to);
  }

  receiveMessage(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
    details: MessageDetails,
  ): spi.CountOrNegatedCode {
    if (!this.#message.describe(buffers, count, 0, false)) return -spi.WSAEFAULT;
    if (from !== null) this.#message.addName(this.name, NAME_ROOM);
    this.#message.addDetailsRoom();
    const received = this.#message.receive(descriptor, flags);
    if (received < 0) return received;
    if (from !== null) this.name.read(from, this.#message.nameLength);
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
  ): spi.CountOrNegatedCode {
    if (!this.#message.describe(buffers, count, 0, true)) return -spi.WSAEFAULT;
    if (to !== null && !this.#message.addWrittenName(this.name, to, tolen)) return -spi.WSAEFAULT;
    this.#message.addDetails(af, details);
    const sent = this.#message.send(descriptor, flags);
    return sent >= 0 ? sent : -sendError(-sent, to);
  }

  sendFile(descriptor: number, file: number, position: number, length: number): spi.CountOrNegatedCode {
    const offset = position < 0 ? 0 : this.value.address;
    for (;;) {
      if (position >= 0) writeWord(this.value.ints, 0, position);
      const sent = this.libc.sendfile(descriptor, file, offset, Math.min(length, MOST_FILE_BYTES));
      if (sent >= 0) return sent;
      const errno = this.libc.errno();
      if (errno === EINTR) continue;
      // The front keeps its own descriptor open: it is the file that was closed.
      if (errno === EBADF) return -spi.ERROR_INVALID_HANDLE;
      return UNSENDABLE_FILE.has(errno) ? -spi.WSAEOPNOTSUPP : -this.#sendError(descriptor, errno, null);
    }
  }

  look(descriptor: number, events: number): number {
    const poll = this.#poll.ints;
    poll[0] = descriptor;
    poll[1] = linuxPollBits(events);
    for (;;) {
      const ready = this.libc.poll(this.#poll.address, 1, 0);
      if (ready > 0) return pollEvents(poll[1] >>> 16);
      if (ready === 0 || this.libc.errno() !== EINTR) return 0;
    }
  }

  /** The negated WinSock code of the call that just failed. */
  protected failure(): spi.CountOrNegatedCode {
    return -winsockError(this.libc.errno());
  }

  #receiveAgain(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    for (;;) {
      const errno = this.libc.errno();
      // Linux' word for nothing urgent that is pending; on Windows that means waiting.
      if (errno === EINVAL && (flags & spi.MSG_OOB) !== 0) return -spi.WSAEWOULDBLOCK;
      if (errno !== EINTR) return -winsockError(errno);
      const received = this.libc.recvBytes(descriptor, bytes, length, flags);
      if (received >= 0) return received;
    }
  }

  #sendAgain(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    for (;;) {
      const errno = this.libc.errno();
      if (errno !== EINTR) return -this.#sendError(descriptor, errno, null);
      const sent = this.libc.sendBytes(descriptor, bytes, length, flags);
      if (sent >= 0) return sent;
    }
  }

  /** The WinSock code of a send that failed; Windows tells a reset that the peer's end came before from others. */
  #sendError(descriptor: number, errno: number, to: Uint8Array | null): spi.ErrorCode {
    const aborted = errno === EPIPE && (this.look(descriptor, 0) & PollEvents.HANG_UP) !== 0;
    return aborted ? spi.WSAECONNABORTED : sendError(errno, to);
  }
}
