// What a policy costs per connect, in microseconds of processor time: connect of a datagram socket in memory, with a layer `policy` and without, in turn.
//
//   node bench/policy-cost.mjs [--rounds N] [--json]
//
// `addresses`: 1,000 rules with a network each, of which the last allows. `names`: 1,000 rules with a name each, and a name that was looked
// up. `audit`: the first with an audit to a file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AF_INET, createWs2_32, IPPROTO_UDP, ref, SOCK_DGRAM, sockaddr_in } from '../dist/index.js';
import { stack } from '../dist/chain/index.js';
import { policy } from '../dist/providers/layers/policy/index.js';
import { median } from './harness/statistics.mjs';

const RULES = 1000;
const CALLS = 5000;
const WARM_UP = 4;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const folder = mkdtempSync(join(tmpdir(), 'ws2spi-bench-'));

const last = { allow: 'connect', protocol: 'udp', address: '127.0.0.0/8', port: '1-65535' };
const addresses = Array.from({ length: RULES - 1 }, (_, i) => ({
  allow: 'connect',
  address: `10.${i >> 8}.${i & 255}.0/24`,
}));
const names = Array.from({ length: RULES - 1 }, (_, i) => ({
  allow: 'connect',
  name: `*.host-${i}.example.com`,
  port: 443,
}));
const LAYERS = {
  bare: null,
  addresses: { rules: [...addresses, last] },
  names: { rules: [...names, { allow: 'connect', name: 'localhost' }] },
  audit: { rules: [...addresses, last], audit: join(folder, 'audit.jsonl') },
};

function connecting(options) {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const over = [];
  ws2.WSAEnumProtocols([IPPROTO_UDP], over, ref(65536));
  const base = over.find(({ iAddressFamily }) => iAddressFamily === AF_INET);
  const [entry] = options === null ? [base] : stack(ws2, [policy(options)], { over: base });
  ws2.getaddrinfo('localhost', '9', null, ref(null));
  const s = ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, entry, 0, 0);
  const name = sockaddr_in('127.0.0.1', 9);
  return (count) => {
    const start = process.cpuUsage();
    for (let i = 0; i < count; i++)
      if (ws2.connect(s, name, 16) !== 0) throw new Error(`connect: ${ws2.WSAGetLastError()}`);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / count;
  };
}

const loops = Object.entries(LAYERS).map(([title, options]) => [title, connecting(options)]);
const times = Object.fromEntries(loops.map(([title]) => [title, []]));
for (let round = -WARM_UP; round < Number(values.rounds); round++) {
  for (const [title, loop] of loops) {
    const time = loop(CALLS);
    if (round >= 0) times[title].push(time);
  }
}
rmSync(folder, { recursive: true });
if (values.json) console.log(JSON.stringify(times));
else
  console.table(
    Object.fromEntries(
      Object.entries(times).map(([title, of]) => [title, { 'µs per connect': median(of).toFixed(2) }]),
    ),
  );
