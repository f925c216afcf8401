// WSPGetSockName and WSPGetPeerName.
import {
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAENOTSOCK,
  type LPWSPGETPEERNAME,
  type LPWSPGETSOCKNAME,
  type Ref,
} from '../../spi/index.js';
import { addressSlot, lacksPort, State, stateError, type AddressSlot } from '../core/index.js';
import { MissingContext, type SocketTable } from '../socket/index.js';
import { fail } from './failure.js';

const slot: AddressSlot = addressSlot();

/** Makes `WSPGetSockName` and `WSPGetPeerName` over a table of sockets. */
export function createNameProcedures(table: SocketTable) {
  const lpWSPGetSockName: LPWSPGETSOCKNAME = (s, name, namelen, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    // Specification, AcceptEx: the socket is not known by its names until SO_UPDATE_ACCEPT_CONTEXT is set.
    if (socket.missingContext === MissingContext.ACCEPT) return fail(lpErrno, WSAEINVAL);
    if (socket.state === 0 && !hasLocalName(socket.core.localName(slot))) return fail(lpErrno, WSAEINVAL);
    return give(socket.core.localName(slot), socket.entry.iMinSockAddr, name, namelen, lpErrno);
  };

  // Measured behaviour 29: an unconnected socket is found out before bad pointers are.
  const lpWSPGetPeerName: LPWSPGETPEERNAME = (s, name, namelen, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const refused = stateError('peerName', socket.stream, socket.state);
    if (refused === 0 && socket.state === State.CONNECTING) {
      // Measured behaviour 34: a connect tells where it goes, ConnectEx does not.
      if (socket.destination === null) return fail(lpErrno, WSAENOTCONN);
      slot.bytes.set(socket.destination);
      slot.length = socket.destination.length;
      return give(0, socket.entry.iMinSockAddr, name, namelen, lpErrno);
    }
    const missing = socket.missingContext === MissingContext.NONE ? 0 : WSAENOTCONN;
    const error = refused || missing || socket.core.peerName(slot);
    return give(error, socket.entry.iMinSockAddr, name, namelen, lpErrno);
  };

  return { lpWSPGetSockName, lpWSPGetPeerName };
}

/** An unbound socket may have been bound by its first send, without the front's knowing. */
function hasLocalName(error: number): boolean {
  return error === 0 && slot.length >= 4 && !lacksPort(slot.bytes);
}

function give(
  error: number,
  least: number,
  name: Uint8Array | null,
  namelen: Ref<number> | null,
  lpErrno: Ref<number>,
): number {
  if (error !== 0) return fail(lpErrno, error);
  if (!(name instanceof Uint8Array) || namelen === null || typeof namelen !== 'object') return fail(lpErrno, WSAEFAULT);
  if (Math.min(namelen.value, name.length) < least) return fail(lpErrno, WSAEFAULT);
  for (let i = 0; i < slot.length && i < name.length; i++) name[i] = slot.bytes[i]!;
  namelen.value = slot.length;
  return 0;
}
