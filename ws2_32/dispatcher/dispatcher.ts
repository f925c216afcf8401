import { answerFault, ANSWERS_AT_ONCE, ignoreOutcome, isThenable, isTruth, shown } from '../../spi/answers.js';
import { cureOf } from '../../spi/layer-rules.js';
import type { InstanceCatalog } from '../../catalog/instance.js';
import type { Host } from '../../host/index.js';
import {
  INVALID_SOCKET,
  SOCKET_ERROR,
  WSAENOTSOCK,
  WSANOTINITIALISED,
  WSASYSCALLFAILURE,
  WSAEINPROGRESS,
  type Defect,
  type WSAOVERLAPPED,
  type Ref,
  type SOCKET,
  type WSPPROC_TABLE,
} from '../../spi/index.js';
import type { ApiFunctions } from './api-functions.js';
import { BlockingHooks } from './blocking-hooks.js';
import { Borders } from './borders.js';
import { CallFrame, type TransferFrame } from './call-frame.js';
import { HandedOperations } from './completions.js';
import { countFault, handleFault, ProviderDefects } from './provider-defects.js';
import type { NameResolution } from './name-resolution.js';
import type { StartedProviders, TransportProvider } from './transport-provider.js';
import { ResolvedNames } from './resolved-names.js';
import { firstFrame, SocketRecords, type SocketRecord } from './socket-records.js';

/**
 * The state that all areas of the API share, and the way into a provider and out again.
 *
 * A function of the API looks its socket up, checks its arguments, calls `enter`, the provider's function and one of the
 * `leave` functions, and passes what a provider throws to `contain`. None of this allocates.
 */
export class Dispatcher {
  /** How many calls of WSAStartup have not been taken back. */
  startups = 0;
  /** 0, or what every function says at present: WSANOTINITIALISED, or WSAEINPROGRESS while a blocking hook runs. */
  refusal: number = WSANOTINITIALISED;
  /** Whether providers may use the upcalls; still true while they clean up. */
  active = false;
  /** Whether name-space providers are being let go, and may still close their sockets and say goodbye by them. */
  lettingNameSpacesGo = false;
  /** Whether the instance was disposed of, and can't be started again. */
  disposed = false;
  /** The lowest version that any WSAStartup negotiated: major version in the high byte; 0 before the first. */
  version = 0;
  /** The thread's last error. */
  lastError = 0;
  /** The thread's SO_OPENTYPE. */
  openType = 0;
  /** The host's name for which a connect that is being called was given its address. */
  destinationName: string | null = null;
  readonly resolvedNames = new ResolvedNames();
  readonly sockets = new SocketRecords();
  /** What runs while a blocking call of a version 1.1 application waits. */
  readonly blockingHooks = new BlockingHooks(this);
  /** The overlapped operations that providers of others were handed. */
  readonly handed: HandedOperations;
  readonly #defects: ProviderDefects;
  /** The transport providers that were started; set once, while the instance is wired. */
  providers!: StartedProviders;
  /** Set while the instance is wired, and again when name resolution is loaded. */
  nameSpaces: NameResolution | null = null;
  /** Told when the last WSAStartup was taken back, or the instance disposed of: every socket is gone by then. */
  readonly endings = new Set<() => void>();
  /** The tables of functions by which calls cross a border: where hooks are put in. */
  readonly borders = new Borders();
  /**
   * The functions of the API, as applications have them, for whatever calls one from inside; looked up at each call. Set once,
   * while the instance is wired.
   */
  api!: ApiFunctions;

  constructor(
    readonly host: Host,
    readonly catalog: InstanceCatalog,
    /** Tells the instance's listeners of a defect; never throws. */
    readonly report: (defect: Defect) => void,
  ) {
    this.handed = new HandedOperations(report);
    this.#defects = new ProviderDefects(this.sockets, report);
  }

  // ---- Wired together, started and ended ----

  /** Sets what loads and starts the transport providers; once. */
  useProviders(providers: StartedProviders): void {
    this.providers = providers;
  }

  /** Sets what others do about name resolution. */
  useNameSpaces(nameSpaces: NameResolution): void {
    this.nameSpaces = nameSpaces;
  }

  /** Sets the functions of the API, as applications have them; once. */
  useApi(api: ApiFunctions): void {
    this.api = api;
  }

  /**
   * Counts a WSAStartup.
   *
   * @param version what it negotiated, major version in the high byte
   */
  startUp(version: number): void {
    if (this.startups === 0 || version < this.version) this.version = version;
    this.startups++;
    this.refusal = 0;
    this.active = true;
    this.blockingHooks.adapt();
  }

  /** Takes a WSAStartup back; the last one ends the use of the instance. */
  cleanUp(): void {
    if (this.startups === 1) this.#end();
    else this.startups--;
  }

  /** Ends the use of the instance for good. Returns false when that was done before. */
  dispose(): boolean {
    if (this.disposed) return false;
    this.disposed = true;
    if (this.startups > 0) this.#end();
    return true;
  }

  /** Ends the use of the instance: blocking calls, sockets, providers. */
  #end(): void {
    this.startups = 0;
    this.refusal = WSANOTINITIALISED;
    this.blockingHooks.adapt();
    this.host.cancelBlockingCalls();
    // Lookups end while their providers' sockets are still there; providers destroy their own sockets, and may still look
    // them up meanwhile; name-space providers go when everything else has gone.
    this.lettingNameSpacesGo = true;
    try {
      this.nameSpaces?.endQueries();
    } finally {
      this.lettingNameSpacesGo = false;
    }
    this.providers.cleanup();
    this.nameSpaces?.cleanup();
    this.borders.forget('provider', 'upcall', 'name-space provider');
    for (const record of this.sockets.clear()) {
      if (record.creator !== null) this.host.releaseHandle(record.handle);
    }
    this.active = false;
    this.version = 0;
    for (const ended of this.endings) {
      try {
        ended();
      } catch (cause) {
        this.host.throwFromEventLoop(cause);
      }
    }
  }

  // ---- What the thread has ----

  /** Sets what WSAGetLastError tells. */
  setLastError(error: number): void {
    this.lastError = error;
  }

  /** Sets the thread's SO_OPENTYPE. */
  setOpenType(openType: number): void {
    this.openType = openType;
  }

  /** Has a connect called whose address was found for a host's name, or for none (`null`): layers are told the name. */
  connectNamed<T>(name: string | null, connect: () => T): T {
    const before = this.destinationName;
    this.destinationName = name;
    try {
      return connect();
    } finally {
      this.destinationName = before;
    }
  }

  // ---- Failing before a provider is called ----

  /** Sets the last error and returns SOCKET_ERROR. */
  fail(error: number): number {
    this.lastError = error;
    return SOCKET_ERROR;
  }

  /** Sets the last error and returns INVALID_SOCKET. */
  failSocket(error: number): SOCKET {
    this.lastError = error;
    return INVALID_SOCKET;
  }

  /** Sets the last error and returns FALSE. */
  failBoolean(error: number): false {
    this.lastError = error;
    return false;
  }

  /** Whether functions can be called now; sets WSANOTINITIALISED or WSAEINPROGRESS if not. */
  isStarted(): boolean {
    return this.refusal === 0 || !this.#refuses();
  }

  #refuses(): boolean {
    // A hook may pump the providers' work, some of which uses the API; only the hook itself may not.
    if (this.refusal === WSAEINPROGRESS && this.host.inProvidersPhase) return false;
    if (this.lettingNameSpacesGo) return false;
    this.lastError = this.refusal;
    return true;
  }

  /** The record of a socket; `null` after setting WSANOTINITIALISED, WSAEINPROGRESS or WSAENOTSOCK. */
  socket(s: unknown): SocketRecord | null {
    if (this.refusal !== 0 && this.#refuses()) return null;
    const record = this.sockets.get(s);
    if (record === undefined) {
      this.lastError = WSAENOTSOCK;
      return null;
    }
    return record;
  }

  // ---- Into a provider and out again ----

  /** Makes a frame for a call of a provider; its error is 0. */
  enter(): CallFrame {
    return new CallFrame();
  }

  /** Takes the frame for a call of a socket's provider that transfers data in one buffer. */
  enterTransfer(record: SocketRecord, buf: Uint8Array, len: number, flags: number): TransferFrame {
    let frame = record.frame ?? firstFrame(record);
    while (frame.inUse) frame = frame.nested();
    frame.begin(buf, len, flags);
    return frame;
  }

  /** Gives a frame back without having called the provider. */
  failTransfer(frame: TransferFrame, error: number): number {
    frame.release();
    return this.fail(error);
  }

  /** Ends a call that returns 0 or SOCKET_ERROR. */
  leave(frame: CallFrame, provider: TransportProvider, name: string, result: number, s?: SOCKET): number {
    if (result !== 0) return this.#failed(frame, provider, name, result, SOCKET_ERROR, s);
    frame.release();
    this.lastError = 0;
    return 0;
  }

  /**
   * Ends a call that transfers bytes and returns 0 or SOCKET_ERROR.
   *
   * @param limit how many bytes the buffers hold
   * @returns the number of bytes or SOCKET_ERROR; a number that cannot be is a defect, WSASYSCALLFAILURE
   */
  leaveTransfer(
    frame: TransferFrame,
    provider: TransportProvider,
    name: string,
    result: number,
    limit: number,
    s: SOCKET,
  ): number {
    if (result !== 0) return this.#failed(frame, provider, name, result, SOCKET_ERROR, s);
    const count = frame.bytes.value;
    frame.release();
    if (!(count >>> 0 === count && count <= limit)) return this.#miscounted(provider, name, count, limit, s);
    this.lastError = 0;
    return count;
  }

  /**
   * Ends a call that returns 0 or SOCKET_ERROR, and told of how many bytes there are.
   *
   * @param limit how many there can be
   * @returns 0 or SOCKET_ERROR; a number of bytes that cannot be is a defect, WSASYSCALLFAILURE
   */
  leaveCounted(
    frame: CallFrame,
    provider: TransportProvider,
    name: string,
    result: number,
    count: number,
    limit: number,
    s: SOCKET,
  ): number {
    if (result !== 0 || (count >>> 0 === count && count <= limit)) return this.leave(frame, provider, name, result, s);
    frame.release();
    return this.#miscounted(provider, name, count, limit, s);
  }

  #miscounted(provider: TransportProvider, name: string, count: unknown, limit: number, s: SOCKET): number {
    return this.#defect(provider, name, countFault(count, limit), s);
  }

  /** Ends a call that returns how many there are, or SOCKET_ERROR. */
  leaveCount(frame: CallFrame, provider: TransportProvider, name: string, result: number, limit: number): number {
    if (!(result >>> 0 === result && result <= limit)) {
      return this.#failed(frame, provider, name, result, SOCKET_ERROR);
    }
    frame.release();
    this.lastError = 0;
    return result;
  }

  /** Ends a call that returns TRUE or FALSE. */
  leaveBoolean(frame: CallFrame, provider: TransportProvider, name: string, result: boolean, s?: SOCKET): boolean {
    if (!result) {
      // FALSE is the failure that the function is entitled to, whatever falsy value says it.
      this.#failed(frame, provider, name, SOCKET_ERROR, SOCKET_ERROR, s);
      return false;
    }
    if (!isTruth(result)) {
      this.#failed(frame, provider, name, result, SOCKET_ERROR, s);
      return false;
    }
    frame.release();
    this.lastError = 0;
    return true;
  }

  /** Looks at the count that a provider gave for an operation that is over: 0 in its place, and a failure, if it cannot be. */
  isResultSound(provider: TransportProvider, s: SOCKET, overlapped: WSAOVERLAPPED, bytes: Ref<number>): boolean {
    const count = bytes.value;
    const limit = this.handed.limitOf(overlapped);
    // Of what was never begun the structure says what the application wrote there.
    if (limit === null || (count >>> 0 === count && count <= limit)) return true;
    bytes.value = 0;
    this.#miscounted(provider, 'WSPGetOverlappedResult', shown(count), limit, s);
    return false;
  }

  /**
   * Ends a call that returns a socket or INVALID_SOCKET.
   *
   * @returns the socket's record; `null` after a failure. A handle that no provider registered is a defect.
   */
  leaveSocket(frame: CallFrame, provider: TransportProvider, name: string, result: SOCKET): SocketRecord | null {
    if (result === INVALID_SOCKET) {
      this.#failed(frame, provider, name, SOCKET_ERROR, SOCKET_ERROR);
      return null;
    }
    frame.release();
    const record = this.sockets.get(result);
    if (record === undefined) {
      if (isThenable(result)) this.#refusePromise(provider, name, result);
      else this.#defect(provider, name, handleFault(result));
      return null;
    }
    this.lastError = 0;
    return record;
  }

  /** Ends a call in which the provider threw: a defect, WSASYSCALLFAILURE. */
  contain(frame: CallFrame, provider: TransportProvider, name: string, cause: unknown, s?: SOCKET): number {
    frame.release();
    return this.#defect(provider, name, `threw${cureOf('functionThrows')}`, s, cause);
  }

  #failed(
    frame: CallFrame,
    provider: TransportProvider,
    name: string,
    result: unknown,
    failure: unknown,
    s?: SOCKET,
  ): number {
    const error = frame.errno.value;
    frame.release();
    const fault = answerFault(result, failure, error);
    if (fault !== null) return this.#defect(provider, name, fault, s);
    this.lastError = error;
    return SOCKET_ERROR;
  }

  #refusePromise(provider: TransportProvider, name: string, result: PromiseLike<unknown>, s?: SOCKET): number {
    ignoreOutcome(result);
    return this.#defect(provider, name, `returned a promise: ${ANSWERS_AT_ONCE}`, s);
  }

  #defect(provider: TransportProvider, name: string, what: string, s?: SOCKET, cause?: unknown): number {
    this.#defects.tell(this.providers.ownerOf(provider, `lp${name}` as keyof WSPPROC_TABLE), name, what, s, cause);
    // Set last: a listener may have called the API itself.
    this.lastError = WSASYSCALLFAILURE;
    return SOCKET_ERROR;
  }
}
