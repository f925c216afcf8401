// Five layers that ship and have nothing to do, against none.
import { ratioRow } from '../harness/rows.mjs';
import { measureStacks } from '../harness/stacks.mjs';

const LEAST = 0.8;

/** What is measured: its name, the load and its arguments, what is counted, and when V8 has optimised it. */
const LOADS = [
  { title: '64 KiB writes', load: 'bulk', args: ['--size', '65536'], counted: 'served', unit: 'MB/s', warm: 1.2 },
  { title: '64-byte writes', load: 'bulk', args: ['--size', '64'], counted: 'served', unit: 'MB/s', warm: 1.2 },
  {
    title: 'ping-pong of 64 bytes',
    load: 'ping',
    args: ['--size', '64'],
    counted: 'done',
    unit: 'messages/s',
    warm: 1,
  },
];

/** What a connection goes through: the sockets of `ws2spi/node`, or those of WinSock by event objects. */
const SOCKETS = { ChainSocket: 'chain-sockets', 'event objects': 'winsock' };

async function fiveLayers(context) {
  const rows = [];
  for (const [sockets, program] of Object.entries(SOCKETS)) {
    for (const { title, load, args, counted, unit, warm } of LOADS) {
      context.progress(`${title}, ${sockets}`);
      const { rates, cpuRates } = await measureStacks(context, {
        programs: {
          'five layers': [program, load, '--shipped', ...args],
          'no layer': [program, load, '--layers', '0', ...args],
        },
        separate: true,
        oneCpu: load === 'ping',
        warm,
        counted,
      });
      const row = ratioRow(
        `${title}, trace, policy, shape, fault and capture at rest, ${sockets}`,
        rates,
        'five layers',
        'no layer',
        LEAST,
        unit,
      );
      const cpuRatio = cpuRates['five layers'].median / cpuRates['no layer'].median;
      row.value += `; ${cpuRatio.toFixed(2)} × by processor time`;
      Object.assign(row.data, { cpuRatio });
      rows.push(row);
    }
  }
  return rows;
}

/** The case of this file, as `cases.mjs` has it. */
export const FIVE_LAYERS_CASES = {
  'five-layers': {
    title: 'trace, policy, shape without limits, fault without faults and capture off, against no layer',
    rounds: 5,
    seconds: 0.5,
    measure: fiveLayers,
  },
};
