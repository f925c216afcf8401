// Ends by the WinSock API alone: sockets that do not block, an event object each.
import {
  AF_INET,
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FD_WRITE,
  INFINITE,
  IPPROTO_TCP,
  SOCK_STREAM,
  sockaddr_in,
  TCP_NODELAY,
  WSA_FLAG_OVERLAPPED,
  WSAEWOULDBLOCK,
  WT_EXECUTEINWAITTHREAD,
} from '../../dist/index.js';
import { acceptByEvent, check, portOf } from '../servers/instance.mjs';
import { startStack } from './layers.mjs';

const HOST = '127.0.0.1';
const ROOM = 65536;
/** Bytes of a bulk transfer in one go; then the event loop has its turn. */
const BYTES_PER_TURN = 2 ** 21;
const ON = Buffer.from([1, 0, 0, 0]);

/**
 * The ends of a plan.
 *
 * @param {import('./plan.mjs').Plan} plan
 * @param {{ served: number, done: number }} tally where bytes that the server received, and what the client did, are counted
 */
export function winsockEnds(plan, tally) {
  const { load, size, connections } = plan;
  const { ws2, chain } = startStack(plan);
  const block = Buffer.alloc(size, 7);
  /** One buffer for all connections: what is received is counted, or sent back, before the next receive. */
  const room = Buffer.alloc(ROOM);
  const happened = { lNetworkEvents: 0, iErrorCode: new Array(10).fill(0) };

  const createSocket = () =>
    check(
      ws2,
      chain ? ws2.WSASocket(-1, -1, -1, chain, 0, WSA_FLAG_OVERLAPPED) : ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP),
      'socket',
    );

  class Connection {
    /** Bytes of the block that went already. */
    offset = 0;

    constructor(socket, serving) {
      this.socket = socket;
      this.serving = serving;
      this.event = ws2.WSACreateEvent();
      ws2.host.RegisterWaitForSingleObject(this.event, onEvent, this, INFINITE, WT_EXECUTEINWAITTHREAD);
      const events = FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE;
      check(ws2, ws2.WSAEventSelect(socket, this.event, events), 'WSAEventSelect');
    }
  }

  function onEvent(connection) {
    check(ws2, ws2.WSAEnumNetworkEvents(connection.socket, connection.event, happened), 'WSAEnumNetworkEvents');
    const { lNetworkEvents } = happened;
    if ((lNetworkEvents & FD_CLOSE) !== 0) throw new Error('closed by the other end');
    if ((lNetworkEvents & FD_WRITE) !== 0 && !connection.serving) begin(connection);
    if ((lNetworkEvents & FD_READ) !== 0) readable(connection);
  }

  function begin(connection) {
    if (load === 'bulk') pump(connection);
    // Messages are small: there is room for all that are on their way, and this comes once.
    else sendWhole(connection.socket, block, size);
  }

  function pump(connection) {
    for (let left = BYTES_PER_TURN; left > 0;) {
      const { offset } = connection;
      const bytes = offset === 0 ? block : block.subarray(offset);
      const sent = ws2.send(connection.socket, bytes, bytes.length, 0);
      if (sent < 0) {
        const error = ws2.WSAGetLastError();
        if (error !== WSAEWOULDBLOCK) throw new Error(`send: ${error}`);
        return;
      }
      connection.offset = (offset + sent) % size;
      left -= sent;
    }
    // Room is left: FD_WRITE will not come by itself.
    setImmediate(pump, connection);
  }

  function sendWhole(socket, bytes, length) {
    const sent = check(ws2, ws2.send(socket, bytes, length, 0), 'send');
    if (sent !== length) throw new Error(`only ${sent} of ${length} bytes could be sent`);
  }

  function readable({ socket, serving }) {
    for (let left = BYTES_PER_TURN; left > 0;) {
      const received = ws2.recv(socket, room, ROOM, 0);
      if (received < 0) {
        const error = ws2.WSAGetLastError();
        if (error !== WSAEWOULDBLOCK) throw new Error(`recv: ${error}`);
        return;
      }
      if (load !== 'bulk') {
        if (!serving) tally.done += received / size;
        return sendWhole(socket, room, received);
      }
      tally.served += received;
      left -= received;
    }
  }

  return {
    async listen() {
      const listener = createSocket();
      check(ws2, ws2.bind(listener, sockaddr_in(HOST, 0), 16), 'bind');
      check(ws2, ws2.listen(listener, 511), 'listen');
      acceptByEvent(ws2, listener, (socket) => new Connection(socket, true));
      return portOf(ws2, listener);
    },
    run(port) {
      for (let at = 0; at < connections; at++) {
        const socket = createSocket();
        if (load !== 'bulk') check(ws2, ws2.setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, ON, 4), 'setsockopt');
        new Connection(socket, false);
        if (ws2.connect(socket, sockaddr_in(HOST, port), 16) !== 0 && ws2.WSAGetLastError() !== WSAEWOULDBLOCK) {
          throw new Error(`connect: ${ws2.WSAGetLastError()}`);
        }
      }
    },
  };
}
