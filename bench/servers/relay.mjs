// A port before a server of node:net, in a thread of its own. node bench/servers/relay.mjs net|gateway echo|sink|source
//
// `net`: a relay as a program of node:net has it. `gateway`: forwardOverChain, without layers.
import { once } from 'node:events';
import net from 'node:net';
import { Worker } from 'node:worker_threads';
import { createWs2_32 } from '../../dist/index.js';
import { forwardOverChain } from '../../dist/gateway/index.js';
import { announce } from './announce.mjs';

const [kind, mode] = process.argv.slice(2);
// Its standard input stays open: at its end it would end.
const worker = new Worker(new URL('net.mjs', import.meta.url), { argv: [mode], stdin: true, stdout: true });
const [told] = await once(worker.stdout.setEncoding('utf8'), 'data');
const to = { host: '127.0.0.1', port: Number(/\d+/.exec(told)[0]) };

if (kind === 'gateway') {
  const ws2 = createWs2_32({ catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const gateway = await forwardOverChain({ ws2, to });
  announce(gateway.address().port);
} else {
  const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const target = net.connect({ ...to, noDelay: true, allowHalfOpen: true });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ]) {
      one.pipe(other);
      one.on('error', () => undefined).once('close', () => other.destroySoon());
    }
  });
  server.listen(0, '127.0.0.1', 511, () => announce(server.address().port));
}
