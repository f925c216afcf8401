// What deciding costs.
import { benchPath } from '../harness/commands.mjs';
import { runForJson } from '../harness/processes.mjs';
import { summarize } from '../harness/statistics.mjs';

const MOST_MICROSECONDS = 20;
const TITLES = {
  addresses: 'policy: a connect with 1,000 rules of networks',
  names: 'policy: a connect with 1,000 rules of names',
  audit: 'policy: a connect with 1,000 rules of networks, audited to a file',
};

const microseconds = (value) => `${value.toFixed(2)} µs`;

async function policyCost(context) {
  const command = [process.execPath, benchPath('policy-cost.mjs'), '--json'];
  const processes = [];
  for (let round = 1; round <= context.rounds; round++) {
    processes.push(await runForJson(context.pinning.wrap(0, command), 600_000));
    context.progress(`process ${round} of ${context.rounds}`);
  }
  const of = (title) => summarize(processes.map((times) => summarize(times[title]).median));
  const bare = of('bare');
  return Object.entries(TITLES).map(([kind, name]) => {
    const ruled = of(kind);
    const cost = ruled.median - bare.median;
    return {
      name,
      measured: `with ${microseconds(ruled.median)} (${microseconds(ruled.min)}–${microseconds(ruled.max)}); without ${microseconds(bare.median)}`,
      value: microseconds(cost),
      target: `≤ ${MOST_MICROSECONDS} µs`,
      reached: cost <= MOST_MICROSECONDS,
      data: { bare, ruled, most: MOST_MICROSECONDS },
    };
  });
}

/** The cases of this file, as `cases.mjs` has them. */
export const POLICY_CASES = {
  policy: { title: 'what the layer policy costs per connect, with 1,000 rules', measure: policyCost },
};
