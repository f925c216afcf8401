// How many seeds of a simulation pass in a second: a question and its answer over three codecs, on a network with delays and faults.
//
//   node bench/simulate-speed.mjs [--rounds N] [--json]
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { defineLayer, stack } from '../dist/chain/index.js';
import { connect, createServer } from '../dist/node/index.js';
import { simulate } from '../dist/testkit/index.js';
import { median } from './harness/statistics.mjs';

const SEEDS = 50;
const WARM_UP = 2;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
});

/** Changes every byte. */
const inverted = (bytes) => bytes.map((byte) => byte ^ 0xff);
const codec = () => ({
  send: (bytes, output) => output.encoded(inverted(bytes)),
  receive: (bytes, output) => output.decoded(inverted(bytes)),
});
const chainOf = ({ ws2 }) =>
  stack(
    ws2,
    ['one', 'two', 'three'].map((name) => defineLayer({ name, codec })),
  )[0];

async function scenario(world) {
  world.start('server', (node) => {
    createServer({ ws2: node.ws2, chain: chainOf(node) }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (question) => socket.end(`answer to ${question}`));
    }).listen(80, '0.0.0.0');
  });
  const node = world.node('client');
  const socket = connect({ ws2: node.ws2, chain: chainOf(node), host: world.address('server'), port: 80 });
  // A fault may have broken it off: that is not what is measured.
  socket.on('error', () => undefined);
  socket.setTimeout(30_000, () => socket.destroy());
  socket.on('data', () => undefined);
  socket.write('question');
  if (!socket.closed) await once(socket, 'close');
}

const rates = [];
for (let round = -WARM_UP; round < Number(values.rounds); round++) {
  const start = performance.now();
  await simulate({ seeds: SEEDS, seed: 1 + (round + WARM_UP) * SEEDS, faults: { resets: 1, delays: 1 } }, scenario);
  if (round >= 0) rates.push((SEEDS / (performance.now() - start)) * 1e3);
}
if (values.json) console.log(JSON.stringify({ seeds: rates }));
else console.log(`${Math.round(median(rates) * 60)} seeds a minute`);
process.exit(0);
