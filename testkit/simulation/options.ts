// How a simulation is to be, and what its options may be.
import { checkOptions, isObject, numberThat, objectWith, type OptionRule } from '../../spi/option-check.js';
import { FAULT_KINDS, type SimulationFaults } from './faults.js';
import type { SimulatedNetwork } from './network.js';

/** The time of a simulation. */
export interface SimulatedTime {
  /** The first moment, in milliseconds; 0 if absent. */
  readonly start?: number;
  /** Milliseconds of the simulation that a run takes at most; 600,000 if absent. One that takes longer has failed. */
  readonly limit?: number;
}

/** How a simulation is to be; everything may be left out. */
export interface SimulateOptions {
  /** What it is called in messages, and in WS2SPI_SIMULATE when a program has several. */
  readonly name?: string;
  /** The first seed, a whole number; 1 if absent. */
  readonly seed?: number;
  /** How many seeds to run, from the first one on; 1 if absent. */
  readonly seeds?: number;
  /** The network between the machines. */
  readonly network?: SimulatedNetwork;
  /** What goes wrong; nothing if absent. */
  readonly faults?: SimulationFaults;
  /** The numbers of the faults to bring about, of those that the seed plans; all of them if absent. */
  readonly only?: readonly number[];
  /** The time. */
  readonly clock?: SimulatedTime;
  /** How many seeds may fail before no more are tried; 3 if absent. Each is run again and again for its fewest faults. */
  readonly failures?: number;
}

const whole = (least: number): OptionRule =>
  numberThat((value) => Number.isSafeInteger(value) && value >= least, `a whole number, ${least} or more`);
const MILLISECONDS = numberThat((value) => value >= 0 && value < Infinity, 'milliseconds, 0 or more');

const RULES: Readonly<Record<keyof SimulateOptions, OptionRule>> = {
  name: { fits: (value) => typeof value === 'string' && /^[^@]*$/.test(value), expected: 'a text without @' },
  seed: numberThat((value) => Number.isSafeInteger(value), 'a whole number'),
  seeds: whole(1),
  network: { fits: isObject, expected: 'an object: { latency, jitter, bandwidth, queue, loss, reordering }' },
  faults: { fits: isObject, expected: 'an object: { resets: 2, crashes: 1, … }' },
  only: {
    fits: (value) => Array.isArray(value) && value.every((each) => Number.isInteger(each)),
    expected: 'an array of numbers of faults',
  },
  clock: objectWith([], 'an object: { start, limit }'),
  failures: whole(1),
};

const NETWORK = ['latency', 'jitter', 'bandwidth', 'queue', 'loss', 'reordering'] as const;

/** Looks at all options at once, those within others too. @throws TypeError naming the one that does not fit */
export function checkSimulateOptions(options: SimulateOptions): void {
  checkOptions('simulate', options, RULES);
  const ANY_NUMBER = numberThat(() => true, 'a number');
  // What the numbers of a link may be the link says itself.
  checkOptions(
    'simulate: network',
    options.network ?? {},
    Object.fromEntries(NETWORK.map((each) => [each, ANY_NUMBER])),
  );
  checkOptions('simulate: faults', options.faults ?? {}, {
    ...Object.fromEntries(FAULT_KINDS.map((kind) => [kind, whole(0)])),
    within: MILLISECONDS,
    longest: MILLISECONDS,
  });
  checkOptions('simulate: clock', options.clock ?? {}, { start: MILLISECONDS, limit: MILLISECONDS });
}
