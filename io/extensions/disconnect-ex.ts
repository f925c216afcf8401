import { areFlags } from '../../spi/arguments.js';
import {
  DE_REUSE_SOCKET,
  SD_SEND,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAEWOULDBLOCK,
  type LPFN_DISCONNECTEX,
  type WSAOVERLAPPED,
  type WSATHREADID,
  type ErrorCode,
} from '../../spi/index.js';
import { addressSlot, Readiness, State, stateError } from '../core/index.js';
import { HANDED_ON, Operation, type FrontSocket, type SocketTable } from '../socket/index.js';
import type { ExtensionCalls } from './extension-calls.js';

/** Where what a peer still sends is put that nobody wants any more. */
const discarded = new Uint8Array(65536);
/** How often that happens in one turn: a peer that sends without end must not keep everybody else waiting. */
const DISCARDS_PER_TURN = 32;

/**
 * Ends the sending of a socket and, for reuse, hands on to the operation that waits for the peer's end.
 *
 * @returns 0, HANDED_ON or a WinSock code
 */
export function disconnect(
  socket: FrontSocket,
  operation: Operation,
  table: SocketTable,
  reuse: Reuse | null,
): ErrorCode {
  if (reuse === 'as before' && socket.active) socket.core.expectReuse?.();
  if (!socket.sendShutdown) {
    const error = (socket.core.readiness & Readiness.RESET) !== 0 ? socket.resetError : socket.shutDown(SD_SEND);
    if (error !== 0) return error;
  }
  if (reuse === null) return 0;
  const rest = new ReuseOperation(socket, operation, table, reuse);
  operation.handOn(rest);
  socket.queueReceive(rest);
  socket.changed(Readiness.READABLE);
  return HANDED_ON;
}

/** What a socket that is to be used again is afterwards: as new, or bound as before if it was bound by its program. */
export type Reuse = 'unbound' | 'as before';

/** Waits for the peer's end, for closing earlier could cost data under way; then gives the socket a fresh core. */
class ReuseOperation extends Operation {
  constructor(
    private readonly socket: FrontSocket,
    /** The operation that this is the last part of. */
    private readonly before: Operation,
    private readonly table: SocketTable,
    private readonly reuse: Reuse,
  ) {
    super(before.overlapped, before.routine, before.thread);
    this.transferred = before.transferred;
  }

  override attempt(): number {
    const { socket } = this;
    const buffers = [{ len: discarded.length, buf: discarded }];
    for (let discards = 0; discards < DISCARDS_PER_TURN; discards++) {
      const result = socket.core.tryReceive(buffers, 1, 0, null);
      if (result === -WSAEWOULDBLOCK) return WSAEWOULDBLOCK;
      if (result <= 0) return makeNew(socket, this.table, this.reuse === 'as before' && socket.active);
    }
    socket.changed(Readiness.READABLE);
    return WSAEWOULDBLOCK;
  }

  override ended(error: number): void {
    super.ended(error);
    // A call that waits, waits for the operation that it made itself.
    this.before.ended(error);
  }
}

/**
 * Gives a socket a fresh core, whose options are those of the last.
 *
 * @param keepsName whether it is bound to its name again, if that can be
 * @returns 0, or the WinSock code by which there is none; the socket is as it was then
 */
export function makeNew(socket: FrontSocket, table: SocketTable, keepsName: boolean): ErrorCode {
  const name = addressSlot();
  const named = keepsName && socket.core.localName(name) === 0;
  const { entry, family, type, protocol } = socket;
  const core = table.factory.createCore(family, type, protocol, entry, 0, 0);
  if (typeof core === 'number') return core;
  socket.renew(core);
  if (named && core.bind(name.bytes, name.length) === 0) socket.enter(State.BOUND);
  return 0;
}

/** A DisconnectEx, behind the sends of its socket. */
class DisconnectOperation extends Operation {
  constructor(
    private readonly socket: FrontSocket,
    private readonly table: SocketTable,
    private readonly reuse: Reuse | null,
    overlapped: WSAOVERLAPPED | null,
    thread: WSATHREADID,
  ) {
    super(overlapped, null, thread);
  }

  override attempt(): number {
    return disconnect(this.socket, this, this.table, this.reuse);
  }
}

/** Makes `DisconnectEx` over a table of sockets. */
export function createDisconnectEx(table: SocketTable, calls: ExtensionCalls): LPFN_DISCONNECTEX {
  return (s, overlapped, flags, reserved) => {
    const socket = table.find(s);
    if (socket === undefined) return calls.fail(WSAENOTSOCK);
    const refused = stateError('shutdown', socket.stream, socket.state);
    if (refused !== 0) return calls.fail(refused);
    if (!areFlags(flags, DE_REUSE_SOCKET) || reserved !== 0) return calls.fail(WSAEINVAL);
    const reuse = (flags & DE_REUSE_SOCKET) !== 0 ? 'as before' : null;
    return calls.beginSend(
      socket,
      new DisconnectOperation(socket, table, reuse, overlapped, table.host.thread),
      'DisconnectEx',
    );
  };
}
