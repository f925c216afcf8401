import { isNull, isRef, isStructure, memberOf } from '../../spi/arguments.js';
import {
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINVAL,
  type addrinfo,
  type ADDRINFOEX,
  type GUID,
  type HANDLE,
  type Ref,
  type timeval,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import { readRequest } from './address-info-request.js';
import { toAddrinfoEx } from './address-info-lists.js';
import type { AddressInfoLookups } from './address-info.js';
import { carryOut } from './lookup.js';
import {
  millisecondsOf,
  overlappedFault,
  readChoice,
  type LookupServiceCompletionRoutine,
  type OverlappedCalls,
  type OverlappedWork,
} from './overlapped-calls.js';

/** Look-ups with name spaces, time-outs and overlapped structures. */
export type AddrinfoExFunctions = ReturnType<typeof createAddrinfoExFunctions>;

/**
 * Makes GetAddrInfoEx and its like (ws2tcpip.h).
 *
 * @param underWay the overlapped calls of the instance
 */
export function createAddrinfoExFunctions(
  dispatcher: Dispatcher,
  lookups: AddressInfoLookups,
  underWay: OverlappedCalls,
) {
  function end(error: number): number {
    dispatcher.setLastError(error);
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
   *   `lpOverlapped`, a malformed GUID, or a provider that is not in the catalog), WSAETIMEDOUT, WSASERVICE_NOT_FOUND (no enabled
   *   provider serves the name space).
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
    const limit = millisecondsOf(timeout);
    if (limit === null) return end(WSAEFAULT);
    const request = readRequest(pName, pServiceName, hints);
    if (typeof request === 'number') return end(request);
    const lookup = lookups.lookup(request, choice);
    if (!isNull(lpOverlapped)) {
      const work: OverlappedWork = {
        pointer: ppResult,
        begin: (over, timeLimit) => lookup.start({ lookedUp: over }, timeLimit),
        cancel: () => lookup.cancel(),
        conclude() {
          const { value, error } = lookup.answer!;
          if (value !== null) ppResult.value = toAddrinfoEx(request, value);
          return error;
        },
      };
      underWay.start(work, limit, lpOverlapped, lpCompletionRoutine ?? null, lpHandle ?? null);
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

  return {
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
     * Ends an overlapped look-up or registration; it completes with WSA_E_CANCELLED (ws2tcpip.h: GetAddrInfoExCancel).
     *
     * @param lpHandle from `GetAddrInfoEx` or `SetAddrInfoEx`
     * @returns 0, or the error, which is the last error too: WSANOTINITIALISED, WSA_INVALID_HANDLE (bad pointer, or nothing
     *   under way)
     */
    GetAddrInfoExCancel(lpHandle: Ref<HANDLE>): number {
      if (!dispatcher.isStarted()) return dispatcher.lastError;
      const found = isRef(lpHandle) ? underWay.take(lpHandle.value) : undefined;
      if (found === undefined) return end(WSA_INVALID_HANDLE);
      found.cancel();
      return end(0);
    },

    /**
     * Tells how an overlapped look-up or registration has ended (ws2tcpip.h: GetAddrInfoExOverlappedResult).
     *
     * @param lpOverlapped as given to `GetAddrInfoEx` or `SetAddrInfoEx`
     * @returns 0, or the error; WSAEINPROGRESS while it is under way, WSAEINVAL for `null`
     */
    GetAddrInfoExOverlappedResult(lpOverlapped: WSAOVERLAPPED): number {
      if (!isStructure(lpOverlapped)) return WSAEINVAL;
      const status = memberOf(lpOverlapped, 'Internal');
      return typeof status === 'number' ? status : WSAEFAULT;
    },
  };
}
