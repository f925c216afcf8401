// Naming, connecting and shutting down.
import { areBytes, isAddressRoom, isNull, isOptionalBuffer, isScalar, isStructure } from '../../spi/arguments.js';
import {
  HIBYTE,
  INVALID_SOCKET,
  WSAEALREADY,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  type QOS,
  type Ref,
  type SOCKET,
  type WSABUF,
} from '../../spi/index.js';
import type { Dispatcher, SocketRecord } from '../dispatcher/index.js';

/** Naming, connecting and shutting down. */
export type ConnectionFunctions = ReturnType<typeof createConnectionFunctions>;

/**
 * Makes the functions that name and connect sockets and end connections (specification: bind, connect, shutdown and
 * their like).
 */
export function createConnectionFunctions(dispatcher: Dispatcher) {
  // WSPConnect for connect and WSAConnect.
  function connectTo(
    record: SocketRecord,
    name: Uint8Array,
    namelen: number,
    lpCallerData: WSABUF | null,
    lpCalleeData: WSABUF | null,
    lpSQOS: QOS | null,
    lpGQOS: QOS | null,
  ): number {
    const { provider, handle } = record;
    const { lpWSPConnect } = provider.procedures;
    const frame = dispatcher.enter();
    try {
      const result = lpWSPConnect(handle, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, frame.errno);
      return dispatcher.leave(frame, provider, 'WSPConnect', result, handle);
    } catch (cause) {
      return dispatcher.contain(frame, provider, 'WSPConnect', cause, handle);
    }
  }

  // getsockname and getpeername. A bad pointer is looked at last, so the provider is asked with room of our own.
  function nameOf(
    which: 'lpWSPGetSockName' | 'lpWSPGetPeerName',
    s: SOCKET,
    name: Uint8Array | null,
    namelen: Ref<number> | null,
  ): number {
    const record = dispatcher.socket(s);
    if (record === null) return -1;
    // Measured behaviour 10.1.
    if (which === 'lpWSPGetPeerName' && record.lacksContext) return dispatcher.fail(WSAENOTCONN);
    const usable = !isNull(name) && isAddressRoom(name, namelen);
    const { provider } = record;
    const getName = provider.procedures[which];
    const frame = dispatcher.enter();
    try {
      const result = usable
        ? getName(s, name, namelen as Ref<number>, frame.errno)
        : getName(s, new Uint8Array(128), { value: 128 }, frame.errno);
      const left = dispatcher.leave(frame, provider, which.slice(2), result, s);
      return left === 0 && !usable ? dispatcher.fail(WSAEFAULT) : left;
    } catch (cause) {
      return dispatcher.contain(frame, provider, which.slice(2), cause, s);
    }
  }

  return {
    /**
     * Gives a socket its local name (specification: bind).
     *
     * @param s a socket without a name
     * @param name a sockaddr of the socket's family; port 0 lets the provider choose
     * @param namelen its length in bytes, up to `name.length`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad, short or of another family),
     *   WSAEINVAL (has a name), WSAEADDRINUSE, WSAEADDRNOTAVAIL, WSAEACCES, WSAENOBUFS
     */
    bind(s: SOCKET, name: Uint8Array, namelen: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!areBytes(name, namelen)) return dispatcher.fail(WSAEFAULT);
      const { provider } = record;
      const { lpWSPBind } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        return dispatcher.leave(frame, provider, 'WSPBind', lpWSPBind(s, name, namelen, frame.errno), s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPBind', cause, s);
      }
    },

    /**
     * Connects a socket, or sets the peer of a datagram socket (specification: connect).
     *
     * @param s a socket; one without a name gets one
     * @param name the peer's sockaddr
     * @param namelen its length in bytes, up to `name.length`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad or short), WSAEWOULDBLOCK
     *   (non-blocking: under way), WSAEALREADY (under way already; WSAEINVAL for version 1.1), WSAEISCONN, WSAEINVAL
     *   (listening), WSAECONNREFUSED, WSAENETUNREACH, WSAEHOSTUNREACH, WSAETIMEDOUT, WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT,
     *   WSAEACCES, WSAEINTR
     */
    connect(s: SOCKET, name: Uint8Array, namelen: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!areBytes(name, namelen)) return dispatcher.fail(WSAEFAULT);
      const result = connectTo(record, name, namelen, null, null, null, null);
      const renamed = result !== 0 && dispatcher.lastError === WSAEALREADY && HIBYTE(dispatcher.version) < 2;
      return renamed ? dispatcher.fail(WSAEINVAL) : result;
    },

    /**
     * Connects a socket, exchanging data and asking for a quality of service (specification: WSAConnect).
     *
     * @param s a socket; one without a name gets one
     * @param name the peer's sockaddr
     * @param namelen its length in bytes, up to `name.length`
     * @param lpCallerData sent to the peer with the request, or `null`
     * @param lpCalleeData receives the peer's answer, or `null`
     * @param lpSQOS the socket's quality of service, or `null`
     * @param lpGQOS the group's quality of service, or `null`
     * @returns 0, or SOCKET_ERROR with the errors of `connect`, WSAEPROTONOSUPPORT (no connect data, as for TCP),
     *   WSAEOPNOTSUPP
     */
    WSAConnect(
      s: SOCKET,
      name: Uint8Array,
      namelen: number,
      lpCallerData: WSABUF | null,
      lpCalleeData: WSABUF | null,
      lpSQOS: QOS | null,
      lpGQOS: QOS | null,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!areBytes(name, namelen) || !areSessionArguments(lpCallerData, lpCalleeData, lpSQOS, lpGQOS)) {
        return dispatcher.fail(WSAEFAULT);
      }
      return connectTo(
        record,
        name,
        namelen,
        lpCallerData ?? null,
        lpCalleeData ?? null,
        lpSQOS ?? null,
        lpGQOS ?? null,
      );
    },

    /**
     * Makes a socket listen for connections (specification: listen).
     *
     * @param s a socket with a name, not connected
     * @param backlog how many connections may wait; clamped silently, SOMAXCONN for a reasonable number
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (no name; `backlog` is not
     *   a number), WSAEISCONN, WSAEOPNOTSUPP
     *   (datagrams), WSAEADDRINUSE, WSAEMFILE, WSAENOBUFS
     */
    listen(s: SOCKET, backlog: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isScalar(backlog)) return dispatcher.fail(WSAEINVAL);
      const { provider } = record;
      const { lpWSPListen } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        return dispatcher.leave(frame, provider, 'WSPListen', lpWSPListen(s, backlog | 0, frame.errno), s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPListen', cause, s);
      }
    },

    /**
     * Ends sending, receiving or both (specification: shutdown). Never waits.
     *
     * @param s a connected socket
     * @param how SD_RECEIVE, SD_SEND or SD_BOTH
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (bad `how`), WSAENOTCONN
     */
    shutdown(s: SOCKET, how: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isScalar(how)) return dispatcher.fail(WSAEINVAL);
      if (record.lacksContext) return dispatcher.fail(WSAENOTCONN);
      const { provider } = record;
      const { lpWSPShutdown } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        return dispatcher.leave(frame, provider, 'WSPShutdown', lpWSPShutdown(s, how, frame.errno), s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPShutdown', cause, s);
      }
    },

    /**
     * Gives a socket's local name (specification: getsockname).
     *
     * @param s a socket with a name
     * @param name filled with the sockaddr
     * @param namelen in: room in `name`; out: length of the sockaddr
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (no name yet), WSAEFAULT (bad or too
     *   little room; looked at last)
     */
    getsockname: (s: SOCKET, name: Uint8Array, namelen: Ref<number>): number =>
      nameOf('lpWSPGetSockName', s, name, namelen),

    /**
     * Gives the name of a socket's peer (specification: getpeername).
     *
     * @param s a connected socket
     * @param name filled with the sockaddr
     * @param namelen in: room in `name`; out: length of the sockaddr
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAENOTCONN, WSAEFAULT (bad or too little room;
     *   looked at last)
     */
    getpeername: (s: SOCKET, name: Uint8Array, namelen: Ref<number>): number =>
      nameOf('lpWSPGetPeerName', s, name, namelen),

    /**
     * Joins a leaf to a multipoint session (specification: WSAJoinLeaf).
     *
     * @param s a multipoint socket
     * @param name the sockaddr of the leaf, for a root; of the session, for a leaf
     * @param namelen its length in bytes, up to `name.length`
     * @param lpCallerData sent to the peer with the request, or `null`
     * @param lpCalleeData receives the peer's answer, or `null`
     * @param lpSQOS the socket's quality of service, or `null`
     * @param lpGQOS the group's quality of service, or `null`
     * @param dwFlags JL_SENDER_ONLY, JL_RECEIVER_ONLY or JL_BOTH
     * @returns a new socket for a root, `s` itself for a leaf, or INVALID_SOCKET with WSANOTINITIALISED, WSAENOTSOCK,
     *   WSAEFAULT (bad or short), WSAEINVAL, WSAEALREADY, WSAEISCONN, WSAEOPNOTSUPP and the errors of `connect`
     */
    WSAJoinLeaf(
      s: SOCKET,
      name: Uint8Array,
      namelen: number,
      lpCallerData: WSABUF | null,
      lpCalleeData: WSABUF | null,
      lpSQOS: QOS | null,
      lpGQOS: QOS | null,
      dwFlags: number,
    ): SOCKET {
      const root = dispatcher.socket(s);
      if (root === null) return INVALID_SOCKET;
      if (!areBytes(name, namelen) || !areSessionArguments(lpCallerData, lpCalleeData, lpSQOS, lpGQOS)) {
        return dispatcher.failSocket(WSAEFAULT);
      }
      if (!isScalar(dwFlags)) return dispatcher.failSocket(WSAEINVAL);
      const { provider, chainEntry } = root;
      const { lpWSPJoinLeaf } = provider.procedures;
      const frame = dispatcher.enter();
      let record: SocketRecord | null;
      try {
        const leaf = lpWSPJoinLeaf(
          s,
          name,
          namelen,
          lpCallerData ?? null,
          lpCalleeData ?? null,
          lpSQOS ?? null,
          lpGQOS ?? null,
          dwFlags,
          frame.errno,
        );
        record = dispatcher.leaveSocket(frame, provider, 'WSPJoinLeaf', leaf);
      } catch (cause) {
        dispatcher.contain(frame, provider, 'WSPJoinLeaf', cause, s);
        return INVALID_SOCKET;
      }
      if (record === null) return INVALID_SOCKET;
      record.chainEntry = chainEntry;
      return record.handle;
    },

    /**
     * Ends sending, with disconnect data if the protocol has it (specification: WSASendDisconnect).
     *
     * @param s a connected socket
     * @param lpOutboundDisconnectData the data, or `null`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad buffer), WSAENOPROTOOPT (data,
     *   and the protocol has none), WSAENOTCONN
     */
    WSASendDisconnect(s: SOCKET, lpOutboundDisconnectData: WSABUF | null): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isOptionalBuffer(lpOutboundDisconnectData)) return dispatcher.fail(WSAEFAULT);
      const { provider } = record;
      const { lpWSPSendDisconnect } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPSendDisconnect(s, lpOutboundDisconnectData ?? null, frame.errno);
        return dispatcher.leave(frame, provider, 'WSPSendDisconnect', result, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPSendDisconnect', cause, s);
      }
    },

    /**
     * Ends receiving, and fetches disconnect data if the protocol has it (specification: WSARecvDisconnect).
     *
     * @param s a connected socket
     * @param lpInboundDisconnectData receives the data, or `null`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad buffer), WSAENOPROTOOPT (a
     *   buffer, and the protocol has no such data), WSAENOTCONN
     */
    WSARecvDisconnect(s: SOCKET, lpInboundDisconnectData: WSABUF | null): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isOptionalBuffer(lpInboundDisconnectData)) return dispatcher.fail(WSAEFAULT);
      const { provider } = record;
      const { lpWSPRecvDisconnect } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPRecvDisconnect(s, lpInboundDisconnectData ?? null, frame.errno);
        return dispatcher.leave(frame, provider, 'WSPRecvDisconnect', result, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPRecvDisconnect', cause, s);
      }
    },
  };
}

function areSessionArguments(callerData: unknown, calleeData: unknown, sqos: unknown, gqos: unknown): boolean {
  const isOptional = (value: unknown): boolean => isNull(value) || isStructure(value);
  return isOptionalBuffer(callerData) && isOptionalBuffer(calleeData) && isOptional(sqos) && isOptional(gqos);
}
