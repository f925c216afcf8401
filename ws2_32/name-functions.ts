// The functions of `names/`, which is loaded when the first of them is called: most programs with sockets call none.
import { loadPart } from '../host/load-part.js';
import type { GUID, InstanceHost } from '../spi/index.js';
import type { Dispatcher } from './dispatcher/index.js';
import type { ProviderLoader } from './loading/index.js';
import type { NameFunctions, NameResolutionFunctions } from './names/index.js';
import type * as Names from './names/index.js';
import { standInsFor } from './stand-ins.js';

/** Every function of name resolution, and how many arguments it has. */
const ARGUMENTS: Readonly<Record<keyof NameResolutionFunctions, number>> = {
  WSALookupServiceBegin: 3,
  WSALookupServiceBeginA: 3,
  WSALookupServiceBeginW: 3,
  WSALookupServiceNext: 4,
  WSALookupServiceNextW: 4,
  WSALookupServiceNextA: 4,
  WSALookupServiceEnd: 1,
  WSAEnumNameSpaceProviders: 2,
  WSAEnumNameSpaceProvidersW: 2,
  WSAEnumNameSpaceProvidersA: 2,
  WSAEnumNameSpaceProvidersEx: 2,
  WSAEnumNameSpaceProvidersExW: 2,
  WSAEnumNameSpaceProvidersExA: 2,
  gethostname: 2,
  GetHostNameW: 2,
  gethostbyname: 1,
  gethostbyaddr: 3,
  getservbyname: 2,
  getservbyport: 2,
  getprotobyname: 1,
  getprotobynumber: 1,
  WSAAsyncGetHostByName: 5,
  WSAAsyncGetHostByAddr: 7,
  WSAAsyncGetServByName: 6,
  WSAAsyncGetServByPort: 6,
  WSAAsyncGetProtoByName: 5,
  WSAAsyncGetProtoByNumber: 5,
  WSACancelAsyncRequest: 1,
  getaddrinfo: 4,
  GetAddrInfo: 4,
  GetAddrInfoA: 4,
  GetAddrInfoW: 4,
  freeaddrinfo: 1,
  FreeAddrInfo: 1,
  FreeAddrInfoA: 1,
  FreeAddrInfoW: 1,
  getnameinfo: 7,
  GetNameInfo: 7,
  GetNameInfoA: 7,
  GetNameInfoW: 7,
  gai_strerror: 1,
  gai_strerrorA: 1,
  gai_strerrorW: 1,
  GetAddrInfoExW: 10,
  GetAddrInfoEx: 10,
  GetAddrInfoExA: 10,
  FreeAddrInfoExW: 1,
  FreeAddrInfoEx: 1,
  FreeAddrInfoExA: 1,
  GetAddrInfoExCancel: 1,
  GetAddrInfoExOverlappedResult: 1,
  SetAddrInfoExW: 12,
  SetAddrInfoEx: 12,
  SetAddrInfoExA: 12,
  WSAConnectByName: 9,
  WSAConnectByNameA: 9,
  WSAConnectByNameW: 9,
  WSAConnectByList: 8,
  WSASetService: 3,
  WSASetServiceA: 3,
  WSASetServiceW: 3,
  WSAInstallServiceClass: 1,
  WSAInstallServiceClassA: 1,
  WSAInstallServiceClassW: 1,
  WSARemoveServiceClass: 1,
  WSAGetServiceClassInfo: 4,
  WSAGetServiceClassInfoW: 4,
  WSAGetServiceClassInfoA: 4,
  WSAGetServiceClassNameByClassId: 3,
  WSAGetServiceClassNameByClassIdW: 3,
  WSAGetServiceClassNameByClassIdA: 3,
  WSAGetServiceClassNameByServiceClassId: 3,
  WSAGetServiceClassNameByServiceClassIdW: 3,
  WSAGetServiceClassNameByServiceClassIdA: 3,
  WSANSPIoctl: 8,
  GetNameByType: 3,
  GetNameByTypeW: 3,
  GetNameByTypeA: 3,
  GetTypeByName: 2,
  GetTypeByNameA: 2,
  GetTypeByNameW: 2,
  GetAddressByName: 10,
  GetAddressByNameW: 10,
  GetAddressByNameA: 10,
  GetService: 7,
  GetServiceW: 7,
  GetServiceA: 7,
  SetService: 6,
  SetServiceA: 6,
  SetServiceW: 6,
  WSAAdvertiseProvider: 2,
  WSAUnadvertiseProvider: 1,
  WSAProviderCompleteAsyncCall: 2,
};

/** The functions of name resolution of one instance. */
export interface InstanceNames {
  readonly functions: NameResolutionFunctions;
  /** Ends what is asked of a name-space provider, and lets it go: its entry has left the catalog. */
  letGo(providerId: GUID): void;
}

/**
 * Makes the functions of name resolution of an instance.
 *
 * @param loaderOf makes what finds the modules of name-space providers
 * @param host what the instance offers to name-space providers
 */
export function createNamesOnDemand(
  dispatcher: Dispatcher,
  loaderOf: () => ProviderLoader,
  host: InstanceHost,
): InstanceNames {
  let loaded: NameFunctions | null = null;
  const load = (): NameFunctions => {
    if (loaded !== null) return loaded;
    const { createNameFunctions } = loadPart<typeof Names>(import.meta.url, './names/index.js');
    loaded = createNameFunctions(dispatcher, loaderOf(), host);
    dispatcher.useNameSpaces(loaded.resolution);
    return loaded;
  };
  // Until then nothing is asked, so that nothing is to be ended.
  dispatcher.useNameSpaces({
    endQueries: () => undefined,
    cleanup: () => undefined,
    completeAsyncCall: (hAsyncCall, code) => load().resolution.completeAsyncCall(hAsyncCall, code),
    lookUp: (node, hints, found) => load().resolution.lookUp(node, hints, found),
    lookUpRecords: (...asked) => load().resolution.lookUpRecords(...asked),
  });
  return {
    functions: standInsFor<NameResolutionFunctions>(ARGUMENTS, () => (loaded ?? load()).functions),
    letGo: (providerId) => loaded?.letGo(providerId),
  };
}
