// Routines of the WinSock API that begin themselves again and again, beside the connections of a Node.js program.
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { createWs2_32, ref, sockaddr_in, WSAOVERLAPPED, type Ws2_32 } from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { ChainSocket, createServer } from 'ws2spi/node';
import { scramblingLayer } from '../../support/layers.js';
import { BASES } from './bases.js';

/** Two connected sockets of the WinSock API. */
function connected(ws2: Ws2_32): [number, number] {
  const listener = ws2.socket(2, 1, 0);
  const name = new Uint8Array(16);
  ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
  ws2.listen(listener, 1);
  ws2.getsockname(listener, name, ref(16));
  const client = ws2.socket(2, 1, 0);
  expect(ws2.connect(client, name, 16)).toBe(0);
  return [client, ws2.accept(listener, null, null)];
}

/** Things that begin again in their own routine until they are told to stop. */
const SELFISH: Readonly<Record<string, (ws2: Ws2_32, stopped: () => boolean) => void>> = {
  'a procedure that queues itself twice'({ host }, stopped) {
    let waiting = 1;
    const again = (): void => {
      waiting--;
      for (let i = 0; i < 2 && waiting < 100_000 && !stopped(); i++, waiting++) host.QueueUserAPC(again, null);
    };
    host.QueueUserAPC(again, null);
  },
  'a send of nothing whose routine sends again'(ws2, stopped) {
    const [client] = connected(ws2);
    const send = (): void => {
      if (stopped()) return;
      ws2.WSASend(client, [{ len: 0, buf: Buffer.alloc(0) }], 1, null, 0, new WSAOVERLAPPED(), send);
    };
    send();
  },
  'a receive whose routine sends itself more'(ws2, stopped) {
    const [client, server] = connected(ws2);
    const buf = Buffer.alloc(64);
    const receive = (): void => {
      if (stopped()) return;
      ws2.WSARecv(server, [{ len: 64, buf }], 1, null, ref(0), new WSAOVERLAPPED(), receive);
      ws2.send(client, buf, 64, 0);
    };
    receive();
  },
};

describe.each(BASES)('over %s', (base) => {
  describe.each(['alone', 'under a codec'])('a ChainSocket %s', (chain) => {
    test.each(Object.keys(SELFISH))('is served beside %s', async (kind) => {
      const ws2 = createWs2_32({ base, catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      const over = chain === 'alone' ? {} : { chain: stack(ws2, [scramblingLayer()]) };
      const server = createServer({ ws2, ...over }, (socket) => socket.pipe(socket));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as { port: number };
      let stop = false;
      SELFISH[kind]!(ws2, () => stop);
      const socket = new ChainSocket({ ws2, ...over });
      await once(socket.connect(port, '127.0.0.1'), 'connect');
      for (let i = 0; i < 10; i++) {
        socket.write(`ping ${i}`);
        const [answer] = (await once(socket, 'data')) as [Buffer];
        expect(answer.toString()).toBe(`ping ${i}`);
      }
      stop = true;
      await once(socket.destroy(), 'close');
      await once(server.close(), 'close');
      ws2[Symbol.dispose]();
    });
  });
});
