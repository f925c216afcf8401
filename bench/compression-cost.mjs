// The compression layer against the bare engine: bytes per second of processor time, compressed and restored, in one process.
//
//   node bench/compression-cost.mjs [--rounds N] [--json]
//
// `bare` calls node:zlib as the layer does, with the last 32 KiB as the dictionary of deflate; `layer` sends the same blocks of 64 KiB of text through
// a connection in memory. Each round measures both, in turn.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as zlib from 'node:zlib';
import { AF_INET, createWs2_32 } from '../dist/index.js';
import { stack } from '../dist/chain/index.js';
import { compression } from '../dist/providers/layers/compression/index.js';
import { connectedPair } from '../dist/testkit/index.js';
import { median } from './harness/statistics.mjs';

const SIZE = 64 * 1024;
const WINDOW = 32 * 1024;
const COUNT = 60;
const WARM_UP = 8;
const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY } = zlib.constants;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
});
const text = readFileSync(new URL('../package-lock.json', import.meta.url));
const pieces = Array.from({ length: COUNT }, (_, i) => {
  const at = (i * 7919) % (text.length - SIZE);
  return text.subarray(at, at + SIZE);
});

function deflate() {
  let seen = null;
  return (plain) => {
    const options = seen === null ? {} : { dictionary: seen };
    const wire = zlib.deflateRawSync(plain, { level: 1, ...options });
    const back = zlib.inflateRawSync(wire, { ...options, maxOutputLength: SIZE, chunkSize: SIZE });
    seen = plain.subarray(SIZE - WINDOW);
    return back.length;
  };
}

function brotli() {
  const params = { [BROTLI_PARAM_QUALITY]: 1, [BROTLI_PARAM_LGWIN]: 16 };
  return (plain) => zlib.brotliDecompressSync(zlib.brotliCompressSync(plain, { params }), { chunkSize: SIZE }).length;
}

function zstd() {
  const params = { 100: 1, 101: 17 };
  return (plain) => zlib.zstdDecompressSync(zlib.zstdCompressSync(plain, { params }), { chunkSize: SIZE }).length;
}

function layered(method) {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const [entry] = stack(ws2, [compression({ method })]);
  const { client, server } = connectedPair(ws2, { entry, family: AF_INET });
  const room = new Uint8Array(SIZE);
  return (plain) => {
    let sent = 0;
    let back = 0;
    while (back < plain.length) {
      if (sent < plain.length) sent += ws2.send(client, plain.subarray(sent), plain.length - sent, 0);
      back += ws2.recv(server, room, room.length, 0);
    }
    return back;
  };
}

const ENGINES = { deflate, brotli, ...('zstdCompressSync' in zlib && { zstd }) };
const ways = Object.entries(ENGINES).flatMap(([method, bare]) => [
  [`${method} bare`, bare()],
  [`${method} layer`, layered(method)],
]);
const rates = Object.fromEntries(ways.map(([title]) => [title, []]));
for (let round = -WARM_UP; round < Number(values.rounds); round++) {
  for (const [title, step] of ways) {
    const start = process.cpuUsage();
    for (const piece of pieces) if (step(piece) !== SIZE) throw new Error(`${title}: something else came out`);
    const { user, system } = process.cpuUsage(start);
    if (round >= 0) rates[title].push((COUNT * SIZE) / ((user + system) / 1e6));
  }
}
if (values.json) console.log(JSON.stringify(rates));
else
  console.table(
    Object.fromEntries(Object.entries(rates).map(([title, of]) => [title, { 'MB/s': (median(of) / 1e6).toFixed(1) }])),
  );
process.exit(0);
