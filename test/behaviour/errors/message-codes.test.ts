// The codes that asynchronous look-ups tell by a message, that blocking ones end with, and that queries and classes of services fail with:
// each code of the specification's pages, by what a name space says and by what is wrong with a call.
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  LUP_RETURN_ALL,
  ref,
  RNRSERVICE_DELETE,
  RNRSERVICE_DEREGISTER,
  RNRSERVICE_REGISTER,
  SVCID_INET_HOSTADDRBYNAME,
  winsockErrorName,
  WM_USER,
  WSA_E_CANCELLED,
  WSA_E_NO_MORE,
  WSAEACCES,
  WSAEALREADY,
  WSAEFAULT,
  WSAEINVAL,
  WSAENETDOWN,
  WSAEOPNOTSUPP,
  WSAGETASYNCBUFLEN,
  WSAGETASYNCERROR,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type WSAQUERYSET,
  type Ws2_32,
} from 'ws2spi';
import { withNameSpace } from '../../rooms/name-space/fixtures/name-spaces.js';

/** An instance whose one name space says this to everything. */
function saying(error: number) {
  return withNameSpace({
    lookup: (_question, answer) => answer.fail(error),
    register: (_registration, answer) => answer.fail(error),
    deregister: (_registration, answer) => answer.fail(error),
  });
}

type Asynchronous = (ws2: Ws2_32, hWnd: number, buf: Uint8Array | null, buflen: number) => number;

const loose = (ws2: Ws2_32) => ws2 as unknown as Record<string, (...args: unknown[]) => number>;

/** A function, called for a window with a buffer; and called with another argument that is none. */
type Row = [name: string, call: Asynchronous, wrong: ((ws2: Ws2_32, hWnd: number) => number) | null];
/** Each function, asked for something that a name space knows. */
const ASYNCHRONOUS: Row[] = [
  [
    'WSAAsyncGetHostByName',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetHostByName(hWnd, WM_USER, 'alpha', buf!, buflen),
    (ws2, hWnd) => loose(ws2)['WSAAsyncGetHostByName']!(hWnd, WM_USER, 5, new Uint8Array(1024), 1024),
  ],
  [
    'WSAAsyncGetHostByAddr',
    (ws2, hWnd, buf, buflen) =>
      ws2.WSAAsyncGetHostByAddr(hWnd, WM_USER, Uint8Array.of(10, 0, 0, 1), 4, AF_INET, buf!, buflen),
    (ws2, hWnd) => loose(ws2)['WSAAsyncGetHostByAddr']!(hWnd, WM_USER, null, 4, AF_INET, new Uint8Array(1024), 1024),
  ],
  [
    'WSAAsyncGetServByName',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetServByName(hWnd, WM_USER, 'alpha', null, buf!, buflen),
    (ws2, hWnd) => loose(ws2)['WSAAsyncGetServByName']!(hWnd, WM_USER, 'alpha', 5, new Uint8Array(1024), 1024),
  ],
  [
    'WSAAsyncGetServByPort',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetServByPort(hWnd, WM_USER, 0xfeff, null, buf!, buflen),
    (ws2, hWnd) => loose(ws2)['WSAAsyncGetServByPort']!(hWnd, WM_USER, 0xfeff, 5, new Uint8Array(1024), 1024),
  ],
];
/** Those that no name space is asked for. */
const OF_PROTOCOLS: Row[] = [
  [
    'WSAAsyncGetProtoByName',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetProtoByName(hWnd, WM_USER, 'tcp', buf!, buflen),
    (ws2, hWnd) => loose(ws2)['WSAAsyncGetProtoByName']!(hWnd, WM_USER, null, new Uint8Array(1024), 1024),
  ],
  [
    'WSAAsyncGetProtoByNumber',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetProtoByNumber(hWnd, WM_USER, 6, buf!, buflen),
    null,
  ],
];

/** Makes a request and gives what its one message tells. */
function told(ws2: Ws2_32, request: (hWnd: number) => number): { error: string; length: number } {
  const window = ws2.host.CreateWindow();
  const task = request(window);
  expect(task).not.toBe(0);
  const { message, wParam, lParam } = ws2.host.GetMessage(window)!;
  expect([message, wParam, ws2.host.PeekMessage(window, true)]).toEqual([WM_USER, task, null]);
  ws2.host.DestroyWindow(window);
  return { error: winsockErrorName(WSAGETASYNCERROR(lParam)), length: WSAGETASYNCBUFLEN(lParam) };
}

const SAID_OF_HOSTS: readonly (readonly [said: number, told: string])[] = [
  [WSAHOST_NOT_FOUND, 'WSAHOST_NOT_FOUND'],
  [WSASERVICE_NOT_FOUND, 'WSAHOST_NOT_FOUND'],
  [WSATRY_AGAIN, 'WSATRY_AGAIN'],
  [WSANO_RECOVERY, 'WSANO_RECOVERY'],
  [WSANO_DATA, 'WSANO_DATA'],
  [WSAENETDOWN, 'WSAENETDOWN'],
];
const SAID_OF_SERVICES = SAID_OF_HOSTS.map(
  ([said, name]) => [said, name === 'WSAHOST_NOT_FOUND' ? 'WSANO_DATA' : name] as const,
);

describe.each<Row>(ASYNCHRONOUS)('%s', (name, call) => {
  const said = name.includes('Host') ? SAID_OF_HOSTS : SAID_OF_SERVICES;

  test.each(said)('tells what a name space says with %i: %s', (error, expected) => {
    const { ws2, finish } = saying(error);
    expect(told(ws2, (hWnd) => call(ws2, hWnd, new Uint8Array(1024), 1024)).error).toBe(expected);
    finish();
  });
});

describe.each<Row>([...ASYNCHRONOUS, ...OF_PROTOCOLS])('%s', (_name, call, wrong) => {
  test('tells WSAEFAULT of a bad buffer and of a bad argument', () => {
    const { ws2, finish } = saying(WSATRY_AGAIN);
    for (const [buf, buflen] of [
      [null, 1024],
      [new Uint8Array(4), 1024],
      [new Uint8Array(4), -1],
      ['room', 4],
    ] as unknown as [Uint8Array, number][]) {
      expect(told(ws2, (hWnd) => call(ws2, hWnd, buf, buflen)).error).toBe('WSAEFAULT');
    }
    if (wrong !== null) expect(told(ws2, (hWnd) => wrong(ws2, hWnd)).error).toBe('WSAEFAULT');
    finish();
  });

  test('posts nothing once it is cancelled, which can be done once', () => {
    const { ws2, finish } = withNameSpace({ lookup: () => undefined });
    const window = ws2.host.CreateWindow();
    const task = call(ws2, window, new Uint8Array(1024), 1024);
    expect(ws2.WSACancelAsyncRequest(task)).toBe(0);
    expect([ws2.WSACancelAsyncRequest(task), ws2.WSAGetLastError()]).toEqual([-1, WSAEINVAL]);
    expect(ws2.host.PeekMessage(window, true)).toBeNull();
    ws2.host.DestroyWindow(window);
    finish();
  });
});

describe.each<Row>(OF_PROTOCOLS)('%s', (_name, call) => {
  test('tells WSAENOBUFS and the size that is enough, and cancelling what is done is WSAEALREADY', () => {
    const { ws2, finish } = saying(WSATRY_AGAIN);
    let task = 0;
    const { error, length } = told(ws2, (hWnd) => (task = call(ws2, hWnd, new Uint8Array(1), 1)));
    expect(error).toBe('WSAENOBUFS');
    expect([ws2.WSACancelAsyncRequest(task), ws2.WSAGetLastError()]).toEqual([-1, WSAEALREADY]);
    expect(told(ws2, (hWnd) => call(ws2, hWnd, new Uint8Array(length), length)).error).toBe('NO_ERROR');
    finish();
  });
});

describe('A blocking look-up', () => {
  test.each<[string, (ws2: Ws2_32) => unknown]>([
    ['gethostbyname', (ws2) => ws2.gethostbyname('alpha')],
    ['gethostbyaddr', (ws2) => ws2.gethostbyaddr(Uint8Array.of(10, 0, 0, 1), 4, AF_INET)],
    ['getservbyname', (ws2) => ws2.getservbyname('alpha', null)],
    ['getservbyport', (ws2) => ws2.getservbyport(0xfeff, null)],
  ])('by %s is WSAENETDOWN where the network is, and WSAEINTR where it was cancelled', (_name, call) => {
    const down = saying(WSAENETDOWN);
    expect([call(down.ws2), winsockErrorName(down.ws2.WSAGetLastError())]).toEqual([null, 'WSAENETDOWN']);
    down.finish();
    const { ws2 } = withNameSpace({ timeout: Infinity, lookup: () => undefined });
    ws2.WSAStartup(0x0101, {});
    ws2.WSASetBlockingHook(() => {
      ws2.WSACancelBlockingCall();
      return false;
    });
    expect([call(ws2), winsockErrorName(ws2.WSAGetLastError())]).toEqual([null, 'WSAEINTR']);
  });
});

const QUERY = {
  dwSize: WSAQUERYSETW.size,
  lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
  lpszServiceInstanceName: 'alpha',
} as WSAQUERYSET;

describe('A query', () => {
  test.each([
    [WSANO_DATA, 'WSANO_DATA'],
    [WSASERVICE_NOT_FOUND, 'WSASERVICE_NOT_FOUND'],
    [WSATRY_AGAIN, 'WSATRY_AGAIN'],
    [WSA_E_NO_MORE, 'WSA_E_NO_MORE'],
  ])('tells what a name space says with %i when it begins or goes on: %s', (error, expected) => {
    const { ws2, finish } = saying(error);
    const handle = ref(0);
    let result = ws2.WSALookupServiceBegin(QUERY, LUP_RETURN_ALL, handle);
    if (result === 0) result = ws2.WSALookupServiceNext(handle.value, 0, ref(10_000), []);
    expect([result, winsockErrorName(ws2.WSAGetLastError())]).toEqual([-1, expected]);
    ws2.WSALookupServiceEnd(handle.value);
    finish();
  });

  test('that is ended while it waits is WSA_E_CANCELLED', () => {
    const { ws2 } = withNameSpace({ timeout: Infinity, lookup: () => undefined });
    const handle = ref(0);
    expect(ws2.WSALookupServiceBegin(QUERY, LUP_RETURN_ALL, handle)).toBe(0);
    const window = ws2.host.CreateWindow(() => void ws2.WSALookupServiceEnd(handle.value));
    ws2.host.PostMessage(window, WM_USER, 0, 0);
    expect([ws2.WSALookupServiceNext(handle.value, 0, ref(10_000), []), ws2.WSAGetLastError()]).toEqual([
      -1,
      WSA_E_CANCELLED,
    ]);
    ws2.host.DestroyWindow(window);
  });
});

describe('A service, or a class of services,', () => {
  const ID = '11111111-2222-3333-4444-555555555555';

  test.each([WSAEACCES, WSASERVICE_NOT_FOUND, WSAEINVAL, WSAEOPNOTSUPP])(
    'tells what a name space says: %i',
    (error) => {
      const { ws2, finish } = saying(error);
      for (const operation of [RNRSERVICE_REGISTER, RNRSERVICE_DEREGISTER, RNRSERVICE_DELETE]) {
        const query = { ...QUERY, lpServiceClassId: ID, lpcsaBuffer: null, dwNumberOfCsAddrs: 0 };
        expect([ws2.WSASetService(query as unknown as WSAQUERYSET, operation, 0), ws2.WSAGetLastError()]).toEqual([
          -1,
          error,
        ]);
      }
      finish();
    },
  );

  test.each<[string, number, (ws2: Ws2_32) => number]>([
    ['WSATYPE_NOT_FOUND', WSATYPE_NOT_FOUND, (ws2) => ws2.WSARemoveServiceClass(ID)],
    ['WSAEINVAL', WSAEINVAL, (ws2) => loose(ws2)['WSARemoveServiceClass']!('nonsense')],
    ['WSAEFAULT', WSAEFAULT, (ws2) => loose(ws2)['WSAGetServiceClassInfo']!(ID, ID, null, null)],
  ])('is %s for one that is not, or is none', (_name, code, call) => {
    const { ws2, finish } = saying(WSATRY_AGAIN);
    expect([call(ws2), ws2.WSAGetLastError()]).toEqual([-1, code]);
    finish();
  });
});
