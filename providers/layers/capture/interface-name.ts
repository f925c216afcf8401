import { findPosition, type LayerContext } from '../../../chain/index.js';

/**
 * What the interface of a place in a chain is called: by the layer, and what is below or above it.
 *
 * @param layer the layer's name
 * @returns also a key that tells two places of one name apart
 */
export function interfaceNameOf({ chain, host }: LayerContext, layer: string): [key: string, name: string] {
  const { ChainEntries, ChainLen } = chain.ProtocolChain;
  const position = findPosition(chain, host.entry);
  const nameOf = (at: number): string | undefined =>
    at < 0 || at >= ChainLen - 1 ? undefined : host.catalogEntry(ChainEntries[at]!)?.szProtocol;
  const [above, below] = [nameOf(position - 1), nameOf(position + 1)];
  const where = below !== undefined ? ` above ${below}` : above !== undefined ? ` below ${above}` : '';
  const name = `${layer}${where}`;
  return [`${name}, ${position}`, name];
}
