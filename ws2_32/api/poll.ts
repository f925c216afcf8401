// WSAPoll, over sockets of one provider or of several.
import { isLength, isNull, isWritable } from '../../spi/arguments.js';
import {
  POLLNVAL,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRNORM,
  SOCKET_ERROR,
  WSAEFAULT,
  WSAEINTR,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAID_WSAPOLL,
  type LPFN_WSAPOLL,
  type WSAPOLLFD,
} from '../../spi/index.js';
import type { Dispatcher, SocketRecord, TransportProvider } from '../dispatcher/index.js';
import type { ExtensionCaller } from './extension-caller.js';

const POLL_EVENTS = POLLRDNORM | POLLRDBAND | POLLWRNORM;

/** What is wrong with the array of WSAPoll; 0 when nothing is. */
function pollError(fdArray: unknown, fds: unknown): number {
  if (isNull(fdArray)) return fds === 0 ? WSAEINVAL : WSAEFAULT;
  if (!Array.isArray(fdArray) || !isLength(fds, fdArray.length)) return WSAEFAULT;
  if (fds === 0) return WSAEINVAL;
  const entries = fdArray.slice(0, fds) as unknown[];
  const isEntry = (entry: unknown): boolean =>
    isWritable(entry) && typeof entry['fd'] === 'number' && typeof entry['events'] === 'number';
  if (!entries.every(isEntry)) return WSAEFAULT;
  let error = 0;
  for (const entry of entries as WSAPOLLFD[]) {
    entry.revents = 0;
    if (entry.fd >= 0 && (entry.events & ~POLL_EVENTS) !== 0) error = WSAEINVAL;
  }
  return error;
}

/** Makes WSAPoll (winsock2.h). It finds the providers by the sockets. */
export function createPollFunctions(dispatcher: Dispatcher, caller: ExtensionCaller) {
  const { host } = dispatcher;

  /** Polls sockets of several providers: each is asked what holds now, until something does. */
  function pollSeveral(groups: readonly WSAPOLLFD[][], timeout: number): number {
    let count = 0;
    let failed = 0;
    const look = (): boolean => {
      count = 0;
      for (const entries of groups) {
        const record = openOf(entries);
        if (record === undefined) {
          for (const entry of entries) entry.revents = POLLNVAL;
          count += entries.length;
          continue;
        }
        const ready = caller.call<LPFN_WSAPOLL, number>(record, WSAID_WSAPOLL, 'WSAPoll', SOCKET_ERROR, (poll) =>
          poll(entries, entries.length, 0),
        );
        // All of them were sockets when the call began: what is none now was closed during the call, and counts.
        const found = entries.filter((entry) => entry.revents !== 0).length;
        if (ready < 0 && found === 0) failed = dispatcher.lastError;
        count += found;
      }
      return count > 0 || failed !== 0;
    };
    if (!look() && timeout !== 0) {
      const deadline = timeout < 0 ? Infinity : host.clock.now() + timeout;
      if (host.wait(look, deadline, 'continue', 'WSAPoll on sockets of several providers') === 'interrupted') {
        return dispatcher.fail(WSAEINTR);
      }
    }
    if (failed !== 0) return dispatcher.fail(failed);
    dispatcher.setLastError(0);
    return count;
  }

  /** A socket of a group by which its provider is asked; none when all of them were closed since the call began. */
  function openOf(entries: readonly WSAPOLLFD[]): SocketRecord | undefined {
    for (const { fd } of entries) {
      const record = dispatcher.sockets.get(fd);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  return {
    /**
     * Waits until something holds of sockets, which may be of several chains (winsock2.h: WSAPoll). The wait is
     * alertable.
     *
     * @param fdArray the sockets, and what is asked of each: POLLRDNORM, POLLRDBAND, POLLWRNORM; `revents` tells what
     *   holds. A negative `fd`, or one that is not a socket, is POLLNVAL and does not count
     * @param fds how many of them
     * @param timeout in milliseconds; 0 looks only, a negative one waits for ever
     * @returns how many sockets something holds of, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT, WSAEINVAL (none,
     *   or another event), WSAENOTSOCK (none is a socket), WSAEINTR
     */
    WSAPoll(fdArray: WSAPOLLFD[] | null, fds: number, timeout: number): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      const error = pollError(fdArray, fds) || (typeof timeout === 'number' && !Number.isNaN(timeout) ? 0 : WSAEFAULT);
      if (error !== 0) return dispatcher.fail(error);
      const entries = fdArray!.slice(0, fds);
      const groups = new Map<TransportProvider, { record: SocketRecord; entries: WSAPOLLFD[] }>();
      for (const entry of entries) {
        const record = dispatcher.sockets.get(entry.fd);
        entry.revents = record === undefined ? POLLNVAL : 0;
        if (record === undefined) continue;
        const group = groups.get(record.provider);
        if (group === undefined) groups.set(record.provider, { record, entries: [entry] });
        else group.entries.push(entry);
      }
      const [first, ...others] = groups.values();
      if (first === undefined) return dispatcher.fail(WSAENOTSOCK);
      if (others.length > 0) {
        return pollSeveral(
          [first, ...others].map((group) => group.entries),
          timeout,
        );
      }
      return caller.call<LPFN_WSAPOLL, number>(first.record, WSAID_WSAPOLL, 'WSAPoll', SOCKET_ERROR, (WSAPoll) =>
        WSAPoll(first.entries, first.entries.length, timeout),
      );
    },
  };
}
