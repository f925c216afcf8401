// What the hooks of the debug facility cost, and that they cost nothing where there are none.
import { measureHookCost } from '../hook-cost.mjs';
import { nanoseconds } from '../harness/rows.mjs';
import { interquartileRange, median } from '../harness/statistics.mjs';

/** Nanoseconds that a hook which only counts may cost per call. */
const MOST_COUNTING = 100;
/** Nanoseconds that nothing may measure as. */
const LEAST_NOISE = 3;

async function hookCost(context) {
  const times = measureHookCost({ rounds: Math.max(context.rounds, 5), progress: context.progress });
  const noise = Math.max(interquartileRange(times.none), LEAST_NOISE);
  const rowOf = (kind, title, most) => {
    const difference = median(times[kind].map((time, round) => time - times.none[round]));
    return {
      name: `hooks: ${title}, per call (send and recv of 64 bytes, memory)`,
      measured: `${nanoseconds(median(times[kind]))} per call, ${nanoseconds(median(times.none))} without; noise ${nanoseconds(noise)}`,
      value: nanoseconds(difference),
      target: `≤ ${nanoseconds(most)}`,
      reached: difference <= most,
      data: { times: times[kind], without: times.none },
    };
  };
  return [
    rowOf('off', 'one that was taken off', noise),
    rowOf('other', 'one on other functions', noise),
    rowOf('counting', 'one that only counts', MOST_COUNTING),
  ];
}

/** The cases of this file, as `cases.mjs` has them. */
export const HOOK_CASES = {
  hooks: { title: 'what hooks of the debug facility cost per call', measure: hookCost },
};
