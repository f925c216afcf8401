// Scattered buffers, names and control data in one `struct msghdr`.
import type { WSABUF, CountOrNegatedCode } from '../../spi/index.js';
import { pinMemory, writeWord, type PinnedMemory } from '../native-memory.js';
import type { MessageDetails } from '../platform.js';
import { BufferVector } from '../scattered-buffers.js';
import { CONTROL_ROOM, readControl, writeControl } from '../control-data.js';
import type { PosixLibc } from './libc.js';
import type { NameScratch } from './names.js';
import type { MessageLayout, SystemNumbers } from './system-numbers.js';

/** MSG_OOB, MSG_PEEK and MSG_DONTROUTE have the same values on both sides. */
export const COMMON_FLAGS = 0x7;

/** Scratch memory for the message of one `recvmsg` or `sendmsg`: describe the buffers, then add what goes with them. */
export class MessageScratch {
  readonly #libc: PosixLibc;
  readonly #numbers: SystemNumbers;
  readonly #layout: MessageLayout;
  readonly #message: PinnedMemory;
  readonly #control = pinMemory(CONTROL_ROOM);
  readonly #vector = new BufferVector(true);

  constructor(libc: PosixLibc, numbers: SystemNumbers) {
    this.#libc = libc;
    this.#numbers = numbers;
    this.#layout = numbers.message;
    this.#message = pinMemory(numbers.message.SIZE);
  }

  /**
   * Describes buffers in a fresh message.
   *
   * @param offset bytes of the buffers that were sent before
   * @param sending whether they are to be sent, not received into
   * @returns whether every buffer has the bytes that its length promises; otherwise the message is not to be used
   */
  describe(buffers: WSABUF[], count: number, offset: number, sending: boolean): boolean {
    if (!this.#vector.describe(buffers, count, offset, sending)) return false;
    this.#begin();
    return true;
  }

  /**
   * Describes one buffer in a fresh message.
   *
   * @param address where its bytes are, which the caller has found out to be there
   */
  describeOne(address: number, length: number): void {
    this.#vector.describeOne(address, length);
    this.#begin();
  }

  #begin(): void {
    const message = this.#message.ints;
    message.fill(0);
    writeWord(message, this.#layout.IOV, this.#vector.address);
    message[this.#layout.IOVLEN] = this.#vector.count;
  }

  /** Adds a name; with NAME_ROOM for its length, the room for one. */
  addName(name: NameScratch, length: number): void {
    writeWord(this.#message.ints, this.#layout.NAME, name.address);
    this.#message.ints[this.#layout.NAMELEN] = length;
  }

  /** Adds the name of a destination; false when it is not all there. */
  addWrittenName(name: NameScratch, to: Uint8Array, tolen: number): boolean {
    const length = name.write(to, tolen);
    if (length < 0) this.#vector.forget();
    else this.addName(name, length);
    return length >= 0;
  }

  /** Adds room for control data. */
  addDetailsRoom(): void {
    writeWord(this.#message.ints, this.#layout.CONTROL, this.#control.address);
    this.#message.ints[this.#layout.CONTROLLEN] = CONTROL_ROOM;
  }

  /** Adds control data. */
  addDetails(af: number, details: MessageDetails): void {
    writeWord(this.#message.ints, this.#layout.CONTROL, this.#control.address);
    this.#message.ints[this.#layout.CONTROLLEN] = writeControl(this.#numbers.control, this.#control, af, details);
  }

  /** The length of the name that the kernel wrote. */
  get nameLength(): number {
    return this.#message.ints[this.#layout.NAMELEN]!;
  }

  /** Whether the datagram was longer than its buffers. */
  get truncated(): boolean {
    return (this.#message.ints[this.#layout.FLAGS]! & this.#numbers.MSG_TRUNC) !== 0;
  }

  /** Reads the control data that the kernel wrote. */
  readDetails(details: MessageDetails): void {
    readControl(this.#numbers.control, this.#control, this.#message.ints[this.#layout.CONTROLLEN]!, details);
  }

  /** Receives what was described. Returns how many bytes, or a negated WinSock code. */
  receive(descriptor: number, flags: number): CountOrNegatedCode {
    for (;;) {
      const received = this.#libc.recvmsg(descriptor, this.#message.address, flags & COMMON_FLAGS);
      if (received >= 0) {
        this.#vector.scatter(received);
        this.#vector.forget();
        return received;
      }
      const errno = this.#libc.errno();
      if (errno === this.#numbers.errors.numbers.EINTR) continue;
      this.#vector.forget();
      return -this.#numbers.errors.datagramError(errno);
    }
  }

  /** Sends what was described. Returns how many bytes, or the negated errno. */
  send(descriptor: number, flags: number): number {
    const all = (flags & COMMON_FLAGS) | this.#numbers.MSG_NOSIGNAL;
    for (;;) {
      const sent = this.#libc.sendmsg(descriptor, this.#message.address, all);
      const errno = sent >= 0 ? 0 : this.#libc.errno();
      if (errno === this.#numbers.errors.numbers.EINTR) continue;
      this.#vector.forget();
      return sent >= 0 ? sent : -errno;
    }
  }
}
