// The functions of a name-space provider of version 1 (specification: NSP_ROUTINE).
import type { InstanceHost } from './instance-host.js';
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
/**
 * Fetches a service class schema (specification: NSPGetServiceClassInfo).
 *
 * @param lpServiceClassInfo its first element names the class by `lpServiceClassId`, and is filled or replaced
 */
export type LPNSPGETSERVICECLASSINFO = (
  lpProviderId: string,
  lpdwBufSize: Ref<number>,
  lpServiceClassInfo: WSASERVICECLASSINFOW[] | null,
) => number;
/**
 * Controls a query handle (ws2spi.h: NSPIoctl). SIO_NSP_NOTIFY_CHANGE asks whether results still hold: since the query
 * was begun, or a change was told of last.
 *
 * @param lpCompletion how whoever asked is told of the end; `null` asks how it is now. The dispatcher has checked it, and
 *   begun the operation
 * @returns 0 (the end is now, and the dispatcher tells of it); or SOCKET_ERROR with WSA_IO_PENDING (the provider tells of
 *   it by `host.completeNotice`, with WSA_OPERATION_ABORTED when the query is ended), WSAEWOULDBLOCK (no completion, and
 *   the results still hold), or another error, after which nobody is told
 */
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
