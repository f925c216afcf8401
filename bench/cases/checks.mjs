// What the checks of memory safety cost, beside a copy of the build without them.
import { measureCheckCost, TARGET } from '../check-cost.mjs';

const nanoseconds = (value) => `${value.toFixed(1)} ns`;

async function checkCost(context) {
  const result = measureCheckCost({ rounds: Math.max(context.rounds, 5), progress: context.progress });
  return Object.entries(result).map(([place, row]) => ({
    name: `the checks of memory safety, per call (send and recv of 64 bytes, ${place})`,
    measured: `${nanoseconds(row.with)} per call with them, ${nanoseconds(row.without)} without; spread ${nanoseconds(row.spread)}`,
    value: nanoseconds(row.difference),
    // The kernel's own noise is many times that.
    target: place === 'native' ? '' : `≤ ${TARGET} ns`,
    reached: place === 'native' ? null : row.difference <= TARGET,
    data: row,
  }));
}

export const CHECK_CASES = {
  'check-cost': { title: 'the checks of memory safety, per call', measure: checkCost },
};
