// UDP and raw sockets over a descriptor.
import {
  AF_INET,
  SD_BOTH,
  SIO_ENABLE_CIRCULAR_QUEUEING,
  SIO_UDP_CONNRESET,
  SIO_UDP_NETRESET,
  SO_MAX_MSG_SIZE,
  SOCK_RAW,
  SOL_SOCKET,
  WSAEADDRNOTAVAIL,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEDESTADDRREQ,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  type WSABUF,
} from '../../spi/index.js';
import { addressSlot, Readiness, type AddressSlot, type DatagramDetails, type SocketCore } from '../../io/core.js';
import { State } from '../../io/states.js';
import { PollEvents } from '../../platform/index.js';
import { isZeroAddress, nameFamily, namePort } from './addresses.js';
import { DescriptorCore, type CoreSurroundings } from './descriptor-core.js';
import { totalLength } from '../../io/operations.js';

const NOTHING = new Uint8Array(8);
/** The longest datagram over IPv4 and IPv6: 65535 less the headers counted in it. */
const MOST_BYTES_V4 = 65507;
const MOST_BYTES_V6 = 65527;

/** A datagram socket. */
export class DatagramCore extends DescriptorCore {
  // A peer's port was found closed by a send, which never says so on Windows; the next receive does.
  #refused = false;
  #reportsRefusal = true;

  ready(events: number): void {
    let bits = 0;
    if ((events & (PollEvents.IN | PollEvents.ERROR)) !== 0) bits = Readiness.READABLE;
    if ((events & PollEvents.OUT) !== 0) bits |= Readiness.WRITABLE;
    const news = bits & (Readiness.READABLE | ~this.readiness);
    this.readiness |= bits;
    if (news !== 0 && this.notice !== null) this.notice.changed(news);
  }

  confirm(bits: number): number {
    if (this.descriptor < 0) return this.readiness;
    const events = this.sockets.look(this.descriptor, PollEvents.IN | PollEvents.OUT);
    let now = (events & (PollEvents.IN | PollEvents.ERROR)) !== 0 || this.#refused ? Readiness.READABLE : 0;
    if ((events & PollEvents.OUT) !== 0) now |= Readiness.WRITABLE;
    this.readiness = (this.readiness & ~(bits & (Readiness.READABLE | Readiness.WRITABLE))) | now;
    return this.readiness;
  }

  listen(_backlog: number): number {
    return WSAEOPNOTSUPP;
  }

  tryConnect(name: Uint8Array, namelen: number): number {
    this.#refused = false;
    const disconnects = nameFamily(name, namelen) === 0 || isZeroAddress(name, namelen);
    const to = this.type === SOCK_RAW ? withoutPort(name) : name;
    const code = disconnects ? this.#disconnect() : this.sockets.connect(this.descriptor, to, namelen);
    if (code === 0 && !disconnects) this.bound = true;
    return code;
  }

  /** Takes the peer away; on Windows the local name stays. */
  #disconnect(): number {
    const port = this.type === SOCK_RAW ? 0 : this.localPort();
    const code = this.sockets.disconnect(this.descriptor);
    return code === 0 && port !== 0 ? this.rebind(port) : code;
  }

  tryAccept(_peer: AddressSlot): SocketCore | number {
    return WSAEOPNOTSUPP;
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): number {
    if (this.#refused) return this.#tellRefusal();
    const received = this.#receive(buffers, count, flags, from);
    if (received !== -WSAECONNREFUSED) return this.#received(received);
    if (this.#reportsRefusal) return -WSAECONNRESET;
    return this.#received(this.#receive(buffers, count, flags, from));
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): number {
    let sent = this.#send(buffers, count, flags, to, tolen, offset);
    if (sent === -WSAECONNREFUSED) {
      // What an earlier datagram met. Taking the error has cleared it, so that this one goes out now.
      this.#noteRefusal();
      sent = this.#send(buffers, count, flags, to, tolen, offset);
      if (sent === -WSAECONNREFUSED) sent = totalLength(buffers, count) - offset;
    }
    if (sent >= 0) this.bound = true;
    // Without a destination and without a peer: on Windows the socket is not connected, and says so.
    if (sent === -WSAEDESTADDRREQ && to === null) return -WSAENOTCONN;
    // Linux has no such name for a destination that is none (specification: sendto).
    if (sent === -WSAEINVAL && to !== null && namePort(to, tolen) === 0) return -WSAEADDRNOTAVAIL;
    if (sent === -WSAEWOULDBLOCK) this.readiness &= ~Readiness.WRITABLE;
    return sent;
  }

  tryReceiveMessage(
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: AddressSlot | null,
    details: DatagramDetails,
  ): number {
    if (this.#refused) return this.#tellRefusal();
    const received = this.sockets.receiveMessage(this.descriptor, buffers, count, flags, from, details);
    if (received !== -WSAECONNREFUSED) return this.#received(received);
    if (this.#reportsRefusal) return -WSAECONNRESET;
    return this.#received(this.sockets.receiveMessage(this.descriptor, buffers, count, flags, from, details));
  }

  trySendMessage(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    details: DatagramDetails,
  ): number {
    const sent = this.sockets.sendMessage(this.descriptor, this.af, buffers, count, flags, to, tolen, details);
    if (sent >= 0) this.bound = true;
    if (sent === -WSAEWOULDBLOCK) this.readiness &= ~Readiness.WRITABLE;
    return sent;
  }

  shutdown(how: number): number {
    // A matter of the front's: the kernel refuses to shut down a datagram socket without a peer.
    return how < 0 || how > SD_BOTH ? WSAEINVAL : 0;
  }

  abort(): void {
    this.close();
  }

  atMark(): boolean {
    return true;
  }

  override getOption(level: number, optname: number, value: Uint8Array, length: number): number {
    if (level !== SOL_SOCKET || optname !== SO_MAX_MSG_SIZE) return super.getOption(level, optname, value, length);
    if (length < 4) return -WSAEFAULT;
    const most = this.af === AF_INET ? MOST_BYTES_V4 : MOST_BYTES_V6;
    new DataView(value.buffer, value.byteOffset, 4).setUint32(0, this.type === SOCK_RAW ? 0xffff : most, true);
    return 4;
  }

  override ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    outputLength: number,
  ): number {
    // A time to live that expires is never told of here, so that there is nothing to be turned off; and the kernel always
    // drops the newest datagram.
    if (code === SIO_UDP_NETRESET || code === SIO_ENABLE_CIRCULAR_QUEUEING) return 0;
    if (code !== SIO_UDP_CONNRESET) return super.ioctl(code, input, inputLength, output, outputLength);
    if (input === null || inputLength < 1) return -WSAEFAULT;
    this.#reportsRefusal = input[0] !== 0;
    if (!this.#reportsRefusal) this.#refused = false;
    return 0;
  }

  /** Begins to be watched; a datagram socket can receive from the moment that it is bound. */
  open(): number {
    this.readiness = Readiness.WRITABLE;
    return this.watch();
  }

  /** Finds out where a socket stands that somebody else opened. */
  resume(): { state: number; active: boolean } {
    this.shared = true;
    this.bound = this.localPort() !== 0;
    const connected = this.sockets.peerName(this.descriptor, addressSlot()) === 0;
    return { state: connected ? State.CONNECTED : this.bound ? State.BOUND : State.UNBOUND, active: connected };
  }

  #receive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): number {
    if (count > 1) return this.sockets.receiveDatagramVector(this.descriptor, buffers, count, flags, from);
    const buffer = count === 1 ? buffers[0]! : null;
    if (buffer === null || buffer.len === 0) {
      return this.sockets.receiveDatagram(this.descriptor, NOTHING, 0, flags, from);
    }
    return this.sockets.receiveDatagram(this.descriptor, buffer.buf, buffer.len, flags, from);
  }

  #received(result: number): number {
    if (result === -WSAEWOULDBLOCK) this.readiness &= ~Readiness.READABLE;
    return result;
  }

  #send(
    buffers: WSABUF[],
    count: number,
    flags: number,
    destination: Uint8Array | null,
    tolen: number,
    offset: number,
  ): number {
    const to = this.type === SOCK_RAW && destination !== null ? withoutPort(destination) : destination;
    if (count > 1 || offset !== 0) {
      return this.sockets.sendVector(this.descriptor, buffers, count, flags, to, tolen, offset);
    }
    const bytes = count === 1 ? buffers[0]!.buf : NOTHING;
    const length = count === 1 ? buffers[0]!.len : 0;
    return to === null
      ? this.sockets.send(this.descriptor, bytes, length, flags)
      : this.sockets.sendTo(this.descriptor, bytes, length, flags, to, tolen);
  }

  #noteRefusal(): void {
    if (!this.#reportsRefusal) return;
    this.#refused = true;
    this.readiness |= Readiness.READABLE;
    this.notice?.changed(Readiness.READABLE);
  }

  #tellRefusal(): number {
    this.#refused = false;
    return -WSAECONNRESET;
  }
}

/** A name without its port: raw sockets have none, and Linux takes a port of IPv6 for a protocol. */
function withoutPort(name: Uint8Array): Uint8Array {
  const portless = name.slice();
  portless[2] = portless[3] = 0;
  return portless;
}

/** Makes the core of a new datagram or raw socket. */
export function openDatagramCore(
  around: CoreSurroundings,
  af: number,
  type: number,
  protocol: number,
): SocketCore | number {
  const descriptor = around.sockets.socket(af, type, protocol);
  if (descriptor < 0) return -descriptor;
  const core = new DatagramCore(around, descriptor, af, type, protocol);
  const code = core.open();
  if (code === 0) return core;
  core.close();
  return code;
}

/** Makes the core of a socket that somebody else opened. */
export function adoptDatagram(
  around: CoreSurroundings,
  descriptor: number,
  af: number,
  type: number,
  protocol: number,
): { core: SocketCore; state: number; active: boolean } | number {
  const core = new DatagramCore(around, descriptor, af, type, protocol);
  const { state, active } = core.resume();
  const code = core.open();
  if (code === 0) return { core, state, active };
  core.close();
  return code;
}
