import { findPosition, type LayerContext } from '../../../chain/index.js';
import { BASE_PROTOCOL, guidEqual, IPPROTO_TCP, SOCK_STREAM, type WSAPROTOCOL_INFOW } from '../../../spi/index.js';

/**
 * Finds the entry for a connection beside a chain of datagrams: over the same provider, with the same layers below as the datagrams
 * have, so that nothing goes around them.
 *
 * @param family the connection's
 * @returns `null` when the catalog has none
 */
export function controlEntry({ host, chain }: LayerContext, family: number): WSAPROTOCOL_INFOW | null {
  const { ChainEntries, ChainLen } = chain.ProtocolChain;
  const below = ChainEntries.slice(findPosition(chain, host.entry) + 1, ChainLen);
  const base = host.catalogEntry(below[below.length - 1] ?? 0);
  if (base?.ProtocolChain.ChainLen !== BASE_PROTOCOL) return null;
  const entries = host.catalogEntries().filter((entry) => entry.iSocketType === SOCK_STREAM);
  const candidates = entries.filter(
    (entry) =>
      entry.ProtocolChain.ChainLen === BASE_PROTOCOL &&
      entry.iAddressFamily === family &&
      entry.iProtocol === IPPROTO_TCP,
  );
  // A provider may have a GUID for each family.
  const connections = candidates.find(({ ProviderId }) => guidEqual(ProviderId, base.ProviderId)) ?? candidates[0];
  if (connections === undefined || below.length === 1) return connections ?? null;
  const wanted = [...below.slice(0, -1), connections.dwCatalogEntryId].join();
  return (
    entries.find(
      ({ ProtocolChain }) => ProtocolChain.ChainEntries.slice(0, ProtocolChain.ChainLen).join() === wanted,
    ) ?? null
  );
}
