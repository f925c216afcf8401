// Scattered buffers, names and control data in one `struct msghdr`.
import type { WSABUF } from '../../spi/index.js';
import { addressOf, pinMemory, writeWord } from '../native-memory.js';
import type { MessageDetails } from '../platform.js';
import type { Libc } from './bindings.js';
import { CONTROL_ROOM, readControl, writeControl } from './control.js';
import { datagramError, EINTR, winsockError } from './errors.js';
import type { NameScratch } from './names.js';

const MSG_TRUNC = 0x20;
const MSG_NOSIGNAL = 0x4000;
/** MSG_OOB, MSG_PEEK and MSG_DONTROUTE have the same values on both sides. */
export const COMMON_FLAGS = 0x7;

const MOST_BUFFERS = 1024;
const IOV_INTS = 4;
/** `struct msghdr` in 32-bit integers: where its members begin. */
export const MSG = { NAME: 0, NAMELEN: 2, IOV: 4, IOVLEN: 6, CONTROL: 8, CONTROLLEN: 10, FLAGS: 12, SIZE: 56 } as const;

/** Scratch memory for the message of one `recvmsg` or `sendmsg`: describe the buffers, then add what goes with them. */
export class MessageScratch {
  readonly #libc: Libc;
  readonly #message = pinMemory(MSG.SIZE);
  readonly #control = pinMemory(CONTROL_ROOM);
  readonly #vector = pinMemory(MOST_BUFFERS * IOV_INTS * 4);
  /** Kept, because the vector knows it by its address alone. */
  #rest: Rest | null = null;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /**
   * Describes buffers in a fresh message. The caller's `buffers` keep the memory alive during the call.
   *
   * @param offset bytes of the buffers that were sent before
   * @param sending whether they are to be sent, not received into
   */
  describe(buffers: WSABUF[], count: number, offset: number, sending: boolean): void {
    const vector = this.#vector.ints;
    let left = offset;
    let at = 0;
    this.#rest = null;
    for (let index = 0; index < count; index++) {
      const { buf, len } = buffers[index]!;
      if (left >= len) {
        left -= len;
        continue;
      }
      if (at === (MOST_BUFFERS - 1) * IOV_INTS) {
        const rest = (this.#rest = restOf(buffers, count, index, left, sending));
        writeWord(vector, at, addressOf(rest.bytes));
        writeWord(vector, at + 2, rest.bytes.length);
        at += IOV_INTS;
        break;
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

  /** Adds a name; with NAME_ROOM for its length, the room for one. */
  addName(name: NameScratch, length: number): void {
    writeWord(this.#message.ints, MSG.NAME, name.address);
    this.#message.ints[MSG.NAMELEN] = length;
  }

  /** Adds room for control data. */
  addDetailsRoom(): void {
    writeWord(this.#message.ints, MSG.CONTROL, this.#control.address);
    this.#message.ints[MSG.CONTROLLEN] = CONTROL_ROOM;
  }

  /** Adds control data. */
  addDetails(af: number, details: MessageDetails): void {
    writeWord(this.#message.ints, MSG.CONTROL, this.#control.address);
    this.#message.ints[MSG.CONTROLLEN] = writeControl(this.#control, af, details);
  }

  /** The length of the name that the kernel wrote. */
  get nameLength(): number {
    return this.#message.ints[MSG.NAMELEN]!;
  }

  /** Whether the datagram was longer than its buffers. */
  get truncated(): boolean {
    return (this.#message.ints[MSG.FLAGS]! & MSG_TRUNC) !== 0;
  }

  /** Reads the control data that the kernel wrote. */
  readDetails(details: MessageDetails): void {
    readControl(this.#control, this.#message.ints[MSG.CONTROLLEN]!, details);
  }

  /** Receives what was described. Returns how many bytes, or a negated WinSock code. */
  receive(descriptor: number, flags: number): number {
    for (;;) {
      const received = this.#libc.recvmsg(descriptor, this.#message.address, flags & COMMON_FLAGS);
      if (received >= 0) {
        if (this.#rest !== null) scatter(this.#rest, received);
        return received;
      }
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -datagramError(errno);
    }
  }

  /** Sends what was described. Returns how many bytes, or a negated WinSock code. */
  send(descriptor: number, flags: number): number {
    for (;;) {
      const sent = this.#libc.sendmsg(descriptor, this.#message.address, (flags & COMMON_FLAGS) | MSG_NOSIGNAL);
      if (sent >= 0) return sent;
      const errno = this.#libc.errno();
      if (errno !== EINTR) return -winsockError(errno);
    }
  }
}

/** The buffers beyond the system's limit, as one. */
interface Rest {
  readonly bytes: Uint8Array;
  /** The buffers, how many they are, and the first of those beyond. */
  readonly buffers: WSABUF[];
  readonly count: number;
  readonly index: number;
}

/** Makes one buffer of those from `index` on, less the first's first `left` bytes, with what they hold if it is to be sent. */
function restOf(buffers: WSABUF[], count: number, index: number, left: number, sending: boolean): Rest {
  let length = -left;
  for (let i = index; i < count; i++) length += buffers[i]!.len;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let i = index; sending && i < count; i++) {
    const piece = buffers[i]!.buf.subarray(i === index ? left : 0, buffers[i]!.len);
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, buffers, count, index };
}

/** Hands what was received into the rest on to the buffers that it stands for. */
function scatter({ bytes, buffers, count, index }: Rest, received: number): void {
  let left = received;
  for (let i = 0; i < index; i++) left -= buffers[i]!.len;
  for (let i = index, at = 0; i < count && left > 0; i++) {
    const { buf, len } = buffers[i]!;
    const piece = bytes.subarray(at, at + Math.min(len, left));
    buf.set(piece);
    at += piece.length;
    left -= piece.length;
  }
}
