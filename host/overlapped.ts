import { memberOf } from '../spi/arguments.js';
import {
  ERROR_PORT_UNREACHABLE,
  STATUS_PORT_UNREACHABLE,
  statusOfWinsockError,
  WSAECONNRESET,
  WSS_OPERATION_IN_PROGRESS,
  type Defect,
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
function eventOf(hEvent: unknown): number {
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
    private readonly report: (defect: Defect) => void,
  ) {}

  /**
   * Marks an operation as under way.
   *
   * @param routine what is called at its end; `null` when the event object is set
   */
  begin(overlapped: WSAOVERLAPPED, routine: Function | null, status: number = WSS_OPERATION_IN_PROGRESS): void {
    this.tell(overlapped, status);
    if (this.#anyFlags) this.#flags.delete(overlapped);
    if (routine !== null) return;
    const hEvent = memberOf(overlapped, 'hEvent');
    if (hEvent) this.events.reset(eventOf(hEvent));
  }

  /**
   * Writes into an operation's structure how it stands. It is the caller's, and may throw at that: which is told of, and
   * stops nobody whose operation is none of it.
   *
   * @param transferred bytes; left as they are if absent
   */
  tell(overlapped: WSAOVERLAPPED, status: number, transferred?: number): void {
    try {
      if (transferred !== undefined) overlapped.InternalHigh = transferred;
      overlapped.Internal = status;
    } catch (cause) {
      this.report({
        message:
          'an overlapped structure threw when an operation was to be written into it, which goes on without: give an object whose members can be set',
        cause,
      });
    }
  }

  /** Sets the event object of an operation's structure, if it has one. */
  signal(overlapped: WSAOVERLAPPED): void {
    const hEvent = memberOf(overlapped, 'hEvent');
    if (hEvent) this.events.set(eventOf(hEvent));
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
    this.tell(overlapped, error === 0 ? 0 : statusOf(error), transferred);
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
    this.signal(overlapped);
    if (this.ports.any) this.ports.completed(s, overlapped, error, transferred);
  }

  /** The flags that a completed receive reported. */
  flagsOf(overlapped: WSAOVERLAPPED): number {
    return this.#anyFlags ? (this.#flags.get(overlapped) ?? 0) : 0;
  }
}
