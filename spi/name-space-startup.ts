// How a name-space provider is started.
import type { NSP_ROUTINE } from './name-space-provider.js';
import type { NSPV2_ROUTINE } from './name-space-provider-v2.js';

/**
 * The function that a name-space provider exports (specification: NSPStartup).
 *
 * @param lpProviderId the provider's GUID
 * @param lpnspRoutines filled with the provider's routines; `host` is set by the caller. A provider of version 2 puts
 *   the NSPv2 routines there instead
 * @returns 0, or SOCKET_ERROR with the last error set through `lpnspRoutines.host.setLastError`
 */
export type LPNSPSTARTUP = (lpProviderId: string, lpnspRoutines: NSP_ROUTINE & Partial<NSPV2_ROUTINE>) => number;
