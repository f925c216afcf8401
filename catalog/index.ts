/**
 * The protocol and name-space catalogs: which providers there are, in which order, and where their modules are.
 *
 * A catalog is a JSON file that all processes of a user share, or lives in memory; while there is no file, a built-in
 * default holds. It changes as a whole or not at all, also when the process is killed, and one that is damaged is
 * reported by file and entry, never overwritten, and mended by `verifyCatalog`, `repairCatalog` or `resetCatalog`.
 *
 * @module
 */
export {
  basesOf,
  defaultCatalog,
  DNS_NAMESPACE_PROVIDER,
  TCPIP_NAMESPACE_PROVIDER,
  type CatalogBase,
} from './default-catalog.js';
export { CatalogError, catalogName, type CatalogProblem } from './problem.js';
export {
  BOUND,
  CATALOG_FORMAT,
  CATALOG_VERSION,
  FIRST_CATALOG_ENTRY_ID,
  FIRST_TRANSIENT_ENTRY_ID,
  MAX_PROVIDER_PATH,
} from './rules.js';
export {
  formatCatalog,
  parseCatalog,
  type CatalogData,
  type CatalogNameSpace,
  type CatalogProtocol,
  type DamagedItem,
} from './schema.js';
export { unusableEntries, verifyCatalog } from './verify.js';
export { distrustOfModule, findModule } from './modules.js';
export { type Distrust } from './trust.js';
export { MemoryCatalogStore, type CatalogSnapshot, type CatalogStore } from './store.js';
export { FileCatalogStore, GENERATIONS_KEPT, type FileCatalogOptions } from './file-store.js';
export { defaultCatalogPath, openCatalog, type CatalogOption } from './open.js';
export { repairCatalog, repairData, resetCatalog, type RepairResult } from './repair.js';
export { matchProtocol, type MatchResult } from './match.js';
export { InstanceCatalog, type InstanceMatch } from './instance-catalog.js';
export { Failure as CatalogFailure, type CatalogContext } from './arguments.js';
export { createTransportCatalogFunctions, type TransportCatalogFunctions } from './wsc-transport.js';
export {
  createNameSpaceCatalogFunctions,
  enumerateNameSpaces,
  enumerateNameSpacesEx,
  type CharacterWidth,
  type NameSpaceCatalogContext,
  type NameSpaceCatalogFunctions,
} from './wsc-namespace.js';
export { createCategoryFunctions, type CategoryFunctions } from './wsc-categories.js';
export { createQosTemplateFunctions, type QosTemplateFunctions } from './wsc-qos.js';
export { qosTemplatesOf, type CatalogQosTemplate } from './qos-templates.js';
export {
  createChainCatalogFunctions,
  type ChainCatalogFunctions,
  type LayerTrial,
  type TrialFailure,
} from './wsc-chains.js';
export { createCatalog32Functions, type Catalog32Functions } from './wsc-32.js';
export {
  applicationsOf,
  categoriesOfProvider,
  isPermitted,
  permittedBy,
  setPermitted,
  setProviderCategories,
} from './categories.js';
export type { ApplicationCategories, CatalogCategories, ProviderCategories } from './categories-format.js';
export { mainProgram, type Program } from './program.js';
export {
  chainsOf,
  firstOfEach,
  installLayer,
  layerBehind,
  membersOf,
  openableEntries,
  removeLayer,
  tripleOf,
  type InstalledLayer,
  type NewLayer,
  type Removal,
} from './layers.js';
export { compareCatalogs, type CatalogDifference } from './compare.js';
export { catalogTable, describeCatalog, entryType, nameSpaceTable } from './describe.js';
