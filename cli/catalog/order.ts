// The order in which sockets find entries.
import { layerBehind, type CatalogData, type CatalogProtocol, type FileCatalogStore } from '../../catalog/index.js';
import { LAYERED_PROTOCOL } from '../../spi/index.js';
import { nearestNameAdvice } from '../../spi/nearest-name.js';
import { printable } from '../style.js';
import { carryOut, type ChangeValues } from './change.js';
import { CatalogWordError } from './catalog-word-error.js';

/** Puts entries first, by id or name, a layer's with all its chains; without any, says the order. */
export async function order(store: FileCatalogStore, words: readonly string[], values: ChangeValues): Promise<number> {
  if (words.length === 0) {
    const { protocols } = store.read();
    const entries = protocols.map(({ entry }) => ({ id: entry.dwCatalogEntryId, name: entry.szProtocol }));
    if (values.json === true) console.log(JSON.stringify({ path: store.path, order: entries }));
    else
      console.log(
        entries.map(({ id, name }, place) => `${`${place + 1}`.padStart(3)}  ${id}  ${printable(name)}`).join('\n'),
      );
    return 0;
  }
  const change = (draft: CatalogData): void => {
    const first = [...new Set(words.flatMap((word) => meant(draft, word)))];
    draft.protocols = [...first, ...draft.protocols.filter((item) => !first.includes(item))];
  };
  return carryOut(store, values, { action: 'order', change });
}

function meant(data: CatalogData, word: string): CatalogProtocol[] {
  const { protocols } = data;
  const byId = protocols.filter(({ entry }) => `${entry.dwCatalogEntryId}` === word).slice(0, 1);
  if (byId.length > 0) return byId;
  const named = protocols.filter(({ entry }) => entry.szProtocol === word);
  if (named.length === 0) {
    const names = protocols.map(({ entry }) => entry.szProtocol);
    throw new CatalogWordError(`there is no entry "${word}"${nearestNameAdvice(word, names)} (ws2spi catalog)`);
  }
  return named.flatMap((item) => {
    if (item.entry.ProtocolChain.ChainLen !== LAYERED_PROTOCOL) return [item];
    return protocols.filter((each) => layerBehind(data, each) === item);
  });
}
