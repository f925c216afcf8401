// A program that writes as long as it may, to a peer that takes everything: other work has its turn all the same.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createWs2_32 } from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { createConnection, createServer } from 'ws2spi/node';

/** Takes what is sent, and sends nothing. */
const swallowing = defineLayer({
  name: 'swallowing',
  overrides: {
    WSPSend(_lower, _s, lpBuffers, dwBufferCount, lpNumberOfBytesSent) {
      let bytes = 0;
      for (let i = 0; i < dwBufferCount; i++) bytes += lpBuffers[i]!.len;
      lpNumberOfBytesSent!.value = bytes;
      return 0;
    },
  },
});

test('a loop of writes that are all taken ends, and goes on after a turn of the event loop', async () => {
  const ws2 = createWs2_32({ base: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const [chain] = stack(ws2, [swallowing]);
  const server = createServer({ ws2, chain: chain! }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createConnection({ ws2, chain: chain!, port: (server.address() as AddressInfo).port });
  await once(client, 'connect');
  const piece = Buffer.alloc(1400);
  for (let round = 0; round < 2; round++) {
    let writes = 0;
    while (writes < 100_000 && client.write(piece)) writes++;
    expect(writes).toBeLessThan(100_000);
    await once(client, 'drain');
  }
  client.destroy();
  server.close();
  ws2[Symbol.dispose]();
});

test('a connection that answers what it receives has each answer taken at once, however many there were', async () => {
  const ws2 = createWs2_32({ base: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const late: number[] = [];
  const server = createServer({ ws2, noDelay: true }, (socket) => {
    let answers = 0;
    socket.on('data', (bytes) => {
      socket.write(bytes);
      answers++;
      if (socket.writableLength > 0) late.push(answers);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createConnection({ ws2, port: (server.address() as AddressInfo).port, noDelay: true });
  const piece = Buffer.alloc(1400);
  let received = 0;
  await new Promise<void>((resolve) => {
    client.on('connect', () => client.write(piece));
    client.on('data', (bytes) => {
      received += bytes.length;
      if (received === 1100 * piece.length) resolve();
      else if (received % piece.length === 0) client.write(piece);
    });
  });
  expect(late).toEqual([]);
  client.destroy();
  server.close();
  ws2[Symbol.dispose]();
});
