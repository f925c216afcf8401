import {
  createNameSpaceCatalogFunctions,
  enumerateNameSpaces,
  enumerateNameSpacesEx,
  formatCatalog,
  openCatalog,
  parseCatalog,
} from 'ws2spi/catalog';
import {
  ref,
  WSAEFAULT,
  WSAEINVAL,
  WSANO_RECOVERY,
  type WSANAMESPACE_INFOEXW,
  type WSANAMESPACE_INFOW,
} from 'ws2spi/spi';
import { beforeEach, describe, expect, test } from 'vitest';
import { guidOf } from './helpers.js';

const TCPIP = '22059D40-7E9E-11CF-AE5A-00AA00A7112B';

let store: ReturnType<typeof openCatalog>;
let wsc: ReturnType<typeof createNameSpaceCatalogFunctions>;
let lastError: number;
let changed: number;

beforeEach(() => {
  store = openCatalog('memory', 'memory');
  lastError = 0;
  changed = 0;
  wsc = createNameSpaceCatalogFunctions({
    store,
    changed: () => void changed++,
    report: () => undefined,
    setLastError: (error) => void (lastError = error),
  });
});

const names = () => store.read().nameSpaces.map((item) => item.info.lpszIdentifier);

describe('WSCInstallNameSpace', () => {
  test('installs a provider behind the others, enabled', () => {
    expect(wsc.WSCInstallNameSpace('mine', 'di:mine', 12, 3, guidOf(1).toLowerCase())).toBe(0);
    expect(store.read().nameSpaces[1]).toEqual({
      path: 'di:mine',
      info: { NSProviderId: guidOf(1), dwNameSpace: 12, fActive: true, dwVersion: 3, lpszIdentifier: 'mine' },
    });
    expect([lastError, changed]).toEqual([0, 1]);
  });

  test.each<[string, unknown[], number]>([
    ['no identifier', [null, 'di:x', 12, 0, guidOf(1)], WSAEFAULT],
    ['no path', ['x', null, 12, 0, guidOf(1)], WSAEFAULT],
    ['no GUID', ['x', 'di:x', 12, 0, null], WSAEFAULT],
    ['a name space that is not a number', ['x', 'di:x', '12', 0, guidOf(1)], WSAEFAULT],
    ['a malformed GUID', ['x', 'di:x', 12, 0, '1'], WSAEINVAL],
    ['an empty path', ['x', '', 12, 0, guidOf(1)], WSAEINVAL],
    ['a path that is too long', ['x', 'p'.repeat(261), 12, 0, guidOf(1)], WSAEINVAL],
    ['an identifier that is too long', ['x'.repeat(256), 'di:x', 12, 0, guidOf(1)], WSAEINVAL],
    ['NS_ALL', ['x', 'di:x', 0, 0, guidOf(1)], WSAEINVAL],
    ['a provider that is installed', ['x', 'di:x', 12, 0, TCPIP.toLowerCase()], WSANO_RECOVERY],
  ])('refuses %s', (_, args, error) => {
    expect(wsc.WSCInstallNameSpace(...(args as [string, string, number, number, string]))).toBe(-1);
    expect([lastError, changed, names()]).toEqual([error, 0, ['Tcpip']]);
  });
});

test('WSCEnableNSProvider turns a provider off and on, and it stays listed', () => {
  expect(wsc.WSCEnableNSProvider(TCPIP, false)).toBe(0);
  expect(store.read().nameSpaces[0]?.info.fActive).toBe(false);
  expect(wsc.WSCEnableNSProvider(TCPIP, true)).toBe(0);
  expect(store.read().nameSpaces[0]?.info.fActive).toBe(true);
});

test('WSCUnInstallNameSpace removes a provider', () => {
  expect(wsc.WSCUnInstallNameSpace(TCPIP)).toBe(0);
  expect([names(), changed]).toEqual([[], 1]);
});

test.each<[string, unknown, number]>([
  ['no GUID', null, WSAEFAULT],
  ['a malformed GUID', 'x', WSAEINVAL],
  ['an unknown provider', guidOf(9), WSAEINVAL],
])('WSCEnableNSProvider and WSCUnInstallNameSpace refuse %s', (_, id, error) => {
  expect(wsc.WSCEnableNSProvider(id as string, true)).toBe(-1);
  expect(lastError).toBe(error);
  lastError = 0;
  expect(wsc.WSCUnInstallNameSpace(id as string)).toBe(-1);
  expect([lastError, changed]).toEqual([error, 0]);
});

describe('WSCWriteNameSpaceOrder', () => {
  beforeEach(() => void wsc.WSCInstallNameSpace('mine', 'di:mine', 12, 0, guidOf(1)));

  test('sets the order in which providers are asked', () => {
    expect(wsc.WSCWriteNameSpaceOrder([guidOf(1), TCPIP.toLowerCase()], 2)).toBe(0);
    expect(names()).toEqual(['mine', 'Tcpip']);
  });

  test.each<[string, unknown, unknown, number]>([
    ['no list', null, 2, WSAEFAULT],
    ['a list that is too short', [TCPIP], 2, WSAEFAULT],
    ['a missing provider', [TCPIP], 1, WSAEINVAL],
    ['a provider twice', [TCPIP, TCPIP], 2, WSAEINVAL],
    ['an unknown provider', [TCPIP, guidOf(2)], 2, WSAEINVAL],
    ['a malformed GUID', [TCPIP, 'x'], 2, WSAEINVAL],
  ])('refuses %s with the code, and leaves the last error alone', (_, list, count, error) => {
    expect(wsc.WSCWriteNameSpaceOrder(list as string[], count as number)).toBe(error);
    expect([lastError, names()]).toEqual([0, ['Tcpip', 'mine']]);
  });
});

describe('Enumerating name-space providers', () => {
  const list = (length: { value: number }, buffer: WSANAMESPACE_INFOW[] | null, width: 'A' | 'W' = 'W') =>
    enumerateNameSpaces(store.read().nameSpaces, length, buffer, width, (error) => (lastError = error));

  test.each([
    ['W', 32 + 12],
    ['A', 32 + 6],
  ] as const)('counts structures and identifiers in the bytes of the %s form', (width, size) => {
    const length = ref(size - 1);
    expect(list(length, [], width)).toBe(-1);
    expect([lastError, length.value]).toEqual([WSAEFAULT, size]);
    const buffer: WSANAMESPACE_INFOW[] = [];
    expect(list(length, buffer, width)).toBe(1);
    expect(buffer[0]).toMatchObject({ lpszIdentifier: 'Tcpip', NSProviderId: TCPIP, fActive: true });
  });

  test('shows disabled ones, and finds bad pointers', () => {
    wsc.WSCEnableNSProvider(TCPIP, false);
    const buffer: WSANAMESPACE_INFOW[] = [];
    expect(list(ref(999), buffer)).toBe(1);
    expect(buffer[0]?.fActive).toBe(false);
    for (const [length, out] of [
      [null, []],
      [ref(999), null],
      [ref(999), 'x'],
    ]) {
      lastError = 0;
      expect(list(length as never, out as never)).toBe(-1);
      expect(lastError).toBe(WSAEFAULT);
    }
  });
});

describe('WSCInstallNameSpaceEx', () => {
  const DATA = new Uint8Array([0, 1, 2, 255]);

  test('keeps the provider’s own data, and the catalog’s file can be read again', () => {
    const blob = { cbSize: 3, pBlobData: DATA };
    expect(wsc.WSCInstallNameSpaceEx('mine', 'di:mine', 12, 3, guidOf(1), blob)).toBe(0);
    expect(wsc.WSCInstallNameSpaceEx('plain', 'di:plain', 12, 3, guidOf(2), null)).toBe(0);
    const copy = parseCatalog(formatCatalog(store.read()), null);
    const length = ref(0);
    const fail = (error: number): void => void (lastError = error);
    expect(enumerateNameSpacesEx(copy.nameSpaces, length, null, 'W', fail)).toBe(-1);
    expect([lastError, length.value]).toEqual([
      WSAEFAULT,
      3 * 40 + 2 * ('Tcpip'.length + 'mine'.length + 'plain'.length + 3) + 3,
    ]);
    const out: WSANAMESPACE_INFOEXW[] = [];
    expect(enumerateNameSpacesEx(copy.nameSpaces, length, out, 'W', fail)).toBe(3);
    expect(out.map(({ lpszIdentifier, ProviderSpecific }) => [lpszIdentifier, ...ProviderSpecific.pBlobData])).toEqual([
      ['Tcpip'],
      ['mine', 0, 1, 2],
      ['plain'],
    ]);
    expect(enumerateNameSpacesEx(copy.nameSpaces, ref(length.value - 1), out, 'W', fail)).toBe(-1);
    const narrow = 3 * 40 + 'Tcpip'.length + 'mine'.length + 'plain'.length + 3 + 3;
    expect(enumerateNameSpacesEx(copy.nameSpaces, ref(narrow), out, 'A', fail)).toBe(3);
  });

  test.each<[string, unknown, number]>([
    ['a blob that is a number', 7, WSAEFAULT],
    ['a blob of more bytes than it has', { cbSize: 5, pBlobData: DATA }, WSAEFAULT],
    ['too much', { cbSize: 65_536, pBlobData: new Uint8Array(65_536) }, WSAEINVAL],
  ])('refuses %s', (_, blob, error) => {
    expect(wsc.WSCInstallNameSpaceEx('x', 'di:x', 12, 3, guidOf(1), blob as never)).toBe(-1);
    expect([lastError, names()]).toEqual([error, ['Tcpip']]);
  });
});
