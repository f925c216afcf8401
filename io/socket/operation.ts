import {
  WSASYSCALLFAILURE,
  type InstanceHost,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type WSAOVERLAPPED,
  type WSATHREADID,
  type ErrorCode,
} from '../../spi/index.js';

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
  /** What WSAGetOverlappedResult gives as flags: MSG_PARTIAL. */
  resultFlags = 0;
  #handedOnTo: Operation | null = null;

  constructor(
    readonly overlapped: WSAOVERLAPPED | null,
    readonly routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    readonly thread: WSATHREADID | null,
  ) {}

  /** Whether it receives urgent data, which does not wait behind other data, nor the other way round. */
  get urgent(): boolean {
    return false;
  }

  /** What waits now, and can be cancelled: what it was handed on to, or the operation itself. */
  get present(): Operation {
    return this.#handedOnTo ?? this;
  }

  /** Another operation is the rest of this one. */
  handOn(rest: Operation): void {
    this.#handedOnTo = rest;
  }

  /**
   * Gets on as far as it can without waiting.
   *
   * @returns 0 when it is done, WSAEWOULDBLOCK when it has to wait, HANDED_ON, or the WinSock code that ends it
   */
  abstract attempt(): ErrorCode;

  /** It is over, however it ended; called once, before anybody is told. */
  ended(error: number): void {
    this.error = error;
    this.over = true;
  }
}

/** Whose operations they are: a socket. */
export interface OperationOwner {
  readonly host: InstanceHost;
  readonly handle: number;
}

/**
 * Lets an operation get on. One that throws ends by that: it would throw at every turn, and hold up those behind it.
 *
 * @returns as `Operation.attempt`
 */
export function attemptOperation({ host, handle }: OperationOwner, operation: Operation): number {
  try {
    return operation.attempt();
  } catch (cause) {
    host.report({ message: 'an operation that was under way threw', cause, socket: handle });
    return WSASYSCALLFAILURE;
  }
}

/** Completes an operation that was queued. */
export function completeOperation({ host, handle }: OperationOwner, operation: Operation, error: number): void {
  host.unref();
  operation.ended(error);
  const { overlapped, routine, thread, transferred, completedOn, resultFlags } = operation;
  if (overlapped === null) return;
  host.completeOverlapped(completedOn || handle, overlapped, routine, thread, error, transferred, resultFlags);
}

/** Ends an operation that has left its queue: it completes, unless another queue has it now. */
export function finishOperation(owner: OperationOwner, operation: Operation, error: number): void {
  // The other queue keeps the process alive for it.
  if (error === HANDED_ON) owner.host.unref();
  else completeOperation(owner, operation, error);
}
