import { WSAECONNABORTED, type Timer, type WorkBudget } from '../spi/index.js';
import { ByteQueue } from './byte-queue.js';
import type { Codec, CodecFactory, CodecOutput, CodecRole, ShutdownDirection } from './codec.js';
import { answerFault, bytesFault, codecFault, isBytes, misspeltMember } from './codec-faults.js';
import type { LayerContext } from './pass-through.js';

/** Bytes that may wait to be received; beyond, the peer is held up, as by a kernel. */
export const QUEUE_BOUND = 256 * 1024;
/** Bytes that a codec may have encoded by itself before nothing more is decoded: a peer that asks and does not listen. */
const ANSWERS_BOUND = 4 * QUEUE_BOUND;
/** Milliseconds for which a codec may hold the end back. */
const LONGEST_HOLD = 10_000;

/** How much of the input a codec is given at once: little at first, and for as long as it makes much of it. */
const FIRST_PIECE = 1024;
const LEAST_PIECE = 64;
const LARGEST_PIECE = 16 * 1024;
/** Units of work, and milliseconds, for a piece that was too large, and below which the next may be larger. */
const MUCH_WORK = 256 * 1024;
const LITTLE_WORK = 64 * 1024;
const MUCH_TIME = 4;
const LITTLE_TIME = 1;
/** Units that a call of a codec counts beside its bytes, or what it decodes; what it encodes is mostly the application's. */
const CALL_UNITS = 1024;
const ENCODED_UNITS = 64;

/** What becomes of a connection's codec. */
const Stage = {
  /** There is no connection yet. */
  NONE: 0,
  /** The codec works, and has not called the connection usable. */
  HANDSHAKE: 1,
  USABLE: 2,
  /** The connection broke: what the codec answers is for nobody. */
  BROKEN: 3,
  CLOSED: 4,
} as const;

/** How far the end of what is sent has come. */
export const Sending = {
  OPEN: 0,
  /** The application ended it, and the codec has data still to come. */
  HELD: 1,
  /** It goes out behind what is encoded. */
  ENDING: 2,
  /** It went out: what is encoded now comes too late. */
  ENDED: 3,
} as const;

/** What the sessions of one layer share. */
export interface SessionLayer {
  readonly context: LayerContext;
  readonly createCodec: CodecFactory;
  /** Milliseconds for which a handshake may last. */
  readonly handshakeTimeout: number;
  /** Whether a codec of the layer was looked at for misspelt members. */
  spellingChecked: boolean;
}

/** The socket whose codec works: what is to happen to it besides the bytes. */
export interface CodecUser {
  /** The connection can be used. */
  ready(): void;
  /** The connection is broken, with a WinSock code. */
  failed(error: number): void;
  /** The handshake has taken as long as it may. */
  overdue(): void;
  /** The codec worked by itself: what it decoded and encoded is to be handed on. */
  advance(): void;
  /** The codec answered from outside of its functions: `advance` is due, soon. */
  answered(): void;
}

/** The codec of one connection, and the bytes that came from it and were not handed on. What it throws is contained. */
export class CodecSession implements CodecOutput {
  readonly incoming = new ByteQueue();
  readonly outgoing = new ByteQueue();
  /** Bytes were decoded that the front has not been told of. */
  newlyDecoded = false;
  /** Nothing more will be decoded. */
  over = false;
  /** What is decoded from now on is for nobody. */
  receivingEnded = false;
  /** Data was decoded that nobody may receive any more. */
  refused = false;
  sending: number = Sending.OPEN;
  readonly #turn: WorkBudget;
  #stage: number = Stage.NONE;
  #codec: Codec | null = null;
  #timer: Timer | null = null;
  /** Ends a handshake, or a held end, that takes too long. */
  #limit: Timer | null = null;
  /** The codec called `holdEnd`. */
  #holdsEnd = false;
  /** One of the codec's functions runs. */
  #inside = false;
  /** The buffer that the codec works on now; pieces that lie in it must be copied if they stay. */
  #working: ArrayBufferLike | null = null;
  /** Bytes from the wire that the codec has not been given yet. */
  #input: Uint8Array | null = null;
  #inputTaken = 0;
  /** The piece that the codec is being given, and how much of it it gave back. */
  #piece: Uint8Array | null = null;
  #unread = 0;
  #pieceSize = FIRST_PIECE;
  /** Units of work that the codec has done with this piece. */
  #work = 0;

  constructor(
    private readonly layer: SessionLayer,
    private readonly user: CodecUser,
    /** The socket below, for reports. */
    private readonly lower: number,
  ) {
    this.#turn = layer.context.host.turn;
  }

  // — How the codec answers —

  get full(): boolean {
    return this.#turn.spent || this.crowded;
  }

  decoded(bytes: Uint8Array): void {
    if (!this.#takes('decoded', bytes) || this.over) return;
    if (this.receivingEnded) this.refused ||= bytes.length > 0;
    else if (bytes.length > 0) {
      if (bytes.buffer === this.#working) this.incoming.pushCopy(bytes);
      else this.incoming.push(bytes);
      this.newlyDecoded = true;
    }
    this.#answered(bytes.length + CALL_UNITS);
  }

  encoded(bytes: Uint8Array): void {
    if (!this.#takes('encoded', bytes) || this.sending === Sending.ENDED) return;
    this.outgoing.push(bytes);
    this.#answered(bytes.length + ENCODED_UNITS);
  }

  unread(bytes: Uint8Array): void {
    if (!this.#takes('unread', bytes)) return;
    const piece = this.#piece;
    const fits =
      piece !== null &&
      bytes.buffer === piece.buffer &&
      bytes.byteOffset + bytes.length === piece.byteOffset + piece.length &&
      bytes.length < piece.length;
    if (fits) this.#unread = bytes.length;
    else
      this.#defect('the codec gave back by output.unread what is not the rest of its input, or all of it', undefined);
  }

  setTimer(milliseconds: number | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#deaf) return;
    if (milliseconds !== null && milliseconds !== undefined) {
      if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds)) {
        return this.#defect(`the codec gave output.setTimer ${String(milliseconds)}, not milliseconds`, undefined);
      }
      this.#timer = this.#after(milliseconds, () => {
        this.#timer = null;
        this.#run('timer', () => this.#codec!.timer?.(this));
        this.#endIfNothingHolds();
        this.user.advance();
      });
    }
    if (!this.#inside) this.#endIfNothingHolds();
  }

  ready(): void {
    if (this.#stage !== Stage.HANDSHAKE) return;
    this.#stage = Stage.USABLE;
    this.#limitTo(null);
    this.user.ready();
    this.#answered(0);
  }

  finished(): void {
    if (this.#deaf) return;
    this.over = true;
    this.#input = null;
    this.#answered(0);
  }

  holdEnd(): void {
    if (this.#inside && this.sending === Sending.HELD) this.#holdsEnd = true;
  }

  ended(): void {
    if (this.sending !== Sending.HELD) return;
    this.#holdsEnd = false;
    this.#endSending();
    this.#answered(0);
  }

  failed(error: number): void {
    if (this.#deaf) return;
    if (Number.isInteger(error) && error > 0) this.user.failed(error);
    else this.#defect(`the codec gave output.failed ${String(error)}, which is no WinSock code`, undefined);
  }

  now(): number {
    return this.layer.context.host.clock.now();
  }

  random(): number {
    return this.layer.context.host.random.next();
  }

  // — What the codec is given to do —

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

  /** Whether so much waits on either side that nothing more should be decoded. */
  get crowded(): boolean {
    return this.incoming.size >= QUEUE_BOUND || this.outgoing.size >= ANSWERS_BOUND;
  }

  /** Makes the codec, and tells it that the connection below is there. */
  start(role: CodecRole): void {
    if (this.#stage !== Stage.NONE) return;
    this.#stage = Stage.HANDSHAKE;
    const codec = this.#make(role);
    if (codec === null) return;
    this.#codec = codec;
    this.#run('open', () => codec.open?.(role, this));
    if (this.#stage === Stage.HANDSHAKE) {
      if (codec.handshake !== true) this.ready();
      else {
        this.#limitTo(this.#after(this.layer.handshakeTimeout, () => this.user.overdue()));
      }
    }
    this.user.advance();
  }

  #make(role: CodecRole): Codec | null {
    const { layer } = this;
    try {
      const codec = layer.createCodec(role);
      const fault = codecFault(codec);
      if (fault !== null) {
        this.#defect(`the function that makes the codec ${fault}`, undefined);
        return null;
      }
      if (!layer.spellingChecked) {
        layer.spellingChecked = true;
        const misspelt = misspeltMember(codec);
        if (misspelt !== null) this.#report(misspelt, undefined);
      }
      return codec;
    } catch (cause) {
      this.#defect('the function that makes the codec threw', cause);
      return null;
    }
  }

  /** Whether bytes from the wire wait to be decoded. */
  get hasInput(): boolean {
    return this.#input !== null;
  }

  /** Takes bytes from the wire, to be decoded piece by piece. Only when `hasInput` is false. */
  take(bytes: Uint8Array): void {
    this.#input = bytes;
    this.#inputTaken = 0;
  }

  /** Has the next piece of the input decoded. */
  decodePiece(): void {
    const input = this.#input!;
    const begin = this.#inputTaken;
    const left = input.length - begin;
    const size = left <= this.#pieceSize ? left : this.#pieceSize;
    const piece = size === input.length ? input : input.subarray(begin, begin + size);
    // Few bytes are not worth a look at the clock.
    const started = size < FIRST_PIECE ? 0 : this.now();
    const wasPiece = this.#piece;
    this.#piece = piece;
    this.#unread = 0;
    this.#work = 0;
    this.#decode(piece);
    this.#piece = wasPiece;
    // The connection may have gone meanwhile.
    if (this.#input !== input) return;
    this.#inputTaken = begin + size - this.#unread;
    if (this.#inputTaken >= input.length) this.#input = null;
    this.#turn.spend(size + CALL_UNITS);
    if (started > 0 || this.#work > MUCH_WORK) this.#fitPieces(size, started === 0 ? 0 : this.now() - started);
  }

  #fitPieces(size: number, milliseconds: number): void {
    if (this.#work > MUCH_WORK || milliseconds > MUCH_TIME) {
      this.#pieceSize = Math.max(LEAST_PIECE, this.#pieceSize >> 2);
    } else if (size === this.#pieceSize && this.#work < LITTLE_WORK && milliseconds < LITTLE_TIME) {
      this.#pieceSize = Math.min(2 * size, LARGEST_PIECE);
    }
  }

  #decode(piece: Uint8Array): void {
    const codec = this.#codec;
    if (codec === null) return;
    const before = this.#working;
    const wasInside = this.#inside;
    this.#working = piece.buffer;
    this.#inside = true;
    try {
      const answer: unknown = codec.receive(piece, this);
      if (answer !== undefined) this.#checkAnswer('receive', answer);
    } catch (cause) {
      this.#threw(cause);
    } finally {
      this.#working = before;
      this.#inside = wasInside;
    }
    if (this.outgoing.size > 0) this.outgoing.detachFrom(piece.buffer);
  }

  /** The input's buffer is about to be used for something else: what is left of the input is copied. */
  keepInput(): void {
    if (this.#input === null) return;
    this.#input = new Uint8Array(this.#input.subarray(this.#inputTaken));
    this.#inputTaken = 0;
  }

  /** Has bytes of the application's encoded. What is not handed on at once may still lie in their buffer. */
  send(bytes: Uint8Array): void {
    const codec = this.#codec;
    if (codec === null) return;
    const before = this.#working;
    const wasInside = this.#inside;
    this.#working = bytes.buffer;
    this.#inside = true;
    try {
      const answer: unknown = codec.send(bytes, this);
      if (answer !== undefined) this.#checkAnswer('send', answer);
    } catch (cause) {
      this.#threw(cause);
    } finally {
      this.#working = before;
      this.#inside = wasInside;
    }
  }

  /** Puts bytes that passed the codec by behind what is decoded. */
  insert(bytes: Uint8Array): void {
    if (this.receivingEnded) return;
    this.incoming.push(bytes);
    this.newlyDecoded = true;
  }

  /** The application may receive no more. */
  endReceiving(): void {
    this.receivingEnded = true;
    this.refused = this.incoming.size > 0;
    this.incoming.clear();
  }

  /** The peer has ended its side. */
  end(): void {
    if (typeof this.#codec?.end !== 'function') this.over = true;
    else this.#run('end', () => this.#codec!.end!(this));
  }

  /** The application ends a direction; one that includes sending, once. */
  shutdown(how: ShutdownDirection): void {
    if (this.sending !== Sending.OPEN) return;
    this.sending = Sending.HELD;
    this.#run('shutdown', () => this.#codec!.shutdown?.(how, this));
    this.#endIfNothingHolds();
    if (this.sending !== Sending.HELD) return;
    this.#limitTo(
      this.#after(LONGEST_HOLD, () => {
        this.#endSending();
        this.user.advance();
      }),
    );
  }

  /** The end of what is sent went out. */
  sentEnd(): void {
    this.sending = Sending.ENDED;
  }

  /** The connection broke: drops the bytes on both sides, and what the codec may still answer. */
  broke(): void {
    if (this.#stage !== Stage.CLOSED) this.#stage = Stage.BROKEN;
    this.#stopTimers();
    this.#input = null;
    this.incoming.clear();
    this.outgoing.clear();
  }

  /** The connection is gone. */
  close(): void {
    if (this.#stage === Stage.CLOSED) return;
    this.#stage = Stage.CLOSED;
    this.#stopTimers();
    this.#input = null;
    try {
      const answer: unknown = this.#codec?.close?.();
      const fault = answer === undefined ? null : answerFault('close', answer);
      if (fault !== null) this.#report(fault, undefined);
    } catch (cause) {
      this.#report("the codec's close threw", cause);
    }
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
    this.#defect(bytesFault(name, bytes), undefined);
    return false;
  }

  #answered(units: number): void {
    this.#work += units;
    this.#turn.spend(units);
    if (!this.#inside) this.user.answered();
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
    if (this.sending === Sending.HELD && !this.#holdsEnd && this.#timer === null) this.#endSending();
  }

  #endSending(): void {
    if (this.sending !== Sending.HELD) return;
    this.sending = Sending.ENDING;
    this.#limitTo(null);
    if (!this.#inside) this.user.answered();
  }

  /** Runs one of the codec's functions that are not about a buffer. */
  #run(name: string, step: () => unknown): void {
    if (this.#codec === null || this.#deaf) return;
    const before = this.#working;
    const wasInside = this.#inside;
    this.#working = null;
    this.#inside = true;
    try {
      const answer = step();
      if (answer !== undefined) this.#checkAnswer(name, answer);
    } catch (cause) {
      this.#threw(cause);
    } finally {
      this.#working = before;
      this.#inside = wasInside;
    }
  }

  #checkAnswer(name: string, answer: unknown): void {
    const fault = answerFault(name, answer);
    if (fault !== null) this.#defect(fault, undefined);
  }

  #threw(cause: unknown): void {
    this.#defect('the codec threw; its connection is reset', cause);
  }

  #defect(message: string, cause: unknown): void {
    this.#report(message, cause);
    this.user.failed(WSAECONNABORTED);
  }

  #report(message: string, cause: unknown): void {
    const { host, entry } = this.layer.context;
    const provider = entry.szProtocol;
    host.report({
      message: `${provider}: ${message}`,
      provider,
      socket: this.lower,
      ...(cause !== undefined && { cause }),
    });
  }
}
