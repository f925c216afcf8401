import { WSA_OPERATION_ABORTED, WSAEWOULDBLOCK } from '../../spi/index.js';
import type { AcceptOperation } from '../extensions/accept-ex.js';
import type { AcceptRest } from './accept-rest.js';
import { HANDED_ON, type Operation } from './operations.js';
import { Readiness } from '../core/socket-core.js';
import { MissingContext, type FrontSocket } from './front-socket.js';

/** What the extension functions keep of a socket: made for the few that they are used with. */
export class ExtendedState {
  /** Of a listener: the AcceptEx calls that wait for a connection, in order. */
  readonly accepts: AcceptOperation[] = [];
  /** Of a listener: sockets that have their connection, and wait for its first data. */
  readonly awaitingData = new Set<FrontSocket>();
  /** Of a socket given to AcceptEx: the call that will connect it. */
  accepting: AcceptOperation | null = null;
  /** Of a listener: how many accepts in a row found no room for a connection. */
  acceptsWithoutRoom = 0;
  /** Of a listener: it waits a while for room. */
  rest: AcceptRest | null = null;
  /** The ConnectEx that is under way. */
  connect: Operation | null = null;

  constructor(private readonly socket: FrontSocket) {}

  /** Serves the AcceptEx calls of a listener, in order, until no connection waits. */
  serveAccepts(): void {
    const { accepts, socket } = this;
    // A filter that was asked may have cancelled them, closed the listener, or called WSACleanup.
    while (accepts.length > 0 && socket.extended === this) {
      const operation = accepts[0]!;
      const error = socket.attempt(operation);
      if (accepts[0] !== operation || socket.extended !== this) continue;
      if (error === WSAEWOULDBLOCK) return;
      accepts.shift();
      if (error === HANDED_ON) socket.finish(operation, error);
      else this.endAccept(operation, error);
    }
  }

  /** Completes an AcceptEx. Its socket may be used otherwise then. */
  endAccept(operation: AcceptOperation, error: number): void {
    const state = operation.acceptor.extended;
    if (state !== null) state.accepting = null;
    this.socket.complete(operation, error);
  }

  /** The outcome of a connect, for the ConnectEx that waits for it: it ends, or goes on to send its data. */
  connectEnded(error: number): void {
    const { connect, socket } = this;
    if (connect === null) return;
    this.connect = null;
    if (error !== 0) {
      socket.complete(connect, error);
      return;
    }
    socket.missingContext = MissingContext.CONNECT;
    (socket.sends ??= []).unshift(connect);
    socket.changed(Readiness.WRITABLE);
  }

  /** Every operation that is kept here. */
  operations(): Operation[] {
    return this.connect === null ? [...this.accepts] : [...this.accepts, this.connect];
  }

  /** Cancels an operation that is kept here; false when it is not. */
  cancel(operation: Operation): boolean {
    const at = this.accepts.indexOf(operation as AcceptOperation);
    if (at >= 0) {
      const [accept] = this.accepts.splice(at, 1);
      this.endAccept(accept!, WSA_OPERATION_ABORTED);
      return true;
    }
    if (this.connect !== operation) return false;
    this.connect = null;
    this.socket.complete(operation, WSA_OPERATION_ABORTED);
    return true;
  }

  /** The socket is being closed: cancels what is kept here, and what others keep for it. */
  cancelAll(): void {
    for (const operation of this.operations()) this.cancel(operation);
    for (const acceptor of this.awaitingData) acceptor.cancelReceives(this.socket.handle);
    this.awaitingData.clear();
    if (this.accepting !== null) this.accepting.listener.extended?.cancel(this.accepting);
  }
}

/** The extended state of a socket, made if it has none yet. */
export function extendedStateOf(socket: FrontSocket): ExtendedState {
  return (socket.extended ??= new ExtendedState(socket));
}

/** Whether AcceptEx or ConnectEx is about to connect the socket. */
export function isTakenByExtension(socket: FrontSocket): boolean {
  const state = socket.extended;
  return state !== null && (state.accepting !== null || state.connect !== null);
}
