import {
  holdsBytes,
  SIO_BSP_HANDLE_POLL,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  viewOfBytes,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  type LPWSPIOCTL,
  type Ref,
} from '../../spi/index.js';
import { askBelow, awaitChange, findIoctl, IoctlRequest, type OverlappedIoctl } from '../ioctls/index.js';
import type { FrontSocket, SocketTable } from '../socket/index.js';
import { fail } from './failure.js';

/** Failures that say "no bytes" where nothing else is known (measured behaviour 17.4). */
const TELLS_OF_NO_BYTES: ReadonlySet<number> = new Set([WSAEOPNOTSUPP, WSAEINVAL]);

/**
 * Finds an extension function by its GUID (SIO_GET_EXTENSION_FUNCTION_POINTER).
 *
 * @param input a GUID as a string, or its 16 bytes
 * @param output a reference that receives the function
 * @param room `cbOut`, at least 4
 * @returns 4, or a negated WinSock code
 */
export type ExtensionFinder = (
  input: Uint8Array | string | null,
  inputLength: number,
  output: unknown,
  room: number,
) => number;

/** Makes `WSPIoctl` over a table of sockets, with what finds the extension functions that it gives. */
export function createIoctl(table: SocketTable, findExtension: ExtensionFinder) {
  const host = table.host;

  const lpWSPIoctl: LPWSPIOCTL = (
    s,
    dwIoControlCode,
    input,
    inputLength,
    output,
    room,
    lpcbBytesReturned,
    overlapped,
    routine,
    thread,
    lpErrno,
  ) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    if (lpcbBytesReturned === null) return fail(lpErrno, WSAEFAULT);
    const code = dwIoControlCode >>> 0;
    if (input instanceof Uint8Array && !holdsBytes(input, inputLength)) return fail(lpErrno, WSAEFAULT);
    if (output instanceof Uint8Array && !holdsBytes(output, room)) return fail(lpErrno, WSAEFAULT);
    const bytesIn = input instanceof Uint8Array ? viewOfBytes(input, 0, inputLength) : null;
    const bytesOut = output instanceof Uint8Array ? output : null;
    // Sockets that are not overlapped ignore the structure (specification: WSAIoctl).
    const operation = overlapped !== null && socket.overlapped ? { overlapped, routine, thread } : null;
    if (code === SIO_GET_EXTENSION_FUNCTION_POINTER) {
      const found = findExtension(input, inputLength, output, room);
      // Measured behaviour 17.5: a failure is told at once, and leaves everything alone.
      return found < 0 ? fail(lpErrno, -found) : finishNow(socket, operation, found, lpcbBytesReturned);
    }
    const request = new IoctlRequest(code, bytesIn, bytesOut, bytesOut === null ? 0 : room);
    return perform(socket, request, operation, lpcbBytesReturned, lpErrno);
  };

  function perform(
    socket: FrontSocket,
    request: IoctlRequest,
    operation: OverlappedIoctl | null,
    lpcbBytesReturned: Ref<number>,
    lpErrno: Ref<number>,
  ): number {
    const row = findIoctl(request.code);
    if (row?.overlapped === 'change') {
      const error = awaitChange(socket, request, operation);
      if (error === WSAEOPNOTSUPP && operation !== null) return finishLater(socket, operation, -error, lpErrno);
      if (error !== 0) return fail(lpErrno, error);
      lpcbBytesReturned.value = 0;
      return 0;
    }
    if (operation !== null && request.code === SIO_BSP_HANDLE_POLL) return fail(lpErrno, WSAEFAULT);
    const marked = operation !== null && row?.marksFirst === true;
    if (marked) host.beginOverlapped(socket.handle, operation.overlapped, operation.routine);
    const unsupported = operation !== null && row?.overlapped === 'unsupported';
    const result = unsupported ? -WSAEOPNOTSUPP : (row?.handler ?? askBelow)(socket, request, table);
    if (operation !== null && (row?.overlapped === 'pends' || result === -WSAEOPNOTSUPP)) {
      return finishLater(socket, operation, result, lpErrno);
    }
    if (result < 0) {
      const reported = request.reported === undefined ? (TELLS_OF_NO_BYTES.has(-result) ? 0 : null) : request.reported;
      if (reported !== null && !marked) lpcbBytesReturned.value = reported;
      return fail(lpErrno, -result);
    }
    if (operation !== null) {
      const { overlapped, routine, thread } = operation;
      if (!marked) host.beginOverlapped(socket.handle, overlapped, routine);
      // Measured behaviour 16.2: the completion of an ioctl that was done at once tells of no bytes.
      host.completeOverlapped(socket.handle, overlapped, routine, thread, 0, 0, 0);
    }
    if (!marked) lpcbBytesReturned.value = result;
    return 0;
  }

  /** The ioctl was done at once; the completion that follows tells of no bytes (measured behaviour 16.2). */
  function finishNow(
    socket: FrontSocket,
    operation: OverlappedIoctl | null,
    bytes: number,
    lpcbBytesReturned: Ref<number>,
  ): number {
    if (operation !== null) {
      const { overlapped, routine, thread } = operation;
      host.beginOverlapped(socket.handle, overlapped, routine);
      host.completeOverlapped(socket.handle, overlapped, routine, thread, 0, 0, 0);
    }
    lpcbBytesReturned.value = bytes;
    return 0;
  }

  /** The outcome of an ioctl becomes a completion, and the call says that it pends. */
  function finishLater(
    socket: FrontSocket,
    { overlapped, routine, thread }: OverlappedIoctl,
    result: number,
    lpErrno: Ref<number>,
  ): number {
    host.beginOverlapped(socket.handle, overlapped, routine);
    const [error, bytes] = result < 0 ? [-result, 0] : [0, result];
    host.completeOverlapped(socket.handle, overlapped, routine, thread, error, bytes, 0);
    return fail(lpErrno, WSA_IO_PENDING);
  }

  return { lpWSPIoctl };
}
