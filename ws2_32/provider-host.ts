import type { InstanceHost, LPWPUCOMPLETEOVERLAPPEDREQUEST, WSAPROTOCOL_INFOW } from '../spi/index.js';
import { ERROR_PORT_UNREACHABLE, SOCK_DGRAM, WSAECONNRESET, WSAEFAULT, WSAEINVAL } from '../spi/index.js';
import { isStructure } from './arguments.js';
import type { Dispatcher } from './dispatcher.js';

type SharedHost = Omit<InstanceHost, 'entry' | 'inProvidersPhase' | 'sockets'>;

/** Makes the hosts that an instance's providers get: all alike, but for the entry that the provider was started as. */
export function createHostFactory(dispatcher: Dispatcher): (entry: WSAPROTOCOL_INFOW | null) => InstanceHost {
  const shared = createSharedHost(dispatcher);
  return (entry) => ({
    ...shared,
    entry,
    get sockets() {
      return dispatcher.ownFunctions;
    },
    get inProvidersPhase() {
      return dispatcher.host.inProvidersPhase;
    },
  });
}

function createSharedHost(dispatcher: Dispatcher): SharedHost {
  const { host, catalog } = dispatcher;

  /** A datagram socket has no connection that could be reset: it is a port that nobody has, and a completion port says so. */
  function completionError(s: number, error: number): number {
    if (error !== WSAECONNRESET) return error;
    return dispatcher.sockets.get(s)?.chainEntry.iSocketType === SOCK_DGRAM ? ERROR_PORT_UNREACHABLE : error;
  }

  const WPUCompleteOverlappedRequest: LPWPUCOMPLETEOVERLAPPEDREQUEST = (
    s,
    lpOverlapped,
    dwError,
    cbTransferred,
    lpErrno,
  ) => {
    if ((dispatcher.sockets.get(s)?.creator ?? null) === null) return refuse(lpErrno, WSAEINVAL);
    if (!isStructure(lpOverlapped)) return refuse(lpErrno, WSAEFAULT);
    host.completeOverlapped(s, lpOverlapped, null, null, completionError(s, dwError), cbTransferred, 0);
    return 0;
  };

  return {
    clock: host.clock,
    random: host.random,
    thread: host.thread,
    allocateHandle: () => host.allocateHandle(),
    releaseHandle(handle) {
      // A socket that a layer above closed never passes closesocket, so its record goes with its handle.
      const record = dispatcher.sockets.get(handle);
      if (record !== undefined) dispatcher.sockets.remove(record);
      host.releaseHandle(handle);
    },
    describeWaiters: (describe) => host.describeWaiters(describe),
    wait: (condition, deadline, alertable, description) => host.wait(condition, deadline, alertable, description),
    cancelBlockingCall: () => dispatcher.blockingHooks.cancel(),
    poll: () => host.poll(),
    defer: (work) => host.defer(work),
    deferToNextTurn: (work) => host.deferToNextTurn(work),
    turn: host.turn,
    setTimer: (when, callback) => host.setTimer(when, callback),
    ref: () => host.ref(),
    unref: () => host.unref(),
    createEvent: (autoReset) => host.createEvent(autoReset),
    setEvent: (hEvent) => host.setEvent(hEvent),
    resetEvent: (hEvent) => host.resetEvent(hEvent),
    closeEvent: (hEvent) => host.closeEvent(hEvent),
    isEvent: (hEvent) => host.isEvent(hEvent),
    onEvent: (hEvent, callback) => host.onEvent(hEvent, callback),
    queueApc: (thread, procedure, context) => host.queueApc(thread, procedure, context),
    postMessage: (hWnd, message, wParam, lParam) => host.postMessage(hWnd, message, wParam, lParam),
    isWindow: (hWnd) => host.isWindow(hWnd),
    beginOverlapped: (s, lpOverlapped, routine) => host.beginOverlapped(s, lpOverlapped, routine),
    completeOverlapped: (s, lpOverlapped, routine, thread, error, transferred, flags) =>
      host.completeOverlapped(s, lpOverlapped, routine, thread, completionError(s, error), transferred, flags),
    overlappedFlags: (lpOverlapped) => host.overlappedFlags(lpOverlapped),
    WPUCompleteOverlappedRequest,
    catalogEntries: () => catalog.entries(),
    catalogEntry: (id) => catalog.entry(id),
    startProvider: (id, lpProtocolInfo) => dispatcher.providers.start(id, lpProtocolInfo),
    observe: (s, observer) => host.observe(s, observer),
    isObserved: (s) => host.isObserved(s),
    notifyNetworkEvent: (s, event, error) => host.notifyNetworkEvent(s, event, error),
    report: (defect) => dispatcher.report(defect),
    setLastError(error) {
      dispatcher.lastError = error;
    },
  };
}

/** Puts an error where an upcall's caller looks for it, and returns SOCKET_ERROR. */
export function refuse(lpErrno: { value: number }, error: number): number {
  lpErrno.value = error;
  return -1;
}
