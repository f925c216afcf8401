import { WSAECONNABORTED } from '../../spi/index.js';
import type { BlockPool } from './block-pool.js';
import type { ByteQueue } from './byte-queue.js';
import type { ShutdownDirection } from './codec.js';
import { CodecRow, type RowUser } from './row.js';
import type { SessionLayer } from './session-layer.js';
import type { CodecSession } from './session.js';
import { QUEUE_BOUND } from './session-parts.js';
import { Receiving, Sending } from './stages.js';

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
 * The codecs of one connection, and how far it is. Codec layers that lie upon each other without
 * anything in between are a run under one socket: what one encodes is encoded by the next within the same call, and what
 * one decodes is decoded by the one above it. A codec is never called while one of its own functions runs.
 */
export class CodecRun implements RowUser {
  readonly sessions: readonly CodecSession[];
  /** What is decoded and waits for the application. */
  readonly incoming: ByteQueue;
  /** What is encoded and waits for the socket below. */
  readonly outgoing: ByteQueue;
  readonly #row: CodecRow;
  readonly #user: RunUser;
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

  /**
   * @param layers the layers of the codecs, outermost first
   * @param lower the handle of the socket below, for reports
   * @param blocks memory for what waits to be received and sent
   */
  constructor(layers: readonly SessionLayer[], user: RunUser, lower: number, blocks: BlockPool) {
    this.#user = user;
    this.#row = new CodecRow(layers, this, lower, blocks);
    this.sessions = this.#row.sessions;
    this.incoming = this.#row.incoming;
    this.outgoing = this.#row.outgoing;
    this.#top = this.#row.top;
    this.#bottom = this.#row.bottom;
  }

  // — RowUser —

  moved(): void {
    this.#moved = true;
  }

  failed(error: number): void {
    this.#user.failed(error);
  }

  brokeOff(error: number): void {
    if (this.#breaking) return this.#user.failed(error);
    this.#breaking = true;
    this.#row.handUp();
    this.#breaking = false;
    this.#user.brokeOff(error);
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

  /** The end of the codec above waits behind what the codec at this place has encoded. */
  encodedWaiting(place: number): void {
    if (this.sessions[place]!.toEncode.size > 0) return;
    const above = this.sessions[place - 1];
    if (above === undefined ? this.#shutdown !== null : above.endsSending) this.#moved = true;
  }

  decodedWaiting(place: number): void {
    if (this.#endIsDue(place)) this.#moved = true;
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
    return this.#row.unencoded;
  }

  /** Whether bytes that a codec had handed on are gone. */
  get lost(): boolean {
    return this.#row.lost;
  }

  // — What there is to do —

  /** Takes bytes from the socket below, lent until `own`, and has them decoded as far as may be. */
  receive(bytes: Uint8Array): void {
    if (this.#working) return this.#bottom.toDecode.push(bytes, true);
    this.#working = true;
    try {
      this.#row.decode(bytes);
    } finally {
      this.#working = false;
    }
    this.work();
  }

  /**
   * Has bytes of the application's encoded; they are lent until `own`.
   *
   * @returns how many of them, the first ones, were taken
   */
  send(bytes: Uint8Array): number {
    const { length } = bytes;
    const top = this.#top;
    if (this.#working || top.busy || top.toEncode.size > 0) {
      top.toEncode.push(bytes, true);
      this.work();
      return length;
    }
    this.#working = true;
    try {
      return length - this.#row.encode(bytes);
    } finally {
      this.#working = false;
      this.work();
    }
  }

  /** Has bytes encoded that were taken from the application already: what the outermost codec gives back, or does not take yet, waits for it. */
  sendTaken(bytes: Uint8Array): void {
    const sent = this.#top.pausesSending ? 0 : this.send(bytes);
    if (sent === bytes.length) return;
    this.#top.toEncode.push(bytes.subarray(sent), true);
    this.work();
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
    if (this.#working || (!this.#moved && this.#row.idle)) return;
    this.#working = true;
    try {
      do {
        if (this.#moved) this.#advance();
      } while (this.#row.encodeWaiting() || this.#row.decodeWaiting() || this.#moved);
    } finally {
      this.#working = false;
    }
  }

  /** Whether nothing waits for any of the codecs. */
  get idle(): boolean {
    return this.#row.idle;
  }

  /** Whether something waits that may go on in the next turn. */
  get unfinished(): boolean {
    return this.#row.unfinished;
  }

  /** Whether something waits to be encoded that may be. */
  get canEncode(): boolean {
    return this.#row.canEncode;
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
    // What a codec has answered on its way lies in none of the queues.
    if (this.#working || this.#row.borrows) this.#row.own();
  }

  /** The connection broke: drops all bytes but those that are to be received still, and what the codecs may still answer. */
  broke(error: number, keepsIncoming: boolean): void {
    this.#row.broke(error, keepsIncoming);
  }

  /** The connection is gone. */
  close(): void {
    this.#row.close();
  }
}

/** Whether a codec can be told of the end of what it is to encode: it has encoded all that came before. */
function mayEnd(session: CodecSession): boolean {
  return session.toEncode.size === 0 && !session.busy && !session.pausesSending;
}
