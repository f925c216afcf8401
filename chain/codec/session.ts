import type { WorkBudget } from '../../spi/index.js';
import type { CodecConnection } from '../filters/index.js';
import type { ByteQueue } from './byte-queue.js';
import { CheckedOutput, type OutputTaker } from './checked-output.js';
import type { CodecDirection, ShutdownDirection } from './codec.js';
import { ContainedCodec } from './contained-codec.js';
import { strangeUnreadFault, unreadAgainFault } from './faults.js';
import { FirstAnswer } from './first-answer.js';
import { COMES_AGAIN, GivenPiece } from './given-piece.js';
import { PieceSize } from './piece-size.js';
import type { SessionLayer } from './session-layer.js';
import type { LayerTraffic } from './layer-traffic.js';
import { SendingEnd } from './sending-end.js';
import { ANSWERS_BOUND, QUEUE_BOUND, SEND_PIECE, type SessionQueues, type SessionUser } from './session-parts.js';
import { SessionTimers } from './session-timers.js';
import { Receiving, Sending, Stage } from './stages.js';

/** Units that a call of a codec counts besides its bytes, or what it decodes; what it encodes is mostly the application's. */
const CALL_UNITS = 1024;
const ENCODED_UNITS = 64;

/**
 * One codec of a connection: what waits to be encoded and decoded by it, what it answers, and how far its connection has
 * come. What it throws is contained, and what it answers is looked at. Its states are in
 * `stages.ts`.
 */
export class CodecSession implements OutputTaker {
  readonly toEncode: ByteQueue;
  readonly toDecode: ByteQueue;
  #stage: number = Stage.NONE;
  #receiving: number = Receiving.OPEN;
  readonly #turn: WorkBudget;
  readonly #pieceSize = new PieceSize();
  readonly #codec: ContainedCodec;
  readonly #timers: SessionTimers;
  readonly #end: SendingEnd;
  readonly #paused = { send: false, receive: false };
  readonly #given = new GivenPiece();
  /** The codecs above and below, and what is on its way to them. */
  #above: CodecSession | null = null;
  #below: CodecSession | null = null;
  readonly #toAbove: FirstAnswer;
  readonly #toBelow: FirstAnswer;
  /** Units of work that the codec has done with this piece. */
  #work = 0;

  readonly #decoded: ByteQueue;
  readonly #encoded: ByteQueue;

  /** @param lower the socket below, for reports */
  constructor(
    private readonly layer: SessionLayer,
    private readonly user: SessionUser,
    queues: SessionQueues,
    lower: number,
  ) {
    const { host } = layer.context;
    this.#turn = host.turn;
    this.#timers = new SessionTimers(host);
    this.#codec = new ContainedCodec(layer, new CheckedOutput(this), (error) => user.failed(error), lower);
    this.#end = new SendingEnd(this.#codec, queues, this.#timers, user, layer.endTimeout);
    this.toEncode = queues.toEncode;
    this.toDecode = queues.toDecode;
    this.#decoded = queues.decoded;
    this.#encoded = queues.encoded;
    this.#toAbove = new FirstAnswer(queues.decoded);
    this.#toBelow = new FirstAnswer(queues.encoded);
  }

  /** Has what each answers go to the other as soon as it has returned, if it is one piece, rather than by the queue between them. */
  static join(above: CodecSession, below: CodecSession): void {
    above.#below = below;
    below.#above = above;
  }

  // — How the codec answers —

  get deaf(): boolean {
    return this.#stage >= Stage.BROKEN;
  }

  get full(): boolean {
    return this.#turn.spent || this.crowded;
  }

  decoded(bytes: Uint8Array): void {
    if (this.#receiving === Receiving.OVER || this.deaf) return;
    const { length } = bytes;
    if (length > 0) this.#toAbove.answer(bytes, this.#codec.lies(bytes));
    this.#answered(length + CALL_UNITS);
  }

  encoded(bytes: Uint8Array): void {
    if (this.#end.past) return;
    this.#toBelow.answer(bytes, this.#codec.lies(bytes));
    this.#answered(bytes.length + ENCODED_UNITS);
  }

  unread(bytes: Uint8Array): void {
    if (!this.#given.giveBack(bytes)) this.#codec.defect(strangeUnreadFault());
  }

  pause(direction: CodecDirection): void {
    this.#paused[direction] = true;
  }

  resume(direction: CodecDirection): void {
    if (!this.#paused[direction]) return;
    this.#paused[direction] = false;
    this.user.moved();
    this.#answered(0);
  }

  setTimer(milliseconds: number | null): void {
    this.#timers.unset();
    if (this.deaf) return;
    if (milliseconds !== null && milliseconds !== undefined)
      this.#timers.set(milliseconds, () => {
        if (!this.deaf) this.#codec.call('timer', (codec, output) => codec.timer?.(output));
        this.#end.goOnIfNothingHolds();
        this.user.advance();
      });
    if (!this.#codec.inside) this.#end.goOnIfNothingHolds();
  }

  ready(): void {
    if (this.#stage !== Stage.HANDSHAKE) return;
    this.#stage = Stage.USABLE;
    this.#timers.endLimit();
    if (this.sending === Sending.HELD) this.expectEnd();
    this.user.moved();
    this.#answered(0);
  }

  finished(): void {
    this.#receivedAll();
    this.#answered(0);
  }

  holdEnd(): void {
    if (this.#codec.inside) this.#end.hold();
  }

  ended(): void {
    if (this.#end.give()) this.#answered(0);
  }

  failed(error: number, reason?: string): void {
    if (reason !== undefined) this.#codec.tell(reason);
    this.user.brokeOff(error);
  }

  defect(message: string): void {
    this.#codec.defect(message);
  }

  now(): number {
    return this.layer.context.host.clock.now();
  }

  random(): number {
    return this.layer.context.host.random.next();
  }

  /** What it has carried: bytes that went below it, and came from there. */
  get traffic(): LayerTraffic {
    return { name: this.layer.name, sent: this.#encoded.total, received: this.toDecode.total };
  }

  // — How far it is —

  /** Whether there was a codec, or an attempt to make one: the connection below is there. */
  get started(): boolean {
    return this.#stage !== Stage.NONE;
  }

  /** Whether the connection can be used: the codec's handshake, if it has one, is done. */
  get usable(): boolean {
    return this.#stage === Stage.USABLE;
  }

  /** Whether there is no connection to use yet. */
  get connecting(): boolean {
    return this.#stage < Stage.USABLE;
  }

  /** One of `Receiving`. */
  get receiving(): number {
    return this.#receiving;
  }

  /** One of `Sending`. */
  get sending(): number {
    return this.#end.state;
  }

  /** Whether so much waits on either side of it that nothing more should be decoded. */
  get crowded(): boolean {
    return this.#decoded.size >= QUEUE_BOUND || this.#encoded.size >= ANSWERS_BOUND;
  }

  /** Whether it has something to decode, and room for it. */
  get canDecode(): boolean {
    return this.toDecode.size > 0 && !this.crowded && !this.#paused.receive;
  }

  /** Whether it has something to encode, and takes it. */
  get canEncode(): boolean {
    return this.toEncode.size > 0 && !this.#paused.send;
  }

  /** Whether it is not to be given anything to encode. */
  get pausesSending(): boolean {
    return this.#paused.send;
  }

  /** Whether it is not to be given anything to decode, nor the end. */
  get pausesReceiving(): boolean {
    return this.#paused.receive;
  }

  /** Whether what is sent ends behind what it has encoded. */
  get endsSending(): boolean {
    return this.#end.due;
  }

  // — What the codec is given to do —

  /** Makes the codec, and tells it that the connection below is there. */
  start(connection: CodecConnection): void {
    if (this.#stage !== Stage.NONE) return;
    this.#stage = Stage.HANDSHAKE;
    const { role } = connection;
    if (!this.#codec.make(connection)) return;
    this.#codec.call('open', (codec, output) => codec.open?.(role, output));
    if (this.#stage !== Stage.HANDSHAKE) return;
    if (!this.#codec.handshake) this.ready();
    else this.#timers.limit(this.layer.handshakeTimeout, () => this.user.overdue());
  }

  /** Has one piece decoded of what waits. Returns whether there was one to be had. */
  decodeNext(): boolean {
    const queue = this.toDecode;
    const piece = queue.take(this.#pieceSize.bytes);
    if (piece === null) return false;
    this.#decode(piece, queue.tookLent);
    return true;
  }

  /** Has a piece decoded that the codec below answered just now, if it may be. Returns whether it was taken. */
  decodeAtOnce(piece: Uint8Array, lent: boolean): boolean {
    const { length } = piece;
    const may =
      this.#stage === Stage.USABLE &&
      this.#receiving === Receiving.OPEN &&
      this.toDecode.size === 0 &&
      length <= this.#pieceSize.bytes &&
      !this.#codec.inside &&
      !this.#paused.receive &&
      !this.crowded &&
      !this.#turn.spent;
    if (!may) return false;
    this.toDecode.pass(length);
    this.#decode(piece, lent);
    return true;
  }

  #decode(piece: Uint8Array, lent: boolean): void {
    const { length } = piece;
    const measured = this.#pieceSize.measures(length);
    const began = measured ? this.now() : 0;
    this.#work = 0;
    const before = this.#given.begin(piece, false);
    if (this.#above !== null) this.#toAbove.begin();
    this.#codec.receive(piece, lent);
    this.#given.end(before);
    const unread = this.#givenBack(length, this.#paused.receive);
    if (unread > 0 && this.#receiving !== Receiving.OVER) this.toDecode.putBack(piece.subarray(length - unread), lent);
    this.#turn.spend(length + CALL_UNITS);
    this.#pieceSize.worked(length, this.#work, measured ? this.now() - began : -1);
    const answer = this.#toAbove.end();
    if (answer !== null && !this.#above!.decodeAtOnce(answer, this.#toAbove.lent))
      this.#decoded.push(answer, this.#toAbove.lent);
  }

  /**
   * Has one piece encoded of what waits: the first, up to 64 KiB of it. Returns whether there was one to be had.
   */
  encodeNext(): boolean {
    const queue = this.toEncode;
    const piece = queue.take(SEND_PIECE);
    if (piece === null) return false;
    const lent = queue.tookLent;
    const { length } = piece;
    const unread = this.encode(piece, lent);
    if (unread > 0) queue.putBack(piece.subarray(length - unread), lent);
    return true;
  }

  /** As `decodeAtOnce`, of what the codec above encoded. */
  encodeAtOnce(piece: Uint8Array, lent: boolean): boolean {
    const { length } = piece;
    const may =
      this.#stage === Stage.USABLE &&
      this.toEncode.size === 0 &&
      length <= SEND_PIECE &&
      !this.#codec.inside &&
      !this.#paused.send &&
      !this.#turn.spent;
    if (!may) return false;
    this.toEncode.pass(length);
    const unread = this.encode(piece, lent);
    if (unread > 0) this.toEncode.putBack(piece.subarray(length - unread), lent);
    return true;
  }

  /**
   * Has bytes encoded.
   *
   * @param lent whether they are another's, who keeps them as they are until the queues are asked to `own` what they hold
   * @returns how many of them, the last ones, it gave back
   */
  encode(bytes: Uint8Array, lent: boolean): number {
    if (this.deaf) return 0;
    const { length } = bytes;
    const before = this.#given.begin(bytes, true);
    if (this.#below !== null) this.#toBelow.begin();
    this.#codec.send(bytes, lent);
    this.#given.end(before);
    this.#turn.spend(length);
    const unread = this.#givenBack(length, this.#paused.send);
    const answer = this.#toBelow.end();
    if (answer !== null && !this.#below!.encodeAtOnce(answer, this.#toBelow.lent))
      this.#encoded.push(answer, this.#toBelow.lent);
    return unread;
  }

  #givenBack(length: number, paused: boolean): number {
    const unread = this.#given.givenBack(length, paused);
    if (unread === 0 || this.deaf) return 0;
    if (unread !== COMES_AGAIN) return unread;
    this.#codec.defect(unreadAgainFault(this.#given.encoding));
    return 0;
  }

  /** Whether the codec is at work: what it is given now waits until it has returned. */
  get busy(): boolean {
    return this.#codec.inside;
  }

  /**
   * Puts an ioctl to the codec.
   *
   * @returns bytes written to the output, or a negated code; `null` when the codec does not know it
   */
  ioctl(code: number, input: Uint8Array, output: Uint8Array | null, room: number): number | null {
    return this.deaf ? null : this.#codec.ioctl(code, input, output, room);
  }

  /** The peer has ended its side, and all of it is decoded. */
  end(): void {
    if (this.#receiving !== Receiving.OPEN) return;
    this.#receiving = Receiving.ENDING;
    if (!this.#codec.endsByItself) this.#receivedAll();
    else if (!this.deaf) this.#codec.call('end', (codec, output) => codec.end!(output));
  }

  #receivedAll(): void {
    this.#receiving = Receiving.OVER;
    this.toDecode.clear();
    this.user.moved();
  }

  /** The application ends a direction; one that includes sending, once. */
  shutdown(how: ShutdownDirection): void {
    if (!this.#end.begin()) return;
    if (!this.deaf) this.#codec.shutdown(how);
    this.#end.goOnIfNothingHolds();
    if (this.sending === Sending.HELD) this.expectEnd();
  }

  /** The end of what is sent is to come, and waits for the codec: not for ever. */
  expectEnd(): void {
    if (!this.deaf) this.#end.expect();
  }

  /** All that it encoded is on its way, and the end behind it. */
  sentEnd(): void {
    this.#end.sent();
  }

  /** The connection broke: drops the bytes on both sides, and what the codec may still answer. */
  broke(error: number): void {
    const tells = this.started && this.#stage < Stage.BROKEN;
    if (this.#stage !== Stage.CLOSED) this.#stage = Stage.BROKEN;
    this.#timers.stop();
    this.#clear();
    if (tells) this.#codec.broken(error);
  }

  /** The connection is gone. */
  close(): void {
    if (this.#stage === Stage.CLOSED) return;
    this.#stage = Stage.CLOSED;
    this.#timers.stop();
    this.#clear();
    this.#codec.close();
  }

  /** Copies what is lent: its owner is about to use it for something else. */
  own(): void {
    this.#toAbove.wait();
    this.#toBelow.wait();
    this.toDecode.own();
    this.toEncode.own();
    this.#decoded.own();
    this.#encoded.own();
  }

  #clear(): void {
    this.#toAbove.clear();
    this.#toBelow.clear();
    this.toDecode.clear();
    this.toEncode.clear();
  }

  #answered(units: number): void {
    this.#work += units;
    this.#turn.spend(units);
    if (!this.#codec.inside) this.user.answered();
  }
}
