// The connected part of a socket of messages: its messages, its expedited data, its end.
import { Readiness, type AddressSlot, type GroupPlace, type SocketCore } from '../../../io/index.js';
import {
  holdBytes,
  MSG_OOB,
  MSG_PARTIAL,
  MSG_PEEK,
  SD_RECEIVE,
  SD_SEND,
  SO_RCVBUF,
  SO_SNDBUF,
  SOL_SOCKET,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEDISCON,
  WSAEFAULT,
  WSAEMSGSIZE,
  WSAENOBUFS,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type WSABUF,
} from '../../../spi/index.js';
import type { MemoryNetwork } from '../network/index.js';
import { NO_USER_DATA, type MemoryHost, type MessageEnd, type MessagePipe, type UserData } from '../wire/index.js';
import { type ConnectionOptions, type CameAlong } from './connection-options.js';
import type { MessageProtocol } from './message-protocols.js';
import { FlowingCore } from './flowing-core.js';

/**
 * `requested`: a connection that waits at a listener, whose caller was not answered yet; `closed`: the socket is gone.
 */
type State = 'idle' | 'listening' | 'connecting' | 'requested' | 'connected' | 'closed';

/** A socket of messages, as far as it has a connection. */
export abstract class ConnectedMessages extends FlowingCore implements SocketCore, MessageEnd {
  readiness = 0;
  error = 0;
  readonly optionLevels: readonly number[] = [SOL_SOCKET];
  /** Its place in a group of sockets, which the link takes into account. @internal */
  place: GroupPlace | null = null;

  /** The instance that the core belongs to. @internal */
  readonly host: MemoryHost;
  protected readonly protocol: MessageProtocol;
  protected readonly options: ConnectionOptions;
  /** Whether receives keep the boundaries of messages. */
  protected readonly keepsBoundaries: boolean;

  protected state: State = 'idle';
  /** 0, or the negated code that sending or receiving says before it looks any further. */
  protected sendRefusal = -WSAENOTCONN;
  protected receiveRefusal = -WSAENOTCONN;
  protected incoming: MessagePipe | null = null;
  protected outgoing: MessagePipe | null = null;
  protected endSent = false;
  /** Bytes of the message that MSG_PARTIAL has begun. */
  #begun = 0;

  /**
   * Makes a socket without a connection.
   *
   * @param network the network that it is on
   * @param host its instance
   * @param protocol what its protocol can do
   * @param keepsBoundaries whether it is one of SOCK_SEQPACKET
   * @param options the values of its options
   */
  constructor(
    network: MemoryNetwork,
    host: MemoryHost,
    protocol: MessageProtocol,
    keepsBoundaries: boolean,
    options: ConnectionOptions,
  ) {
    super(network, protocol.carriesFlows);
    this.host = host;
    this.protocol = protocol;
    this.keepsBoundaries = keepsBoundaries;
    this.options = options;
    network.attach();
  }

  abstract bind(name: Uint8Array, namelen: number): number;
  abstract listen(backlog: number): number;
  abstract tryConnect(name: Uint8Array, namelen: number): number;
  abstract tryAccept(peer: AddressSlot): SocketCore | number;
  abstract localName(slot: AddressSlot): number;
  abstract peerName(slot: AddressSlot): number;
  abstract abort(): void;
  abstract close(): void;
  abstract answered(outcome: number): void;
  /** Takes the outcome of a connection attempt, if it is known. */
  protected abstract settle(): void;
  /** What has come along from the peer. */
  protected abstract get came(): CameAlong;

  enterGroup(place: GroupPlace): void {
    this.place = place;
  }

  /** SO_RCVBUF. @internal */
  get receiveBuffer(): number {
    return this.options.value(SO_RCVBUF);
  }

  /** SO_SNDBUF. @internal */
  get sendBuffer(): number {
    return this.options.value(SO_SNDBUF);
  }

  /** Whether the last receive got a part of a message, the rest of which is still to come. */
  get receivedPart(): boolean {
    return this.keepsBoundaries && this.incoming !== null && this.incoming.cut;
  }

  /** The connection is open: messages may pass. */
  protected opened(): void {
    this.state = 'connected';
    this.sendRefusal = this.receiveRefusal = 0;
  }

  confirm(_bits: number): number {
    this.settle();
    const { incoming, outgoing } = this;
    if (this.state !== 'connected' || (this.readiness & Readiness.RESET) !== 0) return this.readiness;
    if (this.receiveRefusal === 0) {
      this.readiness &= ~Readiness.READABLE;
      if (this.#hasSomething(incoming!)) this.readiness |= Readiness.READABLE;
    }
    const full = (this.readiness & Readiness.WRITABLE) === 0;
    if (full && this.sendRefusal === 0 && outgoing!.space > 0) this.tell(Readiness.WRITABLE);
    return this.readiness;
  }

  #hasSomething(pipe: MessagePipe): boolean {
    return this.keepsBoundaries ? pipe.hasMessage : pipe.visible > 0;
  }

  // ---- Messages ----

  tryReceive(buffers: WSABUF[], count: number, flags: number, _from: AddressSlot | null): number {
    if (this.receiveRefusal !== 0) return this.receiveRefusal;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    const pipe = this.incoming!;
    const peek = (flags & MSG_PEEK) !== 0;
    let bytes: number;
    if ((flags & MSG_OOB) !== 0) {
      bytes = pipe.receiveExpedited(buffers, count, peek);
      if (pipe.expedited.length === 0) this.readiness &= ~Readiness.OUT_OF_BAND;
    } else {
      bytes = this.keepsBoundaries
        ? pipe.receiveMessage(buffers, count, lengthOf(buffers, count), (flags & MSG_PARTIAL) !== 0, peek)
        : pipe.receiveBytes(buffers, count, peek);
      if (!this.#hasSomething(pipe)) this.readiness &= ~Readiness.READABLE;
    }
    if (bytes >= 0) return bytes;
    if (!pipe.ended || pipe.visible > 0) return -WSAEWOULDBLOCK;
    // An empty message is no end: the end of those has a code of its own (specification: WSARecv).
    return this.keepsBoundaries ? -WSAEDISCON : 0;
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    _to: Uint8Array | null,
    _tolen: number,
    _offset: number,
  ): number {
    if (this.sendRefusal !== 0) return this.sendRefusal;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    const bytes = lengthOf(buffers, count);
    const pipe = this.outgoing!;
    if ((flags & MSG_OOB) !== 0) {
      if ((flags & MSG_PARTIAL) !== 0) return -WSAEOPNOTSUPP;
      if (bytes > this.protocol.mostExpedited) return -WSAEMSGSIZE;
      return bytes === 0 || pipe.sendExpedited(buffers, count, bytes) ? bytes : -WSAENOBUFS;
    }
    if (this.#begun + bytes > this.protocol.mostMessage) return -WSAEMSGSIZE;
    if (pipe.space <= 0) {
      this.readiness &= ~Readiness.WRITABLE;
      return -WSAEWOULDBLOCK;
    }
    const ends = (flags & MSG_PARTIAL) === 0;
    this.#begun = ends ? 0 : this.#begun + bytes;
    pipe.send(buffers, count, bytes, ends);
    if (pipe.space <= 0) this.readiness &= ~Readiness.WRITABLE;
    return bytes;
  }

  /** Something has arrived that the readiness bits tell of. @internal */
  dataArrived(edges: number): void {
    // Until the connection is there for this side, `settle` keeps it.
    if (this.state === 'connected')
      this.tell(this.receiveRefusal === 0 ? this.#news(edges) : edges & Readiness.PEER_CLOSED);
  }

  /** An end behind which no message waits is no news for who reads. */
  #news(edges: number): number {
    const pipe = this.incoming!;
    return pipe.ended && !this.#hasSomething(pipe) ? edges & ~Readiness.READABLE : edges;
  }

  /** The pipe to the peer takes messages again. @internal */
  spaceAppeared(): void {
    if (this.sendRefusal === 0) this.tell(Readiness.WRITABLE);
  }

  /** Data was sent to this side, which takes none: the connection is broken off. @internal */
  refuseData(): void {
    this.outgoing!.reset(NO_USER_DATA, true);
    this.breakOff(WSAECONNABORTED);
  }

  /** The peer has broken the connection off, perhaps in answer to what was sent to it. @internal */
  resetArrived(answering: boolean): void {
    this.settle();
    // What was sent after the peer's end met nobody.
    this.breakOff(answering && this.incoming?.ended === true ? WSAECONNABORTED : WSAECONNRESET);
  }

  /** The connection is gone without grace. */
  protected breakOff(error: number): void {
    if (this.state !== 'connected' && this.state !== 'requested') return;
    if ((this.readiness & Readiness.RESET) !== 0) return;
    this.error = error;
    if (this.sendRefusal === 0 || this.state === 'requested') this.sendRefusal = -error;
    if (this.receiveRefusal === 0 || this.state === 'requested') this.receiveRefusal = -error;
    if (this.#hasSomething(this.incoming!)) this.readiness |= Readiness.RECEIVED_LOST;
    this.incoming!.refuse(true);
    this.readiness &= ~Readiness.OUT_OF_BAND;
    this.tell(Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
  }

  /** The bits that tell of what has arrived. */
  protected receivable(): number {
    const pipe = this.incoming!;
    let bits = pipe.ended ? Readiness.PEER_CLOSED : 0;
    if (this.#hasSomething(pipe)) bits |= Readiness.READABLE;
    if (pipe.expedited.length > 0) bits |= Readiness.OUT_OF_BAND;
    return bits;
  }

  available(): number {
    const pipe = this.incoming;
    if (pipe === null || this.receiveRefusal !== 0) return 0;
    return this.keepsBoundaries ? pipe.firstLength : pipe.visible;
  }

  unsent(): number {
    return this.outgoing === null || (this.readiness & Readiness.RESET) !== 0 ? 0 : this.outgoing.unacknowledged;
  }

  /** Expedited data has no place among the messages: what counts is whether any waits. */
  atMark(): boolean {
    return this.incoming === null || this.incoming.expedited.length === 0;
  }

  // ---- What goes along ----

  /** How much data goes with a connect or its answer, in bytes; none any more once that is gone. */
  get mostConnectData(): number {
    return this.state === 'connected' ? 0 : this.protocol.mostConnectData;
  }

  setConnectData(data: WSABUF): number {
    return this.options.take('connect', 'data', data.buf, data.len) === 0 ? 0 : WSAEFAULT;
  }

  connectData(): Uint8Array | null {
    return this.came.connect.data;
  }

  setDisconnectData(data: WSABUF): number {
    return this.options.take('disconnect', 'data', data.buf, data.len) === 0 ? 0 : WSAEFAULT;
  }

  disconnectData(): Uint8Array | null {
    return this.came.disconnect.data;
  }

  /** What came with the peer's end, however it ended. */
  protected get farewell(): UserData {
    const over = this.incoming?.ended === true || (this.readiness & Readiness.RESET) !== 0;
    return over ? this.incoming!.farewell : NO_USER_DATA;
  }

  // ---- The end ----

  shutdown(how: number): number {
    if (this.state !== 'connected') return WSAENOTCONN;
    if ((this.readiness & Readiness.RESET) !== 0) return this.error;
    if (how !== SD_SEND) {
      this.receiveRefusal = -WSAESHUTDOWN;
      // What nobody will read must not look delivered.
      const unread = this.incoming!.visible > 0 || this.incoming!.whole > 0;
      this.incoming!.refuse(false);
      if (unread) {
        this.outgoing!.reset(this.options.disconnect);
        this.breakOff(WSAECONNABORTED);
        return 0;
      }
      this.readiness &= ~(Readiness.OUT_OF_BAND | Readiness.READABLE);
    }
    if (how !== SD_RECEIVE && !this.endSent) {
      this.endSent = true;
      this.sendRefusal = -WSAESHUTDOWN;
      this.endSending();
    }
    return 0;
  }

  /** Ends sending, or where that takes the whole connection with it, that. */
  protected endSending(): void {
    if (this.protocol.graceful) {
      this.outgoing!.end(this.options.disconnect);
      return;
    }
    this.outgoing!.reset(this.options.disconnect);
    this.breakOff(WSAECONNABORTED);
  }

  // ---- Options ----

  setOption(level: number, optname: number, value: Uint8Array, length: number): number {
    const failed = this.options.set(level, optname, value, length);
    if (failed !== 0) return failed;
    if (optname === SO_RCVBUF) this.incoming?.resize();
    if (optname === SO_SNDBUF) this.outgoing?.resize();
    return 0;
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): number {
    return this.options.get(level, optname, value, length, this.came);
  }

  ioctl(_code: number): number {
    return -WSAEOPNOTSUPP;
  }

  /** Takes note of bits, and tells the front. */
  protected tell(edges: number): void {
    this.readiness |= edges;
    if (this.notice !== null) this.notice.changed(edges);
  }

  /** Leaves the network: the first step of every close. The front hears nothing more. */
  protected leave(): void {
    this.notice = null;
    this.endFlow();
    this.network.detach();
  }
}

function lengthOf(buffers: WSABUF[], count: number): number {
  let bytes = 0;
  for (let index = 0; index < count; index++) bytes += buffers[index]!.len;
  return bytes;
}
