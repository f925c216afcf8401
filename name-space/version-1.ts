import {
  GUID,
  WSA_E_CANCELLED,
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  WSAEINVAL,
  WSAEINVALIDPROVIDER,
  WSAEOPNOTSUPP,
  WSASYSCALLFAILURE,
  type NSP_ROUTINE,
  type NSP_ROUTINE_NAMES,
} from '../spi/index.js';
import type { NameSpaceHooks } from './definition.js';
import type { FetchListener } from './look-up.js';
import type { Provider } from './provider.js';
import { askOfClass, giveClass, type ClassAnswer } from './service-classes.js';
import { waitFor } from './settlement.js';
import type { Use } from './use.js';

/** What a call of NSPLookupServiceNext waits for. */
class WaitedFetch implements FetchListener {
  error: number | null = null;

  fetched(error: number): void {
    this.error = error;
  }
}

function takesRegistrations(hooks: NameSpaceHooks): boolean {
  return [hooks.register, hooks.deregister, hooks.delete].some((hook) => hook !== undefined);
}

/**
 * Makes the routines of a name space for version 1 of the interface: those that version 2 lacks, and the others for those
 * who know no version 2, in which they wait for the author.
 */
export function routinesOfVersion1(
  provider: Provider,
): Pick<NSP_ROUTINE, (typeof NSP_ROUTINE_NAMES)[number] | 'NSPIoctl'> {
  const { host } = provider;
  // Who knows no version 2 has no session: there is one use, from the first call on.
  let ownUse: Use | null = null;
  let isClean = false;
  const own = (): Use | null => (isClean ? null : (ownUse ??= provider.begin(host)));
  // Carries out what is asked of a service class; who knows version 2 has a use by now.
  function about(hook: keyof NameSpaceHooks, lpProviderId: string, carryOut: (use: Use) => number): number {
    const use = provider.anyUse ?? own();
    if (use !== null && use.hooks[hook] === undefined) return provider.done(WSAEOPNOTSUPP);
    return provider.done(use === null || provider.isOther(lpProviderId) ? WSAEINVAL : carryOut(use));
  }

  return {
    NSPCleanup(lpProviderId) {
      if (provider.isOther(lpProviderId) || isClean) return provider.done(WSAEINVAL);
      isClean = true;
      provider.end(ownUse);
      return 0;
    },

    NSPLookupServiceBegin(lpProviderId, lpqsRestrictions, _lpServiceClassInfo, dwControlFlags, lphLookup) {
      if (provider.isOther(lpProviderId)) return provider.done(WSAEINVALIDPROVIDER);
      if (isClean) return provider.done(WSAEINVAL);
      const use = own();
      return provider.done(
        use === null ? WSASYSCALLFAILURE : provider.open(use, lpqsRestrictions, dwControlFlags, lphLookup),
      );
    },

    NSPLookupServiceNext(hLookup, dwControlFlags, lpdwBufferLength, lpqsResults) {
      const found = provider.find(hLookup);
      if (found === null) return provider.done(WSA_INVALID_HANDLE);
      if (typeof (lpdwBufferLength as { value?: unknown } | null)?.value !== 'number') return provider.done(WSAEFAULT);
      const { lookUp } = found.query;
      const fetch = new WaitedFetch();
      lookUp.fetch(fetch, dwControlFlags, lpdwBufferLength, lpqsResults ?? null);
      const isOver = (): boolean => fetch.error !== null || lookUp.isCancelled;
      if (!isOver()) host.wait(isOver, Infinity, 'no', `NSPLookupServiceNext of "${provider.definition.name}"`);
      lookUp.leave(fetch);
      return provider.done(fetch.error ?? WSA_E_CANCELLED);
    },

    NSPLookupServiceEnd(hLookup) {
      const found = provider.find(hLookup);
      if (found === null) return provider.done(WSA_INVALID_HANDLE);
      found.use.close(hLookup);
      return 0;
    },

    NSPSetService(lpProviderId, _lpServiceClassInfo, lpqsRegInfo, essOperation, dwControlFlags) {
      const use = own();
      if (use !== null && !takesRegistrations(use.hooks)) return provider.done(WSAEOPNOTSUPP);
      if (use === null || provider.isOther(lpProviderId)) return provider.done(WSAEINVAL);
      let error = 0;
      const settlement = provider.setService(use, lpqsRegInfo, essOperation, dwControlFlags, (code) => (error = code));
      return provider.done(settlement === null ? error : waitFor(settlement, use.context, use.requests));
    },

    NSPIoctl(hLookup, dwControlCode, _in, _cbIn, _out, _cbOut, lpcbBytesReturned, lpCompletion) {
      const found = provider.find(hLookup);
      if (found === null) return provider.done(WSA_INVALID_HANDLE);
      if (lpcbBytesReturned !== null) lpcbBytesReturned.value = 0;
      return provider.done(provider.ioctl(found, dwControlCode, lpCompletion));
    },

    NSPInstallServiceClass(lpProviderId, lpServiceClassInfo) {
      return about('installClass', lpProviderId, ({ hooks: { installClass }, context, requests, session }) => {
        const hook = (answer: ClassAnswer): unknown => installClass!(lpServiceClassInfo, answer, session);
        return askOfClass('installClass', hook, context, requests);
      });
    },

    NSPRemoveServiceClass(lpProviderId, lpServiceClassId) {
      return about('removeClass', lpProviderId, ({ hooks: { removeClass }, context, requests, session }) => {
        const serviceClass = GUID.parse(lpServiceClassId);
        if (serviceClass === null) return WSAEINVAL;
        const hook = (answer: ClassAnswer): unknown => removeClass!(serviceClass, answer, session);
        return askOfClass('removeClass', hook, context, requests);
      });
    },

    NSPGetServiceClassInfo(lpProviderId, lpdwBufSize, lpServiceClassInfo) {
      return about('getClass', lpProviderId, ({ hooks: { getClass }, context, requests, session }) => {
        // C's function takes the class from the structure that it fills.
        const serviceClass = GUID.parse(lpServiceClassInfo?.[0]?.lpServiceClassId ?? '');
        if (serviceClass === null) return WSAEINVAL;
        const hook = (answer: ClassAnswer): unknown => getClass!(serviceClass, answer, session);
        let classInfo: unknown;
        const error = askOfClass('getClass', hook, context, requests, (found) => (classInfo = found));
        return error || giveClass(classInfo, context, lpdwBufSize, lpServiceClassInfo);
      });
    },
  };
}
