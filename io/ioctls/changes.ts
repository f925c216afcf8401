// Ioctls that end when something changes.
import {
  FD_ADDRESS_LIST_CHANGE,
  FD_ADDRESS_LIST_CHANGE_BIT,
  FD_ROUTING_INTERFACE_CHANGE,
  FD_ROUTING_INTERFACE_CHANGE_BIT,
  SIO_ADDRESS_LIST_CHANGE,
  SIO_IDEAL_SEND_BACKLOG_CHANGE,
  SIO_ROUTING_INTERFACE_CHANGE,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSAEINTR,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type WSAOVERLAPPED,
  type WSATHREADID,
  type ErrorCode,
} from '../../spi/index.js';
import { Readiness, State } from '../core/index.js';
import type { ChangeWaits, FrontSocket } from '../socket/index.js';
import { routingRefusal } from './addresses.js';
import type { IoctlRequest } from './request.js';

/** How the application wants to be told of the end of an overlapped ioctl. */
export interface OverlappedIoctl {
  readonly overlapped: WSAOVERLAPPED;
  readonly routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null;
  readonly thread: WSATHREADID | null;
}

/** What one ioctl waits for. */
interface Change {
  /** The edge by which the core tells of it; 0 when nothing ever does. */
  readonly edge: number;
  /** The network event, and its index; 0 for none. */
  readonly event: number;
  readonly index: number;
  /** Begins to look out. Returns -WSAEWOULDBLOCK, or why that cannot be. */
  begin(socket: FrontSocket, request: IoctlRequest): number;
}

const beginBelow = (socket: FrontSocket, { code, input }: IoctlRequest): number =>
  socket.core.ioctl(code, input, input?.length ?? 0, null, 0);

const CHANGES = new Map<number, Change>([
  [
    SIO_ADDRESS_LIST_CHANGE,
    {
      edge: Readiness.ADDRESSES_CHANGED,
      event: FD_ADDRESS_LIST_CHANGE,
      index: FD_ADDRESS_LIST_CHANGE_BIT,
      begin: beginBelow,
    },
  ],
  [
    SIO_ROUTING_INTERFACE_CHANGE,
    {
      edge: Readiness.ROUTE_CHANGED,
      event: FD_ROUTING_INTERFACE_CHANGE,
      index: FD_ROUTING_INTERFACE_CHANGE_BIT,
      begin: (socket, request) => -routingRefusal(request.input) || beginBelow(socket, request),
    },
  ],
  [
    SIO_IDEAL_SEND_BACKLOG_CHANGE,
    {
      // What SIO_IDEAL_SEND_BACKLOG_QUERY gives never changes here.
      edge: 0,
      event: 0,
      index: 0,
      begin(socket) {
        if (!socket.stream) return -WSAEOPNOTSUPP;
        return socket.state === State.CONNECTED ? -WSAEWOULDBLOCK : -WSAENOTCONN;
      },
    },
  ],
]);

/** The ioctls of one socket that wait for a change. */
class PendingChanges implements ChangeWaits {
  readonly #socket: FrontSocket;
  #pending: { readonly change: Change; readonly ioctl: OverlappedIoctl }[] = [];
  /** Edges that were told so far, for calls that block. */
  #told: number[] = [];

  constructor(socket: FrontSocket) {
    this.#socket = socket;
  }

  /** How many overlapped ioctls wait. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** How often an edge has been told. */
  times(edge: number): number {
    return this.#told[edge] ?? 0;
  }

  /** Makes an overlapped ioctl wait. */
  add(change: Change, ioctl: OverlappedIoctl): void {
    this.#pending.push({ change, ioctl });
    this.#socket.host.ref();
  }

  /** Takes the core's edges: completes who waited for them, and records the network events. */
  happened(edges: number): void {
    for (const change of CHANGES.values()) {
      if ((edges & change.edge) === 0) continue;
      this.#told[change.edge] = this.times(change.edge) + 1;
      const done = this.#pending.filter((pending) => pending.change === change);
      this.#pending = this.#pending.filter((pending) => pending.change !== change);
      for (const { ioctl } of done) this.#complete(ioctl, 0);
      this.#socket.record?.indicate(change.event, change.index, 0);
    }
  }

  /** Cancels everything, or what is meant; returns how many there were. */
  cancel(isMeant: (overlapped: WSAOVERLAPPED) => boolean = () => true): number {
    const cancelled = this.#pending.filter(({ ioctl }) => isMeant(ioctl.overlapped));
    this.#pending = this.#pending.filter((pending) => !cancelled.includes(pending));
    for (const { ioctl } of cancelled) this.#complete(ioctl, WSA_OPERATION_ABORTED);
    return cancelled.length;
  }

  /** Lets everything go without a word. */
  forget(): void {
    for (const _ of this.#pending.splice(0)) this.#socket.host.unref();
  }

  #complete({ overlapped, routine, thread }: OverlappedIoctl, error: number): void {
    const { host, handle } = this.#socket;
    host.unref();
    host.completeOverlapped(handle, overlapped, routine, thread, error, 0, 0);
  }
}

/** The changes that a socket waits for; begun if it has not yet waited for any. */
function changesOf(socket: FrontSocket): PendingChanges {
  if (socket.changes instanceof PendingChanges) return socket.changes;
  const changes = new PendingChanges(socket);
  socket.awaitChanges(changes);
  return changes;
}

/**
 * Performs an ioctl that ends when something changes: it pends when overlapped, blocks a blocking socket, and on a
 * non-blocking one is WSAEWOULDBLOCK and has the network event come (measured behaviour 30.2).
 *
 * @returns 0, or the WinSock code: WSA_IO_PENDING once it pends
 */
export function awaitChange(socket: FrontSocket, request: IoctlRequest, operation: OverlappedIoctl | null): ErrorCode {
  const { host } = socket;
  const change = CHANGES.get(request.code)!;
  const began = change.begin(socket, request);
  if (began !== -WSAEWOULDBLOCK) return Math.abs(began);
  const changes = changesOf(socket);
  if (operation !== null) {
    host.beginOverlapped(socket.handle, operation.overlapped, operation.routine);
    changes.add(change, operation);
    return WSA_IO_PENDING;
  }
  if (!socket.blocking) {
    // The event is recorded from now on, also for a registration that comes later.
    if (change.event !== 0) socket.ensureRecord().reenable(change.event);
    return WSAEWOULDBLOCK;
  }
  const before = changes.times(change.edge);
  const ended = host.wait(
    () => socket.state === State.CLOSED || changes.times(change.edge) !== before,
    Infinity,
    'no',
    `WSAIoctl on socket ${socket.handle} (${socket.entry.szProtocol})`,
  );
  return ended === 'condition' && socket.state !== State.CLOSED ? 0 : WSAEINTR;
}
