// One end of connections through a stack of codec layers, or of what it is compared with; or both ends in one process.
//
//   node bench/codec-stack/end.mjs PROGRAM LOAD [options]
//
// PROGRAM           chain-sockets, transforms (over node:net), winsock (event objects), bare-loops; tls-sockets or tls-winsock (the first
//                   and the third over the layer tls) or node-tls
// LOAD              bulk, ping or connect
// --end END         both, server or client (default both)
// --port N          where the server listens, for a client
// --layers N        how many codec layers, or Transforms (default 0)
// --xor             each of them changes every byte
// --shipped         five layers that ship instead: trace, policy, shape, fault and capture, with nothing to do
// --size N          bytes of a write (default 64)
// --connections N   how many at a time (default 1)
// --resume          sessions of TLS are resumed
//
// It runs until its standard input ends, and answers "sample" with what it has counted and when.
import { bareLoops } from './bare-loops.mjs';
import { readPlan } from './plan.mjs';
import { streamEnds } from './streams.mjs';
import { winsockEnds } from './winsock.mjs';

const PROGRAMS = {
  'chain-sockets': streamEnds,
  transforms: streamEnds,
  'tls-sockets': streamEnds,
  'tls-winsock': winsockEnds,
  'node-tls': streamEnds,
  winsock: winsockEnds,
  'bare-loops': bareLoops,
};

const plan = readPlan();
const tally = { served: 0, done: 0 };
const ends = PROGRAMS[plan.program](plan, tally);

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0));
process.stdin.setEncoding('utf8').on('data', (text) => {
  if (text !== 'sample\n') return;
  const { user, system } = process.cpuUsage();
  say({ ...tally, seconds: performance.now() / 1e3, cpuSeconds: (user + system) / 1e6 });
});

const port = plan.end === 'client' ? plan.port : await ends.listen();
if (plan.end !== 'server') ends.run(port);
say({ port });
