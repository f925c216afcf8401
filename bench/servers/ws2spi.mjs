// This project, event-driven through its public API.
//
//   node bench/servers/ws2spi.mjs echo|sink|source [--layers N] [--spin MICROSECONDS]
//
// --layers N  stacks N pass-through layers that override every data and event function (default 0: the base provider)
// --spin N    keeps polling for N microseconds after activity (default 0)
import { parseArgs } from 'node:util';
import {
  AF_INET,
  createWs2_32,
  FD_ACCEPT,
  FD_CLOSE,
  FD_READ,
  FD_WRITE,
  INFINITE,
  IPPROTO_TCP,
  parseSockaddr,
  ref,
  SOCK_STREAM,
  sockaddr_in,
  TCP_NODELAY,
  WSA_FLAG_OVERLAPPED,
  WSAEWOULDBLOCK,
  WT_EXECUTEINWAITTHREAD,
} from '../../dist/index.js';
import { stackOverriding } from '../pass-through.mjs';
import { announce, modeArgument, patternBytes } from './announce.mjs';

const BLOCK = 65536;
/** Blocks of a bulk transfer in one go; then the event loop and other connections have theirs. */
const BLOCKS_PER_TURN = 32;
const INVALID_SOCKET = 0xffffffff;

const mode = modeArgument();
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { layers: { type: 'string', default: '0' }, spin: { type: 'string', default: '0' } },
});
const layers = Number(values.layers);

const ws2 = createWs2_32({ catalog: 'memory', spin: Number(values.spin) });
ws2.on('defect', ({ message, cause }) => {
  process.stderr.write(`ws2spi server: ${message}${cause ? `: ${cause.stack ?? cause}` : ''}\n`);
  process.exit(2);
});
if (ws2.WSAStartup(0x0202, {}) !== 0) throw new Error('WSAStartup failed');

/** One buffer for all connections: what is received has been sent, or put aside, before the next receive. */
const shared = Buffer.alloc(BLOCK);
const block = patternBytes(BLOCK);
const networkEvents = { lNetworkEvents: 0, iErrorCode: new Array(10).fill(0) };

/** A connection: its socket, its event object, and what could not be sent yet. */
/** Blocks that one WSASend gathers; the first may be the rest of one. */
const gathered = Array.from({ length: 4 }, () => ({ len: BLOCK, buf: block }));
const sent = ref(0);

class Connection {
  /** @type {Buffer | null} */
  pending = null;
  closed = false;

  constructor(socket) {
    this.socket = socket;
    if (mode === 'sink') this.counted = 0;
    if (mode === 'source') {
      this.again = null;
      /** Where in the pattern it goes on. */
      this.offset = 0;
    }
    this.event = ws2.WSACreateEvent();
    this.wait = ws2.host.RegisterWaitForSingleObject(this.event, onEvent, this, INFINITE, WT_EXECUTEINWAITTHREAD);
    check(ws2.WSAEventSelect(socket, this.event, FD_READ | FD_WRITE | FD_CLOSE), 'WSAEventSelect');
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    ws2.host.UnregisterWait(this.wait);
    ws2.closesocket(this.socket);
    ws2.WSACloseEvent(this.event);
  }
}

function check(result, what) {
  if (result === -1 || result === INVALID_SOCKET) throw new Error(`${what}: ${ws2.WSAGetLastError()}`);
  return result;
}

function onEvent(connection) {
  if (ws2.WSAEnumNetworkEvents(connection.socket, connection.event, networkEvents) !== 0) return connection.close();
  const happened = networkEvents.lNetworkEvents;
  if ((happened & FD_WRITE) !== 0) writable(connection);
  if ((happened & (FD_READ | FD_CLOSE)) !== 0 && !connection.closed) readable(connection, (happened & FD_CLOSE) !== 0);
}

/** Sends; what does not fit waits for FD_WRITE. True when all of it is gone. */
function sendOrKeep(connection, bytes, length) {
  const sent = ws2.send(connection.socket, bytes, length, 0);
  if (sent === length) return true;
  if (sent < 0 && ws2.WSAGetLastError() !== WSAEWOULDBLOCK) {
    connection.close();
    return false;
  }
  const from = Math.max(sent, 0);
  connection.pending = Buffer.from(bytes.subarray(from, length));
  // Only a send that finds no room at all is followed by FD_WRITE.
  return sent > 0 && writeRest(connection);
}

function writeRest(connection) {
  while (connection.pending !== null) {
    const { pending } = connection;
    const sent = ws2.send(connection.socket, pending, pending.length, 0);
    if (sent < 0) {
      if (ws2.WSAGetLastError() !== WSAEWOULDBLOCK) connection.close();
      return false;
    }
    connection.pending = sent === pending.length ? null : pending.subarray(sent);
  }
  return true;
}

const readable = {
  echo(connection) {
    if (connection.pending !== null) return;
    const received = ws2.recv(connection.socket, shared, BLOCK, 0);
    if (received > 0) sendOrKeep(connection, shared, received);
    else if (received === 0 || ws2.WSAGetLastError() !== WSAEWOULDBLOCK) connection.close();
  },
  sink(connection) {
    for (let turn = 0; turn < BLOCKS_PER_TURN; turn++) {
      const received = ws2.recv(connection.socket, shared, BLOCK, 0);
      if (received > 0) {
        connection.counted += received;
        if (received < BLOCK) return;
      } else if (received === 0) {
        const count = Buffer.from(`${connection.counted}\n`);
        ws2.send(connection.socket, count, count.length, 0);
        return connection.close();
      } else {
        if (ws2.WSAGetLastError() !== WSAEWOULDBLOCK) connection.close();
        return;
      }
    }
  },
  source(connection) {
    const received = ws2.recv(connection.socket, shared, BLOCK, 0);
    if (received === 0 || (received < 0 && ws2.WSAGetLastError() !== WSAEWOULDBLOCK)) connection.close();
  },
}[mode];

const writable = {
  echo(connection) {
    // What came meanwhile was not received: its FD_READ has been told already.
    if (connection.pending !== null && writeRest(connection)) readable(connection);
  },
  sink() {},
  source(connection) {
    connection.again = null;
    for (let turn = 0; turn < BLOCKS_PER_TURN && !connection.closed; turn += gathered.length) {
      const { offset } = connection;
      gathered[0].buf = offset === 0 ? block : block.subarray(offset);
      gathered[0].len = BLOCK - offset;
      if (ws2.WSASend(connection.socket, gathered, gathered.length, sent, 0, null, null) !== 0) {
        if (ws2.WSAGetLastError() !== WSAEWOULDBLOCK) connection.close();
        return;
      }
      connection.offset = (offset + sent.value) % BLOCK;
    }
    // Room is left: FD_WRITE will not come by itself.
    connection.again ??= setImmediate(writable, connection);
  },
}[mode];

const listener =
  layers > 0
    ? ws2.WSASocket(-1, -1, -1, stackOverriding(ws2, layers), 0, WSA_FLAG_OVERLAPPED)
    : ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
check(listener, 'socket');
check(ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16), 'bind');
check(ws2.listen(listener, 511), 'listen');
const accepting = ws2.WSACreateEvent();
ws2.host.RegisterWaitForSingleObject(accepting, () => {
  ws2.WSAEnumNetworkEvents(listener, accepting, networkEvents);
  for (;;) {
    const socket = ws2.accept(listener, null, null);
    if (socket === INVALID_SOCKET) break;
    ws2.setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, Buffer.from([1, 0, 0, 0]), 4);
    new Connection(socket);
  }
});
check(ws2.WSAEventSelect(listener, accepting, FD_ACCEPT), 'WSAEventSelect');

const name = new Uint8Array(16);
check(ws2.getsockname(listener, name, ref(16)), 'getsockname');
announce(parseSockaddr(name).port);
