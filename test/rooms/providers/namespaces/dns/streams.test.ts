// Answers on connections, over the system's own sockets: one that comes byte by byte, one of a hundred aliases, one that stops.
import dgram from 'node:dgram';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import dnsPacket, { type Answer, type Packet } from 'dns-packet';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createWs2_32 } from 'ws2spi';
import { defaultCatalog } from 'ws2spi/catalog';
import { addNameSpace } from 'ws2spi/names';
import { lookup } from 'ws2spi/node';
import { createDnsCounters, createDnsNameSpace } from 'ws2spi/providers/namespaces/dns';

const FLAGS = dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE;

/** What a look-up comes to whose answer is cut off by datagram, and given by connection. */
async function found(
  answers: (query: Packet) => Answer[],
  give: (socket: Socket, message: Buffer) => void,
  timeout: number,
) {
  const streams = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes: Buffer) => {
      const query = dnsPacket.decode(bytes.subarray(2));
      const message = dnsPacket.streamEncode({
        ...query,
        type: 'response',
        flags: FLAGS,
        answers: answers(query),
        additionals: [],
      });
      give(socket, message);
    });
  });
  streams.listen(0, '127.0.0.1');
  await once(streams, 'listening');
  const { port } = streams.address() as AddressInfo;
  const datagrams = dgram.createSocket('udp4');
  datagrams.on('message', (bytes, sender) => {
    const cutOff = {
      ...dnsPacket.decode(bytes),
      type: 'response',
      flags: FLAGS | dnsPacket.TRUNCATED_RESPONSE,
    } as Packet;
    datagrams.send(dnsPacket.encode({ ...cutOff, additionals: [] }), sender.port, sender.address);
  });
  datagrams.bind(port, '127.0.0.1');
  await once(datagrams, 'listening');
  const counters = createDnsCounters();
  const ws2 = createWs2_32({ catalog: { ...defaultCatalog('tcpip'), nameSpaces: [] } });
  onTestFinished(() => {
    ws2[Symbol.dispose]();
    streams.close();
    datagrams.close();
  });
  ws2.WSAStartup(0x0202, {});
  const servers = [`127.0.0.1:${port}`];
  addNameSpace(ws2, createDnsNameSpace({ resolvConf: null, servers, search: [], timeout, attempts: 1, counters }));
  const answer = await new Promise<string>((done) =>
    lookup('a0.test', { ws2, family: 4 }, (error, address) => done(error?.code ?? String(address))),
  );
  return { answer, counters };
}

const address = (name: string): Answer => ({ type: 'A', name, ttl: 60, data: '192.0.2.1' }) as Answer;
const own = ({ questions }: Packet): Answer[] => [address(questions![0]!.name)];
// Each byte when the one before it has gone.
const byByte = (socket: Socket, message: Buffer, rest = () => undefined as void): void => {
  let at = 0;
  const next = (): void => {
    if (socket.destroyed) return;
    if (at < message.length) socket.write(message.subarray(at, ++at), () => setImmediate(next));
    else rest();
  };
  socket.setNoDelay(true);
  next();
};

describe('An answer on a connection', () => {
  test('that comes byte by byte is read', async () => {
    const { answer, counters } = await found(own, (socket, message) => byByte(socket, message), 20_000);
    expect([answer, counters.streams]).toEqual(['192.0.2.1', 1]);
  });

  test('that comes byte by byte without end is given up when its time is up, however lately the last one came', async () => {
    const drip = (socket: Socket): void =>
      byByte(socket, Buffer.concat([Buffer.from([255, 255]), Buffer.alloc(65_000)]));
    const { answer, counters } = await found(own, drip, 100);
    expect([answer, counters.timeouts]).toEqual(['EAI_AGAIN', 1]);
  });

  test('that stops in the middle is given up at once when the connection ends', async () => {
    const { answer, counters } = await found(own, (socket, message) => socket.end(message.subarray(0, 20)), 20_000);
    expect([answer, counters.timeouts]).toEqual(['EAI_AGAIN', 0]);
  });

  test('of sixteen aliases is followed to its end; one of a hundred is given up, as one would be that leads round', async () => {
    const chain =
      (length: number) =>
      ({ questions }: Packet): Answer[] => [
        ...Array.from({ length }, (_, at) => {
          const name = at === 0 ? questions![0]!.name : `a${at}.test`;
          return { type: 'CNAME', name, ttl: 60, data: `a${at + 1}.test` } as Answer;
        }),
        address(`a${length}.test`),
      ];
    const ended = (socket: Socket, message: Buffer): void => void socket.end(message);
    expect((await found(chain(16), ended, 20_000)).answer).toBe('192.0.2.1');
    const long = await found(chain(100), ended, 20_000);
    expect([long.answer, long.counters.malformed, long.counters.timeouts]).toEqual(['EAI_FAIL', 0, 0]);
  });
});
