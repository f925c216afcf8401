// The functions that scenarios call: C's parameters in C's order, each a name and a kind. Everything else follows from
// these rows: the methods of a scenario, the C that is generated, the call on this project, and what a trace shows.
import type { BAD, Buffer, Input, Integer, Variable } from './values.js';

/** What each kind of parameter takes in a scenario. */
export interface Kinds {
  /** A number. */
  int: Integer;
  /** A socket or another handle. */
  socket: Variable | Integer | null;
  handle: Variable | Integer | null;
  /** Bytes that the function reads, addresses among them. */
  in: Input;
  /** Bytes that it writes; traced afterwards. */
  room: Variable | typeof BAD | null;
  /** A number that it writes; a plain number is what is there before. */
  ref: Variable | number | typeof BAD | null;
  /** A set of sockets; traced afterwards. */
  set: readonly Integer[] | null;
  /** Milliseconds, or `null` for ever. */
  timeval: number | 'SHORT' | 'LONG' | null;
  buffers: readonly Buffer[] | null;
  overlapped: Variable | null;
  /** Whether the scenarios' completion routine is given; its calls are traced. */
  routine: 'routine' | null;
  /** A condition function that gives this; its calls are traced. */
  condition: string | null;
  events: readonly Integer[] | null;
  polls: readonly { readonly fd: Integer; readonly events: Integer }[] | null;
  /** A text in. */
  text: string | null;
  /** A text out: so many characters have room. */
  outtext: number | null;
  /** A WSAPROTOCOL_INFO: that of a socket, with some members changed. */
  information: {
    readonly of: Variable;
    readonly family?: number;
    readonly type?: number;
    readonly protocol?: number;
  } | null;
  /** A WSAMSG. */
  message: {
    readonly name?: Input;
    readonly namelen?: number;
    readonly buffers: readonly Buffer[];
    readonly control?: Variable;
    readonly controlLength?: number;
    readonly flags?: Integer;
  } | null;
  /** TRANSMIT_FILE_BUFFERS. */
  headAndTail: { readonly head: string | null; readonly tail: string | null } | null;
}

/** A kind of parameter. */
export type Kind = keyof Kinds;

/**
 * How a result is shown: `status` and `count` (−1 is SOCKET_ERROR), `bool`, `wait`, `int`, `address` (of IPv4, in hex),
 * a
 * `text`, a structure in words, `socket` and `handle` (their variable's name); `none` for void.
 */
export type Result =
  | 'status'
  | 'int'
  | 'bool'
  | 'wait'
  | 'address'
  | 'text'
  | 'words'
  | 'socket'
  | 'event'
  | 'window'
  | 'port'
  | 'task'
  | 'file'
  | 'none';

/** One function. */
export interface Signature {
  readonly result: Result;
  /** `name kind`. */
  readonly parameters: readonly `${string} ${Kind}`[];
  /** C's name, where it is none of WinSock's own; such functions are in `support.c`, and in `own-functions.ts`. */
  readonly own?: true;
  /** Several calls in one word: the last error says nothing. */
  readonly helper?: true;
  /** How numbers that it writes are named. */
  readonly refs?: 'overlapped';
}

const f = <R extends Result, const P extends readonly `${string} ${Kind}`[]>(result: R, ...parameters: P) => ({
  result,
  parameters,
});
const own = <R extends Result, const P extends readonly `${string} ${Kind}`[]>(result: R, ...parameters: P) => ({
  result,
  parameters,
  own: true as const,
});

const helper = <R extends Result, const P extends readonly `${string} ${Kind}`[]>(result: R, ...parameters: P) => ({
  ...own(result, ...parameters),
  helper: true as const,
});

/** Every function, by name. */
export const FUNCTIONS = {
  WSAStartup: own('int', 'wVersionRequested int'),
  WSACleanup: f('status'),
  WSAGetLastError: f('int'),
  WSASetLastError: f('none', 'iError int'),

  socket: f('socket', 'af int', 'type int', 'protocol int'),
  WSASocketA: f('socket', 'af int', 'type int', 'protocol int', 'lpProtocolInfo information', 'g int', 'dwFlags int'),
  WSADuplicateSocketA: own('socket', 's socket'),
  closesocket: f('status', 's socket'),
  bind: f('status', 's socket', 'name in', 'namelen int'),
  connect: f('status', 's socket', 'name in', 'namelen int'),
  WSAConnect: f(
    'status',
    's socket',
    'name in',
    'namelen int',
    'lpCallerData buffers',
    'lpCalleeData buffers',
    'lpSQOS handle',
    'lpGQOS handle',
  ),
  listen: f('status', 's socket', 'backlog int'),
  accept: f('socket', 's socket', 'addr room', 'addrlen ref'),
  WSAAccept: f('socket', 's socket', 'addr room', 'addrlen ref', 'lpfnCondition condition', 'dwCallbackData int'),
  getsockname: f('status', 's socket', 'name room', 'namelen ref'),
  getpeername: f('status', 's socket', 'name room', 'namelen ref'),
  shutdown: f('status', 's socket', 'how int'),
  WSASendDisconnect: f('status', 's socket', 'lpOutboundDisconnectData buffers'),
  WSARecvDisconnect: f('status', 's socket', 'lpInboundDisconnectData buffers'),
  WSAJoinLeaf: f(
    'socket',
    's socket',
    'name in',
    'namelen int',
    'lpCallerData buffers',
    'lpCalleeData buffers',
    'lpSQOS handle',
    'lpGQOS handle',
    'dwFlags int',
  ),

  send: f('status', 's socket', 'buf in', 'len int', 'flags int'),
  recv: f('status', 's socket', 'buf room', 'len int', 'flags int'),
  sendto: f('status', 's socket', 'buf in', 'len int', 'flags int', 'to in', 'tolen int'),
  recvfrom: f('status', 's socket', 'buf room', 'len int', 'flags int', 'from room', 'fromlen ref'),
  WSASend: f(
    'status',
    's socket',
    'lpBuffers buffers',
    'dwBufferCount int',
    'lpNumberOfBytesSent ref',
    'dwFlags int',
    'lpOverlapped overlapped',
    'lpCompletionRoutine routine',
  ),
  WSARecv: f(
    'status',
    's socket',
    'lpBuffers buffers',
    'dwBufferCount int',
    'lpNumberOfBytesRecvd ref',
    'lpFlags ref',
    'lpOverlapped overlapped',
    'lpCompletionRoutine routine',
  ),
  WSASendTo: f(
    'status',
    's socket',
    'lpBuffers buffers',
    'dwBufferCount int',
    'lpNumberOfBytesSent ref',
    'dwFlags int',
    'lpTo in',
    'iTolen int',
    'lpOverlapped overlapped',
    'lpCompletionRoutine routine',
  ),
  WSARecvFrom: f(
    'status',
    's socket',
    'lpBuffers buffers',
    'dwBufferCount int',
    'lpNumberOfBytesRecvd ref',
    'lpFlags ref',
    'lpFrom room',
    'lpFromlen ref',
    'lpOverlapped overlapped',
    'lpCompletionRoutine routine',
  ),

  select: f('status', 'nfds int', 'readfds set', 'writefds set', 'exceptfds set', 'timeout timeval'),
  WSAPoll: f('status', 'fdArray polls', 'fds int', 'timeout int'),
  WSACreateEvent: f('event'),
  WSACloseEvent: f('bool', 'hEvent handle'),
  WSASetEvent: f('bool', 'hEvent handle'),
  WSAResetEvent: f('bool', 'hEvent handle'),
  WSAWaitForMultipleEvents: f(
    'wait',
    'cEvents int',
    'lphEvents events',
    'fWaitAll int',
    'dwTimeout int',
    'fAlertable int',
  ),
  WSAEventSelect: f('status', 's socket', 'hEventObject handle', 'lNetworkEvents int'),
  WSAEnumNetworkEvents: own('status', 's socket', 'hEventObject handle', 'lpNetworkEvents int'),
  WSAAsyncSelect: f('status', 's socket', 'hWnd handle', 'wMsg int', 'lEvent int'),
  WSAGetOverlappedResult: f(
    'bool',
    's socket',
    'lpOverlapped overlapped',
    'lpcbTransfer ref',
    'fWait int',
    'lpdwFlags ref',
  ),

  WSAConnectByNameA: own(
    'bool',
    's socket',
    'nodename text',
    'servicename text',
    'port socket',
    'LocalAddress room',
    'RemoteAddress room',
  ),
  WSAEnumProtocolsA: own('int', 'lpdwBufferLength ref'),
  WSALookupServiceEnd: f('status', 'hLookup handle'),

  getsockopt: f('status', 's socket', 'level int', 'optname int', 'optval room', 'optlen ref'),
  setsockopt: f('status', 's socket', 'level int', 'optname int', 'optval in', 'optlen int'),
  ioctlsocket: f('status', 's socket', 'cmd int', 'argp ref'),
  WSAIoctl: f(
    'status',
    's socket',
    'dwIoControlCode int',
    'lpvInBuffer in',
    'cbInBuffer int',
    'lpvOutBuffer room',
    'cbOutBuffer int',
    'lpcbBytesReturned ref',
    'lpOverlapped overlapped',
    'lpCompletionRoutine routine',
  ),

  htonl: f('address', 'hostlong int'),
  ntohl: f('address', 'netlong int'),
  htons: f('int', 'hostshort int'),
  ntohs: f('int', 'netshort int'),
  WSAHtonl: f('status', 's socket', 'hostlong int', 'lpnetlong ref'),
  WSANtohl: f('status', 's socket', 'netlong int', 'lphostlong ref'),
  WSAHtons: own('status', 's socket', 'hostshort int', 'lpnetshort ref'),
  WSANtohs: own('status', 's socket', 'netshort int', 'lphostshort ref'),
  inet_addr: f('address', 'cp text'),
  inet_ntoa: own('text', 'in int'),
  inet_pton: f('int', 'Family int', 'pszAddrString text', 'pAddrBuf room'),
  inet_ntop: own('text', 'Family int', 'pAddr in', 'StringBufSize int'),
  WSAAddressToStringA: f(
    'status',
    'lpsaAddress in',
    'dwAddressLength int',
    'lpProtocolInfo information',
    'lpszAddressString outtext',
    'lpdwAddressStringLength ref',
  ),
  WSAStringToAddressA: f(
    'status',
    'AddressString text',
    'AddressFamily int',
    'lpProtocolInfo information',
    'lpAddress room',
    'lpAddressLength ref',
  ),
  gethostname: f('status', 'name outtext', 'namelen int'),
  gethostbyname: own('words', 'name text'),
  gethostbyaddr: own('words', 'addr in', 'len int', 'type int'),
  getservbyname: own('words', 'name text', 'proto text'),
  getservbyport: own('words', 'port int', 'proto text'),
  getprotobyname: own('words', 'name text'),
  getprotobynumber: own('words', 'number int'),
  getaddrinfo: own(
    'words',
    'pNodeName text',
    'pServiceName text',
    'ai_flags int',
    'ai_family int',
    'ai_socktype int',
    'ai_protocol int',
  ),
  getnameinfo: own('words', 'pSockaddr in', 'SockaddrLength int', 'Flags int'),
  WSAAsyncGetServByName: own('words', 'hWnd handle', 'name text', 'proto text', 'buflen int'),
  WSAAsyncGetServByPort: own('words', 'hWnd handle', 'port int', 'proto text', 'buflen int'),
  WSAAsyncGetProtoByName: own('words', 'hWnd handle', 'name text', 'buflen int'),
  WSAAsyncGetProtoByNumber: own('words', 'hWnd handle', 'number int', 'buflen int'),
  WSAAsyncGetHostByName: own('words', 'hWnd handle', 'name text', 'buflen int'),
  WSACancelAsyncRequest: f('status', 'hAsyncTaskHandle handle'),

  AcceptEx: f(
    'bool',
    'sListenSocket socket',
    'sAcceptSocket socket',
    'lpOutputBuffer in',
    'dwReceiveDataLength int',
    'dwLocalAddressLength int',
    'dwRemoteAddressLength int',
    'lpdwBytesReceived ref',
    'lpOverlapped overlapped',
  ),
  GetAcceptExSockaddrs: own(
    'words',
    'lpOutputBuffer in',
    'dwReceiveDataLength int',
    'dwLocalAddressLength int',
    'dwRemoteAddressLength int',
  ),
  ConnectEx: f(
    'bool',
    's socket',
    'name in',
    'namelen int',
    'lpSendBuffer in',
    'dwSendDataLength int',
    'lpdwBytesSent ref',
    'lpOverlapped overlapped',
  ),
  DisconnectEx: f('bool', 's socket', 'lpOverlapped overlapped', 'dwFlags int', 'dwReserved int'),
  TransmitFile: f(
    'bool',
    'hSocket socket',
    'hFile handle',
    'nNumberOfBytesToWrite int',
    'nNumberOfBytesPerSend int',
    'lpOverlapped overlapped',
    'lpTransmitBuffers headAndTail',
    'dwReserved int',
  ),
  WSASendMsg: f(
    'status',
    's socket',
    'lpMsg message',
    'dwFlags int',
    'lpNumberOfBytesSent ref',
    'lpOverlapped overlapped',
    'lpCompletionRoutine routine',
  ),
  WSARecvMsg: own(
    'status',
    's socket',
    'lpMsg message',
    'lpdwNumberOfBytesRecvd ref',
    'lpOverlapped overlapped',
    'lpCompletionRoutine routine',
  ),

  SleepEx: helper('wait', 'dwMilliseconds int', 'bAlertable int'),
  CreateWindow: helper('window'),
  DestroyWindow: helper('bool', 'hWnd handle'),
  CreateIoCompletionPort: own('port', 'FileHandle handle', 'ExistingCompletionPort handle', 'CompletionKey int'),
  GetQueuedCompletionStatus: {
    ...own(
      'bool',
      'CompletionPort handle',
      'lpNumberOfBytes ref',
      'lpCompletionKey ref',
      'lpOverlapped ref',
      'dwMilliseconds int',
    ),
    refs: 'overlapped' as const,
  },
  PostQueuedCompletionStatus: own(
    'bool',
    'CompletionPort handle',
    'dwNumberOfBytes int',
    'dwCompletionKey int',
    'lpOverlapped overlapped',
  ),
  CloseHandle: own('bool', 'hObject handle'),

  // Not of WinSock: what a program would do with it, in one word.
  /** Waits, by `select`, until a socket is readable, writable or exceptional. */
  waitFor: helper('int', 's socket', 'condition text'),
  /** Waits so long for an event object, lets things settle, and fetches what is recorded. */
  networkEvents: helper('words', 's socket', 'hEventObject handle', 'milliseconds int'),
  /** Waits so long for a message, lets things settle, and takes all there are. */
  messages: helper('words', 'hWnd handle', 'milliseconds int'),
  /** Family, type and protocol of a socket, from SO_PROTOCOL_INFO. */
  triple: helper('words', 's socket'),
  /** Shows the content of room. */
  show: helper('none', 'room room'),
  /** Writes an NTSTATUS, and 5 bytes, into an overlapped structure. */
  setStatus: helper('none', 'lpOverlapped overlapped', 'status int'),
  /** Shows what an overlapped structure says. */
  showOverlapped: helper('words', 'lpOverlapped overlapped'),
  /** Has an APC queued that traces itself. */
  queueApc: helper('none'),
  /** A temporary file with this content, open for reading. */
  file: helper('file', 'content text'),
} satisfies Record<string, Signature>;

/** The name of a function in the table. */
export type FunctionName = keyof typeof FUNCTIONS;

type KindOf<P> = P extends `${string} ${infer K extends Kind}` ? K : never;

type Values<P extends readonly string[]> = { -readonly [I in keyof P]: Kinds[KindOf<P[I]>] };

/** What a function takes in a scenario. */
export type Arguments<N extends FunctionName> = Values<(typeof FUNCTIONS)[N]['parameters']>;
