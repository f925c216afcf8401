// What holds the traffic of one direction to its rate, whoever shares it.
import { FlowMeter } from '../../../io/index.js';
import { QOS_NOT_SPECIFIED, SERVICETYPE_BESTEFFORT, type InstanceHost, type Timer } from '../../../spi/index.js';

/** What shaping needs of the instance. */
export type ShapingHost = Pick<InstanceHost, 'clock' | 'setTimer'>;

/** Who waits for tokens. */
export interface Waiter {
  /** There are tokens, and it is this one's turn to ask for them. */
  mayGo(): void;
}

/**
 * The token bucket of one direction, of one socket or of all sockets of a layer. Who finds it empty waits in a row, and whoever has
 * had a good piece goes to its end, so that none starves.
 */
export class Bottleneck {
  readonly #meter: FlowMeter;
  /** Bytes that are worth waiting for. */
  readonly #piece: number;
  readonly #waiting: Waiter[] = [];
  readonly #invited = new Set<Waiter>();
  #timer: Timer | null = null;

  /**
   * @param rate bytes per second, more than 0
   * @param burst bytes that may go at once; a tenth of a second's if `undefined`
   */
  constructor(
    private readonly host: ShapingHost,
    private readonly rate: number,
    burst: number | undefined,
  ) {
    const unspecified = QOS_NOT_SPECIFIED;
    const specification = {
      TokenRate: unspecified,
      TokenBucketSize: burst ?? unspecified,
      PeakBandwidth: unspecified,
      Latency: unspecified,
      DelayVariation: unspecified,
      ServiceType: SERVICETYPE_BESTEFFORT,
      MaxSduSize: unspecified,
      MinimumPolicedSize: unspecified,
    };
    this.#meter = FlowMeter.of(specification, rate, host.clock.now())!;
    this.#piece = Math.max(1, Math.floor(this.#meter.quantum));
  }

  /**
   * Asks for tokens.
   *
   * @param bytes how many are wanted, 1 or more
   * @returns how many of them may go now; 0 when it has to wait, and will be told by `mayGo`
   */
  ask(waiter: Waiter, bytes: number): number {
    const isInvited = this.#invited.delete(waiter);
    if (this.#waiting.length > 0 && (!isInvited || this.#waiting.includes(waiter))) {
      this.#wait(waiter);
      return 0;
    }
    const room = Math.floor(this.#meter.room(this.host.clock.now()));
    if (room < Math.min(bytes, this.#piece)) {
      this.#wait(waiter);
      return 0;
    }
    return Math.min(bytes, room, this.#waiting.length > 0 ? this.#piece : room);
  }

  /** Takes tokens; of a datagram that is longer than what there is, those to come as well. */
  take(bytes: number): void {
    this.#meter.take(bytes, this.host.clock.now());
  }

  /** Nobody of this name waits any more. */
  leave(waiter: Waiter): void {
    this.#invited.delete(waiter);
    const place = this.#waiting.indexOf(waiter);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (this.#waiting.length === 0) this.#plan(null);
  }

  #wait(waiter: Waiter): void {
    if (!this.#waiting.includes(waiter)) this.#waiting.push(waiter);
    if (this.#timer === null) this.#plan(this.host.clock.now());
  }

  /** Sees to it that the first in the row is told when there is enough, but not before a moment. */
  #plan(earliest: number | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (earliest === null) return;
    const moment = this.#meter.roomFor(this.#piece, this.host.clock.now());
    this.#timer = this.host.setTimer(Math.max(moment, earliest), () => this.#invite());
  }

  #invite(): void {
    this.#timer = null;
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#invited.add(first);
    // Whether the first one takes what there is shows later: the next is told when as much has come again.
    if (this.#waiting.length > 0) {
      this.#plan(this.host.clock.now() + (this.#piece / this.rate) * 1000);
    }
    first.mayGo();
  }
}
