// Look-ups of multicast DNS: hosts, instances of services, types, addresses and records, in the forms of WinSock.
import { expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  LUP_CONTAINERS,
  LUP_FLUSHCACHE,
  LUP_RETURN_ALL,
  LUP_RETURN_NAME,
  sockaddr_in,
  SVCID_DNS_TYPE_SRV,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  ref,
} from 'ws2spi';
import { mdnsServiceClass } from 'ws2spi/providers/namespaces/mdns';
import { createSegment, lookUp, namesOf, placesOf, serviceOf, setService } from './fixtures.js';

const HOST = { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME };

test('a host is found by the name that it has in .local, with gethostbyname and with getaddrinfo', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  expect(setService(beta, serviceOf('Web._http._tcp.local'))).toBe('done');
  expect(alpha.ws2.gethostbyname('beta.local')).toMatchObject({
    h_name: 'beta.local',
    h_addr_list: [Uint8Array.of(127, 0, 0, 1)],
  });
  const result = ref<unknown>(null);
  expect(alpha.ws2.getaddrinfo('beta.local', null, { ai_family: AF_INET }, result as never)).toBe(0);
  expect(result.value).toMatchObject({ ai_addr: sockaddr_in('127.0.0.1', 0) });
});

test('letters of ASCII may be in either case', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('Beta')];
  setService(beta, serviceOf('Web._http._tcp.local'));
  expect(lookUp(alpha, { ...HOST, lpszServiceInstanceName: 'BETA.LOCAL' }).results).toHaveLength(1);
});

test('a host that nobody answers for is not there after five seconds', () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const { end } = lookUp(alpha, { ...HOST, lpszServiceInstanceName: 'gamma.local' });
  expect([end, segment.clock.now()]).toEqual(['WSASERVICE_NOT_FOUND', 5000]);
});

test('a name outside of .local is not there at once, and nobody is asked', () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const witness = segment.witness();
  const { end } = lookUp(alpha, { ...HOST, lpszServiceInstanceName: 'www.example.com' });
  expect([end, segment.clock.now(), witness.heard.length]).toEqual(['WSASERVICE_NOT_FOUND', 0, 0]);
});

test('a host without an address of the family asked for says so itself, and is not waited for', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf('Web._http._tcp.local'));
  const began = segment.clock.now();
  const lpafpProtocols = [{ iAddressFamily: AF_INET6, iProtocol: 0 }];
  const asked = { ...HOST, lpszServiceInstanceName: 'beta.local', dwNumberOfProtocols: 1, lpafpProtocols };
  expect(lookUp(alpha, asked).end).toBe('WSANO_DATA');
  expect(segment.clock.now() - began).toBeLessThan(1500);
});

test('an instance of a service is found with its port, its texts and its addresses', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf('Printer v1.2, 2nd floor._ipp._tcp.local', 631, { lpszComment: 'rp=queue\ncolor=T' }));
  const { results } = lookUp(alpha, { lpszServiceInstanceName: 'Printer v1.2, 2nd floor._ipp._tcp.local' });
  expect(results).toMatchObject([
    {
      lpszServiceInstanceName: 'Printer v1.2, 2nd floor._ipp._tcp.local',
      lpServiceClassId: mdnsServiceClass('_ipp._tcp'),
      lpszQueryString: '_ipp._tcp',
      lpszComment: 'rp=queue\ncolor=T',
    },
  ]);
  expect(placesOf(results[0]!)).toEqual(['127.0.0.1:631']);
  expect(Buffer.from(results[0]!.lpBlob!.pBlobData!).toString()).toBe('\x08rp=queue\x07color=T');
});

test('all instances of a type are found, of several hosts, and no others', () => {
  const segment = createSegment();
  const stations = ['alpha', 'beta', 'gamma'].map((name) => segment.station(name));
  for (const [at, station] of stations.entries()) setService(station, serviceOf(`Web ${at}._http._tcp.local`, 80 + at));
  setService(stations[0]!, serviceOf('Printer._ipp._tcp.local'));
  const { results, end } = lookUp(stations[2]!, { lpszQueryString: '_http._tcp' });
  expect(end).toBe('WSA_E_NO_MORE');
  expect(results.map((each) => [each.lpszServiceInstanceName, ...placesOf(each)]).sort()).toEqual([
    ['Web 0._http._tcp.local', '127.0.0.1:80'],
    ['Web 1._http._tcp.local', '127.0.0.1:81'],
    ['Web 2._http._tcp.local', '127.0.0.1:82'],
  ]);
});

test('whoever wants names alone has them without a question for each', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf('Web._http._tcp.local'));
  const witness = segment.witness();
  expect(namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }, LUP_RETURN_NAME))).toEqual(['Web._http._tcp.local']);
  expect(new Set(witness.questions().map(({ type }) => type))).toEqual(new Set(['PTR']));
});

test('the type may be said by the name, the query string, the context, the class of the type, or an installed class', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf('Web._http._tcp.local'));
  const installed = 'A1B2C3D4-0001-4002-8003-ABCDEF012345';
  const info = { lpServiceClassId: installed, lpszServiceClassName: '_http._tcp', dwCount: 0, lpClassInfos: null };
  for (const asked of [
    { lpszServiceInstanceName: '_http._tcp.local' },
    { lpszServiceInstanceName: '_http._tcp' },
    { lpszQueryString: '_http._tcp' },
    { lpszContext: '_http._tcp.local' },
    { lpServiceClassId: mdnsServiceClass('_http._tcp') },
    { lpszServiceInstanceName: 'Web', lpszQueryString: '_http._tcp' },
  ]) {
    expect(namesOf(lookUp(alpha, asked))).toEqual(['Web._http._tcp.local']);
  }
  expect(alpha.ws2.WSAInstallServiceClass(info as never)).toBe(0);
  const { results } = lookUp(alpha, { lpServiceClassId: installed });
  expect(results).toMatchObject([{ lpszServiceInstanceName: 'Web._http._tcp.local', lpServiceClassId: installed }]);
});

test('the types that there are, are containers', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf('Web._http._tcp.local'));
  setService(beta, serviceOf('Printer._ipp._tcp.local'));
  expect(namesOf(lookUp(alpha, {}, LUP_RETURN_ALL | LUP_CONTAINERS))).toEqual(['_http._tcp', '_ipp._tcp']);
});

test('the name of a neighbour is found by its address; others are not asked for', () => {
  const segment = createSegment({ addresses: ['10.0.0.1', '10.0.0.2', '10.9.9.9'] });
  const alpha = segment.station('alpha', { interfaces: ['10.0.0.1'] });
  const beta = segment.station('beta', { interfaces: ['10.0.0.2'] });
  setService(beta, serviceOf('Web._http._tcp.local'));
  const byAddress = (lpszServiceInstanceName: string) =>
    lookUp(alpha, { lpServiceClassId: SVCID_INET_HOSTADDRBYINETSTRING, lpszServiceInstanceName });
  expect(namesOf(byAddress('10.0.0.2'))).toEqual(['beta.local']);
  const began = segment.clock.now();
  expect(byAddress('10.9.9.9').end).toBe('WSASERVICE_NOT_FOUND');
  expect(segment.clock.now()).toBe(began);
});

test('records are had by their type', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf('Web._http._tcp.local', 8080));
  const asked = { lpServiceClassId: SVCID_DNS_TYPE_SRV, lpszServiceInstanceName: 'Web._http._tcp.local' };
  const { results } = lookUp(alpha, asked);
  expect(namesOf({ results })).toEqual(['beta.local']);
  expect([...results[0]!.lpBlob!.pBlobData!.slice(0, 6)]).toEqual([0, 0, 0, 0, 0x1f, 0x90]);
});

test('what was heard before is answered at once, unless it may not be used', () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf('Web._http._tcp.local'));
  const asked = { ...HOST, lpszServiceInstanceName: 'beta.local' };
  lookUp(alpha, asked);
  const witness = segment.witness();
  const began = segment.clock.now();
  expect(lookUp(alpha, asked).results).toHaveLength(1);
  expect([segment.clock.now() - began, witness.heard.length]).toEqual([0, 0]);
  expect(lookUp(alpha, asked, LUP_RETURN_ALL | LUP_FLUSHCACHE).results).toHaveLength(1);
  expect(witness.questions().map(({ name }) => name)).toContain('beta.local');
});

test('what this instance has registered itself is known to it', () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  setService(alpha, serviceOf('Web._http._tcp.local'));
  const began = segment.clock.now();
  expect(namesOf(lookUp(alpha, { lpszServiceInstanceName: 'Web._http._tcp.local' }))).toEqual(['Web._http._tcp.local']);
  expect(segment.clock.now() - began).toBeLessThanOrEqual(200);
});

test('stations find each other over IPv6 alone', () => {
  const segment = createSegment();
  const families = [AF_INET6];
  const [alpha, beta] = [segment.station('alpha', { families }), segment.station('beta', { families })];
  setService(beta, serviceOf('Web._http._tcp.local', 80));
  const { results } = lookUp(alpha, { lpszServiceInstanceName: 'Web._http._tcp.local' });
  expect(placesOf(results[0]!)).toEqual(['IPv6:80']);
});
