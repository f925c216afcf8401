import { Readiness, type AddressSlot } from '../../../io/index.js';
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
  SOL_SOCKET,
  TCP_INFO_v0,
  type WSABUF,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAESHUTDOWN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../../spi/index.js';
import { type MemoryNetwork } from '../network/index.js';
import { type BytePipe, MOST_CAPACITY, type MemoryHost, type PipeEnd } from '../wire/index.js';
import { connectionInfo } from './connection-info.js';
import { MemoryCore } from './memory-core.js';
import { type SocketOptions } from './options.js';
import { splitUrgent, takeUrgent } from './urgent.js';
// The connected part of a stream socket: its data, its end, and the options that are about them.

type State = 'idle' | 'listening' | 'connecting' | 'connected' | 'closed';

/** A stream socket of the memory network, as far as it has a connection. */
export abstract class ConnectedStream extends MemoryCore implements PipeEnd {
  /** Whether urgent data is received among the normal data. @internal */
  inline: boolean;

  protected state: State = 'idle';
  /** 0, or the negated code that sending or receiving says before it looks any further. */
  protected sendRefusal = -WSAENOTCONN;
  protected receiveRefusal = -WSAENOTCONN;
  protected incoming: BytePipe | null = null;
  protected outgoing: BytePipe | null = null;
  protected endSent = false;

  /** As `MemoryCore`. */
  constructor(network: MemoryNetwork, host: MemoryHost, family: number, options: SocketOptions) {
    super(network, host, family, options);
    this.inline = this.options.value(SOL_SOCKET, SO_OOBINLINE) !== 0;
  }

  /** Takes the outcome of a connection attempt, if it is known. */
  protected abstract settle(): void;
  protected abstract get isBound(): boolean;
  abstract answered(outcome: number): void;

  /** SO_RCVBUF. @internal */
  get receiveBuffer(): number {
    return this.options.value(SOL_SOCKET, SO_RCVBUF);
  }

  /** SO_SNDBUF. @internal */
  get sendBuffer(): number {
    return this.options.value(SOL_SOCKET, SO_SNDBUF);
  }

  /** It has a connection, which is not open yet. @internal */
  joined(incoming: BytePipe, outgoing: BytePipe): void {
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  /** The connection is open: data may pass. */
  protected opened(): void {
    this.state = 'connected';
    this.sendRefusal = this.receiveRefusal = 0;
  }

  // ---- Data ----

  tryReceive(buffers: WSABUF[], count: number, flags: number, _from: AddressSlot | null): CountOrNegatedCode {
    if (this.receiveRefusal !== 0) return this.receiveRefusal;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#receiveUrgent(buffers, count, (flags & MSG_PEEK) !== 0);
    const pipe = this.incoming!;
    const peek = (flags & MSG_PEEK) !== 0;
    if (this.inline && pipe.urgent.length > 0) return this.#takeUrgent(buffers, count, peek, true);
    const bytes = pipe.receive(buffers, count, peek);
    if (pipe.visible === 0 && !pipe.ended) this.readiness &= ~Readiness.READABLE;
    if (bytes >= 0) return bytes;
    return pipe.ended ? 0 : -WSAEWOULDBLOCK;
  }

  #receiveUrgent(buffers: WSABUF[], count: number, peek: boolean): number {
    if (this.inline) return -WSAEINVAL;
    const pipe = this.incoming!;
    if (pipe.urgent.length > 0) return this.#takeUrgent(buffers, count, peek, false);
    return pipe.ended ? 0 : -WSAEWOULDBLOCK;
  }

  /** Gives urgent bytes that had been put aside. */
  #takeUrgent(buffers: WSABUF[], count: number, peek: boolean, all: boolean): number {
    const bytes = takeUrgent(this.incoming!, buffers, count, peek, all);
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
  ): CountOrNegatedCode {
    return this.#send(buffers, count, flags, offset, false);
  }

  trySendWhole(buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode {
    return this.#send(buffers, count, flags, 0, true);
  }

  #send(buffers: WSABUF[], count: number, flags: number, offset: number, whole: boolean): number {
    if (this.sendRefusal !== 0) return this.sendRefusal;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#sendUrgent(buffers, count, offset, whole);
    const pipe = this.outgoing!;
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
      if (sent !== parts.normal || this.sendRefusal !== 0) return sent;
    }
    const pipe = this.outgoing!;
    const bound = whole && (sent > 0 || pipe.space > 0) ? MOST_CAPACITY : pipe.capacity;
    const taken = pipe.appendUrgent(parts.buffer, parts.at, bound);
    if (taken === 0 || pipe.space <= 0) this.readiness &= ~Readiness.WRITABLE;
    return sent + taken || -WSAEWOULDBLOCK;
  }

  /** Something has arrived that the readiness bits tell of. @internal */
  dataArrived(edges: number): void {
    // Until the connection is there for this side, `settle` keeps it.
    if (this.state === 'connected') this.tell(this.receiveRefusal === 0 ? edges : edges & Readiness.PEER_CLOSED);
  }

  /** The pipe to the peer takes data again. @internal */
  spaceAppeared(): void {
    if (this.sendRefusal === 0) this.tell(Readiness.WRITABLE);
  }

  /** Data was sent to this side, which takes none: the connection ends in a reset. @internal */
  refuseData(): void {
    this.outgoing!.reset(true);
    this.#breakOff(WSAECONNABORTED);
  }

  /** The peer has reset the connection, perhaps in answer to what was sent to it. @internal */
  resetArrived(answering: boolean): void {
    this.settle();
    // Data that was sent after the peer's end met nobody.
    this.#breakOff(answering && this.incoming?.ended === true ? WSAECONNABORTED : WSAECONNRESET);
  }

  /** What was sent has not been answered for too long. @internal */
  unanswered(): void {
    this.#breakOff(WSAETIMEDOUT);
  }

  #breakOff(error: number): void {
    if (this.state !== 'connected' || (this.readiness & Readiness.RESET) !== 0) return;
    this.error = error;
    if (this.sendRefusal === 0) this.sendRefusal = -error;
    if (this.receiveRefusal === 0) this.receiveRefusal = -error;
    if (this.incoming!.readable > 0) this.readiness |= Readiness.RECEIVED_LOST;
    this.incoming!.refuse(true);
    this.readiness &= ~Readiness.OUT_OF_BAND;
    this.tell(Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
  }

  /** The bits that tell of what has arrived. */
  protected receivable(): number {
    const pipe = this.incoming!;
    let bits = pipe.ended ? Readiness.PEER_CLOSED | Readiness.READABLE : 0;
    if (pipe.visible > 0) bits |= Readiness.READABLE;
    if (pipe.urgent.length > 0) bits |= this.inline ? Readiness.READABLE : Readiness.OUT_OF_BAND;
    return bits;
  }

  /** Brings the bits up to date, and tells of those that are new. */
  #reviewReceivable(): void {
    if (this.receiveRefusal !== 0) return;
    const before = this.readiness;
    const now = this.receivable();
    this.readiness = (before & ~(Readiness.READABLE | Readiness.OUT_OF_BAND)) | now;
    const fresh = now & ~before;
    if (fresh !== 0) this.tell(fresh);
  }

  available(): number {
    const pipe = this.incoming;
    if (pipe === null || this.receiveRefusal !== 0) return 0;
    return pipe.readable + (this.inline ? pipe.urgent.length : 0);
  }

  unsent(): number {
    return this.outgoing === null || (this.readiness & Readiness.RESET) !== 0 ? 0 : this.outgoing.unacknowledged;
  }

  atMark(): boolean {
    return this.incoming === null || this.incoming.atMark;
  }

  // ---- The end ----

  shutdown(how: number): ErrorCode {
    if (this.state !== 'connected') return WSAENOTCONN;
    if ((this.readiness & Readiness.RESET) !== 0) return this.error;
    if (how !== SD_SEND) {
      this.receiveRefusal = -WSAESHUTDOWN;
      // What nobody will read must not look delivered.
      const unread = this.incoming!.readable > 0;
      this.incoming!.refuse(false);
      if (unread) {
        this.outgoing!.reset(false);
        this.#breakOff(WSAECONNABORTED);
        return 0;
      }
      this.readiness &= ~Readiness.OUT_OF_BAND;
    }
    if (how !== SD_RECEIVE && !this.endSent) {
      this.endSent = true;
      this.sendRefusal = -WSAESHUTDOWN;
      this.outgoing!.end();
    }
    return 0;
  }

  // ---- Options ----

  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    const failed = this.options.set(level, optname, value, length, this.isBound);
    if (failed !== 0 || level !== SOL_SOCKET) return failed;
    if (optname === SO_RCVBUF) this.incoming?.resize();
    if (optname === SO_SNDBUF) this.outgoing?.resize();
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
  ): CountOrNegatedCode {
    // Connections within a process cannot be lost unnoticed, so the times are accepted and without effect.
    if (code === SIO_KEEPALIVE_VALS) return inputLength < 12 ? -WSAEFAULT : 0;
    if (code === SIO_TCP_INFO) return this.#tcpInfo(output, room);
    return super.ioctl(code, input, inputLength, output, room);
  }

  #tcpInfo(output: Uint8Array | null, room: number): number {
    if (output === null || room < TCP_INFO_v0.size) return -WSAEFAULT;
    const [incoming, outgoing] = [this.incoming, this.outgoing];
    if (incoming === null || outgoing === null) return -WSAENOTCONN;
    return TCP_INFO_v0.encodeInto(
      connectionInfo(this, incoming, outgoing, this.endSent, this.network.wayTo(this.local!, this.peer!)),
      output,
    );
  }
}
