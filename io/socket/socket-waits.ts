import {
  SD_RECEIVE,
  WSA_OPERATION_ABORTED,
  WSAESHUTDOWN,
  type InstanceHost,
  type WSAOVERLAPPED,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import { State, type OpenedAs, type SocketCore } from '../core/index.js';
import { Backlog, hasConnection, type BacklogOwner, type WaitingConnection } from './backlog.js';
import { OperationQueue, ReceiveQueue, type QueueOwner } from './operation-queue.js';
import { completeOperation, type Operation } from './operation.js';
import { SocketMarks } from './socket-marks.js';

/** What the extension functions keep of a socket, as its front sees it. */
export interface ExtendedState {
  /** Of a listener: how many AcceptEx calls wait for a connection. */
  readonly acceptsWaiting: number;
  /** Whether AcceptEx or ConnectEx is about to connect the socket. */
  readonly takesSocket: boolean;
  /** Serves the AcceptEx calls of a listener, in order, until no connection waits. */
  serveAccepts(): void;
  /** The outcome of a connect, for the ConnectEx that waits for it. */
  connectEnded(error: number): void;
  /** Every operation that is kept here. */
  operations(): Operation[];
  /** Cancels an operation that is kept here; false when it is not. */
  cancel(operation: Operation): boolean;
  /** The socket is being closed: cancels what is kept here, and what others keep for it. */
  cancelAll(): void;
}

/** The ioctls of a socket that wait for a change, as its front sees them. */
export interface ChangeWaits {
  /** How many overlapped ioctls wait. */
  readonly waiting: number;
  /** Takes the core's edges. */
  happened(edges: number): void;
  /** Cancels everything, or what is meant; returns how many there were. */
  cancel(isMeant?: (overlapped: WSAOVERLAPPED) => boolean): number;
  /** Lets everything go without a word. */
  forget(): void;
}

/**
 * What waits at a socket: operations for their turn, connections to be accepted, ioctls for a change. The part of the
 * front that is there for the overlapped calls and for listeners; a part of the same object, for there may be very many
 * sockets.
 */
export abstract class SocketWaits extends SocketMarks implements QueueOwner, BacklogOwner {
  state: number = State.UNBOUND;
  /**
   * 0, or the code that a receive or send gives in the present state; kept up to date so that hot paths test one
   * number.
   */
  receiveError = 0;
  sendError = 0;
  /** The operations that wait; made at first need. */
  receives: ReceiveQueue | null = null;
  sends: OperationQueue | null = null;
  /** Who waits for other addresses or another route. */
  changes: ChangeWaits | null = null;
  /** What only the extension functions need; made at first need. */
  extended: ExtendedState | null = null;
  /** The handle by which the application knows the socket. */
  handle = 0;
  /** Calls that wait to receive. */
  #blockedReceives = 0;
  /** Of a listener; made at first need. */
  #backlog: Backlog | null = null;

  constructor(
    readonly host: InstanceHost,
    /** Another one once `AcceptEx` or a disconnect for reuse has replaced it. */
    public core: SocketCore,
    /** The catalog entry that the socket was opened on. */
    readonly entry: WSAPROTOCOL_INFOW,
    openedAs: OpenedAs,
    overlapped: boolean,
  ) {
    super(openedAs, overlapped, core.isSessionRoot === true);
  }

  abstract changed(edges: number): void;
  abstract afterReceive(): void;

  /** The application knows the socket from now on, by this handle. */
  opened(handle: number): void {
    this.handle = handle;
  }

  /** What the socket waits for, for the report of a deadlock; `null` when for nothing. */
  describe(): string | null {
    const waits: string[] = [];
    if (this.hasReceives) waits.push(`${this.receives!.length} overlapped receive(s)`);
    if (this.hasSends) waits.push(`${this.sends!.length} overlapped send(s)`);
    if (this.changes?.waiting) waits.push('a change of addresses or routes');
    if (this.state === State.CONNECTING) waits.push('its connection');
    const accepts = this.extended?.acceptsWaiting ?? 0;
    if (accepts > 0) waits.push(`${accepts} connection(s) for AcceptEx`);
    return waits.length > 0 ? `socket ${this.handle} (${this.entry.szProtocol}) waits for ${waits.join(', ')}` : null;
  }

  // Connections that wait to be accepted.

  private get connections(): Backlog {
    return (this.#backlog ??= new Backlog(this));
  }

  /** Takes the next connection: one that was deferred, or the core's next; a WinSock code when there is none. */
  nextConnection(): WaitingConnection | number {
    return this.connections.next();
  }

  /** Puts a connection back: it is the next one. */
  deferConnection(connection: WaitingConnection): void {
    this.connections.defer(connection);
  }

  /**
   * Whether a connection waits that can be taken; `confirmed` when the core is to look, else what it told last counts.
   */
  hasConnection(confirmed: boolean): boolean {
    return this.#backlog === null ? hasConnection(this.core, confirmed) : this.#backlog.hasNext(confirmed);
  }

  /** Whether there is a connection that was deferred. */
  get hasDeferred(): boolean {
    return this.#backlog !== null && this.#backlog.hasDeferred;
  }

  /** The listener goes away. */
  protected closeBacklog(): void {
    this.#backlog?.close();
  }

  /** Whether it rests, for want of room for the next connection. */
  get isResting(): boolean {
    return this.#backlog !== null && this.#backlog.isResting;
  }

  /** There is no room for the next connection: it rests a while. */
  rest(): void {
    this.connections.rest();
  }

  // Operations that wait.

  /** Whether receives wait. */
  get hasReceives(): boolean {
    return this.receives !== null && this.receives.length > 0;
  }

  /** Whether sends wait. */
  get hasSends(): boolean {
    return this.sends !== null && this.sends.length > 0;
  }

  /** Whether receives wait that one of urgent data, or of other data, has to queue behind. */
  receivesWait(urgent: boolean): boolean {
    return this.receives !== null && this.receives.hasKind(urgent);
  }

  /** Queues an operation behind those that receive. */
  queueReceive(operation: Operation): void {
    (this.receives ??= new ReceiveQueue(this)).add(operation);
  }

  /** Queues an operation behind those that send. */
  queueSend(operation: Operation): void {
    (this.sends ??= new OperationQueue(this)).add(operation);
  }

  /** Queues an operation before those that send, which keeps the process alive already. */
  queueSendFirst(operation: Operation): void {
    (this.sends ??= new OperationQueue(this)).addFirst(operation);
  }

  /** Whether anybody waits to receive: an operation, or a call. */
  protected get isReceiving(): boolean {
    return this.hasReceives || this.#blockedReceives > 0;
  }

  /** A call waits to receive, until `receiveUnblocked`. */
  receiveBlocked(): void {
    this.#blockedReceives++;
  }

  /** A call that waited to receive is over. */
  receiveUnblocked(): void {
    this.#blockedReceives--;
    if (!this.hasReceives) this.receivesOver();
  }

  /** No operation waits to receive any more. */
  receivesOver(): void {
    if (!this.lastReceives || this.#blockedReceives > 0) return;
    this.lastReceives = false;
    if (this.state !== State.CLOSED) this.core.shutdown(SD_RECEIVE);
  }

  /** 0, or the code by which a receive that waited ends: one that came before the end of receiving goes on. */
  get waitingReceiveError(): number {
    return this.lastReceives && this.receiveError === WSAESHUTDOWN ? 0 : this.receiveError;
  }

  /** 0, or the code by which a send that waited ends: one that came before the end of sending goes on. */
  get waitingSendError(): number {
    return this.lastSends && this.sendError === WSAESHUTDOWN ? 0 : this.sendError;
  }

  /** What waited when sending was shut down has been sent. */
  sendsEnded(): void {
    this.lastSends = false;
  }

  /** A function of the layers above is called for an operation that is being served, until `leaveLayers`. */
  enterLayers(): void {
    this.serving = true;
  }

  /** It has come back. */
  leaveLayers(): void {
    this.serving = false;
  }

  /** The extension functions keep something of the socket from now on. */
  extend(state: ExtendedState): void {
    this.extended = state;
  }

  /** Ioctls wait for a change from now on. */
  awaitChanges(changes: ChangeWaits): void {
    this.changes = changes;
  }

  /** Every operation that waits. */
  operations(): Operation[] {
    return [...(this.receives?.all ?? []), ...(this.sends?.all ?? []), ...(this.extended?.operations() ?? [])];
  }

  /** Cancels one operation that waits, with WSA_OPERATION_ABORTED. */
  cancel(begun: Operation): void {
    const operation = begun.present;
    if (this.receives?.cancel(operation) !== true && this.sends?.cancel(operation) !== true) {
      this.extended?.cancel(operation);
    }
  }

  /** Cancels the sends that wait, with WSA_OPERATION_ABORTED. */
  cancelSends(): void {
    for (const operation of this.sends?.takeAll() ?? []) this.abort(operation);
  }

  /** Drops every operation that waits, without a completion: WinSock is gone. */
  forgetOperations(): void {
    for (const _ of this.operations()) this.host.unref();
    this.receives = this.sends = this.extended = null;
    this.changes?.forget();
  }

  /** Cancels everything that waits, with WSA_OPERATION_ABORTED. */
  protected cancelOperations(): void {
    const pending = [...(this.receives?.takeAll() ?? []), ...(this.sends?.takeAll() ?? [])];
    for (const operation of pending) this.abort(operation);
    this.extended?.cancelAll();
    this.changes?.cancel();
  }

  private abort(operation: Operation): void {
    completeOperation(this, operation, WSA_OPERATION_ABORTED);
  }
}
