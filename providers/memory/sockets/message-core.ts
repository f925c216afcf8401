// Sockets of messages: one core for what listens, what connects and what is connected. A connection is there when its
// callee has accepted it, so that data can go with the request and with the answer.
import { Readiness, type AddressSlot, type SocketCore } from '../../../io/index.js';
import {
  SO_CONDITIONAL_ACCEPT,
  SOCK_SEQPACKET,
  WSAEADDRNOTAVAIL,
  WSAEALREADY,
  WSAECONNREFUSED,
  WSAEHOSTUNREACH,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  type DeferredWork,
  type Timer,
} from '../../../spi/index.js';
import type { AttachedStation, CallingStation, MemoryNetwork, SessionRole, StationTable } from '../network/index.js';
import {
  formatStation,
  MessagePipe,
  NO_USER_DATA,
  ownStation,
  parseStation,
  type MemoryHost,
  type Station,
  type UserData,
} from '../wire/index.js';
import { ConnectedMessages } from './connected-messages.js';
import { ConnectionOptions, type CameAlong } from './connection-options.js';
import { CONNECT_TIMEOUT, ConnectionRequest } from './connection-request.js';
import type { MessageProtocol } from './message-protocols.js';

const MOST_BACKLOG = 200;
/** Whom each takes connections from: a root those of leaves, a leaf that of a root, and others of each other. */
const COUNTERPART: Readonly<Record<SessionRole, SessionRole>> = { none: 'none', root: 'leaf', leaf: 'root' };

const ANYWHERE: Station = { host: '', program: '' };

/** The outcome of a connection attempt that is not known yet. */
const UNDECIDED = -1;

/** A socket of messages of the memory network. */
export class MessageCore extends ConnectedMessages implements AttachedStation, CallingStation {
  /** The names, which others on the network see. @internal */
  local: Station | null = null;
  peer: Station | null = null;
  #bound: Station | null = null;
  protected readonly type: number;
  /** What part it has in multipoint sessions. @internal */
  readonly role: SessionRole = 'none';

  #queue: MessageCore[] = [];
  #backlog = 0;

  #request: ConnectionRequest<Station> | null = null;
  #outcome = UNDECIDED;
  #patience: Timer | null = null;
  #settling: DeferredWork | null = null;
  /** What came with the connection: the caller's request, or the callee's answer. */
  #received: UserData = NO_USER_DATA;

  /**
   * Makes a socket.
   *
   * @param network the network that it is on
   * @param host its instance
   * @param protocol what its protocol can do
   * @param type SOCK_SEQPACKET or SOCK_STREAM
   * @param parent the listener's options, for a connection that it takes
   */
  constructor(
    network: MemoryNetwork,
    host: MemoryHost,
    protocol: MessageProtocol,
    type: number,
    parent: ConnectionOptions | null = null,
  ) {
    super(network, host, protocol, type === SOCK_SEQPACKET, new ConnectionOptions(protocol, parent));
    this.type = type;
  }

  get #stations(): StationTable {
    return this.network.stations.get(this.protocol.family)!;
  }

  /** Whether connections can be made to it. @internal */
  get listening(): boolean {
    return this.state === 'listening';
  }

  /** Data that goes with its request. @internal */
  get request(): UserData {
    return this.options.connect;
  }

  protected override get came(): CameAlong {
    return { connect: this.#received, disconnect: this.farewell };
  }

  // ---- Names ----

  bind(name: Uint8Array, _namelen: number): number {
    if (this.#bound !== null || this.state !== 'idle') return WSAEINVAL;
    const station = parseStation(this.protocol.family, name);
    if (station === null) return WSAEINVAL;
    if (station.host !== '' && station.host !== ownStation(this.protocol.family)) return WSAEADDRNOTAVAIL;
    return this.#bindTo(station);
  }

  #bindTo(wanted: Station): number {
    const station = this.#stations.bind(this, wanted);
    if (typeof station === 'number') return station;
    this.#bound = this.local = station;
    return 0;
  }

  localName(slot: AddressSlot): number {
    if (this.local === null) return WSAEINVAL;
    formatStation(this.protocol.family, this.local, slot);
    return 0;
  }

  peerName(slot: AddressSlot): number {
    if (this.peer === null) return WSAENOTCONN;
    formatStation(this.protocol.family, this.peer, slot);
    return 0;
  }

  // ---- Listening ----

  listen(backlog: number): number {
    if (this.state === 'connected') return WSAEISCONN;
    if (this.#bound === null || (this.state !== 'idle' && this.state !== 'listening')) return WSAEINVAL;
    this.#backlog = Math.min(Math.max(Math.abs(backlog), 1), MOST_BACKLOG);
    this.state = 'listening';
    return 0;
  }

  tryAccept(peer: AddressSlot): SocketCore | number {
    if (this.state !== 'listening') return WSAEINVAL;
    let core = this.#queue.shift();
    // Whoever took the request back is nobody to be asked about.
    while (core !== undefined && (core.readiness & Readiness.RESET) !== 0 && core.state === 'requested') {
      core.close();
      core = this.#queue.shift();
    }
    if (this.#queue.length === 0) this.readiness &= ~Readiness.ACCEPTABLE;
    if (core === undefined) return WSAEWOULDBLOCK;
    core.peerName(peer);
    return core;
  }

  /** Takes a request for a connection into the listen queue; 0, or WSAECONNREFUSED when that is full. @internal */
  admit(caller: CallingStation): number {
    if (caller.role !== COUNTERPART[this.role] || this.#queue.length >= this.#backlog) return WSAECONNREFUSED;
    const core = this.newConnection();
    const there = new MessagePipe(this.network, caller, core);
    const back = new MessagePipe(this.network, core, caller);
    caller.joined(back, there);
    core.#requested(caller, there, back);
    if (this.options.value(SO_CONDITIONAL_ACCEPT) === 0) core.acceptConnection();
    this.#queue.push(core);
    this.tell(Readiness.ACCEPTABLE);
    return 0;
  }

  /** Makes the socket of a connection that it takes. */
  protected newConnection(): MessageCore {
    return new MessageCore(this.network, this.host, this.protocol, this.type, this.options);
  }

  /** It is the other end of what a caller asks for. */
  #requested(caller: CallingStation, incoming: MessagePipe, outgoing: MessagePipe): void {
    this.local = caller.peer;
    this.peer = caller.local;
    this.#received = caller.request;
    this.takeFlow(caller.connectionFlow);
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.state = 'requested';
  }

  /** The connection is accepted: its caller is told, and given what goes with the answer. */
  acceptConnection(): void {
    if (this.state !== 'requested') return;
    const gone = (this.readiness & Readiness.RESET) !== 0;
    this.state = 'connected';
    if (gone) return;
    this.opened();
    this.tell(Readiness.WRITABLE);
    this.outgoing!.accept(this.options.connect);
  }

  // ---- Connecting ----

  tryConnect(name: Uint8Array, _namelen: number): number {
    switch (this.state) {
      case 'connecting':
        return WSAEALREADY;
      case 'connected':
      case 'requested':
        return WSAEISCONN;
      case 'listening':
      case 'closed':
        return WSAEINVAL;
      case 'idle':
        break;
    }
    const { family } = this.protocol;
    const to = parseStation(family, name);
    if (to === null) return WSAEINVAL;
    if (to.host === '' || to.program === '') return WSAEADDRNOTAVAIL;
    if (to.host !== ownStation(family)) return WSAEHOSTUNREACH;
    const program = this.ownProgram();
    if (typeof program === 'number') return program;
    this.local = { host: ownStation(family), program };
    this.peer = to;
    this.state = 'connecting';
    this.#outcome = UNDECIDED;
    this.readiness &= ~(Readiness.CONNECT_FAILED | Readiness.CONNECTED);
    const deadline = this.host.clock.now() + CONNECT_TIMEOUT;
    this.#patience = this.network.schedule(this.host, deadline, () => this.#giveUp());
    this.#request = new ConnectionRequest(this.network, this, to, false);
    this.#request.send();
    return WSAEWOULDBLOCK;
  }

  /** The program that it is called by; of the dynamic range if it has none yet. Returns a WinSock code where there is none. @internal */
  ownProgram(): string | number {
    const failed = this.#bound === null ? this.#bindTo(ANYWHERE) : 0;
    return failed === 0 ? this.#bound!.program : failed;
  }

  /** Nobody has answered. */
  #giveUp(): void {
    this.withdraw();
    this.answered(WSAETIMEDOUT);
  }

  /** Takes the request back, wherever it is. */
  protected withdraw(): void {
    this.#request?.cancel();
    this.#request = null;
    this.outgoing?.reset(NO_USER_DATA);
    this.incoming?.refuse(true);
    this.incoming = this.outgoing = null;
  }

  /** Its request waits to be accepted. @internal */
  joined(incoming: MessagePipe, outgoing: MessagePipe): void {
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  /** The instance of whoever listens there. @internal */
  hostOfListener(to: Station): MemoryHost | null {
    return this.#stations.find(to)?.host ?? null;
  }

  /** The request for a connection has arrived there. @internal */
  knock(to: Station): number {
    const listener = this.#stations.find(to);
    return listener?.listening === true ? listener.admit(this) : WSAECONNREFUSED;
  }

  /** The answer to a connection request has arrived: 0 or a WinSock code. @internal */
  answered(outcome: number): void {
    if (this.state !== 'connecting' || this.#outcome !== UNDECIDED) return;
    this.#request = null;
    this.#patience?.cancel();
    this.#patience = null;
    this.#outcome = outcome;
    if (outcome === 0) this.#received = this.incoming!.answer;
    // A connection is never there before the call that asks for it has returned.
    this.#settling ??= { queued: false, run: () => this.settle() };
    this.host.defer(this.#settling);
  }

  /** The peer has refused the connection, or broken it off. @internal */
  override resetArrived(answering: boolean): void {
    if (this.state === 'connecting' && this.#outcome === UNDECIDED) {
      this.withdraw();
      this.answered(WSAECONNREFUSED);
      return;
    }
    super.resetArrived(answering);
  }

  protected override settle(): void {
    if (this.state !== 'connecting' || this.#outcome === UNDECIDED) return;
    if (this.#outcome !== 0) {
      this.state = 'idle';
      this.peer = null;
      this.local = this.#bound;
      this.error = this.#outcome;
      this.tell(Readiness.CONNECT_FAILED);
      return;
    }
    this.opened();
    this.error = 0;
    this.tell(Readiness.CONNECTED | Readiness.WRITABLE | this.receivable());
  }

  // ---- The end ----

  abort(): void {
    this.#free(true);
  }

  close(): void {
    const { incoming } = this;
    const unread = incoming !== null && (incoming.visible > 0 || incoming.whole > 0);
    this.#free(!this.protocol.graceful || unread);
  }

  #free(reset: boolean): void {
    if (this.state === 'closed') return;
    const { state } = this;
    this.state = 'closed';
    this.leave();
    this.#patience?.cancel();
    this.#request?.cancel();
    for (const core of this.#queue) core.abort();
    this.#queue = [];
    if (this.outgoing !== null && (this.readiness & Readiness.RESET) === 0) {
      if (reset || state !== 'connected') this.outgoing.reset(this.options.disconnect);
      else if (!this.endSent) this.outgoing.end(this.options.disconnect);
    }
    this.incoming?.refuse(true);
    if (this.#bound !== null) this.#stations.unbind(this.#bound);
    this.sendRefusal = this.receiveRefusal = -WSAENOTSOCK;
    this.readiness = 0;
  }
}
