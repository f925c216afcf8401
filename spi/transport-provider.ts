// The functions of a transport provider, and the handles that they are about (specification: WSPPROC_TABLE).
import type { Ref } from './ref.js';
import type { fd_set } from './fd-set.js';
import type {
  QOS,
  timeval,
  WSABUF,
  WSANETWORKEVENTS,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFOW,
  WSATHREADID,
} from './structures/index.js';

/** A socket descriptor: a multiple of 4, never 0; `INVALID_SOCKET` is 0xFFFFFFFF. */
export type SOCKET = number;
/** An event object's handle; `WSA_INVALID_EVENT` is 0. */
export type WSAEVENT = number;
/** Any other handle of the instance. */
export type HANDLE = number;
/** A message window's handle. */
export type HWND = number;
/** A socket group; 0 is not a group. */
export type GROUP = number;

/**
 * A completion routine of an overlapped operation (specification: WSASend, "Overlapped socket I/O").
 *
 * @param dwError the operation's error, 0 on success
 * @param cbTransferred bytes transferred
 * @param lpOverlapped the caller's own structure
 * @param dwFlags the flags that a receive reports
 */
export type LPWSAOVERLAPPED_COMPLETION_ROUTINE = (
  dwError: number,
  cbTransferred: number,
  lpOverlapped: WSAOVERLAPPED,
  dwFlags: number,
) => void;

/**
 * The condition function of `WSAAccept`: returns `CF_ACCEPT`, `CF_REJECT` or `CF_DEFER`. What is absent is `null`.
 */
export type LPCONDITIONPROC = (
  lpCallerId: WSABUF | null,
  lpCallerData: WSABUF | null,
  lpSQOS: QOS | null,
  lpGQOS: QOS | null,
  lpCalleeId: WSABUF | null,
  lpCalleeData: WSABUF | null,
  g: Ref<GROUP>,
  dwCallbackData: unknown,
) => number;

/** The blocking callback that `WPUQueryBlockingCallback` yields: FALSE means that the call was cancelled. */
export type LPBLOCKINGCALLBACK = (dwContext: unknown) => boolean;

/** Accepts a connection, conditionally (specification: WSPAccept). */
export type LPWSPACCEPT = (
  s: SOCKET,
  addr: Uint8Array | null,
  addrlen: Ref<number> | null,
  lpfnCondition: LPCONDITIONPROC | null,
  dwCallbackData: unknown,
  lpErrno: Ref<number>,
) => SOCKET;

/** Turns a socket address into text (specification: WSPAddressToString). */
export type LPWSPADDRESSTOSTRING = (
  lpsaAddress: Uint8Array,
  dwAddressLength: number,
  lpProtocolInfo: WSAPROTOCOL_INFOW | null,
  lpszAddressString: { value: string } | null,
  lpdwAddressStringLength: Ref<number>,
  lpErrno: Ref<number>,
) => number;

/** Asks for window messages on network events (specification: WSPAsyncSelect). */
export type LPWSPASYNCSELECT = (s: SOCKET, hWnd: HWND, wMsg: number, lEvent: number, lpErrno: Ref<number>) => number;

/** Gives a socket its local name (specification: WSPBind). */
export type LPWSPBIND = (s: SOCKET, name: Uint8Array, namelen: number, lpErrno: Ref<number>) => number;

/** Cancels the thread's blocking call (specification: WSPCancelBlockingCall). */
export type LPWSPCANCELBLOCKINGCALL = (lpErrno: Ref<number>) => number;

/** Drops one reference to the provider (specification: WSPCleanup). */
export type LPWSPCLEANUP = (lpErrno: Ref<number>) => number;

/** Closes a socket (specification: WSPCloseSocket). */
export type LPWSPCLOSESOCKET = (s: SOCKET, lpErrno: Ref<number>) => number;

/** Connects a socket to a peer (specification: WSPConnect). */
export type LPWSPCONNECT = (
  s: SOCKET,
  name: Uint8Array,
  namelen: number,
  lpCallerData: WSABUF | null,
  lpCalleeData: WSABUF | null,
  lpSQOS: QOS | null,
  lpGQOS: QOS | null,
  lpErrno: Ref<number>,
) => number;

/** Describes a socket so that another process can open it (specification: WSPDuplicateSocket). */
export type LPWSPDUPLICATESOCKET = (
  s: SOCKET,
  dwProcessId: number,
  lpProtocolInfo: WSAPROTOCOL_INFOW,
  lpErrno: Ref<number>,
) => number;

/** Copies and clears a socket's network event record (specification: WSPEnumNetworkEvents). */
export type LPWSPENUMNETWORKEVENTS = (
  s: SOCKET,
  hEventObject: WSAEVENT | null,
  lpNetworkEvents: WSANETWORKEVENTS,
  lpErrno: Ref<number>,
) => number;

/** Associates an event object with network events (specification: WSPEventSelect). */
export type LPWSPEVENTSELECT = (
  s: SOCKET,
  hEventObject: WSAEVENT | null,
  lNetworkEvents: number,
  lpErrno: Ref<number>,
) => number;

/** Gives an overlapped operation's result (specification: WSPGetOverlappedResult). */
export type LPWSPGETOVERLAPPEDRESULT = (
  s: SOCKET,
  lpOverlapped: WSAOVERLAPPED,
  lpcbTransfer: Ref<number>,
  fWait: boolean,
  lpdwFlags: Ref<number>,
  lpErrno: Ref<number>,
) => boolean;

/** Gives the peer's name (specification: WSPGetPeerName). */
export type LPWSPGETPEERNAME = (s: SOCKET, name: Uint8Array, namelen: Ref<number>, lpErrno: Ref<number>) => number;

/** Gives the local name (specification: WSPGetSockName). */
export type LPWSPGETSOCKNAME = (s: SOCKET, name: Uint8Array, namelen: Ref<number>, lpErrno: Ref<number>) => number;

/** Reads a socket option (specification: WSPGetSockOpt). */
export type LPWSPGETSOCKOPT = (
  s: SOCKET,
  level: number,
  optname: number,
  optval: Uint8Array,
  optlen: Ref<number>,
  lpErrno: Ref<number>,
) => number;

/** Finds a QOS template by name (specification: WSPGetQOSByName). */
export type LPWSPGETQOSBYNAME = (s: SOCKET, lpQOSName: WSABUF, lpQOS: QOS | null, lpErrno: Ref<number>) => boolean;

/** Controls the mode of a socket (specification: WSPIoctl). */
export type LPWSPIOCTL = (
  s: SOCKET,
  dwIoControlCode: number,
  lpvInBuffer: Uint8Array | string | null,
  cbInBuffer: number,
  lpvOutBuffer: Uint8Array | Ref<unknown> | null,
  cbOutBuffer: number,
  lpcbBytesReturned: Ref<number> | null,
  lpOverlapped: WSAOVERLAPPED | null,
  lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
  lpThreadId: WSATHREADID | null,
  lpErrno: Ref<number>,
) => number;

/** Joins a leaf to a multipoint session (specification: WSPJoinLeaf). */
export type LPWSPJOINLEAF = (
  s: SOCKET,
  name: Uint8Array,
  namelen: number,
  lpCallerData: WSABUF | null,
  lpCalleeData: WSABUF | null,
  lpSQOS: QOS | null,
  lpGQOS: QOS | null,
  dwFlags: number,
  lpErrno: Ref<number>,
) => SOCKET;

/** Listens for connections (specification: WSPListen). */
export type LPWSPLISTEN = (s: SOCKET, backlog: number, lpErrno: Ref<number>) => number;

/** Receives on a socket (specification: WSPRecv). */
export type LPWSPRECV = (
  s: SOCKET,
  lpBuffers: WSABUF[],
  dwBufferCount: number,
  lpNumberOfBytesRecvd: Ref<number> | null,
  lpFlags: Ref<number>,
  lpOverlapped: WSAOVERLAPPED | null,
  lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
  lpThreadId: WSATHREADID | null,
  lpErrno: Ref<number>,
) => number;

/** Ends reception and fetches disconnect data (specification: WSPRecvDisconnect). */
export type LPWSPRECVDISCONNECT = (s: SOCKET, lpInboundDisconnectData: WSABUF | null, lpErrno: Ref<number>) => number;

/** Receives a datagram and its source (specification: WSPRecvFrom). */
export type LPWSPRECVFROM = (
  s: SOCKET,
  lpBuffers: WSABUF[],
  dwBufferCount: number,
  lpNumberOfBytesRecvd: Ref<number> | null,
  lpFlags: Ref<number>,
  lpFrom: Uint8Array | null,
  lpFromlen: Ref<number> | null,
  lpOverlapped: WSAOVERLAPPED | null,
  lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
  lpThreadId: WSATHREADID | null,
  lpErrno: Ref<number>,
) => number;

/** Tells which sockets of one provider are ready (specification: WSPSelect). */
export type LPWSPSELECT = (
  nfds: number,
  readfds: fd_set | null,
  writefds: fd_set | null,
  exceptfds: fd_set | null,
  timeout: timeval | null,
  lpErrno: Ref<number>,
) => number;

/** Sends on a connected socket (specification: WSPSend). */
export type LPWSPSEND = (
  s: SOCKET,
  lpBuffers: WSABUF[],
  dwBufferCount: number,
  lpNumberOfBytesSent: Ref<number> | null,
  dwFlags: number,
  lpOverlapped: WSAOVERLAPPED | null,
  lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
  lpThreadId: WSATHREADID | null,
  lpErrno: Ref<number>,
) => number;

/** Ends sending, with disconnect data (specification: WSPSendDisconnect). */
export type LPWSPSENDDISCONNECT = (s: SOCKET, lpOutboundDisconnectData: WSABUF | null, lpErrno: Ref<number>) => number;

/** Sends to an address (specification: WSPSendTo). */
export type LPWSPSENDTO = (
  s: SOCKET,
  lpBuffers: WSABUF[],
  dwBufferCount: number,
  lpNumberOfBytesSent: Ref<number> | null,
  dwFlags: number,
  lpTo: Uint8Array | null,
  iTolen: number,
  lpOverlapped: WSAOVERLAPPED | null,
  lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
  lpThreadId: WSATHREADID | null,
  lpErrno: Ref<number>,
) => number;

/** Sets a socket option (specification: WSPSetSockOpt). */
export type LPWSPSETSOCKOPT = (
  s: SOCKET,
  level: number,
  optname: number,
  optval: Uint8Array | null,
  optlen: number,
  lpErrno: Ref<number>,
) => number;

/** Ends sending, receiving or both (specification: WSPShutdown). */
export type LPWSPSHUTDOWN = (s: SOCKET, how: number, lpErrno: Ref<number>) => number;

/** Creates a socket (specification: WSPSocket). */
export type LPWSPSOCKET = (
  af: number,
  type: number,
  protocol: number,
  lpProtocolInfo: WSAPROTOCOL_INFOW | null,
  g: GROUP,
  dwFlags: number,
  lpErrno: Ref<number>,
) => SOCKET;

/** Turns text into a socket address (specification: WSPStringToAddress). */
export type LPWSPSTRINGTOADDRESS = (
  AddressString: string,
  AddressFamily: number,
  lpProtocolInfo: WSAPROTOCOL_INFOW | null,
  lpAddress: Uint8Array,
  lpAddressLength: Ref<number>,
  lpErrno: Ref<number>,
) => number;

/** The thirty functions that a transport provider hands to its client (ws2spi.h: WSPPROC_TABLE). */
export interface WSPPROC_TABLE {
  lpWSPAccept: LPWSPACCEPT;
  lpWSPAddressToString: LPWSPADDRESSTOSTRING;
  lpWSPAsyncSelect: LPWSPASYNCSELECT;
  lpWSPBind: LPWSPBIND;
  lpWSPCancelBlockingCall: LPWSPCANCELBLOCKINGCALL;
  lpWSPCleanup: LPWSPCLEANUP;
  lpWSPCloseSocket: LPWSPCLOSESOCKET;
  lpWSPConnect: LPWSPCONNECT;
  lpWSPDuplicateSocket: LPWSPDUPLICATESOCKET;
  lpWSPEnumNetworkEvents: LPWSPENUMNETWORKEVENTS;
  lpWSPEventSelect: LPWSPEVENTSELECT;
  lpWSPGetOverlappedResult: LPWSPGETOVERLAPPEDRESULT;
  lpWSPGetPeerName: LPWSPGETPEERNAME;
  lpWSPGetSockName: LPWSPGETSOCKNAME;
  lpWSPGetSockOpt: LPWSPGETSOCKOPT;
  lpWSPGetQOSByName: LPWSPGETQOSBYNAME;
  lpWSPIoctl: LPWSPIOCTL;
  lpWSPJoinLeaf: LPWSPJOINLEAF;
  lpWSPListen: LPWSPLISTEN;
  lpWSPRecv: LPWSPRECV;
  lpWSPRecvDisconnect: LPWSPRECVDISCONNECT;
  lpWSPRecvFrom: LPWSPRECVFROM;
  lpWSPSelect: LPWSPSELECT;
  lpWSPSend: LPWSPSEND;
  lpWSPSendDisconnect: LPWSPSENDDISCONNECT;
  lpWSPSendTo: LPWSPSENDTO;
  lpWSPSetSockOpt: LPWSPSETSOCKOPT;
  lpWSPShutdown: LPWSPSHUTDOWN;
  lpWSPSocket: LPWSPSOCKET;
  lpWSPStringToAddress: LPWSPSTRINGTOADDRESS;
}

/** The names of the procedure table's members, in the order of ws2spi.h. */
export const WSPPROC_NAMES = [
  'lpWSPAccept',
  'lpWSPAddressToString',
  'lpWSPAsyncSelect',
  'lpWSPBind',
  'lpWSPCancelBlockingCall',
  'lpWSPCleanup',
  'lpWSPCloseSocket',
  'lpWSPConnect',
  'lpWSPDuplicateSocket',
  'lpWSPEnumNetworkEvents',
  'lpWSPEventSelect',
  'lpWSPGetOverlappedResult',
  'lpWSPGetPeerName',
  'lpWSPGetSockName',
  'lpWSPGetSockOpt',
  'lpWSPGetQOSByName',
  'lpWSPIoctl',
  'lpWSPJoinLeaf',
  'lpWSPListen',
  'lpWSPRecv',
  'lpWSPRecvDisconnect',
  'lpWSPRecvFrom',
  'lpWSPSelect',
  'lpWSPSend',
  'lpWSPSendDisconnect',
  'lpWSPSendTo',
  'lpWSPSetSockOpt',
  'lpWSPShutdown',
  'lpWSPSocket',
  'lpWSPStringToAddress',
] as const satisfies readonly (keyof WSPPROC_TABLE)[];
