import { isArrayRoom, isNull, isRef } from '../../spi/arguments.js';
import {
  ERROR_ALREADY_REGISTERED,
  ERROR_INSUFFICIENT_BUFFER,
  ERROR_SERVICE_NOT_FOUND,
  GUID,
  LUP_RETURN_ADDR,
  LUP_RETURN_BLOB,
  LUP_RETURN_COMMENT,
  LUP_RETURN_NAME,
  LUP_RETURN_TYPE,
  LUP_RETURN_VERSION,
  NS_SERVICE_INFOA,
  NS_SERVICE_INFOW,
  PROP_ADDRESSES,
  PROP_ALL,
  PROP_COMMENT,
  PROP_SD,
  PROP_VERSION,
  RNRSERVICE_DELETE,
  RNRSERVICE_DEREGISTER,
  RNRSERVICE_REGISTER,
  SERVICE_ADD_TYPE,
  SERVICE_DELETE_TYPE,
  SERVICE_DEREGISTER,
  SERVICE_FLAG_DEFER,
  SERVICE_FLAG_HARD,
  SERVICE_FLUSH,
  SERVICE_REGISTER,
  SET_SERVICE_PARTIAL_SUCCESS,
  SOCKET_ERROR,
  WSA_INVALID_PARAMETER,
  WSAEALREADY,
  WSAEFAULT,
  WSAEOPNOTSUPP,
  WSANO_DATA,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  type Ref,
  type SERVICE_INFO,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { LookupQueries } from './lookup-queries.js';
import { cloneQuerySet, choiceOf, selectNameSpaces } from './lookup-restrictions.js';
import type { NameSpaceProviders } from './name-space-providers.js';
import { carryOutRound, ProviderRound } from './provider-round.js';
import type { ServiceClasses } from './service-classes.js';
import { readService, registrationOf, serviceOf, typeInfoOf } from './service-info.js';

/** A registration that was put off until SERVICE_FLUSH. */
interface Deferred {
  readonly registration: WSAQUERYSETW;
  readonly operation: number;
}

/** WinSock 1.1's registration of services. */
export type SetServiceFunctions = ReturnType<typeof createSetServiceFunctions>;

/** What GetService's properties are to a query. */
const RETURNS: readonly (readonly [property: number, flag: number])[] = [
  [PROP_COMMENT, LUP_RETURN_COMMENT],
  [PROP_VERSION, LUP_RETURN_VERSION],
  [PROP_ADDRESSES, LUP_RETURN_ADDR],
  [PROP_SD, LUP_RETURN_BLOB],
];

/** Makes the functions that register services, and tell of them, as WinSock 1.1 did (specification: SetService). */
export function createSetServiceFunctions(
  dispatcher: Dispatcher,
  providers: NameSpaceProviders,
  queries: LookupQueries,
  classes: ServiceClasses,
) {
  let deferred: Deferred[] = [];
  dispatcher.endings.add(() => {
    deferred = [];
  });

  function getService(
    codec: typeof NS_SERVICE_INFOW,
    dwNameSpace: unknown,
    lpGuid: unknown,
    lpServiceName: unknown,
    dwProperties: unknown,
    lpBuffer: unknown,
    lpdwBufferSize: unknown,
    lpServiceAsyncInfo: unknown,
  ): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (typeof dwNameSpace !== 'number' || typeof dwProperties !== 'number') return dispatcher.fail(WSAEFAULT);
    if (typeof lpGuid !== 'string' || typeof lpServiceName !== 'string') return dispatcher.fail(WSAEFAULT);
    if (!isNull(lpBuffer) && !isArrayRoom(lpBuffer)) return dispatcher.fail(WSAEFAULT);
    if (!isRef(lpdwBufferSize) || typeof lpdwBufferSize.value !== 'number') return dispatcher.fail(WSAEFAULT);
    const id = GUID.parse(lpGuid);
    if (id === null || !isNull(lpServiceAsyncInfo)) return dispatcher.fail(WSA_INVALID_PARAMETER);
    const isWanted = (property: number): boolean => (dwProperties & (property | PROP_ALL)) !== 0;
    const flags = RETURNS.reduce((sum, [property, flag]) => sum | (isWanted(property) ? flag : 0), 0);
    const results = queries.fetchAll(
      { dwSize: WSAQUERYSETW.size, lpszServiceInstanceName: lpServiceName, lpServiceClassId: id, dwNameSpace },
      (flags | LUP_RETURN_NAME | LUP_RETURN_TYPE) >>> 0,
      () => false,
    );
    if (typeof results === 'number') {
      if (results !== WSASERVICE_NOT_FOUND && results !== WSANO_DATA) return dispatcher.fail(results);
      dispatcher.setLastError(ERROR_SERVICE_NOT_FOUND);
      return 0;
    }
    const found = results.map(serviceOf);
    const needed = found.reduce((sum, each) => sum + codec.encode(each).length, 0);
    const room = lpdwBufferSize.value >>> 0;
    lpdwBufferSize.value = needed;
    if (isNull(lpBuffer) || room < needed) return dispatcher.fail(ERROR_INSUFFICIENT_BUFFER);
    lpBuffer.splice(0, lpBuffer.length, ...found);
    dispatcher.setLastError(0);
    return found.length;
  }

  /**
   * Tells of a service as WinSock 1.1 did; `WSALookupServiceBegin` has replaced it (specification: GetService). The
   * unsuffixed form and `W` count text in UTF-16, `A` in bytes.
   *
   * @param dwNameSpace which name space, or NS_DEFAULT
   * @param lpGuid the GUID of its type
   * @param lpServiceName its name
   * @param dwProperties what is wanted, PROP_*; name and type are there in any case. Locale, display hint, time and machine
   *   are not kept by name spaces of WinSock 2: they are `null` or 0
   * @param lpBuffer emptied and filled, with an element for each name space that knows it; `null` to ask for the length
   * @param lpdwBufferSize in: room in bytes; out: bytes needed
   * @param lpServiceAsyncInfo `null`
   * @returns how many; 0 with ERROR_SERVICE_NOT_FOUND; or SOCKET_ERROR with WSANOTINITIALISED, ERROR_INSUFFICIENT_BUFFER,
   *   WSAEFAULT (bad pointers), WSA_INVALID_PARAMETER (a malformed GUID, or `lpServiceAsyncInfo`), or another of
   *   `WSALookupServiceNext`
   */
  function GetServiceW(
    dwNameSpace: number,
    lpGuid: GUID,
    lpServiceName: string,
    dwProperties: number,
    lpBuffer: NS_SERVICE_INFOW[] | null,
    lpdwBufferSize: Ref<number>,
    lpServiceAsyncInfo: null,
  ): number {
    return getService(
      NS_SERVICE_INFOW,
      dwNameSpace,
      lpGuid,
      lpServiceName,
      dwProperties,
      lpBuffer,
      lpdwBufferSize,
      lpServiceAsyncInfo,
    );
  }

  // 0 or the error; and how many name spaces did not do it.
  function carryOut({ registration, operation }: Deferred): { error: number; refusals: number } {
    const items = selectNameSpaces(dispatcher.catalog.nameSpaces(), choiceOf(registration));
    if (typeof items === 'number') return { error: items, refusals: 1 };
    const fresh =
      operation === RNRSERVICE_REGISTER
        ? items.filter(({ info }) => !isRegistered(registration, info.NSProviderId))
        : items;
    const round = new ProviderRound(
      providers,
      fresh,
      (provider, listener) => provider.setService(cloneQuerySet(registration), operation, 0, listener),
      WSASERVICE_NOT_FOUND,
    );
    const error = carryOutRound(dispatcher, round, 'SetService');
    const known = items.length - fresh.length;
    const isKnown = known > 0 && [WSAEOPNOTSUPP, WSASERVICE_NOT_FOUND].includes(error);
    return { error: isKnown ? ERROR_ALREADY_REGISTERED : error, refusals: known + round.refusals };
  }

  function isRegistered(registration: WSAQUERYSETW, lpNSProviderId: GUID): boolean {
    const { lpszServiceInstanceName, lpServiceClassId } = registration;
    const hasAddresses = ({ lpcsaBuffer }: WSAQUERYSETW): boolean => (lpcsaBuffer?.length ?? 0) > 0;
    const results = queries.fetchAll(
      {
        dwSize: WSAQUERYSETW.size,
        lpszServiceInstanceName: lpszServiceInstanceName!,
        lpServiceClassId: lpServiceClassId!,
        lpNSProviderId,
      },
      LUP_RETURN_NAME | LUP_RETURN_ADDR,
      hasAddresses,
    );
    return typeof results !== 'number' && results.some(hasAddresses);
  }

  /**
   * Registers a service or a type of services as WinSock 1.1 did, or takes it back; `WSASetService` and
   * `WSAInstallServiceClass` have replaced it (specification: SetService).
   *
   * @param dwNameSpace which name space, or NS_DEFAULT. Types are added to all
   * @param dwOperation SERVICE_REGISTER, SERVICE_DEREGISTER, SERVICE_FLUSH, SERVICE_ADD_TYPE or SERVICE_DELETE_TYPE
   * @param dwFlags SERVICE_FLAG_DEFER: put off until SERVICE_FLUSH. SERVICE_FLAG_HARD: a service that is deregistered is
   *   forgotten, not only its addresses
   * @param lpServiceInfo the service: type, name, comment, version, addresses, and `ServiceSpecificInfo`, which for a type is
   *   a SERVICE_TYPE_INFO_ABS. Locale, display hint, time and machine are not kept. SERVICE_FLUSH needs none
   * @param lpServiceAsyncInfo `null`
   * @param lpdwStatusFlags receives SET_SERVICE_PARTIAL_SUCCESS when some name space did not do it, or 0
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, ERROR_ALREADY_REGISTERED, WSAEFAULT (bad pointers),
   *   WSA_INVALID_PARAMETER (an unknown operation or flag, no type or name, a malformed GUID, or `lpServiceAsyncInfo`),
   *   WSASERVICE_NOT_FOUND, WSATYPE_NOT_FOUND, or another of `WSASetService` and `WSAInstallServiceClass`
   */
  function SetService(
    dwNameSpace: number,
    dwOperation: number,
    dwFlags: number,
    lpServiceInfo: SERVICE_INFO | null,
    lpServiceAsyncInfo: null,
    lpdwStatusFlags: Ref<number>,
  ): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (typeof dwNameSpace !== 'number' || typeof dwOperation !== 'number' || typeof dwFlags !== 'number') {
      return dispatcher.fail(WSAEFAULT);
    }
    if (!isRef(lpdwStatusFlags)) return dispatcher.fail(WSAEFAULT);
    const status: Ref<number> = lpdwStatusFlags;
    if (!isNull(lpServiceAsyncInfo)) return dispatcher.fail(WSA_INVALID_PARAMETER);
    status.value = 0;
    const end = (error: number, refusals = 0): number => {
      if (error !== 0) return dispatcher.fail(error);
      if (refusals > 0) status.value = SET_SERVICE_PARTIAL_SUCCESS;
      dispatcher.setLastError(0);
      return 0;
    };

    if (dwOperation === SERVICE_FLUSH) {
      const waiting = deferred;
      deferred = [];
      const ended = waiting.map(carryOut);
      return end(
        ended.find(({ error }) => error !== 0)?.error ?? 0,
        ended.reduce((sum, each) => sum + each.refusals, 0),
      );
    }
    const service = readService(lpServiceInfo);
    if (typeof service === 'number') return dispatcher.fail(service);
    if (dwOperation === SERVICE_DELETE_TYPE) return end(classes.remove(service.id));
    if (dwOperation === SERVICE_ADD_TYPE) {
      const info = typeInfoOf(service);
      const error = typeof info === 'number' ? info : classes.install(info);
      return end(error === WSAEALREADY ? ERROR_ALREADY_REGISTERED : error);
    }
    const isKnownFlag = (dwFlags & ~(SERVICE_FLAG_DEFER | SERVICE_FLAG_HARD)) === 0;
    if (
      (dwOperation !== SERVICE_REGISTER && dwOperation !== SERVICE_DEREGISTER) ||
      !isKnownFlag ||
      service.name === ''
    ) {
      return dispatcher.fail(WSA_INVALID_PARAMETER);
    }
    const gone = (dwFlags & SERVICE_FLAG_HARD) === 0 ? RNRSERVICE_DEREGISTER : RNRSERVICE_DELETE;
    const work: Deferred = {
      registration: registrationOf(service, dwNameSpace),
      operation: dwOperation === SERVICE_REGISTER ? RNRSERVICE_REGISTER : gone,
    };
    if ((dwFlags & SERVICE_FLAG_DEFER) !== 0) {
      deferred.push(work);
      return end(0);
    }
    const { error, refusals } = carryOut(work);
    return end(error, refusals);
  }

  return {
    /** As `GetServiceW`. */
    GetService: GetServiceW,
    GetServiceW,
    /** As `GetServiceW`, but text is counted in bytes. */
    GetServiceA: (
      dwNameSpace: number,
      lpGuid: GUID,
      lpServiceName: string,
      dwProperties: number,
      lpBuffer: NS_SERVICE_INFOA[] | null,
      lpdwBufferSize: Ref<number>,
      lpServiceAsyncInfo: null,
    ): number =>
      getService(
        NS_SERVICE_INFOA,
        dwNameSpace,
        lpGuid,
        lpServiceName,
        dwProperties,
        lpBuffer,
        lpdwBufferSize,
        lpServiceAsyncInfo,
      ),
    SetService,
    /** As `SetService`; strings have one form here. */
    SetServiceA: SetService,
    /** As `SetService`. */
    SetServiceW: SetService,
  };
}
