import type { WSAPROTOCOL_INFOW } from './structures/index.js';
import type { LPWSPSTARTUP } from './transport-provider.js';

/** What an instance offers those who add providers to it at run time: nothing of it is saved. */
export interface ProviderRegistry {
  /**
   * Binds a provider in the instance's container.
   *
   * @param name a name that no other provider of the instance has
   * @returns the path by which catalog entries name it: `di:<name>`
   */
  bindProvider(name: string, startup: LPWSPSTARTUP): string;
  /** Takes a binding away; sockets that are open keep their provider. */
  unbindProvider(path: string): void;
  /**
   * Adds entries that only this instance sees, after those of its catalog.
   *
   * @param path the provider of all of them
   * @returns the entries with the catalog ids that they got
   */
  addTransientEntries(path: string, entries: readonly WSAPROTOCOL_INFOW[]): WSAPROTOCOL_INFOW[];
  /** Removes such entries; others are left alone. */
  removeTransientEntries(dwCatalogEntryIds: readonly number[]): void;
  /** Every entry that the instance sees, in catalog order. */
  entries(): readonly WSAPROTOCOL_INFOW[];
  /** The path of an entry's provider, or `undefined`. */
  pathOf(providerId: string): string | undefined;
}
