// Names by DNS, against dns.lookup and dns.Resolver, with a server on loopback in a process of its own.
//
//   node --expose-gc bench/names.mjs [--rounds N] [--json]
//
// dns.lookup asks for "localhost", which the C library finds in a file: the system's own servers are no part of this. `lookup` and
// dns.Resolver ask the same server for one A record each, by UDP; `lookup` alone opens ports of its own for them, mixes the letters'
// case, and passes the name spaces and the chain. The server takes some 10 µs for a question, so nobody is told more than 100,000 a second.
import dns from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AF_INET, createWs2_32, ref } from '../dist/index.js';
import { defaultCatalog } from '../dist/catalog/index.js';
import { addNameSpace } from '../dist/name-space/index.js';
import { lookup } from '../dist/node/index.js';
import { createDnsNameSpace } from '../dist/providers/namespaces/dns/index.js';
import { node } from './harness/commands.mjs';
import { Companion } from './harness/processes.mjs';
import { median } from './harness/statistics.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean' } } });
const AT_ONCE = 100;
const IN_FLIGHT = 1000;
const TIMEOUT = 1000;

const server = await Companion.start(node('dns'));
const { port, silent } = server.first;

function instance(servers, timeout) {
  const ws2 = createWs2_32({ catalog: { ...defaultCatalog('tcpip'), nameSpaces: [] } });
  ws2.WSAStartup(0x0202, {});
  addNameSpace(ws2, createDnsNameSpace({ resolvConf: null, servers, timeout, search: [] }));
  return ws2;
}

const ws2 = instance([`127.0.0.1:${port}`], 5000);
const resolver = new dns.promises.Resolver();
resolver.setServers([`127.0.0.1:${port}`]);
const told = (name, of = ws2) =>
  new Promise((resolve, reject) =>
    lookup(name, { ws2: of, family: 4 }, (error, address) => (error ? reject(error) : resolve(address))),
  );
let number = 0;
const newName = () => `name-${number++}.test`;
const hints = { ai_family: AF_INET, ai_socktype: 1 };
const result = ref(null);

const oneByOne = (ask) => async (count) => {
  for (let i = 0; i < count; i++) await ask();
};
const atOnce = (ask) => async (count) => {
  for (let i = 0; i < count; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, ask));
};

/** What is measured, with how many look-ups a time. */
const LOADS = {
  'dns.lookup': [2000, oneByOne(() => dns.promises.lookup('localhost', { family: 4 }))],
  'getaddrinfo, cached': [
    50_000,
    (count) => {
      for (let i = 0; i < count; i++) {
        if (ws2.getaddrinfo('kept.test', null, hints, result) !== 0) throw new Error('getaddrinfo failed');
      }
    },
  ],
  'lookup, cached': [50_000, oneByOne(() => told('kept.test'))],
  'dns.Resolver, one by one': [2000, oneByOne(() => resolver.resolve4(newName()))],
  'lookup, one by one': [2000, oneByOne(() => told(newName()))],
  'dns.Resolver, 100 at once': [10_000, atOnce(() => resolver.resolve4(newName()))],
  'lookup, 100 at once': [10_000, atOnce(() => told(newName()))],
};

const rates = Object.fromEntries(Object.keys(LOADS).map((name) => [name, []]));
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const [name, [count, load]] of Object.entries(LOADS)) {
    const began = performance.now();
    await load(count);
    const rate = (count / (performance.now() - began)) * 1000;
    // The first round is for V8.
    if (round > 0) rates[name].push(rate);
  }
}

// Very many at once, the first server of which is dead.
const dead = instance([`127.0.0.1:${silent}`, `127.0.0.1:${port}`], TIMEOUT);
globalThis.gc?.();
const before = process.memoryUsage();
let latest = 0;
const began = performance.now();
const lookups = Array.from({ length: IN_FLIGHT }, async () => {
  await told(newName(), dead);
  latest = Math.max(latest, performance.now() - began);
});
await sleep(TIMEOUT / 2);
globalThis.gc?.();
const after = process.memoryUsage();
const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
await Promise.all(lookups);

ws2[Symbol.dispose]();
dead[Symbol.dispose]();
await server.stop();
const inFlight = { count: IN_FLIGHT, timeout: TIMEOUT, latest, bytesEach: bytes / IN_FLIGHT };
if (values.json) console.log(JSON.stringify({ rates, inFlight }));
else {
  for (const [name, all] of Object.entries(rates)) console.log(name.padEnd(28), Math.round(median(all)), 'look-ups/s');
  console.log(inFlight);
}
