import type { RandomSource } from '../spi/index.js';

/** A generator that a seed begins: the same seed gives the same numbers, on every machine and version of Node.js. */
export interface SeededRandom extends RandomSource {
  /** A number from 0 up to but not including 1, one of 2³². */
  readonly next: () => number;
  /**
   * Makes a generator for one purpose. What it gives depends on the seed and the label alone: not on what this one or others have
   * given, so that a purpose more or less changes no other.
   *
   * @param label what it is for; the same label gives the same numbers
   */
  readonly fork: (label: string | number) => SeededRandom;
}

/**
 * The generator of everything that chance decides and a run has to repeat (sfc32, with 128 bits of state).
 *
 * @param seed a number or a text; a number is the same seed as its decimal text, so that `7` and a command line's `seed=7` are one
 * @throws TypeError for a seed that is neither
 */
export function seededRandom(seed: number | string): SeededRandom {
  if (typeof seed !== 'number' && typeof seed !== 'string') {
    throw new TypeError(`seededRandom: the seed must be a number or a text, not ${typeof seed}`);
  }
  return generatorOf(`${seed}`);
}

/** A generator that no run repeats, for instances that were given none. */
export function systemRandom(): RandomSource {
  return { next: Math.random, isUnrepeatable: true };
}

/** @param path the seed, and the labels of forks after it */
function generatorOf(path: string): SeededRandom {
  const seeds = splitMix(hashOf(path));
  let a = seeds();
  let b = seeds();
  let c = seeds();
  let counter = 1;
  const next = (): number => {
    const drawn = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + drawn) | 0;
    return (drawn >>> 0) / 0x1_0000_0000;
  };
  // What seeds that are alike have in common is gone after a dozen.
  for (let i = 0; i < 12; i++) next();
  // A length before each part: no two ways of labels make the same path.
  return { next, fork: (label) => generatorOf(`${path.length}:${path}/${label}`) };
}

/** Two numbers of 32 bits that depend on every letter of a text. */
function hashOf(text: string): readonly [number, number] {
  let first = 0x811c9dc5;
  let second = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x85ebca6b);
    second ^= second >>> 15;
  }
  return [mix(first ^ text.length), mix(second ^ first)];
}

/** Draws seeds of 32 bits from a hash. */
function splitMix([first, second]: readonly [number, number]): () => number {
  let state = first;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state ^ second) ^ mix(second + state);
  };
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
