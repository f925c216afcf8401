// The layer `tls` beside node:tls: bulk, messages, and connections made with a full handshake or a resumed session.
import { ratioRow } from '../harness/rows.mjs';
import { measureStacks } from '../harness/stacks.mjs';

const MESSAGE = 64;
const MANY = 50;
const BLOCK = 65536;
/** Connections that are being made at a time. */
const MAKING = 8;

/** What is measured, and the least ratio to node:tls. */
const COMPARISONS = [
  { title: '64 KiB writes', load: 'bulk', args: ['--size', BLOCK], least: 1.3, separate: [false, true] },
  {
    title: `ping-pong of ${MESSAGE} bytes, ${MANY} connections`,
    load: 'ping',
    args: ['--size', MESSAGE, '--connections', MANY],
    least: 1.2,
    separate: [false, true],
  },
  {
    title: `full handshakes, ${MAKING} at a time`,
    load: 'connect',
    args: ['--size', MESSAGE, '--connections', MAKING],
    least: 0.9,
    separate: [false],
  },
  {
    title: `resumed sessions, ${MAKING} at a time`,
    load: 'connect',
    args: ['--size', MESSAGE, '--connections', MAKING, '--resume'],
    least: 0.9,
    separate: [false],
  },
];

/** Sockets of ws2spi/node, and where there is a program of it, the WinSock API with event objects. */
const PROGRAMS = {
  bulk: ['tls-sockets', 'tls-winsock', 'node-tls'],
  ping: ['tls-sockets', 'tls-winsock', 'node-tls'],
  connect: ['tls-sockets', 'node-tls'],
};

/** What is counted, in which unit, and when V8 has optimised it: seconds of processor time since the process began. */
const LOADS = {
  bulk: { counted: 'served', unit: 'MB/s', warm: 1.2 },
  ping: { counted: 'done', unit: 'messages/s', warm: 1 },
  connect: { counted: 'done', unit: 'connections/s', warm: 1.5 },
};

async function secured(context) {
  const rows = [];
  for (const { title, load, args, least, separate } of COMPARISONS) {
    for (const apart of separate) {
      const where = apart ? 'two processes' : 'one process';
      context.progress(`${title}, ${where}`);
      const names = PROGRAMS[load];
      const programs = Object.fromEntries(names.map((name) => [name, [name, load, ...args].map(String)]));
      const { counted, unit, warm } = LOADS[load];
      const { rates, cpuRates } = await measureStacks(context, { programs, separate: apart, warm, counted });
      for (const own of names.filter((name) => name !== 'node-tls')) {
        const how = own === 'tls-winsock' ? ' by event objects' : '';
        const row = ratioRow(`TLS, ${title}${how}, ${where}`, rates, own, 'node-tls', least, unit);
        const cpuRatio = cpuRates[own].median / cpuRates['node-tls'].median;
        row.value += `; ${cpuRatio.toFixed(2)} × by processor time`;
        Object.assign(row.data, { cpuRatio });
        rows.push(row);
      }
    }
  }
  return rows;
}

/** The case of this file, as `cases.mjs` has it. */
export const TLS_CASES = {
  tls: { title: 'the layer tls beside node:tls', rounds: 5, seconds: 0.5, measure: secured },
};
