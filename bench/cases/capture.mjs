// What the layer `capture` costs, off and on.
import { benchPath } from '../harness/commands.mjs';
import { runForJson } from '../harness/processes.mjs';
import { informationRow, ratioRow } from '../harness/rows.mjs';
import { summarize } from '../harness/statistics.mjs';

const TITLES = { bulk: 'send and recv of 64 KiB', exchange: 'send and recv of 64 bytes' };
const SIZES = { bulk: 65_536, exchange: 64 };
const LEAST = 0.5;

async function captureCost(context) {
  const command = [process.execPath, benchPath('capture.mjs'), '--json'];
  const processes = [];
  for (let round = 1; round <= context.rounds; round++) {
    processes.push(await runForJson(context.pinning.wrap(0, command), 600_000));
    context.progress(`process ${round} of ${context.rounds}`);
  }
  return Object.entries(TITLES).flatMap(([kind, title]) => {
    const of = (how) => {
      const rates = processes.map((times) => (SIZES[kind] * 1e9) / summarize(times[kind][how]).median);
      return { ...summarize(rates), rates };
    };
    const results = { without: of('without'), off: of('off'), capturing: of('capturing') };
    return [
      ratioRow(`capture off: ${title}`, results, 'off', 'without', 0.8, 'MB/s'),
      kind === 'bulk'
        ? ratioRow(`capture to a file: ${title}`, results, 'capturing', 'without', LEAST, 'MB/s')
        : informationRow(`capture to a file: ${title}`, results, 'capturing', 'without', 'MB/s'),
    ];
  });
}

/** The cases of this file, as `cases.mjs` has them. */
export const CAPTURE_CASES = {
  capture: { title: 'what the layer `capture` costs, off and writing to a file', measure: captureCost },
};
