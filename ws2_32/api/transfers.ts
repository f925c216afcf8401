// What calls that send and calls that receive have in common.
import { areOverlappedArguments, isLength, isNull, isRef } from '../../spi/arguments.js';
import { WSA_IO_PENDING, XP1_CONNECTIONLESS, type Ref, type SOCKET } from '../../spi/index.js';
import type {
  Dispatcher,
  HandedOperation,
  SocketRecord,
  TransferFrame,
  TransportProvider,
} from '../dispatcher/index.js';

/**
 * Whether both a port and a completion routine would be told: NT takes no routine for a handle whose completions go to
 * a port.
 */
export function isToldByBoth({ host }: Dispatcher, s: SOCKET, overlapped: unknown, routine: unknown): boolean {
  return !isNull(routine) && !isNull(overlapped) && host.ports.isAssociated(s);
}

/**
 * Ends a call that transfers bytes, and tells their number where the caller wants it: of a failure what the provider
 * told, if that can be.
 */
export function endTransfer(
  dispatcher: Dispatcher,
  frame: TransferFrame,
  provider: TransportProvider,
  name: string,
  result: number,
  lpBytes: Ref<number> | null,
  limit: number,
  s: SOCKET,
  operation: HandedOperation | null,
): number {
  if (operation !== null && result !== 0 && frame.errno.value !== WSA_IO_PENDING) operation.over = true;
  const told = frame.bytes.value;
  const count = dispatcher.leaveTransfer(frame, provider, name, result, limit, s);
  if (lpBytes !== null) {
    if (result === 0) lpBytes.value = Math.max(count, 0);
    else if (told > 0 && isLength(told, limit)) lpBytes.value = told;
  }
  return count < 0 ? -1 : 0;
}

/** Whether addresses count: on connection-oriented sockets they are ignored, garbage too. */
export function isConnectionless(record: SocketRecord): boolean {
  return (record.chainEntry.dwServiceFlags1 & XP1_CONNECTIONLESS) !== 0;
}

/**
 * Whether there is a place for the number of bytes, unless the call is overlapped, and the rest of its arguments is
 * sound.
 */
export function isTransferRoom(bytes: unknown, overlapped: unknown, routine: unknown): boolean {
  if (!areOverlappedArguments(overlapped, routine)) return false;
  return isNull(bytes) ? !isNull(overlapped) : isRef(bytes);
}
