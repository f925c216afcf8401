import { ANSWERS_AT_ONCE, ignoreOutcome, isThenable } from '../../spi/answers.js';
import { isSocketHandle, isNull, isRef, isStructure } from '../../spi/arguments.js';
import {
  FD_ISSET,
  INVALID_SOCKET,
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  WSANOTINITIALISED,
  type InstanceHost,
  type Ref,
  type SOCKET,
  type WSAPROTOCOL_INFOW,
  type WSPUPCALLTABLE,
} from '../../spi/index.js';
import { signatureTables, type Dispatcher, type TransportProvider } from '../dispatcher/index.js';
import { refuse } from './provider-host.js';

/**
 * Makes the upcall table of one started provider (specification: WSPStartup, ws2spi.h: WSPUPCALLTABLE).
 *
 * @param provider the provider that gets the table, and that its upcalls act for
 * @param host what the instance offers it beyond the fifteen
 */
export function createUpcalls(dispatcher: Dispatcher, provider: TransportProvider, host: InstanceHost): WSPUPCALLTABLE {
  const { catalog, sockets } = dispatcher;
  const self = provider.entry.ProviderId.toUpperCase();
  // A provider may go on with the sockets of its own entry after that was removed from the catalog.
  const entryOf = (id: number): WSAPROTOCOL_INFOW | undefined =>
    catalog.entry(id) ?? (provider.entry.dwCatalogEntryId === id ? provider.entry : undefined);
  // A context belongs to the provider that attached it, whichever of its starts it calls through.
  const ownHandle = (s: SOCKET) => {
    const record = sockets.get(s);
    return record?.creator === self ? record : undefined;
  };
  const tell = (what: string, socket?: SOCKET): void => {
    const message = `provider "${provider.name}" ${what}`;
    dispatcher.report({ message, provider: provider.name, ...(socket === undefined ? {} : { socket }) });
  };
  const tellOfOther = (did: string, s: SOCKET, owner: TransportProvider): void =>
    tell(`${did} the socket ${s}, which is another's: that of provider "${owner.name}"`, s);
  const eventResult = (done: boolean, lpErrno: Ref<number>): boolean => {
    if (!done) lpErrno.value = WSA_INVALID_HANDLE;
    return done;
  };
  const refuseSocket = (lpErrno: Ref<number>, error: number): SOCKET => {
    lpErrno.value = error;
    return INVALID_SOCKET;
  };

  const table: WSPUPCALLTABLE = {
    host,

    lpWPUCreateEvent: () => host.createEvent(),
    lpWPUCloseEvent: (hEvent, lpErrno) => eventResult(host.closeEvent(hEvent), lpErrno),
    lpWPUSetEvent: (hEvent, lpErrno) => eventResult(host.setEvent(hEvent), lpErrno),
    lpWPUResetEvent: (hEvent, lpErrno) => eventResult(host.resetEvent(hEvent), lpErrno),

    lpWPUCreateSocketHandle(dwCatalogEntryId, dwContext, lpErrno) {
      const entry = entryOf(dwCatalogEntryId);
      if (entry === undefined) return refuseSocket(lpErrno, WSAEINVAL);
      const handle = host.allocateHandle();
      sockets.set({
        handle,
        provider,
        chainEntry: entry,
        creator: self,
        context: dwContext,
        frame: null,
        postsMessages: false,
      });
      return handle;
    },

    lpWPUCloseSocketHandle(s, lpErrno) {
      if (ownHandle(s) === undefined) {
        const record = sockets.get(s);
        if (record !== undefined && record.provider !== provider) tellOfOther('closed', s, record.provider);
        return refuse(lpErrno, WSAENOTSOCK);
      }
      // Whichever of the provider's starts made it.
      sockets.remove(sockets.get(s)!);
      dispatcher.host.releaseHandle(s);
      return 0;
    },

    lpWPUQuerySocketHandleContext(s, lpContext, lpErrno) {
      const record = ownHandle(s);
      if (record === undefined) return refuse(lpErrno, WSAENOTSOCK);
      if (!isRef(lpContext)) return refuse(lpErrno, WSAEFAULT);
      lpContext.value = record.context;
      return 0;
    },

    lpWPUModifyIFSHandle(dwCatalogEntryId, ProposedHandle, lpErrno) {
      const entry = entryOf(dwCatalogEntryId);
      if (entry === undefined || !isSocketHandle(ProposedHandle)) {
        if (isThenable(ProposedHandle)) {
          ignoreOutcome(ProposedHandle);
          tell(`was given a promise for a socket by the provider below: ${ANSWERS_AT_ONCE}`);
        }
        return refuseSocket(lpErrno, WSAEINVAL);
      }
      const record = sockets.get(ProposedHandle);
      if (record === undefined) {
        const owner = dispatcher.host.ownerOf(ProposedHandle);
        const isFree = owner === undefined && dispatcher.host.adoptHandle(ProposedHandle, provider.number);
        if (!isFree && owner !== provider.number && !isBelow(owner, provider)) {
          tell(
            `proposed the handle ${ProposedHandle} for a socket, which ${owner === undefined ? 'was given back' : "is another's"}: refused`,
          );
          return refuseSocket(lpErrno, WSAEINVAL);
        }
        sockets.set({
          handle: ProposedHandle,
          provider,
          chainEntry: entry,
          creator: null,
          context: null,
          frame: null,
          postsMessages: false,
        });
      } else {
        if (record.provider !== provider && !isBelow(record.provider.number, provider)) {
          tellOfOther('took over', ProposedHandle, record.provider);
        }
        // What the layers below attached to the handle stays.
        record.provider = provider;
        record.chainEntry = entry;
        record.frame = null;
      }
      return ProposedHandle;
    },

    lpWPUFDIsSet: (s, fdset) => FD_ISSET(s, fdset),

    lpWPUGetProviderPath(lpProviderId, lpszProviderDllPath, lpProviderDllPathLen, lpErrno) {
      if (typeof lpProviderId !== 'string' || !isStructure(lpszProviderDllPath) || !isRef(lpProviderDllPathLen)) {
        return refuse(lpErrno, WSAEFAULT);
      }
      const path = catalog.pathOf(lpProviderId);
      if (path === undefined || lpProviderDllPathLen.value < 0) return refuse(lpErrno, WSAEINVAL);
      // The buffer has to hold the NUL too, but a success does not count it.
      if (!(lpProviderDllPathLen.value > path.length)) {
        lpProviderDllPathLen.value = path.length + 1;
        return refuse(lpErrno, WSAEFAULT);
      }
      lpszProviderDllPath.value = path;
      lpProviderDllPathLen.value = path.length;
      return 0;
    },

    lpWPUPostMessage: (hWnd, Msg, wParam, lParam) => host.postMessage(hWnd, Msg, wParam, lParam),

    lpWPUQueryBlockingCallback(dwCatalogEntryId, lplpfnCallback, lpdwContext, lpErrno) {
      if (!isRef(lplpfnCallback) || !isRef(lpdwContext)) return refuse(lpErrno, WSAEFAULT);
      if (entryOf(dwCatalogEntryId) === undefined) return refuse(lpErrno, WSAEINVAL);
      // Without a hook of the application's the provider waits natively, through its host, which calls the default
      // hook.
      const { blockingHooks } = dispatcher;
      const hooked = blockingHooks.custom !== null;
      lplpfnCallback.value = hooked ? () => blockingHooks.run(provider) : null;
      lpdwContext.value = hooked ? provider.procedures.lpWSPCancelBlockingCall : null;
      return 0;
    },

    lpWPUQueueApc(lpThreadId, lpfnUserApc, dwContext, lpErrno) {
      if (!isStructure(lpThreadId) || typeof lpfnUserApc !== 'function') return refuse(lpErrno, WSAEFAULT);
      return host.queueApc(lpThreadId, lpfnUserApc, dwContext) ? 0 : refuse(lpErrno, WSAEFAULT);
    },

    lpWPUOpenCurrentThread(lpThreadId, lpErrno) {
      if (!dispatcher.active) return refuse(lpErrno, WSANOTINITIALISED);
      if (!isStructure(lpThreadId)) return refuse(lpErrno, WSAEFAULT);
      Object.assign(lpThreadId, host.thread);
      return 0;
    },

    lpWPUCloseThread(lpThreadId, lpErrno) {
      if (!dispatcher.active) return refuse(lpErrno, WSANOTINITIALISED);
      return isNull(lpThreadId) ? refuse(lpErrno, WSAEFAULT) : 0;
    },
  };
  dispatcher.borders.add(
    'upcall',
    table,
    () => signatureTables().WPU_SIGNATURES,
    () => provider.layer,
  );
  return table;
}

/** Whether a number is that of a provider somewhere below another one. */
function isBelow(number: number | undefined, { below }: TransportProvider): boolean {
  return below.some((lower) => lower.provider.number === number || isBelow(number, lower.provider));
}
