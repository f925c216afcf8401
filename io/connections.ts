import {
  AF_INET6,
  CF_ACCEPT,
  CF_DEFER,
  FD_WRITE,
  FD_WRITE_BIT,
  INVALID_SOCKET,
  LINGER,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_LINGER,
  SO_RCVTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAEACCES,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINTR,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAEPROTONOSUPPORT,
  WSAESHUTDOWN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSATRY_AGAIN,
  type LPCONDITIONPROC,
  type LPWSPACCEPT,
  type LPWSPBIND,
  type LPWSPCANCELBLOCKINGCALL,
  type LPWSPCLOSESOCKET,
  type LPWSPCONNECT,
  type LPWSPDUPLICATESOCKET,
  type LPWSPGETQOSBYNAME,
  type LPWSPJOINLEAF,
  type LPWSPLISTEN,
  type LPWSPRECVDISCONNECT,
  type LPWSPSENDDISCONNECT,
  type LPWSPSHUTDOWN,
  type LPWSPSOCKET,
  type Ref,
  type WSABUF,
} from '../spi/index.js';
import { fail } from './failure.js';
import { addressSlot, Readiness, type AddressSlot, type SocketCore } from './core.js';
import { REENABLED, Registration } from './network-events.js';
import { inheritOptions, lingerOf, timeoutOf } from './option-functions.js';
import type { DeferredConnection, FrontSocket } from './socket.js';
import type { SocketTable } from './socket-table.js';
import { State, stateError } from './states.js';

/** Milliseconds between looks at what the peer has not acknowledged: no kernel tells of that. */
const LINGER_LOOK = 5;

/** Makes the functions of a socket's life: from `WSPSocket` to `WSPCloseSocket`. */
export function createConnectionFunctions(table: SocketTable) {
  const host = table.host;

  const lpWSPSocket: LPWSPSOCKET = (af, type, protocol, lpProtocolInfo, g, dwFlags, lpErrno) => {
    const family = pick(af, lpProtocolInfo?.iAddressFamily);
    const kind = pick(type, lpProtocolInfo?.iSocketType);
    const number = pick(protocol, lpProtocolInfo?.iProtocol);
    const entry = table.entryFor(family, kind, number, lpProtocolInfo);
    if (entry === null) return failSocket(lpErrno, WSAEPROTONOSUPPORT);
    const realFamily = family || entry.iAddressFamily;
    const realType = kind || entry.iSocketType;
    const realProtocol = number || entry.iProtocol;
    const core = table.factory.createCore(realFamily, realType, realProtocol, lpProtocolInfo, g, dwFlags);
    if (typeof core === 'number') return failSocket(lpErrno, core);
    const overlapped = (dwFlags & WSA_FLAG_OVERLAPPED) !== 0;
    const socket = table.register(core, entry, realFamily, realType, realProtocol, overlapped, lpErrno);
    return socket === null ? INVALID_SOCKET : socket.handle;
  };

  const lpWSPBind: LPWSPBIND = (s, name, namelen, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    if (namelen < socket.entry.iMinSockAddr || familyOf(name) !== socket.family) return fail(lpErrno, WSAEFAULT);
    const error = stateError('bind', socket.stream, socket.state) || socket.core.bind(name, namelen);
    if (error !== 0) return fail(lpErrno, error);
    socket.enter(State.BOUND);
    if (!socket.stream) socket.record?.indicate(FD_WRITE, FD_WRITE_BIT, 0);
    return 0;
  };

  const lpWSPListen: LPWSPLISTEN = (s, backlog, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const error = stateError('listen', socket.stream, socket.state) || socket.core.listen(backlog);
    if (error !== 0) return fail(lpErrno, error);
    socket.enter(State.LISTENING);
    return 0;
  };

  const lpWSPConnect: LPWSPCONNECT = (s, name, namelen, lpCallerData, _calleeData, _sqos, _gqos, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const refused = connectRefusal(socket, name, namelen, lpCallerData);
    if (refused !== 0) return fail(lpErrno, refused);
    const disconnects = !socket.stream && isUnspecified(name, socket.family);
    const error = socket.core.tryConnect(name, namelen);
    if (error === 0) {
      if (disconnects) socket.enter(Math.min(socket.state, State.BOUND));
      else socket.connected();
      return 0;
    }
    if (error !== WSAEWOULDBLOCK) {
      if (socket.stream) socket.enter(State.FAILED);
      return fail(lpErrno, error);
    }
    socket.destination = name.slice(0, Math.min(namelen, socket.entry.iMaxSockAddr));
    socket.enter(State.CONNECTING);
    if (!socket.blocking) return fail(lpErrno, WSAEWOULDBLOCK);
    return waitForConnection(socket, lpErrno);
  };

  function waitForConnection(socket: FrontSocket, lpErrno: Ref<number>): number {
    const outcome = Readiness.CONNECTED | Readiness.CONNECT_FAILED;
    const ended = host.wait(
      () => socket.state !== State.CONNECTING || (socket.core.readiness & outcome) !== 0,
      Infinity,
      'continue',
      `connect on socket ${socket.handle} (${socket.entry.szProtocol})`,
    );
    if (socket.state === State.CLOSED || ended !== 'condition') return fail(lpErrno, WSAEINTR);
    if (socket.state === State.CONNECTING) socket.finishConnect();
    if (socket.state === State.CONNECTED) return 0;
    // Measured behaviour 13.14: a blocking connect that failed leaves SO_ERROR at 0.
    const error = socket.lastError || WSAECONNREFUSED;
    socket.lastError = 0;
    return fail(lpErrno, error);
  }

  const lpWSPAccept: LPWSPACCEPT = (s, addr, addrlen, lpfnCondition, dwCallbackData, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return failSocket(lpErrno, WSAENOTSOCK);
    const refused = stateError('accept', socket.stream, socket.state);
    if (refused !== 0) return failSocket(lpErrno, refused);
    if (addr !== null && addrlen !== null && Math.min(addrlen.value, addr.length) < socket.entry.iMinSockAddr) {
      return failSocket(lpErrno, WSAEFAULT);
    }
    const connection = nextConnection(socket);
    if (typeof connection === 'number') {
      // An accept that fails re-enables FD_ACCEPT like any other, and what could not be accepted still waits.
      afterAccept(socket);
      return failSocket(lpErrno, connection);
    }
    if (addr !== null && addrlen !== null) {
      addr.set(connection.peer.bytes.subarray(0, connection.peer.length));
      addrlen.value = connection.peer.length;
    }
    const verdict =
      lpfnCondition === null ? CF_ACCEPT : askCondition(socket, connection, lpfnCondition, dwCallbackData);
    if (verdict === CF_DEFER) {
      // The connection stays first in the queue, and FD_ACCEPT is not re-enabled.
      (socket.deferred ??= []).unshift(connection);
      return failSocket(lpErrno, WSATRY_AGAIN);
    }
    afterAccept(socket);
    if (verdict !== CF_ACCEPT) {
      connection.core.abort();
      return failSocket(lpErrno, verdict === WITHDRAWN ? WSAEACCES : WSAECONNREFUSED);
    }
    return adopt(socket, connection.core, lpErrno);
  };

  /** Takes the next connection, waiting for it if the socket is blocking. */
  function nextConnection(socket: FrontSocket): DeferredConnection | number {
    const deferred = socket.deferred?.shift();
    if (deferred !== undefined) {
      if (socket.deferred!.length === 0) socket.deferred = null;
      return deferred;
    }
    const peer = addressSlot();
    const timeout = timeoutOf(socket, SO_RCVTIMEO);
    const deadline = timeout === 0 ? Infinity : host.clock.now() + timeout;
    for (;;) {
      const core = socket.core.tryAccept(peer);
      if (typeof core !== 'number') return { core, peer };
      if (core !== WSAEWOULDBLOCK || !socket.blocking) return core;
      const ended = host.wait(
        () => socket.state !== State.LISTENING || (socket.core.readiness & Readiness.ACCEPTABLE) !== 0,
        deadline,
        'continue',
        `accept on socket ${socket.handle} (${socket.entry.szProtocol})`,
      );
      if (ended === 'timeout') return WSAETIMEDOUT;
      if (ended === 'interrupted' || socket.state !== State.LISTENING) return WSAEINTR;
    }
  }

  /** FD_ACCEPT is re-enabled, and reported again while connections wait. */
  function afterAccept(socket: FrontSocket): void {
    const record = socket.record;
    if (record === null) return;
    record.reenable(REENABLED.accept);
    if (socket.deferred !== null || (socket.core.readiness & Readiness.ACCEPTABLE) !== 0)
      socket.changed(Readiness.ACCEPTABLE);
  }

  /** Gives an accepted core its front, which inherits what the specification says. */
  function adopt(listener: FrontSocket, core: SocketCore, lpErrno: Ref<number>): number {
    const { entry, family, type, protocol, overlapped } = listener;
    const socket = table.register(core, entry, family, type, protocol, overlapped, lpErrno);
    if (socket === null) return INVALID_SOCKET;
    socket.blocking = listener.blocking;
    inheritOptions(listener, socket);
    socket.enter(State.CONNECTED);
    const registration = listener.record;
    if (registration !== null && registration.registration !== Registration.NONE) {
      const record = socket.ensureRecord();
      if (registration.registration === Registration.EVENT) record.selectEvent(registration.target, registration.mask);
      else record.selectMessage(registration.target, registration.message, registration.mask, socket.conditions(true));
    }
    if (core.readiness !== 0) socket.changed(core.readiness & ~Readiness.WRITABLE);
    return socket.handle;
  }

  function askCondition(
    socket: FrontSocket,
    connection: DeferredConnection,
    condition: LPCONDITIONPROC,
    dwCallbackData: unknown,
  ): number {
    const local: AddressSlot = addressSlot();
    connection.core.localName(local);
    const callerId = wsabuf(connection.peer);
    const calleeId = wsabuf(local);
    let verdict: number;
    try {
      verdict = condition(callerId, null, null, null, calleeId, null, { value: 0 }, dwCallbackData);
    } catch (cause) {
      host.report({
        message: 'the condition function of WSAAccept threw; the connection is rejected',
        cause,
        socket: socket.handle,
      });
      return CF_REJECTED;
    }
    const gone = (connection.core.confirm(Readiness.RESET) & Readiness.RESET) !== 0;
    return verdict === CF_ACCEPT && gone ? WITHDRAWN : verdict;
  }

  const lpWSPShutdown: LPWSPSHUTDOWN = (s, how, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    return shutdown(socket, how, lpErrno);
  };

  function shutdown(socket: FrontSocket, how: number, lpErrno: Ref<number>): number {
    const refused = stateError('shutdown', socket.stream, socket.state);
    if (refused !== 0) return fail(lpErrno, refused);
    if (how !== SD_RECEIVE && how !== SD_SEND && how !== SD_BOTH) return fail(lpErrno, WSAEINVAL);
    const error = (socket.core.readiness & Readiness.RESET) !== 0 ? socket.resetError : socket.core.shutdown(how);
    if (error !== 0) return fail(lpErrno, error);
    if (how !== SD_SEND) socket.receiveShutdown = true;
    if (how !== SD_RECEIVE) socket.sendShutdown = true;
    socket.enter(socket.state);
    if (how !== SD_SEND && socket.receives !== null) socket.serveReceives();
    return 0;
  }

  const lpWSPSendDisconnect: LPWSPSENDDISCONNECT = (s, data, lpErrno) => disconnect(s, SD_SEND, data, lpErrno);
  const lpWSPRecvDisconnect: LPWSPRECVDISCONNECT = (s, data, lpErrno) => disconnect(s, SD_RECEIVE, data, lpErrno);

  function disconnect(s: number, how: number, data: WSABUF | null, lpErrno: Ref<number>): number {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    // TCP/IP has no disconnect data.
    if (data !== null) return fail(lpErrno, WSAENOPROTOOPT);
    return shutdown(socket, how, lpErrno);
  }

  const lpWSPCloseSocket: LPWSPCLOSESOCKET = (s, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const linger = lingerOf(socket);
    const lingers = linger.on && socket.stream && socket.state === State.CONNECTED;
    const deadline = host.clock.now() + linger.seconds * 1000;
    let graceful = true;
    if (lingers && linger.seconds === 0) {
      graceful = false;
    } else if (lingers && socket.core.unsent() > 0) {
      if (!socket.blocking) return fail(lpErrno, WSAEWOULDBLOCK);
      graceful = waitForAcknowledgement(socket, deadline);
    }
    if (lingers && graceful && socket.blocking) lingerBelow(socket, deadline);
    destroy(socket, graceful);
    return 0;
  };

  /**
   * Hands the rest of the time to linger on to the core, for the socket that it may have below. What a core above another
   * provider can count is its own queue; what lies below no ioctl of the SPI tells. So the socket below is to linger in
   * its turn, when the core closes it. Cores with nothing below know no SO_LINGER, and what they count is everything.
   */
  function lingerBelow(socket: FrontSocket, deadline: number): void {
    // In whole seconds, and not 0, which would mean a reset.
    const l_linger = Math.max(Math.ceil((deadline - host.clock.now()) / 1000), 1);
    socket.core.setOption(SOL_SOCKET, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger }), 4);
  }

  function waitForAcknowledgement(socket: FrontSocket, deadline: number): boolean {
    socket.core.shutdown(SD_SEND);
    const gone = (): boolean => socket.core.unsent() === 0 || (socket.core.readiness & Readiness.RESET) !== 0;
    while (!gone()) {
      const now = host.clock.now();
      if (now >= deadline) return false;
      const ended = host.wait(
        gone,
        Math.min(deadline, now + LINGER_LOOK),
        'no',
        `closesocket on socket ${socket.handle}`,
      );
      if (ended === 'interrupted') return false;
    }
    return true;
  }

  /** Takes a socket out of the world: silences it, cancels what waits, closes its core. */
  function destroy(socket: FrontSocket, graceful: boolean): void {
    socket.silence();
    socket.enter(State.CLOSED);
    socket.cancelOperations();
    for (const { core } of socket.deferred ?? []) core.abort();
    socket.deferred = null;
    socket.core.notice = null;
    if (graceful) socket.core.close();
    else socket.core.abort();
    table.remove(socket);
  }

  const lpWSPCancelBlockingCall: LPWSPCANCELBLOCKINGCALL = (lpErrno) => fail(lpErrno, WSAEOPNOTSUPP);

  const lpWSPDuplicateSocket: LPWSPDUPLICATESOCKET = (s, _processId, _protocolInfo, lpErrno) =>
    fail(lpErrno, table.find(s) === undefined ? WSAENOTSOCK : WSAEOPNOTSUPP);

  /** Reached only by sockets without multipoint flags: the TCP/IP entries advertise no rooted planes. */
  const lpWSPJoinLeaf: LPWSPJOINLEAF = (s, _name, _namelen, _callerData, _calleeData, _sqos, _gqos, _flags, lpErrno) =>
    failSocket(lpErrno, table.find(s) === undefined ? WSAENOTSOCK : WSAEOPNOTSUPP);

  const lpWSPGetQOSByName: LPWSPGETQOSBYNAME = (s, _name, _qos, lpErrno) => {
    lpErrno.value = table.find(s) === undefined ? WSAENOTSOCK : WSAEOPNOTSUPP;
    return false;
  };

  /** The last WSPCleanup: pending operations end without notice, open sockets are reset. */
  function closeAll(): void {
    for (const socket of [...table.open()]) {
      for (const _ of [...(socket.receives ?? []), ...(socket.sends ?? [])]) host.unref();
      socket.receives = socket.sends = null;
      destroy(socket, false);
    }
  }

  return {
    functions: {
      lpWSPSocket,
      lpWSPBind,
      lpWSPListen,
      lpWSPConnect,
      lpWSPAccept,
      lpWSPShutdown,
      lpWSPSendDisconnect,
      lpWSPRecvDisconnect,
      lpWSPCloseSocket,
      lpWSPCancelBlockingCall,
      lpWSPDuplicateSocket,
      lpWSPJoinLeaf,
      lpWSPGetQOSByName,
    },
    closeAll,
  };
}

/** A verdict of our own: the caller went away while the condition function ran. */
const WITHDRAWN = -1;
/** What a condition function that throws amounts to. */
const CF_REJECTED = 1;

function failSocket(lpErrno: Ref<number>, error: number): number {
  lpErrno.value = error;
  return INVALID_SOCKET;
}

/** An argument of `WSPSocket`, where -1 (FROM_PROTOCOL_INFO) and 0 mean the protocol's own value. */
function pick(argument: number, fromProtocolInfo: number | undefined): number {
  return argument === -1 || argument === 0 ? (fromProtocolInfo ?? 0) : argument;
}

function familyOf(name: Uint8Array): number {
  return name[0]! | (name[1]! << 8);
}

function portOf(name: Uint8Array): number {
  return (name[2]! << 8) | name[3]!;
}

function isUnspecified(name: Uint8Array, family: number): boolean {
  const [start, end] = family === AF_INET6 ? [8, 24] : [4, 8];
  for (let i = start!; i < end!; i++) if (name[i] !== 0) return false;
  return true;
}

function connectRefusal(socket: FrontSocket, name: Uint8Array, namelen: number, callerData: WSABUF | null): number {
  const state = stateError('connect', socket.stream, socket.state);
  if (state !== 0) return state;
  if (namelen < socket.entry.iMinSockAddr) return WSAEFAULT;
  const family = familyOf(name);
  if (!socket.stream && family === 0) return 0;
  if (family !== socket.family) return WSAEAFNOSUPPORT;
  if (!socket.stream) return 0;
  if (callerData !== null && callerData.len > 0) return WSAEPROTONOSUPPORT;
  if (socket.type === SOCK_STREAM && (isUnspecified(name, family) || portOf(name) === 0)) return WSAEADDRNOTAVAIL;
  return socket.sendShutdown ? WSAESHUTDOWN : 0;
}

function wsabuf(slot: AddressSlot): WSABUF {
  return { len: slot.length, buf: slot.bytes.slice(0, slot.length) };
}
