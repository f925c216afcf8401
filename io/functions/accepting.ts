// WSPAccept: the condition function, and what an accepted socket inherits.
import { ignoreOutcome, isThenable, kindOf } from '../../spi/answers.js';
import {
  CF_ACCEPT,
  CF_DEFER,
  CF_REJECT,
  INVALID_SOCKET,
  SO_RCVTIMEO,
  WSAEACCES,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINTR,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSATRY_AGAIN,
  type LPCONDITIONPROC,
  type ErrorCode,
  type LPWSPACCEPT,
  type QOS,
  type Ref,
  type WSABUF,
} from '../../spi/index.js';
import {
  addressSlot,
  Readiness,
  State,
  stateError,
  type AddressSlot,
  type GroupMember,
  type SocketCore,
} from '../core/index.js';
import {
  enterGroupAccepted,
  flowControlOf,
  REENABLED,
  type FrontSocket,
  type SocketTable,
  type WaitingConnection,
} from '../socket/index.js';
import { calleeRoom, callerData, takeCalleeData } from './connect-data.js';
import { failSocket } from './failure.js';
import { callersGroupQuality, callersQuality, takeCalleesQuality, takeGroupQualityOf } from './quality.js';

/** A verdict of our own: the caller went away while the condition function ran. */
const WITHDRAWN = -1;
/** Another one: the connection cannot be in the group that it named. */
const UNGROUPED = -2;

/** What a verdict that does not accept is told as; any other number is none (specification: WSAAccept). */
const REFUSALS = new Map([
  [WITHDRAWN, WSAEACCES],
  [CF_REJECT, WSAECONNREFUSED],
]);

/**
 * Asks a condition function about a connection.
 *
 * @param admit asked, with the group that the connection is to be in, and what that may send, before an acceptance comes
 *   into effect
 * @returns its verdict; CF_REJECT when it threw or gave none, which is reported; a negative number when the caller is
 *   gone by now, or the group does not admit it
 */
export function askCondition(
  listener: FrontSocket,
  connection: WaitingConnection,
  condition: LPCONDITIONPROC,
  dwCallbackData: unknown,
  admit: ((g: unknown, lpGQOS: QOS | null) => boolean) | null = null,
): number {
  const local: AddressSlot = addressSlot();
  connection.core.localName(local);
  const callerId = wsabuf(connection.peer);
  const calleeId = wsabuf(local);
  const { core } = connection;
  const g: Ref<number> = { value: 0 };
  const answer = calleeRoom(core);
  const quality = callersQuality(core);
  const asked = quality === null ? null : structuredClone(quality);
  const groupQuality = callersGroupQuality(core);
  let verdict: unknown;
  try {
    verdict = condition(callerId, callerData(core), quality, groupQuality, calleeId, answer, g, dwCallbackData);
  } catch (cause) {
    listener.host.report({
      message: 'the condition function of WSAAccept threw; the connection is rejected',
      cause,
      socket: listener.handle,
    });
    return CF_REJECT;
  }
  if (typeof verdict !== 'number') {
    if (isThenable(verdict)) ignoreOutcome(verdict);
    listener.host.report({
      message: `the condition function of WSAAccept gave ${kindOf(verdict)} instead of CF_ACCEPT, CF_REJECT or CF_DEFER; the connection is rejected`,
      socket: listener.handle,
    });
    return CF_REJECT;
  }
  if (verdict === CF_ACCEPT && admit !== null && !admit(g.value, groupQuality)) return UNGROUPED;
  if (verdict === CF_ACCEPT && quality !== null) {
    const refused = takeCalleesQuality(core, asked!, quality);
    if (refused !== 0) {
      const why = `cannot have the quality of service that its condition function answered (error ${refused})`;
      listener.host.report({ message: `WSAAccept ${why}; the connection is rejected`, socket: listener.handle });
      return CF_REJECT;
    }
  }
  const gone = (core.confirm(Readiness.RESET) & Readiness.RESET) !== 0;
  if (verdict !== CF_ACCEPT) return verdict;
  if (answer !== null && !takesAnswer(core, answer)) {
    listener.host.report({
      message:
        'the condition function of WSAAccept left in lpCalleeData what is no data, or more than it had room for; the connection is rejected',
      socket: listener.handle,
    });
    return CF_REJECT;
  }
  return gone ? WITHDRAWN : verdict;
}

/** Whether a core takes what a condition function answers; the buffer is the function's, and may be anything by now. */
function takesAnswer(core: SocketCore, answer: WSABUF): boolean {
  try {
    return takeCalleeData(core, answer) === 0;
  } catch {
    return false;
  }
}

function wsabuf(slot: AddressSlot): WSABUF {
  return { len: slot.length, buf: slot.bytes.slice(0, slot.length) };
}

/**
 * Gives an accepted core its front, which inherits what the specification says.
 *
 * @param member its part in a group of sockets, which it does not inherit
 * @param lpGQOS what that group may send, if the connection begins it
 * @returns the new socket, or INVALID_SOCKET with `lpErrno` set
 */
export function acceptCore(
  table: SocketTable,
  listener: FrontSocket,
  core: SocketCore,
  lpErrno: Ref<number>,
  member: GroupMember | null = null,
  lpGQOS: QOS | null = null,
): number {
  const { entry, family, type, protocol, overlapped } = listener;
  const socket = table.register(core, entry, family, type, protocol, overlapped, lpErrno);
  if (socket === null) {
    member?.leave();
    return INVALID_SOCKET;
  }
  if (member !== null) socket.enterGroup(member);
  if (member?.isCreator === true && lpGQOS !== null) giveGroup(socket, member, lpGQOS);
  // Where flows go with connections, it is held to what its caller and it have agreed on.
  if (core.carriesFlows === true) flowControlOf(socket);
  core.acceptConnection?.();
  socket.inherit(listener);
  return socket.handle;
}

function giveGroup(socket: FrontSocket, member: GroupMember, lpGQOS: QOS): void {
  const refused = takeGroupQualityOf(socket, member, lpGQOS);
  if (refused === 0) return;
  const why = `cannot have the quality of service that the condition function of WSAAccept answered (error ${refused})`;
  socket.host.report({ message: `a group of sockets ${why}; it has none`, socket: socket.handle });
}

/** Makes `WSPAccept` over a table of sockets. */
export function createAccept(table: SocketTable): LPWSPACCEPT {
  const host = table.host;

  const lpWSPAccept: LPWSPACCEPT = (s, addr, addrlen, lpfnCondition, dwCallbackData, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return failSocket(lpErrno, WSAENOTSOCK);
    const refused = stateError('accept', socket.stream, socket.state);
    if (refused !== 0) return failSocket(lpErrno, refused);
    if (addr !== null && addrlen !== null && Math.min(addrlen.value, addr.length) < socket.entry.iMinSockAddr) {
      // A call that fails re-enables FD_ACCEPT too (specification: WSAAsyncSelect).
      afterAccept(socket);
      return failSocket(lpErrno, WSAEFAULT);
    }
    const connection = waitForConnection(socket);
    if (typeof connection === 'number') {
      // An accept that fails re-enables FD_ACCEPT like any other, and what could not be accepted still waits.
      if (connection === WSAEWOULDBLOCK && !othersWait(socket)) socket.record?.reenable(REENABLED.accept);
      else afterAccept(socket);
      return failSocket(lpErrno, connection);
    }
    if (addr !== null && addrlen !== null) {
      addr.set(connection.peer.bytes.subarray(0, connection.peer.length));
      addrlen.value = connection.peer.length;
    }
    let member: GroupMember | ErrorCode | null = null;
    let groupQuality: QOS | null = null;
    const admit = (g: unknown, lpGQOS: QOS | null): boolean => {
      groupQuality = lpGQOS;
      member = enterGroupAccepted(table, socket, connection, g);
      return typeof member !== 'number';
    };
    const verdict =
      lpfnCondition === null ? CF_ACCEPT : askCondition(socket, connection, lpfnCondition, dwCallbackData, admit);
    if (verdict === CF_DEFER) {
      // The connection stays first in the queue, and FD_ACCEPT is not re-enabled.
      socket.deferConnection(connection);
      return failSocket(lpErrno, WSATRY_AGAIN);
    }
    if (verdict === UNGROUPED) {
      // Nothing has happened to the connection, which can be asked about again.
      socket.deferConnection(connection);
      afterAccept(socket);
      return failSocket(lpErrno, member as unknown as ErrorCode);
    }
    afterAccept(socket);
    const grouped = member as GroupMember | null;
    if (verdict !== CF_ACCEPT) {
      grouped?.leave();
      connection.core.abort();
      return failSocket(lpErrno, REFUSALS.get(verdict) ?? WSAEINVAL);
    }
    return acceptCore(table, socket, connection.core, lpErrno, grouped, groupQuality);
  };

  /** Takes the next connection, waiting for it if the socket is blocking. AcceptEx calls that came before go first. */
  function waitForConnection(socket: FrontSocket): WaitingConnection | number {
    const deadline = socket.deadline(SO_RCVTIMEO);
    for (;;) {
      socket.extended?.serveAccepts();
      // The first calls that find no room fail at once; those of a server that tries again and again wait before they
      // do.
      const waits = othersWait(socket) || (socket.blocking && socket.isResting && !socket.hasDeferred);
      const next = waits ? WSAEWOULDBLOCK : socket.nextConnection();
      if (next !== WSAEWOULDBLOCK || !socket.blocking) return next;
      const ended = host.wait(
        () => socket.state !== State.LISTENING || (!othersWait(socket) && socket.hasConnection(false)),
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
    if (socket.hasConnection(false)) socket.changed(Readiness.ACCEPTABLE);
  }

  return lpWSPAccept;
}

function othersWait(listener: FrontSocket): boolean {
  return listener.extended !== null && listener.extended.acceptsWaiting > 0;
}
