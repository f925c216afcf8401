import { InstanceCatalog, matchProtocol, MemoryCatalogStore, type CatalogData } from 'ws2spi/catalog';
import { WSAEAFNOSUPPORT, WSAEINVAL, WSAEINVALIDPROVIDER, WSAEPROTONOSUPPORT, WSAESOCKTNOSUPPORT } from 'ws2spi/spi';
import { describe, expect, test } from 'vitest';
import { catalogWith, chain, LAYER } from './helpers.js';

const INET = 2;
const INET6 = 23;
const STREAM = 1;
const DGRAM = 2;
const RAW = 3;
const TCP = 6;
const UDP = 17;

function entriesOf(data: CatalogData) {
  return data.protocols.map((item) => item.entry);
}

const windows = entriesOf(catalogWith());

describe('socket(af, type, protocol) in the default catalog', () => {
  test.each([
    [0xdead, STREAM, TCP, WSAEAFNOSUPPORT],
    [-1, STREAM, TCP, WSAEAFNOSUPPORT],
    [INET, 0xdead, TCP, WSAESOCKTNOSUPPORT],
    [INET, -1, TCP, WSAESOCKTNOSUPPORT],
    [INET, STREAM, 0xdead, WSAEPROTONOSUPPORT],
    [INET, STREAM, -1, WSAEPROTONOSUPPORT],
    [0xdead, 0xdead, TCP, WSAESOCKTNOSUPPORT],
    [0xdead, STREAM, 0xdead, WSAEAFNOSUPPORT],
    [INET, 0xdead, 0xdead, WSAESOCKTNOSUPPORT],
    [0xdead, STREAM, UDP, WSAEAFNOSUPPORT],
    [INET, 0xdead, 0, WSAESOCKTNOSUPPORT],
    [INET, 0, 0xdead, WSAEPROTONOSUPPORT],
    [INET, STREAM, UDP, WSAEPROTONOSUPPORT],
    [INET, DGRAM, TCP, WSAEPROTONOSUPPORT],
    [0, STREAM, 0xdead, WSAEPROTONOSUPPORT],
    [0, 0xdead, UDP, WSAESOCKTNOSUPPORT],
    [0, STREAM, 0, WSAEINVAL],
    [0, DGRAM, 0, WSAEINVAL],
    [0, 0xdead, 0, WSAEINVAL],
    [0, 0, 0xdead, WSAEPROTONOSUPPORT],
    [0, 0, 0, WSAEINVAL],
    [6, DGRAM, 1000, WSAEAFNOSUPPORT],
  ])('(%i, %i, %i) fails with %i', (af, type, protocol, error) => {
    expect(matchProtocol(windows, af, type, protocol)).toEqual({ error });
  });

  test.each([
    [INET, STREAM, TCP, 1001],
    [INET, STREAM, 0, 1001],
    [INET, DGRAM, 0, 1002],
    [INET, 0, TCP, 1001],
    [INET, 0, UDP, 1002],
    [INET, 0, 0, 1001],
    [0, STREAM, TCP, 1001],
    [0, 0, TCP, 1001],
    [0, 0, UDP, 1002],
    [INET, RAW, 1, 1003],
    [INET, RAW, 0, 1003],
    [INET, RAW, TCP, 1003],
    [INET, RAW, 255, 1003],
    [0, 0, 255, 1003],
    [INET6, STREAM, 0, 1004],
    [INET6, DGRAM, UDP, 1005],
    [INET6, RAW, 58, 1006],
  ])('(%i, %i, %i) finds entry %i', (af, type, protocol, id) => {
    expect(matchProtocol(windows, af, type, protocol).entry?.dwCatalogEntryId).toBe(id);
  });

  test('(AF_INET, SOCK_RAW, 256) is beyond what RAW/IP takes', () => {
    expect(matchProtocol(windows, INET, RAW, 256)).toEqual({ error: WSAEPROTONOSUPPORT });
  });
});

describe('A match', () => {
  test('follows the catalog order, so a chain put first is chosen before its base', () => {
    const data = catalogWith({ ProtocolChain: LAYER }, { ProtocolChain: chain(2001, 1001) });
    const entries = entriesOf(data);
    expect(matchProtocol(entries, INET, STREAM, TCP).entry?.dwCatalogEntryId).toBe(1001);
    expect(matchProtocol(entries.toReversed(), INET, STREAM, TCP).entry?.dwCatalogEntryId).toBe(2002);
  });

  test('goes on behind an entry whose provider declined, until there is no other', () => {
    const entries = entriesOf(catalogWith({ ProtocolChain: LAYER }, { ProtocolChain: chain(2001, 1001) }));
    expect(matchProtocol(entries, INET, STREAM, TCP, 1001).entry?.dwCatalogEntryId).toBe(2002);
    expect(matchProtocol(entries, INET, STREAM, TCP, 2002)).toEqual({ error: WSAEPROTONOSUPPORT });
  });

  test('never gives a layered protocol, even one of a type of its own', () => {
    const entries = entriesOf(catalogWith({ ProtocolChain: LAYER, iSocketType: 5 }));
    expect(matchProtocol(entries, INET, 5, TCP)).toEqual({ error: WSAESOCKTNOSUPPORT });
  });

  test('says that a type is not supported in a family that has others', () => {
    const entries = entriesOf(catalogWith({ iAddressFamily: 1, iProtocol: 0 }));
    expect(matchProtocol(entries, 1, DGRAM, 0)).toEqual({ error: WSAESOCKTNOSUPPORT });
  });

  test('takes protocol 0 for nothing but an entry that says so', () => {
    const entries = entriesOf(catalogWith({ iAddressFamily: 40, dwProviderFlags: 0 }));
    expect(matchProtocol(entries, 40, STREAM, 0)).toEqual({ error: WSAEPROTONOSUPPORT });
    expect(matchProtocol(entries, 40, STREAM, TCP).entry?.dwCatalogEntryId).toBe(2001);
  });

  test('that falls on a broken chain fails with the reason, instead of going around it', () => {
    const data = catalogWith({ szProtocol: 'Policy over TCP', ProtocolChain: chain(4711, 1001) });
    data.protocols.unshift(...data.protocols.splice(-1));
    const catalog = new InstanceCatalog(new MemoryCatalogStore(data));
    expect(catalog.refresh()).toBe(0);
    const result = catalog.match(INET, STREAM, TCP);
    expect(result.error).toBe(WSAEINVALIDPROVIDER);
    expect(result.problem?.message).toContain(
      '2001 "Policy over TCP": its chain names entry 4711, which is not in the catalog',
    );
    expect(catalog.match(INET, DGRAM, UDP).entry?.dwCatalogEntryId).toBe(1002);
    expect(catalog.match(INET6, STREAM, TCP).entry?.dwCatalogEntryId).toBe(1004);
  });

  test('that falls on a chain whose protocol cannot be read fails as well', () => {
    const data = catalogWith({ ProtocolChain: LAYER }, { ProtocolChain: chain(2001, 1001), szProtocol: 'Policy' });
    (data.protocols[7]?.entry as unknown as Record<string, unknown>)['iProtocol'] = 'tcp';
    data.protocols.unshift(...data.protocols.splice(-1));
    const catalog = new InstanceCatalog(new MemoryCatalogStore(data));
    catalog.refresh();
    const result = catalog.match(INET, STREAM, TCP);
    expect(result.error).toBe(WSAEINVALIDPROVIDER);
    expect(result.problem?.message).toContain('iProtocol is "tcp", but should be a whole number');
    expect(catalog.match(INET, DGRAM, UDP).entry?.dwCatalogEntryId).toBe(1002);
  });
});
