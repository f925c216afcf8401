// The SERVICE_INFO of SetService and GetService: how it becomes a registration of WinSock 2, and a result becomes one.
import { areBytes, isLength, isNull, isStructure } from '../../spi/arguments.js';
import {
  COMP_EQUAL,
  copyOfBytes,
  GUID,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IS_SVCID_TCP,
  IS_SVCID_UDP,
  SERVICE_TYPE_INFO_ABS,
  SOCK_DGRAM,
  SOCK_STREAM,
  WSA_INVALID_PARAMETER,
  WSAEFAULT,
  WSAQUERYSETW,
  type CSADDR_INFO,
  type NS_SERVICE_INFO,
  type SERVICE_ADDRESS,
} from '../../spi/index.js';
import { copyClassInfo } from './service-classes.js';

/** A caller's SERVICE_INFO, checked and copied. */
export interface Service {
  readonly id: GUID;
  readonly name: string;
  readonly comment: string | null;
  readonly version: number;
  readonly addresses: readonly Uint8Array[];
  readonly specific: Uint8Array | null;
}

/**
 * Reads a caller's SERVICE_INFO.
 *
 * @returns copies of what it says; WSAEFAULT (bad pointers), WSA_INVALID_PARAMETER (no class, or a malformed GUID)
 */
export function readService(value: unknown): Service | number {
  if (!isStructure(value)) return WSAEFAULT;
  const { lpServiceType, lpServiceName, lpComment, dwVersion, lpServiceAddress, ServiceSpecificInfo } = value;
  if (!isNull(lpServiceType) && typeof lpServiceType !== 'string') return WSAEFAULT;
  const texts = [lpServiceName, lpComment];
  if (texts.some((text) => !isNull(text) && typeof text !== 'string')) return WSAEFAULT;
  if (!isNull(dwVersion) && typeof dwVersion !== 'number') return WSAEFAULT;
  const addresses = readAddresses(lpServiceAddress);
  const specific = readSpecific(ServiceSpecificInfo);
  if (addresses === null || specific === undefined) return WSAEFAULT;
  const id = GUID.parse(lpServiceType ?? '');
  if (id === null) return WSA_INVALID_PARAMETER;
  return {
    id,
    name: (lpServiceName as string | null | undefined) ?? '',
    comment: (lpComment as string | null | undefined) ?? null,
    version: (dwVersion ?? 0) >>> 0,
    addresses,
    specific,
  };
}

// Sockaddrs; `null` for a bad pointer.
function readAddresses(value: unknown): Uint8Array[] | null {
  if (isNull(value)) return [];
  if (!isStructure(value) || !Array.isArray(value['Addresses'])) return null;
  const list = value['Addresses'] as unknown[];
  const count = value['dwAddressCount'] ?? list.length;
  if (!isLength(count, list.length)) return null;
  const copies = list.slice(0, count).map((each) => {
    const { lpAddress, dwAddressLength } = (isStructure(each) ? each : {}) as Partial<SERVICE_ADDRESS>;
    const length = dwAddressLength ?? lpAddress?.length;
    return areBytes(lpAddress, length) && length! >= 2 ? copyOfBytes(lpAddress, length!) : null;
  });
  return copies.includes(null) ? null : (copies as Uint8Array[]);
}

// `undefined` for a bad pointer.
function readSpecific(value: unknown): Uint8Array | null | undefined {
  if (isNull(value)) return null;
  if (!isStructure(value)) return undefined;
  const { cbSize, pBlobData } = value;
  if (isNull(pBlobData)) return !cbSize ? null : undefined;
  return areBytes(pBlobData, cbSize) ? copyOfBytes(pBlobData, cbSize as number) : undefined;
}

/** Makes what WSASetService would be given for the service; its class says which transport its addresses are of. */
export function registrationOf(
  { id, name, comment, version, addresses, specific }: Service,
  dwNameSpace: number,
): WSAQUERYSETW {
  const [iSocketType, iProtocol] = IS_SVCID_TCP(id)
    ? [SOCK_STREAM, IPPROTO_TCP]
    : IS_SVCID_UDP(id)
      ? [SOCK_DGRAM, IPPROTO_UDP]
      : [0, 0];
  return {
    dwSize: WSAQUERYSETW.size,
    lpszServiceInstanceName: name,
    lpServiceClassId: id,
    lpVersion: version === 0 ? null : { dwVersion: version, ecHow: COMP_EQUAL },
    lpszComment: comment,
    dwNameSpace,
    dwNumberOfCsAddrs: addresses.length,
    lpcsaBuffer: addresses.map((lpSockaddr): CSADDR_INFO => {
      const one = { lpSockaddr, iSockaddrLength: lpSockaddr.length };
      return { LocalAddr: one, RemoteAddr: one, iSocketType, iProtocol };
    }),
    lpBlob: specific === null ? null : { cbSize: specific.length, pBlobData: specific },
  };
}

/**
 * Reads the class that SERVICE_ADD_TYPE describes in the service's own data.
 *
 * @returns the class, or WSA_INVALID_PARAMETER
 */
export function typeInfoOf({ id, specific }: Service): ReturnType<typeof copyClassInfo> {
  try {
    const { lpTypeName, Values } = SERVICE_TYPE_INFO_ABS.decode(specific ?? new Uint8Array(0));
    const lpClassInfos = Values.map(({ lpValueName, ...value }) => ({ ...value, lpszName: lpValueName }));
    const info = copyClassInfo({ lpServiceClassId: id, lpszServiceClassName: lpTypeName, lpClassInfos });
    return typeof info === 'number' ? WSA_INVALID_PARAMETER : info;
  } catch {
    // Offsets that lead out of it, or too few bytes.
    return WSA_INVALID_PARAMETER;
  }
}

/** Makes what GetService tells of a look-up's result. */
export function serviceOf(result: WSAQUERYSETW): NS_SERVICE_INFO {
  const addresses = (result.lpcsaBuffer ?? []).flatMap(({ RemoteAddr }): SERVICE_ADDRESS[] => {
    const bytes = RemoteAddr.lpSockaddr?.slice(0, RemoteAddr.iSockaddrLength);
    if (bytes === undefined || bytes.length < 2) return [];
    return [
      {
        dwAddressType: bytes[0]! | (bytes[1]! << 8),
        dwAddressFlags: 0,
        dwAddressLength: bytes.length,
        dwPrincipalLength: 0,
        lpAddress: bytes,
        lpPrincipal: null,
      },
    ];
  });
  const blob = result.lpBlob;
  return {
    dwNameSpace: result.dwNameSpace ?? 0,
    ServiceInfo: {
      lpServiceType: result.lpServiceClassId ?? null,
      lpServiceName: result.lpszServiceInstanceName ?? null,
      lpComment: result.lpszComment ?? null,
      lpLocale: null,
      dwDisplayHint: 0,
      dwVersion: result.lpVersion?.dwVersion ?? 0,
      dwTime: 0,
      lpMachineName: null,
      lpServiceAddress: addresses.length === 0 ? null : { dwAddressCount: addresses.length, Addresses: addresses },
      ServiceSpecificInfo: blob ?? { cbSize: 0, pBlobData: new Uint8Array(0) },
    },
  };
}
