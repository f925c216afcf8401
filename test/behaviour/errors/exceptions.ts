// Codes that are documented and cannot be brought about here, and why not.
import type { DocumentedFunction } from './documented-codes.js';
import type { Base } from '../../support/providers.js';

/** Why codes cannot be brought about. */
export interface Exception {
  readonly functions: string;
  readonly codes: string;
  readonly why: string;
  /** Where; on every provider when left out. */
  readonly base?: Base;
}

/** The exceptions. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    functions:
      'CreatePersistentTcpPortReservation CreatePersistentUdpPortReservation DeletePersistentTcpPortReservation DeletePersistentUdpPortReservation',
    codes: 'ERROR_ACCESS_DENIED',
    why: 'reservations in memory are for whoever has the instance; those in a file are tested where it is (port-reservations)',
  },
  {
    functions:
      'WSACleanup WSAEnumProtocols WSAHtonl WSAHtons WSANtohl WSANtohs WSAGetQOSByName WSAProviderConfigChange',
    codes: 'WSAENETDOWN',
    why: 'the dispatcher answers by itself, and asks no network',
  },
  {
    functions: 'WSACreateEvent WSACloseEvent WSASetEvent WSAResetEvent WSAWaitForMultipleEvents',
    codes: 'WSAENETDOWN',
    why: 'event objects have nothing to do with the network',
  },
  {
    functions: 'select WSAPoll WSAEventSelect WSAEnumNetworkEvents WSAGetOverlappedResult',
    codes: 'WSAENETDOWN',
    why: 'it looks at what is known of sockets, which does not fail',
  },
  {
    functions: 'closesocket ioctlsocket WSADuplicateSocket',
    codes: 'WSAENETDOWN',
    why: 'what it does, it does to the socket alone; no system tells of the network there',
  },
  {
    functions: 'WSACreateEvent WSAProviderConfigChange WSAStringToAddress WSAWaitForMultipleEvents',
    codes: 'WSA_NOT_ENOUGH_MEMORY',
    why: 'a JavaScript program that has no memory left does not get as far as a code',
  },
  {
    functions: 'WSARecvDisconnect',
    codes: 'WSAENETDOWN',
    why: 'the system is not told that a socket will receive no more',
    base: 'tcpip',
  },
  { functions: 'WSAPoll', codes: 'WSAENOBUFS', why: 'nothing is allocated that could be refused' },
  {
    functions: 'WSAAddressToString',
    codes: 'WSAENOBUFS',
    why: 'too little room is WSAEFAULT, as the specification says; an address takes no other buffer',
  },
  {
    functions: 'WSASetLastError',
    codes: 'WSANOTINITIALISED',
    why: 'measured behaviour 1.2: it works before WSAStartup',
  },
  { functions: 'WSAStartup', codes: 'WSAEPROCLIM', why: 'there is no limit to the number of tasks' },
  {
    functions: 'socket WSASocket',
    codes: 'WSAEPROTOTYPE',
    why: 'measured behaviour 8: the wrong protocol for a type is WSAEPROTONOSUPPORT',
  },
  {
    functions: 'recvfrom',
    codes: 'WSAEISCONN',
    why: 'measured behaviour 5.1: it receives on a connected socket like any other',
  },
  { functions: 'ConnectEx', codes: 'WSAEALREADY', why: 'measured behaviour 34: WSAEINVAL while the socket connects' },
  {
    functions: 'WSASendMsg',
    codes: 'WSAECONNRESET',
    why: 'measured behaviour 7.2: no send tells that an earlier datagram found no one, and streams are WSAEINVAL (21.1)',
  },
  {
    functions: 'WSARecvMsg',
    codes: 'WSAENOTCONN',
    why: 'it receives datagrams, which need no connection; streams are WSAEOPNOTSUPP',
  },
  {
    functions: 'WSARecv',
    codes: 'WSAEDISCON',
    why: 'TCP/IP has no message-oriented protocol whose peer could end its side',
    base: 'tcpip',
  },
  {
    functions: 'WSAJoinLeaf',
    codes: 'WSAEALREADY WSAEINTR WSAETIMEDOUT WSAECONNREFUSED',
    why: 'to join an IP multicast group takes no time, and nobody answers',
    base: 'tcpip',
  },
  {
    functions: 'WSAAsyncSelect',
    codes: 'WSAEAFNOSUPPORT WSAEFAULT WSAEISCONN WSAEMFILE WSAENOBUFS WSAENOTCONN',
    why: 'as the error of FD_CONNECT: the connect itself fails with it, and no event follows',
  },
  {
    functions: 'WSAEnumProtocols',
    codes: 'WSAEINVAL',
    why: 'every argument is a pointer, and a bad one is WSAEFAULT',
  },
  {
    functions: 'WSAProviderConfigChange',
    codes: 'WSAEOPNOTSUPP',
    why: 'it is always supported',
  },
  {
    functions: 'WSAGetOverlappedResult',
    codes: 'WSA_INVALID_PARAMETER',
    why: 'a bad socket is WSAENOTSOCK (measured behaviour 35.1), and a bad pointer WSAEFAULT',
  },
  {
    functions: 'WSADuplicateSocket',
    codes: 'WSAENOBUFS WSAEMFILE',
    why: 'a duplicate within the process takes nothing of the system',
    base: 'memory',
  },
];

/** Why a code of a function cannot be brought about; `undefined` when it can. */
export function exceptionOf(name: DocumentedFunction, code: string, base: Base): Exception | undefined {
  return EXCEPTIONS.find(
    (exception) =>
      (exception.base ?? base) === base &&
      exception.codes.split(' ').includes(code) &&
      exception.functions.split(' ').includes(name),
  );
}
