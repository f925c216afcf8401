// What the servers over this project have in common: the instance, a listening socket, and the end of it all on a defect.
import {
  AF_INET,
  createWs2_32,
  FD_ACCEPT,
  IPPROTO_TCP,
  parseSockaddr,
  ref,
  SOCK_STREAM,
  sockaddr_in,
  TCP_NODELAY,
} from '../../dist/index.js';

const INVALID_SOCKET = 0xffffffff;
const ON = Buffer.from([1, 0, 0, 0]);

/** An instance that is started, and ends the process when something is defective. */
export function startInstance(options = {}) {
  const ws2 = createWs2_32({ catalog: 'memory', ...options });
  ws2.on('defect', ({ message, cause }) => {
    process.stderr.write(`ws2spi server: ${message}${cause ? `: ${cause.stack ?? cause}` : ''}\n`);
    process.exit(2);
  });
  if (ws2.WSAStartup(0x0202, {}) !== 0) throw new Error('WSAStartup failed');
  return ws2;
}

/** The result of a call that must not fail. */
export function check(ws2, result, what) {
  if (result === -1 || result === INVALID_SOCKET) throw new Error(`${what}: ${ws2.WSAGetLastError()}`);
  return result;
}

/** The port that a socket is bound to. */
export function portOf(ws2, socket) {
  const name = new Uint8Array(16);
  check(ws2, ws2.getsockname(socket, name, ref(16)), 'getsockname');
  return parseSockaddr(name).port;
}

/** A socket that is bound to a port of 127.0.0.1 that the system chooses. */
export function bindLoopback(ws2, type, protocol) {
  const socket = check(ws2, ws2.socket(AF_INET, type, protocol), 'socket');
  check(ws2, ws2.bind(socket, sockaddr_in('127.0.0.1', 0), 16), 'bind');
  return socket;
}

/** A socket that listens. */
export function listenLoopback(ws2) {
  const listener = bindLoopback(ws2, SOCK_STREAM, IPPROTO_TCP);
  check(ws2, ws2.listen(listener, 511), 'listen');
  return listener;
}

/** Takes every connection that waits; the listener does not block. */
export function acceptAll(ws2, listener, connected) {
  for (;;) {
    const socket = ws2.accept(listener, null, null);
    if (socket === INVALID_SOCKET) return;
    ws2.setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, ON, 4);
    connected(socket);
  }
}

/** Has every connection taken from the event loop, told by an event object; `connected` is called with each. */
export function acceptByEvent(ws2, listener, connected) {
  const accepting = ws2.WSACreateEvent();
  const events = { lNetworkEvents: 0, iErrorCode: new Array(10).fill(0) };
  ws2.host.RegisterWaitForSingleObject(accepting, () => {
    ws2.WSAEnumNetworkEvents(listener, accepting, events);
    acceptAll(ws2, listener, (socket) => {
      // It inherits the listener's registration, and is not to be reported to it.
      ws2.WSAEventSelect(socket, null, 0);
      connected(socket);
    });
  });
  check(ws2, ws2.WSAEventSelect(listener, accepting, FD_ACCEPT), 'WSAEventSelect');
}
