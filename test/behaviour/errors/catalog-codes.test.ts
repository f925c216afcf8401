// Every code that is documented for a function of the catalog's categories and chains is brought about, or has a reason
// why it cannot be; and nothing is changed by a call that fails.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Container } from 'inversify';
import { createWs2_32, LSP_FIREWALL, ref, XP1_IFS_HANDLES, type Ws2_32 } from 'ws2spi';
import { FileCatalogStore, formatCatalog, type CatalogStore } from 'ws2spi/catalog';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { guidOf, internetCatalog } from '../../rooms/catalog/helpers.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { numberOf } from './condition.js';

type Arguments = Record<string, unknown>;

interface Way {
  readonly code: string;
  readonly when: string;
  /** What replaces arguments. */
  readonly change?: () => Arguments;
  /** What is done to the catalog before; the call is made within `during`, if that is given. */
  readonly arrange?: () => void;
  readonly during?: (call: () => void) => void;
}

interface CatalogFunction {
  readonly name: keyof Ws2_32;
  readonly codes: string;
  readonly good: () => Arguments;
  readonly ways: readonly Way[];
}

let file: string;
let app: string;
let store: CatalogStore;

beforeEach(() => {
  const folder = temporaryFolder();
  file = join(folder, 'catalog.json');
  app = join(folder, 'app.mjs');
  writeFileSync(app, '');
  const data = internetCatalog();
  const layer = structuredClone(data.protocols[0]!);
  Object.assign(layer.entry, { ProviderId: guidOf(1), dwCatalogEntryId: 1007, szProtocol: 'layer' });
  layer.entry.ProtocolChain = { ChainLen: 0, ChainEntries: [] };
  data.protocols.push(layer);
  data.categories = { applications: [{ path: app, permitted: LSP_FIREWALL }] };
  data.nextCatalogEntryId = 1008;
  writeFileSync(file, formatCatalog(data), { mode: 0o600 });
  store = new FileCatalogStore(file, { lockTimeout: 0 });
});

const damaged = (): void => writeFileSync(file, '{"cut', { mode: 0o600 });
const locked = (call: () => void): void => {
  new FileCatalogStore(file).update(() => {
    call();
    return 1;
  });
};
/** Of every function that reads or changes the catalog. */
const DAMAGE: Way = { code: 'WSANO_RECOVERY', when: 'for a catalog that is damaged', arrange: damaged };
const bad = (...names: string[]): Way[] =>
  names.map((name) => ({ code: 'WSAEFAULT', when: `for a bad ${name}`, change: () => ({ [name]: Symbol(name) }) }));

const guids = (taken?: string): Way[] => [
  { code: 'WSAEINVAL', when: 'for a malformed GUID', change: () => ({ lpProviderId: '{nobody}' }) },
  ...(taken === undefined
    ? []
    : [{ code: 'WSAEINVAL', when: 'for a GUID that is taken', change: () => ({ lpProviderId: taken }) }]),
];

const CHAINS = 'WSAEFAULT WSAEINPROGRESS WSAEINVAL WSAEINVALIDPROCTABLE WSAENOBUFS WSANO_RECOVERY WSASYSCALLFAILURE';

const chains = (name: 'WSCInstallProviderAndChains' | 'WSCInstallProviderAndChains64_32'): CatalogFunction => ({
  name,
  codes: CHAINS,
  good: () => ({
    lpProviderId: guidOf(2),
    lpszProviderDllPath: 'di:layers/trace',
    ...(name.endsWith('32') ? { lpszProviderDllPath32: 'di:layers/trace' } : {}),
    lpszLspName: 'new',
    dwServiceFlags: XP1_IFS_HANDLES,
    lpProtocolInfoList: null,
    dwNumberOfEntries: 0,
    lpdwCatalogEntryId: ref(0),
  }),
  ways: [
    DAMAGE,
    ...bad('lpszProviderDllPath', 'lpszLspName', 'dwServiceFlags', 'lpProtocolInfoList', 'lpdwCatalogEntryId'),
    ...guids(guidOf(1)),
    { code: 'WSAEINVAL', when: 'without a GUID', change: () => ({ lpProviderId: null }) },
    { code: 'WSAEINVAL', when: 'for a path too long', change: () => ({ lpszProviderDllPath: 'x'.repeat(261) }) },
    { code: 'WSAEINVAL', when: 'for a name that is taken', change: () => ({ lpszLspName: 'layer' }) },
    { code: 'WSAEINVAL', when: 'for no entries', change: () => ({ lpProtocolInfoList: [] }) },
    { code: 'WSAEINPROGRESS', when: 'while somebody else changes the catalog', during: locked },
    {
      code: 'WSAEINVALIDPROCTABLE',
      when: 'for a provider without functions',
      change: () => ({ lpszProviderDllPath: 'di:bare' }),
    },
    {
      code: 'WSASYSCALLFAILURE',
      when: 'for a provider that fails to start',
      change: () => ({ lpszProviderDllPath: 'di:failing' }),
    },
    {
      code: 'WSANO_RECOVERY',
      when: 'without a base protocol',
      arrange: () => {
        store.update((draft) => {
          draft.protocols = draft.protocols.slice(-1);
          return 0;
        });
      },
    },
  ],
});

const GET_INFO =
  'ERROR_CALL_NOT_IMPLEMENTED WSAEFAULT WSAEINVAL WSAEINVALIDPROVIDER WSANO_RECOVERY WSA_NOT_ENOUGH_MEMORY';
const KINDS: Way[] = [
  { code: 'ERROR_CALL_NOT_IMPLEMENTED', when: 'for an audit record', change: () => ({ InfoType: 1 }) },
  { code: 'WSAEINVAL', when: 'for another kind of information', change: () => ({ InfoType: 7 }) },
  { code: 'WSAEINVAL', when: 'with flags', change: () => ({ Flags: 1 }) },
];
const setInfo = (name: 'WSCSetProviderInfo' | 'WSCSetProviderInfo32'): CatalogFunction => ({
  name,
  codes: 'ERROR_CALL_NOT_IMPLEMENTED WSAEFAULT WSAEINVAL WSANO_RECOVERY WSA_NOT_ENOUGH_MEMORY',
  good: () => ({ lpProviderId: guidOf(1), InfoType: 0, Info: Uint8Array.of(8, 0, 0, 0), InfoSize: 4, Flags: 0 }),
  ways: [
    DAMAGE,
    ...KINDS,
    ...bad('lpProviderId', 'InfoType', 'Info', 'InfoSize', 'Flags'),
    ...guids(),
    { code: 'WSAEINVAL', when: 'for a provider that is not installed', change: () => ({ lpProviderId: guidOf(9) }) },
    { code: 'WSAEINVAL', when: 'for another size', change: () => ({ InfoSize: 2 }) },
  ],
});
const getInfo = (name: 'WSCGetProviderInfo' | 'WSCGetProviderInfo32'): CatalogFunction => ({
  name,
  codes: GET_INFO,
  good: () => ({ lpProviderId: guidOf(1), InfoType: 0, Info: new Uint8Array(4), InfoSize: ref(4), Flags: 0 }),
  ways: [
    DAMAGE,
    ...KINDS,
    ...bad('lpProviderId', 'InfoType', 'Info', 'InfoSize', 'Flags'),
    ...guids(),
    { code: 'WSAEFAULT', when: 'for too little room', change: () => ({ InfoSize: ref(3) }) },
    { code: 'WSAEINVALIDPROVIDER', when: 'for one that is not installed', change: () => ({ lpProviderId: guidOf(9) }) },
  ],
});

const program = (): Arguments => ({ Path: app, PathLength: app.length, Extra: null, ExtraLength: 0 });
const PROGRAMS: Way[] = [
  DAMAGE,
  ...bad('Path', 'PathLength', 'Extra'),
  { code: 'WSAEFAULT', when: 'for a length beyond the path', change: () => ({ PathLength: 10_000 }) },
  { code: 'WSAEINVAL', when: 'without a path', change: () => ({ Path: null }) },
  { code: 'WSAEINVAL', when: 'for an empty path', change: () => ({ PathLength: 0 }) },
  { code: 'WSAEINVAL', when: 'for a relative path', change: () => ({ Path: 'app.mjs', PathLength: 7 }) },
  {
    code: 'WSAEINVAL',
    when: 'for a path too long',
    change: () => ({ Path: `/${'x'.repeat(4096)}`, PathLength: 4097 }),
  },
];

const FUNCTIONS: readonly CatalogFunction[] = [
  chains('WSCInstallProviderAndChains'),
  chains('WSCInstallProviderAndChains64_32'),
  setInfo('WSCSetProviderInfo'),
  setInfo('WSCSetProviderInfo32'),
  getInfo('WSCGetProviderInfo'),
  getInfo('WSCGetProviderInfo32'),
  {
    name: 'WSCSetApplicationCategory',
    codes: 'WSAEFAULT WSAEINVAL WSANO_RECOVERY',
    good: () => ({ ...program(), PermittedLspCategories: 3, pPrevPermLspCat: ref(0) }),
    ways: [
      ...PROGRAMS,
      ...bad('PermittedLspCategories', 'pPrevPermLspCat'),
      { code: 'WSAEINVAL', when: 'for a file that is missing', change: () => ({ Path: '/gone.mjs', PathLength: 9 }) },
    ],
  },
  {
    name: 'WSCGetApplicationCategory',
    codes: 'WSAEFAULT WSAEINVAL WSASERVICE_NOT_FOUND WSANO_RECOVERY',
    good: () => ({ ...program(), pPermittedLspCategories: ref(0) }),
    ways: [
      ...PROGRAMS,
      ...bad('pPermittedLspCategories'),
      {
        code: 'WSASERVICE_NOT_FOUND',
        when: 'for a program of which nothing is said',
        change: () => ({ Path: '/gone.mjs', PathLength: 9 }),
      },
    ],
  },
];

/** Codes that cannot be brought about. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  WSAENOBUFS: 'there is no buffer that could be too small',
  WSA_NOT_ENOUGH_MEMORY: 'a lack of memory ends the process',
};

describe.each(FUNCTIONS)('$name', ({ name, codes, good, ways }) => {
  const call = (changes: Arguments = {}): { result: number; code: number } => {
    const container = new Container();
    container.bind('di:bare').toConstantValue({ nothing: true });
    container.bind('di:failing').toConstantValue({ WSPStartup: () => 10107 });
    using ws2 = createWs2_32({ catalog: store, container });
    ws2.on('defect', () => undefined);
    const lpErrno = ref(0);
    const does = ws2[name] as (...args: unknown[]) => number;
    const result = does(...Object.values({ ...good(), ...changes }), lpErrno);
    return { result, code: lpErrno.value };
  };

  it('succeeds with good arguments', () => {
    expect(call()).toEqual({ result: 0, code: 0 });
  });

  it('returns SOCKET_ERROR where there is no room for the error', () => {
    using ws2 = createWs2_32({ catalog: store });
    ws2.on('defect', () => undefined);
    const does = ws2[name] as (...args: unknown[]) => number;
    expect(
      does(...Object.values({ ...good(), ...ways.find(({ change }) => change !== undefined)!.change!() }), null),
    ).toBe(-1);
  });

  test.each(ways)('$code $when', ({ code, change, arrange, during = (made) => made() }) => {
    arrange?.();
    const before = new FileCatalogStore(file);
    const serial = before.serial();
    let outcome: ReturnType<typeof call> | undefined;
    during(() => (outcome = call(change?.())));
    expect(outcome).toEqual({ result: -1, code: numberOf(code) });
    expect(new FileCatalogStore(file).serial()).toBe(serial);
  });

  it('has a way to each of its documented codes, or a reason why there is none', () => {
    const without = codes.split(' ').filter((code) => !ways.some((way) => way.code === code));
    expect(without.filter((code) => EXCEPTIONS[code] === undefined)).toEqual([]);
  });
});
