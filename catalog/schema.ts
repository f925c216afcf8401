// The catalog's file format: what may stand where, and what is said when it does not.
//
// Two kinds of damage are told apart. When the file as a whole cannot be trusted (truncated, not JSON, another format
// or version) it is refused with a CatalogError. When one entry is wrong, that entry is kept, marked and never used,
// and the others work on.
import { GUID, WSANO_RECOVERY, type WSANAMESPACE_INFOW, type WSAPROTOCOL_INFOW } from '../spi/index.js';
import { categoriesFault, type CatalogCategories } from './categories-format.js';
import { CatalogError, catalogName } from './problem.js';
import {
  CATALOG_FORMAT,
  CATALOG_VERSION,
  faults,
  FILE_RULES,
  isInteger,
  isMembers,
  NAME_SPACE_RULES,
  PATH,
  PROTOCOL_RULES,
  shown,
  take,
  type Members,
  type Rule,
} from './rules.js';

/** The most bytes of a catalog's file. */
export const MAX_CATALOG_SIZE = 4 * 1024 * 1024;
// How deep a catalog may be nested, and how many values it may have: none comes near that.
const DEEPEST = 100;
const MOST_VALUES = 500_000;

/** What stood in the file instead of a sound entry; written back as it was until somebody repairs it. */
export interface DamagedItem {
  readonly raw: unknown;
  /** One sentence part for each thing that is wrong. */
  readonly reasons: readonly string[];
}

/** A protocol entry, and where its provider is. */
export interface CatalogProtocol {
  /** `di:<name>`, a `file:` URL, or a package path; 1 to 260 characters. */
  path: string;
  /** The entry; where the file has a wrong value, a harmless one stands here. */
  entry: WSAPROTOCOL_INFOW;
  /** The provider that a chain was installed together with, and goes with (specification: WSCInstallProviderAndChains). */
  layer?: GUID;
  /** Present when the file's entry has a wrong value. */
  damaged?: DamagedItem;
}

/** A name-space provider's entry, and where it is. */
export interface CatalogNameSpace {
  /** `di:<name>`, a `file:` URL, or a package path; 1 to 260 characters. */
  path: string;
  info: WSANAMESPACE_INFOW;
  /** What the installer gave along (specification: WSCInstallNameSpaceEx), in base64. */
  providerSpecific?: string;
  /** Present when the file's entry has a wrong value. */
  damaged?: DamagedItem;
}

/** A whole catalog, as its file holds it. Members not named here are kept as they are. */
export interface CatalogData {
  format: typeof CATALOG_FORMAT;
  version: number;
  /** Counts the changes; never goes back. */
  serial: number;
  /** The identifier that the next entry installed gets; identifiers are not used twice. */
  nextCatalogEntryId: number;
  /** The protocol catalog, in its order. */
  protocols: CatalogProtocol[];
  /** The name-space catalog, in its order. */
  nameSpaces: CatalogNameSpace[];
  /** LSP categories of providers and applications. */
  categories?: CatalogCategories;
  /** QOS templates by name. */
  qosTemplates?: unknown;
  /** Persistent port reservations. */
  portReservations?: unknown;
  [other: string]: unknown;
}

/**
 * Copies a caller's protocol entry, member by member.
 *
 * @param value what the caller gave; `ProviderId` and `dwCatalogEntryId` may be absent
 * @returns the copy, or `null` when a member has another type than the C structure's
 */
export function copyProtocolInfo(value: unknown): WSAPROTOCOL_INFOW | null {
  if (!isMembers(value)) return null;
  const sound = PROTOCOL_RULES.every((rule) => {
    const member = value[rule.member];
    return member === undefined || sameType(member, rule.standIn);
  });
  if (!sound || value['ProtocolChain'] === undefined || value['szProtocol'] === undefined) return null;
  const chain = value['ProtocolChain'] as Members;
  const ids = chain['ChainEntries'] ?? [];
  if (typeof chain['ChainLen'] !== 'number' || !Array.isArray(ids) || !ids.every((id) => typeof id === 'number')) {
    return null;
  }
  const copy: Record<string, unknown> = {};
  for (const rule of PROTOCOL_RULES) copy[rule.member] = structuredClone(value[rule.member] ?? rule.standIn);
  copy['ProtocolChain'] = { ChainLen: chain['ChainLen'], ChainEntries: [...(ids as number[])] };
  return copy as unknown as WSAPROTOCOL_INFOW;
}

function sameType(value: unknown, standIn: unknown): boolean {
  return isMembers(standIn) ? isMembers(value) : typeof value === typeof standIn;
}

/**
 * What is wrong with the values of an entry that is about to be stored.
 *
 * @returns one sentence part for each fault; empty when all is well
 */
export function protocolInfoFaults(entry: WSAPROTOCOL_INFOW): string[] {
  return faults(entry as unknown as Members, PROTOCOL_RULES, '');
}

/**
 * Reads a catalog from the text of its file.
 *
 * @param json the file's text
 * @param file the file's name, for messages; `null` for none
 * @returns the catalog; entries with wrong values are in it, marked `damaged`
 * @throws CatalogError (WSANO_RECOVERY) when the text is not JSON, cut off, of another format or of a future version
 */
export function parseCatalog(json: string, file: string | null): CatalogData {
  let value: unknown;
  try {
    // Some editors begin a file with a byte order mark.
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const what = json.trim() === '' ? 'is empty' : `is not valid JSON, or was cut off (${(cause as Error).message})`;
    throw unusable(file, what, cause);
  }
  return readCatalog(value, file);
}

/**
 * Says why a value is not a catalog at all; entries with wrong values are not a reason.
 *
 * @returns what follows "the catalog ..." in a sentence, or `null` when it can be read
 */
export function catalogFault(value: unknown): string | null {
  if (!isMembers(value)) return 'does not hold a JSON object';
  const unlike = unlikeJson(value);
  if (unlike !== null) return unlike;
  if (value['format'] !== CATALOG_FORMAT) {
    return `says "format": ${shown(value['format'])} where "${CATALOG_FORMAT}" belongs`;
  }
  const version = value['version'];
  if (!isInteger(1, Number.MAX_SAFE_INTEGER)(version)) {
    return `says "version": ${shown(version)} where a whole number belongs`;
  }
  if (version !== CATALOG_VERSION) {
    return `has version ${String(version)} of the format; this package reads version ${CATALOG_VERSION}, so a later one wrote it`;
  }
  const wrong = faults(value, FILE_RULES, '');
  if (wrong.length > 0) return `is incomplete: ${wrong.join('; ')}`;
  const categories = categoriesFault(value['categories']);
  return categories === null ? null : `cannot be used: ${categories}`;
}

// What cannot be gone through as JSON can: too deep for a copy, without end, or of values that JSON does not have.
function unlikeJson(root: Members): string | null {
  const levels: Iterator<unknown>[] = [Object.values(root)[Symbol.iterator]()];
  for (let count = 0; levels.length > 0; count++) {
    if (count > MOST_VALUES) return `holds more than ${MOST_VALUES} values`;
    const next = levels.at(-1)!.next();
    if (next.done === true) {
      levels.pop();
      continue;
    }
    const value: unknown = next.value;
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
      return `holds a ${typeof value}, which JSON does not have`;
    }
    if (typeof value !== 'object' || value === null) continue;
    if (levels.length >= DEEPEST) return `is nested more than ${DEEPEST} levels deep`;
    levels.push(Object.values(value)[Symbol.iterator]());
  }
  return null;
}

/**
 * Reads a catalog from a plain object in the file's format.
 *
 * @param value the object; it is not kept, and not changed
 * @param file the file's name, for messages; `null` for none
 * @throws CatalogError (WSANO_RECOVERY) as `parseCatalog`
 */
export function readCatalog(value: unknown, file: string | null): CatalogData {
  const fault = catalogFault(value);
  if (fault !== null || !isMembers(value)) throw unusable(file, fault ?? '');
  // A snapshot's list of problems is made anew from the data, so it is not data itself.
  const { problems: _problems, ...members } = value;
  return {
    ...(structuredClone(members) as CatalogData),
    protocols: (value['protocols'] as unknown[]).map(readProtocol),
    nameSpaces: (value['nameSpaces'] as unknown[]).map(readNameSpace),
  };
}

function unusable(file: string | null, what: string, cause?: unknown): CatalogError {
  const message =
    `${catalogName(file)} ${what}. Nothing was changed. ` +
    (file === null
      ? 'Give a catalog in the format that defaultCatalog() shows.'
      : `Run verify for details; reset puts the default catalog in its place and keeps this file, ` +
        `or copy back one of ${file}.<serial>.`);
  return new CatalogError({ message, code: WSANO_RECOVERY, file }, cause);
}

function readProtocol(raw: unknown): CatalogProtocol {
  return readItem<CatalogProtocol>(raw, 'entry', PROTOCOL_RULES, (path, entry) => {
    const item: CatalogProtocol = { path, entry: entry as unknown as WSAPROTOCOL_INFOW };
    const layer = isMembers(raw) && typeof raw['layer'] === 'string' ? GUID.parse(raw['layer']) : null;
    if (layer !== null) item.layer = layer;
    return item;
  });
}

function readNameSpace(raw: unknown): CatalogNameSpace {
  return readItem<CatalogNameSpace>(raw, 'info', NAME_SPACE_RULES, (path, info) => {
    const item: CatalogNameSpace = { path, info: info as unknown as WSANAMESPACE_INFOW };
    const specific = isMembers(raw) ? raw['providerSpecific'] : undefined;
    if (typeof specific === 'string') item.providerSpecific = specific;
    return item;
  });
}

function readItem<T extends { damaged?: DamagedItem }>(
  raw: unknown,
  member: string,
  rules: readonly Rule[],
  make: (path: string, value: Record<string, unknown>) => T,
): T {
  // What was read before and handed in again as an object may carry its damage along.
  const earlier = isMembers(raw) && isMembers(raw['damaged']) && 'raw' in raw['damaged'] ? raw['damaged']['raw'] : raw;
  const outer = isMembers(earlier) ? earlier : {};
  const inner = isMembers(outer[member]) ? outer[member] : {};
  const reasons = !isMembers(earlier)
    ? [`it is ${shown(earlier)} where an object with path and ${member} belongs`]
    : !isMembers(outer[member])
      ? [`${member} is ${shown(outer[member])} where an object belongs`]
      : [...faults(outer, [PATH], ''), ...faults(inner, rules, '')];
  const item = make(take(outer, [PATH])['path'] as string, take(inner, rules));
  if (reasons.length > 0) item.damaged = { raw: structuredClone(earlier), reasons };
  return item;
}

/**
 * The text of a catalog's file: JSON with one member a line. Damaged entries are written as they were read.
 *
 * @returns the text, ended by a line feed
 */
export function formatCatalog(data: CatalogData): string {
  const asFound = <T extends { damaged?: DamagedItem }>(item: T): unknown => item.damaged?.raw ?? item;
  const { format, version, serial, nextCatalogEntryId, protocols, nameSpaces, ...rest } = data;
  const ordered = {
    format,
    version,
    serial,
    nextCatalogEntryId,
    protocols: protocols.map(asFound),
    nameSpaces: nameSpaces.map(asFound),
    ...rest,
  };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}
