// What moves data over the sockets of the Unix family.
import * as spi from '../../spi/index.js';
import { LastAddress, NOT_THERE, pinMemory } from '../native-memory.js';
import type { MessageDetails, NameSlot } from '../platform.js';
import { PollEvents } from '../poller.js';
import type { PosixLibc } from './libc.js';
import { COMMON_FLAGS, MessageScratch } from './messages.js';
import { NAME_ROOM, NameScratch } from './names.js';
import type { SystemNumbers } from './system-numbers.js';

/** The largest option values: GROUP_SOURCE_REQ, `tcp_info`. */
const VALUE_ROOM = 264;

/** Sending and receiving, and the scratch memory that all calls use; see `PlatformSockets` for what each of them does. */
export abstract class PosixTransfers<L extends PosixLibc> {
  protected readonly libc: L;
  protected readonly numbers: SystemNumbers;
  protected readonly name: NameScratch;
  protected readonly message: MessageScratch;
  protected readonly length = pinMemory(8);
  protected readonly value = pinMemory(VALUE_ROOM);
  protected readonly received = new LastAddress();
  readonly #sent = new LastAddress();
  readonly #noSignal: number;
  readonly #interrupted: number;

  constructor(libc: L, numbers: SystemNumbers) {
    this.libc = libc;
    this.numbers = numbers;
    this.name = new NameScratch(numbers);
    this.message = new MessageScratch(libc, numbers);
    this.#noSignal = numbers.MSG_NOSIGNAL;
    this.#interrupted = numbers.errors.numbers.EINTR;
  }

  abstract receiveDatagram(
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    from: NameSlot | null,
  ): spi.CountOrNegatedCode;
  abstract look(descriptor: number, events: number): number;

  receive(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    const address = this.received.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    const received =
      address !== 0
        ? this.libc.recv(descriptor, address, length, flags)
        : this.libc.recvBytes(descriptor, bytes, length, flags);
    return received >= 0 ? received : this.#receiveAgain(descriptor, bytes, length, flags);
  }

  receiveVector(descriptor: number, buffers: spi.WSABUF[], count: number, flags: number): spi.CountOrNegatedCode {
    if (!this.message.describe(buffers, count, 0, false)) return -spi.WSAEFAULT;
    return this.message.receive(descriptor, flags);
  }

  receiveDatagramVector(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
  ): spi.CountOrNegatedCode {
    if (!this.message.describe(buffers, count, 0, false)) return -spi.WSAEFAULT;
    if (from !== null) this.message.addName(this.name, NAME_ROOM);
    const received = this.message.receive(descriptor, flags);
    if (received < 0) return received;
    if (from !== null) this.name.read(from, this.message.nameLength);
    return this.message.truncated ? -spi.WSAEMSGSIZE : received;
  }

  send(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    const all = flags | this.#noSignal;
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
    const common = (flags & COMMON_FLAGS) | this.#noSignal;
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
      if (errno !== this.#interrupted) return -this.numbers.errors.sendError(errno, to);
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
    if (!this.message.describe(buffers, count, offset, true)) return -spi.WSAEFAULT;
    if (to !== null && !this.message.addWrittenName(this.name, to, tolen)) return -spi.WSAEFAULT;
    const sent = this.message.send(descriptor, flags);
    return sent >= 0 ? sent : -this.sendError(descriptor, -sent, to);
  }

  receiveMessage(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
    details: MessageDetails,
  ): spi.CountOrNegatedCode {
    if (!this.message.describe(buffers, count, 0, false)) return -spi.WSAEFAULT;
    if (from !== null) this.message.addName(this.name, NAME_ROOM);
    this.message.addDetailsRoom();
    const received = this.message.receive(descriptor, flags);
    if (received < 0) return received;
    if (from !== null) this.name.read(from, this.message.nameLength);
    this.message.readDetails(details);
    return this.message.truncated ? -spi.WSAEMSGSIZE : received;
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
    if (!this.message.describe(buffers, count, 0, true)) return -spi.WSAEFAULT;
    if (to !== null && !this.message.addWrittenName(this.name, to, tolen)) return -spi.WSAEFAULT;
    this.message.addDetails(af, details);
    const sent = this.message.send(descriptor, flags);
    return sent >= 0 ? sent : -this.numbers.errors.sendError(-sent, to);
  }

  /** The negated WinSock code of the call that just failed. */
  protected failure(): spi.CountOrNegatedCode {
    return -this.numbers.errors.winsockError(this.libc.errno());
  }

  #receiveAgain(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    for (;;) {
      const errno = this.libc.errno();
      // The system's word for nothing urgent that is pending; on Windows that means waiting.
      if (errno === this.numbers.errors.numbers.EINVAL && (flags & spi.MSG_OOB) !== 0) return -spi.WSAEWOULDBLOCK;
      if (errno !== this.#interrupted) return -this.numbers.errors.winsockError(errno);
      const received = this.libc.recvBytes(descriptor, bytes, length, flags);
      if (received >= 0) return received;
    }
  }

  #sendAgain(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    for (;;) {
      const errno = this.libc.errno();
      if (errno !== this.#interrupted) return -this.sendError(descriptor, errno, null);
      const sent = this.libc.sendBytes(descriptor, bytes, length, flags);
      if (sent >= 0) return sent;
    }
  }

  /** The WinSock code of a send that failed; Windows tells a reset that the peer's end came before from others. */
  protected sendError(descriptor: number, errno: number, to: Uint8Array | null): spi.ErrorCode {
    const { errors } = this.numbers;
    const aborted = errno === errors.numbers.EPIPE && (this.look(descriptor, 0) & PollEvents.HANG_UP) !== 0;
    return aborted ? spi.WSAECONNABORTED : errors.sendError(errno, to);
  }
}
