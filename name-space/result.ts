// From an item to what a query is given: LUP_RETURN flags, versions, containers, blobs.
import {
  AF_INET,
  AF_INET6,
  COMP_EQUAL,
  hostent,
  LUP_CONTAINERS,
  LUP_NOCONTAINERS,
  LUP_RES_SERVICE,
  LUP_RETURN_ADDR,
  LUP_RETURN_ALIASES,
  LUP_RETURN_ALL,
  LUP_RETURN_BLOB,
  LUP_RETURN_COMMENT,
  LUP_RETURN_NAME,
  LUP_RETURN_QUERY_STRING,
  LUP_RETURN_TYPE,
  LUP_RETURN_VERSION,
  RESULT_IS_ADDED,
  RESULT_IS_ALIAS,
  RESULT_IS_CHANGED,
  RESULT_IS_DELETED,
  SVCID_HOSTNAME,
  WSAQUERYSETW,
  type GUID,
} from '../spi/index.js';
import { familyOf } from '../spi/socket-names.js';
import {
  csaddrInfo,
  hostAddresses,
  transportOf,
  wantedAddresses,
  type NameSpaceAddress,
  type TransportPort,
} from './addresses.js';
import type { CheckedItem } from './item.js';
import type { Question } from './question.js';

/** One result of a query, before the flags of the call that fetches it are known. */
export interface Result {
  readonly isAlias: boolean;
  readonly name: string;
  readonly serviceClass: GUID | null;
  readonly addresses: readonly NameSpaceAddress[];
  readonly item: CheckedItem;
}

/** Whose results they are. */
export interface Origin {
  readonly providerId: GUID;
  readonly nameSpace: number;
}

const OUTPUT_FLAGS = { added: RESULT_IS_ADDED, changed: RESULT_IS_CHANGED, deleted: RESULT_IS_DELETED };

/**
 * The results that an item makes: itself, and its aliases after it.
 *
 * @returns none when the question leaves it out; `null` when it is what was asked for, but at no address that was
 */
export function resultsOf(item: CheckedItem, question: Question): Result[] | null {
  if (!isOfUse(item, question)) return [];
  const addresses = wantedAddresses(item.addresses, question, placeOf(item, question));
  if (item.addresses.length > 0 && addresses.length === 0 && question.kind !== 'own host') return null;
  const name = item.name ?? question.name;
  const serviceClass = item.serviceClass === undefined ? question.serviceClass : item.serviceClass;
  const results: Result[] = [{ serviceClass, item, isAlias: false, name, addresses }];
  if (item.aliases.length === 0) return results;
  for (const alias of distinctNames([name, ...item.aliases]).slice(1)) {
    results.push({ serviceClass, item, isAlias: true, name: alias, addresses: [] });
  }
  return results;
}

/** Where a question wants the addresses of an item that say no port and no transport. */
export function placeOf(item: CheckedItem, question: Question): TransportPort {
  const transport = transportOf(item.protocol ?? question.transport);
  const port = item.port ?? question.port;
  return transport === null && port === 0 ? ANYWHERE : { transport, port };
}

const ANYWHERE: TransportPort = { transport: null, port: 0 };

/** Whether an item is what a question asks for, wherever it is. */
export function isOfUse(item: CheckedItem, question: Question): boolean {
  const { version, flags } = question;
  if ((flags & LUP_CONTAINERS) !== 0 && !item.isContainer) return false;
  if ((flags & LUP_NOCONTAINERS) !== 0 && item.isContainer) return false;
  if (version !== null && version !== undefined && item.version !== null) {
    const { dwVersion } = item.version;
    if (version.ecHow === COMP_EQUAL ? dwVersion !== version.dwVersion : dwVersion < version.dwVersion) return false;
  }
  return true;
}

/** Whether a call with these flags wants a result: aliases it must ask for. */
export function isWanted({ isAlias }: Result, flags: number): boolean {
  return !isAlias || (flags & LUP_RETURN_ALIASES) !== 0;
}

/**
 * What a call of NSPLookupServiceNext may return. Its LUP_RETURN flags restrict those of the beginning; none of them
 * restricts nothing, because applications may use the flags to say LUP_FLUSHPREVIOUS alone (specification:
 * WSALookupServiceNext).
 */
export function returnFlags(begun: number, flags: number): number {
  return begun & ((flags & LUP_RETURN_ALL) === 0 ? LUP_RETURN_ALL : flags);
}

/**
 * Makes a query set of a result; what it points to is its own.
 *
 * @param wanted `LUP_RETURN_*` of the call
 * @param flags those of the call and of the beginning, of which LUP_RES_SERVICE counts
 */
export function querySetOf(
  result: Result,
  question: Question,
  origin: Origin,
  wanted: number,
  flags: number,
): WSAQUERYSETW {
  const { isAlias, name, serviceClass, addresses, item } = result;
  const has = (flag: number): boolean => (wanted & flag) !== 0;
  const forService = (flags & LUP_RES_SERVICE) !== 0;
  const csaddrs = has(LUP_RETURN_ADDR) ? addresses.map((each) => csaddrInfo(each, forService)) : [];
  const hasBlob = has(LUP_RETURN_BLOB) && !isAlias;
  const bytes = hasBlob
    ? blobOf(
        item,
        name,
        addresses.map(({ address }) => address),
        question,
      )
    : null;
  const queryString = item.queryString === undefined ? question.queryString || null : item.queryString;
  return {
    dwSize: WSAQUERYSETW.size,
    lpszServiceInstanceName: has(LUP_RETURN_NAME) ? name : null,
    lpServiceClassId: has(LUP_RETURN_TYPE) ? serviceClass : null,
    lpVersion: has(LUP_RETURN_VERSION) && !isAlias && item.version !== null ? { ...item.version } : null,
    lpszComment: has(LUP_RETURN_COMMENT) && !isAlias ? item.comment : null,
    dwNameSpace: origin.nameSpace,
    lpNSProviderId: origin.providerId,
    lpszContext: isAlias ? null : item.context,
    dwNumberOfProtocols: 0,
    lpafpProtocols: null,
    lpszQueryString: has(LUP_RETURN_QUERY_STRING) ? queryString : null,
    dwNumberOfCsAddrs: csaddrs.length,
    lpcsaBuffer: csaddrs.length > 0 ? csaddrs : null,
    dwOutputFlags: (isAlias ? RESULT_IS_ALIAS : 0) | (item.change === undefined ? 0 : OUTPUT_FLAGS[item.change]),
    lpBlob: bytes === null ? null : { cbSize: bytes.length, pBlobData: bytes },
  };
}

/**
 * The blob of an item: its own, or for a host a `hostent`.
 *
 * @param name what it is called
 * @param addresses those that are wanted, as SOCKADDRs
 * @returns the caller's own copy; `null` for none
 */
export function blobOf(
  item: CheckedItem,
  name: string,
  addresses: readonly Uint8Array[],
  question: Question,
): Uint8Array | null {
  return item.blob?.slice() ?? hostBlob(name, item.aliases, addresses, question);
}

// A hostent has addresses of one family: IPv4 if there are any.
function hostBlob(
  name: string,
  aliases: readonly string[],
  addresses: readonly Uint8Array[],
  { kind, recordType, serviceClass }: Question,
): Uint8Array | null {
  const isHost = kind === 'host' || kind === 'address' || (kind === 'record' && recordType !== 0);
  if (!isHost || serviceClass === SVCID_HOSTNAME || addresses.length === 0) return null;
  const family = [AF_INET, AF_INET6].find((each) => addresses.some((address) => familyOf(address) === each));
  if (family === undefined) return null;
  return hostent.encode({
    h_name: name,
    h_aliases: [...aliases],
    h_addrtype: family,
    h_length: family === AF_INET ? 4 : 16,
    h_addr_list: hostAddresses(addresses, family),
  });
}

/** The names without those that stand before, whatever their case. */
function distinctNames(names: Iterable<string>): string[] {
  const found = new Map<string, string>();
  for (const name of names) if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), name);
  return [...found.values()];
}
