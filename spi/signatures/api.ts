// The functions of the API. Those that have an A and a W form too are the same function by three names here.
import {
  address,
  buffer,
  buffers,
  bytes,
  coded,
  counted,
  ERRNO,
  flags,
  given,
  handled,
  inout,
  opened,
  optional,
  out,
  OVERLAPPED,
  pointer,
  ROUTINE,
  silent,
  socket,
  socketSet,
  status,
  structure,
  structures,
  truth,
  valued,
  WITH_CONNECTION,
  type Argument,
  type Signature,
} from './argument.js';

const S = socket();
const NAME = address('name', 'namelen');
const NAMELEN = given('namelen', 'length');
const COUNT = given('dwBufferCount', 'count');
const FLAGS = flags('flags');
const LEN = given('len', 'length');
const EVENT = given('hEvent', 'event');
const PORT_BLOCK = [given('StartPort', 'number'), given('NumberOfPorts', 'count')] as const;
const TOKEN = out('Token', 'number');
const PROTOCOL_INFO = optional(structure('lpProtocolInfo', 'WSAPROTOCOL_INFOW'));
const PROVIDER_ID = given('lpProviderId', 'guid');
const ENTRIES = given('dwNumberOfEntries', 'count');
const ROOM = inout('lpdwBufferLength', 'length');
const CONTROL_FLAGS = flags('dwControlFlags');
const LOOKUP = given('hLookup', 'handle');
const CLASS_ID = given('lpServiceClassId', 'guid');
const CLASS_NAME = status(
  CLASS_ID,
  optional(out('lpszServiceClassName', 'text', 'lpdwBufferLength')),
  inout('lpdwBufferLength', 'length'),
);
const HOST_SOCKET = socket('hSocket');

const BOTH_ADDRESSES = [
  optional(inout('LocalAddressLength', 'length')),
  optional(address('LocalAddress', 'LocalAddressLength', 'out')),
  optional(inout('RemoteAddressLength', 'length')),
  optional(address('RemoteAddress', 'RemoteAddressLength', 'out')),
  optional(structure('timeout', 'timeval')),
  optional(given('Reserved', 'overlapped')),
] as const satisfies readonly Argument[];

const ACCEPT_ROOM = [
  given('dwReceiveDataLength', 'length'),
  given('dwLocalAddressLength', 'length'),
  given('dwRemoteAddressLength', 'length'),
] as const satisfies readonly Argument[];

const ENUM_PROTOCOLS = [
  optional(given('lpiProtocols', 'numbers')),
  optional(structures('lpProtocolBuffer', 'WSAPROTOCOL_INFOW', 'lpdwBufferLength', 'out')),
  ROOM,
] as const satisfies readonly Argument[];

const INSTALL = [
  PROVIDER_ID,
  given('lpszProviderDllPath', 'text'),
  structures('lpProtocolInfoList', 'WSAPROTOCOL_INFOW', 'dwNumberOfEntries'),
  ENTRIES,
  ERRNO,
] as const satisfies readonly Argument[];

const NAME_SPACES = counted(ROOM, optional(structures('lpnspBuffer', 'WSANAMESPACE_INFOW', 'lpdwBufferLength', 'out')));
const NAME_SPACES_EX = counted(
  ROOM,
  optional(structures('lpnspBuffer', 'WSANAMESPACE_INFOEXW', 'lpdwBufferLength', 'out')),
);

const GET_PROVIDER_PATH = status(
  PROVIDER_ID,
  optional(out('lpszProviderDllPath', 'text', 'lpProviderDllPathLen')),
  inout('lpProviderDllPathLen', 'length'),
  ERRNO,
);

const CHAINS_OF_LAYER = [
  given('lpszLspName', 'text'),
  flags('dwServiceFlags'),
  optional(structures('lpProtocolInfoList', 'WSAPROTOCOL_INFOW', 'dwNumberOfEntries')),
  ENTRIES,
  out('lpdwCatalogEntryId', 'number'),
  ERRNO,
] as const satisfies readonly Argument[];

const INFO_TYPE = given('InfoType', 'number');
const SET_PROVIDER_INFO = status(
  PROVIDER_ID,
  INFO_TYPE,
  bytes('Info', 'InfoSize'),
  given('InfoSize', 'length'),
  flags('Flags'),
  ERRNO,
);
const GET_PROVIDER_INFO = status(
  PROVIDER_ID,
  INFO_TYPE,
  optional(bytes('Info', 'InfoSize', 'out')),
  inout('InfoSize', 'length'),
  flags('Flags'),
  ERRNO,
);

const PROGRAM = [
  given('Path', 'text'),
  given('PathLength', 'length'),
  optional(given('Extra', 'text')),
  given('ExtraLength', 'length'),
] as const satisfies readonly Argument[];

const NEW_NAME_SPACE = [
  given('lpszIdentifier', 'text'),
  given('lpszPathName', 'text'),
  given('dwNameSpace', 'number'),
  given('dwVersion', 'number'),
  PROVIDER_ID,
] as const satisfies readonly Argument[];

const converted = <const Value extends string, const Put extends string>(value: Value, put: Put) =>
  status(S, given(value, 'number'), out(put, 'number'));

/** A function by its name, and by those with A and W behind it. */
function inBothWidths<const Name extends string, const Described extends Signature>(
  name: Name,
  signature: Described,
): Record<Name | `${Name}A` | `${Name}W`, Described> {
  return { [name]: signature, [`${name}A`]: signature, [`${name}W`]: signature } as never;
}

/** A function by its name, and by that with 32 behind it. */
function withTwin32<const Name extends string>(
  name: Name,
  signature: Signature,
): Record<Name | `${Name}32`, Signature> {
  return { [name]: signature, [`${name}32`]: signature } as never;
}

const INET_PTON = counted(given('Family', 'number'), given('pszAddrString', 'text'), {
  ...given('pAddrBuf', 'bytes'),
  direction: 'out',
});
const INET_NTOP = pointer(
  given('Family', 'number'),
  given('pAddr', 'bytes'),
  out('pStringBuf', 'text', 'StringBufSize'),
  given('StringBufSize', 'length'),
);
const GETHOSTNAME = status(out('name', 'text', 'namelen'), NAMELEN);
const BY_NAME = given('name', 'text');
const PROTO = optional(given('proto', 'text'));
const GETADDRINFO = coded(
  optional(given('pNodeName', 'text')),
  optional(given('pServiceName', 'text')),
  optional(structure('pHints', 'ADDRINFOW')),
  out('ppResult', 'any'),
);
const FREEADDRINFO = silent(optional(structure('pAddrInfo', 'ADDRINFOW')));
const GETNAMEINFO = coded(
  address('pSockaddr', 'SockaddrLength'),
  given('SockaddrLength', 'length'),
  optional(out('pNodeBuffer', 'text', 'NodeBufferSize')),
  given('NodeBufferSize', 'length'),
  optional(out('pServiceBuffer', 'text', 'ServiceBufferSize')),
  given('ServiceBufferSize', 'length'),
  flags('Flags'),
);
const GAI_STRERROR = valued(given('ecode', 'number'));
const TO_WINDOW = [given('hWnd', 'window'), given('wMsg', 'number')] as const;
const INTO_BUFFER = [bytes('buf', 'buflen', 'out'), given('buflen', 'length')] as const;

/** The signatures of the functions of an instance, by their names. */
export const API_SIGNATURES = {
  WSAStartup: coded(given('wVersionRequested', 'number'), optional(structure('lpWSAData', 'WSADATA', 'out'))),
  WSACleanup: status(),
  WSAGetLastError: valued(),
  WSASetLastError: silent(given('iError', 'error')),

  socket: opened(given('af', 'number'), given('type', 'number'), given('protocol', 'number')),
  ...inBothWidths(
    'WSASocket',
    opened(
      given('af', 'number'),
      given('type', 'number'),
      given('protocol', 'number'),
      PROTOCOL_INFO,
      given('g', 'group'),
      flags(),
    ),
  ),
  ...inBothWidths(
    'WSADuplicateSocket',
    status(S, given('dwProcessId', 'number'), structure('lpProtocolInfo', 'WSAPROTOCOL_INFOW', 'out')),
  ),
  accept: opened(S, optional(address('addr', 'addrlen', 'out')), optional(inout('addrlen', 'length'))),
  WSAAccept: opened(
    S,
    optional(address('addr', 'addrlen', 'out')),
    optional(inout('addrlen', 'length')),
    optional(given('lpfnCondition', 'routine')),
    given('dwCallbackData', 'any'),
  ),
  closesocket: status(S),

  bind: status(S, NAME, NAMELEN),
  connect: status(S, NAME, NAMELEN),
  WSAConnect: status(S, NAME, NAMELEN, ...WITH_CONNECTION),
  listen: status(S, given('backlog', 'number')),
  shutdown: status(S, given('how', 'number')),
  getsockname: status(S, address('name', 'namelen', 'out'), inout('namelen', 'length')),
  getpeername: status(S, address('name', 'namelen', 'out'), inout('namelen', 'length')),
  WSAJoinLeaf: opened(S, NAME, NAMELEN, ...WITH_CONNECTION, flags()),
  WSASendDisconnect: status(S, optional(buffer('lpOutboundDisconnectData'))),
  WSARecvDisconnect: status(S, optional(buffer('lpInboundDisconnectData', 'out'))),

  send: counted(S, optional(bytes('buf', 'len')), LEN, FLAGS),
  sendto: counted(
    S,
    optional(bytes('buf', 'len')),
    LEN,
    FLAGS,
    optional(address('to', 'tolen')),
    given('tolen', 'length'),
  ),
  recv: counted(S, optional(bytes('buf', 'len', 'out')), LEN, FLAGS),
  recvfrom: counted(
    S,
    optional(bytes('buf', 'len', 'out')),
    LEN,
    FLAGS,
    optional(address('from', 'fromlen', 'out')),
    optional(inout('fromlen', 'length')),
  ),
  WSASend: status(
    S,
    buffers('in'),
    COUNT,
    optional(out('lpNumberOfBytesSent', 'length')),
    flags(),
    OVERLAPPED,
    ROUTINE,
  ),
  WSASendTo: status(
    S,
    buffers('in'),
    COUNT,
    optional(out('lpNumberOfBytesSent', 'length')),
    flags(),
    optional(address('lpTo', 'iTolen')),
    given('iTolen', 'length'),
    OVERLAPPED,
    ROUTINE,
  ),
  WSARecv: status(
    S,
    buffers('out'),
    COUNT,
    optional(out('lpNumberOfBytesRecvd', 'length')),
    inout('lpFlags', 'flags'),
    OVERLAPPED,
    ROUTINE,
  ),
  WSARecvFrom: status(
    S,
    buffers('out'),
    COUNT,
    optional(out('lpNumberOfBytesRecvd', 'length')),
    inout('lpFlags', 'flags'),
    optional(address('lpFrom', 'lpFromlen', 'out')),
    optional(inout('lpFromlen', 'length')),
    OVERLAPPED,
    ROUTINE,
  ),
  WSARecvEx: counted(S, optional(bytes('buf', 'len', 'out')), LEN, inout('flags', 'flags')),

  select: counted(
    given('nfds', 'count'),
    socketSet('readfds'),
    socketSet('writefds'),
    socketSet('exceptfds'),
    optional(structure('timeout', 'timeval')),
  ),
  __WSAFDIsSet: valued(S, structure('set', 'fd_set')),
  WSAPoll: counted(
    optional(structures('fdArray', 'WSAPOLLFD', 'fds', 'inout')),
    given('fds', 'count'),
    given('timeout', 'number'),
  ),
  WSACreateEvent: handled(),
  WSACloseEvent: truth(EVENT),
  WSASetEvent: truth(EVENT),
  WSAResetEvent: truth(EVENT),
  WSAWaitForMultipleEvents: valued(
    given('cEvents', 'count'),
    { ...given('lphEvents', 'handles'), length: 'cEvents' },
    given('fWaitAll', 'boolean'),
    given('dwTimeout', 'number'),
    given('fAlertable', 'boolean'),
  ),
  WSAEventSelect: status(S, optional(given('hEventObject', 'event')), given('lNetworkEvents', 'networkEvents')),
  WSAEnumNetworkEvents: status(
    S,
    optional(given('hEventObject', 'event')),
    structure('lpNetworkEvents', 'WSANETWORKEVENTS', 'out'),
  ),
  WSAAsyncSelect: status(S, given('hWnd', 'window'), given('wMsg', 'number'), given('lEvent', 'networkEvents')),
  WSApSetPostRoutine: status(optional(given('lpPostRoutine', 'routine'))),
  WSAGetOverlappedResult: truth(
    S,
    given('lpOverlapped', 'overlapped'),
    out('lpcbTransfer', 'length'),
    given('fWait', 'boolean'),
    out('lpdwFlags', 'flags'),
  ),

  getsockopt: status(
    S,
    given('level', 'number'),
    given('optname', 'number'),
    bytes('optval', 'optlen', 'out'),
    inout('optlen', 'length'),
  ),
  setsockopt: status(
    S,
    given('level', 'number'),
    given('optname', 'number'),
    optional(bytes('optval', 'optlen')),
    given('optlen', 'length'),
  ),
  ioctlsocket: status(S, given('cmd', 'code'), inout('argp', 'number')),
  WSAIoctl: status(
    S,
    given('dwIoControlCode', 'code'),
    optional(bytes('lpvInBuffer', 'cbInBuffer')),
    given('cbInBuffer', 'length'),
    optional(bytes('lpvOutBuffer', 'cbOutBuffer', 'out')),
    given('cbOutBuffer', 'length'),
    out('lpcbBytesReturned', 'length'),
    OVERLAPPED,
    ROUTINE,
  ),
  WSAGetQOSByName: truth(S, buffer('lpQOSName'), optional(structure('lpQOS', 'QOS', 'out'))),

  CreatePersistentTcpPortReservation: coded(...PORT_BLOCK, TOKEN),
  CreatePersistentUdpPortReservation: coded(...PORT_BLOCK, TOKEN),
  LookupPersistentTcpPortReservation: coded(...PORT_BLOCK, TOKEN),
  LookupPersistentUdpPortReservation: coded(...PORT_BLOCK, TOKEN),
  DeletePersistentTcpPortReservation: coded(...PORT_BLOCK),
  DeletePersistentUdpPortReservation: coded(...PORT_BLOCK),

  AcceptEx: truth(
    socket('sListenSocket'),
    socket('sAcceptSocket'),
    optional({ ...given('lpOutputBuffer', 'bytes'), direction: 'out' }),
    ...ACCEPT_ROOM,
    optional(out('lpdwBytesReceived', 'length')),
    OVERLAPPED,
  ),
  GetAcceptExSockaddrs: silent(
    given('lpOutputBuffer', 'bytes'),
    ...ACCEPT_ROOM,
    out('LocalSockaddr', 'address', 'LocalSockaddrLength'),
    out('LocalSockaddrLength', 'length'),
    out('RemoteSockaddr', 'address', 'RemoteSockaddrLength'),
    out('RemoteSockaddrLength', 'length'),
  ),
  ConnectEx: truth(
    S,
    NAME,
    NAMELEN,
    optional(bytes('lpSendBuffer', 'dwSendDataLength')),
    given('dwSendDataLength', 'length'),
    optional(out('lpdwBytesSent', 'length')),
    OVERLAPPED,
  ),
  DisconnectEx: truth(S, OVERLAPPED, flags(), given('dwReserved', 'number')),
  TransmitFile: truth(
    HOST_SOCKET,
    optional(given('hFile', 'handle')),
    given('nNumberOfBytesToWrite', 'length'),
    given('nNumberOfBytesPerSend', 'length'),
    OVERLAPPED,
    optional(structure('lpTransmitBuffers', 'TRANSMIT_FILE_BUFFERS')),
    flags('dwReserved'),
  ),
  TransmitPackets: truth(
    HOST_SOCKET,
    optional(structures('lpPacketArray', 'TRANSMIT_PACKETS_ELEMENT', 'nElementCount')),
    given('nElementCount', 'count'),
    given('nSendSize', 'length'),
    OVERLAPPED,
    flags(),
  ),
  WSARecvMsg: status(
    S,
    structure('lpMsg', 'WSAMSG', 'inout'),
    optional(out('lpdwNumberOfBytesRecvd', 'length')),
    OVERLAPPED,
    ROUTINE,
  ),
  WSASendMsg: status(
    S,
    structure('lpMsg', 'WSAMSG'),
    flags(),
    optional(out('lpNumberOfBytesSent', 'length')),
    OVERLAPPED,
    ROUTINE,
  ),

  ...inBothWidths('WSAEnumProtocols', counted(...ENUM_PROTOCOLS)),
  WSAProviderConfigChange: status(inout('lpNotificationHandle', 'handle'), OVERLAPPED, ROUTINE),

  ...inBothWidths(
    'WSAAddressToString',
    status(
      address('lpsaAddress', 'dwAddressLength'),
      given('dwAddressLength', 'length'),
      PROTOCOL_INFO,
      optional(out('lpszAddressString', 'text', 'lpdwAddressStringLength')),
      inout('lpdwAddressStringLength', 'length'),
    ),
  ),
  ...inBothWidths(
    'WSAStringToAddress',
    status(
      given('AddressString', 'text'),
      given('AddressFamily', 'number'),
      PROTOCOL_INFO,
      address('lpAddress', 'lpAddressLength', 'out'),
      inout('lpAddressLength', 'length'),
    ),
  ),
  inet_pton: INET_PTON,
  ...inBothWidths('InetPton', INET_PTON),
  inet_ntop: INET_NTOP,
  ...inBothWidths('InetNtop', INET_NTOP),

  ...inBothWidths(
    'WSALookupServiceBegin',
    status(structure('lpqsRestrictions', 'WSAQUERYSETW'), CONTROL_FLAGS, out('lphLookup', 'handle')),
  ),
  ...inBothWidths(
    'WSALookupServiceNext',
    status(LOOKUP, CONTROL_FLAGS, ROOM, optional(structures('lpqsResults', 'WSAQUERYSETW', 'lpdwBufferLength', 'out'))),
  ),
  WSALookupServiceEnd: status(LOOKUP),
  ...inBothWidths('WSAEnumNameSpaceProviders', NAME_SPACES),
  ...inBothWidths('WSAEnumNameSpaceProvidersEx', NAME_SPACES_EX),
  ...inBothWidths(
    'WSASetService',
    status(structure('lpqsRegInfo', 'WSAQUERYSETW'), given('essOperation', 'number'), CONTROL_FLAGS),
  ),
  ...inBothWidths('WSAInstallServiceClass', status(structure('lpServiceClassInfo', 'WSASERVICECLASSINFOW'))),
  WSARemoveServiceClass: status(CLASS_ID),
  ...inBothWidths(
    'WSAGetServiceClassInfo',
    status(
      PROVIDER_ID,
      CLASS_ID,
      inout('lpdwBufSize', 'length'),
      optional(structures('lpServiceClassInfo', 'WSASERVICECLASSINFOW', 'lpdwBufSize', 'out')),
    ),
  ),
  ...inBothWidths('WSAGetServiceClassNameByClassId', CLASS_NAME),
  ...inBothWidths('WSAGetServiceClassNameByServiceClassId', CLASS_NAME),
  ...inBothWidths(
    'EnumProtocols',
    counted(
      optional(given('lpiProtocols', 'numbers')),
      optional(structures('lpProtocolBuffer', 'PROTOCOL_INFOW', 'lpdwBufferLength', 'out')),
      ROOM,
    ),
  ),
  ...inBothWidths(
    'GetAddressByName',
    counted(
      given('dwNameSpace', 'number'),
      given('lpServiceType', 'guid'),
      optional(given('lpServiceName', 'text')),
      optional(given('lpiProtocols', 'numbers')),
      flags('dwResolution'),
      optional(given('lpServiceAsyncInfo', 'any')),
      optional(structures('lpCsaddrBuffer', 'CSADDR_INFO', 'lpdwBufferLength', 'out')),
      ROOM,
      optional(out('lpAliasBuffer', 'text', 'lpdwAliasBufferLength')),
      optional(inout('lpdwAliasBufferLength', 'length')),
    ),
  ),
  ...inBothWidths(
    'GetNameByType',
    counted(
      given('lpServiceType', 'guid'),
      out('lpServiceName', 'text', 'dwNameLength'),
      given('dwNameLength', 'length'),
    ),
  ),
  ...inBothWidths('GetTypeByName', status(given('lpServiceName', 'text'), out('lpServiceType', 'guid'))),
  ...inBothWidths(
    'GetService',
    counted(
      given('dwNameSpace', 'number'),
      given('lpGuid', 'guid'),
      given('lpServiceName', 'text'),
      flags('dwProperties'),
      optional(structures('lpBuffer', 'NS_SERVICE_INFOW', 'lpdwBufferSize', 'out')),
      inout('lpdwBufferSize', 'length'),
      optional(given('lpServiceAsyncInfo', 'any')),
    ),
  ),
  ...inBothWidths(
    'SetService',
    status(
      given('dwNameSpace', 'number'),
      given('dwOperation', 'number'),
      flags(),
      optional(structure('lpServiceInfo', 'SERVICE_INFOW')),
      optional(given('lpServiceAsyncInfo', 'any')),
      out('lpdwStatusFlags', 'flags'),
    ),
  ),
  WSANSPIoctl: status(
    LOOKUP,
    given('dwControlCode', 'code'),
    optional(bytes('lpvInBuffer', 'cbInBuffer')),
    given('cbInBuffer', 'length'),
    optional(bytes('lpvOutBuffer', 'cbOutBuffer', 'out')),
    given('cbOutBuffer', 'length'),
    optional(out('lpcbBytesReturned', 'length')),
    optional(structure('lpCompletion', 'WSACOMPLETION')),
  ),
  WSAAdvertiseProvider: status(given('puuidProviderId', 'guid'), structure('pNSPv2Routine', 'NSPV2_ROUTINE', 'inout')),
  WSAUnadvertiseProvider: status(given('puuidProviderId', 'guid')),
  WSAProviderCompleteAsyncCall: status(given('hAsyncCall', 'handle'), given('iRetCode', 'error')),
  gethostname: GETHOSTNAME,
  GetHostNameW: GETHOSTNAME,
  gethostbyname: pointer(optional(BY_NAME)),
  gethostbyaddr: pointer(bytes('addr', 'len'), LEN, given('type', 'number')),
  getservbyname: pointer(BY_NAME, PROTO),
  getservbyport: pointer(given('port', 'number'), PROTO),
  getprotobyname: pointer(BY_NAME),
  getprotobynumber: pointer(given('number', 'number')),
  getaddrinfo: GETADDRINFO,
  ...inBothWidths('GetAddrInfo', GETADDRINFO),
  freeaddrinfo: FREEADDRINFO,
  ...inBothWidths('FreeAddrInfo', FREEADDRINFO),
  getnameinfo: GETNAMEINFO,
  ...inBothWidths('GetNameInfo', GETNAMEINFO),
  ...inBothWidths('gai_strerror', GAI_STRERROR),
  ...inBothWidths(
    'GetAddrInfoEx',
    coded(
      optional(given('pName', 'text')),
      optional(given('pServiceName', 'text')),
      given('dwNameSpace', 'number'),
      optional(given('lpNspId', 'guid')),
      optional(structure('hints', 'ADDRINFOEXW')),
      out('ppResult', 'any'),
      optional(structure('timeout', 'timeval')),
      OVERLAPPED,
      ROUTINE,
      optional(out('lpHandle', 'handle')),
    ),
  ),
  ...inBothWidths(
    'SetAddrInfoEx',
    coded(
      given('pName', 'text'),
      optional(given('pServiceName', 'text')),
      optional(structures('pAddresses', 'SOCKET_ADDRESS', 'dwAddressCount')),
      given('dwAddressCount', 'count'),
      optional(structure('lpBlob', 'BLOB')),
      flags(),
      given('dwNameSpace', 'number'),
      optional(given('lpNspId', 'guid')),
      optional(structure('timeout', 'timeval')),
      OVERLAPPED,
      ROUTINE,
      optional(out('lpNameHandle', 'handle')),
    ),
  ),
  ...inBothWidths('FreeAddrInfoEx', silent(optional(structure('pAddrInfoEx', 'ADDRINFOEXW')))),
  GetAddrInfoExCancel: coded(inout('lpHandle', 'handle')),
  GetAddrInfoExOverlappedResult: coded(OVERLAPPED),
  WSAAsyncGetHostByName: handled(...TO_WINDOW, optional(BY_NAME), ...INTO_BUFFER),
  WSAAsyncGetHostByAddr: handled(...TO_WINDOW, bytes('addr', 'len'), LEN, given('type', 'number'), ...INTO_BUFFER),
  WSAAsyncGetServByName: handled(...TO_WINDOW, BY_NAME, PROTO, ...INTO_BUFFER),
  WSAAsyncGetServByPort: handled(...TO_WINDOW, given('port', 'number'), PROTO, ...INTO_BUFFER),
  WSAAsyncGetProtoByName: handled(...TO_WINDOW, BY_NAME, ...INTO_BUFFER),
  WSAAsyncGetProtoByNumber: handled(...TO_WINDOW, given('number', 'number'), ...INTO_BUFFER),
  WSACancelAsyncRequest: status(given('hAsyncTaskHandle', 'handle')),
  ...inBothWidths(
    'WSAConnectByName',
    truth(S, given('nodename', 'text'), given('servicename', 'text'), ...BOTH_ADDRESSES),
  ),
  WSAConnectByList: truth(S, structure('SocketAddress', 'SOCKET_ADDRESS_LIST'), ...BOTH_ADDRESSES),

  WSASetBlockingHook: pointer(given('lpBlockFunc', 'routine')),
  WSAUnhookBlockingHook: status(),
  WSAIsBlocking: valued(),
  WSACancelBlockingCall: status(),

  htonl: valued(given('value', 'number')),
  ntohl: valued(given('value', 'number')),
  htons: valued(given('value', 'number')),
  ntohs: valued(given('value', 'number')),
  htonll: valued(given('value', 'number')),
  ntohll: valued(given('value', 'number')),
  htonf: valued(given('Value', 'number')),
  ntohf: valued(given('Value', 'number')),
  htond: valued(given('Value', 'number')),
  ntohd: valued(given('Value', 'number')),
  WSAHtonl: converted('hostlong', 'lpnetlong'),
  WSANtohl: converted('netlong', 'lphostlong'),
  WSAHtons: converted('hostshort', 'lpnetshort'),
  WSANtohs: converted('netshort', 'lphostshort'),
  inet_addr: valued(optional(given('cp', 'text'))),
  inet_ntoa: valued(given('address', 'number')),

  ...withTwin32('WSCEnumProtocols', counted(...ENUM_PROTOCOLS, ERRNO)),
  WSCInstallProvider: status(...INSTALL),
  WSCInstallProvider64_32: status(...INSTALL),
  ...withTwin32('WSCDeinstallProvider', status(PROVIDER_ID, ERRNO)),
  ...withTwin32('WSCUpdateProvider', status(...INSTALL)),
  ...withTwin32(
    'WSCWriteProviderOrder',
    coded({ ...given('lpwdCatalogEntryId', 'numbers'), length: 'dwNumberOfEntries' }, ENTRIES),
  ),
  ...withTwin32('WSCGetProviderPath', GET_PROVIDER_PATH),
  WSCInstallProviderAndChains: status(PROVIDER_ID, given('lpszProviderDllPath', 'text'), ...CHAINS_OF_LAYER),
  WSCInstallProviderAndChains64_32: status(
    PROVIDER_ID,
    given('lpszProviderDllPath', 'text'),
    given('lpszProviderDllPath32', 'text'),
    ...CHAINS_OF_LAYER,
  ),
  ...withTwin32('WSCSetProviderInfo', SET_PROVIDER_INFO),
  ...withTwin32('WSCGetProviderInfo', GET_PROVIDER_INFO),
  WSCSetApplicationCategory: status(
    ...PROGRAM,
    flags('PermittedLspCategories'),
    optional(out('pPrevPermLspCat', 'flags')),
    ERRNO,
  ),
  WSCInstallQOSTemplate: coded(given('Guid', 'guid'), buffer('QosName'), structure('Qos', 'QOS')),
  WSCRemoveQOSTemplate: coded(given('Guid', 'guid'), buffer('QosName')),
  WSCGetApplicationCategory: status(...PROGRAM, out('pPermittedLspCategories', 'flags'), ERRNO),
  ...withTwin32('WSCInstallNameSpace', status(...NEW_NAME_SPACE)),
  ...withTwin32('WSCInstallNameSpaceEx', status(...NEW_NAME_SPACE, optional(structure('lpProviderSpecific', 'BLOB')))),
  ...withTwin32('WSCUnInstallNameSpace', status(PROVIDER_ID)),
  ...withTwin32('WSCEnableNSProvider', status(PROVIDER_ID, given('fEnable', 'boolean'))),
  ...withTwin32(
    'WSCWriteNameSpaceOrder',
    coded({ ...given('lpProviderId', 'guids'), length: 'dwNumberOfEntries' }, ENTRIES),
  ),
  WSCEnumNameSpaceProviders32: NAME_SPACES,
  WSCEnumNameSpaceProvidersEx32: NAME_SPACES_EX,
} satisfies Readonly<Record<string, Signature>>;
