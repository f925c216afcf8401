import type { WaitOrTimerCallback, WindowMessage, WindowProcedure } from '../../host/index.js';
import {
  INFINITE,
  INVALID_SOCKET,
  WSA_INVALID_HANDLE,
  WSA_INVALID_PARAMETER,
  WSA_OPERATION_ABORTED,
  type HANDLE,
  type HWND,
  type Ref,
  type WSAEVENT,
  type WSAOVERLAPPED,
  WT_EXECUTEDEFAULT,
  WT_EXECUTEINWAITTHREAD,
  WT_EXECUTEONLYONCE,
} from '../../spi/index.js';
import type { ConfigurationChanges, Dispatcher } from '../dispatcher/index.js';
import { createFileFunctions } from './file-functions.js';

/** What an application takes from Win32, on `ws2.host`. */
export type HostFunctions = ReturnType<typeof createHostFunctions>;

/** Makes the functions of `ws2.host` (calling conventions: Host functions). They work before WSAStartup too. */
export function createHostFunctions(dispatcher: Dispatcher, changes: ConfigurationChanges) {
  const { host } = dispatcher;
  const failHandle = (error: number): HANDLE => {
    dispatcher.setLastError(error);
    return 0;
  };
  return {
    ...createFileFunctions(dispatcher),

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
     * @returns FALSE when `procedure` is not a function
     */
    QueueUserAPC: (procedure: (data: unknown) => void, data: unknown): boolean => host.QueueUserAPC(procedure, data),

    /**
     * Waits for event objects without blocking the thread.
     *
     * @param events 1 to 64 event objects
     * @param options `all`: whether all must be signalled; `timeout` in milliseconds, INFINITE if absent; `alertable`:
     *   whether completion routines end the wait
     * @returns what `WSAWaitForMultipleEvents` would return
     */
    waitForMultipleEvents: (
      events: readonly WSAEVENT[],
      options?: { all?: boolean; timeout?: number; alertable?: boolean },
    ): Promise<number> => host.waits.waitAsync(events, options),

    /**
     * Runs a callback from the event loop whenever an event object is signalled (Win32: RegisterWaitForSingleObject).
     * Keeps the process alive until `UnregisterWait`, unless `unrefWait` says otherwise.
     *
     * @param hObject the event object
     * @param callback called with `context`, and TRUE when the time ran out
     * @param context any value
     * @param dwMilliseconds time without a signal after which the callback is called all the same; INFINITE if absent
     * @param dwFlags WT_EXECUTEONLYONCE; WT_EXECUTEINWAITTHREAD for callbacks that only do short work of their own, as
     *   on Windows: they run as soon as the thread's poller has looked, outside of Node.js' callback scopes, so what
     *   they leave to promises and `process.nextTick` waits for the next callback of the process, whatever that is
     * @returns the wait's handle; 0 with WSA_INVALID_HANDLE when there is no such event object
     */
    RegisterWaitForSingleObject(
      hObject: WSAEVENT,
      callback: WaitOrTimerCallback,
      context?: unknown,
      dwMilliseconds: number = INFINITE,
      dwFlags: number = WT_EXECUTEDEFAULT,
    ): HANDLE {
      const wait = host.events.registerWait(hObject, callback, context, {
        timeout: dwMilliseconds >>> 0 === INFINITE ? Infinity : dwMilliseconds >>> 0,
        inWaitThread: (dwFlags & WT_EXECUTEINWAITTHREAD) !== 0,
        once: (dwFlags & WT_EXECUTEONLYONCE) !== 0,
      });
      if (wait === 0) dispatcher.setLastError(WSA_INVALID_HANDLE);
      return wait;
    },

    /**
     * Takes a registered wait off (Win32: UnregisterWait).
     *
     * @returns TRUE, or FALSE with WSA_INVALID_HANDLE when there is none of that handle
     */
    UnregisterWait: (hWait: HANDLE): boolean =>
      host.events.unregisterWait(hWait) || dispatcher.failBoolean(WSA_INVALID_HANDLE),

    /** Lets a registered wait keep the process alive, as it does from the beginning. */
    refWait: (hWait: HANDLE): void => host.events.referenceWait(hWait, true),

    /** Lets the process end in spite of a registered wait. */
    unrefWait: (hWait: HANDLE): void => host.events.referenceWait(hWait, false),

    /**
     * Makes a message window (after Win32: CreateWindow, HWND_MESSAGE).
     *
     * @param wndProc called with `(hWnd, message, wParam, lParam)` by `DispatchMessage`, and from the event loop;
     *   without one messages wait for `GetMessage`
     * @returns the window's handle
     */
    CreateWindow: (wndProc?: WindowProcedure | null): HWND => host.windows.create(wndProc ?? null),

    /** Destroys a window and the messages that wait for it; FALSE when there is none of that handle. */
    DestroyWindow: (hWnd: HWND): boolean => host.windows.destroy(hWnd),

    /** Posts a message to a window; FALSE when there is none of that handle, or 10,000 messages wait. */
    PostMessage: (hWnd: HWND, message: number, wParam: number, lParam: number): boolean =>
      host.windows.post(hWnd, message, wParam, lParam),

    /**
     * Has `GetMessage` return `null` once no message waits.
     *
     * @param _nExitCode Win32's, which nobody is told of
     */
    PostQuitMessage: (_nExitCode?: number): void => host.windows.postQuit(),

    /**
     * Looks for a message.
     *
     * @param hWnd the window; 0 or `null` for any
     * @param remove whether it is taken out of the queue
     * @returns the message, or `null` when none waits
     */
    PeekMessage: (hWnd: HWND | null, remove: boolean): WindowMessage | null => host.windows.peek(hWnd ?? 0, remove),

    /**
     * Waits for a message and takes it. Blocks the thread.
     *
     * @param hWnd the window; 0 or `null` for any
     * @returns the message; `null` after `PostQuitMessage`
     */
    GetMessage: (hWnd?: HWND | null): WindowMessage | null => host.windows.get(hWnd ?? 0),

    /** Calls the procedure of a message's window; gives what that returns. */
    DispatchMessage: (message: WindowMessage): unknown => host.windows.dispatch(message),

    /**
     * Makes a completion port, or sends the completions of a handle to one, for good (Win32: CreateIoCompletionPort).
     *
     * @param handle a socket, a notification handle of `WSAProviderConfigChange`, or `null` to make a port alone
     * @param port a port, or `null` to make one
     * @param key any value; comes with each of the handle's packets
     * @returns the port; 0 with WSA_INVALID_HANDLE (no such handle or port) or WSA_INVALID_PARAMETER (the handle has a
     *   port)
     */
    CreateIoCompletionPort(handle: HANDLE | null, port: HANDLE | null, key: unknown): HANDLE {
      const file = handle === INVALID_SOCKET || handle === 0 ? null : (handle ?? null);
      const target = port === 0 ? null : (port ?? null);
      const known = file === null || dispatcher.sockets.get(file) !== undefined || changes.has(file);
      if (!known) return failHandle(WSA_INVALID_HANDLE);
      const hPort = host.ports.create(file, target, key);
      return hPort === 0 ? failHandle(WSA_INVALID_PARAMETER) : hPort;
    },

    /**
     * Waits for a packet at a completion port (Win32: GetQueuedCompletionStatus). Blocks the thread.
     *
     * @param port the port
     * @param lpBytes out: bytes transferred
     * @param lpKey out: the key of the handle
     * @param lpOverlapped out: the operation's structure; `null` when no packet was taken
     * @param ms milliseconds to wait; INFINITE without limit
     * @returns TRUE, or FALSE: with a structure, the operation failed, and the last error is its Win32 error; without,
     *   no packet came: WAIT_TIMEOUT, ERROR_INVALID_HANDLE, ERROR_ABANDONED_WAIT_0 (the port was closed), WSAEINTR
     */
    GetQueuedCompletionStatus(
      port: HANDLE,
      lpBytes: Ref<number>,
      lpKey: Ref<unknown>,
      lpOverlapped: Ref<WSAOVERLAPPED | null>,
      ms: number,
    ): boolean {
      const errno: Ref<number> = { value: 0 };
      const packet = host.ports.wait(port, ms >>> 0, errno);
      lpOverlapped.value = packet?.overlapped ?? null;
      if (packet === undefined) return dispatcher.failBoolean(errno.value);
      lpBytes.value = packet.bytes;
      lpKey.value = packet.key;
      return packet.error === 0 || dispatcher.failBoolean(packet.error);
    },

    /** Queues a packet of the application's own (Win32: PostQueuedCompletionStatus); FALSE with WSA_INVALID_HANDLE. */
    PostQueuedCompletionStatus: (
      port: HANDLE,
      bytes: number,
      key: unknown,
      overlapped: WSAOVERLAPPED | null,
    ): boolean =>
      host.ports.post(port, { bytes, key, overlapped: overlapped ?? null, error: 0 }) ||
      dispatcher.failBoolean(WSA_INVALID_HANDLE),

    /**
     * Closes an event object, a completion port or a notification handle (Win32: CloseHandle).
     *
     * @returns TRUE, or FALSE with WSA_INVALID_HANDLE for any other handle; sockets take `closesocket`
     */
    CloseHandle(handle: HANDLE): boolean {
      if (changes.close(handle, WSA_OPERATION_ABORTED) || host.events.close(handle) || host.ports.close(handle))
        return true;
      return dispatcher.failBoolean(WSA_INVALID_HANDLE);
    },
  };
}
