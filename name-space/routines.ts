import {
  LUP_CONTAINERS,
  NS_ALL,
  RNRSERVICE_DELETE,
  RNRSERVICE_DEREGISTER,
  SOCKET_ERROR,
  WSA_INVALID_HANDLE,
  WSAEINVAL,
  WSAEINVALIDPROVIDER,
  WSAEOPNOTSUPP,
  WSANO_DATA,
  WSASERVICE_NOT_FOUND,
  WSASYSCALLFAILURE,
  GUID,
  WSAQUERYSETW,
  type HANDLE,
  type InstanceHost,
  type NSPV2_ROUTINES,
} from '../spi/index.js';
import { Blame } from './blame.js';
import { hooksOf, type NameSpaceDefinition, type NameSpaceHooks } from './definition.js';
import { LookUp, type LookUpContext } from './look-up.js';
import { Question } from './question.js';
import { readRegistration, registrationAnswer } from './registration.js';
import { Session } from './session.js';
import { Settlement } from './settlement.js';

const DEFAULT_TIMEOUT = 30_000;

/** Why a use cannot begin; thrown to nobody but `createRoutines`. */
class Refusal extends Error {}

/** One use of a name space by an instance: the state behind the provider's routines. */
class Use {
  readonly session: Session;
  readonly blame: Blame;
  readonly hooks: NameSpaceHooks;
  readonly lookUps = new Map<HANDLE, LookUp>();
  readonly requests = new Set<Settlement>();
  readonly lookUpContext: LookUpContext;
  readonly timeout: number;

  constructor(
    definition: NameSpaceDefinition,
    providerId: GUID,
    readonly host: InstanceHost,
  ) {
    const { name, nameSpace, start } = definition;
    this.blame = new Blame(name, host);
    this.session = new Session(name, providerId, nameSpace, host, this.blame);
    this.timeout = definition.timeout ?? DEFAULT_TIMEOUT;
    const started = this.blame.call('start', () => start?.call(definition, this.session));
    if (!started.isSound) throw this.refuse();
    const hooks = hooksOf(definition, started.value);
    if (typeof hooks === 'string') {
      this.blame.tell(hooks);
      throw this.refuse();
    }
    this.hooks = hooks;
    this.lookUpContext = {
      host,
      blame: this.blame,
      origin: { providerId, nameSpace },
      hook: (question, answer) => hooks.lookup(question, answer, this.session),
      timeout: this.timeout,
    };
  }

  private refuse(): Refusal {
    this.session.end();
    return new Refusal();
  }

  /** Ends every query and request, and the use with them. */
  end(): void {
    for (const [handle, lookUp] of [...this.lookUps]) {
      this.lookUps.delete(handle);
      lookUp.cancel();
      this.host.releaseHandle(handle);
    }
    for (const request of [...this.requests]) request.cancel();
    this.requests.clear();
    const { end } = this.hooks;
    if (end !== undefined) this.blame.call('end', () => end(this.session));
    this.session.end();
  }
}

/**
 * Makes the routines of a name space, of version 2 of the interface.
 *
 * @param providerId the provider's GUID, in capitals
 */
export function createRoutines(definition: NameSpaceDefinition, providerId: GUID): NSPV2_ROUTINES {
  const uses = new Set<Use>();
  const isOther = (id: unknown): boolean => typeof id !== 'string' || GUID.parse(id) !== providerId;
  const useOf = (session: unknown): Use | undefined => (uses.has(session as Use) ? (session as Use) : undefined);
  const find = (hLookup: HANDLE): { use: Use; lookUp: LookUp } | null => {
    for (const use of uses) {
      const lookUp = use.lookUps.get(hLookup);
      if (lookUp !== undefined) return { use, lookUp };
    }
    return null;
  };
  // The host of whoever calls, for errors that belong to no use.
  let anyHost: InstanceHost | null = null;
  const fail = (error: number, host = anyHost): number => {
    host?.setLastError(error);
    return SOCKET_ERROR;
  };

  function refusal({ session }: Use, restrictions: WSAQUERYSETW, flags: number): number {
    if (!((restrictions as WSAQUERYSETW | null)?.dwSize! >= WSAQUERYSETW.size)) return WSAEINVAL;
    if ((flags & LUP_CONTAINERS) !== 0 && definition.containers !== true) return WSANO_DATA;
    const asked = restrictions.dwNameSpace ?? NS_ALL;
    return asked === NS_ALL || asked === session.nameSpace ? 0 : WSASERVICE_NOT_FOUND;
  }

  return {
    NSPv2Startup(lpProviderId, ppvClientSessionArg, host) {
      anyHost = host;
      if (isOther(lpProviderId)) return fail(WSAEINVALIDPROVIDER, host);
      try {
        const use = new Use(definition, providerId, host);
        uses.add(use);
        ppvClientSessionArg.value = use;
        return 0;
      } catch (cause) {
        if (!(cause instanceof Refusal)) throw cause;
        return fail(WSASYSCALLFAILURE, host);
      }
    },

    NSPv2ClientSessionRundown(_lpProviderId, pvClientSessionArg) {
      const use = useOf(pvClientSessionArg);
      if (use === undefined) return;
      uses.delete(use);
      use.end();
    },

    NSPv2Cleanup(lpProviderId, pvClientSessionArg) {
      if (isOther(lpProviderId)) return fail(WSAEINVAL);
      const use = useOf(pvClientSessionArg);
      if (use !== undefined) {
        uses.delete(use);
        use.end();
      }
      return 0;
    },

    NSPv2LookupServiceBegin(lpProviderId, lpqsRestrictions, dwControlFlags, lpvClientSessionArg, lphLookup) {
      if (isOther(lpProviderId)) return fail(WSAEINVALIDPROVIDER);
      const use = useOf(lpvClientSessionArg);
      if (use === undefined) return fail(WSAEINVAL);
      const { host } = use;
      const refused = refusal(use, lpqsRestrictions, dwControlFlags);
      if (refused !== 0) return fail(refused, host);
      const lookUp = new LookUp(new Question(lpqsRestrictions, dwControlFlags), use.lookUpContext);
      if (definition.looksUpAtBegin === true) {
        const error = lookUp.ask();
        if (error !== 0) return fail(error, host);
      }
      const handle = host.allocateHandle();
      use.lookUps.set(handle, lookUp);
      lphLookup.value = handle;
      return 0;
    },

    NSPv2LookupServiceNextEx(hAsyncCall, hLookup, dwControlFlags, lpdwBufferLength, lpqsResults) {
      const found = find(hLookup);
      if (found === null) {
        anyHost?.WSAProviderCompleteAsyncCall(hAsyncCall, WSA_INVALID_HANDLE);
        return;
      }
      found.lookUp.fetch(hAsyncCall, dwControlFlags, lpdwBufferLength, lpqsResults ?? null);
    },

    NSPv2LookupServiceEnd(hLookup) {
      const found = find(hLookup);
      if (found === null) return fail(WSA_INVALID_HANDLE);
      found.use.lookUps.delete(hLookup);
      found.lookUp.cancel();
      found.use.host.releaseHandle(hLookup);
      return 0;
    },

    NSPv2SetServiceEx(hAsyncCall, lpProviderId, lpqsRegInfo, essOperation, dwControlFlags, lpvClientSessionArg) {
      const use = useOf(lpvClientSessionArg);
      const host = use?.host ?? anyHost!;
      if (use === undefined || isOther(lpProviderId)) {
        host.WSAProviderCompleteAsyncCall(hAsyncCall, WSAEINVAL);
        return;
      }
      const { hooks, blame, session, requests } = use;
      const name =
        essOperation === RNRSERVICE_DELETE && hooks.delete !== undefined
          ? 'delete'
          : essOperation === RNRSERVICE_DELETE || essOperation === RNRSERVICE_DEREGISTER
            ? 'deregister'
            : 'register';
      const hook = hooks[name];
      if (hook === undefined) {
        host.WSAProviderCompleteAsyncCall(hAsyncCall, WSAEOPNOTSUPP);
        return;
      }
      const settlement = new Settlement(name, host, blame, use.timeout, (error) => {
        requests.delete(settlement);
        host.WSAProviderCompleteAsyncCall(hAsyncCall, error);
      });
      requests.add(settlement);
      const registration = readRegistration(lpqsRegInfo, dwControlFlags);
      settlement.ask(() => hook(registration, registrationAnswer(settlement), session));
    },
  };
}
