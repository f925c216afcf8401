// The Microsoft extensions, called by the socket's provider.
import {
  areBytes,
  areOverlappedArguments,
  isLength,
  isNull,
  isRef,
  isStructure,
  isWritable,
  setMember,
} from '../../spi/arguments.js';
import {
  ERROR_INVALID_PARAMETER,
  readAcceptExAddresses,
  SOCKET_ERROR,
  WSAEFAULT,
  WSAID_ACCEPTEX,
  WSAID_CONNECTEX,
  WSAID_DISCONNECTEX,
  WSAID_TRANSMITFILE,
  WSAID_TRANSMITPACKETS,
  WSAID_WSARECVMSG,
  WSAID_WSASENDMSG,
  WSS_OPERATION_IN_PROGRESS,
  type LPFN_ACCEPTEX,
  type LPFN_CONNECTEX,
  type LPFN_DISCONNECTEX,
  type LPFN_TRANSMITFILE,
  type LPFN_TRANSMITPACKETS,
  type LPFN_WSARECVMSG,
  type LPFN_WSASENDMSG,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type Ref,
  type SOCKET,
  type TRANSMIT_FILE_BUFFERS,
  type TRANSMIT_PACKETS_ELEMENT,
  type WSAMSG,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { Dispatcher, SocketRecord } from '../dispatcher/index.js';
import { ExtensionCaller } from './extension-caller.js';
import { createPollFunctions } from './poll.js';

/** The Microsoft extensions. */
export type ExtensionFunctions = ReturnType<typeof createExtensionFunctions>;

/**
 * Makes the Microsoft extensions (specification: AcceptEx, TransmitFile; mswsock.h). Each finds its provider by its
 * socket.
 */
export function createExtensionFunctions(dispatcher: Dispatcher) {
  const caller = new ExtensionCaller(dispatcher);

  // A call that must be overlapped says so before it looks at the socket; then it is under way, whatever comes of it.
  function begin(s: SOCKET, lpOverlapped: unknown): SocketRecord | null {
    const isMarked = isWritable(lpOverlapped) && setMember(lpOverlapped, 'Internal', WSS_OPERATION_IN_PROGRESS);
    const record = dispatcher.socket(s);
    if (record === null) return null;
    if (isMarked) return record;
    dispatcher.setLastError(isStructure(lpOverlapped) ? WSAEFAULT : ERROR_INVALID_PARAMETER);
    return null;
  }

  return {
    /**
     * Accepts a connection on a socket that is there already, with its addresses and its first data (specification:
     * AcceptEx). Until SO_UPDATE_ACCEPT_CONTEXT is set, the socket only transfers data.
     *
     * @param sListenSocket a listening socket
     * @param sAcceptSocket a socket of the same chain, neither bound nor connected
     * @param lpOutputBuffer receives the data, then the local and the remote address, for `GetAcceptExSockaddrs`
     * @param dwReceiveDataLength room for data in bytes; 0 completes as soon as there is a connection
     * @param dwLocalAddressLength room for the local address, 16 bytes more than its sockaddr; 0 for none
     * @param dwRemoteAddressLength room for the remote address, 16 bytes more than its sockaddr
     * @param lpdwBytesReceived set only when the call completes at once, which it never does here
     * @param lpOverlapped the operation's state; must not be `null`
     * @returns FALSE with ERROR_IO_PENDING, or with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (not listening; the
     *   second socket is bound, connected or in use), WSAEFAULT (bad buffer, no room for the remote address),
     *   ERROR_INVALID_PARAMETER
     */
    AcceptEx(
      sListenSocket: SOCKET,
      sAcceptSocket: SOCKET,
      lpOutputBuffer: Uint8Array | null,
      dwReceiveDataLength: number,
      dwLocalAddressLength: number,
      dwRemoteAddressLength: number,
      lpdwBytesReceived: Ref<number> | null,
      lpOverlapped: WSAOVERLAPPED | null,
    ): boolean {
      const record = begin(sListenSocket, lpOverlapped);
      if (record === null) return false;
      return caller.call<LPFN_ACCEPTEX, boolean>(
        record,
        WSAID_ACCEPTEX,
        'AcceptEx',
        false,
        (AcceptEx) =>
          AcceptEx(
            sListenSocket,
            sAcceptSocket,
            lpOutputBuffer as Uint8Array,
            dwReceiveDataLength,
            dwLocalAddressLength,
            dwRemoteAddressLength,
            isRef(lpdwBytesReceived) ? lpdwBytesReceived : null,
            lpOverlapped,
            caller.routes(record),
          ),
        lpOverlapped,
        dwReceiveDataLength,
      );
    },

    /**
     * Finds the addresses in the buffer of `AcceptEx` (specification: GetAcceptExSockaddrs).
     *
     * @param lpOutputBuffer the buffer
     * @param dwReceiveDataLength as for `AcceptEx`
     * @param dwLocalAddressLength as for `AcceptEx`; with 0 the local address is left alone
     * @param dwRemoteAddressLength as for `AcceptEx`
     * @param LocalSockaddr receives a view of the local sockaddr
     * @param LocalSockaddrLength receives its length
     * @param RemoteSockaddr receives a view of the remote sockaddr
     * @param RemoteSockaddrLength receives its length
     */
    GetAcceptExSockaddrs(
      lpOutputBuffer: Uint8Array,
      dwReceiveDataLength: number,
      dwLocalAddressLength: number,
      dwRemoteAddressLength: number,
      LocalSockaddr: Ref<Uint8Array | null>,
      LocalSockaddrLength: Ref<number>,
      RemoteSockaddr: Ref<Uint8Array | null>,
      RemoteSockaddrLength: Ref<number>,
    ): void {
      const lengths = [dwReceiveDataLength, dwLocalAddressLength, dwRemoteAddressLength];
      if (!lengths.every((length) => isLength(length, 0xffffffff))) return;
      if (!areBytes(lpOutputBuffer, dwReceiveDataLength + dwLocalAddressLength + dwRemoteAddressLength)) return;
      const { local, remote } = readAcceptExAddresses(
        lpOutputBuffer,
        dwReceiveDataLength,
        dwLocalAddressLength,
        dwRemoteAddressLength,
      );
      const tell = (found: Uint8Array, address: unknown, length: unknown): void => {
        if (isRef(address)) address.value = found;
        if (isRef(length)) length.value = found.length;
      };
      if (local !== null) tell(local, LocalSockaddr, LocalSockaddrLength);
      tell(remote, RemoteSockaddr, RemoteSockaddrLength);
    },

    /**
     * Connects a bound socket and sends data, overlapped (mswsock.h: ConnectEx). Until SO_UPDATE_CONNECT_CONTEXT is
     * set, the socket only transfers data.
     *
     * @param s a bound stream socket
     * @param name the peer's sockaddr
     * @param namelen its length in bytes
     * @param lpSendBuffer data to send once connected, or `null`
     * @param dwSendDataLength how many bytes of it
     * @param lpdwBytesSent set only when the call completes at once, which it never does here
     * @param lpOverlapped the operation's state; must not be `null`
     * @returns FALSE with ERROR_IO_PENDING, or with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (not bound, listening,
     *   connecting), WSAEISCONN, WSAEFAULT, WSAEAFNOSUPPORT, WSAEADDRNOTAVAIL, ERROR_INVALID_PARAMETER
     */
    ConnectEx(
      s: SOCKET,
      name: Uint8Array,
      namelen: number,
      lpSendBuffer: Uint8Array | null,
      dwSendDataLength: number,
      lpdwBytesSent: Ref<number> | null,
      lpOverlapped: WSAOVERLAPPED | null,
    ): boolean {
      const record = begin(s, lpOverlapped);
      if (record === null) return false;
      const data = isNull(lpSendBuffer) ? null : lpSendBuffer;
      const sent = isRef(lpdwBytesSent) ? lpdwBytesSent : null;
      return caller.call<LPFN_CONNECTEX, boolean>(
        record,
        WSAID_CONNECTEX,
        'ConnectEx',
        false,
        (ConnectEx) => ConnectEx(s, name, namelen, data, dwSendDataLength, sent, lpOverlapped, caller.routes(record)),
        lpOverlapped,
        dwSendDataLength,
      );
    },

    /**
     * Ends a connection, and can make its socket usable again (mswsock.h: DisconnectEx).
     *
     * @param s a connected socket
     * @param lpOverlapped the operation's state; `null` waits
     * @param dwFlags 0; or TF_REUSE_SOCKET, which is done once the peer has ended its side too
     * @param dwReserved 0
     * @returns TRUE; or FALSE with ERROR_IO_PENDING, WSANOTINITIALISED, WSAENOTSOCK, WSAENOTCONN, WSAEINVAL, WSAEFAULT
     */
    DisconnectEx(s: SOCKET, lpOverlapped: WSAOVERLAPPED | null, dwFlags: number, dwReserved: number): boolean {
      const record = dispatcher.socket(s);
      if (record === null) return false;
      if (!areOverlappedArguments(lpOverlapped, null)) return dispatcher.failBoolean(WSAEFAULT);
      return caller.call<LPFN_DISCONNECTEX, boolean>(
        record,
        WSAID_DISCONNECTEX,
        'DisconnectEx',
        false,
        (DisconnectEx) => DisconnectEx(s, lpOverlapped ?? null, dwFlags, dwReserved),
        lpOverlapped,
        0,
      );
    },

    /**
     * Sends a file on a connected stream socket, with data before and after it (specification: TransmitFile).
     *
     * @param hSocket a connected stream socket
     * @param hFile a Node.js file descriptor; `null` for the buffers alone
     * @param nNumberOfBytesToWrite how many bytes of the file; 0 up to its end, which ends it in any case
     * @param nNumberOfBytesPerSend a hint, not needed here
     * @param lpOverlapped the operation's state, whose Offset and OffsetHigh say where in the file to begin; `null`
     *   begins at the file's own position, and waits
     * @param lpTransmitBuffers what goes before and after the file, or `null`
     * @param dwReserved TF_DISCONNECT, TF_REUSE_SOCKET (with TF_DISCONNECT), TF_WRITE_BEHIND (waits, and no port is
     *   told)
     * @returns TRUE; or FALSE with ERROR_IO_PENDING, WSANOTINITIALISED, WSAENOTSOCK, WSAENOTCONN, WSAESHUTDOWN,
     *   WSAEFAULT, WSAEINVAL (flags), ERROR_INVALID_HANDLE (no open file), ERROR_INVALID_PARAMETER (a folder),
     *   WSAECONNRESET, WSAECONNABORTED
     */
    TransmitFile(
      hSocket: SOCKET,
      hFile: number | null,
      nNumberOfBytesToWrite: number,
      nNumberOfBytesPerSend: number,
      lpOverlapped: WSAOVERLAPPED | null,
      lpTransmitBuffers: TRANSMIT_FILE_BUFFERS | null,
      dwReserved: number,
    ): boolean {
      const record = dispatcher.socket(hSocket);
      if (record === null) return false;
      const areBuffers = isNull(lpTransmitBuffers) || isStructure(lpTransmitBuffers);
      if (!areBuffers || !areOverlappedArguments(lpOverlapped, null)) return dispatcher.failBoolean(WSAEFAULT);
      return caller.call<LPFN_TRANSMITFILE, boolean>(
        record,
        WSAID_TRANSMITFILE,
        'TransmitFile',
        false,
        (TransmitFile) =>
          TransmitFile(
            hSocket,
            hFile ?? null,
            nNumberOfBytesToWrite,
            nNumberOfBytesPerSend,
            lpOverlapped ?? null,
            lpTransmitBuffers ?? null,
            dwReserved,
            caller.routes(record),
          ),
        lpOverlapped,
      );
    },

    /**
     * Sends pieces of memory and of files on a connected socket (mswsock.h: TransmitPackets). On a datagram socket the
     * pieces up to each TP_ELEMENT_EOP are one datagram.
     *
     * @param hSocket a connected socket
     * @param lpPacketArray the pieces
     * @param nElementCount how many of them
     * @param nSendSize a hint, not needed here
     * @param lpOverlapped the operation's state; `null` waits
     * @param dwFlags as for `TransmitFile`: TP_DISCONNECT, TP_REUSE_SOCKET
     * @returns TRUE; or FALSE with the errors of `TransmitFile`, WSAEINVAL (a piece that is neither memory nor file)
     */
    TransmitPackets(
      hSocket: SOCKET,
      lpPacketArray: TRANSMIT_PACKETS_ELEMENT[] | null,
      nElementCount: number,
      nSendSize: number,
      lpOverlapped: WSAOVERLAPPED | null,
      dwFlags: number,
    ): boolean {
      const record = dispatcher.socket(hSocket);
      if (record === null) return false;
      if (!areOverlappedArguments(lpOverlapped, null)) return dispatcher.failBoolean(WSAEFAULT);
      return caller.call<LPFN_TRANSMITPACKETS, boolean>(
        record,
        WSAID_TRANSMITPACKETS,
        'TransmitPackets',
        false,
        (TransmitPackets) =>
          TransmitPackets(
            hSocket,
            lpPacketArray,
            nElementCount,
            nSendSize,
            lpOverlapped ?? null,
            dwFlags,
            caller.routes(record),
          ),
        lpOverlapped,
      );
    },

    /**
     * Receives a datagram with its source and control messages (mswsock.h: WSARecvMsg).
     *
     * @param s a datagram socket with a name
     * @param lpMsg the buffers, room for the source and for control messages; its lengths and flags tell what came
     * @param lpdwNumberOfBytesRecvd receives the number of bytes; may be `null` for overlapped calls
     * @param lpOverlapped the operation's state, or `null`
     * @param lpCompletionRoutine called in an alertable wait, or `null`
     * @returns 0, or SOCKET_ERROR with WSA_IO_PENDING, WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT, WSAEINVAL (no name),
     *   WSAEMSGSIZE (the datagram or its control messages were cut off), WSAEOPNOTSUPP (a stream), and the errors of
     *   `recvfrom`
     */
    WSARecvMsg(
      s: SOCKET,
      lpMsg: WSAMSG,
      lpdwNumberOfBytesRecvd: Ref<number> | null,
      lpOverlapped: WSAOVERLAPPED | null,
      lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isStructure(lpMsg) || !areOverlappedArguments(lpOverlapped, lpCompletionRoutine)) {
        return dispatcher.fail(WSAEFAULT);
      }
      const bytes = isRef(lpdwNumberOfBytesRecvd) ? lpdwNumberOfBytesRecvd : null;
      return caller.call<LPFN_WSARECVMSG, number>(
        record,
        WSAID_WSARECVMSG,
        'WSARecvMsg',
        SOCKET_ERROR,
        (WSARecvMsg) => WSARecvMsg(s, lpMsg, bytes, lpOverlapped ?? null, lpCompletionRoutine ?? null),
        lpOverlapped,
        isNull(lpOverlapped) ? 0 : messageBytes(lpMsg),
      );
    },

    /**
     * Sends a datagram with control messages (mswsock.h: WSASendMsg).
     *
     * @param s a datagram socket
     * @param lpMsg the destination (`null` for the connected peer), the buffers, and control messages such as
     *   IP_PKTINFO
     * @param dwFlags MSG_DONTROUTE or 0
     * @param lpNumberOfBytesSent receives the number of bytes; may be `null` for overlapped calls
     * @param lpOverlapped the operation's state, or `null`
     * @param lpCompletionRoutine called in an alertable wait, or `null`
     * @returns 0, or SOCKET_ERROR with WSA_IO_PENDING, WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT, WSAEINVAL (a stream;
     *   control messages that are not well-formed), WSAENOTCONN (no destination), WSAEOPNOTSUPP, and the errors of
     *   `sendto`
     */
    WSASendMsg(
      s: SOCKET,
      lpMsg: WSAMSG,
      dwFlags: number,
      lpNumberOfBytesSent: Ref<number> | null,
      lpOverlapped: WSAOVERLAPPED | null,
      lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isStructure(lpMsg) || !areOverlappedArguments(lpOverlapped, lpCompletionRoutine)) {
        return dispatcher.fail(WSAEFAULT);
      }
      const bytes = isRef(lpNumberOfBytesSent) ? lpNumberOfBytesSent : null;
      return caller.call<LPFN_WSASENDMSG, number>(
        record,
        WSAID_WSASENDMSG,
        'WSASendMsg',
        SOCKET_ERROR,
        (WSASendMsg) => WSASendMsg(s, lpMsg, dwFlags, bytes, lpOverlapped ?? null, lpCompletionRoutine ?? null),
        lpOverlapped,
        isNull(lpOverlapped) ? 0 : messageBytes(lpMsg),
      );
    },

    ...createPollFunctions(dispatcher, caller),
  };
}

/** How many bytes the buffers of a message hold; what cannot be read is the provider's to refuse. */
function messageBytes(message: WSAMSG): number {
  try {
    let total = 0;
    for (let index = 0; index < message.dwBufferCount; index++) total += message.lpBuffers![index]!.len;
    return Number.isSafeInteger(total) ? total : Number.MAX_SAFE_INTEGER;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}
