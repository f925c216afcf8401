// One run of one seed, to its end or to what it failed with.
/* eslint-disable no-restricted-syntax, no-restricted-globals -- scenarios are promises, and the event loop runs them */
import { seededRandom, VirtualClock } from '../../index.js';
import { hasRequests, quietTurns } from '../run.js';
import { doFault, planOf, type PlannedFault } from './faults.js';
import type { SimulateOptions } from './options.js';
import { SimulationTrace } from './trace.js';
import { SimulatedWorld } from './world.js';

/** What a simulation is about: machines, what they do, and what has to hold. */
export type Scenario = (world: SimulatedWorld) => void | PromiseLike<void>;

/** What became of a run. */
export interface SimulationRun {
  /** What it failed with; `null` when it did not. */
  readonly failure: { readonly error: unknown } | null;
  /** The faults that were brought about, each with what it did. */
  readonly faults: readonly { readonly fault: PlannedFault; readonly text: string }[];
  /** How many faults the seed plans. */
  readonly planned: number;
  readonly trace: SimulationTrace;
  /** Milliseconds of the simulation that it took. */
  readonly took: number;
}

const LIMIT = 600_000;

/**
 * Runs a scenario once.
 *
 * @param only the numbers of the faults to bring about; `null` for all of the plan
 */
export async function runOnce(
  options: SimulateOptions,
  seed: number,
  only: readonly number[] | null,
  scenario: Scenario,
): Promise<SimulationRun> {
  const { start = 0, limit = LIMIT } = options.clock ?? {};
  const clock = new VirtualClock(start);
  const random = seededRandom(seed);
  const trace = new SimulationTrace();
  const plan = planOf(options.faults ?? {}, random.fork('faults'));
  let failure: SimulationRun['failure'] = null;
  let over = false;
  const fail = (error: unknown): void => {
    if (!over) failure ??= { error };
    over = true;
  };
  const world = new SimulatedWorld(clock, random, trace, { latency: 1, ...options.network }, fail);
  const faults: { fault: PlannedFault; text: string }[] = [];
  for (const fault of plan) {
    if (only !== null && !only.includes(fault.index)) continue;
    world.after(fault.at, () => {
      const text = doFault(world, fault);
      trace.note(clock.now(), `fault ${fault.index}: ${text}`);
      faults.push({ fault, text });
    });
  }
  const release = catchUncaught(fail);
  try {
    // Not called within this very turn: what it does at once counts like what it does later.
    void Promise.resolve(world)
      .then(scenario)
      .then(
        () => void (over = true),
        (error: unknown) => fail(error),
      );
    const isOver = (): boolean => over;
    for (let idle = 0; ;) {
      await quietTurns(isOver);
      if (over) break;
      if (hasRequests() || (clock.nextTimer() === Infinity && idle++ === 0)) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      const next = clock.nextTimer();
      if (next === Infinity) fail(new Error(stuck(world.waiters())));
      else if (next > start + limit)
        fail(new Error(`it was not over after ${limit} ms of the simulation${waiting(world.waiters())}`));
      else {
        idle = 0;
        advance(clock, next, fail);
      }
    }
  } finally {
    over = true;
    world.close();
    await quietTurns(() => false);
    release();
  }
  if (failure !== null) trace.note(clock.now(), `failed: ${firstLine((failure as { error: unknown }).error)}`);
  return { failure, faults, planned: plan.length, trace, took: clock.now() - start };
}

function advance(clock: VirtualClock, next: number, fail: (error: unknown) => void): void {
  try {
    clock.advance(Math.max(0, next - clock.now()));
  } catch (error) {
    fail(error);
  }
}

/**
 * Has what nobody caught fail the run instead of the process; the function returned ends that. What others have installed
 * for it stays.
 */
function catchUncaught(fail: (error: unknown) => void): () => void {
  if (process.hasUncaughtExceptionCaptureCallback()) return () => undefined;
  process.setUncaughtExceptionCaptureCallback(fail);
  return () => process.setUncaughtExceptionCaptureCallback(null);
}

function stuck(waiters: readonly string[]): string {
  return `nothing is left that could go on: no timer of the simulation is set${waiting(waiters)}`;
}

function waiting(waiters: readonly string[]): string {
  return waiters.length > 0
    ? `, and these wait:\n  ${waiters.join('\n  ')}`
    : '; a promise of the scenario never settles';
}

/** The first line of what something failed with. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return message.split('\n')[0]!;
}
