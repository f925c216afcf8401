import { describe, expect, it } from 'vitest';
import {
  LUP_CONTAINERS,
  LUP_DEEP,
  LUP_FLUSHPREVIOUS,
  LUP_RETURN_ALIASES,
  LUP_RETURN_ALL,
  LUP_RETURN_NAME,
  NS_ALL,
  NS_DNS,
  NS_NLA,
  NS_SAP,
  ref,
  SVCID_INET_HOSTADDRBYNAME,
  WSA_E_CANCELLED,
  WSA_E_NO_MORE,
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  WSAEINVAL,
  WSAEINVALIDPROCTABLE,
  WSAEPROVIDERFAILEDINIT,
  WSANO_DATA,
  WSANOTINITIALISED,
  WSAQUERYSETA,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSASYSCALLFAILURE,
  WSATRY_AGAIN,
  type NSP_ROUTINE,
  type WSANAMESPACE_INFOW,
  type Ws2_32,
} from 'ws2spi';
import {
  filesInstance,
  idOf,
  lookUp,
  nameInstance,
  scriptedProvider,
  type NameSpaceEntry,
  type ScriptedProvider,
} from './fixtures.js';

const result = (name: string): WSAQUERYSETW => ({ dwSize: 60, lpszServiceInstanceName: name });
const names = (results: readonly WSAQUERYSETW[]): unknown[] => results.map((each) => each.lpszServiceInstanceName);
const ALPHA = { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, lpszServiceInstanceName: 'alpha.example' };

function begin(ws2: Ws2_32, flags = LUP_RETURN_ALL): number {
  const handle = ref(0);
  if (ws2.WSALookupServiceBegin({ dwSize: 60, ...ALPHA }, flags, handle) !== 0) throw new Error('begin failed');
  return handle.value;
}

function failing(provider: ScriptedProvider, name: keyof NSP_ROUTINE, error: number): void {
  provider.overrides[name] = (() => {
    provider.host?.setLastError(error);
    return -1;
  }) as never;
}

/** Two scripted providers, the first with a1 and a2, the second with b1. */
function two(others: Partial<NameSpaceEntry>[] = []) {
  const a = scriptedProvider([result('a1'), result('a2')]);
  const b = scriptedProvider([result('b1')]);
  const instance = nameInstance([
    { name: 'a', module: a, ...others[0] },
    { name: 'b', module: b, ...others[1] },
  ]);
  return { a, b, ...instance };
}

describe('WSALookupServiceBegin', () => {
  it.each<[string, unknown, unknown, unknown, number]>([
    ['no query set', null, 0, ref(0), WSAEFAULT],
    ['a query set of the wrong type', 'query', 0, ref(0), WSAEFAULT],
    ['no handle', { dwSize: 60 }, 0, null, WSAEFAULT],
    ['no flags', { dwSize: 60 }, undefined, ref(0), WSAEFAULT],
    ['size 0', { dwSize: 0 }, 0, ref(0), WSAEINVAL],
    ['no size', {}, 0, ref(0), WSAEINVAL],
    ['too small a size', { dwSize: 59 }, 0, ref(0), WSAEINVAL],
    ['a name that is not a string', { dwSize: 60, lpszServiceInstanceName: 1 }, 0, ref(0), WSAEFAULT],
    ['a class that is not a string', { dwSize: 60, lpServiceClassId: 1 }, 0, ref(0), WSAEFAULT],
    ['a malformed class', { dwSize: 60, lpServiceClassId: 'x' }, 0, ref(0), WSAEINVAL],
    ['a malformed provider', { dwSize: 60, lpNSProviderId: 'x' }, 0, ref(0), WSAEINVAL],
    ['an unknown provider', { dwSize: 60, lpNSProviderId: idOf(7) }, 0, ref(0), WSAEINVAL],
    ['protocols that are not an array', { dwSize: 60, lpafpProtocols: {} }, 0, ref(0), WSAEFAULT],
    ['fewer protocols than counted', { dwSize: 60, lpafpProtocols: [], dwNumberOfProtocols: 1 }, 0, ref(0), WSAEFAULT],
    ['counted protocols that are not there', { dwSize: 60, dwNumberOfProtocols: 1 }, 0, ref(0), WSAEFAULT],
    ['protocols of the wrong type', { dwSize: 60, lpafpProtocols: [2] }, 0, ref(0), WSAEFAULT],
    [
      'a blob of the wrong type',
      { dwSize: 60, lpBlob: { cbSize: 5, pBlobData: new Uint8Array(4) } },
      0,
      ref(0),
      WSAEFAULT,
    ],
    ['a name space that nobody serves', { dwSize: 60, dwNameSpace: NS_NLA }, 0, ref(0), WSASERVICE_NOT_FOUND],
    ['an unknown host', { dwSize: 60, ...ALPHA, lpszServiceInstanceName: 'x' }, 0, ref(0), WSASERVICE_NOT_FOUND],
    ['containers', { dwSize: 60, ...ALPHA }, LUP_CONTAINERS, ref(0), WSANO_DATA],
  ])('refuses %s', (_name, restrictions, flags, handle, error) => {
    const { ws2, defects } = filesInstance();
    expect(ws2.WSALookupServiceBegin(restrictions as WSAQUERYSETW, flags as number, handle as never)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(error);
    expect(defects).toEqual([]);
  });

  // 54
  it('begins a query that asks for nothing', () => {
    const { ws2 } = filesInstance();
    expect(lookUp(ws2, {}, LUP_RETURN_ALL | LUP_DEEP)).toEqual({ begin: 0, results: [], end: WSA_E_NO_MORE });
  });

  it('works through the names with A and W as well', () => {
    const { ws2 } = filesInstance();
    const handle = ref(0);
    expect(ws2.WSALookupServiceBeginA({ dwSize: 60, ...ALPHA }, LUP_RETURN_NAME, handle)).toBe(0);
    expect(ws2.WSALookupServiceNextA(handle.value, 0, ref(500), [])).toBe(0);
    expect(ws2.WSALookupServiceEnd(handle.value)).toBe(0);
    expect(ws2.WSALookupServiceBeginW({ dwSize: 60, ...ALPHA }, LUP_RETURN_NAME, handle)).toBe(0);
    expect(ws2.WSALookupServiceNextW(handle.value, 0, ref(500), [])).toBe(0);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(handle.value % 4).toBe(0);
  });

  it('gives each provider a copy of what was asked', () => {
    const { a, b, ws2 } = two();
    const asked = {
      dwSize: 60,
      ...ALPHA,
      lpszComment: 'ignored',
      lpafpProtocols: [{ iAddressFamily: 2, iProtocol: 6 }],
    };
    a.overrides.NSPLookupServiceBegin = (_id, restrictions, _info, _flags, handle) => {
      restrictions.lpszServiceInstanceName = 'changed';
      restrictions.lpafpProtocols!.length = 0;
      handle.value = 8;
      return 0;
    };
    expect(ws2.WSALookupServiceBegin(asked, LUP_DEEP, ref(0))).toBe(0);
    const [id, restrictions, info, flags] = b.last.get('NSPLookupServiceBegin') as [string, WSAQUERYSETW, null, number];
    expect([id, info, flags]).toEqual([idOf(1), null, LUP_DEEP]);
    expect(restrictions).toMatchObject({ ...ALPHA, dwSize: 60, dwNumberOfProtocols: 1 });
    expect(restrictions.lpafpProtocols).toEqual(asked.lpafpProtocols);
    expect(restrictions.lpszComment).toBeUndefined();
    expect(asked.lpszServiceInstanceName).toBe('alpha.example');
  });
});

describe('A query of two providers', () => {
  it('gets the results of the first, then those of the second', () => {
    const { a, b, ws2 } = two();
    expect(lookUp(ws2, ALPHA, 0)).toMatchObject({ begin: 0, end: WSA_E_NO_MORE });
    expect(names(lookUp(ws2, ALPHA, 0).results)).toEqual(['a1', 'a2', 'b1']);
    for (const provider of [a, b]) {
      const count = (name: string): number => provider.calls.filter((each) => each === name).length;
      expect([count('NSPStartup'), count('NSPLookupServiceBegin'), count('NSPLookupServiceEnd')]).toEqual([1, 2, 2]);
    }
  });

  it('follows the order that WSCWriteNameSpaceOrder sets', () => {
    const { ws2 } = two();
    expect(ws2.WSCWriteNameSpaceOrder([idOf(1), idOf(0)], 2)).toBe(0);
    // An instance sees the change at its next WSAStartup.
    ws2.WSAStartup(0x0202, {});
    expect(names(lookUp(ws2, ALPHA, 0).results)).toEqual(['b1', 'a1', 'a2']);
  });

  it('leaves out a provider that is disabled', () => {
    const { a, ws2 } = two([{ fActive: false }]);
    expect(names(lookUp(ws2, ALPHA, 0).results)).toEqual(['b1']);
    expect(a.calls).toEqual([]);
    expect(lookUp(ws2, { ...ALPHA, lpNSProviderId: idOf(0) }, 0).begin).toBe(WSASERVICE_NOT_FOUND);
    expect(ws2.WSCEnableNSProvider(idOf(0), true)).toBe(0);
    expect(ws2.WSCEnableNSProvider(idOf(1), false)).toBe(0);
    ws2.WSAStartup(0x0202, {});
    expect(names(lookUp(ws2, ALPHA, 0).results)).toEqual(['a1', 'a2']);
  });

  it('goes to the one that lpNSProviderId names, whatever its case and name space', () => {
    const { ws2 } = two();
    const lpNSProviderId = `{${idOf(1).toLowerCase()}}`;
    expect(names(lookUp(ws2, { ...ALPHA, lpNSProviderId, dwNameSpace: NS_NLA }, 0).results)).toEqual(['b1']);
  });

  it.each([
    [NS_ALL, ['a1', 'a2', 'b1']],
    [NS_DNS, ['a1', 'a2']],
    [NS_NLA, ['b1']],
  ])('goes to those of the name space %i', (dwNameSpace, expected) => {
    const { ws2 } = two([{}, { dwNameSpace: NS_NLA }]);
    expect(names(lookUp(ws2, { ...ALPHA, dwNameSpace }, 0).results)).toEqual(expected);
  });

  it.each([
    [[2], ['a1', 'a2']],
    [[6], ['a1', 'a2', 'b1']],
    [[0], ['a1', 'a2', 'b1']],
    [
      [2, 6],
      ['a1', 'a2', 'b1'],
    ],
  ])('goes to SAP only for the families %j', (families, expected) => {
    const { ws2 } = two([{}, { dwNameSpace: NS_SAP }]);
    const lpafpProtocols = families.map((iAddressFamily) => ({ iAddressFamily, iProtocol: 0 }));
    expect(names(lookUp(ws2, { ...ALPHA, lpafpProtocols }, 0).results)).toEqual(expected);
  });

  it('goes on without the one that refuses it', () => {
    const { a, ws2, defects } = two();
    failing(a, 'NSPLookupServiceBegin', WSANO_DATA);
    expect(names(lookUp(ws2, ALPHA, 0).results)).toEqual(['b1']);
    expect(a.calls).not.toContain('NSPLookupServiceEnd');
    expect(defects).toEqual([]);
  });

  it('fails with the last error when both refuse it', () => {
    const { a, b, ws2 } = two();
    failing(a, 'NSPLookupServiceBegin', WSANO_DATA);
    failing(b, 'NSPLookupServiceBegin', WSATRY_AGAIN);
    expect(lookUp(ws2, ALPHA, 0).begin).toBe(WSATRY_AGAIN);
  });

  it('goes on after one that fails while it is asked', () => {
    const { a, ws2 } = two();
    failing(a, 'NSPLookupServiceNext', WSATRY_AGAIN);
    expect(lookUp(ws2, ALPHA, 0)).toEqual({ begin: 0, results: [result('b1')], end: WSA_E_NO_MORE });
  });

  it('ends with the last error when there was no result at all, and with WSA_E_NO_MORE otherwise', () => {
    const { a, b, ws2 } = two();
    failing(b, 'NSPLookupServiceNext', WSATRY_AGAIN);
    expect(lookUp(ws2, ALPHA, 0)).toMatchObject({ end: WSA_E_NO_MORE });
    failing(a, 'NSPLookupServiceNext', WSANO_DATA);
    expect(lookUp(ws2, ALPHA, 0)).toMatchObject({ results: [], end: WSATRY_AGAIN });
  });

  it('passes LUP_FLUSHPREVIOUS only to the provider that had too large a result', () => {
    const { a, b, ws2 } = two();
    failing(a, 'NSPLookupServiceNext', WSAEFAULT);
    const handle = begin(ws2);
    expect(ws2.WSALookupServiceNext(handle, 0, ref(0), [])).toBe(-1);
    failing(a, 'NSPLookupServiceNext', WSA_E_NO_MORE);
    const out: WSAQUERYSETW[] = [];
    expect(ws2.WSALookupServiceNext(handle, LUP_FLUSHPREVIOUS, ref(1000), out)).toBe(0);
    expect(a.last.get('NSPLookupServiceNext')?.[1]).toBe(LUP_FLUSHPREVIOUS);
    expect(b.last.get('NSPLookupServiceNext')?.[1]).toBe(0);
    expect(names(out)).toEqual(['b1']);
  });
});

describe('WSALookupServiceNext', () => {
  it('keeps a result that is too large, and tells the length needed', () => {
    const { ws2 } = filesInstance();
    const handle = begin(ws2, LUP_RETURN_NAME | LUP_RETURN_ALIASES);
    const out: WSAQUERYSETW[] = [result('before')];
    const length = ref(60);
    expect(ws2.WSALookupServiceNext(handle, 0, length, out)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(names(out)).toEqual(['before']);
    const needed = length.value;
    expect(ws2.WSALookupServiceNext(handle, 0, length, null)).toBe(-1);
    expect([ws2.WSAGetLastError(), length.value]).toEqual([WSAEFAULT, needed]);
    expect(ws2.WSALookupServiceNext(handle, 0, length, out)).toBe(0);
    expect([names(out), length.value]).toEqual([['Alpha.example'], needed]);
    expect(WSAQUERYSETW.encode(out[0]!)).toHaveLength(needed);
  });

  it('drops it with LUP_FLUSHPREVIOUS', () => {
    const { ws2 } = filesInstance();
    const handle = begin(ws2, LUP_RETURN_NAME | LUP_RETURN_ALIASES);
    const out: WSAQUERYSETW[] = [];
    expect(ws2.WSALookupServiceNext(handle, 0, ref(0), out)).toBe(-1);
    expect(ws2.WSALookupServiceNext(handle, LUP_FLUSHPREVIOUS, ref(500), out)).toBe(0);
    expect(names(out)).toEqual(['alpha']);
  });

  it('counts text in bytes for A, in UTF-16 for W, and keeps the result for both', () => {
    const { ws2 } = filesInstance();
    const handle = begin(ws2, LUP_RETURN_NAME | LUP_RETURN_ALIASES);
    const out: WSAQUERYSETW[] = [];
    const [a, w] = [ref(0), ref(0)];
    expect(ws2.WSALookupServiceNextA(handle, 0, a, out)).toBe(-1);
    expect(ws2.WSALookupServiceNextW(handle, 0, w, out)).toBe(-1);
    expect(w.value - a.value).toBe('Alpha.example'.length + 1);
    expect(ws2.WSALookupServiceNextA(handle, 0, a, out)).toBe(0);
    expect(WSAQUERYSETA.encode(out[0]!)).toHaveLength(a.value);
    expect(ws2.WSALookupServiceNextA(handle, 0, ref(a.value - 'example.'.length), out)).toBe(0);
    expect(names(out)).toEqual(['alpha']);
    expect(ws2.WSALookupServiceNextA(handle, 0, ref(0), out)).toBe(-1);
    expect(ws2.WSALookupServiceNextA(handle, LUP_FLUSHPREVIOUS, ref(500), out)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_E_NO_MORE);
  });

  it('says WSA_E_NO_MORE again and again', () => {
    const { ws2 } = two();
    const handle = begin(ws2);
    for (let i = 0; i < 3; i++) expect(ws2.WSALookupServiceNext(handle, 0, ref(500), [])).toBe(0);
    for (let i = 0; i < 3; i++) {
      expect(ws2.WSALookupServiceNext(handle, 0, ref(500), [])).toBe(-1);
      expect(ws2.WSAGetLastError()).toBe(WSA_E_NO_MORE);
    }
  });

  it('checks the handle before the pointers', () => {
    const { ws2 } = filesInstance();
    for (const handle of [0, 4, null, undefined, 'x']) {
      expect(ws2.WSALookupServiceNext(handle as number, 0, null as never, null)).toBe(-1);
      expect(ws2.WSAGetLastError()).toBe(WSA_INVALID_HANDLE);
    }
    const handle = begin(ws2);
    for (const [length, out] of [
      [null, []],
      [{ value: '5' }, []],
      [ref(500), {}],
    ]) {
      expect(ws2.WSALookupServiceNext(handle, 0, length as never, out as never)).toBe(-1);
      expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    }
    expect(ws2.WSALookupServiceNext(handle, 0, ref(5000), [])).toBe(0);
  });
});

describe('WSALookupServiceEnd', () => {
  it('ends a query in the midst of its results', () => {
    const { a, b, ws2 } = two();
    const handle = begin(ws2);
    expect(ws2.WSALookupServiceNext(handle, 0, ref(500), [])).toBe(0);
    expect(ws2.WSALookupServiceEnd(handle)).toBe(0);
    expect(ws2.WSAGetLastError()).toBe(0);
    for (const provider of [a, b]) expect(provider.calls.at(-1)).toBe('NSPLookupServiceEnd');
    expect(ws2.WSALookupServiceNext(handle, 0, ref(500), [])).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_INVALID_HANDLE);
  });

  it.each([0, null, 12345, 'x'])('refuses the handle %j', (handle) => {
    const { ws2 } = filesInstance();
    expect(ws2.WSALookupServiceEnd(handle as number)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_INVALID_HANDLE);
  });

  it('refuses a handle that was ended', () => {
    const { ws2 } = filesInstance();
    const handle = begin(ws2);
    expect(ws2.WSALookupServiceEnd(handle)).toBe(0);
    expect(ws2.WSALookupServiceEnd(handle)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_INVALID_HANDLE);
  });

  it('cancels a WSALookupServiceNext that is under way', () => {
    const { a, b, ws2 } = two();
    const handle = begin(ws2);
    a.overrides.NSPLookupServiceNext = () => {
      expect(ws2.WSALookupServiceEnd(handle)).toBe(0);
      a.host?.setLastError(WSA_E_CANCELLED);
      return -1;
    };
    expect(ws2.WSALookupServiceNext(handle, 0, ref(500), [])).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_E_CANCELLED);
    expect(b.calls).not.toContain('NSPLookupServiceNext');
  });

  it('wins over a result that comes all the same', () => {
    const { a, ws2 } = two();
    const handle = begin(ws2);
    const out: WSAQUERYSETW[] = [];
    a.overrides.NSPLookupServiceNext = (_handle, _flags, _length, results) => {
      ws2.WSALookupServiceEnd(handle);
      results?.push(result('late'));
      return 0;
    };
    expect(ws2.WSALookupServiceNext(handle, 0, ref(500), out)).toBe(-1);
    expect([ws2.WSAGetLastError(), out]).toEqual([WSA_E_CANCELLED, []]);
  });
});

describe('Name-space providers', () => {
  it('are started at their first use, once, and cleaned up by the last WSACleanup, last started first', () => {
    const { a, b, ws2 } = two();
    const order: string[] = [];
    a.overrides.NSPCleanup = (id) => (order.push(`a ${id}`), 0);
    b.overrides.NSPCleanup = (id) => (order.push(`b ${id}`), 0);
    ws2.WSAStartup(0x0202, {});
    expect([...a.calls, ...b.calls]).toEqual([]);
    const handle = begin(ws2);
    begin(ws2);
    expect(a.last.get('NSPStartup')?.[0]).toBe(idOf(0));
    ws2.WSACleanup();
    expect(order).toEqual([]);
    ws2.WSACleanup();
    expect(order).toEqual([`b ${idOf(1)}`, `a ${idOf(0)}`]);
    for (const provider of [a, b]) {
      const ends = provider.calls.filter((name) => name === 'NSPLookupServiceEnd');
      expect([ends.length, provider.calls.at(-1)]).toEqual([2, 'NSPCleanup']);
    }
    expect(ws2.WSALookupServiceEnd(handle)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);

    ws2.WSAStartup(0x0202, {});
    begin(ws2);
    expect(a.calls.filter((name) => name === 'NSPStartup')).toHaveLength(2);
    ws2[Symbol.dispose]();
    expect(order).toHaveLength(4);
  });

  it.each<[string, (a: ScriptedProvider) => void, RegExp]>([
    ['throws in NSPStartup', (a) => (a.finish = () => fault()), /NSPStartup threw/],
    ['fails in NSPStartup', (a) => (a.finish = ({ host }) => (host.setLastError(WSAEINVAL), -1)), /WSAEINVAL/],
    ['returns nothing from NSPStartup', (a) => (a.finish = () => undefined as never), /returned undefined/],
  ])('are left out when one %s', (_name, change, message) => {
    const { a, ws2, defects } = two();
    change(a);
    expect(names(lookUp(ws2, ALPHA, 0).results)).toEqual(['b1']);
    expect(defects).toHaveLength(1);
    expect(defects[0]?.message).toMatch(message);
    expect(defects[0]?.provider).toBe('a');
    expect(a.calls).toEqual(['NSPStartup']);
    expect(lookUp(ws2, { ...ALPHA, lpNSProviderId: idOf(0) }, 0).begin).toBe(WSAEPROVIDERFAILEDINIT);
  });

  it('must have every routine; one that lacks some is cleaned up again', () => {
    const { a, ws2, defects } = two();
    a.finish = (table) => {
      delete (table as Partial<NSP_ROUTINE>).NSPSetService;
      delete (table as Partial<NSP_ROUTINE>).NSPLookupServiceEnd;
      return 0;
    };
    expect(lookUp(ws2, { ...ALPHA, lpNSProviderId: idOf(0) }, 0).begin).toBe(WSAEINVALIDPROCTABLE);
    expect(defects[0]?.message).toMatch(/NSPLookupServiceEnd, NSPSetService/);
    expect(a.calls).toEqual(['NSPStartup', 'NSPCleanup']);
  });

  it('are copied right after NSPStartup', () => {
    const { a, ws2 } = two();
    begin(ws2);
    const [, table] = a.last.get('NSPStartup') as [string, NSP_ROUTINE];
    table.NSPLookupServiceBegin = fault;
    expect(names(lookUp(ws2, ALPHA, 0).results)).toEqual(['a1', 'a2', 'b1']);
  });

  it.each([
    ['that exports nothing', {}, /does not export NSPStartup/],
    ['that is not a module', 17 as unknown as object, /could not be loaded/],
  ])('are left out when the catalog leads to something %s', (_name, module, message) => {
    const b = scriptedProvider([result('b1')]);
    const { ws2, defects } = nameInstance([
      { name: 'a', module },
      { name: 'b', module: b },
    ]);
    expect(names(lookUp(ws2, ALPHA, 0).results)).toEqual(['b1']);
    expect(defects[0]?.message).toMatch(message);
  });

  it.each(['NSPLookupServiceBegin', 'NSPLookupServiceNext', 'NSPLookupServiceEnd', 'NSPCleanup'] as const)(
    'do no harm when one throws in %s',
    (name) => {
      const { a, ws2, defects } = two();
      a.overrides[name] = fault;
      const { begin, results } = lookUp(ws2, ALPHA, 0);
      expect(begin).toBe(0);
      expect(names(results).at(-1)).toBe('b1');
      expect(ws2.WSACleanup()).toBe(0);
      expect(defects).toHaveLength(1);
      expect(defects[0]).toMatchObject({ message: `name-space provider "a": ${name} threw`, provider: 'a' });
      expect(defects[0]?.cause).toBeInstanceOf(Error);
    },
  );

  it.each<[string, Partial<NSP_ROUTINE>]>([
    ['fails without an error', { NSPLookupServiceBegin: () => -1 }],
    ['returns nothing', { NSPLookupServiceBegin: () => undefined as never }],
    ['throws', { NSPLookupServiceBegin: fault }],
  ])('give WSASYSCALLFAILURE when the only one %s', (_name, routines) => {
    const a = scriptedProvider();
    Object.assign(a.overrides, routines);
    const { ws2, defects } = nameInstance([{ name: 'a', module: a }]);
    expect(lookUp(ws2, ALPHA, 0).begin).toBe(WSASYSCALLFAILURE);
    expect(defects).toHaveLength(1);
  });

  it.each<[string, unknown[]]>([
    ['no result', []],
    ['two results', [result('x'), result('y')]],
    ['null', [null]],
    ['something that is no query set', [{ lpcsaBuffer: 17, dwNumberOfCsAddrs: 1 }]],
  ])('are defective when one gives %s', (_name, given) => {
    const { a, ws2, defects } = two();
    a.overrides.NSPLookupServiceNext = (_handle, _flags, _length, out) => (out?.push(...(given as never[])), 0);
    expect(names(lookUp(ws2, ALPHA, 0).results)).toEqual(['b1']);
    expect(defects[0]?.provider).toBe('a');
  });
});

describe('WSAEnumNameSpaceProviders', () => {
  it('lists all entries in catalog order, disabled ones too', () => {
    const { ws2 } = two([{ fActive: false }, { dwNameSpace: NS_NLA }]);
    const out: WSANAMESPACE_INFOW[] = [];
    const length = ref(0);
    expect(ws2.WSAEnumNameSpaceProviders(length, out)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(length.value).toBe(2 * (32 + 4));
    expect(ws2.WSAEnumNameSpaceProviders(length, null)).toBe(-1);
    expect(ws2.WSAEnumNameSpaceProvidersW(length, out)).toBe(2);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(out).toEqual([
      { NSProviderId: idOf(0), dwNameSpace: NS_DNS, fActive: false, dwVersion: 1, lpszIdentifier: 'a' },
      { NSProviderId: idOf(1), dwNameSpace: NS_NLA, fActive: true, dwVersion: 1, lpszIdentifier: 'b' },
    ]);
    expect(ws2.WSAEnumNameSpaceProvidersA(ref(2 * (32 + 2)), out)).toBe(2);
    expect(ws2.WSAEnumNameSpaceProvidersA(ref(2 * (32 + 2) - 1), out)).toBe(-1);
  });
});

function fault(): never {
  throw new Error('a fault of the provider');
}
