import {
  BASE_PROTOCOL,
  guidEqual,
  LAYERED_PROTOCOL,
  WSAEINVALIDPROVIDER,
  WSAEPROVIDERFAILEDINIT,
  WSPPROC_NAMES,
  type InstanceHost,
  type StartedProvider,
  type WSAPROTOCOL_INFOW,
  type WSPPROC_TABLE,
} from '../../spi/index.js';

/** A layer's place in its chain, and the provider below it. */
export interface NextProvider {
  /** 0, or why there is none: WSAEPROVIDERFAILEDINIT, WSAEINVALIDPROVIDER, … */
  readonly error: number;
  /** What the provider below is told in `WSPStartup` and `WSPSocket`: the chain for a layer, its own entry for a base. */
  readonly protocolInfo: WSAPROTOCOL_INFOW | null;
  /** The provider below, started. */
  readonly provider: StartedProvider | null;
}

/**
 * Finds a layer's place in a chain.
 *
 * @param chain what the layer was told in `WSPStartup`
 * @param self the entry that the layer was started as
 * @returns the index in `ChainEntries`, or -1 when the layer is not in the chain
 */
export function findPosition(chain: WSAPROTOCOL_INFOW, self: WSAPROTOCOL_INFOW | null): number {
  const { ChainLen, ChainEntries } = chain.ProtocolChain;
  if (self === null || ChainLen < 2) return -1;
  const position = ChainEntries.slice(0, ChainLen).indexOf(self.dwCatalogEntryId);
  if (position >= 0) return position;
  // Started for the chain itself: the outermost layer.
  return self.dwCatalogEntryId === chain.dwCatalogEntryId || guidEqual(self.ProviderId, chain.ProviderId) ? 0 : -1;
}

/**
 * Starts the provider below a layer: what Windows made every author write by hand (layered providers, section 3).
 *
 * @param host the layer's own host; `host.entry` says who the layer is
 * @param chain what the layer was told in `WSPStartup`
 */
export function startNextProvider(host: InstanceHost, chain: WSAPROTOCOL_INFOW): NextProvider {
  const position = findPosition(chain, host.entry);
  const nextId = position < 0 ? undefined : chain.ProtocolChain.ChainEntries[position + 1];
  const next = nextId === undefined ? undefined : host.catalogEntry(nextId);
  if (next === undefined) {
    host.report({
      message:
        position < 0
          ? `layer ${host.entry?.szProtocol ?? '?'} was started outside of a chain: "${chain.szProtocol}" does not name it`
          : `chain "${chain.szProtocol}" names entry ${nextId ?? '(none)'} below ${host.entry!.szProtocol}, which the catalog does not have`,
      provider: host.entry?.szProtocol,
    });
    return { error: position < 0 ? WSAEPROVIDERFAILEDINIT : WSAEINVALIDPROVIDER, protocolInfo: null, provider: null };
  }
  // A base has no place in a chain, and a chain at the end of another one goes on in its place.
  const isLast = position + 1 === chain.ProtocolChain.ChainLen - 1;
  const speaksForItself = next.ProtocolChain.ChainLen === BASE_PROTOCOL || (isLast && !isLayerEntry(next));
  const protocolInfo = speaksForItself ? next : chain;
  const provider = host.startProvider(next.dwCatalogEntryId, protocolInfo);
  if (provider.procedures !== null) noteOwner(provider.procedures, next.szProtocol);
  return { error: provider.error, protocolInfo, provider };
}

/** Whether an entry stands for a layer alone, which no socket can be opened on. */
export function isLayerEntry(entry: WSAPROTOCOL_INFOW): boolean {
  return entry.ProtocolChain.ChainLen === LAYERED_PROTOCOL;
}

/** The providers that functions of procedure tables belong to. */
const owners = new WeakMap<WSPPROC_TABLE[keyof WSPPROC_TABLE], string>();

/** Of several providers whose tables hold the same function it is the lowest one's, which is started first. */
function noteOwner(procedures: WSPPROC_TABLE, name: string): void {
  for (const slot of WSPPROC_NAMES) {
    if (!owners.has(procedures[slot])) owners.set(procedures[slot], name);
  }
}

/**
 * The name of the provider that a function of the table below belongs to: not always the next one's, for a layer passes on
 * the functions that it has none of its own for.
 *
 * @param lower the procedure table below a layer
 * @param slot the function's place in it
 */
export function ownerOf(lower: WSPPROC_TABLE, slot: keyof WSPPROC_TABLE): string {
  return owners.get(lower[slot]) ?? '?';
}
