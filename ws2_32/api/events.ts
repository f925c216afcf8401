// Event objects and network events.
import { isNull, isScalar, isSize, isStructure, nullableHandle } from '../../spi/arguments.js';
import {
  FD_MAX_EVENTS,
  ref,
  WSA_INVALID_EVENT,
  WSA_INVALID_HANDLE,
  WSA_INVALID_PARAMETER,
  WSA_MAXIMUM_WAIT_EVENTS,
  WSA_WAIT_FAILED,
  WSAEFAULT,
  WSAEINVAL,
  type HWND,
  type SOCKET,
  type WSAEVENT,
  type WSANETWORKEVENTS,
} from '../../spi/index.js';
import type { PostRoutine } from '../../host/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** Event objects and network events. */
export type EventFunctions = ReturnType<typeof createEventFunctions>;

/**
 * Makes the functions of event objects and network events (specification: WSACreateEvent, WSAEventSelect and their
 * like).
 */
export function createEventFunctions(dispatcher: Dispatcher) {
  const { host } = dispatcher;

  // The end of a function of an event object.
  function done(found: boolean): boolean {
    if (!found) return dispatcher.failBoolean(WSA_INVALID_HANDLE);
    dispatcher.setLastError(0);
    return true;
  }

  return {
    /**
     * Creates an event object: manual-reset, not signalled (specification: WSACreateEvent).
     *
     * @returns its handle, or WSA_INVALID_EVENT with WSANOTINITIALISED
     */
    WSACreateEvent(): WSAEVENT {
      if (!dispatcher.isStarted()) return WSA_INVALID_EVENT;
      dispatcher.setLastError(0);
      return host.events.create(false);
    },

    /**
     * Destroys an event object (specification: WSACloseEvent).
     *
     * @returns TRUE, or FALSE with WSANOTINITIALISED or WSA_INVALID_HANDLE (no event object)
     */
    WSACloseEvent: (hEvent: WSAEVENT): boolean => dispatcher.isStarted() && done(host.events.close(hEvent)),

    /**
     * Signals an event object (specification: WSASetEvent).
     *
     * @returns TRUE, or FALSE with WSANOTINITIALISED or WSA_INVALID_HANDLE (no event object)
     */
    WSASetEvent: (hEvent: WSAEVENT): boolean => dispatcher.isStarted() && done(host.events.set(hEvent)),

    /**
     * Clears an event object's signal (specification: WSAResetEvent).
     *
     * @returns TRUE, or FALSE with WSANOTINITIALISED or WSA_INVALID_HANDLE (no event object)
     */
    WSAResetEvent: (hEvent: WSAEVENT): boolean => dispatcher.isStarted() && done(host.events.reset(hEvent)),

    /**
     * Waits for one or all of some event objects (specification: WSAWaitForMultipleEvents). Blocks the thread;
     * `host.waits.wait` does not.
     *
     * @param cEvents how many of them, 1 to 64
     * @param lphEvents the event objects
     * @param fWaitAll whether all must be signalled at the same time
     * @param dwTimeout milliseconds; 0 only looks, WSA_INFINITE waits without limit
     * @param fAlertable whether completion routines run meanwhile, and end the wait
     * @returns WSA_WAIT_EVENT_0 plus the first signalled event's index, WSA_WAIT_TIMEOUT, WSA_WAIT_IO_COMPLETION, or
     *   WSA_WAIT_FAILED with WSANOTINITIALISED, WSA_INVALID_PARAMETER (bad count or time-out), WSAEFAULT (not so many events
     *   there), WSA_INVALID_HANDLE (no event object), WSAEINTR (cancelled, or called where nothing may block)
     */
    WSAWaitForMultipleEvents(
      cEvents: number,
      lphEvents: readonly WSAEVENT[],
      fWaitAll: boolean,
      dwTimeout: number,
      fAlertable: boolean,
    ): number {
      const failed = (error: number): number => {
        dispatcher.setLastError(error);
        return WSA_WAIT_FAILED;
      };
      if (!dispatcher.isStarted()) return WSA_WAIT_FAILED;
      const isCount = isSize(cEvents) && cEvents >= 1 && cEvents <= WSA_MAXIMUM_WAIT_EVENTS;
      if (!isCount || !isScalar(dwTimeout)) return failed(WSA_INVALID_PARAMETER);
      if (!Array.isArray(lphEvents) || lphEvents.length < cEvents) return failed(WSAEFAULT);
      const errno = ref(0);
      const events = lphEvents as readonly WSAEVENT[];
      const timeout = dwTimeout >>> 0;
      const result = host.waits.wait(
        events.slice(0, cEvents),
        cEvents,
        Boolean(fWaitAll),
        timeout,
        Boolean(fAlertable),
        errno,
      );
      if (result === WSA_WAIT_FAILED) return failed(errno.value);
      dispatcher.setLastError(0);
      return result;
    },

    /**
     * Records network events of a socket, and signals an event object with them; makes the socket non-blocking
     * (specification: WSAEventSelect).
     *
     * @param s any socket
     * @param hEventObject the event object; looked at only if `lNetworkEvents` is not 0
     * @param lNetworkEvents FD_* bits; 0 ends it
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (no event object, or bad events)
     */
    WSAEventSelect(s: SOCKET, hEventObject: WSAEVENT | null, lNetworkEvents: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isScalar(lNetworkEvents)) return dispatcher.fail(WSAEINVAL);
      const event = nullableHandle(hEventObject);
      if (lNetworkEvents !== 0 && !(event !== null && host.events.has(event))) return dispatcher.fail(WSAEINVAL);
      const { provider } = record;
      const { lpWSPEventSelect } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPEventSelect(s, event, lNetworkEvents, frame.errno);
        if (result === 0) record.postsMessages = false;
        return dispatcher.leave(frame, provider, 'WSPEventSelect', result, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPEventSelect', cause, s);
      }
    },

    /**
     * Fetches and clears what network events a socket has recorded (specification: WSAEnumNetworkEvents).
     *
     * @param s a socket under `WSAEventSelect`
     * @param hEventObject an event object to be reset with it, or `null`
     * @param lpNetworkEvents filled; only errors of recorded events are written; `{}` will do
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (`lpNetworkEvents` is not an object
     *   that can be written), WSAEINVAL (no event object)
     */
    WSAEnumNetworkEvents(s: SOCKET, hEventObject: WSAEVENT | null, lpNetworkEvents: Partial<WSANETWORKEVENTS>): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isStructure(lpNetworkEvents)) return dispatcher.fail(WSAEFAULT);
      const event = nullableHandle(hEventObject);
      if (event !== null && !host.events.has(event)) return dispatcher.fail(WSAEINVAL);
      // What is written must be known to have a place before the record is cleared.
      if (!hasPlaceForEvents(lpNetworkEvents)) return dispatcher.fail(WSAEFAULT);
      const { provider } = record;
      const { lpWSPEnumNetworkEvents } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPEnumNetworkEvents(s, event, lpNetworkEvents as WSANETWORKEVENTS, frame.errno);
        return dispatcher.leave(frame, provider, 'WSPEnumNetworkEvents', result, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPEnumNetworkEvents', cause, s);
      }
    },

    /**
     * Replaces the routine by which messages are posted to windows, those of `WPUPostMessage` (ws2_32:
     * WSApSetPostRoutine). The windows may then be the application's own, with handles of any number but 0.
     *
     * @param lpPostRoutine called with `(hWnd, message, wParam, lParam)`, returns whether the message was posted;
     *   `null` puts the original back
     * @returns 0, or SOCKET_ERROR with WSAEFAULT when it is not a function
     */
    WSApSetPostRoutine(lpPostRoutine: PostRoutine | null): number {
      if (!isNull(lpPostRoutine) && typeof lpPostRoutine !== 'function') return dispatcher.fail(WSAEFAULT);
      host.windows.setPostRoutine(lpPostRoutine ?? null);
      return 0;
    },

    /**
     * Posts a window message for network events of a socket; makes the socket non-blocking (specification:
     * WSAAsyncSelect).
     *
     * @param s any socket
     * @param hWnd the window
     * @param wMsg the message; wParam is the socket, lParam holds event and error
     * @param lEvent FD_* bits; 0 ends it
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (no window, or bad events)
     */
    WSAAsyncSelect(s: SOCKET, hWnd: HWND, wMsg: number, lEvent: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isScalar(hWnd) || !isScalar(wMsg) || !isScalar(lEvent)) return dispatcher.fail(WSAEINVAL);
      const { provider } = record;
      const { lpWSPAsyncSelect } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPAsyncSelect(s, hWnd, wMsg, lEvent, frame.errno);
        if (result === 0) record.postsMessages = lEvent !== 0;
        return dispatcher.leave(frame, provider, 'WSPAsyncSelect', result, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPAsyncSelect', cause, s);
      }
    },
  };
}

/** Whether network events can be written into a structure, which has the members for that afterwards: its own where it has them. */
function hasPlaceForEvents(structure: Partial<WSANETWORKEVENTS>): boolean {
  try {
    const { lNetworkEvents, iErrorCode } = structure;
    const isRoom = Array.isArray(iErrorCode) && !Object.isFrozen(iErrorCode);
    // Throws where it is frozen, or refuses: this is called for every notice, and makes nothing if the members are there.
    structure.lNetworkEvents = lNetworkEvents ?? 0;
    structure.iErrorCode = isRoom ? iErrorCode : new Array<number>(FD_MAX_EVENTS).fill(0);
    return true;
  } catch {
    return false;
  }
}
