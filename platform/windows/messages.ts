// Several buffers, names and control data in one WSAMSG, and the WSABUFs that it has.
import {
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_RECVTCLASS,
  IPV6_TCLASS,
  WSAEMSGSIZE,
  WSAID_WSARECVMSG,
  type WSABUF,
} from '../../spi/index.js';
import { pinMemory, writeWord } from '../native-memory.js';
import type { MessageDetails } from '../platform.js';
import { BufferVector } from '../scattered-buffers.js';
import { CONTROL_ROOM, readControl, writeControl, type ControlLayout } from '../control-data.js';
import { NAME_ROOM } from '../name-memory.js';
import type { NameScratch } from './names.js';
import { extensionFunction, winsock } from './winsock.js';

/** A WSAMSG in 32-bit integers: where its members begin. */
const MSG = {
  NAME: 0,
  NAMELEN: 2,
  BUFFERS: 4,
  COUNT: 6,
  CONTROL_LENGTH: 8,
  CONTROL: 10,
  FLAGS: 12,
  BYTES: 56,
} as const;

/** WSACMSGHDR of a 64-bit process; one number for both families, where the levels differ. */
export const CONTROL: ControlLayout = {
  LEVEL: 8,
  TYPE: 12,
  DATA: 16,
  ALIGNMENT: 8,
  PKTINFO: { INDEX: 4, SENT_FROM: 0, RECEIVED_AT: 0, SIZE: 8 },
  IP_PKTINFO,
  IP_TTL,
  IP_TOS,
  // Wine uses the number of the option that is set.
  RECEIVED_TTL: [IP_RECVTTL, IP_TTL],
  RECEIVED_TOS: [IP_RECVTOS, IP_TOS],
  IPV6_PKTINFO,
  IPV6_HOPLIMIT,
  IPV6_TCLASS,
  RECEIVED_TCLASS: [IPV6_RECVTCLASS, IPV6_TCLASS],
};

/** Socket, message, bytes received, overlapped, completion routine. */
const PARAMETERS = ['intptr_t', 'intptr_t', 'intptr_t', 'intptr_t', 'intptr_t'] as const;

/** Scratch memory for the buffers of one call, and for a message with what goes with them. */
export class MessageScratch {
  readonly #winsock = winsock();
  readonly #message = pinMemory(MSG.BYTES);
  readonly #control = pinMemory(CONTROL_ROOM);
  readonly #vector = new BufferVector(false);
  readonly #count = pinMemory(16);
  #receiveMessage: ((...values: number[]) => number) | null = null;

  /** Where the vector is. */
  readonly vector = this.#vector.address;
  /** Where a call writes how many bytes went over, and behind that its flags. */
  readonly count = this.#count.address;
  readonly flags = this.#count.address + 8;

  /**
   * Describes buffers.
   *
   * @param offset bytes of the buffers that were sent before
   * @param sending whether they are to be sent, not received into
   * @returns how many bytes they have; -1 when one of them has not those that its length promises
   */
  describe(buffers: readonly WSABUF[], count: number, offset: number, sending: boolean): number {
    return this.#vector.describe(buffers, count, offset, sending) ? this.#vector.total : -1;
  }

  /** How many WSABUFs there are; a call wants one at least, which is empty then. */
  get buffers(): number {
    return Math.max(this.#vector.count, 1);
  }

  /** Prepares a call. @param flags what it is called with, and answers by */
  begin(flags: number): void {
    this.#count.ints[0] = 0;
    this.#count.ints[2] = flags | 0;
  }

  /**
   * Ends a call.
   *
   * @param receiving whether something was received
   * @param truncated whether it was longer than the buffers, which are full then
   * @returns how many bytes went over
   */
  end(receiving: boolean, truncated: boolean): number {
    const count = truncated ? this.#vector.total : this.#count.ints[0]!;
    if (receiving) this.#vector.scatter(count);
    this.forget();
    return count;
  }

  /** The buffers are let go. */
  forget(): void {
    this.#vector.forget();
  }

  /** Receives what was described, with the datagram's source and details. Returns whether that worked. */
  receive(descriptor: number, flags: number, from: NameScratch | null, details: MessageDetails): boolean {
    const message = this.#compose(from, NAME_ROOM, CONTROL_ROOM, flags);
    this.begin(0);
    this.#receiveMessage ??= extensionFunction(descriptor, WSAID_WSARECVMSG, PARAMETERS, -1);
    const received = this.#receiveMessage(descriptor, this.#message.address, this.count, 0, 0) === 0;
    // Of a datagram that is longer than the buffers all else is told as well.
    if (!received && this.#winsock.GetLastError() !== WSAEMSGSIZE) return false;
    readControl(CONTROL, this.#control, Math.min(message[MSG.CONTROL_LENGTH]!, CONTROL_ROOM), details);
    return received;
  }

  /** The length of the name that was received. */
  get nameLength(): number {
    return this.#message.ints[MSG.NAMELEN]!;
  }

  /** Sends what was described. Returns whether that worked. */
  send(
    descriptor: number,
    af: number,
    flags: number,
    to: NameScratch | null,
    namelen: number,
    details: MessageDetails,
  ): boolean {
    this.#compose(to, namelen, writeControl(CONTROL, this.#control, af, details), 0);
    this.begin(0);
    return this.#winsock.WSASendMsg(descriptor, this.#message.address, flags >>> 0, this.count, 0, 0) === 0;
  }

  #compose(name: NameScratch | null, namelen: number, control: number, flags: number): Int32Array {
    const message = this.#message.ints;
    writeWord(message, MSG.NAME, name?.address ?? 0);
    message[MSG.NAMELEN] = name === null ? 0 : namelen;
    writeWord(message, MSG.BUFFERS, this.vector);
    message[MSG.COUNT] = this.buffers;
    message[MSG.CONTROL_LENGTH] = control;
    writeWord(message, MSG.CONTROL, control === 0 ? 0 : this.#control.address);
    message[MSG.FLAGS] = flags | 0;
    return message;
  }
}
