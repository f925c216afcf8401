import {
  GUID,
  LUP_CONTAINERS,
  NS_ALL,
  RNRSERVICE_DELETE,
  RNRSERVICE_REGISTER,
  SIO_NSP_NOTIFY_CHANGE,
  SOCKET_ERROR,
  WSAEINVAL,
  WSAEOPNOTSUPP,
  WSANO_DATA,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  type HANDLE,
  type InstanceHost,
  type Ref,
  type WSACOMPLETION,
} from '../spi/index.js';
import type { NameSpaceDefinition } from './definition.js';
import { LookUp } from './look-up.js';
import { Question } from './question.js';
import { readRegistration } from './registration.js';
import { Settlement, SettlementAnswer } from './settlement.js';
import { beginUse, type Query, type Use } from './use.js';
import { Watch } from './watch.js';

/** A query, and the use that it belongs to. */
export interface FoundQuery {
  readonly use: Use;
  readonly query: Query;
}

/** A name space as a provider: what the routines of both versions of the interface do. */
export class Provider {
  readonly #uses = new Set<Use>();

  /**
   * @param providerId the provider's GUID, in capitals
   * @param host of whoever called NSPStartup
   */
  constructor(
    readonly definition: NameSpaceDefinition,
    readonly providerId: GUID,
    readonly host: InstanceHost,
  ) {}

  /** Whether an identifier is another provider's, or none. */
  isOther(id: unknown): boolean {
    return typeof id !== 'string' || GUID.parse(id) !== this.providerId;
  }

  /** Begins a use; `null` when the author's `start` failed, which is reported. */
  begin(host: InstanceHost): Use | null {
    const use = beginUse(this.definition, this.providerId, host);
    if (use !== null) this.#uses.add(use);
    return use;
  }

  /** Ends a use; what is none, or was ended, does not matter. */
  end(use: unknown): void {
    if (!this.#uses.has(use as Use)) return;
    (use as Use).end();
    this.#uses.delete(use as Use);
  }

  /** The use that a session's argument is; `undefined` for anything else. */
  useOf(session: unknown): Use | undefined {
    return this.#uses.has(session as Use) ? (session as Use) : undefined;
  }

  /** A use, for the routines of version 1, which are given no session. */
  get anyUse(): Use | undefined {
    return this.#uses.values().next().value;
  }

  /** The query of a handle. */
  find(hLookup: HANDLE): FoundQuery | null {
    for (const use of this.#uses) {
      const query = use.queries.get(hLookup);
      if (query !== undefined) return { use, query };
    }
    return null;
  }

  /** What a routine returns: 0, or SOCKET_ERROR with the last error set. */
  done(error: number): number {
    if (error === 0) return 0;
    this.host.setLastError(error);
    return SOCKET_ERROR;
  }

  /**
   * Begins a query.
   *
   * @param handle receives its handle
   * @returns 0; or WSAEINVAL (no query set), WSANO_DATA (there are no containers), WSASERVICE_NOT_FOUND (another name
   *   space is meant), or what `lookup` said, if it is asked at the beginning
   */
  open(use: Use, restrictions: WSAQUERYSETW | null, flags: number, handle: Ref<HANDLE>): number {
    const { containers, nameSpace, looksUpAtBegin } = this.definition;
    if (restrictions === null || !(restrictions.dwSize >= WSAQUERYSETW.size)) return WSAEINVAL;
    if ((flags & LUP_CONTAINERS) !== 0 && containers !== true) return WSANO_DATA;
    const asked = restrictions.dwNameSpace ?? NS_ALL;
    if (asked !== NS_ALL && asked !== nameSpace) return WSASERVICE_NOT_FOUND;
    const lookUp = new LookUp(new Question(restrictions, flags), use.context);
    const error = looksUpAtBegin === true ? lookUp.ask() : 0;
    if (error === 0) handle.value = use.add(lookUp);
    return error;
  }

  /**
   * Registers a service, or takes it back.
   *
   * @param ended told of the outcome, at once or later
   * @returns what is under way
   */
  setService(
    { hooks, requests, session, context }: Use,
    querySet: WSAQUERYSETW,
    operation: number,
    flags: number,
    ended: (error: number) => void,
  ): Settlement | null {
    const takesBack = operation === RNRSERVICE_DELETE && hooks.delete !== undefined ? 'delete' : 'deregister';
    const name = operation === RNRSERVICE_REGISTER ? 'register' : takesBack;
    const hook = hooks[name];
    if (hook === undefined) {
      ended(WSAEOPNOTSUPP);
      return null;
    }
    const settlement = new Settlement(name, context, {
      settled(error) {
        requests.delete(settlement);
        ended(error);
      },
    });
    requests.add(settlement);
    const registration = readRegistration(querySet, flags);
    settlement.ask(() => hook(registration, new SettlementAnswer(settlement), session));
    return settlement;
  }

  /**
   * Controls a query.
   *
   * @returns 0 or a WSA error: WSA_IO_PENDING, WSAEWOULDBLOCK, WSAEOPNOTSUPP
   */
  ioctl({ query, use }: FoundQuery, code: number, completion: WSACOMPLETION | null): number {
    const { watch } = use.hooks;
    if (code !== SIO_NSP_NOTIFY_CHANGE || watch === undefined) return WSAEOPNOTSUPP;
    query.watch ??= new Watch(query.lookUp, use.host, use.blame, (question, changed) =>
      watch(question, changed, use.session),
    );
    return query.watch.ask(completion);
  }
}
