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
import { FileRegistry, MemoryRegistry, type RegistryStore } from './registry-store.js';

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

function storeOf({ file }: RegistryOptions, { host }: NameSpaceSession): RegistryStore {
  const named = file ?? process.env['WS2SPI_REGISTRY'];
  if (named !== undefined && named !== '') return new FileRegistry(named);
  const { catalogPath } = host;
  return catalogPath === null ? new MemoryRegistry() : new FileRegistry(join(dirname(catalogPath), 'registry.json'));
}
