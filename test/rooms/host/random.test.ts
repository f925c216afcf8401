import { describe, expect, test } from 'vitest';
import { seededRandom } from 'ws2spi';
import { createTestInstance } from 'ws2spi/testkit';

const draw = (random: { next(): number }, count: number) => Array.from({ length: count }, () => random.next());

describe('A seeded generator', () => {
  test('gives the same numbers for the same seed, and others for others, however near', () => {
    const seeds = [
      0,
      1,
      -1,
      2,
      0.5,
      1e308,
      2 ** 32,
      2 ** 32 + 1,
      Infinity,
      '',
      'a',
      'b',
      'ab',
      'ba',
      'A',
      '\0',
      '\0\0',
      '🙂',
    ];
    const firsts = new Map<string, string | number>();
    for (const seed of seeds) {
      const numbers = draw(seededRandom(seed), 50);
      expect(draw(seededRandom(seed), 50)).toEqual(numbers);
      for (const number of numbers) expect(number >= 0 && number < 1).toBe(true);
      const first = JSON.stringify(numbers.slice(0, 3));
      expect(firsts.get(first), `${seed} is as`).toBe(undefined);
      firsts.set(first, seed);
    }
  });

  test('takes a number for the same seed as its text, as a command line has it', () => {
    expect(draw(seededRandom('7'), 5)).toEqual(draw(seededRandom(7), 5));
    expect(draw(seededRandom(-0), 5)).toEqual(draw(seededRandom(0), 5));
  });

  test('gives the numbers of every version, so that a seed that was written down keeps its run', () => {
    expect(draw(seededRandom(1), 4).map((number) => number * 2 ** 32)).toEqual(RECORDED.one);
    expect(draw(seededRandom('seed').fork('label'), 4).map((number) => number * 2 ** 32)).toEqual(RECORDED.fork);
  });

  test('refuses what is neither number nor text', () => {
    for (const seed of [undefined, null, {}, 1n, true]) {
      expect(() => seededRandom(seed as never)).toThrow(/must be a number or a text, not/);
    }
  });

  test('spreads evenly, whatever the seed: by decile, by bit, and from one number to the next', () => {
    const count = 20_000;
    for (const seed of [0, 1, 2, 'x', 'y', 123456789]) {
      const numbers = draw(seededRandom(seed), count);
      const deciles = new Array<number>(10).fill(0);
      const pairs = new Array<number>(16).fill(0);
      const bits = new Array<number>(32).fill(0);
      numbers.forEach((number, i) => {
        deciles[Math.floor(number * 10)]!++;
        if (i > 0) pairs[Math.floor(numbers[i - 1]! * 4) * 4 + Math.floor(number * 4)]!++;
        const word = number * 2 ** 32;
        for (let bit = 0; bit < 32; bit++) bits[bit]! += Math.floor(word / 2 ** bit) % 2;
      });
      // Six standard deviations: seeds are fixed, so that this passes always or never.
      const near = (found: number, chance: number) =>
        expect(Math.abs(found - count * chance)).toBeLessThan(6 * Math.sqrt(count * chance * (1 - chance)));
      for (const found of deciles) near(found, 1 / 10);
      for (const found of pairs) near(found, 1 / 16);
      for (const found of bits) near(found, 1 / 2);
    }
  });

  test('has first numbers that are spread evenly too, over seeds that follow each other and over labels', () => {
    const halves = [0, 0];
    for (let i = 0; i < 4000; i++) {
      if (seededRandom(i).next() < 0.5) halves[0]!++;
      if (seededRandom('one').fork(i).next() < 0.5) halves[1]!++;
    }
    for (const half of halves) expect(Math.abs(half - 2000)).toBeLessThan(6 * Math.sqrt(1000));
  });

  test('makes others by label, which neither its own numbers nor other labels change', () => {
    const random = seededRandom('world');
    const before = draw(random.fork('loss'), 10);
    draw(random, 100);
    draw(random.fork('jitter'), 100);
    expect(draw(random.fork('loss'), 10)).toEqual(before);
    expect(draw(random.fork('jitter'), 10)).not.toEqual(before);
    expect(draw(random.fork(1), 10)).toEqual(draw(random.fork('1'), 10));
    expect(draw(random.fork('a').fork('b'), 10)).not.toEqual(draw(random.fork('a/b'), 10));
    expect(draw(random.fork('a').fork('b'), 10)).not.toEqual(draw(random.fork('b').fork('a'), 10));
    expect(draw(seededRandom('world/loss'), 10)).not.toEqual(before);
  });

  test('may be that of a test instance, by a text', () => {
    const first = createTestInstance({ seed: 'a failing run' });
    const again = createTestInstance({ seed: 'a failing run' });
    expect(() => createTestInstance({ seed: {} as never })).toThrow(/`seed` must be a number or a text/);
    expect(() => createTestInstance({ seed: NaN })).toThrow(/`seed` must be a number or a text/);
    first.finish();
    again.finish();
  });
});

const RECORDED = {
  one: [1027909565, 3574314794, 576327891, 4033526492],
  fork: [1472589671, 373675353, 747805843, 921299195],
};
