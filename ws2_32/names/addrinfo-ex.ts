import { isLength, isNull, isRef, isStructure } from '../../spi/arguments.js';
import type { Host } from '../../host/index.js';
import {
  GUID,
  WSA_E_CANCELLED,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINVAL,
  type addrinfo,
  type ADDRINFOEX,
  type DeferredWork,
  type HANDLE,
  type Ref,
  type timeval,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import { readRequest, type AddressInfoRequest } from './address-info-request.js';
import { toAddrinfoEx, type AddressInfo, type AddressInfoLookups, type NameSpaceChoice } from './address-info.js';
import { carryOut, type Lookup, type LookupListener } from './lookup.js';

/** What is called when an overlapped look-up is over (ws2tcpip.h: LPLOOKUPSERVICE_COMPLETION_ROUTINE). */
export type LookupServiceCompletionRoutine = (dwError: number, dwBytes: number, lpOverlapped: WSAOVERLAPPED) => void;

/** The overlapped structure of a look-up, in C a union: while it is under way, it points to the result. */
type LookupOverlapped = WSAOVERLAPPED & { Pointer?: unknown };

/** A call of GetAddrInfoEx that is under way. */
class OverlappedLookup implements LookupListener, DeferredWork {
  queued = false;

  constructor(
    readonly handle: HANDLE,
    private readonly request: AddressInfoRequest,
    private readonly lookup: Lookup<AddressInfo>,
    private readonly result: Ref<ADDRINFOEX | null>,
    private readonly overlapped: LookupOverlapped,
    private readonly routine: LookupServiceCompletionRoutine | null,
    private readonly lookups: OverlappedLookups,
  ) {}

  /** Begins; who asked is never told before the call has returned. */
  start(host: Host, timeout: number): void {
    const { overlapped, result } = this;
    overlapped.Internal = WSAEINPROGRESS;
    overlapped.Pointer = result;
    if (this.routine === null && overlapped.hEvent) host.events.reset(overlapped.hEvent & ~1);
    try {
      if (this.lookup.start(this, timeout)) host.defer(this);
    } catch (cause) {
      this.lookups.take(this.handle);
      throw cause;
    }
  }

  lookedUp(): void {
    this.run();
  }

  run(): void {
    if (!this.lookups.take(this.handle)) return;
    const { value, error } = this.lookup.answer!;
    if (value !== null) this.result.value = toAddrinfoEx(this.request, value);
    this.#complete(error);
  }

  /** Ends it with an error of its own. */
  cancel(): void {
    this.lookup.cancel();
    this.#complete(WSA_E_CANCELLED);
  }

  /** Ends it without a word. */
  drop(): void {
    this.lookup.cancel();
    this.overlapped.Internal = WSA_E_CANCELLED;
  }

  #complete(error: number): void {
    const { overlapped, routine } = this;
    const { host } = this.lookups;
    overlapped.Internal = error;
    if (routine !== null) host.queueApc(null, () => routine(error, 0, overlapped), null);
    else if (overlapped.hEvent) host.events.set(overlapped.hEvent & ~1);
  }
}

/** The overlapped look-ups of an instance. */
class OverlappedLookups {
  readonly #underWay = new Map<HANDLE, OverlappedLookup>();

  constructor(readonly host: Host) {}

  add(lookup: OverlappedLookup): void {
    this.#underWay.set(lookup.handle, lookup);
    this.host.ref();
  }

  /** The look-up of a handle, which is over from now on. */
  take(handle: HANDLE): OverlappedLookup | undefined {
    const found = this.#underWay.get(handle);
    if (found === undefined) return undefined;
    this.#underWay.delete(handle);
    this.host.releaseHandle(handle);
    this.host.unref();
    return found;
  }

  dropAll(): void {
    for (const handle of [...this.#underWay.keys()]) this.take(handle)?.drop();
  }
}

/** Look-ups with name spaces, time-outs and overlapped structures. */
export type AddrinfoExFunctions = ReturnType<typeof createAddrinfoExFunctions>['functions'];

/**
 * Makes GetAddrInfoEx and its like (ws2tcpip.h).
 *
 * @returns the functions, and what ends all look-ups
 */
export function createAddrinfoExFunctions(dispatcher: Dispatcher, lookups: AddressInfoLookups) {
  const { host } = dispatcher;
  const underWay = new OverlappedLookups(host);

  function end(error: number): number {
    dispatcher.lastError = error;
    return error;
  }

  /**
   * As `getaddrinfo`, with a choice of name spaces and a time-out, and without waiting if told so (ws2tcpip.h:
   * GetAddrInfoEx).
   *
   * @param pName as `pNodeName` of `getaddrinfo`
   * @param pServiceName as for `getaddrinfo`
   * @param dwNameSpace whose providers are asked for the host; NS_ALL for all
   * @param lpNspId the provider that is asked for it; `null` for all of the name space
   * @param hints as `pHints` of `getaddrinfo`
   * @param ppResult receives the first result; `null` at once, and on failure
   * @param timeout for how long to try; `null` without limit
   * @param lpOverlapped `null` to wait. Else its `Internal` is WSAEINPROGRESS until the look-up is over, then 0 or the
   *   error; its `hEvent` is set then
   * @param lpCompletionRoutine called in an alertable wait in place of the event, with the error, 0 and `lpOverlapped`;
   *   `null` for none
   * @param lpHandle receives a handle for `GetAddrInfoExCancel` when the look-up is overlapped; `null` when not wanted
   * @returns 0, or the error, which is the last error too: WSA_IO_PENDING, as `getaddrinfo`, WSAEINVAL (an event and a
   *   routine, a routine without
   *   `lpOverlapped`, a malformed GUID, or a provider that is not in the catalog), WSAETIMEDOUT, WSASERVICE_NOT_FOUND.
   *   Errors of the arguments come at once
   */
  function GetAddrInfoExW(
    pName: string | null,
    pServiceName: string | null,
    dwNameSpace: number,
    lpNspId: GUID | null,
    hints: Partial<addrinfo> | null,
    ppResult: Ref<ADDRINFOEX | null>,
    timeout: timeval | null,
    lpOverlapped: WSAOVERLAPPED | null,
    lpCompletionRoutine: LookupServiceCompletionRoutine | null,
    lpHandle: Ref<HANDLE> | null,
  ): number {
    if (!dispatcher.isStarted()) return dispatcher.lastError;
    if (!isRef(ppResult)) return end(WSAEFAULT);
    ppResult.value = null;
    const choice = readChoice(dwNameSpace, lpNspId);
    if (typeof choice === 'number') return end(choice);
    const fault = overlappedFault(lpOverlapped, lpCompletionRoutine, lpHandle);
    if (fault !== 0) return end(fault);
    const limit = milliseconds(timeout);
    if (limit === null) return end(WSAEFAULT);
    const request = readRequest(pName, pServiceName, hints);
    if (typeof request === 'number') return end(request);
    const lookup = lookups.lookup(request, choice);
    if (!isNull(lpOverlapped)) {
      const handle = host.allocateHandle();
      if (!isNull(lpHandle)) lpHandle.value = handle;
      const overlapped = new OverlappedLookup(
        handle,
        request,
        lookup,
        ppResult,
        lpOverlapped,
        lpCompletionRoutine ?? null,
        underWay,
      );
      underWay.add(overlapped);
      overlapped.start(host, limit);
      return end(WSA_IO_PENDING);
    }
    const { value, error } = carryOut(lookups.queries, lookup, 'GetAddrInfoEx', limit);
    if (value !== null) ppResult.value = toAddrinfoEx(request, value);
    return end(error);
  }

  /**
   * Frees what `GetAddrInfoEx` gave, of which nothing is left to be done here (ws2tcpip.h: FreeAddrInfoEx).
   *
   * @param pAddrInfoEx the first result, or `null`
   */
  function FreeAddrInfoExW(pAddrInfoEx: ADDRINFOEX | null): void {
    void pAddrInfoEx;
  }

  const functions = {
    GetAddrInfoExW,
    /** As `GetAddrInfoExW`; strings have one form here. */
    GetAddrInfoEx: GetAddrInfoExW,
    /** As `GetAddrInfoExW`. */
    GetAddrInfoExA: GetAddrInfoExW,
    FreeAddrInfoExW,
    /** As `FreeAddrInfoExW`. */
    FreeAddrInfoEx: FreeAddrInfoExW,
    /** As `FreeAddrInfoExW`. */
    FreeAddrInfoExA: FreeAddrInfoExW,

    /**
     * Ends an overlapped look-up; it completes with WSA_E_CANCELLED (ws2tcpip.h: GetAddrInfoExCancel).
     *
     * @param lpHandle from `GetAddrInfoEx`
     * @returns 0, or the error, which is the last error too: WSANOTINITIALISED, WSA_INVALID_HANDLE (bad pointer, or no
     *   look-up under way)
     */
    GetAddrInfoExCancel(lpHandle: Ref<HANDLE>): number {
      if (!dispatcher.isStarted()) return dispatcher.lastError;
      const found = isRef(lpHandle) ? underWay.take(lpHandle.value) : undefined;
      if (found === undefined) return end(WSA_INVALID_HANDLE);
      found.cancel();
      return end(0);
    },

    /**
     * Tells how an overlapped look-up has ended (ws2tcpip.h: GetAddrInfoExOverlappedResult).
     *
     * @param lpOverlapped as given to `GetAddrInfoEx`
     * @returns 0, or the error; WSAEINPROGRESS while it is under way, WSAEINVAL for `null`
     */
    GetAddrInfoExOverlappedResult(lpOverlapped: WSAOVERLAPPED): number {
      return isStructure(lpOverlapped) ? lpOverlapped.Internal : WSAEINVAL;
    },
  };

  return { functions, dropAll: () => underWay.dropAll() };
}

function readChoice(nameSpace: unknown, providerId: unknown): NameSpaceChoice | number {
  if (typeof nameSpace !== 'number') return WSAEFAULT;
  if (isNull(providerId)) return { nameSpace, providerId: null };
  if (typeof providerId !== 'string') return WSAEFAULT;
  const id = GUID.parse(providerId);
  return id === null ? WSAEINVAL : { nameSpace, providerId: id };
}

function overlappedFault(overlapped: unknown, routine: unknown, handle: unknown): number {
  if (!isNull(handle) && !isRef(handle)) return WSAEFAULT;
  if (!isNull(routine) && typeof routine !== 'function') return WSAEFAULT;
  if (isNull(overlapped)) return isNull(routine) ? 0 : WSAEINVAL;
  if (!isStructure(overlapped)) return WSAEFAULT;
  return !isNull(routine) && Boolean(overlapped['hEvent']) ? WSAEINVAL : 0;
}

// Null for a bad pointer.
function milliseconds(timeout: unknown): number | null {
  if (isNull(timeout)) return Infinity;
  if (!isStructure(timeout)) return null;
  const { tv_sec, tv_usec } = timeout;
  return isLength(tv_sec, 2 ** 31) && isLength(tv_usec, 2 ** 31) ? tv_sec * 1000 + tv_usec / 1000 : null;
}
