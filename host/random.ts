import type { RandomSource } from '../spi/index.js';

/**
 * A seeded generator (Mulberry32) of evenly spread numbers, at least 0 and less than 1: the same seed gives the same
 * run.
 *
 * @param seed any integer; its lower 32 bits count
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

/** A generator that no run repeats, for instances that were given none. */
export function systemRandom(): RandomSource {
  return { next: Math.random, isUnrepeatable: true };
}
