// How fast simulations are.
import { benchPath } from '../harness/commands.mjs';
import { runForJson } from '../harness/processes.mjs';
import { wholeNumber } from '../harness/rows.mjs';
import { summarize } from '../harness/statistics.mjs';

const LEAST = 1000;

async function seeds(context) {
  const command = [process.execPath, benchPath('simulate-speed.mjs'), '--json'];
  const rates = [];
  for (let round = 1; round <= context.rounds; round++) {
    const figures = await runForJson(context.pinning.wrap(0, command), 600_000);
    rates.push(summarize(figures.seeds).median * 60);
    context.progress(`process ${round} of ${context.rounds}`);
  }
  const { median, min, max } = summarize(rates);
  return [
    {
      name: 'simulate, a question and its answer over three codecs',
      measured: `${wholeNumber(median)} (${wholeNumber(min)}–${wholeNumber(max)}) seeds a minute`,
      value: wholeNumber(median),
      target: `≥ ${wholeNumber(LEAST)} seeds a minute`,
      reached: median >= LEAST,
      data: { rates, least: LEAST },
    },
  ];
}

/** The case of this file, as `cases.mjs` has it. */
export const SIMULATE_CASES = {
  simulate: { title: 'how many seeds of a simulation pass in a minute', measure: seeds },
};
