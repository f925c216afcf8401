// Catalogs as people read them.
import type { WSAPROTOCOL_INFOW } from '../spi/index.js';
import type { CatalogData, CatalogNameSpace, CatalogProtocol } from './schema.js';

const RULE = '------------------------------------------------------';
const LABEL_WIDTH = 36;

type Line = readonly [label: string, value: string | number];

/** What kind of entry it is, in the words of `netsh winsock show catalog`. */
export function entryType(entry: WSAPROTOCOL_INFOW): string {
  const length = entry.ProtocolChain.ChainLen;
  return length === 0 ? 'Layered Service Provider' : length === 1 ? 'Base Service Provider' : 'Layered Chain Entry';
}

/** What is wrong with entries, for those that cannot work. */
export type EntryProblems = ReadonlyMap<CatalogProtocol | CatalogNameSpace, { readonly message: string }>;

/**
 * Shows a catalog in the format of `netsh winsock show catalog`, with a further line for each entry that cannot work.
 *
 * @param data the catalog
 * @param problems what is wrong with its entries
 * @returns the text, lines ended by line feeds
 */
export function describeCatalog(
  data: Pick<CatalogData, 'protocols' | 'nameSpaces'>,
  problems: EntryProblems = new Map(),
): string {
  const problem = (item: CatalogProtocol | CatalogNameSpace): Line[] => {
    const found = problems.get(item);
    return found === undefined ? [] : [['Cannot Work', found.message]];
  };
  const protocols = data.protocols.map((item) =>
    group('Winsock Catalog Provider Entry', [...protocolLines(item), ...problem(item)]),
  );
  const nameSpaces = data.nameSpaces.map((item) =>
    group('Name Space Provider Entry', [...nameSpaceLines(item), ...problem(item)]),
  );
  return [...protocols, ...nameSpaces].join('\n');
}

function protocolLines({ path, entry }: CatalogProtocol): Line[] {
  const { ChainLen } = entry.ProtocolChain;
  const lines: Line[] = [
    ['Entry Type', entryType(entry)],
    ['Description', entry.szProtocol],
    ['Provider ID', `{${entry.ProviderId}}`],
    ['Provider Path', path],
    ['Catalog Entry ID', entry.dwCatalogEntryId],
    ['Version', entry.iVersion],
    ['Address Family', entry.iAddressFamily],
    ['Max Address Length', entry.iMaxSockAddr],
    ['Min Address Length', entry.iMinSockAddr],
    ['Socket Type', entry.iSocketType],
    ['Protocol', entry.iProtocol],
    ['Service Flags', `0x${entry.dwServiceFlags1.toString(16).toUpperCase()}`],
    ['Protocol Chain Length', ChainLen],
  ];
  if (ChainLen > 1) lines.push(['Protocol Chain', chainOf(entry)]);
  return lines;
}

function nameSpaceLines({ info }: CatalogNameSpace): Line[] {
  return [
    ['Description', info.lpszIdentifier ?? ''],
    ['Provider ID', `{${info.NSProviderId}}`],
    ['Name Space', info.dwNameSpace],
    ['Active', info.fActive ? 1 : 0],
    ['Version', info.dwVersion],
  ];
}

function group(title: string, lines: readonly Line[]): string {
  const body = lines.map(([label, value]) => `${`${label}:`.padEnd(LABEL_WIDTH)}${value}`.trimEnd());
  return [title, RULE, ...body, ''].join('\n');
}

function chainOf(entry: WSAPROTOCOL_INFOW): string {
  const { ChainLen, ChainEntries } = entry.ProtocolChain;
  return ChainLen > 1 ? ChainEntries.slice(0, ChainLen).join(' : ') : '';
}

type Column<T> = readonly [title: string, value: (item: T) => string | number];

const COLUMNS: readonly Column<CatalogProtocol>[] = [
  ['id', ({ entry }) => entry.dwCatalogEntryId],
  ['name', ({ entry }) => entry.szProtocol],
  ['family', ({ entry }) => entry.iAddressFamily],
  ['type', ({ entry }) => entry.iSocketType],
  ['protocol', ({ entry }) => entry.iProtocol],
  ['chain', ({ entry }) => (entry.ProtocolChain.ChainLen === 0 ? 'layer' : chainOf(entry) || 'base')],
  ['provider', ({ path }) => path],
];

const NAME_SPACE_COLUMNS: readonly Column<CatalogNameSpace>[] = [
  ['name', ({ info }) => info.lpszIdentifier ?? ''],
  ['name space', ({ info }) => info.dwNameSpace],
  ['state', ({ info }) => (info.fActive ? 'active' : 'disabled')],
  ['provider', ({ path }) => path],
];

/**
 * Shows protocol entries as a table, one line for each below a line of titles.
 *
 * @param protocols the entries, with the paths of their providers
 * @param problems what is wrong with some of them, which are marked by an exclamation mark
 * @returns the lines, columns aligned by spaces, without colour
 */
export function catalogTable(protocols: readonly CatalogProtocol[], problems: EntryProblems = new Map()): string[] {
  return table(COLUMNS, protocols, problems);
}

/**
 * Shows name-space entries as a table, as `catalogTable`.
 *
 * @param nameSpaces the entries, with the paths of their providers
 * @param problems what is wrong with some of them, which are marked by an exclamation mark
 */
export function nameSpaceTable(nameSpaces: readonly CatalogNameSpace[], problems: EntryProblems = new Map()): string[] {
  return table(NAME_SPACE_COLUMNS, nameSpaces, problems);
}

function table<T extends CatalogProtocol | CatalogNameSpace>(
  columns: readonly Column<T>[],
  items: readonly T[],
  problems: EntryProblems,
): string[] {
  const mark = (item: T | null): string[] =>
    problems.size === 0 ? [] : [item !== null && problems.has(item) ? '!' : ' '];
  const rows = [
    [...mark(null), ...columns.map(([title]) => title)],
    ...items.map((item) => [...mark(item), ...columns.map(([, value]) => `${value(item)}`)]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
