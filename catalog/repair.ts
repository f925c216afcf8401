// Mending a damaged catalog: dropping what cannot be used, or beginning anew.
import { checkCategories, dropDamagedCategories } from './categories.js';
import { checkNameSpaces, checkProtocols } from './check.js';
import { defaultCatalog, type CatalogBase } from './default-catalog.js';
import { CatalogError } from './problem.js';
import type { CatalogData } from './schema.js';
import type { CatalogStore } from './store.js';
import { moduleFaults } from './verify.js';

/** What a repair did. */
export interface RepairResult {
  /** 0, or the WSA error that kept the catalog as it was. */
  readonly code: number;
  /** One sentence for every entry that was dropped; empty when nothing was wrong. */
  readonly actions: readonly string[];
}

/**
 * Drops the entries of a catalog that cannot be used: wrong values, identifiers used twice, chains that name missing
 * entries, repeat a layer, are too long or end in no base protocol, modules that are gone, and chains on top of such; and
 * the rows of categories that cannot be read.
 *
 * @param data the catalog, changed in place
 * @param file the catalog file's name, for the sentences; `null` for a catalog in memory
 * @returns one sentence for every entry dropped
 */
export function repairData(data: CatalogData, file: string | null = null): string[] {
  const ofModule = moduleFaults(file);
  const protocols = checkProtocols(data.protocols, file, ofModule);
  const nameSpaces = checkNameSpaces(data.nameSpaces, file, ofModule);
  data.protocols = data.protocols.filter((item) => !protocols.has(item));
  data.nameSpaces = data.nameSpaces.filter((item) => !nameSpaces.has(item));
  const problems = [...protocols.values(), ...nameSpaces.values(), ...checkCategories(data, file)];
  dropDamagedCategories(data);
  return problems.map(({ message }) => `Dropped from ${message.slice(0, message.lastIndexOf('. ') + 1)}`);
}

/**
 * Drops the unusable entries of a store's catalog, as `repairData`. A catalog in which nothing is wrong is not written,
 * and its file need not be writable.
 *
 * @param store where the catalog is
 * @returns what was done; code WSANO_RECOVERY when the file as a whole is damaged, which only a reset mends
 */
export function repairCatalog(store: CatalogStore): RepairResult {
  if (isSound(store)) return { code: 0, actions: [] };
  let actions: string[] = [];
  const nothingToDo = -1;
  const code = store.update((draft) => {
    actions = repairData(draft, store.path);
    return actions.length === 0 ? nothingToDo : 0;
  });
  return code === 0 || code === nothingToDo ? { code: 0, actions } : { code, actions: [] };
}

// Whether nothing is to be done, seen without the lock, for which a file is made. A catalog that cannot be read is told of
// by the change.
function isSound(store: CatalogStore): boolean {
  try {
    return repairData(store.read(), store.path).length === 0;
  } catch (error) {
    if (error instanceof CatalogError) return false;
    throw error;
  }
}

/**
 * Puts the default catalog in place of a store's catalog, whatever its state. What was there is kept as a generation,
 * and the serial number goes on.
 *
 * @param store where the catalog is
 * @param base which base provider the default names
 * @returns 0, or the WSA error that kept the catalog as it was, as `CatalogStore.update`
 */
export function resetCatalog(store: CatalogStore, base: CatalogBase = 'tcpip'): number {
  return store.reset(defaultCatalog(base));
}
