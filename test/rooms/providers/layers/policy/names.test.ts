import { Container } from 'inversify';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  IPPROTO_UDP,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  VirtualClock,
  WSAEACCES,
  type addrinfo,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { createFilesNameSpace } from 'ws2spi/providers/namespaces/files';
import { policy, type PolicyDecision, type PolicyRule } from 'ws2spi/providers/layers/policy';
import { catalogOf } from '../../namespaces/fixtures.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

const HOSTS = `
127.0.0.1        localhost rebound.example.com
192.0.2.10       api.example.com shared.other.net
192.0.2.10       cdn.example.com
192.0.2.11       two.example.com
169.254.169.254  two.example.com
169.254.169.254  metadata.example.com
10.1.2.3         inside.example.com
192.0.2.12       xn--bcher-kva.example.com
192.0.2.13       example.com notexample.com
`;

interface Network {
  readonly ws2: Ws2_32;
  readonly decisions: PolicyDecision[];
  /** By WSAConnectByName; the last error. */
  byName(name: string): number;
  /** By getaddrinfo, and connect to the first address. */
  byAddress(name: string): number;
  connect(address: string): number;
  sendTo(address: string): number;
}

/** A program under rules, on a network where some hosts listen at port 443. */
function network(rules: readonly PolicyRule[]): Network {
  const hosts = join(temporaryFolder(), 'hosts');
  writeFileSync(hosts, HOSTS);
  const addresses = ['192.0.2.10', '192.0.2.11', '192.0.2.12', '192.0.2.13', '10.1.2.3', '169.254.169.254'];
  const container = new Container();
  container.bind('di:files').toConstantValue({ NSPStartup: createFilesNameSpace({ hosts }) });
  const memory = createMemoryNetwork({ addresses });
  const clock = new VirtualClock();
  const ws2 = createWs2_32({
    base: 'memory',
    catalog: catalogOf([{ name: 'files', module: {} }]),
    container,
    network: memory,
    clock,
  });
  onTestFinished(() => ws2[Symbol.dispose]());
  ws2.on('defect', ({ message, cause }) => {
    throw new Error(message, { cause });
  });
  expect(ws2.WSAStartup(0x0202, {})).toBe(0);
  for (const address of [...addresses, '127.0.0.1']) {
    const listener = ws2.socket(AF_INET, SOCK_STREAM, 0);
    ws2.bind(listener, sockaddr_in(address, 443), 16);
    expect(ws2.listen(listener, 20)).toBe(0);
  }
  const decisions: PolicyDecision[] = [];
  const layer = policy({ rules, audit: (decision) => void decisions.push(decision) });
  const bases: WSAPROTOCOL_INFO[] = [];
  ws2.WSAEnumProtocols(null, bases, ref(100_000));
  const udp = bases.find((entry) => entry.iAddressFamily === AF_INET && entry.iProtocol === IPPROTO_UDP)!;
  const tcp = bases.find((entry) => entry.iAddressFamily === AF_INET && entry.iSocketType === SOCK_STREAM)!;
  const [stream, datagram] = stack(ws2, [layer], { over: [tcp, udp] });
  const socket = (): number => ws2.WSASocket(AF_INET, SOCK_STREAM, 0, stream!, 0, 0);
  const code = (result: number | boolean): number => (result === 0 || result === true ? 0 : ws2.WSAGetLastError());
  const connect = (name: Uint8Array): number => code(ws2.connect(socket(), name, name.length));
  return {
    ws2,
    decisions,
    byName: (name) => code(ws2.WSAConnectByName(socket(), name, '443', null, null, null, null, null, null)),
    byAddress(name) {
      const found = ref<addrinfo | null>(null);
      expect(ws2.getaddrinfo(name, '443', { ai_family: AF_INET }, found)).toBe(0);
      return connect(found.value!.ai_addr!);
    },
    connect: (address) => connect(sockaddr_in(address, 443)),
    sendTo(address) {
      const s = ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, datagram!, 0, 0);
      return code(Math.min(0, ws2.sendto(s, Buffer.from('x'), 1, 0, sockaddr_in(address, 443), 16)));
    },
  };
}

const ALLOWED: PolicyRule = { allow: ['connect', 'send'], name: '*.example.com', port: 443 };

describe('a policy of names', () => {
  it('goes by the name that was connected to, and the name that was looked up before', () => {
    const net = network([ALLOWED]);
    expect(net.byName('API.Example.com.')).toBe(0);
    expect(net.byAddress('api.example.com')).toBe(0);
    expect(net.connect('192.0.2.10')).toBe(0);
    expect(net.sendTo('192.0.2.10')).toBe(0);
    expect(net.byName('notexample.com')).toBe(WSAEACCES);
    expect(net.byName('example.com')).toBe(WSAEACCES);
    expect(net.connect('192.0.2.11')).toBe(WSAEACCES);
    expect(net.decisions[0]).toMatchObject({
      name: 'api.example.com',
      address: '192.0.2.10',
      verdict: 'allow',
      rule: 1,
    });
  });

  it('lets no name lead to the machine or the link, whatever it resolves to, and says so', () => {
    const net = network([ALLOWED]);
    expect(net.byName('rebound.example.com')).toBe(WSAEACCES);
    expect(net.byAddress('rebound.example.com')).toBe(WSAEACCES);
    expect(net.byName('metadata.example.com')).toBe(WSAEACCES);
    expect(net.byAddress('metadata.example.com')).toBe(WSAEACCES);
    expect(net.sendTo('169.254.169.254')).toBe(WSAEACCES);
    expect(net.decisions[0]!.reason).toMatch(
      /rule 1 allows rebound\.example\.com, but not to lead to such an address: name it in "address"/,
    );
    // Those that are meant to are named.
    expect(network([{ ...ALLOWED, address: '127.0.0.1' }]).byName('rebound.example.com')).toBe(0);
    expect(network([{ allow: 'connect', name: 'localhost' }]).byName('localhost')).toBe(0);
  });

  it('holds each address of a name to the rules about addresses', () => {
    const rules: PolicyRule[] = [ALLOWED, { deny: ['connect', 'send'], address: '10.0.0.0/8' }];
    const net = network(rules);
    expect(net.byName('inside.example.com')).toBe(WSAEACCES);
    expect(net.byAddress('inside.example.com')).toBe(WSAEACCES);
    expect(network([...rules].reverse()).byName('inside.example.com')).toBe(WSAEACCES);
    // Of several addresses those that are allowed are used.
    expect(net.byName('two.example.com')).toBe(0);
    expect(net.decisions.at(-1)).toMatchObject({ address: '192.0.2.11', verdict: 'allow' });
  });

  it('takes the name that was looked up last, and does not lend one name the rights of another', () => {
    const net = network([ALLOWED]);
    expect(net.byAddress('api.example.com')).toBe(0);
    expect(net.byAddress('shared.other.net')).toBe(WSAEACCES);
    expect(net.byName('shared.other.net')).toBe(WSAEACCES);
    expect(net.byName('api.example.com')).toBe(0);
  });

  it('denies what any of the names is denied', () => {
    const net = network([
      { allow: 'connect', address: '0.0.0.0/0' },
      { deny: 'connect', name: 'api.example.com' },
    ]);
    expect(net.byName('cdn.example.com')).toBe(0);
    expect(net.byName('api.example.com')).toBe(WSAEACCES);
    expect(net.byName('api.example.com.')).toBe(WSAEACCES);
    expect(net.connect('192.0.2.10')).toBe(WSAEACCES);
    expect(net.byName('cdn.example.com')).toBe(WSAEACCES);
  });

  it('knows international names in both spellings', () => {
    expect(network([{ allow: 'connect', name: 'Bücher.example.com' }]).byName('xn--bcher-kva.example.com')).toBe(0);
    expect(network([{ allow: 'connect', name: 'xn--bcher-kva.example.com' }]).byName('bücher.EXAMPLE.com')).toBe(0);
  });

  it('takes no spelling of an address for a name', () => {
    const net = network([{ allow: 'connect', name: ['*.x', '*.com'] }]);
    for (const name of ['192.0.2.10', '0xc000020a', '3221225994', '0300.0.2.10', '192.0.522']) {
      expect(net.byName(name), name).not.toBe(0);
    }
  });
});
