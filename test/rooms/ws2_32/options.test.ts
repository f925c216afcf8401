// What instances, networks and tools are made from: what there is not, or cannot be, is refused in one sentence.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createMemoryNetwork,
  createWs2_32,
  ref,
  seededRandom,
  systemClock,
  VirtualClock,
  type Ws2_32Options,
} from 'ws2spi';
import { defaultCatalog, FileCatalogStore, formatCatalog, MemoryCatalogStore } from 'ws2spi/catalog';
import { compression } from 'ws2spi/providers/layers/compression';
import { trace } from 'ws2spi/providers/layers/trace';
import { connectedPair, createTestInstance, verifyCodec } from 'ws2spi/testkit';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';

let path: string;
const environment = process.env['WS2SPI_CATALOG'];

// Whatever the user of these tests has installed is left alone.
beforeEach(() => {
  path = join(temporaryFolder(), 'catalog.json');
  process.env['WS2SPI_CATALOG'] = path;
});

afterEach(() => {
  if (environment === undefined) delete process.env['WS2SPI_CATALOG'];
  else process.env['WS2SPI_CATALOG'] = environment;
});

function instance(options?: Ws2_32Options) {
  const ws2 = createWs2_32(options);
  onTestFinished(() => ws2[Symbol.dispose]());
  expect(ws2.WSAStartup(0x0202, {})).toBe(0);
  return ws2;
}

function providers(options?: Ws2_32Options): string {
  const found: { szProtocol: string }[] = [];
  instance(options).WSAEnumProtocols(null, found as never, ref(65_536));
  return found[0]!.szProtocol;
}

const save = (base: 'tcpip' | 'memory', at = path): void => writeFileSync(at, formatCatalog(defaultCatalog(base)));

describe('The base of an instance', () => {
  test('memory without a catalog is the default catalog in memory, whatever the user’s file says', () => {
    for (const text of [formatCatalog(defaultCatalog('tcpip')), '{"cut off']) {
      writeFileSync(path, text);
      expect(providers({ base: 'memory' })).toMatch(/^ws2spi Memory/);
    }
  });

  test('memory without a catalog installs in memory, and leaves the user’s file alone', () => {
    const ws2 = instance({ base: 'memory' });
    const entry = { ...defaultCatalog('memory').protocols[0]!.entry, szProtocol: 'mine' };
    expect(ws2.WSCInstallProvider('4D1C8A60-52F7-4C6E-9E0B-3A7715D0C501', 'di:mine', [entry], 1, ref(0))).toBe(0);
    expect(new FileCatalogStore(path).serial()).toBe(1);
  });

  test('names what a file has that is not there yet, and agrees with one that is there', () => {
    const file = join(path, '..', 'other.json');
    expect(providers({ base: 'memory', catalog: file })).toMatch(/Memory/);
    save('memory', file);
    expect(providers({ base: 'memory', catalog: file })).toMatch(/Memory/);
    expect(providers({ catalog: file })).toMatch(/Memory/);
    save('tcpip');
    expect(providers({ base: 'tcpip' })).toMatch(/Tcpip/);
  });

  test.each([
    ['a file', () => path],
    ['a store', () => new FileCatalogStore(path)],
    ['a store in memory', () => new MemoryCatalogStore(defaultCatalog('tcpip'))],
    ['an object', () => defaultCatalog('tcpip')],
  ])('that contradicts %s is an error that names both', (_, catalog) => {
    save('tcpip');
    expect(() => createWs2_32({ base: 'memory', catalog: catalog() })).toThrow(
      /`base` is 'memory', but the base provider of .* is tcpip/,
    );
  });

  test('tcpip contradicts a user’s file of the memory provider, too', () => {
    save('memory');
    expect(() => createWs2_32({ base: 'tcpip' })).toThrow(`the base provider of catalog ${path} is memory`);
  });

  test('says nothing about a file that is damaged: WSAStartup tells of that', () => {
    mkdirSync(path);
    const ws2 = createWs2_32({ base: 'memory', catalog: path });
    ws2.on('defect', () => undefined);
    expect(ws2.WSAStartup(0x0202, {})).not.toBe(0);
    ws2[Symbol.dispose]();
  });
});

describe('What createWs2_32 is given', () => {
  test.each<[unknown, RegExp]>([
    [{ bse: 'memory' }, /there is no option "bse": did you mean "base"\?/],
    [{ Catalog: 'memory' }, /did you mean "catalog"\?/],
    [{ alertable: true }, /there is no option "alertable"/],
    [{ toString: 1 }, /there is no option "toString"/],
    [{ base: 'tcp' }, /`base` must be 'tcpip' or 'memory', not "tcp": did you mean "tcpip"\?/],
    [{ base: 'Memory' }, /did you mean "memory"\?/],
    [{ base: null }, /`base` must be 'tcpip' or 'memory', not null/],
    [{ base: ['memory'] }, /`base` must be .* not an array/],
    [{ catalog: '' }, /`catalog` must be the path/],
    [{ catalog: 7 }, /`catalog` must be .* not 7/],
    [{ catalog: [] }, /`catalog` must be .* not an array/],
    [{ catalog: new URL('file:///x') }, /`catalog` must be .*fileURLToPath.* not a URL/],
    [{ catalog: 'file:///x.json' }, /fileURLToPath/],
    [{ catalog: 'a\0b' }, /`catalog` must be/],
    [{ catalog: 'memroy' }, /"memroy": did you mean "memory"\?/],
    [{ network: { latency: 4 }, base: 'memory' }, /`network` must be what createMemoryNetwork/],
    [{ network: createMemoryNetwork() }, /add `base: 'memory'`/],
    [{ network: createMemoryNetwork(), base: 'tcpip' }, /add `base: 'memory'`/],
    [{ clock: new Date() }, /`clock` must be a clock.* not a Date/],
    [{ clock: { virtual: true, now: () => 0 } }, /`clock` must be/],
    [{ random: Math.random }, /`random` must be a source of chance: seededRandom\(seed\), not a function/],
    [{ random: 7 }, /seededRandom/],
    [{ container: {} }, /`container` must be/],
    [{ alertableEventLoop: 1 }, /`alertableEventLoop` must be true or false, not 1/],
    [{ spin: -1 }, /`spin` must be a number of microseconds, 0 or more, not -1/],
    [{ spin: NaN }, /not NaN/],
    [{ spin: '5' }, /not "5"/],
    [{ platform: 'linux' }, /`platform` must be/],
    [{ trustCatalog: 'yes' }, /`trustCatalog` must be true or false/],
    ['memory', /options are an object.* not "memory"/],
    [null, /options are an object.* not null/],
    [[], /not an array/],
  ])('%j is refused with a sentence', (options, message) => {
    expect(() => createWs2_32(options as Ws2_32Options)).toThrow(TypeError);
    expect(() => createWs2_32(options as Ws2_32Options)).toThrow(message);
    expect(() => createWs2_32(options as Ws2_32Options)).toThrow(/^createWs2_32: /);
  });

  test('may leave everything out, and be undefined', () => {
    const all = { catalog: undefined, base: undefined, network: undefined, clock: undefined, spin: undefined };
    expect(providers(all as never)).toMatch(/Tcpip/);
    expect(providers()).toMatch(/Tcpip/);
    expect(
      providers({ base: 'memory', catalog: null, clock: systemClock(), random: seededRandom(1), spin: 0 }),
    ).toMatch(/Memory/);
    expect(providers({ base: 'memory', network: createMemoryNetwork(), clock: new VirtualClock() })).toMatch(/Memory/);
  });
});

describe('Other options', () => {
  const { ws2, finish } = createTestInstance();
  test.each<[string, () => unknown, RegExp]>([
    ['network', () => createMemoryNetwork({ latencey: 5 } as never), /"latencey": did you mean "latency"\?/],
    ['network', () => createMemoryNetwork({ addresses: '10.0.0.1' } as never), /`addresses` must be an array/],
    ['network', () => createMemoryNetwork({ silent: [1] } as never), /`silent` must be an array/],
    ['network', () => createMemoryNetwork(5 as never), /options are an object/],
    ['test instance', () => createTestInstance({ sede: 1 } as never), /"sede": did you mean "seed"\?/],
    ['test instance', () => createTestInstance({ seed: [1] } as never), /`seed` must be a number or a text/],
    ['test instance', () => createTestInstance({ clock: systemClock() } as never), /`clock` must be a VirtualClock/],
    ['test instance', () => createTestInstance({ network: { latncy: 1 } } as never), /did you mean "latency"\?/],
    ['pair', () => connectedPair(ws2, { entrie: 1 } as never), /"entrie": did you mean "entry"\?/],
    ['pair', () => connectedPair(ws2, { family: 10 }), /`family` must be AF_INET/],
    ['codec test', () => verifyCodec(compression(), { byte: 1 } as never), /did you mean "bytes"\?/],
    ['codec test', () => verifyCodec(compression(), { rounds: 0 }), /`rounds` must be/],
    ['trace', () => trace({ nmae: 'x' } as never), /trace: there is no option "nmae": did you mean "name"\?/],
    ['trace', () => trace({ dataBytes: -1 }), /`dataBytes` must be/],
    ['compression', () => compression({ levle: 3 } as never), /did you mean "level"\?/],
    ['file store', () => new FileCatalogStore(path, { base: 'tcp' } as never), /did you mean "tcpip"\?/],
    ['file store', () => new FileCatalogStore(path, { lockTimeout: -1 }), /`lockTimeout` must be/],
  ])('of a %s are looked at likewise', (_, make, message) => {
    expect(make).toThrow(message);
  });

  test('leave nothing behind when they are refused', () => {
    expect(finish).not.toThrow();
  });
});

describe('Options of an instance', () => {
  test('are read once each, so that what was looked at is what it is made from', () => {
    let reads = 0;
    const ws2 = instance({
      catalog: 'memory',
      get base(): 'memory' {
        return reads++ === 0 ? 'memory' : ('evil' as never);
      },
    });
    expect([reads, ws2.socket(2, 1, 0)]).toEqual([1, expect.any(Number)]);
  });

  test('that an object inherits count, and are looked at', () => {
    expect(instance(Object.create({ base: 'memory' }) as Ws2_32Options).socket(2, 1, 0)).not.toBe(0xffffffff);
    expect(() => createWs2_32(Object.create({ base: 'tcp' }) as Ws2_32Options)).toThrow(/did you mean "tcpip"/);
  });

  test('that somebody gave to all objects do not', () => {
    Object.assign(Object.prototype, { base: 'evil', spin: -1 });
    try {
      expect(instance({ catalog: 'memory' }).WSAGetLastError()).toBe(0);
    } finally {
      delete (Object.prototype as { base?: unknown }).base;
      delete (Object.prototype as { spin?: unknown }).spin;
    }
  });
});
