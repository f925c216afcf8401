// What the paths of a catalog lead to: which modules are found, from where, and what is said of those that are not.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BUILT_IN_PROVIDERS, createWs2_32, INVALID_SOCKET, ref, type WSAPROTOCOL_INFOW } from 'ws2spi';
import { defaultCatalog, FileCatalogStore, formatCatalog, repairCatalog, verifyCatalog } from 'ws2spi/catalog';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { catalogWith, chain, guidOf, LAYER, temporaryFolder } from './helpers.js';

const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));

let folder: string;
let path: string;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'catalog.json');
});

/** A catalog with a layer (2001) whose module is at a path, a chain over it (2002), and one over that chain (2003). */
function catalogOver(module: string) {
  const data = catalogWith(
    { szProtocol: 'Layer', ProtocolChain: LAYER },
    { szProtocol: 'Chain', ProtocolChain: chain(2001, 1001) },
    { szProtocol: 'Upper', ProtocolChain: LAYER },
    { szProtocol: 'Over', ProtocolChain: chain(2003, 2002) },
  );
  data.protocols[6]!.path = module;
  return data;
}

describe('A module that is not where the catalog says', () => {
  const MISSING: [string, () => string, RegExp][] = [
    ['a file that is gone', () => pathToFileURL(join(folder, 'gone.mjs')).href, /there is no file .*gone\.mjs/],
    ['a folder', () => pathToFileURL(folder).href, /is not a module/],
    ['a URL of nothing', () => 'file:%%%', /cannot be found/],
    ['a URL of another machine', () => 'file://elsewhere/x.mjs', /cannot be found/],
    [
      'a path of Windows',
      () => '%SystemRoot%\\x.dll',
      /a path of Windows names no module: give di:<name>, a file: URL/,
    ],
    ['a path with a drive', () => 'C:\\layers\\x.dll', /a path of Windows/],
    ['a relative path', () => './layer.mjs', /from the catalog's folder .*give the module by its file: URL/],
    ['a bare file name', () => 'layer.mjs', /give the module by its file: URL/],
    ['an absolute path', () => '/no/such/layer.mjs', /give the module by its file: URL/],
    ['a package that nobody installed', () => 'no-such-package', /install the package there/],
    ['a package of the working directory alone', () => 'vitest', /install the package there/],
    ['a module of Node.js', () => 'node:fs', /of Node\.js itself/],
    ['a module of Node.js, without its prefix', () => 'fs', /of Node\.js itself/],
  ];

  test.each(MISSING)('as %s is told of, with each chain that it breaks', (_, module, message) => {
    writeFileSync(path, formatCatalog(catalogOver(module())));
    const problems = verifyCatalog(new FileCatalogStore(path).read(), path);
    expect(problems.map(({ entry }) => entry?.id)).toEqual([2001, 2002, 2004]);
    for (const problem of problems) {
      expect(problem.message).toMatch(message);
      expect(problem.message).toContain(path);
    }
    expect(problems[1]?.message).toContain('names entry 2001 "Layer", which is unusable');
    expect(problems[2]?.message).toContain('names entry 2002 "Chain", which is unusable');
  });

  test.each(MISSING)('as %s is dropped by repair, with each chain that it breaks', (_, module) => {
    writeFileSync(path, formatCatalog(catalogOver(module())));
    const { code, actions } = repairCatalog(new FileCatalogStore(path));
    expect(code).toBe(0);
    expect(actions.map((action) => /entry (\d+)/.exec(action)?.[1])).toEqual(['2001', '2002', '2004']);
    const data = new FileCatalogStore(path).read();
    expect(data.protocols.map(({ entry }) => entry.szProtocol).slice(6)).toEqual(['Upper']);
    expect(verifyCatalog(data, path)).toEqual([]);
  });

  test.each(MISSING)('as %s fails the calls that need it, for the reason that verify gives', (_, module, message) => {
    const data = catalogOver(module());
    data.protocols[7]!.path = module();
    writeFileSync(path, formatCatalog(data));
    const ws2 = createWs2_32({ catalog: path });
    onTestFinished(() => ws2[Symbol.dispose]());
    const told: string[] = [];
    ws2.on('defect', ({ cause }) => told.push(`cannot be found: ${String(cause)}`));
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    const entries: WSAPROTOCOL_INFOW[] = [];
    ws2.WSAEnumProtocols(null, entries, ref(65_536));
    const entry = entries.find(({ szProtocol }) => szProtocol === 'Chain');
    expect(ws2.WSASocket(2, 1, 6, entry!, 0, 0)).toBe(INVALID_SOCKET);
    expect(told).toEqual([expect.stringMatching(message)]);
  });

  test('of a name-space provider is told of and dropped likewise', () => {
    const data = defaultCatalog('tcpip');
    data.nameSpaces.push({
      path: './names.mjs',
      info: { NSProviderId: guidOf(1), dwNameSpace: 12, fActive: true, dwVersion: 1, lpszIdentifier: 'Mine' },
    });
    writeFileSync(path, formatCatalog(data));
    expect(verifyCatalog(data, path).map(({ message }) => message)).toEqual([
      expect.stringMatching(/name-space entry number 3 "Mine": its module cannot be found: \.\/names\.mjs/),
    ]);
    expect(repairCatalog(new FileCatalogStore(path)).actions).toHaveLength(1);
    expect(new FileCatalogStore(path).read().nameSpaces).toHaveLength(2);
  });

  test('is no reason for repair to write a catalog in which all is well', () => {
    writeFileSync(join(folder, 'layer.mjs'), '');
    for (const module of [pathToFileURL(join(folder, 'layer.mjs')).href, 'di:whoever-binds-it', 'di:layers/trace']) {
      writeFileSync(path, formatCatalog(catalogOver(module)));
      expect(repairCatalog(new FileCatalogStore(path))).toEqual({ code: 0, actions: [] });
      expect(new FileCatalogStore(path).serial()).toBe(1);
    }
  });
});

describe('A package', () => {
  const PROGRAM = `
    const { createWs2_32 } = await import(${JSON.stringify(pathToFileURL(join(dist, 'index.js')).href)});
    const ws2 = createWs2_32({ catalog: process.argv[1] });
    ws2.on('defect', ({ message, cause }) => console.log(message, String(cause)));
    ws2.WSAStartup(0x0202, {});
    ws2.socket(2, 1, 6);`;
  const run = (cwd: string, catalog: string): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM, catalog], { cwd, encoding: 'utf8' });
  const installIn = (at: string, says: string): void => {
    mkdirSync(join(at, 'node_modules', 'my-layer'), { recursive: true });
    writeFileSync(join(at, 'node_modules', 'my-layer', 'index.js'), `console.log(${JSON.stringify(says)})`);
  };
  const saveAt = (file: string): void => {
    const data = defaultCatalog('tcpip');
    const protocols = data.protocols.map(({ entry }) => ({ path: 'my-layer', entry }));
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, formatCatalog({ ...data, protocols }));
  };

  test('that is missing beside the catalog is not looked for in the working directory', () => {
    const cwd = temporaryFolder();
    installIn(cwd, 'from the working directory');
    saveAt(path);
    const printed = run(cwd, path);
    expect(printed).not.toContain('from the working directory\n');
    expect(printed).toMatch(/my-layer is not found from the catalog's folder/);
  });

  test('beside the catalog is found, from any working directory', () => {
    const cwd = temporaryFolder();
    installIn(cwd, 'from the working directory');
    installIn(folder, 'beside the catalog');
    saveAt(path);
    expect(run(cwd, path)).toMatch(/^beside the catalog\n/);
    rmSync(join(folder, 'node_modules'), { recursive: true });
    expect(run(cwd, path)).not.toMatch(/^(beside|from)/);
  });

  test(
    'is looked for beside the file that a link leads to, whatever the link’s name',
    { skip: process.platform === 'win32' },
    () => {
      const real = join(folder, 'real', 'catalog.json');
      saveAt(real);
      symlinkSync(real, path);
      installIn(folder, 'beside the link');
      installIn(join(folder, 'real'), 'beside the file');
      expect(run(folder, path)).toMatch(/^beside the file\n/);
    },
  );
});

describe('Every name that is built in', () => {
  test('is known', () => {
    expect(BUILT_IN_PROVIDERS).toEqual(expect.arrayContaining(['tcpip', 'memory', 'namespaces/files', 'layers/trace']));
    for (const { path: named } of defaultCatalog('tcpip').protocols)
      expect(BUILT_IN_PROVIDERS).toContain(named.slice(3));
    for (const { path: named } of defaultCatalog('memory').protocols)
      expect(BUILT_IN_PROVIDERS).toContain(named.slice(3));
    for (const { path: named } of defaultCatalog('tcpip').nameSpaces)
      expect(BUILT_IN_PROVIDERS).toContain(named.slice(3));
  });

  // These cannot be without options, which a catalog has no place for: they say which module to write.
  const WITH_OPTIONS = ['socks', 'http-proxy', 'policy', 'capture', 'record', 'replay'].map((name) => `layers/${name}`);

  test.each(WITH_OPTIONS)('di:%s starts nothing, and says what to install instead', (name) => {
    const catalog = { ...catalogOver(`di:${name}`), nameSpaces: [] };
    for (const item of catalog.protocols.slice(7)) item.path = `di:${name}`;
    const ws2 = createWs2_32({ catalog });
    onTestFinished(() => ws2[Symbol.dispose]());
    const told: string[] = [];
    ws2.on('defect', ({ message, cause }) => told.push(`${message} ${String(cause)}`));
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    const entries: WSAPROTOCOL_INFOW[] = [];
    ws2.WSAEnumProtocols(null, entries, ref(65_536));
    const entry = entries.find(({ szProtocol }) => szProtocol === 'Chain') ?? null;
    expect(ws2.WSASocket(2, 1, 6, entry, 0, 0)).toBe(INVALID_SOCKET);
    expect(told.join('\n')).toMatch(/WSPStartup.*(?:from|in) .ws2spi|export const .*WSPStartup/s);
  });

  const STARTING = BUILT_IN_PROVIDERS.filter((name) => !WITH_OPTIONS.includes(name));

  test.each(STARTING)('di:%s is loaded, and starts', (name) => {
    const data = defaultCatalog('memory');
    const layer = name.startsWith('layers/');
    const catalog = name.startsWith('namespaces/')
      ? { ...data, nameSpaces: data.nameSpaces.map((item) => ({ ...item, path: `di:${name}` })) }
      : layer
        ? { ...catalogOver(`di:${name}`), nameSpaces: [] }
        : { ...data, protocols: data.protocols.map(({ entry }) => ({ path: `di:${name}`, entry })) };
    if (layer) for (const item of catalog.protocols.slice(7)) item.path = `di:${name}`;
    const ws2 = createWs2_32({ catalog });
    onTestFinished(() => ws2[Symbol.dispose]());
    const told: string[] = [];
    ws2.on('defect', ({ message, cause }) => told.push(`${message} ${String(cause)}`));
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    const entries: WSAPROTOCOL_INFOW[] = [];
    ws2.WSAEnumProtocols(null, entries, ref(65_536));
    const entry = entries.find(({ szProtocol }) => szProtocol === 'Chain') ?? null;
    expect(ws2.WSASocket(2, 1, 6, entry, 0, 0)).not.toBe(INVALID_SOCKET);
    // The others know other names, and say so.
    const isKnown = name === 'namespaces/files' || name === 'namespaces/dns';
    if (name.startsWith('namespaces/')) expect(ws2.gethostbyname('localhost') !== null).toBe(isKnown);
    expect(told).toEqual([]);
  });
});

test('A refused installation says why, to nobody in particular when nobody listens', () => {
  const program = `
    const { createWs2_32, ref } = await import(${JSON.stringify(pathToFileURL(join(dist, 'index.js')).href)});
    const ws2 = createWs2_32({ base: 'memory' });
    const errno = ref(0);
    ws2.WSCInstallProvider('no guid', 'di:x', [], 0, errno);
    console.log(errno.value, ws2.lastProblem().message);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(stdout).toMatch(/^10022 WSCInstallProvider was refused: lpProviderId "no guid" is not a GUID/);
  expect(stderr).toMatch(
    /Ws2spiRefusal: An argument is wrong.* WSCInstallProvider was refused: lpProviderId "no guid"/,
  );
});

describe('Why a change was refused is told', () => {
  const entry = defaultCatalog('memory').protocols[0]!.entry;
  const change = (act: (ws2: ReturnType<typeof createWs2_32>, errno: { value: number }) => unknown): string => {
    const ws2 = createWs2_32({ base: 'memory' });
    const told: string[] = [];
    ws2.on('defect', ({ message }) => told.push(message));
    act(ws2, ref(0));
    expect(ws2.lastProblem()?.message).toBe(told.at(-1));
    ws2[Symbol.dispose]();
    return told.at(-1) ?? '';
  };
  const ID = guidOf(1);

  test.each<[RegExp, Parameters<typeof change>[0]]>([
    [/the path must have 1 to 260 characters/, (ws2, e) => ws2.WSCInstallProvider(ID, '', [entry], 1, e)],
    [/there are no entries/, (ws2, e) => ws2.WSCInstallProvider(ID, 'di:x', [], 0, e)],
    [/is 2, and the array has 1/, (ws2, e) => ws2.WSCInstallProvider(ID, 'di:x', [entry], 2, e)],
    [/the entries are null/, (ws2, e) => ws2.WSCInstallProvider(ID, 'di:x', null as never, 1, e)],
    [/lpProviderId is undefined/, (ws2, e) => ws2.WSCInstallProvider(undefined as never, 'di:x', [entry], 1, e)],
    [/other types than WSAPROTOCOL_INFO/, (ws2, e) => ws2.WSCInstallProvider(ID, 'di:x', ['x' as never], 1, e)],
    [/no provider 0.*1 is installed/, (ws2, e) => ws2.WSCDeinstallProvider(ID, e)],
    [/no provider 0.*1 is installed/, (ws2, e) => ws2.WSCUpdateProvider(ID, 'di:x', [entry], 1, e)],
    [/must name each identifier/, (ws2) => ws2.WSCWriteProviderOrder([1001], 1)],
    [/NS_ALL/, (ws2) => ws2.WSCInstallNameSpace('x', 'di:x', 0, 1, ID)],
    [/dwVersion is a string/, (ws2) => ws2.WSCInstallNameSpace('x', 'di:x', 12, '1' as never, ID)],
    [/no name-space provider .* is installed/, (ws2) => ws2.WSCUnInstallNameSpace(ID)],
    [/no name-space provider .* is installed/, (ws2) => ws2.WSCEnableNSProvider(ID, true)],
    [/must name each name-space provider/, (ws2) => ws2.WSCWriteNameSpaceOrder([], 0)],
  ])('%s', (message, act) => {
    expect(change(act)).toMatch(/^WSC\w+ was refused: /);
    expect(change(act)).toMatch(message);
  });
});
