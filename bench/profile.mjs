// Where the ws2spi server spends its time while it serves.
//
//   node bench/profile.mjs [--layers N] [--connections N] [--one-cpu] [--seconds S] [--mode ping|sink|source]
//
// Prints each function's own time, as V8's sampling profiler sees it. Native calls (recv, send, epoll_wait) count as functions:
// theirs is mostly time in the kernel.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Compiler } from './harness/compiler.mjs';
import { Pinning } from './harness/pinning.mjs';
import { runForJson, Server } from './harness/processes.mjs';

const WARM_UP = 1;
const LINES = 40;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SERVER_MODES = { ping: 'echo', sink: 'sink', source: 'source' };

const { values } = parseArgs({
  options: {
    layers: { type: 'string', default: '0' },
    connections: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '4' },
    'one-cpu': { type: 'boolean', default: false },
    mode: { type: 'string', default: 'ping' },
  },
});

const compiler = new Compiler();
const pinning = new Pinning();
const directory = mkdtempSync(join(tmpdir(), 'ws2spi-profile-'));
try {
  const server = await Server.start(
    pinning.wrap(0, [
      process.execPath,
      '--cpu-prof',
      '--cpu-prof-interval=250',
      `--cpu-prof-dir=${directory}`,
      fileURLToPath(new URL('servers/ws2spi.mjs', import.meta.url)),
      SERVER_MODES[values.mode],
      '--layers',
      values.layers,
    ]),
  );
  try {
    const [connections, size] = values.mode === 'ping' ? [values.connections, 64] : [1, 65536];
    const load = [compiler.program('client'), values.mode, server.port, connections, size, WARM_UP, values.seconds].map(
      String,
    );
    const { rate } = await runForJson(pinning.wrap(values['one-cpu'] ? 0 : 1, load), 60_000);
    console.log(`${Math.round(rate).toLocaleString('en')} per second, under the profiler`);
  } finally {
    await server.stop();
  }
  const [file] = readdirSync(directory);
  printOwnTimes(JSON.parse(readFileSync(join(directory, file), 'utf8')));
} finally {
  rmSync(directory, { recursive: true, force: true });
  compiler.dispose();
}

/** Prints the functions with the most time of their own, without what was idle and what came before the measurement. */
function printOwnTimes({ nodes, samples, timeDeltas, startTime, endTime }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const begin = endTime - Number(values.seconds) * 1e6;
  let moment = startTime;
  const times = new Map();
  let total = 0;
  samples.forEach((id, index) => {
    moment += timeDeltas[index];
    if (moment < begin) return;
    const { functionName, url, lineNumber } = byId.get(id).callFrame;
    if (functionName === '(idle)') return;
    const place = url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : url;
    const name = `${functionName || '(anonymous)'} ${place}${place === '' ? '' : `:${lineNumber + 1}`}`;
    times.set(name, (times.get(name) ?? 0) + timeDeltas[index]);
    total += timeDeltas[index];
  });
  const order = [...times].sort(([, a], [, b]) => b - a).slice(0, LINES);
  for (const [name, time] of order) console.log(`${((100 * time) / total).toFixed(1).padStart(5)} %  ${name}`);
}
