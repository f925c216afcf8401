// The token bucket of a flow specification: how much may be sent now, and when there may be more.
import { POSITIVE_INFINITY_RATE, QOS_NOT_SPECIFIED, type FLOWSPEC } from '../../spi/index.js';
import type { FlowLimit } from '../core/index.js';

/** The most that one packet carries where a specification does not say it. */
export const USUAL_PACKET = 1460;
/** Milliseconds of traffic that may go at once even so: no timer is finer. */
const SLICE = 1;
/** The part of a second that a bucket holds whose size is not specified. */
const USUAL_DEPTH = 0.1;
/** Bytes by which the sums of fractions may be wrong. */
const ROUNDING = 1e-6;

/** A bucket that fills at a rate and never beyond its size; every byte sent takes a token out of it. */
export class TokenBucket {
  #tokens: number;
  #filledAt: number;

  /**
   * Makes a bucket.
   *
   * @param rate tokens per second
   * @param size the most tokens in it
   * @param now milliseconds of the instance's clock
   * @param tokens how many there are to begin with; a full bucket if absent
   */
  constructor(
    readonly rate: number,
    readonly size: number,
    now: number,
    tokens = size,
  ) {
    this.#tokens = Math.min(tokens, size);
    this.#filledAt = now;
  }

  /** The tokens in it at a moment of the clock; never goes back in time. */
  tokens(now: number): number {
    if (now > this.#filledAt) {
      this.#tokens = Math.min(this.size, this.#tokens + ((now - this.#filledAt) * this.rate) / 1000);
      this.#filledAt = now;
    }
    return this.#tokens;
  }

  /** Takes tokens out, which the caller has seen to be there. */
  take(count: number, now: number): void {
    this.#tokens = this.tokens(now) - count;
  }

  /** The moment at which there are so many, if none are taken before; `Infinity` for more than it can hold. */
  filledWith(count: number, now: number): number {
    if (count > this.size) return Infinity;
    const missing = count - this.tokens(now);
    return missing <= ROUNDING ? now : now + (missing * 1000) / this.rate;
  }
}

/** What limits one direction of a flow: the bucket of its token rate, and the narrow one of its peak bandwidth. */
export class FlowMeter implements FlowLimit {
  readonly leastCharge: number;
  readonly mostMessage: number;
  readonly quantum: number;
  readonly #buckets: readonly TokenBucket[];

  private constructor(buckets: readonly TokenBucket[], specification: FLOWSPEC) {
    const { MaxSduSize, MinimumPolicedSize } = specification;
    const size = Math.min(...buckets.map((bucket) => bucket.size));
    const rate = Math.min(...buckets.map((bucket) => bucket.rate));
    const packet = isFigure(MaxSduSize) ? MaxSduSize : Infinity;
    this.#buckets = buckets;
    this.leastCharge = isFigure(MinimumPolicedSize) ? MinimumPolicedSize : 0;
    this.mostMessage = Math.min(size, packet);
    this.quantum = Math.max(1, Math.min(size, Math.max(Math.min(packet, USUAL_PACKET), (rate * SLICE) / 1000)));
  }

  /**
   * Makes the meter of a specification.
   *
   * @param specification one that is sound (`checkFlow`)
   * @param shapingRate bytes per second at most; `Infinity` for no such limit
   * @param now milliseconds of the instance's clock
   * @param before the meter until now: what was sent by it stays sent
   * @returns the meter, or `null` where nothing is limited
   */
  static of(
    specification: FLOWSPEC,
    shapingRate: number,
    now: number,
    before: FlowMeter | null = null,
  ): FlowMeter | null {
    const { TokenRate, TokenBucketSize, PeakBandwidth, MaxSduSize } = specification;
    const packet = isFigure(MaxSduSize) ? MaxSduSize : USUAL_PACKET;
    const rate = Math.min(isFigure(TokenRate) ? TokenRate : Infinity, shapingRate);
    const buckets: TokenBucket[] = [];
    if (rate < Infinity) {
      const size = isFigure(TokenBucketSize) ? TokenBucketSize : Math.max(packet, Math.ceil(rate * USUAL_DEPTH));
      buckets.push(new TokenBucket(rate, size, now, before?.room(now)));
    }
    if (isFigure(PeakBandwidth)) {
      const slice = Math.ceil((PeakBandwidth * SLICE) / 1000);
      buckets.push(new TokenBucket(PeakBandwidth, Math.max(packet, slice), now, before?.room(now)));
    }
    return buckets.length === 0 ? null : new FlowMeter(buckets, specification);
  }

  room(now: number): number {
    let room = Infinity;
    for (const bucket of this.#buckets) room = Math.min(room, bucket.tokens(now));
    return room + ROUNDING;
  }

  take(bytes: number, now: number): void {
    for (const bucket of this.#buckets) bucket.take(bytes, now);
  }

  roomFor(bytes: number, now: number): number {
    let moment = now;
    for (const bucket of this.#buckets) moment = Math.max(moment, bucket.filledWith(bytes, now));
    return moment;
  }
}

/** Several limits that hold together. */
export class JointLimit implements FlowLimit {
  readonly leastCharge: number;
  readonly mostMessage: number;
  readonly quantum: number;

  constructor(
    private readonly own: FlowLimit,
    private readonly others: FlowLimit,
  ) {
    this.leastCharge = Math.max(own.leastCharge, others.leastCharge);
    this.mostMessage = Math.min(own.mostMessage, others.mostMessage);
    this.quantum = Math.min(own.quantum, others.quantum);
  }

  room(now: number): number {
    return Math.min(this.own.room(now), this.others.room(now));
  }

  take(bytes: number, now: number): void {
    this.own.take(bytes, now);
    this.others.take(bytes, now);
  }

  roomFor(bytes: number, now: number): number {
    return Math.max(this.own.roomFor(bytes, now), this.others.roomFor(bytes, now));
  }
}

/** Whether a member is a figure, and not "not specified" or "without limit". */
export function isFigure(value: number): boolean {
  return value !== QOS_NOT_SPECIFIED && value !== POSITIVE_INFINITY_RATE;
}
