import { WSAECONNABORTED, WSAECONNRESET, WSAETIMEDOUT } from '../../spi/index.js';
import { Readiness } from '../../io/index.js';
import type { CodecUser } from './codec-user.js';
import type { RunLayer } from './core-over-socket.js';
import { OpeningCore, OpeningPhase } from './opening.js';
import { CodecReceiver } from './receiver.js';
import { CodecSender } from './sender.js';
import { Sending } from './stages.js';

/** What every core of one layer shares. */
export interface CodecLayer extends RunLayer {
  /** The cores that live on after their socket was closed, until what was sent is gone. */
  readonly leaving: Set<{ abort(): void }>;
}

/**
 * How the connection of a core whose data codecs transform comes to its end, if not by the application: it breaks below, or
 * a codec breaks it off; its handshake takes too long; what nobody may receive comes. What was decoded before is received first.
 */
export abstract class EndingCore extends OpeningCore implements CodecUser {
  protected readonly sender: CodecSender;
  protected readonly receiver: CodecReceiver;
  /** Nothing may be received any more: what is decoded ends the connection. */
  #refuses = false;
  /** The time for its handshake is over; what has come by now still counts. */
  #overdue = false;
  /** The code of a reset that came behind the peer's end: all that the peer sent is here, and nothing can be sent any more. */
  #resetBehindEnd = 0;
  /** The code with which a codec broke the connection off: what it had decoded is received first, and nothing can be sent. */
  #brokenOff = 0;

  protected constructor(
    protected readonly layer: CodecLayer,
    layers: readonly CodecLayer[],
    lower: number,
  ) {
    super(layers, lower);
    this.sender = new CodecSender(this.host, this.codecs, this.below, this.scratch, this);
    this.receiver = new CodecReceiver(this.host, this.codecs, this.below, this.scratch, this);
  }

  abstract pumpUnsettled(): void;

  /** The code that sending fails with, though what was decoded before can be received; 0 while it can be sent. */
  protected get endedBy(): number {
    return this.#resetBehindEnd || this.#brokenOff;
  }

  /** Nothing may be received any more. */
  protected refuseReceived(): void {
    this.#refuses = true;
    this.report();
  }

  /** All that was decoded is received: a connection that a codec broke off is broken now. */
  protected receivedAll(): void {
    if (this.#brokenOff !== 0) this.fail(this.#brokenOff);
  }

  failed(error: number): void {
    if (this.gone || this.broken) return;
    const hasSaidWhy = this.codecs.endedEarly && this.sender.endSent;
    this.fail(error);
    this.#leaveBelow(hasSaidWhy);
  }

  #leaveBelow(hasSaidWhy: boolean): void {
    if (hasSaidWhy) this.below.part(this.layer.leaving);
    else this.resetBelow();
  }

  brokeOff(error: number): void {
    if (this.gone || this.broken || this.#brokenOff !== 0) return;
    const { incoming, wasReady, lost, endedEarly } = this.codecs;
    // A reset takes with it what was not received, as TCP's does.
    const keeps = incoming.size > 0 && error !== WSAECONNRESET && wasReady && !lost && !this.unaccepted;
    if (!keeps || this.#refuses || this.phase !== OpeningPhase.CONNECTED) return this.failed(error);
    this.#brokenOff = error;
    const hasSaidWhy = endedEarly && this.sender.endSent;
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

  /** Deferred work: reading goes on after the application made room, or after a full turn. */
  run(): void {
    if (this.#overdue) this.below.expectToReceive();
    this.pump();
    if (!this.#overdue) return;
    this.#overdue = false;
    if (this.codecs.connecting) this.failed(WSAETIMEDOUT);
  }

  /** The provider below does not tell any more what happens: nothing must wait for it. */
  protected brokeBelow(error: number): void {
    if (this.accepting === null) this.failed(error);
    else this.accepting.fails(error);
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
  protected report(): void {
    if (this.#refuses) {
      const { incoming } = this.codecs;
      if (incoming.size > 0 && this.phase !== OpeningPhase.LEAVING) return this.#refuseData();
      incoming.clear();
    }
    this.receiver.report();
  }

  /** Resets the connection below at once, and lets its socket go; its names stay known. */
  protected resetBelow(): void {
    if (!this.gone) this.below.reset();
  }

  failedBelow(error: number): void {
    // The codecs hear first what came before.
    if (this.codecs.started && this.below.offersReceived()) {
      this.receiver.read();
      this.receiver.settle();
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
    if (this.codecs.incoming.size > 0) this.set(Readiness.RECEIVED_LOST);
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
    if (this.phase === OpeningPhase.LEAVING) this.free();
  }

  /** Data that nobody may receive any more ends the connection in a reset (specification: shutdown). */
  #refuseData(): void {
    this.#refuses = false;
    if (this.gone || this.below.gone) return;
    this.resetBelow();
    this.fail(WSAECONNABORTED);
  }

  sentEnd(): void {
    if (this.phase === OpeningPhase.LEAVING && this.codecs.sending === Sending.ENDED) this.free();
  }

  /** @param lingering whether to close the socket below as one that waits: until its data is acknowledged, or its time over */
  protected free(lingering = false): void {
    if (this.gone) return;
    this.leave(OpeningPhase.CLOSED);
    this.layer.leaving.delete(this);
    this.sender.close();
    this.receiver.settle();
    this.stopAccepting();
    this.below.close(lingering);
    this.codecs.close();
  }
}
