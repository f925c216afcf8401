import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CatalogError,
  defaultCatalog,
  FileCatalogStore,
  formatCatalog,
  InstanceCatalog,
  MemoryCatalogStore,
  repairCatalog,
  resetCatalog,
  verifyCatalog,
  type CatalogData,
} from 'ws2spi/catalog';
import { ref, WSANO_RECOVERY, type WSAPROTOCOL_INFOW } from 'ws2spi/spi';
import { beforeEach, describe, expect, test } from 'vitest';
import { catalogWith, chain, guidOf, install, LAYER, temporaryFolder, transport } from './helpers.js';

let path: string;

beforeEach(() => {
  path = join(temporaryFolder(), 'catalog.json');
});

function errorOf(run: () => unknown): CatalogError {
  try {
    run();
  } catch (error) {
    if (error instanceof CatalogError) return error;
    throw error;
  }
  throw new Error('no error');
}

// Every function fails with WSANO_RECOVERY and the reason, and leaves the file as it is.
function expectRefusal(text: string): CatalogError {
  writeFileSync(path, text);
  const store = new FileCatalogStore(path);
  const error = errorOf(() => store.read());
  expect(error).toMatchObject({ code: WSANO_RECOVERY, file: path });
  expect(error.message).toContain(path);
  expect(error.message).toMatch(/reset/);

  const { wsc, reports, counts } = transport(store);
  const errno = ref(0);
  const run = (call: () => number): void => {
    errno.value = 0;
    const result = call();
    expect([result, errno.value]).toEqual([-1, WSANO_RECOVERY]);
  };
  run(() => wsc.WSCEnumProtocols(null, null, ref(0), errno));
  run(() => wsc.WSCDeinstallProvider(guidOf(1), errno));
  run(() => wsc.WSCGetProviderPath(guidOf(1), ref(''), ref(260), errno));
  expect(install(wsc, 1)).toMatchObject({ result: -1, error: WSANO_RECOVERY });
  expect(wsc.WSCWriteProviderOrder([1], 1)).toBe(WSANO_RECOVERY);
  expect(repairCatalog(store).code).toBe(WSANO_RECOVERY);
  expect(reports.map((problem) => problem.message)).toEqual(Array(5).fill(error.message));
  expect(counts.changed).toBe(0);
  expect(store.serial()).toBe(-1);
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(readdirSync(join(path, '..'))).toEqual(['catalog.json']);
  return error;
}

describe('A file that is damaged as a whole', () => {
  test('by being cut off anywhere is refused by every function and never overwritten', () => {
    const text = formatCatalog(catalogWith({ szProtocol: 'mine' }));
    // The last two characters are the closing brace and a line feed.
    const places = [0, 1, 2, text.length - 2];
    for (let at = 17; at < text.length - 2; at += 211) places.push(at);
    expect(places.length).toBeGreaterThan(20);
    for (const at of places) expect(expectRefusal(text.slice(0, at)).message).toMatch(/cut off|is empty/);
  });

  test.each<[string, string, RegExp]>([
    ['not JSON', 'Windows Registry Editor Version 5.00', /not valid JSON/],
    ['no object', '[1, 2]', /JSON object/],
    ['of another format', '{"format":"package","version":1}', /"format": "package" where "ws2spi-catalog" belongs/],
    ['of a future version', formatCatalog({ ...defaultCatalog('tcpip'), version: 2 }), /version 2 .* reads version 1/],
    ['of no version', '{"format":"ws2spi-catalog"}', /"version"/],
    [
      'without entries',
      '{"format":"ws2spi-catalog","version":1,"serial":4,"nextCatalogEntryId":5}',
      /protocols is missing/,
    ],
    ['with a serial number that is none', formatCatalog({ ...defaultCatalog('tcpip'), serial: -3 }), /serial is -3/],
  ])('by being %s is refused likewise', (_, text, message) => {
    expect(expectRefusal(text).message).toMatch(message);
  });

  test('by being a folder is refused likewise', () => {
    mkdirSync(path);
    expect(errorOf(() => new FileCatalogStore(path).read())).toMatchObject({ code: WSANO_RECOVERY, file: path });
    expect(install(transport(new FileCatalogStore(path)).wsc, 1)).toMatchObject({ error: WSANO_RECOVERY });
  });
});

// A catalog with one layer (2001), a sound chain over it (2002), and the entries given (2003 and up).
function damagedBy(...entries: Partial<WSAPROTOCOL_INFOW>[]): CatalogData {
  return catalogWith(
    { szProtocol: 'Layer', ProtocolChain: LAYER },
    { szProtocol: 'Sound', ProtocolChain: chain(2001, 1002), iSocketType: 2, iProtocol: 17 },
    ...entries,
  );
}

const broken: [string, Partial<WSAPROTOCOL_INFOW>, RegExp][] = [
  ['a dangling chain', { ProtocolChain: chain(2001, 4711, 1001) }, /names entry 4711, which is not in the catalog/],
  ['a repeated layer', { ProtocolChain: chain(2001, 2001, 1001) }, /holds layer 2001 "Layer" more than once/],
  [
    'a layer repeated through another chain',
    { ProtocolChain: chain(2001, 2002, 1002) },
    /holds layer 2001 "Layer" more than once/,
  ],
  ['eight layers', { ProtocolChain: chain(1, 2, 3, 4, 5, 6, 7, 1001) }, /8 entries, more than the 7/],
  ['a chain that ends in a layer', { ProtocolChain: chain(1001, 2001) }, /base protocol 1001 above others/],
  ['a chain without a base', { ProtocolChain: chain(2002, 2001) }, /ends in entry 2001, which is not a base protocol/],
  [
    'a chain over a chain with its layer',
    { ProtocolChain: chain(2001, 2002) },
    /holds layer 2001 "Layer" more than once/,
  ],
  ['a chain over itself', { ProtocolChain: chain(2003, 1001) }, /names entry 2003, which is the chain itself/],
  [
    'a chain that lists too little',
    { ProtocolChain: { ChainLen: 3, ChainEntries: [2001, 1001] } },
    /says 3 entries but lists 2/,
  ],
  ['a negative chain length', { ProtocolChain: { ChainLen: -2, ChainEntries: [] } }, /length -2/],
  ['a chain that is none', { ProtocolChain: 'Layer' as never }, /ProtocolChain is "Layer", but should be/],
  ['a wrong value', { iSocketType: '1' as never }, /iSocketType is "1", but should be a whole number of 32 bits/],
  ['a missing value', { iAddressFamily: undefined as never }, /iAddressFamily is missing/],
  ['a malformed GUID', { ProviderId: '1234' }, /ProviderId is "1234", but should be a GUID/],
  ['a name that is too long', { szProtocol: 'n'.repeat(256) }, /szProtocol is "n+\.\.\., but should be a string/],
];

describe('An entry that is damaged', () => {
  test.each(broken)('by %s is reported with file, entry and cure, and the others stay usable', (_, entry, message) => {
    const data = damagedBy({ szProtocol: 'Broken', ...entry });
    const text = formatCatalog(data);
    writeFileSync(path, text);
    const store = new FileCatalogStore(path);
    const { problems } = store.read();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ file: path, entry: { id: 2003 } });
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.message).toContain(`${path}, entry 2003 `);
    expect(problems[0]?.message).toMatch(/Run repair/);

    const catalog = new InstanceCatalog(store);
    expect(catalog.refresh()).toBe(0);
    for (const [af, type, protocol, id] of [
      [2, 1, 6, 1001],
      [2, 2, 17, 1002],
      [23, 1, 0, 1004],
    ] as const) {
      expect(catalog.match(af, type, protocol).entry?.dwCatalogEntryId).toBe(id);
    }
    expect(catalog.visibleEntries().map((visible) => visible.dwCatalogEntryId)).toEqual([1001, 1002, 1004, 1005, 2002]);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test.each(broken)('by %s is written back as it was by a change of something else', (_, entry) => {
    const data = damagedBy({ szProtocol: 'Broken', ...entry });
    writeFileSync(path, formatCatalog(data));
    const found = (JSON.parse(readFileSync(path, 'utf8')) as CatalogData).protocols[8];
    expect(install(transport(new FileCatalogStore(path)).wsc, 9)).toMatchObject({ result: 0, ids: [2004] });
    expect((JSON.parse(readFileSync(path, 'utf8')) as CatalogData).protocols[8]).toEqual(found);
  });

  test('by an identifier that another has leaves the first one usable', () => {
    const data = damagedBy({ szProtocol: 'Twin', dwCatalogEntryId: 1001 });
    const problems = verifyCatalog(data, path);
    expect(problems.map((problem) => problem.message)).toEqual([
      `catalog ${path}, entry 1001 "Twin": its identifier 1001 belongs to "MSAFD Tcpip [TCP/IP]" before it. ` +
        'Run repair to drop the entry, or correct it.',
    ]);
  });

  test('makes the chains over it unusable too, each with the reason at the bottom', () => {
    const data = damagedBy(
      { szProtocol: 'Broken', ProtocolChain: chain(2001, 99) },
      { szProtocol: 'Upper', ProtocolChain: LAYER },
      { szProtocol: 'Over', ProtocolChain: chain(2004, 2003, 1001) },
    );
    expect(verifyCatalog(data).map((problem) => problem.entry?.id)).toEqual([2003, 2005]);
    expect(verifyCatalog(data)[1]?.message).toContain('2003 "Broken", which is unusable: its chain names entry 99');
  });

  test('by not being an object at all is counted by its place', () => {
    const data = damagedBy();
    data.protocols.push('?' as never);
    const store = new MemoryCatalogStore(data);
    expect(store.read().problems[0]?.message).toContain('entry number 9 "": it is "?" where an object');
    const catalog = new InstanceCatalog(store);
    catalog.refresh();
    expect(catalog.match(2, 1, 6).entry?.dwCatalogEntryId).toBe(1001);
  });

  test('in the name-space catalog is reported and not asked, and the others are', () => {
    const data = damagedBy();
    data.nameSpaces.push(
      { path: 'di:x', info: { ...data.nameSpaces[0]!.info } },
      { path: 'di:y', info: { dwNameSpace: 12 } as never },
    );
    const catalog = new InstanceCatalog(new MemoryCatalogStore(data));
    catalog.refresh();
    expect(catalog.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('name-space entry number 3 "Tcpip": its provider 22059D40'),
      expect.stringContaining('name-space entry number 4 "": NSProviderId is missing'),
    ]);
    expect(catalog.nameSpaces()).toHaveLength(2);
  });
});

describe('Mending', () => {
  test('repair drops what cannot be used, says what it dropped, and keeps the rest', () => {
    const data = damagedBy(...broken.map(([, entry]) => ({ szProtocol: 'Broken', ...entry })));
    writeFileSync(path, formatCatalog(data));
    const store = new FileCatalogStore(path);
    const { code, actions } = repairCatalog(store);
    expect(code).toBe(0);
    expect(actions).toHaveLength(broken.length);
    expect(actions[0]).toBe(
      `Dropped from catalog ${path}, entry 2003 "Broken": its chain names entry 4711, which is not in the catalog.`,
    );
    const after = store.read();
    expect(after.problems).toEqual([]);
    expect(after.protocols.map((item) => item.entry.dwCatalogEntryId)).toEqual([
      1001, 1002, 1003, 1004, 1005, 1006, 2001, 2002,
    ]);
  });

  test('repair leaves a sound catalog alone', () => {
    const text = formatCatalog(damagedBy());
    writeFileSync(path, text);
    expect(repairCatalog(new FileCatalogStore(path))).toEqual({ code: 0, actions: [] });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('reset replaces a damaged file, keeps it as a generation, and the serial number goes on', () => {
    const store = new FileCatalogStore(path);
    for (let n = 1; n <= 3; n++) install(transport(store).wsc, n);
    expect(store.serial()).toBe(4);
    writeFileSync(path, '{"format":');
    expect(resetCatalog(store)).toBe(0);
    expect(store.serial()).toBeGreaterThan(4);
    expect(store.read()).toMatchObject({ problems: [], protocols: { length: 6 } });
    const kept = readdirSync(join(path, '..')).map((name) => readFileSync(join(path, '..', name), 'utf8'));
    expect(kept).toContain('{"format":');
    expect(install(transport(store).wsc, 4).result).toBe(0);
  });

  test('reset of a sound catalog keeps it as a generation as well', () => {
    const store = new FileCatalogStore(path);
    install(transport(store).wsc, 1);
    const text = readFileSync(path, 'utf8');
    expect(resetCatalog(store, 'memory')).toBe(0);
    expect(readFileSync(`${path}.2`, 'utf8')).toBe(text);
    expect(store.read()).toMatchObject({ serial: 3, protocols: { length: 9 } });
  });
});
