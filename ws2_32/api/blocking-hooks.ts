// WinSock 1.1's blocking hooks.
import { HIBYTE, WSAEFAULT, WSAEINVAL, WSAEOPNOTSUPP } from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** WinSock 1.1's blocking hooks. */
export type BlockingHookFunctions = ReturnType<typeof createBlockingHookFunctions>;

/**
 * Makes the functions that WinSock 2 has removed, for applications that negotiated version 1.1 (specification:
 * WSASetBlockingHook, WSAUnhookBlockingHook, WSAIsBlocking, WSACancelBlockingCall). With version 2 they are
 * WSAEOPNOTSUPP.
 */
export function createBlockingHookFunctions(dispatcher: Dispatcher) {
  const hooks = dispatcher.blockingHooks;

  // `duringCall`: the two functions that may be called from inside a hook.
  function isSupported(duringCall: boolean): boolean {
    if (!(duringCall && hooks.running) && !dispatcher.isStarted()) return false;
    return HIBYTE(dispatcher.version) < 2 || dispatcher.failBoolean(WSAEOPNOTSUPP);
  }

  function cancel(): number {
    const provider = hooks.waiting;
    if (!hooks.cancel()) return dispatcher.fail(WSAEINVAL);
    if (provider === null) return 0;
    const { lpWSPCancelBlockingCall } = provider.procedures;
    const frame = dispatcher.enter();
    try {
      return dispatcher.leave(frame, provider, 'WSPCancelBlockingCall', lpWSPCancelBlockingCall(frame.errno));
    } catch (cause) {
      return dispatcher.contain(frame, provider, 'WSPCancelBlockingCall', cause);
    }
  }

  return {
    /**
     * Sets what runs again and again while a blocking call waits, in place of the default, which dispatches window
     * messages (specification: WSASetBlockingHook). Each time it is called until it returns FALSE, for nothing more to
     * do. It may call nothing of the API but `WSAIsBlocking`, `WSACancelBlockingCall` and what needs no network; all
     * else is WSAEINPROGRESS.
     *
     * @param lpBlockFunc the hook; the application's final WSACleanup takes it off
     * @returns the hook so far, or `null` with WSANOTINITIALISED, WSAEOPNOTSUPP (version 2), WSAEINPROGRESS (called
     *   from a hook), WSAEFAULT (no function)
     */
    WSASetBlockingHook(lpBlockFunc: () => boolean): (() => boolean) | null {
      if (!isSupported(false)) return null;
      if (typeof lpBlockFunc !== 'function') {
        dispatcher.setLastError(WSAEFAULT);
        return null;
      }
      return hooks.replace(lpBlockFunc);
    },

    /**
     * Puts the default hook back (specification: WSAUnhookBlockingHook).
     *
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEOPNOTSUPP (version 2), WSAEINPROGRESS (called from a
     *   hook)
     */
    WSAUnhookBlockingHook(): number {
      if (!isSupported(false)) return -1;
      hooks.replace(hooks.defaultHook);
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
     * Ends the blocking call in progress: once the hook has returned, the call fails with WSAEINTR, unless it has
     * succeeded by then (specification: WSACancelBlockingCall). The socket stays as it is.
     *
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEOPNOTSUPP (version 2), WSAEINVAL (none is in progress)
     */
    WSACancelBlockingCall: (): number => (isSupported(true) ? cancel() : -1),
  };
}
