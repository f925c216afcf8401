// Files by TransmitFile. node bench/servers/ws2spi-files.mjs PATH
// Each byte that a client sends asks for the file once more. The file is opened each time, as a stream of Node.js opens it.
import { closeSync, openSync } from 'node:fs';
import {
  FD_CLOSE,
  FD_READ,
  INFINITE,
  ref,
  WSA_IO_PENDING,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  WT_EXECUTEINWAITTHREAD,
} from '../../dist/index.js';
import { announce } from './announce.mjs';
import { acceptByEvent, check, listenLoopback, portOf, startInstance } from './instance.mjs';

const path = process.argv[2];
const ws2 = startInstance();
const networkEvents = { lNetworkEvents: 0, iErrorCode: new Array(10).fill(0) };
const question = Buffer.alloc(16);
const transferred = ref(0);
const flags = ref(0);

class Connection {
  overlapped = new WSAOVERLAPPED();
  file = -1;
  closed = false;

  constructor(socket) {
    this.socket = socket;
    this.asked = this.#wait(onAsked);
    this.overlapped.hEvent = this.#wait(onSent);
    check(ws2, ws2.WSAEventSelect(socket, this.asked, FD_READ | FD_CLOSE), 'WSAEventSelect');
  }

  #wait(callback) {
    const event = ws2.WSACreateEvent();
    ws2.host.RegisterWaitForSingleObject(event, callback, this, INFINITE, WT_EXECUTEINWAITTHREAD);
    return event;
  }

  transmit() {
    this.file = openSync(path);
    this.overlapped.Offset = this.overlapped.OffsetHigh = 0;
    const done = ws2.TransmitFile(this.socket, this.file, 0, 0, this.overlapped, null, 0);
    if (!done && ws2.WSAGetLastError() !== WSA_IO_PENDING) this.close();
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    ws2.closesocket(this.socket);
    if (this.file >= 0) closeSync(this.file);
    ws2.WSACloseEvent(this.asked);
    ws2.WSACloseEvent(this.overlapped.hEvent);
  }
}

function onAsked(connection) {
  if (ws2.WSAEnumNetworkEvents(connection.socket, connection.asked, networkEvents) !== 0) return connection.close();
  const received = ws2.recv(connection.socket, question, question.length, 0);
  if (received > 0) connection.transmit();
  else if (received === 0 || ws2.WSAGetLastError() !== WSAEWOULDBLOCK) connection.close();
}

function onSent(connection) {
  const { socket, overlapped } = connection;
  ws2.WSAResetEvent(overlapped.hEvent);
  closeSync(connection.file);
  connection.file = -1;
  if (!ws2.WSAGetOverlappedResult(socket, overlapped, transferred, false, flags)) connection.close();
}

if (typeof ws2.TransmitFile !== 'function') throw new Error('this build has no TransmitFile');
const listener = listenLoopback(ws2);
acceptByEvent(ws2, listener, (socket) => new Connection(socket));
announce(portOf(ws2, listener));
