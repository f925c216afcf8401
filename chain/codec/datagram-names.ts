import {
  AF_INET,
  AF_INET6,
  WSAECONNABORTED,
  WSAEINVAL,
  WSAENOTCONN,
  WSAEWOULDBLOCK,
  type ErrorCode,
} from '../../spi/index.js';
import { addressSlot, type AddressSlot } from '../../io/index.js';
import {
  anyName,
  leadsSomewhere,
  type CodecConnection,
  type Filter,
  type FilterPurpose,
  type PatientCaller,
  type Verdict,
} from '../filters/index.js';
import { ConnectionNames } from './connection-names.js';
import { SocketName } from './datagram-name.js';
import type { DatagramLayer, DatagramSession } from './datagram-session.js';
import type { LowerSocket } from './lower-socket.js';

/** The names of a datagram socket: given to the socket below, after the filters were asked, who have to answer at once. */
export class DatagramNames {
  /** The peer of a connected socket. */
  peer: SocketName | null = null;
  /** The socket below has a name: it can receive. */
  named = false;
  /** The provider below was asked to connect, and answers by an event. */
  #connecting: SocketName | null = null;
  readonly #names: ConnectionNames;
  #caller: PatientCaller | null = null;

  /**
   * @param handle the handle by which the application knows the socket; 0 when it has none
   * @param nameGiven told once, when the socket below has a name
   */
  constructor(
    private readonly layer: DatagramLayer,
    private readonly below: LowerSocket,
    private readonly session: DatagramSession,
    private readonly family: number,
    handle: () => number,
    private readonly nameGiven: () => void,
  ) {
    this.#names = new ConnectionNames([layer], below, handle);
  }

  /** What codec and filters are told of the socket. */
  get connection(): CodecConnection {
    return this.#names.of(0);
  }

  bind(name: Uint8Array, namelen: number, purpose: FilterPurpose = 'bind'): ErrorCode {
    if (!this.session.start(this.connection)) return WSAECONNABORTED;
    const { bind } = this.layer.filters;
    const verdict = bind === undefined ? null : this.#ask(bind, purpose, name, namelen);
    if (verdict !== null && verdict.error !== 0) return verdict.error;
    if (this.session.unconnected && this.family === AF_INET6) this.below.reachIPv4();
    const code = verdict === null ? this.below.bind(name, namelen) : this.below.bind(verdict.name, verdict.name.length);
    if (code === 0) this.#becomeNamed();
    return code;
  }

  /**
   * Gives the socket a name before it first sends: the codec may hold that datagram back, and something may be received
   * meanwhile.
   *
   * @returns 0 or a WinSock code
   */
  bindToAny(destination: Uint8Array): ErrorCode {
    const code = this.below.localName(addressSlot());
    if (code === 0) this.#becomeNamed();
    if (code !== WSAEINVAL) return code;
    // Of other families nobody knows which name stands for any.
    if (this.family !== AF_INET && this.family !== AF_INET6) return 0;
    const any = anyName(destination);
    return this.bind(any, any.length, 'implicit bind');
  }

  #becomeNamed(): void {
    if (this.named) return;
    this.named = true;
    this.nameGiven();
  }

  /** Asks where a datagram, or all to come, may go. */
  askDestination(name: Uint8Array, namelen: number, purpose: FilterPurpose): Verdict {
    const { connect } = this.layer.filters;
    return connect === undefined
      ? { error: 0, name: name.slice(0, namelen) }
      : this.#ask(connect, purpose, name, namelen);
  }

  #ask(filter: Filter, purpose: FilterPurpose, name: Uint8Array, namelen: number): Verdict {
    this.#caller ??= { connection: this.connection, timeout: 0, waits: nobody, answered: nobody, gone: false };
    return this.layer.ask(filter, purpose, this.#names.socket, name, namelen, this.#caller);
  }

  /** Connects, or takes the peer away. Returns 0 or a WinSock code. */
  connect(name: Uint8Array, namelen: number): ErrorCode {
    if (!this.session.start(this.connection)) return WSAECONNABORTED;
    const asked = name.slice(0, namelen);
    this.#names.connecting(0, asked);
    const { error, name: to } = this.askDestination(name, namelen, 'connect');
    if (error !== 0) return error;
    const peer = new SocketName(to);
    const leads = !isNowhere(peer, to);
    if (!this.named && leads && this.layer.filters.bind !== undefined && leadsSomewhere(to)) {
      const refused = this.bindToAny(to);
      if (refused !== 0) return refused;
    }
    if (!peer.matches(asked, namelen)) this.#names.redirected(asked, to);
    const code = this.session.unconnected ? this.#connectAbove(leads, to) : this.below.connect(to, to.length);
    if (code === WSAEWOULDBLOCK) this.#connecting = peer;
    if (code !== 0) return code;
    if (leads) this.#connectedTo(peer);
    else {
      this.peer = null;
      this.#names.disconnected(0);
    }
    return 0;
  }

  /** The socket below gets a name, and no peer. */
  #connectAbove(leads: boolean, to: Uint8Array): ErrorCode {
    return leads && !this.named ? this.bindToAny(to) : 0;
  }

  #connectedTo(peer: SocketName): void {
    this.peer = peer;
    this.#becomeNamed();
  }

  /** FD_CONNECT was told. Returns whether somebody waited for it. */
  connectEnded(error: number): boolean {
    const peer = this.#connecting;
    this.#connecting = null;
    if (peer !== null && error === 0) this.#connectedTo(peer);
    return peer !== null;
  }

  /** The peer's name: where the application asked to go. */
  peerName(slot: AddressSlot): ErrorCode {
    if (this.session.unconnected) {
      if (this.peer === null) return WSAENOTCONN;
      const bytes = SocketName.bytesOf(this.peer);
      slot.bytes.set(bytes);
      slot.length = bytes.length;
      this.#names.fillDestination(slot);
      return 0;
    }
    const code = this.below.peerName(slot);
    if (code === 0) this.#names.fillDestination(slot);
    return code;
  }
}

/** A filter that may not answer later is waited for by nobody. */
function nobody(): void {}

/** Whether connecting to a name takes the peer away. */
function isNowhere({ family, address }: SocketName, bytes: Uint8Array): boolean {
  if (family === AF_INET || family === AF_INET6) return address === '0.0.0.0' || address === '::';
  return bytes.every((byte, at) => at < 2 || byte === 0);
}
