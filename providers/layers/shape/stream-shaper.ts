import type { Codec, CodecConnection, CodecDirection, CodecOutput } from '../../../chain/index.js';
import type { Timer } from '../../../spi/index.js';
import type { Waiter } from './bottleneck.js';
import type { Path } from './shaper.js';

/** What each piece that is under way counts besides its bytes. */
const PIECE = 256;

interface UnderWay {
  /** `null` for the end. */
  readonly bytes: Uint8Array | null;
  readonly arrives: number;
}

/** One direction of a connection: what is sent waits for tokens where it came from, and is under way here. */
class StreamPath implements Waiter {
  #waits = false;
  #full = false;
  #paused = false;
  readonly #underWay: UnderWay[] = [];
  #head = 0;
  #size = 0;
  #timer: Timer | null = null;
  #output: CodecOutput | null = null;

  /**
   * @param hand hands on what has arrived
   * @param ends hands on the end
   */
  constructor(
    private readonly path: Path,
    private readonly direction: CodecDirection,
    private readonly hand: (output: CodecOutput, bytes: Uint8Array) => void,
    private readonly ends: (output: CodecOutput) => void,
  ) {}

  /** Takes what there are tokens and room for, and gives back the rest. */
  take(input: Uint8Array, output: CodecOutput): void {
    this.#output = output;
    const { path } = this;
    let at = 0;
    while (at < input.length && !this.#full) {
      const left = input.length - at;
      const granted = path.bottleneck === null ? left : path.bottleneck.ask(this, left);
      if (granted === 0) {
        this.#waits = true;
        break;
      }
      const end = at + Math.min(granted, Math.max(1, path.shape.window - this.#size));
      path.bottleneck?.take(end - at);
      this.#send(input.subarray(at, end), output);
      at = end;
    }
    this.#pauseOrResume();
    if (at < input.length) output.unread(input.subarray(at));
  }

  #send(piece: Uint8Array, output: CodecOutput): void {
    if (this.path.isImmediate) return this.hand(output, piece);
    this.#put({ bytes: new Uint8Array(piece), arrives: this.path.arrival() });
    this.#size += piece.length + PIECE;
    this.#full = this.#size >= this.path.shape.window;
  }

  #put(one: UnderWay): void {
    this.#underWay.push(one);
    if (this.#timer === null) this.#plan();
  }

  /**
   * The end follows what is under way.
   *
   * @returns whether it waits
   */
  end(output: CodecOutput): boolean {
    this.#output = output;
    if (this.path.isImmediate) return false;
    this.#put({ bytes: null, arrives: this.path.arrival() });
    return true;
  }

  mayGo(): void {
    this.#waits = false;
    this.#pauseOrResume();
  }

  #pauseOrResume(): void {
    const pauses = this.#waits || this.#full;
    if (pauses === this.#paused) return;
    this.#paused = pauses;
    if (pauses) this.#output?.pause(this.direction);
    else this.#output?.resume(this.direction);
  }

  #plan(): void {
    const next = this.#underWay[this.#head];
    this.#timer = next === undefined ? null : this.path.host.setTimer(next.arrives, () => this.#arrived());
  }

  #arrived(): void {
    const { path } = this;
    const output = this.#output!;
    const now = path.host.clock.now();
    for (let first = this.#underWay[this.#head]; first !== undefined && first.arrives <= now;) {
      this.#head++;
      if (first.bytes === null) this.ends(output);
      else {
        this.#size -= first.bytes.length + PIECE;
        this.hand(output, first.bytes);
      }
      first = this.#underWay[this.#head];
    }
    if (this.#head > 32 && 2 * this.#head >= this.#underWay.length) {
      this.#underWay.splice(0, this.#head);
      this.#head = 0;
    }
    this.#plan();
    // What has room again goes in one go.
    if (this.#full && this.#size <= path.shape.window / 2) {
      this.#full = false;
      this.#pauseOrResume();
    }
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.path.bottleneck?.leave(this);
    this.#underWay.length = 0;
    this.#output = null;
  }
}

/** Holds the two directions of a connection to what they are to be, and a connect to the way there and back. */
export class StreamShaper implements Codec {
  readonly handshake: boolean;
  readonly #up: StreamPath;
  readonly #down: StreamPath;
  #timer: Timer | null = null;
  #connects: boolean;
  /** The peer has ended its side already, which shows when there is a connection. */
  #endsThen = false;

  constructor(
    { role }: CodecConnection,
    private readonly up: Path,
    private readonly down: Path,
  ) {
    this.handshake = this.#connects = role === 'client' && !up.isImmediate;
    this.#up = new StreamPath(
      up,
      'send',
      (output, bytes) => output.encoded(bytes),
      (output) => output.ended(),
    );
    this.#down = new StreamPath(
      down,
      'receive',
      (output, bytes) => output.decoded(bytes),
      (output) => this.#finish(output),
    );
  }

  open(_role: unknown, output: CodecOutput): void {
    if (!this.handshake) return;
    const { host } = this.up;
    const back = this.down.arrival() - host.clock.now();
    this.#timer = host.setTimer(this.up.arrival() + back, () => {
      this.#connects = false;
      output.ready();
      if (this.#endsThen) output.finished();
    });
  }

  #finish(output: CodecOutput): void {
    if (this.#connects) this.#endsThen = true;
    else output.finished();
  }

  send(bytes: Uint8Array, output: CodecOutput): void {
    this.#up.take(bytes, output);
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    this.#down.take(bytes, output);
  }

  shutdown(_how: unknown, output: CodecOutput): void {
    if (this.#up.end(output)) output.holdEnd();
  }

  end(output: CodecOutput): void {
    if (!this.#down.end(output)) this.#finish(output);
  }

  close(): void {
    this.#timer?.cancel();
    this.#up.close();
    this.#down.close();
  }
}
