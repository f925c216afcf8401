import { isArrayRoom, isNull, isRef, isRoom } from '../../spi/arguments.js';
import {
  AF_INET,
  AF_INET6,
  CSADDR_INFO,
  ERROR_INSUFFICIENT_BUFFER,
  GUID,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IS_SVCID_TCP,
  IS_SVCID_UDP,
  LUP_DEEP,
  LUP_RETURN_ADDR,
  LUP_RETURN_ALIASES,
  LUP_RETURN_NAME,
  PORT_FROM_SVCID_TCP,
  PORT_FROM_SVCID_UDP,
  RES_FIND_MULTIPLE,
  RES_SERVICE,
  RES_SOFT_SEARCH,
  RESULT_IS_ALIAS,
  SERVICE_TYPE_VALUE_TCPPORT,
  SERVICE_TYPE_VALUE_UDPPORT,
  SOCKET_ERROR,
  sockaddr_in,
  sockaddr_in6,
  WSA_INVALID_PARAMETER,
  WSAEFAULT,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  type Ref,
  type WSASERVICECLASSINFOW,
} from '../../spi/index.js';
import type { CharacterWidth } from '../../catalog/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { LookupQueries } from './lookup-queries.js';
import type { ServiceClasses } from './service-classes.js';

/** What was found of a service. */
interface Found {
  readonly addresses: readonly CSADDR_INFO[];
  /** Its name, then its aliases. */
  readonly names: readonly string[];
}

/** WinSock 1.1's look-up of services. */
export type GetAddressByNameFunctions = ReturnType<typeof createGetAddressByNameFunctions>;

/** Makes the function that looks services up as WinSock 1.1 did (specification: GetAddressByName). */
export function createGetAddressByNameFunctions(
  dispatcher: Dispatcher,
  queries: LookupQueries,
  classes: ServiceClasses,
) {
  function find(
    dwNameSpace: number,
    id: GUID,
    name: string | null,
    protocols: readonly number[] | null,
    flags: number,
    wantsAliases: boolean,
  ): Found | number {
    if (name === null || (flags & RES_SERVICE) !== 0) return addressesToBind(id, protocols);
    const restrictions: WSAQUERYSETW = {
      dwSize: WSAQUERYSETW.size,
      lpszServiceInstanceName: name,
      lpServiceClassId: id,
      dwNameSpace,
      lpafpProtocols: (protocols ?? []).flatMap((iProtocol) =>
        [AF_INET, AF_INET6].map((iAddressFamily) => ({ iAddressFamily, iProtocol })),
      ),
    };
    restrictions.dwNumberOfProtocols = restrictions.lpafpProtocols!.length;
    const depth = (flags & RES_SOFT_SEARCH) === 0 ? LUP_DEEP : 0;
    const aliases = wantsAliases ? LUP_RETURN_ALIASES : 0;
    const isFound = ({ lpcsaBuffer }: WSAQUERYSETW): boolean => (lpcsaBuffer?.length ?? 0) > 0;
    const goesOn = (flags & RES_FIND_MULTIPLE) !== 0 || wantsAliases;
    const results = queries.fetchAll(
      restrictions,
      (LUP_RETURN_NAME | LUP_RETURN_ADDR | depth | aliases) >>> 0,
      (result) => !goesOn && isFound(result),
    );
    if (typeof results === 'number') return results;
    // Without RES_FIND_MULTIPLE one is enough; its aliases follow it.
    const first = results.findIndex(isFound);
    const others = first < 0 ? -1 : results.findIndex((each, place) => place > first && !isAlias(each));
    const chosen = (flags & RES_FIND_MULTIPLE) !== 0 || others < 0 ? results : results.slice(0, others);
    const addresses = chosen.flatMap(({ lpcsaBuffer }) => lpcsaBuffer ?? []);
    if (addresses.length === 0) return WSASERVICE_NOT_FOUND;
    const names = chosen.flatMap(({ lpszServiceInstanceName: each }) => (each ? [each] : []));
    return { addresses, names: [...new Set(names)] };
  }

  // Where a service of a class listens: everywhere, at the port of its class.
  function addressesToBind(id: GUID, protocols: readonly number[] | null): Found | number {
    const ports = new Map<number, number>();
    if (IS_SVCID_TCP(id)) ports.set(IPPROTO_TCP, PORT_FROM_SVCID_TCP(id));
    else if (IS_SVCID_UDP(id)) ports.set(IPPROTO_UDP, PORT_FROM_SVCID_UDP(id));
    else {
      const info = classes.find(id, null);
      if (typeof info === 'number') return info;
      for (const [name, protocol] of PORT_VALUES) {
        const port = portOf(info, name);
        if (port !== null) ports.set(protocol, port);
      }
    }
    const addresses = dispatcher.catalog.visibleEntries().flatMap((entry): CSADDR_INFO[] => {
      const { iProtocol, iSocketType, iAddressFamily } = entry;
      const port = ports.get(iProtocol);
      if (port === undefined || !(protocols?.includes(iProtocol) ?? true)) return [];
      const name =
        iAddressFamily === AF_INET
          ? sockaddr_in('0.0.0.0', port)
          : iAddressFamily === AF_INET6
            ? sockaddr_in6('::', port)
            : null;
      if (name === null) return [];
      const LocalAddr = { lpSockaddr: name, iSockaddrLength: name.length };
      return [{ LocalAddr, RemoteAddr: { lpSockaddr: null, iSockaddrLength: 0 }, iSocketType, iProtocol }];
    });
    return addresses.length === 0 ? WSASERVICE_NOT_FOUND : { addresses, names: [] };
  }

  const getAddressByName = (width: CharacterWidth) =>
    function GetAddressByName(
      dwNameSpace: number,
      lpServiceType: GUID,
      lpServiceName: string | null,
      lpiProtocols: readonly number[] | null,
      dwResolution: number,
      lpServiceAsyncInfo: null,
      lpCsaddrBuffer: CSADDR_INFO[] | null,
      lpdwBufferLength: Ref<number>,
      lpAliasBuffer: { value: string } | null,
      lpdwAliasBufferLength: Ref<number> | null,
    ): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      const fail = (): number => dispatcher.fail(WSAEFAULT);
      if (typeof dwNameSpace !== 'number' || typeof dwResolution !== 'number') return fail();
      if (typeof lpServiceType !== 'string') return fail();
      if (!isNull(lpServiceName) && typeof lpServiceName !== 'string') return fail();
      const protocols = readProtocols(lpiProtocols);
      if (protocols === undefined) return fail();
      if (!isNull(lpCsaddrBuffer) && !isArrayRoom(lpCsaddrBuffer)) return fail();
      if (!isRef(lpdwBufferLength) || typeof lpdwBufferLength.value !== 'number') return fail();
      if (!isNull(lpAliasBuffer)) {
        if (!isRoom(lpAliasBuffer) || !isRef(lpdwAliasBufferLength)) return fail();
        if (typeof lpdwAliasBufferLength.value !== 'number') return fail();
      }
      const id = GUID.parse(lpServiceType);
      if (id === null || !isNull(lpServiceAsyncInfo)) return dispatcher.fail(WSA_INVALID_PARAMETER);

      const found = find(dwNameSpace, id, lpServiceName ?? null, protocols, dwResolution, !isNull(lpAliasBuffer));
      if (typeof found === 'number') return dispatcher.fail(found);
      const { addresses, names } = found;
      const needed = addresses.reduce((sum, each) => sum + CSADDR_INFO.encode(each).length, 0);
      let fits = !isNull(lpCsaddrBuffer) && lpdwBufferLength.value >>> 0 >= needed;
      lpdwBufferLength.value = needed;
      if (isRoom(lpAliasBuffer)) {
        const text = names.length === 0 ? '\0\0' : `${names.join('\0')}\0\0`;
        const length = lpdwAliasBufferLength as Ref<number>;
        const size = width === 'W' ? text.length : Buffer.byteLength(text);
        fits &&= length.value >>> 0 >= size;
        length.value = size;
        if (fits) lpAliasBuffer.value = text;
      }
      if (!fits) return dispatcher.fail(ERROR_INSUFFICIENT_BUFFER);
      (lpCsaddrBuffer as CSADDR_INFO[]).splice(0, Infinity, ...addresses);
      dispatcher.setLastError(0);
      return addresses.length;
    };

  const GetAddressByNameW = getAddressByName('W');
  return {
    /** As `GetAddressByNameW`. */
    GetAddressByName: GetAddressByNameW,
    /**
     * Looks a service's addresses up as WinSock 1.1 did, or tells where a service of a type is to listen;
     * `WSALookupServiceBegin` has replaced it (specification: GetAddressByName). The unsuffixed form and `W` count aliases
     * in UTF-16, `A` in bytes.
     *
     * @param dwNameSpace which name space, or NS_DEFAULT
     * @param lpServiceType the type's GUID, such as SVCID_TCP(port)
     * @param lpServiceName the service's name, of a host for types of ports; `null` as with RES_SERVICE
     * @param lpiProtocols which protocols, ended by 0 or the array's end; `null` for all
     * @param dwResolution RES_SERVICE (where a service of the type is to listen, as `LocalAddr`), RES_FIND_MULTIPLE (ask
     *   every name space), RES_SOFT_SEARCH (do not search deep)
     * @param lpServiceAsyncInfo `null`
     * @param lpCsaddrBuffer emptied and filled; `null` to ask for the length
     * @param lpdwBufferLength in: room in bytes; out: bytes needed
     * @param lpAliasBuffer receives the name and its aliases, each ended by NUL, and another NUL; `null` when not wanted
     * @param lpdwAliasBufferLength in: room in characters; out: characters needed
     * @returns how many addresses, or SOCKET_ERROR with WSANOTINITIALISED, ERROR_INSUFFICIENT_BUFFER, WSAEFAULT (bad
     *   pointers), WSA_INVALID_PARAMETER (a malformed GUID, or `lpServiceAsyncInfo`), WSASERVICE_NOT_FOUND,
     *   WSATYPE_NOT_FOUND (nobody knows the type), or another of `WSALookupServiceNext`
     */
    GetAddressByNameW,
    /** As `GetAddressByNameW`, but characters are bytes. */
    GetAddressByNameA: getAddressByName('A'),
  };
}

const PORT_VALUES = [
  [SERVICE_TYPE_VALUE_TCPPORT, IPPROTO_TCP],
  [SERVICE_TYPE_VALUE_UDPPORT, IPPROTO_UDP],
] as const;

// A port among the values of a class: a DWORD.
function portOf({ lpClassInfos }: WSASERVICECLASSINFOW, name: string): number | null {
  const value = lpClassInfos?.find((each) => each.lpszName?.toLowerCase() === name.toLowerCase())?.lpValue;
  return value === null || value === undefined || value.length < 2 ? null : value[0]! | (value[1]! << 8);
}

function isAlias({ dwOutputFlags = 0 }: WSAQUERYSETW): boolean {
  return (dwOutputFlags & RESULT_IS_ALIAS) !== 0;
}

// `null` for all, `undefined` for a bad pointer.
function readProtocols(value: unknown): readonly number[] | null | undefined {
  if (isNull(value)) return null;
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'number')) return undefined;
  const end = value.indexOf(0);
  return end < 0 ? value : value.slice(0, end);
}
