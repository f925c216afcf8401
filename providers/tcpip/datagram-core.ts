// UDP and raw sockets over a descriptor.
import {
  copyOfBytes,
  SD_BOTH,
  SIO_ENABLE_CIRCULAR_QUEUEING,
  SIO_UDP_CONNRESET,
  SIO_UDP_NETRESET,
  SOCK_RAW,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENETRESET,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import {
  addressSlot,
  Readiness,
  State,
  totalLength,
  type AddressSlot,
  type DatagramDetails,
  type SocketCore,
} from '../../io/index.js';
import { PollEvents, type DatagramError } from '../../platform/index.js';
import { isZeroAddress, nameFamily } from './addresses.js';
import { DescriptorCore } from './descriptor-core.js';

const NOTHING = new Uint8Array(8);
/** How many answers of the network wait for a receive at most. */
const MOST_ERRORS = 256;
/** How often a receive looks again, because the kernel told of something else first. */
const MOST_TRIES = 8;
/** Errors that are taken from the system in one go, however fast they come. */
const MOST_TAKEN = 1024;

/** A datagram socket. */
export class DatagramCore extends DescriptorCore {
  // What the network answered to datagrams: on Windows a send never says so, the receives that follow do, once each, in
  // the order of all that arrived.
  #errors: DatagramError[] = [];
  /** Whether there may be some, here or in the kernel: otherwise a receive need not look. */
  #erring = false;
  /** SIO_UDP_CONNRESET and SIO_UDP_NETRESET. */
  #tellsOfPorts = true;
  #tellsOfHops = true;

  ready(events: number): void {
    let bits = 0;
    if ((events & PollEvents.IN) !== 0) bits = Readiness.READABLE;
    if ((events & PollEvents.ERROR) !== 0) bits |= this.#errorsArrived();
    if ((events & PollEvents.OUT) !== 0) bits |= Readiness.WRITABLE;
    const news = bits & (Readiness.READABLE | ~this.readiness);
    this.readiness |= bits;
    if (news !== 0 && this.notice !== null) this.notice.changed(news);
  }

  protected isOver(): void {
    const bits = Readiness.READABLE | Readiness.WRITABLE;
    this.readiness |= bits;
    this.notice?.changed(bits);
  }

  confirm(bits: number): number {
    if (this.descriptor < 0) return this.readiness;
    const events = this.sockets.look(this.descriptor, PollEvents.IN | PollEvents.OUT);
    let now = (events & PollEvents.IN) !== 0 || this.#errors.length > 0 ? Readiness.READABLE : 0;
    if ((events & PollEvents.ERROR) !== 0) now |= this.#errorsArrived();
    if ((events & PollEvents.OUT) !== 0) now |= Readiness.WRITABLE;
    this.readiness = (this.readiness & ~(bits & (Readiness.READABLE | Readiness.WRITABLE))) | now;
    return this.readiness;
  }

  listen(_backlog: number): ErrorCode {
    return WSAEOPNOTSUPP;
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    // They are about other peers.
    this.#forgetErrors();
    const disconnects = nameFamily(name, namelen) === 0 || isZeroAddress(name, namelen);
    const unbound = this.bound || disconnects ? 0 : this.bindUnlessLeftToSystem();
    if (unbound !== 0) return unbound;
    const to = this.type === SOCK_RAW ? withoutPort(name) : name;
    const code = disconnects ? this.#disconnect() : this.sockets.connect(this.descriptor, to, namelen);
    if (code === 0 && !disconnects && !this.bound) this.#nameGiven();
    return code;
  }

  /** Takes the peer away; on Windows the local name stays. */
  #disconnect(): ErrorCode {
    const port = this.type === SOCK_RAW ? 0 : this.localPort();
    const code = this.sockets.disconnect(this.descriptor);
    return code === 0 && port !== 0 ? this.rebind(port) : code;
  }

  tryAccept(_peer: AddressSlot): SocketCore | ErrorCode {
    return WSAEOPNOTSUPP;
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode {
    return this.tryReceiveMessage(buffers, count, flags, from, null);
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): CountOrNegatedCode {
    const unbound = this.bound ? 0 : this.bindUnlessLeftToSystem();
    if (unbound !== 0) return -unbound;
    let sent = this.#send(buffers, count, flags, to, tolen, offset);
    // What an earlier datagram met, it may be. Having told of it the kernel has forgotten it, and this one goes out
    // now.
    if (sent < 0 && sent !== -WSAEWOULDBLOCK && this.#isOfEarlier(sent)) {
      sent = this.#send(buffers, count, flags, to, tolen, offset);
      if (sent === -WSAECONNRESET) sent = totalLength(buffers, count) - offset;
    }
    return this.#sent(sent);
  }

  tryReceiveMessage(
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: AddressSlot | null,
    details: DatagramDetails | null,
  ): CountOrNegatedCode {
    let failed = 0;
    if (!this.#erring) {
      failed = this.#receive(buffers, count, flags, from, details);
      if (!isToldError(failed)) return this.#received(failed);
    }
    return this.#receiveInOrder(failed, buffers, count, flags, from, details);
  }

  trySendMessage(
    buffers: WSABUF[],
    count: number,
    flags: number,
    name: Uint8Array | null,
    tolen: number,
    details: DatagramDetails,
  ): CountOrNegatedCode {
    const unbound = this.bound ? 0 : this.bindUnlessLeftToSystem();
    if (unbound !== 0) return -unbound;
    const { descriptor, sockets, af } = this;
    const to = this.#destination(name);
    let sent = sockets.sendMessage(descriptor, af, buffers, count, flags, to, tolen, details);
    if (sent < 0 && sent !== -WSAEWOULDBLOCK && this.#isOfEarlier(sent)) {
      sent = sockets.sendMessage(descriptor, af, buffers, count, flags, to, tolen, details);
      if (sent === -WSAECONNRESET) sent = totalLength(buffers, count);
    }
    return this.#sent(sent);
  }

  shutdown(how: number): ErrorCode {
    // A matter of the front's: the kernel refuses to shut down a datagram socket without a peer.
    return how < 0 || how > SD_BOTH ? WSAEINVAL : 0;
  }

  abort(): void {
    this.close();
  }

  atMark(): boolean {
    return true;
  }

  override ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    outputLength: number,
  ): CountOrNegatedCode {
    // No system is asked: the newest datagram is dropped.
    if (code === SIO_ENABLE_CIRCULAR_QUEUEING) return 0;
    if (code !== SIO_UDP_CONNRESET && code !== SIO_UDP_NETRESET) {
      return super.ioctl(code, input, inputLength, output, outputLength);
    }
    if (input === null || inputLength < 1) return -WSAEFAULT;
    // A BOOL: programs pass 1 byte or 4.
    const on = input.subarray(0, Math.min(inputLength, 4)).some((byte) => byte !== 0);
    if (code === SIO_UDP_CONNRESET) this.#tellsOfPorts = on;
    else this.#tellsOfHops = on;
    const kept = this.#tellsOfPorts || this.#tellsOfHops;
    if (this.type !== SOCK_RAW) this.sockets.keepDatagramErrors(this.descriptor, this.af, kept);
    this.#errors = this.#errors.filter((error) => this.#tellsOf(error.code));
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

  #receive(
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: AddressSlot | null,
    details: DatagramDetails | null,
  ): CountOrNegatedCode {
    const { descriptor, sockets } = this;
    if (details !== null) return sockets.receiveMessage(descriptor, buffers, count, flags, from, details);
    if (count > 1) return sockets.receiveDatagramVector(descriptor, buffers, count, flags, from);
    const buffer = count === 1 ? buffers[0]! : null;
    if (buffer === null || buffer.len === 0) return sockets.receiveDatagram(descriptor, NOTHING, 0, flags, from);
    return sockets.receiveDatagram(descriptor, buffer.buf, buffer.len, flags, from);
  }

  /**
   * Receives what came first, a datagram or the network's answer to one.
   *
   * @param failed what a receive has just failed with, 0 when none was tried
   */
  #receiveInOrder(
    failed: number,
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: AddressSlot | null,
    details: DatagramDetails | null,
  ): CountOrNegatedCode {
    // Receives tell of them in order by themselves.
    if (!this.sockets.traits.datagramErrorsApart) return this.#received(failed);
    let received = failed;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const taken = this.#takeErrors();
      const first = this.#errors[0];
      if (first !== undefined && this.sockets.nextArrival(this.descriptor) >= first.arrival) {
        this.#errors.shift();
        this.#erring = this.shared || this.#errors.length > 0;
        return -first.code;
      }
      // The kernel may have had no room to keep it.
      if (taken === 0 && received === -WSAECONNRESET && this.#tellsOfPorts) return received;
      if (taken === 0 && isToldError(received) && received !== -WSAECONNRESET) return received;
      received = this.#receive(buffers, count, flags, from, details);
      if (isToldError(received)) continue;
      this.#erring = this.#errors.length > 0;
      return this.#received(received);
    }
    return received;
  }

  #received(result: number): CountOrNegatedCode {
    if (result === -WSAEWOULDBLOCK) this.readiness &= ~Readiness.READABLE;
    return result;
  }

  #send(
    buffers: WSABUF[],
    count: number,
    flags: number,
    name: Uint8Array | null,
    tolen: number,
    offset: number,
  ): CountOrNegatedCode {
    const to = this.#destination(name);
    if (count > 1 || offset !== 0) {
      return this.sockets.sendVector(this.descriptor, buffers, count, flags, to, tolen, offset);
    }
    const bytes = count === 1 ? buffers[0]!.buf : NOTHING;
    const length = count === 1 ? buffers[0]!.len : 0;
    return to === null
      ? this.sockets.send(this.descriptor, bytes, length, flags)
      : this.sockets.sendTo(this.descriptor, bytes, length, flags, to, tolen);
  }

  /** A destination as the system takes it. */
  #destination(name: Uint8Array | null): Uint8Array | null {
    return this.type === SOCK_RAW && name !== null ? withoutPort(name) : name;
  }

  /** Draws the conclusions from a send. */
  #sent(sent: number): CountOrNegatedCode {
    if (sent >= 0 && !this.bound) this.#nameGiven();
    if (sent === -WSAEWOULDBLOCK) this.readiness &= ~Readiness.WRITABLE;
    return sent;
  }

  /** The kernel has given the socket a name: others can get in its way from now on. */
  #nameGiven(): void {
    this.bound = true;
    if (this.type !== SOCK_RAW) this.claim.named(this.descriptor);
  }

  /** The kernel has answers of the network, or may have some. Returns READABLE if a receive will tell of one. */
  #errorsArrived(): number {
    if (!this.sockets.traits.datagramErrorsApart) return Readiness.READABLE;
    // Whoever receives first is told, in whatever process: nobody takes them before that.
    if (this.shared) this.#erring = true;
    else this.#takeErrors();
    return this.#erring ? Readiness.READABLE : 0;
  }

  /** Whether a send failed by what an earlier one met; a receive tells of that. */
  #isOfEarlier(sent: number): boolean {
    if (!this.sockets.traits.datagramErrorsApart) return false;
    const taken = this.#takeErrors();
    if (this.#erring) {
      this.readiness |= Readiness.READABLE;
      this.notice?.changed(Readiness.READABLE);
    }
    return taken > 0 || sent === -WSAECONNRESET;
  }

  /**
   * Takes them from the kernel, which would fail other calls by them, and keeps those that are told of. Returns how
   * many.
   */
  #takeErrors(): number {
    if (!this.sockets.traits.datagramErrorsApart) return 0;
    const error: DatagramError = { code: 0, arrival: 0 };
    let taken = 0;
    while (taken < MOST_TAKEN && !(this.shared && this.#errors.length > 0)) {
      if (!this.sockets.takeDatagramError(this.descriptor, error)) break;
      taken++;
      if (this.#tellsOf(error.code) && this.#errors.length < MOST_ERRORS) this.#errors.push({ ...error });
    }
    this.#erring = this.#errors.length > 0 || taken === MOST_TAKEN;
    return taken;
  }

  #tellsOf(code: number): boolean {
    return (code === WSAECONNRESET && this.#tellsOfPorts) || (code === WSAENETRESET && this.#tellsOfHops);
  }

  #forgetErrors(): void {
    do {
      this.#errors = [];
      this.#takeErrors();
    } while (this.#erring);
  }
}

/** Whether a receive failed by something that is neither the absence of a datagram nor the length of one. */
function isToldError(received: number): boolean {
  return received < 0 && received !== -WSAEWOULDBLOCK && received !== -WSAEMSGSIZE;
}

/** A name without its port: raw sockets have none, and a system may take one for a protocol. */
function withoutPort(name: Uint8Array): Uint8Array {
  const portless = copyOfBytes(name, name.length);
  portless[2] = portless[3] = 0;
  return portless;
}
