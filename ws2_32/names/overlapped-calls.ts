// The calls about names that are overlapped: GetAddrInfoEx and SetAddrInfoEx.
import { isLength, isNull, isRef, isStructure, isWritable, memberOf, setMember } from '../../spi/arguments.js';
import type { Host } from '../../host/index.js';
import {
  GUID,
  WSA_E_CANCELLED,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINVAL,
  type DeferredWork,
  type HANDLE,
  type Ref,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { NameSpaceChoice } from './lookup-question.js';

/** What is called when an overlapped call is over (ws2tcpip.h: LPLOOKUPSERVICE_COMPLETION_ROUTINE). */
export type LookupServiceCompletionRoutine = (dwError: number, dwBytes: number, lpOverlapped: WSAOVERLAPPED) => void;

/** What an overlapped call does meanwhile. */
export interface OverlappedWork {
  /**
   * Begins.
   *
   * @param over called as deferred work when it is over, unless it is when the function returns
   * @param timeout milliseconds
   * @returns whether it is over
   */
  begin(over: () => void, timeout: number): boolean;
  /** Gives up. */
  cancel(): void;
  /** Hands out what came of it; 0 or the error. */
  conclude(): number;
  /** What the overlapped structure, in C a union, points to while it is under way. */
  readonly pointer?: unknown;
}

/** An overlapped call that is under way. */
class OverlappedCall implements DeferredWork {
  queued = false;

  constructor(
    readonly handle: HANDLE,
    private readonly work: OverlappedWork,
    private readonly overlapped: WSAOVERLAPPED & { Pointer?: unknown },
    private readonly routine: LookupServiceCompletionRoutine | null,
    private readonly calls: OverlappedCalls,
  ) {}

  /** Begins; who asked is never told before the call has returned. */
  start(timeout: number): void {
    const { overlapped, work } = this;
    const { host } = this.calls;
    host.overlapped.begin(overlapped, this.routine, WSAEINPROGRESS);
    if (work.pointer !== undefined) setMember(overlapped, 'Pointer', work.pointer);
    try {
      if (work.begin(() => this.run(), timeout)) host.defer(this);
    } catch (cause) {
      this.calls.take(this.handle);
      throw cause;
    }
  }

  run(): void {
    if (this.calls.take(this.handle)) this.#complete(this.work.conclude());
  }

  /** Ends it with an error of its own. */
  cancel(): void {
    this.work.cancel();
    this.#complete(WSA_E_CANCELLED);
  }

  /** Ends it without a word. */
  drop(): void {
    this.work.cancel();
    this.calls.host.overlapped.tell(this.overlapped, WSA_E_CANCELLED);
  }

  #complete(error: number): void {
    const { overlapped, routine } = this;
    const { host } = this.calls;
    host.overlapped.tell(overlapped, error);
    if (host.observers.any) host.observers.over(overlapped, 0, error, 0, 0);
    if (routine !== null) host.queueApc(null, () => routine(error, 0, overlapped), null);
    else host.overlapped.signal(overlapped);
  }
}

/** The overlapped calls of an instance. */
export class OverlappedCalls {
  readonly #underWay = new Map<HANDLE, OverlappedCall>();

  constructor(readonly host: Host) {}

  /**
   * Starts one; until it is over it keeps the process alive.
   *
   * @param handle receives the handle that cancels it; `null` when not wanted
   */
  start(
    work: OverlappedWork,
    timeout: number,
    overlapped: WSAOVERLAPPED,
    routine: LookupServiceCompletionRoutine | null,
    handle: Ref<HANDLE> | null,
  ): void {
    const call = new OverlappedCall(this.host.allocateHandle(), work, overlapped, routine, this);
    if (handle !== null) handle.value = call.handle;
    this.#underWay.set(call.handle, call);
    this.host.ref();
    call.start(timeout);
  }

  /** The call of a handle, which is over from now on. */
  take(handle: HANDLE): OverlappedCall | undefined {
    const found = this.#underWay.get(handle);
    if (found === undefined) return undefined;
    this.#underWay.delete(handle);
    this.host.releaseHandle(handle);
    this.host.unref();
    return found;
  }

  /** Ends all of them without a word. */
  dropAll(): void {
    for (const handle of [...this.#underWay.keys()]) this.take(handle)?.drop();
  }
}

/** Which name spaces a call is about; WSAEFAULT or WSAEINVAL. */
export function readChoice(nameSpace: unknown, providerId: unknown): NameSpaceChoice | number {
  if (typeof nameSpace !== 'number') return WSAEFAULT;
  if (isNull(providerId)) return { nameSpace, providerId: null };
  if (typeof providerId !== 'string') return WSAEFAULT;
  const id = GUID.parse(providerId);
  return id === null ? WSAEINVAL : { nameSpace, providerId: id };
}

/** What is wrong with the arguments of an overlapped call: 0, WSAEFAULT or WSAEINVAL. */
export function overlappedFault(overlapped: unknown, routine: unknown, handle: unknown): number {
  if (!isNull(handle) && !isRef(handle)) return WSAEFAULT;
  if (!isNull(routine) && typeof routine !== 'function') return WSAEFAULT;
  if (isNull(overlapped)) return isNull(routine) ? 0 : WSAEINVAL;
  if (!isWritable(overlapped)) return WSAEFAULT;
  return !isNull(routine) && Boolean(memberOf(overlapped, 'hEvent')) ? WSAEINVAL : 0;
}

/** A time-out in milliseconds; `null` for a bad pointer. */
export function millisecondsOf(timeout: unknown): number | null {
  if (isNull(timeout)) return Infinity;
  if (!isStructure(timeout)) return null;
  const { tv_sec, tv_usec } = timeout;
  return isLength(tv_sec, 2 ** 31) && isLength(tv_usec, 2 ** 31) ? tv_sec * 1000 + tv_usec / 1000 : null;
}
