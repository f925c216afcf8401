import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultCatalog, FileCatalogStore, GENERATIONS_KEPT, MemoryCatalogStore, openCatalog } from 'ws2spi/catalog';
import { WSAEINPROGRESS, WSAEINVAL } from 'ws2spi/spi';
import { beforeEach, expect, test } from 'vitest';
import { enumerate, install, temporaryFolder, transport } from './helpers.js';

let path: string;

beforeEach(() => {
  path = join(temporaryFolder(), 'state', 'ws2spi', 'catalog.json');
});

const names = (store: FileCatalogStore): string[] =>
  enumerate(transport(store).wsc)
    .slice(6)
    .map((entry) => entry.szProtocol);

test('While there is no file the built-in default holds, and reading creates nothing', () => {
  const store = new FileCatalogStore(path, { base: 'memory' });
  expect(store.read().protocols[0]?.entry.szProtocol).toBe('ws2spi Memory [TCP/IP]');
  expect(store.serial()).toBe(1);
  expect(existsSync(join(path, '..'))).toBe(false);
});

test('The first installation creates the file, for its user alone, as JSON that people can read', () => {
  const store = new FileCatalogStore(path);
  install(transport(store).wsc, 1);
  const text = readFileSync(path, 'utf8');
  expect(text.split('\n').slice(0, 6)).toEqual([
    '{',
    '  "format": "ws2spi-catalog",',
    '  "version": 1,',
    '  "serial": 2,',
    '  "nextCatalogEntryId": 1008,',
    '  "protocols": [',
  ]);
  expect(text.endsWith('}\n')).toBe(true);
  if (process.platform !== 'win32') {
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
});

test('A store sees what another store of the same file installs, and its serial number tells', () => {
  const one = new FileCatalogStore(path);
  const two = new FileCatalogStore(path);
  expect([one.serial(), two.serial()]).toEqual([1, 1]);
  install(transport(one).wsc, 1);
  expect([one.serial(), two.serial()]).toEqual([2, 2]);
  install(transport(two).wsc, 2);
  expect([one.serial(), two.serial()]).toEqual([3, 3]);
  expect(names(one)).toEqual(['provider 1', 'provider 2']);
  expect(names(two)).toEqual(names(one));
});

test('Listeners hear of changes made through their own store, and not of refused ones', () => {
  const store = new FileCatalogStore(path);
  let heard = 0;
  const stop = store.onChange(() => heard++);
  install(transport(store).wsc, 1);
  expect(heard).toBe(1);
  install(transport(store).wsc, 1);
  install(transport(new FileCatalogStore(path)).wsc, 2);
  expect(heard).toBe(1);
  stop();
  install(transport(store).wsc, 3);
  expect(heard).toBe(1);
});

test('The five generations before the present one are kept, complete', () => {
  const store = new FileCatalogStore(path);
  const texts = new Map<string, string>();
  for (let n = 1; n <= 9; n++) {
    install(transport(store).wsc, n);
    texts.set(`catalog.json.${n + 1}`, readFileSync(path, 'utf8'));
  }
  const kept = readdirSync(join(path, '..')).filter((name) => name !== 'catalog.json');
  expect(kept).toEqual(['catalog.json.5', 'catalog.json.6', 'catalog.json.7', 'catalog.json.8', 'catalog.json.9']);
  expect(kept).toHaveLength(GENERATIONS_KEPT);
  for (const name of kept) expect(readFileSync(join(path, '..', name), 'utf8')).toBe(texts.get(name));
});

test('A change that returns an error, or throws, leaves the file as it was and the lock free', () => {
  const store = new FileCatalogStore(path);
  install(transport(store).wsc, 1);
  const before = readFileSync(path, 'utf8');
  const spoil = (draft: { protocols: unknown[] }): void => void (draft.protocols.length = 0);
  expect(
    store.update((draft) => {
      spoil(draft);
      return WSAEINVAL;
    }),
  ).toBe(WSAEINVAL);
  expect(() =>
    store.update((draft) => {
      spoil(draft);
      throw new Error('mine');
    }),
  ).toThrow('mine');
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(install(transport(store).wsc, 2).result).toBe(0);
});

test('A change inside a change is refused instead of waiting for itself', () => {
  for (const store of [new FileCatalogStore(path), openCatalog('memory')]) {
    let inner = 0;
    expect(store.update(() => ((inner = store.update(() => 0)), 0))).toBe(0);
    expect(inner).toBe(WSAEINPROGRESS);
  }
});

test('A change keeps the members that it knows nothing of, and the permissions of the file', () => {
  mkdirSync(join(path, '..'), { recursive: true });
  const data = {
    ...defaultCatalog('tcpip'),
    categories: { a: 1 },
    qosTemplates: [2],
    portReservations: [{ port: 3 }],
    more: 4,
  };
  writeFileSync(path, JSON.stringify(data), { mode: 0o640 });
  install(transport(new FileCatalogStore(path)).wsc, 1);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    categories: { a: 1 },
    qosTemplates: [2],
    portReservations: [{ port: 3 }],
    more: 4,
  });
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o640);
});

test('A store in memory is a catalog of its own, apart from the object that it was made from', () => {
  const data = defaultCatalog('tcpip');
  const store = new MemoryCatalogStore(data);
  install(transport(store).wsc, 1);
  expect(data.protocols).toHaveLength(6);
  expect(store.serial()).toBe(2);
  store.read().protocols.length = 0;
  expect(store.read().protocols).toHaveLength(7);
});

test('Where files cannot be moved while somebody has them open, a change waits for them, and leaves nothing behind', () => {
  const program = fileURLToPath(new URL('fixtures/files-in-use.mjs', import.meta.url));
  mkdirSync(dirname(path), { recursive: true });
  const output = execFileSync(process.execPath, [program, path, '5'], { encoding: 'utf8' });
  expect(JSON.parse(output)).toMatchObject({ result: 0 });
  expect(readdirSync(dirname(path))).toEqual(['catalog.json']);
});
