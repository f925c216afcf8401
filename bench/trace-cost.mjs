// What recording costs with few records kept and with very many, in one process, on the memory provider.
//
//   node bench/trace-cost.mjs [--rounds N] [--json]
//
// `record` is the recorder alone; `exchange` a send of 64 bytes through the trace layer and the recv of them; `datagram` the same by
// sendto and recvfrom, whose records have an address each. Every round measures both, once the recorders are full, in turn.
import { parseArgs } from 'node:util';
import {
  AF_INET,
  createWs2_32,
  INVALID_SOCKET,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  WSA_FLAG_OVERLAPPED,
} from '../dist/index.js';
import { stack } from '../dist/chain/index.js';
import { trace, TraceRecorder } from '../dist/providers/layers/trace/index.js';
import { median } from './harness/statistics.mjs';

const FEW = 10;
const MANY = 100_000;
const SIZE = 64;
/** Rounds that are not counted: V8 is still optimising, and the recorders fill. */
const WARM_UP = 8;
/** Calls in one measurement. */
const CALLS = { record: 50_000, exchange: 20_000, datagram: 20_000 };

/** Sockets bound to loopback, over a trace layer. */
function open(limit, type, protocol) {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const over = [];
  ws2.WSAEnumProtocols([protocol], over, ref(65536));
  const [entry] = stack(ws2, [trace({ recorder: new TraceRecorder(limit) })], {
    over: over.filter(({ iAddressFamily }) => iAddressFamily === AF_INET),
  });
  const socket = () => {
    const s = ws2.WSASocket(AF_INET, type, protocol, entry, 0, WSA_FLAG_OVERLAPPED);
    if (s === INVALID_SOCKET) throw new Error(`socket: ${ws2.WSAGetLastError()}`);
    return s;
  };
  const bound = () => {
    const s = socket();
    ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16);
    const name = new Uint8Array(16);
    ws2.getsockname(s, name, ref(16));
    return { s, name };
  };
  return { ws2, socket, bound };
}

// Functions of its own for each configuration, so that none shares what V8 learns.
const LOOPS = {
  record(limit) {
    const recorder = new TraceRecorder(limit);
    return (count) => {
      for (let i = 0; i < count; i++) {
        const record = recorder.begin('trace', 'call', 'WSPSend', 4, i * 0.37);
        record.bytes = SIZE;
        recorder.end(record, i * 0.37 + 0.01);
      }
    };
  },
  exchange(limit) {
    const { ws2, socket, bound } = open(limit, SOCK_STREAM, IPPROTO_TCP);
    const { s: listener, name } = bound();
    ws2.listen(listener, 5);
    const client = socket();
    ws2.connect(client, name, 16);
    const server = ws2.accept(listener, null, null);
    const bytes = new Uint8Array(SIZE);
    return (count) => {
      for (let i = 0; i < count; i += 2) {
        if (ws2.send(client, bytes, SIZE, 0) !== SIZE || ws2.recv(server, bytes, SIZE, 0) !== SIZE)
          throw new Error('the exchange failed');
      }
    };
  },
  datagram(limit) {
    const { ws2, bound } = open(limit, SOCK_DGRAM, IPPROTO_UDP);
    const [client, server] = [bound(), bound()];
    const bytes = new Uint8Array(SIZE);
    const from = new Uint8Array(16);
    const length = ref(16);
    return (count) => {
      for (let i = 0; i < count; i += 2) {
        if (
          ws2.sendto(client.s, bytes, SIZE, 0, server.name, 16) !== SIZE ||
          ws2.recvfrom(server.s, bytes, SIZE, 0, from, length) !== SIZE
        )
          throw new Error('the datagram failed');
      }
    };
  },
};

/** Nanoseconds per call: a figure for each round, by what was called and how many records are kept. */
function measure(rounds) {
  const results = {};
  for (const [call, makeLoop] of Object.entries(LOOPS)) {
    const loops = { few: makeLoop(FEW), many: makeLoop(MANY) };
    const times = { few: [], many: [] };
    for (let round = -WARM_UP; round < rounds; round++) {
      for (const name of round & 1 ? ['few', 'many'] : ['many', 'few']) {
        const begin = process.hrtime.bigint();
        loops[name](CALLS[call]);
        const time = Number(process.hrtime.bigint() - begin) / CALLS[call];
        if (round >= 0) times[name].push(time);
      }
    }
    results[call] = times;
  }
  return results;
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '40' }, json: { type: 'boolean' } } });
const results = measure(Number(values.rounds));
if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
else {
  for (const [call, { few, many }] of Object.entries(results)) {
    const [a, b] = [median(few), median(many)];
    console.log(
      `${call.padEnd(9)} ${a.toFixed(1)} ns per call with ${FEW} records kept, ${b.toFixed(1)} with ${MANY}: ${(b / a).toFixed(2)} ×`,
    );
  }
}
process.exit(0);
