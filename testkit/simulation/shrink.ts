/* eslint-disable no-restricted-syntax -- runs are promises */
import type { SimulationRun } from './run-once.js';

/** Runs at most that shrinking one failure takes. */
const MOST_RUNS = 200;

/**
 * Finds the fewest faults with which a seed still fails: none of those that are left can be left out.
 *
 * @param run the run that failed
 * @param again runs the seed with these faults alone
 * @returns the run with the fewest faults
 */
export async function shrink(
  run: SimulationRun,
  again: (only: readonly number[]) => Promise<SimulationRun>,
): Promise<SimulationRun> {
  let smallest = run;
  let runs = 0;
  const numbers = (of: SimulationRun): number[] => of.faults.map(({ fault }) => fault.index);
  const tryWith = (only: readonly number[]): Promise<SimulationRun> => {
    runs++;
    return again(only);
  };
  // Half of them at first, then one by one.
  for (let size = Math.ceil(numbers(smallest).length); size >= 1 && runs < MOST_RUNS;) {
    let smaller = false;
    const all = numbers(smallest);
    for (let at = 0; at < all.length && runs < MOST_RUNS; at += size) {
      const without = [...all.slice(0, at), ...all.slice(at + size)];
      const tried = await tryWith(without);
      if (tried.failure === null) continue;
      smallest = tried;
      smaller = true;
      break;
    }
    if (!smaller) size = size === 1 ? 0 : Math.ceil(size / 2);
    else size = Math.min(size, Math.max(1, numbers(smallest).length));
  }
  return smallest;
}
