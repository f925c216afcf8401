import {
  GUID,
  LUP_CONTAINERS,
  NS_ALL,
  RNRSERVICE_DELETE,
  RNRSERVICE_REGISTER,
  SIO_NSP_NOTIFY_CHANGE,
  SOCKET_ERROR,
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  WSAEINVAL,
  WSAEINVALIDPROVIDER,
  WSAEOPNOTSUPP,
  WSANO_DATA,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSASYSCALLFAILURE,
  type HANDLE,
  type InstanceHost,
  type NSPV2_ROUTINES,
} from '../spi/index.js';
import type { NameSpaceDefinition } from './definition.js';
import { LookUp } from './look-up.js';
import { Question } from './question.js';
import { readRegistration, registrationAnswer } from './registration.js';
import { askOfClass, giveClass, type ClassAnswer } from './service-classes.js';
import { Settlement } from './settlement.js';
import { beginUse, type Query, type Use } from './use.js';
import { Watch } from './watch.js';

/**
 * Makes the routines of a name space as a provider of version 2 of the interface, and those of version 1 that are
 * missing there.
 *
 * @param providerId the provider's GUID, in capitals
 */
export function createRoutines(definition: NameSpaceDefinition, providerId: GUID): NSPV2_ROUTINES {
  const uses = new Set<Use>();
  // Of whoever started it last, for errors that belong to no use.
  let anyHost: InstanceHost | null = null;

  const isOther = (id: unknown): boolean => typeof id !== 'string' || GUID.parse(id) !== providerId;
  const useOf = (session: unknown): Use | undefined => (uses.has(session as Use) ? (session as Use) : undefined);
  // Routines of version 1 are given no session.
  const anyUse = (): Use | undefined => uses.values().next().value;

  function find(hLookup: HANDLE): { readonly use: Use; readonly query: Query } | null {
    for (const use of uses) {
      const query = use.queries.get(hLookup);
      if (query !== undefined) return { use, query };
    }
    return null;
  }

  function done(error: number): number {
    if (error === 0) return 0;
    anyHost?.setLastError(error);
    return SOCKET_ERROR;
  }

  function finish(session: unknown): void {
    const use = useOf(session);
    if (use === undefined) return;
    use.end();
    uses.delete(use);
  }

  function refusal(restrictions: WSAQUERYSETW | null, flags: number): number {
    if (!(restrictions?.dwSize! >= WSAQUERYSETW.size)) return WSAEINVAL;
    if ((flags & LUP_CONTAINERS) !== 0 && definition.containers !== true) return WSANO_DATA;
    const asked = restrictions!.dwNameSpace ?? NS_ALL;
    return asked === NS_ALL || asked === definition.nameSpace ? 0 : WSASERVICE_NOT_FOUND;
  }

  return {
    NSPv2Startup(lpProviderId, ppvClientSessionArg, host) {
      anyHost = host;
      if (isOther(lpProviderId)) return done(WSAEINVALIDPROVIDER);
      const use = beginUse(definition, providerId, host);
      if (use === null) return done(WSASYSCALLFAILURE);
      uses.add(use);
      ppvClientSessionArg.value = use;
      return 0;
    },

    NSPv2ClientSessionRundown(_lpProviderId, pvClientSessionArg) {
      finish(pvClientSessionArg);
    },

    NSPv2Cleanup(lpProviderId, pvClientSessionArg) {
      if (isOther(lpProviderId)) return done(WSAEINVAL);
      finish(pvClientSessionArg);
      return 0;
    },

    NSPv2LookupServiceBegin(lpProviderId, lpqsRestrictions, dwControlFlags, lpvClientSessionArg, lphLookup) {
      if (isOther(lpProviderId)) return done(WSAEINVALIDPROVIDER);
      const use = useOf(lpvClientSessionArg);
      if (use === undefined) return done(WSAEINVAL);
      const refused = refusal(lpqsRestrictions, dwControlFlags);
      if (refused !== 0) return done(refused);
      const lookUp = new LookUp(new Question(lpqsRestrictions, dwControlFlags), use.context);
      if (definition.looksUpAtBegin === true) {
        const error = lookUp.ask();
        if (error !== 0) return done(error);
      }
      lphLookup.value = use.add(lookUp);
      return 0;
    },

    NSPv2LookupServiceNextEx(hAsyncCall, hLookup, dwControlFlags, lpdwBufferLength, lpqsResults) {
      const found = find(hLookup);
      const isRef = typeof (lpdwBufferLength as { value?: unknown } | null)?.value === 'number';
      if (found === null || !isRef) {
        anyHost?.WSAProviderCompleteAsyncCall(hAsyncCall, found === null ? WSA_INVALID_HANDLE : WSAEFAULT);
      } else found.query.lookUp.fetch(hAsyncCall, dwControlFlags, lpdwBufferLength, lpqsResults ?? null);
    },

    NSPv2LookupServiceEnd(hLookup) {
      const found = find(hLookup);
      if (found === null) return done(WSA_INVALID_HANDLE);
      found.use.close(hLookup);
      return 0;
    },

    NSPv2SetServiceEx(hAsyncCall, lpProviderId, lpqsRegInfo, essOperation, dwControlFlags, lpvClientSessionArg) {
      const use = useOf(lpvClientSessionArg);
      if (use === undefined || isOther(lpProviderId)) {
        anyHost?.WSAProviderCompleteAsyncCall(hAsyncCall, WSAEINVAL);
        return;
      }
      const { hooks, requests, session, host } = use;
      const takesBack = essOperation === RNRSERVICE_DELETE && hooks.delete !== undefined ? 'delete' : 'deregister';
      const name = essOperation === RNRSERVICE_REGISTER ? 'register' : takesBack;
      const hook = hooks[name];
      if (hook === undefined) {
        host.WSAProviderCompleteAsyncCall(hAsyncCall, WSAEOPNOTSUPP);
        return;
      }
      const settlement = new Settlement(name, use.context, (error) => {
        requests.delete(settlement);
        host.WSAProviderCompleteAsyncCall(hAsyncCall, error);
      });
      requests.add(settlement);
      const registration = readRegistration(lpqsRegInfo, dwControlFlags);
      settlement.ask(() => hook(registration, registrationAnswer(settlement), session));
    },

    NSPIoctl(hLookup, dwControlCode, _in, _cbIn, _out, _cbOut, lpcbBytesReturned, lpCompletion) {
      const found = find(hLookup);
      if (found === null) return done(WSA_INVALID_HANDLE);
      const { query, use } = found;
      const { watch } = use.hooks;
      if (dwControlCode !== SIO_NSP_NOTIFY_CHANGE || watch === undefined) return done(WSAEOPNOTSUPP);
      query.watch ??= new Watch(query.lookUp, use.host, use.blame, (question, changed) =>
        watch(question, changed, use.session),
      );
      if (lpcbBytesReturned !== null) lpcbBytesReturned.value = 0;
      return done(query.watch.ask(lpCompletion));
    },

    NSPInstallServiceClass(lpProviderId, lpServiceClassInfo) {
      const use = anyUse();
      if (use === undefined || isOther(lpProviderId)) return done(WSAEINVAL);
      const { installClass } = use.hooks;
      const hook = installClass && ((answer: ClassAnswer) => installClass(lpServiceClassInfo, answer, use.session));
      return done(askOfClass('installClass', hook, use.context, use.requests));
    },

    NSPRemoveServiceClass(lpProviderId, lpServiceClassId) {
      const use = anyUse();
      const serviceClass = GUID.parse(lpServiceClassId);
      if (use === undefined || isOther(lpProviderId) || serviceClass === null) return done(WSAEINVAL);
      const { removeClass } = use.hooks;
      const hook = removeClass && ((answer: ClassAnswer) => removeClass(serviceClass, answer, use.session));
      return done(askOfClass('removeClass', hook, use.context, use.requests));
    },

    NSPGetServiceClassInfo(lpProviderId, lpdwBufSize, lpServiceClassInfo) {
      const use = anyUse();
      // C's function takes the class from the structure that it fills.
      const serviceClass = GUID.parse(lpServiceClassInfo?.[0]?.lpServiceClassId ?? '');
      if (use === undefined || isOther(lpProviderId) || serviceClass === null) return done(WSAEINVAL);
      const { getClass } = use.hooks;
      let classInfo: unknown;
      const hook = getClass && ((answer: ClassAnswer) => getClass(serviceClass, answer, use.session));
      const error = askOfClass('getClass', hook, use.context, use.requests, (found) => (classInfo = found));
      return done(error || giveClass(classInfo, use.context, lpdwBufSize, lpServiceClassInfo));
    },
  };
}
