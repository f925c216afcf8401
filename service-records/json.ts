// Services and classes as JSON. What is read may be anybody's: it is judged member by member.
import {
  GUID,
  SERVICE_TYPE_VALUE_TCPPORT,
  SERVICE_TYPE_VALUE_UDPPORT,
  type CSADDR_INFO,
  type WSANSCLASSINFO,
  type WSASERVICECLASSINFOW,
} from '../spi/index.js';
import type { ServiceRecord } from './record.js';

type Members = Readonly<Record<string, unknown>>;

/** A service, to be written down. */
export function recordToJson(record: ServiceRecord): Members {
  const { blob, addresses, isGone, ...others } = record;
  return {
    ...others,
    ...(isGone ? { isGone } : {}),
    blob: blob === null ? null : base64(blob),
    addresses: addresses.map(({ LocalAddr, RemoteAddr, iSocketType, iProtocol }) => ({
      local: LocalAddr.lpSockaddr === null ? null : base64(LocalAddr.lpSockaddr),
      remote: RemoteAddr.lpSockaddr === null ? null : base64(RemoteAddr.lpSockaddr),
      socketType: iSocketType,
      protocol: iProtocol,
    })),
  };
}

const texts = new WeakMap<ServiceRecord, string>();

/** The text of a service, as it is written down. It is made once: services are not changed, but replaced. */
export function recordText(record: ServiceRecord): string {
  let text = texts.get(record);
  if (text === undefined) texts.set(record, (text = JSON.stringify(recordToJson(record))));
  return text;
}

/** Reads what `recordToJson` made; `null` when it is none. */
export function recordFromJson(value: unknown): ServiceRecord | null {
  if (!isMembers(value)) return null;
  const { name, serviceClass, context, comment, version, queryString, blob, addresses, isGone } = value;
  const id = typeof serviceClass === 'string' ? GUID.parse(serviceClass) : null;
  if (!isText(name) || name === '' || id === null || !isText(context) || !Array.isArray(addresses)) return null;
  if (!isTextOrNull(comment) || !isTextOrNull(queryString)) return null;
  if (version !== null && !(typeof version === 'number' && version >>> 0 === version)) return null;
  const bytes = blob === null ? null : bytesOf(blob);
  if (bytes === undefined) return null;
  const read = addresses.map(addressFromJson);
  if (read.includes(null)) return null;
  return {
    name,
    serviceClass: id,
    context,
    comment,
    version,
    queryString,
    blob: bytes,
    addresses: read as CSADDR_INFO[],
    isGone: isGone === true,
  };
}

function addressFromJson(value: unknown): CSADDR_INFO | null {
  if (!isMembers(value)) return null;
  const { local, remote, socketType, protocol } = value;
  const LocalAddr = local === null ? null : bytesOf(local);
  const RemoteAddr = remote === null ? null : bytesOf(remote);
  if (LocalAddr === undefined || RemoteAddr === undefined) return null;
  if (!Number.isInteger(socketType) || !Number.isInteger(protocol)) return null;
  return {
    LocalAddr: { lpSockaddr: LocalAddr, iSockaddrLength: LocalAddr?.length ?? 0 },
    RemoteAddr: { lpSockaddr: RemoteAddr, iSockaddrLength: RemoteAddr?.length ?? 0 },
    iSocketType: socketType as number,
    iProtocol: protocol as number,
  };
}

/** A service class, to be written down. */
export function classToJson({ lpServiceClassId, lpszServiceClassName, lpClassInfos }: WSASERVICECLASSINFOW): Members {
  return {
    id: lpServiceClassId,
    name: lpszServiceClassName,
    values: (lpClassInfos ?? []).map(({ lpszName, dwNameSpace, dwValueType, lpValue }) => ({
      name: lpszName,
      nameSpace: dwNameSpace,
      type: dwValueType,
      value: lpValue === null ? null : base64(lpValue),
    })),
  };
}

/** Reads what `classToJson` made; `null` when it is none. */
export function classFromJson(value: unknown): WSASERVICECLASSINFOW | null {
  if (!isMembers(value)) return null;
  const { id, name, values } = value;
  const lpServiceClassId = typeof id === 'string' ? GUID.parse(id) : null;
  if (lpServiceClassId === null || !isText(name) || !Array.isArray(values)) return null;
  const read = values.map(valueFromJson);
  if (read.includes(null)) return null;
  return {
    lpServiceClassId,
    lpszServiceClassName: name,
    dwCount: read.length,
    lpClassInfos: read.length === 0 ? null : (read as WSANSCLASSINFO[]),
  };
}

function valueFromJson(value: unknown): WSANSCLASSINFO | null {
  if (!isMembers(value)) return null;
  const { name, nameSpace, type, value: bytes } = value;
  const lpValue = bytes === null ? null : bytesOf(bytes);
  if (!isTextOrNull(name) || lpValue === undefined) return null;
  if (!Number.isInteger(nameSpace) || !Number.isInteger(type)) return null;
  return {
    lpszName: name,
    dwNameSpace: nameSpace as number,
    dwValueType: type as number,
    dwValueSize: lpValue?.length ?? 0,
    lpValue,
  };
}

/** The port that a class says its services have, in host order; `null` when it says none. */
export function classPort({ lpClassInfos }: WSASERVICECLASSINFOW, protocol: 'tcp' | 'udp'): number | null {
  const wanted = protocol === 'tcp' ? SERVICE_TYPE_VALUE_TCPPORT : SERVICE_TYPE_VALUE_UDPPORT;
  const value = lpClassInfos?.find(({ lpszName }) => lpszName?.toLowerCase() === wanted.toLowerCase())?.lpValue;
  return value === null || value === undefined || value.length < 2 ? null : value[0]! | (value[1]! << 8);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return undefined;
  return Uint8Array.from(Buffer.from(value, 'base64'));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0');
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
