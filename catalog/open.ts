// Where catalogs are, and how an instance comes to the one that it was told to use.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { loadPart } from '../platform/load-part.js';
import { systemConventions } from '../platform/systems.js';
import { defaultCatalog, type CatalogBase } from './default-catalog.js';
import type * as FileStore from './file-store.js';
import type { FileCatalogOptions, FileCatalogStore } from './file-store.js';
import { CATALOG_FORMAT, CATALOG_VERSION, FIRST_CATALOG_ENTRY_ID, isMembers } from './rules.js';
import { type CatalogData } from './schema.js';
import { MemoryCatalogStore, type CatalogStore } from './store.js';

/**
 * Where a user's catalog is, unless told otherwise.
 *
 * @param env the environment; `WS2SPI_CATALOG` names the file, else it is `ws2spi/catalog.json` in the user's state
 *   folder (`XDG_STATE_HOME` or `~/.local/state`; `%LOCALAPPDATA%` on Windows; `~/Library/Application Support` on
 *   macOS)
 * @param platform the system, as `process.platform`; the one that this program runs on if absent
 */
export function defaultCatalogPath(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform?: NodeJS.Platform,
): string {
  const named = env['WS2SPI_CATALOG'];
  if (named !== undefined && named !== '') return named;
  const home = env['HOME'] || env['USERPROFILE'] || homedir();
  return join(systemConventions(platform).stateFolder(env, home), 'ws2spi', 'catalog.json');
}

/** What may be given as an instance's catalog: a path, `'memory'`, a store, or a catalog as a plain object. */
export type CatalogOption = string | CatalogStore | Partial<CatalogData> | null | undefined;

/**
 * Opens the catalog that an instance was told to use.
 *
 * @param option a path; `'memory'` for the default catalog, never saved; a store; a plain object in the file's format,
 *   of which only `protocols` must be there, and which is copied; nothing for the user's own file, or for the default
 *   catalog in memory when `base` is `memory`
 * @param base which base provider the built-in default names
 * @throws CatalogError (WSANO_RECOVERY) for a plain object that is not a catalog; a file is not read yet
 */
export function openCatalog(option: CatalogOption, base: CatalogBase = 'tcpip'): CatalogStore {
  if (option === 'memory' || ((option === null || option === undefined) && base === 'memory'))
    return new MemoryCatalogStore(defaultCatalog(base));
  if (option === null || option === undefined) return openFile(defaultCatalogPath(), { base });
  if (typeof option === 'string') return openFile(option, { base });
  if (isStore(option)) return option;
  return new MemoryCatalogStore({
    ...(isMembers(option) ? option : {}),
    format: option.format ?? CATALOG_FORMAT,
    version: option.version ?? CATALOG_VERSION,
    serial: option.serial ?? 1,
    nextCatalogEntryId: option.nextCatalogEntryId ?? FIRST_CATALOG_ENTRY_ID,
    protocols: option.protocols as CatalogData['protocols'],
    nameSpaces: option.nameSpaces ?? defaultCatalog(base).nameSpaces,
  });
}

// What works on files is loaded with the first: a catalog in memory has none.
function openFile(path: string, options: FileCatalogOptions): FileCatalogStore {
  const { FileCatalogStore: Store } = loadPart<typeof FileStore>(import.meta.url, './file-store.js');
  return new Store(path, options);
}

// Known by its members, not by its class: copies of the package may differ.
function isStore(option: CatalogStore | Partial<CatalogData>): option is CatalogStore {
  return 'read' in option && typeof option.read === 'function' && typeof option['update'] === 'function';
}
