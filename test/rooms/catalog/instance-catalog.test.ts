import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InstanceCatalog, MemoryCatalogStore, openCatalog } from 'ws2spi/catalog';
import { WSANO_RECOVERY } from 'ws2spi/spi';
import { expect, test } from 'vitest';
import {
  catalogWith,
  chain,
  entryLike,
  enumerate,
  guidOf,
  install,
  LAYER,
  temporaryFolder,
  transport,
} from './helpers.js';

const ids = (entries: readonly { dwCatalogEntryId: number }[]): number[] =>
  entries.map((entry) => entry.dwCatalogEntryId);

function memory(data = catalogWith()): InstanceCatalog {
  const catalog = new InstanceCatalog(new MemoryCatalogStore(data));
  catalog.refresh();
  return catalog;
}

test('An instance shows applications base protocols and chains that are neither hidden nor broken', () => {
  const catalog = memory(
    catalogWith({ ProtocolChain: LAYER }, { ProtocolChain: chain(2001, 1001) }, { ProtocolChain: chain(9, 1001) }),
  );
  expect(ids(catalog.visibleEntries())).toEqual([1001, 1002, 1004, 1005, 2002]);
  expect(ids(catalog.entries())).toEqual([1001, 1002, 1003, 1004, 1005, 1006, 2001, 2002, 2003]);
  expect(catalog.problemOf(2002)).toBeNull();
  expect(catalog.problemOf(2003)?.entry?.id).toBe(2003);
});

test('An instance finds entries by identifier and paths by GUID in any case', () => {
  const catalog = memory();
  expect(catalog.entry(1004)?.szProtocol).toBe('MSAFD Tcpip [TCP/IPv6]');
  expect(catalog.entry(4)).toBeUndefined();
  expect(catalog.pathOf('e70f1aa0-ab8b-11cf-8ca3-00805f48a192')).toBe('di:tcpip');
  expect(catalog.pathOf(guidOf(77))).toBeUndefined();
  expect(catalog.nameSpaces().map((item) => item.info.lpszIdentifier)).toEqual(['Tcpip', 'DNS']);
});

test('An instance does not notice installations before it takes a new snapshot', () => {
  const store = openCatalog('memory');
  const catalog = new InstanceCatalog(store);
  expect(catalog.entries()).toEqual([]);
  catalog.refresh();
  install(transport(store).wsc, 1);
  expect(catalog.entries()).toHaveLength(6);
  expect(store.serial()).not.toBe(catalog.serial);
  catalog.refresh();
  expect(catalog.entries()).toHaveLength(7);
  expect(store.serial()).toBe(catalog.serial);
});

test('Transient entries are listed last, form chains, and are gone when removed; they are never saved', () => {
  const store = openCatalog('memory');
  const catalog = new InstanceCatalog(store);
  catalog.refresh();
  const layers = catalog.addTransient([
    { path: 'di:trace', entry: entryLike({ ProtocolChain: LAYER, ProviderId: guidOf(1) }) },
  ]);
  expect(ids(layers)).toEqual([0x40000001]);
  const chains = catalog.addTransient([
    { path: 'di:trace', entry: entryLike({ ProtocolChain: chain(0x40000001, 1001), ProviderId: guidOf(2) }) },
  ]);
  expect(ids(catalog.entries()).slice(6)).toEqual([0x40000001, 0x40000002]);
  expect(catalog.problemOf(0x40000002)).toBeNull();
  expect(catalog.pathOf(guidOf(2))).toBe('di:trace');
  expect(store.read().protocols).toHaveLength(6);

  const { wsc } = transport(store, { transient: () => catalog.transient() });
  const shown = ids(enumerate(wsc));
  expect(shown.slice(6)).toEqual([0x40000001, 0x40000002]);
  expect(wsc.WSCWriteProviderOrder(shown, shown.length)).toBe(0);
  expect(ids(catalog.visibleEntries()).at(-1)).toBe(0x40000002);

  catalog.removeTransient(ids(layers));
  expect(catalog.problemOf(0x40000002)?.message).toContain(`${0x40000001}, which is not in the catalog`);
  catalog.removeTransient(ids(chains));
  expect(catalog.entries()).toHaveLength(6);
});

test('With a damaged file every match fails with its reason; an instance that had a snapshot keeps it', () => {
  const path = join(temporaryFolder(), 'catalog.json');
  const store = openCatalog(path);
  const started = new InstanceCatalog(store);
  started.refresh();
  writeFileSync(path, '{');
  expect(started.refresh()).toBe(WSANO_RECOVERY);
  expect(started.match(2, 1, 6).entry?.dwCatalogEntryId).toBe(1001);

  const late = new InstanceCatalog(store);
  expect(late.refresh()).toBe(WSANO_RECOVERY);
  expect(late.match(2, 1, 6)).toMatchObject({ error: WSANO_RECOVERY, problem: { file: path } });
});
