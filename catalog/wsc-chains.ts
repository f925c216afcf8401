// The functions that install a layer with all its chains in one call.
import { isNull } from '../spi/arguments.js';
import {
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINVAL,
  WSANO_RECOVERY,
  WSAPROTOCOL_LEN,
  WSATRY_AGAIN,
  XP1_IFS_HANDLES,
  type GUID,
  type Ref,
  type WSAPROTOCOL_INFOW,
} from '../spi/index.js';
import {
  change,
  Failure,
  needArray,
  needDword,
  needGuid,
  needPath,
  needRef,
  needString,
  runWithErrno,
  type CatalogContext,
} from './arguments.js';
import { firstOfEach, installLayer, openableEntries, tripleOf } from './layers.js';
import { type CatalogData, type CatalogProtocol } from './schema.js';

/** The functions that install a layer with its chains, as methods of an instance have them (ws2spi.h, since Windows Vista). */
export interface ChainCatalogFunctions {
  /**
   * Installs a layer: its own hidden entry, and a chain over each protocol, before all others (ws2spi.h:
   * WSCInstallProviderAndChains). `WSCDeinstallProvider` takes them all back.
   *
   * A module that can be found is started on trial, over what it is to lie over; one that cannot be found yet, or that only
   * another program has in its container, is installed all the same, as `WSCInstallProvider` does.
   *
   * @param lpProviderId a GUID that no provider in the catalog has; the chains get GUIDs of their own
   * @param lpszProviderDllPath where the provider is: 1 to 260 characters
   * @param lpszLspName the layer's name: 1 to 255 characters; the chains are called "name over [protocol]"
   * @param dwServiceFlags XP1_IFS_HANDLES when its sockets are the lower provider's own handles, else 0
   * @param lpProtocolInfoList what to lie over, by address family, socket type and protocol, the other members do not
   *   matter: the first entry of the catalog that has them; what fits nothing is left out. `null` is the first base
   *   protocol of each address family, socket type and protocol, and so nothing of other layers
   * @param dwNumberOfEntries how many
   * @param lpdwCatalogEntryId receives the identifier of the layer's own entry
   * @param lpErrno receives the error: WSAEFAULT for bad pointers; WSAEINVAL for a GUID that is `null`, malformed or
   *   taken, a path or name that cannot be one, a name that is taken, no entries, or none that fits; WSANO_RECOVERY when
   *   there is no base protocol, a chain would be longer than 7, or the catalog is damaged or may not be written;
   *   WSAEINVALIDPROCTABLE when the module is no provider, its procedure table lacks a function, or its sockets have
   *   handles of their own and lack AcceptEx, ConnectEx, DisconnectEx, TransmitFile, TransmitPackets or WSARecvMsg;
   *   WSAEINPROGRESS when another process changes the catalog; WSASYSCALLFAILURE when it failed to start, or the system
   *   failed
   * @returns 0, or SOCKET_ERROR
   */
  WSCInstallProviderAndChains(
    lpProviderId: string,
    lpszProviderDllPath: string,
    lpszLspName: string,
    dwServiceFlags: number,
    lpProtocolInfoList: readonly WSAPROTOCOL_INFOW[] | null,
    dwNumberOfEntries: number,
    lpdwCatalogEntryId: Ref<number>,
    lpErrno: Ref<number>,
  ): number;
  /**
   * As `WSCInstallProviderAndChains`: there is one catalog, as a module has no width (ws2spi.h:
   * WSCInstallProviderAndChains64_32).
   *
   * @param lpszProviderDllPath32 looked at as `lpszProviderDllPath`, and not used
   */
  WSCInstallProviderAndChains64_32(
    lpProviderId: string,
    lpszProviderDllPath: string,
    lpszProviderDllPath32: string,
    lpszLspName: string,
    dwServiceFlags: number,
    lpProtocolInfoList: readonly WSAPROTOCOL_INFOW[] | null,
    dwNumberOfEntries: number,
    lpdwCatalogEntryId: Ref<number>,
    lpErrno: Ref<number>,
  ): number;
}

/** Why a layer cannot be used, as far as a trial shows; the reason as a sentence part. */
export interface TrialFailure {
  readonly code: number;
  readonly why: string;
}

/**
 * Tries a layer: starts it over what its chains lie over, in a catalog that is not saved.
 *
 * @param data a catalog in which it is installed
 * @param chains the identifiers of its chains
 * @param file the catalog's file, from which packages are looked for; `null` for a catalog in memory
 * @returns `null` when it can be used, or cannot be found, so that nothing can be said
 */
export type LayerTrial = (
  data: CatalogData,
  chains: readonly CatalogProtocol[],
  file: string | null,
) => TrialFailure | null;

/**
 * Makes the functions that install a layer with its chains.
 *
 * @param context the catalog they work on, and whom they tell of changes and damage
 * @param trial tries a layer before it is installed; none is tried if absent
 */
export function createChainCatalogFunctions(context: CatalogContext, trial?: LayerTrial): ChainCatalogFunctions {
  const install = (caller: string, lpErrno: Ref<number>, given: () => Given): number =>
    runWithErrno(context, caller, lpErrno, () => {
      const { id, path, name, ifs, wanted, output } = given();
      let entryId = 0;
      const apply = (draft: CatalogData): CatalogProtocol[] => {
        const over = findTargets(draft, wanted);
        const { layer, chains } = installLayer(draft, { path, name, providerId: id, ifs, over });
        entryId = layer.entry.dwCatalogEntryId;
        return [...chains];
      };
      // Tried before the catalog is locked: who knows how long that takes.
      if (trial !== undefined) {
        const draft = context.store.read();
        const failure = trial(draft, apply(draft), context.store.path);
        if (failure !== null) throw new Failure(failure.code, `${path} cannot be used: ${failure.why}`);
      }
      try {
        change(context, WSANO_RECOVERY, apply);
      } catch (error) {
        // The documentation knows this by another code here.
        if (error instanceof Failure && error.code === WSATRY_AGAIN) throw new Failure(WSAEINPROGRESS, error.why);
        throw error;
      }
      output.value = entryId;
      return 0;
    });

  return {
    WSCInstallProviderAndChains: (
      lpProviderId,
      lpszProviderDllPath,
      lpszLspName,
      dwServiceFlags,
      lpProtocolInfoList,
      dwNumberOfEntries,
      lpdwCatalogEntryId,
      lpErrno,
    ) =>
      install('WSCInstallProviderAndChains', lpErrno, () =>
        givenOf(
          lpProviderId,
          [lpszProviderDllPath],
          lpszLspName,
          dwServiceFlags,
          lpProtocolInfoList,
          dwNumberOfEntries,
          lpdwCatalogEntryId,
        ),
      ),
    WSCInstallProviderAndChains64_32: (
      lpProviderId,
      lpszProviderDllPath,
      lpszProviderDllPath32,
      lpszLspName,
      dwServiceFlags,
      lpProtocolInfoList,
      dwNumberOfEntries,
      lpdwCatalogEntryId,
      lpErrno,
    ) =>
      install('WSCInstallProviderAndChains64_32', lpErrno, () =>
        givenOf(
          lpProviderId,
          [lpszProviderDllPath, lpszProviderDllPath32],
          lpszLspName,
          dwServiceFlags,
          lpProtocolInfoList,
          dwNumberOfEntries,
          lpdwCatalogEntryId,
        ),
      ),
  };
}

interface Given {
  readonly id: GUID;
  readonly path: string;
  readonly name: string;
  readonly ifs: boolean;
  readonly wanted: readonly string[] | null;
  readonly output: Ref<number>;
}

// Bad pointers first, then what they point to.
function givenOf(
  id: unknown,
  paths: readonly unknown[],
  name: unknown,
  flags: unknown,
  list: readonly WSAPROTOCOL_INFOW[] | null,
  count: unknown,
  lpdwCatalogEntryId: Ref<number>,
): Given {
  if (isNull(id)) throw new Failure(WSAEINVAL, 'lpProviderId is null');
  needString(id, 'lpProviderId');
  for (const path of paths) needString(path, 'the path');
  needString(name, 'lpszLspName');
  const output = needRef(lpdwCatalogEntryId);
  const serviceFlags = needDword(flags, 'dwServiceFlags');
  const wanted = isNull(list) ? null : needArray(list, count).map(needTriple);
  const providerId = needGuid(id);
  const path = paths.map(needPath)[0]!;
  const title = name as string;
  if (title === '' || title.length > WSAPROTOCOL_LEN || title.includes('\0')) {
    throw new Failure(WSAEINVAL, `the name must have 1 to ${WSAPROTOCOL_LEN} characters and no NUL`);
  }
  if (wanted?.length === 0) throw new Failure(WSAEINVAL, 'there are no entries');
  return { id: providerId, path, name: title, ifs: (serviceFlags & XP1_IFS_HANDLES) !== 0, wanted, output };
}

function needTriple(value: unknown): string {
  const { iAddressFamily, iSocketType, iProtocol } = (value ?? {}) as Partial<WSAPROTOCOL_INFOW>;
  if ([iAddressFamily, iSocketType, iProtocol].some((member) => typeof member !== 'number')) {
    throw new Failure(WSAEFAULT, 'an entry has members of other types than WSAPROTOCOL_INFO');
  }
  return tripleOf({ iAddressFamily, iSocketType, iProtocol } as WSAPROTOCOL_INFOW);
}

function findTargets(data: CatalogData, wanted: readonly string[] | null): CatalogProtocol[] {
  const usable = openableEntries(data);
  if (wanted === null) {
    const bases = firstOfEach(usable.filter(({ entry }) => entry.ProtocolChain.ChainLen === 1));
    if (bases.length === 0) throw new Failure(WSANO_RECOVERY, 'the catalog has no base protocol');
    return bases;
  }
  const found = firstOfEach(usable).filter(({ entry }) => wanted.includes(tripleOf(entry)));
  if (found.length === 0) throw new Failure(WSAEINVAL, 'none of the entries fits any of the catalog');
  return found;
}
