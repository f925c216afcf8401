// Registrations: names are claimed by probes, announced, defended, and taken back with a goodbye.
import { expect, test } from 'vitest';
import {
  AF_INET,
  IPPROTO_TCP,
  RNRSERVICE_DELETE,
  RNRSERVICE_DEREGISTER,
  SERVICE_MULTIPLE,
  sockaddr_in,
  SOCK_STREAM,
  SVCID_INET_HOSTADDRBYNAME,
} from 'ws2spi';
import { createSegment, lookUp, namesOf, placesOf, serviceOf, setService } from './fixtures.js';

const WEB = 'Web._http._tcp.local';

test('a name is asked for three times, a quarter of a second apart, before it is announced twice', async () => {
  const segment = createSegment();
  const beta = segment.station('beta');
  const witness = segment.witness();
  expect(setService(beta, serviceOf(WEB))).toBe('done');
  await segment.pass(3000);
  const probes = witness.heard.filter(({ packet }) => packet.questions.some(({ name }) => name === WEB));
  expect(probes.map(({ packet }) => packet.questions[0]!.type)).toEqual(['ANY', 'ANY', 'ANY']);
  expect(probes[1]!.at - probes[0]!.at).toBeCloseTo(250);
  expect(probes[2]!.at - probes[1]!.at).toBeCloseTo(250);
  expect(probes[0]!.packet.authorities.map(({ type }) => type).sort()).toEqual(['SRV', 'TXT']);
  const announced = witness.heard.filter(({ packet }) => packet.answers.some(({ type }) => type === 'SRV'));
  expect(announced).toHaveLength(2);
  expect(announced[1]!.at - announced[0]!.at).toBeCloseTo(1000);
  expect(announced[0]!.packet.answers).toMatchObject([
    { name: WEB, type: 'SRV', flush: true, ttl: 120, data: { port: 8080, target: 'beta.local' } },
    { name: WEB, type: 'TXT', flush: true, ttl: 4500 },
    { name: '_http._tcp.local', type: 'PTR', flush: false, data: WEB },
    { name: '_services._dns-sd._udp.local', type: 'PTR', flush: false, data: '_http._tcp.local' },
  ]);
});

test('whoever comes second with a name gets another, and the first keeps it', () => {
  const segment = createSegment();
  const renamed: string[][] = [];
  const alpha = segment.station('alpha');
  const beta = segment.station('beta', { renamed: (...names) => renamed.push(names) });
  setService(alpha, serviceOf(WEB, 80));
  expect(setService(beta, serviceOf(WEB, 81))).toBe('done');
  expect(renamed).toEqual([[WEB, 'Web (2)._http._tcp.local']]);
  const { results } = lookUp(alpha, { lpszQueryString: '_http._tcp' });
  expect(results.map((each) => [each.lpszServiceInstanceName, ...placesOf(each)]).sort()).toEqual([
    ['Web (2)._http._tcp.local', '127.0.0.1:81'],
    [WEB, '127.0.0.1:80'],
  ]);
});

test('a registration that may get no other name fails when its own is taken', () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const beta = segment.station('beta', { conflict: 'fail' });
  setService(alpha, serviceOf(WEB, 80));
  expect(setService(beta, serviceOf(WEB, 81))).toBe('WSAEADDRINUSE');
  expect(setService(beta, serviceOf('Other._http._tcp.local', 81))).toBe('done');
});

test.each([
  ['lesser', 1, 250],
  ['greater', 65_535, 1000],
])(
  'a claim of the same name at the same time that is %s makes one wait as long as the rules say',
  (_what, port, pause) => {
    const segment = createSegment();
    const alpha = segment.station('alpha', { conflict: 'fail' });
    const witness = segment.witness();
    witness.onHeard(({ questions }) => {
      const probes = witness.questions().filter(({ type }) => type === 'ANY');
      if (!questions.some(({ name }) => name === WEB) || probes.length > 2) return;
      witness.onHeard(() => {});
      witness.say({
        type: 'query',
        questions: [{ name: WEB, type: 'ANY' }],
        authorities: [
          { name: WEB, type: 'TXT', ttl: 4500, data: [''] },
          { name: WEB, type: 'SRV', ttl: 120, data: { port, target: 'alpha.local' } },
        ],
      });
    });
    expect(setService(alpha, serviceOf(WEB, 80))).toBe('done');
    const probes = witness.heard.filter(({ packet }) => packet.questions.some(({ name }) => name === WEB));
    const ours = probes.filter(
      ({ packet }) => !packet.authorities.some(({ data }) => (data as { port?: number }).port === port),
    );
    expect(ours[1]!.at - ours[0]!.at).toBeCloseTo(pause);
  },
);

test('whoever answers for a name that is ours makes us ask again whether it is, and we keep it when nobody insists', async () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const witness = segment.witness();
  setService(alpha, serviceOf(WEB, 80));
  await segment.pass(3000);
  witness.say({
    type: 'response',
    answers: [{ name: WEB, type: 'SRV', ttl: 120, flush: true, data: { port: 9, target: 'zeta.local' } }],
  });
  const before = witness.heard.length;
  await segment.pass(3000);
  const after = witness.heard.slice(before).map(({ packet }) => packet);
  expect(
    after.filter(({ questions }) => questions.some(({ name, type }) => name === WEB && type === 'ANY')),
  ).toHaveLength(3);
  expect(witness.answers().at(-1)).toBeDefined();
  expect(alpha.counters.conflicts).toBe(1);
  expect(lookUp(alpha, { lpszServiceInstanceName: WEB }).results.flatMap(placesOf)).toContain('127.0.0.1:80');
});

test('whoever takes back what is still ours is contradicted', async () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const witness = segment.witness();
  setService(alpha, serviceOf(WEB, 80));
  await segment.pass(3000);
  const pointer = { name: WEB, type: 'SRV', ttl: 0, flush: true, data: { port: 80, target: 'alpha.local' } };
  witness.say({ type: 'response', answers: [pointer] });
  const before = witness.heard.length;
  await segment.pass(2000);
  const told = witness.heard.slice(before).flatMap(({ packet }) => packet.answers);
  expect(told).toContainEqual(expect.objectContaining({ name: WEB, type: 'SRV', ttl: 120 }));
});

test('this host gets another name when its own is taken by an address that is not its', () => {
  const segment = createSegment({ addresses: ['10.0.0.1', '10.0.0.2'] });
  const alpha = segment.station('host', { interfaces: ['10.0.0.1'] });
  const renamed: string[][] = [];
  const beta = segment.station('host', { interfaces: ['10.0.0.2'], renamed: (...names) => renamed.push(names) });
  setService(alpha, serviceOf('A._http._tcp.local', 80));
  setService(beta, serviceOf('B._http._tcp.local', 80));
  expect(renamed).toEqual([['host.local', 'host-2.local']]);
  const { results } = lookUp(alpha, { lpszServiceInstanceName: 'B._http._tcp.local' });
  expect(placesOf(results[0]!)).toEqual(['10.0.0.2:80']);
});

test('two processes of one machine share its name', () => {
  const segment = createSegment();
  const renamed: string[] = [];
  const stations = ['A', 'B'].map(() => segment.station('host', { renamed: (_from, to) => renamed.push(to) }));
  for (const [at, station] of stations.entries()) setService(station, serviceOf(`Web ${at}._http._tcp.local`));
  expect(renamed).toEqual([]);
});

test.each([
  ['RNRSERVICE_DEREGISTER', RNRSERVICE_DEREGISTER],
  ['RNRSERVICE_DELETE', RNRSERVICE_DELETE],
])('%s says goodbye, and the service is gone everywhere a second later', async (_name, operation) => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf(WEB));
  expect(namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }))).toEqual([WEB]);
  const witness = segment.witness();
  expect(setService(beta, serviceOf(WEB), operation)).toBe('done');
  await segment.pass(1500);
  expect(witness.answers()).toContainEqual(expect.objectContaining({ name: WEB, type: 'SRV', ttl: 0 }));
  expect(lookUp(alpha, { lpszQueryString: '_http._tcp' }).end).toBe('WSASERVICE_NOT_FOUND');
  expect(setService(beta, serviceOf(WEB), operation)).toBe('WSASERVICE_NOT_FOUND');
});

test('an instance that ends says goodbye for everything', async () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf(WEB));
  lookUp(alpha, { lpszQueryString: '_http._tcp' });
  beta.ws2.WSACleanup();
  await segment.pass(1500);
  expect(lookUp(alpha, { lpszQueryString: '_http._tcp' }).end).toBe('WSASERVICE_NOT_FOUND');
  expect(
    lookUp(alpha, { lpszServiceInstanceName: 'beta.local', lpServiceClassId: SVCID_INET_HOSTADDRBYNAME }).end,
  ).toBe('WSASERVICE_NOT_FOUND');
});

test('registering a name again replaces what is told of it, without another probe', async () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf(WEB, 80));
  lookUp(alpha, { lpszServiceInstanceName: WEB });
  await segment.pass(5000);
  const began = segment.clock.now();
  expect(setService(beta, serviceOf(WEB, 8081, { lpszComment: 'v=2' }))).toBe('done');
  expect(segment.clock.now()).toBe(began);
  await segment.pass(3000);
  const { results } = lookUp(alpha, { lpszServiceInstanceName: WEB });
  expect([...placesOf(results[0]!), results[0]!.lpszComment]).toEqual(['127.0.0.1:8081', 'v=2']);
  expect(beta.counters.conflicts).toBe(0);
});

test('one of several of a name gets a name of its own', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf(WEB, 80));
  expect(setService(beta, serviceOf(WEB, 81), 0, SERVICE_MULTIPLE)).toBe('done');
  const both = ['Web (2)._http._tcp.local', WEB];
  expect(namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }))).toEqual(both);
});

test('a host is registered with the addresses that are given', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  const lpSockaddr = sockaddr_in('10.1.2.3', 0);
  const address = { lpSockaddr, iSockaddrLength: lpSockaddr.length };
  const none = { lpSockaddr: null, iSockaddrLength: 0 };
  const host = serviceOf('camera.local', 0, {
    lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
    lpcsaBuffer: [{ LocalAddr: address, RemoteAddr: none, iSocketType: SOCK_STREAM, iProtocol: IPPROTO_TCP }],
  });
  expect(setService(beta, host)).toBe('done');
  const found = alpha.ws2.gethostbyname('camera.local');
  expect([found?.h_addrtype, found?.h_addr_list]).toEqual([AF_INET, [Uint8Array.of(10, 1, 2, 3)]]);
});

test('a registration that cannot be published says why', () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  expect(setService(alpha, serviceOf('Web'))).toBe('WSATYPE_NOT_FOUND');
  expect(setService(alpha, serviceOf('_http._tcp.local'))).toBe('WSAEINVAL');
  expect(setService(alpha, serviceOf(WEB, 0))).toBe('WSAEINVAL');
  expect(setService(alpha, serviceOf(WEB, 80, { dwNumberOfCsAddrs: 0, lpcsaBuffer: null }))).toBe('WSAEINVAL');
  expect(setService(alpha, serviceOf(WEB, 80, { lpszComment: 'x'.repeat(256) }))).toBe('WSAEINVAL');
  expect(setService(alpha, serviceOf('x'.repeat(64)))).toBe('WSAENAMETOOLONG');
  const elsewhere = sockaddr_in('10.9.9.9', 80);
  const address = { lpSockaddr: elsewhere, iSockaddrLength: elsewhere.length };
  const none = { lpSockaddr: null, iSockaddrLength: 0 };
  const lpcsaBuffer = [{ LocalAddr: address, RemoteAddr: none, iSocketType: 1, iProtocol: 6 }];
  expect(setService(alpha, serviceOf(WEB, 80, { lpcsaBuffer }))).toBe('WSAEADDRNOTAVAIL');
});
