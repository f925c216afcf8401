import type { Clock } from '../../../spi/index.js';

const TWO_TO_32 = 0x1_0000_0000;
const NANOSECONDS = 1_000_000;

/**
 * Times of packets: nanoseconds since 1970 in two halves, by the instance's clock. A virtual clock's beginning is 1970, so
 * that the same run has the same times.
 */
export class CaptureClock {
  /** The upper 32 bits of the time that was read. */
  high = 0;
  /** The lower 32 bits. */
  low = 0;
  /** The clock's time, in milliseconds, that is the base. */
  readonly #start: number;
  readonly #baseHigh: number;
  readonly #baseLow: number;

  constructor(private readonly clock: Clock) {
    const now = clock.now();
    this.#start = clock.virtual ? 0 : now;
    const base = clock.virtual ? 0n : BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
    this.#baseHigh = Number(base >> 32n);
    this.#baseLow = Number(base & 0xffff_ffffn);
  }

  /** The clock's time, in milliseconds. */
  now(): number {
    return this.clock.now();
  }

  /** Has `high` and `low` be the present. */
  read(): void {
    this.set(this.clock.now());
  }

  /** Has `high` and `low` be a moment of the clock, in milliseconds. */
  set(moment: number): void {
    const passed = Math.max(0, Math.round((moment - this.#start) * NANOSECONDS)) + this.#baseLow;
    this.high = (this.#baseHigh + Math.floor(passed / TWO_TO_32)) >>> 0;
    this.low = passed % TWO_TO_32;
  }
}
