/**
 * The name-space provider of a registry: services and service classes in a local file, which processes share.
 *
 * @module
 */
import { dirname, join } from 'node:path';
import {
  defineNameSpace,
  type NameSpace,
  type NameSpaceHooks,
  type NameSpaceSession,
} from '../../../name-space/index.js';
import { NS_LOCALNAME } from '../../../spi/index.js';
import { checkOptions, numberThat, textThat, type OptionRule } from '../../../spi/option-check.js';
import { Registry } from './registry.js';
import { FileRegistry, MemoryRegistry, RegistryProblem, type RegistryStore } from './registry-store.js';

/** Where a registry is, and how it is used. */
export interface RegistryOptions {
  /**
   * Path of its file. If absent, it is the file that `WS2SPI_REGISTRY` names, else `registry.json` beside the file of the
   * instance's catalog; an instance whose catalog is in memory has its registry in memory.
   */
  readonly file?: string;
  /** The name space that it is installed for; NS_LOCALNAME if absent. */
  readonly nameSpace?: number;
  /** How long to try while another process changes it, in milliseconds; 5000 if absent. */
  readonly lockTimeout?: number;
}

const RULES: Readonly<Record<keyof RegistryOptions, OptionRule>> = {
  file: textThat((value) => value !== '', 'a path'),
  nameSpace: numberThat((value) => value >>> 0 === value && value !== 0, 'an NS_ number'),
  lockTimeout: numberThat((value) => value >= 0, 'milliseconds, 0 or more'),
};

/**
 * Makes a name space of a registry.
 *
 * @param options where it is; by default, beside the catalog
 * @returns the name space, to be installed under a GUID and a path of the installer's choice
 * @throws TypeError for options that are none
 */
export function createRegistry(options: RegistryOptions = {}): NameSpace {
  checkOptions('createRegistry', options, RULES);
  return defineNameSpace({
    name: 'registry',
    nameSpace: options.nameSpace ?? NS_LOCALNAME,
    start: (session): NameSpaceHooks => new Registry(storeOf(options, session), session, options.lockTimeout ?? 5000),
  });
}

/** Starts the provider of the registry beside the catalog (specification: NSPStartup). */
export const { NSPStartup } = createRegistry();

/**
 * Where the registry of a catalog is.
 *
 * @param catalogPath the catalog's file; `null` for one in memory
 * @returns what `WS2SPI_REGISTRY` names, else `registry.json` beside the catalog; `null` for one in memory
 */
export function registryPath(catalogPath: string | null): string | null {
  const named = process.env['WS2SPI_REGISTRY'];
  if (named !== undefined && named !== '') return named;
  return catalogPath === null ? null : join(dirname(catalogPath), 'registry.json');
}

function storeOf({ file }: RegistryOptions, { host }: NameSpaceSession): RegistryStore {
  const path = file ?? registryPath(host.catalogPath);
  return path === null ? new MemoryRegistry() : new FileRegistry(path);
}

/**
 * Says what is wrong with a registry's file: it cannot be read, or has entries that are none.
 *
 * @param file its path
 * @returns a sentence each, of the first hundred entries, and how many more there are; none for a file that is in order, or not there
 */
export function verifyRegistry(file: string): string[] {
  const store = new FileRegistry(file);
  try {
    const { damaged } = store.read();
    const entries = [...damaged.services, ...damaged.classes];
    const shown = entries
      .slice(0, MOST_SHOWN)
      .map((each) => `${store.name} has an entry that is none, and is left out: ${shownEntry(each)}.`);
    const more = entries.length - shown.length;
    return more === 0 ? shown : [...shown, `${store.name} has ${more} more entries that are none.`];
  } catch (error) {
    if (error instanceof RegistryProblem) return [error.message];
    throw error;
  }
}

/** Entries that are named; of the others, it is said how many there are. */
const MOST_SHOWN = 100;

function shownEntry(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
