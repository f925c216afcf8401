import { answerFault } from '../../spi/answers.js';
import {
  byteLengthOf,
  holdBytes,
  MSG_OOB,
  SOCKET_ERROR,
  viewOfBytes,
  WSAEFAULT,
  WSAEWOULDBLOCK,
  WSASYSCALLFAILURE,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type LPWSPSEND,
  type Ref,
  type WSABUF,
  type WSAOVERLAPPED,
  type WSATHREADID,
} from '../../spi/index.js';
import type { FrontSocket } from './front-socket.js';
import { copySource } from './source-address.js';

const NO_BYTES = new Uint8Array(0);

/** What `attempt` gives when the operation went over into another queue, and is not over yet. */
export const HANDED_ON = -1;

/**
 * One operation that waits for its turn: among the receives or the sends of its socket, a listener's accepts, or as the
 * connect of its socket. One without an overlapped structure belongs to a call that waits for it.
 */
export abstract class Operation {
  /** Bytes transferred so far; told at completion. */
  transferred = 0;
  /** Whether it is over, for the call that waits for it; `error` then says how. */
  over = false;
  error = 0;
  /** The handle that its completion is told of; 0 for the socket that it waits on. */
  completedOn = 0;
  /** What it became when it was handed on: that is what waits now, and can be cancelled. */
  handedOnTo: Operation | null = null;

  constructor(
    readonly overlapped: WSAOVERLAPPED | null,
    readonly routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    readonly thread: WSATHREADID | null,
  ) {}

  /** Whether it receives urgent data, which does not wait behind other data, nor the other way round. */
  get urgent(): boolean {
    return false;
  }

  /**
   * Gets on as far as it can without waiting.
   *
   * @returns 0 when it is done, WSAEWOULDBLOCK when it has to wait, HANDED_ON, or the WinSock code that ends it
   */
  abstract attempt(socket: FrontSocket): number;

  /** It is over, however it ended; called once, before anybody is told. */
  ended(error: number): void {
    this.error = error;
    this.over = true;
  }
}

/** An overlapped receive. The buffers are captured; the array that held them is not kept. */
export class ReceiveOperation extends Operation {
  /** Bytes of `address` when the receive was begun. */
  readonly #addressRoom: number;

  constructor(
    readonly buffers: WSABUF[],
    readonly flags: number,
    /** Bytes of all buffers together. */
    readonly total: number,
    /** Where the source is written. */
    readonly address: Uint8Array | null,
    readonly addressLength: Ref<number> | null,
    overlapped: WSAOVERLAPPED,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID | null,
  ) {
    super(overlapped, routine, thread);
    this.#addressRoom = address === null ? 0 : byteLengthOf(address);
  }

  override get urgent(): boolean {
    return (this.flags & MSG_OOB) !== 0;
  }

  attempt(socket: FrontSocket): number {
    // Before a datagram is taken whose source would have no room any more.
    if (this.address !== null && byteLengthOf(this.address) < this.#addressRoom) return WSAEFAULT;
    const result = socket.tryReceive(this.buffers, this.buffers.length, this.total, this.flags);
    if (result >= 0) {
      this.transferred = result;
      if (!socket.stream) copySource(this.address, this.addressLength);
      return 0;
    }
    if (result === -WSAEWOULDBLOCK) return WSAEWOULDBLOCK;
    this.transferred = socket.bytesOfError(-result, this.total);
    if (!socket.stream && this.transferred > 0) copySource(this.address, this.addressLength);
    return -result;
  }
}

/** An overlapped send. */
export class SendOperation extends Operation {
  constructor(
    readonly buffers: WSABUF[],
    readonly flags: number,
    /** Bytes of all buffers together. */
    readonly total: number,
    /** Where a datagram goes; `null` for the connected peer. */
    readonly address: Uint8Array | null,
    overlapped: WSAOVERLAPPED | null,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID | null,
    /** By which the layers above want to see the data pass. */
    private readonly route?: LPWSPSEND,
  ) {
    super(overlapped, routine, thread);
  }

  attempt(socket: FrontSocket): number {
    if (socket.sendError !== 0) return socket.sendError;
    const { buffers, flags, address } = this;
    const length = address === null ? 0 : address.length;
    do {
      const result =
        this.route === undefined
          ? socket.core.trySend(buffers, buffers.length, flags, address, length, this.transferred)
          : sendBy(this.route, socket, buffers, this.transferred);
      if (result < 0) return -result;
      this.transferred += result;
    } while (this.transferred < this.total);
    return 0;
  }
}

/**
 * Sends through the layers above, without waiting.
 *
 * @param offset bytes of the buffers that are gone already
 * @returns bytes sent, or a negated WinSock code
 */
export function sendBy(route: LPWSPSEND, socket: FrontSocket, buffers: WSABUF[], offset: number): number {
  const rest = remaining(buffers, buffers.length, offset);
  if (rest === null) return -WSAEFAULT;
  const limit = totalLength(rest, rest.length);
  const [bytes, errno] = [{ value: 0 }, { value: 0 }];
  socket.serving = true;
  try {
    const result = route(socket.handle, rest, rest.length, bytes, 0, null, null, socket.host.thread, errno);
    const sent = transferred(socket, 'WSPSend', result, bytes.value, errno.value, limit);
    // Nothing of something would be tried for ever.
    return sent === 0 && limit > 0 ? refuted(socket, 'WSPSend', `reported 0 bytes of ${limit} as sent`) : sent;
  } finally {
    socket.serving = false;
  }
}

/**
 * What a function of the layers above has transferred, if it can be believed.
 *
 * @param limit bytes that there were, or room for so many
 * @returns bytes, or a negated WinSock code
 */
export function transferred(
  socket: FrontSocket,
  name: string,
  result: number,
  bytes: number,
  error: number,
  limit: number,
): number {
  if (result === 0) {
    if (bytes >>> 0 === bytes && bytes <= limit) return bytes;
    return refuted(socket, name, `reported ${String(bytes)} bytes for buffers of ${limit}`);
  }
  const fault = answerFault(result, SOCKET_ERROR, error);
  return fault === null ? -error : refuted(socket, name, fault);
}

/** Reports a defect of the layers above, and gives the code that the operation fails with, negated. */
function refuted(socket: FrontSocket, name: string, what: string): number {
  const { szProtocol } = socket.entry;
  socket.host.report({ message: `a layer over "${szProtocol}": its ${name} ${what}`, socket: socket.handle });
  return -WSASYSCALLFAILURE;
}

/** The buffers without their first `done` bytes; `null` when one has lost its bytes. */
export function remaining(buffers: WSABUF[], count: number, done: number): WSABUF[] | null {
  if (!holdBytes(buffers, count)) return null;
  const rest: WSABUF[] = [];
  let skip = done;
  for (let i = 0; i < count; i++) {
    const { len, buf } = buffers[i]!;
    if (skip < len) rest.push({ len: len - skip, buf: viewOfBytes(buf, skip, len) });
    skip = Math.max(0, skip - len);
  }
  return rest;
}

/** Copies the buffers' descriptions, so that the caller may use the array again. */
export function captureBuffers(buffers: WSABUF[], count: number): WSABUF[] {
  const captured: WSABUF[] = new Array<WSABUF>(count);
  // One of length 0 may be without bytes where nobody has seen to it.
  for (let i = 0; i < count; i++) captured[i] = { len: buffers[i]!.len, buf: buffers[i]!.buf ?? NO_BYTES };
  return captured;
}

/** Bytes of the first `count` buffers together. */
export function totalLength(buffers: WSABUF[], count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += buffers[i]!.len;
  return total;
}
