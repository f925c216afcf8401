// The functions that configure the protocol catalog.
import { WSAEFAULT, WSAEINVAL, WSAENOBUFS, WSANO_RECOVERY, WSAPROTOCOL_INFOW, type Ref } from '../spi/index.js';
import {
  change,
  Failure,
  needArray,
  needDwordRef,
  needGuid,
  needPath,
  needRef,
  needRoom,
  needString,
  run,
  runWithErrno,
  type CatalogContext,
} from './arguments.js';
import { protocolFaults } from './check.js';
import { setProviderCategories } from './categories.js';
import { nextEntryId } from './layers.js';
import { catalogName } from './problem.js';
import { FIRST_TRANSIENT_ENTRY_ID } from './rules.js';
import { copyProtocolInfo, protocolInfoFaults, type CatalogData, type CatalogProtocol } from './schema.js';

/** The functions that configure the protocol catalog, as methods of an instance have them (ws2spi.h, sporder.h). */
export interface TransportCatalogFunctions {
  /**
   * Enumerates all entries, hidden ones and layered protocols too, in catalog order (ws2spi.h: WSCEnumProtocols).
   *
   * @param lpiProtocols `iProtocol` values to be listed, ended by 0 or by the array's end; `null` for all
   * @param lpProtocolBuffer emptied and filled; `null` for NULL
   * @param lpdwBufferLength in: the buffer's size in bytes, 628 for each entry; out, when too small: the size needed
   * @param lpErrno receives the error: WSAEFAULT for bad pointers, WSAENOBUFS when the buffer is too small,
   *   WSANO_RECOVERY when the catalog is damaged
   * @returns the number of entries, or SOCKET_ERROR
   */
  WSCEnumProtocols(
    lpiProtocols: readonly number[] | null,
    lpProtocolBuffer: WSAPROTOCOL_INFOW[] | null,
    lpdwBufferLength: Ref<number>,
    lpErrno: Ref<number>,
  ): number;
  /**
   * Installs a provider with its entries, behind all others (ws2spi.h: WSCInstallProvider). Instances see it from their
   * next first WSAStartup on.
   *
   * @param lpProviderId a GUID that no provider in the catalog has
   * @param lpszProviderDllPath where the provider is: 1 to 260 characters
   * @param lpProtocolInfoList the entries; each one's `dwCatalogEntryId` is set to the identifier assigned
   * @param dwNumberOfEntries how many of them, 1 or more
   * @param lpErrno receives the error: WSAEFAULT for bad pointers; WSAEINVAL for a malformed GUID, a path or an entry
   *   that cannot be stored, no entries, or a chain that would dangle, repeat a layer, be longer than 7 or end in no
   *   base protocol; WSANO_RECOVERY when the provider is installed already, or the catalog is damaged or may not be
   *   written; WSATRY_AGAIN when another process kept the catalog locked; WSASYSCALLFAILURE when the system failed
   *   otherwise
   * @returns 0, or SOCKET_ERROR
   */
  WSCInstallProvider(
    lpProviderId: string,
    lpszProviderDllPath: string,
    lpProtocolInfoList: WSAPROTOCOL_INFOW[],
    dwNumberOfEntries: number,
    lpErrno: Ref<number>,
  ): number;
  /**
   * Removes all entries of a provider (ws2spi.h: WSCDeinstallProvider), its categories, and the chains that
   * `WSCInstallProviderAndChains` made with it. Chains of others that name them are left, and cannot be used from then
   * on.
   *
   * @param lpErrno receives the error: WSAEFAULT for bad pointers, WSAEINVAL for a malformed or unknown GUID, otherwise
   *   as
   *   `WSCInstallProvider`
   * @returns 0, or SOCKET_ERROR
   */
  WSCDeinstallProvider(lpProviderId: string, lpErrno: Ref<number>): number;
  /**
   * Replaces the path of an installed provider, and those of its entries that are listed (ws2spi.h: WSCUpdateProvider).
   * Identifiers and places in the order stay.
   *
   * @param lpProtocolInfoList the entries, each with the `dwCatalogEntryId` that it has in the catalog
   * @param dwNumberOfEntries how many of them, 1 or more
   * @param lpErrno receives the error: WSAEINVAL also for an unknown GUID, for an identifier that is not the
   *   provider's, and for one listed twice; otherwise as `WSCInstallProvider`
   * @returns 0, or SOCKET_ERROR
   */
  WSCUpdateProvider(
    lpProviderId: string,
    lpszProviderDllPath: string,
    lpProtocolInfoList: readonly WSAPROTOCOL_INFOW[],
    dwNumberOfEntries: number,
    lpErrno: Ref<number>,
  ): number;
  /**
   * Sets the catalog's order, which enumerations show and by which `socket` chooses (sporder.h: WSCWriteProviderOrder).
   *
   * @param lpwdCatalogEntryId every identifier that `WSCEnumProtocols` shows, once; transient ones may be left out
   * @param dwNumberOfEntries how many
   * @returns 0; WSAEFAULT for bad pointers, WSAEINVAL when an identifier is unknown, missing or listed twice (nothing
   *   is changed then), WSANO_RECOVERY, WSATRY_AGAIN or WSASYSCALLFAILURE as `WSCInstallProvider`
   */
  WSCWriteProviderOrder(lpwdCatalogEntryId: readonly number[], dwNumberOfEntries: number): number;
  /**
   * Finds a provider's path (ws2spi.h: WSCGetProviderPath).
   *
   * @param lpszProviderDllPath receives the path
   * @param lpProviderDllPathLen in: the buffer's size in characters; out: the path's length without its NUL, or, when
   *   the buffer is too small, the size needed with it
   * @param lpErrno receives the error: WSAEFAULT for bad pointers and a small buffer, WSAEINVAL for a malformed or
   *   unknown GUID and a negative length, WSANO_RECOVERY when the catalog is damaged
   * @returns 0, or SOCKET_ERROR
   */
  WSCGetProviderPath(
    lpProviderId: string,
    lpszProviderDllPath: { value: string } | null,
    lpProviderDllPathLen: Ref<number>,
    lpErrno: Ref<number>,
  ): number;
}

/**
 * Makes the functions that configure the protocol catalog.
 *
 * @param context the catalog they work on, and whom they tell of changes and damage
 */
export function createTransportCatalogFunctions(context: CatalogContext): TransportCatalogFunctions {
  const transient = (): readonly CatalogProtocol[] => context.transient?.() ?? [];

  return {
    WSCEnumProtocols: (lpiProtocols, lpProtocolBuffer, lpdwBufferLength, lpErrno) =>
      runWithErrno(context, null, lpErrno, () => {
        const all = () => [...addressable(context.store.read()), ...transient()].map((item) => item.entry);
        return listProtocols(all, lpiProtocols, lpProtocolBuffer, lpdwBufferLength, WSAPROTOCOL_INFOW.size);
      }),

    WSCInstallProvider: (lpProviderId, lpszProviderDllPath, lpProtocolInfoList, dwNumberOfEntries, lpErrno) =>
      runWithErrno(context, 'WSCInstallProvider', lpErrno, () => {
        const given = providerArguments(lpProviderId, lpszProviderDllPath, lpProtocolInfoList, dwNumberOfEntries);
        change(context, WSANO_RECOVERY, (draft) => {
          if ([...draft.protocols, ...transient()].some((item) => item.entry.ProviderId === given.id)) {
            throw failure(context, WSANO_RECOVERY, `provider ${given.id} is installed already`);
          }
          let next = nextEntryId(draft);
          const items = given.entries.map((entry) => {
            entry.dwCatalogEntryId = next++;
            return { path: given.path, entry };
          });
          draft.nextCatalogEntryId = next;
          draft.protocols.push(...items);
          refuseFaults(context, draft, items);
        });
        given.entries.forEach((entry, i) => {
          const theirs = lpProtocolInfoList[i];
          if (theirs !== undefined) theirs.dwCatalogEntryId = entry.dwCatalogEntryId;
        });
        return 0;
      }),

    WSCDeinstallProvider: (lpProviderId, lpErrno) =>
      runWithErrno(context, 'WSCDeinstallProvider', lpErrno, () => {
        const id = needGuid(lpProviderId);
        change(context, WSANO_RECOVERY, (draft) => {
          if (!draft.protocols.some((item) => item.entry.ProviderId === id)) {
            throw new Failure(WSAEINVAL, `no provider ${id} is installed`);
          }
          draft.protocols = draft.protocols.filter((item) => item.entry.ProviderId !== id && item.layer !== id);
          setProviderCategories(draft, id, null);
        });
        return 0;
      }),

    WSCUpdateProvider: (lpProviderId, lpszProviderDllPath, lpProtocolInfoList, dwNumberOfEntries, lpErrno) =>
      runWithErrno(context, 'WSCUpdateProvider', lpErrno, () => {
        const given = providerArguments(lpProviderId, lpszProviderDllPath, lpProtocolInfoList, dwNumberOfEntries);
        const byId = new Map(given.entries.map((entry) => [entry.dwCatalogEntryId, entry]));
        if (byId.size < given.entries.length) throw new Failure(WSAEINVAL, 'an identifier is listed twice');
        change(context, WSANO_RECOVERY, (draft) => {
          const theirs = addressable(draft).filter((item) => item.entry.ProviderId === given.id);
          const known = new Set(theirs.map((item) => item.entry.dwCatalogEntryId));
          if (theirs.length === 0) throw new Failure(WSAEINVAL, `no provider ${given.id} is installed`);
          const other = [...byId.keys()].find((id) => !known.has(id));
          if (other !== undefined) throw new Failure(WSAEINVAL, `entry ${other} is none of provider ${given.id}`);
          const replaced: CatalogProtocol[] = [];
          for (const item of theirs) {
            const entry = byId.get(item.entry.dwCatalogEntryId);
            if (item.damaged === undefined) item.path = given.path;
            if (entry === undefined) continue;
            item.path = given.path;
            item.entry = entry;
            delete item.damaged;
            replaced.push(item);
          }
          refuseFaults(context, draft, replaced);
        });
        return 0;
      }),

    WSCWriteProviderOrder: (lpwdCatalogEntryId, dwNumberOfEntries) =>
      run(context, 'WSCWriteProviderOrder', () => {
        const ids = needArray(lpwdCatalogEntryId, dwNumberOfEntries);
        if (ids.some((id) => typeof id !== 'number')) throw new Failure(WSAEFAULT, 'an identifier is not a number');
        const saved = ids.filter((id) => id < FIRST_TRANSIENT_ENTRY_ID);
        change(context, WSANO_RECOVERY, (draft) => {
          const items = new Map(addressable(draft).map((item) => [item.entry.dwCatalogEntryId, item]));
          const ordered = [...new Set(saved)].flatMap((id) => items.get(id) ?? []);
          if (ordered.length !== saved.length || ordered.length !== items.size) throw new Failure(WSAEINVAL, ORDER);
          const named = new Set(ordered);
          draft.protocols = [...ordered, ...draft.protocols.filter((item) => !named.has(item))];
        });
      }).code,

    WSCGetProviderPath: (lpProviderId, lpszProviderDllPath, lpProviderDllPathLen, lpErrno) =>
      runWithErrno(context, null, lpErrno, () => {
        needString(lpProviderId);
        const output = needRef(lpszProviderDllPath);
        const length = needDwordRef(lpProviderDllPathLen);
        const id = needGuid(lpProviderId);
        if ((length.value | 0) < 0) throw new Failure(WSAEINVAL);
        const found = [...context.store.read().protocols, ...transient()].find(
          (item) => item.entry.ProviderId === id && item.path !== '',
        );
        if (found === undefined) throw new Failure(WSAEINVAL);
        const room = length.value;
        length.value = found.path.length + 1;
        if (room < length.value) throw new Failure(WSAEFAULT);
        output.value = found.path;
        length.value = found.path.length;
        return 0;
      }),
  };
}

function listProtocols(
  entries: () => readonly WSAPROTOCOL_INFOW[],
  lpiProtocols: readonly number[] | null,
  lpProtocolBuffer: WSAPROTOCOL_INFOW[] | null,
  lpdwBufferLength: Ref<number>,
  entrySize: number,
): number {
  const length = needDwordRef(lpdwBufferLength);
  const buffer = needRoom(lpProtocolBuffer);
  const wanted = protocolFilter(lpiProtocols);
  const found = entries().filter((entry) => wanted === null || wanted.has(entry.iProtocol));
  return fill(found, buffer, length, () => entrySize, WSAENOBUFS);
}

/**
 * Fills an output array as C fills a buffer of structures.
 *
 * @param found what there is; the array gets copies
 * @param buffer emptied and filled; `null` for NULL
 * @param length in: bytes; out, when too small: bytes needed
 * @param sizeOf the bytes that an element takes, with what it points to
 * @param tooSmall the error when it does not fit
 * @returns the number of elements
 */
export function fill<T>(
  found: readonly T[],
  buffer: T[] | null,
  length: Ref<number>,
  sizeOf: (item: T) => number,
  tooSmall: number,
): number {
  const needed = found.reduce((sum, item) => sum + sizeOf(item), 0);
  if (length.value >>> 0 < needed) {
    length.value = needed;
    throw new Failure(tooSmall);
  }
  if (buffer === null) throw new Failure(WSAEFAULT);
  buffer.length = 0;
  for (const item of found) buffer.push(structuredClone(item));
  return found.length;
}

// What an order has to be.
const ORDER = 'the order must name each identifier that WSCEnumProtocols shows, once';

// Entries that an identifier names: the first of each.
function addressable(data: CatalogData): CatalogProtocol[] {
  const seen = new Set([0]);
  return data.protocols.filter(({ entry: { dwCatalogEntryId: id } }) => !seen.has(id) && seen.add(id));
}

function protocolFilter(lpiProtocols: readonly number[] | null | undefined): Set<number> | null {
  if (lpiProtocols === null || lpiProtocols === undefined) return null;
  if (!Array.isArray(lpiProtocols)) throw new Failure(WSAEFAULT);
  const wanted = new Set<number>();
  for (const protocol of lpiProtocols as readonly unknown[]) {
    if (typeof protocol !== 'number') throw new Failure(WSAEFAULT);
    if (protocol === 0) break;
    wanted.add(protocol);
  }
  return wanted;
}

interface ProviderArguments {
  readonly id: string;
  readonly path: string;
  readonly entries: WSAPROTOCOL_INFOW[];
}

// Bad pointers first, then what they point to.
function providerArguments(id: unknown, path: unknown, list: unknown, count: unknown): ProviderArguments {
  needString(id, 'lpProviderId');
  needString(path, 'lpszProviderDllPath');
  const entries = needArray(list as unknown[], count).map((value) => {
    const entry = copyProtocolInfo(value);
    if (entry === null) throw new Failure(WSAEFAULT, 'an entry has members of other types than WSAPROTOCOL_INFO');
    return entry;
  });
  const given = { id: needGuid(id), path: needPath(path), entries };
  if (entries.length === 0) throw new Failure(WSAEINVAL, 'there are no entries');
  for (const entry of entries) entry.ProviderId = given.id;
  return given;
}

// Entries that could not be used are not stored.
function refuseFaults(context: CatalogContext, draft: CatalogData, items: readonly CatalogProtocol[]): void {
  const chains = protocolFaults(draft.protocols);
  for (const item of items) {
    const faults = protocolInfoFaults(item.entry);
    const fault = faults.length > 0 ? faults.join('; ') : chains.get(item);
    if (fault !== undefined) throw failure(context, WSAEINVAL, `entry "${item.entry.szProtocol}": ${fault}`);
    tidyChain(item.entry);
  }
}

// What C leaves behind the chain's end is not kept.
function tidyChain(entry: WSAPROTOCOL_INFOW): void {
  const { ChainLen, ChainEntries } = entry.ProtocolChain;
  ChainEntries.length = ChainLen > 1 ? ChainLen : 0;
}

function failure(context: CatalogContext, code: number, what: string): Failure {
  const file = context.store.path;
  return new Failure(code, { message: `${catalogName(file)} was not changed: ${what}.`, code, file });
}
