// The same against a real server, over the system's own sockets, with `dig` as a witness.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { lookup as nodeLookup } from 'ws2spi/node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  createWs2_32,
  LUP_RETURN_ALL,
  parseSockaddr,
  ref,
  SVCID_DNS_TYPE_MX,
  SVCID_DNS_TYPE_SRV,
  SVCID_DNS_TYPE_TEXT,
  SVCID_INET_HOSTADDRBYINETSTRING,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSATRY_AGAIN,
  WSAQUERYSETW,
  type addrinfo,
} from 'ws2spi';
import { defaultCatalog } from 'ws2spi/catalog';
import { addNameSpace } from 'ws2spi/names';
import {
  createDnsCounters,
  createDnsNameSpace,
  recordText,
  type DnsNameSpaceOptions,
} from 'ws2spi/providers/namespaces/dns';
import { freePort } from '../../../../support/free-ports.js';
import { withoutServer } from '../../../../support/real-servers.js';

const MANY = Array.from({ length: 120 }, (_, at) => `10.9.${at >> 6}.${at & 63}`);
const isLeftOut = withoutServer('dnsmasq').skip || withoutServer('dig', ['-v']).skip;

describe.skipIf(isLeftOut)('A real server (dnsmasq)', () => {
  let server: ChildProcess;
  let port = 0;

  beforeAll(async () => {
    port = await freePort();
    const lines = [
      'address=/one.test/192.0.2.1',
      'host-record=six.test,2001:db8::6',
      'host-record=named.test,192.0.2.7',
      'cname=alias.test,named.test',
      'mx-host=mail.test,mx.mail.test,10',
      'txt-record=text.test,"v=spf1 -all"',
      'srv-host=_ldap._tcp.test,named.test,389',
      'local=/test/',
      ...MANY.map((address) => `host-record=many.test,${address}`),
    ];
    server = spawn(
      'dnsmasq',
      [
        ...['--keep-in-foreground', '--no-resolv', '--no-hosts', '--bind-interfaces', '--listen-address=127.0.0.1'],
        ...['--conf-file=/dev/null', `--port=${port}`, '--pid-file=', '--user=root', '--log-facility=-'],
        ...lines.map((line) => `--${line}`),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await once(server.stderr!, 'data');
  });

  afterAll(async () => {
    server.kill();
    await once(server, 'exit');
  });

  const dig = (...question: string[]): string[] =>
    execFileSync('dig', ['+short', `@127.0.0.1`, '-p', `${port}`, ...question], { encoding: 'utf8' })
      .trim()
      .split('\n');

  const client = (options: Partial<DnsNameSpaceOptions> = {}) => {
    const ws2 = createWs2_32({ catalog: { ...defaultCatalog('tcpip'), nameSpaces: [] } });
    onTestFinished(() => ws2[Symbol.dispose]());
    ws2.WSAStartup(0x0202, {});
    const counters = createDnsCounters();
    const servers = [`127.0.0.1:${port}`];
    const id = addNameSpace(ws2, createDnsNameSpace({ resolvConf: null, servers, search: [], counters, ...options }));
    const addresses = (name: string, ai_family = AF_INET): string[] | number => {
      const result = ref<addrinfo | null>(null);
      const error = ws2.getaddrinfo(name, null, { ai_family, ai_socktype: 1 } as addrinfo, result);
      if (error !== 0) return error;
      const found: string[] = [];
      for (let each = result.value; each !== null; each = each.ai_next)
        found.push(parseSockaddr(each.ai_addr!).address);
      return found.toSorted();
    };
    const query = (lpServiceClassId: string, lpszServiceInstanceName: string): WSAQUERYSETW[] => {
      const handle = ref(0);
      const asked = { dwSize: WSAQUERYSETW.size, lpszServiceInstanceName, lpServiceClassId, lpNSProviderId: id };
      ws2.WSALookupServiceBegin(asked, LUP_RETURN_ALL, handle);
      const found: WSAQUERYSETW[] = [];
      const results: WSAQUERYSETW[] = [];
      while (ws2.WSALookupServiceNext(handle.value, 0, ref(65_536), results) === 0) found.push(results[0]!);
      ws2.WSALookupServiceEnd(handle.value);
      return found;
    };
    return { ws2, addresses, query, counters };
  };

  it('gives the addresses that dig gets from it', () => {
    const { addresses } = client();
    expect(addresses('one.test')).toEqual(dig('one.test', 'A'));
    expect(addresses('six.test', AF_INET6)).toEqual(dig('six.test', 'AAAA'));
    expect(addresses('alias.test')).toEqual(dig('alias.test', 'A').slice(1));
  });

  it('says what is not there', () => {
    const { addresses } = client();
    expect(addresses('nobody.test')).toBe(WSAHOST_NOT_FOUND);
    expect(addresses('six.test')).toBe(WSANO_DATA);
    expect(addresses('elsewhere.example')).toBe(WSANO_RECOVERY);
  });

  it('gives records as dig shows them', () => {
    const { query } = client();
    const texts = (type: number, found: WSAQUERYSETW[]) =>
      found.map((each) => recordText(type, each.lpBlob!.pBlobData));
    expect(texts(15, query(SVCID_DNS_TYPE_MX, 'mail.test'))).toEqual(dig('mail.test', 'MX'));
    expect(texts(16, query(SVCID_DNS_TYPE_TEXT, 'text.test'))).toEqual(dig('text.test', 'TXT'));
    expect(texts(33, query(SVCID_DNS_TYPE_SRV, '_ldap._tcp.test'))).toEqual(dig('_ldap._tcp.test', 'SRV'));
    const [host] = query(SVCID_INET_HOSTADDRBYINETSTRING, '192.0.2.7');
    expect(`${host?.lpszServiceInstanceName}.`).toBe(dig('-x', '192.0.2.7')[0]);
  });

  it('is asked by TCP for what does not fit into a datagram', () => {
    const { addresses, counters } = client();
    expect(addresses('many.test')).toEqual(MANY.toSorted());
    expect(counters).toMatchObject({ truncated: 1, streams: 1, answers: 1 });
  });

  it('answers when one before it is silent, is not there, or cannot help', async () => {
    const silent = createSocket('udp4');
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const servers = [`127.0.0.1:${silent.address().port}`, '127.0.0.1:1', `127.0.0.1:${port}`];
    // dnsmasq has as long to answer as the silent one, however busy the machine.
    const { addresses, counters } = client({ servers, timeout: 1000 });
    expect(addresses('named.test')).toEqual(['192.0.2.7']);
    expect(counters).toMatchObject({ timeouts: 1, unreachable: 1, answers: 1 });
    const dead = client({ servers: servers.slice(0, 2), timeout: 20 });
    expect(dead.addresses('named.test')).toBe(WSATRY_AGAIN);
  });

  it('is found by lookup from the event loop, too', async () => {
    const { ws2 } = client();
    const found = await new Promise((resolve) =>
      nodeLookup('named.test', { ws2, family: 4 }, (error, address) => resolve(error ?? address)),
    );
    expect(found).toBe('192.0.2.7');
  });
});
