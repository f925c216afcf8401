// Service classes: WSAInstallServiceClass, WSARemoveServiceClass, WSAGetServiceClassInfo, and the names of classes.
import { describe, expect, it } from 'vitest';
import {
  type GUID,
  NS_DNS,
  NS_NLA,
  ref,
  SERVICE_TYPE_VALUE_TCPPORT,
  SOCKET_ERROR,
  SVCID_TCP,
  SVCID_UDP,
  VirtualClock,
  WSA_INVALID_PARAMETER,
  WSAEACCES,
  WSAEALREADY,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOBUFS,
  WSAEOPNOTSUPP,
  WSAEPROVIDERFAILEDINIT,
  WSAETOOMANYREFS,
  WSANO_DATA,
  WSANOTINITIALISED,
  WSASERVICECLASSINFOA,
  WSASERVICECLASSINFOW,
  WSASYSCALLFAILURE,
  WSATYPE_NOT_FOUND,
  type NSP_ROUTINE,
  type NSPV2_ROUTINES,
  type Ws2_32,
} from 'ws2spi';
import { createFilesNameSpace } from 'ws2spi/providers/namespaces/files';
import {
  idOf,
  nameInstance,
  scriptedProvider,
  writeFiles,
  type NameSpaceEntry,
  type ScriptedProvider,
} from '../providers/namespaces/fixtures.js';
import { laterProvider } from '../providers/namespaces/later-provider.js';

const CLASS = '11111111-2222-3333-4444-555555555555';
const PORT = new Uint8Array([0x39, 0x30, 0, 0]);
const INFO: WSASERVICECLASSINFOW = {
  lpServiceClassId: CLASS,
  lpszServiceClassName: 'Größe',
  dwCount: 1,
  lpClassInfos: [
    { lpszName: SERVICE_TYPE_VALUE_TCPPORT, dwNameSpace: NS_DNS, dwValueType: 4, dwValueSize: 4, lpValue: PORT },
  ],
};

/** A provider that keeps classes. */
function keeper(): ScriptedProvider & { readonly classes: Map<GUID, WSASERVICECLASSINFOW> } {
  const provider = scriptedProvider();
  const classes = new Map<GUID, WSASERVICECLASSINFOW>();
  const fail = (error: number): number => {
    provider.host?.setLastError(error);
    return SOCKET_ERROR;
  };
  Object.assign(provider.overrides, {
    NSPInstallServiceClass(_id, info) {
      if (classes.has(info.lpServiceClassId!)) return fail(WSAEALREADY);
      classes.set(info.lpServiceClassId!, info);
      return 0;
    },
    NSPRemoveServiceClass: (_id, id) => (classes.delete(id) ? 0 : fail(WSATYPE_NOT_FOUND)),
    NSPGetServiceClassInfo(_id, _length, out) {
      const found = classes.get(out![0]!.lpServiceClassId!);
      if (found === undefined) return fail(WSATYPE_NOT_FOUND);
      out!.splice(0, 1, found);
      return 0;
    },
  } satisfies Partial<NSP_ROUTINE>);
  return Object.assign(provider, { classes });
}

const refusing = (error: number): ScriptedProvider => {
  const provider = scriptedProvider();
  const refuse = (): number => {
    provider.host?.setLastError(error);
    return SOCKET_ERROR;
  };
  Object.assign(provider.overrides, {
    NSPInstallServiceClass: refuse,
    NSPRemoveServiceClass: refuse,
    NSPGetServiceClassInfo: refuse,
  });
  return provider;
};

const instance = (...modules: object[]) =>
  nameInstance(modules.map((module, place): NameSpaceEntry => ({ name: `provider-${place}`, module })));

const install = (ws2: Ws2_32, info: unknown = INFO): number => ws2.WSAInstallServiceClass(info as never);

describe('WSAInstallServiceClass', () => {
  it('gives every provider a copy of the whole class', () => {
    const [first, second] = [keeper(), keeper()];
    const { ws2 } = instance(first, second);
    ws2.WSASetLastError(1);
    expect(install(ws2)).toBe(0);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect([...first.classes.values(), ...second.classes.values()]).toEqual([INFO, INFO]);
    const [copy] = first.classes.values();
    copy!.lpClassInfos![0]!.lpValue![0] = 0;
    expect([PORT[0], second.classes.get(CLASS)!.lpClassInfos![0]!.lpValue![0]]).toEqual([0x39, 0x39]);
  });

  it('succeeds when one provider has it, whatever the others say', () => {
    const { ws2 } = instance(refusing(WSAEACCES), keeper(), refusing(WSAEOPNOTSUPP));
    expect(install(ws2)).toBe(0);
  });

  it('says of a class that is there already that it is, though another provider has no classes', () => {
    const { ws2 } = instance(keeper(), refusing(WSAEOPNOTSUPP));
    expect([install(ws2), install(ws2), ws2.WSAGetLastError()]).toEqual([0, -1, WSAEALREADY]);
    expect(ws2.WSARemoveServiceClass(CLASS)).toBe(0);
    expect(install(ws2)).toBe(0);
  });

  it('reads the class by its W and A names too', () => {
    const provider = keeper();
    const { ws2 } = instance(provider);
    expect(ws2.WSAInstallServiceClassA(INFO)).toBe(0);
    provider.classes.clear();
    expect(ws2.WSAInstallServiceClassW(INFO)).toBe(0);
  });

  it.each<[string, unknown, number]>([
    ['NULL', null, WSAEFAULT],
    ['a number', 7, WSAEFAULT],
    ['a GUID that is a number', { ...INFO, lpServiceClassId: 7 }, WSAEFAULT],
    ['a name that is a number', { ...INFO, lpszServiceClassName: 7 }, WSAEFAULT],
    ['more values than there are', { ...INFO, dwCount: 2 }, WSAEFAULT],
    ['values that are not an array', { ...INFO, lpClassInfos: 'x' }, WSAEFAULT],
    ['a value that is null', { ...INFO, lpClassInfos: [null] }, WSAEFAULT],
    [
      'a value of more bytes than it has',
      { ...INFO, lpClassInfos: [{ ...INFO.lpClassInfos![0], dwValueSize: 5 }] },
      WSAEFAULT,
    ],
    ['no GUID', { ...INFO, lpServiceClassId: null }, WSAEINVAL],
    ['a malformed GUID', { ...INFO, lpServiceClassId: 'x' }, WSAEINVAL],
    ['no name', { ...INFO, lpszServiceClassName: null }, WSAEINVAL],
    ['an empty name', { ...INFO, lpszServiceClassName: '' }, WSAEINVAL],
  ])('refuses %s', (_, info, error) => {
    const provider = keeper();
    const { ws2, defects } = instance(provider);
    expect([install(ws2, info), ws2.WSAGetLastError()]).toEqual([-1, error]);
    expect([provider.classes.size, defects]).toEqual([0, []]);
  });

  it('takes a class without values, and GUIDs in lower case', () => {
    const provider = keeper();
    const { ws2 } = instance(provider);
    const id = 'abcdef00-2222-3333-4444-555555555555';
    expect(install(ws2, { lpServiceClassId: id, lpszServiceClassName: 'plain' })).toBe(0);
    expect([...provider.classes.keys()]).toEqual([id.toUpperCase()]);
  });
});

describe.each<[string, (ws2: Ws2_32) => number]>([
  ['WSAInstallServiceClass', (ws2) => install(ws2)],
  ['WSARemoveServiceClass', (ws2) => ws2.WSARemoveServiceClass(CLASS)],
  ['WSAGetServiceClassInfo', (ws2) => ws2.WSAGetServiceClassInfo(idOf(0), CLASS, ref(1000), [])],
  ['WSAGetServiceClassNameByClassId', (ws2) => ws2.WSAGetServiceClassNameByClassId(CLASS, { value: '' }, ref(99))],
])('%s', (name, call) => {
  it.each([WSAEACCES, WSAENOBUFS, WSANO_DATA, WSA_INVALID_PARAMETER])(
    'hands on what the last provider said: %i',
    (error) => {
      const { ws2 } = instance(refusing(error));
      expect([call(ws2), ws2.WSAGetLastError()]).toEqual([-1, error]);
    },
  );

  it('wants WSAStartup first', () => {
    const { ws2 } = instance(keeper());
    ws2.WSACleanup();
    expect([call(ws2), ws2.WSAGetLastError()]).toEqual([-1, WSANOTINITIALISED]);
  });

  it('costs a provider that throws that call alone', () => {
    const provider = refusing(0);
    const boom = (): number => {
      throw new Error('boom');
    };
    Object.assign(provider.overrides, {
      NSPInstallServiceClass: boom,
      NSPRemoveServiceClass: boom,
      NSPGetServiceClassInfo: boom,
    });
    const { ws2, defects } = instance(provider);
    expect([call(ws2), ws2.WSAGetLastError()]).toEqual([-1, WSASYSCALLFAILURE]);
    expect(defects[0]?.message).toContain('name-space provider "provider-0"');
  });

  it('says why a provider could not be started', () => {
    const { ws2 } = instance({});
    expect([call(ws2), ws2.WSAGetLastError()]).toEqual([-1, WSAEPROVIDERFAILEDINIT]);
  });

  it('does not ask a provider that is disabled', () => {
    const provider = keeper();
    const { ws2 } = nameInstance([{ name: 'off', module: provider, fActive: false }]);
    const error =
      name === 'WSAInstallServiceClass' ? WSAEOPNOTSUPP : name.includes('ByClassId') ? WSANO_DATA : WSATYPE_NOT_FOUND;
    expect([call(ws2), ws2.WSAGetLastError(), provider.calls]).toEqual([-1, error, []]);
  });

  it('lets a provider of version 2 wait, by the routines of version 1', () => {
    const clock = new VirtualClock();
    const later = laterProvider([], null);
    const asked: string[] = [];
    const wait = (routine: string): number => {
      asked.push(routine);
      later.host.wait(() => false, clock.now() + 5000, 'no', routine);
      return 0;
    };
    const routines: NSPV2_ROUTINES = {
      ...later.routines,
      NSPInstallServiceClass: () => wait('install'),
      NSPRemoveServiceClass: () => wait('remove'),
      NSPGetServiceClassInfo(_id, _length, out) {
        out!.splice(0, 1, INFO);
        return wait('get');
      },
    };
    const { ws2 } = nameInstance([{ name: 'later', module: {} }], { clock });
    expect(ws2.WSAAdvertiseProvider(idOf(0), routines)).toBe(0);
    expect([call(ws2), clock.now(), asked.length]).toEqual([0, 5000, 1]);
  });

  it('says of a provider of version 2 without such a routine that it has no classes', () => {
    const { ws2 } = nameInstance([{ name: 'later', module: {} }]);
    ws2.WSAAdvertiseProvider(idOf(0), laterProvider([], 0).routines);
    const error = name === 'WSARemoveServiceClass' ? WSATYPE_NOT_FOUND : WSAEOPNOTSUPP;
    expect([call(ws2), ws2.WSAGetLastError()]).toEqual([-1, error]);
  });
});

describe('WSARemoveServiceClass', () => {
  it('removes a class from every provider', () => {
    const [first, second] = [keeper(), keeper()];
    const { ws2 } = instance(first, second);
    install(ws2);
    expect(ws2.WSARemoveServiceClass(CLASS.toLowerCase())).toBe(0);
    expect([first.classes.size, second.classes.size]).toEqual([0, 0]);
  });

  it.each<[string, unknown, number]>([
    ['a class that nobody has', CLASS, WSATYPE_NOT_FOUND],
    ['a malformed GUID', 'x', WSAEINVAL],
    ['NULL', null, WSAEFAULT],
  ])('refuses %s', (_, id, error) => {
    const { ws2 } = instance(keeper());
    expect([ws2.WSARemoveServiceClass(id as string), ws2.WSAGetLastError()]).toEqual([-1, error]);
  });

  it('says that services of the class are registered', () => {
    const { ws2 } = instance(refusing(WSAETOOMANYREFS));
    expect([ws2.WSARemoveServiceClass(CLASS), ws2.WSAGetLastError()]).toEqual([-1, WSAETOOMANYREFS]);
  });
});

describe('WSAGetServiceClassInfo', () => {
  it.each([
    ['WSAGetServiceClassInfo', WSASERVICECLASSINFOW],
    ['WSAGetServiceClassInfoW', WSASERVICECLASSINFOW],
    ['WSAGetServiceClassInfoA', WSASERVICECLASSINFOA],
  ] as const)('%s gives what that provider keeps, and counts as its C structure does', (name, codec) => {
    const [first, second] = [keeper(), keeper()];
    const { ws2 } = instance(first, second);
    install(ws2);
    first.classes.clear();
    const size = codec.encode(INFO).length;
    const length = ref(size - 1);
    const out: WSASERVICECLASSINFOW[] = [];
    const get = (provider: string): number[] => [ws2[name](provider, CLASS, length, out), ws2.WSAGetLastError()];
    expect([get(idOf(1)), length.value, out]).toEqual([[-1, WSAEFAULT], size, []]);
    expect([get(idOf(1)), length.value, out]).toEqual([[0, 0], size, [INFO]]);
    expect([get(idOf(0)), out]).toEqual([[-1, WSATYPE_NOT_FOUND], [INFO]]);
    expect([ws2[name](idOf(1), CLASS, length, null), ws2.WSAGetLastError()]).toEqual([-1, WSAEFAULT]);
  });

  it.each<[string, unknown[], number]>([
    ['a provider that is not in the catalog', [CLASS, CLASS, ref(99), []], WSA_INVALID_PARAMETER],
    ['a malformed provider', ['x', CLASS, ref(99), []], WSA_INVALID_PARAMETER],
    ['a malformed class', [idOf(0), 'x', ref(99), []], WSA_INVALID_PARAMETER],
    ['no provider', [null, CLASS, ref(99), []], WSAEFAULT],
    ['no class', [idOf(0), null, ref(99), []], WSAEFAULT],
    ['no length', [idOf(0), CLASS, null, []], WSAEFAULT],
    ['a length that is a text', [idOf(0), CLASS, ref('x'), []], WSAEFAULT],
    ['room that is a number', [idOf(0), CLASS, ref(99), 7], WSAEFAULT],
  ])('refuses %s', (_, args, error) => {
    const { ws2 } = instance(keeper());
    const get = ws2.WSAGetServiceClassInfo as (...all: unknown[]) => number;
    expect([get(...args), ws2.WSAGetLastError()]).toEqual([-1, error]);
  });

  it('says of what is no class that there is no data', () => {
    const provider = keeper();
    const { ws2 } = instance(provider);
    provider.classes.set(CLASS, { lpServiceClassId: CLASS } as WSASERVICECLASSINFOW);
    expect([ws2.WSAGetServiceClassInfo(idOf(0), CLASS, ref(99), []), ws2.WSAGetLastError()]).toEqual([-1, WSANO_DATA]);
  });
});

describe.each([
  ['WSAGetServiceClassNameByClassId', 6],
  ['WSAGetServiceClassNameByClassIdW', 6],
  ['WSAGetServiceClassNameByClassIdA', 8],
  ['WSAGetServiceClassNameByServiceClassId', 6],
  ['WSAGetServiceClassNameByServiceClassIdW', 6],
  ['WSAGetServiceClassNameByServiceClassIdA', 8],
] as const)('%s', (name, size) => {
  it('gives the name of a class that any provider knows', () => {
    const { ws2 } = instance(refusing(WSAEOPNOTSUPP), keeper());
    install(ws2);
    const length = ref(size - 1);
    const out = { value: 'untouched' };
    expect([ws2[name](CLASS, out, length), ws2.WSAGetLastError(), length.value]).toEqual([-1, WSAEFAULT, size]);
    expect(out.value).toBe('untouched');
    expect([ws2[name](CLASS, out, length), out.value, length.value]).toEqual([0, 'Größe', size]);
    expect([ws2[name](CLASS, null, length), ws2.WSAGetLastError()]).toEqual([-1, WSAEFAULT]);
  });

  it('names the class of a port after the service that the services file has there', () => {
    const { ws2 } = instance({ NSPStartup: createFilesNameSpace(writeFiles()) });
    const out = { value: '' };
    expect([ws2[name](SVCID_TCP(21), out, ref(99)), out.value]).toEqual([0, 'ftp']);
    expect([ws2[name](SVCID_UDP(53), out, ref(99)), out.value]).toEqual([0, 'domain']);
    expect([ws2[name](SVCID_TCP(4), out, ref(99)), ws2.WSAGetLastError()]).toEqual([-1, WSANO_DATA]);
  });

  it.each<[string, unknown[], number]>([
    ['a class that nobody knows', [CLASS, { value: '' }, ref(99)], WSANO_DATA],
    ['a malformed GUID', ['x', { value: '' }, ref(99)], WSA_INVALID_PARAMETER],
    ['no GUID', [null, { value: '' }, ref(99)], WSAEFAULT],
    ['no length', [CLASS, { value: '' }, null], WSAEFAULT],
    ['a room that is a number', [CLASS, 7, ref(99)], WSAEFAULT],
  ])('refuses %s', (_, args, error) => {
    const { ws2 } = instance(keeper());
    const get = ws2[name] as (...all: unknown[]) => number;
    expect([get(...args), ws2.WSAGetLastError()]).toEqual([-1, error]);
  });
});

describe('A provider of version 1 that keeps a class', () => {
  it('is given it with queries and registrations of that class', () => {
    const provider = keeper();
    const { ws2 } = nameInstance([{ name: 'keeper', module: provider, dwNameSpace: NS_NLA }]);
    install(ws2);
    const set = { dwSize: 60, lpszServiceInstanceName: 'x', lpServiceClassId: CLASS };
    expect(ws2.WSALookupServiceBegin(set, 0, ref(0))).toBe(0);
    expect(provider.last.get('NSPLookupServiceBegin')![2]).toEqual(INFO);
    expect(ws2.WSASetService(set, 0, 0)).toBe(0);
    expect(provider.last.get('NSPSetService')![1]).toEqual(INFO);
    // What every provider knows is not looked up.
    ws2.WSASetService({ ...set, lpServiceClassId: SVCID_TCP(80) }, 0, 0);
    expect(provider.last.get('NSPSetService')![1]).toBeNull();
    expect(provider.calls.filter((call) => call === 'NSPGetServiceClassInfo')).toHaveLength(2);
  });
});
