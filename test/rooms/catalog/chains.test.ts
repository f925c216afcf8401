// Layers with all their chains: WSCInstallProviderAndChains, and what the installer's rules say of chains.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Container } from 'inversify';
import {
  AF_INET,
  AF_INET6,
  createWs2_32,
  IPPROTO_TCP,
  MAX_PROTOCOL_CHAIN,
  PFL_HIDDEN,
  PFL_MATCHES_PROTOCOL_ZERO,
  ref,
  SOCK_STREAM,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINVAL,
  WSAEINVALIDPROCTABLE,
  WSAEOPNOTSUPP,
  WSANO_RECOVERY,
  WSASYSCALLFAILURE,
  XP1_IFS_HANDLES,
  type Ws2_32,
  type Ws2_32Options,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';
import {
  chainsOf,
  FileCatalogStore,
  membersOf,
  MemoryCatalogStore,
  removeLayer,
  verifyCatalog,
  type CatalogData,
  type CatalogProtocol,
} from 'ws2spi/catalog';
import { connectedPair } from 'ws2spi/testkit';
import { describe, expect, it, test } from 'vitest';
import { guidOf, internetCatalog, temporaryFolder } from './helpers.js';

const DIST = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));

interface Given {
  id?: string | null;
  path?: string;
  name?: string;
  flags?: number;
  list?: readonly Partial<WSAPROTOCOL_INFO>[] | null;
  count?: number;
  entryId?: { value: number } | null;
}

const TCP4 = { iAddressFamily: AF_INET, iSocketType: SOCK_STREAM, iProtocol: IPPROTO_TCP };
const TCP6 = { ...TCP4, iAddressFamily: AF_INET6 };

function world(options: Ws2_32Options = {}) {
  const store = new MemoryCatalogStore(internetCatalog());
  const ws2 = createWs2_32({ catalog: store, ...options });
  const told: string[] = [];
  ws2.on('defect', ({ message }) => told.push(message));
  const install = (given: Given = {}): number => {
    const { id = guidOf(1), path = 'di:layers/trace', name = 'first', flags = XP1_IFS_HANDLES } = given;
    const { list = null, count = list?.length ?? 0, entryId = ref(0) } = given;
    const lpErrno = ref(0);
    const result = ws2.WSCInstallProviderAndChains(id!, path, name, flags, list as never, count, entryId!, lpErrno);
    expect(result).toBe(lpErrno.value === 0 ? 0 : -1);
    return lpErrno.value;
  };
  return { ws2, store, told, install, [Symbol.dispose]: () => ws2[Symbol.dispose]() };
}

const names = (data: CatalogData) => data.protocols.map(({ entry }) => entry.szProtocol);
const named = (data: CatalogData, name: string): CatalogProtocol =>
  data.protocols.find(({ entry }) => entry.szProtocol === name)!;

function openedOn(ws2: Ws2_32): string {
  const { client } = connectedPair(ws2);
  const entries: WSAPROTOCOL_INFO[] = [];
  ws2.WSAEnumProtocols([IPPROTO_TCP], entries, ref(100_000));
  ws2.closesocket(client);
  return entries[0]!.szProtocol;
}

describe('WSCInstallProviderAndChains', () => {
  it('makes the layer’s own entry, and a chain over the base of each family, type and protocol, before all others', () => {
    using given = world();
    const entryId = ref(0);
    expect(given.install({ entryId })).toBe(0);
    const data = given.store.read();
    const bases = names(internetCatalog());
    expect(names(data)).toEqual([...bases.map((base) => `first over [${base}]`), 'first', ...bases]);
    const layer = named(data, 'first').entry;
    expect(layer).toMatchObject({
      dwCatalogEntryId: entryId.value,
      ProviderId: guidOf(1),
      ProtocolChain: { ChainLen: 0 },
    });
    expect(layer.dwProviderFlags & (PFL_HIDDEN | PFL_MATCHES_PROTOCOL_ZERO)).toBe(PFL_HIDDEN);
    expect(data.protocols[0]!.entry.ProtocolChain).toEqual({ ChainLen: 2, ChainEntries: [entryId.value, 1001] });
    expect(new Set(data.protocols.map(({ entry }) => entry.ProviderId)).size).toBe(7 + 2);
    expect(verifyCatalog(data)).toEqual([]);
    given.ws2.WSAStartup(0x0202, {});
    expect(openedOn(given.ws2)).toBe('first over [ws2spi Memory [TCP/IP]]');
  });

  it('lies over the first entry of each kind in a list, whatever its other members, and passes over what fits nothing', () => {
    using given = world();
    expect(given.install({ list: [TCP6] })).toBe(0);
    const list = [TCP4, TCP6, TCP6, { iAddressFamily: 77, iSocketType: 1, iProtocol: 6 }];
    expect(given.install({ id: guidOf(2), name: 'second', list })).toBe(0);
    const data = given.store.read();
    expect(names(data).slice(0, 5)).toEqual([
      'second over [first over [ws2spi Memory [TCP/IPv6]]]',
      'second over [ws2spi Memory [TCP/IP]]',
      'second',
      'first over [ws2spi Memory [TCP/IPv6]]',
      'first',
    ]);
    // The entry itself stands for the layer below, not that layer's own.
    const [id, inner] = ['second', 'first over [ws2spi Memory [TCP/IPv6]]'].map(
      (name) => named(data, name).entry.dwCatalogEntryId,
    );
    expect(data.protocols[0]!.entry.ProtocolChain.ChainEntries).toEqual([id, inner, 1004]);
    expect(verifyCatalog(data)).toEqual([]);
    given.ws2.WSAStartup(0x0202, {});
    expect(connectedPair(given.ws2, { family: AF_INET6 })).toBeDefined();
  });

  it('says whether sockets are the lower provider’s own handles', () => {
    using given = world();
    expect(given.install({ flags: 0, path: 'di:layers/compression', list: [TCP4] })).toBe(0);
    expect(given.install({ id: guidOf(2), name: 'second', list: [TCP4] })).toBe(0);
    const flags = given.store
      .read()
      .protocols.slice(0, 4)
      .map(({ entry }) => entry.dwServiceFlags1 & XP1_IFS_HANDLES);
    // A chain has them when everything in it has.
    expect(flags).toEqual([0, XP1_IFS_HANDLES, 0, 0]);
  });

  it('is taken back by WSCDeinstallProvider as a whole', () => {
    using given = world();
    const before = names(given.store.read());
    given.install();
    expect(given.ws2.WSCDeinstallProvider(guidOf(1), ref(0))).toBe(0);
    expect(names(given.store.read())).toEqual(before);
  });

  it('has a form for both catalogs, which are one', () => {
    using given = world();
    const { ws2 } = given;
    const lpErrno = ref(0);
    const install = (path32: unknown) =>
      ws2.WSCInstallProviderAndChains64_32(
        guidOf(1),
        'di:layers/trace',
        path32 as string,
        'first',
        XP1_IFS_HANDLES,
        null,
        0,
        ref(0),
        lpErrno,
      );
    expect([install(''), lpErrno.value]).toEqual([-1, WSAEINVAL]);
    expect([install(null), lpErrno.value]).toEqual([-1, WSAEFAULT]);
    expect(install('di:layers/trace')).toBe(0);
    expect(given.store.read().protocols).toHaveLength(13);
    const entries: WSAPROTOCOL_INFO[] = [];
    expect(ws2.WSCEnumProtocols32(null, entries, ref(100_000), lpErrno)).toBe(13);
  });

  const refused: readonly [string, Given, number][] = [
    ['no GUID', { id: null }, WSAEINVAL],
    ['a malformed GUID', { id: 'mine' }, WSAEINVAL],
    ['a GUID that is taken', { id: internetCatalog().protocols[0]!.entry.ProviderId }, WSAEINVAL],
    ['an empty path', { path: '' }, WSAEINVAL],
    ['a path that is too long', { path: `file:///${'x'.repeat(300)}` }, WSAEINVAL],
    ['a path that is none', { path: 5 as never }, WSAEFAULT],
    ['an empty name', { name: '' }, WSAEINVAL],
    ['a name that is too long', { name: 'x'.repeat(256) }, WSAEINVAL],
    ['a list without entries', { list: [], count: 0 }, WSAEINVAL],
    ['a list that is shorter than it is said to be', { list: [TCP4], count: 2 }, WSAEFAULT],
    ['a list that is none', { list: 'tcp' as never, count: 1 }, WSAEFAULT],
    ['entries that are none', { list: [null as never], count: 1 }, WSAEFAULT],
    ['nothing that fits', { list: [{ ...TCP4, iProtocol: 99 }] }, WSAEINVAL],
    ['no room for the identifier', { entryId: null }, WSAEFAULT],
    ['flags that are none', { flags: 'ifs' as never }, WSAEFAULT],
  ];

  it.each(refused)('refuses %s, and changes nothing', (_what, call, error) => {
    using given = world();
    const before = JSON.stringify(given.store.read());
    expect(given.install(call)).toBe(error);
    expect(JSON.stringify(given.store.read())).toBe(before);
    expect(given.told.at(-1)).toMatch(/WSCInstallProviderAndChains was refused/);
  });

  it('refuses a name that is taken, by any other GUID', () => {
    using given = world();
    given.install();
    expect(given.install({ id: guidOf(2) })).toBe(WSAEINVAL);
    expect(given.told.at(-1)).toMatch(/a layer "first" is installed already/);
  });

  it('refuses a chain of more than seven, with what it would be', () => {
    using given = world();
    for (let n = 1; n < MAX_PROTOCOL_CHAIN; n++)
      expect(given.install({ id: guidOf(n), name: `layer ${n}`, list: [TCP4] })).toBe(0);
    expect(given.install({ id: guidOf(50), name: 'one more', list: [TCP4] })).toBe(WSANO_RECOVERY);
    expect(given.told.at(-1)).toMatch(/would make a chain of 8; a chain may have 7/);
  });

  it('refuses a catalog without base protocols', () => {
    using given = world({ catalog: { protocols: [] } });
    expect(given.install()).toBe(WSANO_RECOVERY);
  });

  it('says that another installation is in progress, after its patience', () => {
    const file = join(temporaryFolder(), 'catalog.json');
    const store = new FileCatalogStore(file);
    const impatient = new FileCatalogStore(file, { base: 'memory', lockTimeout: 0 });
    using given = world({ catalog: impatient });
    store.update(() => {
      expect(given.install()).toBe(WSAEINPROGRESS);
      return 1;
    });
  });
});

describe('A module that is there is tried before it is installed', () => {
  const container = (WSPStartup: unknown): Container => {
    const made = new Container();
    made.bind('di:mine').toConstantValue({ WSPStartup });
    return made;
  };

  it.each([
    ['exports no WSPStartup', 7, WSAEINVALIDPROCTABLE, /does not export WSPStartup/],
    [
      'throws',
      () => {
        throw new Error('no licence');
      },
      WSASYSCALLFAILURE,
      /no licence/,
    ],
    ['fails', () => 10091, WSASYSCALLFAILURE, /WSPStartup returned WSASYSNOTREADY/],
    [
      'fills no table',
      (_v: number, data: { wVersion: number }) => {
        data.wVersion = 0x0202;
        return 0;
      },
      WSAEINVALIDPROCTABLE,
      /lacks lpWSPAccept/,
    ],
  ])('one that %s is refused', (_what, startup, error, message) => {
    using given = world({ container: container(startup) });
    expect(given.install({ path: 'di:mine' })).toBe(error);
    expect(given.told.at(-1)).toMatch(message);
    expect(given.store.read().protocols).toHaveLength(6);
  });

  it('one whose sockets have handles of their own, and lack extension functions, is refused', () => {
    const layer = defineLayer({
      name: 'deaf',
      codec: () => ({
        send: (bytes, output) => output.encoded(bytes),
        receive: (bytes, output) => output.decoded(bytes),
      }),
      overrides: {
        WSPIoctl: (_lower, ...args) => {
          args[10].value = WSAEOPNOTSUPP;
          return -1;
        },
      },
    });
    using given = world({ container: container(layer.WSPStartup) });
    expect(given.install({ path: 'di:mine', flags: 0, list: [TCP4] })).toBe(WSAEINVALIDPROCTABLE);
    expect(given.told.at(-1)).toMatch(
      /lack AcceptEx, ConnectEx, DisconnectEx, TransmitFile, TransmitPackets, WSARecvMsg/,
    );
    expect(given.install({ path: 'di:mine', list: [TCP4] })).toBe(0);
  });

  it('one in a file is loaded from there, and one that cannot be loaded is refused', () => {
    const folder = temporaryFolder();
    const bad = join(folder, 'bad.mjs');
    writeFileSync(bad, 'syntax error');
    const good = join(folder, 'good.mjs');
    writeFileSync(
      good,
      `export { WSPStartup } from ${JSON.stringify(pathToFileURL(join(DIST, 'providers/layers/trace/index.js')).href)};`,
    );
    using given = world();
    expect(given.install({ path: pathToFileURL(bad).href })).toBe(WSASYSCALLFAILURE);
    expect(given.told.at(-1)).toMatch(/bad\.mjs cannot be used: it cannot be loaded/);
    expect(given.install({ path: pathToFileURL(good).href })).toBe(0);
  });

  it('one that is not there yet is installed, as WSCInstallProvider does', () => {
    using given = world();
    expect(given.install({ path: 'di:later' })).toBe(0);
    expect(given.install({ id: guidOf(2), name: 'second', path: 'file:///nowhere/layer.mjs' })).toBe(0);
  });
});

describe('Removing a layer', () => {
  function three(): CatalogData {
    using given = world();
    given.install({ name: 'a', list: [TCP4] });
    given.install({ id: guidOf(2), name: 'b', list: [TCP4] });
    given.install({ id: guidOf(3), name: 'c', list: [TCP4] });
    return given.store.read();
  }

  it('is refused when it lies in chains of others, which are named', () => {
    const data = three();
    const layer = named(data, 'b');
    expect(chainsOf(data, layer).others.map(({ entry }) => entry.szProtocol)).toEqual([
      'c over [b over [a over [ws2spi Memory [TCP/IP]]]]',
    ]);
    expect(() => removeLayer(data, layer, 'refuse')).toThrow(
      expect.objectContaining({ why: expect.stringContaining('c over [b over') as string }) as Error,
    );
  });

  it('takes it out of the chains of others, which are in order afterwards', () => {
    for (const name of ['a', 'b', 'c']) {
      const data = three();
      removeLayer(data, named(data, name), 'rechain');
      const left = ['c', 'b', 'a'].filter((each) => each !== name);
      const chain = data.protocols[0]!;
      expect(chain.entry.szProtocol).toBe(`${left[0]} over [${left[1]} over [ws2spi Memory [TCP/IP]]]`);
      expect(membersOf(data, chain).map(({ entry }) => entry.szProtocol)).toEqual([...left, 'ws2spi Memory [TCP/IP]']);
      expect(verifyCatalog(data)).toEqual([]);
      expect(data.protocols).toHaveLength(6 + 4);
    }
  });

  it('takes the chains of others away with it', () => {
    const data = three();
    const { removed } = removeLayer(data, named(data, 'a'), 'remove');
    expect(removed.map(({ entry }) => entry.szProtocol)).toEqual([
      'a',
      'a over [ws2spi Memory [TCP/IP]]',
      'c over [b over [a over [ws2spi Memory [TCP/IP]]]]',
      'b over [a over [ws2spi Memory [TCP/IP]]]',
    ]);
    expect(verifyCatalog(data)).toEqual([]);
  });
});

test('A chain that leads back to itself does not keep the installer busy', () => {
  const data = internetCatalog();
  const loop = structuredClone(data.protocols[0]!);
  Object.assign(loop.entry, { dwCatalogEntryId: 5000, ProtocolChain: { ChainLen: 2, ChainEntries: [5000, 5000] } });
  data.protocols.unshift(loop);
  expect(membersOf(data, loop).length).toBeLessThan(3);
  expect(chainsOf(data, data.protocols[1]!).own).toEqual([]);
});
