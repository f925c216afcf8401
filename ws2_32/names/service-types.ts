// WinSock 1.1's names of types of services.
import { isRoom } from '../../spi/arguments.js';
import {
  ERROR_INSUFFICIENT_BUFFER,
  ERROR_SERVICE_DOES_NOT_EXIST,
  GUID,
  LUP_RETURN_NAME,
  LUP_RETURN_TYPE,
  SOCKET_ERROR,
  NS_ALL,
  SVCID_INET_SERVICEBYNAME,
  WSA_E_CANCELLED,
  WSA_INVALID_PARAMETER,
  WSAEFAULT,
  WSAEINTR,
  type Ref,
  WSAQUERYSETW,
} from '../../spi/index.js';
import type { CharacterWidth } from '../../catalog/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { LookupQueries } from './lookup-queries.js';
import type { ServiceClasses } from './service-classes.js';

/** WinSock 1.1's names of types of services. */
export type ServiceTypeFunctions = ReturnType<typeof createServiceTypeFunctions>;

/** Makes the functions that name types of services, which are service classes now (specification: GetNameByType). */
export function createServiceTypeFunctions(dispatcher: Dispatcher, queries: LookupQueries, classes: ServiceClasses) {
  function nameOf(id: unknown, out: unknown, length: unknown, width: CharacterWidth): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (typeof id !== 'string' || !isRoom(out) || typeof length !== 'number') return dispatcher.fail(WSAEFAULT);
    const classId = GUID.parse(id);
    if (classId === null) return dispatcher.fail(WSA_INVALID_PARAMETER);
    const name = classes.nameOf(classId);
    if (typeof name === 'number') {
      return dispatcher.fail([WSAEINTR, WSA_E_CANCELLED].includes(name) ? name : ERROR_SERVICE_DOES_NOT_EXIST);
    }
    const size = (width === 'W' ? name.length : Buffer.byteLength(name)) + 1;
    if (length >>> 0 < size) return dispatcher.fail(ERROR_INSUFFICIENT_BUFFER);
    out.value = name;
    dispatcher.setLastError(0);
    return size;
  }

  /**
   * Tells the name of a type of services; `WSAGetServiceClassNameByClassId` has replaced it (specification:
   * GetNameByType).
   *
   * @param lpServiceType its GUID
   * @param lpServiceName receives the name
   * @param dwNameLength room in characters
   * @returns the characters of the name, NUL included; or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers),
   *   WSA_INVALID_PARAMETER (a malformed GUID), ERROR_INSUFFICIENT_BUFFER, ERROR_SERVICE_DOES_NOT_EXIST (nobody knows the
   *   type), WSAEINTR or WSA_E_CANCELLED (the wait was interrupted)
   */
  function GetNameByTypeW(lpServiceType: GUID, lpServiceName: { value: string }, dwNameLength: number): number {
    return nameOf(lpServiceType, lpServiceName, dwNameLength, 'W');
  }

  /**
   * Tells the type of a service by the type's name, such as `ftp` (specification: GetTypeByName): a service class that has
   * the name, or the class of the port that the services file has for it, of TCP if there is one.
   *
   * @param lpServiceName the name
   * @param lpServiceType receives the GUID
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers), ERROR_SERVICE_DOES_NOT_EXIST (there is
   *   none of that name), WSA_E_CANCELLED (the wait was interrupted)
   */
  function GetTypeByName(lpServiceName: string, lpServiceType: Ref<GUID>): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (typeof lpServiceName !== 'string' || !isRoom(lpServiceType)) return dispatcher.fail(WSAEFAULT);
    const isType = ({ lpServiceClassId: id }: WSAQUERYSETW): boolean =>
      typeof id === 'string' && id.toUpperCase() !== SVCID_INET_SERVICEBYNAME;
    const restrictions: WSAQUERYSETW = {
      dwSize: WSAQUERYSETW.size,
      lpszServiceInstanceName: lpServiceName,
      lpServiceClassId: SVCID_INET_SERVICEBYNAME,
      dwNameSpace: NS_ALL,
    };
    const results = queries.fetchAll(restrictions, LUP_RETURN_TYPE | LUP_RETURN_NAME, isType);
    const found = typeof results === 'number' ? undefined : results.find(isType);
    if (found === undefined) {
      return dispatcher.fail(results === WSA_E_CANCELLED ? WSA_E_CANCELLED : ERROR_SERVICE_DOES_NOT_EXIST);
    }
    lpServiceType.value = found.lpServiceClassId!;
    dispatcher.setLastError(0);
    return 0;
  }

  return {
    /** As `GetNameByTypeW`. */
    GetNameByType: GetNameByTypeW,
    GetNameByTypeW,
    /** As `GetNameByTypeW`, but characters are bytes. */
    GetNameByTypeA: (lpServiceType: GUID, lpServiceName: { value: string }, dwNameLength: number): number =>
      nameOf(lpServiceType, lpServiceName, dwNameLength, 'A'),
    GetTypeByName,
    /** As `GetTypeByName`; strings have one form here. */
    GetTypeByNameA: GetTypeByName,
    /** As `GetTypeByName`. */
    GetTypeByNameW: GetTypeByName,
  };
}
