// Layers in a catalog: an entry for the layer itself, and a chain for each entry that it lies over (layered providers,
// section 2).
import {
  BASE_PROTOCOL,
  LAYERED_PROTOCOL,
  MAX_PROTOCOL_CHAIN,
  PFL_HIDDEN,
  PFL_MATCHES_PROTOCOL_ZERO,
  WSAEINVAL,
  WSANO_RECOVERY,
  WSAPROTOCOL_LEN,
  XP1_IFS_HANDLES,
  type GUID,
  type WSAPROTOCOL_INFOW,
} from '../spi/index.js';
import { Failure } from './arguments.js';
import { setProviderCategories } from './categories.js';
import { protocolFaults } from './check.js';
import { FIRST_TRANSIENT_ENTRY_ID } from './rules.js';
import { protocolInfoFaults, type CatalogData, type CatalogProtocol } from './schema.js';

/** A layer that is to be installed. */
export interface NewLayer {
  /** Where its module is. */
  readonly path: string;
  /** Its name: that of its own entry, and the beginning of the names of its chains. */
  readonly name: string;
  /** The GUID of its own entry; every chain gets one of its own, since a provider is started once for each GUID. */
  readonly providerId: GUID;
  /** Whether its sockets are the lower provider's own handles (XP1_IFS_HANDLES). */
  readonly ifs: boolean;
  /** What it is to lie over: base protocols and chains of the catalog, each once. */
  readonly over: readonly CatalogProtocol[];
}

/** A layer in a catalog, with the chains on whose top it is. */
export interface InstalledLayer {
  readonly layer: CatalogProtocol;
  readonly chains: readonly CatalogProtocol[];
}

const isLayer = ({ entry }: CatalogProtocol): boolean => entry.ProtocolChain.ChainLen === LAYERED_PROTOCOL;
const isChain = ({ entry }: CatalogProtocol): boolean => entry.ProtocolChain.ChainLen > BASE_PROTOCOL;
const idOf = ({ entry }: CatalogProtocol): number => entry.dwCatalogEntryId;

/** The identifier that the next entry gets. */
export function nextEntryId(data: CatalogData): number {
  return data.protocols.reduce((next, item) => {
    const id = idOf(item);
    return id < FIRST_TRANSIENT_ENTRY_ID - 1 && id >= next ? id + 1 : next;
  }, data.nextCatalogEntryId);
}

/** The entries that sockets can be opened on, in catalog order: neither layers nor anything that is broken. */
export function openableEntries(data: CatalogData): CatalogProtocol[] {
  const faults = protocolFaults(data.protocols);
  return data.protocols.filter((item) => !isLayer(item) && !faults.has(item));
}

/** Of the entries those that come first for their address family, socket type and protocol. */
export function firstOfEach(items: readonly CatalogProtocol[]): CatalogProtocol[] {
  const found = new Map<string, CatalogProtocol>();
  for (const item of items) {
    const key = tripleOf(item.entry);
    if (!found.has(key)) found.set(key, item);
  }
  return [...found.values()];
}

/** Address family, socket type and protocol of an entry, as a key. */
export function tripleOf(entry: Pick<WSAPROTOCOL_INFOW, 'iAddressFamily' | 'iSocketType' | 'iProtocol'>): string {
  return `${entry.iAddressFamily} ${entry.iSocketType} ${entry.iProtocol}`;
}

/**
 * Installs a layer: its own hidden entry, and a chain over each entry that it is to lie over, before all others.
 *
 * @param draft the catalog, changed in place
 * @throws Failure: WSAEINVAL when a layer of that GUID or name is installed, or the entries could not be stored;
 *   WSANO_RECOVERY when a chain would be longer than 7
 */
export function installLayer(draft: CatalogData, { path, name, providerId, ifs, over }: NewLayer): InstalledLayer {
  const taken = draft.protocols.find((item) => item.entry.ProviderId === providerId);
  if (taken !== undefined) {
    throw new Failure(WSAEINVAL, `provider ${providerId} is installed already, as "${taken.entry.szProtocol}"`);
  }
  if (draft.protocols.some((item) => isLayer(item) && item.entry.szProtocol === name)) {
    throw new Failure(WSAEINVAL, `a layer "${name}" is installed already`);
  }
  let next = nextEntryId(draft);
  const template = over[0]!.entry;
  const layer: CatalogProtocol = {
    path,
    entry: {
      ...structuredClone(template),
      dwServiceFlags1: withIfs(template.dwServiceFlags1, ifs),
      dwProviderFlags: (template.dwProviderFlags | PFL_HIDDEN) & ~PFL_MATCHES_PROTOCOL_ZERO,
      ProviderId: providerId,
      dwCatalogEntryId: next++,
      ProtocolChain: { ChainLen: LAYERED_PROTOCOL, ChainEntries: [] },
      szProtocol: name,
    },
  };
  const chains = over.map(({ entry }): CatalogProtocol => {
    const below = entry.ProtocolChain.ChainEntries.slice(1, Math.max(entry.ProtocolChain.ChainLen, 1));
    // The entry itself stands for the layer on its top.
    const ChainEntries = [idOf(layer), entry.dwCatalogEntryId, ...below];
    if (ChainEntries.length > MAX_PROTOCOL_CHAIN) {
      const what = `"${name}" over "${entry.szProtocol}" would make a chain of ${ChainEntries.length}`;
      throw new Failure(WSANO_RECOVERY, `${what}; a chain may have ${MAX_PROTOCOL_CHAIN}`);
    }
    return {
      path,
      entry: {
        ...structuredClone(entry),
        dwServiceFlags1: withIfs(entry.dwServiceFlags1, ifs && (entry.dwServiceFlags1 & XP1_IFS_HANDLES) !== 0),
        ProviderId: process.getBuiltinModule('node:crypto').randomUUID().toUpperCase(),
        dwCatalogEntryId: next++,
        ProtocolChain: { ChainLen: ChainEntries.length, ChainEntries },
        szProtocol: `${name} over [${entry.szProtocol}]`.slice(0, WSAPROTOCOL_LEN),
      },
      layer: providerId,
    };
  });
  draft.nextCatalogEntryId = next;
  draft.protocols = [...chains, layer, ...draft.protocols];
  const faults = protocolFaults(draft.protocols);
  for (const item of [layer, ...chains]) {
    const fault = protocolInfoFaults(item.entry)[0] ?? faults.get(item);
    if (fault !== undefined) throw new Failure(WSAEINVAL, `entry "${item.entry.szProtocol}": ${fault}`);
  }
  return { layer, chains };
}

function withIfs(flags: number, ifs: boolean): number {
  return (ifs ? flags | XP1_IFS_HANDLES : flags & ~XP1_IFS_HANDLES) >>> 0;
}

/** What was, or would be, taken away with a layer. */
export interface Removal {
  /** The layer's own entry, its chains, and chains of others that go too. */
  readonly removed: readonly CatalogProtocol[];
  /** Chains of others that stay, without the layer: as they were, and as they are. */
  readonly rechained: readonly { readonly before: CatalogProtocol; readonly after: CatalogProtocol }[];
}

/** The chains on whose top a layer is, and those of other layers that have it further below, in catalog order. */
export function chainsOf(
  data: CatalogData,
  layer: CatalogProtocol,
): { readonly own: CatalogProtocol[]; readonly others: CatalogProtocol[] } {
  const byId = entriesById(data);
  const isIt = (id: number | undefined): boolean => {
    const member = byId.get(id ?? 0);
    return member !== undefined && topOf(member, byId) === layer;
  };
  const own: CatalogProtocol[] = [];
  const others: CatalogProtocol[] = [];
  for (const item of data.protocols.filter(isChain)) {
    const { ChainEntries, ChainLen } = item.entry.ProtocolChain;
    const members = ChainEntries.slice(0, ChainLen);
    if (isIt(members[0])) own.push(item);
    else if (members.some(isIt)) others.push(item);
  }
  // What ends in such a chain has the layer too.
  for (let grown = true; grown;) {
    grown = false;
    const known = new Set([...own, ...others].map(idOf));
    for (const item of data.protocols.filter((each) => isChain(each) && !known.has(idOf(each)))) {
      if (!item.entry.ProtocolChain.ChainEntries.some((id) => known.has(id))) continue;
      others.push(item);
      grown = true;
    }
  }
  return { own, others };
}

// The layer that a member stands for: itself, or the one on a chain's top. A chain may lead back to itself.
function topOf(member: CatalogProtocol, byId: ReadonlyMap<number, CatalogProtocol>): CatalogProtocol {
  const seen = new Set<CatalogProtocol>();
  let top = member;
  while (isChain(top) && !seen.has(top)) {
    seen.add(top);
    const below = byId.get(top.entry.ProtocolChain.ChainEntries[0] ?? 0);
    if (below === undefined) break;
    top = below;
  }
  return top;
}

function entriesById(data: CatalogData): Map<number, CatalogProtocol> {
  const byId = new Map<number, CatalogProtocol>();
  for (const item of data.protocols) if (!byId.has(idOf(item))) byId.set(idOf(item), item);
  return byId;
}

/**
 * Takes a layer out of a catalog, with its chains and its categories.
 *
 * @param draft the catalog, changed in place
 * @param layer its own entry
 * @param others what becomes of chains of other layers that have it further below: they are taken away too, or they go on
 *   without it, directly over what lies below it; or, with `refuse`, nothing is changed if there are any
 * @throws Failure (WSAEINVAL) that names those chains
 */
export function removeLayer(
  draft: CatalogData,
  layer: CatalogProtocol,
  others: 'refuse' | 'remove' | 'rechain',
): Removal {
  const found = chainsOf(draft, layer);
  if (others === 'refuse' && found.others.length > 0) {
    const names = found.others.map(({ entry }) => `${entry.dwCatalogEntryId} "${entry.szProtocol}"`).join(', ');
    throw new Failure(WSAEINVAL, `it lies in chains of other layers, which would be broken: ${names}`);
  }
  const removed = [layer, ...found.own, ...(others === 'remove' ? found.others : [])];
  const rechained: { before: CatalogProtocol; after: CatalogProtocol }[] = [];
  const byId = entriesById(draft);
  if (others === 'rechain') {
    for (const item of found.others) {
      const after = rechain(item, layer, found.own, byId);
      const same = draft.protocols.find((each) => each !== item && isSameChain(each, after));
      if (same !== undefined && !found.own.includes(same)) removed.push(item);
      else rechained.push({ before: structuredClone(item), after });
    }
  }
  const gone = new Set(removed.map(idOf));
  const changed = new Map(rechained.map(({ after }) => [idOf(after), after]));
  const kept = draft.protocols.filter((item) => !gone.has(idOf(item)));
  draft.protocols = kept.map((item) => changed.get(idOf(item)) ?? item);
  setProviderCategories(draft, layer.entry.ProviderId, null);
  return { removed, rechained };
}

function isSameChain(a: CatalogProtocol, b: CatalogProtocol): boolean {
  return a.entry.ProtocolChain.ChainEntries.join() === b.entry.ProtocolChain.ChainEntries.join() && isChain(a);
}

function rechain(
  item: CatalogProtocol,
  layer: CatalogProtocol,
  own: readonly CatalogProtocol[],
  byId: ReadonlyMap<number, CatalogProtocol>,
): CatalogProtocol {
  const after = structuredClone(item);
  const { ProtocolChain } = after.entry;
  const members = ProtocolChain.ChainEntries.slice(0, ProtocolChain.ChainLen);
  ProtocolChain.ChainEntries = members.flatMap((id, i) => {
    const member = byId.get(id);
    if (member === undefined || topOf(member, byId) !== layer) return [id];
    // A chain at the end goes on in its place.
    const goesOn = i === members.length - 1 && isChain(member);
    return goesOn ? member.entry.ProtocolChain.ChainEntries.slice(1, member.entry.ProtocolChain.ChainLen) : [];
  });
  ProtocolChain.ChainLen = ProtocolChain.ChainEntries.length;
  const named = `${layer.entry.szProtocol} over [`;
  for (const { entry } of own) {
    if (!entry.szProtocol.startsWith(named)) continue;
    const inner = entry.szProtocol.slice(named.length, -1);
    after.entry.szProtocol = after.entry.szProtocol.replace(`[${entry.szProtocol}]`, () => `[${inner}]`);
  }
  return after;
}

/** The layer's own entry that an entry belongs to: itself, or that of the layer on a chain's top. */
export function layerBehind(data: CatalogData, item: CatalogProtocol): CatalogProtocol | null {
  const top = topOf(item, entriesById(data));
  return isLayer(top) ? top : null;
}

/** The members of a chain, the outermost first, with those of a chain that it ends in: each layer's own entry, and the base. */
export function membersOf(data: CatalogData, chain: CatalogProtocol): CatalogProtocol[] {
  const byId = entriesById(data);
  const members: CatalogProtocol[] = [];
  const seen = new Set<CatalogProtocol>();
  let at: CatalogProtocol | undefined = chain;
  while (at !== undefined && isChain(at) && !seen.has(at)) {
    seen.add(at);
    const { ChainEntries, ChainLen }: WSAPROTOCOL_INFOW['ProtocolChain'] = at.entry.ProtocolChain;
    const last: number = Math.min(ChainLen, ChainEntries.length) - 1;
    for (const id of ChainEntries.slice(0, last)) {
      const member = byId.get(id);
      if (member !== undefined) members.push(topOf(member, byId));
    }
    at = byId.get(ChainEntries[last] ?? 0);
  }
  if (at !== undefined) members.push(at);
  return members;
}
