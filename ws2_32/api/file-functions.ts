import { areBytes, areOverlappedArguments, isNull, isOptionalRef } from '../../spi/arguments.js';
import {
  ERROR_NOT_FOUND,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAID_CANCELOPERATIONS,
  type HANDLE,
  type LPFN_CANCELOPERATIONS,
  type Ref,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import { ExtensionCaller } from './extension-caller.js';

/** Makes the functions of files that also take sockets (Win32: ReadFile, WriteFile, CancelIo, CancelIoEx). */
export function createFileFunctions(dispatcher: Dispatcher) {
  const caller = new ExtensionCaller(dispatcher);
  const { thread } = dispatcher.host;

  /** WSPRecv or WSPSend with one buffer. */
  function transfer(
    receives: boolean,
    hFile: HANDLE,
    buffer: Uint8Array,
    length: number,
    lpBytes: Ref<number> | null,
    lpOverlapped: WSAOVERLAPPED | null,
  ): boolean {
    const record = dispatcher.sockets.get(hFile);
    if (record === undefined) return dispatcher.failBoolean(WSA_INVALID_HANDLE);
    if (!areBytes(buffer, length) || !isOptionalRef(lpBytes) || !areOverlappedArguments(lpOverlapped, null)) {
      return dispatcher.failBoolean(WSAEFAULT);
    }
    const { provider, handle } = record;
    const { lpWSPRecv, lpWSPSend } = provider.procedures;
    const overlapped = lpOverlapped ?? null;
    const frame = dispatcher.enterTransfer(record, buffer, length, 0);
    const { bytes, buffers, flags, errno } = frame;
    const name = receives ? 'WSPRecv' : 'WSPSend';
    const operation = dispatcher.handed.handOver(provider, overlapped, length);
    let count: number;
    try {
      const result = receives
        ? lpWSPRecv(handle, buffers, 1, bytes, flags, overlapped, null, thread, errno)
        : lpWSPSend(handle, buffers, 1, bytes, 0, overlapped, null, thread, errno);
      if (operation !== null && result !== 0 && errno.value !== WSA_IO_PENDING) operation.over = true;
      count = dispatcher.leaveTransfer(frame, provider, name, result, length, handle);
    } catch (cause) {
      if (operation !== null) operation.over = true;
      count = dispatcher.contain(frame, provider, name, cause, handle);
    }
    if (count >= 0 && !isNull(lpBytes)) lpBytes.value = count;
    return count >= 0;
  }

  /** Cancels the operations of a socket, or one of them; -1 when it is not a socket. */
  function cancel(handle: HANDLE, lpOverlapped: WSAOVERLAPPED | null): number {
    const record = dispatcher.sockets.get(handle);
    if (record === undefined) return dispatcher.fail(WSA_INVALID_HANDLE);
    const guid = WSAID_CANCELOPERATIONS;
    return caller.call<LPFN_CANCELOPERATIONS, number>(record, guid, 'the cancelling of operations', 0, (operations) =>
      operations(record.handle, lpOverlapped),
    );
  }

  return {
    /**
     * Receives on a connected socket (Win32: ReadFile).
     *
     * @param hFile a socket
     * @param lpBuffer filled from its start
     * @param nNumberOfBytesToRead how many bytes to take at most, 0 to `lpBuffer.length`
     * @param lpNumberOfBytesRead receives how many there were, 0 when the peer has ended the stream
     * @param lpOverlapped the operation's state, or `null`
     */
    ReadFile: (
      hFile: HANDLE,
      lpBuffer: Uint8Array,
      nNumberOfBytesToRead: number,
      lpNumberOfBytesRead: Ref<number> | null,
      lpOverlapped: WSAOVERLAPPED | null,
    ): boolean => transfer(true, hFile, lpBuffer, nNumberOfBytesToRead, lpNumberOfBytesRead, lpOverlapped),

    /**
     * Sends on a connected socket (Win32: WriteFile).
     *
     * @param hFile a socket
     * @param lpBuffer the bytes
     * @param nNumberOfBytesToWrite how many of them, 0 to `lpBuffer.length`
     * @param lpNumberOfBytesWritten receives how many went out
     * @param lpOverlapped the operation's state, or `null`
     */
    WriteFile: (
      hFile: HANDLE,
      lpBuffer: Uint8Array,
      nNumberOfBytesToWrite: number,
      lpNumberOfBytesWritten: Ref<number> | null,
      lpOverlapped: WSAOVERLAPPED | null,
    ): boolean => transfer(false, hFile, lpBuffer, nNumberOfBytesToWrite, lpNumberOfBytesWritten, lpOverlapped),

    /**
     * Cancels every overlapped operation of a socket; each completes with WSA_OPERATION_ABORTED (Win32: CancelIo). An
     * AcceptEx is an operation of its listener.
     *
     * @returns TRUE, also when there was none; FALSE with WSA_INVALID_HANDLE for what is not a socket
     */
    CancelIo: (hFile: HANDLE): boolean => cancel(hFile, null) >= 0,

    /**
     * Cancels one overlapped operation of a socket, or all (Win32: CancelIoEx).
     *
     * @param hFile a socket
     * @param lpOverlapped the operation, by the structure that it was begun with; `null` for all
     * @returns TRUE, or FALSE with ERROR_NOT_FOUND (there is none) or WSA_INVALID_HANDLE (no socket)
     */
    CancelIoEx(hFile: HANDLE, lpOverlapped: WSAOVERLAPPED | null): boolean {
      const count = cancel(hFile, lpOverlapped ?? null);
      return count === 0 ? dispatcher.failBoolean(ERROR_NOT_FOUND) : count > 0;
    },
  };
}
