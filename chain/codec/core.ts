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
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSASYSCALLFAILURE,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import { Readiness, type AddressSlot } from '../../io/index.js';
import type { RunLayer } from './core-over-socket.js';
import type { ShutdownDirection } from './codec.js';
import type { CodecUser } from './codec-user.js';
import { concatenated } from './message-buffers.js';
import { OpeningCore, OpeningPhase, RARE_EVENTS } from './opening.js';
import { CodecReceiver } from './receiver.js';
import { CodecSender } from './sender.js';
import { tellTraffic } from './layer-traffic.js';
import { Sending } from './stages.js';

const NOTHING = new Uint8Array(0);
const DIRECTIONS: readonly ShutdownDirection[] = ['receive', 'send', 'both'];

/** What every core of one layer shares. */
export interface CodecLayer extends RunLayer {
  /** The cores that live on after their socket was closed, until what was sent is gone. */
  readonly leaving: Set<{ abort(): void }>;
}

/**
 * The core of a socket whose data codecs transform, over a socket of the provider below, used by the SPI alone.
 */
export class CodecCore extends OpeningCore implements CodecUser {
  readonly #sender: CodecSender;
  readonly #receiver: CodecReceiver;
  /** Nothing may be received any more: what is decoded ends the connection. */
  #refuses = false;
  /** The time for its handshake is over; what has come by now still counts. */
  #overdue = false;
  /** The code of a reset that came behind the peer's end: all that the peer sent is here, and nothing can be sent any more. */
  #resetBehindEnd = 0;
  /** The code with which a codec broke the connection off: what it had decoded is received first, and nothing can be sent. */
  #brokenOff = 0;
  /** The application has been given the peer's end. */
  #endReceived = false;
  #pumping = false;

  constructor(
    private readonly layer: CodecLayer,
    layers: readonly CodecLayer[],
    lower: number,
  ) {
    super(layers, lower);
    this.#sender = new CodecSender(this.host, this.codecs, this.below, this.scratch, this);
    this.#receiver = new CodecReceiver(this.host, this.codecs, this.below, this.scratch, this);
  }

  protected another(lower: number): CodecCore {
    return new CodecCore(this.layer, this.layers as readonly CodecLayer[], lower).accepted();
  }

  // — What becomes of the connection —

  failed(error: number): void {
    if (this.gone || this.broken) return;
    const hasSaidWhy = this.codecs.endedEarly && this.#sender.endSent;
    this.fail(error);
    this.#leaveBelow(hasSaidWhy);
  }

  #leaveBelow(hasSaidWhy: boolean): void {
    if (hasSaidWhy) this.below.part(this.layer.leaving);
    else this.#resetBelow();
  }

  brokeOff(error: number): void {
    if (this.gone || this.broken || this.#brokenOff !== 0) return;
    const { incoming, wasReady, lost, endedEarly } = this.codecs;
    // A reset takes with it what was not received, as TCP's does.
    const keeps = incoming.size > 0 && error !== WSAECONNRESET && wasReady && !lost && !this.unaccepted;
    if (!keeps || this.#refuses || this.phase !== OpeningPhase.CONNECTED) return this.failed(error);
    this.#brokenOff = error;
    const hasSaidWhy = endedEarly && this.#sender.endSent;
    this.broke(error, true);
    this.#leaveBelow(hasSaidWhy);
    // What was decoded is told of once the codec has returned.
    this.tell(Readiness.WRITABLE);
    this.host.defer(this);
  }

  overdue(): void {
    this.#overdue = true;
    this.host.defer(this);
  }

  answered(): void {
    if (!this.gone) this.host.defer(this);
  }

  advance(): void {
    this.codecs.work();
    this.#sender.flush();
    if (this.codecs.unfinished) this.host.deferToNextTurn(this);
    this.#receiver.goOn();
    this.#receiver.settle();
    this.#report();
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
    const receiver = this.#receiver;
    const { incoming } = this.codecs;
    const peek = (flags & MSG_PEEK) !== 0;
    if (incoming.size === 0) receiver.look(buffers, count, peek);
    if (incoming.size > 0) {
      const received = receiver.take(buffers, count, peek);
      if (this.#brokenOff !== 0 && incoming.size === 0) this.fail(this.#brokenOff);
      return received;
    }
    receiver.settle();
    this.#report();
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
    if (this.#resetBehindEnd !== 0) return -this.#resetBehindEnd;
    if (this.#brokenOff !== 0) return -this.#brokenOff;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#sendUrgent(concatenated(buffers, count), flags, offset);
    return this.#send(buffers, count, offset);
  }

  #send(buffers: WSABUF[], count: number, offset: number): CountOrNegatedCode {
    const taken = this.#sender.send(buffers, count, offset);
    if (taken === -WSAEWOULDBLOCK) {
      this.readiness &= ~Readiness.WRITABLE;
      return taken;
    }
    this.#receiver.settle();
    if (this.broken) return -this.error;
    this.#report();
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
    const urgent = bytes.subarray(before);
    const sent = this.below.sendUrgent([{ len: urgent.length, buf: urgent }], 1, flags);
    if (ordinary <= 0 || (sent < 0 && sent !== -WSAEWOULDBLOCK)) return sent;
    return ordinary + Math.max(sent, 0);
  }

  shutdown(how: number): ErrorCode {
    if (how !== SD_SEND) {
      this.#refuses = true;
      this.#report();
    }
    if (how !== SD_RECEIVE) {
      this.codecs.shutdown(DIRECTIONS[how] ?? 'both');
      this.#sender.flush();
      this.#receiver.settle();
      if (this.broken && this.error === WSASYSCALLFAILURE) return this.error;
    }
    return 0;
  }

  abort(): void {
    this.#resetBelow();
    this.#free();
  }

  close(): void {
    this.stopAccepting();
    const isOver = this.broken || this.#brokenOff !== 0 || this.#resetBehindEnd !== 0;
    if (!this.codecs.started || isOver) return this.#free();
    // What lies unread below would make a reset of the end, though it be nothing that the application is to see.
    if (this.codecs.usable && !this.codecs.deaf) {
      this.below.expectToReceive();
      this.#pumpForCaller();
    }
    if (this.gone) return;
    if (this.broken) return this.#free();
    if (this.codecs.incoming.size > 0) return this.abort();
    this.shutdown(SD_BOTH);
    if (this.gone) return;
    const over = this.codecs.sending === Sending.ENDED || this.broken;
    if (over) return this.#free(this.lingers);
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
    for (const session of this.codecs.sessions) {
      const answer = session.ioctl(code >>> 0, given, output, room);
      if (answer !== null) return answer;
    }
    return super.ioctl(code, input, inputLength, output, room);
  }

  /** The codecs' own queues; for what lies below the front has the socket below linger (see `lingerBelow` there). */
  unsent(): number {
    this.#sender.flush();
    // What a codec still has to encode counts for one byte: nobody knows how much it will be.
    return this.#sender.waiting || (this.codecs.sending === Sending.HELD ? 1 : 0);
  }

  // — the pump —

  /** Deferred work: reading goes on after the application made room, or after a full turn. */
  run(): void {
    if (this.#overdue) this.below.expectToReceive();
    this.pump();
    if (!this.#overdue) return;
    this.#overdue = false;
    if (this.codecs.connecting) this.failed(WSAETIMEDOUT);
  }

  /** The lower socket's event object was set. */
  protected noticed(): void {
    if (this.gone || this.below.gone) return;
    const { networkEvents } = this.scratch;
    const code = this.below.networkEvents(networkEvents);
    if (code !== 0) return this.#brokeBelow(code);
    const { lNetworkEvents: happened, iErrorCode: errors } = networkEvents;
    // Who waits for a handshake may be told of room first, and ask at once whether the connection is there.
    if (this.codecs.connecting) this.below.expectToReceive();
    if ((happened & RARE_EVENTS) !== 0) this.noticedSeldom(happened, errors);
    const closeError = (happened & FD_CLOSE) !== 0 ? errors[FD_CLOSE_BIT]! : 0;
    if (closeError !== 0) this.failedBelow(closeError);
    this.pump();
    if ((happened & FD_OOB) !== 0 && this.inline) this.takeUrgent();
  }

  /** The provider below does not tell any more what happens: nothing must wait for it. */
  #brokeBelow(error: number): void {
    if (this.accepting === null) this.failed(error);
    else this.accepting.fails(error);
  }

  /** The pump in a call that may come straight from the application, which asks until there is something. */
  #pumpForCaller(): void {
    if (this.host.turn.spent && !this.host.inProvidersPhase) this.host.turn.beginCall();
    this.pump();
  }

  /** Reads below until enough is decoded, then writes what was encoded, then tells the front. */
  protected pump(): void {
    this.pumpUnsettled();
    this.#receiver.settle();
    this.#report();
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
        this.#receiver.read();
        this.#sender.flush();
        this.#receiver.goOn();
        if (this.codecs.lost) this.lost();
        else if (this.codecs.unfinished && this.host.turn.spent) this.host.deferToNextTurn(this);
      }
    } finally {
      this.#pumping = false;
    }
  }

  protected insert(bytes: Uint8Array): void {
    this.codecs.incoming.push(bytes);
    this.#report();
  }

  protected setNoDelay(enable: boolean): void {
    this.#sender.setNoDelay(enable);
  }

  /** Bytes that a codec had given away are gone: what comes behind them would be taken for them. Returns the code. */
  lost(): number {
    if (this.broken) return this.error;
    const { entry } = this.layer.context;
    this.host.report({
      message:
        `${entry.szProtocol}: bytes that the codec had handed on are gone: their buffer was transferred or made smaller. ` +
        'Copy them, or leave them alone',
      provider: entry.szProtocol,
      socket: this.below.handle,
    });
    this.failed(WSAECONNABORTED);
    return WSAECONNABORTED;
  }

  /** Tells the front of what was decoded; what nobody may receive ends the connection. */
  #report(): void {
    if (this.#refuses) {
      const { incoming } = this.codecs;
      if (incoming.size > 0 && this.phase !== OpeningPhase.LEAVING) return this.#refuseData();
      incoming.clear();
    }
    this.#receiver.report();
  }

  /** Resets the connection below at once, and lets its socket go; its names stay known. */
  #resetBelow(): void {
    if (!this.gone) this.below.reset();
  }

  failedBelow(error: number): void {
    // The codecs hear first what came before.
    if (this.codecs.started && this.below.offersReceived()) {
      this.#receiver.read();
      this.#receiver.settle();
      if (this.gone || this.broken || this.#brokenOff !== 0) return;
    }
    const isBehindEnd = this.codecs.deaf && this.codecs.usable && !this.broken && this.phase === OpeningPhase.CONNECTED;
    // Where nothing waits to be received, the connection is as broken as one without a codec.
    if (!isBehindEnd || this.codecs.incoming.size === 0) return this.fail(error);
    this.codecs.outgoing.clear();
    if (this.#resetBehindEnd !== 0) return;
    this.#resetBehindEnd = error || WSAECONNRESET;
    this.tell(Readiness.WRITABLE);
  }

  fail(error: number): void {
    if ((this.readiness & (Readiness.RESET | Readiness.CONNECT_FAILED)) !== 0) return;
    // Of two sides that wait for each other, one gives up first.
    this.error = this.#overdue ? WSAETIMEDOUT : error || WSAECONNRESET;
    // The end may have come with the last of the handshake, before anybody was told of the connection.
    const connecting = !this.codecs.wasReady && !this.unaccepted;
    if (connecting) this.tellConnectFailed(this.error);
    this.broke(this.error);
    this.tell(
      connecting
        ? Readiness.CONNECT_FAILED | Readiness.RESET
        : Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE,
    );
    this.lostToListener();
    if (this.phase === OpeningPhase.LEAVING) this.#free();
  }

  /** Data that nobody may receive any more ends the connection in a reset (specification: shutdown). */
  #refuseData(): void {
    this.#refuses = false;
    if (this.gone || this.below.gone) return;
    this.#resetBelow();
    this.fail(WSAECONNABORTED);
  }

  sentEnd(): void {
    if (this.phase === OpeningPhase.LEAVING && this.codecs.sending === Sending.ENDED) this.#free();
  }

  /** @param lingering whether to close the socket below as one that waits: until its data is acknowledged, or its time over */
  #free(lingering = false): void {
    if (this.gone) return;
    this.leave(OpeningPhase.CLOSED);
    this.layer.leaving.delete(this);
    this.#sender.close();
    this.#receiver.settle();
    this.stopAccepting();
    this.below.close(lingering);
    this.codecs.close();
  }
}
