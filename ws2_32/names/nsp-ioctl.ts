import { hasBytes, isNull, isOptionalRef, isSize, isStructure, isWritable } from '../../spi/arguments.js';
import {
  NSP_NOTIFY_APC,
  NSP_NOTIFY_EVENT,
  NSP_NOTIFY_HWND,
  NSP_NOTIFY_IMMEDIATELY,
  NSP_NOTIFY_PORT,
  ref,
  SIO_NSP_NOTIFY_CHANGE,
  SOCKET_ERROR,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINVAL,
  type HANDLE,
  type Ref,
  type WSACOMPLETION,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { LookupQueries } from './lookup-queries.js';

/** Controlling lookups. */
export type NspIoctlFunctions = ReturnType<typeof createNspIoctlFunctions>;

/** Makes the function that controls lookups (winsock2.h: WSANSPIoctl). */
export function createNspIoctlFunctions(dispatcher: Dispatcher, queries: LookupQueries) {
  const { host } = dispatcher;

  return {
    /**
     * Asks the provider of a lookup something beside results (winsock2.h: WSANSPIoctl). SIO_NSP_NOTIFY_CHANGE asks
     * whether the results still hold, or to be told when they do so no longer: since the lookup was begun, or a change
     * was told of last. A lookup that is ended ends it: the overlapped structure is completed with
     * WSA_OPERATION_ABORTED, and a window is told nothing. To wait for a notice keeps no process alive.
     *
     * @param hLookup from `WSALookupServiceBegin`, for one provider alone
     * @param dwControlCode SIO_NSP_NOTIFY_CHANGE, or one of the provider's own
     * @param lpvInBuffer input, or `null`
     * @param cbInBuffer its bytes
     * @param lpvOutBuffer room for output, or `null`
     * @param cbOutBuffer its bytes
     * @param lpcbBytesReturned receives how many bytes were put there; `null` when not wanted
     * @param lpCompletion how to be told of the end: `Type` is NSP_NOTIFY_HWND (`uMsg`, with `context` and the error),
     *   NSP_NOTIFY_EVENT, NSP_NOTIFY_PORT or NSP_NOTIFY_APC, and the member of `Parameters` is there. `null` and
     *   NSP_NOTIFY_IMMEDIATELY ask how it is now
     * @returns 0 (the results hold no longer), or SOCKET_ERROR with WSANOTINITIALISED, WSA_INVALID_HANDLE, WSA_IO_PENDING
     *   (the end will be told), WSAEFAULT (bad pointers), WSAEINVAL (the lookup goes to several providers, or none; an
     *   unknown `Type`; no such window or port), WSAEWOULDBLOCK (the results still hold), WSAEOPNOTSUPP (the provider has
     *   no such thing), WSA_E_CANCELLED (the lookup was ended meanwhile), WSAENETDOWN, or another of the provider's
     */
    WSANSPIoctl(
      hLookup: HANDLE,
      dwControlCode: number,
      lpvInBuffer: Uint8Array | null,
      cbInBuffer: number,
      lpvOutBuffer: Uint8Array | null,
      cbOutBuffer: number,
      lpcbBytesReturned: Ref<number> | null,
      lpCompletion: WSACOMPLETION | null,
    ): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      const query = queries.of(hLookup);
      if (query === undefined) return dispatcher.fail(WSA_INVALID_HANDLE);
      if (!isSize(dwControlCode) || !isOptionalRef(lpcbBytesReturned)) return dispatcher.fail(WSAEFAULT);
      if (!hasBytes(lpvInBuffer, cbInBuffer) || !hasBytes(lpvOutBuffer, cbOutBuffer)) return dispatcher.fail(WSAEFAULT);
      const completion = copyCompletion(lpCompletion);
      if (typeof completion === 'number') return dispatcher.fail(completion);
      if (completion !== null && !host.notices.canTell(completion)) return dispatcher.fail(WSAEINVAL);
      const [part] = query.parts;
      if (query.parts.length !== 1 || part === undefined) return dispatcher.fail(WSAEINVAL);

      const returned: Ref<number> = isNull(lpcbBytesReturned) ? ref(0) : lpcbBytesReturned;
      returned.value = 0;
      if (completion !== null) host.notices.begin(completion);
      const request = {
        code: dwControlCode,
        input: lpvInBuffer ?? null,
        inputLength: cbInBuffer >>> 0,
        output: lpvOutBuffer ?? null,
        outputLength: cbOutBuffer >>> 0,
        returned,
      };
      if (dwControlCode === SIO_NSP_NOTIFY_CHANGE) query.expectMore();
      const error = part.provider.ioctl(part.handle, request, completion);
      if (error !== 0) {
        if (completion !== null && error !== WSA_IO_PENDING) host.notices.cancel(completion);
        return dispatcher.fail(error);
      }
      // What ends at once is told all the same, as with every overlapped operation.
      if (completion !== null) host.notices.complete(completion, 0, returned.value);
      dispatcher.setLastError(0);
      return 0;
    },
  };
}

/** How each type of completion is told: the member of `Parameters`, and what has to be in it. */
const MEMBERS: Readonly<
  Record<number, readonly [member: string, isSound: (value: Record<string, unknown>) => boolean]>
> = {
  [NSP_NOTIFY_HWND]: ['WindowMessage', ({ hWnd, uMsg, context }) => isSize(hWnd) && isSize(uMsg) && isNumber(context)],
  [NSP_NOTIFY_EVENT]: ['Event', ({ lpOverlapped }) => isWritable(lpOverlapped)],
  [NSP_NOTIFY_PORT]: ['Port', ({ lpOverlapped, hPort }) => isWritable(lpOverlapped) && isSize(hPort)],
  [NSP_NOTIFY_APC]: [
    'Apc',
    ({ lpOverlapped, lpfnCompletionProc }) => isWritable(lpOverlapped) && typeof lpfnCompletionProc === 'function',
  ],
};

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

// A copy with the member of its type alone; `null` for a poll; WSAEFAULT or WSAEINVAL.
function copyCompletion(value: unknown): WSACOMPLETION | null | number {
  if (isNull(value)) return null;
  if (!isStructure(value)) return WSAEFAULT;
  const { Type, Parameters } = value;
  if (typeof Type !== 'number') return WSAEFAULT;
  if (Type === NSP_NOTIFY_IMMEDIATELY) return null;
  const wanted = MEMBERS[Type];
  if (wanted === undefined) return WSAEINVAL;
  const [member, isSound] = wanted;
  const chosen = isStructure(Parameters) ? Parameters[member] : null;
  if (!isStructure(chosen) || !isSound(chosen)) return WSAEFAULT;
  return { Type, Parameters: { [member]: { ...chosen } } };
}
