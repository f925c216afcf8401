import {
  LUP_FLUSHPREVIOUS,
  ref,
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
import type { Dispatcher } from '../dispatcher/dispatcher.js';
import { selectNameSpaces } from './lookup-restrictions.js';
import type { NameSpaceProvider, NameSpaceProviders } from './name-space-providers.js';

/** How results are counted: with text in UTF-16, or in bytes. */
export type ResultWidth = 'A' | 'W';

interface QueryPart {
  readonly provider: NameSpaceProvider;
  readonly handle: HANDLE;
}

interface Query {
  readonly parts: readonly QueryPart[];
  /** The part that is asked next. */
  current: number;
  /** Whether any part gave a result. */
  hasResults: boolean;
  hasEnded: boolean;
  /** A result that an `A` caller had no room for: providers count in `W`, and have given it away already. */
  kept: WSAQUERYSETW | null;
}

/** The queries of an instance: each asks one provider after the other (specification: WSALookupServiceBegin). */
export class LookupQueries {
  readonly #queries = new Map<HANDLE, Query>();

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly providers: NameSpaceProviders,
  ) {}

  /**
   * Begins a query with every provider that it goes to. Providers that refuse it, or cannot be started, drop out.
   *
   * @param restrictions a copy of the application's; each provider gets one of its own
   * @param flags `LUP_*`
   * @param handle receives the query's handle
   * @returns 0; WSAEINVAL for an unknown provider, WSASERVICE_NOT_FOUND when there is no provider for the query, or the last
   *   provider's error when all drop out
   */
  begin(restrictions: WSAQUERYSETW, flags: number, handle: Ref<HANDLE>): number {
    const items = selectNameSpaces(this.dispatcher.catalog.nameSpaces(), restrictions);
    if (typeof items === 'number') return items;
    let error = WSASERVICE_NOT_FOUND;
    const parts: QueryPart[] = [];
    for (const item of items) {
      const provider = this.providers.get(item);
      if (typeof provider === 'number') {
        error = provider;
        continue;
      }
      const { NSPLookupServiceBegin } = provider.routines;
      const lphLookup = ref<HANDLE>(0);
      const failure = this.providers.call(provider, 'NSPLookupServiceBegin', () =>
        NSPLookupServiceBegin(provider.id, structuredClone(restrictions), null, flags, lphLookup),
      );
      if (failure === 0) parts.push({ provider, handle: lphLookup.value });
      else error = failure;
    }
    if (parts.length === 0) return error;
    handle.value = this.dispatcher.host.allocateHandle();
    this.#queries.set(handle.value, { parts, current: 0, hasResults: false, hasEnded: false, kept: null });
    return 0;
  }

  /** Whether a handle is a query's. */
  has(handle: unknown): handle is HANDLE {
    return this.#queries.has(handle as HANDLE);
  }

  /**
   * Fetches the next result from the provider whose turn it is; one that fails is left for the next.
   *
   * @param flags `LUP_*`; LUP_FLUSHPREVIOUS drops a result that was too large
   * @param length in: room in bytes; out, for WSAEFAULT: bytes needed, and the result stays
   * @param results emptied and given the result; `null` for no room
   * @param width how bytes are counted
   * @returns 0; WSA_INVALID_HANDLE, WSAEFAULT, WSA_E_CANCELLED (the query was ended meanwhile), WSA_E_NO_MORE, or the last
   *   provider's error when there was no result at all
   */
  next(handle: HANDLE, flags: number, length: Ref<number>, results: WSAQUERYSETW[] | null, width: ResultWidth): number {
    const query = this.#queries.get(handle);
    if (query === undefined) return WSA_INVALID_HANDLE;
    const room = results === null ? 0 : length.value >>> 0;
    let passed = flags;
    if (query.kept !== null && (flags & LUP_FLUSHPREVIOUS) !== 0) {
      query.kept = null;
      passed &= ~LUP_FLUSHPREVIOUS;
    }
    if (query.kept === null) {
      // Counted in `A` only after the fact, so the provider is given all the room that there may be.
      const needed = ref(width === 'A' ? 0xffffffff : room);
      const error = this.#fetch(query, passed >>> 0, needed);
      if (error === WSAEFAULT) length.value = needed.value;
      if (error !== 0) return error;
    }
    const result = query.kept;
    if (result === null) return WSA_E_NO_MORE;
    const size = sizeOf(result, width);
    if (results === null || room < size) {
      length.value = size;
      return WSAEFAULT;
    }
    query.kept = null;
    results.splice(0, results.length, result);
    return 0;
  }

  // Puts the next result into `kept`.
  #fetch(query: Query, flags: number, length: Ref<number>): number {
    const room = length.value;
    let passed = flags;
    let error = WSA_E_NO_MORE;
    for (let part = query.parts[query.current]; part !== undefined; part = query.parts[++query.current]) {
      const { provider, handle } = part;
      const { NSPLookupServiceNext } = provider.routines;
      const found: WSAQUERYSETW[] = [];
      length.value = room;
      error = this.providers.call(provider, 'NSPLookupServiceNext', () =>
        NSPLookupServiceNext(handle, passed, length, room === 0 ? null : found),
      );
      if (query.hasEnded) return WSA_E_CANCELLED;
      if (error === WSAEFAULT) return WSAEFAULT;
      if (error === 0) {
        const fault = faultOf(found);
        if (fault === null) {
          query.hasResults = true;
          query.kept = found[0] ?? null;
          return 0;
        }
        error = this.providers.defect(provider, fault.what, fault.cause);
      }
      // What was too large was that provider's; the next one has given nothing yet.
      passed &= ~LUP_FLUSHPREVIOUS;
    }
    return query.hasResults ? WSA_E_NO_MORE : error;
  }

  /**
   * Ends a query; a call that is fetching its next result is cancelled.
   *
   * @returns 0, or WSA_INVALID_HANDLE
   */
  end(handle: HANDLE): number {
    const query = this.#queries.get(handle);
    if (query === undefined) return WSA_INVALID_HANDLE;
    this.#queries.delete(handle);
    query.hasEnded = true;
    query.kept = null;
    for (const { provider, handle: hLookup } of query.parts) {
      const { NSPLookupServiceEnd } = provider.routines;
      this.providers.call(provider, 'NSPLookupServiceEnd', () => NSPLookupServiceEnd(hLookup));
    }
    this.dispatcher.host.releaseHandle(handle);
    return 0;
  }

  /** Ends all queries. */
  endAll(): void {
    for (const handle of [...this.#queries.keys()]) this.end(handle);
  }
}

function sizeOf(result: WSAQUERYSETW, width: ResultWidth): number {
  return (width === 'A' ? WSAQUERYSETA : WSAQUERYSETW).encode(result).length;
}

// What is wrong with what a provider gave: it must be one query set that the C layout can hold.
function faultOf(found: readonly unknown[]): { what: string; cause?: unknown } | null {
  const [result] = found;
  if (found.length !== 1 || typeof result !== 'object' || result === null) {
    return { what: `NSPLookupServiceNext gave ${found.length} results in place of one` };
  }
  try {
    sizeOf(result as WSAQUERYSETW, 'W');
    return null;
  } catch (cause) {
    return { what: 'NSPLookupServiceNext gave a result that is no query set', cause };
  }
}
