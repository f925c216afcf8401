import { plainBytes, WSAETIMEDOUT } from '../../spi/index.js';
import type { CodecConnection } from '../filters/index.js';
import type { ByteQueue } from './byte-queue.js';
import { CheckedOutput, type OutputTaker } from './checked-output.js';
import type { CodecDirection, ShutdownDirection } from './codec.js';
import { CodecWork } from './codec-work.js';
import { ContainedCodec } from './contained-codec.js';
import { strangeUnreadFault, unreadAgainFault } from './faults.js';
import { COMES_AGAIN, GivenPiece } from './given-piece.js';
import type { SessionLayer } from './session-layer.js';
import type { LayerTraffic } from './layer-traffic.js';
import { SendingEnd } from './sending-end.js';
import { ANSWERS_BOUND, QUEUE_BOUND, SEND_PIECE, type SessionQueues, type SessionUser } from './session-parts.js';
import { SessionTimers } from './session-timers.js';
import { Receiving, Sending, Stage } from './stages.js';

/**
 * One codec of a connection: what waits to be encoded and decoded by it, what it answers, and how far its connection has
 * come. What it throws is contained, and what it answers is looked at. Its states are in
 * `stages.ts`.
 */
export class CodecSession implements OutputTaker {
  readonly toEncode: ByteQueue;
  readonly toDecode: ByteQueue;
  #stage: number = Stage.NONE;
  /** Its handshake has taken as long as it may, and the peer has said something. */
  #isLate = false;
  #receiving: number = Receiving.OPEN;
  readonly #work: CodecWork;
  readonly #codec: ContainedCodec;
  readonly #timers: SessionTimers;
  readonly #end: SendingEnd;
  readonly #paused = { send: false, receive: false };
  readonly #given: GivenPiece;
  /** How many bytes, the last ones, the codec gave back of what it was to encode last. */
  rest = 0;
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
    this.#work = new CodecWork(host);
    this.#timers = new SessionTimers(host);
    this.#codec = new ContainedCodec(layer, new CheckedOutput(this), (error) => user.failed(error), lower);
    this.#end = new SendingEnd(this.#codec, queues, this.#timers, user, layer.endTimeout);
    this.toEncode = queues.toEncode;
    this.toDecode = queues.toDecode;
    this.#decoded = queues.decoded;
    this.#encoded = queues.encoded;
    this.#given = new GivenPiece(queues.decoded, queues.encoded);
  }

  // — How the codec answers —

  get deaf(): boolean {
    return this.#stage >= Stage.BROKEN;
  }

  get full(): boolean {
    return this.#work.spent || this.crowded;
  }

  decoded(bytes: Uint8Array): void {
    if (this.#receiving === Receiving.OVER || this.deaf) return;
    this.#work.answered(this.#given.answer(bytes, false), false);
    this.#goOn();
  }

  encoded(bytes: Uint8Array): void {
    if (this.#end.past) return;
    this.#work.answered(this.#given.answer(bytes, true), true);
    this.#goOn();
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
    this.#goOn();
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
    this.#goOn();
  }

  finished(): void {
    this.#receivedAll();
    this.#goOn();
  }

  holdEnd(): void {
    if (this.#codec.inside) this.#end.hold();
  }

  ended(): void {
    if (this.#end.give()) this.#goOn();
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

  /** Whether the codec has a handshake, over or not. */
  get shakesHands(): boolean {
    return this.#codec.handshake;
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
    else this.#timers.limit(this.layer.handshakeTimeout, () => this.#overdue());
  }

  /** A peer that says nothing is no fault of the codec's; one that was heard may be waiting for it. */
  #overdue(): void {
    this.#isLate = this.toDecode.total > 0;
    this.user.overdue();
  }

  /** Whether so many bytes, which come from below just now, may be decoded without having to wait. */
  mayDecode(bytes: number): boolean {
    return (
      this.#stage === Stage.USABLE &&
      this.#receiving === Receiving.OPEN &&
      this.toDecode.size === 0 &&
      bytes <= this.#work.mostToDecode &&
      !this.#codec.inside &&
      !this.#paused.receive &&
      !this.crowded &&
      !this.#work.spent
    );
  }

  /** Whether so many bytes, which come from above just now, may be encoded without having to wait. */
  mayEncode(bytes: number): boolean {
    return (
      this.#stage === Stage.USABLE &&
      this.toEncode.size === 0 &&
      bytes <= SEND_PIECE &&
      !this.#codec.inside &&
      !this.#paused.send &&
      !this.#work.spent
    );
  }

  /** The piece to decode next, of those that wait; `null` when there is none to be had. */
  nextToDecode(): Uint8Array | null {
    return this.toDecode.take(this.#work.mostToDecode);
  }

  /**
   * Has a piece decoded. The codec is not at work; what it gives back waits.
   *
   * @param lent whether it is another's, who keeps it as it is until the queues are asked to `own` what they hold
   * @returns its answer, for the codec above; `null` when there is none, or all of it waits
   */
  decode(piece: Uint8Array, lent: boolean): Uint8Array | null {
    const given = plainBytes(piece);
    const { length } = given;
    this.#work.begin(length);
    this.#given.begin(given, lent, false);
    this.#codec.receive(given);
    const answer = this.#given.end();
    const unread = this.#givenBack(length, this.#paused.receive);
    if (unread > 0 && this.#receiving !== Receiving.OVER) this.toDecode.putBack(given.subarray(length - unread), lent);
    this.#work.end(length);
    return answer;
  }

  /**
   * Has bytes encoded. The codec is not at work.
   *
   * @param lent as for `decode`
   * @returns its answer, for the codec below; `null` when there is none, or all of it waits. `rest` says what it gave back
   */
  encode(bytes: Uint8Array, lent: boolean): Uint8Array | null {
    this.rest = 0;
    if (this.deaf) return null;
    const given = plainBytes(bytes);
    const { length } = given;
    this.#given.begin(given, lent, true);
    this.#codec.send(given);
    const answer = this.#given.end();
    this.#work.encoded(length);
    this.rest = this.#givenBack(length, this.#paused.send);
    return answer;
  }

  /** Whether the answer returned last is lent. */
  get answerLent(): boolean {
    return this.#given.answerLent;
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
    if (this.#isLate && error === WSAETIMEDOUT && this.#stage === Stage.HANDSHAKE) this.#codec.lateHandshake();
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
    this.#given.wait();
    this.toDecode.own();
    this.toEncode.own();
    this.#decoded.own();
    this.#encoded.own();
  }

  #clear(): void {
    this.#given.clear();
    this.toDecode.clear();
    this.toEncode.clear();
  }

  /** What it said from outside of its functions is worked off. */
  #goOn(): void {
    if (!this.#codec.inside) this.user.answered();
  }
}
