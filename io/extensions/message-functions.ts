// WSARecvMsg and WSASendMsg.
import { areFlags, hasBytes, isBuffer, isSize, isStructure } from '../../spi/arguments.js';
import {
  byteLengthOf,
  copyOfBytes,
  MSG_CTRUNC,
  MSG_DONTROUTE,
  MSG_PEEK,
  MSG_TRUNC,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCKET_ERROR,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type LPFN_WSARECVMSG,
  type LPFN_WSASENDMSG,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type Ref,
  type WSABUF,
  type WSAMSG,
  type WSAOVERLAPPED,
  type WSATHREADID,
} from '../../spi/index.js';
import {
  addressSlot,
  captureBuffers,
  datagramDetails,
  State,
  totalLength,
  type DatagramDetails,
} from '../core/index.js';
import { destinationError } from '../functions/index.js';
import {
  completeOperation,
  copySource,
  Operation,
  sourceSlot,
  type FrontSocket,
  type SocketTable,
} from '../socket/index.js';
import { readControlMessages, writeControlMessages } from './control-messages.js';
import { waitUntilOver } from './extension-calls.js';

const NO_BUFFERS: WSABUF[] = [];

/** A WSARecvMsg: a datagram with its source and what else is known of it. */
class ReceiveMessageOperation extends Operation {
  readonly #buffers: WSABUF[];
  readonly #total: number;
  /** The room as it was given: `lpMsg` tells the lengths used once it is done, and not before. */
  readonly #nameRoom: number;
  readonly #controlRoom: number;

  constructor(
    private readonly socket: FrontSocket,
    private readonly message: WSAMSG,
    overlapped: WSAOVERLAPPED | null,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID,
  ) {
    super(overlapped, routine, thread);
    this.#buffers = captureBuffers(message.lpBuffers ?? NO_BUFFERS, message.dwBufferCount);
    this.#total = totalLength(this.#buffers, this.#buffers.length);
    this.#nameRoom = message.namelen;
    this.#controlRoom = message.Control?.len ?? 0;
  }

  override attempt(): number {
    const { socket } = this;
    const error = socket.waitingReceiveError;
    if (error !== 0) return error;
    const { core } = socket;
    const { message } = this;
    if (!this.#hasRoom()) return WSAEFAULT;
    const flags = message.dwFlags & MSG_PEEK;
    const details = datagramDetails();
    sourceSlot.length = 0;
    const result =
      core.tryReceiveMessage === undefined
        ? core.tryReceive(this.#buffers, this.#buffers.length, flags, sourceSlot)
        : core.tryReceiveMessage(this.#buffers, this.#buffers.length, flags, sourceSlot, details);
    if (result === -WSAEWOULDBLOCK) return WSAEWOULDBLOCK;
    if (result < 0 && result !== -WSAEMSGSIZE) return -result;
    this.transferred = result < 0 ? this.#total : result;
    try {
      return this.#tell(details, result < 0);
    } catch {
      // The structure was frozen since.
      return WSAEFAULT;
    }
  }

  /** Writes what is known of the datagram. Returns 0, or WSAEMSGSIZE when not all of it fitted. */
  #tell(details: DatagramDetails, truncated: boolean): number {
    const { message } = this;
    const namelen = { value: this.#nameRoom };
    copySource(message.name, namelen);
    message.namelen = message.name === null ? 0 : namelen.value;
    const control = message.Control?.buf instanceof Uint8Array ? message.Control.buf : null;
    const written = writeControlMessages(this.socket, details, control, this.#controlRoom);
    if (message.Control) message.Control.len = Math.max(written, 0);
    message.dwFlags = (truncated ? MSG_TRUNC : 0) | (written < 0 ? MSG_CTRUNC : 0);
    return truncated || written < 0 ? WSAEMSGSIZE : 0;
  }

  /**
   * Whether the room for name and control messages is still there: before the datagram is taken that they belong to.
   */
  #hasRoom(): boolean {
    const { name, Control } = this.message;
    const hasName = name === null || name === undefined || byteLengthOf(name) >= this.#nameRoom;
    const control = Control?.buf;
    return (
      hasName && (this.#controlRoom === 0 || (control !== undefined && byteLengthOf(control) >= this.#controlRoom))
    );
  }
}

/** A WSASendMsg. */
class SendMessageOperation extends Operation {
  readonly #buffers: WSABUF[];
  readonly #to: Uint8Array | null;

  constructor(
    private readonly socket: FrontSocket,
    message: WSAMSG,
    private readonly flags: number,
    private readonly details: DatagramDetails | null,
    overlapped: WSAOVERLAPPED | null,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID,
  ) {
    super(overlapped, routine, thread);
    this.#buffers = captureBuffers(message.lpBuffers ?? NO_BUFFERS, message.dwBufferCount);
    this.#to = message.name === null || message.name === undefined ? null : copyOfBytes(message.name, message.namelen);
  }

  override attempt(): number {
    const { socket } = this;
    if (socket.waitingSendError !== 0) return socket.waitingSendError;
    const { core } = socket;
    const count = this.#buffers.length;
    const tolen = this.#to?.length ?? 0;
    const result =
      this.details === null
        ? core.trySend(this.#buffers, count, this.flags, this.#to, tolen, 0)
        : core.trySendMessage!(this.#buffers, count, this.flags, this.#to, tolen, this.details);
    if (result < 0) return -result;
    this.transferred = result;
    return 0;
  }
}

/** Whether what a receive tells by the structure can be written there: not into one that is frozen. */
function isWritableMessage(message: WSAMSG): boolean {
  try {
    const { namelen, dwFlags, Control } = message;
    message.namelen = namelen;
    message.dwFlags = dwFlags;
    if (Control) Control.len = Control.len;
    return true;
  } catch {
    return false;
  }
}

/** Makes `WSARecvMsg` and `WSASendMsg` over a table of sockets. */
export function createMessageProcedures(table: SocketTable): {
  WSARecvMsg: LPFN_WSARECVMSG;
  WSASendMsg: LPFN_WSASENDMSG;
} {
  const host = table.host;

  function fail(error: number): number {
    host.setLastError(error);
    return SOCKET_ERROR;
  }

  /** Begins an operation; a call that is not overlapped waits if the socket is blocking. */
  function begin(
    socket: FrontSocket,
    operation: Operation,
    receives: boolean,
    lpBytes: Ref<number> | null,
    timeoutOption: number,
  ): number {
    const waits = receives ? socket.hasReceives : socket.hasSends;
    let error = waits ? WSAEWOULDBLOCK : operation.attempt();
    const { overlapped, routine } = operation;
    if (overlapped !== null && (error === 0 || error === WSAEWOULDBLOCK || operation.transferred > 0)) {
      host.beginOverlapped(socket.handle, overlapped, routine);
      if (error === WSAEWOULDBLOCK) {
        if (receives) socket.queueReceive(operation);
        else socket.queueSend(operation);
        return fail(WSA_IO_PENDING);
      }
      host.ref();
      completeOperation(socket, operation, error);
      if (receives) socket.afterReceive();
      // Measured behaviour 6.5: what a routine is told, the call does not tell.
      if (error !== 0 || (routine !== null && receives)) return fail(WSA_IO_PENDING);
    } else if (error === WSAEWOULDBLOCK && socket.blocking) {
      if (receives) socket.queueReceive(operation);
      else socket.queueSend(operation);
      error = waitUntilOver(socket, operation, receives ? 'WSARecvMsg' : 'WSASendMsg', timeoutOption);
    } else if (error === WSAEWOULDBLOCK && !receives) {
      socket.sendFoundNoRoom();
    }
    if (receives && overlapped === null) socket.afterReceive();
    if (lpBytes !== null && (error === 0 || operation.transferred > 0)) lpBytes.value = operation.transferred;
    if (error !== 0) return fail(error);
    host.setLastError(0);
    return 0;
  }

  const WSARecvMsg: LPFN_WSARECVMSG = (s, message, lpBytes, overlapped, routine) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(WSAENOTSOCK);
    if (!isMessage(message) || !isWritableMessage(message)) return fail(WSAEFAULT);
    if (lpBytes === null && overlapped === null) return fail(WSAEFAULT);
    if (socket.stream || (message.dwFlags & ~MSG_PEEK) !== 0) return fail(WSAEOPNOTSUPP);
    if (socket.state === State.UNBOUND) return fail(WSAEINVAL);
    const operation = new ReceiveMessageOperation(socket, message, overlapped, routine, host.thread);
    return begin(socket, operation, true, lpBytes, SO_RCVTIMEO);
  };

  const WSASendMsg: LPFN_WSASENDMSG = (s, message, flags, lpBytes, overlapped, routine) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(WSAENOTSOCK);
    if (!isMessage(message)) return fail(WSAEFAULT);
    if (socket.stream) return fail(WSAEINVAL);
    // Measured behaviour 21.1: even the call that then fails gives the socket its name.
    if (socket.state === State.UNBOUND) bindToAny(socket);
    if (lpBytes === null && overlapped === null) return fail(WSAEFAULT);
    if (!areFlags(flags, MSG_DONTROUTE)) return fail(WSAEOPNOTSUPP);
    if (socket.sendShutdown) return fail(WSAESHUTDOWN);
    const unnamed = message.name === null || message.name === undefined;
    if (unnamed && socket.state !== State.CONNECTED) return fail(WSAENOTCONN);
    if (!unnamed && message.namelen < socket.entry.iMinSockAddr) return fail(WSAEFAULT);
    const misdirected = unnamed ? 0 : destinationError(socket, message.name!);
    if (misdirected !== 0) return fail(misdirected);
    let details: DatagramDetails | null = null;
    if ((message.Control?.len ?? 0) > 0) {
      details = readControlMessages(socket.family, message.Control!.buf, message.Control!.len);
      if (details === null) return fail(WSAEINVAL);
      if (socket.core.trySendMessage === undefined) return fail(WSAEOPNOTSUPP);
    }
    const operation = new SendMessageOperation(socket, message, flags, details, overlapped, routine, host.thread);
    return begin(socket, operation, false, lpBytes, SO_SNDTIMEO);
  };

  return { WSARecvMsg, WSASendMsg };
}

function bindToAny(socket: FrontSocket): void {
  const any = addressSlot();
  any.bytes[0] = socket.family;
  if (socket.core.bind(any.bytes, socket.entry.iMinSockAddr) === 0) socket.enter(State.BOUND);
}

function isMessage(message: unknown): message is WSAMSG {
  if (!isStructure(message)) return false;
  const { lpBuffers, dwBufferCount, Control, name, namelen, dwFlags } = message;
  if (!isSize(dwBufferCount) || (dwFlags !== undefined && typeof dwFlags !== 'number')) return false;
  const buffers: unknown = lpBuffers ?? NO_BUFFERS;
  if (!Array.isArray(buffers) || buffers.length < dwBufferCount) return false;
  // Not by `every`, which passes over holes.
  for (let i = 0; i < dwBufferCount; i++) if (!isBuffer(buffers[i])) return false;
  if (Control !== null && Control !== undefined && !isBuffer(Control)) return false;
  return name === null || name === undefined || hasBytes(name, namelen);
}
