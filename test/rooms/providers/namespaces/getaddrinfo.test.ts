import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AI_ADDRCONFIG,
  AI_ALL,
  AI_CANONNAME,
  AI_DISABLE_IDN_ENCODING,
  AI_DNS_ONLY,
  AI_FQDN,
  AI_NUMERICHOST,
  AI_NUMERICSERV,
  AI_PASSIVE,
  AI_V4MAPPED,
  IPPROTO_UDP,
  NI_DGRAM,
  NI_NAMEREQD,
  NI_NOFQDN,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
  NS_ALL,
  NS_NLA,
  parseSockaddr,
  ref,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  VirtualClock,
  WSA_E_CANCELLED,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINTR,
  WSAEINVAL,
  WSAESOCKTNOSUPPORT,
  WSAETIMEDOUT,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSANOTINITIALISED,
  WSAOVERLAPPED,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type addrinfo,
  type WSAQUERYSETW,
  type Ws2_32,
} from 'ws2spi';
import { filesInstance, idOf, nameInstance, writeFiles } from './fixtures.js';
import { laterProvider, type LaterProvider } from './later-provider.js';

type Hints = Partial<addrinfo>;
type Listed<T> = Omit<T, 'ai_next'>;

function listed<T extends { ai_next: T | null }>(first: T | null): Listed<T>[] {
  const all: Listed<T>[] = [];
  for (let each = first; each !== null; each = each.ai_next) all.push(each);
  return all;
}

/** What getaddrinfo gives: an error, or the results. */
function ask(ws2: Ws2_32, node: string | null, service: string | null, hints: Hints | null = null) {
  const result = ref<addrinfo | null>({} as addrinfo);
  ws2.WSASetLastError(5);
  const error = ws2.getaddrinfo(node, service, hints, result);
  expect(ws2.WSAGetLastError()).toBe(error);
  if (error === 0) return listed(result.value);
  expect(result.value).toBeNull();
  return error;
}

const nameOf = (ai_addr: Uint8Array | null): string => {
  const { address, port } = parseSockaddr(ai_addr!);
  return `${address} ${port}`;
};

/** The addresses alone, with their ports. */
function addresses(ws2: Ws2_32, node: string | null, service: string | null, hints: Hints | null = null) {
  const answer = ask(ws2, node, service, hints);
  return typeof answer === 'number' ? answer : answer.map(({ ai_addr }) => nameOf(ai_addr));
}

const withFiles = () => filesInstance(writeFiles()).ws2;

describe('getaddrinfo', () => {
  it('gives what is needed to open a socket and connect it', () => {
    const ws2 = withFiles();
    expect(ask(ws2, '192.0.2.1', '80', { ai_socktype: SOCK_STREAM, ai_protocol: 6 })).toEqual([
      expect.objectContaining({
        ai_flags: AI_NUMERICHOST,
        ai_family: AF_INET,
        ai_socktype: SOCK_STREAM,
        ai_protocol: 6,
        ai_addrlen: 16,
        ai_canonname: null,
        ai_addr: sockaddr_in('192.0.2.1', 80),
      }),
    ]);
    expect(ask(ws2, 'six.example', null)).toEqual([
      expect.objectContaining({ ai_flags: 0, ai_family: AF_INET6, ai_socktype: 0, ai_protocol: 0, ai_addrlen: 28 }),
    ]);
  });

  it('finds hosts of both families, the addresses in the order in which they are to be tried', () => {
    const ws2 = withFiles();
    expect(addresses(ws2, 'localhost', '7')).toEqual(['::1 7', '127.0.0.1 7']);
    expect(addresses(ws2, 'localhost', '7', { ai_family: AF_INET })).toEqual(['127.0.0.1 7']);
    expect(addresses(ws2, 'LOCALHOST', null, { ai_family: AF_INET6 })).toEqual(['::1 0']);
  });

  // 61
  it('finds the machine itself by an empty name', () => {
    const ws2 = withFiles();
    expect(addresses(ws2, '', null)).toEqual(['10.0.0.7 0']);
    expect(addresses(ws2, '', '0')).toEqual(addresses(ws2, 'test-machine', ''));
  });

  it.each<[number, string[]]>([
    [0, ['::1 7', '127.0.0.1 7']],
    [AI_PASSIVE, [':: 7', '0.0.0.0 7']],
  ])('gives this machine’s addresses without a node, with flags %i', (ai_flags, expected) => {
    const ws2 = withFiles();
    expect(addresses(ws2, null, '7', { ai_flags })).toEqual(expected);
    expect(addresses(ws2, null, '7', { ai_flags, ai_family: AF_INET })).toEqual(expected.slice(1));
    expect(addresses(ws2, null, '')).toEqual(addresses(ws2, null, '0'));
  });

  it.each<[string, Hints, string[] | number]>([
    ['7.8.9.10', {}, ['7.8.9.10 0']],
    ['1.2.3.0x4', {}, ['1.2.3.4 0']],
    ['1.2.3.010', {}, ['1.2.3.8 0']],
    ['0.0.0.0 ', {}, ['0.0.0.0 0']],
    ['0.0.0.0 ', { ai_flags: AI_NUMERICHOST }, WSAHOST_NOT_FOUND],
    ['1.2.3.09', {}, WSAHOST_NOT_FOUND],
    ['1.2.3', {}, WSAHOST_NOT_FOUND],
    ['0.0.0.0.0', {}, WSAHOST_NOT_FOUND],
    ['1.1.1.256', {}, WSAHOST_NOT_FOUND],
    ['0.0.0.0:80', {}, WSAHOST_NOT_FOUND],
    ['192.168.1.253:1024', { ai_flags: AI_NUMERICHOST }, WSAHOST_NOT_FOUND],
    [' ', {}, WSAHOST_NOT_FOUND],
    ['localhost', { ai_flags: AI_NUMERICHOST }, WSAHOST_NOT_FOUND],
    ['beef::cafe', {}, ['beef::cafe 0']],
    ['[beef::cafe]', {}, ['beef::cafe 0']],
    ['[beef::cafe]:10239', {}, ['beef::cafe 0']],
    ['[beef::cafe', {}, WSAHOST_NOT_FOUND],
    ['beef::cafe]', {}, WSAHOST_NOT_FOUND],
    ['beef::cafe', { ai_family: AF_INET }, WSAHOST_NOT_FOUND],
    ['7.8.9.10', { ai_family: AF_INET6 }, WSAHOST_NOT_FOUND],
    ['7.8.9.10', { ai_family: AF_INET6, ai_flags: AI_V4MAPPED }, ['::ffff:7.8.9.10 0']],
    ['7.8.9.10', { ai_family: AF_INET, ai_flags: AI_V4MAPPED }, ['7.8.9.10 0']],
    ['fe80::1%4294967296', {}, WSAHOST_NOT_FOUND],
    ['fe80::1%x', {}, WSAHOST_NOT_FOUND],
  ])('reads the node %j with %j', (node, hints, expected) => {
    expect(addresses(withFiles(), node, null, hints)).toEqual(expected);
  });

  it('keeps the scope of an address', () => {
    const [found] = ask(withFiles(), 'fe80::1%3', null) as Listed<addrinfo>[];
    expect(found?.ai_addr).toEqual(sockaddr_in6('fe80::1', 0, 0, 3));
  });

  it.each<[string, Hints, number, number]>([
    ['', {}, 0, 0],
    ['0', {}, 0, 0],
    ['010', {}, 10, 0],
    [' 123', {}, 123, 0],
    ['65536', {}, 0, 0],
    ['65537', {}, 1, 0],
    ['4294967295', {}, 65535, 0],
    ['99999999999999', {}, 65535, 0],
    ['+5', {}, 5, 0],
    ['-1', {}, 65535, 0],
    ['-65534', {}, 2, 0],
    ['telnet', {}, 23, SOCK_STREAM],
    ['TELNET', { ai_socktype: SOCK_STREAM }, 23, SOCK_STREAM],
    ['nameserver', {}, 53, 0],
    ['domain', { ai_socktype: SOCK_DGRAM }, 53, SOCK_DGRAM],
    ['ftp', { ai_protocol: IPPROTO_UDP }, 21, SOCK_DGRAM],
  ])('reads the service %j with %j', (service, hints, port, type) => {
    const answer = ask(withFiles(), null, service, { ai_family: AF_INET, ...hints });
    expect(answer).toMatchObject([{ ai_socktype: type }]);
    expect((answer as Listed<addrinfo>[]).map(({ ai_addr }) => nameOf(ai_addr))).toEqual([`127.0.0.1 ${port}`]);
  });

  it.each<[string, string | null, string | null, unknown, number]>([
    ['neither node nor service', null, null, null, WSAHOST_NOT_FOUND],
    ['an unknown host', 'nobody', null, null, WSAHOST_NOT_FOUND],
    ['a host without the family', 'six.example', null, { ai_family: AF_INET }, WSANO_DATA],
    ['an unknown service', null, 'nobody', null, WSATYPE_NOT_FOUND],
    ['a service in hexadecimal', null, '0x1a', null, WSATYPE_NOT_FOUND],
    ['a service with something behind', null, '28 ', null, WSATYPE_NOT_FOUND],
    ['a service of another type', null, 'telnet', { ai_socktype: SOCK_DGRAM }, WSATYPE_NOT_FOUND],
    ['a service on raw sockets', null, 'telnet', { ai_socktype: SOCK_RAW }, WSATYPE_NOT_FOUND],
    ['a name where a number is wanted', null, 'telnet', { ai_flags: AI_NUMERICSERV }, WSATYPE_NOT_FOUND],
    ['another family', '127.0.0.1', null, { ai_family: 77 }, WSAEAFNOSUPPORT],
    ['another type', '127.0.0.1', null, { ai_socktype: 999 }, WSAESOCKTNOSUPPORT],
    ['AI_CANONNAME without a node', null, '80', { ai_flags: AI_CANONNAME }, WSAEINVAL],
    ['hints with more in them', '127.0.0.1', null, { ai_addrlen: 16 }, WSANO_RECOVERY],
    ['a node that is not a text', 5 as never, null, null, WSAEFAULT],
    ['a service that is not a text', null, 80 as never, null, WSAEFAULT],
    ['hints that are not a structure', 'x', null, 'hints', WSAEFAULT],
    ['hints of the wrong type', 'x', null, { ai_flags: 'x' }, WSAEFAULT],
  ])('refuses %s', (_what, node, service, hints, error) => {
    expect(ask(withFiles(), node, service, hints as Hints)).toBe(error);
  });

  it('accepts a protocol that does not go with the type, and gives it back', () => {
    const ws2 = withFiles();
    expect(ask(ws2, '127.0.0.1', null, { ai_socktype: SOCK_STREAM, ai_protocol: IPPROTO_UDP })).toMatchObject([
      { ai_socktype: SOCK_STREAM, ai_protocol: IPPROTO_UDP },
    ]);
    expect(ask(ws2, '127.0.0.1', null, { ai_protocol: 999 })).toMatchObject([{ ai_protocol: 999 }]);
  });

  it.each([AI_CANONNAME, AI_FQDN])('names the host in the first result, with flag %i', (ai_flags) => {
    const ws2 = withFiles();
    const results = ask(ws2, 'alpha.example', null, { ai_flags, ai_family: AF_INET }) as Listed<addrinfo>[];
    expect(results.map(({ ai_canonname }) => ai_canonname)).toEqual(['Alpha.example', null]);
    expect(ask(ws2, '127.0.0.1', null, { ai_flags })).toMatchObject([{ ai_canonname: '127.0.0.1' }]);
  });

  it('gives IPv4 addresses as IPv6 ones with AI_V4MAPPED: in place of others, or with AI_ALL beside them', () => {
    const ws2 = withFiles();
    const mapped = (ai_flags: number, node: string) => addresses(ws2, node, null, { ai_family: AF_INET6, ai_flags });
    expect(mapped(AI_V4MAPPED, 'one-more-name')).toEqual(['::ffff:192.0.2.1 0']);
    expect(mapped(AI_V4MAPPED, 'localhost')).toEqual(['::1 0']);
    expect(mapped(AI_V4MAPPED | AI_ALL, 'localhost')).toEqual(['::1 0', '::ffff:127.0.0.1 0']);
    expect(mapped(AI_ALL | AI_DNS_ONLY, 'localhost')).toEqual(['::1 0']);
    expect(mapped(0, 'one-more-name')).toBe(WSANO_DATA);
  });

  it('asks for names beyond ASCII in ASCII', () => {
    const provider = laterProvider([], 0);
    const { ws2 } = nameInstance([{ name: 'later', module: { ...provider.routines } }]);
    ask(ws2, 'bücher.example', null);
    const asked = (): unknown =>
      (provider.last.get('NSPv2LookupServiceBegin')?.[1] as WSAQUERYSETW).lpszServiceInstanceName;
    expect(asked()).toBe('xn--bcher-kva.example');
    ask(ws2, 'bücher.example', null, { ai_flags: AI_DISABLE_IDN_ENCODING });
    expect(asked()).toBe('bücher.example');
    expect(ask(ws2, 'b ü', null)).toBe(WSAHOST_NOT_FOUND);
  });

  it('needs WSAStartup, and leaves the result alone without', () => {
    const ws2 = withFiles();
    ws2.WSACleanup();
    const result = ref('untouched');
    expect(ws2.getaddrinfo('localhost', null, null, result as never)).toBe(WSANOTINITIALISED);
    expect(result.value).toBe('untouched');
    expect(ws2.getaddrinfo('localhost', null, null, null as never)).toBe(WSANOTINITIALISED);
  });

  it('refuses a bad pointer for the result', () => {
    expect(withFiles().getaddrinfo('localhost', null, null, null as never)).toBe(WSAEFAULT);
  });

  it('has other names, and results that need no freeing', () => {
    const ws2 = withFiles();
    for (const name of ['GetAddrInfo', 'GetAddrInfoA', 'GetAddrInfoW'] as const) {
      const result = ref<addrinfo | null>(null);
      expect(ws2[name]('localhost', null, null, result)).toBe(0);
      ws2.freeaddrinfo(result.value);
      ws2.FreeAddrInfo(null);
      ws2.FreeAddrInfoA(result.value);
      ws2.FreeAddrInfoW(result.value);
      expect(result.value?.ai_addrlen).toBe(28);
    }
    expect(ws2.gai_strerror(WSAHOST_NOT_FOUND)).toMatch(/./);
    expect(ws2.gai_strerrorW(WSAHOST_NOT_FOUND)).toBe(ws2.gai_strerrorA(WSAHOST_NOT_FOUND));
  });
});

describe.each(['memory', 'tcpip'] as const)('getaddrinfo, on %s', (base) => {
  const provider = (...texts: string[]): LaterProvider => {
    const lpcsaBuffer = texts.map((text) => {
      const lpSockaddr = text.includes(':') ? sockaddr_in6(text, 0) : sockaddr_in(text, 0);
      const name = { lpSockaddr, iSockaddrLength: lpSockaddr.length };
      return { LocalAddr: name, RemoteAddr: name, iSocketType: 1, iProtocol: 6 };
    });
    return laterProvider([{ dwSize: 60, lpszServiceInstanceName: 'host', lpcsaBuffer }], 0);
  };
  const found = (node: LaterProvider, hints: Hints = {}) => {
    const { ws2, defects } = nameInstance([{ name: 'later', module: { ...node.routines } }], { base });
    const answer = addresses(ws2, 'host', null, hints);
    expect(defects).toEqual([]);
    return answer;
  };

  it('puts what is to be tried first in front, and keeps the order of equals', () => {
    expect(found(provider('127.0.0.3', '::1', '127.0.0.2'))).toEqual(['::1 0', '127.0.0.3 0', '127.0.0.2 0']);
  });

  it('gives each address once', () => {
    expect(found(provider('127.0.0.1', '127.0.0.1'))).toEqual(['127.0.0.1 0']);
  });

  it('leaves out families that this machine has no address of, with AI_ADDRCONFIG', () => {
    const withIPv4 = found(provider('127.0.0.2'), { ai_flags: AI_ADDRCONFIG });
    const withIPv6 = found(provider('::1'), { ai_flags: AI_ADDRCONFIG });
    const has = (family: number): boolean => machineHas(base, family);
    expect(withIPv4).toEqual(has(AF_INET) ? ['127.0.0.2 0'] : WSANO_DATA);
    expect(withIPv6).toEqual(has(AF_INET6) ? ['::1 0'] : WSANO_DATA);
  });
});

/** Whether an instance has an address of a family that is not loopback's, asked in another way. */
function machineHas(base: 'memory' | 'tcpip', family: number): boolean {
  const { ws2 } = nameInstance([], { base });
  const s = ws2.socket(family, SOCK_DGRAM, 0);
  const far = family === AF_INET ? sockaddr_in('192.0.2.1', 9) : sockaddr_in6('2001:db8::1', 9);
  const reached = ws2.connect(s, far, far.length) === 0;
  const name = new Uint8Array(28);
  const own =
    reached && ws2.getsockname(s, name, ref(28)) === 0 ? parseSockaddr(name.subarray(0, far.length)).address : '';
  ws2.closesocket(s);
  return own !== '' && !own.startsWith('127.') && own !== '::1';
}

describe('getaddrinfo with a provider that takes its time', () => {
  it('waits for it, and can be cancelled', () => {
    const provider = laterProvider([], 700);
    const clock = new VirtualClock();
    const { ws2 } = nameInstance([{ name: 'later', module: { ...provider.routines } }], { clock, version: 0x0101 });
    expect(ask(ws2, 'host', null)).toBe(WSAHOST_NOT_FOUND);
    expect(clock.now()).toBe(700);
    ws2.WSASetBlockingHook(() => (ws2.WSACancelBlockingCall(), false));
    expect(ask(ws2, 'host', null)).toBe(WSAEINTR);
  });
});

describe('getnameinfo', () => {
  const alpha = sockaddr_in('192.0.2.2', 21);
  const names = (ws2: Ws2_32, name: Uint8Array, flags: number): unknown => {
    const [host, service] = [ref('untouched'), ref('untouched')];
    const error = ws2.getnameinfo(name, name.length, host, 1025, service, 32, flags);
    expect(ws2.WSAGetLastError()).toBe(error);
    return error === 0 ? `${host.value} ${service.value}` : error;
  };

  it.each<[string, Uint8Array, number, string | number]>([
    ['host and service', alpha, 0, 'alpha.example ftp'],
    ['a host without its domain', alpha, NI_NOFQDN, 'alpha ftp'],
    ['an address in text', alpha, NI_NUMERICHOST, '192.0.2.2 ftp'],
    ['a port in decimal', alpha, NI_NUMERICSERV, 'alpha.example 21'],
    ['a service over UDP', sockaddr_in('192.0.2.2', 53), NI_DGRAM, 'alpha.example domain'],
    ['a service that is not over UDP', sockaddr_in('192.0.2.2', 23), NI_DGRAM, 'alpha.example 23'],
    ['an IPv6 host', sockaddr_in6('2001:db8::6', 0), 0, 'six.example 0'],
    ['an unknown host', sockaddr_in('192.0.2.99', 99), 0, '192.0.2.99 99'],
    ['an unknown IPv6 host', sockaddr_in6('fe80::1', 0, 0, 4), 0, 'fe80::1%4 0'],
    ['an unknown host whose name is required', sockaddr_in('192.0.2.99', 0), NI_NAMEREQD, WSAHOST_NOT_FOUND],
    ['a name that is required in numbers', alpha, NI_NAMEREQD | NI_NUMERICHOST, WSAHOST_NOT_FOUND],
    ['another family', Uint8Array.of(...alpha).fill(77, 0, 1), 0, WSAEAFNOSUPPORT],
    ['too short an address', alpha.slice(0, 15), 0, WSAEFAULT],
    ['too short an IPv6 address', sockaddr_in6('::1', 0).slice(0, 23), 0, WSAEFAULT],
  ])('tells of %s', (_what, name, flags, expected) => {
    expect(names(withFiles(), name, flags)).toBe(expected);
  });

  it('fills only what is wanted, and only what fits', () => {
    const ws2 = withFiles();
    const [host, service] = [ref('untouched'), ref('untouched')];
    expect(ws2.GetNameInfoW(alpha, 16, host, 14, null, 0, 0)).toBe(0);
    expect([host.value, service.value]).toEqual(['alpha.example', 'untouched']);
    expect(ws2.GetNameInfoA(alpha, 16, null, 0, service, 4, 0)).toBe(0);
    expect(service.value).toBe('ftp');
    expect(ws2.GetNameInfo(alpha, 16, host, 13, null, 0, 0)).toBe(WSAEFAULT);
    expect(ws2.getnameinfo(alpha, 16, null, 0, service, 3, 0)).toBe(WSAEFAULT);
    expect(ws2.getnameinfo(alpha, 16, null, 0, null, 0, 0)).toBe(WSAHOST_NOT_FOUND);
    expect(ws2.getnameinfo(null as never, 16, host, 99, null, 0, 0)).toBe(WSAEFAULT);
    expect(ws2.getnameinfo(alpha, 17, host, 99, null, 0, 0)).toBe(WSAEFAULT);
    expect(ws2.getnameinfo(alpha, 16, 'x' as never, 99, null, 0, 0)).toBe(WSAEFAULT);
    ws2.WSACleanup();
    expect(ws2.getnameinfo(alpha, 16, host, 99, null, 0, 0)).toBe(WSANOTINITIALISED);
  });
});

describe('GetAddrInfoEx', () => {
  const HOST: WSAQUERYSETW = {
    dwSize: 60,
    lpszServiceInstanceName: 'host',
    lpNSProviderId: idOf(0),
    lpcsaBuffer: [
      {
        LocalAddr: { lpSockaddr: null, iSockaddrLength: 0 },
        RemoteAddr: { lpSockaddr: sockaddr_in('192.0.2.7', 0), iSockaddrLength: 16 },
        iSocketType: 1,
        iProtocol: 6,
      },
    ],
  };
  const withLater = (delay: number | null) => {
    const provider = laterProvider([HOST], delay);
    const clock = new VirtualClock();
    return { provider, clock, ...nameInstance([{ name: 'later', module: { ...provider.routines } }], { clock }) };
  };
  type Result = Parameters<Ws2_32['GetAddrInfoEx']>[5];
  const room = (): Result => ref<never>({} as never);
  const start = (
    ws2: Ws2_32,
    overlapped: WSAOVERLAPPED,
    others: { routine?: never; handle?: never; timeout?: object } = {},
  ) => {
    const result = room();
    const { routine = null, handle = null, timeout = null } = others;
    const error = ws2.GetAddrInfoEx(
      'host',
      '80',
      NS_ALL,
      null,
      null,
      result,
      timeout as never,
      overlapped,
      routine,
      handle,
    );
    expect([error, ws2.WSAGetLastError(), result.value]).toEqual([WSA_IO_PENDING, WSA_IO_PENDING, null]);
    expect(overlapped.Internal).toBe(WSAEINPROGRESS);
    expect((overlapped as { Pointer?: unknown }).Pointer).toBe(result);
    expect(ws2.GetAddrInfoExOverlappedResult(overlapped)).toBe(WSAEINPROGRESS);
    return result;
  };
  const shown = (result: Result): string[] => listed(result.value).map(({ ai_addr }) => nameOf(ai_addr));

  it('waits like getaddrinfo, and tells who has answered', () => {
    const { ws2, clock } = withLater(300);
    const result = room();
    expect(ws2.GetAddrInfoExW('host', '80', NS_ALL, null, null, result, null, null, null, null)).toBe(0);
    expect(clock.now()).toBe(300);
    expect(listed(result.value)).toMatchObject([{ ai_provider: idOf(0), ai_blob: null, ai_bloblen: 0 }]);
    expect(shown(result)).toEqual(['192.0.2.7 80']);
    ws2.FreeAddrInfoEx(result.value);
    ws2.FreeAddrInfoExW(null);
  });

  it('asks the name space and the provider that are chosen', () => {
    const { ws2 } = withLater(0);
    const asked = (nameSpace: number, id: string | null) =>
      ws2.GetAddrInfoExA('host', null, nameSpace, id, null, room(), null, null, null, null);
    expect(asked(NS_ALL, `{${idOf(0).toLowerCase()}}`)).toBe(0);
    expect(asked(NS_NLA, idOf(0))).toBe(0);
    // As the page has it: the name space is not installed.
    expect(asked(NS_NLA, null)).toBe(WSASERVICE_NOT_FOUND);
    expect(asked(NS_ALL, idOf(3))).not.toBe(0);
    expect(asked(NS_ALL, 'x')).toBe(WSAEINVAL);
  });

  it.each([
    [{ tv_sec: 1, tv_usec: 500_000 }, WSAETIMEDOUT, 1500],
    [{ tv_sec: 3, tv_usec: 0 }, 0, 2000],
  ])('tries for no longer than %j', (timeout, error, end) => {
    const { ws2, clock } = withLater(2000);
    const result = room();
    expect(ws2.GetAddrInfoEx('host', null, NS_ALL, null, null, result, timeout, null, null, null)).toBe(error);
    expect(clock.now()).toBe(end);
    expect(result.value === null).toBe(error !== 0);
  });

  it('sets an event when it is over', () => {
    const { ws2, clock } = withLater(250);
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = ws2.WSACreateEvent();
    ws2.WSASetEvent(overlapped.hEvent);
    const result = start(ws2, overlapped);
    expect(ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], true, 0, false)).not.toBe(0);
    expect(ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], true, 60_000, false)).toBe(0);
    expect(clock.now()).toBe(250);
    expect(ws2.GetAddrInfoExOverlappedResult(overlapped)).toBe(0);
    expect(shown(result)).toEqual(['192.0.2.7 80']);
  });

  it('calls a routine in an alertable wait, after it has returned', () => {
    const { ws2 } = withLater(0);
    const overlapped = new WSAOVERLAPPED();
    const told: unknown[] = [];
    const result = start(ws2, overlapped, { routine: ((...args: unknown[]) => told.push(args)) as never });
    ws2.host.SleepEx(10, false);
    expect(told).toEqual([]);
    ws2.host.SleepEx(10, true);
    expect(told).toEqual([[0, 0, overlapped]]);
    expect(shown(result)).toEqual(['192.0.2.7 80']);
  });

  it('calls the routine from the event loop too', async () => {
    const { ws2 } = withLater(0);
    const result = room();
    const error = await new Promise((resolve) =>
      ws2.GetAddrInfoEx('host', '80', NS_ALL, null, null, result, null, new WSAOVERLAPPED(), resolve, null),
    );
    expect(error).toBe(0);
    expect(shown(result)).toEqual(['192.0.2.7 80']);
  });

  it('completes with the error', () => {
    const { ws2, provider } = withLater(null);
    const overlapped = new WSAOVERLAPPED();
    const result = start(ws2, overlapped);
    provider.waiting[0]?.answer(WSATRY_AGAIN);
    ws2.host.SleepEx(0, false);
    expect([ws2.GetAddrInfoExOverlappedResult(overlapped), result.value]).toEqual([WSATRY_AGAIN, null]);
  });

  it('gives up when its time is up, though nobody waits for it', () => {
    const { ws2, clock } = withLater(null);
    const overlapped = new WSAOVERLAPPED();
    start(ws2, overlapped, { timeout: { tv_sec: 5, tv_usec: 0 } });
    clock.advance(4999);
    ws2.host.SleepEx(0, false);
    expect(overlapped.Internal).toBe(WSAEINPROGRESS);
    ws2.host.SleepEx(1, false);
    expect(overlapped.Internal).toBe(WSAETIMEDOUT);
  });

  it('can be cancelled while it is under way', () => {
    const { ws2, provider, defects } = withLater(null);
    const overlapped = new WSAOVERLAPPED();
    const handle = ref(0);
    const told: unknown[] = [];
    const result = start(ws2, overlapped, {
      routine: ((error: number) => told.push(error)) as never,
      handle: handle as never,
    });
    expect(ws2.GetAddrInfoExCancel(handle)).toBe(0);
    ws2.host.SleepEx(0, true);
    expect(told).toEqual([WSA_E_CANCELLED]);
    expect([overlapped.Internal, result.value]).toEqual([WSA_E_CANCELLED, null]);
    expect(provider.waiting[0]?.answer(HOST)).toBe(0);
    ws2.host.SleepEx(0, true);
    expect([told.length, result.value]).toEqual([1, null]);
    expect(ws2.GetAddrInfoExCancel(handle)).toBe(WSA_INVALID_HANDLE);
    for (const bad of [null, ref(0), ref('x')]) {
      expect(ws2.GetAddrInfoExCancel(bad as never)).toBe(WSA_INVALID_HANDLE);
    }
    expect(defects).toEqual([]);
  });

  it('ends without a word by the last WSACleanup', () => {
    const { ws2, provider } = withLater(null);
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = ws2.WSACreateEvent();
    const handle = ref(0);
    start(ws2, overlapped, { handle: handle as never });
    ws2.WSACleanup();
    expect(provider.calls).toContain('NSPv2LookupServiceEnd');
    expect(overlapped.Internal).toBe(WSA_E_CANCELLED);
    expect(ws2.GetAddrInfoExCancel(handle)).toBe(WSANOTINITIALISED);
    ws2.WSAStartup(0x0202, {});
    expect(ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], true, 0, false)).not.toBe(0);
  });

  // 62
  it.each<[string, unknown[], number]>([
    [
      'neither node nor service',
      [null, null, NS_ALL, null, null, 'room', null, new WSAOVERLAPPED(), null, null],
      WSAHOST_NOT_FOUND,
    ],
    ['no name space', ['host', null, null, null, null, 'room', null, null, null, null], WSAEFAULT],
    ['a provider that is not a text', ['host', null, NS_ALL, 5, null, 'room', null, null, null, null], WSAEFAULT],
    ['a time-out that is not a structure', ['host', null, NS_ALL, null, null, 'room', 5, null, null, null], WSAEFAULT],
    [
      'a negative time-out',
      ['host', null, NS_ALL, null, null, 'room', { tv_sec: -1, tv_usec: 0 }, null, null, null],
      WSAEFAULT,
    ],
    [
      'an overlapped structure that is none',
      ['host', null, NS_ALL, null, null, 'room', null, 5, null, null],
      WSAEFAULT,
    ],
    [
      'a routine that is none',
      ['host', null, NS_ALL, null, null, 'room', null, new WSAOVERLAPPED(), 5, null],
      WSAEFAULT,
    ],
    ['a routine alone', ['host', null, NS_ALL, null, null, 'room', null, null, () => 0, null], WSAEINVAL],
    [
      'an event and a routine',
      [
        'host',
        null,
        NS_ALL,
        null,
        null,
        'room',
        null,
        Object.assign(new WSAOVERLAPPED(), { hEvent: 4 }),
        () => 0,
        null,
      ],
      WSAEINVAL,
    ],
    ['a handle that is not a pointer', ['host', null, NS_ALL, null, null, 'room', null, null, null, 5], WSAEFAULT],
    ['no result', ['host', null, NS_ALL, null, null, null, null, null, null, null], WSAEFAULT],
  ])('refuses %s at once', (_what, args, error) => {
    const { ws2 } = withLater(0);
    const given = args.map((arg) => (arg === 'room' ? room() : arg));
    expect((ws2.GetAddrInfoEx as (...args: unknown[]) => number)(...given)).toBe(error);
    expect(ws2.WSAGetLastError()).toBe(error);
  });

  it('tells nothing of no overlapped structure, and needs WSAStartup', () => {
    const { ws2 } = withLater(0);
    expect(ws2.GetAddrInfoExOverlappedResult(null as never)).toBe(WSAEINVAL);
    ws2.WSACleanup();
    expect(ws2.GetAddrInfoEx('host', null, NS_ALL, null, null, room(), null, null, null, null)).toBe(WSANOTINITIALISED);
  });
});
