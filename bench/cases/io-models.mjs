// An echo by each of the I/O models, and the option that keeps polling.
import { node } from '../harness/commands.mjs';
import { measureServers } from '../harness/rounds.mjs';
import { ratioRow } from '../harness/rows.mjs';
import { Skipped } from '../harness/skipped.mjs';

const MESSAGE = 64;
const MANY = 50;
const SPIN = 50;
const LEAST = 1;
const LEAST_SPINNING = 2;

/** One connection with client and server on one CPU, where waking the other is no part of it; then many on two. */
async function echo(context, what, own, loads) {
  const rows = [];
  for (const connections of loads) {
    const title = connections === 1 ? '1 connection, one CPU' : `${connections} connections`;
    context.progress(title);
    const results = await measureServers(context, {
      servers: { net: node('net', 'echo'), ws2spi: own },
      load: ['ping', connections, MESSAGE],
      oneCpu: connections === 1,
    });
    rows.push(ratioRow(`echo by ${what}, ${MESSAGE} bytes, ${title}`, results, 'ws2spi', 'net', LEAST, 'messages/s'));
  }
  return rows;
}

async function spin(context) {
  if (!context.pinning.separate) throw new Skipped('client and server need a CPU each, and taskset');
  const results = await measureServers(context, {
    servers: { net: node('net', 'echo'), ws2spi: node('ws2spi', 'echo', '--spin', String(SPIN)) },
    load: ['ping', 1, MESSAGE],
  });
  const name = `echo, ${MESSAGE} bytes, 1 connection across two CPUs, spin ${SPIN} µs`;
  return [ratioRow(name, results, 'ws2spi', 'net', LEAST_SPINNING, 'messages/s')];
}

/** The cases of this file, as `cases.mjs` has them. */
export const IO_MODEL_CASES = {
  'overlapped-routines': {
    title: 'overlapped echo by completion routines, 1 and 50 connections',
    measure: (context) => echo(context, 'completion routines', node('ws2spi-overlapped', 'routines'), [1, MANY]),
  },
  'overlapped-ports': {
    title: 'overlapped echo by a completion port, 1 and 50 connections',
    measure: (context) => echo(context, 'a completion port', node('ws2spi-overlapped', 'ports'), [1, MANY]),
  },
  messages: {
    title: 'echo by window messages (WSAAsyncSelect), 50 connections',
    measure: (context) => echo(context, 'window messages', node('ws2spi-messages', 'echo'), [MANY]),
  },
  spin: { title: 'echo with the option "spin", 1 connection across two CPUs', measure: spin },
};
