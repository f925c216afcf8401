// The extension functions by GUID, and the ioctl that gives them out.
import {
  GUID,
  readAcceptExAddresses,
  WSAEFAULT,
  WSAEINVAL,
  WSAID_ACCEPTEX,
  WSAID_CANCELOPERATIONS,
  WSAID_CONNECTEX,
  WSAID_DISCONNECTEX,
  WSAID_GETACCEPTEXSOCKADDRS,
  WSAID_TRANSMITFILE,
  WSAID_TRANSMITPACKETS,
  WSAID_WSAPOLL,
  WSAID_WSARECVMSG,
  WSAID_WSASENDMSG,
  type ExtensionRoutes,
  type LPFN_CANCELOPERATIONS,
  type LPFN_GETACCEPTEXSOCKADDRS,
  type WSAOVERLAPPED,
  type CountOrNegatedCode,
} from '../../spi/index.js';
import type { SocketTable } from '../socket/index.js';
import { createAcceptEx } from './accept-ex.js';
import { createConnectEx } from './connect-ex.js';
import { createDisconnectEx } from './disconnect-ex.js';
import { extendedState } from './extended-state.js';
import { ExtensionCalls } from './extension-calls.js';
import { createMessageProcedures } from './message-functions.js';
import { createPoll } from './poll.js';
import { createTransmitProcedures } from './transmit.js';

/** The extension functions of a provider, by GUID in upper case. */
export type ExtensionProcedures = ReadonlyMap<string, (...args: never[]) => unknown>;

/**
 * Makes the extension functions over a table of sockets.
 *
 * @param own the provider's own functions
 */
export function createExtensionProcedures(table: SocketTable, own: ExtensionRoutes): ExtensionProcedures {
  const calls = new ExtensionCalls(table.host, own);
  const { TransmitFile, TransmitPackets } = createTransmitProcedures(table, calls);
  const { WSARecvMsg, WSASendMsg } = createMessageProcedures(table);
  return new Map<string, (...args: never[]) => unknown>([
    [WSAID_ACCEPTEX, createAcceptEx(table, calls)],
    [WSAID_GETACCEPTEXSOCKADDRS, GetAcceptExSockaddrs],
    [WSAID_CONNECTEX, createConnectEx(table, calls)],
    [WSAID_DISCONNECTEX, createDisconnectEx(table, calls)],
    [WSAID_TRANSMITFILE, TransmitFile],
    [WSAID_TRANSMITPACKETS, TransmitPackets],
    [WSAID_WSARECVMSG, WSARecvMsg],
    [WSAID_WSASENDMSG, WSASendMsg],
    [WSAID_WSAPOLL, createPoll(table)],
    [WSAID_CANCELOPERATIONS, createCancel(table)],
  ]);
}

const GetAcceptExSockaddrs: LPFN_GETACCEPTEXSOCKADDRS = (
  buffer,
  data,
  localRoom,
  remoteRoom,
  local,
  localLength,
  remote,
  remoteLength,
) => {
  const found = readAcceptExAddresses(buffer, data, localRoom, remoteRoom);
  if (found.local !== null) {
    local.value = found.local;
    localLength.value = found.local.length;
  }
  remote.value = found.remote;
  remoteLength.value = found.remote.length;
};

function createCancel(table: SocketTable): LPFN_CANCELOPERATIONS {
  return (s, lpOverlapped) => {
    const socket = table.find(s);
    if (socket === undefined) return 0;
    const isMeant = (overlapped: WSAOVERLAPPED | null): boolean =>
      overlapped !== null && (lpOverlapped === null || overlapped === lpOverlapped);
    let count = socket.changes?.cancel(isMeant) ?? 0;
    // An AcceptEx stays its listener's (measured behaviour 25.9) while it waits for data on the socket that it
    // accepted.
    for (const holder of [socket, ...(extendedState(socket)?.awaitingData ?? [])]) {
      for (const operation of holder.operations()) {
        if ((operation.completedOn || holder.handle) !== s || !isMeant(operation.overlapped)) continue;
        count++;
        holder.cancel(operation);
      }
    }
    return count;
  };
}

/**
 * Answers SIO_GET_EXTENSION_FUNCTION_POINTER.
 *
 * @param input a GUID as a string, or its 16 bytes
 * @param output a reference that receives the function
 * @param room `cbOut`, at least 4
 * @returns 4, or a negated WinSock code
 */
export function findExtensionFunction(
  functions: ExtensionProcedures,
  input: Uint8Array | string | null,
  inputLength: number,
  output: unknown,
  room: number,
): CountOrNegatedCode {
  if (typeof output !== 'object' || output === null || !('value' in output) || room < 4) return -WSAEFAULT;
  let guid: string;
  if (typeof input === 'string') guid = input.toUpperCase();
  else if (input !== null && inputLength >= 16 && input.length >= 16) guid = GUID.decode(input);
  else return -WSAEFAULT;
  const found = functions.get(guid);
  if (found === undefined) return -WSAEINVAL;
  output.value = found;
  return 4;
}
