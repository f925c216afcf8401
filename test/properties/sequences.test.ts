import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Foreign } from './run.js';
import { sequenceOf, tryOut } from './sequences.js';

/** The one seed to be tried, if one is. */
const ONLY = process.env['WS2SPI_SEED'];
/** How many sequences, on memory; WS2SPI_SEQUENCES has more of them tried. */
const COUNT = Number(process.env['WS2SPI_SEQUENCES'] ?? 300);

const seeds = (count: number): number[] =>
  ONLY === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(ONLY)];

describe.each([
  ['memory', COUNT],
  ['tcpip', Math.ceil(COUNT / 2)],
] as const)('random sequences of calls keep to the rules: %s', (base, count) => {
  let foreign: Foreign;
  beforeAll(() => {
    foreign = new Foreign();
  });
  afterAll(() => {
    expect(foreign.close()).toBe(true);
  });

  const all = seeds(count);
  const groups = Array.from({ length: Math.ceil(all.length / 25) }, (_, index) =>
    all.slice(index * 25, index * 25 + 25),
  );
  test.each(groups.map((group) => [group[0]!, group.at(-1)!, group] as const))(
    'seeds %d to %d',
    (_first, _last, group) => {
      for (const seed of group) {
        const began = performance.now();
        const failure = tryOut(base, foreign, seed);
        if (failure !== null) expect.fail(failure);
        expect(performance.now() - began, `milliseconds of seed ${seed}`).toBeLessThan(2000);
      }
    },
  );
});

test('the same seed gives the same sequence', () => {
  expect(sequenceOf(5)).toEqual(sequenceOf(5));
  expect(sequenceOf(5)).not.toEqual(sequenceOf(6));
});
