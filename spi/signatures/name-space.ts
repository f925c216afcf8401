// The routines of name-space providers, versions 1 and 2, as ws2spi.h declares them.
import type { NSPV2_ROUTINES } from '../name-space-provider-v2.js';
import type { NSP_ROUTINE, NSP_ROUTINE_NAMES } from '../name-space-provider.js';
import {
  bytes,
  flags,
  given,
  inout,
  optional,
  out,
  silent,
  status,
  structure,
  structures,
  THREAD,
  type SignaturesOf,
} from './argument.js';

const PROVIDER_ID = given('lpProviderId', 'guid');
const CONTROL_FLAGS = flags('dwControlFlags');
const LOOKUP = given('hLookup', 'handle');
const CLASS_INFO = structure('lpServiceClassInfo', 'WSASERVICECLASSINFOW');
const OPERATION = given('essOperation', 'number');
const ROOM = inout('lpdwBufferLength', 'length');
const ASYNC_CALL = given('hAsyncCall', 'handle');
const SESSION = 'ClientSessionArg';

/** The signatures of the functions of NSP_ROUTINE. */
export const NSP_SIGNATURES = {
  NSPCleanup: status(PROVIDER_ID),
  NSPLookupServiceBegin: status(
    PROVIDER_ID,
    structure('lpqsRestrictions', 'WSAQUERYSETW'),
    optional(CLASS_INFO),
    CONTROL_FLAGS,
    out('lphLookup', 'handle'),
  ),
  NSPLookupServiceNext: status(
    LOOKUP,
    CONTROL_FLAGS,
    ROOM,
    optional(structures('lpqsResults', 'WSAQUERYSETW', 'lpdwBufferLength', 'out')),
  ),
  NSPLookupServiceEnd: status(LOOKUP),
  NSPSetService: status(
    PROVIDER_ID,
    optional(CLASS_INFO),
    structure('lpqsRegInfo', 'WSAQUERYSETW'),
    OPERATION,
    CONTROL_FLAGS,
  ),
  NSPInstallServiceClass: status(PROVIDER_ID, CLASS_INFO),
  NSPRemoveServiceClass: status(PROVIDER_ID, given('lpServiceClassId', 'guid')),
  NSPGetServiceClassInfo: status(
    PROVIDER_ID,
    inout('lpdwBufSize', 'length'),
    optional(structures('lpServiceClassInfo', 'WSASERVICECLASSINFOW', 'lpdwBufSize', 'out')),
  ),
  NSPIoctl: status(
    LOOKUP,
    given('dwControlCode', 'code'),
    optional(bytes('lpvInBuffer', 'cbInBuffer')),
    given('cbInBuffer', 'length'),
    optional(bytes('lpvOutBuffer', 'cbOutBuffer', 'out')),
    given('cbOutBuffer', 'length'),
    optional(out('lpcbBytesReturned', 'length')),
    optional(structure('lpCompletion', 'WSACOMPLETION')),
    THREAD,
  ),
} as const satisfies SignaturesOf<NSP_ROUTINE, (typeof NSP_ROUTINE_NAMES)[number] | 'NSPIoctl'>;

/** The signatures of the functions of NSPV2_ROUTINE. */
export const NSPV2_SIGNATURES = {
  NSPv2Startup: status(PROVIDER_ID, out(`ppv${SESSION}`, 'any'), given('host', 'any')),
  NSPv2Cleanup: status(PROVIDER_ID, given(`pv${SESSION}`, 'any')),
  NSPv2LookupServiceBegin: status(
    PROVIDER_ID,
    structure('lpqsRestrictions', 'WSAQUERYSET2W'),
    CONTROL_FLAGS,
    given(`lpv${SESSION}`, 'any'),
    out('lphLookup', 'handle'),
  ),
  NSPv2LookupServiceNextEx: silent(
    ASYNC_CALL,
    LOOKUP,
    CONTROL_FLAGS,
    ROOM,
    optional(structures('lpqsResults', 'WSAQUERYSET2W', 'lpdwBufferLength', 'out')),
  ),
  NSPv2LookupServiceEnd: status(LOOKUP),
  NSPv2SetServiceEx: silent(
    ASYNC_CALL,
    PROVIDER_ID,
    structure('lpqsRegInfo', 'WSAQUERYSET2W'),
    OPERATION,
    CONTROL_FLAGS,
    given(`lpv${SESSION}`, 'any'),
  ),
  NSPv2ClientSessionRundown: silent(PROVIDER_ID, given(`pv${SESSION}`, 'any')),
  NSPInstallServiceClass: NSP_SIGNATURES.NSPInstallServiceClass,
  NSPRemoveServiceClass: NSP_SIGNATURES.NSPRemoveServiceClass,
  NSPGetServiceClassInfo: NSP_SIGNATURES.NSPGetServiceClassInfo,
  NSPIoctl: NSP_SIGNATURES.NSPIoctl,
} as const satisfies SignaturesOf<NSPV2_ROUTINES, keyof NSPV2_ROUTINES>;
