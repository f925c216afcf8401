import { WSA_OPERATION_ABORTED, WSAEWOULDBLOCK } from '../../spi/index.js';
import { Readiness } from '../core/index.js';
import {
  attemptOperation,
  completeOperation,
  finishOperation,
  HANDED_ON,
  MissingContext,
  type ExtendedState,
  type FrontSocket,
  type Operation,
} from '../socket/index.js';

/** An AcceptEx that waits for a connection. */
export interface PendingAccept extends Operation {
  readonly listener: FrontSocket;
  readonly acceptor: FrontSocket;
}

/** What the extension functions keep of a socket: made for the few that they are used with. */
class Extension implements ExtendedState {
  /** Of a listener: the AcceptEx calls that wait for a connection, in order. */
  readonly accepts: PendingAccept[] = [];
  /** Of a listener: sockets that have their connection, and wait for its first data. */
  readonly awaitingData = new Set<FrontSocket>();
  /** Of a socket given to AcceptEx: the call that will connect it. */
  accepting: PendingAccept | null = null;
  /** The ConnectEx that is under way. */
  #connect: Operation | null = null;

  constructor(private readonly socket: FrontSocket) {}

  get acceptsWaiting(): number {
    return this.accepts.length;
  }

  get takesSocket(): boolean {
    return this.accepting !== null || this.#connect !== null;
  }

  /** AcceptEx will connect the socket; `null` when it does so no more. */
  setAccepting(accept: PendingAccept | null): void {
    this.accepting = accept;
  }

  /** ConnectEx is under way. */
  awaitConnect(connect: Operation): void {
    this.#connect = connect;
  }

  serveAccepts(): void {
    const { accepts, socket } = this;
    // A filter that was asked may have cancelled them, closed the listener, or called WSACleanup.
    while (accepts.length > 0 && socket.extended === this) {
      const operation = accepts[0]!;
      const error = attemptOperation(socket, operation);
      if (accepts[0] !== operation || socket.extended !== this) continue;
      if (error === WSAEWOULDBLOCK) return;
      accepts.shift();
      if (error === HANDED_ON) finishOperation(socket, operation, error);
      else this.#endAccept(operation, error);
    }
  }

  /** Completes an AcceptEx. Its socket may be used otherwise then. */
  #endAccept(operation: PendingAccept, error: number): void {
    extendedState(operation.acceptor)?.setAccepting(null);
    completeOperation(this.socket, operation, error);
  }

  /** The ConnectEx ends with the connect, or goes on to send its data. */
  connectEnded(error: number): void {
    const socket = this.socket;
    const connect = this.#connect;
    if (connect === null) return;
    this.#connect = null;
    if (error !== 0) {
      completeOperation(socket, connect, error);
      return;
    }
    socket.setMissingContext(MissingContext.CONNECT);
    socket.queueSendFirst(connect);
    socket.changed(Readiness.WRITABLE);
  }

  operations(): Operation[] {
    return this.#connect === null ? [...this.accepts] : [...this.accepts, this.#connect];
  }

  cancel(operation: Operation): boolean {
    const at = this.accepts.indexOf(operation as PendingAccept);
    if (at >= 0) {
      const [accept] = this.accepts.splice(at, 1);
      this.#endAccept(accept!, WSA_OPERATION_ABORTED);
      return true;
    }
    if (this.#connect !== operation) return false;
    this.#connect = null;
    completeOperation(this.socket, operation, WSA_OPERATION_ABORTED);
    return true;
  }

  cancelAll(): void {
    for (const operation of this.operations()) this.cancel(operation);
    for (const acceptor of this.awaitingData) acceptor.receives?.cancelOf(this.socket.handle);
    this.awaitingData.clear();
    if (this.accepting !== null) extendedState(this.accepting.listener)?.cancel(this.accepting);
  }
}

/** What the extension functions keep of a socket; `null` when they keep nothing. */
export function extendedState(socket: FrontSocket): Extension | null {
  return socket.extended as Extension | null;
}

/** What the extension functions keep of a socket, made if there is nothing yet. */
export function ensureExtendedState(socket: FrontSocket): Extension {
  const known = extendedState(socket);
  if (known !== null) return known;
  const state = new Extension(socket);
  socket.extend(state);
  return state;
}
