import {
  FIONBIO,
  FIONREAD,
  SIO_BASE_HANDLE,
  SIO_BSP_HANDLE,
  SIO_BSP_HANDLE_POLL,
  SIO_BSP_HANDLE_SELECT,
  SIO_ENABLE_CIRCULAR_QUEUEING,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SIO_KEEPALIVE_VALS,
  SIOCATMARK,
  SOCKET_ERROR,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  type LPWSPIOCTL,
} from '../spi/index.js';
import { findExtensionFunction, type ExtensionFunctions } from './extension-functions.js';
import { MULTIPOINT_IOCTLS } from './multipoint.js';
import { Registration } from './network-events.js';
import type { FrontSocket } from './socket.js';
import type { SocketTable } from './socket-table.js';

/** What an ioctl gives: bytes written, or a negated WinSock code. */
type Handler = (
  socket: FrontSocket,
  input: Uint8Array | null,
  inputLength: number,
  output: Uint8Array | null,
  room: number,
) => number;

function writeDword(output: Uint8Array | null, room: number, value: number): number {
  if (output === null || room < 4) return -WSAEFAULT;
  new DataView(output.buffer, output.byteOffset).setUint32(0, value, true);
  return 4;
}

const handleItself: Handler = (socket, _input, _length, output, room) => writeDword(output, room, socket.handle);

/** The ioctls that the front answers, as data; others are the core's. */
const HANDLERS = new Map<number, Handler>([
  [
    FIONBIO,
    (socket, input, length) => {
      if (input === null || length < 4) return -WSAEFAULT;
      const blocking = (input[0]! | input[1]! | input[2]! | input[3]!) === 0;
      // Measured behaviour 17.2: a socket with a registration stays non-blocking.
      if (blocking && socket.record !== null && socket.record.registration !== Registration.NONE) return -WSAEINVAL;
      socket.blocking = blocking;
      return 0;
    },
  ],
  [FIONREAD, (socket, _i, _l, output, room) => writeDword(output, room, socket.core.available())],
  [SIOCATMARK, (socket, _i, _l, output, room) => writeDword(output, room, socket.core.atMark() ? 1 : 0)],
  [SIO_ENABLE_CIRCULAR_QUEUEING, (socket) => (socket.stream ? -WSAEOPNOTSUPP : 0)],
  [SIO_BASE_HANDLE, handleItself],
  [SIO_BSP_HANDLE, handleItself],
  [SIO_BSP_HANDLE_SELECT, handleItself],
  [SIO_BSP_HANDLE_POLL, handleItself],
  ...MULTIPOINT_IOCTLS,
]);

/** Ioctls that Windows performs asynchronously when they are overlapped, so that their failure is a completion (17.4, 17.7). */
const PENDS_WHEN_OVERLAPPED: ReadonlySet<number> = new Set([SIO_BASE_HANDLE]);

/** Makes `WSPIoctl` over a table of sockets, with the extension functions that it gives. */
export function createIoctl(table: SocketTable, extensions: ExtensionFunctions) {
  const host = table.host;

  const lpWSPIoctl: LPWSPIOCTL = (
    s,
    code,
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
    if (socket === undefined) {
      lpErrno.value = WSAENOTSOCK;
      return SOCKET_ERROR;
    }
    if (lpcbBytesReturned === null) {
      lpErrno.value = WSAEFAULT;
      return SOCKET_ERROR;
    }
    const bytesIn = input instanceof Uint8Array ? input : null;
    const bytesOut = output instanceof Uint8Array ? output : null;
    const handler = HANDLERS.get(code);
    const pends = overlapped !== null && PENDS_WHEN_OVERLAPPED.has(code);
    const result = pends
      ? -WSAEOPNOTSUPP
      : code >>> 0 === SIO_GET_EXTENSION_FUNCTION_POINTER
        ? findExtensionFunction(extensions, input, inputLength, output, room)
        : handler !== undefined
          ? handler(socket, bytesIn, inputLength, bytesOut, room)
          : socket.core.ioctl(code >>> 0, bytesIn, inputLength, bytesOut, room);
    if (result < 0) {
      if (overlapped !== null && result === -WSAEOPNOTSUPP) {
        host.beginOverlapped(s, overlapped, routine);
        host.completeOverlapped(s, overlapped, routine, thread, WSAEOPNOTSUPP, 0, 0);
        lpErrno.value = WSA_IO_PENDING;
        return SOCKET_ERROR;
      }
      if (zeroesCount(code >>> 0, -result, overlapped !== null)) lpcbBytesReturned.value = 0;
      lpErrno.value = -result;
      return SOCKET_ERROR;
    }
    if (overlapped !== null) {
      host.beginOverlapped(s, overlapped, routine);
      // Measured behaviour 16.2: the completion of an ioctl that was done at once tells of no bytes.
      host.completeOverlapped(s, overlapped, routine, thread, 0, 0, 0);
      if (code === SIO_KEEPALIVE_VALS) return 0;
    }
    lpcbBytesReturned.value = result;
    return 0;
  };

  return { lpWSPIoctl };
}

// Which failures give a count of 0. That of SIO_KEEPALIVE_VALS does, unless it is overlapped (measured behaviour 17.3).
function zeroesCount(code: number, error: number, overlapped: boolean): boolean {
  if (code === SIO_KEEPALIVE_VALS && error === WSAEFAULT) return !overlapped;
  return RETURNS_ZERO_ON_FAILURE.has(error) && !LEAVES_COUNT_ALONE.has(code);
}

const RETURNS_ZERO_ON_FAILURE: ReadonlySet<number> = new Set([WSAEOPNOTSUPP, WSAEINVAL]);

/** Ioctls whose failure leaves the count as it was (measured behaviour 17.1, 17.5). */
const LEAVES_COUNT_ALONE: ReadonlySet<number> = new Set([FIONBIO, SIO_GET_EXTENSION_FUNCTION_POINTER]);
