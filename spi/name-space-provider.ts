import type { InstanceHost } from './instance-host.js';
import type { NSPV2_ROUTINE } from './name-space-provider-v2.js';
import type { Ref } from './ref.js';
import type { WSACOMPLETION, WSAQUERYSETW, WSASERVICECLASSINFOW, WSATHREADID } from './structures/index.js';
import type { HANDLE } from './transport-provider.js';

/** Drops one reference to the provider (specification: NSPCleanup). */
export type LPNSPCLEANUP = (lpProviderId: string) => number;
/** Starts a query; must not wait (specification: NSPLookupServiceBegin). */
export type LPNSPLOOKUPSERVICEBEGIN = (
  lpProviderId: string,
  lpqsRestrictions: WSAQUERYSETW,
  lpServiceClassInfo: WSASERVICECLASSINFOW | null,
  dwControlFlags: number,
  lphLookup: Ref<HANDLE>,
) => number;
/** Fetches one result (specification: NSPLookupServiceNext). */
export type LPNSPLOOKUPSERVICENEXT = (
  hLookup: HANDLE,
  dwControlFlags: number,
  lpdwBufferLength: Ref<number>,
  lpqsResults: WSAQUERYSETW[] | null,
) => number;
/** Frees a query (specification: NSPLookupServiceEnd). */
export type LPNSPLOOKUPSERVICEEND = (hLookup: HANDLE) => number;
/** Registers, deregisters or deletes a service instance (specification: NSPSetService). */
export type LPNSPSETSERVICE = (
  lpProviderId: string,
  lpServiceClassInfo: WSASERVICECLASSINFOW | null,
  lpqsRegInfo: WSAQUERYSETW,
  essOperation: number,
  dwControlFlags: number,
) => number;
/** Registers a service class schema (specification: NSPInstallServiceClass). */
export type LPNSPINSTALLSERVICECLASS = (lpProviderId: string, lpServiceClassInfo: WSASERVICECLASSINFOW) => number;
/** Removes a service class schema (specification: NSPRemoveServiceClass). */
export type LPNSPREMOVESERVICECLASS = (lpProviderId: string, lpServiceClassId: string) => number;
/** Fetches a service class schema (specification: NSPGetServiceClassInfo). */
export type LPNSPGETSERVICECLASSINFO = (
  lpProviderId: string,
  lpdwBufSize: Ref<number>,
  lpServiceClassInfo: WSASERVICECLASSINFOW[] | null,
) => number;
/** Controls a query handle (ws2spi.h: NSPIoctl). */
export type LPNSPIOCTL = (
  hLookup: HANDLE,
  dwControlCode: number,
  lpvInBuffer: Uint8Array | null,
  cbInBuffer: number,
  lpvOutBuffer: Uint8Array | null,
  cbOutBuffer: number,
  lpcbBytesReturned: Ref<number> | null,
  lpCompletion: WSACOMPLETION | null,
  lpThreadId: WSATHREADID | null,
) => number;

/** The functions of a name-space provider (ws2spi.h: NSP_ROUTINE), and the host that it may use. */
export interface NSP_ROUTINE {
  /** Size of the C structure in bytes; 44 without `NSPIoctl`, 48 with it. */
  cbSize: number;
  dwMajorVersion: number;
  dwMinorVersion: number;
  NSPCleanup: LPNSPCLEANUP;
  NSPLookupServiceBegin: LPNSPLOOKUPSERVICEBEGIN;
  NSPLookupServiceNext: LPNSPLOOKUPSERVICENEXT;
  NSPLookupServiceEnd: LPNSPLOOKUPSERVICEEND;
  NSPSetService: LPNSPSETSERVICE;
  NSPInstallServiceClass: LPNSPINSTALLSERVICECLASS;
  NSPRemoveServiceClass: LPNSPREMOVESERVICECLASS;
  NSPGetServiceClassInfo: LPNSPGETSERVICECLASSINFO;
  NSPIoctl?: LPNSPIOCTL;
  /** What an instance offers its providers. Set before `NSPStartup` is called. */
  host: InstanceHost;
}

/** The names of the routines that every name-space provider must supply. */
export const NSP_ROUTINE_NAMES = [
  'NSPCleanup',
  'NSPLookupServiceBegin',
  'NSPLookupServiceNext',
  'NSPLookupServiceEnd',
  'NSPSetService',
  'NSPInstallServiceClass',
  'NSPRemoveServiceClass',
  'NSPGetServiceClassInfo',
] as const satisfies readonly (keyof NSP_ROUTINE)[];

/**
 * The function that a name-space provider exports (specification: NSPStartup).
 *
 * @param lpProviderId the provider's GUID
 * @param lpnspRoutines filled with the provider's routines; `host` is set by the caller. A provider of version 2 puts
 *   the NSPv2 routines there instead
 * @returns 0, or SOCKET_ERROR with the last error set through `lpnspRoutines.host.setLastError`
 */
export type LPNSPSTARTUP = (lpProviderId: string, lpnspRoutines: NSP_ROUTINE & Partial<NSPV2_ROUTINE>) => number;
