import { areBytes, isArrayRoom, isLength, isNull, isRef, isRoom, isStructure } from '../../spi/arguments.js';
import {
  copyOfBytes,
  GUID,
  IS_SVCID_TCP,
  IS_SVCID_UDP,
  NS_ALL,
  PORT_FROM_SVCID_TCP,
  PORT_FROM_SVCID_UDP,
  servent,
  SOCKET_ERROR,
  WSA_INVALID_PARAMETER,
  WSAEFAULT,
  WSAEINTR,
  WSAEINVAL,
  WSAEOPNOTSUPP,
  WSANO_DATA,
  WSASERVICECLASSINFOA,
  WSASERVICECLASSINFOW,
  WSATYPE_NOT_FOUND,
  type Ref,
  type WSANSCLASSINFO,
} from '../../spi/index.js';
import type { CharacterWidth } from '../../catalog/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { GetXByYQueries } from './get-x-by-y-queries.js';
import { carryOut } from './lookup.js';
import { selectNameSpaces } from './lookup-restrictions.js';
import type { NameSpaceProviders } from './name-space-providers.js';
import { carryOutRound, ProviderRound } from './provider-round.js';

/** The service classes of an instance's name spaces, for blocking calls. */
export class ServiceClasses {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly providers: NameSpaceProviders,
    private readonly databases: GetXByYQueries,
  ) {}

  /**
   * Registers a class with every provider.
   *
   * @returns 0 when one has it; WSAEOPNOTSUPP when none has classes, WSAEALREADY, or another of a provider's
   */
  install(info: WSASERVICECLASSINFOW): number {
    return this.#ask('WSAInstallServiceClass', WSAEOPNOTSUPP, (provider) =>
      provider.installServiceClass(cloneClassInfo(info)),
    );
  }

  /**
   * Removes a class from every provider.
   *
   * @returns 0 when one had it; WSATYPE_NOT_FOUND, or another of a provider's
   */
  remove(id: GUID): number {
    return this.#ask('WSARemoveServiceClass', WSATYPE_NOT_FOUND, (provider) => provider.removeServiceClass(id));
  }

  /**
   * What a provider knows of a class.
   *
   * @param providerId which provider; `null` for the first that knows it
   * @returns the class; or WSAEINVAL when there is no such provider, WSATYPE_NOT_FOUND, or another of a provider's
   */
  find(id: GUID, providerId: GUID | null): WSASERVICECLASSINFOW | number {
    const { dispatcher } = this;
    const items = selectNameSpaces(dispatcher.catalog.nameSpaces(), {
      providerId,
      nameSpace: NS_ALL,
      protocols: null,
    });
    if (typeof items === 'number') return items;
    const found: WSASERVICECLASSINFOW[] = [];
    const round = new ProviderRound(
      this.providers,
      items,
      (provider) => provider.getServiceClassInfo(id, found),
      WSATYPE_NOT_FOUND,
      true,
    );
    const error = carryOutRound(dispatcher, round, 'WSAGetServiceClassInfo');
    if (error !== 0) return error;
    const info = copyClassInfo(found.at(-1));
    return typeof info === 'number' ? WSANO_DATA : info;
  }

  /**
   * A class' name: what a provider says, or, for the class of a port, the service that the services file has there.
   *
   * @returns the name, or WSATYPE_NOT_FOUND, or another of a provider's
   */
  nameOf(id: GUID): string | number {
    const info = this.find(id, null);
    if (typeof info !== 'number') return info.lpszServiceClassName ?? WSANO_DATA;
    const protocol = IS_SVCID_TCP(id) ? 'tcp' : IS_SVCID_UDP(id) ? 'udp' : null;
    if (protocol === null) return info;
    const port = protocol === 'tcp' ? PORT_FROM_SVCID_TCP(id) : PORT_FROM_SVCID_UDP(id);
    const { queries } = this.databases;
    const { value, error } = carryOut(queries, this.databases.service(`${port}`, protocol), 'a service class’ name');
    if (error === WSAEINTR) return error;
    return value === null ? WSATYPE_NOT_FOUND : servent.decode(value).s_name;
  }

  #ask(description: string, whenNone: number, ask: ConstructorParameters<typeof ProviderRound>[2]): number {
    const { dispatcher } = this;
    const items = dispatcher.catalog.nameSpaces().filter(({ info }) => info.fActive);
    const error = carryOutRound(dispatcher, new ProviderRound(this.providers, items, ask, whenNone), description);
    return error === WSAEOPNOTSUPP ? whenNone : error;
  }
}

/** Service classes. */
export type ServiceClassFunctions = ReturnType<typeof createServiceClassFunctions>;

/** Makes the functions of service classes (specification: WSAInstallServiceClass and its like). */
export function createServiceClassFunctions(dispatcher: Dispatcher, classes: ServiceClasses) {
  function end(error: number): number {
    if (error !== 0) return dispatcher.fail(error);
    dispatcher.setLastError(0);
    return 0;
  }

  /**
   * Registers what a kind of service is with every name space (specification: WSAInstallServiceClass). Each keeps what
   * it has a use for.
   *
   * @param lpServiceClassInfo the class: its GUID, its name, and values of name spaces, such as the TCP port. It is copied
   * @returns 0 when a provider has it; or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers), WSAEINVAL (no
   *   or a malformed GUID, no name), WSAEALREADY (there is one of that GUID: remove it first), WSAEACCES,
   *   WSAEOPNOTSUPP (no provider has classes), WSA_E_CANCELLED (the wait was interrupted), or another of a provider's
   */
  function WSAInstallServiceClass(lpServiceClassInfo: WSASERVICECLASSINFOW): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    const info = copyClassInfo(lpServiceClassInfo);
    return end(typeof info === 'number' ? info : classes.install(info));
  }

  function getInfo(
    provider: unknown,
    id: unknown,
    length: Ref<unknown>,
    out: unknown,
    codec: typeof WSASERVICECLASSINFOW,
  ): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (typeof provider !== 'string' || typeof id !== 'string') return dispatcher.fail(WSAEFAULT);
    if (!isRef(length) || typeof length.value !== 'number') return dispatcher.fail(WSAEFAULT);
    if (!isNull(out) && !isArrayRoom(out)) return dispatcher.fail(WSAEFAULT);
    const providerId = GUID.parse(provider);
    const classId = GUID.parse(id);
    if (providerId === null || classId === null) return dispatcher.fail(WSA_INVALID_PARAMETER);
    const info = classes.find(classId, providerId);
    if (typeof info === 'number') return dispatcher.fail(info === WSAEINVAL ? WSA_INVALID_PARAMETER : info);
    const size = codec.encode(info).length;
    if (isNull(out) || length.value >>> 0 < size) {
      length.value = size;
      return dispatcher.fail(WSAEFAULT);
    }
    out.splice(0, out.length, info);
    return end(0);
  }

  /**
   * Tells all that a name-space provider has kept of a service class (specification: WSAGetServiceClassInfo). The
   * unsuffixed form and `W` count text in UTF-16, `A` in bytes.
   *
   * @param lpProviderId the provider's GUID
   * @param lpServiceClassId the class' GUID
   * @param lpdwBufSize in: room in bytes; out, when too small: bytes needed
   * @param lpServiceClassInfo emptied and filled with the class; `null` to ask for the length
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers, too little room), WSA_INVALID_PARAMETER
   *   (a malformed GUID, or a provider that is not in the catalog), WSATYPE_NOT_FOUND (the provider does not know the
   *   class, or is disabled), WSAEOPNOTSUPP (it has no classes), WSANO_DATA, WSAEACCES, or another of the provider's
   */
  function WSAGetServiceClassInfoW(
    lpProviderId: GUID,
    lpServiceClassId: GUID,
    lpdwBufSize: Ref<number>,
    lpServiceClassInfo: WSASERVICECLASSINFOW[] | null,
  ): number {
    return getInfo(lpProviderId, lpServiceClassId, lpdwBufSize, lpServiceClassInfo, WSASERVICECLASSINFOW);
  }

  function getName(id: unknown, out: unknown, length: Ref<unknown>, width: CharacterWidth): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (typeof id !== 'string' || !isRef(length) || typeof length.value !== 'number') return dispatcher.fail(WSAEFAULT);
    if (!isNull(out) && !isRoom(out)) return dispatcher.fail(WSAEFAULT);
    const classId = GUID.parse(id);
    if (classId === null) return dispatcher.fail(WSA_INVALID_PARAMETER);
    const name = classes.nameOf(classId);
    if (typeof name === 'number') return dispatcher.fail(name === WSATYPE_NOT_FOUND ? WSANO_DATA : name);
    const size = (width === 'W' ? name.length : Buffer.byteLength(name)) + 1;
    const room = length.value >>> 0;
    length.value = size;
    if (isNull(out) || room < size) return dispatcher.fail(WSAEFAULT);
    out.value = name;
    return end(0);
  }

  /**
   * Tells the name of a service class, such as `ftp`, not that of a service (specification:
   * WSAGetServiceClassNameByServiceClassId; winsock2.h: WSAGetServiceClassNameByClassId). The unsuffixed form and `W`
   * count UTF-16 units, `A` bytes.
   *
   * @param lpServiceClassId the class' GUID
   * @param lpszServiceClassName receives the name; `null` to ask for the length
   * @param lpdwBufferLength in: room in characters; out: those of the name, NUL included, also when there was too little
   *   room
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers, too little room), WSA_INVALID_PARAMETER
   *   (a malformed GUID), WSANO_DATA (nobody knows the class, or it has no name), WSAEOPNOTSUPP (no provider has
   *   classes), WSAEACCES, WSAEINTR, or another of a provider's
   */
  function WSAGetServiceClassNameByClassIdW(
    lpServiceClassId: GUID,
    lpszServiceClassName: { value: string } | null,
    lpdwBufferLength: Ref<number>,
  ): number {
    return getName(lpServiceClassId, lpszServiceClassName, lpdwBufferLength, 'W');
  }
  function WSAGetServiceClassNameByClassIdA(
    lpServiceClassId: GUID,
    lpszServiceClassName: { value: string } | null,
    lpdwBufferLength: Ref<number>,
  ): number {
    return getName(lpServiceClassId, lpszServiceClassName, lpdwBufferLength, 'A');
  }

  return {
    WSAInstallServiceClass,
    /** As `WSAInstallServiceClass`; strings have one form here. */
    WSAInstallServiceClassA: WSAInstallServiceClass,
    /** As `WSAInstallServiceClass`. */
    WSAInstallServiceClassW: WSAInstallServiceClass,

    /**
     * Removes a service class from every name space, for good (specification: WSARemoveServiceClass).
     *
     * @param lpServiceClassId the class' GUID
     * @returns 0 when a provider had it; or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointer), WSAEINVAL (a
     *   malformed GUID), WSATYPE_NOT_FOUND (no provider has it), WSAETOOMANYREFS (services of the class are registered),
     *   WSAEACCES, WSA_E_CANCELLED (the wait was interrupted), or another of a provider's
     */
    WSARemoveServiceClass(lpServiceClassId: GUID): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      if (typeof lpServiceClassId !== 'string') return dispatcher.fail(WSAEFAULT);
      const id = GUID.parse(lpServiceClassId);
      return end(id === null ? WSAEINVAL : classes.remove(id));
    },

    /** As `WSAGetServiceClassInfoW`. */
    WSAGetServiceClassInfo: WSAGetServiceClassInfoW,
    WSAGetServiceClassInfoW,
    /** As `WSAGetServiceClassInfoW`, but text is counted in bytes. */
    WSAGetServiceClassInfoA: (
      lpProviderId: GUID,
      lpServiceClassId: GUID,
      lpdwBufSize: Ref<number>,
      lpServiceClassInfo: WSASERVICECLASSINFOA[] | null,
    ): number => getInfo(lpProviderId, lpServiceClassId, lpdwBufSize, lpServiceClassInfo, WSASERVICECLASSINFOA),

    /** As `WSAGetServiceClassNameByClassIdW`. */
    WSAGetServiceClassNameByClassId: WSAGetServiceClassNameByClassIdW,
    WSAGetServiceClassNameByClassIdW,
    /** As `WSAGetServiceClassNameByClassIdW`, but characters are bytes. */
    WSAGetServiceClassNameByClassIdA,
    /** As `WSAGetServiceClassNameByClassIdW`, by the name that the specification of 1996 has for it. */
    WSAGetServiceClassNameByServiceClassId: WSAGetServiceClassNameByClassIdW,
    /** As `WSAGetServiceClassNameByServiceClassId`. */
    WSAGetServiceClassNameByServiceClassIdW: WSAGetServiceClassNameByClassIdW,
    /** As `WSAGetServiceClassNameByServiceClassId`, but characters are bytes. */
    WSAGetServiceClassNameByServiceClassIdA: WSAGetServiceClassNameByClassIdA,
  };
}

/**
 * Copies a service class.
 *
 * @param value the caller's structure
 * @returns the copy; WSAEFAULT when a member has the wrong type, WSAEINVAL without a name or a sound GUID
 */
export function copyClassInfo(value: unknown): WSASERVICECLASSINFOW | number {
  if (!isStructure(value)) return WSAEFAULT;
  const { lpServiceClassId, lpszServiceClassName, dwCount, lpClassInfos } = value;
  if (!isNull(lpServiceClassId) && typeof lpServiceClassId !== 'string') return WSAEFAULT;
  if (!isNull(lpszServiceClassName) && typeof lpszServiceClassName !== 'string') return WSAEFAULT;
  if (!isNull(lpClassInfos) && !Array.isArray(lpClassInfos)) return WSAEFAULT;
  const list: unknown[] = lpClassInfos ?? [];
  const count = isNull(dwCount) ? list.length : dwCount;
  if (!isLength(count, list.length)) return WSAEFAULT;
  const values = list.slice(0, count).map(copyClassValue);
  if (values.includes(null)) return WSAEFAULT;
  const id = GUID.parse(lpServiceClassId ?? '');
  if (id === null || isNull(lpszServiceClassName) || lpszServiceClassName === '') return WSAEINVAL;
  return {
    lpServiceClassId: id,
    lpszServiceClassName,
    dwCount: values.length,
    lpClassInfos: values.length === 0 ? null : (values as WSANSCLASSINFO[]),
  };
}

function copyClassValue(value: unknown): WSANSCLASSINFO | null {
  if (!isStructure(value)) return null;
  const { lpszName, dwNameSpace, dwValueType, dwValueSize, lpValue } = value;
  if (!isNull(lpszName) && typeof lpszName !== 'string') return null;
  if (typeof dwNameSpace !== 'number' || typeof dwValueType !== 'number') return null;
  const size = isNull(dwValueSize) ? ((lpValue as Uint8Array | null)?.length ?? 0) : dwValueSize;
  if (isNull(lpValue) ? size !== 0 : !areBytes(lpValue, size)) return null;
  return {
    lpszName: lpszName ?? null,
    dwNameSpace,
    dwValueType,
    dwValueSize: size as number,
    lpValue: isNull(lpValue) ? null : copyOfBytes(lpValue as Uint8Array, size as number),
  };
}

function cloneClassInfo(info: WSASERVICECLASSINFOW): WSASERVICECLASSINFOW {
  return copyClassInfo(info) as WSASERVICECLASSINFOW;
}
