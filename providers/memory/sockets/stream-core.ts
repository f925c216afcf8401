// TCP within the process: one core for what listens, what connects and what is connected.
import { Readiness, type AddressSlot, type SocketCore } from '../../../io/index.js';
import {
  SOCK_STREAM,
  WSAEADDRINUSE,
  WSAEADDRNOTAVAIL,
  WSAEALREADY,
  WSAECONNREFUSED,
  WSAEINVAL,
  WSAEISCONN,
  WSAENETUNREACH,
  WSAENOTSOCK,
  WSAEWOULDBLOCK,
  type DeferredWork,
  type ErrorCode,
} from '../../../spi/index.js';
import type { AttachedStream, Binding, CallingStream, MemoryNetwork } from '../network/index.js';
import { anyEndpoint, BytePipe, parseEndpoint, sameEndpoint, type Endpoint, type MemoryHost } from '../wire/index.js';
import { ConnectedStream } from './connected-stream.js';
import { ConnectionRequest } from './connection-request.js';
import { SocketOptions } from './options.js';

/** Windows takes a listen queue of 1 to 200, and up to 65535 when asked with a negative number. */
const MOST_BACKLOG = 200;
const MOST_HINTED_BACKLOG = 65_535;

/** The outcome of a connection attempt that is not known yet. */
const UNDECIDED = -1;

function rankListener(core: AttachedStream): number {
  return core.listening ? 1 : 0;
}

/** A stream socket of the memory network. */
export class StreamCore extends ConnectedStream implements AttachedStream, CallingStream {
  #binding: Binding<AttachedStream> | null = null;

  #queue: StreamCore[] = [];
  #backlog = 0;

  #request: ConnectionRequest<Endpoint> | null = null;
  #outcome = UNDECIDED;
  #settling: DeferredWork | null = null;

  /**
   * Makes a stream socket.
   *
   * @param network the network that it is on
   * @param host its instance
   * @param family AF_INET or AF_INET6
   * @param parent the listener's options, for a connection that it takes
   */
  constructor(network: MemoryNetwork, host: MemoryHost, family: number, parent: SocketOptions | null = null) {
    super(network, host, family, new SocketOptions(SOCK_STREAM, parent));
  }

  protected override get isBound(): boolean {
    return this.#binding !== null;
  }

  /** Whether connections can be made to it. @internal */
  get listening(): boolean {
    return this.state === 'listening';
  }

  confirm(_bits: number): number {
    this.settle();
    const outgoing = this.outgoing;
    const full = (this.readiness & Readiness.WRITABLE) === 0;
    // It is told, for room that is known of is no news any more when there is more of it.
    if (full && this.sendRefusal === 0 && outgoing !== null && outgoing.space > 0) this.tell(Readiness.WRITABLE);
    return this.readiness;
  }

  // ---- Names ----

  bind(name: Uint8Array, _namelen: number): ErrorCode {
    if (this.#binding !== null || this.state !== 'idle') return WSAEINVAL;
    const endpoint = this.network.scoped(parseEndpoint(name));
    if (!this.mayCarry(endpoint) || !this.network.hasAddress(endpoint)) return WSAEADDRNOTAVAIL;
    return this.#bindTo(endpoint);
  }

  #bindTo(endpoint: Endpoint): number {
    const binding = this.takeAddress<AttachedStream>(this.network.streams, this, endpoint);
    if (typeof binding === 'number') return binding;
    this.#binding = binding;
    this.local = binding.endpoint;
    return 0;
  }

  // ---- Listening ----

  listen(backlog: number): ErrorCode {
    if (this.state === 'connected') return WSAEISCONN;
    if (this.#binding === null || this.state === 'connecting' || this.state === 'closed') return WSAEINVAL;
    const most = backlog < 0 ? MOST_HINTED_BACKLOG : MOST_BACKLOG;
    this.#backlog = Math.min(Math.max(Math.abs(backlog), 1), most);
    this.state = 'listening';
    return 0;
  }

  tryAccept(peer: AddressSlot): SocketCore | ErrorCode {
    if (this.state !== 'listening') return WSAEINVAL;
    const core = this.#queue.shift();
    if (this.#queue.length === 0) this.readiness &= ~Readiness.ACCEPTABLE;
    if (core === undefined) return WSAEWOULDBLOCK;
    core.peerName(peer);
    return core;
  }

  /** Takes a connection into the listen queue and answers it; 0, or WSAECONNREFUSED when the queue is full. @internal */
  admit(caller: CallingStream): number {
    if (this.#queue.length >= this.#backlog) return WSAECONNREFUSED;
    const core = new StreamCore(this.network, this.host, this.family, this.options);
    const [from, to] = [caller.local!, caller.peer!];
    const there = new BytePipe(this.network.wayFrom(from, to), caller, core);
    const back = new BytePipe(this.network.wayTo(to, from), core, caller);
    this.network.connected({ from, to, there, back });
    caller.joined(back, there);
    core.joined(there, back);
    core.#accepted(caller);
    // First of all: whatever the accepting side does next, the connection comes before it.
    back.connected();
    this.#queue.push(core);
    this.tell(Readiness.ACCEPTABLE);
    return 0;
  }

  /** It is the other end of a caller's connection. */
  #accepted(caller: CallingStream): void {
    this.local = caller.peer;
    this.peer = caller.local;
    this.opened();
    this.readiness = Readiness.WRITABLE;
  }

  // ---- Connecting ----

  tryConnect(name: Uint8Array, _namelen: number): ErrorCode {
    switch (this.state) {
      case 'connecting':
        return WSAEALREADY;
      case 'connected':
        return WSAEISCONN;
      case 'listening':
      case 'closed':
        return WSAEINVAL;
      case 'idle':
        break;
    }
    const to = this.network.scoped(parseEndpoint(name));
    const refused = this.#takeEnds(to);
    if (refused !== 0) return refused;
    this.state = 'connecting';
    this.#outcome = UNDECIDED;
    this.readiness &= ~(Readiness.CONNECT_FAILED | Readiness.CONNECTED);
    this.#request = new ConnectionRequest(this.network.wayTo(this.local!, to), this, to, this.network.isSilent(to));
    this.#request.send();
    return WSAEWOULDBLOCK;
  }

  /** Settles between which two addresses the connection is to be; 0 or a WinSock code. */
  #takeEnds(to: Endpoint): ErrorCode {
    if (!this.mayCarry(to)) return WSAENETUNREACH;
    const unreachable = this.network.route(to);
    if (unreachable !== 0) return unreachable;
    const bound = this.#binding !== null;
    if (!bound) {
      const failed = this.#bindTo(anyEndpoint(this.stack));
      if (failed !== 0) return failed;
    }
    const { any, endpoint } = this.#binding!;
    if (!any && endpoint.stack !== to.stack) return WSAEADDRNOTAVAIL;
    const from = any ? this.network.sourceFor(to, endpoint.port) : endpoint;
    if (bound && (sameEndpoint(from, to) || this.#isConnected(from, to))) return WSAEADDRINUSE;
    this.local = from;
    this.peer = to;
    return 0;
  }

  /** Whether there is a connection between two addresses: from one of those who share the port, or to one of them. */
  #isConnected(from: Endpoint, to: Endpoint): boolean {
    const { streams } = this.network;
    return (
      streams.ownersAt(from.port).some((core) => core.connects(from, to)) ||
      streams.ownersAt(to.port).some((core) => core.connects(to, from))
    );
  }

  /** Whether it has a connection from one address to the other. @internal */
  connects(from: Endpoint, to: Endpoint): boolean {
    const { local, peer } = this;
    if ((this.readiness & Readiness.RESET) !== 0) return false;
    return local !== null && peer !== null && sameEndpoint(local, from) && sameEndpoint(peer, to);
  }

  /** The instance of whoever listens there. @internal */
  hostOfListener(to: Endpoint): MemoryHost | null {
    return this.network.hostOf(to).streams.find(to, rankListener)?.host ?? null;
  }

  /** The request for a connection has arrived there. @internal */
  knock(to: Endpoint): number {
    const there = this.network.hostOf(to);
    const listener = there.refusing ? null : there.streams.find(to, rankListener);
    return listener === null ? WSAECONNREFUSED : listener.admit(this);
  }

  /** The answer to a connection request has arrived: 0 or a WinSock code. @internal */
  answered(outcome: number): void {
    this.#request = null;
    this.#outcome = outcome;
    // A connection is never there before the call that asks for it has returned.
    this.#settling ??= { queued: false, run: () => this.settle() };
    this.host.defer(this.#settling);
  }

  protected override settle(): void {
    if (this.state !== 'connecting' || this.#outcome === UNDECIDED) return;
    if (this.#outcome !== 0) {
      this.state = 'idle';
      this.peer = null;
      this.local = this.#binding!.endpoint;
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
    const incoming = this.incoming;
    this.#free(incoming !== null && (incoming.readable > 0 || incoming.carrying));
  }

  #free(reset: boolean): void {
    if (this.state === 'closed') return;
    const state = this.state;
    this.state = 'closed';
    this.leave();
    this.#request?.cancel();
    this.#request = null;
    for (const core of this.#queue) core.abort();
    this.#queue = [];
    if (this.outgoing !== null && (this.readiness & Readiness.RESET) === 0) {
      // Who hangs up before the connection is there for this side has no use for it.
      if (reset || state === 'connecting' || this.network.crashing) this.outgoing.reset(false);
      else if (!this.endSent) this.outgoing.end();
    }
    this.incoming?.refuse(true);
    if (this.#binding !== null) this.network.streams.unbind(this.#binding);
    this.sendRefusal = this.receiveRefusal = -WSAENOTSOCK;
    this.readiness = 0;
  }
}
