// What reserved ports cost: to make one, to begin with a thousand, and to bind beside them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWs2_32, ref, sockaddr_in } from '../../dist/index.js';
import { median } from '../harness/statistics.mjs';

const BLOCKS = 1000;
const BINDS = 1000;
const MOST_MILLISECONDS = 20;
const MOST_PER_BIND = 2;

/** A catalog with reservations beside it, every second port from one on. */
function catalogWith(folder, name, count, first = 2001) {
  mkdirSync(join(folder, name));
  const persistent = Array.from({ length: count }, (_, index) => ({
    protocol: 'tcp',
    first: first + 2 * index,
    count: 1,
    secret: index.toString(16).padStart(32, '0'),
  }));
  const data = { format: 'ws2spi port reservations', version: 1, serial: 1, persistent, runtime: [] };
  if (count > 0) writeFileSync(join(folder, name, 'port-reservations.json'), JSON.stringify(data));
  return join(folder, name, 'catalog.json');
}

/** Microseconds for a bind, the best of many short stretches. */
function bindTime(ws2, name) {
  let best = Infinity;
  for (let stretch = 0; stretch < 20; stretch++) {
    const sockets = Array.from({ length: BINDS / 20 }, () => ws2.socket(2, 1, 6));
    const before = process.hrtime.bigint();
    for (const s of sockets) ws2.bind(s, name, 16);
    best = Math.min(best, Number(process.hrtime.bigint() - before) / 1000 / sockets.length);
    for (const s of sockets) ws2.closesocket(s);
  }
  return best;
}

function millisecondsOf(action) {
  const before = performance.now();
  if (action() !== 0) throw new Error('the call failed');
  return performance.now() - before;
}

async function ports(context) {
  const folder = mkdtempSync(join(tmpdir(), 'ws2spi-bench-ports-'));
  try {
    const instances = {
      none: createWs2_32({ catalog: catalogWith(folder, 'none', 0) }),
      beside: createWs2_32({ catalog: catalogWith(folder, 'beside', BLOCKS) }),
      among: createWs2_32({ catalog: catalogWith(folder, 'among', BLOCKS, 40_001) }),
      memory: createWs2_32({ catalog: 'memory' }),
    };
    for (const ws2 of Object.values(instances)) ws2.WSAStartup(0x0202, {});
    const times = Object.fromEntries(Object.keys(instances).map((name) => [name, []]));
    const [creates, restarts] = [[], []];
    for (let round = 0; round < context.rounds; round++) {
      for (const [name, ws2] of Object.entries(instances)) times[name].push(bindTime(ws2, sockaddr_in('127.0.0.1', 0)));
      const ws2 = createWs2_32({ catalog: catalogWith(folder, `restart ${round}`, BLOCKS) });
      restarts.push(millisecondsOf(() => ws2.LookupPersistentTcpPortReservation(ws2.htons(3001), 1, ref(0n))));
      creates.push(millisecondsOf(() => ws2.CreatePersistentUdpPortReservation(ws2.htons(26_000), 20, ref(0n))));
      ws2[Symbol.dispose]();
      context.progress(`round ${round + 1} of ${context.rounds}`);
    }
    for (const ws2 of Object.values(instances)) ws2[Symbol.dispose]();
    const once = (name, values) => ({
      name,
      measured: `${values.map((value) => value.toFixed(1)).join(', ')} ms`,
      value: `${median(values).toFixed(1)} ms`,
      target: `≤ ${MOST_MILLISECONDS} ms`,
      reached: median(values) <= MOST_MILLISECONDS,
      data: { values },
    });
    const bind = (name, which) => {
      const differences = times[which].map((time, round) => time - times.memory[round]);
      const difference = median(differences);
      return {
        name: `bind to port 0, ${name}`,
        measured: `${median(times[which]).toFixed(2)} µs, ${median(times.memory).toFixed(2)} µs with a catalog in memory`,
        value: `${difference.toFixed(2)} µs more`,
        target: `≤ ${MOST_PER_BIND} µs more`,
        reached: difference <= MOST_PER_BIND,
        data: { times: times[which], without: times.memory, differences },
      };
    };
    return [
      once(`CreatePersistentUdpPortReservation beside ${BLOCKS} reservations`, creates),
      once(`the first look at ${BLOCKS} reservations`, restarts),
      bind('a catalog without reservations', 'none'),
      bind(`${BLOCKS} blocks known`, 'beside'),
      bind(`${BLOCKS} blocks known, in the range that ports are chosen from`, 'among'),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const PORT_CASES = {
  ports: { title: 'reserved ports: to make one, to begin with a thousand, to bind beside them', measure: ports },
};
