// What a transport provider calls back (specification: WSPUPCALLTABLE).
import type { fd_set } from './fd-set.js';
import type { Ref } from './ref.js';
import type { WSAOVERLAPPED, WSATHREADID } from './structures/index.js';
import type { HANDLE, HWND, LPBLOCKINGCALLBACK, SOCKET, WSAEVENT } from './transport-provider.js';

/** A procedure that `WPUQueueApc` runs in an alertable wait of its thread. */
export type LPWSAUSERAPC = (dwContext: unknown) => void;

/** Closes an event object (specification: WPUCloseEvent). */
export type LPWPUCLOSEEVENT = (hEvent: WSAEVENT, lpErrno: Ref<number>) => boolean;
/** Removes a handle that `WPUCreateSocketHandle` made (specification: WPUCloseSocketHandle). */
export type LPWPUCLOSESOCKETHANDLE = (s: SOCKET, lpErrno: Ref<number>) => number;
/** Creates an event object: manual-reset, not signalled (specification: WPUCreateEvent). */
export type LPWPUCREATEEVENT = (lpErrno: Ref<number>) => WSAEVENT;
/** Creates a handle of the provider's own, with a context (specification: WPUCreateSocketHandle). */
export type LPWPUCREATESOCKETHANDLE = (dwCatalogEntryId: number, dwContext: unknown, lpErrno: Ref<number>) => SOCKET;
/** Tells whether a set holds a socket (specification: WPUFDIsSet). */
export type LPWPUFDISSET = (s: SOCKET, fdset: fd_set) => number;
/** Gives a provider's path by its GUID (specification: WPUGetProviderPath). */
export type LPWPUGETPROVIDERPATH = (
  lpProviderId: string,
  lpszProviderDllPath: { value: string } | null,
  lpProviderDllPathLen: Ref<number>,
  lpErrno: Ref<number>,
) => number;
/** Makes the caller the owner of a handle (specification: WPUModifyIFSHandle). */
export type LPWPUMODIFYIFSHANDLE = (dwCatalogEntryId: number, ProposedHandle: SOCKET, lpErrno: Ref<number>) => SOCKET;
/** Posts a window message (specification: WPUPostMessage). */
export type LPWPUPOSTMESSAGE = (hWnd: HWND, Msg: number, wParam: number, lParam: number) => boolean;
/** Gives the thread's blocking callback, or `null` for native waits (specification: WPUQueryBlockingCallback). */
export type LPWPUQUERYBLOCKINGCALLBACK = (
  dwCatalogEntryId: number,
  lplpfnCallback: Ref<LPBLOCKINGCALLBACK | null>,
  lpdwContext: Ref<unknown>,
  lpErrno: Ref<number>,
) => number;
/** Gives the context of a handle that `WPUCreateSocketHandle` made (specification: WPUQuerySocketHandleContext). */
export type LPWPUQUERYSOCKETHANDLECONTEXT = (s: SOCKET, lpContext: Ref<unknown>, lpErrno: Ref<number>) => number;
/** Queues a procedure to a thread (specification: WPUQueueApc). */
export type LPWPUQUEUEAPC = (
  lpThreadId: WSATHREADID,
  lpfnUserApc: LPWSAUSERAPC,
  dwContext: unknown,
  lpErrno: Ref<number>,
) => number;
/** Clears an event object's signal (specification: WPUResetEvent). */
export type LPWPURESETEVENT = (hEvent: WSAEVENT, lpErrno: Ref<number>) => boolean;
/** Signals an event object (specification: WPUSetEvent). */
export type LPWPUSETEVENT = (hEvent: WSAEVENT, lpErrno: Ref<number>) => boolean;
/** Opens the current thread (ws2spi.h: WPUOpenCurrentThread). */
export type LPWPUOPENCURRENTTHREAD = (lpThreadId: WSATHREADID, lpErrno: Ref<number>) => number;
/** Closes a thread opened by `WPUOpenCurrentThread` (ws2spi.h: WPUCloseThread). */
export type LPWPUCLOSETHREAD = (lpThreadId: WSATHREADID, lpErrno: Ref<number>) => number;
/**
 * Completes an overlapped operation on a handle of the provider's own (specification: WPUCompleteOverlappedRequest).
 */
export type LPWPUCOMPLETEOVERLAPPEDREQUEST = (
  s: SOCKET,
  lpOverlapped: WSAOVERLAPPED,
  dwError: number,
  cbTransferred: number,
  lpErrno: Ref<number>,
) => number;

/**
 * Tells that an asynchronous call of a provider is over (ws2spi.h: WSAProviderCompleteAsyncCall).
 *
 * @param hAsyncCall as the call was given it
 * @param iRetCode 0; a WSA error; or SOCKET_ERROR, with the last error set
 * @returns 0, also for a call that was cancelled; SOCKET_ERROR with WSAEINVAL for a handle that is none, or was
 *   completed before
 */
export type LPWSAPROVIDERCOMPLETEASYNCCALL = (hAsyncCall: HANDLE, iRetCode: number) => number;
