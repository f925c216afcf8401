import {
  POLLERR,
  POLLHUP,
  POLLNVAL,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRNORM,
  SOCKET_ERROR,
  WSAEINTR,
  WSAENOTSOCK,
  type LPFN_WSAPOLL,
  type WSAPOLLFD,
} from '../../spi/index.js';
import { Readiness, State } from '../core/index.js';
import { settleConnect } from '../functions/index.js';
import type { FrontSocket, SocketTable } from '../socket/index.js';

/** What is told whether it was asked for or not. */
const ALWAYS = POLLERR | POLLHUP | POLLNVAL;

/** What holds of a socket, in the bits of WSAPoll (measured behaviour 23, 40). */
function conditionsOf(socket: FrontSocket): number {
  const { core, state } = socket;
  if (state === State.LISTENING && (!socket.isRoot || socket.hasConnection(true))) {
    return socket.hasConnection(true) ? POLLRDNORM : 0;
  }
  if (state === State.FAILED) return POLLWRNORM | POLLHUP | POLLERR;
  if (socket.stream && state !== State.CONNECTED && !socket.isRoot) return 0;
  const ready = core.confirm(Readiness.READABLE | Readiness.WRITABLE | Readiness.OUT_OF_BAND);
  if (!socket.stream) {
    return (
      ((ready & Readiness.READABLE) !== 0 ? POLLRDNORM : 0) | ((ready & Readiness.WRITABLE) !== 0 ? POLLWRNORM : 0)
    );
  }
  if ((ready & Readiness.RESET) !== 0) return POLLERR | POLLHUP | POLLWRNORM;
  let holds = (ready & Readiness.WRITABLE) !== 0 ? POLLWRNORM : 0;
  if ((ready & Readiness.OUT_OF_BAND) !== 0) holds |= POLLRDBAND;
  const ended = (ready & Readiness.PEER_CLOSED) !== 0;
  if (ended) holds |= POLLHUP;
  if ((ready & Readiness.READABLE) !== 0 && (!ended || core.available() > 0)) holds |= POLLRDNORM;
  return holds;
}

/**
 * Makes `WSAPoll` for the sockets of one provider. The dispatcher has checked the array and the events asked for; what
 * is not a socket of the provider is POLLNVAL and does not count, a socket that is closed during the call is and does.
 */
export function createPoll(table: SocketTable): LPFN_WSAPOLL {
  const host = table.host;
  return (fdArray, fds, timeout) => {
    const entries: WSAPOLLFD[] = fdArray.slice(0, fds);
    const sockets = entries.map((entry) => table.find(entry.fd));
    for (const socket of sockets) if (socket !== undefined) settleConnect(socket);

    let count = 0;
    const look = (): boolean => {
      count = 0;
      for (let i = 0; i < entries.length; i++) {
        const socket = sockets[i];
        const entry = entries[i]!;
        if (socket === undefined) {
          entry.revents = POLLNVAL;
          continue;
        }
        entry.revents = socket.state === State.CLOSED ? POLLNVAL : conditionsOf(socket) & (entry.events | ALWAYS);
        if (entry.revents !== 0) count++;
      }
      return count > 0;
    };

    if (sockets.every((socket) => socket === undefined)) {
      look();
      host.setLastError(WSAENOTSOCK);
      return SOCKET_ERROR;
    }
    if (!look()) {
      if (timeout === 0) {
        host.poll();
        look();
      } else {
        const deadline = timeout < 0 ? Infinity : host.clock.now() + timeout;
        const ended = host.wait(look, deadline, 'continue', `WSAPoll on ${entries.length} socket(s)`);
        if (ended === 'interrupted') {
          host.setLastError(WSAEINTR);
          return SOCKET_ERROR;
        }
        if (ended === 'timeout') look();
      }
    }
    host.setLastError(0);
    return count;
  };
}
