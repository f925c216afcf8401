// What a query or a registration was begun with, kept as it was then.
import { areBytes, isLength, isNull, isStructure } from '../../spi/arguments.js';
import {
  AF_UNSPEC,
  copyOfBytes,
  GUID,
  NS_ALL,
  NS_SAP,
  WSAEFAULT,
  WSAEINVAL,
  WSAQUERYSETW,
  type AFPROTOCOLS,
  type BLOB,
  type CSADDR_INFO,
  type SOCKET_ADDRESS,
} from '../../spi/index.js';
import type { CatalogNameSpace } from '../../catalog/index.js';

const AF_IPX = 6;

/**
 * Copies what a query set asks for, so that a query goes by what it was begun with. What the specification has queries
 * ignore is left out: comment, addresses and output flags.
 *
 * @param value the caller's query set
 * @returns the copy; WSAEFAULT when a member has the wrong type, WSAEINVAL when `dwSize` is too small or a GUID
 *   malformed
 */
export function copyRestrictions(value: unknown): WSAQUERYSETW | number {
  if (!isStructure(value)) return WSAEFAULT;
  const { dwSize, dwNameSpace = NS_ALL, dwNumberOfProtocols, lpafpProtocols, lpVersion, lpBlob } = value;
  if (typeof dwNameSpace !== 'number' || (!isNull(dwSize) && typeof dwSize !== 'number')) return WSAEFAULT;
  const texts = ['lpszServiceInstanceName', 'lpszContext', 'lpszQueryString', 'lpServiceClassId', 'lpNSProviderId'];
  if (texts.some((name) => !isNull(value[name]) && typeof value[name] !== 'string')) return WSAEFAULT;
  if (!isNull(lpVersion) && !isStructure(lpVersion)) return WSAEFAULT;
  if (!isNull(lpBlob) && !isBlob(lpBlob)) return WSAEFAULT;
  const protocols = copyProtocols(lpafpProtocols, dwNumberOfProtocols);
  if (protocols === null) return WSAEFAULT;

  if (isNull(dwSize) || dwSize < WSAQUERYSETW.size) return WSAEINVAL;
  const text = (name: string): string | null => (value[name] as string | null | undefined) ?? null;
  const [serviceClass, provider] = [text('lpServiceClassId'), text('lpNSProviderId')];
  const lpServiceClassId = serviceClass === null ? null : GUID.parse(serviceClass);
  const lpNSProviderId = provider === null ? null : GUID.parse(provider);
  if ((serviceClass !== null && lpServiceClassId === null) || (provider !== null && lpNSProviderId === null)) {
    return WSAEINVAL;
  }
  return {
    dwSize: WSAQUERYSETW.size,
    lpszServiceInstanceName: text('lpszServiceInstanceName'),
    lpServiceClassId,
    lpVersion: isNull(lpVersion) ? null : ({ ...lpVersion } as unknown as WSAQUERYSETW['lpVersion'] & object),
    dwNameSpace,
    lpNSProviderId,
    lpszContext: text('lpszContext'),
    dwNumberOfProtocols: protocols.length,
    lpafpProtocols: protocols.length === 0 ? null : protocols,
    lpszQueryString: text('lpszQueryString'),
    lpBlob: isNull(lpBlob) ? null : { cbSize: lpBlob.cbSize, pBlobData: copyOfBytes(lpBlob.pBlobData, lpBlob.cbSize) },
  };
}

function isBlob(value: unknown): value is BLOB {
  return isStructure(value) && areBytes(value['pBlobData'], value['cbSize']);
}

// The pairs that count; null for a bad pointer.
function copyProtocols(list: unknown, count: unknown): AFPROTOCOLS[] | null {
  if (isNull(list)) return isNull(count) || count === 0 ? [] : null;
  if (!Array.isArray(list)) return null;
  const length = isNull(count) ? list.length : count;
  if (!isLength(length, list.length)) return null;
  const pairs: unknown[] = list.slice(0, length);
  const areSound = pairs.every(
    (pair) => isStructure(pair) && typeof pair['iAddressFamily'] === 'number' && typeof pair['iProtocol'] === 'number',
  );
  return areSound ? (pairs as AFPROTOCOLS[]).map((pair) => ({ ...pair })) : null;
}

/**
 * Copies what a registration says.
 *
 * @param value the caller's query set
 * @returns the copy; WSAEFAULT when a member has the wrong type, WSAEINVAL when `dwSize` is too small or a GUID
 *   malformed
 */
export function copyRegistration(value: unknown): WSAQUERYSETW | number {
  const copy = copyRestrictions(value);
  if (typeof copy === 'number') return copy;
  const { lpszComment, lpcsaBuffer, dwNumberOfCsAddrs } = value as Record<string, unknown>;
  if (!isNull(lpszComment) && typeof lpszComment !== 'string') return WSAEFAULT;
  const addresses = copyAddresses(lpcsaBuffer, dwNumberOfCsAddrs);
  if (addresses === null) return WSAEFAULT;
  return {
    ...copy,
    lpszComment: lpszComment ?? null,
    dwNumberOfCsAddrs: addresses.length,
    lpcsaBuffer: addresses.length === 0 ? null : addresses,
  };
}

// The addresses that count; null for a bad pointer.
function copyAddresses(list: unknown, count: unknown): CSADDR_INFO[] | null {
  if (isNull(list)) return isNull(count) || count === 0 ? [] : null;
  if (!Array.isArray(list)) return null;
  const length = isNull(count) ? list.length : count;
  if (!isLength(length, list.length)) return null;
  const copies = (list as unknown[]).slice(0, length).map((each): CSADDR_INFO | null => {
    if (!isStructure(each)) return null;
    const { iSocketType, iProtocol } = each;
    const LocalAddr = copyAddress(each['LocalAddr']);
    const RemoteAddr = copyAddress(each['RemoteAddr']);
    if (LocalAddr === null || RemoteAddr === null) return null;
    if (typeof iSocketType !== 'number' || typeof iProtocol !== 'number') return null;
    return { LocalAddr, RemoteAddr, iSocketType, iProtocol };
  });
  return copies.includes(null) ? null : (copies as CSADDR_INFO[]);
}

function copyAddress(value: unknown): SOCKET_ADDRESS | null {
  if (!isStructure(value)) return null;
  const { lpSockaddr, iSockaddrLength } = value;
  if (isNull(lpSockaddr)) return { lpSockaddr: null, iSockaddrLength: 0 };
  if (!areBytes(lpSockaddr, iSockaddrLength)) return null;
  return {
    lpSockaddr: copyOfBytes(lpSockaddr, iSockaddrLength as number),
    iSockaddrLength: iSockaddrLength as number,
  };
}

/**
 * Copies a query set with all that it points to, each member looked at once: neither who has it nor who gets the copy
 * sees what the other one does to it.
 *
 * @throws TypeError when a member is of the wrong type
 */
export function cloneQuerySet(value: WSAQUERYSETW): WSAQUERYSETW {
  const { dwSize, lpszServiceInstanceName, lpServiceClassId, lpVersion, lpszComment, dwNameSpace, lpNSProviderId } =
    value;
  const { lpszContext, dwNumberOfProtocols, lpafpProtocols, lpszQueryString, dwNumberOfCsAddrs, lpcsaBuffer } = value;
  const { dwOutputFlags, lpBlob } = value;
  // All of one shape: very many of them may be kept.
  return {
    dwSize,
    lpszServiceInstanceName,
    lpServiceClassId,
    lpVersion: isNull(lpVersion) ? lpVersion : { ...lpVersion },
    lpszComment,
    dwNameSpace,
    lpNSProviderId,
    lpszContext,
    dwNumberOfProtocols,
    lpafpProtocols: isNull(lpafpProtocols) ? lpafpProtocols : lpafpProtocols.map((pair) => ({ ...pair })),
    lpszQueryString,
    dwNumberOfCsAddrs,
    lpcsaBuffer: isNull(lpcsaBuffer) ? lpcsaBuffer : lpcsaBuffer.map(cloneCsaddr),
    dwOutputFlags,
    lpBlob: isNull(lpBlob) ? lpBlob : cloneBlob(lpBlob),
  };
}

function cloneCsaddr({ LocalAddr, RemoteAddr, iSocketType, iProtocol }: CSADDR_INFO): CSADDR_INFO {
  return { LocalAddr: cloneAddress(LocalAddr), RemoteAddr: cloneAddress(RemoteAddr), iSocketType, iProtocol };
}

function cloneAddress({ lpSockaddr, iSockaddrLength }: SOCKET_ADDRESS): SOCKET_ADDRESS {
  return { lpSockaddr: isNull(lpSockaddr) ? null : copyOfBytes(lpSockaddr, lpSockaddr.length), iSockaddrLength };
}

function cloneBlob({ cbSize, pBlobData }: BLOB): BLOB {
  return { cbSize, pBlobData: copyOfBytes(pBlobData, pBlobData.length) };
}

/** By what the providers of a query are chosen. */
export interface ProviderChoice {
  /** In capitals; `null` for any. */
  readonly providerId: GUID | null;
  /** `NS_*`; NS_ALL for any. */
  readonly nameSpace: number;
  readonly protocols: readonly AFPROTOCOLS[] | null;
}

/** What a query set says of the providers that it is for. */
export function choiceOf({ lpNSProviderId, dwNameSpace = NS_ALL, lpafpProtocols }: WSAQUERYSETW): ProviderChoice {
  return { providerId: lpNSProviderId ?? null, nameSpace: dwNameSpace, protocols: lpafpProtocols ?? null };
}

/**
 * Which providers a query goes to, in catalog order; disabled ones are left out.
 *
 * @param nameSpaces the catalog
 * @param choice names the provider, or else the name space and the protocols
 * @returns the entries, maybe none; WSAEINVAL when the provider that is named is not in the catalog
 */
export function selectNameSpaces(
  nameSpaces: readonly CatalogNameSpace[],
  { providerId, nameSpace, protocols }: ProviderChoice,
): CatalogNameSpace[] | number {
  if (providerId !== null) {
    const named = nameSpaces.filter(({ info }) => info.NSProviderId.toUpperCase() === providerId);
    return named.length > 0 ? named.filter(({ info }) => info.fActive) : WSAEINVAL;
  }
  return nameSpaces.filter(({ info }) => {
    if (!info.fActive || (nameSpace !== NS_ALL && info.dwNameSpace !== nameSpace)) return false;
    // The catalog does not say which families a name space knows; of this one it is known.
    if (info.dwNameSpace !== NS_SAP || protocols === null) return true;
    return protocols.some(({ iAddressFamily }) => [AF_UNSPEC, AF_IPX].includes(iAddressFamily));
  });
}
