// The functions of the catalog, `WSC*`, which are loaded when the first of them is called: most programs with sockets change no
// catalog.
import type { CatalogFunctions, LayerTrial, NameSpaceCatalogContext } from '../catalog/functions.js';
import type * as Functions from '../catalog/functions.js';
import { loadPart } from '../host/load-part.js';
import { standInsFor } from './stand-ins.js';

/** Every function of the catalog, and how many arguments it has. */
const ARGUMENTS: Readonly<Record<keyof CatalogFunctions, number>> = {
  WSCEnumProtocols: 4,
  WSCInstallProvider: 5,
  WSCDeinstallProvider: 2,
  WSCUpdateProvider: 5,
  WSCWriteProviderOrder: 2,
  WSCGetProviderPath: 4,
  WSCInstallProviderAndChains: 8,
  WSCInstallProviderAndChains64_32: 9,
  WSCSetProviderInfo: 6,
  WSCGetProviderInfo: 6,
  WSCSetApplicationCategory: 7,
  WSCGetApplicationCategory: 6,
  WSCInstallQOSTemplate: 3,
  WSCRemoveQOSTemplate: 2,
  WSCInstallNameSpace: 5,
  WSCInstallNameSpaceEx: 6,
  WSCUnInstallNameSpace: 1,
  WSCEnableNSProvider: 2,
  WSCWriteNameSpaceOrder: 2,
};

/**
 * Makes the functions of an instance's catalog.
 *
 * @param context the catalog that they work on, whom they tell of changes and damage, and where errors go
 * @param trial tries a layer before it is installed
 */
export function createCatalogFunctionsOnDemand(context: NameSpaceCatalogContext, trial: LayerTrial): CatalogFunctions {
  let loaded: CatalogFunctions | null = null;
  const load = (): CatalogFunctions =>
    loadPart<typeof Functions>(import.meta.url, '../catalog/functions.js').createCatalogFunctions(context, trial);
  return standInsFor(ARGUMENTS, () => (loaded ??= load()));
}
