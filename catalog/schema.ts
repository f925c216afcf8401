// The catalog's file format: what may stand where, and what is said when it does not.
//
// Two kinds of damage are told apart. When the file as a whole cannot be trusted (truncated, not JSON, another format
// or version) it is refused with a CatalogError. When one entry is wrong, that entry is kept, marked and never used,
// and the others work on.
import {
  GUID,
  WSANO_RECOVERY,
  WSAPROTOCOL_LEN,
  type WSANAMESPACE_INFOW,
  type WSAPROTOCOL_INFOW,
} from '../spi/index.js';
import { CatalogError, catalogName } from './problem.js';

/** What a catalog file says it is. */
export const CATALOG_FORMAT = 'ws2spi-catalog';
/** The version of the format that this package reads and writes. */
export const CATALOG_VERSION = 1;
/** The first catalog entry identifier, as on Windows. */
export const FIRST_CATALOG_ENTRY_ID = 1001;
/** The first identifier of entries that only one instance sees and that are never saved. */
export const FIRST_TRANSIENT_ENTRY_ID = 0x40000001;
/** The longest provider path, in characters (Windows: MAX_PATH). */
export const MAX_PROVIDER_PATH = 260;

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
  categories?: unknown;
  /** QOS templates by name. */
  qosTemplates?: unknown;
  /** Persistent port reservations. */
  portReservations?: unknown;
  [other: string]: unknown;
}

type Members = Readonly<Record<string, unknown>>;

/** One value of the format: its test, what it ought to be, and what stands in for a wrong or missing one. */
interface Rule {
  readonly member: string;
  readonly is: (value: unknown) => boolean;
  readonly expected: string;
  readonly standIn: unknown;
  readonly optional?: boolean;
  readonly normal?: (value: never) => unknown;
}

const isInteger = (low: number, high: number) => (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;

const dword = (member: string, optional = false): Rule => ({
  member,
  is: isInteger(0, 0xffffffff),
  expected: 'a whole number from 0 to 4294967295',
  standIn: 0,
  optional,
});

const int = (member: string, optional = false): Rule => ({
  member,
  is: isInteger(-0x80000000, 0x7fffffff),
  expected: 'a whole number of 32 bits',
  standIn: 0,
  optional,
});

const text = (member: string, longest: number, least = 0): Rule => ({
  member,
  is: (value) => typeof value === 'string' && value.length >= least && value.length <= longest && !value.includes('\0'),
  expected: `a string of ${least} to ${longest} characters`,
  standIn: '',
});

const guidOf = (member: string): Rule => ({
  member,
  is: (value) => typeof value === 'string' && GUID.parse(value) !== null,
  expected: 'a GUID such as "E70F1AA0-AB8B-11CF-8CA3-00805F48A192"',
  standIn: '00000000-0000-0000-0000-000000000000',
  normal: (value: string) => GUID.parse(value),
});

const PATH = text('path', MAX_PROVIDER_PATH, 1);

const CHAIN_RULES: readonly Rule[] = [
  int('ChainLen'),
  {
    member: 'ChainEntries',
    is: (value) => Array.isArray(value) && value.every(isInteger(0, 0xffffffff)),
    expected: 'an array of catalog entry identifiers',
    standIn: [],
    optional: true,
    normal: (value: number[]) => [...value],
  },
];

/** Every member of a protocol entry, in the C structure's order; also what the WSC functions accept from a caller. */
const PROTOCOL_RULES: readonly Rule[] = [
  dword('dwServiceFlags1'),
  dword('dwServiceFlags2', true),
  dword('dwServiceFlags3', true),
  dword('dwServiceFlags4', true),
  dword('dwProviderFlags'),
  guidOf('ProviderId'),
  { ...dword('dwCatalogEntryId'), is: isInteger(1, 0xffffffff), expected: 'a whole number from 1 to 4294967295' },
  {
    member: 'ProtocolChain',
    is: (value) => isMembers(value) && CHAIN_RULES.every((rule) => holds(rule, value)),
    expected: 'an object of ChainLen, a number, and ChainEntries, an array of catalog entry identifiers',
    standIn: { ChainLen: 0, ChainEntries: [] },
    normal: (value: Members) => take(value, CHAIN_RULES),
  },
  int('iVersion'),
  int('iAddressFamily'),
  int('iMaxSockAddr'),
  int('iMinSockAddr'),
  int('iSocketType'),
  int('iProtocol'),
  int('iProtocolMaxOffset', true),
  int('iNetworkByteOrder', true),
  int('iSecurityScheme', true),
  dword('dwMessageSize', true),
  dword('dwProviderReserved', true),
  text('szProtocol', WSAPROTOCOL_LEN),
];

const NAME_SPACE_RULES: readonly Rule[] = [
  guidOf('NSProviderId'),
  dword('dwNameSpace'),
  { member: 'fActive', is: (value) => typeof value === 'boolean', expected: 'true or false', standIn: false },
  dword('dwVersion', true),
  text('lpszIdentifier', WSAPROTOCOL_LEN),
];

const FILE_RULES: readonly Rule[] = [
  { ...dword('serial'), is: isInteger(1, Number.MAX_SAFE_INTEGER), expected: 'a whole number from 1' },
  {
    ...dword('nextCatalogEntryId'),
    is: isInteger(1, FIRST_TRANSIENT_ENTRY_ID - 1),
    expected: `a whole number from 1 to ${FIRST_TRANSIENT_ENTRY_ID - 1}`,
  },
  { member: 'protocols', is: Array.isArray, expected: 'an array', standIn: [] },
  { member: 'nameSpaces', is: Array.isArray, expected: 'an array', standIn: [] },
];

/** Whether a value is an object with members. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function holds(rule: Rule, members: Members): boolean {
  const value = members[rule.member];
  return value === undefined ? rule.optional === true : rule.is(value);
}

// Takes over what the rules name; stand-ins for what is wrong.
function take(members: Members, rules: readonly Rule[]): Record<string, unknown> {
  const taken: Record<string, unknown> = {};
  for (const rule of rules) {
    const value = members[rule.member];
    const sound = value !== undefined && rule.is(value);
    const chosen = sound ? value : rule.standIn;
    taken[rule.member] = rule.normal === undefined || !sound ? structuredClone(chosen) : rule.normal(chosen as never);
  }
  return taken;
}

function faults(members: Members, rules: readonly Rule[], prefix: string): string[] {
  return rules
    .filter((rule) => !holds(rule, members))
    .map((rule) => {
      const value = members[rule.member];
      return value === undefined
        ? `${prefix}${rule.member} is missing; it should be ${rule.expected}`
        : `${prefix}${rule.member} is ${shown(value)}, but should be ${rule.expected}`;
    });
}

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
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
 * Says why a value is not a catalog at all; entries with wrong values are no reason.
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
  return wrong.length > 0 ? `is incomplete: ${wrong.join('; ')}` : null;
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
  return readItem<CatalogProtocol>(raw, 'entry', PROTOCOL_RULES, (path, entry) => ({
    path,
    entry: entry as unknown as WSAPROTOCOL_INFOW,
  }));
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
