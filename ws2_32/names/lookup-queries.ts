import type { Host } from '../../host/index.js';
import {
  formatIPv4,
  formatIPv6,
  hostent,
  LUP_FLUSHPREVIOUS,
  NS_ALL,
  NS_SAP,
  ref,
  sockaddr_in,
  sockaddr_in6,
  SVCID_INET_HOSTADDRBYNAME,
  WSA_E_CANCELLED,
  WSA_E_NO_MORE,
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  WSAQUERYSETA,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  type HANDLE,
  type Ref,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import { PENDING, type AnswerListener } from './async-calls.js';
import type { Containment } from './containment.js';
import { KnownAnswers, type AnswerBasis, type QuestionFacets } from './known-answers.js';
import { LinkedList } from '../../spi/linked-list.js';
import type { LookupQuestion, NameSpaceChoice, Outcome } from './lookup-question.js';
import { choiceOf, cloneQuerySet, selectNameSpaces } from './lookup-restrictions.js';
import type { NameSpaceProviders } from './name-space-providers.js';
import { OwnQuery } from './own-query.js';
import { RunningQuery, type QueryPart } from './query.js';

/** The most results that a call gathers by itself: a provider may have no end of them. */
const MOST_RESULTS = 10_000;

/** How results are counted: with text in UTF-16, or in bytes. */
export type ResultWidth = 'A' | 'W';

/** The queries of an instance: those that applications have begun, and those of its own look-ups. */
export class LookupQueries {
  readonly #handles = new Map<HANDLE, RunningQuery>();
  readonly #open = new Set<RunningQuery>();
  // Those of the instance's own look-ups.
  readonly #own = new LinkedList<OwnQuery>();
  readonly #answers = new KnownAnswers();
  #basis: AnswerBasis = { nameSpaces: [], everybody: [], hooks: 0, providers: 0 };

  constructor(
    private readonly dispatcher: Dispatcher,
    readonly providers: NameSpaceProviders,
  ) {
    providers.whenGoing((provider) => {
      for (const query of this.#own.all()) query.withdrawFrom(provider);
    });
    dispatcher.host.describeWaiters(() =>
      this.#own
        .all()
        .flatMap(({ asked, question }) =>
          asked === null ? [] : `name-space provider "${asked}" has not answered what "${question.name}" is`,
        ),
    );
  }

  /** What providers do wrong is told here. */
  get containment(): Containment {
    return this.providers.containment;
  }

  /** The answer to a question of the instance's own, if it is known without asking. */
  known(question: QuestionFacets): Outcome<unknown> | null {
    this.#currentBasis();
    return this.#answers.get(question);
  }

  /**
   * Makes a query of a question of the instance's own, which goes to the providers one by one.
   *
   * @returns the query, which is to be started, and left; or WSAEINVAL for an unknown provider
   */
  ask(question: LookupQuestion<unknown>, listener: AnswerListener): OwnQuery | number {
    const basis = this.#currentBasis();
    // Nearly all questions go to everybody.
    const items = isForAll(question) ? basis.everybody : selectNameSpaces(basis.nameSpaces, question);
    if (typeof items === 'number') return items;
    const query = new OwnQuery(this, question, items, basis, listener);
    this.#own.add(query);
    return query;
  }

  /** Whether there is anybody of those who are chosen: always, where all are. */
  isServed(choice: NameSpaceChoice): boolean {
    if (isForAll(choice)) return true;
    const items = selectNameSpaces(this.#currentBasis().nameSpaces, { ...choice, protocols: [] });
    return typeof items === 'number' || items.length > 0;
  }

  /**
   * Keeps what came of a query of the instance's own, if those who were asked can say whether it holds.
   *
   * @returns whether it did
   */
  keep({ basis, conditions, question }: OwnQuery, outcome: Outcome<unknown>): boolean {
    if (conditions === null || basis !== this.#currentBasis()) return false;
    this.#answers.keep(question, outcome, conditions);
    return true;
  }

  /** Remembers which host an answer was about, which is kept or not, for layers that are asked about its addresses. */
  noteHost(question: QuestionFacets, { value }: Outcome<unknown>, isKept: boolean): void {
    if (typeof value !== 'object' || value === null || question.serviceClass !== SVCID_INET_HOSTADDRBYNAME) return;
    // A structure is read when somebody wants to know.
    const comesAgain = isKept || value instanceof Uint8Array;
    this.dispatcher.resolvedNames.note(question.name, value, addressesFound, comesAgain);
  }

  /** Ends a query of the instance's own. */
  leave(query: OwnQuery): void {
    this.#own.delete(query);
    query.end();
  }

  #currentBasis(): AnswerBasis {
    const nameSpaces = this.dispatcher.catalog.nameSpaces();
    const { changes: hooks } = this.dispatcher.borders;
    const { changes: providers } = this.providers;
    const before = this.#basis;
    if (before.nameSpaces === nameSpaces && before.hooks === hooks && before.providers === providers) return before;
    this.#answers.clear();
    const everybody = nameSpaces.filter(({ info }) => info.fActive && info.dwNameSpace !== NS_SAP);
    return (this.#basis = { nameSpaces, everybody, hooks, providers });
  }

  /** What waits and keeps time for queries. */
  get host(): Host {
    return this.dispatcher.host;
  }

  /**
   * Opens a query with every provider that it goes to. Providers that refuse it, or cannot be started, drop out.
   *
   * @param restrictions each provider gets a copy of its own
   * @param flags `LUP_*`
   * @returns the query, which is to be closed; or WSAEINVAL for an unknown provider, WSASERVICE_NOT_FOUND when there is
   *   no provider for the query, or the last provider's error when all drop out
   */
  open(restrictions: WSAQUERYSETW, flags: number): RunningQuery | number {
    const items = selectNameSpaces(this.dispatcher.catalog.nameSpaces(), choiceOf(restrictions));
    if (typeof items === 'number') return items;
    let error = WSASERVICE_NOT_FOUND;
    const parts: QueryPart[] = [];
    for (const item of items) {
      const provider = this.providers.get(item);
      if (typeof provider === 'number') {
        error = provider;
        continue;
      }
      const lphLookup = ref<HANDLE>(0);
      const failure = provider.begin(cloneQuerySet(restrictions), flags, lphLookup);
      if (failure === 0) parts.push({ provider, handle: lphLookup.value });
      else error = failure;
    }
    if (parts.length === 0) return error;
    const query = new RunningQuery(parts, this.providers.containment, hostIn(restrictions));
    this.#open.add(query);
    return query;
  }

  /** Ends a query. */
  close(query: RunningQuery): void {
    this.#open.delete(query);
    query.end();
  }

  /**
   * Begins a query of an application's.
   *
   * @param restrictions as for `open`
   * @param flags `LUP_*`
   * @param handle receives the query's handle
   * @returns 0, or as `open`
   */
  begin(restrictions: WSAQUERYSETW, flags: number, handle: Ref<HANDLE>): number {
    const query = this.open(restrictions, flags);
    if (typeof query === 'number') return query;
    handle.value = this.host.allocateHandle();
    this.#handles.set(handle.value, query);
    return 0;
  }

  /** Whether a handle is a query's. */
  has(handle: unknown): handle is HANDLE {
    return this.#handles.has(handle as HANDLE);
  }

  /** The query of a handle; `undefined` when it is none's. */
  of(handle: unknown): RunningQuery | undefined {
    return this.#handles.get(handle as HANDLE);
  }

  /**
   * Fetches the next result from the provider whose turn it is, and waits for it; one that fails is left for the next.
   *
   * @param flags `LUP_*`; LUP_FLUSHPREVIOUS drops a result that was too large
   * @param length in: room in bytes; out, for WSAEFAULT: bytes needed, and the result stays
   * @param results emptied and given the result; `null` for no room
   * @param width how bytes are counted
   * @returns 0; WSA_INVALID_HANDLE, WSAEFAULT, WSA_E_CANCELLED (the query was ended meanwhile, or the wait
   *   interrupted), WSA_E_NO_MORE, WSAEINPROGRESS, or the last provider's error when there was no result at all
   */
  next(handle: HANDLE, flags: number, length: Ref<number>, results: WSAQUERYSETW[] | null, width: ResultWidth): number {
    const query = this.#handles.get(handle);
    if (query === undefined) return WSA_INVALID_HANDLE;
    const room = results === null ? 0 : length.value >>> 0;
    let passed = flags;
    if (query.kept !== null && (flags & LUP_FLUSHPREVIOUS) !== 0) {
      query.takeKept();
      passed &= ~LUP_FLUSHPREVIOUS;
    }
    if (query.kept === null) {
      // Counted in `A` only after the fact, so the provider is given all the room that there may be.
      const error = this.#fetch(query, passed >>> 0, width === 'A' ? 0xffffffff : room);
      if (error === WSAEFAULT) length.value = query.needed;
      if (error !== 0) return error;
    }
    const result = query.kept;
    if (result === null) return WSA_E_NO_MORE;
    const size = sizeOf(result, width);
    if (results === null || room < size) {
      length.value = size;
      return WSAEFAULT;
    }
    query.takeKept();
    this.#noteResult(query, result);
    results.splice(0, results.length, result);
    return 0;
  }

  /**
   * All results of a query, waiting for each; a blocking call's.
   *
   * @param isEnough looks at each result: true when there need be no more
   * @returns the results, at least one; or why there are none
   */
  fetchAll(
    restrictions: WSAQUERYSETW,
    flags: number,
    isEnough: (result: WSAQUERYSETW) => boolean,
  ): WSAQUERYSETW[] | number {
    const query = this.open(restrictions, flags);
    if (typeof query === 'number') return query;
    const results: WSAQUERYSETW[] = [];
    try {
      for (;;) {
        const error = this.#fetch(query, flags, 0xffffffff);
        const result = error === 0 ? query.takeKept() : null;
        if (result === null) return results.length > 0 ? results : error;
        results.push(result);
        if (results.length === MOST_RESULTS || isEnough(result)) return results;
      }
    } finally {
      this.close(query);
    }
  }

  // What a query for a host has found that an application began itself.
  #noteResult({ hostName }: RunningQuery, { lpcsaBuffer }: WSAQUERYSETW): void {
    if (hostName === null || !Array.isArray(lpcsaBuffer)) return;
    const found = lpcsaBuffer.map(({ RemoteAddr }) => RemoteAddr?.lpSockaddr ?? null).filter((name) => name !== null);
    if (found.length > 0) this.dispatcher.resolvedNames.note(hostName, found, (sockaddrs) => sockaddrs, false);
  }

  #fetch(query: RunningQuery, flags: number, room: number): number {
    const fetch = new AwaitedFetch();
    const error = query.fetch(flags, room, fetch);
    if (error !== PENDING) return error;
    const isOver = (): boolean => fetch.error !== PENDING;
    this.host.wait(isOver, Infinity, 'no', 'WSALookupServiceNext');
    if (isOver()) return fetch.error;
    // The result is there for the next call.
    query.leave();
    return WSA_E_CANCELLED;
  }

  /**
   * Ends a query; a call that is fetching its next result is cancelled.
   *
   * @returns 0, or WSA_INVALID_HANDLE
   */
  end(handle: HANDLE): number {
    const query = this.#handles.get(handle);
    if (query === undefined) return WSA_INVALID_HANDLE;
    this.#handles.delete(handle);
    this.close(query);
    this.host.releaseHandle(handle);
    return 0;
  }

  /** Ends all queries. */
  endAll(): void {
    for (const handle of [...this.#handles.keys()]) this.end(handle);
    for (const query of [...this.#open]) this.close(query);
    for (const query of this.#own.all()) query.abort();
    this.#answers.clear();
  }
}

/** A fetch that a blocking call waits for. */
class AwaitedFetch implements AnswerListener {
  error: number = PENDING;

  answered(error: number): void {
    this.error = error;
  }
}

/** The name of the host that is asked about; `null` for another question. */
function hostIn({ lpServiceClassId, lpszServiceInstanceName }: WSAQUERYSETW): string | null {
  const isHost = String(lpServiceClassId).toUpperCase() === SVCID_INET_HOSTADDRBYNAME;
  return isHost && typeof lpszServiceInstanceName === 'string' ? lpszServiceInstanceName : null;
}

/** The addresses in whatever questions for hosts make of their results. */
function addressesFound(value: object, most: number): readonly Uint8Array[] {
  if (Array.isArray(value)) return value as Uint8Array[];
  if (value instanceof Uint8Array) {
    const { h_addr_list: list } = hostent.decode(value);
    return list
      .slice(-most)
      .map((bytes) => (bytes.length === 4 ? sockaddr_in(formatIPv4(bytes), 0) : sockaddr_in6(formatIPv6(bytes), 0)));
  }
  return (value as { readonly addresses: readonly Uint8Array[] }).addresses;
}

// Hosts and services of the Internet are in no name space of IPX.
function isForAll({ providerId, nameSpace }: NameSpaceChoice): boolean {
  return providerId === null && nameSpace === NS_ALL;
}

function sizeOf(result: WSAQUERYSETW, width: ResultWidth): number {
  return (width === 'A' ? WSAQUERYSETA : WSAQUERYSETW).encode(result).length;
}
