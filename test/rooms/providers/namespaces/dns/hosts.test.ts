import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  hostent,
  LUP_FLUSHCACHE,
  LUP_RETURN_ALL,
  SVCID_DNS_TYPE_CNAME,
  SVCID_DNS_TYPE_MX,
  SVCID_DNS_TYPE_SRV,
  SVCID_DNS_TYPE_TEXT,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_TCP,
  parseSockaddr,
  WSAGETASYNCERROR,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSATRY_AGAIN,
  type WSAQUERYSETW,
} from 'ws2spi';
import { recordText } from 'ws2spi/providers/namespaces/dns';
import { a, aaaa, cname, zone } from './server.js';
import { world } from './world.js';

const names = zone({
  'one.test': [a('192.0.2.1')],
  'both.test': [a('192.0.2.2'), aaaa('2001:db8::2')],
  'alias.test': [cname('Other.test')],
  'other.test': [cname('one.test')],
  'loop.test': [cname('pool.test')],
  'pool.test': [cname('loop.test')],
  'brief.test': [a('192.0.2.9', 0)],
  'xn--bcher-kva.test': [a('192.0.2.5')],
  'short.example.test': [a('192.0.2.6')],
  '1.2.0.192.in-addr.arpa': [{ type: 'PTR', data: 'one.test', ttl: 60 } as never],
  '2.2.0.192.in-addr.arpa': [{ type: 'PTR', data: 'rm -rf.test', ttl: 60 } as never],
  '2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': [
    { type: 'PTR', data: 'both.test', ttl: 60 } as never,
  ],
  'mail.test': [
    { type: 'MX', data: { preference: 20, exchange: 'second.test' }, ttl: 60 } as never,
    { type: 'MX', data: { preference: 10, exchange: 'first.test' }, ttl: 60 } as never,
    { type: 'TXT', data: ['v=spf1 -all', 'a "word"'], ttl: 60 } as never,
  ],
  '_ldap._tcp.test': [
    { type: 'SRV', data: { priority: 2, weight: 0, port: 390, target: 'both.test' }, ttl: 60 } as never,
    { type: 'SRV', data: { priority: 1, weight: 5, port: 389, target: 'one.test' }, ttl: 60 } as never,
  ],
});

const addressesOf = ({ lpcsaBuffer }: WSAQUERYSETW): string[] =>
  (lpcsaBuffer ?? []).map(({ RemoteAddr, iProtocol }) => {
    const { address, port } = parseSockaddr(RemoteAddr.lpSockaddr!);
    return `${address} ${port}/${iProtocol}`;
  });

const RECORDS = new Map([
  [SVCID_DNS_TYPE_MX, 15],
  [SVCID_DNS_TYPE_TEXT, 16],
  [SVCID_DNS_TYPE_CNAME, 5],
  [SVCID_DNS_TYPE_SRV, 33],
]);

describe('A host by its name', () => {
  it('has the addresses that the server says, of each family and of both', () => {
    const { addresses, defects } = world([names]);
    expect(addresses('one.test')).toEqual(['192.0.2.1']);
    expect(addresses('both.test', AF_INET6)).toEqual(['2001:db8::2']);
    expect((addresses('both.test', AF_UNSPEC) as string[]).toSorted()).toEqual(['192.0.2.2', '2001:db8::2']);
    expect(defects).toEqual([]);
  });

  it('is followed to the end of its aliases, which are told', () => {
    const { query } = world([names]);
    const [host, ...aliases] = query(SVCID_INET_HOSTADDRBYNAME, 'alias.test') as WSAQUERYSETW[];
    expect(host?.lpszServiceInstanceName).toBe('one.test');
    expect(aliases.map((each) => each.lpszServiceInstanceName)).toEqual(['alias.test', 'Other.test']);
    const { pBlobData } = host!.lpBlob!;
    expect(hostent.decode(pBlobData)).toMatchObject({
      h_name: 'one.test',
      h_aliases: ['alias.test', 'Other.test'],
      h_addrtype: AF_INET,
      h_addr_list: [Uint8Array.of(192, 0, 2, 1)],
    });
  });

  it('is given with the port of the class that is asked for', () => {
    const { query } = world([names]);
    expect((query(SVCID_TCP(80), 'one.test') as WSAQUERYSETW[]).map(addressesOf)).toEqual([['192.0.2.1 80/6']]);
  });

  it('that does not exist, or has nothing of the kind, is told by the errors for it', () => {
    const { addresses, query } = world([names]);
    expect(addresses('none.test')).toBe(WSAHOST_NOT_FOUND);
    expect(query(SVCID_DNS_TYPE_MX, 'one.test')).toBe(WSANO_DATA);
    expect(query(SVCID_INET_HOSTADDRBYNAME, '')).toBe(WSAHOST_NOT_FOUND);
  });

  it('whose aliases lead round in a circle is given up', () => {
    const { query, servers } = world([names]);
    expect(query(SVCID_INET_HOSTADDRBYNAME, 'loop.test')).toBeOneOf([WSANO_RECOVERY, WSATRY_AGAIN]);
    expect(servers[0]!.asked.length).toBeLessThan(20);
  });

  it('beyond ASCII is asked for by IDNA', () => {
    const { addresses, servers } = world([names]);
    expect(addresses('bücher.test')).toEqual(['192.0.2.5']);
    expect(servers[0]!.asked[0]!.name).toBe('xn--bcher-kva.test');
  });

  it.each([
    'a..test',
    `${'x'.repeat(64)}.test`,
    `${'x.'.repeat(130)}test`,
    'a b.test',
    '192.0.2.300.invalid',
    'x.onion',
  ])('%s is refused without asking', (name) => {
    const { query, servers } = world([names]);
    expect(query(SVCID_INET_HOSTADDRBYNAME, name)).toBeGreaterThan(10_000);
    expect(servers[0]!.asked).toEqual([]);
  });

  it('localhost is this machine, whatever servers say', () => {
    const { query, servers } = world([zone({ localhost: [a('192.0.2.66')] })]);
    expect((query(SVCID_INET_HOSTADDRBYNAME, 'LOCALHOST') as WSAQUERYSETW[]).flatMap(addressesOf)[0]).toMatch(/^127/);
    expect(servers[0]!.asked).toEqual([]);
  });
});

describe('Short names', () => {
  const dns = { search: ['example.test', 'test'] };

  it('are looked for in the domains of the search list, in order', () => {
    const { addresses, servers } = world([names], { dns });
    expect(addresses('short')).toEqual(['192.0.2.6']);
    expect(addresses('one')).toEqual(['192.0.2.1']);
    expect(servers[0]!.asked.map(({ name }) => name)).toEqual(['short.example.test', 'one.example.test', 'one.test']);
  });

  it('with as many dots as ndots says are asked for as they are first, and with a dot at the end only so', () => {
    const { addresses, servers } = world([names], { dns: { ...dns, ndots: 2 } });
    expect(addresses('both.test')).toEqual(['192.0.2.2']);
    expect(addresses('nobody.test.')).toBe(WSAHOST_NOT_FOUND);
    expect(servers[0]!.asked.map(({ name }) => name)).toEqual([
      'both.test.example.test',
      'both.test.test',
      'both.test',
      'nobody.test',
    ]);
  });
});

describe('An address', () => {
  it('has the name that the reverse tree says, of either family', () => {
    const { query, ws2 } = world([names]);
    const found = query(SVCID_INET_HOSTADDRBYINETSTRING, '192.0.2.1') as WSAQUERYSETW[];
    expect(found[0]).toMatchObject({ lpszServiceInstanceName: 'one.test' });
    expect(found.flatMap(addressesOf)).toEqual(['192.0.2.1 0/6']);
    expect(query(SVCID_INET_HOSTADDRBYINETSTRING, '2001:db8::2')).toMatchObject([
      { lpszServiceInstanceName: 'both.test' },
    ]);
    expect(ws2.gethostbyaddr(Uint8Array.of(192, 0, 2, 1), 4, AF_INET)?.h_name).toBe('one.test');
  });

  it('whose name is none of a host is not believed', () => {
    const { query } = world([names]);
    expect(query(SVCID_INET_HOSTADDRBYINETSTRING, '192.0.2.2')).toBeGreaterThan(11_000);
  });
});

describe('Records', () => {
  const texts = (found: WSAQUERYSETW[] | number): (string | undefined)[] =>
    (found as WSAQUERYSETW[]).map(({ lpBlob, lpServiceClassId }) =>
      recordText(RECORDS.get(lpServiceClassId!)!, lpBlob!.pBlobData),
    );

  it('of mail exchangers come by preference, their data as it is, names written out', () => {
    const { query } = world([names]);
    expect(texts(query(SVCID_DNS_TYPE_MX, 'mail.test'))).toEqual(['10 first.test.', '20 second.test.']);
    expect(texts(query(SVCID_DNS_TYPE_TEXT, 'mail.test'))).toEqual(['"v=spf1 -all" "a \\"word\\""']);
    expect(texts(query(SVCID_DNS_TYPE_CNAME, 'alias.test'))).toEqual(['Other.test.']);
  });

  it('of services come by priority, with the addresses and ports of their targets', () => {
    const { query } = world([names]);
    const found = query(SVCID_DNS_TYPE_SRV, '_ldap._tcp.test') as WSAQUERYSETW[];
    expect(texts(found)).toEqual(['1 5 389 one.test.', '2 0 390 both.test.']);
    expect(found.map(addressesOf)).toEqual([['192.0.2.1 389/6'], ['192.0.2.2 390/6', '2001:db8::2 390/6']]);
  });
});

describe('The cache', () => {
  it('answers until the time to live is over, by the clock of the instance', () => {
    const { addresses, servers, clock, counters } = world([names]);
    addresses('one.test');
    clock.advance(59_000);
    addresses('ONE.test');
    expect([servers[0]!.asked.length, counters.cached]).toEqual([1, 1]);
    clock.advance(1000);
    expect(addresses('one.test')).toEqual(['192.0.2.1']);
    expect(servers[0]!.asked).toHaveLength(2);
  });

  it('keeps that there is no such name, or no such record, as long as the zone says', () => {
    const { query, servers, clock } = world([names]);
    for (let i = 0; i < 3; i++) query(SVCID_INET_HOSTADDRBYNAME, 'none.test');
    for (let i = 0; i < 3; i++) query(SVCID_DNS_TYPE_MX, 'one.test');
    // Whether a name exists is known for all types with the first answer: both families were asked at once.
    expect(servers[0]!.asked.map(({ type }) => type)).toEqual(['A', 'AAAA', 'MX']);
    clock.advance(30_000);
    query(SVCID_DNS_TYPE_MX, 'one.test');
    expect(servers[0]!.asked).toHaveLength(4);
  });

  it('keeps nothing that holds for no time, and only so many entries', () => {
    const { addresses, servers, counters } = world([names], { dns: { cacheSize: 1 } });
    addresses('brief.test');
    addresses('brief.test');
    expect(servers[0]!.asked).toHaveLength(2);
    addresses('one.test');
    addresses('both.test');
    addresses('one.test');
    expect(servers[0]!.asked).toHaveLength(5);
    expect(counters.evicted).toBe(2);
  });

  it('is passed by with LUP_FLUSHCACHE', () => {
    const { query, servers } = world([names]);
    query(SVCID_DNS_TYPE_MX, 'mail.test');
    query(SVCID_DNS_TYPE_MX, 'mail.test', {}, LUP_RETURN_ALL | LUP_FLUSHCACHE);
    expect(servers[0]!.asked).toHaveLength(2);
  });

  it('has one question under way for all who ask the same', () => {
    const { ws2, servers, counters } = world([names], { network: { latency: 20 } });
    const hWnd = ws2.host.CreateWindow();
    for (let i = 0; i < 50; i++) ws2.WSAAsyncGetHostByName(hWnd, 0x8001, 'one.test', new Uint8Array(1024), 1024);
    const errors = Array.from({ length: 50 }, () => WSAGETASYNCERROR(ws2.host.GetMessage(hWnd)!.lParam));
    expect(errors).toEqual(Array(50).fill(0));
    expect(servers[0]!.asked).toHaveLength(1);
    expect(counters.shared).toBe(49);
  });
});
