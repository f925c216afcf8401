// What each value of the catalog's format has to be, as data, and how members are judged by it.
import { GUID, WSAPROTOCOL_LEN } from '../spi/index.js';

/** What a catalog file says it is. */
export const CATALOG_FORMAT = 'ws2spi-catalog';
/** The version of the format that this package reads and writes. */
export const CATALOG_VERSION = 1;
/** The first catalog entry identifier, as on Windows. */
export const FIRST_CATALOG_ENTRY_ID = 1001;
/** The first identifier of entries that only one instance sees and that are never saved. */
export const FIRST_TRANSIENT_ENTRY_ID = 0x40000001;
/** Beginning of the paths of providers that are bound in an instance's container, as all built-in ones are. */
export const BOUND = 'di:';
/** The longest provider path, in characters (Windows: MAX_PATH). */
export const MAX_PROVIDER_PATH = 260;

/** An object's members, whatever they are. */
export type Members = Readonly<Record<string, unknown>>;

/** One value of the format: its test, what it ought to be, and what stands in for a wrong or missing one. */
export interface Rule {
  readonly member: string;
  readonly is: (value: unknown) => boolean;
  readonly expected: string;
  readonly standIn: unknown;
  readonly optional?: boolean;
  readonly normal?: (value: never) => unknown;
}

/** Makes the test for a whole number between two, both included. */
export const isInteger = (low: number, high: number) => (value: unknown) =>
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

/** The rule of a path. */
export const PATH = text('path', MAX_PROVIDER_PATH, 1);

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
export const PROTOCOL_RULES: readonly Rule[] = [
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

/** What a name space's entry holds. */
export const NAME_SPACE_RULES: readonly Rule[] = [
  guidOf('NSProviderId'),
  dword('dwNameSpace'),
  { member: 'fActive', is: (value) => typeof value === 'boolean', expected: 'true or false', standIn: false },
  dword('dwVersion', true),
  text('lpszIdentifier', WSAPROTOCOL_LEN),
];

/** The longest path of a program, in characters: PATH_MAX where it is largest. */
export const MAX_PROGRAM_PATH = 4096;
/** The most characters of the arguments of a program (Windows: of a command line). */
export const MAX_EXTRA = 32_767;

/** What the categories of a layer are. */
export const PROVIDER_CATEGORY_RULES: readonly Rule[] = [guidOf('provider'), dword('categories')];

/** What a program permits. */
export const APPLICATION_RULES: readonly Rule[] = [
  text('path', MAX_PROGRAM_PATH, 1),
  { ...text('extra', MAX_EXTRA), optional: true },
  dword('permitted'),
];

/** What the file as a whole holds. */
export const FILE_RULES: readonly Rule[] = [
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

/** Whether a member is as its rule says, or may be missing and is. */
function holds(rule: Rule, members: Members): boolean {
  const value = members[rule.member];
  return value === undefined ? rule.optional === true : rule.is(value);
}

/** Takes over what the rules name; stand-ins for what is wrong. */
export function take(members: Members, rules: readonly Rule[]): Record<string, unknown> {
  const taken: Record<string, unknown> = {};
  for (const rule of rules) {
    const value = members[rule.member];
    const sound = value !== undefined && rule.is(value);
    const chosen = sound ? value : rule.standIn;
    taken[rule.member] = rule.normal === undefined || !sound ? structuredClone(chosen) : rule.normal(chosen as never);
  }
  return taken;
}

/** What is wrong with members, one sentence part for each fault. */
export function faults(members: Members, rules: readonly Rule[], prefix: string): string[] {
  return rules
    .filter((rule) => !holds(rule, members))
    .map((rule) => {
      const value = members[rule.member];
      return value === undefined
        ? `${prefix}${rule.member} is missing; it should be ${rule.expected}`
        : `${prefix}${rule.member} is ${shown(value)}, but should be ${rule.expected}`;
    });
}

/** A value in a message, cut off where it is long. */
export function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}
