import { isNull, isRef } from '../../spi/arguments.js';
import { enumerateNameSpaces, enumerateNameSpacesEx, type CharacterWidth } from '../../catalog/functions.js';
import {
  SOCKET_ERROR,
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  type GUID,
  type HANDLE,
  type InstanceHost,
  type Ref,
  type WSANAMESPACE_INFOEXW,
  type WSANAMESPACE_INFOW,
  type WSAQUERYSETW,
} from '../../spi/index.js';
import type { Dispatcher, NameResolution } from '../dispatcher/index.js';
import type { ProviderLoader } from '../loading/index.js';
import { AddressInfoLookups } from './address-info.js';
import { createAddrinfoExFunctions, type AddrinfoExFunctions } from './addrinfo-ex.js';
import { createAddrinfoFunctions, type AddrinfoFunctions } from './addrinfo.js';
import { createAsyncGetXByYFunctions, type AsyncGetXByYFunctions } from './async-get-x-by-y.js';
import { createConnectByNameFunctions, type ConnectByNameFunctions } from './connect-by-name.js';
import { createGetAddressByNameFunctions, type GetAddressByNameFunctions } from './get-address-by-name.js';
import { GetXByYQueries } from './get-x-by-y-queries.js';
import { createGetXByYFunctions, type GetXByYFunctions } from './get-x-by-y.js';
import { LookupQueries, type ResultWidth } from './lookup-queries.js';
import { copyRestrictions } from './lookup-restrictions.js';
import { NameSpaceProviders } from './name-space-providers.js';
import { createNspIoctlFunctions, type NspIoctlFunctions } from './nsp-ioctl.js';
import { OverlappedCalls } from './overlapped-calls.js';
import { createNameSpaceProviderFunctions, type NameSpaceProviderFunctions } from './provider-functions.js';
import { createRecordLookup } from './record-lookup.js';
import { createRegistrationFunctions, type RegistrationFunctions } from './registration.js';
import { createServiceClassFunctions, ServiceClasses, type ServiceClassFunctions } from './service-classes.js';
import { createSetServiceFunctions, type SetServiceFunctions } from './set-service.js';
import { createServiceTypeFunctions, type ServiceTypeFunctions } from './service-types.js';
import { createSetAddrinfoExFunctions, type SetAddrinfoExFunctions } from './set-addrinfo-ex.js';

/**
 * Name resolution: lookups, the name-space catalog, and the database and connection functions that are made of lookups.
 */
export type NameResolutionFunctions = ReturnType<typeof createLookupFunctions> &
  GetXByYFunctions &
  AsyncGetXByYFunctions &
  AddrinfoFunctions &
  AddrinfoExFunctions &
  SetAddrinfoExFunctions &
  ConnectByNameFunctions &
  RegistrationFunctions &
  ServiceClassFunctions &
  NspIoctlFunctions &
  ServiceTypeFunctions &
  GetAddressByNameFunctions &
  SetServiceFunctions &
  NameSpaceProviderFunctions;

/** The functions of name resolution of an instance, and what others do about it. */
export interface NameFunctions {
  readonly functions: NameResolutionFunctions;
  readonly resolution: NameResolution;
  /** Ends what is asked of a name-space provider, and lets it go: its entry has left the catalog. */
  letGo(providerId: GUID): void;
}

/**
 * Makes the functions of name resolution (specification: WSALookupServiceBegin, WSAEnumNameSpaceProviders,
 * gethostbyname and their like).
 *
 * @param dispatcher its final WSACleanup is to end the lookups and let the name-space providers go
 * @param loader finds the modules of name-space providers
 * @param providerHost what the instance offers to them
 */
export function createNameFunctions(
  dispatcher: Dispatcher,
  loader: ProviderLoader,
  providerHost: InstanceHost,
): NameFunctions {
  const providers = new NameSpaceProviders(dispatcher, loader, providerHost);
  const queries = new LookupQueries(dispatcher, providers);
  const databases = new GetXByYQueries(queries);
  const asynchronous = createAsyncGetXByYFunctions(dispatcher, databases);
  const lookups = new AddressInfoLookups(dispatcher, queries);
  const underWay = new OverlappedCalls(dispatcher.host);
  const classes = new ServiceClasses(dispatcher, providers, databases);
  return {
    functions: {
      ...createLookupFunctions(dispatcher, queries),
      ...createGetXByYFunctions(dispatcher, databases),
      ...asynchronous.functions,
      ...createAddrinfoFunctions(dispatcher, lookups, databases),
      ...createAddrinfoExFunctions(dispatcher, lookups, underWay),
      ...createSetAddrinfoExFunctions(dispatcher, providers, databases, underWay),
      ...createConnectByNameFunctions(dispatcher, databases, lookups),
      ...createRegistrationFunctions(dispatcher, providers),
      ...createServiceClassFunctions(dispatcher, classes),
      ...createNspIoctlFunctions(dispatcher, queries),
      ...createServiceTypeFunctions(dispatcher, queries, classes),
      ...createGetAddressByNameFunctions(dispatcher, queries, classes),
      ...createSetServiceFunctions(dispatcher, providers, queries, classes),
      ...createNameSpaceProviderFunctions(dispatcher, providers),
    },
    resolution: {
      endQueries() {
        asynchronous.cancelAll();
        underWay.dropAll();
        queries.endAll();
        providers.finish();
      },
      cleanup: () => providers.cleanup(),
      completeAsyncCall: (hAsyncCall, code) => providers.calls.complete(hAsyncCall, code),
      lookUp: lookups.lookUp,
      lookUpRecords: createRecordLookup(dispatcher, queries),
    },
    letGo: (providerId) => providers.letGo(providerId),
  };
}

function createLookupFunctions(dispatcher: Dispatcher, queries: LookupQueries) {
  /**
   * Begins a lookup in every name space that it concerns, in catalog order (specification: WSALookupServiceBegin). The
   * query set is copied.
   *
   * @param lpqsRestrictions what is looked for; `lpNSProviderId` names one provider, else `dwNameSpace` (NS_ALL: all)
   *   and
   *   `lpafpProtocols` choose them
   * @param dwControlFlags `LUP_*`
   * @param lphLookup receives the handle for `WSALookupServiceNext` and `WSALookupServiceEnd`
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers), WSAEINVAL (`dwSize` below 60, a
   *   malformed GUID, or a provider that is not in the catalog), WSASERVICE_NOT_FOUND (no enabled provider for it, or
   *   nobody knows the name), WSANO_DATA (the name is known, but not what is asked of it), or what the last provider
   *   said when all refused
   */
  function WSALookupServiceBegin(
    lpqsRestrictions: WSAQUERYSETW,
    dwControlFlags: number,
    lphLookup: Ref<HANDLE>,
  ): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (!isRef(lphLookup) || typeof dwControlFlags !== 'number') return dispatcher.fail(WSAEFAULT);
    const restrictions = copyRestrictions(lpqsRestrictions);
    if (typeof restrictions === 'number') return dispatcher.fail(restrictions);
    return end(queries.begin(restrictions, dwControlFlags >>> 0, lphLookup));
  }

  function next(handle: HANDLE, flags: number, length: Ref<number>, results: unknown, width: ResultWidth): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (!queries.has(handle)) return dispatcher.fail(WSA_INVALID_HANDLE);
    if (!isRef(length) || typeof length.value !== 'number' || typeof flags !== 'number') {
      return dispatcher.fail(WSAEFAULT);
    }
    if (!isNull(results) && !Array.isArray(results)) return dispatcher.fail(WSAEFAULT);
    return end(queries.next(handle, flags >>> 0, length, results ?? null, width));
  }

  /**
   * Fetches the next result of a lookup (specification: WSALookupServiceNext). The unsuffixed form and `W` count text
   * in UTF-16, `A` in bytes.
   *
   * @param hLookup from `WSALookupServiceBegin`
   * @param dwControlFlags LUP_RETURN flags restrict those of the beginning; LUP_FLUSHPREVIOUS drops a result that did
   *   not fit
   * @param lpdwBufferLength in: room in bytes; out, when too small: bytes needed
   * @param lpqsResults emptied and filled with one result; `null` to ask for the length
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSA_INVALID_HANDLE, WSAEFAULT (bad pointers; or too little
   *   room, and the result is kept), WSA_E_NO_MORE (that was all), WSA_E_CANCELLED (the lookup was ended meanwhile),
   *   WSASERVICE_NOT_FOUND, WSANO_DATA
   */
  function WSALookupServiceNextW(
    hLookup: HANDLE,
    dwControlFlags: number,
    lpdwBufferLength: Ref<number>,
    lpqsResults: WSAQUERYSETW[] | null,
  ): number {
    return next(hLookup, dwControlFlags, lpdwBufferLength, lpqsResults, 'W');
  }

  function end(error: number): number {
    if (error !== 0) return dispatcher.fail(error);
    dispatcher.setLastError(0);
    return 0;
  }

  /**
   * Enumerates the name-space providers of the catalog, disabled ones too (specification: WSAEnumNameSpaceProviders).
   * The unsuffixed form and `W` count text in UTF-16, `A` in bytes.
   *
   * @param lpdwBufferLength in: room in bytes; out, when too small: bytes needed
   * @param lpnspBuffer emptied and filled; `null` to ask for the length
   * @returns how many, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers, or too little room)
   */
  function WSAEnumNameSpaceProvidersW(lpdwBufferLength: Ref<number>, lpnspBuffer: WSANAMESPACE_INFOW[] | null): number {
    return enumerate(lpdwBufferLength, lpnspBuffer, 'W');
  }

  function enumerate(length: Ref<number>, buffer: WSANAMESPACE_INFOW[] | null, width: CharacterWidth): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    const nameSpaces = dispatcher.catalog.nameSpaces();
    const count = enumerateNameSpaces(nameSpaces, length, buffer, width, (error) => dispatcher.fail(error));
    if (count !== SOCKET_ERROR) dispatcher.setLastError(0);
    return count;
  }

  /**
   * As `WSAEnumNameSpaceProvidersW`, with the data that `WSCInstallNameSpaceEx` was given (winsock2.h:
   * WSAEnumNameSpaceProvidersEx).
   *
   * @param lpdwBufferLength in: room in bytes; out, when too small: bytes needed
   * @param lpnspBuffer emptied and filled; `null` to ask for the length
   * @returns how many, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers, too little room)
   */
  function WSAEnumNameSpaceProvidersExW(
    lpdwBufferLength: Ref<number>,
    lpnspBuffer: WSANAMESPACE_INFOEXW[] | null,
  ): number {
    return enumerateEx(lpdwBufferLength, lpnspBuffer, 'W');
  }

  function enumerateEx(length: Ref<number>, buffer: WSANAMESPACE_INFOEXW[] | null, width: CharacterWidth): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    const nameSpaces = dispatcher.catalog.nameSpaces();
    const count = enumerateNameSpacesEx(nameSpaces, length, buffer, width, (error) => dispatcher.fail(error));
    if (count !== SOCKET_ERROR) dispatcher.setLastError(0);
    return count;
  }

  return {
    WSALookupServiceBegin,
    /** As `WSALookupServiceBegin`; strings have one form here. */
    WSALookupServiceBeginA: WSALookupServiceBegin,
    /** As `WSALookupServiceBegin`. */
    WSALookupServiceBeginW: WSALookupServiceBegin,
    /** As `WSALookupServiceNextW`. */
    WSALookupServiceNext: WSALookupServiceNextW,
    WSALookupServiceNextW,
    /** As `WSALookupServiceNextW`, but text is counted in bytes. */
    WSALookupServiceNextA: (
      hLookup: HANDLE,
      dwControlFlags: number,
      lpdwBufferLength: Ref<number>,
      lpqsResults: WSAQUERYSETW[] | null,
    ): number => next(hLookup, dwControlFlags, lpdwBufferLength, lpqsResults, 'A'),

    /**
     * Ends a lookup and cancels a `WSALookupServiceNext` that is waiting for a result (specification:
     * WSALookupServiceEnd).
     *
     * @param hLookup from `WSALookupServiceBegin`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSA_INVALID_HANDLE
     */
    WSALookupServiceEnd(hLookup: HANDLE): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      return end(queries.end(hLookup));
    },

    /** As `WSAEnumNameSpaceProvidersW`. */
    WSAEnumNameSpaceProviders: WSAEnumNameSpaceProvidersW,
    WSAEnumNameSpaceProvidersW,
    /** As `WSAEnumNameSpaceProvidersW`, but text is counted in bytes. */
    WSAEnumNameSpaceProvidersA: (lpdwBufferLength: Ref<number>, lpnspBuffer: WSANAMESPACE_INFOW[] | null): number =>
      enumerate(lpdwBufferLength, lpnspBuffer, 'A'),
    /** As `WSAEnumNameSpaceProvidersExW`. */
    WSAEnumNameSpaceProvidersEx: WSAEnumNameSpaceProvidersExW,
    WSAEnumNameSpaceProvidersExW,
    /** As `WSAEnumNameSpaceProvidersExW`, but text is counted in bytes. */
    WSAEnumNameSpaceProvidersExA: (lpdwBufferLength: Ref<number>, lpnspBuffer: WSANAMESPACE_INFOEXW[] | null): number =>
      enumerateEx(lpdwBufferLength, lpnspBuffer, 'A'),
  };
}
