// The functions that configure the name-space catalog.
import { areBytes, isNull, isStructure } from '../spi/arguments.js';
import {
  copyOfBytes,
  type BLOB,
  type GUID,
  NS_ALL,
  SOCKET_ERROR,
  WSAEACCES,
  WSAEFAULT,
  WSAEINVAL,
  WSANO_RECOVERY,
  WSAPROTOCOL_LEN,
  WSANAMESPACE_INFOEXW,
  WSANAMESPACE_INFOW,
  type Ref,
} from '../spi/index.js';
import {
  change,
  Failure,
  needArray,
  needDword,
  needDwordRef,
  needRoom,
  needGuid,
  needPath,
  needString,
  run,
  type CatalogContext,
} from './arguments.js';
import { catalogName } from './problem.js';
import type { CatalogData, CatalogNameSpace } from './schema.js';
import { fill } from './wsc-transport.js';

/** What the name-space functions need of the instance whose methods they are. */
export interface NameSpaceCatalogContext extends CatalogContext {
  /** Sets the calling thread's last error. */
  setLastError(error: number): void;
}

/** The functions that configure the name-space catalog, as methods of an instance have them (ws2spi.h, sporder.h). */
export interface NameSpaceCatalogFunctions {
  /**
   * Installs a name-space provider behind all others (ws2spi.h: WSCInstallNameSpace).
   *
   * @param lpszIdentifier the name it is shown with, up to 255 characters
   * @param lpszPathName where the provider is: 1 to 260 characters
   * @param dwNameSpace the name space it serves, an `NS_*` number but not NS_ALL
   * @param dwVersion the provider's version
   * @param lpProviderId a GUID that no name-space provider in the catalog has
   * @returns 0, or SOCKET_ERROR with the last error WSAEFAULT (bad pointers), WSAEINVAL (malformed GUID, path,
   *   identifier or name space), WSANO_RECOVERY (installed already, or the catalog is damaged), WSAEACCES (it may not
   *   be written), WSATRY_AGAIN (another process kept it locked) or WSASYSCALLFAILURE
   */
  WSCInstallNameSpace(
    lpszIdentifier: string,
    lpszPathName: string,
    dwNameSpace: number,
    dwVersion: number,
    lpProviderId: string,
  ): number;
  /**
   * As `WSCInstallNameSpace`, with data for the provider that `WSAEnumNameSpaceProvidersEx` gives out (ws2spi.h:
   * WSCInstallNameSpaceEx).
   *
   * @param lpProviderSpecific the data, up to 65,535 bytes; or `null`
   * @returns as `WSCInstallNameSpace`
   */
  WSCInstallNameSpaceEx(
    lpszIdentifier: string,
    lpszPathName: string,
    dwNameSpace: number,
    dwVersion: number,
    lpProviderId: string,
    lpProviderSpecific: BLOB | null,
  ): number;
  /**
   * Removes a name-space provider (ws2spi.h: WSCUnInstallNameSpace).
   *
   * @returns 0, or SOCKET_ERROR with the last error WSAEFAULT (bad pointer), WSAEINVAL (malformed or unknown GUID), or
   *   as
   *   `WSCInstallNameSpace`
   */
  WSCUnInstallNameSpace(lpProviderId: string): number;
  /**
   * Enables or disables a name-space provider; queries skip a disabled one (ws2spi.h: WSCEnableNSProvider).
   *
   * @returns 0, or SOCKET_ERROR with the last error as `WSCUnInstallNameSpace`
   */
  WSCEnableNSProvider(lpProviderId: string, fEnable: boolean): number;
  /**
   * Sets the order in which name-space providers are asked (sporder.h: WSCWriteNameSpaceOrder).
   *
   * @param lpProviderId the GUID of every name-space provider, once
   * @param dwNumberOfEntries how many
   * @returns 0; WSAEFAULT for bad pointers, WSAEINVAL when one is unknown, missing, malformed or listed twice,
   *   otherwise as
   *   `WSCInstallNameSpace`
   */
  WSCWriteNameSpaceOrder(lpProviderId: readonly string[], dwNumberOfEntries: number): number;
}

/**
 * Makes the functions that configure the name-space catalog.
 *
 * @param context the catalog they work on, whom they tell of changes and damage, and where errors go
 */
export function createNameSpaceCatalogFunctions(context: NameSpaceCatalogContext): NameSpaceCatalogFunctions {
  const runWithLastError = (changing: string, inside: () => void): number => {
    const { code } = run(context, changing, inside);
    if (code === 0) return 0;
    context.setLastError(code);
    return SOCKET_ERROR;
  };

  function install(
    name: string,
    lpszIdentifier: string,
    lpszPathName: string,
    dwNameSpace: number,
    dwVersion: number,
    lpProviderId: string,
    specific: unknown,
  ): number {
    return runWithLastError(name, () => {
      needString(lpszIdentifier, 'lpszIdentifier');
      needString(lpszPathName, 'lpszPathName');
      needString(lpProviderId, 'lpProviderId');
      const providerSpecific = readSpecific(specific);
      const info: WSANAMESPACE_INFOW = {
        NSProviderId: needGuid(lpProviderId),
        dwNameSpace: needDword(dwNameSpace, 'dwNameSpace'),
        fActive: true,
        dwVersion: needDword(dwVersion, 'dwVersion'),
        lpszIdentifier,
      };
      const path = needPath(lpszPathName);
      const unfit = lpszIdentifier.length > WSAPROTOCOL_LEN || lpszIdentifier.includes('\0');
      if (unfit) {
        throw new Failure(WSAEINVAL, `the identifier must have at most ${WSAPROTOCOL_LEN} characters and no NUL`);
      }
      if (info.dwNameSpace === NS_ALL) throw new Failure(WSAEINVAL, 'a provider cannot serve NS_ALL, all name spaces');
      change(context, WSAEACCES, (draft) => {
        if (draft.nameSpaces.some((item) => item.info.NSProviderId === info.NSProviderId)) {
          const file = context.store.path;
          const message = `${catalogName(file)} was not changed: name-space provider ${info.NSProviderId} is installed already.`;
          throw new Failure(WSANO_RECOVERY, { message, code: WSANO_RECOVERY, file });
        }
        draft.nameSpaces.push({ path, info, ...(providerSpecific === null ? {} : { providerSpecific }) });
      });
    });
  }

  return {
    WSCInstallNameSpace: (lpszIdentifier, lpszPathName, dwNameSpace, dwVersion, lpProviderId) =>
      install('WSCInstallNameSpace', lpszIdentifier, lpszPathName, dwNameSpace, dwVersion, lpProviderId, null),

    WSCInstallNameSpaceEx: (lpszIdentifier, lpszPathName, dwNameSpace, dwVersion, lpProviderId, lpProviderSpecific) =>
      install(
        'WSCInstallNameSpaceEx',
        lpszIdentifier,
        lpszPathName,
        dwNameSpace,
        dwVersion,
        lpProviderId,
        lpProviderSpecific,
      ),

    WSCUnInstallNameSpace: (lpProviderId) =>
      runWithLastError('WSCUnInstallNameSpace', () => {
        const id = needGuid(lpProviderId);
        change(context, WSAEACCES, (draft) => {
          known(draft, id);
          draft.nameSpaces = draft.nameSpaces.filter((item) => item.info.NSProviderId !== id);
        });
      }),

    WSCEnableNSProvider: (lpProviderId, fEnable) =>
      runWithLastError('WSCEnableNSProvider', () => {
        const id = needGuid(lpProviderId);
        change(context, WSAEACCES, (draft) => {
          known(draft, id).info.fActive = Boolean(fEnable);
        });
      }),

    WSCWriteNameSpaceOrder: (lpProviderId, dwNumberOfEntries) =>
      run(context, 'WSCWriteNameSpaceOrder', () => {
        const ids = needArray(lpProviderId, dwNumberOfEntries);
        const wanted = ids.map((id) => needGuid(id));
        change(context, WSAEACCES, (draft) => {
          const items = new Map<GUID, CatalogNameSpace>();
          for (const item of draft.nameSpaces) {
            if (!items.has(item.info.NSProviderId)) items.set(item.info.NSProviderId, item);
          }
          const ordered = [...new Set(wanted)].flatMap((id) => items.get(id) ?? []);
          if (ordered.length !== wanted.length || ordered.length !== items.size) {
            throw new Failure(WSAEINVAL, 'the order must name each name-space provider, once');
          }
          const named = new Set(ordered);
          draft.nameSpaces = [...ordered, ...draft.nameSpaces.filter((item) => !named.has(item))];
        });
      }).code,
  };
}

/** The most bytes that a provider's own data may have. */
const MOST_SPECIFIC = 0xffff;

// The provider's own data as the catalog's file keeps it; `null` for none.
function readSpecific(value: unknown): string | null {
  if (isNull(value)) return null;
  const { cbSize, pBlobData } = (isStructure(value) ? value : {}) as Partial<BLOB>;
  if (cbSize === 0) return null;
  if (!areBytes(pBlobData, cbSize)) throw new Failure(WSAEFAULT, 'lpProviderSpecific is not a BLOB');
  if (cbSize! > MOST_SPECIFIC) {
    throw new Failure(WSAEINVAL, `lpProviderSpecific has ${cbSize} bytes, more than ${MOST_SPECIFIC}`);
  }
  return Buffer.from(copyOfBytes(pBlobData, cbSize!)).toString('base64');
}

function known(draft: CatalogData, id: GUID): CatalogNameSpace {
  const item = draft.nameSpaces.find(({ info }) => info.NSProviderId === id);
  if (item === undefined) throw new Failure(WSAEINVAL, `no name-space provider ${id} is installed`);
  return item;
}

/** How an identifier is counted: in UTF-16 for `W`, in bytes for `A`. */
export type CharacterWidth = 'A' | 'W';

/**
 * Enumerates name-space providers, disabled ones too (specification: WSAEnumNameSpaceProviders).
 *
 * @param nameSpaces the entries, in catalog order
 * @param lpdwBufferLength in: the buffer's size in bytes; out, when too small: the size needed
 * @param lpnspBuffer emptied and filled; `null` for NULL
 * @param width how identifiers are counted
 * @param setLastError receives WSAEFAULT for bad pointers and a small buffer
 * @returns the number of providers, or SOCKET_ERROR
 */
export function enumerateNameSpaces(
  nameSpaces: readonly CatalogNameSpace[],
  lpdwBufferLength: Ref<number>,
  lpnspBuffer: WSANAMESPACE_INFOW[] | null,
  width: CharacterWidth,
  setLastError: (error: number) => void,
): number {
  const found = nameSpaces.map((item) => item.info);
  const sizeOf = (info: WSANAMESPACE_INFOW): number => WSANAMESPACE_INFOW.size + sizeOfText(info, width);
  return enumerate(found, lpdwBufferLength, lpnspBuffer, sizeOf, setLastError);
}

/**
 * Enumerates name-space providers with their own data (winsock2.h: WSAEnumNameSpaceProvidersEx); see
 * `enumerateNameSpaces`.
 */
export function enumerateNameSpacesEx(
  nameSpaces: readonly CatalogNameSpace[],
  lpdwBufferLength: Ref<number>,
  lpnspBuffer: WSANAMESPACE_INFOEXW[] | null,
  width: CharacterWidth,
  setLastError: (error: number) => void,
): number {
  const found = nameSpaces.map(({ info, providerSpecific = '' }): WSANAMESPACE_INFOEXW => {
    const pBlobData = Uint8Array.from(Buffer.from(providerSpecific, 'base64'));
    return { ...info, ProviderSpecific: { cbSize: pBlobData.length, pBlobData } };
  });
  const sizeOf = (info: WSANAMESPACE_INFOEXW): number =>
    WSANAMESPACE_INFOEXW.size + sizeOfText(info, width) + info.ProviderSpecific.cbSize;
  return enumerate(found, lpdwBufferLength, lpnspBuffer, sizeOf, setLastError);
}

function enumerate<T>(
  found: readonly T[],
  lpdwBufferLength: unknown,
  lpnspBuffer: unknown,
  sizeOf: (item: T) => number,
  setLastError: (error: number) => void,
): number {
  try {
    const length = needDwordRef(lpdwBufferLength as Ref<number>);
    const buffer = needRoom(lpnspBuffer as T[] | null);
    return fill(found, buffer, length, sizeOf, WSAEFAULT);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    setLastError(error.code);
    return SOCKET_ERROR;
  }
}

function sizeOfText(info: WSANAMESPACE_INFOW, width: CharacterWidth): number {
  const text = info.lpszIdentifier ?? '';
  return width === 'W' ? 2 * (text.length + 1) : Buffer.byteLength(text) + 1;
}
