// The table of name-functions.test.ts, for the functions that the specification does not have, or leaves to its annexes: GetAddrInfoEx,
// SetAddrInfoEx, WSANSPIoctl, and those that configure the catalog of name spaces and advertise providers.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createWs2_32,
  LUP_RETURN_ALL,
  NS_ALL,
  NS_DNS,
  NSP_NOTIFY_EVENT,
  ref,
  SIO_NSP_NOTIFY_CHANGE,
  sockaddr_in,
  SOCKET_ERROR,
  SVCID_INET_HOSTADDRBYNAME,
  winsockErrorName,
  WSAEACCES,
  WSAENETDOWN,
  WSAENOBUFS,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSAOVERLAPPED,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  type Ws2_32,
} from 'ws2spi';
import { defaultCatalog, FileCatalogStore, formatCatalog } from 'ws2spi/catalog';
import type { NameSpaceDefinition } from 'ws2spi/names';
import { withNameSpace } from '../../rooms/name-space/fixtures/name-spaces.js';
import { laterProvider } from '../../rooms/providers/namespaces/later-provider.js';
import { idOf, nameInstance } from '../../rooms/providers/namespaces/fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const INSTALL = 'WSAEFAULT WSAEACCES WSAEINVAL WSANO_RECOVERY WSASYSCALLFAILURE WSATRY_AGAIN WSA_NOT_ENOUGH_MEMORY';
const CHANGE = 'WSAEFAULT WSAEINVAL WSAEACCES WSANO_RECOVERY WSASYSCALLFAILURE WSATRY_AGAIN WSA_NOT_ENOUGH_MEMORY';

/** What is documented, and what these functions say beside it here; facts alone. */
const DOCUMENTED = {
  GetAddrInfoEx:
    'WSANOTINITIALISED WSA_NOT_ENOUGH_MEMORY WSAEAFNOSUPPORT WSAEINVAL WSAESOCKTNOSUPPORT WSAHOST_NOT_FOUND WSANO_DATA WSANO_RECOVERY WSASERVICE_NOT_FOUND WSATRY_AGAIN WSATYPE_NOT_FOUND WSAEFAULT WSAETIMEDOUT WSA_IO_PENDING',
  SetAddrInfoEx:
    'WSANOTINITIALISED WSATRY_AGAIN WSAEINVAL WSAENOBUFS WSANO_RECOVERY WSA_NOT_ENOUGH_MEMORY WSAEFAULT WSAEAFNOSUPPORT WSATYPE_NOT_FOUND WSASERVICE_NOT_FOUND WSAEACCES WSAETIMEDOUT WSA_IO_PENDING',
  GetAddrInfoExCancel: 'WSANOTINITIALISED WSA_INVALID_HANDLE',
  GetAddrInfoExOverlappedResult: 'WSAEINVAL WSAEINPROGRESS',
  WSANSPIoctl:
    'WSANOTINITIALISED WSA_INVALID_HANDLE WSA_IO_PENDING WSAEFAULT WSAEINVAL WSAENETDOWN WSAEOPNOTSUPP WSAEWOULDBLOCK WSA_E_CANCELLED',
  WSAEnumNameSpaceProvidersEx: 'WSANOTINITIALISED WSAEFAULT WSA_NOT_ENOUGH_MEMORY',
  WSCInstallNameSpace: INSTALL,
  WSCInstallNameSpaceEx: INSTALL,
  WSCUnInstallNameSpace: CHANGE,
  WSCEnableNSProvider: CHANGE,
  WSCWriteNameSpaceOrder: CHANGE,
  WSAAdvertiseProvider: 'WSANOTINITIALISED WSAEINVAL WSAEINVALIDPROVIDER WSAEFAULT WSA_NOT_ENOUGH_MEMORY',
  WSAUnadvertiseProvider: 'WSAEINVAL',
  WSAProviderCompleteAsyncCall: 'WSANOTINITIALISED WSAEINVAL WSAEFAULT WSA_NOT_ENOUGH_MEMORY',
} as const;

type Name = keyof typeof DOCUMENTED & keyof Ws2_32;
const NAMES = Object.keys(DOCUMENTED) as Name[];

const NOBODY = '11111111-2222-3333-4444-555555555555';
const A_NAME = sockaddr_in('10.0.0.1', 80);
const AN_ADDRESS = { lpSockaddr: A_NAME, iSockaddrLength: 16 };
const SOON = { tv_sec: 0, tv_usec: 1000 };
const ROUTINES = {
  NSPv2LookupServiceBegin: () => 0,
  NSPv2LookupServiceNextEx: () => undefined,
  NSPv2LookupServiceEnd: () => 0,
};

/** Each function, called well; a way changes some of these arguments, by their places. */
const USUAL: Readonly<Record<Name, () => unknown[]>> = {
  GetAddrInfoEx: () => ['alpha', null, NS_ALL, null, null, ref(null), null, null, null, null],
  SetAddrInfoEx: () => ['alpha', null, [AN_ADDRESS], 1, null, 0, NS_ALL, null, null, null, null, null],
  GetAddrInfoExCancel: () => [ref(4)],
  GetAddrInfoExOverlappedResult: () => [null],
  WSANSPIoctl: () => [4, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, ref(0), null],
  WSAEnumNameSpaceProvidersEx: () => [ref(10_000), []],
  WSCInstallNameSpace: () => ['new', 'di:new', NS_DNS, 1, NOBODY],
  WSCInstallNameSpaceEx: () => ['new', 'di:new', NS_DNS, 1, NOBODY, null],
  WSCUnInstallNameSpace: () => [NOBODY],
  WSCEnableNSProvider: () => [NOBODY, false],
  WSCWriteNameSpaceOrder: () => [[NOBODY], 1],
  WSAAdvertiseProvider: () => [NOBODY, { ...ROUTINES }],
  WSAUnadvertiseProvider: () => [NOBODY],
  WSAProviderCompleteAsyncCall: () => [4, 0],
};

/** How a code is brought about: by the name space, by other arguments, by what was done before. */
interface Way {
  readonly nameSpace?: Partial<NameSpaceDefinition>;
  readonly args?: Readonly<Record<number, unknown>>;
  readonly before?: (ws2: Ws2_32, args: unknown[]) => void;
  /** The instance, in place of one with a name space. */
  readonly on?: () => Ws2_32;
}

const given = (args: Way['args']): Way => ({ args });
const says = (error: number): Way => ({ nameSpace: { lookup: (_question, answer) => answer.fail(error) } });
const refuses = (error: number): Way => ({
  nameSpace: { register: (_registration, answer) => answer.fail(error) },
});
const SILENT: Partial<NameSpaceDefinition> = { lookup: () => undefined, register: () => undefined };
const unstarted: Way = { before: (ws2) => ws2.WSACleanup() };

function begun(ws2: Ws2_32, args: unknown[]): void {
  const present: { NSProviderId: string }[] = [];
  ws2.WSAEnumNameSpaceProviders(ref(10_000), present as never);
  const handle = ref(0);
  const asked = {
    dwSize: WSAQUERYSETW.size,
    lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
    lpszServiceInstanceName: 'alpha',
    lpNSProviderId: present.at(-1)!.NSProviderId,
  };
  expect(ws2.WSALookupServiceBegin(asked, LUP_RETURN_ALL, handle)).toBe(0);
  args[0] = handle.value;
}

/** A provider of version 2 whose NSPIoctl fails with an error. */
const ioctlFails = (error: number): Way => ({
  before: begun,
  on() {
    const later = laterProvider([], 0);
    const { ws2 } = nameInstance([{ name: 'the one', module: {} }]);
    const NSPIoctl = (): number => {
      later.host.setLastError(error);
      return SOCKET_ERROR;
    };
    expect(ws2.WSAAdvertiseProvider(idOf(0), { ...later.routines, NSPIoctl })).toBe(0);
    return ws2;
  },
});

/** A name space whose answers may be watched, and do not change. */
const WATCHED: Partial<NameSpaceDefinition> = {
  lookup: (_question, answer) => answer.done(),
  watch: () => () => undefined,
};
const AN_EVENT = { Type: NSP_NOTIFY_EVENT, Parameters: { Event: { lpOverlapped: new WSAOVERLAPPED() } } };

/** An instance whose catalog is a file. */
function onFile(path: string): Ws2_32 {
  const ws2 = createWs2_32({ catalog: new FileCatalogStore(path, { lockTimeout: 0 }) });
  onTestFinished(() => ws2[Symbol.dispose]());
  ws2.WSAStartup(0x0202, {});
  return ws2;
}

/** The same, where something is done to the file before the call. */
const inFile = (arrange: (file: string) => void): Pick<Way, 'on' | 'before'> => {
  let path = '';
  return {
    on() {
      path = join(temporaryFolder(), 'catalog.json');
      writeFileSync(path, formatCatalog(defaultCatalog('memory')), { mode: 0o600 });
      return onFile(path);
    },
    before: () => arrange(path),
  };
};

/** What befalls any change of the catalog. */
function changes(args: Readonly<Record<string, Way['args']>>): Readonly<Record<string, Way>> {
  const wrong = Object.fromEntries(Object.entries(args).map(([code, those]) => [code, given(those)]));
  return {
    ...wrong,
    WSANO_RECOVERY: inFile((path) => writeFileSync(path, '{"cut', { mode: 0o600 })),
    // Who has just made it is about to say whose it is.
    WSATRY_AGAIN: inFile((path) => writeFileSync(`${path}.lock`, '')),
    // Nobody may write there, whoever runs this; and nothing can be made here.
    WSAEACCES: { on: () => onFile('/sys/ws2spi-catalog.json') },
    WSASYSCALLFAILURE: { on: () => onFile('/proc/ws2spi-catalog.json') },
  };
}

const present: Way['before'] = (ws2, args) => {
  const all: { NSProviderId: string }[] = [];
  ws2.WSAEnumNameSpaceProviders(ref(10_000), all as never);
  args[0] = Array.isArray(args[0]) ? all.map(({ NSProviderId }) => NSProviderId) : all[0]!.NSProviderId;
  if (Array.isArray(args[0])) args[1] = all.length;
};
const installing = changes({ WSAEFAULT: { 0: 5 }, WSAEINVAL: { 4: 'nobody' } });
/** The same, of what is in the catalog. */
const changing = (wrong: Parameters<typeof changes>[0]): Readonly<Record<string, Way>> =>
  Object.fromEntries(
    Object.entries(changes(wrong)).map(([code, way]) => [
      code,
      code in wrong
        ? way
        : {
            ...way,
            before(ws2: Ws2_32, args: unknown[]) {
              present(ws2, args);
              way.before?.(ws2, args);
            },
          },
    ]),
  );

const WAYS: Readonly<Record<Name, Readonly<Record<string, Way>>>> = {
  GetAddrInfoEx: {
    WSANOTINITIALISED: unstarted,
    WSAEAFNOSUPPORT: given({ 4: { ai_family: 77 } }),
    WSAEINVAL: given({ 3: 'nobody' }),
    WSAESOCKTNOSUPPORT: given({ 4: { ai_socktype: 77 } }),
    WSAHOST_NOT_FOUND: says(WSAHOST_NOT_FOUND),
    WSANO_DATA: says(WSANO_DATA),
    WSANO_RECOVERY: says(WSANO_RECOVERY),
    WSASERVICE_NOT_FOUND: given({ 2: 99 }),
    WSATRY_AGAIN: says(WSATRY_AGAIN),
    WSATYPE_NOT_FOUND: { ...says(WSASERVICE_NOT_FOUND), args: { 1: 'nothing' } },
    WSAEFAULT: given({ 5: null }),
    WSAETIMEDOUT: { nameSpace: SILENT, args: { 6: SOON } },
    WSA_IO_PENDING: { nameSpace: SILENT, args: { 7: new WSAOVERLAPPED() } },
  },
  SetAddrInfoEx: {
    WSANOTINITIALISED: unstarted,
    WSATRY_AGAIN: refuses(WSATRY_AGAIN),
    WSAEINVAL: given({ 0: null }),
    WSAENOBUFS: refuses(WSAENOBUFS),
    WSANO_RECOVERY: refuses(WSANO_RECOVERY),
    WSAEFAULT: given({ 2: 5 }),
    WSAEAFNOSUPPORT: given({ 2: [{ lpSockaddr: new Uint8Array(16).fill(77), iSockaddrLength: 16 }] }),
    WSATYPE_NOT_FOUND: { ...says(WSASERVICE_NOT_FOUND), args: { 1: 'nothing' } },
    WSASERVICE_NOT_FOUND: given({ 6: 99 }),
    WSAEACCES: refuses(WSAEACCES),
    WSAETIMEDOUT: { nameSpace: SILENT, args: { 8: SOON } },
    WSA_IO_PENDING: { nameSpace: SILENT, args: { 9: new WSAOVERLAPPED() } },
  },
  GetAddrInfoExCancel: { WSANOTINITIALISED: unstarted, WSA_INVALID_HANDLE: {} },
  GetAddrInfoExOverlappedResult: {
    WSAEINVAL: {},
    WSAEINPROGRESS: {
      nameSpace: SILENT,
      before(ws2, args) {
        args[0] = new WSAOVERLAPPED();
        ws2.GetAddrInfoEx('alpha', null, NS_ALL, null, null, ref(null), null, args[0] as WSAOVERLAPPED, null, null);
      },
    },
  },
  WSANSPIoctl: {
    WSANOTINITIALISED: unstarted,
    WSA_INVALID_HANDLE: {},
    WSA_IO_PENDING: { nameSpace: WATCHED, before: begun, args: { 7: AN_EVENT } },
    WSAEFAULT: { nameSpace: WATCHED, before: begun, args: { 3: 5 } },
    WSAEINVAL: { nameSpace: WATCHED, before: begun, args: { 7: { Type: 77 } } },
    WSAENETDOWN: ioctlFails(WSAENETDOWN),
    WSAEOPNOTSUPP: { before: begun },
    WSAEWOULDBLOCK: { nameSpace: WATCHED, before: begun },
    WSA_E_CANCELLED: {
      ...ioctlFails(WSAENETDOWN),
      before(ws2, args) {
        begun(ws2, args);
        ws2.WSAUnadvertiseProvider(idOf(0));
      },
    },
  },
  WSAEnumNameSpaceProvidersEx: { WSANOTINITIALISED: unstarted, WSAEFAULT: given({ 0: ref(0) }) },
  WSCInstallNameSpace: installing,
  WSCInstallNameSpaceEx: installing,
  WSCUnInstallNameSpace: changing({ WSAEFAULT: { 0: 5 }, WSAEINVAL: { 0: NOBODY } }),
  WSCEnableNSProvider: changing({ WSAEFAULT: { 0: 5 }, WSAEINVAL: { 0: NOBODY } }),
  WSCWriteNameSpaceOrder: changing({ WSAEFAULT: { 0: null }, WSAEINVAL: { 0: [NOBODY] } }),
  WSAAdvertiseProvider: {
    WSANOTINITIALISED: unstarted,
    WSAEINVAL: given({ 1: {} }),
    WSAEINVALIDPROVIDER: {},
  },
  WSAUnadvertiseProvider: { WSAEINVAL: {} },
  WSAProviderCompleteAsyncCall: { WSANOTINITIALISED: unstarted, WSAEINVAL: {} },
};

const NO_MEMORY = 'what there is no memory for ends the program in JavaScript';
const NO_POINTERS =
  'what is no pointer is WSAEINVAL here: a GUID that is none, a table that is none, a handle of no call';

/** Codes that a function cannot come to, and why. */
const REASONS: Readonly<Partial<Record<Name, Readonly<Record<string, string>>>>> = {
  WSAAdvertiseProvider: { WSAEFAULT: NO_POINTERS },
  WSAProviderCompleteAsyncCall: { WSAEFAULT: NO_POINTERS },
};

/** Those that return their error, whatever the last error is. */
const RETURN_ERRORS: ReadonlySet<string> = new Set([
  'GetAddrInfoEx',
  'SetAddrInfoEx',
  'GetAddrInfoExCancel',
  'GetAddrInfoExOverlappedResult',
  'WSCWriteNameSpaceOrder',
]);

function outcome(name: Name, { nameSpace = {}, args = {}, before, on }: Way): string {
  const ws2 = on?.() ?? withNameSpace({ lookup: (_question, answer) => answer.done(), ...nameSpace }).ws2;
  const all = USUAL[name]().map((usual, at) => (at in args ? args[at] : usual));
  before?.(ws2, all);
  const result = (ws2[name] as (...all: unknown[]) => number)(...all);
  const code = RETURN_ERRORS.has(name) ? result : result === SOCKET_ERROR ? ws2.WSAGetLastError() : 0;
  return winsockErrorName(code) ?? String(code);
}

const PAIRS = NAMES.flatMap((name) => DOCUMENTED[name].split(' ').map((code) => [name, code] as const));

describe('Each code of the later functions of names', () => {
  test.for(PAIRS)('of %s: %s is brought about, or has a reason why not', ([name, code], { skip }) => {
    const isOfFiles = ['WSAEACCES', 'WSASYSCALLFAILURE'].includes(code) && name.startsWith('WSC');
    if (isOfFiles && process.platform !== 'linux') skip('its folders are those of Linux');
    const reason = code === 'WSA_NOT_ENOUGH_MEMORY' ? NO_MEMORY : REASONS[name]?.[code];
    if (reason === undefined) expect(outcome(name, WAYS[name][code]!)).toBe(code);
    else expect(reason).not.toBe('');
  });
});
