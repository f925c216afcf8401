// The functions of a name-space provider of version 2 (ws2spi.h).
import type { WSAQUERYSETW } from './structures/index.js';
import type { DirectLookUps } from './direct-look-ups.js';
import type { InstanceHost } from './instance-host.js';
import type {
  LPNSPGETSERVICECLASSINFO,
  LPNSPINSTALLSERVICECLASS,
  LPNSPIOCTL,
  LPNSPREMOVESERVICECLASS,
} from './name-space-provider.js';
import type { Ref } from './ref.js';
import type { HANDLE } from './transport-provider.js';

/**
 * A query of version 2 (nspapi.h: WSAQUERYSET2W). C's has no service class, because version 2 was made for mail
 * addresses; here it has one, for without it a provider could not tell a query for a host from one for a service.
 */
export type WSAQUERYSET2W = WSAQUERYSETW;

/**
 * A client session begins: an instance uses the provider for the first time (ws2spi.h: NSPv2Startup).
 *
 * @param lpProviderId the provider's GUID
 * @param ppvClientSessionArg receives anything that the other routines of this session are to be given
 * @param host what the instance offers to the provider; C's function has no such argument
 * @returns 0, or SOCKET_ERROR with the last error set
 */
export type LPNSPV2STARTUP = (lpProviderId: string, ppvClientSessionArg: Ref<unknown>, host: InstanceHost) => number;
/** A client session has ended; nothing of it is called any more (ws2spi.h: NSPv2Cleanup). */
export type LPNSPV2CLEANUP = (lpProviderId: string, pvClientSessionArg: unknown) => number;
/**
 * A client session is ending: its queries were ended, and what it still asked for nobody waits for (ws2spi.h:
 * NSPv2ClientSessionRundown).
 */
export type LPNSPV2CLIENTSESSIONRUNDOWN = (lpProviderId: string, pvClientSessionArg: unknown) => void;
/** Starts a query; must not wait (ws2spi.h: NSPv2LookupServiceBegin). */
export type LPNSPV2LOOKUPSERVICEBEGIN = (
  lpProviderId: string,
  lpqsRestrictions: WSAQUERYSET2W,
  dwControlFlags: number,
  lpvClientSessionArg: unknown,
  lphLookup: Ref<HANDLE>,
) => number;
/**
 * Fetches one result (ws2spi.h: NSPv2LookupServiceNextEx). It must not wait: the call is over when the provider has
 * called
 * `WSAProviderCompleteAsyncCall`, before it returns or at any time later.
 *
 * @param hAsyncCall names the call to `WSAProviderCompleteAsyncCall`; another one for each call
 * @param hLookup from NSPv2LookupServiceBegin
 * @param dwControlFlags `LUP_*`
 * @param lpdwBufferLength in: room in bytes; out, when the call is completed with WSAEFAULT: bytes needed
 * @param lpqsResults given the result before the call is completed with 0; `null` when there is no room
 */
export type LPNSPV2LOOKUPSERVICENEXTEX = (
  hAsyncCall: HANDLE,
  hLookup: HANDLE,
  dwControlFlags: number,
  lpdwBufferLength: Ref<number>,
  lpqsResults: WSAQUERYSET2W[] | null,
) => void;
/**
 * Ends a query; a call for its next result that is not over need not be completed any more (ws2spi.h:
 * NSPv2LookupServiceEnd).
 */
export type LPNSPV2LOOKUPSERVICEEND = (hLookup: HANDLE) => number;
/**
 * Registers or deregisters a name; over when `WSAProviderCompleteAsyncCall` was called (ws2spi.h: NSPv2SetServiceEx).
 */
export type LPNSPV2SETSERVICEEX = (
  hAsyncCall: HANDLE,
  lpProviderId: string,
  lpqsRegInfo: WSAQUERYSET2W,
  essOperation: number,
  dwControlFlags: number,
  lpvClientSessionArg: unknown,
) => void;

/**
 * What a name-space provider of version 2 does: three routines that it must have, and others that it may have:
 * those of version 2, and those of version 1 that version 2 has no other form of.
 */
export interface NSPV2_ROUTINES {
  NSPv2Startup?: LPNSPV2STARTUP;
  NSPv2Cleanup?: LPNSPV2CLEANUP;
  NSPv2LookupServiceBegin: LPNSPV2LOOKUPSERVICEBEGIN;
  NSPv2LookupServiceNextEx: LPNSPV2LOOKUPSERVICENEXTEX;
  NSPv2LookupServiceEnd: LPNSPV2LOOKUPSERVICEEND;
  NSPv2SetServiceEx?: LPNSPV2SETSERVICEEX;
  NSPv2ClientSessionRundown?: LPNSPV2CLIENTSESSIONRUNDOWN;
  NSPInstallServiceClass?: LPNSPINSTALLSERVICECLASS;
  NSPRemoveServiceClass?: LPNSPREMOVESERVICECLASS;
  NSPGetServiceClassInfo?: LPNSPGETSERVICECLASSINFO;
  NSPIoctl?: LPNSPIOCTL;
}

/** The functions of a name-space provider of version 2 (ws2spi.h: NSPV2_ROUTINE), and the host that it may use. */
export interface NSPV2_ROUTINE extends NSPV2_ROUTINES {
  /** Size of the C structure in bytes. */
  cbSize: number;
  dwMajorVersion: number;
  dwMinorVersion: number;
  /** What an instance offers its providers. Set before `NSPStartup` is called, and by `WSAAdvertiseProvider`. */
  host: InstanceHost;
  /** What the instance's own look-ups may ask in place of the routines. C's structure has no such member. */
  directLookUps?: DirectLookUps;
}

/** The names of the routines that every name-space provider of version 2 must supply. */
export const NSPV2_REQUIRED_NAMES = [
  'NSPv2LookupServiceBegin',
  'NSPv2LookupServiceNextEx',
  'NSPv2LookupServiceEnd',
] as const satisfies readonly (keyof NSPV2_ROUTINES)[];

/** The names of the routines that one may leave out. */
export const NSPV2_OPTIONAL_NAMES = [
  'NSPv2Startup',
  'NSPv2Cleanup',
  'NSPv2SetServiceEx',
  'NSPv2ClientSessionRundown',
  'NSPInstallServiceClass',
  'NSPRemoveServiceClass',
  'NSPGetServiceClassInfo',
  'NSPIoctl',
] as const satisfies readonly (keyof NSPV2_ROUTINES)[];
