// What is wrong with a catalog, its modules included: instances, which load a module when they need it, do not ask for it.
import { checkCategories } from './categories.js';
import { checkNameSpaces, checkProtocols, type ModuleFault } from './check.js';
import { moduleFault } from './modules.js';
import type { CatalogProblem } from './problem.js';
import type { CatalogData, CatalogNameSpace, CatalogProtocol } from './schema.js';

/** Looks at each module once. */
export function moduleFaults(file: string | null): ModuleFault {
  const known = new Map<string, string | null>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const fault = moduleFault(path, file);
    known.set(path, fault);
    return fault;
  };
}

/**
 * Finds everything that is wrong with a catalog: wrong values, in categories too, broken chains, and modules that are not where
 * the catalog says. What `di:` names lies with each instance, and is not looked at; no module is run.
 *
 * @param data the catalog
 * @param file the catalog file's name, for the messages, and where package paths count from; `null` (the default) for a
 *   catalog in memory
 * @returns the problems in catalog order, protocols first, categories last; empty when all is well
 */
export function verifyCatalog(data: CatalogData, file: string | null = null): CatalogProblem[] {
  return [...unusableEntries(data, file).values(), ...checkCategories(data, file)];
}

/** The entries in which `verifyCatalog` finds something wrong, with what it is, in catalog order. */
export function unusableEntries(
  data: CatalogData,
  file: string | null = null,
): Map<CatalogProtocol | CatalogNameSpace, CatalogProblem> {
  const ofModule = moduleFaults(file);
  return new Map<CatalogProtocol | CatalogNameSpace, CatalogProblem>([
    ...checkProtocols(data.protocols, file, ofModule),
    ...checkNameSpaces(data.nameSpaces, file, ofModule),
  ]);
}
