// A server that speaks first: nobody may wait for the program to say something before.
import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMicrosocks } from '../../support/database-servers.js';
import { describeHooked, runOverLayers, runProgram, type HookedProgram } from '../../support/hooked-programs.js';
import { withoutServer } from '../../support/real-servers.js';

const server = net.createServer((socket) => {
  socket.write('who are you?\n');
  socket.once('data', (answer) => socket.end(`goodbye, ${String(answer)}`));
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

const greeted: HookedProgram = {
  file: new URL('fixtures/greeted.mjs', import.meta.url),
  servers: () => ({ PORT: (server.address() as net.AddressInfo).port }),
  // Which of two connections at once is the first, nobody says.
  replayOptions: "mode: 'longest'",
};

describeHooked('A program whose server speaks first', greeted);

it.skipIf(withoutServer('microsocks', ['-h']).skip)('It prints the same by way of a SOCKS proxy', async () => {
  const proxy = await startMicrosocks();
  const run = await runOverLayers(greeted, [`socks:127.0.0.1:${proxy.port}`]);
  await proxy.stop();
  expect(run).toEqual(await runProgram(greeted, null));
});
