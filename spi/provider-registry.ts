import type { GUID, WSANAMESPACE_INFOW, WSAPROTOCOL_INFOW } from './structures/index.js';
import type { ProviderModule } from './container-keys.js';

/** Under this symbol an instance keeps what other rooms of the package need of it; no application does. */
export const INSTANCE: unique symbol = Symbol.for('ws2spi.instance') as never;

/** A catalog entry with the path of its provider. */
export interface ProvidedEntry {
  /** `di:<name>`, a `file:` URL or a package path. */
  readonly path: string;
  readonly entry: WSAPROTOCOL_INFOW;
}

/** What an instance offers those who add providers to it at run time: nothing of it is saved. */
export interface ProviderRegistry {
  /** The catalog as the instance sees it. */
  readonly catalog: { entries(): readonly WSAPROTOCOL_INFOW[] };
  /** Binds a provider of this instance alone under `di:<name>`. */
  bindProvider(name: string, module: ProviderModule): void;
  /** Takes such a binding back; a provider that was started stays until WSACleanup. */
  unbindProvider(name: string): void;
  /**
   * Adds catalog entries that this instance alone sees; returns them with the catalog ids that they got.
   *
   * @param isFirst whether they stand before all others; behind them if absent
   */
  addEntries(entries: readonly ProvidedEntry[], isFirst?: boolean): WSAPROTOCOL_INFOW[];
  /** Removes such entries. */
  removeEntries(dwCatalogEntryIds: Iterable<number>): void;
  /** Adds a name-space provider that this instance alone sees, before or behind the others. */
  addNameSpace(path: string, info: WSANAMESPACE_INFOW, isFirst: boolean): void;
  /** Removes such a provider; one that was started is let go. */
  removeNameSpace(providerId: GUID): void;
}
