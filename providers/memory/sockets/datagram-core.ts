// UDP within the process.
import { Readiness, type AddressSlot, type DatagramDetails, type SocketCore } from '../../../io/index.js';
import {
  holdBytes,
  IP_MULTICAST_LOOP,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MULTICAST_LOOP,
  MSG_OOB,
  MSG_PEEK,
  SD_RECEIVE,
  SD_SEND,
  SIO_ENABLE_CIRCULAR_QUEUEING,
  SIO_UDP_CONNRESET,
  SIO_UDP_NETRESET,
  SO_MAX_MSG_SIZE,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  WSAEADDRNOTAVAIL,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../../spi/index.js';
import type { AttachedDatagrams, Binding, MemoryNetwork } from '../network/index.js';
import {
  anyEndpoint,
  BROADCAST_4,
  formatEndpoint,
  isAny,
  isMulticast,
  MessageQueue,
  parseEndpoint,
  sameEndpoint,
  type Endpoint,
  type LinkSender,
  type MemoryHost,
  type Message,
} from '../wire/index.js';
import { DatagramRoutes } from './datagram-routes.js';
import { Memberships } from './memberships.js';
import { MemoryCore } from './memory-core.js';
import { SocketOptions } from './options.js';

/** The most bytes that a datagram can carry: 65535 less the headers counted in it. */
const MOST_BYTES = { 4: 65_507, 6: 65_527 } as const;

/** What a datagram's details tell of a network that has one interface and no hops. */
const LOOPBACK_INTERFACE = 1;
const HOP_LIMIT = 128;

/** A datagram socket of the memory network. */
export class DatagramCore extends MemoryCore implements AttachedDatagrams {
  override readiness: number = Readiness.WRITABLE;

  readonly #queue: MessageQueue;
  /** The multicast groups that it is in; made with the first. */
  #memberships: Memberships | null = null;
  #binding: Binding<AttachedDatagrams> | null = null;
  readonly #routes: DatagramRoutes;
  /** 0, or the negated code that sending or receiving says before it looks any further. */
  #sendRefusal = 0;
  #receiveRefusal = 0;
  #closed = false;
  /**
   * SIO_UDP_CONNRESET: whether receives tell of datagrams that found nobody, once each, in the order of all that
   * arrived.
   */
  #tellsOfPorts = true;
  /** The address that the datagram under way is to come from, when it is not the socket's own. */
  #source: Endpoint | null = null;

  /**
   * Makes a datagram socket.
   *
   * @param network the network that it is on
   * @param host its instance
   * @param family AF_INET or AF_INET6
   */
  constructor(network: MemoryNetwork, host: MemoryHost, family: number) {
    super(network, host, family, new SocketOptions(SOCK_DGRAM));
    this.#queue = new MessageQueue(network, host, (message) => this.#arrive(message));
    this.#routes = new DatagramRoutes(network, family, this.options);
  }

  confirm(_bits: number): number {
    return this.readiness;
  }

  // ---- Names ----

  bind(name: Uint8Array, _namelen: number): ErrorCode {
    if (this.#binding !== null) return WSAEINVAL;
    const endpoint = this.network.scoped(parseEndpoint(name));
    if (!this.mayCarry(endpoint) || !this.network.hasAddress(endpoint)) return WSAEADDRNOTAVAIL;
    return this.#bindTo(endpoint);
  }

  #bindTo(endpoint: Endpoint): number {
    const binding = this.takeAddress<AttachedDatagrams>(this.network.datagrams, this, endpoint);
    if (typeof binding === 'number') return binding;
    this.#binding = binding;
    this.local = binding.endpoint;
    return 0;
  }

  #bindIfNeeded(): number {
    return this.#binding === null ? this.#bindTo(anyEndpoint(this.stack)) : 0;
  }

  listen(_backlog: number): ErrorCode {
    return WSAEOPNOTSUPP;
  }

  tryAccept(_peer: AddressSlot): SocketCore | ErrorCode {
    return WSAEOPNOTSUPP;
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    // They are about other peers.
    this.#forgetRefusals();
    // Family AF_UNSPEC, or an address of zeros with whatever port.
    if (name[0] === 0 || isAny(parseEndpoint(name))) {
      this.peer = null;
      this.local = this.#binding?.endpoint ?? null;
      this.readiness &= ~Readiness.CONNECTED;
      return 0;
    }
    const failed = this.#bindIfNeeded();
    if (failed !== 0) return failed;
    const route = this.#routes.find(this.#binding!, name, namelen);
    if (route.refusal !== 0) return -route.refusal;
    this.peer = route.to;
    this.local = route.source;
    this.readiness |= Readiness.CONNECTED;
    return 0;
  }

  // ---- Sending ----

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    _offset: number,
  ): CountOrNegatedCode {
    if (this.#sendRefusal !== 0) return this.#sendRefusal;
    if ((flags & MSG_OOB) !== 0) return -WSAEOPNOTSUPP;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    let bytes = 0;
    for (let index = 0; index < count; index++) bytes += buffers[index]!.len;
    if (to === null && this.peer === null) return -WSAENOTCONN;
    if (bytes > MOST_BYTES[this.stack]) return -WSAEMSGSIZE;
    const failed = this.#bindIfNeeded();
    if (failed !== 0) return -failed;
    if (to === null) {
      if (bytes > MOST_BYTES[this.peer!.stack]) return -WSAEMSGSIZE;
      this.#send(buffers, count, bytes, this.peer!, this.local!);
      return bytes;
    }
    const route = this.#routes.find(this.#binding!, to, tolen);
    if (route.refusal !== 0) return route.refusal;
    if (bytes > MOST_BYTES[route.to.stack]) return -WSAEMSGSIZE;
    this.#send(buffers, count, bytes, route.to, route.source);
    return bytes;
  }

  #send(buffers: WSABUF[], count: number, bytes: number, to: Endpoint, own: Endpoint): void {
    const source = this.#source ?? own;
    const network = this.network;
    if (to.host === BROADCAST_4) {
      for (const host of network.reach) {
        for (const receiver of host.datagrams.broadcastReceivers(to.port)) {
          receiver.deliver(this, buffers, count, bytes, source, to);
        }
      }
      return;
    }
    if (isMulticast(to)) {
      for (const host of network.reach) {
        for (const receiver of host.datagrams.multicastReceivers(to.port, to.stack)) {
          if (receiver.takesFrom(to, source)) receiver.deliver(this, buffers, count, bytes, source, to);
        }
      }
      return;
    }
    const receiver = network.hostOf(to).datagrams.find(to, (core) => core.rank(source));
    if (receiver !== null) receiver.deliver(this, buffers, count, bytes, source, to);
    else if (!network.isSilent(to)) this.#queue.comeBack(to, network.wayTo(source, to));
  }

  /**
   * Whether it is in a group and wants what this machine sends to that; on Windows the receiver decides on loopback.
   * @internal
   */
  takesFrom(group: Endpoint, source: Endpoint): boolean {
    if (this.#memberships === null || !this.#memberships.wants(group, source)) return false;
    return group.stack === 4
      ? this.options.value(IPPROTO_IP, IP_MULTICAST_LOOP) !== 0
      : this.options.value(IPPROTO_IPV6, IPV6_MULTICAST_LOOP) !== 0;
  }

  /** How well the socket fits a datagram's source. @internal */
  rank(source: Endpoint): number {
    if (this.peer === null) return 1;
    return sameEndpoint(this.peer, source) ? 2 : 0;
  }

  // ---- Receiving ----

  /** A datagram is sent to it. @internal */
  deliver(sender: LinkSender, buffers: WSABUF[], count: number, bytes: number, source: Endpoint, to: Endpoint): void {
    this.#queue.send(sender, buffers, count, bytes, source, to, sender, this.network.wayFrom(source, to));
  }

  #arrive(message: Message): boolean {
    // The socket may have been connected since the datagram was sent.
    if (message.refused ? !this.#tellsOfPorts : this.rank(message.source) === 0) return false;
    if (!this.#queue.accept(message, this.options.value(SOL_SOCKET, SO_RCVBUF))) return false;
    this.tell(Readiness.READABLE);
    return true;
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode {
    if (this.#receiveRefusal !== 0) return this.#receiveRefusal;
    if ((flags & MSG_OOB) !== 0) return -WSAEOPNOTSUPP;
    if (this.#binding === null) return -WSAEINVAL;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    const message = this.#queue.first;
    if (message === null) {
      this.readiness &= ~Readiness.READABLE;
      return -WSAEWOULDBLOCK;
    }
    if (message.refused) {
      this.#queue.dropFirst();
      this.#reviewReadable();
      return -WSAECONNRESET;
    }
    if (from !== null) formatEndpoint(message.source, this.family, from);
    const { length } = message;
    const taken = this.#queue.copyFirst(buffers, count);
    if ((flags & MSG_PEEK) === 0) {
      this.#queue.dropFirst();
      this.#reviewReadable();
    }
    return taken < length ? -WSAEMSGSIZE : taken;
  }

  tryReceiveMessage(
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: AddressSlot | null,
    details: DatagramDetails,
  ): CountOrNegatedCode {
    const message = this.#queue.first;
    if (message !== null && !message.refused) {
      formatEndpoint(message.destination, this.family, details.address);
      details.interfaceIndex = LOOPBACK_INTERFACE;
      details.hopLimit = HOP_LIMIT;
      details.trafficClass = 0;
    }
    return this.tryReceive(buffers, count, flags, from);
  }

  trySendMessage(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    details: DatagramDetails,
  ): CountOrNegatedCode {
    const failed = this.#bindIfNeeded();
    if (failed !== 0) return -failed;
    const own = this.#source;
    if (details.address.length > 0) {
      const source = { ...parseEndpoint(details.address.bytes), port: this.#binding!.endpoint.port };
      if (!isAny(source) && !this.network.hasAddress(source)) return -WSAEADDRNOTAVAIL;
      this.#source = isAny(source) ? null : source;
    }
    const sent = this.trySend(buffers, count, flags, to, tolen, 0);
    this.#source = own;
    return sent;
  }

  #forgetRefusals(): void {
    this.#queue.forgetRefusals();
    this.#reviewReadable();
  }

  #reviewReadable(): void {
    if (this.#queue.first === null) this.readiness &= ~Readiness.READABLE;
  }

  available(): number {
    return this.#queue.firstLength;
  }

  unsent(): number {
    return 0;
  }

  atMark(): boolean {
    return true;
  }

  // ---- The end ----

  shutdown(how: number): ErrorCode {
    if (how !== SD_SEND) this.#receiveRefusal = -WSAESHUTDOWN;
    if (how !== SD_RECEIVE) this.#sendRefusal = -WSAESHUTDOWN;
    return 0;
  }

  abort(): void {
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.leave();
    this.#queue.close();
    if (this.#binding !== null) this.network.datagrams.unbind(this.#binding);
    this.#sendRefusal = this.#receiveRefusal = -WSAENOTSOCK;
    this.readiness = 0;
  }

  // ---- Options ----

  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    if (Memberships.isOption(level, optname)) {
      this.#memberships ??= new Memberships((endpoint) => this.network.hasAddress(endpoint));
      return this.#memberships.change(level, optname, value, length);
    }
    const failed = this.options.set(level, optname, value, length, this.#binding !== null);
    // SO_BROADCAST and IPV6_V6ONLY decide over ways that are remembered.
    if (failed === 0 && (level === SOL_SOCKET || level === IPPROTO_IPV6)) this.#routes.forget();
    return failed;
  }

  override getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode {
    if (level !== SOL_SOCKET || optname !== SO_MAX_MSG_SIZE) return super.getOption(level, optname, value, length);
    if (length < 4) return -WSAEFAULT;
    new DataView(value.buffer, value.byteOffset, 4).setUint32(0, MOST_BYTES[this.stack], true);
    return 4;
  }

  override ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    room: number,
  ): CountOrNegatedCode {
    switch (code) {
      case SIO_UDP_CONNRESET:
        // A BOOL: programs pass 1 byte or 4.
        if (input === null || inputLength < 1) return -WSAEFAULT;
        this.#tellsOfPorts = input.subarray(0, Math.min(inputLength, 4)).some((byte) => byte !== 0);
        if (!this.#tellsOfPorts) this.#forgetRefusals();
        return 0;
      case SIO_UDP_NETRESET:
        // Nothing crosses a router here, so no time to live expires.
        return 0;
      case SIO_ENABLE_CIRCULAR_QUEUEING:
        this.#queue.makeCircular();
        return 0;
      default:
        return super.ioctl(code, input, inputLength, output, room);
    }
  }
}
