import { cureOf } from '../../spi/layer-rules.js';
import { holdsBytes, WSAEFAULT, type Timer, type WorkBudget } from '../../spi/index.js';
import type { ByteQueue } from './byte-queue.js';
import type { CodecConnection } from '../filters/index.js';
import type { CodecDirection, CodecOutput, ShutdownDirection } from './codec.js';
import { ContainedCodec } from './contained-codec.js';
import { bytesFault, isBytes } from './faults.js';
import { PieceSize } from './piece-size.js';
import type { SessionLayer } from './session-layer.js';
import type { LayerTraffic } from './layer-traffic.js';
import { EarlyEnd, Receiving, Sending, Stage } from './stages.js';

/** Bytes that may wait behind a codec to be received; beyond, the peer is held up, as by a kernel. */
export const QUEUE_BOUND = 256 * 1024;
/** Bytes that a codec may have encoded by itself before nothing more is decoded: a peer that asks and does not listen. */
const ANSWERS_BOUND = 4 * QUEUE_BOUND;
/** Bytes that a codec is given at once to encode. */
export const SEND_PIECE = 64 * 1024;
/** Units that a call of a codec counts besides its bytes, or what it decodes; what it encodes is mostly the application's. */
const CALL_UNITS = 1024;
const ENCODED_UNITS = 64;

/** Where the bytes of a codec come from and go to. */
export interface SessionQueues {
  /** Bytes of the application's, or of the codec above, that wait to be encoded. */
  readonly toEncode: ByteQueue;
  /** Bytes of the wire's, or of the codec below, that wait to be decoded. */
  readonly toDecode: ByteQueue;
  /** Takes what is decoded. */
  readonly decoded: ByteQueue;
  /** Takes what is encoded. */
  readonly encoded: ByteQueue;
}

/** The connection that the codec works for: what is to happen to it besides the bytes. */
export interface SessionUser {
  /** A session is in another state: what follows from it is due, once the codec has returned. */
  moved(): void;
  /** The connection is broken, with a WinSock code. */
  failed(error: number): void;
  /** The handshake has taken as long as it may. */
  overdue(): void;
  /** The codec worked by itself: what it decoded and encoded is to be handed on. */
  advance(): void;
  /** The codec answered from outside of its functions: `advance` is due, soon. */
  answered(): void;
}

/**
 * One codec of a connection: what waits to be encoded and decoded by it, what it answers, and how far its connection has
 * come. What it throws is contained, and what it answers is looked at. Its states are in
 * `stages.ts`.
 */
export class CodecSession implements CodecOutput {
  readonly toEncode: ByteQueue;
  readonly toDecode: ByteQueue;
  #stage: number = Stage.NONE;
  #receiving: number = Receiving.OPEN;
  #sending: number = Sending.OPEN;
  readonly #turn: WorkBudget;
  readonly #pieceSize = new PieceSize();
  readonly #codec: ContainedCodec;
  #timer: Timer | null = null;
  /** Ends a handshake, or a held end, that takes too long. */
  #limit: Timer | null = null;
  /** The codec called `holdEnd`. */
  #holdsEnd = false;
  /** The codec called `ended` before the application did: one of `EarlyEnd`. */
  #early: number = EarlyEnd.NONE;
  readonly #paused = { send: false, receive: false };
  /** The piece that the codec decodes or encodes, whether the latter, and how much of it it gave back. */
  #piece: Uint8Array | null = null;
  #encoding = false;
  #unread = 0;
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
    this.#turn = layer.context.host.turn;
    this.#codec = new ContainedCodec(layer, this, (error) => user.failed(error), lower);
    this.toEncode = queues.toEncode;
    this.toDecode = queues.toDecode;
    this.#decoded = queues.decoded;
    this.#encoded = queues.encoded;
  }

  // — How the codec answers —

  get full(): boolean {
    return this.#turn.spent || this.crowded;
  }

  decoded(bytes: Uint8Array): void {
    if (!this.#takes('decoded', bytes) || this.#receiving === Receiving.OVER) return;
    const { length } = bytes;
    if (length > 0) this.#decoded.push(bytes, this.#codec.lies(bytes));
    this.#answered(length + CALL_UNITS);
  }

  encoded(bytes: Uint8Array): void {
    if (!this.#takes('encoded', bytes) || this.#sending === Sending.ENDED || this.#early !== EarlyEnd.NONE) return;
    this.#encoded.push(bytes, this.#codec.lies(bytes));
    this.#answered(bytes.length + ENCODED_UNITS);
  }

  unread(bytes: Uint8Array): void {
    if (!this.#takes('unread', bytes)) return;
    const piece = this.#piece;
    const fits =
      piece !== null &&
      bytes.buffer === piece.buffer &&
      bytes.byteOffset + bytes.length === piece.byteOffset + piece.length &&
      bytes.length <= piece.length;
    if (fits) this.#unread = bytes.length;
    else
      this.#codec.defect(
        `the codec gave back by output.unread what is not the rest of its input${cureOf('codecUnreads')}`,
      );
  }

  pause(direction: CodecDirection): void {
    if (this.#isDirection('pause', direction)) this.#paused[direction] = true;
  }

  resume(direction: CodecDirection): void {
    if (!this.#isDirection('resume', direction) || !this.#paused[direction]) return;
    this.#paused[direction] = false;
    this.user.moved();
    this.#answered(0);
  }

  #isDirection(name: 'pause' | 'resume', direction: unknown): boolean {
    if (this.#deaf) return false;
    if (direction === 'send' || direction === 'receive') return true;
    this.#codec.defect(`the codec gave output.${name} ${String(direction)}, which is neither "send" nor "receive"`);
    return false;
  }

  setTimer(milliseconds: number | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#deaf) return;
    if (milliseconds !== null && milliseconds !== undefined) {
      if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds)) {
        return this.#codec.defect(
          `the codec gave output.setTimer ${String(milliseconds)}, not milliseconds${cureOf('codecTimer')}`,
        );
      }
      this.#timer = this.#after(milliseconds, () => {
        this.#timer = null;
        if (!this.#deaf) this.#codec.call('timer', (codec, output) => codec.timer?.(output));
        this.#endIfNothingHolds();
        this.user.advance();
      });
    }
    if (!this.#codec.inside) this.#endIfNothingHolds();
  }

  ready(): void {
    if (this.#stage !== Stage.HANDSHAKE) return;
    this.#stage = Stage.USABLE;
    this.#limitTo(null);
    if (this.#sending === Sending.HELD) this.expectEnd();
    this.user.moved();
    this.#answered(0);
  }

  finished(): void {
    if (this.#deaf) return;
    this.#receivedAll();
    this.#answered(0);
  }

  holdEnd(): void {
    if (this.#codec.inside && this.#sending === Sending.HELD) this.#holdsEnd = true;
  }

  ended(): void {
    if (this.#deaf) return;
    if (this.#sending === Sending.OPEN && this.#early === EarlyEnd.NONE) {
      this.#early = EarlyEnd.DUE;
      this.user.moved();
    } else if (this.#sending === Sending.HELD) {
      this.#holdsEnd = false;
      this.#endSending();
    } else return;
    this.#answered(0);
  }

  failed(error: number, reason?: string): void {
    if (this.#deaf) return;
    if (Number.isInteger(error) && error > 0) {
      if (typeof reason === 'string') this.#codec.tell(reason);
      this.user.failed(error);
    } else
      this.#codec.defect(
        `the codec gave output.failed ${String(error)}, which is not a WinSock code${cureOf('codecFails')}`,
      );
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
    return this.#sending;
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
    return this.#sending === Sending.ENDING || this.#early === EarlyEnd.DUE;
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
    else this.#limitTo(this.#after(this.layer.handshakeTimeout, () => this.user.overdue()));
  }

  /** Has one piece decoded of what waits. Returns whether there was one to be had. */
  decodeNext(): boolean {
    const queue = this.toDecode;
    const piece = queue.take(this.#pieceSize.bytes);
    if (piece === null) return false;
    const { length } = piece;
    const lent = queue.tookLent;
    const measured = this.#pieceSize.measures(length);
    const began = measured ? this.now() : 0;
    const wasPiece = this.#piece;
    this.#piece = piece;
    this.#encoding = false;
    this.#unread = this.#work = 0;
    this.#codec.receive(piece, lent);
    this.#piece = wasPiece;
    const unread = this.#givenBack(length, this.#paused.receive);
    if (unread > 0 && this.#receiving !== Receiving.OVER) queue.putBack(piece.subarray(length - unread), lent);
    this.#turn.spend(length + CALL_UNITS);
    this.#pieceSize.worked(length, this.#work, measured ? this.now() - began : -1);
    return true;
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

  /**
   * Has bytes encoded.
   *
   * @param lent whether they are another's, who keeps them as they are until the queues are asked to `own` what they hold
   * @returns how many of them, the last ones, it gave back
   */
  encode(bytes: Uint8Array, lent: boolean): number {
    if (this.#deaf) return 0;
    const { length } = bytes;
    this.#piece = bytes;
    this.#encoding = true;
    this.#unread = 0;
    this.#codec.send(bytes, lent);
    this.#piece = null;
    this.#turn.spend(length);
    return this.#unread === 0 ? 0 : this.#givenBack(length, this.#paused.send);
  }

  /** How much of a piece comes again. Who gives all back has to pause, and who encodes anything: it would come at once. */
  #givenBack(length: number, paused: boolean): number {
    const unread = this.#unread;
    this.#unread = 0;
    if (unread === 0 || this.#deaf) return 0;
    if (paused || (!this.#encoding && unread < length)) return unread;
    const direction = this.#encoding ? 'send' : 'receive';
    this.#codec.defect(
      `the codec gave back by output.unread ${this.#encoding ? 'what it is to encode' : 'all of its input'}, which would ` +
        `come again at once: call output.pause('${direction}') too, and output.resume('${direction}') when it is to come`,
    );
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
    if (this.#deaf) return null;
    const answer = this.#codec.ioctl(code, input);
    if (answer === null || typeof answer === 'number') return answer === null ? null : -answer;
    if (output === null || answer.length > room || !holdsBytes(output, answer.length)) return -WSAEFAULT;
    output.set(answer);
    return answer.length;
  }

  /** The peer has ended its side, and all of it is decoded. */
  end(): void {
    if (this.#receiving !== Receiving.OPEN) return;
    this.#receiving = Receiving.ENDING;
    if (!this.#codec.endsByItself) this.#receivedAll();
    else if (!this.#deaf) this.#codec.call('end', (codec, output) => codec.end!(output));
  }

  #receivedAll(): void {
    this.#receiving = Receiving.OVER;
    this.toDecode.clear();
    this.user.moved();
  }

  /** The application ends a direction; one that includes sending, once. */
  shutdown(how: ShutdownDirection): void {
    if (this.#sending !== Sending.OPEN) return;
    this.#sending = Sending.HELD;
    if (!this.#deaf) this.#codec.shutdown(how);
    this.#endIfNothingHolds();
    if (this.#sending === Sending.HELD) this.expectEnd();
  }

  /** The end of what is sent is to come, and waits for the codec: not for ever. */
  expectEnd(): void {
    if (this.#deaf || this.#sending > Sending.HELD || this.#limit !== null) return;
    const { total } = this.#encoded;
    this.#limitTo(
      this.#after(this.layer.endTimeout, () => {
        this.#limit = null;
        // Who goes on to encode may take its time.
        if (this.#encoded.total !== total) return this.expectEnd();
        this.toEncode.clear();
        this.#sending = Sending.HELD;
        this.#endSending();
        this.user.advance();
      }),
    );
  }

  /** All that it encoded is on its way, and the end behind it. */
  sentEnd(): void {
    if (this.#early === EarlyEnd.DUE) this.#early = EarlyEnd.SENT;
    if (this.#sending === Sending.ENDING) this.#sending = Sending.ENDED;
  }

  /** The connection broke: drops the bytes on both sides, and what the codec may still answer. */
  broke(error: number): void {
    const tells = this.started && this.#stage < Stage.BROKEN;
    if (this.#stage !== Stage.CLOSED) this.#stage = Stage.BROKEN;
    this.#stopTimers();
    this.#clear();
    if (tells) this.#codec.broken(error);
  }

  /** The connection is gone. */
  close(): void {
    if (this.#stage === Stage.CLOSED) return;
    this.#stage = Stage.CLOSED;
    this.#stopTimers();
    this.#clear();
    this.#codec.close();
  }

  #clear(): void {
    this.toDecode.clear();
    this.toEncode.clear();
  }

  // — How its answers are taken —

  /** Whether what the codec answers is for nobody. */
  get #deaf(): boolean {
    return this.#stage >= Stage.BROKEN;
  }

  /** Whether an answer is to be taken; what is not bytes is a defect. */
  #takes(name: 'decoded' | 'encoded' | 'unread', bytes: unknown): boolean {
    if (this.#deaf) return false;
    if (isBytes(bytes)) return true;
    this.#codec.defect(bytesFault(name, bytes));
    return false;
  }

  #answered(units: number): void {
    this.#work += units;
    this.#turn.spend(units);
    if (!this.#codec.inside) this.user.answered();
  }

  #after(milliseconds: number, callback: () => void): Timer | null {
    if (milliseconds === Infinity) return null;
    const { host } = this.layer.context;
    return host.setTimer(host.clock.now() + Math.max(milliseconds, 0), callback);
  }

  #limitTo(timer: Timer | null): void {
    this.#limit?.cancel();
    this.#limit = timer;
  }

  #stopTimers(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#limitTo(null);
  }

  #endIfNothingHolds(): void {
    if (this.#sending === Sending.HELD && !this.#holdsEnd && this.#timer === null) this.#endSending();
  }

  #endSending(): void {
    if (this.#sending !== Sending.HELD) return;
    this.#sending = Sending.ENDING;
    this.#limitTo(null);
    this.user.moved();
    if (!this.#codec.inside) this.user.answered();
  }
}
