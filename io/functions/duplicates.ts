import { WSAEINVAL, WSAENOTSOCK, type LPWSPDUPLICATESOCKET, type WSAPROTOCOL_INFOW } from '../../spi/index.js';
import type { DuplicateOffer } from '../core/index.js';
import type { SocketTable } from '../socket/index.js';
import { fail } from './failure.js';

/** Makes `WSPDuplicateSocket` over a table of sockets. */
export function createDuplicateSocket(table: SocketTable): LPWSPDUPLICATESOCKET {
  return (s, dwProcessId, lpProtocolInfo, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const { core } = socket;
    if (core.offerTo !== undefined) {
      const member = socket.group?.again() ?? null;
      const error = core.offerTo(dwProcessId, lpProtocolInfo, member);
      if (error !== 0) {
        member?.leave();
        return fail(lpErrno, error);
      }
      socket.offered();
      return 0;
    }
    // What lives in this process can be shared within it alone.
    if (dwProcessId !== process.pid) return fail(lpErrno, WSAEINVAL);
    const { state, options, active, family, type } = socket;
    const group = socket.group?.again() ?? null;
    const offer = { core: socket.share(), state, options, active, family, type, group, owner: table };
    lpProtocolInfo.dwProviderReserved = table.offers.add(offer);
    return 0;
  };
}

/**
 * Finds the core of a duplicate that is being opened.
 *
 * @returns the offer, `null` when none is meant, `undefined` when there is none of that number
 */
export function takeOffer(table: SocketTable, info: WSAPROTOCOL_INFOW | null): DuplicateOffer | null | undefined {
  if (info === null || !info.dwProviderReserved) return null;
  const { factory } = table;
  if (factory.openOffer === undefined) return table.offers.take(info);
  const opened = factory.openOffer(info, table.host);
  if (typeof opened === 'number') return undefined;
  const { iAddressFamily: family, iSocketType: type } = info;
  return { ...opened, options: null, family, type, owner: table };
}
