import { isBuffer, isNull, isStructure } from '../../spi/arguments.js';
import { WSAEFAULT, type QOS, type SOCKET, type WSABUF } from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** Quality of service. */
export type QosFunctions = ReturnType<typeof createQosFunctions>;

/** Makes the functions of quality of service (specification: WSAGetQOSByName). */
export function createQosFunctions(dispatcher: Dispatcher) {
  return {
    /**
     * Finds the quality of service that a well-known medium needs, or enumerates the names that there are
     * (specification: WSAGetQOSByName).
     *
     * @param s any socket; its provider has the templates
     * @param lpQOSName the name in bytes, such as `G711`, up to a NUL or the end, in any case. An empty one is
     *   overwritten with all names: each with its NUL behind it, and one NUL more at the end
     * @param lpQOS filled; `{}` will do. Ignored with an empty name
     * @returns TRUE, or FALSE with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad pointers, or too little room for the
     *   names), WSAEINVAL (no template of that name)
     */
    WSAGetQOSByName(s: SOCKET, lpQOSName: WSABUF, lpQOS: Partial<QOS> | null): boolean {
      const record = dispatcher.socket(s);
      if (record === null) return false;
      const usable = isBuffer(lpQOSName) && lpQOSName.buf instanceof Uint8Array;
      if (!usable || !(isNull(lpQOS) || isStructure(lpQOS))) return dispatcher.failBoolean(WSAEFAULT);
      const { provider } = record;
      const { lpWSPGetQOSByName } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPGetQOSByName(s, lpQOSName, (lpQOS ?? null) as QOS | null, frame.errno);
        return dispatcher.leaveBoolean(frame, provider, 'WSPGetQOSByName', result, s);
      } catch (cause) {
        dispatcher.contain(frame, provider, 'WSPGetQOSByName', cause, s);
        return false;
      }
    },
  };
}
