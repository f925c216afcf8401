// What stream and datagram cores over a descriptor have in common.
import {
  AF_INET,
  AF_INET6,
  SOCK_RAW,
  SO_OOBINLINE,
  SOCK_STREAM,
  SOL_SOCKET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOBUFS,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  type WSABUF,
  type WSAPROTOCOL_INFOW,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import {
  InternetIoctls,
  SocketReservations,
  openedAs,
  type AddressSlot,
  type CoreNotice,
  type Flow,
  type GroupMember,
  type LocalNetwork,
  type PortAssignment,
  type SocketCore,
  type OpenedAs,
} from '../../io/index.js';
import type { NameSlot, PlatformSockets, Poller, PollTarget } from '../../platform/index.js';
import { namePort, sameAddress, withPort } from './addresses.js';
import { AddressClaim } from './binding.js';
import type { SocketOffers } from './duplicates.js';
import { beginFlow, endFlow } from './flows.js';
import { socketIoctl } from './ioctls.js';
import { Mark } from './marks.js';

/** Where a thread's cores wait and what they call; one object for all of them. */
export interface CoreSurroundings {
  readonly poller: Poller;
  readonly sockets: PlatformSockets;
  /** Where duplicates wait to be taken. */
  readonly offers: SocketOffers;
  readonly network: LocalNetwork;
  /** The rules for ports of streams, and of datagrams. */
  readonly streamPorts: PortAssignment;
  readonly datagramPorts: PortAssignment;
}

/** Stands for a descriptor that somebody else has closed: the system knows none of this number, and says so. */
const NOBODYS = 0x7fffffff;

const nameScratch: NameSlot = { bytes: new Uint8Array(128), length: 0 };

/** A socket core that owns a descriptor. */
export abstract class DescriptorCore implements SocketCore, PollTarget {
  notice: CoreNotice | null = null;
  readiness = 0;
  error = 0;

  protected readonly around: CoreSurroundings;
  readonly #openedAs: OpenedAs;
  #claim: AddressClaim | null = null;
  /** -1 once closed. */
  protected descriptor: number;
  /** Bits of `Mark`. */
  protected marks = 0;
  #slot = -1;
  #internet: InternetIoctls | null = null;

  constructor(around: CoreSurroundings, descriptor: number, af: number, type: number, protocol: number) {
    this.around = around;
    this.descriptor = descriptor;
    this.#openedAs = openedAs(af, type, protocol);
  }

  /** The family that the socket was opened with. */
  get af(): number {
    return this.#openedAs.family;
  }
  get type(): number {
    return this.#openedAs.type;
  }
  get protocol(): number {
    return this.#openedAs.protocol;
  }

  protected get sockets(): PlatformSockets {
    return this.around.sockets;
  }

  protected get bound(): boolean {
    return (this.marks & Mark.BOUND) !== 0;
  }
  protected set bound(on: boolean) {
    this.marks = on ? this.marks | Mark.BOUND : this.marks & ~Mark.BOUND;
  }
  protected get inlineUrgent(): boolean {
    return (this.marks & Mark.INLINE_URGENT) !== 0;
  }
  protected set inlineUrgent(on: boolean) {
    this.marks = on ? this.marks | Mark.INLINE_URGENT : this.marks & ~Mark.INLINE_URGENT;
  }
  /** Others have the socket too: only the last may reset the connection. */
  protected get shared(): boolean {
    return (this.marks & Mark.SHARED) !== 0;
  }
  protected set shared(on: boolean) {
    this.marks = on ? this.marks | Mark.SHARED : this.marks & ~Mark.SHARED;
  }

  /** Made at first need: a connection that was accepted never needs it. */
  protected get claim(): AddressClaim {
    return (this.#claim ??= new AddressClaim(this.sockets, this.type));
  }

  abstract ready(events: number): void;
  abstract confirm(bits: number): number;
  abstract listen(backlog: number): ErrorCode;
  abstract tryConnect(name: Uint8Array, namelen: number): ErrorCode;
  abstract tryAccept(peer: AddressSlot): SocketCore | ErrorCode;
  abstract tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode;
  abstract trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): CountOrNegatedCode;
  abstract shutdown(how: number): ErrorCode;
  abstract abort(): void;
  abstract atMark(): boolean;

  bind(name: Uint8Array, namelen: number): ErrorCode {
    if (this.descriptor < 0) return WSAENOTSOCK;
    if (this.bound) return WSAEINVAL;
    const code =
      this.type === SOCK_RAW ? this.sockets.bind(this.descriptor, name, namelen) : this.#bindToPort(name, namelen);
    if (code === 0) this.bound = true;
    return code;
  }

  #bindToPort(name: Uint8Array, namelen: number): ErrorCode {
    const { claim, descriptor, ports } = this;
    // A family that has no ports reserves none either.
    if (ports.reservations === null || !this.#ofInternet) return claim.bind(descriptor, name, namelen);
    const wanted = namePort(name, namelen);
    return ports.bind(wanted, claim.reservations, {
      bindTo: () => claim.bind(descriptor, name, namelen),
      bindToFree: (port, remembered) => claim.bindToFree(descriptor, withPort(name, port), namelen, remembered),
    });
  }

  get #ofInternet(): boolean {
    return this.af === AF_INET || this.af === AF_INET6;
  }

  /** The rules for the ports of such sockets. */
  protected get ports(): PortAssignment {
    return this.type === SOCK_STREAM ? this.around.streamPorts : this.around.datagramPorts;
  }

  /**
   * Before the system gives a port to a socket that was never bound: binds it to one, if the system might choose one that is
   * reserved. Returns 0 or a WinSock code.
   */
  protected bindUnlessLeftToSystem(): ErrorCode {
    if (this.type === SOCK_RAW || !this.#ofInternet) return 0;
    const asked = this.#claim !== null && this.#claim.reservations !== null;
    if (!asked && this.ports.isLeftToNetwork) return 0;
    const name = new Uint8Array(this.af === AF_INET ? 16 : 28);
    name[0] = this.af;
    return this.bind(name, name.length);
  }

  /**
   * Gives the port back that the system took away with the peer, if it does so with ports that no bind named.
   *
   * @param port what `localPort` gave before, 0 for none
   * @returns 0 or a WinSock code
   */
  protected rebind(port: number): ErrorCode {
    if (!this.sockets.traits.nameGoesWithPeer) return 0;
    const code = this.sockets.localName(this.descriptor, nameScratch);
    if (port === 0 || code !== 0) return code;
    const now = namePort(nameScratch.bytes, nameScratch.length);
    // The kernel may still tell of a port that is no longer this socket's; a bind finds that out.
    nameScratch.bytes[2] = port >> 8;
    nameScratch.bytes[3] = port & 0xff;
    const bound =
      this.type === SOCK_RAW
        ? this.sockets.bind(this.descriptor, nameScratch.bytes, nameScratch.length)
        : this.claim.rebind(this.descriptor, nameScratch.bytes, nameScratch.length);
    return bound === WSAEINVAL && now === port ? 0 : bound;
  }

  /** The port that the kernel tells of; 0 when there is none. */
  protected localPort(): number {
    if (this.af !== AF_INET && this.af !== AF_INET6) return 0;
    const code = this.sockets.localName(this.descriptor, nameScratch);
    return code === 0 ? namePort(nameScratch.bytes, nameScratch.length) : 0;
  }

  /** Whether a name is the socket's own local one. */
  protected hasName(name: Uint8Array, namelen: number): boolean {
    if (this.localPort() !== namePort(name, namelen)) return false;
    return sameAddress(nameScratch.bytes, nameScratch.length, name, namelen);
  }

  close(): void {
    const descriptor = this.descriptor;
    if (descriptor < 0) return;
    this.descriptor = -1;
    this.readiness = 0;
    this.notice = null;
    this.#internet?.close();
    // Before it is closed: afterwards the number may belong to another.
    const isHeld = this.#slot < 0 || this.around.poller.remove(this.#slot);
    this.#slot = -1;
    if (isHeld) this.sockets.close(descriptor);
    else this.sockets.disown(descriptor);
    this.#claim?.release();
  }

  lost(): void {
    if (this.descriptor < 0) return;
    this.sockets.disown(this.descriptor);
    this.descriptor = NOBODYS;
    this.isOver();
  }

  /** Somebody else has closed the descriptor: every call fails from now on, and those that wait are to find that out. */
  protected abstract isOver(): void;

  /** Whether the descriptor is still this socket's, as far as can be told: nobody else has closed it. */
  protected get isHeld(): boolean {
    return this.#slot < 0 || this.around.poller.holds(this.#slot);
  }

  offerTo(processId: number, info: WSAPROTOCOL_INFOW, member: GroupMember | null): number {
    const code = this.around.offers.add(this.descriptor, processId, info, member);
    if (code === 0) this.shared = true;
    return code;
  }

  available(): number {
    return this.sockets.available(this.descriptor);
  }

  unsent(): number {
    return 0;
  }

  localName(slot: AddressSlot): ErrorCode {
    const code = this.sockets.localName(this.descriptor, slot);
    if (code !== 0) return code;
    const portless = this.type === SOCK_RAW ? !this.bound : namePort(slot.bytes, slot.length) === 0;
    if ((this.af === AF_INET || this.af === AF_INET6) && portless) {
      slot.length = 0;
      return WSAEINVAL;
    }
    // It has none; a system may have put the protocol there.
    if (this.type === SOCK_RAW) slot.bytes[2] = slot.bytes[3] = 0;
    return 0;
  }

  peerName(slot: AddressSlot): ErrorCode {
    return this.sockets.peerName(this.descriptor, slot);
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    let on = false;
    for (let index = 0; index < Math.min(length, 4); index++) if (value[index] !== 0) on = true;
    if (AddressClaim.has(this.sockets, level, optname)) return this.claim.setOption(this.descriptor, optname, on);
    const code = this.sockets.setOption(this.descriptor, level, optname, value, length);
    if (code === 0 && level === SOL_SOCKET && optname === SO_OOBINLINE) this.inlineUrgent = on;
    return code;
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode {
    if (length < 1) return -WSAEFAULT;
    if (!AddressClaim.has(this.sockets, level, optname)) {
      return this.sockets.getOption(this.descriptor, level, optname, value, length);
    }
    const claimed = this.claim.getOption(optname);
    const size = Math.min(length, 4);
    value.fill(0, 0, size);
    value[0] = claimed;
    return size;
  }

  ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    outputLength: number,
  ): CountOrNegatedCode {
    const { sockets, descriptor, type } = this;
    if (SocketReservations.knows(code)) {
      return this.claim.askForPorts(this.ports).perform(code, input, output);
    }
    const result = socketIoctl(sockets, descriptor, type, code, input, inputLength, output, outputLength);
    if (result !== -WSAEOPNOTSUPP) return result;
    this.#internet ??= new InternetIoctls(this.around.network, this.af, (edges) => this.notice?.changed(edges));
    return this.#internet.perform(code, input, output, outputLength);
  }

  admitFlow(flow: Flow, before: Flow | null): number {
    return beginFlow(this.sockets, this.descriptor, this.af, flow, before);
  }

  endFlow(flow: Flow): void {
    if (this.descriptor >= 0) endFlow(this.sockets, this.descriptor, this.af, flow);
  }

  /** Has the poller watch the descriptor, once. Returns 0 or a WinSock code. */
  protected watch(): ErrorCode {
    if (this.#slot >= 0) return 0;
    try {
      this.#slot = this.around.poller.add(this.descriptor, this);
    } catch {
      // The poller could not be joined to the event loop; the factory has reported the cause when it was made.
      this.#slot = -1;
    }
    return this.#slot >= 0 ? 0 : WSAENOBUFS;
  }
}
