/**
 * The `WSC*` functions, which are loaded by the first call of one: most programs open sockets, and change no catalog.
 *
 * @module
 */
import { createCategoryFunctions, type CategoryFunctions } from './wsc-categories.js';
import { createChainCatalogFunctions, type ChainCatalogFunctions, type LayerTrial } from './wsc-chains.js';
import {
  createNameSpaceCatalogFunctions,
  type NameSpaceCatalogContext,
  type NameSpaceCatalogFunctions,
} from './wsc-namespace.js';
import { createQosTemplateFunctions, type QosTemplateFunctions } from './wsc-qos.js';
import { createTransportCatalogFunctions, type TransportCatalogFunctions } from './wsc-transport.js';

export type { LayerTrial, NameSpaceCatalogContext };
export { enumerateNameSpaces, enumerateNameSpacesEx, type CharacterWidth } from './wsc-namespace.js';

/** Every function of the catalog, but for those that are another by the name of a 32-bit process. */
export interface CatalogFunctions
  extends
    TransportCatalogFunctions,
    ChainCatalogFunctions,
    CategoryFunctions,
    QosTemplateFunctions,
    NameSpaceCatalogFunctions {}

/**
 * Makes the functions of an instance's catalog.
 *
 * @param context the catalog that they work on, whom they tell of changes and damage, and where errors go
 * @param trial tries a layer before it is installed
 */
export function createCatalogFunctions(context: NameSpaceCatalogContext, trial: LayerTrial): CatalogFunctions {
  return {
    ...createTransportCatalogFunctions(context),
    ...createChainCatalogFunctions(context, trial),
    ...createCategoryFunctions(context),
    ...createQosTemplateFunctions(context),
    ...createNameSpaceCatalogFunctions(context),
  };
}
