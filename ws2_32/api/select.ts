import { isLength, isNull, isStructure } from '../../spi/arguments.js';
import {
  FD_ISSET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  type fd_set,
  type SOCKET,
  type timeval,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** Waiting for readiness. */
export type SelectFunctions = ReturnType<typeof createSelectFunctions>;

/** Makes the functions that tell which sockets are ready (specification: select). */
export function createSelectFunctions(dispatcher: Dispatcher) {
  return {
    /**
     * Waits until a socket of the sets is ready, and leaves those that are in the sets (specification: select). All of
     * them must belong to one provider.
     *
     * @param nfds ignored
     * @param readfds sockets to be looked at for receiving, or `null`
     * @param writefds sockets to be looked at for sending, or `null`
     * @param exceptfds sockets to be looked at for out-of-band data and failed connecting, or `null`
     * @param timeout how long to wait; `null` without limit, {0, 0} not at all
     * @returns the number of sockets in all sets, 0 when the time ran out, or SOCKET_ERROR with WSANOTINITIALISED,
     *   WSAENOTSOCK (no socket, or one of another provider; the sets are left alone), WSAEINVAL (all sets null or
     *   empty), WSAEFAULT (bad sets or timeout), WSAEINTR
     */
    select(
      nfds: number,
      readfds: fd_set | null,
      writefds: fd_set | null,
      exceptfds: fd_set | null,
      timeout: timeval | null,
    ): number {
      if (!dispatcher.isStarted()) return -1;
      const counts = [count(dispatcher, readfds), count(dispatcher, writefds), count(dispatcher, exceptfds)];
      const error = counts.find((each) => each === -WSAENOTSOCK) ?? counts.find((each) => each < 0);
      if (error !== undefined) return dispatcher.fail(-error);
      if (!isTimeout(timeout)) return dispatcher.fail(WSAEFAULT);

      const first = firstSocket(readfds) ?? firstSocket(writefds) ?? firstSocket(exceptfds);
      const record = dispatcher.sockets.get(first);
      if (record === undefined) return dispatcher.fail(WSAEINVAL);
      const limit = counts.reduce((sum, each) => sum + each, 0);
      const { provider } = record;
      const { lpWSPSelect } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPSelect(
          nfds,
          readfds ?? null,
          writefds ?? null,
          exceptfds ?? null,
          timeout ?? null,
          frame.errno,
        );
        return dispatcher.leaveCount(frame, provider, 'WSPSelect', result, limit);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPSelect', cause);
      }
    },

    /**
     * Tells whether a set holds a socket: FD_ISSET as a function (winsock2.h: __WSAFDIsSet). Leaves the last error
     * alone.
     *
     * @returns 1 if it does, 0 if not
     */
    __WSAFDIsSet: (s: SOCKET, set: fd_set): number => (isSet(set) ? FD_ISSET(s, set) : 0),
  };
}

function isSet(value: unknown): value is fd_set {
  if (!isStructure(value)) return false;
  const { fd_array, fd_count } = value;
  return Array.isArray(fd_array) && isLength(fd_count, 0xffffffff);
}

// How many sockets a set has; what is wrong with it, as a negative number.
function count(dispatcher: Dispatcher, set: fd_set | null | undefined): number {
  if (isNull(set)) return 0;
  if (!isSet(set)) return -WSAEFAULT;
  for (let i = 0; i < set.fd_count; i++) {
    if (dispatcher.sockets.get(set.fd_array[i]) === undefined) return -WSAENOTSOCK;
  }
  return set.fd_count;
}

function firstSocket(set: fd_set | null | undefined): SOCKET | undefined {
  return isNull(set) || set.fd_count === 0 ? undefined : set.fd_array[0];
}

function isTimeout(value: unknown): boolean {
  if (isNull(value)) return true;
  return isStructure(value) && typeof value['tv_sec'] === 'number' && typeof value['tv_usec'] === 'number';
}
