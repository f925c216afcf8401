import {
  FD_ADDRESS_LIST_CHANGE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_READ,
  FD_WRITE,
  INVALID_SOCKET,
  JL_BOTH,
  ref,
  SIO_ADDRESS_LIST_CHANGE,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCKET_ERROR,
  SOL_SOCKET,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_OVERLAPPED,
  WSAEMSGSIZE,
  WSAENOBUFS,
  WSAENOTCONN,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import { EventSocket, type SocketContext } from './events.js';

/** How a datagram socket of a name space is to be. */
export interface DatagramOptions {
  /** AF_INET or AF_INET6, for instance. */
  readonly family: number;
  /** The catalog's entry to open it on, a chain for instance; the first that fits if absent, as for the application's sockets. */
  readonly entry?: WSAPROTOCOL_INFOW;
  /** The name to bind it to; without, it is bound by what it sends or joins first. */
  readonly bind?: Uint8Array;
  /** Whether others may have the same name: SO_REUSEADDR, before it is bound. */
  readonly shared?: boolean;
  /** Whether it may join multicast groups. */
  readonly multicast?: boolean;
  /** Told of each datagram; the bytes and the sender's name are yours to keep, unless you let them be lent. */
  readonly received: (bytes: Uint8Array, from: Uint8Array) => unknown;
  /** Whether `received` is lent what it is told, for as long as it runs: what you keep, you copy. It saves a copy of each datagram. */
  readonly lends?: boolean;
  /**
   * Told of errors: those that close the socket (`isClosed`), as when it could not be opened or bound; and those that tell of
   * an earlier datagram, such as WSAECONNRESET, which means that nobody is at a port.
   */
  readonly failed?: (error: number) => unknown;
  /** Told each time that the addresses of this host have changed: an interface has come or gone. */
  readonly addressesChanged?: () => unknown;
}

/** A datagram socket that never waits. */
export interface DatagramSocket {
  /** The socket's handle, for `session.host.sockets`. */
  readonly handle: number;
  readonly isClosed: boolean;
  /** The local name; `null` while it is not bound. */
  readonly name: Uint8Array | null;
  /**
   * Sends a datagram; while there is no room for it, it waits with a few others.
   *
   * @param to a SOCKADDR
   * @returns 0, or a WSA error: WSAENOBUFS when very many wait, WSAEMSGSIZE, WSAENETUNREACH, WSAESHUTDOWN (closed), or what a
   *   filter says
   */
  sendTo(bytes: Uint8Array, to: Uint8Array): number;
  /** As `sendTo`, to where it is connected. */
  send(bytes: Uint8Array): number;
  /**
   * Connects: it then receives from there alone, and is told when nobody is there.
   *
   * @returns 0 or a WSA error
   */
  connect(to: Uint8Array): number;
  /**
   * Joins a multicast group, by WSAJoinLeaf; it leaves by being closed.
   *
   * @param group a SOCKADDR; the scope of one of IPv6 is the interface's index, for IPv4 set IP_MULTICAST_IF before
   * @param role JL_BOTH, JL_SENDER_ONLY or JL_RECEIVER_ONLY
   * @returns 0 or a WSA error
   */
  join(group: Uint8Array, role?: number): number;
  setOption(level: number, optname: number, value: number | Uint8Array): number;
  close(): void;
}

/** Datagrams that wait for room. */
const MOST_WAITING = 256;
/** Datagrams that are read for one network event; what is left tells of itself again. */
const READS_PER_EVENT = 64;
const LARGEST_DATAGRAM = 65_536;
const MOST_ADDRESS = 128;
const LEAF = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;

/** Each is used within one call, and its content copied. */
const room = new Uint8Array(LARGEST_DATAGRAM);
const sender = new Uint8Array(MOST_ADDRESS);
const senderLength = ref(0);
const LONGEST_VIEW = 2048;
/** What is lent of them, by its length, if it is short: a view costs as much as what it is looked through for. */
const views = new Array<Uint8Array | undefined>(LONGEST_VIEW + 1);
const senderViews = new Array<Uint8Array | undefined>(MOST_ADDRESS + 1);

function lentOf(bytes: Uint8Array, length: number, kept: (Uint8Array | undefined)[]): Uint8Array {
  if (length > LONGEST_VIEW) return bytes.subarray(0, length);
  return (kept[length] ??= bytes.subarray(0, length));
}

/** `session.openDatagram`'s socket. */
export class DispatcherDatagramSocket extends EventSocket implements DatagramSocket {
  readonly #options: DatagramOptions;
  #waiting: { readonly bytes: Uint8Array; readonly to: Uint8Array | null }[] = [];
  #isConnecting = false;

  constructor(context: SocketContext, options: DatagramOptions) {
    super(context);
    this.#options = options;
    const { family, bind, entry, shared, multicast, addressesChanged } = options;
    const flags = WSA_FLAG_OVERLAPPED | (multicast === true ? LEAF : 0);
    const events = FD_READ | FD_WRITE | FD_CONNECT | (addressesChanged === undefined ? 0 : FD_ADDRESS_LIST_CHANGE);
    const error =
      this.open(family, SOCK_DGRAM, entry, flags, events) ||
      (shared === true ? this.setOption(SOL_SOCKET, SO_REUSEADDR, 1) : 0) ||
      (bind === undefined ? 0 : this.code((sockets, s) => sockets.bind(s, bind, bind.length)));
    if (error !== 0) this.failLater(error);
    else if (addressesChanged !== undefined) this.#awaitAddresses();
  }

  sendTo(bytes: Uint8Array, to: Uint8Array): number {
    return this.#send(bytes, to);
  }

  send(bytes: Uint8Array): number {
    return this.#send(bytes, null);
  }

  connect(to: Uint8Array): number {
    if (this.isClosed) return WSAESHUTDOWN;
    const error = this.code((sockets, s) => sockets.connect(s, to, to.length));
    this.#isConnecting = error === WSAEWOULDBLOCK;
    return this.#isConnecting ? 0 : error;
  }

  join(group: Uint8Array, role: number = JL_BOTH): number {
    if (this.isClosed) return WSAESHUTDOWN;
    return this.code((sockets, s) =>
      sockets.WSAJoinLeaf(s, group, group.length, null, null, null, null, role) === INVALID_SOCKET ? SOCKET_ERROR : 0,
    );
  }

  #send(bytes: Uint8Array, to: Uint8Array | null): number {
    if (this.isClosed) return WSAESHUTDOWN;
    const error = this.#waiting.length > 0 || this.#isConnecting ? WSAEWOULDBLOCK : this.#trySend(bytes, to);
    if (error !== WSAEWOULDBLOCK) return error;
    if (this.#waiting.length >= MOST_WAITING) return WSAENOBUFS;
    this.#waiting.push({ bytes: new Uint8Array(bytes), to: to === null ? null : new Uint8Array(to) });
    return 0;
  }

  #trySend(bytes: Uint8Array, to: Uint8Array | null): number {
    const { host } = this.context;
    const { sockets } = host;
    const before = host.lastError();
    try {
      const sent =
        to === null
          ? sockets.send(this.handle, bytes, bytes.length, 0)
          : sockets.sendto(this.handle, bytes, bytes.length, 0, to, to.length);
      return sent === SOCKET_ERROR ? host.lastError() : 0;
    } finally {
      host.setLastError(before);
    }
  }

  // A notice is given once for each time that it was asked for; a provider that gives none has nothing to tell.
  #awaitAddresses(): void {
    this.code((sockets, s) => sockets.WSAIoctl(s, SIO_ADDRESS_LIST_CHANGE, null, 0, null, 0, ref(0), null, null));
  }

  protected override happened(events: number, errors: readonly number[]): void {
    if ((events & FD_CONNECT) !== 0 && this.#isConnecting) {
      this.#isConnecting = false;
      const error = errors[FD_CONNECT_BIT] ?? 0;
      if (error !== 0) {
        this.#waiting = [];
        this.#tell(error);
      } else this.#sendWaiting();
    }
    if ((events & FD_WRITE) !== 0) this.#sendWaiting();
    if ((events & FD_READ) !== 0) this.#read();
    if ((events & FD_ADDRESS_LIST_CHANGE) !== 0 && !this.isClosed) {
      // Asked for again first: what changes while it is told is told, too.
      this.#awaitAddresses();
      this.context.blame.notify('`addressesChanged` of a datagram socket', this.#options.addressesChanged);
    }
  }

  #sendWaiting(): void {
    while (!this.isClosed && !this.#isConnecting) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const error = this.#trySend(first.bytes, first.to);
      if (error === WSAEWOULDBLOCK) return;
      this.#waiting.shift();
      if (error !== 0) this.#tell(error);
    }
  }

  #read(): void {
    const { blame } = this.context;
    const { lends = false, received } = this.#options;
    for (let reads = 0; reads < READS_PER_EVENT && !this.isClosed; reads++) {
      const count = this.#receive();
      if (count < 0) {
        const error = -count;
        if (error === WSAEWOULDBLOCK || error === WSAENOTCONN) return;
        if (error !== WSAEMSGSIZE) this.#tell(error);
        continue;
      }
      const { value: length } = senderLength;
      const bytes = lends ? lentOf(room, count, views) : room.slice(0, count);
      const from = lends ? lentOf(sender, length, senderViews) : sender.slice(0, length);
      blame.tellOf('`received` of a datagram socket', received, bytes, from);
    }
  }

  // Into the room; returns how many bytes, or a WSA error, negated.
  #receive(): number {
    const { host } = this.context;
    const before = host.lastError();
    try {
      senderLength.value = sender.length;
      const count = host.sockets.recvfrom(this.handle, room, room.length, 0, sender, senderLength);
      return count === SOCKET_ERROR ? -host.lastError() : count;
    } finally {
      host.setLastError(before);
    }
  }

  #tell(error: number): void {
    const { failed } = this.#options;
    if (failed !== undefined) this.context.blame.notify('`failed` of a datagram socket', () => failed(error));
  }

  protected override failed(error: number): void {
    this.#tell(error);
  }
}
