import type { ConnectionName, DatagramCodec, DatagramOutput } from '../../../chain/index.js';
import type { SeededRandom } from '../../../host/random.js';
import type { FaultDirection, PlannedRule } from './options.js';
import type { Subject } from './plan.js';

/** Bytes that may be late; what comes then is not. */
const MOST_LATE = 1024 * 1024;

interface Late {
  readonly bytes: Uint8Array;
  readonly name: ConnectionName;
  readonly direction: FaultDirection;
  readonly due: number;
}

/** Has the datagrams of a socket meet their faults. */
export class DatagramFaults implements DatagramCodec {
  readonly #counts = { up: 0, down: 0 };
  /** When a direction goes on that stands still. */
  readonly #still = { up: -Infinity, down: -Infinity };
  #rules: { readonly rule: PlannedRule; readonly chance: Record<FaultDirection, SeededRandom> }[] = [];
  #late: Late[] = [];
  #lateBytes = 0;

  constructor(private readonly subject: Subject) {
    this.replan();
  }

  replan(): void {
    this.#still.up = this.#still.down = -Infinity;
    this.#rules = this.subject.rules().map(({ rule, at }) => {
      const random = this.subject.chanceOf(at);
      return { rule, chance: { up: random.fork('up'), down: random.fork('down') } };
    });
  }

  send(bytes: Uint8Array, to: ConnectionName, output: DatagramOutput): void {
    this.#pass('up', bytes, to, output);
  }

  receive(bytes: Uint8Array, from: ConnectionName, output: DatagramOutput): void {
    this.#pass('down', bytes, from, output);
  }

  #pass(direction: FaultDirection, given: Uint8Array, name: ConnectionName, output: DatagramOutput): void {
    const number = ++this.#counts[direction];
    const now = this.subject.host.clock.now();
    let bytes = given;
    let copies = 1;
    let wait = 0;
    for (const { rule, chance } of this.#rules) {
      if (rule.direction !== undefined && rule.direction !== direction) continue;
      const random = chance[direction];
      // Drawn for each, whatever the rule says: what one datagram meets changes nothing for the next.
      const [meets, where] = [random.next() < rule.rate, random.next()];
      if (!meets || !this.#concerns(rule, number, now)) continue;
      switch (rule.fault) {
        case 'drop':
          copies = 0;
          break;
        case 'duplicate':
          copies *= 2;
          break;
        case 'delay':
          wait += rule.hold;
          break;
        case 'stall':
          this.#still[direction] = now + rule.hold;
          break;
        case 'corrupt':
          if (bytes.length > 0) bytes = corrupted(bytes, where);
          break;
        case 'truncate':
          bytes = bytes.subarray(0, Math.floor(where * bytes.length));
          break;
        default:
          continue;
      }
      this.subject.happened(rule.fault, direction, number);
    }
    if (now < this.#still[direction]) return;
    for (; copies > 0; copies--) {
      if (wait === 0 || this.#lateBytes >= MOST_LATE) hand(output, direction, bytes, name);
      else this.#keep({ bytes: new Uint8Array(bytes), name, direction, due: now + wait }, output);
    }
  }

  #concerns(rule: PlannedRule, number: number, now: number): boolean {
    if (rule.datagram !== undefined && rule.datagram !== number) return false;
    return rule.after === undefined || now >= this.subject.since + rule.after;
  }

  #keep(late: Late, output: DatagramOutput): void {
    this.#late.push(late);
    this.#late.sort((one, other) => one.due - other.due);
    this.#lateBytes += late.bytes.length + 256;
    this.#plan(output);
  }

  #plan(output: DatagramOutput): void {
    const first = this.#late[0];
    output.setTimer(first === undefined ? null : first.due - output.now());
  }

  timer(output: DatagramOutput): void {
    const now = output.now();
    const due = this.#late.filter((each) => each.due <= now);
    this.#late = this.#late.slice(due.length);
    for (const { bytes, name, direction } of due) {
      this.#lateBytes -= bytes.length + 256;
      hand(output, direction, bytes, name);
    }
    this.#plan(output);
  }

  shutdown(output: DatagramOutput): void {
    this.#late = this.#late.filter(({ direction }) => direction === 'up');
    this.#plan(output);
  }

  close(): void {
    this.#late = [];
    this.subject.left();
  }
}

function corrupted(bytes: Uint8Array, where: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  const bit = Math.floor(where * bytes.length * 8);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function hand(output: DatagramOutput, direction: FaultDirection, bytes: Uint8Array, name: ConnectionName): void {
  if (direction === 'up') output.encoded(bytes, name);
  else output.decoded(bytes, name);
}
