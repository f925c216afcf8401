import {
  ERROR_PORT_UNREACHABLE,
  STATUS_PORT_UNREACHABLE,
  statusOfWinsockError,
  WSAECONNRESET,
  WSS_OPERATION_IN_PROGRESS,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type WSAOVERLAPPED,
} from '../spi/index.js';
import type { CompletionPorts } from './completion-ports.js';
import type { EventTable } from './events.js';
import type { ObserverTable } from './observers.js';
import type { Reactor } from './reactor.js';

/** What a completion routine is called with, kept until its thread is alertable. */
class RoutineCall {
  constructor(
    readonly routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    readonly error: number,
    readonly transferred: number,
    readonly overlapped: WSAOVERLAPPED,
    readonly flags: number,
  ) {}
}

function callRoutine(context: unknown): void {
  const call = context as RoutineCall;
  call.routine(call.error, call.transferred, call.overlapped, call.flags);
}

/** The event object of an operation: its lowest bit is for completion ports. 0 for what can be no handle. */
function eventOf({ hEvent }: WSAOVERLAPPED): number {
  return typeof hEvent === 'number' ? hEvent & ~1 : 0;
}

/** To WinSock it is WSAECONNRESET that nobody has a port, but its status is another than that of a connection. */
function statusOf(error: number): number {
  return error === ERROR_PORT_UNREACHABLE ? STATUS_PORT_UNREACHABLE : statusOfWinsockError(error);
}

/** Begins and completes overlapped operations: the caller's own structure, then observers, then who is to be told. */
export class OverlappedResults {
  /** Flags that receives reported, kept beside the structures: their members belong to the caller. */
  readonly #flags = new WeakMap<WSAOVERLAPPED, number>();
  #anyFlags = false;

  constructor(
    private readonly reactor: Reactor,
    private readonly events: EventTable,
    private readonly observers: ObserverTable,
    private readonly ports: CompletionPorts,
  ) {}

  /** Marks an operation as under way. */
  begin(overlapped: WSAOVERLAPPED, routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null): void {
    overlapped.Internal = WSS_OPERATION_IN_PROGRESS;
    if (this.#anyFlags) this.#flags.delete(overlapped);
    if (routine === null && overlapped.hEvent) this.events.reset(eventOf(overlapped));
  }

  /** Completes an operation; see `InstanceHost.completeOverlapped`. */
  complete(
    s: number,
    overlapped: WSAOVERLAPPED,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    error: number,
    transferred: number,
    flags: number,
  ): void {
    overlapped.InternalHigh = transferred;
    overlapped.Internal = error === 0 ? 0 : statusOf(error);
    if (flags !== 0) {
      this.#anyFlags = true;
      this.#flags.set(overlapped, flags);
    }
    const code = error === ERROR_PORT_UNREACHABLE ? WSAECONNRESET : error;
    if (this.observers.any) this.observers.completed(s, overlapped, code, transferred, flags);
    if (routine !== null) {
      this.reactor.queueApc(callRoutine, new RoutineCall(routine, code, transferred, overlapped, flags), s);
      return;
    }
    if (overlapped.hEvent) this.events.set(eventOf(overlapped));
    if (this.ports.any) this.ports.completed(s, overlapped, error, transferred);
  }

  /** The flags that a completed receive reported. */
  flagsOf(overlapped: WSAOVERLAPPED): number {
    return this.#anyFlags ? (this.#flags.get(overlapped) ?? 0) : 0;
  }
}
