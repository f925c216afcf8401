import {
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  WSAEINVAL,
  WSAEINVALIDPROVIDER,
  WSASYSCALLFAILURE,
  type HANDLE,
  type InstanceHost,
  type NSPV2_ROUTINES,
} from '../spi/index.js';
import type { FetchListener } from './look-up.js';
import type { Provider } from './provider.js';

/** What completes a call of NSPv2LookupServiceNextEx. */
class AsyncFetch implements FetchListener {
  constructor(
    private readonly host: InstanceHost,
    private readonly handle: HANDLE,
  ) {}

  fetched(error: number): void {
    this.host.WSAProviderCompleteAsyncCall(this.handle, error);
  }
}

/** Makes the routines of a name space for version 2 of the interface, which waits for nothing. */
export function routinesOfVersion2(provider: Provider): NSPV2_ROUTINES {
  return {
    NSPv2Startup(lpProviderId, ppvClientSessionArg, host) {
      if (provider.isOther(lpProviderId)) return provider.done(WSAEINVALIDPROVIDER);
      const use = provider.begin(host);
      if (use === null) return provider.done(WSASYSCALLFAILURE);
      ppvClientSessionArg.value = use;
      return 0;
    },

    NSPv2ClientSessionRundown(_lpProviderId, pvClientSessionArg) {
      provider.end(pvClientSessionArg);
    },

    NSPv2Cleanup(lpProviderId, pvClientSessionArg) {
      if (provider.isOther(lpProviderId)) return provider.done(WSAEINVAL);
      provider.end(pvClientSessionArg);
      return 0;
    },

    NSPv2LookupServiceBegin(lpProviderId, lpqsRestrictions, dwControlFlags, lpvClientSessionArg, lphLookup) {
      if (provider.isOther(lpProviderId)) return provider.done(WSAEINVALIDPROVIDER);
      const use = provider.useOf(lpvClientSessionArg);
      return provider.done(
        use === undefined ? WSAEINVAL : provider.open(use, lpqsRestrictions, dwControlFlags, lphLookup),
      );
    },

    NSPv2LookupServiceNextEx(hAsyncCall, hLookup, dwControlFlags, lpdwBufferLength, lpqsResults) {
      const found = provider.find(hLookup);
      if (found === null || typeof (lpdwBufferLength as { value?: unknown } | null)?.value !== 'number') {
        provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, found === null ? WSA_INVALID_HANDLE : WSAEFAULT);
        return;
      }
      const { lookUp } = found.query;
      lookUp.fetch(new AsyncFetch(found.use.host, hAsyncCall), dwControlFlags, lpdwBufferLength, lpqsResults ?? null);
    },

    NSPv2LookupServiceEnd(hLookup) {
      const found = provider.find(hLookup);
      if (found === null) return provider.done(WSA_INVALID_HANDLE);
      found.use.close(hLookup);
      return 0;
    },

    NSPv2SetServiceEx(hAsyncCall, lpProviderId, lpqsRegInfo, essOperation, dwControlFlags, lpvClientSessionArg) {
      const use = provider.useOf(lpvClientSessionArg);
      const ended = (error: number): void => {
        (use ?? provider).host.WSAProviderCompleteAsyncCall(hAsyncCall, error);
      };
      if (use === undefined || provider.isOther(lpProviderId)) ended(WSAEINVAL);
      else provider.setService(use, lpqsRegInfo, essOperation, dwControlFlags, ended);
    },
  };
}
