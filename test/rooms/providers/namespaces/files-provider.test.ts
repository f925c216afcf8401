import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  hostent,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  LUP_CONTAINERS,
  LUP_DEEP,
  LUP_FLUSHCACHE,
  LUP_FLUSHPREVIOUS,
  LUP_RES_SERVICE,
  LUP_RETURN_ADDR,
  LUP_RETURN_ALIASES,
  LUP_RETURN_ALL,
  LUP_RETURN_BLOB,
  LUP_RETURN_NAME,
  LUP_RETURN_QUERY_STRING,
  LUP_RETURN_TYPE,
  NS_DNS,
  NS_SAP,
  NSP_ROUTINE_NAMES,
  parseSockaddr,
  protoent,
  ref,
  RESULT_IS_ALIAS,
  servent,
  sizeofWSAQUERYSET,
  SOCK_DGRAM,
  SOCK_STREAM,
  SVCID_DNS_TYPE_A,
  SVCID_DNS_TYPE_AAAA,
  SVCID_DNS_TYPE_MX,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  SVCID_NETWARE,
  SVCID_TCP,
  SVCID_UDP,
  WSA_E_NO_MORE,
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  WSAEINVAL,
  WSAEINVALIDPROVIDER,
  WSAEOPNOTSUPP,
  WSANO_DATA,
  WSASERVICE_NOT_FOUND,
  type WSAQUERYSETW,
} from 'ws2spi';
import {
  createFilesNameSpace,
  NSPStartup,
  SVCID_WS2SPI_PROTOCOLBYNAME,
  type FilesNameSpaceOptions,
} from 'ws2spi/providers/namespaces/files';
import { drive, idOf, writeFiles, type Files } from './fixtures.js';

let files: Files;
beforeEach(() => {
  files = writeFiles();
});

type Asked = Partial<WSAQUERYSETW>;

// A query from beginning to end: an error number of NSPLookupServiceBegin, or the results.
function resolver(options: FilesNameSpaceOptions = files) {
  const { routines, lastError, released, clock } = drive(createFilesNameSpace(options));
  const ask = (restrictions: Asked, flags: number, nextFlags = flags): WSAQUERYSETW[] | number => {
    const handle = ref(0);
    if (routines.NSPLookupServiceBegin(idOf(0), { dwSize: 60, ...restrictions }, null, flags, handle) !== 0) {
      return lastError();
    }
    const results: WSAQUERYSETW[] = [];
    const out: WSAQUERYSETW[] = [];
    while (routines.NSPLookupServiceNext(handle.value, nextFlags, ref(10_000), out) === 0) results.push(...out);
    expect(lastError()).toBe(WSA_E_NO_MORE);
    expect(routines.NSPLookupServiceEnd(handle.value)).toBe(0);
    return results;
  };
  const one = (restrictions: Asked, flags: number, nextFlags = flags): WSAQUERYSETW => {
    const results = ask(restrictions, flags, nextFlags);
    if (typeof results === 'number') throw new Error(`error ${results}`);
    expect(results).toHaveLength(1);
    return results[0]!;
  };
  return { routines, lastError, released, clock, ask, one };
}

const byName = (name: string, others: Asked = {}): Asked => ({
  lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
  lpszServiceInstanceName: name,
  ...others,
});
const service = (name: string): Asked => ({
  lpServiceClassId: SVCID_INET_SERVICEBYNAME,
  lpszServiceInstanceName: name,
});

function remotes(result: WSAQUERYSETW): string[] {
  return (result.lpcsaBuffer ?? []).map(({ RemoteAddr, iProtocol }) => {
    const { address, port } = parseSockaddr(RemoteAddr.lpSockaddr!);
    return `${address} ${port} ${iProtocol}`;
  });
}

describe('NSPStartup of the files provider', () => {
  it('fills in every routine', () => {
    const { started, routines } = drive(NSPStartup);
    expect(started).toBe(0);
    expect(NSP_ROUTINE_NAMES.filter((name) => typeof routines[name] !== 'function')).toEqual([]);
    expect(routines.cbSize).toBe(44);
  });

  it('refuses an identifier that is not a GUID', () => {
    const { started, lastError } = drive(NSPStartup, 'nonsense');
    expect([started, lastError()]).toEqual([-1, WSAEINVAL]);
  });

  it('keeps the state of each start apart', () => {
    const first = resolver();
    const second = resolver();
    const handle = ref(0);
    expect(first.routines.NSPLookupServiceBegin(idOf(0), { dwSize: 60, ...byName('alpha') }, null, 0, handle)).toBe(0);
    expect(second.routines.NSPLookupServiceEnd(handle.value)).toBe(-1);
    expect(second.routines.NSPCleanup(idOf(0))).toBe(0);
    expect(first.routines.NSPLookupServiceEnd(handle.value)).toBe(0);
  });

  it('frees what is open when it is cleaned up, and is of no use afterwards', () => {
    const { routines, lastError, released } = resolver();
    const handle = ref(0);
    routines.NSPLookupServiceBegin(idOf(0), { dwSize: 60, ...byName('alpha') }, null, 0, handle);
    expect(routines.NSPCleanup(idOf(1))).toBe(-1);
    expect(routines.NSPCleanup(idOf(0))).toBe(0);
    expect(released).toEqual([handle.value]);
    expect(routines.NSPCleanup(idOf(0))).toBe(-1);
    expect(routines.NSPLookupServiceBegin(idOf(0), { dwSize: 60 }, null, 0, handle)).toBe(-1);
    expect(lastError()).toBe(WSAEINVAL);
  });

  it.each(['NSPSetService', 'NSPInstallServiceClass', 'NSPRemoveServiceClass', 'NSPGetServiceClassInfo'] as const)(
    'says that %s is not supported',
    (name) => {
      const { routines, lastError } = resolver();
      expect((routines[name] as () => number)()).toBe(-1);
      expect(lastError()).toBe(WSAEOPNOTSUPP);
    },
  );
});

describe('NSPLookupServiceBegin of the files provider', () => {
  it.each<[string, Asked, number, number]>([
    ['an unknown host', byName('nobody'), 0, WSASERVICE_NOT_FOUND],
    ['an empty name', byName(''), 0, WSASERVICE_NOT_FOUND],
    ['an unknown service', service('nobody/tcp'), 0, WSASERVICE_NOT_FOUND],
    ['a service with another protocol', service('telnet/udp'), 0, WSASERVICE_NOT_FOUND],
    ['a service with an empty protocol', service('ftp/'), 0, WSASERVICE_NOT_FOUND],
    ['a service without a name', service(''), 0, WSASERVICE_NOT_FOUND],
    ['port 0', service('0'), 0, WSASERVICE_NOT_FOUND],
    ['a class of another kind', { lpServiceClassId: SVCID_NETWARE(4), lpszServiceInstanceName: 'alpha' }, 0, 10108],
    ['another name space', byName('alpha', { dwNameSpace: NS_SAP }), 0, WSASERVICE_NOT_FOUND],
    ['a name without a class', { lpszServiceInstanceName: 'alpha' }, 0, WSASERVICE_NOT_FOUND],
    ['containers', byName('alpha'), LUP_CONTAINERS, WSANO_DATA],
    ['other records of a known host', byName('alpha', { lpServiceClassId: SVCID_DNS_TYPE_MX }), 0, WSANO_DATA],
    ['IPv4 of a host with IPv6', byName('six.example', { lpServiceClassId: SVCID_DNS_TYPE_A }), 0, WSANO_DATA],
    ['records of an unknown host', byName('nobody', { lpServiceClassId: SVCID_DNS_TYPE_A }), 0, WSASERVICE_NOT_FOUND],
    [
      'a family that the host is not of',
      byName('six.example', { lpafpProtocols: [{ iAddressFamily: AF_INET, iProtocol: IPPROTO_TCP }] }),
      0,
      WSANO_DATA,
    ],
    [
      'a protocol that hosts do not have',
      byName('alpha', { lpafpProtocols: [{ iAddressFamily: AF_INET, iProtocol: IPPROTO_ICMP }] }),
      0,
      WSANO_DATA,
    ],
    ['too small a query set', byName('alpha', { dwSize: 59 }), 0, WSAEINVAL],
  ])('refuses %s', (_name, restrictions, flags, error) => {
    expect(resolver().ask(restrictions, flags)).toBe(error);
  });

  it('refuses another provider', () => {
    const { routines, lastError } = resolver();
    expect(routines.NSPLookupServiceBegin(idOf(1), { dwSize: 60, ...byName('alpha') }, null, 0, ref(0))).toBe(-1);
    expect(lastError()).toBe(WSAEINVALIDPROVIDER);
  });

  it('has no results for a query that asks for nothing', () => {
    expect(resolver().ask({}, LUP_RETURN_ALL | LUP_DEEP)).toEqual([]);
  });
});

describe('Hosts', () => {
  it.each(['alpha.example', 'ALPHA', 'First', 'alpha.example.', 'one-more-name'])(
    'are found by the name %s',
    (name) => {
      const { lpszServiceInstanceName } = resolver().one(byName(name), LUP_RETURN_NAME);
      expect(lpszServiceInstanceName).toBe(name === 'one-more-name' ? 'one-more-name' : 'Alpha.example');
    },
  );

  it('have the addresses of all their lines, each with the wildcard as local address', () => {
    const result = resolver().one(byName('alpha.example'), LUP_RETURN_ADDR);
    expect(remotes(result)).toEqual(['192.0.2.1 0 6', '192.0.2.2 0 6', '2001:db8::1 0 6']);
    expect(result.dwNumberOfCsAddrs).toBe(3);
    const [four, , six] = result.lpcsaBuffer!;
    expect(parseSockaddr(four!.LocalAddr.lpSockaddr!)).toMatchObject({ address: '0.0.0.0', port: 0 });
    expect([four!.LocalAddr.iSockaddrLength, six!.LocalAddr.iSockaddrLength]).toEqual([16, 28]);
    expect(four!.iSocketType).toBe(SOCK_STREAM);
  });

  it('have their addresses in the local part with LUP_RES_SERVICE, whenever it is said', () => {
    for (const [flags, nextFlags] of [
      [LUP_RES_SERVICE, LUP_RETURN_ADDR],
      [0, LUP_RETURN_ADDR | LUP_RES_SERVICE],
    ] as const) {
      const { lpcsaBuffer } = resolver().one(byName('six.example'), LUP_RETURN_ADDR | flags, nextFlags);
      expect(parseSockaddr(lpcsaBuffer![0]!.LocalAddr.lpSockaddr!).address).toBe('2001:db8::6');
      expect(parseSockaddr(lpcsaBuffer![0]!.RemoteAddr.lpSockaddr!).address).toBe('::');
    }
  });

  it('are a hostent of IPv4 with offsets in place of pointers', () => {
    const { lpBlob } = resolver().one(byName('alpha.example'), LUP_RETURN_BLOB);
    const { pBlobData, cbSize } = lpBlob!;
    const view = new DataView(pBlobData.buffer, pBlobData.byteOffset, cbSize);
    const pointer = (at: number): number => view.getUint32(at, true);
    const text = (at: number): string =>
      Buffer.from(pBlobData.subarray(at, pBlobData.indexOf(0, at))).toString('ascii');
    expect(text(pointer(0))).toBe('Alpha.example');
    expect(pointer(4)).toBe(16);
    expect([text(pointer(16)), text(pointer(20)), pointer(24)]).toEqual(['alpha', 'first', 0]);
    expect([view.getInt16(8, true), view.getInt16(10, true)]).toEqual([AF_INET, 4]);
    const list = pointer(12);
    expect(list).toBe(28);
    expect([...pBlobData.subarray(pointer(list), pointer(list) + 4)]).toEqual([192, 0, 2, 1]);
    expect([...pBlobData.subarray(pointer(list + 4), pointer(list + 4) + 4)]).toEqual([192, 0, 2, 2]);
    expect(pointer(list + 8)).toBe(0);
    // Everything lies within the blob.
    for (const at of [pointer(0), pointer(list), pointer(list + 4)]) expect(at).toBeLessThan(cbSize);
    expect(cbSize).toBe(pBlobData.length);
  });

  it('are a hostent of IPv6 when there is nothing else', () => {
    const { lpBlob } = resolver().one(byName('six.example'), LUP_RETURN_BLOB);
    expect(hostent.decode(lpBlob!.pBlobData)).toMatchObject({ h_addrtype: AF_INET6, h_length: 16 });
  });

  it.each([
    [SVCID_DNS_TYPE_A, ['192.0.2.1 0 6', '192.0.2.2 0 6']],
    [SVCID_DNS_TYPE_AAAA, ['2001:db8::1 0 6']],
    [SVCID_TCP(80), ['192.0.2.1 80 6', '192.0.2.2 80 6', '2001:db8::1 80 6']],
    [SVCID_UDP(69), ['192.0.2.1 69 17', '192.0.2.2 69 17', '2001:db8::1 69 17']],
  ])('answer the class %s', (lpServiceClassId, expected) => {
    const result = resolver().one(byName('alpha.example', { lpServiceClassId }), LUP_RETURN_ADDR | LUP_RETURN_TYPE);
    expect(remotes(result)).toEqual(expected);
    expect(result.lpServiceClassId).toBe(lpServiceClassId);
  });

  it.each([
    [[[AF_INET, 0]], ['192.0.2.1 0 6', '192.0.2.2 0 6']],
    [[[AF_INET6, IPPROTO_UDP]], ['2001:db8::1 0 17']],
    [[[AF_UNSPEC, 0]], ['192.0.2.1 0 6', '192.0.2.2 0 6', '2001:db8::1 0 6']],
    [
      [
        [AF_INET6, IPPROTO_TCP],
        [AF_INET6, IPPROTO_UDP],
      ],
      ['2001:db8::1 0 6', '2001:db8::1 0 17'],
    ],
  ])('are restricted by the protocols %j', (pairs, expected) => {
    const lpafpProtocols = pairs.map(([iAddressFamily = 0, iProtocol = 0]) => ({ iAddressFamily, iProtocol }));
    expect(remotes(resolver().one(byName('alpha.example', { lpafpProtocols }), LUP_RETURN_ADDR))).toEqual(expected);
  });

  it('have the port and the protocol of the service that the query string names', () => {
    const ask = (query: string): string[] =>
      remotes(resolver().one(byName('six.example', { lpszQueryString: query }), LUP_RETURN_ADDR));
    expect(ask('ftp')).toEqual(['2001:db8::6 21 6']);
    expect(ask('domain')).toEqual(['2001:db8::6 53 17']);
    expect(ask('53/TCP')).toEqual(['2001:db8::6 53 6']);
    expect(ask('nobody')).toEqual(['2001:db8::6 0 6']);
  });

  it('give their aliases as further results', () => {
    const flags = LUP_RETURN_NAME | LUP_RETURN_ALIASES | LUP_RETURN_ADDR;
    const results = resolver().ask(byName('alpha.example'), flags) as WSAQUERYSETW[];
    expect(results.map((each) => [each.lpszServiceInstanceName, each.dwOutputFlags])).toEqual([
      ['Alpha.example', 0],
      ['alpha', RESULT_IS_ALIAS],
      ['first', RESULT_IS_ALIAS],
    ]);
    expect(results.map((each) => each.dwNumberOfCsAddrs)).toEqual([3, 0, 0]);
    expect(resolver().ask(byName('alpha.example'), flags, LUP_RETURN_NAME)).toHaveLength(1);
    expect(resolver().ask(byName('alpha.example'), LUP_RETURN_NAME, flags)).toHaveLength(1);
  });

  it('are found by their addresses', () => {
    const ask = (text: string) =>
      resolver().ask(
        { lpServiceClassId: SVCID_INET_HOSTADDRBYINETSTRING, lpszServiceInstanceName: text },
        LUP_RETURN_NAME | LUP_RETURN_BLOB,
      );
    const [result] = ask('192.0.2.1') as WSAQUERYSETW[];
    expect(hostent.decode(result!.lpBlob!.pBlobData)).toEqual({
      h_name: 'Alpha.example',
      h_aliases: ['alpha', 'first', 'one-more-name'],
      h_addrtype: AF_INET,
      h_length: 4,
      h_addr_list: [new Uint8Array([192, 0, 2, 1])],
    });
    expect((ask('2001:DB8:0::6') as WSAQUERYSETW[])[0]!.lpszServiceInstanceName).toBe('six.example');
    expect(ask('192.0.2.200')).toBe(WSASERVICE_NOT_FOUND);
    expect(ask('alpha')).toBe(WSASERVICE_NOT_FOUND);
  });

  it.each(['localhost', 'LOCALHOST', 'lonely'])('include %s even without a hosts file', (name) => {
    const { one } = resolver({ ...files, hosts: join(dirname(files.hosts), 'none'), hostname: 'lonely' });
    expect(remotes(one(byName(name), LUP_RETURN_ADDR))).toEqual(['127.0.0.1 0 6', '::1 0 6']);
  });
});

describe('SVCID_HOSTNAME', () => {
  it.each([null, ''])('is the machine itself for the name %j', (name) => {
    const result = resolver().one(
      { lpServiceClassId: SVCID_HOSTNAME, lpszServiceInstanceName: name, lpszQueryString: 'ftp' },
      LUP_RETURN_NAME | LUP_RETURN_ADDR | LUP_RETURN_BLOB | LUP_RETURN_QUERY_STRING,
    );
    expect(result.lpszServiceInstanceName).toBe('test-machine');
    expect(remotes(result)).toEqual(['10.0.0.7 21 6']);
    expect(result.lpBlob).toBeNull();
    expect(result.lpszQueryString).toBe('ftp');
  });

  it('is another host for another name', () => {
    const result = resolver().one(
      { lpServiceClassId: SVCID_HOSTNAME, lpszServiceInstanceName: 'six.example' },
      LUP_RETURN_NAME,
    );
    expect(result.lpszServiceInstanceName).toBe('six.example');
  });

  it('is localhost for a machine without a name', () => {
    const { one } = resolver({ ...files, hostname: '' });
    expect(one({ lpServiceClassId: SVCID_HOSTNAME }, LUP_RETURN_NAME).lpszServiceInstanceName).toBe('localhost');
  });

  it('has a name even when its address is of no use to the query', () => {
    const { one } = resolver();
    const lpafpProtocols = [{ iAddressFamily: AF_INET6, iProtocol: 0 }];
    const result = one({ lpServiceClassId: SVCID_HOSTNAME, lpafpProtocols }, LUP_RETURN_NAME | LUP_RETURN_ADDR);
    expect([result.lpszServiceInstanceName, result.lpcsaBuffer]).toEqual(['test-machine', null]);
  });
});

describe('Services', () => {
  it.each([
    ['ftp/tcp', 'ftp', 'tcp', 21],
    ['FTP/UDP', 'ftp', 'udp', 21],
    ['21/tcp', 'ftp', 'tcp', 21],
    ['ftp', 'ftp', 'tcp', 21],
    ['21', 'ftp', 'tcp', 21],
    ['fsp', 'ftp', 'tcp', 21],
    ['telnet', 'Telnet', 'tcp', 23],
    ['nameserver', 'domain', 'udp', 53],
    ['odd', 'odd', 'sctp', 7],
  ])('are found by %s', (query, s_name, s_proto, port) => {
    const result = resolver().one(service(query), LUP_RETURN_BLOB | LUP_RETURN_NAME);
    expect(result.lpszServiceInstanceName).toBe(s_name);
    const decoded = servent.decode(result.lpBlob!.pBlobData);
    expect(decoded).toMatchObject({ s_name, s_proto, s_port: ((port & 0xff) << 8) | (port >> 8) });
    // In the blob's bytes the port is in network order, high byte first.
    expect([...result.lpBlob!.pBlobData.subarray(8, 10)]).toEqual([port >> 8, port & 0xff]);
  });

  it.each([
    ['ftp', SVCID_TCP(21)],
    ['ftp/udp', SVCID_UDP(21)],
    ['odd', SVCID_INET_SERVICEBYNAME],
  ])('have the class of their port: %s', (query, expected) => {
    expect(resolver().one(service(query), LUP_RETURN_TYPE).lpServiceClassId).toBe(expected);
  });

  it('are those of the protocols that the query lists', () => {
    const { ask, one } = resolver();
    const udp = { lpafpProtocols: [{ iAddressFamily: AF_INET, iProtocol: IPPROTO_UDP }] };
    expect(one({ ...service('ftp'), ...udp }, LUP_RETURN_TYPE).lpServiceClassId).toBe(SVCID_UDP(21));
    expect(ask({ ...service('telnet'), ...udp }, 0)).toBe(WSANO_DATA);
  });

  it.each([
    ['http/tcp', 80, ['www', 'www-http']],
    ['mail', 25, ['mail']],
    ['cmd/tcp', 514, ['shell']],
    ['syslog/udp', 514, []],
    ['microsoft-ds/tcp', 445, []],
    ['microsoft-ds/udp', 445, []],
    ['directplaysrvr', 47624, []],
    ['router/udp', 520, ['route', 'routed']],
    ['domain/udp', 53, []],
    ['telnet/tcp', 23, []],
  ])('are those of Windows when there is no file: %s', (query, port, aliases) => {
    const { one } = resolver({ ...files, services: join(dirname(files.hosts), 'none') });
    const { lpBlob } = one(service(query), LUP_RETURN_BLOB);
    const decoded = servent.decode(lpBlob!.pBlobData);
    expect([decoded.s_port, decoded.s_aliases]).toEqual([((port & 0xff) << 8) | (port >> 8), aliases]);
  });
});

describe('Protocols of the protocols file', () => {
  it.each(['sctp', 'SCTP', '132'])('are found by %s', (lpszServiceInstanceName) => {
    const query = { lpServiceClassId: SVCID_WS2SPI_PROTOCOLBYNAME, lpszServiceInstanceName };
    const { lpBlob } = resolver().one(query, LUP_RETURN_BLOB);
    expect(protoent.decode(lpBlob!.pBlobData)).toEqual({ p_name: 'sctp', p_aliases: ['SCTP'], p_proto: 132 });
  });

  it('are not found when they are not there', () => {
    const query = { lpServiceClassId: SVCID_WS2SPI_PROTOCOLBYNAME, lpszServiceInstanceName: 'nobody' };
    expect(resolver().ask(query, 0)).toBe(WSASERVICE_NOT_FOUND);
  });
});

describe('NSPLookupServiceNext of the files provider', () => {
  it('says who found it, and leaves out what was not asked for', () => {
    const result = resolver().one(byName('alpha'), 0);
    expect(result).toMatchObject({ dwSize: 60, dwNameSpace: NS_DNS, lpNSProviderId: idOf(0), dwOutputFlags: 0 });
    expect([result.lpszServiceInstanceName, result.lpServiceClassId, result.lpcsaBuffer, result.lpBlob]).toEqual(
      Array(4).fill(null),
    );
  });

  it('returns what both the beginning and the call want', () => {
    const { one } = resolver();
    const reduced = one(byName('six.example'), LUP_RETURN_NAME | LUP_RETURN_ADDR, LUP_RETURN_NAME | LUP_RETURN_BLOB);
    expect([reduced.lpszServiceInstanceName, reduced.lpcsaBuffer, reduced.lpBlob]).toEqual(['six.example', null, null]);
    const whole = one(byName('six.example'), LUP_RETURN_NAME, 0);
    expect(whole.lpszServiceInstanceName).toBe('six.example');
  });

  it('keeps a result that is too large, and tells the length needed', () => {
    const { routines, lastError } = resolver();
    const handle = ref(0);
    routines.NSPLookupServiceBegin(idOf(0), { dwSize: 60, ...byName('alpha') }, null, LUP_RETURN_ALL, handle);
    const out: WSAQUERYSETW[] = [];
    const length = ref(59);
    expect(routines.NSPLookupServiceNext(handle.value, LUP_RETURN_ALL, length, out)).toBe(-1);
    expect(lastError()).toBe(WSAEFAULT);
    expect(out).toEqual([]);
    const needed = length.value;
    expect(routines.NSPLookupServiceNext(handle.value, LUP_RETURN_ALL, ref(needed - 1), out)).toBe(-1);
    expect(routines.NSPLookupServiceNext(handle.value, LUP_RETURN_ALL, ref(needed), null)).toBe(-1);
    expect(routines.NSPLookupServiceNext(handle.value, LUP_RETURN_ALL, length, out)).toBe(0);
    expect(length.value).toBe(needed);
    expect(sizeofWSAQUERYSET(out[0]!)).toBe(needed);
    expect(out[0]!.lpszServiceInstanceName).toBe('Alpha.example');
  });

  it('drops it with LUP_FLUSHPREVIOUS, and only then', () => {
    const { routines } = resolver();
    const handle = ref(0);
    const flags = LUP_RETURN_NAME | LUP_RETURN_ALIASES;
    routines.NSPLookupServiceBegin(idOf(0), { dwSize: 60, ...byName('alpha') }, null, flags, handle);
    const out: WSAQUERYSETW[] = [];
    const next = (nextFlags: number, room = 1000): string | null | undefined => {
      if (routines.NSPLookupServiceNext(handle.value, nextFlags, ref(room), out) !== 0) return undefined;
      return out[0]!.lpszServiceInstanceName;
    };
    expect(next(flags | LUP_FLUSHPREVIOUS)).toBe('Alpha.example');
    expect(next(flags, 0)).toBeUndefined();
    expect(next(LUP_FLUSHPREVIOUS)).toBe('first');
  });

  it('refuses handles and pointers that are none', () => {
    const { routines, lastError } = resolver();
    expect(routines.NSPLookupServiceNext(12345, 0, ref(0), [])).toBe(-1);
    expect(lastError()).toBe(WSA_INVALID_HANDLE);
    expect(routines.NSPLookupServiceEnd(12345)).toBe(-1);
    const handle = ref(0);
    routines.NSPLookupServiceBegin(idOf(0), { dwSize: 60, ...byName('alpha') }, null, 0, handle);
    expect(routines.NSPLookupServiceNext(handle.value, 0, null as never, [])).toBe(-1);
    expect(lastError()).toBe(WSAEFAULT);
  });
});

describe('The files', () => {
  it('are read again when they have changed, appear or go away, ten milliseconds later at the latest', () => {
    const { ask, one, clock } = resolver();
    expect(ask(byName('new.example'), 0)).toBe(WSASERVICE_NOT_FOUND);
    writeFileSync(files.hosts, '192.0.2.77 new.example\n');
    clock.advance(10);
    expect(remotes(one(byName('new.example'), LUP_RETURN_ADDR))).toEqual(['192.0.2.77 0 6']);
    expect(ask(byName('alpha'), 0)).toBe(WSASERVICE_NOT_FOUND);
    rmSync(files.hosts);
    clock.advance(10);
    expect(ask(byName('new.example'), 0)).toBe(WSASERVICE_NOT_FOUND);
    expect(one(byName('localhost'), LUP_RETURN_NAME).lpszServiceInstanceName).toBe('localhost');
    writeFileSync(files.hosts, '\ufeff# comment only\r\n192.0.2.78\tnew.example\r\n');
    clock.advance(10);
    expect(remotes(one(byName('new.example'), LUP_RETURN_ADDR))).toEqual(['192.0.2.78 0 6']);
  });

  it('that change within that time are as they were, unless LUP_FLUSHCACHE looks at once', () => {
    const { ask, one, clock } = resolver();
    one(byName('alpha'), 0);
    writeFileSync(files.hosts, '192.0.2.77 new.example\n');
    clock.advance(9);
    expect(ask(byName('new.example'), 0)).toBe(WSASERVICE_NOT_FOUND);
    expect(remotes(one(byName('new.example'), LUP_RETURN_ADDR | LUP_FLUSHCACHE))).toEqual(['192.0.2.77 0 6']);
  });

  it('are read again with LUP_FLUSHCACHE', () => {
    const { one } = resolver();
    one(byName('alpha'), 0);
    writeFileSync(files.hosts, '192.0.2.77 alpha\n');
    utimesSync(files.hosts, 0, 0);
    expect(remotes(one(byName('alpha'), LUP_RETURN_ADDR | LUP_FLUSHCACHE))).toEqual(['192.0.2.77 0 6']);
  });

  it('do not change a query that has begun', () => {
    const { routines } = resolver();
    const handle = ref(0);
    routines.NSPLookupServiceBegin(idOf(0), { dwSize: 60, ...byName('alpha') }, null, LUP_RETURN_NAME, handle);
    writeFileSync(files.hosts, '');
    const out: WSAQUERYSETW[] = [];
    expect(routines.NSPLookupServiceNext(handle.value, LUP_RETURN_NAME, ref(1000), out)).toBe(0);
    expect(out[0]!.lpszServiceInstanceName).toBe('Alpha.example');
  });
});

it('UDP service classes give datagram sockets', () => {
  const { lpcsaBuffer } = resolver().one(byName('six.example', { lpServiceClassId: SVCID_UDP(69) }), LUP_RETURN_ADDR);
  expect(lpcsaBuffer![0]!.iSocketType).toBe(SOCK_DGRAM);
});
