// The codes that the functions of names are documented to fail with, each brought about: by what is wrong with arguments, by
// what a name space says, and by the state of the instance.
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_NUMERICSERV,
  ERROR_ALREADY_REGISTERED,
  ERROR_INSUFFICIENT_BUFFER,
  ERROR_SERVICE_NOT_FOUND,
  LUP_RETURN_ALL,
  NI_NAMEREQD,
  NI_NUMERICHOST,
  NS_ALL,
  NS_DEFAULT,
  NS_DNS,
  PROP_ALL,
  ref,
  RNRSERVICE_REGISTER,
  SERVICE_ADD_TYPE,
  SERVICE_DELETE_TYPE,
  SERVICE_DEREGISTER,
  SERVICE_FLUSH,
  SERVICE_REGISTER,
  SIO_NSP_NOTIFY_CHANGE,
  SOCKET_ERROR,
  sockaddr_in,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_TCP,
  winsockErrorName,
  WSA_E_NO_MORE,
  WSAEOPNOTSUPP,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type Ws2_32,
} from 'ws2spi';
import { withNameSpace } from '../../rooms/name-space/fixtures/name-spaces.js';

type FunctionName = keyof Ws2_32 & string;
type Call = readonly [name: FunctionName, ...args: unknown[]];

const A_NAME = sockaddr_in('10.0.0.1', 80);
const QUERY = {
  dwSize: WSAQUERYSETW.size,
  lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
  lpszServiceInstanceName: 'alpha',
};
const NOBODY = '11111111-2222-3333-4444-555555555555';
const SERVICE = { lpServiceType: NOBODY, lpServiceName: 'alpha' };
const text = () => ({ value: '' });
const room = () => new Uint8Array(1024);
const classInfo = (id: string) => ({ lpServiceClassId: id, lpszServiceClassName: 'x', dwCount: 0, lpClassInfos: null });

/** Each function, called well. */
const CALLS: readonly (() => Call)[] = [
  () => ['gethostbyname', 'alpha'],
  () => ['gethostbyaddr', Uint8Array.of(10, 0, 0, 1), 4, AF_INET],
  () => ['getservbyname', 'alpha', null],
  () => ['getservbyport', 0x5000, null],
  () => ['getprotobyname', 'tcp'],
  () => ['getprotobynumber', 6],
  () => ['gethostname', text(), 100],
  () => ['getaddrinfo', 'alpha', null, null, ref(null)],
  () => ['getnameinfo', A_NAME, 16, text(), 100, null, 0, 0],
  () => ['GetAddrInfoEx', 'alpha', null, NS_ALL, null, null, ref(null), null, null, null, null],
  () => ['SetAddrInfoEx', 'alpha', null, null, 0, null, 0, NS_ALL, null, null, null, null, null],
  () => ['WSAAsyncGetHostByName', 0, 0x400, 'alpha', room(), 1024],
  () => ['WSAAsyncGetHostByAddr', 0, 0x400, Uint8Array.of(10, 0, 0, 1), 4, AF_INET, room(), 1024],
  () => ['WSAAsyncGetServByName', 0, 0x400, 'alpha', null, room(), 1024],
  () => ['WSAAsyncGetServByPort', 0, 0x400, 0x5000, null, room(), 1024],
  () => ['WSAAsyncGetProtoByName', 0, 0x400, 'tcp', room(), 1024],
  () => ['WSAAsyncGetProtoByNumber', 0, 0x400, 6, room(), 1024],
  () => ['WSACancelAsyncRequest', 4],
  () => ['WSALookupServiceBegin', QUERY, LUP_RETURN_ALL, ref(0)],
  () => ['WSALookupServiceNext', 4, 0, ref(1000), []],
  () => ['WSALookupServiceEnd', 4],
  () => ['WSANSPIoctl', 4, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, ref(0), null],
  () => ['WSASetService', QUERY, RNRSERVICE_REGISTER, 0],
  () => ['WSAInstallServiceClass', classInfo(NOBODY)],
  () => ['WSARemoveServiceClass', NOBODY],
  () => ['WSAGetServiceClassInfo', NOBODY, NOBODY, ref(1000), []],
  () => ['WSAGetServiceClassNameByClassId', SVCID_TCP(80), text(), ref(100)],
  () => ['WSAEnumNameSpaceProviders', ref(10_000), []],
  () => ['WSAEnumNameSpaceProvidersEx', ref(10_000), []],
  () => ['WSAAdvertiseProvider', NOBODY, {}],
  () => ['WSAUnadvertiseProvider', NOBODY],
  () => ['WSAProviderCompleteAsyncCall', 4, 0],
  () => ['GetAddressByName', NS_ALL, SVCID_TCP(80), 'alpha', null, 0, null, [], ref(0), null, null],
  () => ['GetNameByType', SVCID_TCP(80), text(), 100],
  () => ['GetTypeByName', 'alpha', ref('')],
  ...['', 'A', 'W'].flatMap((width): (() => Call)[] => [
    () => [`EnumProtocols${width}` as 'EnumProtocols', null, [], ref(10_000)],
    () => [`GetService${width}` as 'GetService', NS_DEFAULT, NOBODY, 'alpha', PROP_ALL, [], ref(10_000), null],
    () => [`SetService${width}` as 'SetService', NS_DEFAULT, SERVICE_REGISTER, 0, SERVICE, null, ref(0)],
  ]),
];

/** What the functions return when they fail: 0 and `null` for some; the error itself for others. */
function codeOf(ws2: Ws2_32, [name, ...args]: Call): number {
  const result = (ws2[name] as (...all: unknown[]) => unknown)(...args);
  const isError = /addrinfo|getnameinfo/i.test(name);
  if (isError) return result as number;
  const failsByNone = name.startsWith('WSAAsync') || name.startsWith('GetService');
  const failed = result === SOCKET_ERROR || result === null || (failsByNone && result === 0);
  return failed ? ws2.WSAGetLastError() : 0;
}

/** An instance whose one name space says this. */
function saying(error: number) {
  return withNameSpace({ lookup: (_question, answer) => answer.fail(error) });
}

const shown = ([name, ...args]: Call): string =>
  `${name}(${args.map((each) => JSON.stringify(each) ?? 'undefined').join(', ')})`;

describe('WSANOTINITIALISED', () => {
  test.each(CALLS.map((call) => [call()[0], call] as const))('is what %s says before WSAStartup', (_name, call) => {
    const { ws2 } = saying(WSATRY_AGAIN);
    ws2.WSACleanup();
    expect(winsockErrorName(codeOf(ws2, call()))).toBe('WSANOTINITIALISED');
  });
});

describe('WSAEINPROGRESS', () => {
  test.each(CALLS.map((call) => [call()[0], call] as const))(
    'is what %s says while an application of version 1.1 blocks, whose call is then WSAEINTR',
    (_name, call) => {
      const { ws2 } = withNameSpace({ timeout: Infinity, lookup: () => undefined });
      ws2.WSAStartup(0x0101, {});
      let code = 0;
      ws2.WSASetBlockingHook(() => {
        code ||= codeOf(ws2, call());
        ws2.WSACancelBlockingCall();
        return false;
      });
      expect(winsockErrorName(codeOf(ws2, ['gethostbyname', 'alpha']))).toBe('WSAEINTR');
      expect(winsockErrorName(code)).toBe('WSAEINPROGRESS');
    },
  );
});

/** What name spaces say, and what becomes of it: the same for all look-ups of a kind. */
const HOSTS: readonly (readonly [said: number, told: string])[] = [
  [WSASERVICE_NOT_FOUND, 'WSAHOST_NOT_FOUND'],
  [WSAHOST_NOT_FOUND, 'WSAHOST_NOT_FOUND'],
  [WSATYPE_NOT_FOUND, 'WSAHOST_NOT_FOUND'],
  [WSA_E_NO_MORE, 'WSAHOST_NOT_FOUND'],
  [WSANO_DATA, 'WSANO_DATA'],
  [WSATRY_AGAIN, 'WSATRY_AGAIN'],
  [WSANO_RECOVERY, 'WSANO_RECOVERY'],
  [5, 'WSANO_RECOVERY'],
];
const SERVICES = HOSTS.map(([said, told]) => [said, told === 'WSAHOST_NOT_FOUND' ? 'WSANO_DATA' : told] as const);

describe('What a name space says', () => {
  test.each<[Call, readonly (readonly [number, string])[]]>([
    [['gethostbyname', 'alpha'], HOSTS],
    [['gethostbyaddr', Uint8Array.of(10, 0, 0, 1), 4, AF_INET], HOSTS],
    [['getaddrinfo', 'alpha', null, null, ref(null)], HOSTS],
    [['GetAddrInfoEx', 'alpha', null, NS_ALL, null, null, ref(null), null, null, null, null], HOSTS],
    [['getnameinfo', A_NAME, 16, text(), 100, null, 0, NI_NAMEREQD], HOSTS],
    [['getservbyname', 'alpha', null], SERVICES],
    // A port that no services file has.
    [['getservbyport', 0xfeff, null], SERVICES],
  ])('is told by %j in its own words', (call, told) => {
    for (const [said, expected] of told) {
      const { ws2, finish } = saying(said);
      expect(winsockErrorName(codeOf(ws2, call)), `${shown(call)} after ${said}`).toBe(expected);
      finish();
    }
  });
});

describe('A wrong argument', () => {
  test.each<[code: string, call: Call]>([
    ['WSAEFAULT', ['gethostbyname', 5]],
    ['WSAEFAULT', ['gethostbyaddr', null, 4, AF_INET]],
    ['WSAEFAULT', ['gethostbyaddr', Uint8Array.of(10, 0, 0), 3, AF_INET]],
    ['WSAEAFNOSUPPORT', ['gethostbyaddr', Uint8Array.of(10, 0, 0, 1), 4, 77]],
    ['WSAEFAULT', ['gethostbyaddr', Uint8Array.of(10, 0, 0, 1), 4, AF_INET6]],
    ['WSAEFAULT', ['getservbyname', null, null]],
    ['WSAEFAULT', ['getservbyname', 'http', 5]],
    ['WSAEFAULT', ['getservbyport', 'x', null]],
    ['WSAEFAULT', ['getprotobyname', null]],
    ['WSANO_DATA', ['getprotobyname', 'none']],
    ['WSANO_DATA', ['getprotobynumber', 999]],
    ['WSAEFAULT', ['gethostname', null, 100]],
    ['WSAEFAULT', ['getaddrinfo', 5, null, null, ref(null)]],
    ['WSAEFAULT', ['getaddrinfo', 'alpha', null, null, null]],
    ['WSAHOST_NOT_FOUND', ['getaddrinfo', null, null, null, ref(null)]],
    ['WSAHOST_NOT_FOUND', ['getaddrinfo', 'alpha', null, { ai_flags: AI_NUMERICHOST }, ref(null)]],
    ['WSAEINVAL', ['getaddrinfo', null, '80', { ai_flags: AI_CANONNAME }, ref(null)]],
    ['WSAEAFNOSUPPORT', ['getaddrinfo', 'alpha', null, { ai_family: 77 }, ref(null)]],
    ['WSAESOCKTNOSUPPORT', ['getaddrinfo', 'alpha', null, { ai_socktype: 77 }, ref(null)]],
    ['WSANO_RECOVERY', ['getaddrinfo', 'alpha', null, { ai_addrlen: 16 }, ref(null)]],
    ['WSATYPE_NOT_FOUND', ['getaddrinfo', 'alpha', 'x', { ai_flags: AI_NUMERICSERV }, ref(null)]],
    ['WSAEFAULT', ['getnameinfo', null, 16, text(), 100, null, 0, 0]],
    ['WSAEFAULT', ['getnameinfo', A_NAME, 4, text(), 100, null, 0, 0]],
    ['WSAEFAULT', ['getnameinfo', A_NAME, 16, text(), 3, null, 0, NI_NUMERICHOST]],
    ['WSAHOST_NOT_FOUND', ['getnameinfo', A_NAME, 16, null, 0, null, 0, 0]],
    ['WSAEFAULT', ['WSAAsyncGetHostByName', 0, 'x', 'alpha', room(), 1024]],
    ['WSAEINVAL', ['WSACancelAsyncRequest', 4]],
    ['WSAEFAULT', ['WSALookupServiceBegin', null, 0, ref(0)]],
    ['WSAEFAULT', ['WSALookupServiceBegin', QUERY, 0, null]],
    ['WSAEINVAL', ['WSALookupServiceBegin', { ...QUERY, dwSize: 4 }, 0, ref(0)]],
    ['WSAEINVAL', ['WSALookupServiceBegin', { ...QUERY, lpServiceClassId: 'x' }, 0, ref(0)]],
    ['WSAEINVAL', ['WSALookupServiceBegin', { ...QUERY, lpNSProviderId: NOBODY }, 0, ref(0)]],
    ['WSASERVICE_NOT_FOUND', ['WSALookupServiceBegin', { ...QUERY, dwNameSpace: 99 }, 0, ref(0)]],
    ['WSA_INVALID_HANDLE', ['WSALookupServiceNext', 4, 0, ref(1000), []]],
    ['WSA_INVALID_HANDLE', ['WSALookupServiceEnd', 4]],
    ['WSA_INVALID_HANDLE', ['WSANSPIoctl', 4, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, ref(0), null]],
    ['WSAEFAULT', ['WSASetService', null, RNRSERVICE_REGISTER, 0]],
    ['WSAEFAULT', ['WSAInstallServiceClass', null]],
    ['WSAEFAULT', ['WSAEnumNameSpaceProviders', ref(0), null]],
    ['WSAEINVAL', ['WSAAdvertiseProvider', null, {}]],
    ['WSAEINVAL', ['WSAUnadvertiseProvider', NOBODY]],
    ['WSAEINVAL', ['WSAProviderCompleteAsyncCall', 4, 0]],
    ['WSAEFAULT', ['GetTypeByName', null, ref('')]],
    ['WSAEFAULT', ['GetNameByType', SVCID_TCP(80), null, 100]],
    ['WSA_INVALID_PARAMETER', ['GetNameByType', 'x', text(), 100]],
    ['WSAEFAULT', ['GetAddressByName', NS_ALL, 5, 'alpha', null, 0, null, [], ref(0), null, null]],
    ['WSA_INVALID_PARAMETER', ['GetAddressByName', NS_ALL, 'x', 'alpha', null, 0, null, [], ref(0), null, null]],
  ])('is %s for %j', (code, call) => {
    const { ws2 } = saying(WSATRY_AGAIN);
    expect(winsockErrorName(codeOf(ws2, call)), shown(call)).toBe(code);
  });

  test('that is too small a buffer is ERROR_INSUFFICIENT_BUFFER or WSAEFAULT, and what is there stays', () => {
    const { ws2, finish } = withNameSpace({
      nameSpace: NS_DNS,
      lookup(_question, answer) {
        answer.found({ name: 'alpha', addresses: [A_NAME] });
        answer.done();
      },
    });
    const length = ref(4);
    expect(
      codeOf(ws2, ['GetAddressByName', NS_ALL, SVCID_TCP(80), 'alpha', null, 0, null, [], length, null, null]),
    ).toBe(ERROR_INSUFFICIENT_BUFFER);
    expect(length.value).toBeGreaterThan(4);
    const handle = ref(0);
    expect(ws2.WSALookupServiceBegin(QUERY, LUP_RETURN_ALL, handle)).toBe(0);
    expect(winsockErrorName(codeOf(ws2, ['WSALookupServiceNext', handle.value, 0, ref(4), []]))).toBe('WSAEFAULT');
    expect(codeOf(ws2, ['WSALookupServiceNext', handle.value, 0, ref(10_000), []])).toBe(0);
    expect(winsockErrorName(codeOf(ws2, ['WSALookupServiceNext', handle.value, 0, ref(10_000), []]))).toBe(
      'WSA_E_NO_MORE',
    );
    ws2.WSALookupServiceEnd(handle.value);
    finish();
  });
});

/** Win32's codes among those of the functions of WinSock 1.1. */
const WIN32: Readonly<Record<number, string>> = {
  [ERROR_ALREADY_REGISTERED]: 'ERROR_ALREADY_REGISTERED',
  [ERROR_INSUFFICIENT_BUFFER]: 'ERROR_INSUFFICIENT_BUFFER',
  [ERROR_SERVICE_NOT_FOUND]: 'ERROR_SERVICE_NOT_FOUND',
};

// Each code of the functions that WinSock 2 has replaced, by arguments, by what a name space says, and by what is registered.
describe.each(['', 'A', 'W'] as const)('EnumProtocols, GetService and SetService, form "%s",', (width) => {
  const enumerates = (...args: unknown[]): Call => [`EnumProtocols${width}`, ...args];
  const gets = (changes: Readonly<Record<number, unknown>> = {}): Call => {
    const args: unknown[] = [NS_DEFAULT, NOBODY, 'alpha', PROP_ALL, [], ref(10_000), null];
    return [`GetService${width}`, ...args.map((each, at) => (at in changes ? changes[at] : each))];
  };
  const sets = (changes: Readonly<Record<number, unknown>> = {}): Call => {
    const args: unknown[] = [NS_DEFAULT, SERVICE_REGISTER, 0, SERVICE, null, ref(0)];
    return [`SetService${width}`, ...args.map((each, at) => (at in changes ? changes[at] : each))];
  };
  const named = (code: number): string => WIN32[code] ?? winsockErrorName(code);

  test.each<[code: string, call: Call, why: string]>([
    ['WSAEFAULT', enumerates(null, [], null), 'no place for the length'],
    ['WSAEFAULT', enumerates(null, [], ref('x')), 'a length that is no number'],
    ['WSAEFAULT', enumerates('tcp', [], ref(10_000)), 'protocols that are no numbers'],
    ['WSAEFAULT', enumerates(['tcp'], [], ref(10_000)), 'a protocol that is no number'],
    ['WSAEFAULT', enumerates(null, 'room', ref(10_000)), 'a buffer that is none'],
    ['WSAEFAULT', enumerates(null, Object.freeze([]), ref(10_000)), 'a buffer that cannot be filled'],
    ['ERROR_INSUFFICIENT_BUFFER', enumerates(null, [], ref(0)), 'no room'],
    ['ERROR_INSUFFICIENT_BUFFER', enumerates(null, null, ref(10_000)), 'no buffer'],
    ['WSAEFAULT', gets({ 0: 'x' }), 'a name space that is no number'],
    ['WSAEFAULT', gets({ 1: null }), 'no type'],
    ['WSA_INVALID_PARAMETER', gets({ 1: 'x' }), 'a type that is no GUID'],
    ['WSAEFAULT', gets({ 2: null }), 'no name'],
    ['WSAEFAULT', gets({ 3: 'x' }), 'properties that are no number'],
    ['WSAEFAULT', gets({ 4: 'room' }), 'a buffer that is none'],
    ['WSAEFAULT', gets({ 5: null }), 'no place for the length'],
    ['WSA_INVALID_PARAMETER', gets({ 6: {} }), 'asynchronous information'],
    ['ERROR_SERVICE_NOT_FOUND', gets({ 0: 99 }), 'a name space that there is not'],
    ['WSAEFAULT', sets({ 0: 'x' }), 'a name space that is no number'],
    ['WSAEFAULT', sets({ 1: null }), 'no operation'],
    ['WSAEFAULT', sets({ 2: null }), 'no flags'],
    ['WSAEFAULT', sets({ 3: null }), 'no service'],
    ['WSAEFAULT', sets({ 3: { ...SERVICE, lpServiceName: 5 } }), 'a name that is no text'],
    ['WSAEFAULT', sets({ 3: { ...SERVICE, lpServiceAddress: 5 } }), 'addresses that are none'],
    [
      'WSAEFAULT',
      sets({ 3: { ...SERVICE, ServiceSpecificInfo: { cbSize: 4, pBlobData: null } } }),
      'a blob that is none',
    ],
    ['WSA_INVALID_PARAMETER', sets({ 3: { lpServiceName: 'alpha' } }), 'no type'],
    ['WSA_INVALID_PARAMETER', sets({ 3: { ...SERVICE, lpServiceType: 'x' } }), 'a type that is no GUID'],
    ['WSA_INVALID_PARAMETER', sets({ 3: { lpServiceType: NOBODY } }), 'no name'],
    ['WSA_INVALID_PARAMETER', sets({ 1: 77 }), 'an operation that there is not'],
    ['WSA_INVALID_PARAMETER', sets({ 2: 0x80 }), 'a flag that there is not'],
    ['WSA_INVALID_PARAMETER', sets({ 4: {} }), 'asynchronous information'],
    ['WSAEFAULT', sets({ 5: null }), 'no place for the status'],
    ['WSASERVICE_NOT_FOUND', sets({ 0: 99 }), 'a name space that there is not'],
    ['WSATYPE_NOT_FOUND', sets({ 1: SERVICE_DELETE_TYPE }), 'a type that was never added'],
  ])('give %s for %j: %s', (code, call) => {
    const { ws2 } = saying(WSATRY_AGAIN);
    expect(named(codeOf(ws2, call)), shown(call)).toBe(code);
  });

  test('tell what a name space says, and a service that nobody knows in a word of their own', () => {
    for (const [said, told] of [
      [WSASERVICE_NOT_FOUND, 'ERROR_SERVICE_NOT_FOUND'],
      [WSANO_DATA, 'ERROR_SERVICE_NOT_FOUND'],
      [WSATRY_AGAIN, 'WSATRY_AGAIN'],
      [WSANO_RECOVERY, 'WSANO_RECOVERY'],
    ] as const) {
      const { ws2, finish } = saying(said);
      expect(named(codeOf(ws2, gets()))).toBe(told);
      finish();
    }
  });

  test('leave what is there when there is no room, and say how much is needed', () => {
    const { ws2, finish } = withNameSpace({
      lookup(_question, answer) {
        answer.found({ name: 'alpha', addresses: [A_NAME] });
        answer.done();
      },
    });
    const [length, room] = [ref(4), [7]];
    expect(named(codeOf(ws2, gets({ 4: room, 5: length })))).toBe('ERROR_INSUFFICIENT_BUFFER');
    expect(room).toEqual([7]);
    expect(named(codeOf(ws2, gets({ 4: null, 5: ref(length.value) })))).toBe('ERROR_INSUFFICIENT_BUFFER');
    expect((ws2[gets()[0]] as (...all: unknown[]) => unknown)(...gets({ 4: room, 5: length }).slice(1))).toBe(1);
    expect(room).toMatchObject([{ ServiceInfo: { lpServiceName: 'alpha' } }]);
    finish();
  });

  test('say that a service, and a type, is registered already', () => {
    const { ws2, finish } = withNameSpace({
      lookup(_question, answer) {
        answer.found({ name: 'alpha', addresses: [A_NAME] });
        answer.done();
      },
      register: (_registration, answer) => answer.done(),
    });
    expect(named(codeOf(ws2, sets()))).toBe('ERROR_ALREADY_REGISTERED');
    expect(codeOf(ws2, sets({ 1: SERVICE_DEREGISTER }))).toBe(WSAEOPNOTSUPP);
    expect(codeOf(ws2, sets({ 1: SERVICE_FLUSH }))).toBe(0);
    expect(named(codeOf(ws2, sets({ 1: SERVICE_ADD_TYPE })))).toBe('WSA_INVALID_PARAMETER');
    finish();
  });
});
