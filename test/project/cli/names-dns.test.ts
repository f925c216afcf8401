// ws2spi names lookup --type, against a DNS server of the test's own.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { createWs2_32, NS_DNS } from 'ws2spi';
import { defaultCatalog } from 'ws2spi/catalog';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { ROOT, ws2spi } from './program.js';

const SERVER = `
import dgram from 'node:dgram';
import dnsPacket from 'dns-packet';
const NAME = 'example.test';
const RECORDS = {
  A: ['192.0.2.1'],
  AAAA: ['2001:db8::1'],
  NS: ['ns.example.test'],
  MX: [{ preference: 20, exchange: 'second.example.test' }, { preference: 10, exchange: 'first.example.test' }],
  TXT: [['one', 'two']],
  CAA: [{ flags: 0, tag: 'issue', value: 'ca.test' }],
};
const SRV = [{ priority: 1, weight: 2, port: 389, target: 'example.test' }];
const server = dgram.createSocket('udp4');
server.on('message', (query, { port, address }) => {
  const { id, questions: [{ name, type }] } = dnsPacket.decode(query);
  const lower = name.toLowerCase();
  const data = lower === NAME ? RECORDS[type] : lower === '_ldap._tcp.example.test' && type === 'SRV' ? SRV : undefined;
  const answers = (data ?? []).map((each) => ({ name, type, ttl: 60, data: each }));
  const flags = dnsPacket.RECURSION_AVAILABLE | (lower.endsWith(NAME) ? 0 : 3);
  server.send(dnsPacket.encode({ type: 'response', id, flags, questions: [{ name, type }], answers }), port, address);
});
server.bind(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
`;

let catalog: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  const folder = temporaryFolder();
  const server = spawn(process.execPath, ['--input-type=module', '-e', SERVER], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = (await once(createInterface(server.stdout), 'line')) as [string];
  stop = async () => {
    server.stdin.end();
    await once(server, 'exit');
  };
  const provider = join(folder, 'dns.mjs');
  const dns = pathToFileURL(
    join(process.env['WS2SPI_DIST'] ?? join(ROOT, 'dist'), 'providers/namespaces/dns/index.js'),
  );
  writeFileSync(
    provider,
    `import { createDnsNameSpace } from '${dns.href}';
     export const { NSPStartup } = createDnsNameSpace({ resolvConf: null, search: [], servers: ['127.0.0.1:${port}'] });`,
  );
  catalog = join(folder, 'catalog.json');
  using ws2 = createWs2_32({ catalog });
  for (const { info } of defaultCatalog('tcpip').nameSpaces) ws2.WSCUnInstallNameSpace(info.NSProviderId);
  ws2.WSCInstallNameSpace('test server', provider, NS_DNS, 2, 'B4C6B0A8-0F1D-4C55-9E0E-6A7D0B1F3C23');
});
afterAll(() => stop());

test.each<[string, string, readonly string[]]>([
  ['a', 'example.test', ['192.0.2.1']],
  ['aaaa', 'example.test', ['2001:db8::1']],
  ['host', 'example.test', ['192.0.2.1', '2001:db8::1']],
  ['ns', 'example.test', ['ns.example.test.']],
  ['mx', 'example.test', ['10 first.example.test.', '20 second.example.test.']],
  ['txt', 'example.test', ['"one" "two"']],
  ['srv', '_ldap._tcp.example.test', ['192.0.2.1:389', '[2001:db8::1]:389', '1 2 389 example.test.']],
  ['caa', 'example.test', ['\\# 14 0005697373756563612e74657374']],
])('ws2spi names lookup --type %s %s tells what the server says', (type, name, told) => {
  const { status, stdout, stderr } = ws2spi(['names', 'lookup', name, '--type', type, '--catalog', catalog]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  let from = 0;
  for (const each of told) {
    const at = stdout.indexOf(each, from);
    expect(at, `${each} behind ${stdout.slice(0, from)} in ${stdout}`).toBeGreaterThanOrEqual(0);
    from = at + each.length;
  }
});

test.each<[string, string, string]>([
  ['a', 'nobody.elsewhere', 'WSASERVICE_NOT_FOUND|WSAHOST_NOT_FOUND'],
  ['cname', 'example.test', 'WSANO_DATA'],
])('ws2spi names lookup --type %s %s says that there is none', (type, name, error) => {
  const { status, stdout, stderr } = ws2spi(['names', 'lookup', name, '--type', type, '--catalog', catalog]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(new RegExp(error));
});
