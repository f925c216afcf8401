/* eslint-disable no-restricted-syntax -- scenarios are promises */
import { relative } from 'node:path';
import { checkSimulateOptions, type SimulateOptions } from './options.js';
import { firstLine, runOnce, type Scenario, type SimulationRun } from './run-once.js';
import { shrink } from './shrink.js';
import { firstDifference } from './trace.js';

/** A seed that failed, with the fewest faults that it still fails with. */
export interface SimulationFailure {
  readonly seed: number;
  /** What it failed with. */
  readonly error: unknown;
  /** The numbers of the faults that are left, and what each did. */
  readonly faults: readonly { readonly index: number; readonly at: number; readonly text: string }[];
  /** How many faults the seed plans. */
  readonly planned: number;
  /** The line that repeats it, for a shell. */
  readonly line: string;
  /** What happened, line by line. */
  readonly trace: readonly string[];
}

/** What came of a simulation all of whose seeds did as they should. */
export interface SimulationReport {
  /** How many seeds were run. */
  readonly seeds: number;
  /** The hash of the first seed's trace: it tells whether two runs, of two versions perhaps, were alike. */
  readonly hash: string;
  /** The first seed's trace. */
  readonly trace: readonly string[];
  /** Milliseconds of the simulation that all seeds took together. */
  readonly simulated: number;
  /** How many faults were brought about in all. */
  readonly faults: number;
}

/** Seeds of a simulation failed. The message tells each with its fewest faults, and the line that repeats it. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';

  /** The seeds that failed. */
  declare readonly failures: readonly SimulationFailure[];

  constructor(message: string, failures: readonly SimulationFailure[]) {
    super(message, { cause: failures[0]?.error });
    // The message has what matters of them; whoever prints the error gets no more.
    Object.defineProperty(this, 'failures', { value: failures, enumerable: false });
  }
}

/** Lines of the trace that a message shows. */
const LAST_LINES = 8;
const REPEAT = 'WS2SPI_SIMULATE';
let running = false;

/**
 * Runs machines, and programs on them, in one process under a virtual clock and over a seeded network: what happens,
 * and in which order, depends on the seed alone. Time costs nothing. Faults come as the seed plans them; a seed that fails
 * is run again with fewer and fewer of them, and told with the fewest, and with a line that repeats it. That a seed
 * repeats is tried with the first one, which is run twice.
 *
 * @param options seeds, network, faults and time
 * @param scenario starts programs on machines, uses them, and throws when something is not as it should be
 * @returns what came of it
 * @throws SimulationError when seeds failed; Error when a seed does not repeat, which tells where its runs part; TypeError or
 *   RangeError for options that cannot be
 */
export async function simulate(options: SimulateOptions, scenario: Scenario): Promise<SimulationReport> {
  if (typeof options === 'function')
    throw new TypeError('simulate: the scenario comes second, behind the options: simulate({}, scenario)');
  checkSimulateOptions(options ?? null);
  if (typeof scenario !== 'function')
    throw new TypeError('simulate: the second argument is a function that is given the world');
  if (running) throw new Error('simulate: one simulation at a time: wait for the last one');
  running = true;
  try {
    return await simulateAll(options, scenario);
  } finally {
    running = false;
  }
}

async function simulateAll(options: SimulateOptions, scenario: Scenario): Promise<SimulationReport> {
  const repeated = whatToRepeat(options.name);
  const { seed: first = 1, only = null } = repeated ?? options;
  const seeds = repeated === null ? (options.seeds ?? 1) : 1;
  const failures: SimulationFailure[] = [];
  let firstRun: SimulationRun | null = null;
  let [tried, simulated, faults] = [0, 0, 0];
  for (let seed = first; seed < first + seeds && failures.length < (options.failures ?? 3); seed++) {
    const again = (some: readonly number[] | null): Promise<SimulationRun> => runOnce(options, seed, some, scenario);
    const run = await again(only);
    if (firstRun === null || run.failure !== null) await checkRepeats(options, seed, run, () => again(only));
    firstRun ??= run;
    tried++;
    simulated += run.took;
    faults += run.faults.length;
    if (run.failure !== null) failures.push(failureOf(options, seed, await shrink(run, again)));
  }
  if (failures.length > 0) throw new SimulationError(messageOf(options, tried, failures), failures);
  const { trace } = firstRun!;
  return { seeds: tried, hash: trace.hash(), trace: trace.lines, simulated, faults };
}

async function checkRepeats(
  { name }: SimulateOptions,
  seed: number,
  run: SimulationRun,
  again: () => Promise<SimulationRun>,
): Promise<void> {
  const difference = firstDifference(run.trace, (await again()).trace);
  if (difference === null) return;
  const failed = run.failure === null ? '' : `\n  It had failed with ${firstLine(run.failure.error)}`;
  throw new Error(
    `simulate${titleOf(name)}: seed ${seed} does not repeat: ${difference}${failed}\n` +
      '  Take chance from world.random(), time from world.now and node.sleep(): Math.random, Date, setTimeout, random UUIDs and files are ' +
      'different each time, and so is what one run leaves in variables for the next.',
    { cause: run.failure?.error },
  );
}

function failureOf(options: SimulateOptions, seed: number, run: SimulationRun): SimulationFailure {
  const faults = run.faults.map(({ fault: { index, at }, text }) => ({ index, at, text }));
  const spec = `${options.name === undefined ? '' : `${options.name}@`}${seed}:${faults.map(({ index }) => index).join(',')}`;
  return {
    seed,
    error: run.failure!.error,
    faults,
    planned: run.planned,
    line: `${REPEAT}=${quoted(spec)} ${commandLine()}`,
    trace: run.trace.lines,
  };
}

function messageOf(options: SimulateOptions, tried: number, failures: readonly SimulationFailure[]): string {
  const told = failures.map(({ seed, error, faults, planned, line, trace }) => {
    const message = error instanceof Error ? error.message : String(error);
    const left = faults.map(({ index, at, text }) => `\n    ${index}. at ${at} ms: ${text}`);
    const last = trace.slice(-LAST_LINES).map((each) => `\n    ${each}`);
    return (
      `seed ${seed} fails with ${faults.length} of its ${planned} faults: ${message.replaceAll('\n', '\n    ')}` +
      `${left.length === 0 ? '' : `\n  the faults:${left.join('')}`}\n  the end of its trace:${last.join('')}\n  again: ${line}`
    );
  });
  const seeds = options.seeds ?? 1;
  const count =
    seeds === 1
      ? ''
      : ` ${failures.length} of ${tried} seeds failed${tried < seeds ? `, ${seeds - tried} were not tried` : ''}.`;
  return `simulate${titleOf(options.name)}:${count} ${told.join('\n')}`;
}

function titleOf(name: string | undefined): string {
  return name === undefined ? '' : ` "${name}"`;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@:,./=+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command that a person typed, as far as it can be told. */
function commandLine(): string {
  const [, script, ...args] = process.argv;
  if (script === undefined || script.includes('node_modules')) return '<the command that you ran>';
  return ['node', relative(process.cwd(), script), ...args].map(quoted).join(' ');
}

/** What the environment asks to run again; `null` when nothing, or another simulation. */
function whatToRepeat(name: string | undefined): { seed: number; only: readonly number[] | null } | null {
  const wanted = process.env[REPEAT];
  if (wanted === undefined || wanted === '') return null;
  const match = /^(?:([^@]*)@)?(-?\d+)(?::((?:\d+(?:,\d+)*)?))?$/.exec(wanted);
  if (match === null) {
    throw new TypeError(
      `${REPEAT} must be a seed, and the numbers of faults after a colon, such as 812:3,7, not ${JSON.stringify(wanted)}`,
    );
  }
  const [, title, seed, numbers] = match;
  if (title !== undefined && title !== name) return null;
  return { seed: Number(seed), only: numbers === undefined ? null : numbers.split(',').filter(Boolean).map(Number) };
}
