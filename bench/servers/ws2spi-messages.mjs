// An echo by window messages: WSAAsyncSelect, and a window procedure that the event loop calls.
//
//   node bench/servers/ws2spi-messages.mjs echo
import {
  FD_ACCEPT,
  FD_CLOSE,
  FD_READ,
  FD_WRITE,
  WSAEWOULDBLOCK,
  WSAGETSELECTERROR,
  WSAGETSELECTEVENT,
} from '../../dist/index.js';
import { announce, modeArgument } from './announce.mjs';
import { acceptAll, check, listenLoopback, portOf, startInstance } from './instance.mjs';

const BLOCK = 65536;
const WM_SOCKET = 0x0401;

modeArgument(['echo']);
const ws2 = startInstance();
/** One buffer for all connections: what is received has been sent, or put aside, before the next receive. */
const shared = Buffer.alloc(BLOCK);
/** What could not be sent yet, by socket. */
const pending = new Map();

const hWnd = ws2.host.CreateWindow((_hWnd, message, socket, lParam) => {
  if (message !== WM_SOCKET) return;
  if (WSAGETSELECTERROR(lParam) !== 0) return close(socket);
  switch (WSAGETSELECTEVENT(lParam)) {
    case FD_READ:
      return echo(socket);
    case FD_WRITE:
      if (pending.has(socket) && sendRest(socket)) echo(socket);
      return;
    case FD_CLOSE:
      return close(socket);
    case FD_ACCEPT:
      return acceptAll(ws2, socket, (accepted) =>
        check(ws2, ws2.WSAAsyncSelect(accepted, hWnd, WM_SOCKET, FD_READ | FD_WRITE | FD_CLOSE), 'WSAAsyncSelect'),
      );
  }
});

function echo(socket) {
  if (pending.has(socket)) return;
  const received = ws2.recv(socket, shared, BLOCK, 0);
  if (received <= 0) {
    if (received === 0 || ws2.WSAGetLastError() !== WSAEWOULDBLOCK) close(socket);
    return;
  }
  const sent = ws2.send(socket, shared, received, 0);
  if (sent === received) return;
  if (sent < 0 && ws2.WSAGetLastError() !== WSAEWOULDBLOCK) return close(socket);
  pending.set(socket, Buffer.from(shared.subarray(Math.max(sent, 0), received)));
  if (sent > 0) sendRest(socket);
}

/** Sends what is pending; true when all of it is gone. Otherwise FD_WRITE follows. */
function sendRest(socket) {
  for (let rest = pending.get(socket); rest.length > 0;) {
    const sent = ws2.send(socket, rest, rest.length, 0);
    if (sent < 0) {
      if (ws2.WSAGetLastError() !== WSAEWOULDBLOCK) close(socket);
      return false;
    }
    rest = rest.subarray(sent);
    pending.set(socket, rest);
  }
  pending.delete(socket);
  return true;
}

function close(socket) {
  pending.delete(socket);
  ws2.closesocket(socket);
}

const listener = listenLoopback(ws2);
check(ws2, ws2.WSAAsyncSelect(listener, hWnd, WM_SOCKET, FD_ACCEPT), 'WSAAsyncSelect');
announce(portOf(ws2, listener));
