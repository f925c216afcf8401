import type { WSAQUERYSETW } from './structures/index.js';
import type { InstanceHost } from './instance-host.js';
import type { Ref } from './ref.js';
import type { HANDLE } from './transport-provider.js';

/** A query of version 2: as WSAQUERYSET, without a service class (nspapi.h: WSAQUERYSET2W). */
export type WSAQUERYSET2W = Omit<WSAQUERYSETW, 'lpServiceClassId'>;

/** A client session begins (ws2spi.h: NSPv2Startup). */
export type LPNSPV2STARTUP = (lpProviderId: string, ppvClientSessionArg: Ref<unknown>) => number;
/** A client session ended (ws2spi.h: NSPv2Cleanup). */
export type LPNSPV2CLEANUP = (lpProviderId: string, pvClientSessionArg: unknown) => number;
/** A client session is being torn down (ws2spi.h: NSPv2ClientSessionRundown). */
export type LPNSPV2CLIENTSESSIONRUNDOWN = (lpProviderId: string, pvClientSessionArg: unknown) => void;
/** Starts a query (ws2spi.h: NSPv2LookupServiceBegin). */
export type LPNSPV2LOOKUPSERVICEBEGIN = (
  lpProviderId: string,
  lpqsRestrictions: WSAQUERYSET2W,
  dwControlFlags: number,
  lpvClientSessionArg: unknown,
  lphLookup: Ref<HANDLE>,
) => number;
/** Fetches one result, at once or through `WSAProviderCompleteAsyncCall` (ws2spi.h: NSPv2LookupServiceNextEx). */
export type LPNSPV2LOOKUPSERVICENEXTEX = (
  hAsyncCall: HANDLE | null,
  hLookup: HANDLE,
  dwControlFlags: number,
  lpdwBufferLength: Ref<number>,
  lpqsResults: WSAQUERYSET2W[] | null,
) => void;
/** Ends a query (ws2spi.h: NSPv2LookupServiceEnd). */
export type LPNSPV2LOOKUPSERVICEEND = (hLookup: HANDLE) => number;
/** Registers or deregisters a name (ws2spi.h: NSPv2SetServiceEx). */
export type LPNSPV2SETSERVICEEX = (
  hAsyncCall: HANDLE | null,
  lpProviderId: string,
  lpqsRegInfo: WSAQUERYSET2W,
  essOperation: number,
  dwControlFlags: number,
  lpvClientSessionArg: unknown,
) => void;

/** The functions of a name-space provider of version 2 (ws2spi.h: NSPV2_ROUTINE). */
export interface NSPV2_ROUTINE {
  /** Size of the C structure in bytes. */
  cbSize: number;
  dwMajorVersion: number;
  dwMinorVersion: number;
  NSPv2Startup?: LPNSPV2STARTUP;
  NSPv2Cleanup?: LPNSPV2CLEANUP;
  NSPv2LookupServiceBegin: LPNSPV2LOOKUPSERVICEBEGIN;
  NSPv2LookupServiceNextEx: LPNSPV2LOOKUPSERVICENEXTEX;
  NSPv2LookupServiceEnd: LPNSPV2LOOKUPSERVICEEND;
  NSPv2SetServiceEx?: LPNSPV2SETSERVICEEX;
  NSPv2ClientSessionRundown?: LPNSPV2CLIENTSESSIONRUNDOWN;
  /** What an instance offers its providers. */
  host: InstanceHost;
}
