import { memberOf } from '../spi/arguments.js';
import {
  ERROR_ABANDONED_WAIT_0,
  ERROR_ACCESS_DENIED,
  ERROR_CONNECTION_ABORTED,
  ERROR_CONNECTION_REFUSED,
  ERROR_GRACEFUL_DISCONNECT,
  ERROR_HOST_UNREACHABLE,
  ERROR_INSUFFICIENT_BUFFER,
  ERROR_INVALID_HANDLE,
  ERROR_MORE_DATA,
  ERROR_NETNAME_DELETED,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_NOT_SUPPORTED,
  ERROR_OPERATION_ABORTED,
  ERROR_SEM_TIMEOUT,
  INFINITE,
  WAIT_TIMEOUT,
  WSA_OPERATION_ABORTED,
  WSAEACCES,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEDISCON,
  WSAEFAULT,
  WSAEHOSTUNREACH,
  WSAEINTR,
  WSAEMSGSIZE,
  WSAENETUNREACH,
  WSAEOPNOTSUPP,
  WSAETIMEDOUT,
  type Ref,
  type WSAOVERLAPPED,
} from '../spi/index.js';
import type { HandleAllocator } from './handles.js';
import { LongQueue } from './long-queue.js';
import type { Reactor } from './reactor.js';

/** What `GetQueuedCompletionStatus` takes from a port. */
export interface CompletionPacket {
  readonly bytes: number;
  readonly key: unknown;
  readonly overlapped: WSAOVERLAPPED | null;
  /** The Win32 error of the operation, 0 on success. */
  readonly error: number;
}

/** The Win32 error by which a completion port tells of a WinSock error (measured behaviour 17, 24, 25, 31, 40). */
const WIN32_ERRORS = new Map<number, number>([
  [WSA_OPERATION_ABORTED, ERROR_OPERATION_ABORTED],
  [WSAECONNRESET, ERROR_NETNAME_DELETED],
  [WSAECONNABORTED, ERROR_CONNECTION_ABORTED],
  [WSAECONNREFUSED, ERROR_CONNECTION_REFUSED],
  [WSAEMSGSIZE, ERROR_MORE_DATA],
  [WSAEFAULT, ERROR_INSUFFICIENT_BUFFER],
  [WSAEOPNOTSUPP, ERROR_NOT_SUPPORTED],
  [WSAEACCES, ERROR_ACCESS_DENIED],
  [WSAENETUNREACH, ERROR_NETWORK_UNREACHABLE],
  [WSAEHOSTUNREACH, ERROR_HOST_UNREACHABLE],
  [WSAETIMEDOUT, ERROR_SEM_TIMEOUT],
  [WSAEDISCON, ERROR_GRACEFUL_DISCONNECT],
]);

function isOdd(handle: unknown): boolean {
  return typeof handle === 'number' && (handle & 1) !== 0;
}

function packetOf(key: unknown, overlapped: WSAOVERLAPPED, error: number, bytes: number): CompletionPacket {
  return { bytes, key, overlapped, error: error === 0 ? 0 : (WIN32_ERRORS.get(error) ?? error) };
}

/** One completion port: its packets, in the order of completion. */
class CompletionPort {
  readonly packets = new LongQueue<CompletionPacket>();
}

/** The completion ports of an instance, and which handle's completions go to which. */
export class CompletionPorts {
  /** Whether any handle is associated; looked at for every completion. */
  any = false;
  readonly #ports = new Map<number, CompletionPort>();
  readonly #associations = new Map<number, { readonly port: CompletionPort; readonly key: unknown }>();

  constructor(
    private readonly handles: HandleAllocator,
    private readonly reactor: Reactor,
  ) {}

  /**
   * Makes a completion port, or sends a handle's completions to one (Win32: CreateIoCompletionPort).
   *
   * @returns the port's handle; 0 when there is no such port, or the handle has one already
   */
  create(handle: number | null, port: number | null, key: unknown): number {
    const hPort = port ?? this.handles.allocate();
    if (port === null) this.#ports.set(hPort, new CompletionPort());
    if (handle === null) return port === null ? hPort : 0;
    return this.#associate(handle, hPort, key) ? hPort : 0;
  }

  /**
   * Waits for a packet (Win32: GetQueuedCompletionStatus).
   *
   * @param timeout milliseconds; INFINITE without limit
   * @returns the packet; `undefined` with `lpErrno` WAIT_TIMEOUT, ERROR_INVALID_HANDLE, ERROR_ABANDONED_WAIT_0 or
   *   WSAEINTR
   */
  wait(hPort: number, timeout: number, lpErrno: Ref<number>): CompletionPacket | undefined {
    const port = this.#ports.get(hPort);
    if (port === undefined) {
      lpErrno.value = ERROR_INVALID_HANDLE;
      return undefined;
    }
    const ready = (): boolean => port.packets.length > 0 || this.#ports.get(hPort) !== port;
    if (!ready()) {
      const deadline = timeout === INFINITE ? Infinity : this.reactor.clock.now() + timeout;
      const ended = this.reactor.wait(ready, deadline, 'no', `GetQueuedCompletionStatus on port ${hPort}`);
      if (ended !== 'condition') {
        lpErrno.value = ended === 'timeout' ? WAIT_TIMEOUT : WSAEINTR;
        return undefined;
      }
    }
    const packet = this.#ports.get(hPort) === port ? port.packets.shift() : undefined;
    if (packet === undefined) lpErrno.value = ERROR_ABANDONED_WAIT_0;
    return packet;
  }

  /** Sends a handle's completions to a port, for good; false when they go to one already. */
  #associate(handle: number, hPort: number, key: unknown): boolean {
    const port = this.#ports.get(hPort);
    if (port === undefined || this.#associations.has(handle)) return false;
    this.#associations.set(handle, { port, key });
    this.any = true;
    return true;
  }

  /** Whether a handle's completions go to a port. */
  isAssociated(handle: number): boolean {
    return this.any && this.#associations.has(handle);
  }

  /** Forgets a handle that was closed; packets that wait stay. */
  dissociate(handle: number): void {
    if (this.#associations.delete(handle)) this.any = this.#associations.size > 0;
  }

  /** Queues the packet of an operation that completed, if its handle is associated. */
  completed(handle: number, overlapped: WSAOVERLAPPED, error: number, bytes: number): void {
    const association = this.#associations.get(handle);
    // An event handle with its lowest bit set keeps the packet from the port (measured behaviour 31.5).
    if (association === undefined || isOdd(memberOf(overlapped, 'hEvent'))) return;
    association.port.packets.push(packetOf(association.key, overlapped, error, bytes));
  }

  /** Queues the packet of an operation that completed at a port of its own. */
  postCompleted(hPort: number, key: unknown, overlapped: WSAOVERLAPPED, error: number, bytes: number): void {
    this.#ports.get(hPort)?.packets.push(packetOf(key, overlapped, error, bytes));
  }

  /** Whether a handle is a port's. */
  has(hPort: number): boolean {
    return this.#ports.has(hPort);
  }

  /** Queues a packet of the application's own; false when there is no such port. */
  post(hPort: number, packet: CompletionPacket): boolean {
    const port = this.#ports.get(hPort);
    port?.packets.push(packet);
    return port !== undefined;
  }

  /** Destroys a port; false when there is none of that handle. */
  close(hPort: number): boolean {
    const port = this.#ports.get(hPort);
    if (port === undefined) return false;
    this.#ports.delete(hPort);
    for (const [handle, association] of this.#associations) {
      if (association.port === port) this.dissociate(handle);
    }
    this.handles.release(hPort);
    return true;
  }
}
