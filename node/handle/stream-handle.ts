// What one of Node.js' TCP handles does on a chain, in place of libuv.
import {
  AF_INET,
  AF_INET6,
  FD_ACCEPT,
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FD_WRITE,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SOL_SOCKET,
  WSAEAFNOSUPPORT,
  WSAECONNREFUSED,
  WSAEWOULDBLOCK,
} from '../../index.js';
import type { ChainError } from '../instance/index.js';
import { runTicks, type AddressInfo, type ChainHandle, type HandleReport } from '../transfers/index.js';
import { isAddressOf, portOf, THIS_MACHINE } from './addresses.js';
import { connectErrorOf } from './connect-error.js';
import type { HandleChain, HandleUser } from './handle-chain.js';
import { HandleReader, type ReadingHandle } from './handle-reader.js';
import { HandleWriter, type WritingHandle } from './handle-writer.js';
import { Listener, type ListeningHandle } from './listener.js';
import { PendingRequest } from './pending-request.js';
import { StreamOptions } from './stream-options.js';
import {
  UV_EADDRINUSE,
  UV_EALREADY,
  UV_EBADF,
  UV_ECANCELED,
  UV_EINVAL,
  UV_EISCONN,
  UV_ENOTCONN,
  uvErrorOf,
} from './uv-errors.js';

/** Where a handle is in its life. */
enum Stage {
  /** It has no socket yet. */
  UNOPENED,
  OPEN,
  CONNECTING,
  CONNECTED,
  LISTENING,
  CLOSED,
}

const STATES: ReadonlyMap<Stage, HandleReport['state']> = new Map([
  [Stage.CONNECTING, 'connecting'],
  [Stage.CONNECTED, 'connected'],
  [Stage.LISTENING, 'listening'],
]);
const EVENTS_OF_STREAMS = FD_READ | FD_WRITE | FD_CLOSE;
/** Flags of `bind`. */
const IPV6_ONLY = 1;
const REUSE_PORT = 2;

/** A stream socket of a chain behind a TCP handle of Node.js. */
export class StreamHandle extends StreamOptions implements ReadingHandle, WritingHandle, ListeningHandle {
  #stage = Stage.UNOPENED;
  /** What a bind came to that is told when the name is used: EADDRINUSE, as libuv does, and that there is no socket. */
  #bindError = 0;
  #refusal: ChainError | null = null;
  #connectRequest: PendingRequest | null = null;
  #connectsAgain = false;
  #shutdownRequest: PendingRequest | null = null;
  // Of its own where it is needed: there may be very many connections.
  #listener: Listener | null = null;
  readonly reader = new HandleReader(this);
  readonly writer = new HandleWriter(this);

  constructor(
    readonly on: HandleChain,
    private user: HandleUser,
  ) {
    super('TCPWRAP');
  }

  // ---- Its life ----

  report(): HandleReport {
    const state = STATES.get(this.#stage) ?? 'open';
    return { state, sent: this.writer.bytes, received: this.reader.bytes, queued: this.writer.queued };
  }

  get readsNatively(): boolean {
    return this.user.isNative;
  }

  /** From now on it speaks to somebody else. */
  giveTo(user: HandleUser): void {
    this.user = user;
  }

  protected override own(handle: ChainHandle): void {
    super.own(handle);
    handle.keepReceived();
  }

  /** Takes over a connection that was accepted. */
  adopt(handle: ChainHandle): void {
    this.own(handle);
    const error = handle.select(EVENTS_OF_STREAMS);
    this.#stage = Stage.CONNECTED;
    this.keep();
    // It would never hear of anything.
    if (error !== 0) this.goOnLater(() => this.user.received(uvErrorOf(error), null, 0));
  }

  /** Takes over another socket that is the same to the system as that of a handle. @returns 0, or a libuv error */
  openLike(other: StreamHandle): number {
    const error = this.duplicate(other);
    if (error !== 0) return error;
    const isConnected = other.#stage === Stage.CONNECTED;
    this.#stage = isConnected ? Stage.CONNECTED : Stage.OPEN;
    this.keep();
    return isConnected ? uvErrorOf(this.handle!.select(EVENTS_OF_STREAMS)) : 0;
  }

  wronged(why: ChainError): void {
    this.#refusal = why;
    this.user.refused(why);
  }

  override instanceEnded(): void {
    this.user.instanceEnded();
    if (!this.isClosed) super.instanceEnded();
  }

  /** The address does not answer: another one is connected to by the same handle. @returns whether that may be */
  giveUp(): boolean {
    if (this.on.connectsAnew !== true || this.#stage >= Stage.CONNECTED) return false;
    if (this.#connectRequest !== null) this.ends();
    this.#connectRequest = null;
    this.#bindError = 0;
    this.#stage = Stage.UNOPENED;
    this.disown();
    return true;
  }

  protected get isActive(): boolean {
    return this.reader.reading || this.#stage === Stage.LISTENING;
  }

  protected openSocket(family: number): ChainHandle | ChainError {
    return this.on.open(family);
  }

  protected opened(handle: ChainHandle): number {
    this.#stage = Stage.OPEN;
    this.applyOptions(handle);
    return 0;
  }

  protected refused(refusal: ChainError): void {
    this.#refusal = refusal;
  }

  /** An error that is about to be told; why it is, if there is no socket. */
  #failed(error: number): number {
    if (error !== 0 && this.#refusal !== null) this.user.refused(this.#refusal);
    return error;
  }

  protected closing(abortive: boolean): void {
    this.#stage = Stage.CLOSED;
    this.reader.stop();
    this.writer.abandon(!abortive);
  }

  protected cancel(): void {
    const connect = this.#connectRequest;
    const shutdown = this.#shutdownRequest;
    this.#connectRequest = this.#shutdownRequest = null;
    connect?.tell((request) => this.user.completed(request, UV_ECANCELED, true, true));
    this.#tellWriters(this.writer.takePending(), UV_ECANCELED);
    shutdown?.tell((request) => this.user.completed(request, UV_ECANCELED));
  }

  // ---- Names ----

  bind(address: string, port: number, flags: number, family: number): number {
    const error = this.open(family);
    if (error !== 0 && this.#refusal !== null && !(address === '::' && this.#refusal.wsaError === WSAEAFNOSUPPORT)) {
      // Nobody knows yet whose handle it is. Without IPv6, `net` listens on IPv4.
      this.#bindError = error;
      return 0;
    }
    if (error !== 0) return error;
    const handle = this.handle!;
    if ((flags & REUSE_PORT) !== 0) handle.setOption(SOL_SOCKET, SO_REUSEADDR, 1);
    if (family === AF_INET6) handle.setOption(IPPROTO_IPV6, IPV6_V6ONLY, (flags & IPV6_ONLY) !== 0 ? 1 : 0);
    if (!isAddressOf(family, address)) return UV_EINVAL;
    const refused = uvErrorOf(handle.bind(address, portOf(port)));
    if (refused !== UV_EADDRINUSE && (refused === 0 || this.#refusal === null)) return refused;
    // `net` would take another address if it were told at once, and two servers had one port; nor does it know the server yet.
    this.#bindError = refused;
    return 0;
  }

  override name(which: 'getsockname' | 'getpeername', out: AddressInfo): number {
    return this.#failed(this.#bindError) || super.name(which, out);
  }

  // ---- Listening ----

  listen(backlog: number): number {
    const error = this.#bindError || this.open(this.handle?.family ?? AF_INET);
    if (error !== 0) return this.#failed(error);
    const handle = this.handle!;
    const refused = handle.select(FD_ACCEPT);
    if (refused !== 0) return uvErrorOf(refused);
    const { ws2, s } = handle;
    // libuv is given a number, whatever a program has said.
    if (ws2.listen(s, Number(backlog) | 0) !== 0) return uvErrorOf(ws2.WSAGetLastError());
    this.#listener = new Listener(this);
    this.#stage = Stage.LISTENING;
    this.keep();
    return 0;
  }

  get listening(): ChainHandle | null {
    return this.#stage === Stage.LISTENING ? this.handle : null;
  }

  acceptLater(): void {
    this.goOnLater(this.#listener!.accept);
  }

  accepted(status: number, connection: ChainHandle | null): void {
    this.user.accepted(status, connection);
  }

  // ---- Connecting ----

  connect(request: object, address: string, port: number, family: number, host: string | null): number {
    const error = this.#bindError || this.open(family);
    if (error !== 0) return this.#failed(error);
    if (this.#stage === Stage.CONNECTED) return this.#connectAgain(request);
    if (this.#stage !== Stage.OPEN) return UV_EALREADY;
    if (!isAddressOf(family, address)) return UV_EINVAL;
    const handle = this.handle!;
    // Has no use any more once the socket has a name, and `bind` has seen to it then.
    if (family === AF_INET6) handle.setOption(IPPROTO_IPV6, IPV6_V6ONLY, 0);
    const refused = this.on.refuses?.(address) || handle.select(FD_CONNECT | EVENTS_OF_STREAMS);
    if (refused !== 0) return uvErrorOf(refused);
    const code = handle.connect(THIS_MACHINE.get(address) ?? address, portOf(port), host);
    // libuv tells later that nobody listens.
    if (code !== 0 && code !== WSAEWOULDBLOCK && code !== WSAECONNREFUSED) return uvErrorOf(code);
    this.#stage = Stage.CONNECTING;
    this.#connectRequest = new PendingRequest(request, 'TCPCONNECTWRAP');
    this.begins();
    if (code === WSAECONNREFUSED) this.tellLater(() => this.#connected(code));
    return 0;
  }

  /** To systems of Node.js the first connect of a connection that was made in the background is the one that made it. */
  #connectAgain(request: object): number {
    if (!this.#connectsAgain) return UV_EISCONN;
    this.#connectsAgain = false;
    this.#connectRequest = new PendingRequest(request, 'TCPCONNECTWRAP');
    this.begins();
    this.tellLater(() => this.#connected(0));
    return 0;
  }

  /** Ends the connect that is under way by an error of WinSock's. */
  connectFailed(error: number): void {
    this.inScope(() => this.#connected(error));
  }

  #connected(error: number): void {
    const pending = this.#connectRequest;
    if (pending === null) return;
    this.#connectRequest = null;
    this.#connectsAgain = error === 0 && this.#stage === Stage.CONNECTING;
    this.#stage = error === 0 ? Stage.CONNECTED : Stage.OPEN;
    this.ends();
    pending.tell((request) => this.user.completed(request, uvErrorOf(error), true, true));
  }

  // ---- What the chain tells ----

  networkEvents(events: number, errors: readonly number[]): void {
    const connectError = connectErrorOf(events, errors);
    let told = false;
    try {
      if ((events & FD_CONNECT) !== 0 && this.#connectRequest !== null) {
        this.#connected(connectError);
        told = true;
      }
      if ((events & FD_ACCEPT) !== 0) this.#listener?.accept();
      if ((events & (FD_WRITE | FD_CLOSE)) !== 0) {
        if (told) runTicks();
        if (this.writer.goOn()) told = true;
      }
    } finally {
      if ((events & (FD_READ | FD_CLOSE)) !== 0) {
        if (told) runTicks();
        this.reader.noticed((events & FD_CLOSE) !== 0);
      }
    }
  }

  // ---- Receiving ----

  readStart(): number {
    if (this.#stage === Stage.CLOSED) return UV_EBADF;
    this.reader.start();
    return 0;
  }

  readStop(): number {
    this.reader.stop();
    return 0;
  }

  readingChanged(): void {
    this.keep();
  }

  receiveLater(): void {
    if (this.user.isNative) this.goOnOutside(() => this.reader.receiveNow());
    else this.goOnLater(() => this.reader.receiveNow());
  }

  received(count: number, memory: ArrayBufferLike | null, offset: number): void {
    this.writer.received();
    this.user.received(count, memory, offset);
  }

  // ---- Sending ----

  get connection(): ChainHandle | null {
    return this.#stage === Stage.CONNECTED ? this.handle : null;
  }

  get mayWrite(): boolean {
    return this.handle !== null;
  }

  writePends(): void {
    this.begins();
  }

  written(writes: readonly PendingRequest[], status: number): void {
    this.ends(writes.length);
    this.#tellWriters(writes, status);
  }

  #tellWriters(writes: readonly PendingRequest[], status: number): void {
    for (const write of writes) write.tell((request) => this.user.completed(request, status));
  }

  writeFailed(status: number): void {
    this.reader.writeFailed(status);
  }

  shutdown(request: object): number {
    if (this.handle === null || this.#stage !== Stage.CONNECTED) return UV_ENOTCONN;
    this.#connectsAgain = false;
    this.#shutdownRequest = new PendingRequest(request, 'SHUTDOWNWRAP');
    this.begins();
    if (!this.writer.allGone()) return 0;
    // What is known when Node.js asks, it tells; what comes later, it does not.
    const error = this.#endSending();
    if (error === 0) {
      this.#ended(0);
      return 0;
    }
    this.#shutdownRequest = null;
    this.ends();
    return uvErrorOf(error);
  }

  finished(): void {
    this.#ended(this.#endSending());
  }

  #endSending(): number {
    return this.handle === null ? 0 : this.handle.endSending();
  }

  #ended(error: number): void {
    this.tellLater(() => {
      const pending = this.#shutdownRequest;
      if (pending === null || this.isClosed) return;
      this.#shutdownRequest = null;
      this.ends();
      pending.tell((request) => this.user.completed(request, uvErrorOf(error)));
    });
  }
}
