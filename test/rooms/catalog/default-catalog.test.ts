import { join } from 'node:path';
import {
  catalogTable,
  defaultCatalog,
  defaultCatalogPath,
  describeCatalog,
  openCatalog,
  verifyCatalog,
} from 'ws2spi/catalog';
import { describe, expect, test } from 'vitest';
import { catalogWith, chain, LAYER } from './helpers.js';

const TCPIP = 'E70F1AA0-AB8B-11CF-8CA3-00805F48A192';
const TCPIP6 = 'F9EAB0C0-26D4-11D0-BBBF-00AA006C34E4';

describe('The default catalog', () => {
  test.each([
    [1001, 'MSAFD Tcpip [TCP/IP]', 2, 1, 6, 0, 0x20066, 0x8, TCPIP, 16, 0],
    [1002, 'MSAFD Tcpip [UDP/IP]', 2, 2, 17, 0, 0x20609, 0x8, TCPIP, 16, 65467],
    [1003, 'MSAFD Tcpip [RAW/IP]', 2, 3, 0, 255, 0x20609, 0xc, TCPIP, 16, 65467],
    [1004, 'MSAFD Tcpip [TCP/IPv6]', 23, 1, 6, 0, 0x20066, 0x8, TCPIP6, 28, 0],
    [1005, 'MSAFD Tcpip [UDP/IPv6]', 23, 2, 17, 0, 0x20609, 0x8, TCPIP6, 28, 65467],
    [1006, 'MSAFD Tcpip [RAW/IPv6]', 23, 3, 0, 255, 0x20609, 0xc, TCPIP6, 28, 65467],
  ])('lists %i %s as Windows does', (id, name, family, type, protocol, offset, service, flags, guid, size, message) => {
    const data = defaultCatalog('tcpip');
    const item = data.protocols[id - 1001];
    expect(item?.path).toBe('di:tcpip');
    expect(item?.entry).toMatchObject({
      dwCatalogEntryId: id,
      szProtocol: name,
      iAddressFamily: family,
      iSocketType: type,
      iProtocol: protocol,
      iProtocolMaxOffset: offset,
      dwServiceFlags1: service,
      dwProviderFlags: flags,
      ProviderId: guid,
      iMinSockAddr: size,
      iMaxSockAddr: size,
      dwMessageSize: message,
      iVersion: 2,
      iNetworkByteOrder: 0,
      ProtocolChain: { ChainLen: 1 },
    });
  });

  test('has six entries, nothing wrong with them, and name-space providers for files and DNS', () => {
    const data = defaultCatalog('tcpip');
    expect(data.protocols).toHaveLength(6);
    expect(data).toMatchObject({ serial: 1, nextCatalogEntryId: 1007 });
    expect(verifyCatalog(data)).toEqual([]);
    expect(data.nameSpaces).toEqual([
      {
        path: 'di:namespaces/files',
        info: {
          NSProviderId: '22059D40-7E9E-11CF-AE5A-00AA00A7112B',
          dwNameSpace: 12,
          fActive: true,
          dwVersion: 0,
          lpszIdentifier: 'Tcpip',
        },
      },
      {
        path: 'di:namespaces/dns',
        info: {
          NSProviderId: '9C2E5B70-41D8-4E6A-B3F7-08A1C95D24E6',
          dwNameSpace: 12,
          fActive: true,
          dwVersion: 0,
          lpszIdentifier: 'DNS',
        },
      },
    ]);
    // There the names of a network in memory are: no server answers for others.
    expect(defaultCatalog('memory').nameSpaces.map(({ path }) => path)).toEqual(['di:namespaces/files']);
  });

  test('of the memory base differs from it in names, GUIDs and path, and has message protocols behind it', () => {
    const anonymous = (base: 'tcpip' | 'memory') =>
      defaultCatalog(base)
        .protocols.slice(0, 6)
        .map(({ entry }) => ({ ...entry, szProtocol: '', ProviderId: '' }));
    expect(anonymous('memory')).toEqual(anonymous('tcpip'));
    const memory = defaultCatalog('memory').protocols;
    expect(memory.map((item) => item.path)).toEqual(Array(9).fill('di:memory'));
    expect(memory.map((item) => item.entry.szProtocol)[3]).toBe('ws2spi Memory [TCP/IPv6]');
    expect(new Set(memory.map((item) => item.entry.ProviderId)).size).toBe(4);
    expect(memory.slice(6).map(({ entry }) => entry.szProtocol)).toEqual([
      'ws2spi Memory [SPX]',
      'ws2spi Memory [SPX/Pseudo Stream]',
      'ws2spi Memory [ATM AAL5]',
    ]);
    expect(verifyCatalog(defaultCatalog('memory'))).toEqual([]);
  });
});

describe('Where the catalog is', () => {
  test.each([
    [{ WS2SPI_CATALOG: '/etc/ws2.json', HOME: '/h' }, 'linux', '/etc/ws2.json'],
    [{ XDG_STATE_HOME: '/state', HOME: '/h' }, 'linux', join('/state', 'ws2spi', 'catalog.json')],
    [{ HOME: '/h' }, 'linux', join('/h', '.local', 'state', 'ws2spi', 'catalog.json')],
    [{ HOME: '/h' }, 'darwin', join('/h', 'Library', 'Application Support', 'ws2spi', 'catalog.json')],
    [{ LOCALAPPDATA: '/local', USERPROFILE: '/u' }, 'win32', join('/local', 'ws2spi', 'catalog.json')],
  ] as const)('is told by %j on %s', (env, platform, path) => {
    expect(defaultCatalogPath(env, platform)).toBe(path);
  });

  test('is memory when told so, a store that was given, or a plain object that is copied', () => {
    expect(openCatalog('memory', 'memory').path).toBeNull();
    const store = openCatalog('memory');
    expect(openCatalog(store)).toBe(store);
    const data = catalogWith({ szProtocol: 'mine' });
    const copy = openCatalog({ protocols: data.protocols });
    data.protocols.pop();
    expect(copy.read().protocols.at(-1)?.entry.szProtocol).toBe('mine');
    expect(copy.read().problems).toEqual([]);
  });
});

describe('A catalog is shown', () => {
  const data = catalogWith(
    { szProtocol: 'Trace', ProtocolChain: LAYER },
    { szProtocol: 'Trace over [MSAFD Tcpip [TCP/IP]]', ProtocolChain: chain(2001, 1001) },
  );

  test('in the words of netsh winsock show catalog', () => {
    const text = describeCatalog(data);
    expect(text.split('\n').slice(0, 15).join('\n')).toBe(
      [
        'Winsock Catalog Provider Entry',
        '------------------------------------------------------',
        'Entry Type:                         Base Service Provider',
        'Description:                        MSAFD Tcpip [TCP/IP]',
        'Provider ID:                        {E70F1AA0-AB8B-11CF-8CA3-00805F48A192}',
        'Provider Path:                      di:tcpip',
        'Catalog Entry ID:                   1001',
        'Version:                            2',
        'Address Family:                     2',
        'Max Address Length:                 16',
        'Min Address Length:                 16',
        'Socket Type:                        1',
        'Protocol:                           6',
        'Service Flags:                      0x20066',
        'Protocol Chain Length:              1',
      ].join('\n'),
    );
    expect(text).toContain('Entry Type:                         Layered Service Provider');
    expect(text).toContain('Entry Type:                         Layered Chain Entry');
    expect(text).toContain('Protocol Chain:                     2001 : 1001');
    expect(text).toMatch(
      /Name Space Provider Entry\n-+\nDescription: +Tcpip\nProvider ID: .*\nName Space: +12\nActive: +1\n/,
    );
  });

  test('as a table with aligned columns', () => {
    const lines = catalogTable(data.protocols);
    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatch(/^id {4}name +family {2}type {2}protocol {2}chain +provider$/);
    expect(lines[8]).toMatch(/^2002 {2}Trace over \[MSAFD Tcpip \[TCP\/IP\]\] {2}2 +1 +6 +2001 : 1001 {2}di:test$/);
    const provider = lines[0]?.indexOf('provider');
    expect(lines.slice(1).map((line) => line.indexOf('di:'))).toEqual(Array(8).fill(provider));
  });
});
