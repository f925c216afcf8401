// What moves data over Windows' sockets.
import * as spi from '../../spi/index.js';
import { LastAddress, NOT_THERE, pinMemory } from '../native-memory.js';
import type { MessageDetails, NameSlot } from '../platform.js';
import { PollEvents } from '../poller.js';
import { Afd, pollEvents } from './afd.js';
import { interest } from './interest.js';
import { Looks } from './looks.js';
import { MessageScratch } from './messages.js';
import { NameScratch } from './names.js';
import { winsock } from './winsock.js';

const LOOKED_FOR = Afd.RECEIVE | Afd.EXPEDITED | Afd.SEND | Afd.DISCONNECT | Afd.ABORT | Afd.ACCEPT | Afd.CONNECT_FAIL;
const TOLD_UNASKED = PollEvents.ERROR | PollEvents.HANG_UP;
/** The largest option values: GROUP_SOURCE_REQ, TCP_INFO_v0. */
const VALUE_ROOM = 264;

/** Sending and receiving, and the scratch memory that all calls use; see `PlatformSockets` for what each of them does. */
export abstract class WindowsTransfers {
  protected readonly winsock = winsock();
  protected readonly name = new NameScratch();
  protected readonly value = pinMemory(VALUE_ROOM);
  readonly #received = new LastAddress();
  readonly #sent = new LastAddress();
  readonly #message = new MessageScratch();
  readonly #looks = new Looks();

  receive(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    const address = this.#received.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    const result =
      address !== 0
        ? this.winsock.recv(descriptor, address, length, flags | 0)
        : this.winsock.recvBytes(descriptor, bytes, length, flags | 0);
    return this.#receivedFromStream(descriptor, length, flags, result);
  }

  receiveVector(descriptor: number, buffers: spi.WSABUF[], count: number, flags: number): spi.CountOrNegatedCode {
    const message = this.#message;
    const wanted = message.describe(buffers, count, 0, false);
    if (wanted < 0) return -spi.WSAEFAULT;
    message.begin(flags);
    const result = this.winsock.WSARecv(
      descriptor,
      message.vector,
      message.buffers,
      message.count,
      message.flags,
      0,
      0,
    );
    return this.#receivedFromStream(descriptor, wanted, flags, this.#ended(result, true));
  }

  receiveDatagram(
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    from: NameSlot | null,
  ): spi.CountOrNegatedCode {
    const address = this.#received.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    const { name } = this;
    name.expect();
    const [nameAddress, lengthAddress] = from === null ? NOWHERE : [name.address, name.lengthAddress];
    const result =
      address !== 0
        ? this.winsock.recvfrom(descriptor, address, length, flags | 0, nameAddress, lengthAddress)
        : this.winsock.recvfromBytes(descriptor, bytes, length, flags | 0, nameAddress, lengthAddress);
    return this.#receivedDatagram(descriptor, flags, result, from, -1);
  }

  receiveDatagramVector(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
  ): spi.CountOrNegatedCode {
    const { name } = this;
    const message = this.#message;
    if (message.describe(buffers, count, 0, false) < 0) return -spi.WSAEFAULT;
    message.begin(flags);
    name.expect();
    const [nameAddress, lengthAddress] = from === null ? NOWHERE : [name.address, name.lengthAddress];
    const result = this.winsock.WSARecvFrom(
      descriptor,
      message.vector,
      message.buffers,
      message.count,
      message.flags,
      nameAddress,
      lengthAddress,
      0,
      0,
    );
    return this.#receivedDatagram(descriptor, flags, this.#ended(result, true), from, -1);
  }

  send(descriptor: number, bytes: Uint8Array, length: number, flags: number): spi.CountOrNegatedCode {
    const address = this.#sent.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    const result =
      address !== 0
        ? this.winsock.send(descriptor, address, length, flags | 0)
        : this.winsock.sendBytes(descriptor, bytes, length, flags | 0);
    return this.#afterSend(descriptor, length, result);
  }

  sendTo(
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    to: Uint8Array,
    tolen: number,
  ): spi.CountOrNegatedCode {
    const namelen = this.name.write(to, tolen);
    const address = this.#sent.addressOf(bytes, length);
    if (namelen < 0 || address === NOT_THERE) return -spi.WSAEFAULT;
    const name = this.name.address;
    const result =
      address !== 0
        ? this.winsock.sendto(descriptor, address, length, flags | 0, name, namelen)
        : this.winsock.sendtoBytes(descriptor, bytes, length, flags | 0, name, namelen);
    return this.#afterSend(descriptor, length, result);
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
    const message = this.#message;
    const wanted = message.describe(buffers, count, offset, true);
    const namelen = to === null ? 0 : this.name.write(to, tolen);
    if (wanted < 0 || namelen < 0) return this.#badBuffers();
    message.begin(0);
    const result =
      to === null
        ? this.winsock.WSASend(descriptor, message.vector, message.buffers, message.count, flags >>> 0, 0, 0)
        : this.winsock.WSASendTo(
            descriptor,
            message.vector,
            message.buffers,
            message.count,
            flags >>> 0,
            this.name.address,
            namelen,
            0,
            0,
          );
    return this.#afterSend(descriptor, wanted, this.#ended(result, false));
  }

  receiveMessage(
    descriptor: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
    details: MessageDetails,
  ): spi.CountOrNegatedCode {
    const message = this.#message;
    if (message.describe(buffers, count, 0, false) < 0) return -spi.WSAEFAULT;
    const received = message.receive(descriptor, flags, from === null ? null : this.name, details);
    const { nameLength } = message;
    return this.#receivedDatagram(descriptor, flags, this.#ended(received ? 0 : -1, true), from, nameLength);
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
    const message = this.#message;
    const wanted = message.describe(buffers, count, 0, true);
    const namelen = to === null ? 0 : this.name.write(to, tolen);
    if (wanted < 0 || namelen < 0) return this.#badBuffers();
    const sent = message.send(descriptor, af, flags, to === null ? null : this.name, namelen, details);
    return this.#afterSend(descriptor, wanted, this.#ended(sent ? 0 : -1, false));
  }

  sendFile(descriptor: number, file: number, position: number, length: number): spi.CountOrNegatedCode {
    if (!(length > 0)) return 0;
    return interest().sendFile(descriptor, file, position, length);
  }

  endSendFile(descriptor: number): void {
    interest().endSendFile(descriptor);
  }

  look(descriptor: number, events: number): number {
    const found = pollEvents(this.#looks.found(descriptor, LOOKED_FOR));
    if ((events & PollEvents.IN) !== 0 && (found & PollEvents.IN) === 0) interest().emptied(descriptor);
    if ((events & PollEvents.OUT) !== 0 && (found & PollEvents.OUT) === 0) interest().filled(descriptor);
    return found & (events | TOLD_UNASKED);
  }

  /** The negated WinSock code of the call that just failed: koffi keeps it over calls of its own. */
  protected failure(): spi.CountOrNegatedCode {
    return -this.winsock.GetLastError();
  }

  /** Whether a connection ended in a reset. Wine may have forgotten the error by the time that it is asked. */
  protected wasReset(descriptor: number): boolean {
    return this.#looks.found(descriptor, Afd.ABORT) !== 0;
  }

  #badBuffers(): spi.CountOrNegatedCode {
    this.#message.forget();
    return -spi.WSAEFAULT;
  }

  /** What a call returned with the scratch message: how many bytes went over, or -1. */
  #ended(result: number, receiving: boolean): number {
    const truncated = receiving && result !== 0 && this.winsock.GetLastError() === spi.WSAEMSGSIZE;
    const count = this.#message.end(receiving && (result === 0 || truncated), truncated);
    return result === 0 ? count : -1;
  }

  #receivedFromStream(descriptor: number, wanted: number, flags: number, result: number): spi.CountOrNegatedCode {
    let outcome = result < 0 ? this.failure() : result;
    if (result === 0 && wanted > 0 && this.wasReset(descriptor)) outcome = -spi.WSAECONNRESET;
    // An urgent byte is all that there is of its kind: the next one is news.
    const all = outcome > 0 && (outcome < wanted || (flags & spi.MSG_OOB) !== 0);
    const empty = outcome === -spi.WSAEWOULDBLOCK || all;
    if (empty && (flags & spi.MSG_PEEK) === 0) interest().emptied(descriptor);
    return outcome;
  }

  /** @param namelen the length of the source's name; -1 for that which the call returned */
  #receivedDatagram(
    descriptor: number,
    flags: number,
    result: number,
    from: NameSlot | null,
    namelen: number,
  ): spi.CountOrNegatedCode {
    let outcome = result < 0 ? this.failure() : result;
    // Wine's word for a closed port.
    if (outcome === -spi.WSAECONNREFUSED) outcome = -spi.WSAECONNRESET;
    if ((flags & spi.MSG_PEEK) === 0) interest().emptied(descriptor);
    if (from !== null && (outcome >= 0 || outcome === -spi.WSAEMSGSIZE)) {
      if (namelen < 0) this.name.read(from);
      else this.name.read(from, namelen);
    }
    return outcome;
  }

  #afterSend(descriptor: number, wanted: number, result: number): spi.CountOrNegatedCode {
    const outcome = result < 0 ? this.failure() : result;
    if (outcome === -spi.WSAEWOULDBLOCK || (outcome >= 0 && outcome < wanted)) interest().filled(descriptor);
    return outcome;
  }
}

/** The addresses of no name and no length. */
const NOWHERE: readonly [number, number] = [0, 0];
