import type { InstanceHost, WorkBudget } from '../../spi/index.js';
import type { BlockPool } from './block-pool.js';
import { Backlog, ByteQueue } from './byte-queue.js';
import type { SessionLayer } from './session-layer.js';
import { CodecSession } from './session.js';
import { SEND_PIECE, type SessionUser } from './session-parts.js';

/** The connection that a row of codecs works for. */
export interface RowUser extends SessionUser {
  /** What waited to be encoded by the codec at a place has been, as far as may be. */
  encodedWaiting(place: number): void;
  /** The same of what waited to be decoded. */
  decodedWaiting(place: number): void;
}

/**
 * The codecs of one connection in a row, outermost first, and the bytes between them. What a codec answers goes straight to
 * the next one if it may, and waits in the queue between them if not.
 */
export class CodecRow {
  readonly sessions: readonly CodecSession[];
  /** What is decoded and waits for the application. */
  readonly incoming: ByteQueue;
  /** What is encoded and waits for the socket below. */
  readonly outgoing: ByteQueue;
  readonly top: CodecSession;
  readonly bottom: CodecSession;
  /** What waits for any of the codecs, in either direction. */
  readonly #toEncode = new Backlog();
  readonly #toDecode = new Backlog();
  readonly #user: RowUser;
  readonly #host: InstanceHost;
  readonly #turn: WorkBudget;
  #lost = false;

  /**
   * @param layers the layers of the codecs, outermost first
   * @param lower the handle of the socket below, for reports
   * @param blocks memory for what waits to be received and sent
   */
  constructor(layers: readonly SessionLayer[], user: RowUser, lower: number, blocks: BlockPool) {
    this.#user = user;
    this.incoming = new ByteQueue(blocks);
    this.outgoing = new ByteQueue(blocks);
    this.#host = layers[0]!.context.host;
    this.#turn = this.#host.turn;
    const last = layers.length - 1;
    const toEncode = layers.map(() => new ByteQueue(null, this.#toEncode));
    const toDecode = layers.map(() => new ByteQueue(null, this.#toDecode));
    this.sessions = layers.map((layer, place) => {
      const queues = {
        toEncode: toEncode[place]!,
        toDecode: toDecode[place]!,
        // What a codec decodes waits to be decoded by the one above it, and the other way round.
        decoded: place === 0 ? this.incoming : toDecode[place - 1]!,
        encoded: place === last ? this.outgoing : toEncode[place + 1]!,
      };
      return new CodecSession(layer, user, queues, lower);
    });
    this.top = this.sessions[0]!;
    this.bottom = this.sessions[last]!;
  }

  /** Whether nothing waits for any of the codecs. */
  get idle(): boolean {
    return this.#toEncode.bytes === 0 && this.#toDecode.bytes === 0;
  }

  /** Bytes that the application sent and that are not encoded by all codecs. */
  get unencoded(): number {
    return this.#toEncode.bytes;
  }

  /** Whether bytes that a codec had handed on are gone. */
  get lost(): boolean {
    return this.#lost || this.incoming.lost || this.outgoing.lost;
  }

  /** Whether something waits to be encoded that may be. */
  get canEncode(): boolean {
    if (this.#toEncode.bytes === 0) return false;
    for (const session of this.sessions) if (session.canEncode) return true;
    return false;
  }

  /** Whether something waits that may go on in the next turn. */
  get unfinished(): boolean {
    if (this.idle) return false;
    return this.sessions.some((session) => session.canEncode || (session.canDecode && session.started));
  }

  /** Whether something is lent to the queues. */
  get borrows(): boolean {
    return (
      this.#toEncode.lent > 0 ||
      this.#toDecode.lent > 0 ||
      this.incoming.backlog.lent > 0 ||
      this.outgoing.backlog.lent > 0
    );
  }

  /**
   * Has bytes of the application's encoded by the outermost codec, which has nothing else to do.
   *
   * @returns how many, the last ones, it gave back
   */
  encode(bytes: Uint8Array): number {
    const { top } = this;
    const answer = top.encode(bytes, true);
    const { rest } = top;
    if (answer !== null) this.#encodeBelow(answer, top.answerLent, 1);
    return rest;
  }

  /** Has bytes of the socket below decoded, or has them wait. */
  decode(bytes: Uint8Array): void {
    this.#decodeAbove(bytes, true, this.sessions.length - 1);
  }

  /** Has a piece encoded by the codec at a place, and its answer by the one below, for as long as none has to wait. */
  #encodeBelow(piece: Uint8Array, lent: boolean, from: number): void {
    const { sessions } = this;
    let answer: Uint8Array | null = piece;
    for (let place = from; place < sessions.length; place++) {
      const session = sessions[place]!;
      if (!session.mayEncode(answer.length)) return session.toEncode.push(answer, lent);
      session.toEncode.pass(answer.length);
      answer = encodeOf(session, answer, lent);
      if (answer === null) return;
      lent = session.answerLent;
    }
    this.outgoing.push(answer, lent);
  }

  /** As `#encodeBelow`, of what is decoded, upwards. */
  #decodeAbove(piece: Uint8Array, lent: boolean, from: number): void {
    const { sessions } = this;
    let answer: Uint8Array | null = piece;
    for (let place = from; place >= 0; place--) {
      const session = sessions[place]!;
      if (!session.mayDecode(answer.length)) return session.toDecode.push(answer, lent);
      session.toDecode.pass(answer.length);
      answer = session.decode(answer, lent);
      if (answer === null) return;
      lent = session.answerLent;
    }
    this.incoming.push(answer, lent);
  }

  /** Has what waits to be encoded encoded, outermost first. Returns whether there was something. */
  encodeWaiting(): boolean {
    if (this.#toEncode.bytes === 0) return false;
    let moved = false;
    for (let place = 0; place < this.sessions.length; place++) {
      const session = this.sessions[place]!;
      while (session.canEncode && !session.busy && !this.#mayNot) {
        const piece = session.toEncode.take(SEND_PIECE);
        if (piece === null) {
          this.#lost = true;
          break;
        }
        const answer = encodeOf(session, piece, session.toEncode.tookLent);
        if (answer !== null) this.#encodeBelow(answer, session.answerLent, place + 1);
        moved = true;
      }
      if (moved) this.#user.encodedWaiting(place);
    }
    return moved;
  }

  /** As `encodeWaiting`, of what waits to be decoded, innermost first. */
  decodeWaiting(): boolean {
    if (this.#toDecode.bytes === 0) return false;
    let moved = false;
    for (let place = this.sessions.length - 1; place >= 0; place--) {
      const session = this.sessions[place]!;
      while (session.canDecode && session.started && !session.busy && !this.#turn.spent) {
        if (!this.#decodeNext(place)) {
          this.#lost = true;
          break;
        }
        moved = true;
      }
      if (moved) this.#user.decodedWaiting(place);
    }
    return moved;
  }

  /** Has one piece decoded that waits for the codec at a place. Returns whether there was one to be had. */
  #decodeNext(place: number): boolean {
    const session = this.sessions[place]!;
    const piece = session.nextToDecode();
    if (piece === null) return false;
    const answer = session.decode(piece, session.toDecode.tookLent);
    if (answer !== null) this.#decodeAbove(answer, session.answerLent, place - 1);
    return true;
  }

  /** Has all that was decoded before one of the codecs broke the connection off decoded by those above it, as far as they go. */
  handUp(): void {
    this.own();
    for (let place = this.sessions.length - 2; place >= 0; place--) {
      const session = this.sessions[place]!;
      while (session.usable && session.canDecode && !session.busy && this.#decodeNext(place));
    }
  }

  /** Whether no more may be encoded in this turn: the application's own calls go on. */
  get #mayNot(): boolean {
    return this.#turn.spent && this.#host.inProvidersPhase;
  }

  /** Copies what is lent, and has what is on its way wait in the queues. */
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

/** Has a piece encoded that came from above, and keeps what the codec gives back. Returns its answer. */
function encodeOf(session: CodecSession, piece: Uint8Array, lent: boolean): Uint8Array | null {
  const answer = session.encode(piece, lent);
  const { rest } = session;
  if (rest > 0) session.toEncode.putBack(piece.subarray(piece.length - rest), lent);
  return answer;
}
