import { isSize, setMember } from '../../spi/arguments.js';
import {
  ACCEPTEX_ADDRESS_OVERHEAD,
  CF_ACCEPT,
  ERROR_INVALID_PARAMETER,
  ERROR_IO_PENDING,
  holdsBytes,
  writeAcceptExAddress,
  WSA_OPERATION_ABORTED,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAEWOULDBLOCK,
  WSS_OPERATION_IN_PROGRESS,
  type ExtensionRoutes,
  type LPFN_ACCEPTEX,
  type WSABUF,
  type WSAOVERLAPPED,
  type WSATHREADID,
  type CountOrNegatedCode,
} from '../../spi/index.js';
import { addressSlot, hostOf, Readiness, State, totalLength } from '../core/index.js';
import { askCondition } from '../functions/index.js';
import {
  HANDED_ON,
  isWithoutRoom,
  MissingContext,
  Operation,
  transferred,
  tryReceive,
  type FrontSocket,
  type SocketTable,
  type WaitingConnection,
  flowControlOf,
} from '../socket/index.js';
import { ensureExtendedState, extendedState, type PendingAccept } from './extended-state.js';
import type { ExtensionCalls } from './extension-calls.js';

/** The room that AcceptEx was given: where the data goes, and the two addresses. */
interface AcceptRoom {
  readonly buffer: Uint8Array;
  readonly data: number;
  readonly local: number;
  readonly remote: number;
}

/** An AcceptEx that waits for a connection. */
class AcceptOperation extends Operation implements PendingAccept {
  constructor(
    readonly listener: FrontSocket,
    readonly acceptor: FrontSocket,
    readonly room: AcceptRoom,
    readonly routes: ExtensionRoutes,
    overlapped: WSAOVERLAPPED,
    thread: WSATHREADID,
  ) {
    super(overlapped, null, thread);
  }

  attempt(): number {
    const { listener, acceptor, room } = this;
    // Measured behaviour 25.3: too little room for an address is found out when there is one; the connection stays.
    const least = listener.entry.iMaxSockAddr + ACCEPTEX_ADDRESS_OVERHEAD;
    const tooShort = (room.local !== 0 && room.local < least) || room.remote < least;
    if (tooShort && !listener.hasConnection(true)) return WSAEWOULDBLOCK;
    // A buffer that was transferred away or shrank meanwhile has no such room any more.
    if (tooShort || !holdsBytes(room.buffer, room.data + room.local + room.remote)) return WSAEFAULT;
    if (listener.isResting) return WSAEWOULDBLOCK;
    const connection = this.#nextAdmitted(listener);
    // On Windows its socket is there already: it never fails for want of room.
    if (typeof connection === 'number') {
      if (!isWithoutRoom(connection)) return connection;
      listener.rest();
      return WSAEWOULDBLOCK;
    }
    if (extendedState(acceptor)?.accepting !== this) {
      // The filter that was asked had the operation cancelled: the connection is for others.
      if (listener.state === State.LISTENING) listener.deferConnection(connection);
      else connection.core.abort();
      return WSA_OPERATION_ABORTED;
    }
    const elsewhere = acceptor.group?.meet(hostOf(connection.peer.bytes, connection.peer.length)) ?? 0;
    if (elsewhere !== 0) {
      // The group of the socket has its connections with another host; this one is for others.
      listener.deferConnection(connection);
      return elsewhere;
    }
    acceptor.replaceCore(connection.core);
    if (connection.core.carriesFlows === true) flowControlOf(acceptor);
    connection.core.acceptConnection?.();
    acceptor.setMissingContext(MissingContext.ACCEPT);
    acceptor.enter(State.CONNECTED);
    const local = addressSlot();
    connection.core.localName(local);
    if (room.local !== 0) writeAcceptExAddress(room.buffer, room.data, local.bytes, local.length);
    writeAcceptExAddress(room.buffer, room.data + room.local, connection.peer.bytes, connection.peer.length);
    acceptor.changed(connection.core.readiness & ~Readiness.WRITABLE);
    if (room.data === 0) return 0;
    ensureExtendedState(acceptor).setAccepting(null);
    ensureExtendedState(listener).awaitingData.add(acceptor);
    acceptor.queueReceive(new FirstDataOperation(this));
    return HANDED_ON;
  }

  /** Takes connections until the condition function of the layers above accepts one. */
  #nextAdmitted(listener: FrontSocket): WaitingConnection | number {
    const { condition } = this.routes;
    for (;;) {
      const connection = listener.nextConnection();
      if (typeof connection === 'number' || condition === undefined) return connection;
      if (askCondition(listener, connection, condition, null) === CF_ACCEPT) return connection;
      connection.core.abort();
    }
  }
}

/** The second half of an AcceptEx with room for data: it waits for the first of them, on the accepted socket. */
class FirstDataOperation extends Operation {
  constructor(private readonly accept: AcceptOperation) {
    super(accept.overlapped, null, accept.thread);
    // The operation is the listener's to the end (measured behaviour 25.10).
    this.completedOn = accept.listener.handle;
  }

  attempt(): number {
    const { acceptor, room, routes } = this.accept;
    const buffers = [{ len: room.data, buf: room.buffer }];
    const result =
      routes.receive === undefined
        ? tryReceive(acceptor, buffers, 1, room.data, 0)
        : receiveBy(routes, acceptor, buffers);
    if (result < 0) return -result;
    this.transferred = result;
    return 0;
  }

  override ended(error: number): void {
    super.ended(error);
    const { listener, acceptor } = this.accept;
    extendedState(listener)?.awaitingData.delete(acceptor);
  }
}

/** Receives through the layers above, without waiting: bytes, or a negated WinSock code. */
function receiveBy(routes: ExtensionRoutes, socket: FrontSocket, buffers: WSABUF[]): CountOrNegatedCode {
  const [bytes, flags, errno] = [{ value: 0 }, { value: 0 }, { value: 0 }];
  socket.enterLayers();
  try {
    const { thread } = socket.host;
    const result = routes.receive!(socket.handle, buffers, 1, bytes, flags, null, null, thread, errno);
    return transferred(socket, routes, 'receive', result, bytes.value, errno.value, totalLength(buffers, 1));
  } finally {
    socket.leaveLayers();
  }
}

/** Makes `AcceptEx` over a table of sockets. */
export function createAcceptEx(table: SocketTable, calls: ExtensionCalls): LPFN_ACCEPTEX {
  const host = table.host;

  function refusal(listener: FrontSocket | undefined, sAccept: number, room: AcceptRoom): number {
    if (listener === undefined) return WSAENOTSOCK;
    if (listener.state !== State.LISTENING) return WSAEINVAL;
    const acceptor = typeof sAccept === 'number' ? table.find(sAccept) : undefined;
    if (acceptor === undefined) return WSAENOTSOCK;
    const { buffer, data, local, remote } = room;
    if (!isSize(data) || !isSize(local) || !isSize(remote) || remote === 0) return WSAEFAULT;
    if (!holdsBytes(buffer, data + local + remote)) return WSAEFAULT;
    const inUse = acceptor.state !== State.UNBOUND || (extendedState(acceptor)?.accepting ?? null) !== null;
    return inUse || acceptor.type !== listener.type || acceptor.family !== listener.family ? WSAEINVAL : 0;
  }

  return (sListen, sAccept, buffer, data, local, remote, _bytes, overlapped, routes) => {
    if (overlapped === null) return calls.fail(ERROR_INVALID_PARAMETER);
    // Measured behaviour 25.1: before anything is checked.
    if (!setMember(overlapped, 'Internal', WSS_OPERATION_IN_PROGRESS)) return calls.fail(WSAEFAULT);
    const listener = table.find(sListen);
    const room: AcceptRoom = { buffer, data, local, remote };
    const error = refusal(listener, sAccept, room);
    if (error !== 0) return calls.fail(error);
    const acceptor = table.find(sAccept)!;
    host.beginOverlapped(sListen, overlapped, null);
    const operation = new AcceptOperation(listener!, acceptor, room, calls.foreign(routes), overlapped, host.thread);
    ensureExtendedState(acceptor).setAccepting(operation);
    ensureExtendedState(listener!).accepts.push(operation);
    host.ref();
    // A connection that waits already is taken in this turn; the caller sees all of them alike.
    listener!.changed(0);
    return calls.fail(ERROR_IO_PENDING);
  };
}
