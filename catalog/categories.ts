// Which layers may be under which program: categories of layers, and what programs permit (layered providers, section 5.7).
import { realpathSync } from 'node:fs';
import { LSP_SYSTEM, WSAEINVALIDPROVIDER, WSANO_RECOVERY, type GUID } from '../spi/index.js';
import { CATEGORY_LISTS, type ApplicationCategories, type ProviderCategories } from './categories-format.js';
import { catalogName, type CatalogProblem } from './problem.js';
import type { Program } from './program.js';
import { APPLICATION_RULES, faults, isMembers, PROVIDER_CATEGORY_RULES, shown, type Rule } from './rules.js';
import type { CatalogData } from './schema.js';

/**
 * Says whether a layer may be loaded into a program (layered providers, section 5.7).
 *
 * @param permitted what the program permits; 0 is everything
 * @param categories what the layer is
 */
export function isPermitted(permitted: number, categories: number): boolean {
  if (permitted === 0) return true;
  if ((permitted & categories) === 0 || (categories & ~permitted) !== 0) return false;
  return (permitted & LSP_SYSTEM) === 0 || (categories & LSP_SYSTEM) !== 0;
}

/** A row that cannot be used, and where it stands in the file. */
interface DamagedRow {
  readonly list: (typeof CATEGORY_LISTS)[number][0];
  readonly index: number;
  readonly row: unknown;
  readonly fault: string;
}

function rowsOf<T>(data: CatalogData, list: 'providers' | 'applications'): T[] {
  const { categories } = data as { categories?: Record<string, unknown> };
  return isMembers(categories) && Array.isArray(categories[list]) ? (categories[list] as T[]) : [];
}

function rowFault(row: unknown, rules: readonly Rule[], place: string): string | null {
  if (!isMembers(row)) return `${place} is ${shown(row)}, but should be an object`;
  const wrong = faults(row, rules, `${place}.`);
  return wrong.length === 0 ? null : wrong.join('; ');
}

// What tells the rows of a list apart.
function keyOf(row: Record<string, unknown>): string {
  return 'provider' in row ? `${row['provider']}`.toUpperCase() : JSON.stringify([row['path'], row['extra'] ?? '']);
}

function damagedRows(data: CatalogData): DamagedRow[] {
  return CATEGORY_LISTS.flatMap(([list, rules]) => {
    const seen = new Map<string, number>();
    return rowsOf<unknown>(data, list).flatMap((row, index): DamagedRow[] => {
      const place = `categories.${list}[${index}]`;
      let fault = rowFault(row, rules, place);
      if (fault === null) {
        const key = keyOf(row as Record<string, unknown>);
        const before = seen.get(key);
        if (before === undefined) seen.set(key, index);
        else fault = `${place} is for the same as categories.${list}[${before}] before it`;
      }
      return fault === null ? [] : [{ list, index, row, fault }];
    });
  });
}

function problemOf({ fault }: Pick<DamagedRow, 'fault'>, file: string | null, code: number): CatalogProblem {
  return { message: `${catalogName(file)}: ${fault}. Run repair to drop the row, or correct it.`, code, file };
}

/** Finds the rows of categories that cannot be used: each is named by its path within the file. */
export function checkCategories(data: CatalogData, file: string | null): CatalogProblem[] {
  return damagedRows(data).map((row) => problemOf(row, file, WSANO_RECOVERY));
}

/** Drops the rows that cannot be used; what was wrong with each, as a sentence part. */
export function dropDamagedCategories(data: CatalogData): string[] {
  const damaged = damagedRows(data);
  for (const [list] of CATEGORY_LISTS) {
    const dropped = new Set(damaged.filter((row) => row.list === list).map((row) => row.index));
    if (dropped.size > 0) setRows(data, list, (rows) => rows.filter((_, index) => !dropped.has(index)));
  }
  return damaged.map(({ fault }) => fault);
}

function setRows(data: CatalogData, list: string, change: (rows: unknown[]) => unknown[]): void {
  const before = (data.categories ?? {}) as Record<string, unknown>;
  const rows = change([...((before[list] as unknown[] | undefined) ?? [])]);
  const { [list]: _replaced, ...others } = before;
  data.categories = { ...others, ...(rows.length === 0 ? {} : { [list]: rows }) };
  if (Object.keys(data.categories).length === 0) delete data.categories;
}

/** Tells the categories of layers; each row is looked at once. */
export function categoriesOfProviders(data: CatalogData, file: string | null): (id: GUID) => number | CatalogProblem {
  const byId = new Map<string, number>();
  const rows = rowsOf<Partial<ProviderCategories>>(data, 'providers');
  rows.forEach((row, index) => {
    const id = isMembers(row) ? `${row.provider}`.toUpperCase() : '';
    if (!byId.has(id)) byId.set(id, index);
  });
  return (id) => {
    const index = byId.get(id);
    if (index === undefined) return 0;
    const fault = rowFault(rows[index], PROVIDER_CATEGORY_RULES, `categories.providers[${index}]`);
    return fault === null ? rows[index]!.categories! : problemOf({ fault }, file, WSAEINVALIDPROVIDER);
  };
}

/**
 * The categories of a layer.
 *
 * @param id the GUID of the layer's own entry
 * @returns `LSP_*` bits, 0 when it has none; or, of a row that cannot be read, the problem
 */
export function categoriesOfProvider(data: CatalogData, id: GUID, file: string | null): number | CatalogProblem {
  return categoriesOfProviders(data, file)(id);
}

/** Sets the categories of a layer; `null` takes its row away. */
export function setProviderCategories(draft: CatalogData, id: GUID, categories: number | null): void {
  setRows(draft, 'providers', (rows) =>
    replaced(
      rows,
      (row) => `${row['provider']}`.toUpperCase() === id,
      categories === null ? null : ({ provider: id, categories } satisfies ProviderCategories),
    ),
  );
}

/** The rows of programs that can be used, in the file's order. */
export function applicationsOf(data: CatalogData): ApplicationCategories[] {
  const damaged = new Set(damagedRows(data).map(({ row }) => row));
  return rowsOf<ApplicationCategories>(data, 'applications').filter((row) => !damaged.has(row));
}

/**
 * What a program permits: by the row for its very arguments, else by the row for all.
 *
 * @returns `LSP_*` bits; `null` when there is no row; or, of a row that cannot be read, the problem
 */
export function permittedBy(data: CatalogData, program: Program, file: string | null): number | null | CatalogProblem {
  const rows = rowsOf<Partial<ApplicationCategories>>(data, 'applications');
  if (rows.length === 0) return null;
  const isSame = sameFile(program.path);
  const found = (extra: string): number =>
    rows.findIndex((row) => isMembers(row) && (row.extra ?? '') === extra && isSame(row.path));
  let index = program.extra === '' ? -1 : found(program.extra);
  if (index < 0) index = found('');
  if (index < 0) return null;
  const fault = rowFault(rows[index], APPLICATION_RULES, `categories.applications[${index}]`);
  return fault === null ? rows[index]!.permitted! : problemOf({ fault }, file, WSANO_RECOVERY);
}

/**
 * What the row of a program says, and no other.
 *
 * @returns `LSP_*` bits, or `null` when there is none that can be read
 */
export function permittedInRow(data: CatalogData, { path, extra }: Program): number | null {
  const isSame = sameFile(path);
  return applicationsOf(data).find((row) => (row.extra ?? '') === extra && isSame(row.path))?.permitted ?? null;
}

/** Sets what a program permits; `null` takes its row away. Whether there was a row. */
export function setPermitted(draft: CatalogData, { path, extra }: Program, permitted: number | null): boolean {
  const isSame = sameFile(path);
  let known = false;
  setRows(draft, 'applications', (rows) =>
    replaced(
      rows,
      (row) => {
        const meant = (row['extra'] ?? '') === extra && isSame(row['path']);
        known ||= meant;
        return meant;
      },
      permitted === null
        ? null
        : ({ path, ...(extra === '' ? {} : { extra }), permitted } satisfies ApplicationCategories),
    ),
  );
  return known;
}

// A new row in the place of the first that is meant, else behind all; the others that are meant go.
function replaced(
  rows: unknown[],
  isMeant: (row: Record<string, unknown>) => boolean,
  fresh: object | null,
): unknown[] {
  const meant = rows.map((row) => isMembers(row) && isMeant(row));
  const first = meant.indexOf(true);
  const kept = rows.filter((_, index) => !meant[index]);
  if (fresh !== null) kept.splice(first < 0 ? kept.length : first, 0, fresh);
  return kept;
}

/** Tells whether paths lead to a file, by whatever links. */
function sameFile(path: string): (other: unknown) => boolean {
  const real = realPath(path);
  return (other) => typeof other === 'string' && (other === path || other === real || realPath(other) === real);
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // It is known by its spelling then.
    return path;
  }
}
