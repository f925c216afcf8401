// The same resolver over the system's own sockets: servers of Node.js' on loopback that fail, know nothing, cut off, or say
// nothing.
import dgram from 'node:dgram';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import dnsPacket, { type Answer, type Packet } from 'dns-packet';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { createWs2_32, ref, WSA_E_CANCELLED, WSAOVERLAPPED, NS_ALL, type Ws2_32 } from 'ws2spi';
import { defaultCatalog } from 'ws2spi/catalog';
import { addNameSpace } from 'ws2spi/names';
import { lookup } from 'ws2spi/node';
import { createDnsCounters, createDnsNameSpace } from 'ws2spi/providers/namespaces/dns';
import { code, packed, type Said } from './server.js';

type Answering = (via: 'udp' | 'tcp') => Said;

const open: { close(): unknown }[] = [];
afterAll(() => {
  for (const each of open) each.close();
});

/** A server on a port of the system's choice, by datagrams and connections; gives its address. */
async function serve(answer: Answering): Promise<string> {
  const reply = (query: Buffer, via: 'udp' | 'tcp'): Buffer | null => {
    const packet = dnsPacket.decode(query);
    const { name, type } = packet.questions![0]!;
    const said = answer(via);
    return said === null ? null : packed({ packet, spelled: name, type }, said as Partial<Packet>);
  };
  const datagrams = dgram.createSocket('udp4');
  datagrams.on('message', (query, { port, address }) => {
    const said = reply(query, 'udp');
    if (said !== null) datagrams.send(said, port, address);
  });
  const streams = net.createServer((socket) => {
    socket.once('data', (bytes: Buffer) => {
      const said = reply(bytes.subarray(2), 'tcp');
      if (said !== null) socket.end(Buffer.concat([Buffer.from([said.length >> 8, said.length & 0xff]), said]));
    });
    socket.on('error', () => undefined);
  });
  streams.listen(0, '127.0.0.1');
  await once(streams, 'listening');
  const { port } = streams.address() as AddressInfo;
  datagrams.bind(port, '127.0.0.1');
  await once(datagrams, 'listening');
  open.push(datagrams, streams);
  return `127.0.0.1:${port}`;
}

const knows: Answering = () => ({ answers: [{ type: 'A', name: 'one.test', ttl: 60, data: '192.0.2.1' } as Answer] });
const fails: Answering = () => code(2);
const lame: Answering = () => ({
  flags: 0,
  authorities: [{ type: 'NS', name: 'test', ttl: 60, data: 'ns.test' } as Answer],
});
const silent: Answering = () => null;
const cutOff: Answering = (via) => (via === 'udp' ? { flags: dnsPacket.TRUNCATED_RESPONSE } : knows(via));

/** An instance over the system's sockets that asks these servers. */
async function withServers(answers: readonly Answering[], timeout = 5000) {
  const servers = [];
  for (const each of answers) servers.push(await serve(each));
  const counters = createDnsCounters();
  const ws2 = createWs2_32({ catalog: { ...defaultCatalog('tcpip'), nameSpaces: [] } });
  onTestFinished(() => ws2[Symbol.dispose]());
  ws2.WSAStartup(0x0202, {});
  addNameSpace(ws2, createDnsNameSpace({ resolvConf: null, servers, search: [], timeout, attempts: 1, counters }));
  return { ws2, counters };
}

const addressOf = (ws2: Ws2_32): Promise<string> =>
  new Promise((resolve) =>
    lookup('one.test', { ws2, family: 4 }, (error, address) => resolve(error?.code ?? String(address))),
  );

describe('A server on loopback', () => {
  test.each<[string, Answering, 'failures' | 'lame' | 'timeouts' | 'truncated']>([
    ['that fails is passed over for the next one', fails, 'failures'],
    ['that points to others is passed over for the next one', lame, 'lame'],
    ['that says nothing is passed over for the next one', silent, 'timeouts'],
    ['whose answer is cut off is asked by TCP', cutOff, 'truncated'],
  ])('%s', async (_what, first, counted) => {
    const { ws2, counters } = await withServers([first, knows], 200);
    expect(await addressOf(ws2)).toBe('192.0.2.1');
    expect(counters[counted]).toBe(1);
  });

  test.each<[string, Answering, string]>([
    ['fails', fails, 'EAI_AGAIN'],
    ['points to others', lame, 'EAI_FAIL'],
    ['says nothing', silent, 'EAI_AGAIN'],
  ])('is told by its own error when it is the only one, and %s', async (_what, only, error) => {
    const { ws2 } = await withServers([only], 200);
    expect(await addressOf(ws2)).toBe(error);
  });

  test('that says nothing is waited for no longer once the look-up is cancelled', async () => {
    const { ws2, counters } = await withServers([silent], 60_000);
    const overlapped = new WSAOVERLAPPED();
    const handle = ref(0);
    const result = ref(null);
    const told: number[] = [];
    const routine = (error: number): void => void told.push(error);
    ws2.GetAddrInfoEx(
      'one.test',
      null,
      NS_ALL,
      null,
      null,
      result,
      null,
      overlapped,
      routine as never,
      handle as never,
    );
    // One question for each family.
    while (counters.datagrams < 2) ws2.host.SleepEx(0, true);
    expect(ws2.GetAddrInfoExCancel(handle)).toBe(0);
    ws2.host.SleepEx(0, true);
    expect(told).toEqual([WSA_E_CANCELLED]);
    expect({ ...counters }).toMatchObject({ timeouts: 0, answers: 0, datagrams: 2 });
  });
});
