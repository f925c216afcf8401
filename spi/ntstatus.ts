// The NT status codes that `OVERLAPPED.Internal` holds, and what WinSock makes of them.
import {
  WINSOCK_ERRORS,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEADDRNOTAVAIL,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEDISCON,
  WSAEFAULT,
  WSAEHOSTDOWN,
  WSAEHOSTUNREACH,
  WSAEINTR,
  WSAEINVAL,
  WSAEISCONN,
  WSAEMSGSIZE,
  WSAENETDOWN,
  WSAENETUNREACH,
  WSAENOBUFS,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSA_IO_INCOMPLETE,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
} from './errors.js';

/** The operation succeeded. */
export const STATUS_SUCCESS = 0;
/** NT's code for: pending. */
export const STATUS_PENDING = 0x00000103;
/** NT's code for: buffer overflow. */
export const STATUS_BUFFER_OVERFLOW = 0x80000005;
/** NT's code for: not implemented. */
export const STATUS_NOT_IMPLEMENTED = 0xc0000002;
/** NT's code for: not supported. */
export const STATUS_NOT_SUPPORTED = 0xc00000bb;
/** NT's code for: access violation. */
export const STATUS_ACCESS_VIOLATION = 0xc0000005;
/** NT's code for: buffer too small. */
export const STATUS_BUFFER_TOO_SMALL = 0xc0000023;
/** NT's code for: datatype misalignment error. */
export const STATUS_DATATYPE_MISALIGNMENT_ERROR = 0xc00002c5;
/** NT's code for: pagefile quota. */
export const STATUS_PAGEFILE_QUOTA = 0xc0000007;
/** NT's code for: no memory. */
export const STATUS_NO_MEMORY = 0xc0000017;
/** NT's code for: conflicting addresses. */
export const STATUS_CONFLICTING_ADDRESSES = 0xc0000018;
/** NT's code for: quota exceeded. */
export const STATUS_QUOTA_EXCEEDED = 0xc0000044;
/** NT's code for: too many paging files. */
export const STATUS_TOO_MANY_PAGING_FILES = 0xc0000097;
/** NT's code for: insufficient resources. */
export const STATUS_INSUFFICIENT_RESOURCES = 0xc000009a;
/** NT's code for: working set quota. */
export const STATUS_WORKING_SET_QUOTA = 0xc00000a1;
/** NT's code for: commitment limit. */
export const STATUS_COMMITMENT_LIMIT = 0xc000012d;
/** NT's code for: remote resources. */
export const STATUS_REMOTE_RESOURCES = 0xc000013d;
/** NT's code for: too many addresses. */
export const STATUS_TOO_MANY_ADDRESSES = 0xc0000209;
/** NT's code for: invalid handle. */
export const STATUS_INVALID_HANDLE = 0xc0000008;
/** NT's code for: object type mismatch. */
export const STATUS_OBJECT_TYPE_MISMATCH = 0xc0000024;
/** NT's code for: no such device. */
export const STATUS_NO_SUCH_DEVICE = 0xc000000e;
/** NT's code for: no such file. */
export const STATUS_NO_SUCH_FILE = 0xc000000f;
/** NT's code for: object name not found. */
export const STATUS_OBJECT_NAME_NOT_FOUND = 0xc0000034;
/** NT's code for: object path not found. */
export const STATUS_OBJECT_PATH_NOT_FOUND = 0xc000003a;
/** NT's code for: network busy. */
export const STATUS_NETWORK_BUSY = 0xc00000bf;
/** NT's code for: invalid network response. */
export const STATUS_INVALID_NETWORK_RESPONSE = 0xc00000c3;
/** NT's code for: unexpected network error. */
export const STATUS_UNEXPECTED_NETWORK_ERROR = 0xc00000c4;
/** NT's code for: access denied. */
export const STATUS_ACCESS_DENIED = 0xc0000022;
/** NT's code for: sharing violation. */
export const STATUS_SHARING_VIOLATION = 0xc0000043;
/** NT's code for: address already exists. */
export const STATUS_ADDRESS_ALREADY_EXISTS = 0xc000020a;
/** NT's code for: device not ready. */
export const STATUS_DEVICE_NOT_READY = 0xc00000a3;
/** NT's code for: request not accepted. */
export const STATUS_REQUEST_NOT_ACCEPTED = 0xc00000d0;
/** NT's code for: pipe disconnected. */
export const STATUS_PIPE_DISCONNECTED = 0xc00000b0;
/** NT's code for: io timeout. */
export const STATUS_IO_TIMEOUT = 0xc00000b5;
/** NT's code for: link timeout. */
export const STATUS_LINK_TIMEOUT = 0xc000013f;
/** NT's code for: remote not listening. */
export const STATUS_REMOTE_NOT_LISTENING = 0xc00000bc;
/** NT's code for: connection refused. */
export const STATUS_CONNECTION_REFUSED = 0xc0000236;
/** NT's code for: bad network path. */
export const STATUS_BAD_NETWORK_PATH = 0xc00000be;
/** NT's code for: network unreachable. */
export const STATUS_NETWORK_UNREACHABLE = 0xc000023c;
/** NT's code for: protocol unreachable. */
export const STATUS_PROTOCOL_UNREACHABLE = 0xc000023e;
/** NT's code for: cancelled. */
export const STATUS_CANCELLED = 0xc0000120;
/** NT's code for: local disconnect. */
export const STATUS_LOCAL_DISCONNECT = 0xc000013b;
/** NT's code for: transaction aborted. */
export const STATUS_TRANSACTION_ABORTED = 0xc000020f;
/** NT's code for: connection aborted. */
export const STATUS_CONNECTION_ABORTED = 0xc0000241;
/** NT's code for: remote disconnect. */
export const STATUS_REMOTE_DISCONNECT = 0xc000013c;
/** NT's code for: link failed. */
export const STATUS_LINK_FAILED = 0xc000013e;
/** NT's code for: connection disconnected. */
export const STATUS_CONNECTION_DISCONNECTED = 0xc000020c;
/** NT's code for: connection reset. */
export const STATUS_CONNECTION_RESET = 0xc000020d;
/** NT's code for: port unreachable. */
export const STATUS_PORT_UNREACHABLE = 0xc000023f;
/** NT's code for: invalid connection. */
export const STATUS_INVALID_CONNECTION = 0xc0000140;
/** NT's code for: invalid address. */
export const STATUS_INVALID_ADDRESS = 0xc0000141;
/** NT's code for: invalid address component. */
export const STATUS_INVALID_ADDRESS_COMPONENT = 0xc0000207;
/** NT's code for: invalid buffer size. */
export const STATUS_INVALID_BUFFER_SIZE = 0xc0000206;
/** NT's code for: graceful disconnect. */
export const STATUS_GRACEFUL_DISCONNECT = 0xc0000237;
/** NT's code for: connection active. */
export const STATUS_CONNECTION_ACTIVE = 0xc000023b;
/** NT's code for: host unreachable. */
export const STATUS_HOST_UNREACHABLE = 0xc000023d;
/** NT's code for: request aborted. */
export const STATUS_REQUEST_ABORTED = 0xc0000240;
/** NT's code for: host down. */
export const STATUS_HOST_DOWN = 0xc0000350;
/** NT's code for: unsuccessful, which stands for any error that has none of its own. */
export const STATUS_UNSUCCESSFUL = 0xc0000001;

/** Which error each status means. Where several mean the same, the first is the one that an error is turned into. */
const STATUS_ERRORS: readonly (readonly [status: number, error: number])[] = [
  [STATUS_PENDING, WSA_IO_INCOMPLETE],
  [STATUS_BUFFER_OVERFLOW, WSAEMSGSIZE],
  [STATUS_INVALID_BUFFER_SIZE, WSAEMSGSIZE],
  [STATUS_NOT_SUPPORTED, WSAEOPNOTSUPP],
  [STATUS_NOT_IMPLEMENTED, WSAEOPNOTSUPP],
  [STATUS_BUFFER_TOO_SMALL, WSAEFAULT],
  [STATUS_ACCESS_VIOLATION, WSAEFAULT],
  [STATUS_DATATYPE_MISALIGNMENT_ERROR, WSAEFAULT],
  [STATUS_INSUFFICIENT_RESOURCES, WSAENOBUFS],
  [STATUS_PAGEFILE_QUOTA, WSAENOBUFS],
  [STATUS_NO_MEMORY, WSAENOBUFS],
  [STATUS_CONFLICTING_ADDRESSES, WSAENOBUFS],
  [STATUS_QUOTA_EXCEEDED, WSAENOBUFS],
  [STATUS_TOO_MANY_PAGING_FILES, WSAENOBUFS],
  [STATUS_WORKING_SET_QUOTA, WSAENOBUFS],
  [STATUS_COMMITMENT_LIMIT, WSAENOBUFS],
  [STATUS_REMOTE_RESOURCES, WSAENOBUFS],
  [STATUS_TOO_MANY_ADDRESSES, WSAENOBUFS],
  [STATUS_INVALID_HANDLE, WSAENOTSOCK],
  [STATUS_OBJECT_TYPE_MISMATCH, WSAENOTSOCK],
  [STATUS_UNEXPECTED_NETWORK_ERROR, WSAENETDOWN],
  [STATUS_NO_SUCH_DEVICE, WSAENETDOWN],
  [STATUS_NO_SUCH_FILE, WSAENETDOWN],
  [STATUS_OBJECT_NAME_NOT_FOUND, WSAENETDOWN],
  [STATUS_OBJECT_PATH_NOT_FOUND, WSAENETDOWN],
  [STATUS_NETWORK_BUSY, WSAENETDOWN],
  [STATUS_INVALID_NETWORK_RESPONSE, WSAENETDOWN],
  [STATUS_ACCESS_DENIED, WSAEACCES],
  [STATUS_ADDRESS_ALREADY_EXISTS, WSAEADDRINUSE],
  [STATUS_SHARING_VIOLATION, WSAEADDRINUSE],
  [STATUS_DEVICE_NOT_READY, WSAEWOULDBLOCK],
  [STATUS_REQUEST_NOT_ACCEPTED, WSAEWOULDBLOCK],
  [STATUS_PIPE_DISCONNECTED, WSAESHUTDOWN],
  [STATUS_IO_TIMEOUT, WSAETIMEDOUT],
  [STATUS_LINK_TIMEOUT, WSAETIMEDOUT],
  [STATUS_CONNECTION_REFUSED, WSAECONNREFUSED],
  [STATUS_REMOTE_NOT_LISTENING, WSAECONNREFUSED],
  [STATUS_NETWORK_UNREACHABLE, WSAENETUNREACH],
  [STATUS_BAD_NETWORK_PATH, WSAENETUNREACH],
  [STATUS_PROTOCOL_UNREACHABLE, WSAENETUNREACH],
  [STATUS_CANCELLED, WSA_OPERATION_ABORTED],
  [STATUS_CONNECTION_ABORTED, WSAECONNABORTED],
  [STATUS_LOCAL_DISCONNECT, WSAECONNABORTED],
  [STATUS_TRANSACTION_ABORTED, WSAECONNABORTED],
  [STATUS_CONNECTION_RESET, WSAECONNRESET],
  [STATUS_REMOTE_DISCONNECT, WSAECONNRESET],
  [STATUS_LINK_FAILED, WSAECONNRESET],
  [STATUS_CONNECTION_DISCONNECTED, WSAECONNRESET],
  [STATUS_PORT_UNREACHABLE, WSAECONNRESET],
  [STATUS_INVALID_CONNECTION, WSAENOTCONN],
  [STATUS_INVALID_ADDRESS, WSAEADDRNOTAVAIL],
  [STATUS_INVALID_ADDRESS_COMPONENT, WSAEADDRNOTAVAIL],
  [STATUS_GRACEFUL_DISCONNECT, WSAEDISCON],
  [STATUS_CONNECTION_ACTIVE, WSAEISCONN],
  [STATUS_HOST_UNREACHABLE, WSAEHOSTUNREACH],
  [STATUS_REQUEST_ABORTED, WSAEINTR],
  [STATUS_HOST_DOWN, WSAEHOSTDOWN],
];

// NT's way to carry a Win32 code: facility 7. It takes the errors that no status above stands for.
const WIN32_STATUS = 0xc0070000;
const isKnown = (error: number) => WINSOCK_ERRORS.some(({ value }) => value === error && !statusByError.has(value));

const errorByStatus = new Map(STATUS_ERRORS);
const statusByError = new Map([...STATUS_ERRORS].reverse().map(([status, error]) => [error, status]));

// Statuses are unsigned here, and those with the highest bit set are not a success.
const isFailure = (status: number) => status >>> 31 === 1;

/**
 * The WinSock error that a status means: 0 for success, `WSA_IO_INCOMPLETE` while the operation is pending, and
 * `WSAEINVAL` for a failure of no particular kind.
 */
export function winsockErrorOfStatus(status: number): number {
  const error = errorByStatus.get(status >>> 0);
  if (error !== undefined) return error;
  if (status >>> 16 === WIN32_STATUS >>> 16 && isKnown(status & 0xffff)) return status & 0xffff;
  return isFailure(status) ? WSAEINVAL : 0;
}

/** The status that stands for a WinSock error, and turns into it again; unknown errors become a plain failure. */
export function statusOfWinsockError(error: number): number {
  if (error === 0) return STATUS_SUCCESS;
  if (error === WSA_IO_PENDING) return STATUS_PENDING;
  const status = statusByError.get(error);
  if (status !== undefined) return status;
  return isKnown(error) ? (WIN32_STATUS | error) >>> 0 : STATUS_UNSUCCESSFUL;
}
