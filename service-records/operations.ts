// What registering, deregistering and deleting do to a service (specification: WSASetService; NSPSetService has the table).
import { AF_INET, AF_INET6, AF_UNSPEC, sameBytes, WSAEINVAL, type CSADDR_INFO, type GUID } from '../spi/index.js';
import { contextOf, type ServiceRecord } from './record.js';

/** What a registration says; a name space's registration has these members. */
export interface Registration {
  readonly name: string;
  readonly serviceClass: GUID | null;
  readonly addresses: readonly CSADDR_INFO[];
  readonly comment: string | null;
  readonly blob: Uint8Array | null;
  readonly version: number | null;
  readonly queryString: string | null;
  readonly context: string | null;
  /** SERVICE_MULTIPLE: its addresses are some of several. */
  readonly isOneOfSeveral: boolean;
}

/** In a CSADDR_INFO, every protocol. */
const IPROTOCOL_ANY = -1;

/** A registration that names a service. */
export type SoundRegistration = Registration & { readonly serviceClass: GUID };

/**
 * Sees that a registration names a service, and that its addresses are some.
 *
 * @returns the registration; or WSAEINVAL without a name or a class, or with an address that has no SOCKADDR
 */
export function checkRegistration(registration: Registration): SoundRegistration | number {
  const { name, serviceClass, addresses } = registration;
  if (name === '' || name.includes('\0') || serviceClass === null) return WSAEINVAL;
  return addresses.every(isSoundAddress) ? (registration as SoundRegistration) : WSAEINVAL;
}

function isSoundAddress({ LocalAddr, RemoteAddr }: CSADDR_INFO): boolean {
  const given = [LocalAddr.lpSockaddr, RemoteAddr.lpSockaddr].filter((each) => each !== null);
  return given.length > 0 && given.every(isSockaddr);
}

function isSockaddr(bytes: Uint8Array): boolean {
  if (bytes.length < 2 || bytes.length > 128) return false;
  const family = bytes[0]! | (bytes[1]! << 8);
  if (family === AF_INET) return bytes.length >= 16;
  return family === AF_INET6 ? bytes.length >= 28 : family !== AF_UNSPEC;
}

/**
 * What a service is after it was registered: in place of what it was, or with addresses more.
 *
 * @param present what it was; `undefined` for nothing
 */
export function registered(present: ServiceRecord | undefined, registration: SoundRegistration): ServiceRecord {
  const { name, serviceClass, context, comment, version, queryString, blob, addresses, isOneOfSeveral } = registration;
  const fresh: ServiceRecord = {
    name,
    serviceClass,
    context: contextOf(context ?? ''),
    comment,
    version,
    queryString,
    blob,
    addresses: distinct(addresses),
    isGone: false,
  };
  if (present === undefined || !isOneOfSeveral) return fresh;
  return {
    ...fresh,
    comment: comment ?? present.comment,
    version: version ?? present.version,
    queryString: queryString ?? present.queryString,
    blob: blob ?? present.blob,
    addresses: distinct([...present.addresses, ...addresses]),
  };
}

/**
 * What is left of a service that was deregistered, or deleted: some addresses, its name, or nothing.
 *
 * @param forget whether a service without addresses is forgotten (RNRSERVICE_DELETE)
 * @returns `null` for nothing
 */
export function deregistered(
  present: ServiceRecord,
  registration: Registration,
  forget: boolean,
): ServiceRecord | null {
  const { addresses, isOneOfSeveral } = registration;
  const left = isOneOfSeveral
    ? present.addresses.filter((each) => !addresses.some((taken) => isSame(taken, each)))
    : [];
  if (left.length > 0) return { ...present, addresses: left };
  return forget ? null : { ...present, addresses: [], isGone: true };
}

function distinct(addresses: readonly CSADDR_INFO[]): CSADDR_INFO[] {
  const found: CSADDR_INFO[] = [];
  for (const each of addresses) if (!found.some((other) => isSame(each, other))) found.push(each);
  return found;
}

function isSame(a: CSADDR_INFO, b: CSADDR_INFO): boolean {
  return (
    a.iSocketType === b.iSocketType &&
    (a.iProtocol === b.iProtocol || a.iProtocol === IPROTOCOL_ANY) &&
    sameName(a.LocalAddr.lpSockaddr, b.LocalAddr.lpSockaddr) &&
    sameName(a.RemoteAddr.lpSockaddr, b.RemoteAddr.lpSockaddr)
  );
}

function sameName(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : sameBytes(a, b);
}
