// Making, accepting, sharing and closing sockets.
import { fillStructure, isAddressRoom, isNull, isScalar, isStructure, isWritable } from '../../spi/arguments.js';
import {
  AF_NETBIOS,
  INVALID_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINVAL,
  type GROUP,
  type LPCONDITIONPROC,
  type Ref,
  type SOCKET,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import {
  describeSocket,
  findEntry,
  isFamilyKnown,
  matchEntry,
  openedEntry,
  type Dispatcher,
  type SocketRecord,
} from '../dispatcher/index.js';

/** Making, accepting, sharing and closing sockets. */
export type SocketFunctions = ReturnType<typeof createSocketFunctions>;

/**
 * Makes the functions that make, accept, share and close sockets (specification: socket, accept, closesocket and their
 * like).
 */
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
   * @returns the socket, or INVALID_SOCKET with WSANOTINITIALISED, WSAEFAULT (bad `lpProtocolInfo`), WSAEINVAL (no such
   *   entry here; AF_UNSPEC with protocol 0; bad group or flags), WSAESOCKTNOSUPPORT, WSAEAFNOSUPPORT,
   *   WSAEPROTONOSUPPORT (in this precedence), WSAEPROVIDERFAILEDINIT, WSAEINVALIDPROVIDER, WSAEINVALIDPROCTABLE,
   *   WSAEMFILE, WSAENOBUFS, WSAEACCES
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
    if (![af, type, protocol, g, dwFlags].every(isScalar)) return dispatcher.failSocket(WSAEINVAL);
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
    // Measured behaviour 8.1: a family that the caller wrote into it is looked at as one among the arguments is.
    if (!isFamilyKnown(dispatcher, af, info)) return dispatcher.failSocket(WSAEAFNOSUPPORT);
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
    // Specification, accept: no address is returned when either is NULL.
    if (isNull(addrlen)) addr = null;
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
    record.postsMessages = listener.postsMessages;
    return record.handle;
  }

  /**
   * Describes a socket so that another instance, thread or process can open it too, once (specification:
   * WSADuplicateSocket).
   *
   * @param s the socket to share
   * @param dwProcessId the process that will open it; `process.pid` for this one and its workers
   * @param lpProtocolInfo filled; give it to `WSASocket` there. It survives JSON
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL (no such process), WSAEFAULT
   *   (`lpProtocolInfo` is not an object that can be written), WSAEMFILE, WSAENOBUFS; in this precedence
   */
  function WSADuplicateSocket(s: SOCKET, dwProcessId: number, lpProtocolInfo: Partial<WSAPROTOCOL_INFOW>): number {
    const record = dispatcher.socket(s);
    if (record === null) return -1;
    if (!isProcess(dwProcessId)) return dispatcher.fail(WSAEINVAL);
    if (!isWritable(lpProtocolInfo)) return dispatcher.fail(WSAEFAULT);
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
    return fillStructure(lpProtocolInfo, describeSocket(chainEntry, info)) ? 0 : dispatcher.fail(WSAEFAULT);
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
     * Creates a socket of the first catalog entry that matches (specification: socket). It has the overlapped
     * attribute, unless the thread's SO_OPENTYPE says otherwise.
     *
     * @param af an address family, or AF_UNSPEC if `protocol` is not 0
     * @param type a socket type; 0 for any
     * @param protocol a protocol; 0 for the entry's own
     * @returns the socket, or INVALID_SOCKET with the errors of `WSASocket`
     */
    socket(af: number, type: number, protocol: number): SOCKET {
      const flags = dispatcher.openType === 0 ? WSA_FLAG_OVERLAPPED : 0;
      const isNetbios = af === AF_NETBIOS && isScalar(protocol) && protocol > 0;
      return WSASocket(af, type, isNetbios ? -protocol : protocol, null, 0, flags);
    },

    /**
     * Takes the next connection of a listening socket (specification: accept).
     *
     * @param s a listening socket
     * @param addr filled with the peer's sockaddr, or `null`
     * @param addrlen in: room in `addr`; out: length of the sockaddr
     * @returns a socket of the listener's chain, or INVALID_SOCKET with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad
     *   or too little room), WSAEINVAL (not listening), WSAEWOULDBLOCK, WSAEOPNOTSUPP, WSAECONNRESET, WSAEINTR,
     *   WSAEMFILE, WSAENOBUFS
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
     * @returns a socket of the listener's chain, or INVALID_SOCKET with the errors of `accept`, WSAECONNREFUSED
     *   (rejected), WSATRY_AGAIN (deferred), WSAEACCES (the offer was withdrawn)
     */
    WSAAccept: acceptOn,

    /**
     * Closes a socket; its handle is not a socket afterwards (specification: closesocket). SO_LINGER says what becomes of
     * data.
     *
     * @param s any socket
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEWOULDBLOCK (non-blocking, lingers: still
     *   open), WSAEINTR
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
        if (result === 0 && record.creator === null) dispatcher.sockets.remove(record);
        return dispatcher.leave(frame, provider, 'WSPCloseSocket', result, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPCloseSocket', cause, s);
      }
    },
  };
}

/** Whether a process of that number runs, as far as the system tells. */
function isProcess(id: unknown): boolean {
  // Negative numbers, as which a system takes those with the highest bit, are groups of processes.
  if (typeof id !== 'number' || !Number.isInteger(id) || id <= 0 || id > 0x7fffffff) return false;
  if (id === process.pid) return true;
  try {
    return process.kill(id, 0);
  } catch (error) {
    // It runs, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
