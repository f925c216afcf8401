// What lies where a file of the catalog belongs: links, pipes, folders, devices, endless files, those of other users.
import { execFileSync, spawnSync } from 'node:child_process';
import fs, {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createWs2_32 } from 'ws2spi';
import {
  CatalogError,
  defaultCatalog,
  FileCatalogStore,
  formatCatalog,
  repairCatalog,
  resetCatalog,
  type CatalogData,
} from 'ws2spi/catalog';
import { WSANO_RECOVERY, WSASYSCALLFAILURE } from 'ws2spi/spi';
import { beforeEach, describe, expect, test } from 'vitest';
import { NOBODY, noNameSpaces, noOtherUser, skipBecause } from '../../support/privileges.js';
import { install, temporaryFolder, transport } from './helpers.js';

const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
const script = fileURLToPath(new URL('fixtures/change.mjs', import.meta.url));
const CHANGE = [script, pathToFileURL(`${dist}/`).href];
const onUnix = { skip: process.platform === 'win32' };

let folder: string;
let path: string;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'catalog.json');
});

const quick = (): FileCatalogStore => new FileCatalogStore(path, { lockTimeout: 300 });
const namesIn = (file: string): string[] =>
  new FileCatalogStore(file)
    .read()
    .protocols.slice(6)
    .map((item) => item.entry.szProtocol);

describe('A symbolic link is followed', onUnix, () => {
  test('by a change, which leaves it a link, and keeps lock and generations beside the file', () => {
    mkdirSync(join(folder, 'real'));
    const real = join(folder, 'real', 'mine.json');
    writeFileSync(real, formatCatalog(defaultCatalog('tcpip')), { mode: 0o640 });
    symlinkSync('real/mine.json', path);
    expect(install(transport(quick()).wsc, 1)).toMatchObject({ result: 0 });
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(namesIn(real)).toEqual(['provider 1']);
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).sort()).toEqual(['catalog.json', 'real']);
    expect(readdirSync(join(folder, 'real')).sort()).toEqual(['mine.json', 'mine.json.1']);
  });

  test('over several links, and through linked folders', () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    const real = join(folder, 'a', 'b', 'real.json');
    symlinkSync('a/b', join(folder, 'through'));
    symlinkSync('through/next.json', path);
    symlinkSync(real, join(folder, 'a', 'b', 'next.json'));
    expect(install(transport(quick()).wsc, 1)).toMatchObject({ result: 0 });
    expect(resetCatalog(quick())).toBe(0);
    expect(install(transport(new FileCatalogStore(join(folder, 'through', 'real.json'))).wsc, 2).result).toBe(0);
    expect(namesIn(path)).toEqual(['provider 2']);
    expect(namesIn(real)).toEqual(['provider 2']);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });

  test('to a file that is not there yet, in a folder that is not either', () => {
    symlinkSync('later/there.json', path);
    expect(quick().read().protocols).toHaveLength(6);
    expect(install(transport(quick()).wsc, 1)).toMatchObject({ result: 0 });
    expect(namesIn(join(folder, 'later', 'there.json'))).toEqual(['provider 1']);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });

  test('with one lock for both names', () => {
    const real = join(folder, 'real.json');
    symlinkSync(real, path);
    const other = new FileCatalogStore(real, { lockTimeout: 300 });
    expect(install(transport(other).wsc, 1)).toMatchObject({ result: 0 });
    let locks: string[] = [];
    let inner = 0;
    const update = quick().update(() => {
      locks = readdirSync(folder).filter((name) => name.endsWith('.lock'));
      inner = other.update(() => 0);
      return 0;
    });
    expect(update).toBe(0);
    expect(locks).toEqual(['real.json.lock']);
    expect(inner).not.toBe(0);
  });

  test('but links that lead back to themselves are damage, and say so', () => {
    symlinkSync('other.json', path);
    symlinkSync('catalog.json', join(folder, 'other.json'));
    expect(() => quick().read()).toThrow(
      /ELOOP.*'\. Remove the symbolic links .*, or name another file in WS2SPI_CATALOG/,
    );
    expect(quick().update(() => 0)).toBe(WSASYSCALLFAILURE);
    expect(quick().serial()).toBe(-1);
  });
});

/** Ways to put something else where a file belongs, each with the word that names it. */
const KINDS: [string, RegExp, (at: string) => void | Promise<void>][] = [
  ['a named pipe', /named pipe/, (at) => void execFileSync('mkfifo', [at])],
  ['a folder', /folder/, (at) => void mkdirSync(at)],
  [
    'a socket',
    /socket/,
    (at) =>
      new Promise((done) =>
        createServer()
          .listen(at, () => done())
          .unref(),
      ),
  ],
  ['a link to a device', /device/, (at) => symlinkSync('/dev/zero', at)],
];

describe.each(KINDS)('%s', onUnix, (_, word, make) => {
  test('as the catalog is damage that names it, and nothing waits for it', async () => {
    await make(path);
    const store = quick();
    expect(() => store.read()).toThrow(CatalogError);
    expect(() => store.read()).toThrow(word);
    expect(store.serial()).toBe(-1);
    expect(install(transport(quick()).wsc, 1)).toMatchObject({ error: WSANO_RECOVERY });
    expect(repairCatalog(store).code).toBe(WSANO_RECOVERY);
    expect(resetCatalog(store)).toBe(WSASYSCALLFAILURE);
    expect(store.problem?.message).toMatch(word);
    expect(readdirSync(folder)).toEqual(['catalog.json']);
    const ws2 = createWs2_32({ catalog: path });
    ws2.on('defect', () => undefined);
    expect(ws2.WSAStartup(0x0202, {})).not.toBe(0);
    ws2[Symbol.dispose]();
  });

  test('as the catalog, and writable for all, is refused without the advice to change its mode', async () => {
    await make(path);
    if (!lstatSync(path).isSymbolicLink()) chmodSync(path, 0o666);
    const told = quick().distrust('run')?.message;
    // A folder as the catalog is damage alone.
    if (lstatSync(path).isDirectory()) expect(told).toBeUndefined();
    else expect(told).toContain('To mend it, name an ordinary file instead');
  });

  test('as the lock fails the change at once, names what is in the way, and leaves it', async () => {
    await make(`${path}.lock`);
    const { wsc, reports } = transport(new FileCatalogStore(path, { lockTimeout: 60_000 }));
    expect(install(wsc, 1)).toMatchObject({ result: -1, error: WSASYSCALLFAILURE });
    expect(reports[0]?.message).toContain(`${path}.lock`);
    expect(reports[0]?.message).toMatch(/remove it/);
    expect(readdirSync(folder)).toEqual(['catalog.json.lock']);
  });

  test('beside the catalog, under the names that its own files have, is left alone', async () => {
    for (const name of ['lock.new', 'lock.abc', 'tmp-1', '99', '7.bak']) await make(`${path}.${name}`);
    for (let n = 1; n <= 8; n++) expect(install(transport(quick()).wsc, n)).toMatchObject({ result: 0 });
    expect(resetCatalog(quick())).toBe(0);
    expect(quick().read().protocols).toHaveLength(6);
  });
});

test('A path that no file can have is damage, and permissions are not to blame', onUnix, () => {
  writeFileSync(path, '');
  for (const [at, word] of [
    [join(path, 'catalog.json'), /ENOTDIR/],
    [join(folder, 'n'.repeat(300)), /ENAMETOOLONG/],
  ] as const) {
    const store = new FileCatalogStore(at);
    expect(() => store.read()).toThrow(word);
    expect(() => store.read()).toThrow(/cannot be read: .*'\. Name another file in WS2SPI_CATALOG\.$/);
  }
});

test('A folder where the present catalog is to be kept as a generation stops the change, and is named', () => {
  expect(install(transport(quick()).wsc, 1)).toMatchObject({ result: 0 });
  mkdirSync(`${path}.2`);
  const { wsc, reports } = transport(quick());
  expect(install(wsc, 2)).toMatchObject({ error: WSASYSCALLFAILURE });
  expect(reports[0]?.message).toMatch(/catalog\.json\.2 is a folder/);
  expect(namesIn(path)).toEqual(['provider 1']);
  expect(readdirSync(folder).sort()).toEqual(['catalog.json', 'catalog.json.2']);
});

describe('A file that is too big', onUnix, () => {
  test('as the catalog is not read, and reset keeps it as a generation', () => {
    writeFileSync(path, '{}');
    truncateSync(path, 3 * 1024 ** 3);
    const { readSync } = fs;
    let read = 0;
    fs.readSync = ((...args: Parameters<typeof readSync>) => {
      const count = readSync(...args);
      read += count;
      return count;
    }) as typeof readSync;
    syncBuiltinESMExports();
    try {
      expect(() => quick().read()).toThrow(/more than the 4194304 bytes/);
    } finally {
      fs.readSync = readSync;
      syncBuiltinESMExports();
    }
    expect(read).toBe(4194304 + 1);
    expect(resetCatalog(quick())).toBe(0);
    expect(quick().read().protocols).toHaveLength(6);
    expect(readdirSync(folder).map((name) => statSync(join(folder, name)).size > 3e9)).toContain(true);
  });

  test('as the lock is refused by name', () => {
    writeFileSync(`${path}.lock`, '');
    truncateSync(`${path}.lock`, 3 * 1024 ** 3);
    const { wsc, reports } = transport(quick());
    expect(install(wsc, 1)).toMatchObject({ error: WSASYSCALLFAILURE });
    expect(reports[0]?.message).toMatch(/catalog\.json\.lock has more than .*remove it/);
  });

  test('is not written either', () => {
    const store = quick();
    expect(install(transport(store).wsc, 1)).toMatchObject({ result: 0 });
    const big = (draft: CatalogData): number => ((draft['notes'] = 'n'.repeat(5_000_000)), 0);
    expect(store.update(big)).toBe(WSASYSCALLFAILURE);
    expect(store.problem?.message).toMatch(/4194304/);
    expect(namesIn(path)).toEqual(['provider 1']);
  });
});

describe('JSON that is too much', () => {
  const sound = (): CatalogData => defaultCatalog('tcpip');
  const nested = (depth: number): string => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);
  const around = (value: string, where: string): string => {
    const text = formatCatalog(sound());
    return where === 'beside'
      ? text.replace('{', `{"more":${value},`)
      : text.replace('"entry": {', `"entry": {"more":${value},`);
  };
  test.each(
    [20_000, 400_000].flatMap((depth) => ['alone', 'beside', 'in an entry'].map((where) => [depth, where] as const)),
  )('nested %i deep, %s, is damage that is told, and mended by reset', (depth, where) => {
    writeFileSync(path, where === 'alone' ? nested(depth) : around(nested(depth), where));
    expect(() => quick().read()).toThrow(CatalogError);
    const ws2 = createWs2_32({ catalog: path });
    const defects: string[] = [];
    ws2.on('defect', ({ message }) => defects.push(message));
    expect(ws2.WSAStartup(0x0202, {})).not.toBe(0);
    expect(defects[0]).toContain(path);
    if (where !== 'alone') expect(defects[0]).toMatch(/nested more than 100 levels deep/);
    ws2[Symbol.dispose]();
    expect(resetCatalog(quick())).toBe(0);
    expect(quick().read().problems).toEqual([]);
  });

  test('is told for catalogs given as objects too: deep, circular, endless, or of what JSON does not have', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    let wide: unknown = [1, 2];
    for (let i = 0; i < 60; i++) wide = [wide, wide];
    for (const more of [JSON.parse(nested(20_000)) as unknown, circular, wide, () => 1, 1n, Symbol('s')]) {
      expect(() => createWs2_32({ catalog: { ...sound(), more } as never })).toThrow(CatalogError);
    }
  });

  test('is not written: a change that brings it in is refused, in a file and in memory', () => {
    const store = quick();
    expect(store.update((draft) => ((draft['more'] = JSON.parse(nested(20_000))), 0))).toBe(WSANO_RECOVERY);
    expect(store.problem?.message).toMatch(/not changed.*nested/);
    expect(existsSync(path)).toBe(false);
  });
});

describe('Numbers of generations', () => {
  test.each(['99999999999999999999', '9007199254740991', '9007199254740992', '00012', '1e5', '-3', '0'])(
    'such as %s make reset write what can be read, and are left alone unless they are old generations',
    (number) => {
      for (const text of ['{"cut', formatCatalog(defaultCatalog('tcpip'))]) {
        writeFileSync(`${path}.${number}`, 'somebody’s');
        writeFileSync(path, text);
        expect(resetCatalog(quick())).toBe(0);
        expect(quick().read().problems).toEqual([]);
        for (let n = 1; n < 4; n++) expect(install(transport(quick()).wsc, n)).toMatchObject({ result: 0 });
        expect(namesIn(path)).toEqual(['provider 1', 'provider 2', 'provider 3']);
        expect(readFileSync(`${path}.${number}`, 'utf8')).toBe('somebody’s');
      }
    },
  );

  test('go on from the last one that a catalog can have, and the latest are kept', () => {
    const last = Number.MAX_SAFE_INTEGER;
    writeFileSync(path, formatCatalog({ ...defaultCatalog('tcpip'), serial: last - 1 }));
    for (let n = 1; n < 9; n++) expect(install(transport(quick()).wsc, n)).toMatchObject({ result: 0 });
    expect(quick().serial()).toBe(8);
    expect(quick().read().protocols).toHaveLength(14);
    expect(readdirSync(folder).sort()).toEqual([
      'catalog.json',
      ...[3, 4, 5, 6, 7].map((serial) => `catalog.json.${serial}`),
    ]);
  });

  test('of entries end before they would be those of transient ones', () => {
    const data = { ...defaultCatalog('tcpip'), nextCatalogEntryId: 0x40000000 };
    writeFileSync(path, formatCatalog(data));
    const { wsc, reports } = transport(quick());
    expect(install(wsc, 1)).toMatchObject({ result: -1, error: WSANO_RECOVERY });
    expect(reports[0]?.message).toMatch(/nextCatalogEntryId/);
    expect(quick().read().protocols).toHaveLength(6);
  });
});

describe('Owner and mode', skipBecause(noOtherUser), () => {
  const change = (user: { uid?: number; gid?: number }, ...args: string[]): string =>
    spawnSync(process.execPath, [...CHANGE, path, ...args], { ...user, encoding: 'utf8' }).stdout.trim();
  const ownerOf = (at: string): number[] => [statSync(at).uid, statSync(at).gid, statSync(at).mode & 0o777];

  test('of a catalog stay when root changes it, and its user can change it on', () => {
    writeFileSync(path, formatCatalog(defaultCatalog('tcpip')));
    chownSync(folder, NOBODY.uid, NOBODY.gid);
    chownSync(path, NOBODY.uid, 1234);
    chmodSync(path, 0o640);
    expect(install(transport(quick()).wsc, 1)).toMatchObject({ result: 0 });
    expect(ownerOf(path)).toEqual([NOBODY.uid, 1234, 0o640]);
    expect(resetCatalog(quick())).toBe(0);
    expect(ownerOf(path)).toEqual([NOBODY.uid, 1234, 0o640]);
    expect(change(NOBODY, 'install', '7')).toBe('installed');
    expect(namesIn(path)).toEqual(['provider 7']);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).uid).toBe(NOBODY.uid);
  });

  test('of one that root makes in a user’s folder are the user’s, and so are the folders that it makes', () => {
    chownSync(folder, NOBODY.uid, NOBODY.gid);
    path = join(folder, 'state', 'ws2spi', 'catalog.json');
    expect(install(transport(quick()).wsc, 1)).toMatchObject({ result: 0 });
    expect(ownerOf(join(folder, 'state'))).toEqual([NOBODY.uid, NOBODY.gid, 0o700]);
    expect(ownerOf(path)).toEqual([NOBODY.uid, NOBODY.gid, 0o600]);
    expect(change(NOBODY, 'install', '2')).toBe('installed');
  });

  test('keep a user out who may read alone', () => {
    expect(install(transport(quick()).wsc, 1)).toMatchObject({ result: 0 });
    chmodSync(folder, 0o755);
    chmodSync(path, 0o644);
    expect(change(NOBODY, 'read').split('\n')).toContain('provider 1');
    expect(change(NOBODY, 'install', '2')).toMatch(/^11003 catalog .*was not changed: EACCES/);
    expect(readdirSync(folder)).toEqual(['catalog.json']);
  });

  test('of a file that its user made read-only keep even him from changing it', () => {
    writeFileSync(path, formatCatalog(defaultCatalog('tcpip')), { mode: 0o400 });
    chownSync(path, NOBODY.uid, NOBODY.gid);
    chownSync(folder, NOBODY.uid, NOBODY.gid);
    expect(change(NOBODY, 'install', '2')).toMatch(/^11003 catalog .*was not changed: EACCES/);
    expect(readdirSync(folder)).toEqual(['catalog.json']);
  });

  test('of a folder that may be written and not listed do not keep a change from being made', () => {
    chownSync(folder, NOBODY.uid, NOBODY.gid);
    chmodSync(folder, 0o300);
    for (const n of ['1', '2', '3']) expect(change(NOBODY, 'install', n)).toBe('installed');
    expect(namesIn(path)).toEqual(['provider 1', 'provider 2', 'provider 3']);
  });

  test('of a catalog that may not be read are told, with the cure', () => {
    expect(install(transport(quick()).wsc, 1)).toMatchObject({ result: 0 });
    chmodSync(folder, 0o755);
    expect(change(NOBODY, 'install', '2')).toMatch(/EACCES/);
    const { stderr } = spawnSync(process.execPath, [...CHANGE, path, 'read'], { ...NOBODY, encoding: 'utf8' });
    expect(stderr).toMatch(/cannot be read: EACCES.*Correct its permissions/);
  });

  test('of a lock that its user may not read fail the change with what the system says', () => {
    chownSync(folder, NOBODY.uid, NOBODY.gid);
    for (const mode of [0o600, 0o000]) {
      writeFileSync(`${path}.lock`, '', { mode });
      expect(change(NOBODY, 'install', '1')).toMatch(/^11003 catalog .*was not changed: EACCES.*catalog\.json\.lock/);
      expect(readdirSync(folder)).toEqual(['catalog.json.lock']);
    }
  });

  test('of locks that root holds let a user see who is in his way, and go on afterwards', () => {
    chownSync(folder, NOBODY.uid, NOBODY.gid);
    let printed = '';
    expect(quick().update(() => ((printed = change(NOBODY, 'install', '1')), 0))).toBe(0);
    expect(printed).toMatch(new RegExp(`^11002 .*process ${process.pid}.* holds`));
    expect(change(NOBODY, 'install', '1')).toBe('installed');
  });

  test('of a file of two names are those of the name that is changed', () => {
    expect(install(transport(quick()).wsc, 1)).toMatchObject({ result: 0 });
    linkSync(path, join(folder, 'other.json'));
    expect(install(transport(quick()).wsc, 2)).toMatchObject({ result: 0 });
    expect(namesIn(join(folder, 'other.json'))).toEqual(['provider 1']);
  });
});

describe('A full disk', skipBecause(noNameSpaces), () => {
  // A file system of `size`, mounted at the folder for one shell alone; what is there afterwards is printed by `ls`.
  const onSmallDisk = (size: string, before: string, ...args: string[]): string => {
    const run = [process.execPath, ...CHANGE, path, ...args].map((arg) => `'${arg}'`).join(' ');
    const shell = `mount -t tmpfs -o ${size} tmpfs '${folder}' && cd '${folder}' && { ${before}; }; ${run}; ls -A '${folder}'`;
    const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', shell], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout;
  };

  test.each([
    ['without a page left', 'size=8k', 'head -c 8192 /dev/zero > fill'],
    ['with a page left for the lock, and none for the catalog', 'size=12k', 'head -c 8192 /dev/zero > fill'],
    ['with two pages left', 'size=16k', 'head -c 8192 /dev/zero > fill'],
    ['that has no more room for names', 'size=1m,nr_inodes=2', 'touch fill'],
    ['that has room for one more name', 'size=1m,nr_inodes=3', 'touch fill'],
  ])('%s fails the change with what the system says, and nothing of it is left', (_, size, before) => {
    const printed = onSmallDisk(size, before, 'install', '1');
    expect(printed).toMatch(/^10107 catalog .*was not changed: ENOSPC.*\nfill\n$/);
  });

  test('keeps the catalog that there was', () => {
    writeFileSync(path, '');
    const text = formatCatalog(defaultCatalog('tcpip')).replaceAll('\n', '');
    const printed = onSmallDisk(
      'size=24k',
      `printf '%s' '${text}' > catalog.json; head -c 8192 /dev/zero > fill`,
      'install',
      '1',
    );
    expect(printed).toMatch(/^10107 .*ENOSPC.*\ncatalog\.json\nfill\n$/);
  });

  test('does not keep the lock of a dead process from being taken over later', () => {
    const dead = JSON.stringify({
      pid: spawnSync('true').pid,
      start: '1',
      host: execFileSync('hostname').toString().trim(),
      token: 'dead',
    });
    const before = `printf '%s' '${dead}' > catalog.json.lock; head -c 8192 /dev/zero > fill`;
    const printed = onSmallDisk('size=16k', before, 'install', '1');
    expect(printed).toMatch(/^10107 .*ENOSPC.*\n(catalog\.json\.lock\n)?fill\n$/);
  });
});
