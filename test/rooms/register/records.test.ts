// What Node.js' own resolver is asked for goes through the name spaces of the chain: programs are told what they are told without it.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fixture, HOOK, run } from './hooked.js';

interface Message {
  readonly id: number;
  readonly questions: readonly { readonly type: string; readonly name: string }[];
}
const packet = createRequire(import.meta.url)('dns-packet') as {
  decode(bytes: Uint8Array): Message;
  encode(message: object): Buffer;
};

const RECORDS: Readonly<Record<string, readonly unknown[]>> = {
  A: ['192.0.2.1', '192.0.2.2'],
  AAAA: ['2001:db8::1'],
  CAA: [{ flags: 128, tag: 'issue', value: 'ca.example', issuerCritical: true }],
  CNAME: ['other.example'],
  MX: [
    { preference: 10, exchange: 'mail.example' },
    { preference: 20, exchange: 'second.mail.example' },
  ],
  NAPTR: [
    { order: 1, preference: 2, flags: 'S', services: 'SIP+D2U', regexp: '', replacement: '_sip._udp.example' },
    { order: 3, preference: 4, flags: 'u', services: 'E2U', regexp: '!^.*$!sip:x@example!', replacement: '.' },
  ],
  NS: ['ns.example', 'ns2.example'],
  PTR: ['pointed.example'],
  SOA: [
    { mname: 'ns.example', rname: 'root.example', serial: 4_000_000_000, refresh: 2, retry: 3, expire: 4, minimum: 5 },
  ],
  SRV: [{ priority: 1, weight: 2, port: 443, target: 'one.example' }],
  TXT: [
    ['one text', 'and another'],
    ['caf\u00e9', ''],
  ],
};

const folder = temporaryFolder();
const resolvConf = join(folder, 'resolv.conf');
let asked = 0;
const server = dgram.createSocket('udp4');
server.on('message', (bytes, { port, address }) => {
  asked++;
  const { id, questions } = packet.decode(bytes);
  const [{ type, name }] = questions as [Message['questions'][number]];
  const host = name.toLowerCase();
  if (host === 'silent.example' || host === '99.2.0.192.in-addr.arpa') return;
  const isThere = host === 'all.example' || host.endsWith('.arpa');
  const answers = isThere ? (RECORDS[type] ?? []).map((data) => ({ type, name, ttl: 60, data })) : [];
  const rcode = host === 'nobody.example' ? 3 : host === 'broken.example' ? 2 : 0;
  // Recursion desired and available, and what there is to say.
  const answer = packet.encode({ type: 'response', id, flags: 0x180 | rcode, questions, answers });
  server.send(answer, port, address);
});

beforeAll(async () => {
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  writeFileSync(resolvConf, `nameserver ${place()}\noptions attempts:1 timeout:2\n`);
});
afterAll(() => void server.close());
const place = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

it('Records of every type, names of addresses and errors come from the name spaces as from Node.js’ own resolver', async () => {
  const bare = await run([fixture('records.mjs')], { SERVER: place() });
  expect([bare.status, bare.problems]).toEqual([0, '']);
  asked = 0;
  const calls = join(folder, 'calls.txt');
  const hooked = await run([...HOOK, fixture('records.mjs')], {
    WS2SPI_CATALOG: join(folder, 'none.json'),
    WS2SPI_RESOLV_CONF: resolvConf,
    WS2SPI_LAYERS: `trace:${calls}`,
  });
  expect(hooked.problems).toBe('');
  expect(hooked.output.split('\n')).toEqual(bare.output.split('\n'));
  // Each question passed the layer, and none went around it.
  expect(readFileSync(calls, 'utf8').match(/WSPSend\b/g)).toHaveLength(asked);
});

it('Questions that are cancelled are told so, and those of other resolvers are not', async () => {
  const bare = await run([fixture('cancelled.mjs')], { SERVER: place() });
  expect([bare.status, bare.problems]).toEqual([0, '']);
  expect(bare.output.match(/ECANCELLED silent\.example/g)).toHaveLength(3);
  const hooked = { WS2SPI_CATALOG: join(folder, 'none.json'), WS2SPI_RESOLV_CONF: resolvConf };
  expect(await run([...HOOK, fixture('cancelled.mjs')], hooked)).toEqual(bare);
});

it('A program whose questions were cancelled ends, though nobody will answer them', async () => {
  const bare = await run([fixture('cancelled-end.mjs')], { SERVER: place() });
  expect([bare.status, bare.problems]).toEqual([0, '']);
  expect(bare.output.match(/ECANCELLED/g)).toHaveLength(20);
  // What is not given up takes two and a half minutes, which is more than a test may.
  const patient = join(folder, 'patient.conf');
  writeFileSync(patient, `nameserver ${place()}\noptions attempts:5 timeout:30\n`);
  const hooked = { WS2SPI_CATALOG: join(folder, 'none.json'), WS2SPI_RESOLV_CONF: patient };
  expect(await run([...HOOK, fixture('cancelled-end.mjs')], hooked)).toEqual(bare);
});
