// What lies between two endpoints: for now time alone. Bandwidth and loss belong here as well.
import type { RandomSource } from '../../spi/index.js';

/**
 * The properties of every way through a network. They may be changed while packets are under way, which keep the time
 * of arrival that they were given.
 */
export class MemoryLink {
  /** Milliseconds that a packet takes in one direction, at least 0. */
  latency: number;
  /** Milliseconds, at least 0; each packet takes up to so much longer, by chance. */
  jitter: number;
  /** Whose chance it is; `null` for that of the receiving instance. */
  readonly #random: RandomSource | null;

  /**
   * Makes a link.
   *
   * @param latency milliseconds in one direction, at least 0
   * @param jitter the most milliseconds that are added to it, at least 0
   * @param random the source of the jitter; `null` to take the receiving instance's
   */
  constructor(latency: number, jitter: number, random: RandomSource | null) {
    this.latency = latency;
    this.jitter = jitter;
    this.#random = random;
  }

  /** Whether packets arrive in the very call that sends them. */
  get immediate(): boolean {
    return this.latency === 0 && this.jitter === 0;
  }

  /**
   * How long one packet takes in one direction.
   *
   * @param random the receiving instance's source of chance
   * @returns milliseconds
   */
  delay(random: RandomSource): number {
    return this.jitter === 0 ? this.latency : this.latency + this.jitter * (this.#random ?? random).next();
  }
}

/**
 * Makes a generator of evenly spread numbers that repeats itself for the same seed (Mulberry32).
 *
 * @param seed any number; its lower 32 bits count
 * @returns the generator
 */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  return {
    next(): number {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
    },
  };
}
