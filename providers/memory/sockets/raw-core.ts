// Raw sockets within the process: they see each other's packets, and the network answers to echoes.
import { Readiness, type AddressSlot, type SocketCore } from '../../../io/index.js';
import {
  holdBytes,
  IP_HDRINCL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  MSG_PEEK,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  viewOfBytes,
  WSAEADDRNOTAVAIL,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../../spi/index.js';
import {
  finishHeader,
  HEADER_SIZE,
  replyTo,
  withHeader,
  type AttachedRaw,
  type MemoryNetwork,
  type Packet,
} from '../network/index.js';
import {
  anyEndpoint,
  formatEndpoint,
  isAny,
  MessageQueue,
  parseEndpoint,
  type Endpoint,
  type MemoryHost,
  type Message,
} from '../wire/index.js';
import { MemoryCore } from './memory-core.js';
import { SocketOptions } from './options.js';

const MOST_BYTES = 0xffff;
/** The ports that addresses of raw sockets have: none. Routes are asked for with one, since 0 leads nowhere. */
const NO_PORT = 0;
const SOME_PORT = 1;

const NO_BYTES = new Uint8Array(0);

function gather(buffers: WSABUF[], count: number): Uint8Array {
  return Buffer.concat(
    buffers.slice(0, count).map(({ buf, len }) => (len === 0 ? NO_BYTES : viewOfBytes(buf, 0, len))),
  );
}

/** A raw socket of the memory network. */
export class RawCore extends MemoryCore implements AttachedRaw {
  override readiness: number = Readiness.WRITABLE;

  readonly #protocol: number;
  readonly #queue: MessageQueue;
  #headerIncluded = false;
  #closed = false;

  /**
   * Makes a raw socket.
   *
   * @param network the network that it is on
   * @param host its instance
   * @param family AF_INET or AF_INET6
   * @param protocol the protocol whose packets it sees; 0 for those of all
   */
  constructor(network: MemoryNetwork, host: MemoryHost, family: number, protocol: number) {
    super(network, host, family, new SocketOptions(SOCK_DGRAM));
    this.#protocol = protocol;
    this.#queue = new MessageQueue(network, host, (message) => this.#arrive(message));
    network.raws.add(this);
  }

  confirm(_bits: number): number {
    return this.readiness;
  }

  bind(name: Uint8Array, _namelen: number): ErrorCode {
    const endpoint = { ...this.network.scoped(parseEndpoint(name)), port: NO_PORT };
    if (endpoint.stack !== this.stack || !this.network.hasAddress(endpoint)) return WSAEADDRNOTAVAIL;
    this.local = endpoint;
    return 0;
  }

  listen(_backlog: number): ErrorCode {
    return WSAEOPNOTSUPP;
  }

  tryAccept(_peer: AddressSlot): SocketCore | ErrorCode {
    return WSAEOPNOTSUPP;
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    const to = namelen < 16 || name[0] === 0 ? anyEndpoint(this.stack) : this.network.scoped(parseEndpoint(name));
    this.local ??= anyEndpoint(this.stack);
    this.peer = null;
    if (isAny(to)) return 0;
    const unreachable = this.network.route({ ...to, port: SOME_PORT });
    if (unreachable === 0) this.peer = { ...to, port: NO_PORT };
    return unreachable;
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    _tolen: number,
    _offset: number,
  ): CountOrNegatedCode {
    if ((flags & 1) !== 0) return -WSAEOPNOTSUPP;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    const destination = to === null ? this.peer : this.network.scoped(parseEndpoint(to));
    if (destination === null) return -WSAENOTCONN;
    const unreachable = this.network.route({ ...destination, port: SOME_PORT });
    if (unreachable !== 0) return -unreachable;
    const content = gather(buffers, count);
    if (content.length > MOST_BYTES - HEADER_SIZE) return -WSAEMSGSIZE;
    this.local ??= anyEndpoint(this.stack);
    const reached = this.network.sourceFor({ ...destination, port: SOME_PORT }, NO_PORT);
    const source = isAny(this.local) ? reached : this.local;
    const target = { ...destination, port: NO_PORT };
    if (!this.#headerIncluded) {
      this.#carry(content, this.#wrap(content, source, target, this.#protocol), source, target, this.#protocol);
    } else if (content.length < HEADER_SIZE) {
      return -WSAEINVAL;
    } else {
      finishHeader(content, source.host);
      this.#carry(content.subarray((content[0]! & 0xf) * 4), content, source, target, content[9]!);
    }
    return content.length;
  }

  /** A packet as raw sockets receive it: over IPv4 with its header. */
  #wrap(content: Uint8Array, from: Endpoint, to: Endpoint, protocol: number): Uint8Array {
    if (this.stack === 6) return content;
    const [ttl, tos] = [IP_TTL, IP_TOS].map((option) => this.options.value(IPPROTO_IP, option));
    return withHeader(content, from, to, protocol, ttl!, tos!);
  }

  /** Hands a packet to the network, with the answer that this machine has to it. */
  #carry(content: Uint8Array, bytes: Uint8Array, source: Endpoint, destination: Endpoint, protocol: number): void {
    const answer = this.network.isSilent(destination) ? null : replyTo(content, protocol);
    const reply: Packet | null =
      answer === null
        ? null
        : {
            bytes: this.#wrap(answer, destination, source, protocol),
            protocol,
            source: destination,
            destination: source,
            reply: null,
          };
    this.network.carryPacket({ bytes, protocol, source, destination, reply });
  }

  /** Takes a packet if it is one of the socket's. @internal */
  take(packet: Packet, sender: object): void {
    if (packet.destination.stack !== this.stack) return;
    if (this.#protocol !== 0 && this.#protocol !== packet.protocol) return;
    if (this.local === null || (!isAny(this.local) && this.local.host !== packet.destination.host)) return;
    if (this.peer !== null && this.peer.host !== packet.source.host) return;
    const { bytes, source, destination } = packet;
    this.#queue.send(sender, [{ buf: bytes, len: bytes.length }], 1, bytes.length, source, destination);
  }

  #arrive(message: Message): boolean {
    if (!this.#queue.accept(message, this.options.value(SOL_SOCKET, SO_RCVBUF))) return false;
    this.tell(Readiness.READABLE);
    return true;
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode {
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    const message = this.#queue.first;
    if (message === null) {
      this.readiness &= ~Readiness.READABLE;
      return -WSAEWOULDBLOCK;
    }
    if (from !== null) formatEndpoint(message.source, this.family, from);
    const { length } = message;
    const taken = this.#queue.copyFirst(buffers, count);
    if ((flags & MSG_PEEK) === 0) this.#queue.dropFirst();
    if (this.#queue.first === null) this.readiness &= ~Readiness.READABLE;
    return taken < length ? -WSAEMSGSIZE : taken;
  }

  available(): number {
    return this.#queue.first?.length ?? 0;
  }

  unsent(): number {
    return 0;
  }

  atMark(): boolean {
    return true;
  }

  shutdown(_how: number): ErrorCode {
    return this.peer === null ? WSAENOTCONN : 0;
  }

  abort(): void {
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.leave();
    this.readiness = 0;
    this.#queue.close();
    this.network.raws.delete(this);
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    if (level !== IPPROTO_IP || optname !== IP_HDRINCL) return this.options.set(level, optname, value, length, false);
    if (this.stack === 6) return WSAEINVAL;
    this.#headerIncluded = value[0] !== 0;
    return 0;
  }
}
