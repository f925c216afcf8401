/**
 * The name-space provider of the hosts, services and protocols files.
 *
 * @module
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  GUID,
  LUP_CONTAINERS,
  LUP_FLUSHCACHE,
  NS_DNS,
  SOCKET_ERROR,
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  WSAEINVAL,
  WSAEINVALIDPROVIDER,
  WSAEOPNOTSUPP,
  WSANO_DATA,
  WSAQUERYSETW,
  type HANDLE,
  type InstanceHost,
  type LPNSPSTARTUP,
  type NSP_ROUTINE,
} from '../../../spi/index.js';
import { BUILT_IN_SERVICES } from './built-in-services.js';
import { DatabaseFile } from './database-file.js';
import { parseHosts } from './hosts.js';
import { Lookup } from './lookup.js';
import { parseProtocols } from './protocols.js';
import { answer, type Databases } from './query.js';
import { parseServices } from './services.js';

export { SVCID_WS2SPI_PROTOCOLBYNAME } from './query.js';

/** Where the provider finds what it serves; the system's own files for what is left out. */
export interface FilesNameSpaceOptions {
  /** Path of the hosts file; without one there, `localhost` and the machine's own name are known. */
  readonly hosts?: string;
  /** Path of the services file; without one there, those of Windows are known. */
  readonly services?: string;
  /** Path of the protocols file. */
  readonly protocols?: string;
  /** The machine's name; what the system says if absent. */
  readonly hostname?: string;
  /** The name space that the provider is installed for; NS_DNS if absent. */
  readonly nameSpace?: number;
}

// NSPIoctl is not there.
const NSP_ROUTINE_SIZE = 44;

function systemFile(name: string): string {
  const folder =
    process.platform === 'win32' ? join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32\\drivers\\etc') : '/etc';
  return join(folder, name);
}

/**
 * Makes a provider of given files. A file is read at the first query, and again when it has changed.
 *
 * @param options where the files are
 * @returns the provider's NSPStartup, which may be called any number of times; each call has its own state
 */
export function createFilesNameSpace(options: FilesNameSpaceOptions = {}): LPNSPSTARTUP {
  return (lpProviderId, lpnspRoutines) => {
    const providerId = GUID.parse(lpProviderId);
    if (providerId === null) {
      lpnspRoutines.host.setLastError(WSAEINVAL);
      return SOCKET_ERROR;
    }
    Object.assign(lpnspRoutines, createRoutines(providerId, lpnspRoutines.host, options));
    return 0;
  };
}

/** Starts the provider of the system's own files (specification: NSPStartup). */
export const NSPStartup: LPNSPSTARTUP = createFilesNameSpace();

function createRoutines(
  providerId: GUID,
  host: InstanceHost,
  options: FilesNameSpaceOptions,
): Omit<NSP_ROUTINE, 'host'> {
  const nameSpace = options.nameSpace ?? NS_DNS;
  const databases = openDatabases(host, options);
  const lookups = new Map<HANDLE, Lookup>();
  let isClean = false;

  const done = (error: number): number => {
    if (error === 0) return 0;
    host.setLastError(error);
    return SOCKET_ERROR;
  };
  const isOther = (id: unknown): boolean => typeof id !== 'string' || GUID.parse(id) !== providerId;
  // Files are changed by those who own them, not through queries.
  const notSupported = (): number => done(WSAEOPNOTSUPP);

  return {
    cbSize: NSP_ROUTINE_SIZE,
    dwMajorVersion: 1,
    dwMinorVersion: 0,

    NSPCleanup(lpProviderId) {
      if (isOther(lpProviderId) || isClean) return done(WSAEINVAL);
      isClean = true;
      for (const handle of lookups.keys()) host.releaseHandle(handle);
      lookups.clear();
      return 0;
    },

    NSPLookupServiceBegin(lpProviderId, lpqsRestrictions, _lpServiceClassInfo, dwControlFlags, lphLookup) {
      if (isOther(lpProviderId)) return done(WSAEINVALIDPROVIDER);
      if (isClean || !((lpqsRestrictions as WSAQUERYSETW | null)?.dwSize! >= WSAQUERYSETW.size)) return done(WSAEINVAL);
      if ((dwControlFlags & LUP_CONTAINERS) !== 0) return done(WSANO_DATA);
      const items = answer(databases((dwControlFlags & LUP_FLUSHCACHE) !== 0), lpqsRestrictions, nameSpace);
      if (typeof items === 'number') return done(items);
      const handle = host.allocateHandle();
      const queryString = lpqsRestrictions.lpszQueryString ?? null;
      lookups.set(handle, new Lookup(items, dwControlFlags, queryString, providerId, nameSpace));
      lphLookup.value = handle;
      return 0;
    },

    NSPLookupServiceNext(hLookup, dwControlFlags, lpdwBufferLength, lpqsResults) {
      const lookup = lookups.get(hLookup);
      if (lookup === undefined) return done(WSA_INVALID_HANDLE);
      if (typeof (lpdwBufferLength as { value?: unknown } | null)?.value !== 'number') return done(WSAEFAULT);
      return done(lookup.next(dwControlFlags, lpdwBufferLength, lpqsResults ?? null));
    },

    NSPLookupServiceEnd(hLookup) {
      if (!lookups.delete(hLookup)) return done(WSA_INVALID_HANDLE);
      host.releaseHandle(hLookup);
      return 0;
    },

    NSPSetService: notSupported,
    NSPInstallServiceClass: notSupported,
    NSPRemoveServiceClass: notSupported,
    NSPGetServiceClassInfo: notSupported,
  };
}

function openDatabases(host: InstanceHost, options: FilesNameSpaceOptions): (fresh: boolean) => Databases {
  const unreadable = (path: string) => (cause: unknown) =>
    host.report({ message: `the files name space could not read ${path}`, cause });
  const open = <T>(path: string, parse: ConstructorParameters<typeof DatabaseFile<T>>[1], whenMissing: T) =>
    new DatabaseFile(path, parse, whenMissing, unreadable(path));

  const protocolsName = process.platform === 'win32' ? 'protocol' : 'protocols';
  const hosts = open(options.hosts ?? systemFile('hosts'), parseHosts, []);
  const services = open(options.services ?? systemFile('services'), parseServices, [...BUILT_IN_SERVICES]);
  const protocols = open(options.protocols ?? systemFile(protocolsName), parseProtocols, []);
  // A query looks only at the files that it needs.
  const databases: Databases = {
    get hosts() {
      return hosts.read();
    },
    get services() {
      return services.read();
    },
    get protocols() {
      return protocols.read();
    },
    // A machine without a name has one that can be resolved all the same (specification: gethostname).
    get hostName() {
      return (options.hostname ?? hostname()) || 'localhost';
    },
  };
  return (fresh) => {
    if (fresh) for (const file of [hosts, services, protocols]) file.forget();
    return databases;
  };
}
