// What codecs of datagrams cost: a sendto of 64 bytes and the recvfrom of them, in memory, with so many codecs and without, in turn.
//
//   node bench/datagram-codec-cost.mjs [--rounds N] [--json]
import { parseArgs } from 'node:util';
import { AF_INET, createWs2_32, IPPROTO_UDP, ref, SOCK_DGRAM, sockaddr_in } from '../dist/index.js';
import { defineLayer, stack } from '../dist/chain/index.js';
import { median } from './harness/statistics.mjs';

const SIZE = 64;
const CALLS = 5000;
const WARM_UP = 5;
const COUNTS = { without: 0, one: 1, three: 3 };

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});

const datagrams = () => ({
  send: (bytes, _to, output) => output.encoded(bytes),
  receive: (bytes, _from, output) => output.decoded(bytes),
});

function exchanging(count) {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const over = [];
  ws2.WSAEnumProtocols([IPPROTO_UDP], over, ref(65536));
  const base = over.find(({ iAddressFamily }) => iAddressFamily === AF_INET);
  const layers = Array.from({ length: count }, (_, i) => defineLayer({ name: `plain ${i}`, datagrams }));
  const [entry] = count === 0 ? [base] : stack(ws2, layers, { over: base });
  const open = () => ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, entry, 0, 0);
  const [sender, receiver] = [open(), open()];
  ws2.bind(receiver, sockaddr_in('127.0.0.1', 0), 16);
  const name = new Uint8Array(16);
  ws2.getsockname(receiver, name, ref(16));
  const [bytes, room, from, length] = [new Uint8Array(SIZE), new Uint8Array(SIZE), new Uint8Array(16), ref(16)];
  return (calls) => {
    for (let i = 0; i < calls; i++) {
      if (ws2.sendto(sender, bytes, SIZE, 0, name, 16) !== SIZE) throw new Error(`sendto: ${ws2.WSAGetLastError()}`);
      length.value = 16;
      if (ws2.recvfrom(receiver, room, SIZE, 0, from, length) !== SIZE)
        throw new Error(`recvfrom: ${ws2.WSAGetLastError()}`);
    }
  };
}

const loops = Object.entries(COUNTS).map(([title, count]) => [title, exchanging(count)]);
const times = Object.fromEntries(loops.map(([title]) => [title, []]));
for (let round = -WARM_UP; round < Number(values.rounds); round++) {
  for (const [title, loop] of round & 1 ? loops : [...loops].reverse()) {
    const start = process.cpuUsage();
    loop(CALLS);
    const { user, system } = process.cpuUsage(start);
    if (round >= 0) times[title].push(((user + system) * 1e3) / CALLS);
  }
}
if (values.json) console.log(JSON.stringify(times));
else
  for (const [title, of] of Object.entries(times))
    console.log(`${title}: ${Math.round(median(of))} ns for a datagram sent and received`);
process.exit(0);
