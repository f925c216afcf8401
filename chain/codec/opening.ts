import {
  FD_ACCEPT,
  FD_ADDRESS_LIST_CHANGE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_GROUP_QOS,
  FD_GROUP_QOS_BIT,
  FD_OOB,
  FD_QOS,
  FD_QOS_BIT,
  FD_ROUTING_INTERFACE_CHANGE,
  WSAEALREADY,
  WSAEINVAL,
  WSAEISCONN,
  WSAEWOULDBLOCK,
  type DeferredWork,
  type InstanceHost,
  type SOCKET,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import { Readiness, type AddressSlot, type SocketCore } from '../../io/index.js';
import { isMappedIPv4, type CodecConnection } from '../filters/index.js';
import { tellReason } from './codec-conduct.js';
import { CoreOverSocket, type RunLayer } from './core-over-socket.js';
import { CodecListener, type AcceptedConnection } from './listener.js';
import { Questions } from './questions.js';
import { CodecRun, type RunUser } from './run.js';
import type { CodecSession } from './session.js';

/** What most notices of the socket below have nothing to do with. */
export const RARE_EVENTS =
  FD_CONNECT | FD_ACCEPT | FD_OOB | FD_QOS | FD_GROUP_QOS | FD_ADDRESS_LIST_CHANGE | FD_ROUTING_INTERFACE_CHANGE;

/** How far a codec's socket has come. */
export const OpeningPhase = {
  /** It has no connection: it is new, or bound, or its connect failed. */
  IDLE: 0,
  LISTENING: 1,
  /** A filter is asked where it may connect. */
  ASKING: 2,
  /** The socket below connects. */
  CONNECTING: 3,
  /** The connection below is there; the run of codecs knows whether it can be used. */
  CONNECTED: 4,
  /** The socket was closed, and what was sent still goes out. */
  LEAVING: 5,
  /** It is gone. */
  CLOSED: 6,
} as const;

/**
 * How a core whose data codecs transform comes to its connection: it binds, listens and accepts, or connects, and asks the
 * filters of its layers about each; then the codecs of the run start, from below.
 */
export abstract class OpeningCore extends CoreOverSocket implements DeferredWork, RunUser, AcceptedConnection {
  queued = false;
  /** One of `OpeningPhase`. */
  #phase: number = OpeningPhase.IDLE;
  /** Connects that were begun: a filter may begin another while it is asked. */
  #attempts = 0;
  /** There is one when it listens. */
  #accepting: CodecListener | null = null;
  /** The listener in whose queue it is. */
  #listener: CodecListener | null = null;
  protected readonly host: InstanceHost;
  protected readonly codecs: CodecRun;
  readonly #questions: Questions;

  protected constructor(
    protected readonly layers: readonly RunLayer[],
    lower: number,
  ) {
    super(layers, lower);
    this.host = layers[0]!.context.host;
    this.codecs = new CodecRun(layers, this, lower, this.scratch.blocks);
    this.#questions = new Questions(layers, this.below, this.names, () => this.gone);
  }

  protected get takesNames(): boolean {
    return this.layers.some(({ takesNames, context }) => takesNames(context.chain.iAddressFamily));
  }

  /** Makes a core of its kind over a socket that was accepted below. */
  protected abstract another(lower: number): AcceptedConnection;
  /** Works off what there is to do. */
  protected abstract pump(): void;
  abstract run(): void;
  abstract advance(): void;
  abstract answered(): void;
  abstract overdue(): void;
  abstract failed(error: number): void;
  abstract brokeOff(error: number): void;
  abstract abort(): void;
  abstract close(): void;
  abstract confirm(bits: number): number;
  abstract tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode;
  abstract trySend(...args: Parameters<SocketCore['trySend']>): CountOrNegatedCode;
  abstract shutdown(how: number): ErrorCode;
  abstract available(): number;
  abstract unsent(): number;

  // — How far it is —

  protected get phase(): number {
    return this.#phase;
  }

  /** Takes the next step: the connection goes on without its socket, or is gone. */
  protected leave(phase: typeof OpeningPhase.LEAVING | typeof OpeningPhase.CLOSED): void {
    this.#phase = phase;
    this.#questions.forget();
  }

  /** The connection broke: drops what the codecs hold, and what filters may still answer. */
  protected broke(error: number, keepsIncoming = false): void {
    this.codecs.broke(error, keepsIncoming);
    this.#questions.forget();
  }

  /** Whether the socket is gone. */
  get gone(): boolean {
    return this.#phase === OpeningPhase.CLOSED;
  }

  /** The half that accepts; `null` when it does not listen. */
  protected get accepting(): CodecListener | null {
    return this.#accepting;
  }

  /** Breaks all off that wait to be accepted. */
  protected stopAccepting(): void {
    this.#accepting?.close();
    this.#accepting = null;
  }

  /** Whether nobody has accepted it yet. */
  protected get unaccepted(): boolean {
    return this.#listener !== null;
  }

  /** It broke before it was accepted, if it was not. */
  protected lostToListener(): void {
    this.#listener?.lost(this);
  }

  // — The codecs of the run —

  startSession(place: number): void {
    const session = this.codecs.sessions[place]!;
    this.#questions.askAccept(place, (error) => {
      if (error !== 0) return this.failed(error);
      this.#start(session, place);
      this.host.defer(this);
    });
  }

  #start(session: CodecSession, place: number): void {
    session.start(this.names.of(place));
    // The peer of a codec that talks with it may break off right behind its last words, and they are to be heard.
    if (session.shakesHands) this.below.keepReceived();
    this.codecs.moved();
  }

  ready(): void {
    this.#listener?.passed(this);
    this.tell(Readiness.CONNECTED | Readiness.WRITABLE);
  }

  // — Accepted by a listener —

  begin(listener: CodecListener, peer: AddressSlot, socket: SOCKET): void {
    this.#listener = listener;
    this.#phase = OpeningPhase.CONNECTED;
    this.names.accepted(peer, socket);
    this.startSession(this.layers.length - 1);
    this.codecs.work();
    // Its registration says nothing of what was reported to the listener's: every operation is tried once.
    this.pump();
  }

  leaveListener(): void {
    this.#listener = null;
  }

  // — Bind, listen, connect, accept —

  bind(name: Uint8Array, namelen: number): ErrorCode {
    const { error, name: local } = this.#questions.askBind(name, namelen);
    return error !== 0 ? error : this.below.bind(local, local.length);
  }

  listen(backlog: number): ErrorCode {
    const code = this.below.listen(backlog);
    if (code !== 0) return code;
    if (this.#phase !== OpeningPhase.LISTENING) this.#tellListening();
    this.#phase = OpeningPhase.LISTENING;
    this.#accepting ??= this.#createListener();
    this.#accepting.setBacklog(backlog);
    this.host.defer(this);
    return 0;
  }

  #createListener(): CodecListener {
    return new CodecListener(this.host, this.below, {
      socket: this.names.socket,
      createConnection: (handle) => this.another(handle),
      acceptable: () => this.tell(Readiness.ACCEPTABLE),
      again: (when) => (when === 'now' ? this.host.defer(this) : this.host.deferToNextTurn(this)),
    });
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    if (this.below.gone) return WSAEINVAL;
    this.readiness = 0;
    this.error = 0;
    this.#phase = OpeningPhase.ASKING;
    const attempt = ++this.#attempts;
    let settled: number | null = null;
    let returned = false;
    this.#questions.askConnect(name, namelen, (error, destination, agreed) => {
      // A filter has connected the socket itself meanwhile, and that goes on.
      if (attempt !== this.#attempts && this.#phase !== OpeningPhase.IDLE) {
        settled ??= this.#phase === OpeningPhase.CONNECTED ? WSAEISCONN : WSAEALREADY;
        return;
      }
      if (error !== 0) this.tellConnectFailed(error, agreed);
      const code = error !== 0 ? error : this.#connectBelow(destination);
      if (!returned) settled = code;
      // The connect has returned, and is told of its outcome by an event.
      else if (code === 0 || code === WSAEWOULDBLOCK) this.pump();
      else this.#connectFailed(code);
    });
    returned = true;
    if (settled === null) return WSAEWOULDBLOCK;
    const isLatest = attempt === this.#attempts;
    if (isLatest && settled !== 0 && settled !== WSAEWOULDBLOCK) this.#phase = OpeningPhase.IDLE;
    return settled;
  }

  #connectBelow(name: Uint8Array): number {
    this.#phase = OpeningPhase.CONNECTING;
    if (this.names.isRedirected && isMappedIPv4(name)) this.below.reachIPv4();
    const code = this.host.connectNamed(this.names.hostName, () => this.below.connect(name, name.length));
    if (code !== 0 && code !== WSAEWOULDBLOCK) {
      this.#tellUnreachable(code);
      this.tellConnectFailed(code);
    }
    if (code !== 0) return code;
    this.#connected();
    return this.codecs.usable ? 0 : WSAEWOULDBLOCK;
  }

  /** The connection below is there. */
  #connected(): void {
    if (this.codecs.started) return;
    this.#phase = OpeningPhase.CONNECTED;
    const place = this.layers.length - 1;
    this.#start(this.codecs.sessions[place]!, place);
    this.advance();
  }

  /** The socket below tells of `RARE_EVENTS`. */
  protected noticedSeldom(happened: number, errors: readonly number[]): void {
    if ((happened & FD_CONNECT) !== 0) this.connectEnded(errors[FD_CONNECT_BIT]!);
    if ((happened & FD_ACCEPT) !== 0) this.accepting?.take(true);
    if ((happened & FD_OOB) !== 0 && !this.inline && !this.refusesUrgent) this.tell(Readiness.OUT_OF_BAND);
    if ((happened & FD_QOS) !== 0) this.qualityChanged(errors[FD_QOS_BIT]!);
    if ((happened & FD_GROUP_QOS) !== 0) this.groupQualityChanged(errors[FD_GROUP_QOS_BIT]!);
    if ((happened & FD_ADDRESS_LIST_CHANGE) !== 0) this.notice?.changed(Readiness.ADDRESSES_CHANGED);
    if ((happened & FD_ROUTING_INTERFACE_CHANGE) !== 0) this.notice?.changed(Readiness.ROUTE_CHANGED);
  }

  /** FD_CONNECT has come, with 0 or an error. */
  protected connectEnded(error: number): void {
    if (this.#phase !== OpeningPhase.CONNECTING) return;
    if (error !== 0) {
      this.#tellUnreachable(error);
      this.tellConnectFailed(error);
      this.#connectFailed(error);
    } else this.#connected();
  }

  /**
   * Tells the layers that wait for their connection that there will be none.
   *
   * @param count how many of them waited, the outermost first
   */
  protected tellConnectFailed(error: number, count = this.layers.length): void {
    for (let place = 0; place < count; place++) {
      const { connectFailed } = this.layers[place]!;
      if (connectFailed === undefined || this.codecs.sessions[place]!.started) continue;
      this.#tellLayer(place, 'connectFailed', (connection) => connectFailed(error, connection));
    }
  }

  #tellListening(): void {
    for (let place = 0; place < this.layers.length; place++) {
      const { listening } = this.layers[place]!;
      if (listening !== undefined) this.#tellLayer(place, 'listening', listening);
    }
  }

  #tellLayer(place: number, hook: string, tell: (connection: CodecConnection) => void): void {
    try {
      tell(this.names.of(place));
    } catch (cause) {
      const { name, context } = this.layers[place]!;
      context.host.report({
        message: `layer "${name}": its "${hook}" threw`,
        provider: name,
        socket: this.names.socket,
        cause,
      });
    }
  }

  /** The layer that leads elsewhere says who could not be reached. */
  #tellUnreachable(error: number): void {
    if (!this.names.isRedirected) return;
    for (let place = this.layers.length - 1; place >= 0; place--) {
      const layer = this.layers[place]!;
      if (layer.unreachable === undefined) continue;
      tellReason(layer, this.below.handle, layer.unreachable(error, this.names.of(place)));
      return;
    }
  }

  #connectFailed(error: number): void {
    this.#phase = OpeningPhase.IDLE;
    this.error = error;
    this.tell(Readiness.CONNECT_FAILED);
  }

  tryAccept(peer: AddressSlot): SocketCore | ErrorCode {
    const { turn } = this.host;
    if (turn.spent && !this.host.inProvidersPhase) turn.beginCall();
    const accepting = this.#accepting;
    if (accepting === null) return WSAEINVAL;
    const core = accepting.accept(peer);
    if (!accepting.ready) this.readiness &= ~Readiness.ACCEPTABLE;
    return core;
  }
}
