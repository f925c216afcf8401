// Which entries of a catalog can be used: sound values, one entry for each identifier, and chains that end somewhere.
import { MAX_PROTOCOL_CHAIN, WSAEINVALIDPROVIDER, WSAEPROVIDERFAILEDINIT } from '../spi/index.js';
import { checkCategories } from './categories.js';
import { catalogName, type CatalogProblem } from './problem.js';
import type { CatalogData, CatalogNameSpace, CatalogProtocol } from './schema.js';

/** Where an entry stands, and how it is called, for messages. */
interface EntryPosition {
  readonly file: string | null;
  readonly kind: 'entry' | 'name-space entry';
  readonly index: number;
  readonly id: number;
  readonly name: string;
}

/** Says what is wrong with the module at a path, or `null`. */
export type ModuleFault = (path: string) => string | null;

/** For who does not look at modules. */
const unseen: ModuleFault = () => null;

/**
 * Finds out what is wrong with protocol entries.
 *
 * @param protocols the entries, in catalog order
 * @param ofModule looks at their modules
 * @returns the fault of each unusable entry, as part of a sentence; usable ones are not in it
 */
export function protocolFaults(
  protocols: readonly CatalogProtocol[],
  ofModule: ModuleFault = unseen,
): Map<CatalogProtocol, string> {
  const byId = new Map<number, CatalogProtocol>();
  for (const item of protocols) {
    const id = item.entry.dwCatalogEntryId;
    if (id !== 0 && !byId.has(id)) byId.set(id, item);
  }
  const known = new Map<CatalogProtocol, string | null>();

  // An entry is looked at once, and one that leads back to itself is caught.
  const faultOf = (item: CatalogProtocol): string | null => {
    const before = known.get(item);
    if (before !== undefined) return before;
    known.set(item, 'its chain leads back to itself');
    const fault =
      item.damaged?.reasons.join('; ') ?? idFault(item, byId) ?? chainFault(item, byId, faultOf) ?? ofModule(item.path);
    known.set(item, fault);
    return fault;
  };

  const faults = new Map<CatalogProtocol, string>();
  for (const item of protocols) {
    const fault = faultOf(item);
    if (fault !== null) faults.set(item, fault);
  }
  return faults;
}

/**
 * Finds the protocol entries that cannot be used.
 *
 * @param protocols the entries, in catalog order
 * @param file the catalog file's name, for the messages; `null` for a catalog in memory
 * @param ofModule looks at their modules; nobody does if absent
 * @returns what is wrong with each unusable entry; usable ones are not in it
 */
export function checkProtocols(
  protocols: readonly CatalogProtocol[],
  file: string | null,
  ofModule: ModuleFault = unseen,
): Map<CatalogProtocol, CatalogProblem> {
  const faults = protocolFaults(protocols, ofModule);
  const problems = new Map<CatalogProtocol, CatalogProblem>();
  protocols.forEach((item, index) => {
    const fault = faults.get(item);
    if (fault === undefined) return;
    const { dwCatalogEntryId: id, szProtocol: name } = item.entry;
    problems.set(item, problemAt({ file, kind: 'entry', index, id, name }, fault, WSAEINVALIDPROVIDER));
  });
  return problems;
}

/**
 * Finds the name-space entries that cannot be used.
 *
 * @param nameSpaces the entries, in catalog order
 * @param file the catalog file's name, for the messages; `null` for a catalog in memory
 * @param ofModule looks at their modules; nobody does if absent
 */
export function checkNameSpaces(
  nameSpaces: readonly CatalogNameSpace[],
  file: string | null,
  ofModule: ModuleFault = unseen,
): Map<CatalogNameSpace, CatalogProblem> {
  const problems = new Map<CatalogNameSpace, CatalogProblem>();
  const seen = new Set<string>();
  nameSpaces.forEach((item, index) => {
    const { NSProviderId, lpszIdentifier, dwNameSpace } = item.info;
    const twice = seen.has(NSProviderId) ? `its provider ${NSProviderId} has an entry before it` : null;
    const fault = item.damaged?.reasons.join('; ') ?? twice ?? ofModule(item.path);
    seen.add(NSProviderId);
    if (fault === null) return;
    const place = { file, kind: 'name-space entry', index, id: dwNameSpace, name: lpszIdentifier ?? '' } as const;
    problems.set(item, problemAt(place, fault, WSAEPROVIDERFAILEDINIT));
  });
  return problems;
}

/** As `verifyCatalog` (verify.ts), but for the modules. */
export function verifyEntries(data: CatalogData, file: string | null): CatalogProblem[] {
  return [
    ...checkProtocols(data.protocols, file).values(),
    ...checkNameSpaces(data.nameSpaces, file).values(),
    ...checkCategories(data, file),
  ];
}

function problemAt(place: EntryPosition, fault: string, code: number): CatalogProblem {
  const { file, kind, index, id, name } = place;
  const which = kind === 'entry' && id !== 0 ? `${id}` : `number ${index + 1}`;
  return {
    message: `${catalogName(file)}, ${kind} ${which} "${name}": ${fault}. Run repair to drop the entry, or correct it.`,
    code,
    file,
    entry: { id, name },
  };
}

function idFault(item: CatalogProtocol, byId: ReadonlyMap<number, CatalogProtocol>): string | null {
  const first = byId.get(item.entry.dwCatalogEntryId);
  return first === item || first === undefined
    ? null
    : `its identifier ${item.entry.dwCatalogEntryId} belongs to "${first.entry.szProtocol}" before it`;
}

type FaultOf = (item: CatalogProtocol) => string | null;

function chainFault(
  item: CatalogProtocol,
  byId: ReadonlyMap<number, CatalogProtocol>,
  faultOf: FaultOf,
): string | null {
  const { ChainLen, ChainEntries } = item.entry.ProtocolChain;
  if (ChainLen === 0 || ChainLen === 1) return null;
  if (ChainLen < 0) return `its chain has the length ${ChainLen}`;
  if (ChainLen > MAX_PROTOCOL_CHAIN) {
    return `its chain has ${ChainLen} entries, more than the ${MAX_PROTOCOL_CHAIN} that a chain may have`;
  }
  if (ChainEntries.length < ChainLen) {
    return `its chain says ${ChainLen} entries but lists ${ChainEntries.length}`;
  }
  const layers = new Set<CatalogProtocol>();
  const twice = (layer: CatalogProtocol): string | null => {
    if (layers.has(layer)) {
      return `its chain holds layer ${layer.entry.dwCatalogEntryId} "${layer.entry.szProtocol}" more than once`;
    }
    layers.add(layer);
    return null;
  };
  for (let i = 0; i < ChainLen; i++) {
    const id = ChainEntries[i] ?? 0;
    const member = byId.get(id);
    if (member === undefined) return `its chain names entry ${id}, which is not in the catalog`;
    if (member === item) return `its chain names entry ${id}, which is the chain itself`;
    const deeper = faultOf(member);
    if (deeper !== null)
      return `its chain names entry ${id} "${member.entry.szProtocol}", which is unusable: ${deeper}`;
    const last = i === ChainLen - 1;
    const length = member.entry.ProtocolChain.ChainLen;
    // A chain may end in another chain, which goes on in its place.
    if (last && length === 0) return `its chain ends in entry ${id}, which is not a base protocol`;
    if (!last && length === 1) return `its chain has base protocol ${id} above others`;
    for (const layer of last && length > 1 ? layersOf(member, byId) : [layerOf(member, byId)]) {
      const fault = twice(layer);
      if (fault !== null) return fault;
    }
  }
  // The base is among them.
  return layers.size - 1 > MAX_PROTOCOL_CHAIN
    ? `its chain has ${layers.size - 1} layers with those of the chain that it ends in, more than ${MAX_PROTOCOL_CHAIN}`
    : null;
}

/** The members of a chain that is in order, with those of the chain that it ends in, and the base. */
export function layersOf(item: CatalogProtocol, byId: ReadonlyMap<number, CatalogProtocol>): CatalogProtocol[] {
  const { ChainLen, ChainEntries } = item.entry.ProtocolChain;
  return ChainEntries.slice(0, ChainLen).flatMap((id, i) => {
    const member = byId.get(id);
    if (member === undefined) return [];
    const goesOn = i === ChainLen - 1 && member.entry.ProtocolChain.ChainLen > 1;
    return goesOn ? layersOf(member, byId) : [layerOf(member, byId)];
  });
}

// A chain may name another chain's entry for the layer on top of that one.
function layerOf(item: CatalogProtocol, byId: ReadonlyMap<number, CatalogProtocol>): CatalogProtocol {
  let layer = item;
  while (layer.entry.ProtocolChain.ChainLen > 1) {
    const below = byId.get(layer.entry.ProtocolChain.ChainEntries[0] ?? 0);
    if (below === undefined) break;
    layer = below;
  }
  return layer;
}
