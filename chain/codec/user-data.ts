// Data that goes with the beginning and the end of a connection, where the protocol below has that: it passes the codecs
// by, as options of the socket below.
import type { SocketCore } from '../../io/index.js';
import {
  SO_CONNDATA,
  SO_DISCDATA,
  SOL_SOCKET,
  WSAEFAULT,
  WSAEINVAL,
  XP1_CONNECT_DATA,
  XP1_DISCONNECT_DATA,
  type ErrorCode,
  type WSABUF,
} from '../../spi/index.js';
import type { LowerSocket } from './lower-socket.js';

/** Room for what a protocol carries; none that is known carries more. */
const ROOM = 65_536;

/** What a core has of user data. */
export type UserDataBelow = Pick<
  SocketCore,
  'optionLevels' | 'setConnectData' | 'connectData' | 'setDisconnectData' | 'disconnectData'
>;

/**
 * What a core over a socket of the provider below has of that socket's user data.
 *
 * @param services `dwServiceFlags1` of the protocol below
 */
export function userDataBelow(below: LowerSocket, services: number): UserDataBelow {
  const both = XP1_CONNECT_DATA | XP1_DISCONNECT_DATA;
  if ((services & both) !== both) return {};
  const set = (optname: number, { buf, len }: WSABUF): ErrorCode => {
    const error = below.setOption(SOL_SOCKET, optname, buf, len);
    // Too much of it is told otherwise by an option (specification: WSAConnect).
    return error === WSAEINVAL ? WSAEFAULT : error;
  };
  const get = (optname: number): Uint8Array | null => {
    const room = new Uint8Array(ROOM);
    const length = below.getOption(SOL_SOCKET, optname, room, ROOM);
    return length > 0 ? room.slice(0, length) : null;
  };
  return {
    optionLevels: [SOL_SOCKET],
    setConnectData: (data) => set(SO_CONNDATA, data),
    connectData: () => get(SO_CONNDATA),
    setDisconnectData: (data) => set(SO_DISCDATA, data),
    disconnectData: () => get(SO_DISCDATA),
  };
}
