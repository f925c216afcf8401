import { AsyncResource } from 'node:async_hooks';
import {
  AF_INET,
  AF_INET6,
  FD_ACCEPT,
  FD_CLOSE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_MAX_EVENTS,
  FD_READ,
  FD_WRITE,
  FROM_PROTOCOL_INFO,
  INSTANCE,
  INVALID_SOCKET,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_TCLASS,
  parseSockaddr,
  SD_SEND,
  SIO_KEEP_RECEIVED,
  SIO_PEER_ENDED,
  SO_KEEPALIVE,
  SO_LINGER,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  WSA_FLAG_OVERLAPPED,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSANOTINITIALISED,
  type SOCKET,
  type WSANETWORKEVENTS,
  type WSAPROTOCOL_INFOW,
  type Ws2_32,
} from '../../index.js';
import { nameToBind } from './name-to-bind.js';
import { runTicks } from './ticks.js';
import { type ChainChoice, type ChainError, resolveChain, systemError } from '../instance/index.js';

/** What `shutdown` says of a connection that is over; that shows to who reads or writes, and is not an error of Node.js'. */
const ENDED_OTHERWISE: ReadonlySet<number> = new Set([WSAENOTCONN, WSAECONNRESET, WSAECONNABORTED]);

/** How a handle is, for whoever looks at a program from outside. */
export interface HandleReport {
  readonly state: 'open' | 'connecting' | 'connected' | 'listening';
  /** Bytes that the program sent, and received. */
  readonly sent: number;
  readonly received: number;
  /** Bytes that wait to be sent. */
  readonly queued: number;
}

/** Told of the network events of a handle. */
export interface HandleOwner {
  /** Says how it is. */
  report?(): HandleReport;
  /**
   * @param events FD_* bits
   * @param errors each event's error, by its FD_*_BIT; valid until the first call of the API
   */
  networkEvents(events: number, errors: readonly number[]): void;
  /** The chain has done something wrong with the socket: the next error that anybody sees is to say so. */
  wronged?(why: ChainError): void;
  /** The use of the instance ended, by WSACleanup or dispose, and the handle's socket with it. */
  instanceEnded(): void;
}

/** What a handle is called in the asynchronous context that it makes. */
export type HandleType = 'ChainSocket' | 'ChainServer' | 'ChainDatagramSocket' | 'TCPWRAP' | 'UDPWRAP';

/** The open handles of each instance: they end with its use. */
const openHandles = new WeakMap<object, Set<ChainHandle>>();

/** The handles of an instance that are open, in the order of their opening. */
export function openHandlesOf(ws2: Ws2_32): ReadonlySet<ChainHandle> {
  return handlesOf(ws2);
}

let aboutToClose: ((handle: ChainHandle) => void) | null = null;

/**
 * Tells of each handle of this thread before it is closed, while its owner and its socket still say what they carried.
 *
 * @param listener must neither throw nor close anything; in place of the one before
 */
export function beforeHandlesClose(listener: (handle: ChainHandle) => void): void {
  aboutToClose = listener;
}

function handlesOf(ws2: Ws2_32): Set<ChainHandle> {
  const instance = ws2[INSTANCE];
  let handles = openHandles.get(instance);
  if (handles === undefined) {
    const made = (handles = new Set<ChainHandle>());
    openHandles.set(instance, made);
    instance.onEnd(() => {
      for (const handle of [...made]) {
        handle.owner?.instanceEnded();
        // One that nobody has yet, or whose owner left it open.
        if (made.has(handle)) handle.close();
      }
    });
  }
  return handles;
}

/** An address as Node.js gives it. */
export interface AddressInfo {
  address: string;
  family: string;
  port: number;
}

// Filled and read between two statements, so one is enough for the thread.
const fetched: WSANETWORKEVENTS = { lNetworkEvents: 0, iErrorCode: new Array<number>(FD_MAX_EVENTS).fill(0) };
const nameRoom = new Uint8Array(128);
const nameLength = { value: 0 };
const answer = new Uint8Array(4);
const answered = { value: 0 };

function raise(error: unknown): void {
  throw error;
}

// The one callback of all handles. An exception of the application is none of the reactor's: it becomes uncaught.
function signalled(context: unknown): void {
  const handle = context as ChainHandle;
  try {
    handle.scope.runInAsyncScope(deliver, handle);
  } catch (error) {
    setImmediate(raise, error);
  }
  // As between two callbacks of Node.js' own: before the next handle is told anything.
  runTicks();
}

function deliver(this: ChainHandle): void {
  if (this.ws2.WSAEnumNetworkEvents(this.s, this.event, fetched) !== 0 && !cannotTell(this)) return;
  if (fetched.lNetworkEvents !== 0) this.owner?.networkEvents(fetched.lNetworkEvents, fetched.iErrorCode);
}

// A provider does not say what has happened, as one that throws: then it may have been anything, and a connect has failed.
function cannotTell({ ws2, event }: ChainHandle): boolean {
  const error = ws2.WSAGetLastError();
  if (error === WSANOTINITIALISED || error === WSAENOTSOCK) return false;
  ws2.WSAResetEvent(event);
  fetched.lNetworkEvents = FD_CONNECT | FD_ACCEPT | FD_READ | FD_WRITE | FD_CLOSE;
  fetched.iErrorCode.fill(0);
  fetched.iErrorCode[FD_CONNECT_BIT] = error;
  return true;
}

/** A non-blocking stream socket with its event object and its registered wait: what sockets and servers here stand on. */
export class ChainHandle {
  #owner: HandleOwner | null = null;
  #scope: AsyncResource | null = null;
  /** The event object. */
  readonly event: number;
  readonly #wait: number;
  #referenced = true;

  constructor(
    readonly ws2: Ws2_32,
    readonly s: SOCKET,
    /** The address family, AF_*. */
    readonly family: number,
    readonly type: HandleType,
  ) {
    this.event = ws2.WSACreateEvent();
    this.#wait = ws2.host.RegisterWaitForSingleObject(this.event, signalled, this);
    handlesOf(ws2).add(this);
  }

  /** Whoever is told of the events; `null` for nobody. */
  get owner(): HandleOwner | null {
    return this.#owner;
  }

  /**
   * Gives the handle to whoever is told of its events from now on.
   *
   * @param scope the asynchronous context to tell it in; as before if absent
   */
  giveTo(owner: HandleOwner, scope: AsyncResource = this.scope): void {
    this.#owner = owner;
    this.#scope = scope;
  }

  /** The asynchronous context in which the owner is told of events. */
  get scope(): AsyncResource {
    return (this.#scope ??= new AsyncResource(this.type));
  }

  /** Opens a socket of a chain; an error says why that could not be. */
  static open(ws2: Ws2_32, chain: ChainChoice | undefined, family: number, type: HandleType): ChainHandle | ChainError {
    const entry = resolveChain(ws2, chain, family);
    if (entry instanceof Error) return entry;
    const s = ws2.WSASocket(family, SOCK_STREAM, IPPROTO_TCP, entry, 0, WSA_FLAG_OVERLAPPED);
    return s === INVALID_SOCKET ? systemError(ws2.WSAGetLastError(), 'socket') : new ChainHandle(ws2, s, family, type);
  }

  /** Opens a datagram socket of a chain, in the same way. */
  static openDatagrams(
    ws2: Ws2_32,
    chain: ChainChoice | undefined,
    family: number,
    type: HandleType,
  ): ChainHandle | ChainError {
    const entry = resolveChain(ws2, chain, family, SOCK_DGRAM);
    if (entry instanceof Error) return entry;
    const s = ws2.WSASocket(family, SOCK_DGRAM, IPPROTO_UDP, entry, 0, WSA_FLAG_OVERLAPPED);
    return s === INVALID_SOCKET ? systemError(ws2.WSAGetLastError(), 'socket') : new ChainHandle(ws2, s, family, type);
  }

  /** Makes another socket that is the same to the system, or says why there is none. */
  duplicate(): ChainHandle | ChainError {
    const { ws2, family, type } = this;
    const information: Partial<WSAPROTOCOL_INFOW> = {};
    const any = FROM_PROTOCOL_INFO;
    const copy =
      ws2.WSADuplicateSocket(this.s, process.pid, information) === 0
        ? ws2.WSASocket(any, any, any, information as WSAPROTOCOL_INFOW, 0, WSA_FLAG_OVERLAPPED)
        : INVALID_SOCKET;
    return copy === INVALID_SOCKET
      ? systemError(ws2.WSAGetLastError(), 'open')
      : new ChainHandle(ws2, copy, family, type);
  }

  /** Chooses the network events that the owner is told of; returns 0 or an error. */
  select(events: number): number {
    return this.#outcome(this.ws2.WSAEventSelect(this.s, this.event, events));
  }

  /** Gives the socket its local name; returns 0 or an error. */
  bind(address: string, port: number): number {
    const name = nameToBind(this.ws2, sockaddr(address, port, this.family));
    return this.#outcome(this.ws2.bind(this.s, name, name.length));
  }

  /**
   * Begins to connect; returns 0, WSAEWOULDBLOCK or another error.
   *
   * @param host the host's name that the address was found for, which layers are told; `null` when there is none
   */
  connect(address: string, port: number, host: string | null): number {
    const name = sockaddr(address, port, this.family);
    const { ws2, s } = this;
    if (host === null) return this.#outcome(ws2.connect(s, name, name.length));
    return this.#outcome(ws2[INSTANCE].connectNamed(host, () => ws2.connect(s, name, name.length)));
  }

  /** The socket's own name or its peer's; `null` when it has none. */
  name(which: 'getsockname' | 'getpeername'): AddressInfo | null {
    nameLength.value = nameRoom.length;
    if (this.ws2[which](this.s, nameRoom, nameLength) !== 0) return null;
    const { family, address, port } = parseSockaddr(nameRoom, nameLength.value);
    return { address, family: family === AF_INET6 ? 'IPv6' : 'IPv4', port };
  }

  /** What was received before a reset is given before the reset is told, as the systems of Node.js do. Providers may not know of it. */
  keepReceived(): void {
    this.ws2.WSAIoctl(this.s, SIO_KEEP_RECEIVED, null, 0, null, 0, answered, null, null);
  }

  /** Whether the peer has ended its sending, as a connection that broke afterwards no longer shows. */
  get peerEnded(): boolean {
    const told = this.ws2.WSAIoctl(this.s, SIO_PEER_ENDED, null, 0, answer, 4, answered, null, null) === 0;
    return told && answer[0] !== 0;
  }

  /** Ends sending; returns 0 or an error, which is none when the connection ended otherwise. */
  endSending(): number {
    const error = this.#outcome(this.ws2.shutdown(this.s, SD_SEND));
    return ENDED_OTHERWISE.has(error) ? 0 : error;
  }

  /** Sets an option of 32 bits; returns 0 or an error. */
  setOption(level: number, name: number, value: number): number {
    const bytes = Uint8Array.of(value, value >> 8, value >> 16, value >> 24);
    return this.#outcome(this.ws2.setsockopt(this.s, level, name, bytes, 4));
  }

  /** Turns Nagle's algorithm off or on. Providers that have none do not mind. */
  setNoDelay(enable: boolean): void {
    this.setOption(IPPROTO_TCP, TCP_NODELAY, enable ? 1 : 0);
  }

  /** Tells the system to probe an idle connection, or not to; 0 leaves a value as it is. */
  setKeepAlive(enable: boolean, delaySeconds: number, intervalSeconds = 0, count = 0): void {
    this.setOption(SOL_SOCKET, SO_KEEPALIVE, enable ? 1 : 0);
    if (!enable) return;
    if (delaySeconds > 0) this.setOption(IPPROTO_TCP, TCP_KEEPIDLE, delaySeconds);
    if (intervalSeconds > 0) this.setOption(IPPROTO_TCP, TCP_KEEPINTVL, intervalSeconds);
    if (count > 0) this.setOption(IPPROTO_TCP, TCP_KEEPCNT, count);
  }

  /** Marks packets with a type of service, 0 to 255. Providers that have none do not mind. */
  setTypeOfService(value: number): void {
    if (this.family === AF_INET) this.setOption(IPPROTO_IP, IP_TOS, value);
    else this.setOption(IPPROTO_IPV6, IPV6_TCLASS, value);
  }

  /** Lets the handle keep the process alive, or not. */
  reference(referenced: boolean): void {
    if (this.#referenced === referenced) return;
    this.#referenced = referenced;
    if (referenced) this.ws2.host.refWait(this.#wait);
    else this.ws2.host.unrefWait(this.#wait);
  }

  /** Begins a new asynchronous context: the connection goes to another user. */
  renewScope(): void {
    this.#scope = new AsyncResource(this.type);
  }

  /** Closes the socket; what was sent still arrives. */
  close(): void {
    const handles = handlesOf(this.ws2);
    if (aboutToClose !== null && handles.has(this)) aboutToClose(this);
    this.#owner = null;
    handles.delete(this);
    this.ws2.host.UnregisterWait(this.#wait);
    this.ws2.closesocket(this.s);
    // After WSACleanup the API has no events any more, but the host still has this one.
    if (!this.ws2.WSACloseEvent(this.event)) this.ws2.host.CloseHandle(this.event);
  }

  /** Closes the socket so that the peer sees a reset. */
  abort(): void {
    // struct linger { 1, 0 }, two 16-bit numbers.
    this.ws2.setsockopt(this.s, SOL_SOCKET, SO_LINGER, new Uint8Array([1, 0, 0, 0]), 4);
    this.close();
  }

  #outcome(result: number): number {
    return result === 0 ? 0 : this.ws2.WSAGetLastError();
  }
}

/** The binary form of an address, with its scope if it has one. */
export function sockaddr(address: string, port: number, family: number): Uint8Array {
  if (family === AF_INET) return sockaddr_in(address, port);
  const percent = address.indexOf('%');
  if (percent < 0) return sockaddr_in6(address, port);
  // Scopes by name are the system's business; WinSock knows numbers.
  return sockaddr_in6(address.slice(0, percent), port, 0, Number(address.slice(percent + 1)) || 0);
}
