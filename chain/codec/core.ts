import {
  SIO_LAYER_TRAFFIC,
  FD_CLOSE,
  FD_CLOSE_BIT,
  FD_OOB,
  holdBytes,
  holdsBytes,
  MSG_OOB,
  MSG_PEEK,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  WSAEFAULT,
  WSAEINVAL,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSASYSCALLFAILURE,
  WSAEWOULDBLOCK,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import { Readiness, type AddressSlot } from '../../io/index.js';
import type { ShutdownDirection } from './codec.js';
import { EndingCore, type CodecLayer } from './ending.js';
import { concatenated } from './message-buffers.js';
import { OpeningPhase, RARE_EVENTS } from './opening.js';
import { tellTraffic } from './layer-traffic.js';
import { Sending } from './stages.js';

const NOTHING = new Uint8Array(0);
const DIRECTIONS: readonly ShutdownDirection[] = ['receive', 'send', 'both'];

/**
 * The core of a socket whose data codecs transform, over a socket of the provider below, used by the SPI alone.
 */
export class CodecCore extends EndingCore {
  /** The application has been given the peer's end. */
  #endReceived = false;
  #pumping = false;

  constructor(layer: CodecLayer, layers: readonly CodecLayer[], lower: number) {
    super(layer, layers, lower);
  }

  protected another(lower: number): CodecCore {
    return new CodecCore(this.layer, this.layers as readonly CodecLayer[], lower).accepted();
  }

  answered(): void {
    if (!this.gone) this.host.defer(this);
  }

  advance(): void {
    this.codecs.work();
    this.sender.flush();
    if (this.codecs.unfinished) this.host.deferToNextTurn(this);
    this.receiver.goOn();
    this.receiver.settle();
    this.report();
  }

  // — SocketCore —

  confirm(_bits: number): number {
    this.#pumpForCaller();
    return this.readiness;
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, _from: AddressSlot | null): CountOrNegatedCode {
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0)
      return this.refusesUrgent ? -WSAEOPNOTSUPP : this.inline ? -WSAEINVAL : this.receiveUrgent(buffers, count, flags);
    if (this.broken) return -this.error;
    const receiver = this.receiver;
    const { incoming } = this.codecs;
    const peek = (flags & MSG_PEEK) !== 0;
    if (incoming.size === 0) receiver.look(buffers, count, peek);
    if (incoming.size > 0) {
      const received = receiver.take(buffers, count, peek);
      if (incoming.size === 0) this.receivedAll();
      return received;
    }
    receiver.settle();
    this.report();
    if (this.broken) return -this.error;
    if (receiver.endTold) {
      const error = this.#endReceived && this.codecs.deaf ? this.below.errorAfterEnd() : 0;
      this.#endReceived ||= !peek;
      if (error === 0) return 0;
      this.fail(error);
      return -error;
    }
    this.readiness &= ~Readiness.READABLE;
    return -WSAEWOULDBLOCK;
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    _to: Uint8Array | null,
    _tolen: number,
    offset: number,
  ): CountOrNegatedCode {
    if (this.broken) return -this.error;
    if (this.codecs.sending !== Sending.OPEN) return -WSAESHUTDOWN;
    if (this.endedBy !== 0) return -this.endedBy;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#sendUrgent(concatenated(buffers, count), flags, offset);
    return this.#send(buffers, count, offset);
  }

  #send(buffers: WSABUF[], count: number, offset: number): CountOrNegatedCode {
    const taken = this.sender.send(buffers, count, offset);
    if (taken === -WSAEWOULDBLOCK) {
      this.readiness &= ~Readiness.WRITABLE;
      return taken;
    }
    this.receiver.settle();
    if (this.broken) return -this.error;
    this.report();
    return taken;
  }

  /** The last byte alone is urgent, and passes the codecs by; those before it are data like any other. */
  #sendUrgent(bytes: Uint8Array, flags: number, offset: number): CountOrNegatedCode {
    if (this.refusesUrgent) return -WSAEOPNOTSUPP;
    const before = Math.max(bytes.length - 1, 0);
    const ordinary = before - offset;
    if (ordinary > 0) {
      const taken = this.#send([{ len: before, buf: bytes }], 1, offset);
      if (taken !== ordinary) return taken;
    }
    // Nothing that was sent before may come behind it.
    this.sender.flush();
    const urgent = bytes.subarray(before);
    const sent = this.below.sendUrgent([{ len: urgent.length, buf: urgent }], 1, flags);
    if (ordinary <= 0 || (sent < 0 && sent !== -WSAEWOULDBLOCK)) return sent;
    return ordinary + Math.max(sent, 0);
  }

  shutdown(how: number): ErrorCode {
    if (how !== SD_SEND) this.refuseReceived();
    if (how !== SD_RECEIVE) {
      this.sender.encodeGathered();
      this.codecs.shutdown(DIRECTIONS[how] ?? 'both');
      this.sender.flush();
      this.receiver.settle();
      if (this.broken && this.error === WSASYSCALLFAILURE) return this.error;
    }
    return 0;
  }

  abort(): void {
    this.resetBelow();
    this.free();
  }

  close(): void {
    this.stopAccepting();
    const isOver = this.broken || this.endedBy !== 0;
    if (!this.codecs.started || isOver) return this.free();
    // What lies unread below would make a reset of the end, though it be nothing that the application is to see.
    if (this.codecs.usable && !this.codecs.deaf) {
      this.below.expectToReceive();
      this.#pumpForCaller();
    }
    if (this.gone) return;
    if (this.broken) return this.free();
    if (this.codecs.incoming.size > 0) return this.abort();
    this.shutdown(SD_BOTH);
    if (this.gone) return;
    const over = this.codecs.sending === Sending.ENDED || this.broken;
    if (over) return this.free(this.lingers);
    // Nobody waits for this one any more: what closes the socket below is the room that it has at last.
    if (this.lingers) this.below.lingerNoMore();
    this.leave(OpeningPhase.LEAVING);
    this.layer.leaving.add(this);
  }

  available(): number {
    this.#pumpForCaller();
    return this.codecs.incoming.size;
  }

  override ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    room: number,
  ): CountOrNegatedCode {
    if (input !== null && !holdsBytes(input, inputLength)) return -WSAEFAULT;
    if (code >>> 0 === SIO_LAYER_TRAFFIC) {
      const own = this.codecs.sessions.map(({ traffic }) => traffic);
      return tellTraffic(own, (asked, answer, size) => super.ioctl(asked, null, 0, answer, size), output, room);
    }
    const given = input === null ? NOTHING : input.subarray(0, inputLength);
    // What was sent before comes before it.
    this.sender.encodeGathered();
    for (const session of this.codecs.sessions) {
      const answer = session.ioctl(code >>> 0, given, output, room);
      if (answer !== null) return answer;
    }
    return super.ioctl(code, input, inputLength, output, room);
  }

  /** The codecs' own queues; for what lies below the front has the socket below linger (see `lingerBelow` there). */
  unsent(): number {
    this.sender.flush();
    // What a codec still has to encode counts for one byte: nobody knows how much it will be.
    return this.sender.waiting || (this.codecs.sending === Sending.HELD ? 1 : 0);
  }

  // — the pump —

  /** The lower socket's event object was set. */
  protected noticed(): void {
    if (this.gone || this.below.gone) return;
    const { networkEvents } = this.scratch;
    const code = this.below.networkEvents(networkEvents);
    if (code !== 0) return this.brokeBelow(code);
    const { lNetworkEvents: happened, iErrorCode: errors } = networkEvents;
    // Who waits for a handshake may be told of room first, and ask at once whether the connection is there.
    if (this.codecs.connecting) this.below.expectToReceive();
    if ((happened & RARE_EVENTS) !== 0) this.noticedSeldom(happened, errors);
    const closeError = (happened & FD_CLOSE) !== 0 ? errors[FD_CLOSE_BIT]! : 0;
    if (closeError !== 0) this.failedBelow(closeError);
    this.pump();
    if ((happened & FD_OOB) !== 0 && this.inline) this.takeUrgent();
  }

  /** The pump in a call that may come straight from the application, which asks until there is something. */
  #pumpForCaller(): void {
    if (this.host.turn.spent && !this.host.inProvidersPhase) this.host.turn.beginCall();
    this.pump();
  }

  /** Reads below until enough is decoded, then writes what was encoded, then tells the front. */
  protected pump(): void {
    this.pumpUnsettled();
    this.receiver.settle();
    this.report();
  }

  /** As `#pump`, and leaves what was decoded where it lies, which may be the layer's scratch: `#settle` has to follow. */
  pumpUnsettled(): void {
    if (this.#pumping || this.gone || this.below.gone) return;
    this.#pumping = true;
    try {
      if (this.accepting !== null) {
        this.accepting.take();
        if (this.accepting !== null && !this.accepting.ready) this.readiness &= ~Readiness.ACCEPTABLE;
      } else if (this.codecs.started || this.phase === OpeningPhase.CONNECTED) {
        this.codecs.work();
        this.receiver.read();
        this.sender.flush();
        this.receiver.goOn();
        if (this.codecs.lost) this.lost();
        else if (this.codecs.unfinished && this.host.turn.spent) this.host.deferToNextTurn(this);
      }
    } finally {
      this.#pumping = false;
    }
  }

  protected insert(bytes: Uint8Array): void {
    this.codecs.incoming.push(bytes);
    this.report();
  }

  protected setNoDelay(enable: boolean): void {
    this.sender.setNoDelay(enable);
  }
}
