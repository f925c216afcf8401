import type { CodecDirection, ConnectionName, DatagramCodec, DatagramOutput } from '../../../chain/index.js';
import type { Waiter } from './bottleneck.js';
import type { Path } from './shaper.js';

/** What each datagram that is under way counts besides its bytes. */
const DATAGRAM = 256;

interface UnderWay {
  readonly bytes: Uint8Array;
  readonly name: ConnectionName;
  readonly arrives: number;
  readonly isSent: boolean;
}

/** One direction of a socket's datagrams. */
class DatagramPath implements Waiter {
  /** Bytes under way, and what they count besides. */
  size = 0;
  #waits = false;
  #paused = false;
  #output: DatagramOutput | null = null;

  constructor(
    readonly path: Path,
    private readonly direction: CodecDirection,
  ) {}

  /** Counts one that was taken; the next waits until there are tokens again. */
  charge(length: number, output: DatagramOutput): void {
    this.#output = output;
    const { bottleneck } = this.path;
    if (bottleneck === null) return;
    bottleneck.take(length);
    if (bottleneck.ask(this, 1) === 0) this.#waits = true;
  }

  get isFull(): boolean {
    return this.size >= this.path.shape.window;
  }

  mayGo(): void {
    this.#waits = false;
    this.pauseOrResume();
  }

  pauseOrResume(): void {
    const pauses = this.#waits || (this.#paused ? this.size > this.path.shape.window / 2 : this.isFull);
    if (pauses === this.#paused) return;
    this.#paused = pauses;
    if (pauses) this.#output?.pause(this.direction);
    else this.#output?.resume(this.direction);
  }

  close(): void {
    this.#output = null;
    this.path.bottleneck?.leave(this);
  }
}

/** Holds the datagrams of a socket to what they are to be: some are late, some lost, some there twice, some overtaken. */
export class DatagramShaper implements DatagramCodec {
  readonly #up: DatagramPath;
  readonly #down: DatagramPath;
  /** By when they arrive. */
  readonly #underWay: UnderWay[] = [];

  constructor(up: Path, down: Path) {
    this.#up = new DatagramPath(up, 'send');
    this.#down = new DatagramPath(down, 'receive');
  }

  send(bytes: Uint8Array, to: ConnectionName, output: DatagramOutput): void {
    this.#take(bytes, to, true, output);
  }

  receive(bytes: Uint8Array, from: ConnectionName, output: DatagramOutput): void {
    this.#take(bytes, from, false, output);
  }

  #take(bytes: Uint8Array, name: ConnectionName, isSent: boolean, output: DatagramOutput): void {
    const direction = isSent ? this.#up : this.#down;
    const { path } = direction;
    direction.charge(bytes.length, output);
    for (let left = path.copies(); left > 0; left--) {
      const now = path.host.clock.now();
      const arrives = path.datagramArrival();
      if (arrives <= now) hand(output, bytes, name, isSent);
      else this.#put({ bytes: new Uint8Array(bytes), name, arrives, isSent }, output);
    }
    direction.pauseOrResume();
  }

  #put(one: UnderWay, output: DatagramOutput): void {
    const line = this.#underWay;
    let low = 0;
    for (let high = line.length; low < high;) {
      const middle = (low + high) >> 1;
      if (line[middle]!.arrives <= one.arrives) low = middle + 1;
      else high = middle;
    }
    line.splice(low, 0, one);
    (one.isSent ? this.#up : this.#down).size += one.bytes.length + DATAGRAM;
    if (low === 0) this.#plan(output);
  }

  #plan(output: DatagramOutput): void {
    const first = this.#underWay[0];
    output.setTimer(first === undefined ? null : first.arrives - output.now());
  }

  timer(output: DatagramOutput): void {
    const line = this.#underWay;
    const now = output.now();
    let arrived = 0;
    while (arrived < line.length && line[arrived]!.arrives <= now) arrived++;
    for (const { bytes, name, isSent } of line.splice(0, arrived)) {
      (isSent ? this.#up : this.#down).size -= bytes.length + DATAGRAM;
      hand(output, bytes, name, isSent);
    }
    this.#plan(output);
    this.#up.pauseOrResume();
    this.#down.pauseOrResume();
  }

  /** What is on its way arrives though the socket is closed. */
  shutdown(output: DatagramOutput): void {
    const line = this.#underWay;
    line.splice(0, line.length, ...line.filter(({ isSent }) => isSent));
    this.#plan(output);
  }

  close(): void {
    this.#underWay.length = 0;
    this.#up.close();
    this.#down.close();
  }
}

function hand(output: DatagramOutput, bytes: Uint8Array, name: ConnectionName, isSent: boolean): void {
  if (isSent) output.encoded(bytes, name);
  else output.decoded(bytes, name);
}
