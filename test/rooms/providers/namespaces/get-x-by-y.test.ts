import { beforeEach, describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  createWs2_32,
  hostent,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  WSA_E_CANCELLED,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINTR,
  WSAENETDOWN,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSANOTINITIALISED,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  type Ws2_32,
  type WSAQUERYSETW,
} from 'ws2spi';
import { filesInstance, nameInstance, scriptedProvider, writeFiles, type NameInstance } from './fixtures.js';

let instance: NameInstance;
let ws2: Ws2_32;
beforeEach(() => {
  instance = filesInstance();
  ({ ws2 } = instance);
  ws2.WSASetLastError(4711);
});

const LOCAL = new Uint8Array([127, 0, 0, 1]);

describe('Before WSAStartup', () => {
  it.each<[string, (ws2: Ws2_32) => unknown]>([
    ['gethostname', (ws2) => ws2.gethostname({ value: '' }, 100)],
    ['gethostbyname', (ws2) => ws2.gethostbyname('localhost')],
    ['gethostbyname(NULL)', (ws2) => ws2.gethostbyname(null)],
    ['gethostbyaddr', (ws2) => ws2.gethostbyaddr(LOCAL, 4, AF_INET)],
    ['getservbyname', (ws2) => ws2.getservbyname(null as never, null)],
    ['getservbyport', (ws2) => ws2.getservbyport(80, null)],
    ['getprotobyname', (ws2) => ws2.getprotobyname('tcp')],
    ['getprotobynumber', (ws2) => ws2.getprotobynumber(6)],
    ['WSALookupServiceBegin', (ws2) => ws2.WSALookupServiceBegin(null as never, 0, null as never)],
    ['WSALookupServiceNext', (ws2) => ws2.WSALookupServiceNext(0, 0, null as never, null)],
    ['WSALookupServiceEnd', (ws2) => ws2.WSALookupServiceEnd(0)],
    ['WSAEnumNameSpaceProviders', (ws2) => ws2.WSAEnumNameSpaceProviders(null as never, null)],
  ])('%s fails with WSANOTINITIALISED', (_name, call) => {
    const fresh = createWs2_32({ base: 'memory', catalog: 'memory' });
    expect([null, -1]).toContain(call(fresh));
    expect(fresh.WSAGetLastError()).toBe(WSANOTINITIALISED);
  });
});

describe('gethostname', () => {
  it('gives the name, and sets the last error to 0', () => {
    const name = { value: 'before' };
    expect(ws2.gethostname(name, 13)).toBe(0);
    expect([name.value, ws2.WSAGetLastError()]).toEqual(['test-machine', 0]);
    expect(ws2.GetHostNameW(name, 100)).toBe(0);
  });

  it.each<[string, unknown, unknown]>([
    ['no room for the NUL', { value: 'before' }, 12],
    ['no room at all', { value: 'before' }, 0],
    ['a negative length', { value: 'before' }, -1],
    ['no pointer', null, 100],
    ['no length', { value: 'before' }, undefined],
  ])('is WSAEFAULT for %s', (_name, name, length) => {
    expect(ws2.gethostname(name as never, length as never)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    if (name !== null) expect(name).toEqual({ value: 'before' });
  });

  it('is WSAENETDOWN when no name space is there', () => {
    const { ws2 } = nameInstance([]);
    expect(ws2.gethostname({ value: '' }, 100)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAENETDOWN);
  });

  it('gives a name that gethostbyname resolves, also with the system files', () => {
    const system = createWs2_32({ base: 'memory', catalog: 'memory' });
    system.WSAStartup(0x0202, {});
    const name = { value: '' };
    expect(system.gethostname(name, 256)).toBe(0);
    expect(system.gethostbyname(name.value)?.h_addr_list.length).toBeGreaterThan(0);
    expect(system.gethostbyname('localhost')?.h_addr_list).toEqual([LOCAL]);
    expect(system.WSACleanup()).toBe(0);
  });
});

describe('gethostbyname', () => {
  it('gives name, aliases and IPv4 addresses', () => {
    expect(ws2.gethostbyname('ALPHA.example')).toEqual({
      h_name: 'Alpha.example',
      h_aliases: ['alpha', 'first'],
      h_addrtype: AF_INET,
      h_length: 4,
      h_addr_list: [new Uint8Array([192, 0, 2, 1]), new Uint8Array([192, 0, 2, 2])],
    });
    expect(ws2.WSAGetLastError()).toBe(0);
  });

  it.each([null, undefined, ''])('gives the machine itself for %j', (name) => {
    const host = ws2.gethostbyname(name as null);
    expect(host?.h_addr_list).toEqual([new Uint8Array([10, 0, 0, 7])]);
    expect(host?.h_aliases).toEqual(['test-machine']);
  });

  // 63
  it('gives 127.0.0.1 alone for localhost', () => {
    expect(ws2.gethostbyname('localhost')?.h_addr_list).toEqual([LOCAL]);
  });

  it('gives a fresh object for every call', () => {
    const first = ws2.gethostbyname('localhost')!;
    first.h_addr_list[0]!.fill(9);
    first.h_aliases.push('mine');
    expect(ws2.gethostbyname('localhost')).not.toBe(first);
    expect(ws2.gethostbyname('localhost')?.h_addr_list).toEqual([LOCAL]);
  });

  it.each<[unknown, number]>([
    ['nobody.example', WSAHOST_NOT_FOUND],
    ['1.2.3', WSAHOST_NOT_FOUND],
    ['192.0.2.77', WSAHOST_NOT_FOUND],
    ['1.2.3.256', WSAHOST_NOT_FOUND],
    ['::1', WSAHOST_NOT_FOUND],
    [' ', WSAHOST_NOT_FOUND],
    ['broken', WSAHOST_NOT_FOUND],
    ['six.example', WSANO_DATA],
    [17, WSAEFAULT],
    [{}, WSAEFAULT],
  ])('fails for %j with %i', (name, error) => {
    expect(ws2.gethostbyname(name as string)).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(error);
  });
});

describe('gethostbyaddr', () => {
  it('gives the host that has the address', () => {
    expect(ws2.gethostbyaddr(new Uint8Array([192, 0, 2, 1]), 4, AF_INET)).toMatchObject({
      h_name: 'Alpha.example',
      h_aliases: ['alpha', 'first', 'one-more-name'],
      h_addr_list: [new Uint8Array([192, 0, 2, 1])],
    });
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(ws2.gethostbyaddr(LOCAL, 4, AF_INET)?.h_name).toBe('localhost');
  });

  it('knows IPv6 too', () => {
    const address = new Uint8Array(16);
    address[15] = 1;
    expect(ws2.gethostbyaddr(address, 16, AF_INET6)).toMatchObject({
      h_name: 'localhost',
      h_addrtype: AF_INET6,
      h_length: 16,
      h_addr_list: [address],
    });
  });

  it.each<[string, unknown, number, number, number]>([
    ['an unknown address', new Uint8Array([192, 0, 2, 200]), 4, AF_INET, WSAHOST_NOT_FOUND],
    ['an unknown family', LOCAL, 4, 999, WSAEAFNOSUPPORT],
    ['no family', LOCAL, 4, AF_UNSPEC, WSAEAFNOSUPPORT],
    ['too small a length', LOCAL, 3, AF_INET, WSAEFAULT],
    ['too small a length for IPv6', LOCAL, 4, AF_INET6, WSAEFAULT],
    ['a length beyond the array', LOCAL, 5, AF_INET, WSAEFAULT],
    ['a negative length', LOCAL, -1, AF_INET, WSAEFAULT],
    ['no pointer', null, 4, AF_INET, WSAEFAULT],
    ['text', '127.0.0.1', 4, AF_INET, WSAEFAULT],
  ])('fails for %s', (_name, address, length, type, error) => {
    expect(ws2.gethostbyaddr(address as Uint8Array, length, type)).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(error);
  });
});

// 53
describe('getservbyname and getservbyport', () => {
  it.each([
    ['domain', 'udp', 53],
    ['telnet', 'tcp', 23],
    ['TELNET', 'TCP', 23],
    ['fsp', null, 21],
  ])('%s over %s is port %i', (name, proto, port) => {
    const found = ws2.getservbyname(name, proto);
    expect(found?.s_port).toBe(ws2.htons(port));
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(ws2.getservbyport(ws2.htons(port), proto)).toEqual(found);
    expect(ws2.getservbyport(ws2.htons(port) + 65536, proto)).toEqual(found);
  });

  it('give the first entry without a protocol', () => {
    expect(ws2.getservbyname('ftp', null)).toEqual({
      s_name: 'ftp',
      s_aliases: ['fsp'],
      s_port: 0x1500,
      s_proto: 'tcp',
    });
    expect(ws2.getservbyport(0x3500, null)?.s_proto).toBe('udp');
  });

  it.each<[string, (ws2: Ws2_32) => unknown, number]>([
    ['a service over another protocol', (ws2) => ws2.getservbyname('telnet', 'udp'), WSANO_DATA],
    ['a protocol that there is not', (ws2) => ws2.getservbyname('telnet', 'xyz'), WSANO_DATA],
    ['an empty protocol', (ws2) => ws2.getservbyname('telnet', ''), WSANO_DATA],
    ['an empty name', (ws2) => ws2.getservbyname('', null), WSANO_DATA],
    ['an unknown name', (ws2) => ws2.getservbyname('xyzzy', null), WSANO_DATA],
    ['port 0', (ws2) => ws2.getservbyport(0, null), WSANO_DATA],
    ['port -1', (ws2) => ws2.getservbyport(-1, null), WSANO_DATA],
    ['a port over another protocol', (ws2) => ws2.getservbyport(0x1700, 'udp'), WSANO_DATA],
    ['no name', (ws2) => ws2.getservbyname(null as never, null), WSAEFAULT],
    ['a protocol that is not a string', (ws2) => ws2.getservbyname('ftp', 6 as never), WSAEFAULT],
    ['a protocol that is not a string, by port', (ws2) => ws2.getservbyport(0x1500, 6 as never), WSAEFAULT],
    ['a port that is not a number', (ws2) => ws2.getservbyport('21' as never, null), WSAEFAULT],
  ])('fail for %s', (_name, call, error) => {
    expect(call(ws2)).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(error);
  });

  it('know the services of Windows without a file', () => {
    const { ws2 } = filesInstance({ services: '/nowhere/services' });
    expect(ws2.getservbyname('http', 'tcp')).toMatchObject({ s_port: ws2.htons(80), s_aliases: ['www', 'www-http'] });
    expect(ws2.getservbyname('http', 'udp')).toBeNull();
    expect(ws2.getservbyname('mail', null)).toMatchObject({ s_name: 'smtp', s_port: ws2.htons(25), s_proto: 'tcp' });
    expect(ws2.getservbyport(ws2.htons(514), 'tcp')?.s_name).toBe('cmd');
    expect(ws2.getservbyport(ws2.htons(514), 'udp')?.s_name).toBe('syslog');
    expect(ws2.getservbyname('directplaysrvr', 'tcp')?.s_port).toBe(ws2.htons(47624));
  });
});

describe('getprotobyname and getprotobynumber', () => {
  const PROTOCOLS: readonly (readonly [string, number])[] = [
    ['IP', 0],
    ['ICMP', 1],
    ['GGP', 3],
    ['TCP', 6],
    ['EGP', 8],
    ['PUP', 12],
    ['UDP', 17],
    ['HMP', 20],
    ['XNS-IDP', 22],
    ['RDP', 27],
    ['IPv6', 41],
    ['IPv6-Route', 43],
    ['IPv6-Frag', 44],
    ['ESP', 50],
    ['AH', 51],
    ['IPv6-ICMP', 58],
    ['IPv6-NoNxt', 59],
    ['IPv6-Opts', 60],
    ['RVD', 66],
  ];

  // 52
  it.each(PROTOCOLS)('%s is %i in any case', (name, number) => {
    const expected = { p_name: name.toLowerCase(), p_aliases: [name], p_proto: number };
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      expect(ws2.getprotobyname(spelling)).toEqual(expected);
      expect(ws2.WSAGetLastError()).toBe(0);
    }
    expect(ws2.getprotobynumber(number)).toEqual(expected);
  });

  it('know exactly these', () => {
    const found: number[] = [];
    for (let number = -1; number <= 256; number++) if (ws2.getprotobynumber(number) !== null) found.push(number);
    expect(found).toEqual(PROTOCOLS.map(([, number]) => number));
    expect(ws2.WSAGetLastError()).toBe(WSANO_DATA);
  });

  it.each<[unknown, number]>([
    ['sctp', WSANO_DATA],
    ['', WSANO_DATA],
    ['6', WSANO_DATA],
    [null, WSAEFAULT],
    [6, WSAEFAULT],
  ])('fail for %j with %i', (name, error) => {
    expect(ws2.getprotobyname(name as string)).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(error);
  });

  it('ask no name space, and give fresh objects', () => {
    const { ws2 } = nameInstance([]);
    ws2.getprotobyname('tcp')!.p_aliases.push('mine');
    expect(ws2.getprotobyname('tcp')?.p_aliases).toEqual(['TCP']);
    expect(ws2.getprotobyname('tcp')).not.toBe(ws2.getprotobyname('tcp'));
  });
});

describe('The lookups behind the WinSock 1.1 functions', () => {
  const blob = (bytes: Uint8Array): WSAQUERYSETW => ({
    dwSize: 60,
    lpBlob: { cbSize: bytes.length, pBlobData: bytes },
  });

  it.each<[string, (ws2: Ws2_32) => unknown, string, string | null]>([
    ['gethostbyname', (ws2) => ws2.gethostbyname('some.host'), SVCID_INET_HOSTADDRBYNAME, 'some.host'],
    ['gethostbyaddr', (ws2) => ws2.gethostbyaddr(LOCAL, 4, AF_INET), SVCID_INET_HOSTADDRBYINETSTRING, '127.0.0.1'],
    ['getservbyname', (ws2) => ws2.getservbyname('ftp', 'tcp'), SVCID_INET_SERVICEBYNAME, 'ftp/tcp'],
    ['getservbyname', (ws2) => ws2.getservbyname('ftp', null), SVCID_INET_SERVICEBYNAME, 'ftp'],
    ['getservbyport', (ws2) => ws2.getservbyport(0x1500, 'tcp'), SVCID_INET_SERVICEBYNAME, '21/tcp'],
    ['gethostname', (ws2) => ws2.gethostname({ value: '' }, 100), SVCID_HOSTNAME, null],
  ])('%s asks as the specification says', (name, call, serviceClass, instanceName) => {
    const provider = scriptedProvider();
    const { ws2 } = nameInstance([{ name: 'scripted', module: provider }]);
    call(ws2);
    const [, restrictions, , flags] = provider.last.get('NSPLookupServiceBegin') as [
      string,
      WSAQUERYSETW,
      null,
      number,
    ];
    expect(restrictions.lpServiceClassId).toBe(serviceClass);
    expect(restrictions.lpszServiceInstanceName).toBe(instanceName);
    expect(new Set(restrictions.lpafpProtocols?.map((pair) => pair.iAddressFamily))).toEqual(new Set([AF_INET]));
    expect(flags).toBe(name === 'gethostname' ? 0x10 : 0x200);
    expect(provider.calls.slice(-2)).toEqual(['NSPLookupServiceNext', 'NSPLookupServiceEnd']);
  });

  it('read offsets from the blob, wherever it lies in its memory', () => {
    const bytes = hostent.encode({
      h_name: 'from.blob',
      h_aliases: ['b'],
      h_addrtype: AF_INET,
      h_length: 4,
      h_addr_list: [LOCAL],
    });
    const memory = new Uint8Array(bytes.length + 20);
    memory.set(bytes, 7);
    const provider = scriptedProvider([
      { dwSize: 60 },
      { dwSize: 60, lpBlob: { cbSize: bytes.length, pBlobData: memory.subarray(7) } },
    ]);
    const { ws2 } = nameInstance([{ name: 'scripted', module: provider }]);
    const host = ws2.gethostbyname('x')!;
    expect(host).toMatchObject({ h_name: 'from.blob', h_aliases: ['b'], h_addr_list: [LOCAL] });
    memory.fill(0);
    expect(host.h_addr_list).toEqual([LOCAL]);
  });

  it.each<[string, WSAQUERYSETW]>([
    ['is cut off', blob(new Uint8Array(8))],
    ['has offsets that lead out of it', blob(new Uint8Array(16).fill(0x7f))],
  ])('say WSANO_RECOVERY when the blob %s', (_name, result) => {
    const { ws2 } = nameInstance([{ name: 'scripted', module: scriptedProvider([result]) }]);
    expect(ws2.gethostbyname('x')).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSANO_RECOVERY);
  });

  it.each([
    [WSASERVICE_NOT_FOUND, WSAHOST_NOT_FOUND],
    [WSANO_DATA, WSANO_DATA],
    [WSATRY_AGAIN, WSATRY_AGAIN],
    [WSA_E_CANCELLED, WSAEINTR],
    [WSAEAFNOSUPPORT, WSANO_RECOVERY],
  ])('turn the error %i into %i, whether the beginning fails or the next step', (given, expected) => {
    for (const name of ['NSPLookupServiceBegin', 'NSPLookupServiceNext'] as const) {
      const provider = scriptedProvider();
      const { ws2 } = nameInstance([{ name: 'scripted', module: provider }]);
      provider.overrides[name] = () => {
        provider.host?.setLastError(given);
        return -1;
      };
      expect(ws2.gethostbyname('x')).toBeNull();
      expect(ws2.WSAGetLastError()).toBe(expected);
    }
  });

  it('end when the instance is disposed of, and begin anew after a further WSAStartup', () => {
    const files = writeFiles();
    const { ws2 } = filesInstance(files);
    expect(ws2.gethostbyname('alpha')).not.toBeNull();
    expect(ws2.WSACleanup()).toBe(0);
    expect(ws2.gethostbyname('alpha')).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
    ws2.WSAStartup(0x0202, {});
    expect(ws2.gethostbyname('alpha')).not.toBeNull();
  });
});
