import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileCatalogStore, openCatalog } from 'ws2spi/catalog';
import {
  ref,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOBUFS,
  WSANO_RECOVERY,
  WSASYSCALLFAILURE,
  type WSAPROTOCOL_INFOW,
} from 'ws2spi/spi';
import { beforeEach, describe, expect, test } from 'vitest';
import { chain, entryLike, enumerate, guidOf, install, LAYER, temporaryFolder, transport } from './helpers.js';

const TCPIP = 'E70F1AA0-AB8B-11CF-8CA3-00805F48A192';
const nothing = null as never;

let store: ReturnType<typeof openCatalog>;
let made: ReturnType<typeof transport>;
let wsc: (typeof made)['wsc'];

beforeEach(() => {
  store = openCatalog('memory');
  made = transport(store);
  wsc = made.wsc;
});

const ids = (): number[] => enumerate(wsc).map((entry) => entry.dwCatalogEntryId);

describe('WSCEnumProtocols', () => {
  test('says how large the buffer must be, 628 bytes for each entry, and fills one of that size', () => {
    const length = ref(0);
    const errno = ref(0);
    expect(wsc.WSCEnumProtocols(null, null, length, errno)).toBe(-1);
    expect([errno.value, length.value]).toEqual([WSAENOBUFS, 6 * 628]);
    length.value--;
    expect(wsc.WSCEnumProtocols(null, [], length, errno)).toBe(-1);
    expect([errno.value, length.value]).toEqual([WSAENOBUFS, 6 * 628]);
    const buffer = [entryLike()];
    expect(wsc.WSCEnumProtocols(null, buffer, length, errno)).toBe(6);
    expect(buffer.map((entry) => entry.dwCatalogEntryId)).toEqual([1001, 1002, 1003, 1004, 1005, 1006]);
    expect(length.value).toBe(6 * 628);
  });

  test('lists only the protocols asked for, up to a zero', () => {
    const buffer: WSAPROTOCOL_INFOW[] = [];
    expect(wsc.WSCEnumProtocols([6, 17, 0, 1], buffer, ref(9999), ref(0))).toBe(4);
    expect(buffer.map((entry) => entry.iProtocol)).toEqual([6, 17, 6, 17]);
    expect(wsc.WSCEnumProtocols([6], buffer, ref(628 * 2), ref(0))).toBe(2);
    expect(wsc.WSCEnumProtocols([0xdead, 0], buffer, ref(0), ref(0))).toBe(0);
    expect(buffer).toEqual([]);
  });

  test('shows hidden entries, layered protocols and broken chains, which WSAEnumProtocols does not', () => {
    const layer = install(wsc, 1, entryLike({ ProtocolChain: LAYER, dwProviderFlags: 4 })).ids[0] ?? 0;
    install(wsc, 2, entryLike({ ProtocolChain: chain(layer, 1001) }));
    wsc.WSCDeinstallProvider(guidOf(1), ref(0));
    expect(ids()).toEqual([1001, 1002, 1003, 1004, 1005, 1006, 1008]);
  });

  test('gives copies, so that a caller may change them', () => {
    for (const entry of enumerate(wsc)) entry.szProtocol = 'changed';
    expect(enumerate(wsc)[0]?.szProtocol).toBe('MSAFD Tcpip [TCP/IP]');
  });

  test.each([
    ['no length', null, [], nothing],
    ['a length that is not a number', null, [], { value: 'x' as never }],
    ['a buffer that is not an array', null, {} as never, ref(9999)],
    ['no buffer of sufficient length', null, null, ref(9999)],
    ['a list that is not an array', 6 as never, [], ref(9999)],
    ['a list of other things', ['TCP' as never], [], ref(9999)],
  ])('finds bad pointers: %s', (_, list, buffer, length) => {
    const errno = ref(0);
    expect(wsc.WSCEnumProtocols(list, buffer, length, errno)).toBe(-1);
    expect(errno.value).toBe(WSAEFAULT);
  });
});

describe('WSCInstallProvider', () => {
  test('assigns identifiers, writes them into the list, and puts the entries behind all others', () => {
    const list = [entryLike({ szProtocol: 'A' }), entryLike({ szProtocol: 'B', ProviderId: guidOf(99) })];
    expect(wsc.WSCInstallProvider(guidOf(1).toLowerCase(), 'di:mine', list, 2, ref(0))).toBe(0);
    expect(list.map((entry) => entry.dwCatalogEntryId)).toEqual([1007, 1008]);
    const found = enumerate(wsc).slice(6);
    expect(found.map((entry) => [entry.dwCatalogEntryId, entry.szProtocol, entry.ProviderId])).toEqual([
      [1007, 'A', guidOf(1)],
      [1008, 'B', guidOf(1)],
    ]);
    expect(made.counts.changed).toBe(1);
  });

  test('installs a layer and chains over it, as an installer does', () => {
    const layer = install(wsc, 1, entryLike({ ProtocolChain: LAYER })).ids[0] ?? 0;
    const first = install(wsc, 2, entryLike({ ProtocolChain: chain(layer, 1001) })).ids[0] ?? 0;
    const upper = install(wsc, 3, entryLike({ ProtocolChain: LAYER })).ids[0] ?? 0;
    // Index 1 of a chain is the entry that it was laid over, not that layer's own.
    expect(install(wsc, 4, entryLike({ ProtocolChain: chain(upper, first, 1001, 0, 0) }))).toMatchObject({
      result: -1,
    });
    const decoded = { ChainLen: 3, ChainEntries: [upper, first, 1001, 0, 0, 0, 0] };
    expect(install(wsc, 4, entryLike({ ProtocolChain: decoded }))).toMatchObject({ result: 0 });
    expect(enumerate(wsc).at(-1)?.ProtocolChain).toEqual(chain(upper, first, 1001));
    expect(store.read().problems).toEqual([]);
  });

  test('never gives an identifier a second time', () => {
    install(wsc, 1);
    wsc.WSCDeinstallProvider(guidOf(1), ref(0));
    expect(install(wsc, 2).ids).toEqual([1008]);
  });

  test('keeps a copy, so that later changes of the list do not matter', () => {
    const list = [entryLike({ szProtocol: 'before' })];
    wsc.WSCInstallProvider(guidOf(1), 'di:mine', list, 1, ref(0));
    (list[0] as WSAPROTOCOL_INFOW).szProtocol = 'after';
    expect(enumerate(wsc).at(-1)?.szProtocol).toBe('before');
  });

  const good = () => [entryLike()];
  test.each<[string, [unknown, unknown, unknown, unknown], number]>([
    ['no GUID', [null, 'di:x', good(), 1], WSAEFAULT],
    ['a GUID that is not a string', [5, 'di:x', good(), 1], WSAEFAULT],
    ['no path', [guidOf(1), null, good(), 1], WSAEFAULT],
    ['no list', [guidOf(1), 'di:x', null, 1], WSAEFAULT],
    ['more entries than the list has', [guidOf(1), 'di:x', good(), 2], WSAEFAULT],
    ['a number that is none', [guidOf(1), 'di:x', good(), 'one'], WSAEFAULT],
    ['a list of other things', [guidOf(1), 'di:x', ['TCP'], 1], WSAEFAULT],
    ['a member of another type', [guidOf(1), 'di:x', [entryLike({ iProtocol: '6' as never })], 1], WSAEFAULT],
    ['bad pointers before a malformed GUID', ['x', 'di:x', null, 1], WSAEFAULT],
    ['a malformed GUID', ['E70F1AA0', 'di:x', good(), 1], WSAEINVAL],
    ['a malformed GUID before an installed one', ['x', 'di:x', good(), 1], WSAEINVAL],
    ['an empty path', [guidOf(1), '', good(), 1], WSAEINVAL],
    ['a path of 261 characters', [guidOf(1), 'p'.repeat(261), good(), 1], WSAEINVAL],
    ['no entries', [guidOf(1), 'di:x', good(), 0], WSAEINVAL],
    ['a name of 256 characters', [guidOf(1), 'di:x', [entryLike({ szProtocol: 'n'.repeat(256) })], 1], WSAEINVAL],
    ['a number that C could not hold', [guidOf(1), 'di:x', [entryLike({ iProtocol: 2 ** 32 })], 1], WSAEINVAL],
    [
      'a negative chain length',
      [guidOf(1), 'di:x', [entryLike({ ProtocolChain: { ChainLen: -1, ChainEntries: [] } })], 1],
      WSAEINVAL,
    ],
    ['a dangling chain', [guidOf(1), 'di:x', [entryLike({ ProtocolChain: chain(4711, 1001) })], 1], WSAEINVAL],
    [
      'a chain of eight',
      [guidOf(1), 'di:x', [entryLike({ ProtocolChain: chain(1, 2, 3, 4, 5, 6, 7, 1001) })], 1],
      WSAEINVAL,
    ],
    ['a chain over itself', [guidOf(1), 'di:x', [entryLike({ ProtocolChain: chain(1007, 1001) })], 1], WSAEINVAL],
    ['a provider that is installed', [TCPIP.toLowerCase(), 'di:x', good(), 1], WSANO_RECOVERY],
    ['an invalid argument before an installed one', [TCPIP, '', good(), 1], WSAEINVAL],
  ])('refuses %s and changes nothing', (_, args, error) => {
    const before = store.read();
    const errno = ref(0);
    expect(wsc.WSCInstallProvider(...(args as [never, never, never, never]), errno)).toBe(-1);
    expect(errno.value).toBe(error);
    expect(store.read()).toEqual(before);
    expect(made.counts.changed).toBe(0);
  });

  test('takes a path of 260 characters and a name of 255', () => {
    const list = [entryLike({ szProtocol: 'n'.repeat(255) })];
    expect(wsc.WSCInstallProvider(guidOf(1), 'p'.repeat(260), list, 1, ref(0))).toBe(0);
  });

  test('says why a chain was refused', () => {
    install(wsc, 1, entryLike({ szProtocol: 'mine', ProtocolChain: chain(4711, 1001) }));
    expect(made.reports.map((problem) => problem.message)).toEqual([
      'the catalog in memory was not changed: entry "mine": its chain names entry 4711, which is not in the catalog.',
    ]);
  });

  test('may be called without a place for the error', () => {
    expect(wsc.WSCInstallProvider(guidOf(1), 'di:x', nothing, 1, nothing)).toBe(-1);
    expect(wsc.WSCInstallProvider(guidOf(1), 'di:x', [entryLike()], 1, undefined as never)).toBe(0);
    expect(wsc.WSCInstallProvider(guidOf(1), 'di:x', [entryLike()], 1, 5 as never)).toBe(-1);
  });
});

describe('WSCDeinstallProvider', () => {
  test('removes all entries of the provider and leaves the chains of others, which cannot be used any more', () => {
    const layer = install(wsc, 1, entryLike({ ProtocolChain: LAYER }), entryLike()).ids[0] ?? 0;
    install(wsc, 2, entryLike({ ProtocolChain: chain(layer, 1001), szProtocol: 'over' }));
    expect(wsc.WSCDeinstallProvider(guidOf(1).toLowerCase(), ref(0))).toBe(0);
    expect(ids()).toEqual([1001, 1002, 1003, 1004, 1005, 1006, 1009]);
    expect(store.read().problems.map((problem) => problem.entry)).toEqual([{ id: 1009, name: 'over' }]);
    expect(made.counts.changed).toBe(3);
  });

  test.each([
    ['no GUID', null, WSAEFAULT],
    ['a malformed GUID', '{1}', WSAEINVAL],
    ['an unknown provider', guidOf(5), WSAEINVAL],
  ])('refuses %s', (_, id, error) => {
    const errno = ref(0);
    expect(wsc.WSCDeinstallProvider(id as string, errno)).toBe(-1);
    expect(errno.value).toBe(error);
    expect(made.counts.changed).toBe(0);
  });
});

describe('WSCUpdateProvider', () => {
  test('replaces path and entries, and keeps identifiers and order', () => {
    install(wsc, 1, entryLike({ szProtocol: 'A' }), entryLike({ szProtocol: 'B' }));
    install(wsc, 2);
    const update = [entryLike({ dwCatalogEntryId: 1008, szProtocol: 'new B' })];
    expect(wsc.WSCUpdateProvider(guidOf(1), 'di:new', update, 1, ref(0))).toBe(0);
    expect(
      enumerate(wsc)
        .slice(6)
        .map((entry) => [entry.dwCatalogEntryId, entry.szProtocol, entry.ProviderId]),
    ).toEqual([
      [1007, 'A', guidOf(1)],
      [1008, 'new B', guidOf(1)],
      [1009, 'provider 2', guidOf(2)],
    ]);
    const path = ref('');
    wsc.WSCGetProviderPath(guidOf(1), path, ref(260), ref(0));
    expect(path.value).toBe('di:new');
    expect(made.counts.changed).toBe(3);
  });

  test('patches a chain after a layer was removed from the middle', () => {
    const a = install(wsc, 1, entryLike({ ProtocolChain: LAYER })).ids[0] ?? 0;
    const b = install(wsc, 2, entryLike({ ProtocolChain: LAYER })).ids[0] ?? 0;
    const over = entryLike({ ProtocolChain: chain(a, b, 1001) });
    install(wsc, 3, over);
    wsc.WSCDeinstallProvider(guidOf(2), ref(0));
    expect(store.read().problems).toHaveLength(1);
    over.ProtocolChain = chain(a, 1001);
    expect(wsc.WSCUpdateProvider(guidOf(3), 'di:over', [over], 1, ref(0))).toBe(0);
    expect(store.read().problems).toEqual([]);
  });

  test.each<[string, [unknown, unknown, unknown, unknown], number]>([
    ['no list', [guidOf(1), 'di:x', null, 1], WSAEFAULT],
    ['no path', [guidOf(1), undefined, [entryLike()], 1], WSAEFAULT],
    ['a malformed GUID', ['?', 'di:x', [entryLike({ dwCatalogEntryId: 1007 })], 1], WSAEINVAL],
    ['an unknown provider', [guidOf(2), 'di:x', [entryLike({ dwCatalogEntryId: 1007 })], 1], WSAEINVAL],
    ['an identifier of another provider', [guidOf(1), 'di:x', [entryLike({ dwCatalogEntryId: 1001 })], 1], WSAEINVAL],
    [
      'an identifier twice',
      [guidOf(1), 'di:x', [entryLike({ dwCatalogEntryId: 1007 }), entryLike({ dwCatalogEntryId: 1007 })], 2],
      WSAEINVAL,
    ],
    [
      'a dangling chain',
      [guidOf(1), 'di:x', [entryLike({ dwCatalogEntryId: 1007, ProtocolChain: chain(5, 1001) })], 1],
      WSAEINVAL,
    ],
    ['no entries', [guidOf(1), 'di:x', [], 0], WSAEINVAL],
  ])('refuses %s and changes nothing', (_, args, error) => {
    install(wsc, 1);
    const before = store.read();
    const errno = ref(0);
    expect(wsc.WSCUpdateProvider(...(args as [never, never, never, never]), errno)).toBe(-1);
    expect(errno.value).toBe(error);
    expect(store.read()).toEqual(before);
  });
});

describe('WSCWriteProviderOrder', () => {
  test('sets the order of the catalog', () => {
    expect(wsc.WSCWriteProviderOrder([1006, 1001, 1005, 1002, 1003, 1004], 6)).toBe(0);
    expect(ids()).toEqual([1006, 1001, 1005, 1002, 1003, 1004]);
    expect(made.counts.changed).toBe(1);
  });

  test.each<[string, unknown, unknown, number]>([
    ['no list', null, 6, WSAEFAULT],
    ['a list that is too short for its number', [1001], 6, WSAEFAULT],
    ['other things than numbers', ['1001', 1002, 1003, 1004, 1005, 1006], 6, WSAEFAULT],
    ['a number that is none', [1001, 1002, 1003, 1004, 1005, 1006], null, WSAEFAULT],
    ['a missing identifier', [1001, 1002, 1003, 1004, 1005], 5, WSAEINVAL],
    ['an identifier twice', [1001, 1002, 1003, 1004, 1005, 1006, 1001], 7, WSAEINVAL],
    ['an identifier twice in place of another', [1001, 1002, 1003, 1004, 1005, 1001], 6, WSAEINVAL],
    ['an unknown identifier', [1001, 1002, 1003, 1004, 1005, 7], 6, WSAEINVAL],
    ['nothing', [], 0, WSAEINVAL],
  ])('refuses %s and changes nothing', (_, list, count, error) => {
    expect(wsc.WSCWriteProviderOrder(list as number[], count as number)).toBe(error);
    expect(ids()).toEqual([1001, 1002, 1003, 1004, 1005, 1006]);
    expect(made.counts.changed).toBe(0);
  });
});

describe('WSCGetProviderPath', () => {
  test('gives the path, its length without NUL, and the size needed with it', () => {
    const path = ref('');
    const length = ref(8);
    const errno = ref(0);
    expect(wsc.WSCGetProviderPath(TCPIP, path, length, errno)).toBe(-1);
    expect([errno.value, length.value, path.value]).toEqual([WSAEFAULT, 9, '']);
    expect(wsc.WSCGetProviderPath(`{${TCPIP.toLowerCase()}}`, path, length, errno)).toBe(0);
    expect([length.value, path.value]).toEqual([8, 'di:tcpip']);
  });

  test.each<[string, [unknown, unknown, unknown], number]>([
    ['no GUID', [null, ref(''), ref(260)], WSAEFAULT],
    ['nowhere to put the path', [TCPIP, null, ref(260)], WSAEFAULT],
    ['no length', [TCPIP, ref(''), null], WSAEFAULT],
    ['bad pointers before a malformed GUID', ['?', ref(''), null], WSAEFAULT],
    ['a malformed GUID', ['?', ref(''), ref(260)], WSAEINVAL],
    ['an unknown provider', [guidOf(1), ref(''), ref(260)], WSAEINVAL],
  ])('refuses %s', (_, args, error) => {
    const errno = ref(0);
    expect(wsc.WSCGetProviderPath(...(args as [never, never, never]), errno)).toBe(-1);
    expect(errno.value).toBe(error);
  });
});

const AS_ROOT = process.getuid?.() === 0;

describe('A catalog file', () => {
  test(
    `that may not be written refuses an installation with WSANO_RECOVERY${AS_ROOT ? ' [root may write everywhere]' : ''}`,
    { skip: AS_ROOT },
    () => {
      const folder = temporaryFolder();
      chmodSync(folder, 0o500);
      expect(install(transport(new FileCatalogStore(join(folder, 'c.json'))).wsc, 1)).toMatchObject({
        error: WSANO_RECOVERY,
      });
    },
  );

  test('whose folder cannot be made refuses an installation with the reason', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const other = transport(new FileCatalogStore(join(file, 'c.json')));
    expect(install(other.wsc, 1)).toMatchObject({ result: -1, error: WSASYSCALLFAILURE });
    expect(other.reports[0]?.message).toContain(file);
  });
});
