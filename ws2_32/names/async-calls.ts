import { shown } from '../../spi/answers.js';
import {
  SOCKET_ERROR,
  WSA_E_CANCELLED,
  WSAEINVAL,
  WSASYSCALLFAILURE,
  type DeferredWork,
  type HANDLE,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import { isError, type Blamed, type Containment } from './containment.js';

/** In place of an error: the answer comes later. */
export const PENDING = -1;

/**
 * Calls that are over, and whose handles are still known: a provider that completes one again is told from one that is
 * late.
 */
const CALLS_REMEMBERED = 1024;

/** Who asked, and is told of an answer that did not come at once. */
export interface AnswerListener {
  /**
   * Called as deferred work, never from within the call that asked.
   *
   * @param error 0 or a WSA error
   */
  answered(error: number): void;
}

/** A call of a provider that is over when `WSAProviderCompleteAsyncCall` was called for it. */
export class AsyncCall implements DeferredWork {
  queued = false;
  /** 0 or the WSA error that it was completed with, or PENDING. */
  outcome: number = PENDING;
  /** Whether the provider's routine has returned: what is completed before that is known to the caller at once. */
  hasReturned = false;
  #listener: AnswerListener | null;

  constructor(
    readonly provider: Blamed,
    readonly routine: string,
    readonly handle: HANDLE,
    listener: AnswerListener,
    private readonly calls: AsyncCalls,
  ) {
    this.#listener = listener;
  }

  /** What the provider has said by now: 0 or a WSA error, or the call itself, if that is to come. */
  get answer(): number | AsyncCall {
    return this.outcome === PENDING ? this : this.outcome;
  }

  /** Nobody waits for the answer any more; one that comes all the same is ignored. */
  abandon(): void {
    this.#listener = null;
    this.calls.forget(this);
  }

  run(): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.answered(this.outcome);
  }
}

/** The asynchronous calls of an instance's name-space providers (ws2spi.h: WSAProviderCompleteAsyncCall). */
export class AsyncCalls {
  readonly #underWay = new Map<HANDLE, AsyncCall>();
  // The calls that are over, the oldest first; `null` for one that was cancelled.
  readonly #over = new Map<HANDLE, AsyncCall | null>();

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly containment: Containment,
  ) {
    dispatcher.host.describeWaiters(() =>
      [...this.#underWay.values()].map(
        ({ provider, routine }) => `name-space provider "${provider.name}" has not completed ${routine}`,
      ),
    );
  }

  /**
   * Makes a call.
   *
   * @param name the routine's name, for reports
   * @param routine calls it; what it returns means nothing, but for a promise and SOCKET_ERROR
   * @returns the call, whose `outcome` is known if the provider answered at once
   */
  make(provider: Blamed, name: string, listener: AnswerListener, routine: (hAsyncCall: HANDLE) => unknown): AsyncCall {
    const { dispatcher } = this;
    const handle = dispatcher.host.allocateHandle();
    const call = new AsyncCall(provider, name, handle, listener, this);
    this.#over.delete(handle);
    this.#underWay.set(handle, call);
    let fault: number;
    try {
      fault = this.containment.call(provider, name, () => {
        const result = routine(handle);
        // A routine that threw failed, even if it had completed the call before.
        const counts = call.outcome === PENDING || dispatcher.lastError === WSASYSCALLFAILURE;
        return result === SOCKET_ERROR && counts ? SOCKET_ERROR : 0;
      });
    } catch (cause) {
      // A hook's exception.
      call.abandon();
      throw cause;
    }
    call.hasReturned = true;
    if (fault !== 0) {
      call.outcome = fault;
      this.forget(call, fault);
    }
    return call;
  }

  /**
   * Completes a call for its provider.
   *
   * @param code 0, a WSA error, or SOCKET_ERROR with the last error set; anything else is a defect, WSASYSCALLFAILURE
   * @returns 0; WSAEINVAL for a handle that is no call's, or a call that was completed before, which is a defect
   */
  complete(handle: unknown, code: unknown): number {
    const call = this.#underWay.get(handle as HANDLE);
    if (call === undefined) {
      const former = this.#over.get(handle as HANDLE);
      if (former === null) return 0;
      if (former !== undefined) this.containment.defect(former.provider, `${former.routine} was completed twice`);
      return WSAEINVAL;
    }
    const error = code === SOCKET_ERROR ? this.dispatcher.lastError : code;
    this.#end(call, call);
    call.outcome =
      error === 0 && code === 0
        ? 0
        : isError(error)
          ? error
          : this.containment.defect(call.provider, `${call.routine} was completed with ${shown(code)} for an error`);
    this.#tellWatchers(call, call.outcome);
    if (call.hasReturned) this.dispatcher.host.defer(call);
    return 0;
  }

  /** Ends a provider's calls with an error, because it will not complete them any more. */
  endAll(provider: Blamed, error: number): void {
    for (const call of [...this.#underWay.values()]) {
      if (call.provider !== provider) continue;
      this.forget(call, error);
      call.outcome = error;
      if (call.hasReturned) this.dispatcher.host.defer(call);
    }
  }

  /** Ends a call that nobody waits for; its provider may complete it still. */
  forget(call: AsyncCall, error = WSA_E_CANCELLED): void {
    if (!this.#underWay.has(call.handle)) return;
    this.#end(call, null);
    this.#tellWatchers(call, error);
  }

  #tellWatchers({ handle }: AsyncCall, error: number): void {
    const { observers } = this.dispatcher.host;
    if (observers.any) observers.over(handle, 0, error, 0, 0);
  }

  #end(call: AsyncCall, remembered: AsyncCall | null): void {
    this.#underWay.delete(call.handle);
    this.#over.set(call.handle, remembered);
    this.dispatcher.host.releaseHandle(call.handle);
    if (this.#over.size <= CALLS_REMEMBERED) return;
    const [oldest] = this.#over.keys();
    this.#over.delete(oldest!);
  }
}
