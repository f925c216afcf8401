// The chains of a catalog, drawn.
import { resolve } from 'node:path';
import {
  categoriesOfProvider,
  chainsOf,
  InstanceCatalog,
  membersOf,
  MemoryCatalogStore,
  tripleOf,
  unusableEntries,
  type CatalogProtocol,
  type FileCatalogStore,
} from '../../catalog/index.js';
import { AF_INET, AF_INET6, LAYERED_PROTOCOL, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM } from '../../spi/index.js';
import { heading, printable, style } from '../style.js';
import { categoryNames } from './words.js';

interface MappedEntry {
  readonly id: number;
  readonly name: string;
  /** The layers of a chain, the outermost first, and its base. */
  readonly members: readonly { readonly id: number; readonly name: string }[];
  /** Whether sockets come out here. */
  readonly opens: boolean;
  readonly problem?: string;
  readonly leftOut?: true;
}

interface MappedProtocol {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly entries: readonly MappedEntry[];
}

interface MappedLayer {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly provider: string;
  readonly categories: number | null;
  readonly chains: readonly number[];
  /** Chains of other layers that have it further below. */
  readonly below: readonly number[];
  readonly problem?: string;
}

/** Draws the chains, in the order in which sockets find them; for a program also what it does not permit. */
export function map(
  store: FileCatalogStore,
  { json, program, extra }: { readonly json: boolean; readonly program?: string | undefined; readonly extra: string },
): number {
  const data = store.read();
  const problems = unusableEntries(data, store.path);
  const leftOut = program === undefined ? new Set<number>() : leftOutFor(store, resolve(program), extra);
  const protocols = new Map<string, CatalogProtocol[]>();
  const isLayer = ({ entry }: CatalogProtocol): boolean => entry.ProtocolChain.ChainLen === LAYERED_PROTOCOL;
  for (const item of data.protocols.filter((each) => !isLayer(each))) {
    const triple = tripleOf(item.entry);
    protocols.set(triple, [...(protocols.get(triple) ?? []), item]);
  }
  const named = ({ entry }: CatalogProtocol) => ({ id: entry.dwCatalogEntryId, name: entry.szProtocol });
  const problemOf = (item: CatalogProtocol): { problem?: string } => {
    const problem = problems.get(item);
    return problem === undefined ? {} : { problem: problem.message };
  };
  const mapped = [...protocols.values()].map((items): MappedProtocol => {
    const first = items.find(({ entry }) => !leftOut.has(entry.dwCatalogEntryId));
    const { iAddressFamily: family, iSocketType: type, iProtocol: protocol } = items[0]!.entry;
    const entries = items.map((item): MappedEntry => ({
      ...named(item),
      members: membersOf(data, item).map(named),
      opens: item === first,
      ...problemOf(item),
      ...(leftOut.has(item.entry.dwCatalogEntryId) ? { leftOut: true as const } : {}),
    }));
    return { family, type, protocol, entries };
  });
  const layers = data.protocols.filter(isLayer).map((item): MappedLayer => {
    const { own, others } = chainsOf(data, item);
    const categories = categoriesOfProvider(data, item.entry.ProviderId, store.path);
    return {
      ...named(item),
      path: item.path,
      provider: item.entry.ProviderId,
      categories: typeof categories === 'number' ? categories : null,
      chains: own.map(({ entry }) => entry.dwCatalogEntryId),
      below: others.map(({ entry }) => entry.dwCatalogEntryId),
      ...problemOf(item),
    };
  });
  if (json) console.log(JSON.stringify({ path: store.path, protocols: mapped, layers }, undefined, 2));
  else console.log([...mapped.flatMap(protocolLines), ...layerLines(layers)].join('\n'));
  return 0;
}

function leftOutFor(store: FileCatalogStore, path: string, extra: string): Set<number> {
  const catalog = new InstanceCatalog(new MemoryCatalogStore(store.read()), true, () => ({ path, extra }));
  catalog.refresh();
  catalog.settlePermitted();
  return new Set(
    catalog
      .entries()
      .filter((entry) => catalog.isLeftOut(entry))
      .map(({ dwCatalogEntryId }) => dwCatalogEntryId),
  );
}

const FAMILIES: Readonly<Record<number, string>> = { [AF_INET]: 'IPv4', [AF_INET6]: 'IPv6' };
const TYPES: Readonly<Record<number, string>> = {
  [SOCK_STREAM]: 'streams',
  [SOCK_DGRAM]: 'datagrams',
  [SOCK_RAW]: 'raw sockets',
};

function protocolLines({ family, type, protocol, entries }: MappedProtocol): string[] {
  const title = `${TYPES[type] ?? `sockets of type ${type}`} over ${FAMILIES[family] ?? `family ${family}`}`;
  return [heading(`${title}, protocol ${protocol}`), ...entries.flatMap(entryLines), ''];
}

function entryLines({ id, name, members, opens, problem, leftOut }: MappedEntry): string[] {
  const mark = problem !== undefined ? '!' : leftOut === true ? '×' : opens ? '→' : ' ';
  const title = `${mark} ${id}  ${printable(name)}${leftOut === true ? '  (not permitted)' : ''}`;
  const coloured =
    problem !== undefined
      ? style('red', title)
      : leftOut === true
        ? style('yellow', title)
        : opens
          ? style('green', title)
          : title;
  // A base has nothing to draw.
  const drawn = members.length < 2 ? [] : members;
  const indent = (depth: number): string => (depth === 0 ? '' : `${'   '.repeat(depth - 1)}└─ `);
  return [
    coloured,
    ...drawn.map((member, depth) => `    ${indent(depth)}${printable(member.name)}  ${member.id}`),
    ...(problem === undefined ? [] : [`    ${style('red', printable(problem))}`]),
  ];
}

function layerLines(layers: readonly MappedLayer[]): string[] {
  const lines = layers.flatMap(({ id, name, path, categories, chains, below, problem }) => [
    problem === undefined ? `${id}  ${printable(name)}` : style('red', `! ${id}  ${printable(name)}`),
    `    module      ${printable(path)}`,
    `    categories  ${categories === null ? style('red', 'damaged') : categoryNames(categories)}`,
    `    chains      ${chains.join(', ') || 'none'}`,
    ...(below.length === 0 ? [] : [`    needed by   ${below.join(', ')}`]),
    ...(problem === undefined ? [] : [`    ${style('red', printable(problem))}`]),
  ]);
  return [heading('Layers'), ...(lines.length === 0 ? ['none'] : lines)];
}
