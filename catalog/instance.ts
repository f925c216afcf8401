/**
 * What an instance begins with: its catalog, read and asked. `index.ts` has the rest, which few programs need.
 *
 * @module
 */
export { basesOf, type CatalogBase } from './default-catalog.js';
export { CatalogError, catalogName, type CatalogProblem } from './problem.js';
export { BOUND } from './rules.js';
export type { CatalogData } from './schema.js';
export type { CatalogStore } from './store.js';
export { openCatalog, type CatalogOption } from './open.js';
export { InstanceCatalog } from './instance-catalog.js';
export { createCatalog32Functions, type Catalog32Functions } from './wsc-32.js';
