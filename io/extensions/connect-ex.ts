import { areBytes, hasBytes, setMember } from '../../spi/arguments.js';
import {
  ERROR_INVALID_PARAMETER,
  ERROR_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEHOSTDOWN,
  WSAEHOSTUNREACH,
  WSAEINVAL,
  WSAEISCONN,
  WSAENETUNREACH,
  WSAENOTSOCK,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSS_OPERATION_IN_PROGRESS,
  type LPFN_CONNECTEX,
  type ExtensionRoutes,
  type ErrorCode,
} from '../../spi/index.js';
import { familyOf, hostOf, lacksPort, Readiness, State } from '../core/index.js';
import { SendOperation, transferred, type FrontSocket, type SocketTable } from '../socket/index.js';
import { makeNew } from './disconnect-ex.js';
import { ensureExtendedState } from './extended-state.js';
import type { ExtensionCalls } from './extension-calls.js';

/** A ConnectEx: once connected it sends its data, if it has any. */
class ConnectOperation extends SendOperation {
  /** Told when it is cancelled. */
  cancelled: (() => void) | null = null;

  override attempt(): number {
    return this.total === 0 ? 0 : super.attempt();
  }

  override ended(error: number): void {
    super.ended(error);
    if (error === WSA_OPERATION_ABORTED) this.cancelled?.();
  }
}

/** What the network says of a connect; told by the completion however soon it is known (measured behaviour 24.4). */
const OUTCOMES: ReadonlySet<number> = new Set([
  WSAECONNREFUSED,
  WSAETIMEDOUT,
  WSAENETUNREACH,
  WSAEHOSTUNREACH,
  WSAEHOSTDOWN,
  WSAECONNRESET,
  WSAECONNABORTED,
]);

/** What ConnectEx gives in each state; 0 lets it happen (measured behaviour 24, 34). */
const REFUSED: readonly number[] = [WSAEINVAL, 0, WSAEINVAL, WSAEINVAL, WSAEISCONN, 0, WSAENOTSOCK];

/** Makes `ConnectEx` over a table of sockets. */
export function createConnectEx(table: SocketTable, calls: ExtensionCalls): LPFN_CONNECTEX {
  const host = table.host;
  return (s, name, namelen, sendBuffer, sendLength, _bytesSent, overlapped, routes) => {
    if (overlapped === null) return calls.fail(ERROR_INVALID_PARAMETER);
    if (!setMember(overlapped, 'Internal', WSS_OPERATION_IN_PROGRESS)) return calls.fail(WSAEFAULT);
    const socket = table.find(s);
    if (socket === undefined) return calls.fail(WSAENOTSOCK);
    const refused = refusal(socket, name, namelen, sendBuffer, sendLength);
    if (refused !== 0) return calls.fail(refused);
    const ways = calls.foreign(routes);
    const error =
      ways.connect === undefined ? connectAt(socket, name, namelen) : connectBy(ways, socket, name, namelen);
    if (error !== 0 && error !== WSAEWOULDBLOCK && !OUTCOMES.has(error)) return calls.fail(error);

    host.beginOverlapped(s, overlapped, null);
    const buffers = sendBuffer === null || sendLength === 0 ? [] : [{ len: sendLength, buf: sendBuffer }];
    const total = buffers.length === 0 ? 0 : sendLength;
    const operation = new ConnectOperation(socket, buffers, 0, total, null, overlapped, null, host.thread, ways);
    operation.cancelled = () => {
      // What is under way must not connect the socket in the end, when nobody waits for that any more.
      if (socket.state === State.CONNECTING) makeNew(socket, table, true);
    };
    host.ref();
    ensureExtendedState(socket).awaitConnect(operation);
    socket.enter(State.CONNECTING);
    // What is known already is told by the completion too, in this turn.
    if (error === 0) {
      socket.changed(Readiness.CONNECTED);
    } else if (error !== WSAEWOULDBLOCK) {
      // A core that refuses at once has nothing to take note of.
      socket.core.readiness |= Readiness.CONNECT_FAILED;
      socket.core.error = error;
      socket.changed(Readiness.CONNECT_FAILED);
    }
    return calls.fail(ERROR_IO_PENDING);
  };
}

/** Begins the connection right here; 0 or a WinSock code. */
function connectAt({ core, group }: FrontSocket, name: Uint8Array, namelen: number): number {
  const elsewhere = group === null ? 0 : group.meet(hostOf(name, namelen));
  if (elsewhere !== 0) return elsewhere;
  const error = core.tryConnect(name, namelen);
  if (error !== 0 && error !== WSAEWOULDBLOCK) group?.part();
  return error;
}

/** Begins the connection through the layers above; 0 or a WinSock code. */
function connectBy(routes: ExtensionRoutes, socket: FrontSocket, name: Uint8Array, namelen: number): ErrorCode {
  const errno = { value: 0 };
  socket.enterLayers();
  try {
    const result = routes.connect!(socket.handle, name, namelen, null, null, null, null, errno);
    return -transferred(socket, routes, 'connect', result, 0, errno.value, 0);
  } finally {
    socket.leaveLayers();
  }
}

function refusal(
  socket: FrontSocket,
  name: Uint8Array,
  namelen: number,
  sendBuffer: Uint8Array | null,
  sendLength: number,
): number {
  if (!socket.stream || socket.extended?.takesSocket === true) return WSAEINVAL;
  const refused = REFUSED[socket.state]!;
  if (refused !== 0) return refused;
  if (!areBytes(name, namelen) || namelen < socket.entry.iMinSockAddr) return WSAEFAULT;
  if (!hasBytes(sendBuffer, sendLength)) return WSAEFAULT;
  if (familyOf(name) !== socket.family) return WSAEAFNOSUPPORT;
  return lacksPort(name) ? WSAEADDRNOTAVAIL : 0;
}
