import { WSAECONNABORTED, type InstanceHost, type WorkBudget } from '../../spi/index.js';
import { ByteQueue, type BlockPool } from './byte-queue.js';
import type { ShutdownDirection } from './codec.js';
import { CodecSession } from './session.js';
import { QUEUE_BOUND, type SessionUser } from './session-parts.js';
import { Receiving, Sending } from './stages.js';
import type { SessionLayer } from './session-layer.js';

/** The socket that a run of codecs works for. */
export interface RunUser {
  /** The session at this place may start: the connection below it is there. */
  startSession(place: number): void;
  /** The outermost codec calls the connection usable. */
  ready(): void;
  /** The connection is broken, with a WinSock code. */
  failed(error: number): void;
  /** A codec calls the connection broken, with a WinSock code; what was decoded before lies in `incoming`. */
  brokeOff(error: number): void;
  /** A handshake has taken as long as it may. */
  overdue(): void;
  /** A codec worked by itself: what came of it is to be handed on. */
  advance(): void;
  /** A codec answered from outside of its functions: `advance` is due, soon. */
  answered(): void;
}

/**
 * The codecs of one connection, outermost first, and the bytes between them. Codec layers that lie upon each other without
 * anything in between are a run under one socket: what one encodes is encoded by the next within the same call, and what
 * one decodes is decoded by the one above it. A codec is never called while one of its own functions runs.
 */
export class CodecRun implements SessionUser {
  readonly sessions: readonly CodecSession[];
  /** What is decoded and waits for the application. */
  readonly incoming: ByteQueue;
  /** What is encoded and waits for the socket below. */
  readonly outgoing: ByteQueue;
  readonly #user: RunUser;
  readonly #host: InstanceHost;
  readonly #turn: WorkBudget;
  readonly #top: CodecSession;
  readonly #bottom: CodecSession;
  #working = false;
  /** A codec has broken the connection off, and those above are given what it decoded before. */
  #breaking = false;
  /** A session is in another state, and what follows from it has not been done. */
  #moved = false;
  /** The peer has ended its side of the connection below. */
  #ended = false;
  #wasReady = false;
  /** The application has ended a direction, of which the outermost codec is told once it has encoded what came before. */
  #shutdown: ShutdownDirection | null = null;
  #endedEarly = false;
  #lost = false;

  /**
   * @param layers the layers of the codecs, outermost first
   * @param lower the handle of the socket below, for reports
   * @param blocks memory for what waits to be received and sent
   */
  constructor(layers: readonly SessionLayer[], user: RunUser, lower: number, blocks: BlockPool) {
    this.incoming = new ByteQueue(blocks);
    this.outgoing = new ByteQueue(blocks);
    this.#user = user;
    this.#host = layers[0]!.context.host;
    this.#turn = this.#host.turn;
    // What a codec decodes waits to be decoded by the one above it, and the other way round.
    const decoded = layers.map((_, place) => (place === 0 ? this.incoming : new ByteQueue()));
    const encoded = layers.map((_, place) => (place === layers.length - 1 ? this.outgoing : new ByteQueue()));
    const sessions = layers.map((layer, place) => {
      const queues = {
        toEncode: encoded[place - 1] ?? new ByteQueue(),
        toDecode: decoded[place + 1] ?? new ByteQueue(),
        decoded: decoded[place]!,
        encoded: encoded[place]!,
      };
      return new CodecSession(layer, this, queues, lower);
    });
    for (let place = 1; place < sessions.length; place++) CodecSession.join(sessions[place - 1]!, sessions[place]!);
    this.sessions = sessions;
    this.#top = sessions[0]!;
    this.#bottom = sessions[sessions.length - 1]!;
  }

  // — SessionUser —

  moved(): void {
    this.#moved = true;
  }

  failed(error: number): void {
    this.#user.failed(error);
  }

  brokeOff(error: number): void {
    if (this.#breaking) return this.#user.failed(error);
    this.#breaking = true;
    this.#handUp();
    this.#breaking = false;
    this.#user.brokeOff(error);
  }

  /** Has all that was decoded before one of the codecs broke the connection off decoded by those above it, as far as they go. */
  #handUp(): void {
    this.own();
    for (let place = this.sessions.length - 2; place >= 0; place--) {
      const session = this.sessions[place]!;
      while (session.usable && session.canDecode && !session.busy && session.decodeNext());
    }
  }

  overdue(): void {
    this.#user.overdue();
  }

  advance(): void {
    this.#user.advance();
  }

  answered(): void {
    this.#user.answered();
  }

  // — How far the connection is —

  /** Whether the connection below is there. */
  get started(): boolean {
    return this.#bottom.started;
  }

  /** Whether the application can use the connection. */
  get usable(): boolean {
    return this.#top.usable;
  }

  /** Whether there is no connection to use yet. */
  get connecting(): boolean {
    return this.#top.connecting;
  }

  /** Whether the application has been told that it can. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** How far the end of what the application sends has come: one of `Sending`; ENDED when it is through all codecs. */
  get sending(): number {
    if (this.#shutdown !== null && this.#top.sending === Sending.OPEN) return Sending.HELD;
    for (const { sending } of this.sessions) if (sending !== Sending.ENDED) return sending;
    return Sending.ENDED;
  }

  /** Whether codecs are at work. */
  get working(): boolean {
    return this.#working;
  }

  /** Whether the application may send. */
  get open(): boolean {
    return (
      this.#top.usable && this.#top.sending === Sending.OPEN && this.#shutdown === null && !this.#top.pausesSending
    );
  }

  /** Whether the outermost codec takes nothing more to encode for now. */
  get paused(): boolean {
    return this.#top.pausesSending;
  }

  /** Whether nothing more will be decoded for the application. */
  get over(): boolean {
    return this.#top.receiving === Receiving.OVER;
  }

  /** Whether the socket below is not to be read, for nothing more is decoded of what it gives. */
  get deaf(): boolean {
    return this.#bottom.receiving === Receiving.OVER;
  }

  /** Whether so much waits that nothing more should be read. */
  get crowded(): boolean {
    const bottom = this.#bottom;
    return this.incoming.size >= QUEUE_BOUND || bottom.toDecode.size > 0 || bottom.crowded || bottom.pausesReceiving;
  }

  /** Bytes that the application sent and that are not encoded by all codecs. */
  get unencoded(): number {
    let bytes = 0;
    for (const session of this.sessions) bytes += session.toEncode.size;
    return bytes;
  }

  /** Whether bytes that a codec had handed on are gone. */
  get lost(): boolean {
    return this.#lost || this.incoming.lost || this.outgoing.lost;
  }

  // — What there is to do —

  /** Takes bytes from the socket below, lent until `own`, and has them decoded as far as may be. */
  receive(bytes: Uint8Array): void {
    this.#bottom.toDecode.push(bytes, true);
    this.work();
  }

  /**
   * Has bytes of the application's encoded; they are lent until `own`.
   *
   * @returns how many of them, the first ones, were taken
   */
  send(bytes: Uint8Array): number {
    const top = this.#top;
    let unread = 0;
    if (this.#working || top.busy || top.toEncode.size > 0) top.toEncode.push(bytes, true);
    else unread = top.encode(bytes, true);
    this.work();
    return bytes.length - unread;
  }

  /** The peer has ended its side of the connection below. */
  end(): void {
    this.#ended = true;
    this.#moved = true;
    this.work();
  }

  /** The application ends a direction. */
  shutdown(how: ShutdownDirection): void {
    if (this.#shutdown === null && this.#top.sending === Sending.OPEN) {
      this.#shutdown = how;
    }
    this.#moved = true;
    this.work();
  }

  /** Hands on what waits, from codec to codec, until nothing moves or the turn has done enough. */
  work(): void {
    if (this.#working) return;
    this.#working = true;
    try {
      do {
        if (this.#moved) this.#advance();
      } while (this.#encode() || this.#decode() || this.#moved);
    } finally {
      this.#working = false;
    }
  }

  /** Has what waits to be encoded encoded, outermost first. Returns whether there was something. */
  #encode(): boolean {
    let moved = false;
    for (let place = 0; place < this.sessions.length; place++) {
      const session = this.sessions[place]!;
      while (session.canEncode && !session.busy && !this.#mayNot) {
        if (!session.encodeNext()) {
          this.#lost = true;
          break;
        }
        moved = true;
      }
      // The end of the codec above waits behind what it encoded.
      const above = this.sessions[place - 1];
      if (moved && session.toEncode.size === 0 && (above === undefined ? this.#shutdown !== null : above.endsSending))
        this.#moved = true;
    }
    return moved;
  }

  /** Has what waits to be decoded decoded, innermost first. Returns whether there was something. */
  #decode(): boolean {
    let moved = false;
    for (let place = this.sessions.length - 1; place >= 0; place--) {
      const session = this.sessions[place]!;
      while (session.canDecode && session.started && !session.busy && !this.#turn.spent) {
        if (!session.decodeNext()) {
          this.#lost = true;
          break;
        }
        moved = true;
      }
      if (moved && this.#endIsDue(place)) this.#moved = true;
    }
    return moved;
  }

  /** Whether no more may be encoded in this turn: the application's own calls go on. */
  get #mayNot(): boolean {
    return this.#turn.spent && this.#host.inProvidersPhase;
  }

  /** Whether something waits that may go on in the next turn. */
  get unfinished(): boolean {
    return this.sessions.some((session) => session.canEncode || (session.canDecode && session.started));
  }

  /** Whether something waits to be encoded that may be. */
  get canEncode(): boolean {
    for (const session of this.sessions) if (session.canEncode) return true;
    return false;
  }

  /** Does what follows from the states of the sessions. */
  #advance(): void {
    this.#moved = false;
    const { sessions } = this;
    for (let place = sessions.length - 1; place >= 0; place--) {
      const session = sessions[place]!;
      if (session.usable && place > 0 && !sessions[place - 1]!.started) this.#user.startSession(place - 1);
      if (this.#endIsDue(place)) session.end();
      // The peer went before the handshake was done: there is no connection to use. A codec may hold its end back until it is.
      if (session.connecting && session.receiving === Receiving.OVER) this.#user.failed(WSAECONNABORTED);
    }
    if (this.#top.usable && !this.#wasReady) {
      this.#wasReady = true;
      this.#user.ready();
    }
    const how = this.#shutdown;
    if (how !== null && mayEnd(this.#top)) {
      this.#shutdown = null;
      this.#top.shutdown(how);
    } else if (how !== null && this.#top.pausesSending) this.#top.expectEnd();
    for (let place = 0; place + 1 < sessions.length; place++) {
      const [upper, lower] = [sessions[place]!, sessions[place + 1]!];
      if (!upper.endsSending || upper.busy) continue;
      if (!mayEnd(lower)) {
        if (lower.pausesSending) lower.expectEnd();
        continue;
      }
      if (upper.sending === Sending.OPEN) this.#endedEarly = true;
      upper.sentEnd();
      lower.shutdown('send');
    }
  }

  /** Whether a session is to be told that nothing more comes from below: all of it is decoded. */
  #endIsDue(place: number): boolean {
    const session = this.sessions[place]!;
    if (session.receiving !== Receiving.OPEN || !session.started || session.toDecode.size > 0 || session.busy)
      return false;
    if (session.pausesReceiving) return false;
    const below = this.sessions[place + 1];
    return below === undefined ? this.#ended : below.receiving === Receiving.OVER;
  }

  /** The end of what is sent goes out: all that was encoded before it has. */
  sentEnd(): void {
    if (this.#bottom.sending === Sending.OPEN) this.#endedEarly = true;
    this.#bottom.sentEnd();
  }

  /** Whether a codec has ended what is sent before the application did. */
  get endedEarly(): boolean {
    return this.#endedEarly;
  }

  /** Whether the end of what is sent is due, once `outgoing` is empty. */
  get ending(): boolean {
    return this.#bottom.endsSending;
  }

  /** Copies what is lent: its owner is about to use it for something else. */
  own(): void {
    for (const session of this.sessions) session.own();
  }

  /** The connection broke: drops all bytes but those that are to be received still, and what the codecs may still answer. */
  broke(error: number, keepsIncoming: boolean): void {
    for (const session of this.sessions) session.broke(error);
    if (!keepsIncoming) this.incoming.clear();
    this.outgoing.clear();
  }

  /** The connection is gone. */
  close(): void {
    for (const session of this.sessions) session.close();
  }
}

/** Whether a codec can be told of the end of what it is to encode: it has encoded all that came before. */
function mayEnd(session: CodecSession): boolean {
  return session.toEncode.size === 0 && !session.busy && !session.pausesSending;
}
