// What the checks of memory safety cost per call: the build as it is beside a copy of it that has them taken out.
//
//   node bench/check-cost.mjs [--rounds N] [--place PLACE] [--without CHECK] [--json]
//
// The copy is made in a directory for temporary files; `CHECKS` says what is taken out of it, and where. Every round runs
// both in processes of their own, one after the other, in an order that changes from round to round, and takes from each the best
// processor time per call of many short stretches: what the machine does besides is in the others. What counts is the median, over
// the rounds, of the difference. `--place` measures one place
// alone, `--without` takes one check out alone. A call is a `send` or a `recv` of 64 bytes that
// succeeds:
//
// - `memory`: on the memory provider;
// - `chain`: the same under a layer that overrides both, where frames of calls are looked at too;
// - `native`: over loopback TCP, kernel and all, whose noise is larger than the checks;
// - `native without the kernel`: the same, with `send` and `recv` of libc replaced by functions that say at once that it is done.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { interquartileRange, median } from './harness/statistics.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SIZE = 64;
/** The most that the checks may cost, in nanoseconds per call. */
export const TARGET = 5;
const PLACES = ['memory', 'chain', 'native', 'native without the kernel'];

const API = 'if (!areBytes(buf, len) && !isEmptyBuffer(buf, len))\n                return';
const SCALAR = 'if (!isScalar(flags))\n                return';
const never = (check) => check.replace(/if \(.*\)\n/, 'if (false)\n');

/** The checks by name, and the text of the build that is replaced to take them out. */
const CHECKS = {
  'the API: whether the bytes are there': [
    ['ws2_32/api/send.js', API, never(API)],
    ['ws2_32/api/receive.js', API, never(API)],
  ],
  'the API: whether flags are a number': [
    ['ws2_32/api/send.js', SCALAR, never(SCALAR)],
    ['ws2_32/api/receive.js', SCALAR, never(SCALAR)],
  ],
  'chains: whether a frame is as it was': [['ws2_32/dispatcher/call-frame.js', 'if (!this.sound)', 'if (false)']],
  'the memory provider: whether the buffers hold their bytes': [
    ['providers/memory/sockets/connected-stream.js', 'if (!holdBytes(buffers, count))', 'if (false)'],
  ],
  'the platform: whether the bytes are there': [
    ['platform/native-memory.js', 'if (!holdsBytes(bytes, length))', 'if (false)'],
  ],
};

/** Copies the build, with text replaced. */
function copyOfBuild(directory, name, replacements) {
  const copy = join(directory, name);
  cpSync(join(ROOT, 'dist'), copy, { recursive: true });
  for (const [file, from, to] of replacements) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from))
      throw new Error(`${file} has no ${JSON.stringify(from)}: CHECKS of ${import.meta.url} is stale`);
    writeFileSync(path, text.replaceAll(from, to));
  }
  return copy;
}

/** Measures in this process: nanoseconds of processor time per call. */
async function measureHere(build, place) {
  const at = (file) => import(pathToFileURL(join(build, file)).href);
  const { AF_INET, createWs2_32, FIONBIO, ref, SOCK_STREAM, sockaddr_in } = await at('index.js');
  const base = place.startsWith('native') ? 'tcpip' : 'memory';
  const ws2 = createWs2_32({ base, catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  let entry = null;
  if (place === 'chain') {
    const { defineLayer, stack } = await at('chain/index.js');
    const overrides = {
      WSPSend: (lower, a, b, c, d, e, f, g, h, i) => lower.lpWSPSend(a, b, c, d, e, f, g, h, i),
      WSPRecv: (lower, a, b, c, d, e, f, g, h, i) => lower.lpWSPRecv(a, b, c, d, e, f, g, h, i),
    };
    entry = stack(ws2, [defineLayer({ name: 'overriding', overrides })])[0];
  }
  const open = () => ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 1);
  const listener = open();
  const name = new Uint8Array(16);
  ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
  ws2.listen(listener, 5);
  ws2.getsockname(listener, name, ref(16));
  const client = open();
  if (ws2.connect(client, name, 16) !== 0) throw new Error(`connect: ${ws2.WSAGetLastError()}`);
  const server = ws2.accept(listener, null, null);
  for (const s of [client, server]) ws2.ioctlsocket(s, FIONBIO, ref(1));
  const [message, room] = [new Uint8Array(SIZE), new Uint8Array(SIZE)];
  if (place === 'native without the kernel') {
    const libc = (await at('platform/linux/bindings.js')).libc();
    ws2.send(client, message, SIZE, 0);
    ws2.host.SleepEx(1, false);
    libc.send = libc.recv = (_fd, _address, length) => length;
  }
  const { send, recv } = ws2;
  const exchange = (count) => {
    for (let i = 0; i < count; i++) {
      if (send(client, message, SIZE, 0) !== SIZE || recv(server, room, SIZE, 0) !== SIZE)
        throw new Error('no exchange');
    }
  };
  const [count, stretches] = place === 'native' ? [2_000, 100] : [20_000, 250];
  for (let i = 0; i < 60; i++) exchange(count);
  let best = Infinity;
  for (let i = 0; i < stretches; i++) {
    const before = process.cpuUsage();
    exchange(count);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / (2 * count));
  }
  ws2[Symbol.dispose]();
  return best;
}

function measure(build, place) {
  return Number(
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--child', build, '--place', place], {
      encoding: 'utf8',
    }),
  );
}

/**
 * Measures.
 *
 * @param {{ rounds?: number, without?: string, places?: readonly string[], progress?: (text: string) => void }} options
 */
export function measureCheckCost({ rounds = 7, without, places = PLACES, progress = () => {} } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'ws2spi-checks-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    writeFileSync(join(directory, 'package.json'), readFileSync(join(ROOT, 'package.json')));
    const taken = without === undefined ? Object.values(CHECKS).flat() : CHECKS[without];
    if (taken === undefined) throw new Error(`no check is called that: ${Object.keys(CHECKS).join('; ')}`);
    const builds = { with: copyOfBuild(directory, 'dist', []), without: copyOfBuild(directory, 'bare', taken) };
    const result = {};
    for (const place of places) {
      progress(place);
      const rows = [];
      for (let round = 0; round < rounds; round++) {
        const row = {};
        const order = round % 2 === 0 ? ['with', 'without'] : ['without', 'with'];
        for (const build of order) row[build] = measure(builds[build], place);
        rows.push(row);
      }
      const differences = rows.map((row) => row.with - row.without);
      result[place] = {
        with: median(rows.map((row) => row.with)),
        without: median(rows.map((row) => row.without)),
        difference: median(differences),
        spread: interquartileRange(differences),
      };
    }
    return result;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      without: { type: 'string' },
      json: { type: 'boolean', default: false },
      child: { type: 'string' },
      place: { type: 'string' },
    },
  });
  if (values.child !== undefined) console.log(await measureHere(values.child, values.place));
  else {
    const options = {
      rounds: Number(values.rounds),
      without: values.without,
      ...(values.place !== undefined && { places: [values.place] }),
    };
    const result = measureCheckCost({ ...options, progress: (text) => console.error(text) });
    if (values.json) console.log(JSON.stringify(result));
    else {
      const ns = (value) => `${value.toFixed(1)} ns`;
      for (const [place, row] of Object.entries(result)) {
        const cost = `${ns(row.difference)} per call (spread ${ns(row.spread)})`;
        console.log(
          `${place}: ${ns(row.with)} with the checks, ${ns(row.without)} without: ${cost}, ≤ ${TARGET} ns wanted`,
        );
      }
    }
  }
}
