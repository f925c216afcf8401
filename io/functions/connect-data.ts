// Data that goes with connects, accepts and disconnects. TCP/IP has none of it.
import { holdBytes, WSAEFAULT, WSAENOPROTOOPT, WSAEPROTONOSUPPORT, type WSABUF } from '../../spi/index.js';
import { fillBuffer, type SocketCore } from '../core/index.js';

/** Room for what a condition function answers to a connection, where the core does not say how much there is. */
const CALLEE_ROOM = 1024;

/**
 * Hands the data that is to go with a connect to a core.
 *
 * @returns 0; WSAEPROTONOSUPPORT from a core that has no such data, or what the core says
 */
export function takeConnectData(core: SocketCore, data: WSABUF | null): number {
  if (data === null || data.len === 0) return 0;
  if (!holdBytes([data], 1)) return WSAEFAULT;
  return core.setConnectData === undefined ? WSAEPROTONOSUPPORT : core.setConnectData(data);
}

/** Data that came with a connection, for a condition function; `null` where there is none. */
export function callerData(core: SocketCore): WSABUF | null {
  const data = core.connectData?.() ?? null;
  return data === null ? null : { len: data.length, buf: data };
}

/** Room for what a condition function wants to answer; `null` where nothing can be answered. */
export function calleeRoom(core: SocketCore): WSABUF | null {
  if (core.setConnectData === undefined) return null;
  const room = core.mostConnectData ?? CALLEE_ROOM;
  return { len: room, buf: new Uint8Array(room) };
}

/**
 * Hands on what a condition function has put into its room; all of the room, untouched, is nothing.
 *
 * @returns 0, or the code by which a core refuses what it was given
 */
export function takeCalleeData(core: SocketCore, answer: WSABUF): number {
  if (!holdBytes([answer], 1)) return WSAEFAULT;
  const untouched = answer.len === (core.mostConnectData ?? CALLEE_ROOM) && answer.buf.every((byte) => byte === 0);
  return untouched ? 0 : takeConnectData(core, answer);
}

/**
 * Hands the data that is to go with the end of sending to a core.
 *
 * @returns 0; WSAENOPROTOOPT from a core that has no such data, or what the core says
 */
export function takeDisconnectData(core: SocketCore, data: WSABUF | null): number {
  if (data === null) return 0;
  if (!holdBytes([data], 1)) return WSAEFAULT;
  return core.setDisconnectData === undefined ? WSAENOPROTOOPT : core.setDisconnectData(data);
}

/**
 * Why an application cannot be given the data that came with the end of the peer's sending: WSAENOPROTOOPT where there is no
 * such data, WSAEFAULT where it has too little room (specification: WSARecvDisconnect), or 0.
 */
export function disconnectDataError(core: SocketCore, into: WSABUF | null): number {
  if (into === null) return 0;
  if (core.disconnectData === undefined) return WSAENOPROTOOPT;
  const fits = holdBytes([into], 1) && into.len >= (core.disconnectData()?.length ?? 0);
  return fits ? 0 : WSAEFAULT;
}

/** Gives an application that data. */
export function giveDisconnectData(core: SocketCore, into: WSABUF | null): void {
  if (into !== null) fillBuffer(into, core.disconnectData?.() ?? null);
}
