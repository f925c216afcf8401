import type { BlockingHook } from '../../host/index.js';
import { HIBYTE, WSAEFAULT, WSAEINPROGRESS, WSAEINVAL, WSAEOPNOTSUPP } from '../../spi/index.js';
import type { Dispatcher } from './dispatcher.js';
import type { TransportProvider } from './transport-provider.js';

/** Milliseconds of the clock after which an application's hook is called again, though nothing has happened. */
const INTERVAL = 10;
/** Calls of a hook in one round: one that never says FALSE must not keep the call from ending. */
const MOST_CALLS = 1000;

/**
 * Pseudo-blocking for applications that negotiated WinSock 1.1: what runs while their thread's blocking call waits
 * (specification: Windows Sockets 1.1 Blocking routines & EINPROGRESS). Version 2 applications have none of it.
 */
export class BlockingHooks implements BlockingHook {
  /** What an application has without `WSASetBlockingHook`: dispatches one window message, and says whether there was one. */
  readonly defaultHook: () => boolean;
  /** What the application has set; `null` for the default. */
  custom: (() => boolean) | null = null;
  #running = false;
  #cancelled = false;
  #provider: TransportProvider | null = null;

  constructor(private readonly dispatcher: Dispatcher) {
    this.defaultHook = () => dispatcher.host.dispatchNextMessage();
  }

  /** Whether a blocking call is in progress, as far as the application can see: its hook is being called. */
  get running(): boolean {
    return this.#running;
  }

  /** Messages come from within the wait, so the default hook need not be called before something has happened. */
  get interval(): number {
    return this.custom === null ? Infinity : INTERVAL;
  }

  /**
   * Calls the hook until it has nothing more to do. What it calls of the API fails meanwhile, with WSAEINPROGRESS.
   *
   * @param provider who waits, when it does so by itself and has to be told of a cancellation
   * @returns false when the blocking call was cancelled
   */
  run(provider: TransportProvider | null = null): boolean {
    if (this.#running) return true;
    const { dispatcher } = this;
    const hook = this.custom ?? this.defaultHook;
    const { refusal } = dispatcher;
    this.#running = true;
    this.#cancelled = false;
    this.#provider = provider;
    dispatcher.refusal = WSAEINPROGRESS;
    try {
      for (let calls = 0; calls < MOST_CALLS; calls++) if (!hook() || this.#cancelled) break;
    } catch (cause) {
      // The exception cannot surface before the call has ended.
      this.#cancelled = true;
      dispatcher.host.throwFromEventLoop(cause);
    } finally {
      this.#running = false;
      this.#provider = null;
      // The hook may have disposed of the instance.
      if (dispatcher.refusal === WSAEINPROGRESS) dispatcher.refusal = refusal;
    }
    return !this.#cancelled;
  }

  /** Has the call whose hook is being called end; false when there is none. */
  cancel(): boolean {
    if (this.#running) this.#cancelled = true;
    return this.#running;
  }

  /** `WSACancelBlockingCall`: tells the provider that waits, too. */
  cancelByApplication(): number {
    const { dispatcher } = this;
    if (!this.cancel()) return dispatcher.fail(WSAEINVAL);
    const provider = this.#provider;
    if (provider === null) return 0;
    const { lpWSPCancelBlockingCall } = provider.procedures;
    const frame = dispatcher.enter();
    try {
      return dispatcher.leave(frame, provider, 'WSPCancelBlockingCall', lpWSPCancelBlockingCall(frame.errno));
    } catch (cause) {
      return dispatcher.contain(frame, provider, 'WSPCancelBlockingCall', cause);
    }
  }

  /** Puts what a WSAStartup negotiated into effect, or what is left after the last WSACleanup. */
  adapt(): void {
    const { dispatcher } = this;
    const wanted = dispatcher.startups > 0 && HIBYTE(dispatcher.version) < 2;
    dispatcher.host.blockingHook = wanted ? this : null;
    if (!wanted) this.custom = null;
  }
}

/** WinSock 1.1's blocking hooks. */
export type BlockingHookFunctions = ReturnType<typeof createBlockingHookFunctions>;

/**
 * Makes the functions that WinSock 2 has removed, for applications that negotiated version 1.1 (specification:
 * WSASetBlockingHook, WSAUnhookBlockingHook, WSAIsBlocking, WSACancelBlockingCall). With version 2 they are WSAEOPNOTSUPP.
 */
export function createBlockingHookFunctions(dispatcher: Dispatcher) {
  const hooks = dispatcher.blockingHooks;

  // `duringCall`: the two functions that may be called from inside a hook.
  function isSupported(duringCall: boolean): boolean {
    if (!(duringCall && hooks.running) && !dispatcher.isStarted()) return false;
    return HIBYTE(dispatcher.version) < 2 || dispatcher.failBoolean(WSAEOPNOTSUPP);
  }

  return {
    /**
     * Sets what runs again and again while a blocking call waits, in place of the default, which dispatches window messages
     * (specification: WSASetBlockingHook). Each time it is called until it returns FALSE, for nothing more to do. It may call
     * nothing of the API but `WSAIsBlocking`, `WSACancelBlockingCall` and what needs no network; all else is WSAEINPROGRESS.
     *
     * @param lpBlockFunc the hook; the application's final WSACleanup takes it off
     * @returns the hook so far, or `null` with WSANOTINITIALISED, WSAEOPNOTSUPP (version 2), WSAEINPROGRESS (called from a hook),
     *   WSAEFAULT (no function)
     */
    WSASetBlockingHook(lpBlockFunc: () => boolean): (() => boolean) | null {
      if (!isSupported(false)) return null;
      if (typeof lpBlockFunc !== 'function') {
        dispatcher.lastError = WSAEFAULT;
        return null;
      }
      const former = hooks.custom ?? hooks.defaultHook;
      hooks.custom = lpBlockFunc === hooks.defaultHook ? null : lpBlockFunc;
      return former;
    },

    /**
     * Puts the default hook back (specification: WSAUnhookBlockingHook).
     *
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEOPNOTSUPP (version 2), WSAEINPROGRESS (called from a hook)
     */
    WSAUnhookBlockingHook(): number {
      if (!isSupported(false)) return -1;
      hooks.custom = null;
      return 0;
    },

    /**
     * Tells whether a blocking call is in progress (specification: WSAIsBlocking); so it is in a hook, or in a window
     * procedure that the default hook calls.
     *
     * @returns TRUE or FALSE; FALSE also with WSANOTINITIALISED or WSAEOPNOTSUPP (version 2)
     */
    WSAIsBlocking: (): boolean => isSupported(true) && hooks.running,

    /**
     * Ends the blocking call in progress: once the hook has returned, the call fails with WSAEINTR, unless it has succeeded by
     * then (specification: WSACancelBlockingCall). The socket stays as it is.
     *
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEOPNOTSUPP (version 2), WSAEINVAL (none is in progress)
     */
    WSACancelBlockingCall: (): number => (isSupported(true) ? hooks.cancelByApplication() : -1),
  };
}
