// WinSock 1.1's service functions: EnumProtocols, GetAddressByName, GetNameByType, GetTypeByName, GetService, SetService.
import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_ATM,
  AF_INET6,
  AF_IPX,
  ATMPROTO_AAL5,
  NSPROTO_SPX,
  SOCK_SEQPACKET,
  CSADDR_INFO,
  ERROR_ALREADY_REGISTERED,
  ERROR_INSUFFICIENT_BUFFER,
  ERROR_SERVICE_DOES_NOT_EXIST,
  ERROR_SERVICE_NOT_FOUND,
  IPPROTO_TCP,
  IPPROTO_UDP,
  NS_DEFAULT,
  NS_LOCALNAME,
  NS_SERVICE_INFOA,
  NS_SERVICE_INFOW,
  PROP_ADDRESSES,
  PROP_ALL,
  PROP_COMMENT,
  PROTOCOL_INFOA,
  PROTOCOL_INFOW,
  ref,
  RES_FIND_MULTIPLE,
  RES_SERVICE,
  SERVICE_ADD_TYPE,
  SERVICE_DELETE_TYPE,
  SERVICE_DEREGISTER,
  SERVICE_FLAG_DEFER,
  SERVICE_FLAG_HARD,
  SERVICE_FLUSH,
  SERVICE_REGISTER,
  SERVICE_TYPE_INFO_ABS,
  SERVICE_TYPE_VALUE_TCPPORT,
  SET_SERVICE_PARTIAL_SUCCESS,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SVCID_TCP,
  SVCID_UDP,
  WSA_INVALID_PARAMETER,
  WSAEFAULT,
  WSANOTINITIALISED,
  WSASERVICE_NOT_FOUND,
  WSATYPE_NOT_FOUND,
  XP_CONNECTIONLESS,
  XP_GRACEFUL_CLOSE,
  XP_GUARANTEED_DELIVERY,
  type Ref,
  type SERVICE_INFO,
  type Ws2_32,
} from 'ws2spi';
import { createFilesNameSpace } from 'ws2spi/providers/namespaces/files';
import { createRegistry } from 'ws2spi/providers/namespaces/registry';
import { filesInstance, nameInstance, writeFiles } from '../providers/namespaces/fixtures.js';

const TYPE = '11111111-2222-3333-4444-555555555555';

/** An instance with the files' name space and a registry in memory. */
function room(): Ws2_32 {
  return nameInstance([
    { name: 'files', module: { NSPStartup: createFilesNameSpace(writeFiles()) } },
    { name: 'registry', module: createRegistry(), dwNameSpace: NS_LOCALNAME },
  ]).ws2;
}

const error = (ws2: Ws2_32, result: number): number => (result === -1 ? ws2.WSAGetLastError() : 0);

describe.each([
  ['EnumProtocols', PROTOCOL_INFOW],
  ['EnumProtocolsW', PROTOCOL_INFOW],
  ['EnumProtocolsA', PROTOCOL_INFOA],
] as const)('%s', (name, codec) => {
  it('describes the protocols that there are, as WinSock 1.1 did', () => {
    const ws2 = room();
    const length = ref(0);
    expect([error(ws2, ws2[name](null, null, length)), length.value > 0]).toEqual([ERROR_INSUFFICIENT_BUFFER, true]);
    const out: PROTOCOL_INFOW[] = [];
    expect(error(ws2, ws2[name](null, out, ref(length.value - 1)))).toBe(ERROR_INSUFFICIENT_BUFFER);
    expect(ws2[name](null, out, length)).toBe(7);
    expect(out.reduce((sum, info) => sum + codec.encode(info).length, 0)).toBe(length.value);
    expect(out.map((info) => [info.iAddressFamily, info.iSocketType, info.iProtocol])).toEqual([
      [AF_INET, SOCK_STREAM, IPPROTO_TCP],
      [AF_INET, SOCK_DGRAM, IPPROTO_UDP],
      [AF_INET6, SOCK_STREAM, IPPROTO_TCP],
      [AF_INET6, SOCK_DGRAM, IPPROTO_UDP],
      [AF_IPX, SOCK_SEQPACKET, NSPROTO_SPX],
      [AF_IPX, SOCK_STREAM, NSPROTO_SPX],
      [AF_ATM, SOCK_SEQPACKET, ATMPROTO_AAL5],
    ]);
    const [stream, datagram] = out;
    expect(stream!.dwServiceFlags & (XP_GUARANTEED_DELIVERY | XP_GRACEFUL_CLOSE | XP_CONNECTIONLESS)).toBe(
      XP_GUARANTEED_DELIVERY | XP_GRACEFUL_CLOSE,
    );
    // What WinSock 2 alone has is not there.
    expect([datagram!.dwServiceFlags & XP_CONNECTIONLESS, stream!.dwServiceFlags >>> 14]).toEqual([
      XP_CONNECTIONLESS,
      0,
    ]);
    expect(stream!.lpProtocol).toContain('TCP');
  });

  it('goes by a list of protocols', () => {
    const ws2 = room();
    const out: PROTOCOL_INFOW[] = [];
    expect(ws2[name]([IPPROTO_UDP, 0, IPPROTO_TCP], out, ref(9999))).toBe(2);
    expect(ws2[name]([99], out, ref(0))).toBe(0);
  });

  it.each<[string, unknown[]]>([
    ['no length', [null, [], null]],
    ['a length that is a text', [null, [], ref('x')]],
    ['protocols that are none', ['x', [], ref(9999)]],
    ['room that is a number', [null, 7, ref(9999)]],
  ])('refuses %s', (_, args) => {
    const ws2 = room();
    expect(error(ws2, (ws2[name] as (...all: unknown[]) => number)(...args))).toBe(WSAEFAULT);
  });
});

describe.each(['GetAddressByName', 'GetAddressByNameA', 'GetAddressByNameW'] as const)('%s', (name) => {
  type Extra = Partial<
    Record<'space' | 'type' | 'protocols' | 'flags' | 'async' | 'room' | 'length' | 'aliases' | 'aliasLength', unknown>
  >;
  function get(ws2: Ws2_32, service: unknown, extra: Extra = {}): number {
    const { space = NS_DEFAULT, type = SVCID_TCP(21), protocols = null, flags = 0, async = null } = extra;
    const { room: out = [], length = ref(9999), aliases = null, aliasLength = null } = extra;
    const call = ws2[name] as (...all: unknown[]) => number;
    return call(space, type, service, protocols, flags, async, out, length, aliases, aliasLength);
  }

  it('finds a host at the port of the type, and its aliases', () => {
    const ws2 = room();
    const out: CSADDR_INFO[] = [];
    const [aliases, aliasLength] = [{ value: '' }, ref(1000)];
    const length = ref(9999);
    expect(get(ws2, 'alpha', { protocols: [IPPROTO_TCP, 0], room: out, length, aliases, aliasLength })).toBe(
      out.length,
    );
    expect(out.map(({ RemoteAddr }) => RemoteAddr.lpSockaddr)).toContainEqual(sockaddr_in('192.0.2.1', 21));
    expect(out.every(({ iProtocol }) => iProtocol === IPPROTO_TCP)).toBe(true);
    expect(length.value).toBe(out.reduce((sum, each) => sum + CSADDR_INFO.encode(each).length, 0));
    expect(aliases.value).toBe('Alpha.example\0alpha\0first\0\0');
    expect(aliasLength.value).toBe(aliases.value.length);
  });

  it('says how much room it takes', () => {
    const ws2 = room();
    const length = ref(0);
    expect(error(ws2, get(ws2, 'alpha', { room: null, length }))).toBe(ERROR_INSUFFICIENT_BUFFER);
    const out: CSADDR_INFO[] = [];
    const [aliases, aliasLength] = [{ value: 'x' }, ref(3)];
    expect(error(ws2, get(ws2, 'alpha', { room: out, length, aliases, aliasLength }))).toBe(ERROR_INSUFFICIENT_BUFFER);
    expect([out, aliases.value, aliasLength.value > 3]).toEqual([[], 'x', true]);
    expect(get(ws2, 'alpha', { room: out, length })).toBe(out.length);
  });

  it('asks every name space with RES_FIND_MULTIPLE, and without it the first that knows', () => {
    const ws2 = room();
    const name = sockaddr_in('192.0.2.99', 21);
    const address = { lpSockaddr: name, iSockaddrLength: name.length };
    ws2.SetAddrInfoEx('six.example', '21', [address], 1, null, 0, NS_LOCALNAME, null, null, null, null, null);
    const found = (flags: number): unknown[] => {
      const out: CSADDR_INFO[] = [];
      get(ws2, 'six.example', { flags, room: out, protocols: [IPPROTO_TCP] });
      return out.map(({ RemoteAddr }) => RemoteAddr.lpSockaddr);
    };
    expect(found(0)).toEqual([sockaddr_in6('2001:db8::6', 21)]);
    expect(found(RES_FIND_MULTIPLE)).toEqual([sockaddr_in6('2001:db8::6', 21), name]);
  });

  it.each([
    ['RES_SERVICE', 'anything', RES_SERVICE],
    ['a null name', null, 0],
  ])('tells where a service of the type is to listen, by %s', (_, service, flags) => {
    const ws2 = room();
    const out: CSADDR_INFO[] = [];
    expect(get(ws2, service, { flags, room: out, type: SVCID_UDP(53) })).toBe(2);
    expect(out.map(({ LocalAddr, iSocketType }) => [LocalAddr.lpSockaddr, iSocketType])).toEqual([
      [sockaddr_in('0.0.0.0', 53), SOCK_DGRAM],
      [sockaddr_in6('::', 53), SOCK_DGRAM],
    ]);
    // A class of somebody's own says its port itself.
    addType(ws2);
    expect(get(ws2, service, { flags, room: out, type: TYPE, protocols: [IPPROTO_TCP] })).toBe(2);
    expect(out[0]?.LocalAddr.lpSockaddr).toEqual(sockaddr_in('0.0.0.0', 12345));
    expect(error(ws2, get(ws2, service, { flags, type: '22222222-2222-3333-4444-555555555555' }))).toBe(
      WSATYPE_NOT_FOUND,
    );
  });

  it.each<[string, unknown, Extra, number]>([
    ['a host that nobody knows', 'nobody.invalid', {}, WSASERVICE_NOT_FOUND],
    ['a malformed type', 'x', { type: 'x' }, WSA_INVALID_PARAMETER],
    ['what is reserved', 'x', { async: {} }, WSA_INVALID_PARAMETER],
    ['a type that is a number', 'x', { type: 7 }, WSAEFAULT],
    ['a name that is a number', 7, {}, WSAEFAULT],
    ['a name space that is a text', 'x', { space: 'x' }, WSAEFAULT],
    ['flags that are a text', 'x', { flags: 'x' }, WSAEFAULT],
    ['protocols that are none', 'x', { protocols: ['x'] }, WSAEFAULT],
    ['room that is a number', 'x', { room: 7 }, WSAEFAULT],
    ['a length that is a number', 'x', { length: 7 }, WSAEFAULT],
    ['room for aliases without a length', 'x', { aliases: { value: '' } }, WSAEFAULT],
  ])('refuses %s', (_, service, extra, code) => {
    const ws2 = room();
    expect(error(ws2, get(ws2, service, extra))).toBe(code);
  });
});

describe('GetTypeByName and GetNameByType', () => {
  it('are each other’s inverse, for ports and for types of somebody’s own', () => {
    const ws2 = room();
    addType(ws2);
    for (const [name, type] of [
      ['ftp', SVCID_TCP(21)],
      ['chess', TYPE],
    ] as const) {
      const found = ref('');
      expect([ws2.GetTypeByName(name, found), found.value]).toEqual([0, type]);
      const out = { value: '' };
      expect([ws2.GetNameByType(type, out, 99), out.value]).toEqual([name.length + 1, name]);
      expect(error(ws2, ws2.GetNameByTypeW(type, out, name.length))).toBe(ERROR_INSUFFICIENT_BUFFER);
      expect(ws2.GetNameByTypeA(type, out, name.length + 1)).toBe(name.length + 1);
    }
  });

  it('say that there is no such type', () => {
    const ws2 = room();
    expect(error(ws2, ws2.GetTypeByNameA('no-such', ref('')))).toBe(ERROR_SERVICE_DOES_NOT_EXIST);
    expect(error(ws2, ws2.GetTypeByNameW('no-such', ref('')))).toBe(ERROR_SERVICE_DOES_NOT_EXIST);
    expect(error(ws2, ws2.GetNameByType(TYPE, { value: '' }, 99))).toBe(ERROR_SERVICE_DOES_NOT_EXIST);
    expect(error(ws2, ws2.GetNameByType('x', { value: '' }, 99))).toBe(WSA_INVALID_PARAMETER);
  });

  it.each<[string, (ws2: Ws2_32) => number]>([
    ['a name that is a number', (ws2) => ws2.GetTypeByName(7 as never, ref(''))],
    ['no room for the type', (ws2) => ws2.GetTypeByName('ftp', null as never)],
    ['a type that is a number', (ws2) => ws2.GetNameByType(7 as never, { value: '' }, 9)],
    ['no room for the name', (ws2) => ws2.GetNameByType(TYPE, null as never, 9)],
    ['a length that is a text', (ws2) => ws2.GetNameByType(TYPE, { value: '' }, 'x' as never)],
  ])('refuse %s', (_, call) => {
    const ws2 = room();
    expect(error(ws2, call(ws2))).toBe(WSAEFAULT);
  });
});

const ADDRESS = sockaddr_in('192.0.2.1', 7);
const SERVICE: SERVICE_INFO = {
  lpServiceType: TYPE,
  lpServiceName: 'The Service',
  lpComment: 'a comment',
  lpLocale: null,
  dwDisplayHint: 0,
  dwVersion: 3,
  dwTime: 0,
  lpMachineName: null,
  lpServiceAddress: {
    dwAddressCount: 1,
    Addresses: [
      {
        dwAddressType: AF_INET,
        dwAddressFlags: 0,
        dwAddressLength: 16,
        dwPrincipalLength: 0,
        lpAddress: ADDRESS,
        lpPrincipal: null,
      },
    ],
  },
  ServiceSpecificInfo: { cbSize: 2, pBlobData: new Uint8Array([1, 2]) },
};

function set(
  ws2: Ws2_32,
  operation: unknown,
  info: unknown = SERVICE,
  flags: unknown = 0,
  status: unknown = ref(0),
  space: unknown = NS_LOCALNAME,
): number {
  const call = ws2.SetService as (...all: unknown[]) => number;
  return error(ws2, call(space, operation, flags, info, null, status));
}

function addType(ws2: Ws2_32): void {
  const pBlobData = SERVICE_TYPE_INFO_ABS.encode({
    lpTypeName: 'chess',
    dwValueCount: 1,
    Values: [
      {
        dwNameSpace: 12,
        dwValueType: 4,
        dwValueSize: 4,
        lpValueName: SERVICE_TYPE_VALUE_TCPPORT,
        lpValue: new Uint8Array([0x39, 0x30, 0, 0]),
      },
    ],
  });
  const info = { lpServiceType: TYPE, ServiceSpecificInfo: { cbSize: pBlobData.length, pBlobData } };
  if (set(ws2, SERVICE_ADD_TYPE, info) !== 0) throw new Error('SERVICE_ADD_TYPE failed');
}

describe('SetService', () => {
  const isThere = (ws2: Ws2_32): boolean =>
    ws2.GetService(NS_LOCALNAME, TYPE, 'The Service', PROP_ALL, [], ref(9999), null) === 1;

  it('registers a service once, of which GetService tells all that is kept', () => {
    const ws2 = room();
    const status = ref(9);
    expect([set(ws2, SERVICE_REGISTER, SERVICE, 0, status), status.value]).toEqual([0, 0]);
    const out: NS_SERVICE_INFOW[] = [];
    expect(ws2.GetService(NS_LOCALNAME, TYPE, 'The Service', PROP_ALL, out, ref(9999), null)).toBe(1);
    expect(out).toEqual([{ dwNameSpace: NS_LOCALNAME, ServiceInfo: SERVICE }]);
    expect(set(ws2, SERVICE_REGISTER)).toBe(ERROR_ALREADY_REGISTERED);
    expect([set(ws2, SERVICE_DEREGISTER), isThere(ws2), set(ws2, SERVICE_REGISTER)]).toEqual([0, false, 0]);
    expect([set(ws2, SERVICE_DEREGISTER, SERVICE, SERVICE_FLAG_HARD), set(ws2, SERVICE_DEREGISTER)]).toEqual([
      0,
      WSASERVICE_NOT_FOUND,
    ]);
  });

  it('says that some name space did not do it', () => {
    const ws2 = room();
    const status = ref(0);
    expect([set(ws2, SERVICE_REGISTER, SERVICE, 0, status, NS_DEFAULT), status.value]).toEqual([
      0,
      SET_SERVICE_PARTIAL_SUCCESS,
    ]);
    expect(set(ws2, SERVICE_REGISTER, SERVICE, 0, status, NS_DEFAULT)).toBe(ERROR_ALREADY_REGISTERED);
  });

  it('puts off with SERVICE_FLAG_DEFER until SERVICE_FLUSH, or for good with the last WSACleanup', () => {
    const ws2 = room();
    expect([set(ws2, SERVICE_REGISTER, SERVICE, SERVICE_FLAG_DEFER), isThere(ws2)]).toEqual([0, false]);
    expect([set(ws2, SERVICE_FLUSH, null), isThere(ws2)]).toEqual([0, true]);
    // Twice the same: the second one finds it registered.
    set(ws2, SERVICE_DEREGISTER, SERVICE, SERVICE_FLAG_DEFER);
    set(ws2, SERVICE_REGISTER, { ...SERVICE, lpServiceName: 'The Service' }, SERVICE_FLAG_DEFER);
    set(ws2, SERVICE_REGISTER, SERVICE, SERVICE_FLAG_DEFER);
    expect(set(ws2, SERVICE_FLUSH, null)).toBe(ERROR_ALREADY_REGISTERED);
    set(ws2, SERVICE_DEREGISTER, SERVICE, SERVICE_FLAG_DEFER);
    ws2.WSACleanup();
    ws2.WSAStartup(0x0202, {});
    expect(set(ws2, SERVICE_FLUSH, null)).toBe(0);
  });

  it('adds a type once, and deletes it', () => {
    const ws2 = room();
    addType(ws2);
    expect(() => addType(ws2)).toThrow('failed');
    expect(ws2.WSAGetLastError()).toBe(ERROR_ALREADY_REGISTERED);
    expect([set(ws2, SERVICE_DELETE_TYPE), set(ws2, SERVICE_DELETE_TYPE)]).toEqual([0, WSATYPE_NOT_FOUND]);
  });

  it.each(['SetServiceA', 'SetServiceW'] as const)('is there as %s', (name) => {
    const ws2 = room();
    expect(ws2[name](NS_LOCALNAME, SERVICE_REGISTER, 0, SERVICE, null, ref(0))).toBe(0);
  });

  it.each<[string, unknown[], number]>([
    ['an operation that is none', [6, SERVICE], WSA_INVALID_PARAMETER],
    ['a flag that is none', [SERVICE_REGISTER, SERVICE, 4], WSA_INVALID_PARAMETER],
    ['no name', [SERVICE_REGISTER, { ...SERVICE, lpServiceName: null }], WSA_INVALID_PARAMETER],
    ['no type', [SERVICE_REGISTER, { ...SERVICE, lpServiceType: null }], WSA_INVALID_PARAMETER],
    ['a malformed type', [SERVICE_REGISTER, { ...SERVICE, lpServiceType: 'x' }], WSA_INVALID_PARAMETER],
    ['a type without what it is', [SERVICE_ADD_TYPE, { lpServiceType: TYPE }], WSA_INVALID_PARAMETER],
    [
      'a type that leads out of its bytes',
      [
        SERVICE_ADD_TYPE,
        { lpServiceType: TYPE, ServiceSpecificInfo: { cbSize: 28, pBlobData: new Uint8Array(28).fill(255) } },
      ],
      WSA_INVALID_PARAMETER,
    ],
    ['no service', [SERVICE_REGISTER, null], WSAEFAULT],
    ['a service that is a number', [SERVICE_REGISTER, 7], WSAEFAULT],
    ['a name that is a number', [SERVICE_REGISTER, { ...SERVICE, lpServiceName: 7 }], WSAEFAULT],
    ['addresses that are none', [SERVICE_REGISTER, { ...SERVICE, lpServiceAddress: {} }], WSAEFAULT],
    [
      'an address of more bytes than it has',
      [
        SERVICE_REGISTER,
        { ...SERVICE, lpServiceAddress: { Addresses: [{ lpAddress: ADDRESS, dwAddressLength: 17 }] } },
      ],
      WSAEFAULT,
    ],
    ['a blob that is a number', [SERVICE_REGISTER, { ...SERVICE, ServiceSpecificInfo: 7 }], WSAEFAULT],
    ['no room for the status', [SERVICE_REGISTER, SERVICE, 0, null], WSAEFAULT],
    ['an operation that is a text', ['x', SERVICE], WSAEFAULT],
    ['a name space that is a text', [SERVICE_REGISTER, SERVICE, 0, ref(0), 'x'], WSAEFAULT],
  ])('refuses %s', (_, args, code) => {
    expect(set(room(), ...(args as [unknown]))).toBe(code);
  });
});

describe.each([
  ['GetService', NS_SERVICE_INFOW],
  ['GetServiceW', NS_SERVICE_INFOW],
  ['GetServiceA', NS_SERVICE_INFOA],
] as const)('%s', (name, codec) => {
  const get = (ws2: Ws2_32, length: Ref<number>, out: NS_SERVICE_INFOW[] | null, properties = PROP_ALL): number =>
    ws2[name](NS_LOCALNAME, TYPE, 'The Service', properties, out, length, null);

  it('tells what is wanted, and how much room it takes', () => {
    const ws2 = room();
    set(ws2, SERVICE_REGISTER);
    const length = ref(0);
    expect(error(ws2, get(ws2, length, null))).toBe(ERROR_INSUFFICIENT_BUFFER);
    const out: NS_SERVICE_INFOW[] = [];
    expect(error(ws2, get(ws2, ref(length.value - 1), out))).toBe(ERROR_INSUFFICIENT_BUFFER);
    expect([get(ws2, length, out), length.value]).toEqual([1, codec.encode(out[0]!).length]);
    get(ws2, length, out, PROP_COMMENT);
    expect(out[0]?.ServiceInfo).toMatchObject({ lpComment: 'a comment', dwVersion: 0, lpServiceAddress: null });
    get(ws2, ref(9999), out, PROP_ADDRESSES);
    expect(out[0]?.ServiceInfo).toMatchObject({
      lpServiceName: 'The Service',
      lpComment: null,
      lpServiceAddress: { dwAddressCount: 1 },
    });
  });

  it('returns 0 for a service that is not there, and the error says so', () => {
    const ws2 = room();
    expect([get(ws2, ref(9999), []), ws2.WSAGetLastError()]).toEqual([0, ERROR_SERVICE_NOT_FOUND]);
  });

  it.each<[string, unknown[], number]>([
    ['a type that is a number', [0, 7, 'x', 0, [], ref(9), null], WSAEFAULT],
    ['no name', [0, TYPE, null, 0, [], ref(9), null], WSAEFAULT],
    ['properties that are a text', [0, TYPE, 'x', 'x', [], ref(9), null], WSAEFAULT],
    ['no length', [0, TYPE, 'x', 0, [], null, null], WSAEFAULT],
    ['room that is a number', [0, TYPE, 'x', 0, 7, ref(9), null], WSAEFAULT],
    ['a malformed type', [0, 'x', 'x', 0, [], ref(9), null], WSA_INVALID_PARAMETER],
    ['what is reserved', [0, TYPE, 'x', 0, [], ref(9), {}], WSA_INVALID_PARAMETER],
  ])('refuses %s', (_, args, code) => {
    const ws2 = room();
    expect(error(ws2, (ws2[name] as (...all: unknown[]) => number)(...args))).toBe(code);
  });
});

it.each<[string, (ws2: Ws2_32) => number]>([
  ['EnumProtocols', (ws2) => ws2.EnumProtocols(null, [], ref(9999))],
  ['GetAddressByName', (ws2) => ws2.GetAddressByName(0, TYPE, 'x', null, 0, null, [], ref(9999), null, null)],
  ['GetNameByType', (ws2) => ws2.GetNameByType(TYPE, { value: '' }, 99)],
  ['GetTypeByName', (ws2) => ws2.GetTypeByName('ftp', ref(''))],
  ['GetService', (ws2) => ws2.GetService(0, TYPE, 'x', 0, [], ref(9999), null)],
  ['SetService', (ws2) => ws2.SetService(0, SERVICE_REGISTER, 0, SERVICE, null, ref(0))],
])('%s wants WSAStartup first', (_, call) => {
  const { ws2 } = filesInstance();
  ws2.WSACleanup();
  expect([call(ws2), ws2.WSAGetLastError()]).toEqual([-1, WSANOTINITIALISED]);
});
