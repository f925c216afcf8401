// What hooks of the debug facility cost: none, one that is off again, one on another function, and one that only counts.
//
//   node bench/hook-cost.mjs [--rounds N] [--json]
//
// A call is a `send` or a `recv` of 64 bytes on the memory provider. Each kind is a process of its own, in turn: a function that was hooked once has
// taught V8 what others do not have.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AF_INET, createWs2_32, FIONBIO, IPPROTO_TCP, ref, SOCK_STREAM, sockaddr_in } from '../dist/index.js';
import { median } from './harness/statistics.mjs';

const SIZE = 64;
const CALLS = 20_000;
const STRETCHES = 150;
const WARM_UP = 40;

let told = 0;
const count = () => void told++;

/** What is done to an instance before it is measured. */
const KINDS = {
  none: () => undefined,
  off: (ws2) => ws2.debug.hook({ match: ['send', 'recv', 'WSPSend', 'WSPRecv'], before: count })(),
  other: (ws2) => void ws2.debug.hook({ match: ['sendto', 'WSPSendTo'], before: count }),
  counting: (ws2) => void ws2.debug.hook({ match: ['send', 'recv'], before: count }),
};

/** Measures in this process: nanoseconds of processor time per call. */
function measureHere(kind) {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const open = () => ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  const [listener, client, name] = [open(), open(), new Uint8Array(16)];
  ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
  ws2.listen(listener, 1);
  ws2.getsockname(listener, name, ref(16));
  ws2.connect(client, name, 16);
  const server = ws2.accept(listener, null, null);
  for (const s of [client, server]) ws2.ioctlsocket(s, FIONBIO, ref(1));
  KINDS[kind](ws2);
  const bytes = new Uint8Array(SIZE);
  const exchange = () => {
    for (let i = 0; i < CALLS; i += 2) {
      if (ws2.send(client, bytes, SIZE, 0) !== SIZE || ws2.recv(server, bytes, SIZE, 0) !== SIZE)
        throw new Error('no exchange');
    }
  };
  for (let i = 0; i < WARM_UP; i++) exchange();
  let best = Infinity;
  for (let i = 0; i < STRETCHES; i++) {
    const before = process.cpuUsage();
    exchange();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / CALLS);
  }
  if (kind === 'counting' && told < CALLS * STRETCHES) throw new Error('the hook was not told of all calls');
  ws2[Symbol.dispose]();
  return best;
}

/**
 * Measures each kind in processes of their own.
 *
 * @param {{ rounds?: number, progress?: (text: string) => void }} options
 * @returns nanoseconds per call, a figure for each round, by kind
 */
export function measureHookCost({ rounds = 5, progress = () => {} } = {}) {
  const times = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const kind of Object.keys(KINDS)) {
      const command = [fileURLToPath(import.meta.url), '--child', kind];
      times[kind].push(Number(execFileSync(process.execPath, command, { encoding: 'utf8' })));
    }
    progress(`round ${round} of ${rounds}`);
  }
  return times;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean' }, child: { type: 'string' } },
  });
  if (values.child !== undefined) console.log(measureHere(values.child));
  else {
    const times = measureHookCost({ rounds: Number(values.rounds) });
    if (values.json) console.log(JSON.stringify(times));
    else
      for (const [kind, each] of Object.entries(times)) console.log(`${kind}: ${median(each).toFixed(1)} ns per call`);
  }
}
