// What two catalogs differ in, as people are told it.
import type { WSANAMESPACE_INFOW, WSAPROTOCOL_INFOW } from '../spi/index.js';
import { firstOfEach, openableEntries, tripleOf } from './layers.js';
import { shown } from './rules.js';
import type { CatalogData, CatalogProtocol } from './schema.js';

/** One difference between two catalogs. */
export interface CatalogDifference {
  /** Only the second has it, only the first, both but not alike, both in another place; or sockets come out elsewhere. */
  readonly kind: 'added' | 'removed' | 'changed' | 'order' | 'sockets';
  /** What it is about: `entry 1007 "xor"`. */
  readonly what: string;
  /** The rest, as a sentence part; empty when all is said. */
  readonly how: string;
}

/**
 * Compares catalogs.
 *
 * @param before the first
 * @param after the second
 * @returns their differences: entries, name spaces, categories and the rest, their order, and what sockets are opened on; empty when
 *   they say the same, whatever their serial numbers
 */
export function compareCatalogs(before: CatalogData, after: CatalogData): CatalogDifference[] {
  return [
    ...compareRows(rowsOfProtocols(before), rowsOfProtocols(after)),
    ...compareOrder('entries', before.protocols.map(idOf), after.protocols.map(idOf)),
    ...compareRows(rowsOfNameSpaces(before), rowsOfNameSpaces(after)),
    ...compareOrder('name spaces', before.nameSpaces.map(nameOf), after.nameSpaces.map(nameOf)),
    ...compareRows(rowsOfCategories(before), rowsOfCategories(after)),
    ...compareRows(rowsOfOthers(before), rowsOfOthers(after)),
    ...compareSockets(before, after),
  ];
}

const idOf = ({ entry }: CatalogProtocol): string => `${entry.dwCatalogEntryId}`;
const nameOf = ({ info }: { readonly info: WSANAMESPACE_INFOW }): string => info.lpszIdentifier ?? info.NSProviderId;

/** What is compared: by a key, with what it is called, how it is shown when it comes or goes, and its members. */
interface Row {
  readonly what: string;
  readonly how: string;
  readonly members: Readonly<Record<string, unknown>>;
}

function rowsOfProtocols(data: CatalogData): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const item of data.protocols) {
    const { ProtocolChain, szProtocol, ...members } = item.entry;
    const { ChainLen, ChainEntries } = ProtocolChain;
    const chain = ChainEntries.slice(0, ChainLen).join(' : ');
    const kind = ChainLen === 0 ? 'layer' : ChainLen === 1 ? 'base' : `chain ${chain}`;
    const row: Row = {
      what: `entry ${idOf(item)} "${szProtocol}"`,
      how: `${kind}, ${item.path}`,
      members: {
        path: item.path,
        name: szProtocol,
        chain: ChainLen > 1 ? chain : kind,
        ...members,
        damaged: item.damaged?.raw,
      },
    };
    // Two of one identifier are told apart by their places.
    rows.set(rows.has(idOf(item)) ? `${idOf(item)} ${rows.size}` : idOf(item), row);
  }
  return rows;
}

function rowsOfNameSpaces(data: CatalogData): Map<string, Row> {
  return new Map(
    data.nameSpaces.map((item) => [
      item.info.NSProviderId,
      {
        what: `name space "${nameOf(item)}"`,
        how: item.path,
        members: { path: item.path, ...item.info, providerSpecific: item.providerSpecific, damaged: item.damaged?.raw },
      },
    ]),
  );
}

function rowsOfCategories({ categories, protocols }: CatalogData): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const row of categories?.providers ?? []) {
    const id = `${row?.provider}`.toUpperCase();
    const name = protocols.find(({ entry }) => entry.ProviderId === id)?.entry.szProtocol ?? id;
    const members = { categories: hexadecimal(row?.categories) };
    rows.set(id, { what: `categories of "${name}"`, how: members.categories, members });
  }
  for (const row of categories?.applications ?? []) {
    const extra = row?.extra === undefined ? '' : ` ${row.extra}`;
    const members = { permitted: hexadecimal(row?.permitted) };
    rows.set(`${row?.path}${extra}`, { what: `what ${row?.path}${extra} permits`, how: members.permitted, members });
  }
  return rows;
}

// What else a catalog holds, and whatever a later package wrote into it.
const KNOWN = [
  'format',
  'version',
  'serial',
  'nextCatalogEntryId',
  'protocols',
  'nameSpaces',
  'categories',
  'problems',
];

function rowsOfOthers(data: CatalogData): Map<string, Row> {
  const others = Object.entries(data).filter(([member]) => !KNOWN.includes(member));
  return new Map(others.map(([what, value]) => [what, { what, how: shown(value), members: { [what]: value } }]));
}

const hexadecimal = (mask: unknown): string => (typeof mask === 'number' ? `0x${mask.toString(16)}` : shown(mask));

function compareRows(before: ReadonlyMap<string, Row>, after: ReadonlyMap<string, Row>): CatalogDifference[] {
  const removed = [...before].filter(([key]) => !after.has(key));
  const added = [...after].filter(([key]) => !before.has(key));
  const changed = [...after].flatMap(([key, { what, members }]): CatalogDifference[] => {
    const old = before.get(key);
    if (old === undefined) return [];
    const names = [...new Set([...Object.keys(old.members), ...Object.keys(members)])];
    const how = names
      .filter((name) => JSON.stringify(old.members[name]) !== JSON.stringify(members[name]))
      .map((name) => `${name} ${shown(old.members[name])} → ${shown(members[name])}`);
    return how.length === 0 ? [] : [{ kind: 'changed', what, how: how.join(', ') }];
  });
  const told =
    (kind: 'added' | 'removed') =>
    ([, { what, how }]: [string, Row]) => ({ kind, what, how });
  return [...removed.map(told('removed')), ...added.map(told('added')), ...changed];
}

// The order of what both have.
function compareOrder(what: string, before: readonly string[], after: readonly string[]): CatalogDifference[] {
  const [old, now] = [new Set(before), new Set(after)];
  const was = before.filter((id) => now.has(id));
  const is = after.filter((id) => old.has(id));
  return was.join('\n') === is.join('\n') ? [] : [{ kind: 'order', what, how: after.join(', ') }];
}

function compareSockets(before: CatalogData, after: CatalogData): CatalogDifference[] {
  const first = (data: CatalogData): Map<string, WSAPROTOCOL_INFOW> =>
    new Map(firstOfEach(openableEntries(data)).map(({ entry }) => [tripleOf(entry), entry]));
  const [old, now] = [first(before), first(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((triple): CatalogDifference[] => {
    const [was, is] = [old.get(triple), now.get(triple)];
    if (was?.dwCatalogEntryId === is?.dwCatalogEntryId && was?.szProtocol === is?.szProtocol) return [];
    const [af, type, protocol] = triple.split(' ');
    const name = (entry: WSAPROTOCOL_INFOW | undefined): string => (entry === undefined ? 'nothing' : entry.szProtocol);
    return [{ kind: 'sockets', what: `socket(${af}, ${type}, ${protocol})`, how: `${name(was)} → ${name(is)}` }];
  });
}
