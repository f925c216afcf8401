// Catalogs and modules that others may write are not used: whoever writes them decides which code runs.
import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createWs2_32, INVALID_SOCKET, ref, WSAEPROVIDERFAILEDINIT, WSANO_RECOVERY, WSASYSNOTREADY } from 'ws2spi';
import { defaultCatalog, FileCatalogStore, formatCatalog, MemoryCatalogStore } from 'ws2spi/catalog';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { NOBODY, noNameSpaces, noOtherUser, skipBecause } from '../../support/privileges.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));

const MARK = 'ws2spi-module-was-run';
const RUNS = `globalThis[${JSON.stringify(MARK)}] = true; exports.WSPStartup = () => 10106;`;
const wasRun = (): boolean => (globalThis as Record<string, unknown>)[MARK] === true;

let root: string;
let folder: string;
let path: string;
let module: string;

beforeEach(() => {
  delete (globalThis as Record<string, unknown>)[MARK];
  root = temporaryFolder();
  folder = join(root, 'state', 'ws2spi');
  mkdirSync(folder, { recursive: true });
  path = join(folder, 'catalog.json');
  mkdirSync(join(root, 'code', 'layer'), { recursive: true });
  module = join(root, 'code', 'layer', 'provider.cjs');
  writeFileSync(module, RUNS);
  save(pathToFileURL(module).href);
});

afterEach(() => {
  for (const each of [root, join(root, 'state'), folder]) chmodSync(each, 0o755);
});

function catalogOf(provider: string) {
  const data = defaultCatalog('tcpip');
  return { ...data, protocols: data.protocols.map(({ entry }) => ({ path: provider, entry })) };
}

function save(provider: string): void {
  writeFileSync(path, formatCatalog(catalogOf(provider)));
}

/** What an instance comes to: the result of WSAStartup, that of a socket, and what was reported. */
function use(catalog: Parameters<typeof createWs2_32>[0] = { catalog: path }) {
  const ws2 = createWs2_32(catalog);
  onTestFinished(() => ws2[Symbol.dispose]());
  const told: string[] = [];
  ws2.on('defect', ({ message, cause }) => told.push(`${message} ${cause instanceof Error ? cause.message : ''}`));
  const startup = ws2.WSAStartup(0x0202, {});
  if (startup === 0) expect(ws2.socket(2, 1, 6)).toBe(INVALID_SOCKET);
  return { ws2, startup, told: told.join('\n'), run: wasRun() };
}

describe('A catalog is used', { skip: process.platform === 'win32' }, () => {
  test('when its user and root alone may write it, also below /tmp', () => {
    expect(use()).toMatchObject({ startup: 0, run: true });
  });

  test.each([0o600, 0o644, 0o444, 0o755])('with the mode %o', (mode) => {
    chmodSync(path, mode);
    expect(use()).toMatchObject({ startup: 0, run: true });
  });

  test('through links that nobody else may change', () => {
    symlinkSync('state/ws2spi', join(root, 'through'));
    symlinkSync('through/catalog.json', join(root, 'link.json'));
    expect(use({ catalog: join(root, 'link.json') })).toMatchObject({ startup: 0, run: true });
  });

  test('from memory, which has nothing to look at', () => {
    chmodSync(folder, 0o777);
    expect(createWs2_32({ catalog: 'memory' }).WSAStartup(0x0202, {})).toBe(0);
    expect(createWs2_32({ base: 'memory' }).WSAStartup(0x0202, {})).toBe(0);
    expect(createWs2_32({ catalog: join(root, 'none.json') }).WSAStartup(0x0202, {})).toBe(0);
  });
});

/** Whether what a test's user makes is of a group that may be the user's own, by which nobody else writes. */
const groupOfUser = (process.getegid?.() ?? 0) >= 1000;
if (groupOfUser)
  process.stderr.write('left out: files that their group may write, since the group may be a private one\n');
const unlessPrivate = <Row>(row: Row): Row[] => (groupOfUser ? [] : [row]);

type Opening = [what: string, open: () => void, cure: () => string];

/** What lets others write, and the file or folder that is to blame with the cure. */
const OPEN: Opening[] = [
  ['others may write', () => chmodSync(path, 0o666), () => `chmod go-w ${path}`],
  ...unlessPrivate<Opening>(['its group may write', () => chmodSync(path, 0o664), () => `chmod g-w ${path}`]),
  ['everybody but its group may write', () => chmodSync(path, 0o602), () => `chmod o-w ${path}`],
  ['lies in a folder that others may write', () => chmodSync(folder, 0o777), () => `chmod go-w ${folder}`],
  ...unlessPrivate<Opening>([
    'lies in a folder that its group may write',
    () => chmodSync(folder, 0o775),
    () => `chmod g-w ${folder}`,
  ]),
  [
    'lies below a folder that others may write',
    () => chmodSync(join(root, 'state'), 0o777),
    () => `chmod go-w ${join(root, 'state')}`,
  ],
  ['lies in a sticky folder that others may write', () => chmodSync(folder, 0o1777), () => 'a folder of your own'],
];

describe('A catalog is refused', { skip: process.platform === 'win32' }, () => {
  test.each(OPEN)('that %s, with the cure, and nothing of it is run', (_, open, cure) => {
    open();
    const { startup, told, run, ws2 } = use();
    expect([startup, run]).toEqual([WSASYSNOTREADY, false]);
    expect(told).toContain(path);
    expect(told).toContain(cure());
    expect(told).toContain('trustCatalog: true');
    const errno = ref(0);
    expect(ws2.WSCEnumProtocols(null, [], ref(65_536), errno)).toBe(-1);
    expect(errno.value).toBe(WSANO_RECOVERY);
    const entry = defaultCatalog('tcpip').protocols[0]!.entry;
    expect(ws2.WSCInstallProvider('4D1C8A60-52F7-4C6E-9E0B-3A7715D0C501', 'di:x', [entry], 1, errno)).toBe(-1);
    expect(ws2.lastProblem()?.message).toContain(cure());
    expect(new FileCatalogStore(path).serial()).toBe(1);
  });

  test.each(OPEN)('that %s, given as a store too', (_, open) => {
    open();
    expect(use({ catalog: new FileCatalogStore(path) })).toMatchObject({ startup: WSASYSNOTREADY, run: false });
  });

  test.each(OPEN)('that %s, unless the program says that it trusts it', (_, open) => {
    open();
    expect(use({ catalog: path, trustCatalog: true })).toMatchObject({ startup: 0, run: true });
    expect(use({ catalog: path, trustCatalog: false })).toMatchObject({ startup: WSASYSNOTREADY });
  });

  test.each(OPEN)('that %s, as soon as the cure has been applied it is used', (_, open, cure) => {
    open();
    const command = cure();
    if (command.startsWith('chmod')) expect(spawnSync('sh', ['-c', command]).status).toBe(0);
    else chmodSync(folder, 0o755);
    expect(use()).toMatchObject({ startup: 0, run: true });
  });

  test('behind a link that others may exchange', () => {
    const open = join(root, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    symlinkSync(path, join(open, 'catalog.json'));
    const { startup, told } = use({ catalog: join(open, 'catalog.json') });
    expect(startup).toBe(WSASYSNOTREADY);
    expect(told).toContain(`chmod go-w ${open}`);
    chmodSync(open, 0o1777);
    expect(use({ catalog: join(open, 'catalog.json') }).startup).toBe(WSASYSNOTREADY);
  });

  test('behind a link in the way that leads through such a folder', () => {
    const open = join(root, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    symlinkSync(folder, join(open, 'ws2spi'));
    symlinkSync(open, join(root, 'safe'));
    const { startup, told } = use({ catalog: join(root, 'safe', 'ws2spi', 'catalog.json') });
    expect(startup).toBe(WSASYSNOTREADY);
    expect(told).toContain(`chmod go-w ${open}`);
  });

  test('when it became so after the instance was made, or had a snapshot already', () => {
    const ws2 = createWs2_32({ catalog: path });
    onTestFinished(() => ws2[Symbol.dispose]());
    ws2.on('defect', () => undefined);
    chmodSync(path, 0o666);
    expect(ws2.WSAStartup(0x0202, {})).toBe(WSASYSNOTREADY);
    chmodSync(path, 0o600);
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    chmodSync(path, 0o666);
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    ws2.WSACleanup();
    ws2.WSACleanup();
    expect(ws2.WSAStartup(0x0202, {})).toBe(WSASYSNOTREADY);
  });

  test('before one is made in a folder that others may write', () => {
    chmodSync(folder, 0o777);
    const ws2 = createWs2_32({ catalog: join(folder, 'new.json') });
    onTestFinished(() => ws2[Symbol.dispose]());
    ws2.on('defect', () => undefined);
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    const entry = defaultCatalog('tcpip').protocols[0]!.entry;
    expect(ws2.WSCInstallProvider('4D1C8A60-52F7-4C6E-9E0B-3A7715D0C501', 'di:x', [entry], 1, ref(0))).toBe(-1);
    expect(ws2.lastProblem()?.message).toContain(`chmod go-w ${folder}`);
  });
});

describe('A catalog of another user', skipBecause(noOtherUser), () => {
  test('is refused even when its mode is in order, and can be changed all the same', () => {
    chownSync(path, NOBODY.uid, NOBODY.gid);
    const { startup, told, run, ws2 } = use();
    expect([startup, run]).toEqual([WSASYSNOTREADY, false]);
    expect(told).toMatch(/belongs to user 65534, who may write it.*chown 0 /);
    const entry = defaultCatalog('tcpip').protocols[0]!.entry;
    expect(ws2.WSCInstallProvider('4D1C8A60-52F7-4C6E-9E0B-3A7715D0C501', 'di:x', [entry], 1, ref(0))).toBe(0);
  });

  test('is refused when its folder, or one above it, is the other user’s', () => {
    chownSync(folder, NOBODY.uid, NOBODY.gid);
    expect(use()).toMatchObject({ startup: WSASYSNOTREADY, run: false });
    chownSync(folder, 0, 0);
    chownSync(join(root, 'state'), NOBODY.uid, NOBODY.gid);
    expect(use()).toMatchObject({ startup: WSASYSNOTREADY, run: false });
  });

  test('is used by that user himself, and so is one of root’s', () => {
    const script = `
      const { createWs2_32 } = await import(${JSON.stringify(pathToFileURL(join(dist, 'index.js')).href)});
      const ws2 = createWs2_32({ catalog: ${JSON.stringify(path)} });
      console.log(ws2.WSAStartup(0x0202, {}));`;
    const run = (): string =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { ...NOBODY, encoding: 'utf8' }).stdout.trim();
    for (const each of [root, join(root, 'state'), folder]) chmodSync(each, 0o755);
    chmodSync(path, 0o644);
    expect(run()).toBe('0');
    chownSync(path, NOBODY.uid, NOBODY.gid);
    expect(run()).toBe('0');
    chownSync(path, 1234, 1234);
    expect(run()).toBe(`${WSASYSNOTREADY}`);
  });
});

describe('A module', { skip: process.platform === 'win32' }, () => {
  const inPackages = (): void => {
    mkdirSync(join(folder, 'node_modules'));
    renameSync(join(root, 'code', 'layer'), join(folder, 'node_modules', 'layer'));
    module = join(folder, 'node_modules', 'layer', 'provider.cjs');
    save('layer/provider.cjs');
  };
  const MODULES: Opening[] = [
    ['that others may write', () => chmodSync(module, 0o666), () => `chmod go-w ${module}`],
    ...unlessPrivate<Opening>([
      'that its group may write',
      () => chmodSync(module, 0o664),
      () => `chmod g-w ${module}`,
    ]),
    [
      'in a folder that others may write',
      () => chmodSync(join(module, '..'), 0o777),
      () => `chmod go-w ${join(module, '..')}`,
    ],
    [
      'below a folder that others may write',
      () => chmodSync(join(module, '..', '..'), 0o777),
      () => `chmod go-w ${join(module, '..', '..')}`,
    ],
  ];

  test.each(MODULES)('%s is not run, and the cure is named', (_, open, cure) => {
    for (const prepare of [() => undefined, inPackages]) {
      prepare();
      open();
      const { startup, told, run, ws2 } = use();
      expect([startup, run, ws2.WSAGetLastError()]).toEqual([0, false, WSAEPROVIDERFAILEDINIT]);
      expect(told).toContain(cure());
      expect(told).toContain('trustCatalog: true');
      for (const each of [module, join(module, '..'), join(module, '..', '..')]) chmodSync(each, 0o755);
    }
  });

  test.each(MODULES)('%s is run if the program trusts its catalog', (_, open) => {
    open();
    expect(use({ catalog: path, trustCatalog: true })).toMatchObject({ startup: 0, run: true });
  });

  test.each(MODULES)('%s is not run for a catalog in memory either', (_, open) => {
    open();
    const catalog = catalogOf(pathToFileURL(module).href);
    expect(use({ catalog })).toMatchObject({ startup: 0, run: false });
    expect(use({ catalog: new MemoryCatalogStore(catalog) })).toMatchObject({ startup: 0, run: false });
  });

  test('of a package that is a link which others may exchange is not run', () => {
    const open = join(folder, 'node_modules');
    mkdirSync(open);
    symlinkSync(join(root, 'code', 'layer'), join(open, 'layer'));
    save('layer/provider.cjs');
    chmodSync(open, 0o777);
    const { run, told } = use();
    expect(run).toBe(false);
    expect(told).toContain(`chmod go-w ${open}`);
  });

  test('of a name-space provider is looked at as well', () => {
    const data = defaultCatalog('memory');
    data.nameSpaces[0]!.path = pathToFileURL(module).href;
    writeFileSync(path, formatCatalog(data));
    chmodSync(module, 0o666);
    const ws2 = createWs2_32({ catalog: path });
    onTestFinished(() => ws2[Symbol.dispose]());
    const told: string[] = [];
    ws2.on('defect', ({ cause }) => told.push(String(cause)));
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    ws2.gethostbyname('localhost');
    expect(wasRun()).toBe(false);
    expect(told.join()).toContain(`chmod go-w ${module}`);
  });
});

describe('What a group may write', skipBecause(noNameSpaces ?? noOtherUser), () => {
  const USERS =
    'root:x:0:0:root:/root:/bin/sh\nann:x:1500:1500::/home/ann:/bin/sh\nbob:x:1501:1501::/home/bob:/bin/sh\n';
  const FILES = {
    users: USERS,
    groups: 'root:x:0:\nann:x:1500:\nbob:x:1501:\n',
    sources: 'passwd: files\ngroup: files\n',
  };

  /**
   * What WSAStartup gives for a catalog of ann's, which her group may write, in a machine with such users and groups.
   */
  function startup(machine: Partial<typeof FILES>, gid = 1500): number {
    const { users, groups, sources } = { ...FILES, ...machine };
    const etc = join(root, 'etc');
    mkdirSync(etc, { recursive: true });
    const bound = Object.entries({ passwd: users, group: groups, 'nsswitch.conf': sources }).map(([name, text]) => {
      writeFileSync(join(etc, name), text);
      return `mount --bind ${join(etc, name)} /etc/${name}`;
    });
    for (const each of [root, join(root, 'state'), folder, path]) chownSync(each, 1500, gid);
    for (const each of [join(root, 'state'), folder]) chmodSync(each, 0o775);
    chmodSync(path, 0o664);
    const program = `
      const { createWs2_32 } = await import(${JSON.stringify(pathToFileURL(join(dist, 'index.js')).href)});
      process.setegid(1500);
      process.seteuid(1500);
      console.log(createWs2_32({ catalog: ${JSON.stringify(path)} }).WSAStartup(0x0202, {}));`;
    const run = [...bound, 'exec "$0" --no-warnings --input-type=module -e "$1"'].join(' && ');
    const child = spawnSync('unshare', ['--mount', 'sh', '-c', run, process.execPath, program], { encoding: 'utf8' });
    expect(child.stderr).toBe('');
    return Number(child.stdout);
  }

  test('is the user’s own as long as nobody else is in the group', () => {
    expect(startup({})).toBe(0);
    expect(startup({ groups: FILES.groups.replace('ann:x:1500:', 'ann:x:1500:ann,root') })).toBe(0);
  });

  test.each<[string, Partial<typeof FILES>, number?]>([
    ['another user is a member', { groups: FILES.groups.replace('ann:x:1500:', 'ann:x:1500:ann,bob') }],
    ['a member is not a user yet', { groups: FILES.groups.replace('ann:x:1500:', 'ann:x:1500:eve') }],
    ['another user has it as the first group', { users: FILES.users.replace('1501:1501', '1501:1500') }],
    ['there are two groups of the number, one with another user', { groups: `${FILES.groups}all:x:1500:bob\n` }],
    ['it is another user’s', {}, 1501],
    ['it is in no file', { groups: 'root:x:0:\n' }],
    [
      'it is the system’s',
      { users: FILES.users.replace('1500:1500', '1500:50'), groups: `${FILES.groups}staff:x:50:\n` },
      50,
    ],
    ['users come from a network as well', { sources: 'passwd: files sss\ngroup: files\n' }],
    ['groups come from a network as well', { sources: 'passwd: files\ngroup: files [SUCCESS=merge] ldap\n' }],
    ['the file has lines that stand for others', { users: `${USERS}+::::::\n` }],
    ['the file is damaged', { users: `${USERS}nonsense\n` }],
  ])('is refused when %s', (_, machine, gid) => {
    expect(startup(machine, gid)).toBe(WSASYSNOTREADY);
  });
});
