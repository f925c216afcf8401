// Folders in which nothing can be written: full ones, read-only ones, links in a circle. What need not write does not fail
// there, and what must says what to do.
import { spawnSync } from 'node:child_process';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultCatalog, FileCatalogStore, formatCatalog, repairCatalog, resetCatalog } from 'ws2spi/catalog';
import { WSASYSCALLFAILURE } from 'ws2spi/spi';
import { beforeEach, describe, expect, test } from 'vitest';
import { noNameSpaces, skipBecause } from '../../support/privileges.js';
import { catalogWith, chain, temporaryFolder } from './helpers.js';

const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
const program = join(dist, 'cli', 'main.js');

const SOUND = formatCatalog(defaultCatalog('tcpip'));
const TO_REPAIR = formatCatalog(catalogWith({ szProtocol: 'Broken', ProtocolChain: chain(4711, 1001) }));

let folder: string;
let path: string;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'catalog.json');
});

/** File systems on which nothing more can be written, each with what an error on it says and what is to be done. */
const PLACES = [
  ['full', 'size=64k', 'head -c 65536 /dev/zero > fill', /ENOSPC.*\. Make room on its disk/],
  [
    'without room for names',
    'size=1m,nr_inodes=3',
    'touch fill',
    /ENOSPC.*\. Make room on its disk, in bytes and in fi/,
  ],
  ['read-only', 'size=1m', 'mount -o remount,ro .', /EROFS.*\. Mount its file system for writing, or name another fi/],
] as const;

describe.each(PLACES)('On a file system that is %s', skipBecause(noNameSpaces), (_, options, spoil, said) => {
  // Runs `ws2spi catalog` there, for one shell alone.
  const catalog = (text: string | null, ...args: string[]): { status: number | null; out: string } => {
    const seed = join(temporaryFolder(), 'seed.json');
    writeFileSync(seed, text ?? '');
    const copy = text === null ? 'true' : `cp '${seed}' '${path}'`;
    const full = options.includes('nr_inodes') && text === null ? `${spoil} other` : spoil;
    const shell =
      `mount -t tmpfs -o '${options},mode=700' tmpfs '${folder}' && cd '${folder}' && ${copy} && { ${full} 2>/dev/null || true; } && ` +
      `cd / && '${process.execPath}' '${program}' catalog ${args.join(' ')} --file '${path}' 2>&1; code=$?; ls -A '${folder}' | grep -v catalog.json$ | grep -Ev '^(fill|other)$' | sed 's/^/left: /'; exit $code`;
    const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', shell], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return { status, out: stdout };
  };

  test.each([
    ['that is not there', null],
    ['that is in order', SOUND],
  ])('a catalog %s needs no repair', (_what, text) => {
    expect(catalog(text, 'repair')).toEqual({ status: 0, out: 'Nothing to repair.\n' });
  });

  test.each([
    ['repair of one that needs it', TO_REPAIR, 'repair'],
    ['reset', SOUND, 'reset'],
    ['reset of one that is damaged', '{"format":', 'reset'],
    ['reset of one that is not there', null, 'reset'],
  ])('%s says what keeps it from being done, and what to do', (_what, text, action) => {
    const { status, out } = catalog(text, action);
    expect(status).toBe(1);
    expect(out).toMatch(/^WSA\w+: catalog \S+ was not changed: /);
    expect(out).toMatch(said);
    expect(out).not.toMatch(/^left: /m);
  });
});

test('a catalog that is not there is repaired without making its folder', () => {
  const store = new FileCatalogStore(join(folder, 'state', 'catalog.json'));
  expect(repairCatalog(store)).toEqual({ code: 0, actions: [] });
  expect(existsSync(join(folder, 'state'))).toBe(false);
});

test(
  'links that lead back to themselves stop repair and reset, with what to do',
  { skip: process.platform === 'win32' },
  () => {
    symlinkSync('other.json', path);
    symlinkSync('catalog.json', join(folder, 'other.json'));
    for (const change of [(store: FileCatalogStore) => repairCatalog(store).code, resetCatalog]) {
      const store = new FileCatalogStore(path);
      expect(change(store)).toBe(WSASYSCALLFAILURE);
      expect(store.problem?.message).toMatch(
        /was not changed: ELOOP.*\. Remove the symbolic links that lead back to themselves, or name another file in WS2SPI_CATALOG\.$/,
      );
    }
  },
);
