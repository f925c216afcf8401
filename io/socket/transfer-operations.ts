// The operations that carry data, and what the calls that do the same at once share with them.
import { answerFault, written } from '../../spi/answers.js';
import { cureOf } from '../../spi/layer-rules.js';
import {
  byteLengthOf,
  MSG_OOB,
  MSG_PARTIAL,
  SOCKET_ERROR,
  WSAEFAULT,
  WSAEMSGSIZE,
  WSAEWOULDBLOCK,
  WSASYSCALLFAILURE,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type ExtensionRoutes,
  type Ref,
  type WSABUF,
  type WSAOVERLAPPED,
  type WSATHREADID,
  type CountOrNegatedCode,
} from '../../spi/index.js';
import { addressSlot, Readiness, remaining, totalLength, type AddressSlot } from '../core/index.js';
import type { FrontSocket } from './front-socket.js';
import { Operation } from './operation.js';

/** An overlapped receive. The buffers are captured; the array that held them is not kept. */
export class ReceiveOperation extends Operation {
  /** Bytes of `address` when the receive was begun. */
  readonly #addressRoom: number;

  constructor(
    private readonly socket: FrontSocket,
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

  attempt(): number {
    const { socket } = this;
    // Before a datagram is taken whose source would have no room any more.
    if (this.address !== null && byteLengthOf(this.address) < this.#addressRoom) return WSAEFAULT;
    const result = tryReceive(socket, this.buffers, this.buffers.length, this.total, this.flags);
    if (result >= 0) {
      this.transferred = result;
      this.resultFlags = socket.keepsBoundaries && socket.core.receivedPart === true ? MSG_PARTIAL : 0;
      if (!socket.stream) copySource(this.address, this.addressLength);
      return 0;
    }
    if (result === -WSAEWOULDBLOCK) return WSAEWOULDBLOCK;
    this.transferred = bytesOfError(-result, this.total);
    if (!socket.stream && this.transferred > 0) copySource(this.address, this.addressLength);
    return -result;
  }
}

type Route = 'connect' | 'send' | 'receive';

const FUNCTION_NAMES = { connect: 'WSPConnect', send: 'WSPSend', receive: 'WSPRecv' } as const;

/** An overlapped send. */
export class SendOperation extends Operation {
  constructor(
    protected readonly socket: FrontSocket,
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
    private readonly routes?: ExtensionRoutes,
  ) {
    super(overlapped, routine, thread);
  }

  attempt(): number {
    const { socket, buffers, flags, address } = this;
    if (socket.waitingSendError !== 0) return socket.waitingSendError;
    const length = address === null ? 0 : address.length;
    do {
      const result =
        this.routes?.send === undefined
          ? socket.core.trySend(buffers, buffers.length, flags, address, length, this.transferred)
          : sendBy(this.routes, socket, buffers, this.transferred);
      if (result < 0) return -result;
      if (result === 0 && this.transferred < this.total) return stalled(socket);
      this.transferred += result;
    } while (this.transferred < this.total);
    return 0;
  }
}

/** Reports a core that would be asked for ever, and gives the code that its operation fails with. */
export function stalled({ handle, host, entry }: FrontSocket): number {
  host.report({
    message:
      `trySend of a core of "${entry.szProtocol}" sent 0 bytes of some: return how many were taken, at least one, or ` +
      '-WSAEWOULDBLOCK and tell of WRITABLE when there is room',
    provider: entry.szProtocol,
    socket: handle,
  });
  return WSASYSCALLFAILURE;
}

/**
 * Sends through the layers above, without waiting.
 *
 * @param routes of which there is one for `send`
 * @param offset bytes of the buffers that are gone already
 * @returns bytes sent, or a negated WinSock code
 */
export function sendBy(
  routes: ExtensionRoutes,
  socket: FrontSocket,
  buffers: WSABUF[],
  offset: number,
): CountOrNegatedCode {
  const rest = remaining(buffers, buffers.length, offset);
  if (rest === null) return -WSAEFAULT;
  const limit = totalLength(rest, rest.length);
  const [bytes, errno] = [{ value: 0 }, { value: 0 }];
  socket.enterLayers();
  try {
    const { thread } = socket.host;
    const result = routes.send!(socket.handle, rest, rest.length, bytes, 0, null, null, thread, errno);
    const sent = transferred(socket, routes, 'send', result, bytes.value, errno.value, limit);
    // Nothing of something would be tried for ever.
    return sent === 0 && limit > 0 ? refuted(socket, routes, 'send', `reported 0 bytes of ${limit} as sent`) : sent;
  } finally {
    socket.leaveLayers();
  }
}

/**
 * What a function of the layers above has transferred, if it can be believed.
 *
 * @param route which function it is
 * @param limit bytes that there were, or room for so many
 * @returns bytes, or a negated WinSock code
 */
export function transferred(
  socket: FrontSocket,
  routes: ExtensionRoutes,
  route: Route,
  result: number,
  bytes: number,
  error: number,
  limit: number,
): CountOrNegatedCode {
  if (result === 0) {
    if (bytes >>> 0 === bytes && bytes <= limit) return bytes;
    return refuted(
      socket,
      routes,
      route,
      `reported ${written(bytes)} bytes for buffers of ${limit}${cureOf('functionCounts')}`,
    );
  }
  const fault = answerFault(result, SOCKET_ERROR, error);
  return fault === null ? -error : refuted(socket, routes, route, fault);
}

/** Reports a defect of the layers above, and gives the code that the operation fails with, negated. */
function refuted(socket: FrontSocket, routes: ExtensionRoutes, route: Route, what: string): CountOrNegatedCode {
  const { handle, host, entry } = socket;
  const provider = routes.ownerOf?.(route);
  const whose = provider === undefined ? `a layer over "${entry.szProtocol}"` : `provider "${provider}"`;
  const message = `${FUNCTION_NAMES[route]} of ${whose} ${what}`;
  host.report(provider === undefined ? { message, socket: handle } : { message, provider, socket: handle });
  return -WSASYSCALLFAILURE;
}

/** Tries to receive. A receive of no bytes on a stream waits until there are some. */
export function tryReceive(
  socket: FrontSocket,
  buffers: WSABUF[],
  count: number,
  total: number,
  flags: number,
): CountOrNegatedCode {
  if (socket.receiveError !== 0 && socket.waitingReceiveError !== 0) return -socket.receiveError;
  const { core } = socket;
  if (total === 0 && socket.stream && !socket.keepsBoundaries) {
    const ready = core.confirm(Readiness.READABLE) & (Readiness.READABLE | Readiness.PEER_CLOSED | Readiness.RESET);
    return ready !== 0 ? 0 : -WSAEWOULDBLOCK;
  }
  sourceSlot.length = 0;
  return core.tryReceive(buffers, count, flags, socket.stream ? null : sourceSlot);
}

/** A datagram that was too long fills the buffers, and says so. */
export function bytesOfError(error: number, total: number): number {
  return error === WSAEMSGSIZE ? total : 0;
}

/** Where cores put a datagram's source before it is copied out; used between two statements only. */
export const sourceSlot: AddressSlot = addressSlot();

/** Copies the last datagram's source out, cut to the room there is; the length tells the whole. */
export function copySource(address: Uint8Array | null, length: { value: number } | null): void {
  if (address === null || length === null) return;
  const fits = Math.min(length.value, sourceSlot.length, address.length);
  for (let i = 0; i < fits; i++) address[i] = sourceSlot.bytes[i]!;
  length.value = sourceSlot.length;
}
