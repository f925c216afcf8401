// How the catalog's file keeps categories.
import type { GUID } from '../spi/index.js';
import { APPLICATION_RULES, isMembers, PROVIDER_CATEGORY_RULES, shown } from './rules.js';

/** The categories of a layer, by the GUID of its own entry. */
export interface ProviderCategories {
  provider: GUID;
  /** `LSP_*` bits. */
  categories: number;
}

/** Which categories of layers a program permits. */
export interface ApplicationCategories {
  /** The program's main script. */
  path: string;
  /** The arguments that it is started with, for a row that is only for these; absent for all. */
  extra?: string;
  /** `LSP_*` bits; 0 permits everything. */
  permitted: number;
}

/** Everything that a catalog says of categories; what is wrong in the file stays as it was found. */
export interface CatalogCategories {
  providers?: ProviderCategories[];
  applications?: ApplicationCategories[];
}

/** The lists of rows, and what each row is to be. */
export const CATEGORY_LISTS = [
  ['providers', PROVIDER_CATEGORY_RULES],
  ['applications', APPLICATION_RULES],
] as const;

/** Says why what a catalog has for `categories` cannot be read at all, as part of a sentence; `null` when it can. */
export function categoriesFault(value: unknown): string | null {
  if (value === undefined) return null;
  if (!isMembers(value)) return `categories is ${shown(value)}, but should be an object of providers and applications`;
  for (const [list] of CATEGORY_LISTS) {
    const rows = value[list];
    if (rows !== undefined && !Array.isArray(rows))
      return `categories.${list} is ${shown(rows)}, but should be an array`;
  }
  return null;
}
