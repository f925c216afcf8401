import { isArrayRoom, isNull, isNumbers, isRef } from '../../spi/arguments.js';
import {
  ERROR_INSUFFICIENT_BUFFER,
  PROTOCOL_INFOA,
  PROTOCOL_INFOW,
  SECURITY_PROTOCOL_NONE,
  SOCKET_ERROR,
  WSAEFAULT,
  XP1_QOS_SUPPORTED,
  XP_BANDWIDTH_ALLOCATION,
  XP_ENCRYPTS,
  XP_SUPPORTS_MULTICAST,
  type Ref,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** WinSock 1.1's enumeration of protocols. */
export type EnumProtocolsFunctions = ReturnType<typeof createEnumProtocolsFunctions>;

// From XP_CONNECTIONLESS to XP_SUPPORTS_MULTICAST the flags are those of WinSock 2.
const COMMON_FLAGS = 2 * XP_SUPPORTS_MULTICAST - 1;

/** Makes the function that WSAEnumProtocols has replaced (specification: EnumProtocols). */
export function createEnumProtocolsFunctions(dispatcher: Dispatcher) {
  function enumerate(filter: unknown, buffer: unknown, length: unknown, codec: typeof PROTOCOL_INFOW): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (!isRef(length) || typeof length.value !== 'number') return dispatcher.fail(WSAEFAULT);
    if (!isNull(filter) && !isNumbers(filter)) return dispatcher.fail(WSAEFAULT);
    if (!isNull(buffer) && !isArrayRoom(buffer)) return dispatcher.fail(WSAEFAULT);
    const end = isNull(filter) ? -1 : filter.indexOf(0);
    const wanted = isNull(filter) ? null : new Set(end < 0 ? filter : filter.slice(0, end));
    const found = dispatcher.catalog
      .visibleEntries()
      .filter((entry) => wanted?.has(entry.iProtocol) ?? true)
      .map(protocolInfo);
    const needed = found.reduce((sum, info) => sum + codec.encode(info).length, 0);
    const room = length.value >>> 0;
    length.value = needed;
    if (isNull(buffer) || room < needed) return dispatcher.fail(ERROR_INSUFFICIENT_BUFFER);
    buffer.splice(0, buffer.length, ...found);
    dispatcher.setLastError(0);
    return found.length;
  }

  /**
   * Enumerates protocols as WinSock 1.1 did; `WSAEnumProtocols` has replaced it (specification: EnumProtocols). The
   * unsuffixed form and `W` count text in UTF-16, `A` in bytes.
   *
   * @param lpiProtocols the protocols wanted, ended by 0 or the array's end; `null` for all
   * @param lpProtocolBuffer emptied and filled; `null` to ask for the length
   * @param lpdwBufferLength in: room in bytes; out: bytes needed
   * @returns how many, or SOCKET_ERROR with WSANOTINITIALISED, ERROR_INSUFFICIENT_BUFFER (too little room), WSAEFAULT (bad
   *   pointers)
   */
  function EnumProtocolsW(
    lpiProtocols: readonly number[] | null,
    lpProtocolBuffer: PROTOCOL_INFOW[] | null,
    lpdwBufferLength: Ref<number>,
  ): number {
    return enumerate(lpiProtocols, lpProtocolBuffer, lpdwBufferLength, PROTOCOL_INFOW);
  }

  return {
    /** As `EnumProtocolsW`. */
    EnumProtocols: EnumProtocolsW,
    EnumProtocolsW,
    /** As `EnumProtocolsW`, but text is counted in bytes. */
    EnumProtocolsA: (
      lpiProtocols: readonly number[] | null,
      lpProtocolBuffer: PROTOCOL_INFOA[] | null,
      lpdwBufferLength: Ref<number>,
    ): number => enumerate(lpiProtocols, lpProtocolBuffer, lpdwBufferLength, PROTOCOL_INFOA),
  };
}

function protocolInfo(entry: WSAPROTOCOL_INFOW): PROTOCOL_INFOW {
  const { dwServiceFlags1: flags, iAddressFamily, iMaxSockAddr, iMinSockAddr, iSocketType, iProtocol } = entry;
  const quality = (flags & XP1_QOS_SUPPORTED) === 0 ? 0 : XP_BANDWIDTH_ALLOCATION;
  const secret = entry.iSecurityScheme === SECURITY_PROTOCOL_NONE ? 0 : XP_ENCRYPTS;
  return {
    dwServiceFlags: (flags & COMMON_FLAGS) | quality | secret,
    iAddressFamily,
    iMaxSockAddr,
    iMinSockAddr,
    iSocketType,
    iProtocol,
    dwMessageSize: entry.dwMessageSize,
    lpProtocol: entry.szProtocol,
  };
}
