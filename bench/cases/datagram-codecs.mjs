// What codecs of datagrams cost.
import { benchPath } from '../harness/commands.mjs';
import { runForJson } from '../harness/processes.mjs';
import { informationRow } from '../harness/rows.mjs';
import { summarize } from '../harness/statistics.mjs';

async function datagramCodecs(context) {
  const command = [process.execPath, benchPath('datagram-codec-cost.mjs'), '--json'];
  const processes = [];
  for (let round = 1; round <= context.rounds; round++) {
    processes.push(await runForJson(context.pinning.wrap(0, command), 600_000));
    context.progress(`process ${round} of ${context.rounds}`);
  }
  const of = (title) => {
    const rates = processes.map((times) => 1e9 / summarize(times[title]).median);
    return { ...summarize(rates), rates };
  };
  const results = { without: of('without'), 'one codec': of('one'), 'three codecs': of('three') };
  return ['one codec', 'three codecs'].map((how) =>
    informationRow(`a datagram of 64 bytes through ${how}, in memory`, results, how, 'without', 'datagrams/s'),
  );
}

/** The case of this file, as `cases.mjs` has it. */
export const DATAGRAM_CODEC_CASES = {
  'datagram-codecs': { title: 'what codecs of datagrams cost, beside none', measure: datagramCodecs },
};
