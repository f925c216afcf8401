// Opening, binding, connecting, listening, disconnecting and closing.
import {
  copyOfBytes,
  FD_WRITE,
  FD_WRITE_BIT,
  holdsBytes,
  INVALID_SOCKET,
  LINGER,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_LINGER,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINTR,
  WSAEINVAL,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEPROTONOSUPPORT,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type LPWSPBIND,
  type LPWSPCANCELBLOCKINGCALL,
  type LPWSPCLOSESOCKET,
  type LPWSPCONNECT,
  type LPWSPLISTEN,
  type LPWSPRECVDISCONNECT,
  type LPWSPSENDDISCONNECT,
  type LPWSPSHUTDOWN,
  type LPWSPSOCKET,
  type Ref,
  type WSABUF,
} from '../../spi/index.js';
import {
  familyOf,
  giveConnectData,
  hostOf,
  isUnspecified,
  lacksPort,
  Readiness,
  State,
  stateError,
} from '../core/index.js';
import { lingerOf } from '../options/index.js';
import { enterGroup, flowControlOf, MissingContext, type FrontSocket, type SocketTable } from '../socket/index.js';
import { disconnectDataError, giveDisconnectData, takeConnectData, takeDisconnectData } from './connect-data.js';
import { createDuplicateSocket, takeOffer } from './duplicates.js';
import { fail, failSocket } from './failure.js';
import { createJoinLeaf, multipointError } from './multipoint.js';
import { createQosTemplateProcedures } from './qos-templates.js';
import { requestQualities } from './quality.js';

/** Milliseconds between looks at what the peer has not acknowledged: no kernel tells of that. */
const LINGER_LOOK = 5;

/** Makes the functions of a socket's life: from `WSPSocket` to `WSPCloseSocket`. */
export function createConnectionProcedures(table: SocketTable) {
  const host = table.host;

  const lpWSPSocket: LPWSPSOCKET = (af, type, protocol, lpProtocolInfo, g, dwFlags, lpErrno) => {
    const family = pick(af, lpProtocolInfo?.iAddressFamily);
    const kind = pick(type, lpProtocolInfo?.iSocketType);
    const number = pick(protocol, lpProtocolInfo?.iProtocol);
    const entry = table.entryFor(family, kind, number, lpProtocolInfo);
    if (entry === null) return failSocket(lpErrno, WSAEPROTONOSUPPORT);
    const refused = multipointError(dwFlags, entry);
    if (refused !== 0) return failSocket(lpErrno, refused);
    const realFamily = family || entry.iAddressFamily;
    const realType = kind || entry.iSocketType;
    const realProtocol = number || entry.iProtocol;
    const offer = takeOffer(table, lpProtocolInfo);
    if (offer === undefined) return failSocket(lpErrno, WSAEINVAL);
    const member = offer === null ? enterGroup(table, entry, g) : offer.group;
    if (typeof member === 'number') return failSocket(lpErrno, member);
    const core =
      offer?.core ?? table.factory.createCore(realFamily, realType, realProtocol, lpProtocolInfo, g, dwFlags);
    if (typeof core === 'number') {
      member?.leave();
      return failSocket(lpErrno, core);
    }
    const overlapped = (dwFlags & WSA_FLAG_OVERLAPPED) !== 0;
    const socket = table.register(core, entry, realFamily, realType, realProtocol, overlapped, lpErrno);
    if (socket === null) {
      member?.leave();
      return INVALID_SOCKET;
    }
    if (offer !== null) socket.becomeDuplicate(offer);
    else if (member !== null) socket.enterGroup(member);
    return socket.handle;
  };

  const lpWSPBind: LPWSPBIND = (s, name, namelen, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    if (namelen < socket.entry.iMinSockAddr || !holdsBytes(name, namelen)) return fail(lpErrno, WSAEFAULT);
    if (familyOf(name) !== socket.family) return fail(lpErrno, WSAEFAULT);
    // AcceptEx has the socket.
    if (socket.extended?.takesSocket === true) return fail(lpErrno, WSAEINVAL);
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

  const lpWSPConnect: LPWSPCONNECT = (s, name, namelen, lpCallerData, calleeData, lpSQOS, lpGQOS, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const refused = connectRefusal(socket, name, namelen, lpCallerData);
    if (refused !== 0) return fail(lpErrno, refused);
    const disconnects = !socket.stream && isUnspecified(name, socket.family);
    const { group } = socket;
    const elsewhere = group === null ? 0 : group.meet(hostOf(name, namelen));
    if (elsewhere !== 0) return fail(lpErrno, elsewhere);
    const quality = lpSQOS === null && lpGQOS === null ? 0 : requestQualities(socket, lpSQOS, lpGQOS);
    if (typeof quality === 'number' && quality !== 0) {
      group?.part();
      return fail(lpErrno, quality);
    }
    // Where flows go with connections, the callee may answer with one.
    if (socket.core.carriesFlows === true) flowControlOf(socket);
    const error = socket.core.tryConnect(name, namelen);
    if (typeof quality !== 'number') quality.tell(error === WSAEWOULDBLOCK ? 0 : error);
    // A filter may have connected the socket itself meanwhile: that goes on.
    const goesOn = socket.stream && (socket.state === State.CONNECTING || socket.state === State.CONNECTED);
    if (group !== null && error !== 0 && error !== WSAEWOULDBLOCK && !goesOn) group.part();
    // ConnectEx draws the conclusions itself.
    if (socket.serving) return error === 0 ? 0 : fail(lpErrno, error);
    if (error === 0) {
      if (disconnects) socket.enter(Math.min(socket.state, State.BOUND));
      else socket.connected();
      return connectedNow(socket, calleeData);
    }
    if (error !== WSAEWOULDBLOCK) {
      if (socket.stream && !goesOn) socket.connectRefused(error);
      return fail(lpErrno, error);
    }
    socket.connecting(copyOfBytes(name, Math.min(namelen, socket.entry.iMaxSockAddr)), calleeData);
    if (!socket.blocking) return fail(lpErrno, WSAEWOULDBLOCK);
    const result = waitForConnection(socket, lpErrno);
    // By now the callee may have answered with another.
    if (typeof quality !== 'number') quality.tell(result === 0 ? 0 : lpErrno.value);
    return result;
  };

  /** What the peer has answered with is there with the connection, if only that it is nothing; without connections nobody answers. */
  function connectedNow(socket: FrontSocket, calleeData: WSABUF | null): number {
    if (socket.stream) giveConnectData(socket.core, calleeData);
    return 0;
  }

  /** Waits for the outcome of a connect. Returns 0, or SOCKET_ERROR with `lpErrno` set. */
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
    socket.setLastError(0);
    return fail(lpErrno, error);
  }

  const lpWSPShutdown: LPWSPSHUTDOWN = (s, how, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    return shutdown(socket, how, lpErrno);
  };

  function shutdown(socket: FrontSocket, how: number, lpErrno: Ref<number>): number {
    const state = socket.isRoot ? 0 : stateError('shutdown', socket.stream, socket.state);
    const refused = state || missingContextError(socket);
    if (refused !== 0) return fail(lpErrno, refused);
    if (how !== SD_RECEIVE && how !== SD_SEND && how !== SD_BOTH) return fail(lpErrno, WSAEINVAL);
    if ((socket.core.readiness & Readiness.RESET) !== 0) return fail(lpErrno, socket.resetError);
    const error = socket.shutDown(how);
    return error === 0 ? 0 : fail(lpErrno, error);
  }

  const lpWSPSendDisconnect: LPWSPSENDDISCONNECT = (s, data, lpErrno) => disconnect(s, SD_SEND, data, lpErrno);
  const lpWSPRecvDisconnect: LPWSPRECVDISCONNECT = (s, data, lpErrno) => disconnect(s, SD_RECEIVE, data, lpErrno);

  function disconnect(s: number, how: number, data: WSABUF | null, lpErrno: Ref<number>): number {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const { core } = socket;
    // Before anything is ended: a protocol may have no such data.
    const refused = how === SD_SEND ? takeDisconnectData(core, data) : disconnectDataError(core, data);
    if (refused !== 0) return fail(lpErrno, refused);
    // Data may have come with the end of a connection that was broken off, too (specification: WSARecvDisconnect).
    const over = how === SD_RECEIVE && data !== null && (core.readiness & Readiness.RESET) !== 0;
    const result = over ? 0 : shutdown(socket, how, lpErrno);
    if (result === 0 && how === SD_RECEIVE) giveDisconnectData(core, data);
    return result;
  }

  const lpWSPCloseSocket: LPWSPCLOSESOCKET = (s, lpErrno) => {
    const socket = table.find(s);
    // It may be about to go: its operations are being cancelled, and somebody who is told of one closes it again.
    if (socket === undefined || socket.state === State.CLOSED) return fail(lpErrno, WSAENOTSOCK);
    const linger = lingerOf(socket);
    const lingers = linger.on && socket.stream && socket.state === State.CONNECTED;
    const deadline = host.clock.now() + linger.seconds * 1000;
    let graceful = true;
    if (lingers && linger.seconds === 0) {
      graceful = false;
    } else if (lingers && socket.core.unsent() > 0) {
      if (!socket.blocking) return fail(lpErrno, WSAEWOULDBLOCK);
      const ended = waitForAcknowledgement(socket, deadline);
      // Cancelled: the socket stays, and can be closed again.
      if (ended === 'interrupted') return fail(lpErrno, WSAEINTR);
      graceful = ended === 'acknowledged';
    }
    if (lingers && graceful && socket.blocking) lingerBelow(socket, deadline);
    destroy(socket, graceful);
    return 0;
  };

  /**
   * Hands the rest of the time to linger on to the core, for the socket that it may have below. What a core above
   * another provider can count is its own queue; what lies below no ioctl of the SPI tells. So the socket below is to
   * linger in its turn, when the core closes it. Cores with nothing below know no SO_LINGER, and what they count is
   * everything.
   */
  function lingerBelow(socket: FrontSocket, deadline: number): void {
    // In whole seconds, and not 0, which would mean a reset.
    const l_linger = Math.max(Math.ceil((deadline - host.clock.now()) / 1000), 1);
    socket.core.setOption(SOL_SOCKET, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger }), 4);
  }

  function waitForAcknowledgement(socket: FrontSocket, deadline: number): 'acknowledged' | 'timeout' | 'interrupted' {
    socket.shutDown(SD_SEND);
    const gone = (): boolean => socket.core.unsent() === 0 || (socket.core.readiness & Readiness.RESET) !== 0;
    while (!gone()) {
      const now = host.clock.now();
      if (now >= deadline) return 'timeout';
      const ended = host.wait(
        gone,
        Math.min(deadline, now + LINGER_LOOK),
        'no',
        `closesocket on socket ${socket.handle}`,
      );
      if (ended === 'interrupted') return 'interrupted';
    }
    return 'acknowledged';
  }

  /** Takes a socket out of the world. */
  function destroy(socket: FrontSocket, graceful: boolean): void {
    socket.close(graceful);
    table.remove(socket);
  }

  const lpWSPCancelBlockingCall: LPWSPCANCELBLOCKINGCALL = (lpErrno) =>
    host.cancelBlockingCall() ? 0 : fail(lpErrno, WSAEINVAL);

  const lpWSPDuplicateSocket = createDuplicateSocket(table);

  /** The last WSPCleanup: pending operations end without notice, open sockets are reset. */
  function closeAll(): void {
    for (const socket of table.open()) {
      socket.forgetOperations();
      destroy(socket, false);
    }
  }

  return {
    functions: {
      lpWSPSocket,
      lpWSPBind,
      lpWSPListen,
      lpWSPConnect,
      lpWSPShutdown,
      lpWSPSendDisconnect,
      lpWSPRecvDisconnect,
      lpWSPCloseSocket,
      lpWSPCancelBlockingCall,
      lpWSPDuplicateSocket,
      ...createJoinLeaf(table, waitForConnection),
      ...createQosTemplateProcedures(table),
    },
    closeAll,
  };
}

/** An argument of `WSPSocket`, where -1 (FROM_PROTOCOL_INFO) and 0 mean the protocol's own value. */
function pick(argument: number, fromProtocolInfo: number | undefined): number {
  return argument === -1 || argument === 0 ? (fromProtocolInfo ?? 0) : argument;
}

/** Until its context is set, a socket of AcceptEx or ConnectEx only transfers data (specification: AcceptEx). */
function missingContextError(socket: FrontSocket): number {
  return socket.missingContext === MissingContext.NONE ? 0 : WSAENOTCONN;
}

function connectRefusal(socket: FrontSocket, name: Uint8Array, namelen: number, callerData: WSABUF | null): number {
  // Measured behaviour 24.3, 25.4 and 34: AcceptEx or ConnectEx has the socket.
  if (socket.missingContext === MissingContext.CONNECT || socket.extended?.takesSocket === true) return WSAEINVAL;
  const state = stateError('connect', socket.stream, socket.state);
  if (state !== 0) return state;
  // The root of a session has connections with its leaves alone (WSAJoinLeaf).
  if (socket.isRoot) return WSAEINVAL;
  if (namelen < socket.entry.iMinSockAddr || !holdsBytes(name, namelen)) return WSAEFAULT;
  const family = familyOf(name);
  if (!socket.stream && family === 0) return 0;
  if (family !== socket.family) return WSAEAFNOSUPPORT;
  if (!socket.stream) return 0;
  const refused = takeConnectData(socket.core, callerData);
  if (refused !== 0) return refused;
  if (isUnspecified(name, family) || lacksPort(name)) return WSAEADDRNOTAVAIL;
  return socket.sendShutdown ? WSAESHUTDOWN : 0;
}
