import type { RandomSource } from '../spi/index.js';

/**
 * A seeded generator (xorshift32 scrambled by a multiplication): the same seed gives the same run.
 *
 * @param seed any integer; 0 is replaced, since the generator would stand still
 */
export function seededRandom(seed: number): RandomSource {
  let state = seed | 0 || 0x9e3779b9;
  return {
    next(): number {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (Math.imul(state, 0x2c1b3c6d) >>> 0) / 0x1_0000_0000;
    },
  };
}

/** A generator that no run repeats, for instances that were given none. */
export function systemRandom(): RandomSource {
  return { next: Math.random };
}
