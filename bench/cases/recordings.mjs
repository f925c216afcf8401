// What it costs to be recorded, and how fast a recording answers.
import { benchPath } from '../harness/commands.mjs';
import { runForJson } from '../harness/processes.mjs';
import { ratioRow, wholeNumber } from '../harness/rows.mjs';
import { summarize } from '../harness/statistics.mjs';

const LEAST_RATIO = 0.7;
const LEAST_REQUESTS = 20_000;

async function recordings(context) {
  const command = [process.execPath, benchPath('recording-speed.mjs'), '--json'];
  const processes = [];
  for (let round = 1; round <= context.rounds; round++) {
    processes.push(await runForJson(context.pinning.wrap(0, command), 600_000));
    context.progress(`process ${round} of ${context.rounds}`);
  }
  const of = (title) => {
    const rates = processes.map((figures) => summarize(figures[title]).median);
    return { ...summarize(rates), rates };
  };
  const compared = (title) => ({ recorded: of(title), plain: of(`${title} without`) });
  const replay = of('replay');
  return [
    ratioRow('record, 64 KiB writes', compared('bulk'), 'recorded', 'plain', LEAST_RATIO, 'GB/s'),
    ratioRow('record, requests of 200 bytes', compared('http'), 'recorded', 'plain', LEAST_RATIO, 'requests/s'),
    {
      name: 'replay, requests of 200 bytes',
      measured: `${wholeNumber(replay.median)} (${wholeNumber(replay.min)}–${wholeNumber(replay.max)}) requests/s`,
      value: wholeNumber(replay.median),
      target: `≥ ${wholeNumber(LEAST_REQUESTS)} requests/s`,
      reached: replay.median >= LEAST_REQUESTS,
      data: { replay, least: LEAST_REQUESTS },
    },
  ];
}

/** The cases of this file, as `cases.mjs` has them. */
export const RECORDING_CASES = {
  recordings: { title: 'what the layer record costs, and how fast replay answers', measure: recordings },
};
