// A network with twenty seconds of latency, in virtual time: the program waits for more than a minute, and takes a moment.
import { connectedPair, createTestInstance } from 'ws2spi/testkit';

const test = createTestInstance({ network: { latency: 20_000 } });
const { ws2, clock } = test;
const began = performance.now();

const { client, server, close } = connectedPair(ws2);
ws2.send(client, Buffer.from('ping'), 4, 0);
const buffer = Buffer.alloc(16);
ws2.recv(server, buffer, buffer.length, 0);
ws2.send(server, Buffer.from('pong'), 4, 0);
const length = ws2.recv(client, buffer, buffer.length, 0);

console.log(`${buffer.toString('latin1', 0, length)} after ${clock.now() / 1000} s of the network's time`);
console.log(performance.now() - began < 1000 ? 'and less than a second of ours' : 'and long it took');
close();
test[Symbol.dispose]();
