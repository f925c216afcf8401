// WSARecvMsg and WSASendMsg.
import { areBytes, areFlags, isBuffer, isSize, isStructure, NO_BYTES } from '../../spi/arguments.js';
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
import { addressSlot, datagramDetails, State, totalLength, type DatagramDetails } from '../core/index.js';
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

/** A message as it was given: each member was read once, for a getter may answer otherwise the next time. */
interface GivenMessage {
  readonly name: Uint8Array | null;
  /** The room as it was given: `lpMsg` tells the lengths used once it is done, and not before. */
  readonly namelen: number;
  readonly buffers: WSABUF[];
  readonly control: Uint8Array | null;
  readonly controlLength: number;
  readonly dwFlags: number;
}

const NO_BUFFER: WSABUF = { len: 0, buf: NO_BYTES };

/** A WSARecvMsg: a datagram with its source and what else is known of it. */
class ReceiveMessageOperation extends Operation {
  readonly #total: number;

  constructor(
    private readonly socket: FrontSocket,
    /** What the caller gave, and is told of. */
    private readonly message: WSAMSG,
    private readonly given: GivenMessage,
    overlapped: WSAOVERLAPPED | null,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID,
  ) {
    super(overlapped, routine, thread);
    this.#total = totalLength(given.buffers, given.buffers.length);
  }

  override attempt(): number {
    const { socket } = this;
    const error = socket.waitingReceiveError;
    if (error !== 0) return error;
    const { core } = socket;
    const { buffers, dwFlags } = this.given;
    if (!this.#hasRoom()) return WSAEFAULT;
    const flags = dwFlags & MSG_PEEK;
    const details = datagramDetails();
    sourceSlot.length = 0;
    const result =
      core.tryReceiveMessage === undefined
        ? core.tryReceive(buffers, buffers.length, flags, sourceSlot)
        : core.tryReceiveMessage(buffers, buffers.length, flags, sourceSlot, details);
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
    const { message, given } = this;
    const namelen = { value: given.namelen };
    copySource(given.name, namelen);
    message.namelen = given.name === null ? 0 : namelen.value;
    const written = writeControlMessages(this.socket, details, given.control, given.controlLength);
    if (message.Control) message.Control.len = Math.max(written, 0);
    message.dwFlags = (truncated ? MSG_TRUNC : 0) | (written < 0 ? MSG_CTRUNC : 0);
    return truncated || written < 0 ? WSAEMSGSIZE : 0;
  }

  /**
   * Whether the room for name and control messages is still there: before the datagram is taken that they belong to.
   */
  #hasRoom(): boolean {
    const { name, namelen, control, controlLength } = this.given;
    return (
      (name === null || byteLengthOf(name) >= namelen) &&
      (controlLength === 0 || (control !== null && byteLengthOf(control) >= controlLength))
    );
  }
}

/** A WSASendMsg. */
class SendMessageOperation extends Operation {
  readonly #to: Uint8Array | null;

  constructor(
    private readonly socket: FrontSocket,
    private readonly given: GivenMessage,
    private readonly flags: number,
    private readonly details: DatagramDetails | null,
    overlapped: WSAOVERLAPPED | null,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID,
  ) {
    super(overlapped, routine, thread);
    this.#to = given.name === null ? null : copyOfBytes(given.name, given.namelen);
  }

  override attempt(): number {
    const { socket } = this;
    if (socket.waitingSendError !== 0) return socket.waitingSendError;
    const { core } = socket;
    const { buffers } = this.given;
    const count = buffers.length;
    const tolen = this.#to?.length ?? 0;
    const result =
      this.details === null
        ? core.trySend(buffers, count, this.flags, this.#to, tolen, 0)
        : core.trySendMessage!(buffers, count, this.flags, this.#to, tolen, this.details);
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
    const given = readMessage(message);
    if (given === null || !isWritableMessage(message)) return fail(WSAEFAULT);
    if (lpBytes === null && overlapped === null) return fail(WSAEFAULT);
    if (socket.stream || (given.dwFlags & ~MSG_PEEK) !== 0) return fail(WSAEOPNOTSUPP);
    if (socket.state === State.UNBOUND) return fail(WSAEINVAL);
    const operation = new ReceiveMessageOperation(socket, message, given, overlapped, routine, host.thread);
    return begin(socket, operation, true, lpBytes, SO_RCVTIMEO);
  };

  const WSASendMsg: LPFN_WSASENDMSG = (s, message, flags, lpBytes, overlapped, routine) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(WSAENOTSOCK);
    const given = readMessage(message);
    if (given === null) return fail(WSAEFAULT);
    if (socket.stream) return fail(WSAEINVAL);
    // Measured behaviour 21.1: even the call that then fails gives the socket its name.
    if (socket.state === State.UNBOUND) bindToAny(socket);
    if (lpBytes === null && overlapped === null) return fail(WSAEFAULT);
    if (!areFlags(flags, MSG_DONTROUTE)) return fail(WSAEOPNOTSUPP);
    if (socket.sendShutdown) return fail(WSAESHUTDOWN);
    const { name, control, controlLength } = given;
    if (name === null && socket.state !== State.CONNECTED) return fail(WSAENOTCONN);
    if (name !== null && given.namelen < socket.entry.iMinSockAddr) return fail(WSAEFAULT);
    const misdirected = name === null ? 0 : destinationError(socket, name);
    if (misdirected !== 0) return fail(misdirected);
    let details: DatagramDetails | null = null;
    if (control !== null && controlLength > 0) {
      details = readControlMessages(socket.family, control, controlLength);
      if (details === null) return fail(WSAEINVAL);
      if (socket.core.trySendMessage === undefined) return fail(WSAEOPNOTSUPP);
    }
    const operation = new SendMessageOperation(socket, given, flags, details, overlapped, routine, host.thread);
    return begin(socket, operation, false, lpBytes, SO_SNDTIMEO);
  };

  return { WSARecvMsg, WSASendMsg };
}

function bindToAny(socket: FrontSocket): void {
  const any = addressSlot();
  any.bytes[0] = socket.family;
  if (socket.core.bind(any.bytes, socket.entry.iMinSockAddr) === 0) socket.enter(State.BOUND);
}

/** Reads a message's members, each once; `null` when one of them is no such thing. */
function readMessage(message: unknown): GivenMessage | null {
  if (!isStructure(message)) return null;
  const { lpBuffers, dwBufferCount, Control, name, namelen, dwFlags } = message;
  if (!isSize(dwBufferCount) || (dwFlags !== undefined && typeof dwFlags !== 'number')) return null;
  const listed: unknown = lpBuffers ?? NO_BUFFERS;
  if (!Array.isArray(listed) || listed.length < dwBufferCount) return null;
  const buffers: WSABUF[] = [];
  for (let i = 0; i < dwBufferCount; i++) {
    const buffer = readBuffer(listed[i]);
    if (buffer === null) return null;
    buffers.push(buffer);
  }
  const control = Control === null || Control === undefined ? NO_BUFFER : readBuffer(Control);
  if (control === null) return null;
  const named = name !== null && name !== undefined;
  if (named && !areBytes(name, namelen)) return null;
  return {
    name: named ? name : null,
    namelen: namelen as number,
    buffers,
    control: control.len === 0 ? null : control.buf,
    controlLength: control.len,
    dwFlags: dwFlags ?? 0,
  };
}

function readBuffer(value: unknown): WSABUF | null {
  if (!isStructure(value)) return null;
  const { len, buf } = value;
  const buffer: unknown = { len, buf };
  if (!isBuffer(buffer)) return null;
  return buffer.len === 0 ? NO_BUFFER : buffer;
}
