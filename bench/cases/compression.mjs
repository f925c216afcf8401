// The compression layer against its engines.
import { benchPath } from '../harness/commands.mjs';
import { runForJson, runForText } from '../harness/processes.mjs';
import { ratioRow } from '../harness/rows.mjs';
import { summarize } from '../harness/statistics.mjs';

const LEAST = 0.9;

async function compression(context) {
  const command = [process.execPath, benchPath('compression-cost.mjs'), '--json'];
  const processes = [];
  for (let round = 1; round <= context.rounds; round++) {
    processes.push(await runForJson(context.pinning.wrap(0, command), 600_000));
    context.progress(`process ${round} of ${context.rounds}`);
  }
  const of = (title) => {
    const rates = processes.map((process) => summarize(process[title]).median);
    return { ...summarize(rates), rates };
  };
  const methods = ['deflate', 'brotli', 'zstd'].filter((method) => `${method} bare` in processes[0]);
  return methods.map((method) => {
    const results = { 'the layer': of(`${method} layer`), 'the bare engine': of(`${method} bare`) };
    return ratioRow(`compression, ${method}, 64 KiB of text`, results, 'the layer', 'the bare engine', LEAST, 'MB/s');
  });
}

async function engines(context) {
  const text = await runForText([process.execPath, benchPath('compression.mjs')], 600_000);
  context.progress('done');
  return [
    {
      name: 'compression engines',
      measured: 'see the table below',
      value: '',
      target: '',
      reached: null,
      data: { table: text },
      appendix: text,
    },
  ];
}

/** The cases of this file, as `cases.mjs` has them. */
export const COMPRESSION_CASES = {
  compression: { title: 'the compression layer, against its bare engines', measure: compression },
  'compression-engines': { title: 'engines for the compression layer: time and size', measure: engines },
};
