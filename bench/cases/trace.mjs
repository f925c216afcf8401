// What recording costs, however much is kept.
import { benchPath } from '../harness/commands.mjs';
import { runForJson } from '../harness/processes.mjs';
import { limitRow } from '../harness/rows.mjs';
import { summarize } from '../harness/statistics.mjs';

const MOST = 1.15;
const TITLES = {
  record: 'a record',
  exchange: 'send or recv of 64 bytes through the trace layer',
  datagram: 'sendto or recvfrom through the trace layer',
};

async function traceCost(context) {
  const command = [process.execPath, benchPath('trace-cost.mjs'), '--json'];
  const processes = [];
  for (let round = 1; round <= context.rounds; round++) {
    processes.push(await runForJson(context.pinning.wrap(0, command), 600_000));
    context.progress(`process ${round} of ${context.rounds}`);
  }
  return Object.entries(TITLES).map(([call, title]) => {
    const of = (kept) => {
      const rates = processes.map((times) => summarize(times[call][kept]).median);
      return { ...summarize(rates), rates };
    };
    const results = { '100,000 records kept': of('many'), '10 kept': of('few') };
    return limitRow(`trace: ${title}`, results, '100,000 records kept', '10 kept', MOST, 'ns');
  });
}

/** The cases of this file, as `cases.mjs` has them. */
export const TRACE_CASES = {
  trace: { title: 'what the trace layer costs per call, with few and with very many records kept', measure: traceCost },
};
