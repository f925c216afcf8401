// What the layer `capture` costs, in one process, over the system's own sockets.
//
//   node bench/capture.mjs [--rounds N] [--json]
//
// `bulk` is a send of 64 KiB and the recvs of them, `exchange` a send of 64 bytes and the recv of them; each without the layer, with
// one that is off, and with one that writes to a file; and without, but with the bytes copied and written to such a file, 256 KiB at a time, which is the
// least that a file of them costs in this thread. Every round measures all of them in turn.
import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createWs2_32 } from '../dist/index.js';
import { stack } from '../dist/chain/index.js';
import { capture } from '../dist/providers/layers/capture/index.js';
import { connectedPair } from '../dist/testkit/index.js';
import { median } from './harness/statistics.mjs';

const SIZES = { bulk: 65_536, exchange: 64 };
const CALLS = { bulk: 200, exchange: 5000 };
const WARM_UP = 5;
const folder = mkdtempSync(join(tmpdir(), 'ws2spi-bench-'));

const LAYERS = {
  without: () => null,
  off: () => capture({ file: join(folder, 'off.pcapng'), enabled: false }),
  // Files that are removed before the system writes them to a disk, which is not measured here.
  copying: () => null,
  capturing: () => capture({ file: join(folder, 'on.pcapng'), files: 2, size: 8_000_000 }),
};

// Functions of its own for each configuration, so that none shares what V8 learns.
function makeLoop(layer, size) {
  const ws2 = createWs2_32({ base: 'tcpip', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const entry = layer === null ? undefined : stack(ws2, [layer])[0];
  const { client, server } = connectedPair(ws2, entry === undefined ? {} : { entry });
  const [bytes, room] = [Buffer.alloc(size, 'bulk'), Buffer.alloc(size)];
  return (count, copy) => {
    for (let i = 0; i < count; i++) {
      if (ws2.send(client, bytes, size, 0) !== size) throw new Error('the send failed');
      for (let received = 0; received < size;) {
        const length = ws2.recv(server, room, size, 0);
        if (length <= 0) throw new Error('the recv failed');
        received += length;
      }
      copy?.(bytes);
    }
  };
}

/** Copies bytes, and writes them to a ring of two files. */
function makeCopy() {
  const gathered = Buffer.alloc(262_144);
  const ring = [];
  let [length, written, files] = [0, Infinity, 0];
  return (bytes) => {
    if (length + bytes.length > gathered.length) {
      if (written + length > 8_000_000) {
        if (ring.length > 0) closeSync(ring.at(-1).descriptor);
        if (ring.length > 1) unlinkSync(ring.shift().path);
        const path = join(folder, `copy-${++files}`);
        ring.push({ path, descriptor: openSync(path, 'wx') });
        written = 0;
      }
      written += writeSync(ring.at(-1).descriptor, gathered, 0, length);
      length = 0;
    }
    gathered.set(bytes, length);
    length += bytes.length;
  };
}

/** Nanoseconds per call and its answer: a figure for each round. */
async function measure(rounds) {
  const results = {};
  for (const [kind, size] of Object.entries(SIZES)) {
    const loops = Object.entries(LAYERS).map(([name, layer]) => [name, makeLoop(layer(), size)]);
    const copy = makeCopy();
    const times = Object.fromEntries(loops.map(([name]) => [name, []]));
    for (let round = -WARM_UP; round < rounds; round++) {
      for (const [name, loop] of round & 1 ? loops : [...loops].reverse()) {
        const begin = process.hrtime.bigint();
        loop(CALLS[kind], name === 'copying' ? copy : undefined);
        // The capture is written in a turn of the event loop: that counts.
        await new Promise((resolve) => setImmediate(resolve));
        if (round >= 0) times[name].push(Number(process.hrtime.bigint() - begin) / CALLS[kind]);
      }
    }
    results[kind] = times;
  }
  return results;
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '30' }, json: { type: 'boolean' } } });
try {
  const results = await measure(Number(values.rounds));
  if (values.json) console.log(JSON.stringify(results));
  else {
    for (const [kind, times] of Object.entries(results)) {
      const without = median(times.without);
      for (const [name, each] of Object.entries(times)) {
        console.log(
          `${kind} ${name}: ${Math.round(median(each))} ns, ${(without / median(each)).toFixed(2)} × without`,
        );
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
