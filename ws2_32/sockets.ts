import {
  AF_NETBIOS,
  HIBYTE,
  INVALID_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAEALREADY,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINVAL,
  type GROUP,
  type LPCONDITIONPROC,
  type QOS,
  type Ref,
  type SOCKET,
  type WSABUF,
  type WSAPROTOCOL_INFOW,
} from '../spi/index.js';
import { areBytes, isAddressRoom, isNull, isOptionalBuffer, isStructure } from './arguments.js';
import type { Dispatcher } from './dispatcher.js';
import { describeSocket, findEntry, matchEntry, openedEntry } from './socket-selection.js';
import type { SocketRecord } from './socket-table.js';

/** Making, naming, connecting and closing sockets. */
export type SocketFunctions = ReturnType<typeof createSocketFunctions>;

/** Makes the functions that make, name, connect and close sockets (specification: socket, bind, connect and their like). */
export function createSocketFunctions(dispatcher: Dispatcher) {
  /**
   * Creates a socket of a catalog entry (specification: WSASocket).
   *
   * @param af an address family, AF_UNSPEC, or FROM_PROTOCOL_INFO
   * @param type a socket type, 0 for any, or FROM_PROTOCOL_INFO
   * @param protocol a protocol, 0 for the entry's own, or FROM_PROTOCOL_INFO
   * @param lpProtocolInfo the entry to use, or what `WSADuplicateSocket` filled; `null` for the first that matches
   * @param g a socket group; 0 for none
   * @param dwFlags WSA_FLAG_OVERLAPPED, WSA_FLAG_MULTIPOINT_*
   * @returns the socket, or INVALID_SOCKET with WSANOTINITIALISED, WSAEFAULT (bad `lpProtocolInfo`), WSAEINVAL (no such entry
   *   here; AF_UNSPEC with protocol 0; bad group or flags), WSAESOCKTNOSUPPORT, WSAEAFNOSUPPORT, WSAEPROTONOSUPPORT (in this
   *   precedence), WSAEPROVIDERFAILEDINIT, WSAEINVALIDPROVIDER, WSAEINVALIDPROCTABLE, WSAEMFILE, WSAENOBUFS, WSAEACCES
   */
  function WSASocket(
    af: number,
    type: number,
    protocol: number,
    lpProtocolInfo: WSAPROTOCOL_INFOW | null,
    g: GROUP,
    dwFlags: number,
  ): SOCKET {
    if (!dispatcher.isStarted()) return INVALID_SOCKET;
    // As C would convert them: 0xFFFFFFFF is -1.
    af |= 0;
    type |= 0;
    protocol |= 0;
    if (isNull(lpProtocolInfo)) return openFirst(af, type, protocol, g, dwFlags);
    if (!isStructure(lpProtocolInfo)) return dispatcher.failSocket(WSAEFAULT);
    const entry = findEntry(dispatcher, lpProtocolInfo);
    if (entry === undefined) return dispatcher.failSocket(WSAEINVAL);
    const problem = dispatcher.catalog.problemOf(entry.dwCatalogEntryId);
    if (problem !== null) {
      dispatcher.report({ message: problem.message, cause: problem });
      return dispatcher.failSocket(problem.code);
    }
    const info = describeSocket(entry, lpProtocolInfo);
    const opened = openedEntry(dispatcher, entry, info, af, type, protocol);
    return open(entry, opened, info, af, type, protocol, g, dwFlags);
  }

  // The first entry that matches, or the next when its provider declines with WSAEINPROGRESS.
  function openFirst(af: number, type: number, protocol: number, g: GROUP, dwFlags: number): SOCKET {
    let after: number | undefined;
    for (;;) {
      const entry = matchEntry(dispatcher, af, type, protocol, after);
      if (typeof entry === 'number') return dispatcher.failSocket(entry);
      const s = open(entry, entry, entry, af, type, protocol, g, dwFlags);
      if (s !== INVALID_SOCKET || dispatcher.lastError !== WSAEINPROGRESS) return s;
      after = entry.dwCatalogEntryId;
    }
  }

  function open(
    entry: WSAPROTOCOL_INFOW,
    opened: WSAPROTOCOL_INFOW,
    info: WSAPROTOCOL_INFOW,
    af: number,
    type: number,
    protocol: number,
    g: GROUP,
    dwFlags: number,
  ): SOCKET {
    const provider = dispatcher.providers.get(entry);
    if (typeof provider === 'number') return dispatcher.failSocket(provider);
    const { lpWSPSocket } = provider.procedures;
    const frame = dispatcher.enter();
    let record: SocketRecord | null;
    try {
      const s = lpWSPSocket(af, type, protocol, info, g, dwFlags, frame.errno);
      record = dispatcher.leaveSocket(frame, provider, 'WSPSocket', s);
    } catch (cause) {
      dispatcher.contain(frame, provider, 'WSPSocket', cause);
      return INVALID_SOCKET;
    }
    if (record === null) return INVALID_SOCKET;
    record.chainEntry = opened;
    return record.handle;
  }

  // WSPAccept for accept and WSAAccept. What is accepted belongs to the listener's chain.
  function acceptOn(
    s: SOCKET,
    addr: Uint8Array | null,
    addrlen: Ref<number> | null,
    lpfnCondition: LPCONDITIONPROC | null,
    dwCallbackData: unknown,
  ): SOCKET {
    const listener = dispatcher.socket(s);
    if (listener === null) return INVALID_SOCKET;
    if (!isAddressRoom(addr, addrlen) || !(isNull(lpfnCondition) || typeof lpfnCondition === 'function')) {
      return dispatcher.failSocket(WSAEFAULT);
    }
    const { provider, chainEntry } = listener;
    const { lpWSPAccept } = provider.procedures;
    const room = isNull(addr) ? null : addrlen;
    const frame = dispatcher.enter();
    let record: SocketRecord | null;
    try {
      const accepted = lpWSPAccept(s, addr ?? null, room, lpfnCondition ?? null, dwCallbackData, frame.errno);
      record = dispatcher.leaveSocket(frame, provider, 'WSPAccept', accepted);
    } catch (cause) {
      dispatcher.contain(frame, provider, 'WSPAccept', cause, s);
      return INVALID_SOCKET;
    }
    if (record === null) return INVALID_SOCKET;
    record.chainEntry = chainEntry;
    return record.handle;
  }

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
      const result = lpWSPConnect(
        handle,
        name,
        namelen,
        lpCallerData,
        lpCalleeData,
        lpSQOS,
        lpGQOS,
        frame.errno,
      );
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

  /**
   * Describes a socket so that another instance, thread or process can open it too, once (specification: WSADuplicateSocket).
   *
   * @param s the socket to share
   * @param dwProcessId the process that will open it; `process.pid` for this one and its workers
   * @param lpProtocolInfo filled; give it to `WSASocket` there. It survives JSON
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (`lpProtocolInfo` is no object), WSAEINVAL,
   *   WSAEMFILE, WSAENOBUFS
   */
  function WSADuplicateSocket(s: SOCKET, dwProcessId: number, lpProtocolInfo: Partial<WSAPROTOCOL_INFOW>): number {
    const record = dispatcher.socket(s);
    if (record === null) return -1;
    if (!isStructure(lpProtocolInfo)) return dispatcher.fail(WSAEFAULT);
    const { provider, chainEntry } = record;
    const { lpWSPDuplicateSocket } = provider.procedures;
    const info = structuredClone(chainEntry);
    const frame = dispatcher.enter();
    try {
      const result = lpWSPDuplicateSocket(s, dwProcessId, info, frame.errno);
      if (dispatcher.leave(frame, provider, 'WSPDuplicateSocket', result, s) !== 0) return -1;
    } catch (cause) {
      return dispatcher.contain(frame, provider, 'WSPDuplicateSocket', cause, s);
    }
    // A base provider describes itself; whoever opens the socket shall pass the whole chain.
    Object.assign(lpProtocolInfo, describeSocket(chainEntry, info));
    return 0;
  }

  return {
    WSASocket,
    /** As `WSASocket`; strings have one form here. */
    WSASocketA: WSASocket,
    /** As `WSASocket`. */
    WSASocketW: WSASocket,
    WSADuplicateSocket,
    /** As `WSADuplicateSocket`; strings have one form here. */
    WSADuplicateSocketA: WSADuplicateSocket,
    /** As `WSADuplicateSocket`. */
    WSADuplicateSocketW: WSADuplicateSocket,

    /**
     * Creates a socket of the first catalog entry that matches (specification: socket). It has the overlapped attribute,
     * unless the thread's SO_OPENTYPE says otherwise.
     *
     * @param af an address family, or AF_UNSPEC if `protocol` is not 0
     * @param type a socket type; 0 for any
     * @param protocol a protocol; 0 for the entry's own
     * @returns the socket, or INVALID_SOCKET with the errors of `WSASocket`
     */
    socket(af: number, type: number, protocol: number): SOCKET {
      const flags = dispatcher.openType === 0 ? WSA_FLAG_OVERLAPPED : 0;
      return WSASocket(af, type, af === AF_NETBIOS && protocol > 0 ? -protocol : protocol, null, 0, flags);
    },

    /**
     * Takes the next connection of a listening socket (specification: accept).
     *
     * @param s a listening socket
     * @param addr filled with the peer's sockaddr, or `null`
     * @param addrlen in: room in `addr`; out: length of the sockaddr
     * @returns a socket of the listener's chain, or INVALID_SOCKET with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad or too
     *   little room), WSAEINVAL (not listening), WSAEWOULDBLOCK, WSAEOPNOTSUPP, WSAECONNRESET, WSAEINTR, WSAEMFILE, WSAENOBUFS
     */
    accept: (s: SOCKET, addr: Uint8Array | null, addrlen: Ref<number> | null): SOCKET =>
      acceptOn(s, addr, addrlen, null, 0),

    /**
     * Takes the next connection of a listening socket if a condition function agrees (specification: WSAAccept).
     *
     * @param s a listening socket
     * @param addr filled with the peer's sockaddr, or `null`
     * @param addrlen in: room in `addr`; out: length of the sockaddr
     * @param lpfnCondition returns CF_ACCEPT, CF_REJECT or CF_DEFER; one that throws rejects; `null` accepts
     * @param dwCallbackData handed to it
     * @returns a socket of the listener's chain, or INVALID_SOCKET with the errors of `accept`, WSAECONNREFUSED (rejected),
     *   WSATRY_AGAIN (deferred), WSAEACCES (the offer was withdrawn)
     */
    WSAAccept: acceptOn,

    /**
     * Gives a socket its local name (specification: bind).
     *
     * @param s a socket without a name
     * @param name a sockaddr of the socket's family; port 0 lets the provider choose
     * @param namelen its length in bytes, up to `name.length`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad, short or of another family), WSAEINVAL
     *   (has a name), WSAEADDRINUSE, WSAEADDRNOTAVAIL, WSAEACCES, WSAENOBUFS
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
     * Closes a socket; its handle is no socket afterwards (specification: closesocket). SO_LINGER says what becomes of data.
     *
     * @param s any socket
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEWOULDBLOCK (non-blocking, lingers: still open),
     *   WSAEINTR
     */
    closesocket(s: SOCKET): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      const { provider } = record;
      const { lpWSPCloseSocket } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPCloseSocket(s, frame.errno);
        // The provider takes its own handles out of the table itself, by WPUCloseSocketHandle.
        if (result === 0 && record.kind === 'ifs') dispatcher.sockets.remove(record);
        return dispatcher.leave(frame, provider, 'WSPCloseSocket', result, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPCloseSocket', cause, s);
      }
    },

    /**
     * Connects a socket, or sets the peer of a datagram socket (specification: connect).
     *
     * @param s a socket; one without a name gets one
     * @param name the peer's sockaddr
     * @param namelen its length in bytes, up to `name.length`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad or short), WSAEWOULDBLOCK (non-blocking:
     *   under way), WSAEALREADY (under way already; WSAEINVAL for version 1.1), WSAEISCONN, WSAEINVAL (listening),
     *   WSAECONNREFUSED, WSAENETUNREACH, WSAEHOSTUNREACH, WSAETIMEDOUT, WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT, WSAEACCES, WSAEINTR
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
     * @returns 0, or SOCKET_ERROR with the errors of `connect`, WSAEPROTONOSUPPORT (no connect data, as for TCP), WSAEOPNOTSUPP
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
      return connectTo(record, name, namelen, lpCallerData ?? null, lpCalleeData ?? null, lpSQOS ?? null, lpGQOS ?? null);
    },

    /**
     * Has a socket listen for connections (specification: listen).
     *
     * @param s a socket with a name, not connected
     * @param backlog how many connections may wait; clamped silently, SOMAXCONN for a reasonable number
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (no name), WSAEISCONN, WSAEOPNOTSUPP
     *   (datagrams), WSAEADDRINUSE, WSAEMFILE, WSAENOBUFS
     */
    listen(s: SOCKET, backlog: number): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
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
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (no name yet), WSAEFAULT (bad or too little
     *   room; looked at last)
     */
    getsockname: (s: SOCKET, name: Uint8Array, namelen: Ref<number>): number =>
      nameOf('lpWSPGetSockName', s, name, namelen),

    /**
     * Gives the name of a socket's peer (specification: getpeername).
     *
     * @param s a connected socket
     * @param name filled with the sockaddr
     * @param namelen in: room in `name`; out: length of the sockaddr
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAENOTCONN, WSAEFAULT (bad or too little room; looked
     *   at last)
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
     * @returns a new socket for a root, `s` itself for a leaf, or INVALID_SOCKET with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT
     *   (bad or short), WSAEINVAL, WSAEALREADY, WSAEISCONN, WSAEOPNOTSUPP and the errors of `connect`
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
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad buffer), WSAENOPROTOOPT (data, and the
     *   protocol has none), WSAENOTCONN
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
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad buffer), WSAENOPROTOOPT (a buffer, and the
     *   protocol has no such data), WSAENOTCONN
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
