// The table of the specification's pages: for each function of names that does not tell by a message, each code that its page lists is
// brought about here, or has a reason why it cannot be. (WSANOTINITIALISED and WSAEINPROGRESS, which all of them list, are in
// name-codes.test.ts; the messages of the asynchronous functions in message-codes.test.ts.)
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  LUP_CONTAINERS,
  LUP_RETURN_ALL,
  NI_NAMEREQD,
  NS_ALL,
  NS_DEFAULT,
  PROP_ALL,
  ref,
  RNRSERVICE_REGISTER,
  SERVICE_REGISTER,
  SOCKET_ERROR,
  sockaddr_in,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_TCP,
  winsockErrorName,
  WSA_E_CANCELLED,
  WSAEACCES,
  WSAEALREADY,
  WSAENETDOWN,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type Ws2_32,
} from 'ws2spi';
import type { NameSpaceDefinition } from 'ws2spi/names';
import { withNameSpace } from '../../rooms/name-space/fixtures/name-spaces.js';

/** What the pages list, but for what all of them do; facts alone. */
const DOCUMENTED = {
  gethostbyname: 'WSAENETDOWN WSAHOST_NOT_FOUND WSATRY_AGAIN WSANO_RECOVERY WSANO_DATA WSAEFAULT WSAEINTR',
  gethostbyaddr:
    'WSAENETDOWN WSAHOST_NOT_FOUND WSATRY_AGAIN WSANO_RECOVERY WSANO_DATA WSAEAFNOSUPPORT WSAEFAULT WSAEINTR',
  gethostname: 'WSAEFAULT WSAENETDOWN',
  getservbyname: 'WSAENETDOWN WSAHOST_NOT_FOUND WSATRY_AGAIN WSANO_RECOVERY WSANO_DATA WSAEFAULT WSAEINTR',
  getservbyport: 'WSAENETDOWN WSAHOST_NOT_FOUND WSATRY_AGAIN WSANO_RECOVERY WSANO_DATA WSAEFAULT WSAEINTR',
  getprotobyname: 'WSAENETDOWN WSAHOST_NOT_FOUND WSATRY_AGAIN WSANO_RECOVERY WSANO_DATA WSAEFAULT WSAEINTR',
  getprotobynumber: 'WSAENETDOWN WSAHOST_NOT_FOUND WSATRY_AGAIN WSANO_RECOVERY WSANO_DATA WSAEINTR',
  getaddrinfo:
    'WSATRY_AGAIN WSAEINVAL WSANO_RECOVERY WSAEAFNOSUPPORT WSA_NOT_ENOUGH_MEMORY WSAHOST_NOT_FOUND WSATYPE_NOT_FOUND WSAESOCKTNOSUPPORT',
  getnameinfo: 'WSATRY_AGAIN WSANO_RECOVERY WSAEAFNOSUPPORT WSA_NOT_ENOUGH_MEMORY WSAHOST_NOT_FOUND WSAEFAULT',
  WSACancelAsyncRequest: 'WSAENETDOWN WSAEINVAL WSAEALREADY',
  WSALookupServiceBegin: 'WSANO_DATA WSASERVICE_NOT_FOUND WSAEINVAL WSA_NOT_ENOUGH_MEMORY',
  WSALookupServiceNext: 'WSA_E_NO_MORE WSA_E_CANCELLED WSAEFAULT WSA_INVALID_HANDLE WSANO_DATA WSASERVICE_NOT_FOUND',
  WSALookupServiceEnd: 'WSA_INVALID_HANDLE',
  WSASetService: 'WSAEACCES WSAEINVAL WSASERVICE_NOT_FOUND',
  WSAInstallServiceClass: 'WSAEACCES WSAEALREADY WSAEINVAL',
  WSARemoveServiceClass: 'WSATYPE_NOT_FOUND WSAEACCES WSAEINVAL',
  WSAGetServiceClassInfo: 'WSAEFAULT WSA_INVALID_PARAMETER WSATYPE_NOT_FOUND',
  WSAGetServiceClassNameByServiceClassId: 'WSAEFAULT WSA_INVALID_PARAMETER',
  WSAEnumNameSpaceProviders: 'WSAEFAULT',
  EnumProtocols: 'ERROR_INSUFFICIENT_BUFFER',
  GetAddressByName: 'ERROR_INSUFFICIENT_BUFFER',
  GetService: 'ERROR_INSUFFICIENT_BUFFER ERROR_SERVICE_NOT_FOUND',
  SetService: 'ERROR_ALREADY_REGISTERED',
  GetTypeByName: 'ERROR_SERVICE_DOES_NOT_EXIST',
} as const;

type Name = keyof typeof DOCUMENTED & keyof Ws2_32;
const NAMES = Object.keys(DOCUMENTED) as Name[];

const A_NAME = sockaddr_in('10.0.0.1', 80);
const NOBODY = '11111111-2222-3333-4444-555555555555';
const HOST = {
  dwSize: WSAQUERYSETW.size,
  lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
  lpszServiceInstanceName: 'alpha',
};
const SERVICE = { lpServiceType: NOBODY, lpServiceName: 'alpha' };
const text = () => ({ value: '' });
const info = (id: string | null) => ({
  lpServiceClassId: id,
  lpszServiceClassName: 'x',
  dwCount: 0,
  lpClassInfos: null,
});

/** Each function, called well; a way changes some of these arguments, by their places. */
const USUAL: Readonly<Record<Name, () => unknown[]>> = {
  gethostbyname: () => ['alpha'],
  gethostbyaddr: () => [Uint8Array.of(10, 0, 0, 1), 4, AF_INET],
  gethostname: () => [text(), 100],
  getservbyname: () => ['nothing', null],
  // A port that no services file has.
  getservbyport: () => [0xfeff, null],
  getprotobyname: () => ['tcp'],
  getprotobynumber: () => [6],
  getaddrinfo: () => ['alpha', null, null, ref(null)],
  getnameinfo: () => [A_NAME, 16, text(), 100, null, 0, NI_NAMEREQD],
  WSACancelAsyncRequest: () => [4],
  WSALookupServiceBegin: () => [HOST, LUP_RETURN_ALL, ref(0)],
  WSALookupServiceNext: () => [4, 0, ref(10_000), []],
  WSALookupServiceEnd: () => [4],
  WSASetService: () => [HOST, RNRSERVICE_REGISTER, 0],
  WSAInstallServiceClass: () => [info(NOBODY)],
  WSARemoveServiceClass: () => [NOBODY],
  WSAGetServiceClassInfo: () => [NOBODY, NOBODY, ref(1000), []],
  WSAGetServiceClassNameByServiceClassId: () => [SVCID_TCP(80), text(), ref(100)],
  WSAEnumNameSpaceProviders: () => [ref(10_000), []],
  EnumProtocols: () => [null, [], ref(10_000)],
  GetAddressByName: () => [NS_ALL, SVCID_TCP(80), 'alpha', null, 0, null, [], ref(1000), null, null],
  GetService: () => [NS_DEFAULT, NOBODY, 'alpha', PROP_ALL, [], ref(10_000), null],
  SetService: () => [NS_DEFAULT, SERVICE_REGISTER, 0, SERVICE, null, ref(0)],
  GetTypeByName: () => ['nothing', ref('')],
};

/** How a code is brought about: by what the name space does, by other arguments, and by what was done before. */
interface Way {
  readonly nameSpace?: Partial<NameSpaceDefinition>;
  readonly args?: Readonly<Record<number, unknown>>;
  readonly before?: (ws2: Ws2_32, args: unknown[]) => void;
}

const says = (error: number): Way => ({ nameSpace: { lookup: (_question, answer) => answer.fail(error) } });
const given = (args: Way['args']): Way => ({ args });
const FOUND: Way['nameSpace'] = {
  lookup(_question, answer) {
    answer.found({ name: 'alpha', addresses: [A_NAME] });
    answer.done();
  },
};
const interrupted: Way = {
  nameSpace: { timeout: Infinity, lookup: () => undefined },
  before(ws2) {
    ws2.WSACleanup();
    ws2.WSAStartup(0x0101, {});
    ws2.WSASetBlockingHook(() => {
      ws2.WSACancelBlockingCall();
      return false;
    });
  },
};
const HOSTS = {
  WSAENETDOWN: says(WSAENETDOWN),
  WSAHOST_NOT_FOUND: says(WSAHOST_NOT_FOUND),
  WSATRY_AGAIN: says(WSATRY_AGAIN),
  WSANO_RECOVERY: says(WSANO_RECOVERY),
  WSANO_DATA: says(WSANO_DATA),
  WSAEINTR: interrupted,
};
const begun = (ws2: Ws2_32, args: unknown[]): void => {
  const handle = ref(0);
  ws2.WSALookupServiceBegin(HOST, LUP_RETURN_ALL, handle);
  args[0] = handle.value;
};
const refuses = (error: number): Way => ({
  nameSpace: {
    register: (_registration, answer) => answer.fail(error),
    installClass: (_info, answer) => answer.fail(error),
    removeClass: (_id, answer) => answer.fail(error),
    getClass: (_id, answer) => answer.fail(error),
  },
});

const WAYS: Readonly<Record<Name, Readonly<Record<string, Way>>>> = {
  gethostbyname: { ...HOSTS, WSAEFAULT: given({ 0: 5 }) },
  gethostbyaddr: { ...HOSTS, WSAEAFNOSUPPORT: given({ 2: 77 }), WSAEFAULT: given({ 0: null }) },
  gethostname: {
    WSAEFAULT: given({ 1: 1 }),
    WSAENETDOWN: {
      before(ws2) {
        const present: { NSProviderId: string }[] = [];
        ws2.WSAEnumNameSpaceProviders(ref(10_000), present as never);
        for (const { NSProviderId } of present) ws2.WSCEnableNSProvider(NSProviderId, false);
        // Seen by whoever starts from now on.
        ws2.WSACleanup();
        ws2.WSAStartup(0x0202, {});
      },
    },
  },
  getservbyname: { ...HOSTS, WSAEFAULT: given({ 0: null }) },
  getservbyport: { ...HOSTS, WSAEFAULT: given({ 0: 'x' }) },
  getprotobyname: { WSANO_DATA: given({ 0: 'nothing' }), WSAEFAULT: given({ 0: null }) },
  getprotobynumber: { WSANO_DATA: given({ 0: 999 }) },
  getaddrinfo: {
    ...HOSTS,
    WSAEINVAL: given({ 2: { ai_flags: 2 }, 0: null, 1: '80' }),
    WSAEAFNOSUPPORT: given({ 2: { ai_family: 77 } }),
    WSATYPE_NOT_FOUND: { ...says(WSASERVICE_NOT_FOUND), args: { 1: 'nothing' } },
    WSAESOCKTNOSUPPORT: given({ 2: { ai_socktype: 77 } }),
  },
  getnameinfo: {
    ...HOSTS,
    WSAEAFNOSUPPORT: given({ 0: Uint8Array.from({ length: 16 }, (_, at) => (at === 0 ? 77 : 0)) }),
    WSAEFAULT: given({ 1: 4 }),
  },
  WSACancelAsyncRequest: {
    WSAEINVAL: {},
    WSAEALREADY: {
      nameSpace: FOUND,
      before(ws2, args) {
        const hWnd = ws2.host.CreateWindow(() => 0);
        args[0] = ws2.WSAAsyncGetHostByName(hWnd, 0x400, 'alpha', new Uint8Array(1024), 1024);
        ws2.host.GetMessage(hWnd);
      },
    },
  },
  WSALookupServiceBegin: {
    WSANO_DATA: {
      ...says(WSANO_DATA),
      args: { 1: LUP_CONTAINERS },
      nameSpace: { looksUpAtBegin: true, lookup: (_q, answer) => answer.fail(WSANO_DATA) },
    },
    WSASERVICE_NOT_FOUND: given({ 0: { ...HOST, dwNameSpace: 99 } }),
    WSAEINVAL: given({ 0: { ...HOST, dwSize: 4 } }),
  },
  WSALookupServiceNext: {
    WSA_E_NO_MORE: {
      nameSpace: FOUND,
      before(ws2, args) {
        begun(ws2, args);
        while (ws2.WSALookupServiceNext(args[0] as number, 0, ref(10_000), []) === 0);
      },
    },
    WSA_E_CANCELLED: {
      nameSpace: { lookup: (_question, answer) => answer.fail(WSA_E_CANCELLED) },
      before: begun,
    },
    WSAEFAULT: { nameSpace: FOUND, before: begun, args: { 2: ref(4) } },
    WSA_INVALID_HANDLE: {},
    WSANO_DATA: { ...says(WSANO_DATA), before: begun },
    WSASERVICE_NOT_FOUND: { ...says(WSASERVICE_NOT_FOUND), before: begun },
  },
  WSALookupServiceEnd: { WSA_INVALID_HANDLE: {} },
  WSASetService: {
    WSAEACCES: refuses(WSAEACCES),
    WSAEINVAL: given({ 0: { ...HOST, dwSize: 4 } }),
    WSASERVICE_NOT_FOUND: refuses(WSASERVICE_NOT_FOUND),
  },
  WSAInstallServiceClass: {
    WSAEACCES: refuses(WSAEACCES),
    WSAEALREADY: refuses(WSAEALREADY),
    WSAEINVAL: given({ 0: info('x') }),
  },
  WSARemoveServiceClass: {
    WSATYPE_NOT_FOUND: refuses(WSATYPE_NOT_FOUND),
    WSAEACCES: refuses(WSAEACCES),
    WSAEINVAL: given({ 0: 'x' }),
  },
  WSAGetServiceClassInfo: {
    WSAEFAULT: given({ 2: null }),
    WSA_INVALID_PARAMETER: given({ 1: 'x' }),
    WSATYPE_NOT_FOUND: {
      ...refuses(WSATYPE_NOT_FOUND),
      before(ws2, args) {
        const present: { NSProviderId: string }[] = [];
        ws2.WSAEnumNameSpaceProviders(ref(10_000), present as never);
        args[0] = present.at(-1)!.NSProviderId;
      },
    },
  },
  WSAGetServiceClassNameByServiceClassId: {
    WSAEFAULT: given({ 2: ref(1) }),
    WSA_INVALID_PARAMETER: given({ 0: 'x' }),
  },
  WSAEnumNameSpaceProviders: { WSAEFAULT: given({ 0: ref(0) }) },
  EnumProtocols: { ERROR_INSUFFICIENT_BUFFER: given({ 2: ref(0) }) },
  GetAddressByName: { ERROR_INSUFFICIENT_BUFFER: { nameSpace: FOUND, args: { 7: ref(4) } } },
  GetService: {
    ERROR_INSUFFICIENT_BUFFER: { nameSpace: FOUND, args: { 5: ref(4) } },
    ERROR_SERVICE_NOT_FOUND: says(WSASERVICE_NOT_FOUND),
  },
  SetService: {
    ERROR_ALREADY_REGISTERED: { nameSpace: { ...FOUND, register: (_registration, answer) => answer.done() } },
  },
  GetTypeByName: { ERROR_SERVICE_DOES_NOT_EXIST: says(WSASERVICE_NOT_FOUND) },
};

const OWN_TABLE = 'protocols are in a table of WS2_32’s own: nobody is asked, and nothing waits';
const NO_MEMORY = 'what there is no memory for ends the program in JavaScript';

/** Codes that a function cannot come to, and why. */
const REASONS: Readonly<Partial<Record<Name, Readonly<Record<string, string>>>>> = {
  getservbyname: { WSAHOST_NOT_FOUND: 'a service that nobody knows is WSANO_DATA, as on Windows' },
  getservbyport: { WSAHOST_NOT_FOUND: 'a service that nobody knows is WSANO_DATA, as on Windows' },
  getprotobyname: {
    WSAENETDOWN: OWN_TABLE,
    WSAHOST_NOT_FOUND: OWN_TABLE,
    WSATRY_AGAIN: OWN_TABLE,
    WSANO_RECOVERY: OWN_TABLE,
    WSAEINTR: OWN_TABLE,
  },
  getprotobynumber: {
    WSAENETDOWN: OWN_TABLE,
    WSAHOST_NOT_FOUND: OWN_TABLE,
    WSATRY_AGAIN: OWN_TABLE,
    WSANO_RECOVERY: OWN_TABLE,
    WSAEINTR: OWN_TABLE,
  },
  getaddrinfo: { WSA_NOT_ENOUGH_MEMORY: NO_MEMORY },
  getnameinfo: { WSA_NOT_ENOUGH_MEMORY: NO_MEMORY },
  WSACancelAsyncRequest: { WSAENETDOWN: 'it asks no network' },
  WSALookupServiceBegin: { WSA_NOT_ENOUGH_MEMORY: NO_MEMORY },
};

/** Win32's codes among them. */
const WIN32: Readonly<Record<number, string>> = {
  122: 'ERROR_INSUFFICIENT_BUFFER',
  1060: 'ERROR_SERVICE_DOES_NOT_EXIST',
  1243: 'ERROR_SERVICE_NOT_FOUND',
  1242: 'ERROR_ALREADY_REGISTERED',
};

function outcome(name: Name, { nameSpace = {}, args = {}, before }: Way): string {
  const { ws2 } = withNameSpace({ lookup: (_question, answer) => answer.done(), ...nameSpace });
  const all = USUAL[name]().map((usual, at) => (at in args ? args[at] : usual));
  before?.(ws2, all);
  const result = (ws2[name] as (...all: unknown[]) => unknown)(...all);
  const isError = name === 'getaddrinfo' || name === 'getnameinfo';
  const failed = result === SOCKET_ERROR || result === null || (name === 'GetService' && result === 0);
  const code = isError ? (result as number) : failed ? ws2.WSAGetLastError() : 0;
  return WIN32[code] ?? winsockErrorName(code) ?? String(code);
}

const PAIRS = NAMES.flatMap((name) => DOCUMENTED[name].split(' ').map((code) => [name, code] as const));

describe('Each code of the pages', () => {
  test.each(PAIRS)('of %s: %s is brought about, or has a reason why not', (name, code) => {
    const reason = REASONS[name]?.[code];
    if (reason === undefined) expect(outcome(name, WAYS[name][code]!)).toBe(code);
    else expect(reason).not.toBe('');
  });
});
