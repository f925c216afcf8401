import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Foreign } from './run.js';
import { sequenceOf, tryOut } from './sequences.js';

/** The one seed to be tried, or the first of those that WS2SPI_SEQUENCES has tried. */
const FIRST = process.env['WS2SPI_SEED'];
/** How many sequences are tried on each provider, if that is said. */
const SEQUENCES = process.env['WS2SPI_SEQUENCES'];
/** Milliseconds that a sequence may take. */
const LONGEST = 2000;

function seeds(usual: number): number[] {
  const length = Number(SEQUENCES ?? (FIRST === undefined ? usual : 1));
  return Array.from({ length }, (_, index) => Number(FIRST ?? 1) + index);
}

describe.each([
  ['memory', 300],
  ['tcpip', 150],
] as const)('random sequences of calls keep to the rules: %s', (base, usual) => {
  let foreign: Foreign;
  beforeAll(() => {
    foreign = new Foreign();
  });
  afterAll(() => {
    expect(foreign.close()).toBe(true);
  });

  const all = seeds(usual);
  const groups = Array.from({ length: Math.ceil(all.length / 25) }, (_, index) =>
    all.slice(index * 25, index * 25 + 25),
  );
  test.each(groups.map((group) => [group[0]!, group.at(-1)!, group] as const))(
    'seeds %d to %d',
    (_first, _last, group) => {
      const failures: string[] = [];
      for (const seed of group) {
        let took = Infinity;
        let failure: string | null = null;
        // What waits in vain does so each time; a machine that stands still for seconds does not.
        for (let attempt = 1; attempt <= 2 && failure === null && took >= LONGEST; attempt++) {
          const began = performance.now();
          failure = tryOut(base, foreign, seed);
          took = performance.now() - began;
        }
        if (failure === null && took >= LONGEST) failure = `seed ${seed} on ${base}: took ${took} ms, twice`;
        if (failure !== null) failures.push(failure);
      }
      if (failures.length > 0) expect.fail(failures.join('\n\n'));
    },
  );
});

test('the same seed gives the same sequence', () => {
  expect(sequenceOf(5)).toEqual(sequenceOf(5));
  expect(sequenceOf(5)).not.toEqual(sequenceOf(6));
});
