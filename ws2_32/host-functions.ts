import type { WaitOrTimerCallback, WindowMessage, WindowProcedure } from '../host/index.js';
import { WSA_INVALID_HANDLE, WSA_OPERATION_ABORTED, type HANDLE, type HWND, type WSAEVENT } from '../spi/index.js';
import type { ConfigurationChanges } from './configuration-changes.js';
import type { Dispatcher } from './dispatcher.js';

/** What an application takes from Win32, on `ws2.host`. */
export type HostFunctions = ReturnType<typeof createHostFunctions>;

/** Makes the functions of `ws2.host` (calling conventions: Host functions). They work before WSAStartup too. */
export function createHostFunctions(dispatcher: Dispatcher, changes: ConfigurationChanges) {
  const { host } = dispatcher;
  return {
    /**
     * Waits (Win32: SleepEx). Blocks the thread.
     *
     * @param milliseconds how long; INFINITE without limit
     * @param alertable whether completion routines and other APCs run meanwhile, and end the wait
     * @returns 0, or WAIT_IO_COMPLETION when one ran
     */
    SleepEx: (milliseconds: number, alertable: boolean): number => host.SleepEx(milliseconds >>> 0, Boolean(alertable)),

    /**
     * Queues a procedure that runs in the thread's next alertable wait (Win32: QueueUserAPC).
     *
     * @param procedure called with `data`
     * @param data any value
     * @returns FALSE when `procedure` is no function
     */
    QueueUserAPC: (procedure: (data: unknown) => void, data: unknown): boolean => host.QueueUserAPC(procedure, data),

    /**
     * Waits for event objects without blocking the thread.
     *
     * @param events 1 to 64 event objects
     * @param options `all`: whether all must be signalled; `timeout` in milliseconds, INFINITE if absent; `alertable`: whether
     *   completion routines end the wait
     * @returns what `WSAWaitForMultipleEvents` would return
     */
    waitForMultipleEvents: (
      events: readonly WSAEVENT[],
      options?: { all?: boolean; timeout?: number; alertable?: boolean },
    ): Promise<number> => host.waitForMultipleEventsAsync(events, options),

    /**
     * Has a callback run from the event loop whenever an event object is signalled (Win32: RegisterWaitForSingleObject). Keeps
     * the process alive until `UnregisterWait`, unless `unrefWait` says otherwise.
     *
     * @param hObject the event object
     * @param callback called with `context` and FALSE
     * @param context any value
     * @returns the wait's handle; 0 with WSA_INVALID_HANDLE when there is no such event object
     */
    RegisterWaitForSingleObject(hObject: WSAEVENT, callback: WaitOrTimerCallback, context?: unknown): HANDLE {
      const wait = host.RegisterWaitForSingleObject(hObject, callback, context);
      if (wait === 0) dispatcher.lastError = WSA_INVALID_HANDLE;
      return wait;
    },

    /**
     * Takes a registered wait off (Win32: UnregisterWait).
     *
     * @returns TRUE, or FALSE with WSA_INVALID_HANDLE when there is none of that handle
     */
    UnregisterWait: (hWait: HANDLE): boolean =>
      host.UnregisterWait(hWait) || dispatcher.failBoolean(WSA_INVALID_HANDLE),

    /** Has a registered wait keep the process alive; it does from the beginning. */
    refWait: (hWait: HANDLE): void => host.refWait(hWait),

    /** Has a registered wait no longer keep the process alive. */
    unrefWait: (hWait: HANDLE): void => host.unrefWait(hWait),

    /**
     * Makes a message window (after Win32: CreateWindow, HWND_MESSAGE).
     *
     * @param wndProc called with `(hWnd, message, wParam, lParam)` by `DispatchMessage`, and from the event loop; without one
     *   messages wait for `GetMessage`
     * @returns the window's handle
     */
    CreateWindow: (wndProc?: WindowProcedure | null): HWND => host.CreateWindow(wndProc ?? null),

    /** Destroys a window and the messages that wait for it; FALSE when there is none of that handle. */
    DestroyWindow: (hWnd: HWND): boolean => host.DestroyWindow(hWnd),

    /** Posts a message to a window; FALSE when there is none of that handle, or 10,000 messages wait. */
    PostMessage: (hWnd: HWND, message: number, wParam: number, lParam: number): boolean =>
      host.PostMessage(hWnd, message, wParam, lParam),

    /** Has `GetMessage` return `null` once no message waits. */
    PostQuitMessage: (): void => host.PostQuitMessage(),

    /**
     * Looks for a message.
     *
     * @param hWnd the window; 0 or `null` for any
     * @param remove whether it is taken out of the queue
     * @returns the message, or `null` when none waits
     */
    PeekMessage: (hWnd: HWND | null, remove: boolean): WindowMessage | null => host.PeekMessage(hWnd ?? 0, remove),

    /**
     * Waits for a message and takes it. Blocks the thread.
     *
     * @param hWnd the window; 0 or `null` for any
     * @returns the message; `null` after `PostQuitMessage`
     */
    GetMessage: (hWnd?: HWND | null): WindowMessage | null => host.GetMessage(hWnd ?? 0),

    /** Calls the procedure of a message's window; gives what that returns. */
    DispatchMessage: (message: WindowMessage): unknown => host.DispatchMessage(message),

    /**
     * Closes an event object or a notification handle (Win32: CloseHandle).
     *
     * @returns TRUE, or FALSE with WSA_INVALID_HANDLE for any other handle; sockets take `closesocket`
     */
    CloseHandle(handle: HANDLE): boolean {
      if (changes.close(handle, WSA_OPERATION_ABORTED) || host.closeEvent(handle)) return true;
      return dispatcher.failBoolean(WSA_INVALID_HANDLE);
    },
  };
}
