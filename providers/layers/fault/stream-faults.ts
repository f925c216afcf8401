import type { Codec, CodecDirection, CodecOutput } from '../../../chain/index.js';
import type { SeededRandom } from '../../../host/random.js';
import { WSAECONNRESET, type Timer } from '../../../spi/index.js';
import type { FaultDirection, PlannedRule } from './options.js';
import type { Subject } from './plan.js';

/** Milliseconds between two slices. */
const BETWEEN_SLICES = 1;

interface Planned {
  readonly rule: PlannedRule;
  readonly byte: number;
}

/** One direction of a connection, and what is to happen to it. */
class Lane {
  /** Bytes that have gone. */
  place = 0;
  /** By bytes. */
  plan: Planned[] = [];
  /** The most bytes of a slice; 0 for none. */
  slice = 0;
  corrupts = 0;
  /** Whatever comes is lost: the other end has seen the end. */
  ended = false;
  #holds = 0;
  #paused = false;
  readonly #timers = new Set<Timer>();

  constructor(
    readonly direction: FaultDirection,
    readonly random: SeededRandom,
    private readonly subject: Subject,
    readonly hand: (output: CodecOutput, bytes: Uint8Array) => void,
  ) {}

  get isIdle(): boolean {
    return this.plan.length === 0 && this.slice === 0 && this.corrupts === 0 && !this.ended && this.#holds === 0;
  }

  get holds(): boolean {
    return this.#holds > 0;
  }

  /** Lets nothing through for so long. */
  hold(milliseconds: number, output: CodecOutput): void {
    this.#holds++;
    this.#pauseOrResume(output);
    if (milliseconds === Infinity) return;
    const { host } = this.subject;
    const timer = host.setTimer(host.clock.now() + milliseconds, () => {
      this.#timers.delete(timer);
      this.#holds--;
      this.#pauseOrResume(output);
    });
    this.#timers.add(timer);
  }

  /** Lets everything go on. */
  release(output: CodecOutput): void {
    this.#holds = 0;
    this.close();
    this.#pauseOrResume(output);
  }

  #pauseOrResume(output: CodecOutput): void {
    const pauses = this.#holds > 0;
    if (pauses === this.#paused) return;
    this.#paused = pauses;
    const direction: CodecDirection = this.direction === 'up' ? 'send' : 'receive';
    if (pauses) output.pause(direction);
    else output.resume(direction);
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}

/** Has a connection meet its faults. */
export class StreamFaults implements Codec {
  readonly #up: Lane;
  readonly #down: Lane;
  readonly #timers: Timer[] = [];
  #output: CodecOutput | null = null;
  #isOver = false;

  constructor(private readonly subject: Subject) {
    const { random } = subject;
    this.#up = new Lane('up', random.fork('up'), subject, (output, bytes) => output.encoded(bytes));
    this.#down = new Lane('down', random.fork('down'), subject, (output, bytes) => output.decoded(bytes));
  }

  open(_role: unknown, output: CodecOutput): void {
    this.#output = output;
    this.replan();
  }

  /** Makes a plan of the faults that there are now, from here on. */
  replan(): void {
    const output = this.#output;
    if (output === null || this.#isOver) return;
    this.#stopTimers();
    for (const lane of [this.#up, this.#down]) {
      lane.plan = [];
      lane.slice = lane.corrupts = 0;
      lane.release(output);
    }
    this.subject.forEachRule((rule, random) => {
      // Drawn whether or not they are needed: what one rule says changes no other number.
      const drawn = Math.floor(random.next() * rule.within);
      const chosen = random.next() < 0.5 ? this.#up : this.#down;
      const lanes = rule.direction === 'up' ? [this.#up] : rule.direction === 'down' ? [this.#down] : [chosen];
      if (rule.direction === undefined && rule.fault === 'slice') lanes.splice(0, 1, this.#up, this.#down);
      for (const lane of lanes) this.#place(rule, lane, drawn);
    });
    for (const lane of [this.#up, this.#down]) {
      lane.plan.sort((one, other) => one.byte - other.byte);
      this.#strike(lane, output);
    }
  }

  #place(rule: PlannedRule, lane: Lane, drawn: number): void {
    if (rule.after !== undefined) {
      const { host, since } = this.subject;
      const due = Math.max(host.clock.now(), since + rule.after);
      this.#timers.push(host.setTimer(due, () => this.#happen(rule, lane)));
      return;
    }
    const byte = rule.byte ?? lane.place + (rule.fault === 'slice' ? 0 : drawn);
    // What lies behind is over.
    if (byte >= lane.place) lane.plan.push({ rule, byte });
  }

  // — What happens —

  /** Has all happen that is due at this place. */
  #strike(lane: Lane, output: CodecOutput): void {
    for (let next = lane.plan[0]; next !== undefined && next.byte <= lane.place && !this.#isOver; next = lane.plan[0]) {
      // What is held is held before whatever else comes at this place.
      if (lane.holds) return;
      lane.plan.shift();
      this.#apply(next.rule, lane, output);
    }
  }

  #happen(rule: PlannedRule, lane: Lane): void {
    if (this.#output !== null && !this.#isOver) this.#apply(rule, lane, this.#output);
  }

  #apply(rule: PlannedRule, lane: Lane, output: CodecOutput): void {
    const { fault } = rule;
    if (lane.ended) return;
    this.subject.happened(fault, fault === 'reset' ? null : lane.direction, lane.place);
    if (fault === 'reset') {
      this.#isOver = true;
      output.failed(WSAECONNRESET);
    } else if (fault === 'stall' || fault === 'delay') lane.hold(rule.hold, output);
    else if (fault === 'slice') lane.slice = rule.size;
    else if (fault === 'corrupt') lane.corrupts++;
    else if (fault === 'truncate') {
      lane.ended = true;
      if (lane === this.#up) output.ended();
      else output.finished();
    }
  }

  // — What passes —

  send(bytes: Uint8Array, output: CodecOutput): void {
    if (this.#up.isIdle) {
      this.#up.place += bytes.length;
      output.encoded(bytes);
    } else this.#pass(this.#up, bytes, output);
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    if (this.#down.isIdle) {
      this.#down.place += bytes.length;
      output.decoded(bytes);
    } else this.#pass(this.#down, bytes, output);
  }

  #pass(lane: Lane, bytes: Uint8Array, output: CodecOutput): void {
    let at = 0;
    this.#strike(lane, output);
    while (at < bytes.length && !lane.holds && !this.#isOver) {
      if (lane.ended) return;
      let end = bytes.length;
      const next = lane.plan[0];
      if (next !== undefined) end = Math.min(end, at + next.byte - lane.place);
      if (lane.slice > 0) end = Math.min(end, at + 1 + Math.floor(lane.random.next() * lane.slice));
      if (lane.corrupts > 0) end = Math.min(end, at + 1);
      const piece = bytes.subarray(at, end);
      lane.place += end - at;
      at = end;
      if (lane.corrupts > 0) {
        lane.corrupts--;
        lane.hand(output, Uint8Array.of(piece[0]! ^ (1 << Math.floor(lane.random.next() * 8))));
      } else lane.hand(output, piece);
      this.#strike(lane, output);
      if (lane.slice > 0 && !this.#isOver) lane.hold(BETWEEN_SLICES, output);
    }
    if (at < bytes.length && lane.holds && !this.#isOver) output.unread(bytes.subarray(at));
  }

  end(output: CodecOutput): void {
    output.finished();
  }

  close(): void {
    this.#isOver = true;
    this.#stopTimers();
    this.#up.close();
    this.#down.close();
    this.subject.left();
  }

  #stopTimers(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
  }
}
