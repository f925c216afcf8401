// TCP within the process: one core for what listens, what connects and what is connected.
import type { DeferredWork, WSABUF } from '../../../spi/index.js';
import {
  holdBytes,
  MSG_OOB,
  MSG_PEEK,
  SD_RECEIVE,
  SD_SEND,
  SIO_KEEPALIVE_VALS,
  SIO_TCP_INFO,
  SO_OOBINLINE,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_INFO_v0,
  WSAEADDRINUSE,
  WSAEADDRNOTAVAIL,
  WSAEALREADY,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEISCONN,
  WSAENETUNREACH,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
} from '../../../spi/index.js';
import { Readiness, type AddressSlot, type SocketCore } from '../../../io/index.js';
import { type Endpoint, parseEndpoint, sameEndpoint } from '../wire/address.js';
import type { Binding } from '../network/bindings.js';
import { BytePipe, MOST_CAPACITY } from '../wire/byte-pipe.js';
import { connectionInfo } from './connection-info.js';
import { ConnectionRequest } from './connection-request.js';
import { MemoryCore } from './memory-core.js';
import { anyEndpoint, type MemoryHost, type MemoryNetwork } from '../network/network.js';
import { SocketOptions } from './options.js';
import { splitUrgent, takeUrgent } from './urgent.js';

/** Windows takes a listen queue of 1 to 200, and up to 65535 when asked with a negative number. */
const MOST_BACKLOG = 200;
const MOST_HINTED_BACKLOG = 65_535;

type State = 'idle' | 'listening' | 'connecting' | 'connected' | 'closed';

/** The outcome of a connection attempt that is not known yet. */
const UNDECIDED = -1;

function rankListener(core: StreamCore): number {
  return core.listening ? 1 : 0;
}

/** A stream socket of the memory network. */
export class StreamCore extends MemoryCore {
  /** Whether urgent data is received among the normal data. @internal */
  inline: boolean;

  #state: State = 'idle';
  /** 0, or the negated code that sending or receiving says before it looks any further. */
  #sendRefusal = -WSAENOTCONN;
  #receiveRefusal = -WSAENOTCONN;
  #incoming: BytePipe | null = null;
  #outgoing: BytePipe | null = null;
  #endSent = false;

  #binding: Binding<StreamCore> | null = null;

  #queue: StreamCore[] = [];
  #backlog = 0;

  #request: ConnectionRequest | null = null;
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
    this.inline = this.options.value(SOL_SOCKET, SO_OOBINLINE) !== 0;
  }

  /** Whether connections can be made to it. @internal */
  get listening(): boolean {
    return this.#state === 'listening';
  }

  /** SO_RCVBUF. @internal */
  get receiveBuffer(): number {
    return this.options.value(SOL_SOCKET, SO_RCVBUF);
  }

  /** SO_SNDBUF. @internal */
  get sendBuffer(): number {
    return this.options.value(SOL_SOCKET, SO_SNDBUF);
  }

  confirm(_bits: number): number {
    this.#settle();
    const outgoing = this.#outgoing;
    if (this.#sendRefusal === 0 && outgoing !== null && outgoing.space > 0) this.readiness |= Readiness.WRITABLE;
    return this.readiness;
  }

  // ---- Names ----

  bind(name: Uint8Array, _namelen: number): number {
    if (this.#binding !== null || this.#state !== 'idle') return WSAEINVAL;
    const endpoint = this.network.scoped(parseEndpoint(name));
    if (!this.mayCarry(endpoint) || !this.network.hasAddress(endpoint)) return WSAEADDRNOTAVAIL;
    return this.#bindTo(endpoint);
  }

  #bindTo(endpoint: Endpoint): number {
    const { sharing, v6only } = this.options;
    const binding = this.network.streams.bind(this, endpoint, sharing, !v6only);
    if (typeof binding === 'number') return binding;
    this.#binding = binding;
    this.local = binding.endpoint;
    return 0;
  }

  // ---- Listening ----

  listen(backlog: number): number {
    if (this.#state === 'connected') return WSAEISCONN;
    if (this.#binding === null || this.#state === 'connecting' || this.#state === 'closed') return WSAEINVAL;
    const most = backlog < 0 ? MOST_HINTED_BACKLOG : MOST_BACKLOG;
    this.#backlog = Math.min(Math.max(Math.abs(backlog), 1), most);
    this.#state = 'listening';
    return 0;
  }

  tryAccept(peer: AddressSlot): SocketCore | number {
    if (this.#state !== 'listening') return WSAEINVAL;
    const core = this.#queue.shift();
    if (this.#queue.length === 0) this.readiness &= ~Readiness.ACCEPTABLE;
    if (core === undefined) return WSAEWOULDBLOCK;
    core.peerName(peer);
    return core;
  }

  /** Takes a connection into the listen queue and answers it; 0, or WSAECONNREFUSED when the queue is full. */
  #admit(connector: StreamCore): number {
    if (this.#queue.length >= this.#backlog) return WSAECONNREFUSED;
    const core = new StreamCore(this.network, this.host, this.family, this.options);
    core.local = connector.peer;
    core.peer = connector.local;
    const there = new BytePipe(this.network, connector, core);
    const back = new BytePipe(this.network, core, connector);
    connector.#outgoing = there;
    connector.#incoming = back;
    core.#outgoing = back;
    core.#incoming = there;
    core.#state = 'connected';
    core.#sendRefusal = core.#receiveRefusal = 0;
    core.readiness = Readiness.WRITABLE;
    // First of all: whatever the accepting side does next, the connection comes before it.
    back.connected();
    this.#queue.push(core);
    this.tell(Readiness.ACCEPTABLE);
    return 0;
  }

  // ---- Connecting ----

  tryConnect(name: Uint8Array, _namelen: number): number {
    switch (this.#state) {
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
    this.#state = 'connecting';
    this.#outcome = UNDECIDED;
    this.readiness &= ~(Readiness.CONNECT_FAILED | Readiness.CONNECTED);
    this.#request = new ConnectionRequest(this.network, this, to);
    this.#request.send();
    return WSAEWOULDBLOCK;
  }

  /** Settles between which two addresses the connection is to be; 0 or a WinSock code. */
  #takeEnds(to: Endpoint): number {
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
      streams.ownersAt(from.port).some((core) => core.#goes(from, to)) ||
      streams.ownersAt(to.port).some((core) => core.#goes(to, from))
    );
  }

  #goes(from: Endpoint, to: Endpoint): boolean {
    const { local, peer } = this;
    if ((this.readiness & Readiness.RESET) !== 0) return false;
    return local !== null && peer !== null && sameEndpoint(local, from) && sameEndpoint(peer, to);
  }

  /** The instance of whoever listens there. @internal */
  hostOfListener(to: Endpoint): MemoryHost | null {
    return this.network.streams.find(to, rankListener)?.host ?? null;
  }

  /** The request for a connection has arrived there. @internal */
  knock(to: Endpoint): number {
    const listener = this.network.streams.find(to, rankListener);
    return listener === null ? WSAECONNREFUSED : listener.#admit(this);
  }

  /** The answer to a connection request has arrived: 0 or a WinSock code. @internal */
  answered(outcome: number): void {
    this.#request = null;
    this.#outcome = outcome;
    // A connection is never there before the call that asks for it has returned.
    this.#settling ??= { queued: false, run: () => this.#settle() };
    this.host.defer(this.#settling);
  }

  #settle(): void {
    if (this.#state !== 'connecting' || this.#outcome === UNDECIDED) return;
    if (this.#outcome !== 0) {
      this.#state = 'idle';
      this.peer = null;
      this.local = this.#binding!.endpoint;
      this.error = this.#outcome;
      this.tell(Readiness.CONNECT_FAILED);
      return;
    }
    this.#state = 'connected';
    this.#sendRefusal = this.#receiveRefusal = 0;
    this.error = 0;
    this.tell(Readiness.CONNECTED | Readiness.WRITABLE | this.#receivable());
  }

  // ---- Data ----

  tryReceive(buffers: WSABUF[], count: number, flags: number, _from: AddressSlot | null): number {
    if (this.#receiveRefusal !== 0) return this.#receiveRefusal;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#receiveUrgent(buffers, count, (flags & MSG_PEEK) !== 0);
    const pipe = this.#incoming!;
    const peek = (flags & MSG_PEEK) !== 0;
    if (this.inline && pipe.urgent.length > 0) return this.#takeUrgent(buffers, count, peek, true);
    const bytes = pipe.receive(buffers, count, peek);
    if (pipe.visible === 0 && !pipe.ended) this.readiness &= ~Readiness.READABLE;
    if (bytes >= 0) return bytes;
    return pipe.ended ? 0 : -WSAEWOULDBLOCK;
  }

  #receiveUrgent(buffers: WSABUF[], count: number, peek: boolean): number {
    if (this.inline) return -WSAEINVAL;
    const pipe = this.#incoming!;
    if (pipe.urgent.length > 0) return this.#takeUrgent(buffers, count, peek, false);
    return pipe.ended ? 0 : -WSAEWOULDBLOCK;
  }

  /** Gives urgent bytes that had been put aside. */
  #takeUrgent(buffers: WSABUF[], count: number, peek: boolean, all: boolean): number {
    const bytes = takeUrgent(this.#incoming!, buffers, count, peek, all);
    if (!peek) this.#reviewReceivable();
    return bytes;
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    _to: Uint8Array | null,
    _tolen: number,
    offset: number,
  ): number {
    return this.#send(buffers, count, flags, offset, false);
  }

  trySendWhole(buffers: WSABUF[], count: number, flags: number): number {
    return this.#send(buffers, count, flags, 0, true);
  }

  #send(buffers: WSABUF[], count: number, flags: number, offset: number, whole: boolean): number {
    if (this.#sendRefusal !== 0) return this.#sendRefusal;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#sendUrgent(buffers, count, offset, whole);
    const pipe = this.#outgoing!;
    const bound = whole && pipe.space > 0 ? MOST_CAPACITY : pipe.capacity;
    let skip = offset;
    let sent = 0;
    let short = false;
    for (let index = 0; index < count && !short; index++) {
      const { buf, len } = buffers[index]!;
      if (skip >= len) {
        skip -= len;
        continue;
      }
      const taken = pipe.append(buf, skip, len, bound);
      short = taken < len - skip;
      sent += taken;
      skip = 0;
    }
    if (short || pipe.space <= 0) this.readiness &= ~Readiness.WRITABLE;
    if (sent > 0) pipe.commit(sent);
    return short && sent === 0 ? -WSAEWOULDBLOCK : sent;
  }

  #sendUrgent(buffers: WSABUF[], count: number, offset: number, whole: boolean): number {
    const parts = splitUrgent(buffers, count, offset);
    if (parts === null) return 0;
    let sent = 0;
    if (parts.normal > 0) {
      sent = this.#send(parts.before, parts.before.length, 0, offset, whole);
      if (sent !== parts.normal || this.#sendRefusal !== 0) return sent;
    }
    const pipe = this.#outgoing!;
    const bound = whole && (sent > 0 || pipe.space > 0) ? MOST_CAPACITY : pipe.capacity;
    const taken = pipe.appendUrgent(parts.buffer, parts.at, bound);
    if (taken === 0 || pipe.space <= 0) this.readiness &= ~Readiness.WRITABLE;
    return sent + taken || -WSAEWOULDBLOCK;
  }

  /** Something has arrived that the readiness bits tell of. @internal */
  dataArrived(edges: number): void {
    // Until the connection is there for this side, `#settle` keeps it.
    if (this.#state === 'connected') this.tell(this.#receiveRefusal === 0 ? edges : edges & Readiness.PEER_CLOSED);
  }

  /** The pipe to the peer takes data again. @internal */
  spaceAppeared(): void {
    if (this.#sendRefusal === 0) this.tell(Readiness.WRITABLE);
  }

  /** Data was sent to this side, which takes none: the connection ends in a reset. @internal */
  refuseData(): void {
    this.#outgoing!.reset(true);
    this.#breakOff(WSAECONNABORTED);
  }

  /** The peer has reset the connection, perhaps in answer to what was sent to it. @internal */
  resetArrived(answering: boolean): void {
    this.#settle();
    // Data that was sent after the peer's end met nobody.
    this.#breakOff(answering && this.#incoming?.ended === true ? WSAECONNABORTED : WSAECONNRESET);
  }

  #breakOff(error: number): void {
    if (this.#state !== 'connected' || (this.readiness & Readiness.RESET) !== 0) return;
    this.error = error;
    if (this.#sendRefusal === 0) this.#sendRefusal = -error;
    if (this.#receiveRefusal === 0) this.#receiveRefusal = -error;
    this.#incoming!.refuse(true);
    this.readiness &= ~Readiness.OUT_OF_BAND;
    this.tell(Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
  }

  /** The bits that tell of what has arrived. */
  #receivable(): number {
    const pipe = this.#incoming!;
    let bits = pipe.ended ? Readiness.PEER_CLOSED | Readiness.READABLE : 0;
    if (pipe.visible > 0) bits |= Readiness.READABLE;
    if (pipe.urgent.length > 0) bits |= this.inline ? Readiness.READABLE : Readiness.OUT_OF_BAND;
    return bits;
  }

  /** Brings the bits up to date, and tells of those that are new. */
  #reviewReceivable(): void {
    if (this.#receiveRefusal !== 0) return;
    const before = this.readiness;
    const now = this.#receivable();
    this.readiness = (before & ~(Readiness.READABLE | Readiness.OUT_OF_BAND)) | now;
    const fresh = now & ~before;
    if (fresh !== 0) this.tell(fresh);
  }

  available(): number {
    const pipe = this.#incoming;
    if (pipe === null || this.#receiveRefusal !== 0) return 0;
    return pipe.readable + (this.inline ? pipe.urgent.length : 0);
  }

  unsent(): number {
    return this.#outgoing === null || (this.readiness & Readiness.RESET) !== 0 ? 0 : this.#outgoing.unacknowledged;
  }

  atMark(): boolean {
    return this.#incoming === null || this.#incoming.atMark;
  }

  // ---- The end ----

  shutdown(how: number): number {
    if (this.#state !== 'connected') return WSAENOTCONN;
    if ((this.readiness & Readiness.RESET) !== 0) return this.error;
    if (how !== SD_SEND) {
      this.#receiveRefusal = -WSAESHUTDOWN;
      // What nobody will read must not look delivered.
      const unread = this.#incoming!.readable > 0;
      this.#incoming!.refuse(false);
      if (unread) {
        this.#outgoing!.reset(false);
        this.#breakOff(WSAECONNABORTED);
        return 0;
      }
      this.readiness &= ~Readiness.OUT_OF_BAND;
    }
    if (how !== SD_RECEIVE && !this.#endSent) {
      this.#endSent = true;
      this.#sendRefusal = -WSAESHUTDOWN;
      this.#outgoing!.end();
    }
    return 0;
  }

  abort(): void {
    this.#free(true);
  }

  close(): void {
    const incoming = this.#incoming;
    this.#free(incoming !== null && (incoming.readable > 0 || incoming.carrying));
  }

  #free(reset: boolean): void {
    if (this.#state === 'closed') return;
    const state = this.#state;
    this.#state = 'closed';
    this.leave();
    this.#request?.cancel();
    this.#request = null;
    for (const core of this.#queue) core.abort();
    this.#queue = [];
    if (this.#outgoing !== null && (this.readiness & Readiness.RESET) === 0) {
      // Who hangs up before the connection is there for this side has no use for it.
      if (reset || state === 'connecting') this.#outgoing.reset(false);
      else if (!this.#endSent) this.#outgoing.end();
    }
    this.#incoming?.refuse(true);
    if (this.#binding !== null) this.network.streams.unbind(this.#binding);
    this.#sendRefusal = this.#receiveRefusal = -WSAENOTSOCK;
    this.readiness = 0;
  }

  // ---- Options ----

  setOption(level: number, optname: number, value: Uint8Array, length: number): number {
    const failed = this.options.set(level, optname, value, length, this.#binding !== null);
    if (failed !== 0 || level !== SOL_SOCKET) return failed;
    if (optname === SO_RCVBUF) this.#incoming?.resize();
    if (optname === SO_SNDBUF) this.#outgoing?.resize();
    if (optname === SO_OOBINLINE) {
      this.inline = this.options.value(SOL_SOCKET, SO_OOBINLINE) !== 0;
      this.#reviewReceivable();
    }
    return 0;
  }

  override ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    room: number,
  ): number {
    // Connections within a process cannot be lost unnoticed, so the times are accepted and without effect.
    if (code === SIO_KEEPALIVE_VALS) return inputLength < 12 ? -WSAEFAULT : 0;
    if (code === SIO_TCP_INFO) return this.#tcpInfo(output, room);
    return super.ioctl(code, input, inputLength, output, room);
  }

  #tcpInfo(output: Uint8Array | null, room: number): number {
    if (output === null || room < TCP_INFO_v0.size) return -WSAEFAULT;
    const [incoming, outgoing] = [this.#incoming, this.#outgoing];
    if (incoming === null || outgoing === null) return -WSAENOTCONN;
    return TCP_INFO_v0.encodeInto(connectionInfo(this, incoming, outgoing, this.#endSent, this.network), output);
  }
}
