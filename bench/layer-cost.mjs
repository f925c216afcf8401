// What one pass-through layer costs per call, in one process, on the memory provider.
//
//   node bench/layer-cost.mjs [--rounds N] [--json]
//
// Each configuration has an instance of its own, so that V8 sees in each what it would see in a program with that chain
// alone. Two calls are measured: `exchange`, a send of 64 bytes and the recv of them (two calls through the layer), and `poll`, a
// recv that finds nothing (one call, WSAEWOULDBLOCK), the cheapest data call there is. Every round measures all
// configurations, in an order that changes from round to round; what counts is the median, over the rounds, of the difference to
// the bare provider in the same round. `control` is a second bare provider: its difference is the noise.
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import {
  AF_INET,
  createWs2_32,
  FIONBIO,
  IPPROTO_TCP,
  ref,
  SOCK_STREAM,
  sockaddr_in,
  WSA_FLAG_OVERLAPPED,
  WSPPROC_NAMES,
} from '../dist/index.js';
import { stack } from '../dist/chain/index.js';
import { emptyLayer, overridingLayer } from './pass-through.mjs';
import { interquartileRange, median } from './harness/statistics.mjs';

const SIZE = 64;
/** Rounds that are not counted: V8 is still optimising. */
const WARM_UP = 20;
/** Calls in one measurement: some 4 to 8 ms. */
const CALLS = { exchange: 10_000, poll: 60_000 };
const CALLS_PER_OPERATION = { exchange: 2, poll: 1 };

/** Opens a pair of connected, non-blocking sockets. */
function openPair(ws2, entry) {
  const open = () =>
    entry === null
      ? ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)
      : ws2.WSASocket(-1, -1, -1, entry, 0, WSA_FLAG_OVERLAPPED);
  const listener = open();
  const name = new Uint8Array(16);
  ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
  ws2.listen(listener, 5);
  ws2.getsockname(listener, name, ref(16));
  const client = open();
  if (ws2.connect(client, name, 16) !== 0) throw new Error(`connect: ${ws2.WSAGetLastError()}`);
  const server = ws2.accept(listener, null, null);
  for (const s of [client, server]) ws2.ioctlsocket(s, FIONBIO, ref(1));
  return [client, server];
}

/** Makes the two measured loops over an instance; functions of its own for each, so that none shares what V8 learns. */
function makeLoops(ws2, [client, server]) {
  const message = new Uint8Array(SIZE);
  const room = new Uint8Array(SIZE);
  const { send, recv } = ws2;
  return {
    exchange(count) {
      for (let i = 0; i < count; i++) {
        if (send(client, message, SIZE, 0) !== SIZE || recv(server, room, SIZE, 0) !== SIZE)
          throw new Error('exchange failed');
      }
    },
    poll(count) {
      for (let i = 0; i < count; i++) if (recv(server, room, SIZE, 0) !== -1) throw new Error('poll found something');
    },
  };
}

function makeConfiguration(layer) {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const entry = layer === null ? null : stack(ws2, [layer])[0];
  return makeLoops(ws2, openPair(ws2, entry));
}

/** Which functions of the thirty a layer has of its own; every other one is the lower provider's, the very same. */
function ownFunctions(makeLayer) {
  const own = new Set();
  const layer = makeLayer('identity');
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const seen = [];
  // A bystander below it hands down its own functions, which are then compared with what the layer put into its table.
  const bystander = recording(emptyLayer('bystander'), seen);
  const entry = stack(ws2, [recording(layer, seen), bystander])[0];
  ws2.closesocket(ws2.WSASocket(-1, -1, -1, entry, 0, WSA_FLAG_OVERLAPPED));
  const [below, above] = seen;
  for (const slot of WSPPROC_NAMES) if (above[slot] !== below[slot]) own.add(slot.slice(2));
  ws2[Symbol.dispose]();
  return [...own];
}

function recording(layer, seen) {
  return {
    ...layer,
    WSPStartup(version, data, info, upcalls, table) {
      const result = layer.WSPStartup(version, data, info, upcalls, table);
      seen.push({ ...table });
      return result;
    },
  };
}

/**
 * Measures.
 *
 * @param {{ rounds?: number, progress?: (text: string) => void }} options
 */
export function measureLayerCost({ rounds = 200, progress = () => {} } = {}) {
  const configurations = {
    bare: makeConfiguration(null),
    control: makeConfiguration(null),
    empty: makeConfiguration(emptyLayer('empty')),
    overriding: makeConfiguration(overridingLayer('overriding')),
  };
  const names = Object.keys(configurations);
  const result = { calls: {} };
  for (const call of Object.keys(CALLS)) {
    progress(`${call}: ${rounds} rounds`);
    const times = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = -WARM_UP; round < rounds; round++) {
      for (let place = 0; place < names.length; place++) {
        // Rotated, and every other round backwards, so that no configuration always follows the same one.
        const step = round & 1 ? names.length - 1 - place : place;
        const name = names[(step + Math.abs(round >> 1)) % names.length];
        const loop = configurations[name][call];
        const begin = process.hrtime.bigint();
        loop(CALLS[call]);
        const time = Number(process.hrtime.bigint() - begin) / CALLS[call] / CALLS_PER_OPERATION[call];
        if (round >= 0) times[name].push(time);
      }
    }
    const summary = { bare: { median: median(times.bare), min: Math.min(...times.bare) } };
    for (const name of names.slice(1)) {
      const differences = times[name].map((time, round) => time - times.bare[round]);
      summary[name] = {
        median: median(differences),
        minima: Math.min(...times[name]) - summary.bare.min,
        spread: interquartileRange(differences),
      };
    }
    result.calls[call] = summary;
  }
  result.ownFunctions = { empty: ownFunctions(emptyLayer), overriding: ownFunctions(overridingLayer) };
  return result;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, json: { type: 'boolean' } } });
  const progress = (text) => process.stderr.write(`layer-cost: ${text}\n`);
  const result = measureLayerCost({ rounds: Number(values.rounds), progress });
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    for (const [call, { bare, ...layers }] of Object.entries(result.calls)) {
      console.log(`${call}: ${bare.median.toFixed(1)} ns per call on the bare provider`);
      for (const [name, { median, minima, spread }] of Object.entries(layers)) {
        console.log(
          `  ${name.padEnd(12)} ${median.toFixed(1)} ns more (of the minima: ${minima.toFixed(1)}; spread ${spread.toFixed(1)})`,
        );
      }
    }
    console.log(`functions of its own, overriding nothing: ${result.ownFunctions.empty.join(', ')}`);
  }
  process.exit(0);
}
