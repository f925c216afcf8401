import { isNull, isStructure } from '../../spi/arguments.js';
import { SOCKET_ERROR, WSAEFAULT, WSAEINVAL, type GUID, type HANDLE, type NSPV2_ROUTINE } from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { NameSpaceProviders } from './name-space-providers.js';

/** What name-space providers of version 2, and those who host them, call. */
export type NameSpaceProviderFunctions = ReturnType<typeof createNameSpaceProviderFunctions>;

/** Makes the functions for name-space providers of version 2 (ws2spi.h: WSAAdvertiseProvider and its like). */
export function createNameSpaceProviderFunctions(dispatcher: Dispatcher, providers: NameSpaceProviders) {
  function end(error: number): number {
    if (error !== 0) return dispatcher.fail(error);
    dispatcher.setLastError(0);
    return 0;
  }

  return {
    /**
     * Makes routines of version 2 the provider of a name-space entry of the catalog, in place of the module that the
     * entry names, for this instance (ws2spi.h: WSAAdvertiseProvider). The table is copied. It ends with
     * `WSAUnadvertiseProvider` or the last WSACleanup.
     *
     * @param puuidProviderId the entry's GUID
     * @param pNSPv2Routine NSPv2LookupServiceBegin, NSPv2LookupServiceNextEx and NSPv2LookupServiceEnd at least; its
     *   `host` is set
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEINVAL (`null`, a routine is missing, a malformed GUID, or
     *   the provider is advertised already), WSAEFAULT (bad pointers), WSAEINVALIDPROVIDER (no entry of the catalog)
     */
    WSAAdvertiseProvider(puuidProviderId: GUID, pNSPv2Routine: Partial<NSPV2_ROUTINE>): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      if (isNull(puuidProviderId) || isNull(pNSPv2Routine)) return dispatcher.fail(WSAEINVAL);
      if (typeof puuidProviderId !== 'string' || !isStructure(pNSPv2Routine)) return dispatcher.fail(WSAEFAULT);
      return end(providers.advertise(puuidProviderId, pNSPv2Routine));
    },

    /**
     * Takes an advertised provider back (ws2spi.h: WSAUnadvertiseProvider). Its queries are ended, and what it was
     * asked fails with WSA_E_CANCELLED.
     *
     * @param puuidProviderId the entry's GUID
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEINVAL (`null`, or not advertised), WSAEFAULT (bad
     *   pointer)
     */
    WSAUnadvertiseProvider(puuidProviderId: GUID): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      if (isNull(puuidProviderId)) return dispatcher.fail(WSAEINVAL);
      if (typeof puuidProviderId !== 'string') return dispatcher.fail(WSAEFAULT);
      return end(providers.unadvertise(puuidProviderId));
    },

    /**
     * Tells that an asynchronous call of a provider of version 2 is over (ws2spi.h: WSAProviderCompleteAsyncCall). Who
     * asked is told from the reactor's turn.
     *
     * @param hAsyncCall as the provider was given it
     * @param iRetCode 0; a WSA error; or SOCKET_ERROR, with the last error set
     * @returns 0, also for a call that was cancelled meanwhile; or SOCKET_ERROR with WSANOTINITIALISED, WSAEINVAL
     *   (`null`, no call of that handle, or one that was completed before)
     */
    WSAProviderCompleteAsyncCall(hAsyncCall: HANDLE, iRetCode: number): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      return end(providers.calls.complete(hAsyncCall, iRetCode));
    },
  };
}
