// The Microsoft extensions (mswsock.h): what SIO_GET_EXTENSION_FUNCTION_POINTER gives. Each sets the last error itself.
import { byteLengthOf, viewOfBytes } from './bytes.js';
import type { GUID } from './structures/guid.js';
import type { TRANSMIT_FILE_BUFFERS, WSAMSG } from './structures/buffers.js';
import type { WSAOVERLAPPED } from './structures/overlapped.js';
import type { Ref } from './ref.js';
import type {
  LPCONDITIONPROC,
  LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  LPWSPCONNECT,
  LPWSPRECV,
  LPWSPSEND,
  SOCKET,
} from './transport-provider.js';
import type { WSAPOLLFD } from './structures/index.js';

/** One element of `TransmitPackets`: a piece of memory, or of a file. */
export interface TRANSMIT_PACKETS_ELEMENT {
  /** TP_ELEMENT_MEMORY or TP_ELEMENT_FILE, and TP_ELEMENT_EOP at the end of a packet. */
  dwElFlags: number;
  /** How many bytes; 0 for a file up to its end. */
  cLength: number;
  /** Where a file's piece begins; -1 for the file's own position. */
  nFileOffset?: number;
  /** The file, a Node.js file descriptor. */
  hFile?: number | null;
  /** The memory. */
  pBuffer?: Uint8Array | null;
}

/**
 * What goes along with an extension function, so that it does not pass the layers by: the functions of the whole chain,
 * which the dispatcher gives, and the condition of a layer that decides who may connect. The provider calls them in
 * place of its own; they end in its own again, which do not wait then.
 */
export interface ExtensionRoutes {
  /**
   * AcceptEx: decides about each connection. One that is not accepted is reset, and the operation waits for the next.
   */
  readonly condition?: LPCONDITIONPROC;
  /** ConnectEx: begins the connection. */
  readonly connect?: LPWSPCONNECT;
  /** ConnectEx, TransmitFile, TransmitPackets: send the data. */
  readonly send?: LPWSPSEND;
  /** AcceptEx: receives the first data. */
  readonly receive?: LPWSPRECV;
  /** The name of the provider that a function belongs to, for reports. */
  ownerOf?(route: 'connect' | 'send' | 'receive'): string;
}

/** `AcceptEx`. */
export type LPFN_ACCEPTEX = (
  sListenSocket: SOCKET,
  sAcceptSocket: SOCKET,
  lpOutputBuffer: Uint8Array,
  dwReceiveDataLength: number,
  dwLocalAddressLength: number,
  dwRemoteAddressLength: number,
  lpdwBytesReceived: Ref<number> | null,
  lpOverlapped: WSAOVERLAPPED | null,
  routes?: ExtensionRoutes,
) => boolean;

/** `GetAcceptExSockaddrs`. */
export type LPFN_GETACCEPTEXSOCKADDRS = (
  lpOutputBuffer: Uint8Array,
  dwReceiveDataLength: number,
  dwLocalAddressLength: number,
  dwRemoteAddressLength: number,
  LocalSockaddr: Ref<Uint8Array | null>,
  LocalSockaddrLength: Ref<number>,
  RemoteSockaddr: Ref<Uint8Array | null>,
  RemoteSockaddrLength: Ref<number>,
) => void;

/** `ConnectEx`. */
export type LPFN_CONNECTEX = (
  s: SOCKET,
  name: Uint8Array,
  namelen: number,
  lpSendBuffer: Uint8Array | null,
  dwSendDataLength: number,
  lpdwBytesSent: Ref<number> | null,
  lpOverlapped: WSAOVERLAPPED | null,
  routes?: ExtensionRoutes,
) => boolean;

/** `DisconnectEx`. */
export type LPFN_DISCONNECTEX = (
  s: SOCKET,
  lpOverlapped: WSAOVERLAPPED | null,
  dwFlags: number,
  dwReserved: number,
) => boolean;

/** `TransmitFile`. */
export type LPFN_TRANSMITFILE = (
  hSocket: SOCKET,
  hFile: number | null,
  nNumberOfBytesToWrite: number,
  nNumberOfBytesPerSend: number,
  lpOverlapped: WSAOVERLAPPED | null,
  lpTransmitBuffers: TRANSMIT_FILE_BUFFERS | null,
  dwReserved: number,
  routes?: ExtensionRoutes,
) => boolean;

/** `TransmitPackets`. */
export type LPFN_TRANSMITPACKETS = (
  hSocket: SOCKET,
  lpPacketArray: TRANSMIT_PACKETS_ELEMENT[] | null,
  nElementCount: number,
  nSendSize: number,
  lpOverlapped: WSAOVERLAPPED | null,
  dwFlags: number,
  routes?: ExtensionRoutes,
) => boolean;

/** `WSARecvMsg`. */
export type LPFN_WSARECVMSG = (
  s: SOCKET,
  lpMsg: WSAMSG,
  lpdwNumberOfBytesRecvd: Ref<number> | null,
  lpOverlapped: WSAOVERLAPPED | null,
  lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
) => number;

/** `WSASendMsg`. */
export type LPFN_WSASENDMSG = (
  s: SOCKET,
  lpMsg: WSAMSG,
  dwFlags: number,
  lpNumberOfBytesSent: Ref<number> | null,
  lpOverlapped: WSAOVERLAPPED | null,
  lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
) => number;

/** `WSAPoll`, for sockets of the provider; others are POLLNVAL. */
export type LPFN_WSAPOLL = (fdArray: WSAPOLLFD[], fds: number, timeout: number) => number;

/**
 * Ours, for `CancelIo` and `CancelIoEx`: cancels a socket's overlapped operations, or the one given.
 *
 * @returns how many were cancelled
 */
export type LPFN_CANCELOPERATIONS = (s: SOCKET, lpOverlapped: WSAOVERLAPPED | null) => number;

/** Ours: finds the function that cancels overlapped operations. */
export const WSAID_CANCELOPERATIONS: GUID = '6B2B2A0E-3C57-4E0B-9D0B-5A4C1F7E9B21';

/** What the addresses in AcceptEx's buffer take beyond the sockaddr (specification: AcceptEx). */
export const ACCEPTEX_ADDRESS_OVERHEAD = 16;

/**
 * Writes one address of AcceptEx's buffer: its length, and after 16 bytes the sockaddr. `GetAcceptExSockaddrs` reads
 * it.
 *
 * @param offset where the room for the address begins
 */
export function writeAcceptExAddress(buffer: Uint8Array, offset: number, name: Uint8Array, namelen: number): void {
  buffer.fill(0, offset, offset + ACCEPTEX_ADDRESS_OVERHEAD);
  new DataView(buffer.buffer, buffer.byteOffset).setUint32(offset, namelen, true);
  for (let i = 0; i < namelen; i++) buffer[offset + ACCEPTEX_ADDRESS_OVERHEAD + i] = name[i]!;
}

/**
 * Reads the addresses of AcceptEx's buffer, as views into it.
 *
 * @param data bytes of room for data, which come first
 * @param localRoom bytes of room for the local address; with none it is `null` (measured behaviour 25.5)
 * @param remoteRoom bytes of room for the remote address
 */
export function readAcceptExAddresses(
  buffer: Uint8Array,
  data: number,
  localRoom: number,
  remoteRoom: number,
): { readonly local: Uint8Array | null; readonly remote: Uint8Array } {
  return {
    local: localRoom === 0 ? null : readAcceptExAddress(buffer, data, localRoom),
    remote: readAcceptExAddress(buffer, data + localRoom, remoteRoom),
  };
}

/** Reads one address; empty when there is none. */
function readAcceptExAddress(buffer: Uint8Array, offset: number, room: number): Uint8Array {
  const start = offset + ACCEPTEX_ADDRESS_OVERHEAD;
  const end = byteLengthOf(buffer);
  if (room < ACCEPTEX_ADDRESS_OVERHEAD || start > end) return new Uint8Array(0);
  const [a, b, c, d] = viewOfBytes(buffer, offset, offset + 4);
  const length = (a! | (b! << 8) | (c! << 16) | (d! << 24)) >>> 0;
  return viewOfBytes(buffer, start, Math.min(start + Math.min(length, room - ACCEPTEX_ADDRESS_OVERHEAD), end));
}
