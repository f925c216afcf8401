// Categories of layers, and what programs permit.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  AF_INET,
  createWs2_32,
  INVALID_SOCKET,
  IPPROTO_TCP,
  LSP_CRYPTO_COMPRESS,
  LSP_FIREWALL,
  LSP_INSPECTOR,
  LSP_SYSTEM,
  ProviderInfoAudit,
  ProviderInfoLspCategories,
  ref,
  SOCK_STREAM,
  ERROR_CALL_NOT_IMPLEMENTED,
  WSAEFAULT,
  WSAEINVAL,
  WSAEINVALIDPROVIDER,
  WSAENOTSOCK,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
  type Ws2_32,
} from 'ws2spi';
import {
  defaultCatalog,
  FileCatalogStore,
  formatCatalog,
  InstanceCatalog,
  isPermitted,
  mainProgram,
  MemoryCatalogStore,
  parseCatalog,
  repairData,
  verifyCatalog,
  type CatalogData,
} from 'ws2spi/catalog';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { chain, entryLike, guidOf, LAYER, temporaryFolder } from './helpers.js';

const DIST = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
const PROGRAM = fileURLToPath(new URL('fixtures/which-chain.mjs', import.meta.url));
const SYSTEM_FIREWALL_CRYPTO = (LSP_SYSTEM | LSP_FIREWALL | LSP_CRYPTO_COMPRESS) >>> 0;

describe('A layer is loaded into a program', () => {
  // Layered providers, section 5.7.
  it.each([
    ['SYSTEM+FIREWALL+CRYPTO', SYSTEM_FIREWALL_CRYPTO, 'SYSTEM', LSP_SYSTEM, true],
    ['SYSTEM+FIREWALL+CRYPTO', SYSTEM_FIREWALL_CRYPTO, 'nothing', 0, false],
    ['SYSTEM+FIREWALL+CRYPTO', SYSTEM_FIREWALL_CRYPTO, 'FIREWALL', LSP_FIREWALL, false],
    [
      'SYSTEM+FIREWALL+CRYPTO',
      SYSTEM_FIREWALL_CRYPTO,
      'all and INSPECTOR',
      SYSTEM_FIREWALL_CRYPTO | LSP_INSPECTOR,
      false,
    ],
    ['FIREWALL+CRYPTO', LSP_FIREWALL | LSP_CRYPTO_COMPRESS, 'SYSTEM', LSP_SYSTEM, false],
    ['FIREWALL+CRYPTO', LSP_FIREWALL | LSP_CRYPTO_COMPRESS, 'nothing', 0, false],
    ['FIREWALL+CRYPTO', LSP_FIREWALL | LSP_CRYPTO_COMPRESS, 'FIREWALL', LSP_FIREWALL, true],
    ['FIREWALL+CRYPTO', LSP_FIREWALL | LSP_CRYPTO_COMPRESS, 'more', SYSTEM_FIREWALL_CRYPTO | LSP_INSPECTOR, false],
    ['nothing', 0, 'nothing', 0, true],
    ['nothing', 0, 'anything', LSP_INSPECTOR, true],
  ])('that permits %s (%d), being of %s (%d): %s', (_permits, permitted, _is, categories, loaded) => {
    expect(isPermitted(permitted, categories >>> 0)).toBe(loaded);
  });
});

// "outer over inner over TCP", "inner over TCP", TCP, in this order; layers 2001 (inner) and 2002 (outer).
function twoLayers(): CatalogData {
  const data = defaultCatalog('memory');
  const base = data.protocols[0]!;
  const like = (members: object) => ({
    path: 'di:layers/trace',
    entry: { ...structuredClone(base.entry), ...members },
  });
  const layer = (n: number, szProtocol: string) =>
    like({ dwCatalogEntryId: 2000 + n, ProviderId: guidOf(n), ProtocolChain: LAYER, szProtocol });
  const over = (n: number, szProtocol: string, ...ids: number[]) =>
    like({ dwCatalogEntryId: 2000 + n, ProviderId: guidOf(n), ProtocolChain: chain(...ids), szProtocol });
  data.protocols.unshift(
    over(4, 'outer over inner', 2002, 2003, 1001),
    over(3, 'inner', 2001, 1001),
    layer(1, 'the layer inner'),
    layer(2, 'the layer outer'),
  );
  return data;
}

const categorised = (inner: number, outer: number, extra: Partial<CatalogData> = {}): CatalogData => ({
  ...twoLayers(),
  categories: {
    providers: [
      { provider: guidOf(1).toLowerCase(), categories: inner },
      { provider: guidOf(2), categories: outer },
    ],
    applications: [{ path: '/app.mjs', permitted: LSP_FIREWALL | LSP_INSPECTOR }],
  },
  ...extra,
});

function instanceCatalog(data: CatalogData, path = '/app.mjs', extra = ''): InstanceCatalog {
  const catalog = new InstanceCatalog(new MemoryCatalogStore(data), false, () => ({ path, extra }));
  expect(catalog.refresh()).toBe(0);
  catalog.settlePermitted();
  return catalog;
}

const chosen = (catalog: InstanceCatalog): string | number => {
  const { entry, error } = catalog.match(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  return entry?.szProtocol ?? error!;
};

describe('What a program does not permit is left out, and the next entry that fits is taken', () => {
  it.each([
    ['both layers permitted', LSP_FIREWALL, LSP_INSPECTOR, 'outer over inner'],
    ['the outer one not permitted', LSP_FIREWALL, LSP_CRYPTO_COMPRESS, 'inner'],
    [
      'the inner one not permitted, which the outer would load',
      LSP_CRYPTO_COMPRESS,
      LSP_FIREWALL,
      'ws2spi Memory [TCP/IP]',
    ],
    ['neither of a category', 0, 0, 'ws2spi Memory [TCP/IP]'],
  ])('%s', (_what, inner, outer, name) => {
    const catalog = instanceCatalog(categorised(inner, outer));
    expect(chosen(catalog)).toBe(name);
    const shown = catalog.visibleEntries().map(({ szProtocol }) => szProtocol);
    expect(shown[0]).toBe(name);
  });

  it('for that program alone, and with the arguments that are named', () => {
    const data = categorised(LSP_FIREWALL, LSP_CRYPTO_COMPRESS);
    expect(chosen(instanceCatalog(data, '/other.mjs'))).toBe('outer over inner');
    data.categories!.applications!.push({ path: '/app.mjs', extra: '--all', permitted: 0 });
    expect(chosen(instanceCatalog(data, '/app.mjs', '--all'))).toBe('outer over inner');
    expect(chosen(instanceCatalog(data, '/app.mjs', '--some'))).toBe('inner');
  });

  it('by the categories of the layer’s own entry, not those of its chains', () => {
    const data = categorised(0, 0);
    data.categories!.providers!.push({ provider: guidOf(3), categories: LSP_FIREWALL });
    expect(chosen(instanceCatalog(data))).toBe('ws2spi Memory [TCP/IP]');
  });

  it('but a chain that is broken is refused, not gone around', () => {
    const data = categorised(LSP_CRYPTO_COMPRESS, LSP_CRYPTO_COMPRESS);
    data.protocols = data.protocols.filter(({ entry }) => entry.dwCatalogEntryId !== 2002);
    expect(chosen(instanceCatalog(data))).toBe(WSAEINVALIDPROVIDER);
  });

  it('and what the instance itself added stays', () => {
    const catalog = instanceCatalog(categorised(0, 0));
    const own = entryLike({ szProtocol: 'own', ProtocolChain: chain(2001, 1001) });
    const [added] = catalog.addTransient([{ path: 'di:own', entry: own }]);
    expect(catalog.isLeftOut(added!)).toBe(false);
    expect(catalog.visibleEntries()).toContain(added);
  });

  it('is not looked up again by later startups', () => {
    const store = new MemoryCatalogStore(categorised(LSP_FIREWALL, LSP_INSPECTOR));
    const catalog = new InstanceCatalog(store, false, () => ({ path: '/app.mjs', extra: '' }));
    catalog.refresh();
    catalog.settlePermitted();
    store.update((draft) => {
      draft.categories!.applications![0]!.permitted = LSP_CRYPTO_COMPRESS;
      return 0;
    });
    catalog.refresh();
    catalog.settlePermitted();
    expect(chosen(catalog)).toBe('outer over inner');
  });
});

describe('Damage', () => {
  const damaged = (categories: unknown): CatalogData => {
    const data = { ...twoLayers(), categories };
    return parseCatalog(JSON.stringify(data), '/c.json');
  };

  it.each([
    [5, /cannot be used: categories is 5/],
    [{ providers: 'x' }, /categories\.providers is "x", but should be an array/],
    [{ applications: {} }, /categories\.applications is \{\}, but should be an array/],
  ])('of categories as a whole, %j, is damage of the file', (categories, message) => {
    expect(() => damaged(categories)).toThrow(message);
  });

  it('of a row is named by its path within the file, and repair drops the row', () => {
    const data = damaged({
      providers: [
        { provider: guidOf(1), categories: 1 },
        { provider: 'nobody', categories: 1 },
        { provider: guidOf(2), categories: -1 },
        { provider: guidOf(1).toLowerCase(), categories: 2 },
      ],
      applications: [
        7,
        null,
        { path: '', permitted: 1 },
        { path: '/a', permitted: 2 ** 32 },
        { path: '/a', permitted: 1 },
      ],
      later: 'kept',
    });
    const messages = verifyCatalog(data, '/c.json')
      .map(({ message }) => message)
      .filter((each) => each.includes('categories'));
    expect(messages).toEqual([
      expect.stringMatching(
        /^catalog \/c\.json: categories\.providers\[1\]\.provider is "nobody", but should be a GUID/,
      ),
      expect.stringMatching(
        /categories\.providers\[2\]\.categories is -1, but should be a whole number from 0 to 4294967295/,
      ),
      expect.stringMatching(/categories\.providers\[3\] is for the same as categories\.providers\[0\] before it/),
      expect.stringMatching(/categories\.applications\[0\] is 7, but should be an object/),
      expect.stringMatching(/categories\.applications\[1\] is null/),
      expect.stringMatching(/categories\.applications\[2\]\.path is "", but/),
      expect.stringMatching(/categories\.applications\[3\]\.permitted is 4294967296, but/),
    ]);
    // Written back as it was found, until somebody repairs it.
    expect(JSON.parse(formatCatalog(data))).toMatchObject({ categories: { applications: [7, null, {}, {}, {}] } });
    expect(repairData(data, '/c.json').filter((each) => each.includes('categories'))).toHaveLength(7);
    expect(data.categories).toEqual({
      providers: [{ provider: guidOf(1), categories: 1 }],
      applications: [{ path: '/a', permitted: 1 }],
      later: 'kept',
    });
  });

  it('of what this program permits fails its chains', () => {
    const catalog = instanceCatalog(damaged({ applications: [{ path: '/app.mjs', permitted: 'all' }], providers: [] }));
    expect(chosen(catalog)).toBe(WSANO_RECOVERY);
    const { problem } = catalog.match(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    expect(problem?.message).toMatch(/categories\.applications\[0\]\.permitted is "all"/);
    expect(chosen(instanceCatalog(damaged({ applications: [{ path: '/other', permitted: 'all' }] })))).toBe(
      'outer over inner',
    );
  });

  it('of the categories of a layer fails its chains in programs that permit some alone', () => {
    const categories = {
      providers: [{ provider: guidOf(2), categories: 1.5 }],
      applications: [{ path: '/app.mjs', permitted: LSP_FIREWALL }],
    };
    expect(chosen(instanceCatalog(damaged(categories)))).toBe(WSAEINVALIDPROVIDER);
    expect(chosen(instanceCatalog(damaged(categories), '/other.mjs'))).toBe('outer over inner');
  });
});

describe('The functions', () => {
  let folder: string;
  let file: string;
  let ws2: Ws2_32;
  const lpErrno = ref(0);
  const quiet = (instance: Ws2_32): Ws2_32 => {
    instance.on('defect', () => undefined);
    return instance;
  };

  beforeEach(() => {
    folder = temporaryFolder();
    file = join(folder, 'catalog.json');
    writeFileSync(file, formatCatalog(twoLayers()), { mode: 0o600 });
    ws2 = quiet(createWs2_32({ catalog: file }));
    lpErrno.value = 0;
    return () => ws2[Symbol.dispose]();
  });

  const script = (name = 'app.mjs'): string => {
    const path = join(folder, name);
    copyFileSync(PROGRAM, path);
    return path;
  };
  const setProgram = (
    path: string,
    permitted: number,
    previous: { value: number } | null = null,
    extra: string | null = null,
  ) =>
    ws2.WSCSetApplicationCategory(path, path.length, extra, extra?.length ?? 0, permitted, previous, lpErrno) === 0
      ? 0
      : lpErrno.value;
  const getProgram = (path: string, extra: string | null = null): number | { permitted: number } => {
    const permitted = ref(77);
    return ws2.WSCGetApplicationCategory(path, path.length, extra, extra?.length ?? 0, permitted, lpErrno) === 0
      ? { permitted: permitted.value }
      : lpErrno.value;
  };
  const setLayer = (id: string, categories: number) => {
    const info = new Uint8Array(4);
    new DataView(info.buffer).setUint32(0, categories, true);
    return ws2.WSCSetProviderInfo(id, ProviderInfoLspCategories, info, 4, 0, lpErrno) === 0 ? 0 : lpErrno.value;
  };
  const getLayer = (id: string) => {
    const info = new Uint8Array(8).fill(9);
    const size = ref(8);
    const result = ws2.WSCGetProviderInfo(id, ProviderInfoLspCategories, info, size, 0, lpErrno);
    return result === 0
      ? { categories: new DataView(info.buffer).getUint32(0, true), size: size.value }
      : lpErrno.value;
  };
  const unchanged = (call: () => unknown): void => {
    const before = readFileSync(file, 'utf8');
    call();
    expect(readFileSync(file, 'utf8')).toBe(before);
  };

  it('keep the categories of a layer in the file, and the 32-bit ones are the same', () => {
    expect(getLayer(guidOf(1))).toEqual({ categories: 0, size: 4 });
    expect(setLayer(guidOf(1).toLowerCase(), LSP_SYSTEM)).toBe(0);
    expect(getLayer(guidOf(1))).toEqual({ categories: LSP_SYSTEM, size: 4 });
    expect(ws2.WSCGetProviderInfo32(guidOf(1), 0, new Uint8Array(4), ref(4), 0, lpErrno)).toBe(0);
    expect(new FileCatalogStore(file).read().categories).toEqual({
      providers: [{ provider: guidOf(1), categories: LSP_SYSTEM }],
    });
    expect(ws2.WSCDeinstallProvider(guidOf(1), lpErrno)).toBe(0);
    expect(new FileCatalogStore(file).read().categories).toBeUndefined();
  });

  it('tell how much room the categories take', () => {
    const size = ref(0);
    expect(ws2.WSCGetProviderInfo(guidOf(1), 0, null, size, 0, lpErrno)).toBe(-1);
    expect([lpErrno.value, size.value]).toEqual([WSAEFAULT, 4]);
    expect(ws2.WSCGetProviderInfo(guidOf(1), 0, new Uint8Array(3), ref(3), 0, lpErrno)).toBe(-1);
    expect(lpErrno.value).toBe(WSAEFAULT);
  });

  it('refuse what is no layer, no kind of information, no size, no flags', () => {
    const info = new Uint8Array(8);
    unchanged(() => {
      expect(setLayer(guidOf(99), 1)).toBe(WSAEINVAL);
      expect(getLayer(guidOf(99))).toBe(WSAEINVALIDPROVIDER);
      expect(setLayer('nobody', 1)).toBe(WSAEINVAL);
      for (const [type, bytes, size, flags, error] of [
        [ProviderInfoAudit, info, 4, 0, ERROR_CALL_NOT_IMPLEMENTED],
        [2, info, 4, 0, WSAEINVAL],
        [0, info, 8, 0, WSAEINVAL],
        [0, info, 0, 0, WSAEINVAL],
        [0, info, 4, 1, WSAEINVAL],
        [0, null, 4, 0, WSAEFAULT],
        [0, new Uint8Array(2), 4, 0, WSAEFAULT],
        ['0', info, 4, 0, WSAEFAULT],
      ] as never[][]) {
        expect(ws2.WSCSetProviderInfo(guidOf(1), type!, bytes!, size!, flags!, lpErrno)).toBe(-1);
        expect(lpErrno.value).toBe(error);
      }
      expect(ws2.WSCGetProviderInfo(guidOf(1), 1, info, ref(4), 0, lpErrno)).toBe(-1);
      expect(lpErrno.value).toBe(ERROR_CALL_NOT_IMPLEMENTED);
    });
  });

  it('keep what a program permits, and tell what was permitted before', () => {
    const path = script();
    const previous = ref(99);
    expect(getProgram(path)).toBe(WSASERVICE_NOT_FOUND);
    expect(setProgram(path, LSP_SYSTEM, previous)).toBe(0);
    expect(previous.value).toBe(0);
    expect(setProgram(path, 0, previous)).toBe(0);
    expect(previous.value).toBe(LSP_SYSTEM);
    expect(getProgram(path)).toEqual({ permitted: 0 });
    expect(setProgram(path, 3, null, '--daemon')).toBe(0);
    expect([getProgram(path, '--daemon'), getProgram(path)]).toEqual([{ permitted: 3 }, { permitted: 0 }]);
    expect(getProgram(path, '--other')).toBe(WSASERVICE_NOT_FOUND);
    const link = join(folder, 'link.mjs');
    symlinkSync(path, link);
    expect(getProgram(link)).toEqual({ permitted: 0 });
  });

  it('count the characters that they are told', () => {
    const path = script();
    expect(ws2.WSCSetApplicationCategory(`${path}zzz`, path.length, 'aXX', 1, 5, null, lpErrno)).toBe(0);
    expect(getProgram(path, 'a')).toEqual({ permitted: 5 });
  });

  it('refuse paths of no file, foreign ones, long ones and none, and change nothing', () => {
    const path = script();
    mkdirSync(join(folder, 'sub'));
    unchanged(() => {
      const wrong = [
        join(folder, 'gone.mjs'),
        join(folder, 'sub'),
        'app.mjs',
        './app.mjs',
        'C:\\app.exe',
        '',
        `/${'x'.repeat(5000)}`,
        `${path}\0`,
      ];
      for (const each of wrong)
        expect([each.slice(0, 40), setProgram(each, 1)]).toEqual([each.slice(0, 40), WSAEINVAL]);
      // Measured behaviour 68.
      for (const each of [null, undefined]) {
        expect(ws2.WSCGetApplicationCategory(each as never, 0, null, 0, ref(0), lpErrno)).toBe(-1);
        expect(lpErrno.value).toBe(WSAEINVAL);
      }
      for (const output of [ref(0), null]) {
        lpErrno.value = 0;
        expect(ws2.WSCGetApplicationCategory('', 0, null, 0, output as never, lpErrno)).toBe(-1);
        expect(lpErrno.value).toBe(WSAEINVAL);
      }
      expect(ws2.WSCSetApplicationCategory(path, path.length + 1, null, 0, 1, null, lpErrno)).toBe(-1);
      expect(lpErrno.value).toBe(WSAEFAULT);
      expect(ws2.WSCSetApplicationCategory(path, path.length, 'a', 2, 1, null, lpErrno)).toBe(-1);
      expect(lpErrno.value).toBe(WSAEFAULT);
      expect(ws2.WSCSetApplicationCategory(path, path.length, 'x'.repeat(40_000), 40_000, 1, null, lpErrno)).toBe(-1);
      expect(lpErrno.value).toBe(WSAEINVAL);
      expect(ws2.WSCSetApplicationCategory(path, path.length, null, 0, 'all' as never, null, lpErrno)).toBe(-1);
      expect(lpErrno.value).toBe(WSAEFAULT);
      expect(ws2.WSCSetApplicationCategory(path, path.length, null, 0, 1, 5 as never, lpErrno)).toBe(-1);
      expect(lpErrno.value).toBe(WSAEFAULT);
    });
    expect(setProgram(join(folder, 'gone.mjs'), 1)).toBe(WSAEINVAL);
    expect(ws2.lastProblem()?.message).toMatch(/there is no file .*gone\.mjs/);
  });

  it('decide at the next start of the program, which knows nothing of it', () => {
    const app = script();
    const link = join(folder, 'linked.mjs');
    symlinkSync(app, link);
    const run = (path: string, ...args: string[]) => {
      const { stdout, stderr } = spawnSync(process.execPath, [path, pathToFileURL(`${DIST}/`).href, file, ...args], {
        encoding: 'utf8',
        cwd: folder,
      });
      expect(stderr).toBe('');
      return JSON.parse(stdout) as { startup: number; name: string; shown: string[]; defects: string[] };
    };
    const extra = [pathToFileURL(`${DIST}/`).href, file, '--special'].join(' ');
    expect(run(app).name).toBe('outer over inner');
    expect(setProgram(app, LSP_FIREWALL)).toBe(0);
    expect(run(app)).toMatchObject({
      name: 'ws2spi Memory [TCP/IP]',
      shown: ['ws2spi Memory [TCP/IP]', 'ws2spi Memory [TCP/IPv6]'],
    });
    expect(setLayer(guidOf(1), LSP_FIREWALL)).toBe(0);
    expect(run(app).name).toBe('inner');
    expect(run(link).name).toBe('inner');
    expect(run(PROGRAM).name).toBe('outer over inner');
    expect(setLayer(guidOf(2), LSP_FIREWALL)).toBe(0);
    expect(run(app).name).toBe('outer over inner');
    expect(setProgram(app, LSP_SYSTEM, null, extra)).toBe(0);
    expect(run(app, '--special').name).toBe('ws2spi Memory [TCP/IP]');
    expect(run(app, '--usual').name).toBe('outer over inner');
  });

  it('leave a chain out also where a program names its entry', () => {
    const program = mainProgram()!;
    expect(setProgram(program.path, LSP_FIREWALL)).toBe(0);
    using late = quiet(createWs2_32({ catalog: file }));
    late.WSAStartup(0x0202, {});
    const all = [] as never[];
    late.WSCEnumProtocols(null, all, ref(100_000), lpErrno);
    expect(late.WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, all[0]!, 0, 0)).toBe(INVALID_SOCKET);
    expect(late.WSAGetLastError()).toBe(WSAEINVAL);
    expect(late.closesocket(4444)).toBe(-1);
    expect(late.WSAGetLastError()).toBe(WSAENOTSOCK);
  });
});

test('Several processes set categories at once, and none is lost', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'catalog.json');
  const setter = join(folder, 'set.mjs');
  writeFileSync(
    setter,
    `const { createWs2_32, ref } = await import(${JSON.stringify(pathToFileURL(join(DIST, 'index.js')).href)});
     const path = process.argv[2];
     const ws2 = createWs2_32({ catalog: ${JSON.stringify(file)} });
     for (let mask = 1; mask <= 5; mask++) if (ws2.WSCSetApplicationCategory(path, path.length, String(mask), 1, mask, null, ref(0)) !== 0) throw mask;`,
  );
  const paths = [1, 2, 3].map((n) => join(folder, `app${n}.mjs`));
  for (const path of paths) writeFileSync(path, '');
  const line = paths.map((path) => `'${process.execPath}' '${setter}' '${path}' &`).join(' ');
  expect(spawnSync('bash', ['-c', `${line} wait`], { encoding: 'utf8' }).stderr).toBe('');
  expect(new FileCatalogStore(file).read().categories?.applications).toHaveLength(15);
});
