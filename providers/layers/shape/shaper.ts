// What the traffic of a layer is held to, and made from it for each socket.
import type { RandomSource } from '../../../spi/index.js';
import { type Bottleneck, type ShapingHost } from './bottleneck.js';

/** What is sent, or what is received. */
export type ShapedDirection = 'up' | 'down';

/** How a layer shapes, all defaults filled in. */
export interface Shape {
  /** Bytes per second of each direction; `Infinity` for no limit. */
  readonly up: number;
  readonly down: number;
  /** Bytes that may go at once; `undefined` for a tenth of a second's. */
  readonly burst: number | undefined;
  /** Whether all sockets have the rates together. */
  readonly shared: boolean;
  /** Milliseconds. */
  readonly latency: number;
  readonly jitter: number;
  /** Probabilities of datagrams. */
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  /** Bytes that may be under way in each direction of a socket. */
  readonly window: number;
}

/** How many times as long an overtaken datagram takes at most. */
const OVERTAKEN = 4;
/** Milliseconds that it takes at most where the others take none. */
const OVERTAKEN_AT_ONCE = 5;

/** What chance and time make of the traffic of one direction of one socket. */
export class Path {
  #last = -Infinity;

  constructor(
    readonly shape: Shape,
    readonly host: ShapingHost,
    private readonly random: RandomSource,
    /** `null` where the rate is not limited. */
    readonly bottleneck: Bottleneck | null,
  ) {}

  /** Whether it takes no time. */
  get isImmediate(): boolean {
    return this.shape.latency === 0 && this.shape.jitter === 0;
  }

  /** The moment at which what goes now arrives; nothing arrives before what went before it. */
  arrival(): number {
    this.#last = Math.max(this.#last, this.#travel());
    return this.#last;
  }

  /** As `arrival`, of a datagram, which others may overtake. */
  datagramArrival(): number {
    const { reordering, latency, jitter } = this.shape;
    const moment = this.arrival();
    if (reordering === 0 || this.random.next() >= reordering) return moment;
    const usual = latency + jitter;
    return moment + this.random.next() * (usual === 0 ? OVERTAKEN_AT_ONCE : OVERTAKEN * usual);
  }

  #travel(): number {
    const { latency, jitter } = this.shape;
    const now = this.host.clock.now() + latency;
    return jitter === 0 ? now : now + jitter * this.random.next();
  }

  /** How often a datagram arrives: 0, 1 or 2. */
  copies(): number {
    const { loss, duplication } = this.shape;
    if (loss > 0 && this.random.next() < loss) return 0;
    return duplication > 0 && this.random.next() < duplication ? 2 : 1;
  }
}
