// Data that goes with connects, accepts and disconnects. TCP/IP has none of it.
import { holdBytes, WSAENOPROTOOPT, WSAEPROTONOSUPPORT, type WSABUF } from '../../spi/index.js';
import type { SocketCore } from '../core/index.js';

/** Room for what a condition function answers to a connection. */
const CALLEE_ROOM = 1024;

/**
 * Hands the data that is to go with a connect to a core.
 *
 * @returns 0; WSAEPROTONOSUPPORT from a core that has no such data, or what the core says
 */
export function takeConnectData(core: SocketCore, data: WSABUF | null): number {
  if (data === null || data.len === 0) return 0;
  return core.setConnectData === undefined ? WSAEPROTONOSUPPORT : core.setConnectData(data);
}

/**
 * Gives an application the data that came with a connection, as much as it has room for; 0 bytes where there is none.
 */
export function giveConnectData(core: SocketCore, into: WSABUF | null): void {
  fill(into, core.connectData?.() ?? null);
}

/** Data that came with a connection, for a condition function; `null` where there is none. */
export function callerData(core: SocketCore): WSABUF | null {
  const data = core.connectData?.() ?? null;
  return data === null ? null : { len: data.length, buf: data };
}

/** Room for what a condition function wants to answer; `null` where nothing can be answered. */
export function calleeRoom(core: SocketCore): WSABUF | null {
  return core.setConnectData === undefined ? null : { len: CALLEE_ROOM, buf: new Uint8Array(CALLEE_ROOM) };
}

/** Hands on what a condition function has put into its room; all of the room, untouched, is nothing. */
export function takeCalleeData(core: SocketCore, answer: WSABUF): void {
  if (answer.len < CALLEE_ROOM && holdBytes([answer], 1)) takeConnectData(core, answer);
}

/**
 * Hands the data that is to go with the end of sending to a core.
 *
 * @returns 0; WSAENOPROTOOPT from a core that has no such data, or what the core says
 */
export function takeDisconnectData(core: SocketCore, data: WSABUF | null): number {
  if (data === null) return 0;
  return core.setDisconnectData === undefined ? WSAENOPROTOOPT : core.setDisconnectData(data);
}

/** Why an application cannot be given the data that came with the end of the peer's sending: WSAENOPROTOOPT, or 0. */
export function disconnectDataError(core: SocketCore, into: WSABUF | null): number {
  return into !== null && core.disconnectData === undefined ? WSAENOPROTOOPT : 0;
}

/** Gives an application that data. */
export function giveDisconnectData(core: SocketCore, into: WSABUF | null): void {
  fill(into, core.disconnectData?.() ?? null);
}

function fill(into: WSABUF | null, data: Uint8Array | null): void {
  if (into === null) return;
  const length = data === null ? 0 : Math.min(data.length, into.len);
  if (data !== null) into.buf.set(data.subarray(0, length));
  into.len = length;
}
