import type { Clock, Timer } from './clock.js';
import type { DispatcherSockets } from './dispatcher-sockets.js';
import type {
  GUID,
  QosTemplate,
  WSACOMPLETION,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFOW,
  WSATHREADID,
  WSPDATA,
} from './structures/index.js';
import type {
  HANDLE,
  LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  SOCKET,
  WSAEVENT,
  WSPPROC_TABLE,
} from './transport-provider.js';
import type { LPWPUCOMPLETEOVERLAPPEDREQUEST, LPWSAPROVIDERCOMPLETEASYNCCALL, LPWSAUSERAPC } from './upcalls.js';

/** The instance's source of chance; seeded, so that a run can be repeated. */
export interface RandomSource {
  /** A number from 0 up to but not including 1. */
  next(): number;
  /** Whether no run repeats it. What nobody may guess is taken from the system then, not from here. */
  readonly isUnrepeatable?: boolean;
}

/** Work that a provider puts off to the third step of the reactor's turn. It is queued at most once at a time. */
export interface DeferredWork {
  /** Set by the reactor while the work is queued. */
  queued: boolean;
  /** Does the work. Must not wait. */
  run(): void;
}

/**
 * What may still be done in a turn of the reactor by work whose amount a peer decides: decoding, first of all. Who does such
 * work looks at `spent` between pieces of it, and goes on in the next turn (`deferToNextTurn`).
 */
export interface WorkBudget {
  /** Counts the turns, and what the application does between two of them: two looks at the same number saw no turn begin or end. */
  readonly number: number;
  /** Whether this turn has done enough. */
  readonly spent: boolean;
  /**
   * Counts work that was done.
   *
   * @param units about one for each byte that was looked at or made, some hundreds for a call
   */
  spend(units: number): void;
  /**
   * Called in a function that the application called, outside of the providers' phase. Gives it a little to spend though all
   * is spent, from time to time: an application may ask in a loop, and let no turn come, until there is something.
   */
  beginCall(): void;
}

/**
 * How a wait treats completion routines and other APCs: `no` leaves them, `continue` runs them and waits on,
 * `return` runs them and ends the wait.
 */
export type Alertable = 'no' | 'continue' | 'return';

/** Why a wait ended. */
export type WaitResult = 'condition' | 'timeout' | 'interrupted' | 'io-completion';

/** What an observer of a handle is told, before the application is. */
export interface HandleObserver {
  /** An overlapped operation on the handle completed. */
  completed?(s: SOCKET, lpOverlapped: WSAOVERLAPPED, dwError: number, cbTransferred: number, dwFlags: number): void;
  /** A network event (one `FD_*` bit) was recorded or posted. */
  networkEvent?(s: SOCKET, event: number, error: number): void;
}

/** A provider that `InstanceHost.startProvider` started. */
export interface StartedProvider {
  /** 0, or why the provider could not be started: WSAEINVALIDPROVIDER, WSAEPROVIDERFAILEDINIT, WSAEINVALIDPROCTABLE, … */
  readonly error: number;
  /** The catalog entry that was started. */
  readonly entry: WSAPROTOCOL_INFOW | null;
  /** What the provider said of itself. */
  readonly data: WSPDATA | null;
  /** The provider's functions, checked to be complete; `null` on failure. */
  readonly procedures: WSPPROC_TABLE | null;
}

/**
 * Addresses that stand for names, in one instance: those of 198.18.0.0/15 and of 100::/64, which lead nowhere. A connect to one of
 * them asks for its name, by way of whichever layer takes names, as to a proxy.
 */
export interface AssignedNames {
  /**
   * The address that stands for a name; the same for the same name, whatever its case.
   *
   * @param family AF_INET or AF_INET6
   * @param port in host order; 0 if absent
   * @returns a sockaddr; `null` when all addresses are in use
   */
  addressOf(name: string, family: number, port?: number): Uint8Array | null;
  /** The name that a sockaddr stands for; `null` for none. */
  nameOf(sockaddr: Uint8Array): string | null;
  /** Whether a sockaddr is one of those that stand for names, whether it does at present or not; no before the first does. */
  isAssignable(sockaddr: Uint8Array): boolean;
}

/** Told of a line of the key log: of what a secured connection's secrets are, as in NSS key logs. */
export type KeyLogListener = (line: string) => void;

/**
 * The secrets of an instance's secured connections: layers that secure connections write them, if somebody listens, and
 * layers that show what is under way listen, if they were told to.
 */
export interface KeyLog {
  /** Whether somebody listens: secrets that nobody asked for are not written. */
  readonly listening: boolean;
  /**
   * Tells the listeners of a secret, as soon as it is known. A listener that throws is reported, and taken off.
   *
   * @param line as in NSS key logs, without a line break: `CLIENT_RANDOM …`, `CLIENT_TRAFFIC_SECRET_0 …`
   */
  write(line: string): void;
  /** Has a listener told of secrets from now on, at once, before what they secure is sent; disposing ends that. */
  listen(listener: KeyLogListener): Disposable;
}

/** Something that went wrong inside the framework or a provider, as reported by the instance's `defect` event. */
export interface Defect {
  /** What happened, naming the provider and the function. */
  readonly message: string;
  /** The exception or other cause, if there is one. */
  readonly cause?: unknown;
  /** The socket concerned. */
  readonly socket?: SOCKET;
  /** `szProtocol` or identifier of the provider concerned. */
  readonly provider?: string;
}

/** What an instance offers its providers beyond WinSock's upcalls. */
export interface InstanceHost {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** The secrets of secured connections, one log per instance. */
  readonly keyLog: KeyLog;
  /** The addresses that stand for names. */
  readonly names: AssignedNames;
  /** The catalog entry that this provider was started as; `null` for name-space providers. */
  readonly entry: WSAPROTOCOL_INFOW | null;
  /** The host's name for which a connect that is being called was given its address; `null` when nobody gave one. */
  destinationName(): string | null;
  /**
   * The hosts' names by whose look-ups this instance was given an address (getaddrinfo, GetAddrInfoEx, gethostbyname,
   * WSAAsyncGetHostByName, WSALookupServiceNext and those of the package's own), as far as they are remembered: the names of
   * 4,096 look-ups.
   *
   * @param address an address in text, without scope; an IPv4 address mapped into IPv6 is that IPv4 address
   * @returns lower case and without a dot at the end, the name that was looked up last at the end
   */
  resolvedNames(address: string): readonly string[];
  /**
   * Has the provider below connect.
   *
   * @param name the host's name that the address belongs to; `null` for one that nobody named, as where a filter leads
   * @param connect called at once
   */
  connectNamed<T>(name: string | null, connect: () => T): T;
  /**
   * Looks a host's addresses up by the instance's name spaces, without waiting.
   *
   * @param families AF_INET and AF_INET6, or one of them
   * @param found told 0 or a WinSock code, and sockaddrs with port 0; maybe before the function returns
   * @returns gives up; nothing is told then
   */
  lookUp(
    name: string,
    families: readonly number[],
    found: (error: number, addresses: readonly Uint8Array[]) => void,
  ): () => void;
  /** The dispatcher's own socket functions. */
  readonly sockets: DispatcherSockets;
  /** The calling thread, as `WPUOpenCurrentThread` gives it. */
  readonly thread: WSATHREADID;

  /** Reserves a handle of the instance: a multiple of 4, never 0, not used again soon. */
  allocateHandle(): HANDLE;
  /** Gives a handle back. */
  releaseHandle(handle: HANDLE): void;

  /**
   * Pumps the reactor until the condition holds. Refused (`interrupted`, with a defect reported) inside the providers'
   * phase of a turn, where nothing may block.
   *
   * @param condition looked at after every step
   * @param deadline the clock's time in milliseconds at which to give up; `Infinity` for never
   * @param alertable what to do with completion routines
   * @param description who waits for what, for the report of a deadlock
   */
  wait(condition: () => boolean, deadline: number, alertable: Alertable, description?: string): WaitResult;
  /**
   * Ends the thread's blocking call with `interrupted`, as `WSPCancelBlockingCall` does. Only a WinSock 1.1 blocking hook can
   * call that in the middle of a wait.
   *
   * @returns false when no blocking call is in progress
   */
  cancelBlockingCall(): boolean;
  /** Does what is due in the providers' phase without waiting; nothing of the application runs. */
  poll(): void;
  /** Whether waiting is refused just now, because providers' work is being done. */
  readonly inProvidersPhase: boolean;
  /** Queues work for the third step of this turn or the next; wakes the event loop if need be. */
  defer(work: DeferredWork): void;
  /**
   * Queues work for the third step of the next turn: for work that goes on though this turn's budget is spent, so that
   * the event loop goes round in between.
   */
  deferToNextTurn(work: DeferredWork): void;
  /** What may still be done in this turn by all that works on data whose amount a peer decides. */
  readonly turn: WorkBudget;
  /** Runs a callback in the second step of a turn once the clock reaches `when` (milliseconds of the clock). */
  setTimer(when: number, callback: () => void): Timer;
  /** Keeps the process alive until `unref` is called as often. */
  ref(): void;
  /** Takes one `ref` back. */
  unref(): void;

  /** Creates an event object; not signalled, manual-reset unless told otherwise. */
  createEvent(autoReset?: boolean): WSAEVENT;
  /** Signals an event object; false when there is none of that handle. */
  setEvent(hEvent: WSAEVENT): boolean;
  /** Clears an event object's signal; false when there is none of that handle. */
  resetEvent(hEvent: WSAEVENT): boolean;
  /** Destroys an event object; false when there is none of that handle. */
  closeEvent(hEvent: WSAEVENT): boolean;
  /** Whether a handle is an event object's. */
  isEvent(hEvent: WSAEVENT): boolean;
  /**
   * Runs a callback as deferred work whenever the event object is set; one per event object, `null` takes it off.
   * The callback is expected to reset the event, as `WSPEnumNetworkEvents` does.
   */
  onEvent(hEvent: WSAEVENT, callback: (() => void) | null): boolean;

  /** Queues a procedure that runs in an alertable wait of the thread. */
  queueApc(thread: WSATHREADID | null, procedure: LPWSAUSERAPC, context: unknown): boolean;
  /** Posts a window message through the instance's replaceable hook. */
  postMessage(hWnd: HANDLE, message: number, wParam: number, lParam: number): boolean;
  /** Whether a handle is a message window's. */
  isWindow(hWnd: HANDLE): boolean;

  /** Marks an operation as under way: `Internal` becomes 0x103, an event object given is reset. */
  beginOverlapped(
    s: SOCKET,
    lpOverlapped: WSAOVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
  ): void;
  /**
   * Completes an overlapped operation: writes `InternalHigh`, then `Internal`, tells observers, then signals the event
   * object and the completion port, or queues the completion routine to the thread that asked.
   *
   * @param dwError a WSA error, 0 on success; WSAECONNRESET of a datagram socket is ERROR_PORT_UNREACHABLE to a completion port
   * @param dwFlags what a receive reports in its flags
   */
  completeOverlapped(
    s: SOCKET,
    lpOverlapped: WSAOVERLAPPED,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID | null,
    dwError: number,
    cbTransferred: number,
    dwFlags: number,
  ): void;
  /** The flags that a completed receive reported. */
  overlappedFlags(lpOverlapped: WSAOVERLAPPED): number;
  /** Completes an operation on a handle of the provider's own (specification: WPUCompleteOverlappedRequest). */
  WPUCompleteOverlappedRequest: LPWPUCOMPLETEOVERLAPPEDREQUEST;
  /** Ends an asynchronous call of a name-space provider of version 2; works in every phase, also while the instance shuts down. */
  WSAProviderCompleteAsyncCall: LPWSAPROVIDERCOMPLETEASYNCCALL;

  /**
   * Tells of the end of a name-space ioctl for which NSPIoctl said WSA_IO_PENDING, in the way that its `lpCompletion` asks
   * for.
   *
   * @param dwError 0 or a WSA error; WSA_OPERATION_ABORTED when the query was ended, of which windows are told nothing
   * @param cbTransferred how many bytes the output has
   */
  completeNotice(lpCompletion: WSACOMPLETION, dwError: number, cbTransferred: number): void;

  /** The file of the catalog; `null` when that is in memory. */
  readonly catalogPath: string | null;
  /** Every entry of the protocol catalog, hidden ones and layered protocols too, in catalog order. */
  catalogEntries(): readonly WSAPROTOCOL_INFOW[];
  /** The entry with this id, or `undefined`. */
  catalogEntry(dwCatalogEntryId: number): WSAPROTOCOL_INFOW | undefined;
  /**
   * The templates of quality of service that were installed for a provider (`WSCInstallQOSTemplate`), as the catalog has them
   * now; none when it cannot be read.
   */
  qosTemplates(providerId: GUID): readonly QosTemplate[];
  /**
   * Loads the provider of a catalog entry and calls its `WSPStartup` with an upcall table of its own, whose
   * `host.entry` is that entry. The caller owes one `lpWSPCleanup` for a success.
   *
   * @param dwCatalogEntryId the entry whose provider to start
   * @param lpProtocolInfo what the provider is told: the chain for a layered provider, `null` for the entry itself
   */
  startProvider(dwCatalogEntryId: number, lpProtocolInfo: WSAPROTOCOL_INFOW | null): StartedProvider;

  /** Tells an observer of completions and network events of a handle; the function returned takes it off. */
  observe(s: SOCKET, observer: HandleObserver): () => void;
  /** Whether the handle has observers; asked on paths that must stay thin. */
  isObserved(s: SOCKET): boolean;
  /** Tells a handle's observers of a network event, from the bottom of its chain up. */
  notifyNetworkEvent(s: SOCKET, event: number, error: number): void;
  /** Adds a function that says, for the report of a deadlock, what each socket of a provider waits for. */
  describeWaiters(describe: () => readonly string[]): () => void;
  /** Reports a defect on the instance; never throws. */
  report(defect: Defect): void;
  /**
   * The thread's last error: who calls the dispatcher's functions between those of the application sets it back to what it
   * was.
   */
  lastError(): number;
  /** Sets the thread's last error, for functions whose C signature has no `lpErrno`. */
  setLastError(error: number): void;
}
