// What the catalog offers.
import { areOverlappedArguments, isArrayRoom, isNull, isNumbers, isRef } from '../../spi/arguments.js';
import {
  SOCKET_ERROR,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINTR,
  WSAENOBUFS,
  WSAPROTOCOL_INFOA,
  WSAPROTOCOL_INFOW,
  type HANDLE,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type Ref,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { ConfigurationChanges, Dispatcher } from '../dispatcher/index.js';

/** What the catalog offers, and when it changes. */
export type EnumerationFunctions = ReturnType<typeof createEnumerationFunctions>;

/**
 * Makes the functions that tell what the catalog offers (specification: WSAEnumProtocols; winsock2.h:
 * WSAProviderConfigChange).
 */
export function createEnumerationFunctions(dispatcher: Dispatcher, changes: ConfigurationChanges) {
  /**
   * Enumerates base protocols and protocol chains in catalog order; hidden entries and layered protocols are left out
   * (specification: WSAEnumProtocols). The unsuffixed form and `W` count 628 bytes an entry, `A` counts 372.
   *
   * @param lpiProtocols the protocols wanted, ended by 0 or the array's end; `null` for all
   * @param lpProtocolBuffer emptied and filled with copies; `null` to ask for the length
   * @param lpdwBufferLength in: room in bytes; out, when too small: bytes needed
   * @returns how many, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOBUFS (too little room), WSAEFAULT (bad pointers)
   */
  function WSAEnumProtocolsW(
    lpiProtocols: readonly number[] | null,
    lpProtocolBuffer: WSAPROTOCOL_INFOW[] | null,
    lpdwBufferLength: Ref<number>,
  ): number {
    return enumerate(lpiProtocols, lpProtocolBuffer, lpdwBufferLength, WSAPROTOCOL_INFOW.size);
  }

  function enumerate(filter: unknown, buffer: unknown, length: Ref<unknown>, size: number): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (!isRef(length) || typeof length.value !== 'number') return dispatcher.fail(WSAEFAULT);
    if (!isNull(filter) && !isNumbers(filter)) return dispatcher.fail(WSAEFAULT);
    if (!isNull(buffer) && !isArrayRoom(buffer)) return dispatcher.fail(WSAEFAULT);
    const end = isNull(filter) ? -1 : filter.indexOf(0);
    const wanted = isNull(filter) ? null : new Set(end < 0 ? filter : filter.slice(0, end));
    const found = dispatcher.catalog.visibleEntries().filter((entry) => wanted?.has(entry.iProtocol) ?? true);
    const needed = found.length * size;
    if (length.value >>> 0 < needed) {
      (length as Ref<number>).value = needed;
      return dispatcher.fail(WSAENOBUFS);
    }
    if (isNull(buffer)) return dispatcher.fail(WSAEFAULT);
    buffer.splice(0, buffer.length, ...found.map((entry) => structuredClone(entry)));
    dispatcher.setLastError(0);
    return found.length;
  }

  return {
    /** As `WSAEnumProtocolsW`. */
    WSAEnumProtocols: WSAEnumProtocolsW,
    WSAEnumProtocolsW,
    /** As `WSAEnumProtocolsW`, but an entry counts 372 bytes. */
    WSAEnumProtocolsA: (
      lpiProtocols: readonly number[] | null,
      lpProtocolBuffer: WSAPROTOCOL_INFOA[] | null,
      lpdwBufferLength: Ref<number>,
    ): number => enumerate(lpiProtocols, lpProtocolBuffer, lpdwBufferLength, WSAPROTOCOL_INFOA.size),

    /**
     * Tells of changes of the catalog (winsock2.h: WSAProviderConfigChange). The first call, with a null handle, ends
     * at once and gives a notification handle, which `host.CloseHandle` closes. A further call ends at the next change.
     * An instance that asked sees each change as it is told of it; others see it at their next WSAStartup.
     *
     * @param lpNotificationHandle in: 0 or a notification handle; out: the handle
     * @param lpOverlapped completed at the next change; `null` blocks until then
     * @param lpCompletionRoutine called in an alertable wait at the next change, or `null`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers), WSA_INVALID_HANDLE (no notification
     *   handle), WSA_IO_PENDING (overlapped), WSAEINTR (the wait was cancelled)
     */
    WSAProviderConfigChange(
      lpNotificationHandle: Ref<HANDLE | null>,
      lpOverlapped: WSAOVERLAPPED | null,
      lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    ): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      if (!isRef(lpNotificationHandle) || !areOverlappedArguments(lpOverlapped, lpCompletionRoutine)) {
        return dispatcher.fail(WSAEFAULT);
      }
      const notification: Ref<HANDLE | null> = lpNotificationHandle;
      const handle = notification.value;
      if (isNull(handle) || handle === 0) {
        notification.value = changes.open();
        dispatcher.setLastError(0);
        return 0;
      }
      if (!changes.has(handle)) return dispatcher.fail(WSA_INVALID_HANDLE);
      if (!isNull(lpOverlapped)) {
        changes.notify(handle, lpOverlapped, lpCompletionRoutine ?? null);
        return dispatcher.fail(WSA_IO_PENDING);
      }
      const before = changes.count;
      const endWait = changes.beginWait();
      const changed = dispatcher.host.wait(
        () => changes.count !== before || !changes.has(handle),
        Infinity,
        'no',
        'WSAProviderConfigChange',
      );
      endWait();
      if (changed !== 'condition') return dispatcher.fail(WSAEINTR);
      if (changes.count === before) return dispatcher.fail(WSA_INVALID_HANDLE);
      dispatcher.setLastError(0);
      return 0;
    },
  };
}
