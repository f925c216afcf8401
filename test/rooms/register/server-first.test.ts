// A server that speaks first: nobody may wait for the program to say something before.
import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { describeHooked } from '../../support/hooked-programs.js';

const server = net.createServer((socket) => {
  socket.write('who are you?\n');
  socket.once('data', (answer) => socket.end(`goodbye, ${String(answer)}`));
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

describeHooked('A program whose server speaks first', {
  file: new URL('fixtures/greeted.mjs', import.meta.url),
  servers: () => ({ PORT: (server.address() as net.AddressInfo).port }),
  // Which of two connections at once is the first, nobody says.
  replayOptions: "mode: 'longest'",
});
