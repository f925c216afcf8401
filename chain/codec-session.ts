import { copyOfBytes, WSAECONNABORTED, type Timer } from '../spi/index.js';
import { ByteQueue } from './byte-queue.js';
import type { Codec, CodecFactory, CodecOutput, CodecRole, ShutdownDirection } from './codec.js';
import type { LayerContext } from './pass-through.js';

/** The socket whose codec works: what is to happen to it besides the bytes. */
export interface CodecUser {
  /** The connection can be used. */
  ready(): void;
  /** The connection is broken, with a WinSock code. */
  failed(error: number): void;
  /** The codec worked by itself: what it decoded and encoded is to be handed on. */
  advance(): void;
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
  /** What is encoded from now on comes too late. */
  sendingEnded = false;
  #codec: Codec | null = null;
  #timer: Timer | null = null;
  #closed = false;
  /** The buffer that the codec works on now; pieces that lie in it must be copied if they stay. */
  #working: ArrayBufferLike | null = null;

  constructor(
    private readonly context: LayerContext,
    private readonly user: CodecUser,
    /** The socket below, for reports. */
    private readonly lower: number,
  ) {}

  // — How the codec answers —

  decoded(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.receivingEnded) {
      this.refused = true;
      return;
    }
    this.incoming.push(bytes.buffer === this.#working ? copyOfBytes(bytes, bytes.length) : bytes);
    this.newlyDecoded = true;
  }

  encoded(bytes: Uint8Array): void {
    if (!this.sendingEnded) this.outgoing.push(bytes);
  }

  setTimer(milliseconds: number | null): void {
    this.#timer?.cancel();
    const { host } = this.context;
    this.#timer =
      milliseconds === null || this.#closed
        ? null
        : host.setTimer(host.clock.now() + milliseconds, () => {
            this.#timer = null;
            this.#work((codec) => codec.timer?.(this));
            this.user.advance();
          });
  }

  ready(): void {
    this.user.ready();
  }

  finished(): void {
    this.over = true;
  }

  failed(error: number): void {
    this.user.failed(error);
  }

  now(): number {
    return this.context.host.clock.now();
  }

  random(): number {
    return this.context.host.random.next();
  }

  // — What the codec is given to do —

  /** Whether there is a codec: the connection below is there. */
  get started(): boolean {
    return this.#codec !== null;
  }

  /** Makes the codec, and tells it that the connection below is there. */
  start(createCodec: CodecFactory, role: CodecRole): void {
    if (this.#codec !== null) return;
    try {
      this.#codec = createCodec(role);
    } catch (cause) {
      this.#defect('the function that makes the codec threw', cause);
      return;
    }
    this.#work((codec) => codec.open?.(role, this));
    if (this.#codec.handshake !== true) this.user.ready();
    this.user.advance();
  }

  /** Has bytes from the wire decoded. They may be overwritten afterwards. */
  receive(bytes: Uint8Array): void {
    const before = this.#working;
    this.#working = bytes.buffer;
    try {
      this.#codec?.receive(bytes, this);
    } catch (cause) {
      this.#threw(cause);
    } finally {
      this.#working = before;
    }
    this.outgoing.detachFrom(bytes.buffer);
  }

  /** Has bytes of the application's encoded. What is not handed on at once may still lie in their buffer. */
  send(bytes: Uint8Array): void {
    const before = this.#working;
    this.#working = bytes.buffer;
    try {
      this.#codec?.send(bytes, this);
    } catch (cause) {
      this.#threw(cause);
    } finally {
      this.#working = before;
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
    if (this.#codec?.end === undefined) this.over = true;
    else this.#work((codec) => codec.end!(this));
  }

  /** The application ends a direction. */
  shutdown(how: ShutdownDirection): void {
    this.#work((codec) => codec.shutdown?.(how, this));
  }

  /** Drops the bytes on both sides: the connection broke. */
  clear(): void {
    this.incoming.clear();
    this.outgoing.clear();
  }

  /** The connection is gone. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    try {
      this.#codec?.close?.();
    } catch (cause) {
      const { host, entry } = this.context;
      host.report({ message: `${entry.szProtocol}: the codec's close threw`, cause, provider: entry.szProtocol });
    }
  }

  /** Runs one of the codec's functions that are not about a buffer. */
  #work(step: (codec: Codec) => void): void {
    if (this.#codec === null) return;
    const before = this.#working;
    this.#working = null;
    try {
      step(this.#codec);
    } catch (cause) {
      this.#threw(cause);
    } finally {
      this.#working = before;
    }
  }

  #threw(cause: unknown): void {
    this.#defect('the codec threw; its connection is reset', cause);
  }

  #defect(message: string, cause: unknown): void {
    const { host, entry } = this.context;
    const provider = entry.szProtocol;
    host.report({ message: `${provider}: ${message}`, cause, provider, socket: this.lower });
    this.user.failed(WSAECONNABORTED);
  }
}
