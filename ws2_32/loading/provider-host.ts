// What a provider gets of the host: its own handles, and no others.
import { shown } from '../../spi/answers.js';
import { isSize, isStructure } from '../../spi/arguments.js';
import {
  ERROR_PORT_UNREACHABLE,
  AF_UNSPEC,
  SOCK_DGRAM,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSANOTINITIALISED,
  WSASYSCALLFAILURE,
  type InstanceHost,
  type LPWPUCOMPLETEOVERLAPPEDREQUEST,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type WSAOVERLAPPED,
  type WSATHREADID,
} from '../../spi/index.js';
import type { Dispatcher, TransportProvider } from '../dispatcher/index.js';

/** What belongs to one provider: its handles, its events and the providers below it. */
type OwnHost = Pick<
  InstanceHost,
  | 'allocateHandle'
  | 'releaseHandle'
  | 'createEvent'
  | 'closeEvent'
  | 'startProvider'
  | 'completeOverlapped'
  | 'WPUCompleteOverlappedRequest'
>;
type SharedHost = Omit<InstanceHost, 'entry' | 'inProvidersPhase' | 'sockets' | keyof OwnHost>;

/** Makes the host of a provider, or of what has none of its own: name-space providers and the rest of the package. */
export type HostFactory = (provider: TransportProvider | null) => InstanceHost;

/** The owner of what providers without an entry have. */
const WITHOUT_ENTRY = 1;

/** Makes the hosts that an instance's providers get. */
export function createHostFactory(dispatcher: Dispatcher): HostFactory {
  const shared = createSharedHost(dispatcher);
  return (provider) => ({
    ...shared,
    ...createOwnHost(dispatcher, provider),
    entry: provider?.entry ?? null,
    get sockets() {
      return dispatcher.api;
    },
    get inProvidersPhase() {
      return dispatcher.host.inProvidersPhase;
    },
  });
}

function createOwnHost(dispatcher: Dispatcher, provider: TransportProvider | null): OwnHost {
  const { host, sockets } = dispatcher;
  const self = provider?.number ?? WITHOUT_ENTRY;
  const refused = (what: string, socket?: number): false => {
    const name = provider?.name ?? 'a name-space provider';
    dispatcher.report({
      message: `provider "${name}" ${what}, which is another's: refused`,
      provider: name,
      ...(socket === undefined ? {} : { socket }),
    });
    return false;
  };
  return {
    allocateHandle: () => host.allocateHandle(self),
    releaseHandle(handle) {
      const owner = host.ownerOf(handle);
      // Nobody's already: given back twice, or by whoever closed it first.
      if (owner === undefined) return;
      if (owner !== self) {
        refused(`gave back the handle ${handle}`, handle);
        return;
      }
      // A socket that a layer above closed never passes closesocket, so its record goes with its handle.
      const record = sockets.get(handle);
      if (record !== undefined) sockets.remove(record);
      host.releaseHandle(handle);
    },
    createEvent: (autoReset) => host.events.create(autoReset ?? false, self),
    closeEvent(hEvent) {
      if (!host.events.has(hEvent)) return false;
      return host.ownerOf(hEvent) === self ? host.events.close(hEvent) : refused(`closed the event object ${hEvent}`);
    },
    startProvider: (id, lpProtocolInfo) => dispatcher.providers.start(id, lpProtocolInfo, provider),
    ...createCompletions(dispatcher, provider),
  };
}

/** How a provider completes operations: one that is not this package's own is not taken at its word. */
function createCompletions(
  dispatcher: Dispatcher,
  provider: TransportProvider | null,
): Pick<InstanceHost, 'completeOverlapped' | 'WPUCompleteOverlappedRequest'> {
  const { host, handed } = dispatcher;
  const judged = provider === null || provider.builtIn ? null : provider;

  /** A datagram socket has no connection that could be reset: it is a port that nobody has, and a completion port says so. */
  function completionError(s: number, error: number): number {
    if (error !== WSAECONNRESET) return error;
    return dispatcher.sockets.get(s)?.chainEntry.iSocketType === SOCK_DGRAM ? ERROR_PORT_UNREACHABLE : error;
  }

  const complete = (
    s: number,
    lpOverlapped: WSAOVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    _thread: WSATHREADID | null,
    error: number,
    transferred: number,
    flags: number,
  ): boolean => {
    const routine = judged === null ? lpCompletionRoutine : handed.routineFrom(judged, s, lpCompletionRoutine);
    if (judged !== null || handed.any) {
      const verdict = handed.judge(judged, s, lpOverlapped, error, transferred);
      if (verdict === 'not pending') return false;
      if (verdict === 'impossible') {
        host.overlapped.complete(s, lpOverlapped, routine, WSASYSCALLFAILURE, 0, 0);
        return false;
      }
    }
    host.overlapped.complete(s, lpOverlapped, routine, completionError(s, error), transferred, flags);
    return true;
  };

  const WPUCompleteOverlappedRequest: LPWPUCOMPLETEOVERLAPPEDREQUEST = (
    s,
    lpOverlapped,
    dwError,
    cbTransferred,
    lpErrno,
  ) => {
    if ((dispatcher.sockets.get(s)?.creator ?? null) === null) return refuse(lpErrno, WSAEINVAL);
    if (!isStructure(lpOverlapped)) return refuse(lpErrno, WSAEFAULT);
    return complete(s, lpOverlapped, null, null, dwError, cbTransferred, 0) ? 0 : refuse(lpErrno, WSAEINVAL);
  };

  return {
    completeOverlapped: complete,
    WPUCompleteOverlappedRequest,
  };
}

function createSharedHost(dispatcher: Dispatcher): SharedHost {
  const { host, catalog } = dispatcher;

  return {
    clock: host.clock,
    random: host.random,
    keyLog: host.keyLog,
    names: host.names,
    lookUp(name, families, found) {
      const [family = AF_UNSPEC] = families;
      const hints = { ai_family: families.length === 1 ? family : AF_UNSPEC, ai_flags: 0 };
      const { nameSpaces } = dispatcher;
      if (nameSpaces !== null) return nameSpaces.lookUp(name, hints, found);
      found(WSANOTINITIALISED, []);
      return () => undefined;
    },
    thread: host.thread,
    destinationName: () => dispatcher.destinationName,
    resolvedNames: (address) => dispatcher.resolvedNames.of(address),
    connectNamed: (name, connect) => dispatcher.connectNamed(name, connect),
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
    setEvent: (hEvent) => host.events.set(hEvent),
    resetEvent: (hEvent) => host.events.reset(hEvent),
    isEvent: (hEvent) => host.events.has(hEvent),
    onEvent: (hEvent, callback) => host.events.onEvent(hEvent, callback),
    queueApc: (thread, procedure, context) => host.queueApc(thread, procedure, context),
    postMessage: (hWnd, message, wParam, lParam) => host.windows.postNotice(hWnd, message, wParam, lParam),
    isWindow: (hWnd) => host.windows.has(hWnd),
    beginOverlapped: (_s, lpOverlapped, routine) => host.overlapped.begin(lpOverlapped, routine),
    overlappedFlags: (lpOverlapped) => host.overlapped.flagsOf(lpOverlapped),
    completeNotice(lpCompletion, error, transferred) {
      const isSound = isSize(error) && isSize(transferred);
      if (
        host.notices.complete(lpCompletion, isSound ? error : WSASYSCALLFAILURE, isSound ? transferred : 0) &&
        isSound
      )
        return;
      const what = isSound
        ? 'is not under way'
        : `cannot end with error ${shown(error)} and ${shown(transferred)} bytes`;
      dispatcher.report({ message: `a name-space provider completed an ioctl that ${what}` });
    },
    catalogPath: catalog.store.path,
    catalogEntries: () => catalog.entries(),
    catalogEntry: (id) => catalog.entry(id),
    qosTemplates: (providerId) => catalog.qosTemplates(providerId),
    observe: (s, observer) => host.observers.add(s, observer),
    isObserved: (s) => host.observers.has(s),
    notifyNetworkEvent: (s, event, error) => host.observers.networkEvent(s, event, error),
    report: (defect) => dispatcher.report(defect),
    lastError: () => dispatcher.lastError,
    setLastError(error) {
      dispatcher.setLastError(error);
    },
    WSAProviderCompleteAsyncCall(hAsyncCall, iRetCode) {
      const error = dispatcher.nameSpaces?.completeAsyncCall(hAsyncCall, iRetCode) ?? WSAEINVAL;
      return error === 0 ? 0 : dispatcher.fail(error);
    },
  };
}

/** Puts an error where an upcall's caller looks for it, and returns SOCKET_ERROR. */
export function refuse(lpErrno: { value: number }, error: number): number {
  lpErrno.value = error;
  return -1;
}
