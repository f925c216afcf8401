// What lies between two endpoints: time, bandwidth and loss.
import type { RandomSource } from '../../../spi/index.js';

/** The least that a packet of a stream carries when what is sent has to be cut into packets. */
const LEAST_SEGMENT = 1460;
/** Milliseconds without an acknowledgement, beyond the way there and back, after which a packet is sent again. */
const RETRANSMISSION = 300;
/** How many times as long a datagram that is overtaken takes at most. */
const OVERTAKEN = 5;
/** So often a packet is sent again at most: what a stream carries arrives in the end. */
const MOST_RETRANSMISSIONS = 5;
/** Bytes of datagrams that wait for the link unless told otherwise: the longest datagram has room. */
const DEFAULT_QUEUE = 65_536;

/** The properties of a link; what is absent costs nothing. */
export interface LinkOptions {
  /** Milliseconds that every packet takes in one direction, 0 or more; 0 by default. */
  readonly latency?: number;
  /** Milliseconds, 0 or more: the most that chance adds to each packet's latency; 0 by default. */
  readonly jitter?: number;
  /**
   * Bytes per second, more than 0, that each direction of a connection carries, and each datagram socket to each other
   * one; `Infinity` by default. What is sent while the link is busy waits for it. Headers are not counted.
   */
  readonly bandwidth?: number;
  /**
   * Bytes of datagrams, 0 or more, that may wait while the link is busy; what is sent beyond that is lost. 65536 by
   * default; without effect on streams, and without `bandwidth`.
   */
  readonly queue?: number;
  /**
   * The probability, from 0 to less than 1, with which a datagram is lost; 0 by default. Streams lose nothing: a packet
   * of theirs is sent again after a way there and back and 300 milliseconds, five times at most and after twice the
   * time each time, and what was sent after it waits. The packets that repeat take no bandwidth.
   */
  readonly loss?: number;
  /**
   * The probability, from 0 to less than 1, with which a datagram takes up to five times as long as others and is
   * overtaken by later ones of its sender; 0 by default. Without `latency` or `jitter` it takes up to five milliseconds.
   */
  readonly reordering?: number;
}

interface Range {
  readonly fits: (value: number) => boolean;
  /** What a value has to be, and what to do when that is not what was meant. */
  readonly cure: string;
}

const MILLISECONDS: Range = {
  fits: (value) => value >= 0 && value < Infinity,
  cure: 'give milliseconds, 0 or more (hosts that never answer are listed in `silent`)',
};

/** What each property may be. */
const RANGES: Readonly<Record<keyof LinkOptions, Range>> = {
  latency: MILLISECONDS,
  jitter: MILLISECONDS,
  bandwidth: {
    fits: (value) => value > 0,
    cure: 'give bytes per second, more than 0, or leave it out for no limit',
  },
  queue: {
    fits: (value) => value >= 0,
    cure: 'give bytes, 0 or more, or leave it out for 65536',
  },
  loss: {
    fits: (value) => value >= 0 && value < 1,
    cure: 'give a probability, from 0 to less than 1: 0.05 for 5 % (hosts that never answer are listed in `silent`)',
  },
  reordering: {
    fits: (value) => value >= 0 && value < 1,
    cure: 'give a probability, from 0 to less than 1: 0.05 for 5 %',
  },
};

/**
 * Looks whether a property of a link may have a value.
 *
 * @returns the value
 * @throws RangeError that says what to give
 */
function checked(property: keyof LinkOptions, value: number): number {
  const { fits, cure } = RANGES[property];
  if (typeof value === 'number' && fits(value)) return value;
  throw new RangeError(`The ${property} of a memory network cannot be ${String(value)}: ${cure}.`);
}

/**
 * The properties of every way through a network. They may be changed while packets are under way, which keep the time
 * of arrival that they were given; a value out of range is refused with a RangeError.
 */
export class MemoryLink {
  /** Whether packets arrive in the very call that sends them. */
  immediate = true;
  /** The most bytes of a stream that travel as one packet. @internal */
  segment = Infinity;

  #latency: number;
  #jitter: number;
  #bandwidth: number;
  #queue: number;
  #loss: number;
  #reordering: number;
  /** Whether nothing gets through, and who waits for the moment when it does again. */
  #cut = false;
  readonly #waiting = new Set<() => void>();
  /** Whose chance it is; `null` for that of the receiving instance. */
  readonly #random: RandomSource | null;

  /**
   * Makes a link.
   *
   * @param options its properties
   * @param random the source of jitter and loss; `null` to take the receiving instance's
   * @throws RangeError for a property out of range
   */
  constructor(options: LinkOptions, random: RandomSource | null) {
    this.#latency = checked('latency', options.latency ?? 0);
    this.#jitter = checked('jitter', options.jitter ?? 0);
    this.#bandwidth = checked('bandwidth', options.bandwidth ?? Infinity);
    this.#queue = checked('queue', options.queue ?? DEFAULT_QUEUE);
    this.#loss = checked('loss', options.loss ?? 0);
    this.#reordering = checked('reordering', options.reordering ?? 0);
    this.#random = random;
    this.#review();
  }

  /** Milliseconds that a packet takes in one direction, 0 or more. */
  get latency(): number {
    return this.#latency;
  }
  set latency(milliseconds: number) {
    this.#latency = checked('latency', milliseconds);
    this.#review();
  }

  /** Milliseconds, 0 or more; each packet takes up to so much longer, by chance. */
  get jitter(): number {
    return this.#jitter;
  }
  set jitter(milliseconds: number) {
    this.#jitter = checked('jitter', milliseconds);
    this.#review();
  }

  /** Bytes per second in one direction, more than 0; `Infinity` for no limit. */
  get bandwidth(): number {
    return this.#bandwidth;
  }
  set bandwidth(bytesPerSecond: number) {
    this.#bandwidth = checked('bandwidth', bytesPerSecond);
    this.#review();
  }

  /** Bytes of datagrams that may wait for a busy link, 0 or more. */
  get queue(): number {
    return this.#queue;
  }
  set queue(bytes: number) {
    this.#queue = checked('queue', bytes);
  }

  /** The probability that a packet is lost, from 0 to less than 1. */
  get loss(): number {
    return this.#loss;
  }
  set loss(probability: number) {
    this.#loss = checked('loss', probability);
    this.#review();
  }

  /** The probability that a datagram is overtaken by later ones, from 0 to less than 1. */
  get reordering(): number {
    return this.#reordering;
  }
  set reordering(probability: number) {
    this.#reordering = checked('reordering', probability);
    this.#review();
  }

  /**
   * Whether nothing gets through that is sent from now on: datagrams are lost, and what a stream sends goes once the link is mended,
   * unless the stream has given up by then.
   */
  get cut(): boolean {
    return this.#cut;
  }

  /** Cuts the link, or mends it. */
  setCut(cut: boolean): void {
    this.#cut = cut;
    this.#review();
    if (cut) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const mended of waiting) mended();
  }

  /** Calls back once the link is mended; the function returned takes that back. @internal */
  whenMended(mended: () => void): () => void {
    this.#waiting.add(mended);
    return () => void this.#waiting.delete(mended);
  }

  #review(): void {
    const limited = this.#bandwidth < Infinity;
    const takesNoTime = this.#latency === 0 && this.#jitter === 0 && !limited;
    this.immediate = takesNoTime && this.#loss === 0 && this.#reordering === 0 && !this.#cut;
    // A fast link carries at least a millisecond's worth at a time, so that packets do not become too many.
    if (limited) this.segment = Math.max(LEAST_SEGMENT, Math.floor(this.#bandwidth / 1000));
    else this.segment = this.#loss === 0 ? Infinity : LEAST_SEGMENT;
  }

  /**
   * How long so many bytes keep the link busy.
   *
   * @returns milliseconds
   */
  busy(bytes: number): number {
    return (bytes * 1000) / this.#bandwidth;
  }

  /**
   * Whether a datagram finds no room in the queue of a link that is busy.
   *
   * @param wait milliseconds until the link is free
   * @param bytes the datagram's
   */
  overflows(wait: number, bytes: number): boolean {
    return wait > 0 && (wait * this.#bandwidth) / 1000 + bytes > this.#queue;
  }

  /**
   * How long one packet takes in one direction, once it is on the link.
   *
   * @param random the receiving instance's source of chance
   * @returns milliseconds
   */
  delay(random: RandomSource): number {
    return this.#jitter === 0 ? this.#latency : this.#latency + this.#jitter * (this.#random ?? random).next();
  }

  /**
   * How long a packet takes that is sent again until it arrives, as those of streams are.
   *
   * @param random the receiving instance's source of chance
   * @returns milliseconds
   */
  reliableDelay(random: RandomSource): number {
    let delay = this.delay(random);
    let wait = RETRANSMISSION + 2 * this.#latency;
    for (let times = 0; times < MOST_RETRANSMISSIONS && this.loses(random); times++) {
      delay += wait;
      wait *= 2;
    }
    return delay;
  }

  /**
   * How much longer a datagram takes that later ones overtake.
   *
   * @param random the receiving instance's source of chance
   * @returns milliseconds; 0 for one that keeps its place
   */
  detour(random: RandomSource): number {
    if (this.#reordering === 0) return 0;
    const chance = this.#random ?? random;
    if (chance.next() >= this.#reordering) return 0;
    return chance.next() * OVERTAKEN * (this.#latency + this.#jitter || 1);
  }

  /**
   * Whether this packet is lost.
   *
   * @param random the receiving instance's source of chance
   */
  loses(random: RandomSource): boolean {
    if (this.#cut) return true;
    return this.#loss !== 0 && (this.#random ?? random).next() < this.#loss;
  }
}
