// Stacks of codec layers, beside as many Transforms over node:net, no layer at all, and the bare work of the layers.
import { ratioRow } from '../harness/rows.mjs';
import { measureStacks } from '../harness/stacks.mjs';

const MESSAGE = 64;
const MANY = 50;
const BLOCK = 65536;
/** What fits a frame of Ethernet, as programs that know datagrams write. */
const SMALL = 1400;
/** Connections that are being made at a time. */
const MAKING = 8;

const chain = (layers) => ['chain-sockets', layers];
const transforms = (layers) => ['transforms', layers];
const winsock = (layers) => ['winsock', layers];

/** The program and how many layers, by what the rows call it. */
const PROGRAMS = {
  '5 layers': chain(5),
  'no layer': chain(0),
  '5 Transforms': transforms(5),
  net: transforms(0),
  'WinSock API': winsock(5),
};

/** What is measured side by side, and what each row compares: its name, one program, the other, the least ratio. */
const COMPARISONS = [
  {
    title: '64 KiB writes',
    load: 'bulk',
    args: ['--size', BLOCK],
    programs: PROGRAMS,
    rows: [
      ['5 layers', '5 layers', 'no layer', 0.7],
      ['5 layers', '5 layers', '5 Transforms', 3],
      ['no layer', 'no layer', 'net', 1.3],
      ['5 layers by event objects', 'WinSock API', '5 layers', 1.3],
    ],
  },
  {
    title: '1,400-byte writes',
    load: 'bulk',
    args: ['--size', SMALL],
    programs: PROGRAMS,
    rows: [
      ['5 layers', '5 layers', 'no layer', 0.6],
      ['5 layers', '5 layers', '5 Transforms', 3],
      ['no layer', 'no layer', 'net', 1.3],
      ['5 layers by event objects', 'WinSock API', '5 layers', 1.3],
    ],
  },
  {
    // How the cost grows with the layers is the same in two processes.
    title: '1,400-byte writes',
    load: 'bulk',
    args: ['--size', SMALL],
    apart: false,
    programs: { '1 layer': chain(1), '7 layers': chain(7) },
    rows: [['7 layers', '7 layers', '1 layer', 0.2]],
  },
  {
    title: '64 KiB writes',
    load: 'bulk',
    args: ['--size', BLOCK, '--xor'],
    programs: { '5 XOR layers': chain(5), 'bare loops': ['bare-loops', 5] },
    rows: [['5 XOR layers', '5 XOR layers', 'bare loops', 0.9]],
  },
  {
    title: `ping-pong of ${MESSAGE} bytes, 1 connection`,
    load: 'ping',
    args: ['--size', MESSAGE],
    // As in echo-1: where waking the other process is no part of it.
    oneCpu: true,
    programs: PROGRAMS,
    rows: [
      ['5 layers', '5 layers', '5 Transforms', 1.2],
      ['no layer', 'no layer', 'net', 1],
      ['5 layers by event objects', 'WinSock API', '5 layers', 1.3],
    ],
  },
  {
    title: `ping-pong of ${MESSAGE} bytes, ${MANY} connections`,
    load: 'ping',
    args: ['--size', MESSAGE, '--connections', MANY],
    programs: { '5 layers': chain(5), '5 Transforms': transforms(5) },
    rows: [['5 layers', '5 layers', '5 Transforms', 1.2]],
  },
  {
    title: `connections made and closed, ${MAKING} at a time`,
    load: 'connect',
    args: ['--size', MESSAGE, '--connections', MAKING],
    programs: { '3 layers': chain(3), 'no layer': chain(0), net: transforms(0) },
    rows: [
      ['3 layers', '3 layers', 'no layer', 0.5],
      ['no layer', 'no layer', 'net', 0.5],
    ],
  },
];

/** What is counted, in which unit, and when V8 has optimised it: seconds of processor time since the process began. */
const LOADS = {
  bulk: { counted: 'served', unit: 'MB/s', warm: 1.2 },
  ping: { counted: 'done', unit: 'messages/s', warm: 1 },
  connect: { counted: 'done', unit: 'connections/s', warm: 2.5 },
};

async function codecStack(context) {
  const rows = [];
  for (const { title, load, args, programs, oneCpu = false, apart = true, rows: compared } of COMPARISONS) {
    for (const separate of apart ? [false, true] : [false]) {
      const where = !separate ? 'one process' : oneCpu ? 'two processes, one CPU' : 'two processes';
      context.progress(`${title}, ${where}`);
      const { rates, cpuRates } = await measureStacks(context, {
        programs: Object.fromEntries(
          Object.entries(programs).map(([name, [program, layers]]) => [
            name,
            [program, load, '--layers', layers, ...args].map(String),
          ]),
        ),
        separate,
        oneCpu,
        warm: LOADS[load].warm,
        counted: LOADS[load].counted,
      });
      for (const [what, own, other, least] of compared) {
        const row = ratioRow(`${title}, ${what}, ${where}`, rates, own, other, least, LOADS[load].unit);
        const cpuRatio = cpuRates[own].median / cpuRates[other].median;
        row.value += `; ${cpuRatio.toFixed(2)} × by processor time`;
        Object.assign(row.data, { cpuRatio, ownByCpu: cpuRates[own], otherByCpu: cpuRates[other] });
        rows.push(row);
      }
    }
  }
  return rows;
}

/** The case of this file, as `cases.mjs` has it. It measures much: rounds are fewer and shorter, unless others are asked for. */
export const CODEC_STACK_CASES = {
  'codec-stack': {
    title: 'stacks of codec layers against Transforms over node:net, no layer, and their bare work',
    rounds: 5,
    seconds: 0.5,
    measure: codecStack,
  },
};
