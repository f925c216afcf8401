// The functions, and how each is called well.
import {
  AF_INET,
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FIONBIO,
  INVALID_SOCKET,
  IPPROTO_TCP,
  JL_BOTH,
  POLLRDNORM,
  ref,
  SD_SEND,
  SIO_KEEPALIVE_VALS,
  SO_KEEPALIVE,
  SOCK_STREAM,
  sockaddr_in,
  SOL_SOCKET,
  WSA_INVALID_EVENT,
  WSA_WAIT_FAILED,
  WSAOVERLAPPED,
} from 'ws2spi';
import { buffer, loopback } from '../../support/providers.js';
import { addressRoom, NO_OVERLAPPED, row, SE, type FunctionRow, type Rest } from './function-row.js';
import { PORT_RESERVATION_FUNCTIONS } from './port-reservations.js';
import { TRANSFER_FUNCTIONS } from './transfer-functions.js';

const NO_SESSION = { lpCallerData: null, lpCalleeData: null, lpSQOS: null, lpGQOS: null };
const dword = (value = 1): Uint8Array => Uint8Array.of(value, 0, 0, 0);

const NAMED: Rest = { asks: 'connect', waitsFor: 'an answer', kind: 'connect' };
const conversion = (name: 'WSAHtonl' | 'WSAHtons' | 'WSANtohl' | 'WSANtohs', parameter: string): FunctionRow =>
  row(name, 'not bound', SE, ({ s }) => ({ s, value: 1, [parameter]: ref(0) }));

/** Every function that has documented codes. */
export const FUNCTIONS: readonly FunctionRow[] = [
  ...PORT_RESERVATION_FUNCTIONS,
  ...TRANSFER_FUNCTIONS,
  row(
    'accept',
    'listening, with a connection',
    INVALID_SOCKET,
    ({ s }) => ({ s, addr: addressRoom(), addrlen: ref(128) }),
    {
      asks: 'accept',
      waitsFor: 'a connection',
      kind: 'accept',
    },
  ),
  row('bind', 'not bound', SE, ({ s }) => ({ s, name: loopback(), namelen: 16 }), { asks: 'bind' }),
  row('closesocket', 'connected', SE, ({ s }) => ({ s })),
  row('connect', 'not bound', SE, ({ s, name }) => ({ s, name, namelen: 16 }), NAMED),
  row('getpeername', 'connected', SE, ({ s }) => ({ s, name: addressRoom(), namelen: ref(128) }), {
    asks: 'peer name',
  }),
  row('getsockname', 'bound', SE, ({ s }) => ({ s, name: addressRoom(), namelen: ref(128) }), { asks: 'local name' }),
  row('getsockopt', 'not bound', SE, ({ s }) => ({
    s,
    level: SOL_SOCKET,
    optname: SO_KEEPALIVE,
    optval: dword(),
    optlen: ref(4),
  })),
  row('ioctlsocket', 'not bound', SE, ({ s }) => ({ s, cmd: FIONBIO, argp: ref(1) })),
  row('listen', 'bound', SE, ({ s }) => ({ s, backlog: 1 }), { asks: 'listen' }),
  row(
    'select',
    'connected, with data',
    SE,
    ({ s }) => ({
      nfds: 0,
      readfds: { fd_count: 1, fd_array: [s] },
      writefds: null,
      exceptfds: null,
      timeout: null,
    }),
    { waitsFor: 'a socket' },
  ),
  row(
    'setsockopt',
    'not bound',
    SE,
    ({ s }) => ({ s, level: SOL_SOCKET, optname: SO_KEEPALIVE, optval: dword(), optlen: 4 }),
    { asks: 'set option' },
  ),
  row('shutdown', 'connected', SE, ({ s }) => ({ s, how: SD_SEND }), { asks: 'shutdown' }),
  row('socket', 'none', INVALID_SOCKET, () => ({ af: AF_INET, type: SOCK_STREAM, protocol: IPPROTO_TCP }), {
    asks: 'open',
    kind: 'socket',
  }),
  row(
    'WSAAccept',
    'listening, with a connection',
    INVALID_SOCKET,
    ({ s }) => ({ s, addr: addressRoom(), addrlen: ref(128), lpfnCondition: null, dwCallbackData: 0 }),
    { asks: 'accept', waitsFor: 'a connection', kind: 'accept', ignores: ['dwCallbackData'] },
  ),
  row('WSAAddressToString', 'none', SE, () => ({
    lpsaAddress: loopback(80),
    dwAddressLength: 16,
    lpProtocolInfo: null,
    lpszAddressString: { value: '' },
    lpdwAddressStringLength: ref(64),
  })),
  row('WSAAsyncSelect', 'not bound', SE, ({ world, s }) => ({
    s,
    hWnd: world.ws2.host.CreateWindow(),
    wMsg: 0x401,
    lEvent: FD_CONNECT | FD_READ | FD_CLOSE,
  })),
  row('WSACleanup', 'none', SE, () => ({})),
  row('WSACloseEvent', 'none', false, ({ world }) => ({ hEvent: world.event() }), { kind: 'event' }),
  row('WSAConnect', 'not bound', SE, ({ s, name }) => ({ s, name, namelen: 16, ...NO_SESSION }), NAMED),
  row(
    'WSAConnectByList',
    'not bound',
    false,
    ({ s, name }) => ({
      s,
      SocketAddress: { iAddressCount: 1, Address: [{ lpSockaddr: name, iSockaddrLength: 16 }] },
      LocalAddressLength: ref(128),
      LocalAddress: addressRoom(),
      RemoteAddressLength: ref(128),
      RemoteAddress: addressRoom(),
      timeout: null,
      Reserved: null,
    }),
    NAMED,
  ),
  row(
    'WSAConnectByName',
    'not bound',
    false,
    ({ s, name }) => ({
      s,
      nodename: [...name.subarray(4, 8)].join('.'),
      servicename: String((name[2]! << 8) | name[3]!),
      LocalAddressLength: ref(128),
      LocalAddress: addressRoom(),
      RemoteAddressLength: ref(128),
      RemoteAddress: addressRoom(),
      timeout: null,
      Reserved: null,
    }),
    NAMED,
  ),
  row('WSACreateEvent', 'none', WSA_INVALID_EVENT, () => ({})),
  row('WSADuplicateSocket', 'not bound', SE, ({ s }) => ({ s, dwProcessId: process.pid, lpProtocolInfo: {} }), {
    asks: 'offer',
  }),
  row('WSAEnumNetworkEvents', 'not bound', SE, ({ s }) => ({ s, hEventObject: null, lpNetworkEvents: {} }), {
    ignores: ['hEventObject'],
  }),
  row('WSAEnumProtocols', 'none', SE, () => ({
    lpiProtocols: null,
    lpProtocolBuffer: [],
    lpdwBufferLength: ref(1_000_000),
  })),
  row('WSAEventSelect', 'not bound', SE, ({ world, s }) => ({
    s,
    hEventObject: world.event(),
    lNetworkEvents: FD_READ,
  })),
  row(
    'WSAGetOverlappedResult',
    'connected',
    false,
    ({ s }) => ({ s, lpOverlapped: new WSAOVERLAPPED(), lpcbTransfer: ref(0), fWait: false, lpdwFlags: ref(0) }),
    { waitsFor: 'an operation' },
  ),
  row('WSAGetQOSByName', 'not bound', false, ({ s }) => ({ s, lpQOSName: buffer('G711'), lpQOS: {} })),
  conversion('WSAHtonl', 'lpnetlong'),
  conversion('WSAHtons', 'lpnetshort'),
  row(
    'WSAIoctl',
    'connected',
    SE,
    ({ s }) => ({
      s,
      dwIoControlCode: SIO_KEEPALIVE_VALS,
      lpvInBuffer: new Uint8Array(12),
      cbInBuffer: 12,
      lpvOutBuffer: null,
      cbOutBuffer: 0,
      lpcbBytesReturned: ref(0),
      ...NO_OVERLAPPED,
    }),
    { asks: 'control', ignores: ['lpvOutBuffer'] },
  ),
  row(
    'WSAJoinLeaf',
    'leaf',
    INVALID_SOCKET,
    ({ s }) => ({ s, name: sockaddr_in('239.192.7.1', 9), namelen: 16, ...NO_SESSION, dwFlags: JL_BOTH }),
    { asks: 'bind' },
  ),
  conversion('WSANtohl', 'lphostlong'),
  conversion('WSANtohs', 'lphostshort'),
  row(
    'WSAPoll',
    'connected, with data',
    SE,
    ({ s }) => ({ fdArray: [{ fd: s, events: POLLRDNORM, revents: 0 }], fds: 1, timeout: -1 }),
    { waitsFor: 'a socket' },
  ),
  row('WSAProviderConfigChange', 'none', SE, () => ({ lpNotificationHandle: ref(0), ...NO_OVERLAPPED })),
  row('WSARecvDisconnect', 'connected', SE, ({ s }) => ({ s, lpInboundDisconnectData: null }), { asks: 'shutdown' }),
  row('WSAResetEvent', 'none', false, ({ world }) => ({ hEvent: world.event() }), { kind: 'event' }),
  row('WSASendDisconnect', 'connected', SE, ({ s }) => ({ s, lpOutboundDisconnectData: null }), { asks: 'shutdown' }),
  row('WSASetEvent', 'none', false, ({ world }) => ({ hEvent: world.event() }), { kind: 'event' }),
  row('WSASetLastError', 'none', undefined, () => ({ iError: 0 })),
  row(
    'WSASocket',
    'none',
    INVALID_SOCKET,
    () => ({ af: AF_INET, type: SOCK_STREAM, protocol: IPPROTO_TCP, lpProtocolInfo: null, g: 0, dwFlags: 1 }),
    { asks: 'open', kind: 'socket' },
  ),
  row('WSAStartup', 'none', undefined, () => ({ wVersionRequested: 0x0202, lpWSAData: {} })),
  row('WSAStringToAddress', 'none', SE, () => ({
    AddressString: '127.0.0.1:80',
    AddressFamily: AF_INET,
    lpProtocolInfo: null,
    lpAddress: addressRoom(),
    lpAddressLength: ref(128),
  })),
  row(
    'WSAWaitForMultipleEvents',
    'none',
    WSA_WAIT_FAILED,
    ({ world }) => {
      const hEvent = world.event();
      world.ws2.WSASetEvent(hEvent);
      return { cEvents: 1, lphEvents: [hEvent], fWaitAll: false, dwTimeout: 1000, fAlertable: false };
    },
    { waitsFor: 'an event' },
  ),
  row(
    'ConnectEx',
    'bound',
    false,
    ({ s, name }) => ({
      s,
      name,
      namelen: 16,
      lpSendBuffer: null,
      dwSendDataLength: 0,
      lpdwBytesSent: null,
      lpOverlapped: new WSAOVERLAPPED(),
    }),
    // Without data to send, its buffer is not looked at; without an operation, it fails otherwise.
    { asks: 'connect', kind: 'connect', ignores: ['lpSendBuffer', 'lpdwBytesSent', 'lpOverlapped'] },
  ),
  row('DisconnectEx', 'connected', false, ({ s }) => ({ s, lpOverlapped: null, dwFlags: 0, dwReserved: 0 }), {
    asks: 'shutdown',
  }),
];
